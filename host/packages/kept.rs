//! What fetched packages take up on the disk, and removing them. Which of them are needed is not known here: whatever is
//! gone is downloaded again when a block needs it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{FOLDER, LIST};
use crate::cache::Usage;
use crate::disk;

/// A folder without a list that is older than this belongs to a process that is gone.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// A fetched package.
struct Kept {
    folder: PathBuf,
    bytes: u64,
    /// When it was last used, or written.
    used: SystemTime,
}

fn all(cache: &Path) -> Vec<Kept> {
    let mut all: Vec<Kept> = Vec::new();
    for file in disk::walk(&cache.join(FOLDER)) {
        let inside = file.path.strip_prefix(cache.join(FOLDER)).ok().and_then(|path| path.components().next());
        let Some(first) = inside else { continue };
        let folder = cache.join(FOLDER).join(first);
        // Files beside the folders are locks.
        if folder == file.path {
            continue;
        }
        match all.iter_mut().find(|kept| kept.folder == folder) {
            Some(kept) => {
                kept.bytes += file.bytes;
                kept.used = kept.used.max(file.modified);
            }
            None => all.push(Kept { folder, bytes: file.bytes, used: file.modified }),
        }
    }
    // What has no list yet is being unpacked, unless that was long ago.
    all.retain(|kept| {
        let since = kept.used.elapsed().unwrap_or_default();
        disk::modified(&kept.folder.join(LIST)).is_some() || since > ABANDONED_AFTER
    });
    all
}

/// The packages beside a cache.
#[must_use]
pub fn usage(cache: &Path) -> Usage {
    let all = all(cache);
    Usage { entries: all.len() as u64, bytes: all.iter().map(|kept| kept.bytes).sum() }
}

/// Removes packages, with an age those that were not used within it. Returns what is gone.
///
/// # Errors
///
/// When one cannot be removed.
pub fn remove(cache: &Path, age: Option<Duration>) -> io::Result<Usage> {
    let mut gone = Usage::default();
    let young = |kept: &Kept| {
        let since = kept.used.elapsed().unwrap_or_default();
        age.is_some_and(|age| since <= age)
    };
    for kept in all(cache).into_iter().filter(|kept| !young(kept)) {
        // Whoever fetches it right now is not disturbed.
        let _lock = disk::lock(&super::lock_of(&kept.folder))?;
        disk::remove_directory(&kept.folder)?;
        gone = Usage { entries: gone.entries + 1, bytes: gone.bytes + kept.bytes };
    }
    Ok(gone)
}
