//! As `system`, for components that speak HTTP: the host's own streams, and nothing that needs a right.
//!
//! A stream that is at its end cannot be made from nothing here, so asking for standard input traps.

wit_bindgen::generate!({ path: "../../wit/attenuator", world: "passive", generate_all });

use exports::wasi::cli::{
    environment, exit, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin, terminal_stdout,
};
use exports::wasi::clocks::wall_clock;
use exports::wasi::filesystem::preopens;
use exports::wasi::filesystem::types::{
    Advice, Descriptor, DescriptorBorrow, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry,
    DirectoryEntryStream, ErrorCode, Guest, GuestDescriptor, GuestDirectoryEntryStream, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use exports::wasi::random::insecure_seed;
use wasi::io::streams::{InputStream, OutputStream};

/// An error of the host's.
type ErrorBorrow<'a> = &'a wasi::io::error::Error;

/// The guest.
struct Passive;

crate::empty::empty_command!(Passive);
crate::empty::no_folders!(Passive);

impl stdin::Guest for Passive {
    fn get_stdin() -> InputStream {
        core::arch::wasm32::unreachable()
    }
}

impl stdout::Guest for Passive {
    fn get_stdout() -> OutputStream {
        wasi::cli::stderr::get_stderr()
    }
}

export!(Passive);
