//! Files: the only place that opens, writes, walks and removes them.
//!
//! Reading a workbook yields text or an error that says where the file stops being text. Writing is always to a
//! temporary file that is renamed, so that nobody sees half a file.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use crate::env;

mod durable;
mod exchange;
mod granted;
mod journal;
mod staging;
mod walk;
mod within;

pub use durable::{
    create_private as create_private_file, make_durable, rename_durable, replace_private, write_durable,
};
pub use exchange::{ExchangeError, exchange};
pub use granted::granted;
pub use journal::{Journal, folders, is_being_written, keep_newest};
pub use staging::{Lock, Staging, exchange as exchange_folders, lock};
pub use walk::{Found, documents, walk};
pub use within::Within;

/// The largest document that is read. Offsets are 32 bits wide, and the kernel's memory is bounded as well.
pub const LARGEST_DOCUMENT: u64 = 64 << 20;

/// The name under which standard input appears in messages.
pub const STDIN: &str = "<stdin>";

/// A document and what to call it in messages.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as it was given, or [`STDIN`].
    pub name: String,
    /// The file, unless the document came from standard input.
    pub path: Option<PathBuf>,
    /// All of it.
    pub text: String,
}

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing at this path.
    #[error("no such file: `{name}`")]
    NotFound {
        /// The path as given.
        name: String,
    },
    /// There is something, but not ours to read, or not a file.
    #[error("cannot read `{name}`: {reason}")]
    Unreadable {
        /// The path as given.
        name: String,
        /// What the system says.
        reason: io::Error,
    },
    /// Longer than [`LARGEST_DOCUMENT`].
    #[error("`{name}` is larger than {} MiB", LARGEST_DOCUMENT >> 20)]
    TooLarge {
        /// The path as given.
        name: String,
    },
    /// Not text.
    #[error("`{name}` is not UTF-8: byte 0x{byte:02x} at offset {offset} (line {line}, column {column})")]
    NotUtf8 {
        /// The path as given.
        name: String,
        /// The first byte that does not fit.
        byte: u8,
        /// Where it stands.
        offset: usize,
        /// Its line, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
}

/// Reads a text file, or standard input for `-`.
///
/// # Errors
///
/// When the file is missing, unreadable, too large or not UTF-8.
pub fn read_source(name: &str) -> Result<Source, ReadError> {
    let (name, path) =
        if name == "-" { (STDIN.to_owned(), None) } else { (name.to_owned(), Some(PathBuf::from(name))) };
    let bytes = match &path {
        None => read_limited(io::stdin().lock()),
        Some(path) => File::open(path).and_then(read_limited),
    };
    let bytes = bytes.map_err(|reason| match reason.kind() {
        ErrorKind::NotFound => ReadError::NotFound { name: name.clone() },
        _ => ReadError::Unreadable { name: name.clone(), reason },
    })?;
    if bytes.len() as u64 > LARGEST_DOCUMENT {
        return Err(ReadError::TooLarge { name });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, path, text }),
        Err(error) => Err(not_utf8(name, error.utf8_error().valid_up_to(), error.as_bytes())),
    }
}

/// Reads one byte more than allowed, which tells a file that is just small enough from an endless one.
fn read_limited(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_utf8(name: String, offset: usize, bytes: &[u8]) -> ReadError {
    let before = String::from_utf8_lossy(&bytes[..offset]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    ReadError::NotUtf8 { name, byte: bytes[offset], offset, line, column }
}

/// Reads a whole file.
///
/// # Errors
///
/// What the system says.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// Reads a small text that nobody but its owner may read.
///
/// # Errors
///
/// When it is not there, others could read or change it, or it is no short text.
pub fn read_private(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    only_ours(&metadata)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(io::Error::new(
            ErrorKind::PermissionDenied,
            "others can read it; `chmod 600` makes it yours alone",
        ));
    }
    let mut text = String::new();
    file.take(64 << 10).read_to_string(&mut text)?;
    Ok(text)
}

/// Distinguishes temporary files of one process.
static TEMPORARY: AtomicU32 = AtomicU32::new(0);

/// What begins the names of temporary files.
const TEMPORARY_PREFIX: &str = ".wb-tmp-";

/// Writes a file so that others see the old content or the new one and nothing between.
///
/// A link is followed, and permissions of a file that was there before are kept. What is no regular file, such as a
/// pipe or `/dev/null`, is written to directly.
///
/// # Errors
///
/// What the system says; no temporary file is left behind.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return fs::OpenOptions::new().write(true).open(&target)?.write_all(bytes);
    }
    replace(&target, bytes, |file| {
        if let Some(metadata) = &before {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()
    })
}

/// Like [`write_atomic`] for files that may be lost in a crash: nothing is forced to the medium.
///
/// # Errors
///
/// What the system says; no temporary file is left behind.
pub fn write_cached(path: &Path, chunks: &[&[u8]]) -> io::Result<()> {
    replace(path, &chunks.concat(), |_| Ok(()))
}

fn replace(target: &Path, bytes: &[u8], finish: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("{TEMPORARY_PREFIX}{}-{number}", std::process::id()));
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        finish(&file)?;
        fs::rename(&temporary, target)
    });
    if written.is_err() {
        // The first error is the one to report.
        drop(fs::remove_file(&temporary));
    }
    written
}

/// Creates a directory, with its parents, that nobody else can enter, and checks that it is ours alone to write.
///
/// # Errors
///
/// When it cannot be created, or exists and others could write to it.
pub fn private_directory(path: &Path) -> io::Result<()> {
    create_private(path)?;
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::NotADirectory, "not a directory"));
    }
    only_ours(&metadata)
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// A folder of our own that was not there before.
fn create_new(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn only_ours(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: `geteuid` has no arguments, touches no memory and cannot fail.
    let user = unsafe { libc::geteuid() };
    if metadata.uid() != user {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "others can write to it"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn only_ours(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Whether there is anything at this path.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether there is a link at this path, wherever it leads.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_symlink())
}

/// Whether there is a directory at this path.
#[must_use]
pub fn is_directory(path: &str) -> bool {
    Path::new(path).is_dir()
}

/// Whether this is a directory with nothing in it.
#[must_use]
pub fn is_empty_directory(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Makes a directory with those above it.
///
/// # Errors
///
/// What the system says.
pub fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// When a file was last written or [touched](touch).
#[must_use]
pub fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The last bytes of a file; all of a shorter one.
///
/// # Errors
///
/// What the system says.
pub fn read_end(path: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    use std::io::{Seek, SeekFrom};
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes as u64)))?;
    let mut end = Vec::new();
    file.take(bytes as u64).read_to_end(&mut end)?;
    Ok(end)
}

/// The first bytes of a file; all of a shorter one.
///
/// # Errors
///
/// What the system says.
pub fn read_begin(path: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    let mut begin = Vec::new();
    File::open(path)?.take(bytes as u64).read_to_end(&mut begin)?;
    Ok(begin)
}

/// The size of a regular file in bytes.
#[must_use]
pub fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
}

/// Marks a file as used now. A failure costs nothing but its place in the order of use.
pub fn touch(path: &Path) {
    drop(File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now())));
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
///
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes a directory with all that is in it; one that is not there is no error.
///
/// # Errors
///
/// What the system says.
pub fn remove_directory(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The path with every link resolved, if there is a file.
#[must_use]
pub fn absolute(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// A folder to read from and nothing outside of it: neither `..`, nor an absolute path, nor a link leads out.
#[derive(Debug)]
pub struct Folder(cap_std::fs::Dir);

impl Folder {
    /// The folder that a document is in; of standard input that is the current one.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn of(source: &Source) -> io::Result<Self> {
        let folder = source.path.as_deref().and_then(Path::parent).filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        cap_std::fs::Dir::open_ambient_dir(folder, cap_std::ambient_authority()).map(Self)
    }

    /// Reads a text file of at most so many bytes.
    ///
    /// # Errors
    ///
    /// When there is no such file in here, it is no regular file, is too long or not UTF-8.
    pub fn read(&self, path: &str, limit: u64) -> io::Result<String> {
        let mut options = cap_std::fs::OpenOptions::new();
        options.read(true);
        // Opening a pipe would wait for who writes to it.
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        let file = self.0.open_with(path, &options)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "too large"));
        }
        String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "not UTF-8"))
    }

    /// Whether there is something at a path; an error where it leads out of the folder.
    ///
    /// # Errors
    ///
    /// What the system says, except that there is nothing.
    pub fn has(&self, path: &str) -> io::Result<bool> {
        match self.0.metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// An empty folder of our own, removed with everything in it when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is in the system's own folder for such things.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Makes a scratch folder.
///
/// # Errors
///
/// When the system's temporary folder cannot be written to.
pub fn scratch() -> io::Result<Scratch> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = env::temporary_directory();
    loop {
        let name = format!("wb-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        match create_new(&base.join(&name)) {
            Ok(()) => return Ok(Scratch(base.join(name))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_byte_is_found_by_line_and_column() {
        let error = not_utf8("x.org".to_owned(), 7, b"* a\n\xc3\xa9b\xffc");
        assert_eq!(error.to_string(), "`x.org` is not UTF-8: byte 0xff at offset 7 (line 2, column 3)");
    }
}
