//! Fills the vendored folder, when a person asks for it: `cargo vendor`, with that person's own Cargo settings.
//!
//! The only place where packages are downloaded. Cargo runs nothing of them to do it; it is not confined.

use std::path::Path;
use std::process::{Command, Stdio};

use super::request::{self, FORM, Request};
use super::resolve;
use super::vendor::{FOLDER, Vendor};
use crate::confine::Room;
use crate::disk;
use crate::kernel::types::Span;
use crate::lanes::rust::toolchain::Toolchain;
use crate::lanes::{Failure, Problem};

/// What `wb vendor` found in the folder when it was done.
#[derive(Debug)]
pub struct Fetched {
    /// Names of the packages' folders, `serde-1.0.229`.
    pub packages: Vec<String>,
}

/// Brings what the words of `:deps` name, and what that needs, into the folder beside the workbook. What is there stays.
///
/// # Errors
///
/// When a word is none, or what Cargo says; without a place then.
pub fn fetch(
    words: &[(String, Option<Span>)],
    root: &Path,
    offline: bool,
    toolchain: &Toolchain,
) -> Result<Fetched, Failure> {
    let failed = |within: Option<Span>, message: String, help: Option<&str>| {
        Failure::one(Problem { message, line: None, column: None, within, help: help.map(str::to_owned) })
    };
    let mut requests = Vec::new();
    for (word, at) in words {
        let request = Request::parse(word).map_err(|wrong| failed(*at, wrong, Some(FORM)))?;
        if !requests.contains(&request) {
            requests.push(request);
        }
    }
    call(&requests, root, offline, toolchain).map_err(|said| failed(None, said, None))
}

fn call(requests: &[Request], root: &Path, offline: bool, toolchain: &Toolchain) -> Result<Fetched, String> {
    let cargo = toolchain.cargo().ok_or_else(|| resolve::no_cargo(toolchain))?;
    let scratch = disk::scratch().map_err(|error| format!("no folder to work in: {error}"))?;
    let room = Room::new(scratch.path()).map_err(|error| error.to_string())?;
    // Several blocks may name the same package, each in its own way.
    let manifest = request::manifest(requests, true);
    let put = room.put("Cargo.toml", manifest.as_bytes()).and_then(|()| room.put("lib.rs", b""));
    put.map_err(|error| error.to_string())?;
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let root = disk::absolute(root).ok_or_else(|| format!("there is no folder `{}`", root.display()))?;
    let folder = root.join(FOLDER);
    let mut command = Command::new(&cargo);
    command.args(["vendor", "--quiet", "--versioned-dirs", "--no-delete", "--color=never"]);
    command.args(offline.then_some("--offline")).arg("--manifest-path").arg(room.path().join("Cargo.toml"));
    command.arg(&folder).current_dir(room.path()).env("RUSTC", &toolchain.rustc).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("cannot start `{}`: {error}", cargo.display()))?;
    if !output.status.success() {
        return Err(format!(
            "Cargo fetches nothing: {}",
            resolve::said(&String::from_utf8_lossy(&output.stderr), &folder)
        ));
    }
    let vendor = Vendor::open(&root).map_err(|error| error.to_string())?;
    let packages = vendor.map_or(Ok(Vec::new()), |vendor| vendor.packages()).map_err(|error| error.to_string())?;
    Ok(Fetched { packages })
}
