//! TypeScript without its types: every byte of a type becomes a blank, so that what is left is JavaScript on the same
//! lines and in the same columns, and a stack trace needs no map.
//!
//! What TypeScript adds that is more than types (enums, namespaces with code, parameter properties) is refused. Types are
//! not checked. It deliberately knows nothing of Org, of modules or of engines, and imports nothing.
//!
//! - [`erase()`]: the walk over the syntax tree. - `text`: what is blanked, and places in the source.

mod classes;
mod erase;
mod text;

#[cfg(target_family = "wasm")]
mod component;

pub use erase::{Problem, erase};
