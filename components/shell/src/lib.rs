//! A POSIX-style shell with its tools, as a library: a script, a few files and a log go in, output and a status come out.
//!
//! No processes, no network, no host: what a script can reach is in its [`World`]. `component.rs` makes a component of
//! it; everything else also runs, and is tested, natively.

mod answer;
#[cfg(target_family = "wasm")]
mod component;
mod io;
mod numbers;
mod options;
mod pattern;
mod regex;
mod run;
mod session;
mod syntax;
mod text;
mod tools;
mod vfs;

use std::rc::Rc;

pub use answer::{Block, Port, answer};
pub use session::{Ended, Session, World};
pub use syntax::SyntaxError;
pub use vfs::{Disk, FileError, NoDisk, Open, Stat};

/// What ends a command other than its own end.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// `exit`, or an error that ends the shell.
    Exit(i32),
    Return(i32),
    Break(u32),
    Continue(u32),
    /// Nobody reads what is written.
    Pipe,
    /// The command fails with this status and message.
    Error(i32, String),
    /// A file operation failed.
    Io(String),
    /// The shell itself gives up: the message is printed and the script ends.
    Fatal(String),
    /// A bound of the sandbox is reached: the whole block fails.
    Limit(String),
    /// An expansion needs the output of these commands.
    Need(Rc<syntax::List>, bool),
}

/// How a command ends.
pub(crate) type Done = Result<i32, Stop>;

/// A failure with status 1.
pub(crate) fn fail<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(1, message.into()))
}

/// A wrong use, which has status 2 as in most tools.
pub(crate) fn usage<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(2, message.into()))
}
