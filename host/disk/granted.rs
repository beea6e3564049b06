//! Opening the folders that components were granted.
//!
//! A grant is a path below the workbook's folder, and it stays there: no link in the path, put there by whoever made
//! the folder or by another component a moment ago, leads out.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

/// Opens a folder below `root` and hands a path that leads to exactly this folder to `with`, who must open it.
///
/// A folder to be written to is made when it is not there.
///
/// # Errors
///
/// When there is no such folder, or the path leads out of `root`.
pub fn granted<T>(root: &Path, below: &str, write: bool, with: impl FnOnce(&Path) -> T) -> io::Result<T> {
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let outer = Dir::open_ambient_dir(root, cap_std::ambient_authority())?;
    if write {
        outer.create_dir_all(below)?;
    }
    let folder = outer.open_dir(below)?;
    Ok(with(&exact(&folder, root, below)?))
}

/// A path to an open folder. Opening it again follows no name on the way, so nothing can be put in between.
#[cfg(target_os = "linux")]
fn exact(folder: &Dir, root: &Path, below: &str) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd as _;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
    if path.exists() { Ok(path) } else { checked(root, below) }
}

#[cfg(not(target_os = "linux"))]
fn exact(_: &Dir, root: &Path, below: &str) -> io::Result<PathBuf> {
    checked(root, below)
}

/// The path with every link resolved, if it is below `root` with every link resolved.
fn checked(root: &Path, below: &str) -> io::Result<PathBuf> {
    let root = root.canonicalize()?;
    let path = root.join(below).canonicalize()?;
    let outside = || io::Error::new(io::ErrorKind::PermissionDenied, "it leads out of the workbook's folder");
    path.starts_with(&root).then_some(path).ok_or_else(outside)
}
