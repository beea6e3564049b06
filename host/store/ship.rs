//! Shipping of an SQLite file to the blob store, again and again, so that a machine that is lost takes little with it.
//!
//! A consistent copy is cut into chunks of equal size; chunks that are not there yet are uploaded by their digest, then a
//! manifest that names all of them in order. Pages that did not change cost no upload. Restoring takes the latest
//! manifest whose chunks are all there, and verifies every digest and the database. What is lost with the machine is what
//! was written after the last manifest: the interval and the time of one shipping. It is not a replica, and two machines
//! must not write at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Store;
use super::database::Database;
use super::digest::{Digest, hex, random};
use super::error::{Error, Result};
use super::objects::Objects;
use super::sqlite::Sqlite;
use crate::disk;

/// Bytes of a chunk: 64 pages of SQLite.
const CHUNK: usize = 256 << 10;
/// Copies after which old ones are looked for.
const PRUNE: usize = 20;
const MANIFESTS: &str = "ship/manifests/";
const CHUNKS: &str = "ship/chunks/";

/// A copy in the blob store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// The version of the form.
    form: u32,
    /// When the copy was made, in milliseconds since 1970.
    made: i64,
    /// Bytes of the file.
    size: u64,
    /// The digest of the file.
    digest: String,
    /// The digests of its chunks, in order.
    chunks: Vec<String>,
}

/// What a shipping did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// Chunks that were uploaded; none where nothing had changed.
    pub uploaded: usize,
    /// Chunks of the file.
    pub chunks: usize,
}

/// Ships a store's database again and again.
#[derive(Debug)]
pub struct Shipper {
    store: Store,
    scratch: PathBuf,
    known: BTreeSet<String>,
    last: Option<String>,
    latest: i64,
}

impl Shipper {
    /// A shipper, which makes its copies beside the database.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the database is not SQLite; its server has means of its own.
    pub fn new(store: &Store) -> Result<Self> {
        let Database::Sqlite(sqlite) = store.database() else {
            return Err(Error::Invalid(
                "only an SQLite file is shipped; PostgreSQL has its own replication".to_owned(),
            ));
        };
        let scratch = sqlite.path().with_extension("shipping");
        Ok(Self { store: store.clone(), scratch, known: BTreeSet::new(), last: None, latest: 0 })
    }

    /// Ships the state of now.
    ///
    /// # Errors
    ///
    /// When one of the stores fails. What was shipped before is still whole then.
    pub async fn ship(&mut self) -> Result<Shipped> {
        let Database::Sqlite(sqlite) = self.store.database() else { return Ok(Shipped { uploaded: 0, chunks: 0 }) };
        let failed = |error: std::io::Error| Error::of_file("the copy to be shipped", &error);
        disk::remove(&self.scratch).map_err(failed)?;
        let copied = sqlite.copy(&self.scratch).await;
        let read = copied.and_then(|()| disk::read(&self.scratch).map_err(failed));
        disk::remove(&self.scratch).map_err(failed)?;
        let file = Bytes::from(read?);
        let digest = Digest::of(&file).to_string();
        let chunks: Vec<Bytes> =
            (0..file.len()).step_by(CHUNK).map(|at| file.slice(at..file.len().min(at + CHUNK))).collect();
        if self.last.as_ref() == Some(&digest) {
            return Ok(Shipped { uploaded: 0, chunks: chunks.len() });
        }
        let (mut names, mut uploaded) = (Vec::new(), 0);
        for chunk in chunks {
            let name = Digest::of(&chunk).to_string();
            if !self.known.contains(&name) {
                self.store.objects().put(&format!("{CHUNKS}{name}"), chunk).await?;
                uploaded += 1;
                self.known.insert(name.clone());
            }
            names.push(name);
        }
        // A clock that went back, here or before a restart, must not make this one older than the last.
        if self.latest == 0 {
            self.latest = all(self.store.objects(), MANIFESTS).await?.last().map_or(0, |name| time_of(name));
        }
        self.latest = self.store.clock.now().max(self.latest + 1);
        let size = file.len() as u64;
        let manifest = Manifest { form: 1, made: self.latest, size, digest: digest.clone(), chunks: names };
        let text = serde_json::to_vec(&manifest).map_err(|error| Error::Invalid(error.to_string()))?;
        let name = format!("{MANIFESTS}{:015}-{}", self.latest, hex(&random::<6>()?));
        self.store.objects().put(&name, Bytes::from(text)).await?;
        self.last = Some(digest);
        Ok(Shipped { uploaded, chunks: manifest.chunks.len() })
    }

    /// Ships every so often and keeps the latest `keep` copies, until the future is dropped. `tell` hears how each went; one
    /// that failed is made up for by the next.
    pub async fn run(mut self, every: Duration, keep: usize, mut tell: impl FnMut(&Result<Shipped>)) {
        let mut since = 0;
        loop {
            let mut done = self.ship().await;
            since += usize::from(done.as_ref().is_ok_and(|shipped| shipped.uploaded > 0));
            if since > PRUNE
                && let Err(error) = self.prune(keep).await
            {
                done = Err(error);
            } else if since > PRUNE {
                since = 0;
            }
            tell(&done);
            tokio::time::sleep(every).await;
        }
    }

    /// Removes all but the latest `keep` copies, and chunks that none of those needs.
    ///
    /// # Errors
    ///
    /// When the blob store fails.
    pub async fn prune(&mut self, keep: usize) -> Result<()> {
        let objects = self.store.objects();
        let manifests = all(objects, MANIFESTS).await?;
        let (old, kept) = manifests.split_at(manifests.len().saturating_sub(keep.max(1)));
        let mut needed = BTreeSet::new();
        for name in kept {
            needed.extend(manifest(objects, name).await?.chunks);
        }
        // Manifests first: one that stays has all its chunks at any moment.
        for name in old {
            objects.delete(name).await?;
        }
        for name in all(objects, CHUNKS).await? {
            let digest = name.strip_prefix(CHUNKS).unwrap_or_default();
            if !needed.contains(digest) {
                objects.delete(&name).await?;
                self.known.remove(digest);
            }
        }
        Ok(())
    }
}

async fn all(objects: &Objects, prefix: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().cloned().unwrap_or_default();
        let page = objects.list(prefix, &after, 1000).await?;
        if page.is_empty() {
            return Ok(names);
        }
        names.extend(page);
    }
}

/// The time in the name of a manifest.
fn time_of(name: &str) -> i64 {
    let time = name.strip_prefix(MANIFESTS).and_then(|name| name.split('-').next());
    time.and_then(|time| time.parse().ok()).unwrap_or(0)
}

async fn manifest(objects: &Objects, name: &str) -> Result<Manifest> {
    let text = objects.get(name).await?;
    serde_json::from_slice(&text).map_err(|error| Error::Corrupt(format!("`{name}`: {error}")))
}

/// Takes an SQLite file from the blob store where there is none and one was shipped. `true` when it did.
///
/// # Errors
///
/// [`Error::Corrupt`] when copies were shipped and none of them is whole: an empty store in place of a lost one would look
/// like a new one.
pub async fn restore_missing(objects: &Objects, path: &Path) -> Result<bool> {
    if disk::exists(path) {
        return Ok(false);
    }
    let names = all(objects, MANIFESTS).await?;
    let mut problem = None;
    for name in names.iter().rev() {
        match fetch(objects, name, path).await {
            Ok(()) => return Ok(true),
            Err(error @ (Error::Corrupt(_) | Error::NotFound(_))) => problem = problem.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    match problem {
        Some(error) => Err(Error::Corrupt(format!("no shipped copy of the database is whole: {error}"))),
        None => Ok(false),
    }
}

async fn fetch(objects: &Objects, name: &str, path: &Path) -> Result<()> {
    let manifest = manifest(objects, name).await?;
    let mut file = Vec::new();
    for name in &manifest.chunks {
        let chunk = objects.get(&format!("{CHUNKS}{name}")).await?;
        if Digest::of(&chunk).to_string() != *name {
            return Err(Error::Corrupt(format!("the chunk {name} is not its bytes")));
        }
        file.extend_from_slice(&chunk);
    }
    if file.len() as u64 != manifest.size || Digest::of(&file).to_string() != manifest.digest {
        return Err(Error::Corrupt(format!("`{name}` does not make the file it names")));
    }
    let failed = |error: std::io::Error| Error::of_file(&format!("`{}`", path.display()), &error);
    let fetched = path.with_extension("fetched");
    disk::write_durable(&fetched, &file).map_err(failed)?;
    let whole = Sqlite::check(&fetched).await;
    if whole.is_err() {
        drop(disk::remove(&fetched));
        return whole;
    }
    // A log that is left of the lost file would be played back into this one.
    for end in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(end);
        disk::remove(Path::new(&beside)).map_err(failed)?;
    }
    disk::rename_durable(&fetched, path).map_err(failed)
}
