//! One workbook over HTTP: its page with a form for its inputs, runs as JSON and as pages, and changes as they happen.
//!
//! `answer` decides; `form` writes HTML; `component` is the only file that knows WIT. Absent on
//! purpose: Org, runs and files, which the host has.

pub mod answer;
pub mod form;
pub mod workbook;

#[cfg(target_family = "wasm")]
mod component;
