//! Files below a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::TEMPORARY_PREFIX;

/// A file found by [`walk`].
#[derive(Clone, Debug)]
pub struct Found {
    /// The root given, and the path below it.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written or [touched](super::touch).
    pub modified: SystemTime,
}

impl Found {
    /// Whether it is the temporary file of a write under way, or of one that was interrupted.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX))
    }
}

/// All regular files below a directory, sorted by path. Links are not followed; what vanishes meanwhile is left out.
#[must_use]
pub fn walk(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                open.push(entry.path());
            } else if metadata.is_file() {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Found { path: entry.path(), bytes: metadata.len(), modified });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// All `*.org` files below a directory, sorted by path. Hidden files and directories are left out, and so are links to
/// directories, which could lead round in circles; what cannot be entered is left out as well.
///
/// # Errors
///
/// When the directory itself cannot be read.
pub fn documents(root: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(root)?;
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let Ok(kind) = entry.file_type() else { continue };
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "org") && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
