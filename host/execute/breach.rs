//! How a step can fail: the kinds, their names and numbers, and what to do about each. docs/running.md has the table.

use wasmtime::Trap;

/// The largest value that a port may carry, in bytes: what one call may hand to the host.
pub const VALUE_UP_TO: usize = 256 << 20;

/// What wasmtime says, without a type of its own, of a call that hands over more.
const TOO_MUCH: &str = "fuel allocated for hostcalls has been exhausted";

/// How a node failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// The block said so: an error result, an exception.
    Error,
    /// It trapped.
    Trap,
    /// It took too long.
    Deadline,
    /// Compiling it to machine code took too long: a deadline like the other, with another cure.
    Compiling,
    /// The run took too long.
    TotalTime,
    /// It wanted more memory than it may have.
    Memory,
    /// It wanted more memory than the run has left.
    TotalMemory,
    /// It recursed too deeply.
    Stack,
    /// Its output is too large.
    Output,
    /// It could not be composed or compiled.
    Link,
}

impl Breach {
    /// The name in step records and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Trap => "trap",
            Self::Deadline | Self::Compiling => "deadline",
            Self::TotalTime => "total-time",
            Self::Memory => "memory",
            Self::TotalMemory => "total-memory",
            Self::Stack => "stack",
            Self::Output => "output",
            Self::Link => "link",
        }
    }

    /// The exit status in step records: what a shell shows for a program that ends so, where there is such a thing. The
    /// numbers are published and never change.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Error => 1,
            Self::Deadline | Self::Compiling => 124,
            Self::Link => 126,
            Self::Trap => 134,
            Self::TotalMemory => 135,
            Self::Memory => 137,
            Self::Stack => 139,
            Self::TotalTime => 142,
            Self::Output => 153,
        }
    }

    /// What to do about it, where that does not depend on the block.
    #[must_use]
    pub fn cure(self) -> Option<&'static str> {
        match self {
            Self::Deadline => Some("raise `:timeout:` in the heading's drawer, or make it end sooner"),
            Self::Compiling => Some("give it less code, or raise `WB_COMPILE_TIMEOUT`"),
            Self::TotalTime => Some("raise `--max-time`; what is done is kept for the next run"),
            Self::Memory => Some("raise `:memory:` in the heading's drawer, or hold less at a time"),
            Self::TotalMemory => Some("raise `--max-memory`, or run less at a time with `--jobs 1`"),
            Self::Stack => Some("recurse less deeply, or use a loop"),
            Self::Output => Some("return less, or split the value over several ports"),
            Self::Error | Self::Trap | Self::Link => None,
        }
    }
}

/// A trap in words.
#[must_use]
pub fn of_trap(error: &wasmtime::Error) -> (Breach, String) {
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => (Breach::Stack, "recursed too deeply and used up its stack".to_owned()),
        Some(Trap::UnreachableCodeReached) => (Breach::Trap, "stopped itself (a panic or an abort)".to_owned()),
        Some(trap) => (Breach::Trap, trap.to_string()),
        None => match format!("{:#}", error.root_cause()) {
            said if said.contains(TOO_MUCH) => {
                (Breach::Output, format!("gives a value of more than {} MiB", VALUE_UP_TO >> 20))
            }
            said => (Breach::Trap, said),
        },
    }
}
