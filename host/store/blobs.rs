//! A tenant's blobs: bytes under their own SHA-256 digest.
//!
//! The key of an object has the tenant in it, so the same bytes of two tenants are two objects, and a digest that is known
//! is of no use to another tenant. What is read is verified: damage is an error and never a wrong answer.

use bytes::Bytes;

use super::digest::Digest;
use super::error::{Error, Result};
use super::objects::Objects;
use super::tenant::Tenant;

/// The largest blob, in bytes. It is held in memory.
pub const LARGEST: usize = 256 << 20;

/// A tenant's blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    tenant: Tenant,
    objects: Objects,
}

impl Blobs {
    /// The blobs of a tenant.
    pub(super) fn new(tenant: &Tenant, objects: &Objects) -> Self {
        Self { tenant: tenant.clone(), objects: objects.clone() }
    }

    /// Keeps bytes and says their digest. Once this returned they survive a crash.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when they are more than [`LARGEST`]; when the store fails.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<Digest> {
        let bytes = bytes.into();
        if bytes.len() > LARGEST {
            return Err(Error::Invalid(format!("a blob is at most {} MiB", LARGEST >> 20)));
        }
        let digest = Digest::of(&bytes);
        let key = key(&self.tenant, &digest);
        // Of the same size it is taken to be the same; one that was damaged in place is found out when it is read.
        if self.objects.size(&key).await? != Some(bytes.len() as u64) {
            self.objects.put(&key, bytes).await?;
        }
        Ok(digest)
    }

    /// The bytes of a digest.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when this tenant has none; [`Error::Corrupt`] when they are not what was kept.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes> {
        let missing = |error| match error {
            Error::NotFound(_) => Error::NotFound(format!("there is no blob {digest}")),
            other => other,
        };
        let bytes = self.objects.get(&key(&self.tenant, digest)).await.map_err(missing)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(Error::Corrupt(format!("the blob {digest} is not its bytes")))
        }
    }

    /// Whether this tenant has the blob.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn has(&self, digest: &Digest) -> Result<bool> {
        Ok(self.objects.size(&key(&self.tenant, digest)).await?.is_some())
    }

    /// Removes a blob that nothing refers to any more; one that is not there is no error.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn delete(&self, digest: &Digest) -> Result<()> {
        self.objects.delete(&key(&self.tenant, digest)).await
    }

    /// Digests after one, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: Option<&Digest>, limit: usize) -> Result<Vec<Digest>> {
        let after = after.map(|digest| key(&self.tenant, digest)).unwrap_or_default();
        let names = self.objects.list(&format!("blobs/{}/", self.tenant), &after, limit).await?;
        let digest = |name: &String| Digest::parse(name.rsplit('/').next().unwrap_or_default()).ok();
        Ok(names.iter().filter_map(digest).collect())
    }
}

/// Where a blob is: two levels, so that no folder has too many.
fn key(tenant: &Tenant, digest: &Digest) -> String {
    let digest = digest.to_string();
    format!("blobs/{tenant}/{}/{digest}", &digest[..2])
}
