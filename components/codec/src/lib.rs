//! The codec: values in canonical-ABI memory, to and from JSON and to and from a packed byte form, by type descriptor.
//!
//! Compiled to one small core module that sits in every port adapter (as a shared core-module import, so its machine
//! code exists once per process). It is the only place where a value of an edge changes its representation; the host
//! never sees anything but the packed bytes or the JSON text made here.
//!
//! - [`descriptor`]: the byte form of a type, written by `wb-composer`.
//! - [`layout`]: sizes and alignments of the canonical ABI.
//! - [`json`]: a strict reader for JSON text.
//! - [`to_json`], [`from_json`], [`pack`]: the conversions, over any [`memory::Memory`].
//! - `exports`: the core-wasm entry points.

pub mod descriptor;
#[cfg(target_family = "wasm")]
mod exports;
pub mod from_json;
pub mod json;
pub mod layout;
pub mod memory;
pub mod pack;
pub mod to_json;

#[cfg(test)]
mod tests;
