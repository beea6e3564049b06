//! Folders. Without the feature `files` there are none, and nothing of `wasi:filesystem` is imported.
//!
//! A descriptor remembers whether it may change anything; every call that would, and every path that leaves its folder
//! as it is written, is refused with `not-permitted` before the host sees it. Links are confined by the host.

#[cfg(feature = "files")]
mod granted;

#[cfg(not(feature = "files"))]
mod none {
    //! No folder.

    use super::super::System;
    use super::super::exports::wasi::filesystem::types::{
        Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
        DirectoryEntryStream, ErrorCode, Guest, GuestDescriptor, GuestDirectoryEntryStream, MetadataHashValue,
        NewTimestamp, OpenFlags, PathFlags,
    };
    use super::super::exports::wasi::filesystem::{preopens, types::ErrorBorrow};
    use super::super::exports::wasi::io::streams::{InputStream, OutputStream};

    crate::empty::no_folders!(System);
}
