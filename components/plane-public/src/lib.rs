//! What is published, over HTTP: one snapshot of one site, to be read by everybody.
//!
//! `answer` decides; `target` reads addresses, `accept` chooses a coding, `conditions` and `range` are what their headers ask
//! for; `component` is the only file that knows WIT. Absent on purpose: hosts and their sites, which are settled before an
//! instance is made, and any way to change something.

pub mod accept;
pub mod answer;
pub mod conditions;
pub mod range;
pub mod request;
pub mod target;

#[cfg(target_family = "wasm")]
mod component;
