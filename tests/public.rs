//! The public plane: how a site is made, and how it is served from a store over real connections.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "public/hostile.rs"]
mod hostile;
#[path = "public/links.rs"]
mod links;
#[path = "public/server.rs"]
mod server;
#[path = "public/site.rs"]
mod site;
#[path = "public/snapshots.rs"]
mod snapshots;
#[path = "public/wire.rs"]
mod wire;
