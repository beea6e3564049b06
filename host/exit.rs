//! Exit codes: what a script learns from a command without reading its output.

use std::process::{ExitCode, Termination};

/// How a command ended. The numbers are published and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Ok = 0,
    /// A component failed, a check found errors, or something else went wrong that has no number of its own.
    Failed = 1,
    /// The command line is not understood.
    Usage = 2,
    /// The engine, here or behind an address, cannot be reached or started.
    Unreachable = 3,
    /// A file, component, code or version is not there.
    NotFound = 4,
    /// A digest or signature does not match.
    Unverified = 5,
    /// Someone else changed it first.
    Conflict = 6,
    /// Not allowed: no token, a wrong token, or a right that was not granted.
    Denied = 7,
    /// The workbook has errors, so nothing was run.
    Invalid = 8,
    /// Stopped by Ctrl-C or SIGTERM, as a shell reports it (128 and the signal).
    Interrupted = 130,
}

impl Exit {
    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
