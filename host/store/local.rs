//! Objects as files below a folder. `host/disk` does the writing; this is where the names go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::error::{Error, Result};
use crate::disk;

/// A folder of objects.
#[derive(Clone, Debug)]
pub struct Local(Arc<PathBuf>);

impl Local {
    /// Opens a folder, or makes one that nobody else can enter.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub async fn open(folder: &Path) -> Result<Self> {
        let local = Self(Arc::new(folder.to_owned()));
        local.work("", disk::make_durable).await?;
        Ok(local)
    }

    async fn work<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = if key.is_empty() { (*self.0).clone() } else { self.0.join(key) };
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&path);
            done.map_err(|error| Error::of_file(&format!("`{}`", path.display()), &error))
        });
        done.await.map_err(|_| Error::Unavailable("a thread of the blob store ended early".to_owned()))?
    }

    /// Writes a file, in place of one of that name.
    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        self.work(key, move |path| disk::write_durable(path, &bytes)).await
    }

    /// Reads a file.
    pub(super) async fn get(&self, key: &str) -> Result<Bytes> {
        self.work(key, |path| disk::read(path).map(Bytes::from)).await
    }

    /// The size of a file.
    pub(super) async fn size(&self, key: &str) -> Result<Option<u64>> {
        self.work(key, |path| Ok(disk::size(path))).await
    }

    /// Removes a file.
    pub(super) async fn delete(&self, key: &str) -> Result<()> {
        self.work(key, disk::remove).await
    }

    /// The names below a folder. Half-written files are none.
    pub(super) async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<String>> {
        let (root, after) = (Arc::clone(&self.0), after.to_owned());
        let found = self.work(prefix.trim_end_matches('/'), |folder| Ok(disk::walk(folder))).await?;
        let name = |found: &disk::Found| {
            let below = found.path.strip_prefix(root.as_path()).ok().filter(|_| !found.is_temporary())?;
            Some(below.to_str()?.replace(std::path::MAIN_SEPARATOR, "/"))
        };
        let mut names: Vec<String> = found.iter().filter_map(name).filter(|name| *name > after).collect();
        names.sort();
        names.truncate(limit);
        Ok(names)
    }

    /// Whether the folder is there and takes files.
    pub(super) async fn ping(&self) -> Result<()> {
        self.put("ping", Bytes::from_static(b"ping")).await
    }
}
