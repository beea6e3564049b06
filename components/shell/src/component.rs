//! The shell as a component: the world `wb:shell/shell`. Folders and waiting come from WASI; nothing but conversions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::answer::{Block, answer};
use crate::session::World;
use crate::vfs::{Disk, FileError, Open, Stat};

wit_bindgen::generate!({ path: "../../wit/shell", world: "shell", generate_all });

use self::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

struct Shell;

export!(Shell);

thread_local! {
    /// The prelude and the block, from `init` to the call.
    static GIVEN: RefCell<Option<(String, Block)>> = const { RefCell::new(None) };
}

impl Guest for Shell {
    fn init(shim: String, script: String, _: Option<String>, _: bool) -> Result<(), String> {
        let block = Block::read(&script).ok_or("1:1\nthe shell does not understand the block that its lane made")?;
        GIVEN.with(|given| *given.borrow_mut() = Some((shim, block)));
        Ok(())
    }

    fn wb_invoke(args: String, bulk: Vec<Vec<u8>>) -> Result<(String, Vec<Vec<u8>>), String> {
        let Some((shim, block)) = GIVEN.with(|given| given.borrow_mut().take()) else {
            return Err("1:1\nthe shell was called without a block".to_owned());
        };
        let given: serde_json::Value = serde_json::from_str(&shim).unwrap_or_default();
        let world = World {
            disk: Rc::new(Folders::new()),
            log: Rc::new(|line| wb::engine::console::log(line)),
            now: given["now"].as_f64(),
            seed: given["seed"].as_u64().map(|seed| seed as u32),
            sleep: Rc::new(sleep),
        };
        answer(&block, world, &args, bulk)
    }
}

/// Waits; the step's deadline ends it where it is too long.
fn sleep(seconds: f64) {
    let nanoseconds = (seconds * 1e9).min(1e18) as u64;
    wasi::clocks::monotonic_clock::subscribe_duration(nanoseconds).block();
}

/// The granted folders.
struct Folders {
    roots: Vec<(Descriptor, String)>,
    open: RefCell<HashMap<u32, Descriptor>>,
    next: RefCell<u32>,
}

impl Folders {
    fn new() -> Self {
        let roots = wasi::filesystem::preopens::get_directories();
        Self { roots, open: RefCell::default(), next: RefCell::new(0) }
    }

    fn root(&self, folder: usize) -> Result<&Descriptor, FileError> {
        self.roots.get(folder).map(|(root, _)| root).ok_or(FileError::NotFound)
    }
}

fn error(code: ErrorCode) -> FileError {
    match code {
        ErrorCode::NoEntry => FileError::NotFound,
        ErrorCode::Exist => FileError::Exists,
        ErrorCode::IsDirectory => FileError::IsFolder,
        ErrorCode::NotDirectory => FileError::NotFolder,
        ErrorCode::NotEmpty => FileError::NotEmpty,
        ErrorCode::Access | ErrorCode::NotPermitted | ErrorCode::ReadOnly => FileError::Denied,
        other => FileError::Other(format!("{:?}", other).trim_start_matches("ErrorCode::").to_owned()),
    }
}

fn stat(stat: &DescriptorStat) -> Stat {
    let modified = stat.data_modification_timestamp.as_ref();
    Stat {
        folder: stat.type_ == DescriptorType::Directory,
        link: stat.type_ == DescriptorType::SymbolicLink,
        size: stat.size,
        modified: modified.map_or(0.0, |time| time.seconds as f64 + f64::from(time.nanoseconds) / 1e9),
    }
}

impl Disk for Folders {
    fn folders(&self) -> Vec<String> {
        self.roots.iter().map(|(_, path)| path.clone()).collect()
    }

    fn open(&self, folder: usize, path: &str, how: Open) -> Result<u32, FileError> {
        let (open, flags) = match how {
            Open::Read => (OpenFlags::empty(), DescriptorFlags::READ),
            Open::Truncate => (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
            Open::Keep => (OpenFlags::CREATE, DescriptorFlags::WRITE),
        };
        let file = self.root(folder)?.open_at(PathFlags::SYMLINK_FOLLOW, path, open, flags).map_err(error)?;
        let mut next = self.next.borrow_mut();
        *next += 1;
        self.open.borrow_mut().insert(*next, file);
        Ok(*next)
    }

    fn close(&self, file: u32) {
        self.open.borrow_mut().remove(&file);
    }

    fn read(&self, file: u32, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        let open = self.open.borrow();
        let file = open.get(&file).ok_or(FileError::NotFound)?;
        file.read(length as u64, offset).map(|(bytes, _)| bytes).map_err(error)
    }

    fn write(&self, file: u32, offset: Option<u64>, bytes: &[u8]) -> Result<(), FileError> {
        let open = self.open.borrow();
        let file = open.get(&file).ok_or(FileError::NotFound)?;
        let mut at = match offset {
            Some(offset) => offset,
            None => file.stat().map_err(error)?.size,
        };
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = &rest[..rest.len().min(64 << 10)];
            let written = file.write(piece, at).map_err(error)?;
            if written == 0 {
                return Err(FileError::Full);
            }
            at += written;
            rest = &rest[(written as usize).min(rest.len())..];
        }
        Ok(())
    }

    fn stat(&self, folder: usize, path: &str, follow: bool) -> Result<Stat, FileError> {
        let flags = if follow { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() };
        self.root(folder)?.stat_at(flags, path).map(|found| stat(&found)).map_err(error)
    }

    fn list(&self, folder: usize, path: &str) -> Result<Vec<String>, FileError> {
        let root = self.root(folder)?;
        let opened = root.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::DIRECTORY, DescriptorFlags::READ);
        let entries = opened.and_then(|folder| folder.read_directory()).map_err(error)?;
        let mut names = Vec::new();
        while let Some(entry) = entries.read_directory_entry().map_err(error)? {
            names.push(entry.name);
        }
        Ok(names)
    }

    fn make_folder(&self, folder: usize, path: &str) -> Result<(), FileError> {
        self.root(folder)?.create_directory_at(path).map_err(error)
    }

    fn remove(&self, folder: usize, path: &str, is_folder: bool) -> Result<(), FileError> {
        let root = self.root(folder)?;
        if is_folder { root.remove_directory_at(path) } else { root.unlink_file_at(path) }.map_err(error)
    }

    fn rename(&self, folder: usize, from: &str, to: &str) -> Result<(), FileError> {
        let root = self.root(folder)?;
        root.rename_at(from, root, to).map_err(error)
    }
}
