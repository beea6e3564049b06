//! A file that was read, worked on, and is to be put back: under a lock, and only if nobody changed it meanwhile.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How long another program may hold the lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a file was not put back.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Its bytes are no longer those that were read.
    #[error("`{}` was changed meanwhile", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds its lock.
    #[error("`{}` is locked by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Nobody may write to it.
    #[error("`{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("cannot write `{}`: {reason}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// Replaces the text of a file that was `before` when it was read.
///
/// The lock is advisory and on the file itself; it lasts until the new file is in place. Links are followed. Permissions
/// stay, and the owner where we may set it.
///
/// # Errors
///
/// When the file is not what it was, is locked or read-only, or cannot be written. It is then as before.
pub fn exchange(path: &Path, before: &str, after: &str) -> Result<(), ExchangeError> {
    let system = |reason| ExchangeError::System { path: path.to_owned(), reason };
    let target = fs::canonicalize(path).map_err(system)?;
    let lock = File::open(&target).map_err(system)?;
    wait(&lock, path)?;
    let metadata = fs::metadata(&target).map_err(system)?;
    if metadata.permissions().readonly() {
        return Err(ExchangeError::ReadOnly { path: path.to_owned() });
    }
    // Read by its name: whoever had the lock before may have put another file there.
    if fs::read(&target).map_err(system)? != before.as_bytes() {
        return Err(ExchangeError::Changed { path: path.to_owned() });
    }
    let finish = |file: &File| {
        own(file, &metadata);
        file.set_permissions(metadata.permissions())?;
        file.sync_all()
    };
    super::replace(&target, after.as_bytes(), finish).map_err(system)
}

fn wait(lock: &File, path: &Path) -> Result<(), ExchangeError> {
    let start = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => return Err(ExchangeError::Locked { path: path.to_owned() }),
            // Not every file system has locks; the comparison of the bytes is still made.
            Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
}

/// Gives the new file to the owner of the old one, where that is allowed.
#[cfg(unix)]
fn own(file: &File, of: &fs::Metadata) {
    use std::os::unix::fs::MetadataExt;
    drop(std::os::unix::fs::fchown(file, Some(of.uid()), Some(of.gid())));
}

#[cfg(not(unix))]
fn own(_: &File, _: &fs::Metadata) {}
