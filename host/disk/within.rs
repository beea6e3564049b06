//! Files below one directory, and nowhere else: links that lead out of it are refused by the system calls themselves.

use std::io::{self, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

use super::{TEMPORARY, TEMPORARY_PREFIX};

/// A directory, and what is below it.
#[derive(Debug)]
pub struct Within(Dir);

impl Within {
    /// Opens a directory. With `create` it is made first, with the directories above it.
    ///
    /// # Errors
    ///
    /// When it is not there, or not ours to open.
    pub fn open(path: &Path, create: bool) -> io::Result<Self> {
        if create {
            Dir::create_ambient_dir_all(path, ambient_authority())?;
        }
        Dir::open_ambient_dir(path, ambient_authority()).map(Self)
    }

    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    ///
    /// What the system says; also that a path leads out of the directory.
    pub fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match self.0.read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The size of a file in bytes; `None` where there is none.
    ///
    /// # Errors
    ///
    /// What the system says; also that a path leads out of the directory.
    pub fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        match self.0.metadata(path) {
            Ok(metadata) => Ok(metadata.is_file().then(|| metadata.len())),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a regular file of at most so many bytes; `None` where there is none.
    ///
    /// # Errors
    ///
    /// What the system says; that a path leads out of the directory; [`ErrorKind::FileTooLarge`].
    pub fn read_at_most(&self, path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let mut options = OpenOptions::new();
        options.read(true);
        // Opening a pipe would wait for who writes to it.
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        let file = match self.0.open_with(path, &options) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "too large"));
        }
        Ok(Some(bytes))
    }

    /// Whether there is a directory at this path; the empty path is the directory itself.
    #[must_use]
    pub fn has_directory(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || self.0.is_dir(path)
    }

    /// The names of the directories in it, sorted; links to directories are among them.
    ///
    /// # Errors
    ///
    /// When it cannot be listed.
    pub fn directories(&self) -> io::Result<Vec<String>> {
        let names = self.0.entries()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| self.0.is_dir(name)).collect();
        names.sort();
        Ok(names)
    }

    /// Where a file really is, with every link on the way resolved.
    #[must_use]
    pub fn resolved(&self, path: &Path) -> Option<PathBuf> {
        self.0.canonicalize(path).ok()
    }

    /// Makes a directory and those above it.
    ///
    /// # Errors
    ///
    /// What the system says; also that the path leads out of the directory.
    pub fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.0.create_dir_all(path)
    }

    /// Writes a file so that others see the old content or the new one. `mode` are its permission bits; without them
    /// those of the old file stay. A link at the path is replaced and not followed.
    ///
    /// # Errors
    ///
    /// What the system says; no temporary file is left behind.
    pub fn write(&self, path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
        let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_file_name(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
        let written = self.fill(&temporary, path, bytes, mode).and_then(|()| self.0.rename(&temporary, &self.0, path));
        if written.is_err() {
            // The first error is the one to report.
            drop(self.0.remove_file(&temporary));
        }
        written
    }

    fn fill(&self, temporary: &Path, path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
        let mut file = self.0.open_with(temporary, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(bytes)?;
        let before = self.0.symlink_metadata(path).ok().filter(|metadata| metadata.is_file());
        if let Some(mode) = mode {
            set_mode(&file, mode)?;
        } else if let Some(metadata) = before {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()
    }
}

#[cfg(unix)]
fn set_mode(file: &cap_std::fs::File, mode: u32) -> io::Result<()> {
    use cap_std::fs::PermissionsExt;
    file.set_permissions(cap_std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &cap_std::fs::File, _: u32) -> io::Result<()> {
    Ok(())
}
