//! The native host: grants, links, listens and calls. It knows wasmtime and no Org.
//!
//! A library so that tests can use its parts; the binary in `main.rs` is its only other user.

pub mod artifact;
pub mod auth;
pub mod bundle;
pub mod cache;
pub mod cli;
pub mod confine;
pub mod disk;
pub mod edits;
pub mod engine;
pub mod env;
pub mod execute;
pub mod exit;
pub mod grants;
pub mod interrupt;
pub mod json;
pub mod kernel;
pub mod lanes;
pub mod linker;
pub mod lock;
pub mod net;
pub mod oci;
pub mod packages;
pub mod page;
pub mod plane;
pub mod policy;
pub mod publish;
pub mod report;
pub mod sign;
pub mod store;
pub mod template;
pub mod units;
pub mod watch;
