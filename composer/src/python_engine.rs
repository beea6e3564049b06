//! The Python engine: CPython's prebuilt libraries with our glue, as one code module beside one memory module.
//!
//! The glue (`glue.wat`) answers the engine's interface with calls of CPython's C API. Whatever the C library would ask
//! of a host is refused by a library that is linked in, as for the script engine. Nothing is left to import but the
//! console. The memory is stored by the host after the interpreter has started; the code never changes, so it is
//! compiled once.
//! It deliberately knows nothing of Python the language and does not run anything.

use crate::dylink::{self, Merged, Options};
use crate::script_engine;
use crate::stored_engine::{Functions, REALLOC};

pub use crate::dylink::MergeError;

/// The functions that a block's instance is called by.
pub const FUNCTIONS: Functions = Functions { init: "init", invoke: "wb-invoke", frees: None };

/// The glue, as text: what the engine is made of besides the libraries.
pub const GLUE: &str = include_str!("python_engine/glue.wat");

/// Bytes of stack for C. CPython has its own limit, which is hit first.
const STACK: u32 = 4 << 20;

/// What the host calls while the engine is made: start the interpreter, compile a module, run the boot script.
pub const BEGIN: &str = "wb-begin";
/// See [`BEGIN`].
pub const COMPILE: &str = "wb-compile";
/// See [`BEGIN`].
pub const PREPARE: &str = "wb-prepare";

/// The libraries the interpreter is made of.
#[derive(Debug, Clone, Copy)]
pub struct Libraries<'a> {
    /// CPython.
    pub python: &'a [u8],
    /// The C library, whose host imports are refused.
    pub libc: &'a [u8],
    /// What stands between them.
    pub others: &'a [&'a [u8]],
}

/// Links everything into one module.
///
/// # Errors
///
/// When these are not the libraries we know.
pub fn link(libraries: &Libraries<'_>) -> Result<Merged, MergeError> {
    let unreadable = |error: String| MergeError::Unreadable(error);
    let glue = wat::parse_str(GLUE).map_err(|error| unreadable(error.to_string()))?;
    let closed = script_engine::close(libraries.libc, &[]).map_err(|error| unreadable(error.to_string()))?;
    let mut all: Vec<&[u8]> = vec![&glue, libraries.python];
    all.extend(libraries.others);
    all.extend([closed.runtime.as_slice(), &closed.deny]);
    dylink::merge(
        &all,
        &Options {
            exports: &[REALLOC, "init", "wb-invoke", BEGIN, COMPILE, PREPARE],
            absent: &["dlopen", "dlsym", "dlerror", "__main_argc_argv"],
            stack: STACK,
        },
    )
}
