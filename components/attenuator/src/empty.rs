//! Interfaces that give nothing, for the two guests that have them: what needs a right, without one.
//!
//! Bindings are each guest's own, so the implementations are macros over what is in scope there.

/// Every method is a refusal.
#[allow(unused_macros)]
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

/// `wasi:filesystem` without a folder: no descriptor, so no method of one is ever called.
#[allow(unused_macros)]
macro_rules! no_folders {
    ($guest:ident) => {
        /// No folder.
        pub(crate) struct Nothing;

        impl preopens::Guest for $guest {
            fn get_directories() -> Vec<(Descriptor, String)> {
                Vec::new()
            }
        }

        impl Guest for $guest {
            type Descriptor = Nothing;
            type DirectoryEntryStream = Nothing;

            fn filesystem_error_code(_: ErrorBorrow<'_>) -> Option<ErrorCode> {
                None
            }
        }

        crate::empty::refused! {
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
    };
}

/// What a command finds around it, all of it empty.
macro_rules! empty_command {
    ($guest:ident) => {
        impl environment::Guest for $guest {
            fn get_environment() -> Vec<(String, String)> {
                Vec::new()
            }

            fn get_arguments() -> Vec<String> {
                Vec::new()
            }

            fn initial_cwd() -> Option<String> {
                None
            }
        }

        /// A component that ends itself would end the whole artifact; it traps instead.
        impl exit::Guest for $guest {
            fn exit(_: Result<(), ()>) {
                core::arch::wasm32::unreachable()
            }

            fn exit_with_code(_: u8) {
                core::arch::wasm32::unreachable()
            }
        }

        /// There are no terminals.
        pub(crate) struct Terminal;

        impl terminal_input::GuestTerminalInput for Terminal {}
        impl terminal_output::GuestTerminalOutput for Terminal {}

        impl terminal_input::Guest for $guest {
            type TerminalInput = Terminal;
        }

        impl terminal_output::Guest for $guest {
            type TerminalOutput = Terminal;
        }

        impl terminal_stdin::Guest for $guest {
            fn get_terminal_stdin() -> Option<terminal_stdin::TerminalInput> {
                None
            }
        }

        impl terminal_stdout::Guest for $guest {
            fn get_terminal_stdout() -> Option<terminal_stdout::TerminalOutput> {
                None
            }
        }

        impl terminal_stderr::Guest for $guest {
            fn get_terminal_stderr() -> Option<terminal_stderr::TerminalOutput> {
                None
            }
        }

        /// Fixed, as in a run of `wb`: a seed decides the order of hash maps and nothing else.
        impl insecure_seed::Guest for $guest {
            fn insecure_seed() -> (u64, u64) {
                (0, 0)
            }
        }

        /// For its types; a component that was granted the time of day has it from the host.
        impl wall_clock::Guest for $guest {
            fn now() -> wall_clock::Datetime {
                wall_clock::Datetime { seconds: 0, nanoseconds: 0 }
            }

            fn resolution() -> wall_clock::Datetime {
                wall_clock::Datetime { seconds: 1, nanoseconds: 0 }
            }
        }
    };
}

// Each guest takes what it needs.
#[allow(unused_imports)]
pub(crate) use {empty_command, no_folders, refused};
