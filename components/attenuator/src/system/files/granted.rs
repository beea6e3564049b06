//! The folders that were granted, cut out of those that the host gives.

use super::super::System;
use super::super::exports::wasi::clocks::wall_clock::Datetime;
use super::super::exports::wasi::filesystem::preopens;
use super::super::exports::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
    DirectoryEntryStream, ErrorBorrow, ErrorCode, Guest, GuestDescriptor, GuestDirectoryEntryStream, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use super::super::exports::wasi::io::streams::{InputStream, OutputStream};
use super::super::streams::{Failure, Input, Output};
use super::super::wasi::filesystem::{preopens as given, types as host};
use crate::policy;

type Tried<T> = Result<T, ErrorCode>;

/// A file or folder of the host, and whether it may be changed.
pub(crate) struct Handle {
    host: host::Descriptor,
    write: bool,
}

/// The entries of a folder of the host.
pub(crate) struct Entries(host::DirectoryEntryStream);

impl preopens::Guest for System {
    fn get_directories() -> Vec<(Descriptor, String)> {
        let policy = super::super::policy();
        let hosts = given::get_directories();
        let open = |folder: policy::Folder<'_>| {
            let (index, rest) = policy::below(hosts.iter().map(|(_, path)| path.as_str()), folder.path)?;
            let host = open(&hosts[index].0, &rest, folder.write)?;
            Some((Descriptor::new(Handle { host, write: folder.write }), folder.path.to_owned()))
        };
        // A folder that the host does not give is not there.
        policy::folders(&policy).filter_map(open).collect()
    }
}

/// Opens a folder; one that may be written to is made when it is not there.
fn open(base: &host::Descriptor, path: &str, write: bool) -> Option<host::Descriptor> {
    let flags = host::DescriptorFlags::READ
        | if write { host::DescriptorFlags::MUTATE_DIRECTORY } else { host::DescriptorFlags::empty() };
    let open = || base.open_at(host::PathFlags::SYMLINK_FOLLOW, path, host::OpenFlags::DIRECTORY, flags);
    match open() {
        Ok(folder) => Some(folder),
        Err(host::ErrorCode::NoEntry) if write => {
            for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
                // One that is there already is no error, and for any other the second try has its own.
                let _ = base.create_directory_at(&path[..end]);
            }
            open().ok()
        }
        Err(_) => None,
    }
}

impl Guest for System {
    type Descriptor = Handle;
    type DirectoryEntryStream = Entries;

    fn filesystem_error_code(error: ErrorBorrow<'_>) -> Option<ErrorCode> {
        match error.get::<Failure>() {
            Failure::None => None,
            Failure::Host(error) => host::filesystem_error_code(error).map(code),
        }
    }
}

impl Handle {
    fn writes(&self) -> Tried<()> {
        if self.write { Ok(()) } else { Err(ErrorCode::NotPermitted) }
    }
}

fn inside(path: &str) -> Tried<()> {
    if policy::inside(path) { Ok(()) } else { Err(ErrorCode::NotPermitted) }
}

impl GuestDescriptor for Handle {
    fn read_via_stream(&self, offset: u64) -> Tried<InputStream> {
        tried(self.host.read_via_stream(offset)).map(|stream| InputStream::new(Input::Host(stream)))
    }

    fn write_via_stream(&self, offset: u64) -> Tried<OutputStream> {
        self.writes()?;
        tried(self.host.write_via_stream(offset)).map(|stream| OutputStream::new(Output::Host(stream)))
    }

    fn append_via_stream(&self) -> Tried<OutputStream> {
        self.writes()?;
        tried(self.host.append_via_stream()).map(|stream| OutputStream::new(Output::Host(stream)))
    }

    fn advise(&self, offset: u64, length: u64, advice: Advice) -> Tried<()> {
        let advice = match advice {
            Advice::Normal => host::Advice::Normal,
            Advice::Sequential => host::Advice::Sequential,
            Advice::Random => host::Advice::Random,
            Advice::WillNeed => host::Advice::WillNeed,
            Advice::DontNeed => host::Advice::DontNeed,
            Advice::NoReuse => host::Advice::NoReuse,
        };
        tried(self.host.advise(offset, length, advice))
    }

    fn sync_data(&self) -> Tried<()> {
        tried(self.host.sync_data())
    }

    fn get_flags(&self) -> Tried<DescriptorFlags> {
        let flags = tried(self.host.get_flags())?.bits();
        let changing = (DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY).bits();
        Ok(DescriptorFlags::from_bits_retain(if self.write { flags } else { flags & !changing }))
    }

    fn get_type(&self) -> Tried<DescriptorType> {
        tried(self.host.get_type()).map(kind)
    }

    fn set_size(&self, size: u64) -> Tried<()> {
        self.writes()?;
        tried(self.host.set_size(size))
    }

    fn set_times(&self, accessed: NewTimestamp, modified: NewTimestamp) -> Tried<()> {
        self.writes()?;
        tried(self.host.set_times(stamp(accessed), stamp(modified)))
    }

    fn read(&self, length: u64, offset: u64) -> Tried<(Vec<u8>, bool)> {
        tried(self.host.read(length, offset))
    }

    fn write(&self, buffer: Vec<u8>, offset: u64) -> Tried<u64> {
        self.writes()?;
        tried(self.host.write(&buffer, offset))
    }

    fn read_directory(&self) -> Tried<DirectoryEntryStream> {
        tried(self.host.read_directory()).map(|entries| DirectoryEntryStream::new(Entries(entries)))
    }

    fn sync(&self) -> Tried<()> {
        tried(self.host.sync())
    }

    fn create_directory_at(&self, path: String) -> Tried<()> {
        self.writes().and(inside(&path))?;
        tried(self.host.create_directory_at(&path))
    }

    fn stat(&self) -> Tried<DescriptorStat> {
        tried(self.host.stat()).map(stat)
    }

    fn stat_at(&self, flags: PathFlags, path: String) -> Tried<DescriptorStat> {
        inside(&path)?;
        tried(self.host.stat_at(follow(flags), &path)).map(stat)
    }

    fn set_times_at(
        &self,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> Tried<()> {
        self.writes().and(inside(&path))?;
        tried(self.host.set_times_at(follow(flags), &path, stamp(accessed), stamp(modified)))
    }

    fn link_at(&self, flags: PathFlags, old: String, to: DescriptorBorrow<'_>, new: String) -> Tried<()> {
        let to = to.get::<Self>();
        // Without both, what may only be read could be written to under its new name.
        self.writes().and(to.writes()).and(inside(&old)).and(inside(&new))?;
        tried(self.host.link_at(follow(flags), &old, &to.host, &new))
    }

    fn open_at(
        &self,
        path_flags: PathFlags,
        path: String,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Tried<Descriptor> {
        inside(&path)?;
        let changes = OpenFlags::CREATE | OpenFlags::EXCLUSIVE | OpenFlags::TRUNCATE;
        if open.bits() & changes.bits() != 0 || flags.bits() & DescriptorFlags::WRITE.bits() != 0 {
            self.writes()?;
        }
        // Some libraries ask for this with every folder; whoever uses it is refused.
        let dropped = if self.write { 0 } else { DescriptorFlags::MUTATE_DIRECTORY.bits() };
        let flags = host::DescriptorFlags::from_bits_retain(flags.bits() & !dropped);
        let open = host::OpenFlags::from_bits_retain(open.bits());
        let host = tried(self.host.open_at(follow(path_flags), &path, open, flags))?;
        Ok(Descriptor::new(Self { host, write: self.write }))
    }

    fn readlink_at(&self, path: String) -> Tried<String> {
        inside(&path)?;
        tried(self.host.readlink_at(&path))
    }

    fn remove_directory_at(&self, path: String) -> Tried<()> {
        self.writes().and(inside(&path))?;
        tried(self.host.remove_directory_at(&path))
    }

    fn rename_at(&self, old: String, to: DescriptorBorrow<'_>, new: String) -> Tried<()> {
        let to = to.get::<Self>();
        self.writes().and(to.writes()).and(inside(&old)).and(inside(&new))?;
        tried(self.host.rename_at(&old, &to.host, &new))
    }

    fn symlink_at(&self, old: String, new: String) -> Tried<()> {
        self.writes().and(inside(&new))?;
        if !policy::linkable(&old) {
            return Err(ErrorCode::NotPermitted);
        }
        tried(self.host.symlink_at(&old, &new))
    }

    fn unlink_file_at(&self, path: String) -> Tried<()> {
        self.writes().and(inside(&path))?;
        tried(self.host.unlink_file_at(&path))
    }

    fn is_same_object(&self, other: DescriptorBorrow<'_>) -> bool {
        self.host.is_same_object(&other.get::<Self>().host)
    }

    fn metadata_hash(&self) -> Tried<MetadataHashValue> {
        tried(self.host.metadata_hash()).map(hash)
    }

    fn metadata_hash_at(&self, flags: PathFlags, path: String) -> Tried<MetadataHashValue> {
        inside(&path)?;
        tried(self.host.metadata_hash_at(follow(flags), &path)).map(hash)
    }
}

impl GuestDirectoryEntryStream for Entries {
    fn read_directory_entry(&self) -> Tried<Option<DirectoryEntry>> {
        let entry = tried(self.0.read_directory_entry())?;
        Ok(entry.map(|entry| DirectoryEntry { type_: kind(entry.type_), name: entry.name }))
    }
}

fn follow(flags: PathFlags) -> host::PathFlags {
    host::PathFlags::from_bits_retain(flags.bits())
}

fn hash(value: host::MetadataHashValue) -> MetadataHashValue {
    MetadataHashValue { lower: value.lower, upper: value.upper }
}

fn stamp(value: NewTimestamp) -> host::NewTimestamp {
    match value {
        NewTimestamp::NoChange => host::NewTimestamp::NoChange,
        NewTimestamp::Now => host::NewTimestamp::Now,
        NewTimestamp::Timestamp(at) => {
            host::NewTimestamp::Timestamp(host::Datetime { seconds: at.seconds, nanoseconds: at.nanoseconds })
        }
    }
}

fn stat(value: host::DescriptorStat) -> DescriptorStat {
    let time = |at: host::Datetime| Datetime { seconds: at.seconds, nanoseconds: at.nanoseconds };
    DescriptorStat {
        type_: kind(value.type_),
        link_count: value.link_count,
        size: value.size,
        data_access_timestamp: value.data_access_timestamp.map(time),
        data_modification_timestamp: value.data_modification_timestamp.map(time),
        status_change_timestamp: value.status_change_timestamp.map(time),
    }
}

fn tried<T>(result: Result<T, host::ErrorCode>) -> Tried<T> {
    result.map_err(code)
}

/// The same enumeration as an import and as an export.
macro_rules! same {
    ($name:ident: $ty:ident, $($case:ident)*) => {
        fn $name(value: host::$ty) -> $ty {
            match value {
                $(host::$ty::$case => $ty::$case,)*
            }
        }
    };
}

same! { kind: DescriptorType, Unknown BlockDevice CharacterDevice Directory Fifo SymbolicLink RegularFile Socket }

same! { code: ErrorCode,
    Access WouldBlock Already BadDescriptor Busy Deadlock Quota Exist FileTooLarge IllegalByteSequence InProgress
    Interrupted Invalid Io IsDirectory Loop TooManyLinks MessageSize NameTooLong NoDevice NoEntry NoLock
    InsufficientMemory InsufficientSpace NotDirectory NotEmpty NotRecoverable Unsupported NoTty NoSuchDevice Overflow
    NotPermitted Pipe ReadOnly InvalidSeek TextFileBusy CrossDevice
}
