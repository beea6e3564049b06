//! Folders. Without the feature `files` there are none, and nothing of `wasi:filesystem` is imported.
//!
//! A descriptor remembers whether it may change anything; every call that would, and every path that leaves its folder
//! as it is written, is refused with `not-permitted` before the host sees it. Links are confined by the host.

#[cfg(feature = "files")]
mod granted;

#[cfg(not(feature = "files"))]
mod none {
    //! No folder, and so no descriptor: nothing below can ever be called.

    use super::super::System;
    use super::super::exports::wasi::filesystem::types::{
        Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
        DirectoryEntryStream, ErrorCode, Guest, GuestDescriptor, GuestDirectoryEntryStream, MetadataHashValue,
        NewTimestamp, OpenFlags, PathFlags,
    };
    use super::super::exports::wasi::filesystem::{preopens, types::ErrorBorrow};
    use super::super::exports::wasi::io::streams::{InputStream, OutputStream};

    /// No folder.
    pub(crate) struct Nothing;

    impl preopens::Guest for System {
        fn get_directories() -> Vec<(Descriptor, String)> {
            Vec::new()
        }
    }

    impl Guest for System {
        type Descriptor = Nothing;
        type DirectoryEntryStream = Nothing;

        fn filesystem_error_code(_: ErrorBorrow<'_>) -> Option<ErrorCode> {
            None
        }
    }

    /// Every method is a refusal.
    macro_rules! refused {
        ($($name:ident($($ty:ty),*) -> $ok:ty;)*) => {
            impl GuestDescriptor for Nothing {
                $(fn $name(&self, $(_: $ty),*) -> Result<$ok, ErrorCode> {
                    Err(ErrorCode::NotPermitted)
                })*

                fn is_same_object(&self, _: DescriptorBorrow<'_>) -> bool {
                    false
                }
            }
        };
    }

    refused! {
        read_via_stream(u64) -> InputStream;
        write_via_stream(u64) -> OutputStream;
        append_via_stream() -> OutputStream;
        advise(u64, u64, Advice) -> ();
        sync_data() -> ();
        get_flags() -> DescriptorFlags;
        get_type() -> DescriptorType;
        set_size(u64) -> ();
        set_times(NewTimestamp, NewTimestamp) -> ();
        read(u64, u64) -> (Vec<u8>, bool);
        write(Vec<u8>, u64) -> u64;
        read_directory() -> DirectoryEntryStream;
        sync() -> ();
        create_directory_at(String) -> ();
        stat() -> DescriptorStat;
        stat_at(PathFlags, String) -> DescriptorStat;
        set_times_at(PathFlags, String, NewTimestamp, NewTimestamp) -> ();
        link_at(PathFlags, String, DescriptorBorrow<'_>, String) -> ();
        open_at(PathFlags, String, OpenFlags, DescriptorFlags) -> Descriptor;
        readlink_at(String) -> String;
        remove_directory_at(String) -> ();
        rename_at(String, DescriptorBorrow<'_>, String) -> ();
        symlink_at(String, String) -> ();
        unlink_file_at(String) -> ();
        metadata_hash() -> MetadataHashValue;
        metadata_hash_at(PathFlags, String) -> MetadataHashValue;
    }

    impl GuestDirectoryEntryStream for Nothing {
        fn read_directory_entry(&self) -> Result<Option<DirectoryEntry>, ErrorCode> {
            Ok(None)
        }
    }
}
