//! Files that survive a loss of power once they were said to be written: the bytes, the name, and the folders above it
//! are forced to the medium.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes a file so that it is there whole, now and after a crash, or not at all. Folders above it are made.
///
/// # Errors
///
/// What the system says; no temporary file is left behind.
pub fn write_durable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = above(path);
    make_durable(folder)?;
    super::replace(path, bytes, File::sync_all)?;
    sync_folder(folder)
}

/// Makes a folder that nobody else can enter, with those above it, so that they are still there after a crash.
///
/// # Errors
///
/// What the system says.
pub fn make_durable(folder: &Path) -> io::Result<()> {
    let missing: Vec<PathBuf> = folder.ancestors().take_while(|path| !path.exists()).map(Path::to_owned).collect();
    for folder in missing.iter().rev().filter(|path| !path.as_os_str().is_empty()) {
        match super::create_new(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => sync_folder(above(folder))?,
        }
    }
    Ok(())
}

/// Makes a file that is only ours to read and was not there before.
///
/// # Errors
///
/// What the system says; [`ErrorKind::AlreadyExists`] where there is one, which is left as it is.
pub fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a file would be taken for a whole one next time.
        drop(fs::remove_file(path));
    }
    written.and_then(|()| sync_folder(above(path)))
}

/// Replaces a file that is only ours to read.
///
/// # Errors
///
/// What the system says; the old content stays then.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    super::replace(path, bytes, |file| {
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.sync_all()
    })?;
    sync_folder(above(path))
}

/// Gives a file its name, so that it has it after a crash as well.
///
/// # Errors
///
/// What the system says.
pub fn rename_durable(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    sync_folder(above(to))
}

fn above(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be opened like a file, and renames are journalled.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
