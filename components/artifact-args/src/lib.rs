//! The inputs of a workbook that was composed into a program: arguments first, then standard input, then defaults.

pub mod inputs;

#[cfg(target_family = "wasm")]
mod component;
