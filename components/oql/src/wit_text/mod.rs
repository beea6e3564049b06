//! The part of WIT a workbook's author writes: value types, one function signature, type declarations.
//!
//! `wit-parser` would take whole packages only and report positions in its own text; this one reads a fragment in place,
//! so that every complaint points at the character in the Org file.

mod declarations;
mod lexer;
mod signature;
mod types;

pub(crate) use declarations::{Body, Declaration, declarations};
pub(crate) use signature::{Signature, signature};
pub(crate) use types::{ALIASES, Mention, PRIMITIVES, Type, parse_type};

use std::ops::Range;

/// What does not parse, and where in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WitError {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
}

impl WitError {
    fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        WitError { at, message: message.into() }
    }
}
