//! The shared engine of `sql` blocks: SQLite with everything it would ask of a machine answered here.
//!
//! A call opens a database in memory, turns inputs into tables and parameters, runs the block's statements and makes
//! values of the rows they return. It imports nothing. It deliberately knows no Org and no graph.
//!
//! - [`block`]: what the lane says of a block. - [`text`]: places, names, suggestions, problems.
//! - `ffi`, `database`: SQLite. - `system`: what SQLite stands on. - `guard`: what may not be asked of it.
//! - `inputs`, `outputs`, `run`: a call.

pub mod block;
pub mod text;

#[cfg(target_family = "wasm")]
mod database;
#[cfg(target_family = "wasm")]
#[allow(missing_docs, reason = "documented in sqlite3.h")]
mod ffi;
#[cfg(target_family = "wasm")]
mod guard;
#[cfg(target_family = "wasm")]
mod inputs;
#[cfg(target_family = "wasm")]
mod outputs;
#[cfg(target_family = "wasm")]
mod run;
#[cfg(target_family = "wasm")]
mod system;

#[cfg(target_family = "wasm")]
mod component;
