//! The files a script sees: a bounded tree in memory, and the granted folders of the disk below `/work`.
//!
//! Paths are absolute and normal here. What a granted folder really is, only the [`Disk`] behind it knows.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// Bytes that files in memory may have together.
const MEMORY_BYTES: usize = 64 << 20;
/// Files and folders in memory.
const MEMORY_FILES: usize = 20_000;

/// Why a file operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file or folder.
    NotFound,
    /// It exists already.
    Exists,
    /// A folder where a file is needed.
    IsFolder,
    /// A file where a folder is needed.
    NotFolder,
    /// A folder that has files.
    NotEmpty,
    /// Not granted.
    Denied,
    /// Memory for files is used up.
    Full,
    /// What the disk says.
    Other(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "No such file or directory",
            Self::Exists => "File exists",
            Self::IsFolder => "Is a directory",
            Self::NotFolder => "Not a directory",
            Self::NotEmpty => "Directory not empty",
            Self::Denied => "Permission denied",
            Self::Full => "No space left: files in memory have 64 MiB together",
            Self::Other(text) => text,
        })
    }
}

/// What is known about a file.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stat {
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether it is a symbolic link.
    pub link: bool,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970 when it was last written, or a count of writes for files in memory.
    pub modified: f64,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// For reading; it must exist.
    Read,
    /// For writing, made if missing, emptied.
    Truncate,
    /// For writing, made if missing.
    Keep,
}

/// Granted folders. Paths are relative to the folder, `.` is the folder itself.
pub trait Disk {
    /// Where the folders appear, relative to `/work`; `.` is `/work` itself.
    fn folders(&self) -> Vec<String>;
    /// Opens a file; the number stands for it until [`Disk::close`].
    ///
    /// # Errors
    ///
    /// As the host says.
    fn open(&self, folder: usize, path: &str, how: Open) -> Result<u32, FileError>;
    /// Forgets an open file.
    fn close(&self, file: u32);
    /// Reads at most `length` bytes; none at the end.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn read(&self, file: u32, offset: u64, length: usize) -> Result<Vec<u8>, FileError>;
    /// Writes all bytes; no offset is the end of the file.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn write(&self, file: u32, offset: Option<u64>, bytes: &[u8]) -> Result<(), FileError>;
    /// Looks at a file, through a link if `follow`.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn stat(&self, folder: usize, path: &str, follow: bool) -> Result<Stat, FileError>;
    /// Names in a folder, in any order.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn list(&self, folder: usize, path: &str) -> Result<Vec<String>, FileError>;
    /// Makes a folder.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn make_folder(&self, folder: usize, path: &str) -> Result<(), FileError>;
    /// Removes a file, or an empty folder.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn remove(&self, folder: usize, path: &str, is_folder: bool) -> Result<(), FileError>;
    /// Renames within one granted folder.
    ///
    /// # Errors
    ///
    /// As the host says.
    fn rename(&self, folder: usize, from: &str, to: &str) -> Result<(), FileError>;
}

/// A disk without folders.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDisk;

impl Disk for NoDisk {
    fn folders(&self) -> Vec<String> {
        Vec::new()
    }
    fn open(&self, _: usize, _: &str, _: Open) -> Result<u32, FileError> {
        Err(FileError::Denied)
    }
    fn close(&self, _: u32) {}
    fn read(&self, _: u32, _: u64, _: usize) -> Result<Vec<u8>, FileError> {
        Err(FileError::Denied)
    }
    fn write(&self, _: u32, _: Option<u64>, _: &[u8]) -> Result<(), FileError> {
        Err(FileError::Denied)
    }
    fn stat(&self, _: usize, _: &str, _: bool) -> Result<Stat, FileError> {
        Err(FileError::NotFound)
    }
    fn list(&self, _: usize, _: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotFound)
    }
    fn make_folder(&self, _: usize, _: &str) -> Result<(), FileError> {
        Err(FileError::Denied)
    }
    fn remove(&self, _: usize, _: &str, _: bool) -> Result<(), FileError> {
        Err(FileError::Denied)
    }
    fn rename(&self, _: usize, _: &str, _: &str) -> Result<(), FileError> {
        Err(FileError::Denied)
    }
}

#[derive(Debug, Clone)]
enum Node {
    Folder,
    File(Rc<RefCell<Vec<u8>>>),
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Handle(Opened);

#[derive(Debug)]
enum Opened {
    Memory(Rc<RefCell<Vec<u8>>>, String),
    Disk(u32, Rc<Files>),
    Null,
    Zero,
}

impl Handle {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.0, Opened::Null | Opened::Zero)
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self.0, Opened::Zero)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Opened::Disk(file, files) = &self.0 {
            files.disk.close(*file);
        }
    }
}

/// All files.
pub(crate) struct Files {
    disk: Rc<dyn Disk>,
    /// Where granted folders are mounted, longest path first.
    mounts: Vec<(String, usize)>,
    memory: RefCell<BTreeMap<String, (Node, f64)>>,
    used: Cell<usize>,
    ticks: Cell<f64>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("mounts", &self.mounts).finish_non_exhaustive()
    }
}

/// An absolute path without `.`, `..` and double slashes.
pub(crate) fn normal(cwd: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{cwd}/{path}") };
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The folder a path is in.
pub(crate) fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

impl Files {
    /// The tree with what the disk grants.
    #[must_use]
    pub(crate) fn new(disk: Rc<dyn Disk>) -> Self {
        let mut mounts: Vec<(String, usize)> =
            disk.folders().iter().enumerate().map(|(index, path)| (normal("/work", path), index)).collect();
        mounts.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        let files = Self { disk, mounts, memory: RefCell::default(), used: Cell::new(0), ticks: Cell::new(0.0) };
        let mut folders: Vec<String> = ["/", "/tmp", "/work", "/in", "/out", "/dev"].map(str::to_owned).to_vec();
        for (mount, _) in &files.mounts {
            let mut path = mount.as_str();
            while path.len() > 1 {
                folders.push(path.to_owned());
                path = parent(path);
            }
        }
        for folder in folders {
            files.memory.borrow_mut().insert(folder, (Node::Folder, 0.0));
        }
        files
    }

    fn mounted<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        self.mounts.iter().find_map(|(mount, index)| {
            let rest = path.strip_prefix(mount.as_str())?;
            match rest.strip_prefix('/') {
                Some(rest) => Some((*index, rest)),
                None if rest.is_empty() => Some((*index, ".")),
                None => None,
            }
        })
    }

    fn tick(&self) -> f64 {
        self.ticks.set(self.ticks.get() + 1.0);
        self.ticks.get()
    }

    fn charge(&self, more: usize) -> Result<(), FileError> {
        let used = self.used.get().saturating_add(more);
        if used > MEMORY_BYTES {
            return Err(FileError::Full);
        }
        self.used.set(used);
        Ok(())
    }

    /// Whether a new entry may be made at a path.
    fn may_make(&self, path: &str) -> Result<(), FileError> {
        let memory = self.memory.borrow();
        match memory.get(parent(path)) {
            None => return Err(FileError::NotFound),
            Some((Node::File(_), _)) => return Err(FileError::NotFolder),
            Some((Node::Folder, _)) => {}
        }
        let ours = path.starts_with("/tmp/") || path.starts_with("/out/") || path.starts_with("/work/");
        if !ours {
            return Err(FileError::Denied);
        }
        if memory.len() >= MEMORY_FILES { Err(FileError::Full) } else { Ok(()) }
    }

    /// Puts a file into memory, before anything runs.
    pub(crate) fn provide(&self, path: &str, bytes: Vec<u8>) {
        self.memory.borrow_mut().insert(path.to_owned(), (Node::File(Rc::new(RefCell::new(bytes))), 0.0));
    }

    /// All bytes of a file in memory.
    pub(crate) fn whole(&self, path: &str) -> Option<Vec<u8>> {
        match self.memory.borrow().get(path) {
            Some((Node::File(bytes), _)) => Some(bytes.borrow().clone()),
            _ => None,
        }
    }

    /// Opens a file.
    pub(crate) fn open(self: &Rc<Self>, path: &str, how: Open) -> Result<Handle, FileError> {
        match path {
            "/dev/null" => return Ok(Handle(Opened::Null)),
            "/dev/zero" => return Ok(Handle(Opened::Zero)),
            _ => {}
        }
        if let Some((folder, rest)) = self.mounted(path) {
            if how == Open::Read && self.stat(path, true)?.folder {
                return Err(FileError::IsFolder);
            }
            return Ok(Handle(Opened::Disk(self.disk.open(folder, rest, how)?, Rc::clone(self))));
        }
        let found = self.memory.borrow().get(path).cloned();
        let bytes = match found {
            Some((Node::Folder, _)) => return Err(FileError::IsFolder),
            Some((Node::File(_), _)) if how != Open::Read && path.starts_with("/in/") => return Err(FileError::Denied),
            Some((Node::File(bytes), _)) => bytes,
            None if how == Open::Read => return Err(FileError::NotFound),
            None => {
                self.may_make(path)?;
                let bytes = Rc::new(RefCell::default());
                self.memory.borrow_mut().insert(path.to_owned(), (Node::File(Rc::clone(&bytes)), self.tick()));
                bytes
            }
        };
        if how == Open::Truncate {
            self.used.set(self.used.get().saturating_sub(bytes.borrow().len()));
            bytes.borrow_mut().clear();
            self.touch_memory(path);
        }
        Ok(Handle(Opened::Memory(bytes, path.to_owned())))
    }

    fn touch_memory(&self, path: &str) {
        let tick = self.tick();
        if let Some((_, time)) = self.memory.borrow_mut().get_mut(path) {
            *time = tick;
        }
    }

    pub(crate) fn read(&self, handle: &Handle, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        match &handle.0 {
            Opened::Memory(bytes, _) => {
                let bytes = bytes.borrow();
                let start = (offset as usize).min(bytes.len());
                Ok(bytes[start..bytes.len().min(start + length)].to_vec())
            }
            Opened::Disk(file, _) => self.disk.read(*file, offset, length),
            Opened::Null => Ok(Vec::new()),
            Opened::Zero => Ok(vec![0; length]),
        }
    }

    pub(crate) fn write(&self, handle: &Handle, offset: u64, more: &[u8]) -> Result<(), FileError> {
        match &handle.0 {
            Opened::Memory(bytes, path) => {
                let mut bytes = bytes.borrow_mut();
                let (start, end) = (offset as usize, offset as usize + more.len());
                if end > bytes.len() {
                    self.charge(end - bytes.len())?;
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(more);
                drop(bytes);
                self.touch_memory(path);
                Ok(())
            }
            Opened::Disk(file, _) => self.disk.write(*file, Some(offset), more),
            Opened::Null | Opened::Zero => Ok(()),
        }
    }

    pub(crate) fn append(&self, handle: &Handle, more: &[u8]) -> Result<(), FileError> {
        match &handle.0 {
            Opened::Memory(bytes, _) => {
                let end = bytes.borrow().len() as u64;
                self.write(handle, end, more)
            }
            Opened::Disk(file, _) => self.disk.write(*file, None, more),
            Opened::Null | Opened::Zero => Ok(()),
        }
    }

    pub(crate) fn stat(&self, path: &str, follow: bool) -> Result<Stat, FileError> {
        if path == "/dev/null" || path == "/dev/zero" {
            return Ok(Stat::default());
        }
        if let Some((folder, rest)) = self.mounted(path) {
            return self.disk.stat(folder, rest, follow);
        }
        match self.memory.borrow().get(path) {
            Some((Node::Folder, modified)) => Ok(Stat { folder: true, modified: *modified, ..Stat::default() }),
            Some((Node::File(bytes), modified)) => {
                Ok(Stat { size: bytes.borrow().len() as u64, modified: *modified, ..Stat::default() })
            }
            None => Err(FileError::NotFound),
        }
    }

    /// Names in a folder, sorted.
    pub(crate) fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        if !self.stat(path, true)?.folder {
            return Err(FileError::NotFolder);
        }
        let mut names = match self.mounted(path) {
            Some((folder, rest)) => self.disk.list(folder, rest)?,
            None => Vec::new(),
        };
        let prefix = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        for (name, _) in self.memory.borrow().range(prefix.clone()..) {
            match name.strip_prefix(&prefix) {
                Some(rest) if !rest.is_empty() && !rest.contains('/') => names.push(rest.to_owned()),
                Some(_) => {}
                None => break,
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    pub(crate) fn make_folder(&self, path: &str) -> Result<(), FileError> {
        if self.stat(path, false).is_ok() {
            return Err(FileError::Exists);
        }
        if let Some((folder, rest)) = self.mounted(path) {
            return self.disk.make_folder(folder, rest);
        }
        self.may_make(path)?;
        let tick = self.tick();
        self.memory.borrow_mut().insert(path.to_owned(), (Node::Folder, tick));
        Ok(())
    }

    /// Removes a file, or an empty folder.
    pub(crate) fn remove(&self, path: &str) -> Result<(), FileError> {
        let stat = self.stat(path, false)?;
        if let Some((folder, rest)) = self.mounted(path) {
            return if rest == "." { Err(FileError::Denied) } else { self.disk.remove(folder, rest, stat.folder) };
        }
        if !self.is_ours(path) {
            return Err(FileError::Denied);
        }
        if stat.folder && !self.list(path)?.is_empty() {
            return Err(FileError::NotEmpty);
        }
        self.memory.borrow_mut().remove(path);
        self.used.set(self.used.get().saturating_sub(stat.size as usize));
        Ok(())
    }

    fn is_ours(&self, path: &str) -> bool {
        let below_mount = self.mounts.iter().any(|(mount, _)| mount.starts_with(path));
        !below_mount && (path.starts_with("/tmp/") || path.starts_with("/out/") || path.starts_with("/work/"))
    }

    /// Renames within memory or within one granted folder; anything else is for the caller to copy.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        match (self.mounted(from), self.mounted(to)) {
            (Some((a, old)), Some((b, new))) if a == b => return self.disk.rename(a, old, new),
            (None, None) => {}
            _ => return Err(FileError::Other("Invalid cross-device link".to_owned())),
        }
        if !self.is_ours(from) {
            return Err(FileError::Denied);
        }
        self.may_make(to)?;
        let prefix = format!("{from}/");
        let mut memory = self.memory.borrow_mut();
        let moved: Vec<String> =
            memory.keys().filter(|path| *path == from || path.starts_with(&prefix)).cloned().collect();
        for path in moved {
            if let Some(node) = memory.remove(&path) {
                let new = format!("{to}{}", &path[from.len()..]);
                memory.insert(new, node);
            }
        }
        Ok(())
    }
}
