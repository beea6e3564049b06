//! A workbook composed into a handler of HTTP requests: its page, its results as JSON, and what is wrong with a request.
//!
//! `answer` decides, `request` reads, `settings` says what the workbook is; `component` is the only file that knows WASI.

pub mod answer;
pub mod request;
pub mod settings;

#[cfg(target_family = "wasm")]
mod component;
