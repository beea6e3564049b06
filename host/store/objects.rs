//! Named bytes in a folder or in a bucket. What the names mean is decided by [`super::blobs`] and [`super::ship`].

use std::path::PathBuf;

use bytes::Bytes;

use super::error::{Error, Result};
use super::local::Local;
use super::s3::{self, S3};

/// Which store, and how it is reached.
#[derive(Clone, Debug)]
pub enum Config {
    /// A folder.
    Local(PathBuf),
    /// A bucket.
    S3(Box<s3::Config>),
}

/// An open store of objects.
#[derive(Clone, Debug)]
pub enum Objects {
    /// A folder.
    Local(Local),
    /// A bucket.
    S3(S3),
}

impl Objects {
    /// Opens it. A server that is not there is found out by the first request.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or the configuration is not usable.
    pub async fn open(config: &Config) -> Result<Self> {
        Ok(match config {
            Config::Local(path) => Self::Local(Local::open(path).await?),
            Config::S3(config) => Self::S3(S3::new((**config).clone())?),
        })
    }

    /// Writes an object, in place of one of that name. Once this returned it survives a crash.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        check(key)?;
        match self {
            Self::Local(store) => store.put(key, bytes).await,
            Self::S3(store) => store.put(key, bytes).await,
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; when the store fails.
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        check(key)?;
        match self {
            Self::Local(store) => store.get(key).await,
            Self::S3(store) => store.get(key).await,
        }
    }

    /// The size of an object in bytes, where there is one.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn size(&self, key: &str) -> Result<Option<u64>> {
        check(key)?;
        match self {
            Self::Local(store) => store.size(key).await,
            Self::S3(store) => store.size(key).await,
        }
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn delete(&self, key: &str) -> Result<()> {
        check(key)?;
        match self {
            Self::Local(store) => store.delete(key).await,
            Self::S3(store) => store.delete(key).await,
        }
    }

    /// The names that begin with `prefix`, which ends with `/` or is empty, and come after `after`, in the order of their
    /// bytes: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        match self {
            Self::Local(store) => store.list(prefix, after, limit).await,
            Self::S3(store) => store.list(prefix, after, limit).await,
        }
    }

    /// Whether it answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        match self {
            Self::Local(store) => store.ping().await,
            Self::S3(store) => store.list("ping/", "", 1).await.map(drop),
        }
    }
}

/// Names are parts of letters, digits, `-`, `_` and `.`, none of them `.` or `..`, with `/` between.
fn check(key: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(fits);
    if key.len() <= 512 && key.split('/').all(is_part) {
        return Ok(());
    }
    Err(Error::Invalid("this is no name of an object".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        assert!(check("t/local/ab/abcdef.1").is_ok());
        for key in ["", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/.wb-tmp-1", "a b", "a\\b", "ä", "a\0"] {
            assert!(check(key).is_err(), "{key:?}");
        }
    }
}
