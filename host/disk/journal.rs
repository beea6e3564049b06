//! Files that grow line by line while a run lasts, and the folders they lie in. A journal is locked by its writer, so that
//! others can tell a run that goes on from one that was killed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file being appended to.
#[derive(Debug)]
pub struct Journal(Mutex<File>);

impl Journal {
    /// Creates the file with its directories and locks it until this is dropped or the process ends.
    ///
    /// # Errors
    ///
    /// When the system refuses to create it.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = File::options().create(true).append(true).open(path)?;
        // Where there are no locks, a run under way looks like one that was killed, and nothing else is lost.
        drop(file.try_lock());
        Ok(Self(Mutex::new(file)))
    }

    /// Appends one line. What was appended survives the death of this process.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn append(&self, line: &str) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that a reader sees whole lines, or one half line at the very end.
        file.write_all(format!("{line}\n").as_bytes())
    }
}

/// Whether another process is writing this journal.
#[must_use]
pub fn is_being_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// The names of the folders in a folder, sorted.
#[must_use]
pub fn folders(of: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(of) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Removes all but the newest folders of a folder: at most so many stay, and at most so many bytes. Names that begin with
/// a time sort by age.
pub fn keep_newest(folder: &Path, count: usize, bytes: u64) {
    let (mut kept, mut total) = (0, 0);
    for name in folders(folder).into_iter().rev() {
        let path: PathBuf = folder.join(name);
        let files = fs::read_dir(&path).into_iter().flatten().flatten();
        total += files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum::<u64>();
        if kept < count && total <= bytes {
            kept += 1;
        } else {
            // Another process may be removing the same.
            drop(fs::remove_dir_all(path));
        }
    }
}
