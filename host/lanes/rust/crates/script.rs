//! Build scripts, which some packages need to be compiled: as WebAssembly in a sandbox, never as native code.
//!
//! A script is a program of its package. It may read the package, write to `OUT_DIR`, and read the variables Cargo has for it;
//! what it prints decides how the package is compiled. It cannot call `rustc` or a C compiler, and there is none.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::compile::Library;
use super::vendor::Files;
use super::{Unit, join};
use crate::cache::{Cache, Key, Kind};
use crate::confine::{End as ToolEnd, Limits, Room, Tool};
use crate::disk;
use crate::engine::Engine;
use crate::lanes::guest::{Call, End, Program};
use crate::lanes::rust::toolchain::{PROGRAM_TARGET, Toolchain};

/// What a script decided.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// For `--cfg`.
    pub(super) cfgs: Vec<String>,
    /// For `env!`. [`OUT`] in them stands for the folder of the files.
    pub(super) variables: Vec<(String, String)>,
    /// For the scripts of packages that use this one, if it has `links`.
    pub(super) metadata: Vec<(String, String)>,
    /// What it wrote to `OUT_DIR`, in base64.
    files: BTreeMap<String, String>,
}

/// Where a script finds its package, and where it may write.
pub(super) const PACKAGE: &str = "/wb-package";
/// The folder it may write to, as it knows it.
pub(super) const OUT: &str = "/wb-out";

const DEADLINE: Duration = Duration::from_secs(60);
const MEMORY: usize = 256 << 20;
const OUTPUT: usize = 4 << 20;
/// The most it may leave in `OUT_DIR`.
const LEFT: u64 = 64 << 20;
const FILES: usize = 4096;

impl Outcome {
    /// The files it wrote.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.files.iter().map(|(name, text)| (name.as_str(), STANDARD.decode(text).unwrap_or_default()))
    }

    /// Whether it wrote a file of this name.
    pub(super) fn wrote(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Everything in it that changes what is compiled.
    pub(super) fn digest(&self) -> Key {
        Key::content(format!("{:?} {:?} {:?}", self.cfgs, self.variables, self.files).as_bytes())
    }
}

/// A compiled script to be run.
pub(super) struct Run<'a> {
    pub(super) unit: &'a Unit,
    pub(super) files: &'a Files,
    /// The script.
    pub(super) program: &'a Library,
    /// What the scripts of packages with `links` said, as `DEP_…` variables.
    pub(super) below: Vec<(String, String)>,
    /// What `rustc` knows of the target.
    pub(super) cfg: &'a [(String, String)],
}

impl Run<'_> {
    /// Runs the script, or takes what came of it before.
    ///
    /// # Errors
    ///
    /// When it fails, or asks for native libraries.
    pub(super) fn outcome(&self, cache: Option<&Cache>) -> Result<Outcome, String> {
        let environment = self.environment();
        let variables = format!("{environment:?}");
        let parts = [self.unit.digest.as_bytes().as_slice(), &self.program.bytes, variables.as_bytes()];
        let key = Key::of("wb build script 1", &parts);
        let kept = cache.and_then(|cache| cache.get(Kind::Result, &key));
        if let Some(outcome) = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok(outcome);
        }
        let outcome = self.run(&environment, cache)?;
        if let (Some(cache), Ok(bytes)) = (cache, serde_json::to_vec(&outcome)) {
            drop(cache.put(Kind::Result, &key, &bytes));
        }
        Ok(outcome)
    }

    fn run(&self, environment: &[(String, String)], cache: Option<&Cache>) -> Result<Outcome, String> {
        let engine = engine()?;
        let code = engine.component(&self.program.bytes, cache).map_err(|error| error.to_string())?.code;
        let program = Program::new(engine, &code).map_err(|error| format!("{error:#}"))?;
        let scratch = disk::scratch().map_err(|error| format!("no folder to work in: {error}"))?;
        let room = Room::new(scratch.path()).map_err(|error| error.to_string())?;
        let (package, out) = (room.path().join("package"), room.path().join("out"));
        for folder in [&package, &out] {
            disk::private_directory(folder).map_err(|error| error.to_string())?;
        }
        for (name, bytes) in self.files {
            room.put(&format!("package/{name}"), bytes).map_err(|error| error.to_string())?;
        }
        // `.` is where relative names begin.
        let folders: &[(&Path, &str, bool)] = &[(&package, ".", false), (&package, PACKAGE, false), (&out, OUT, true)];
        let (deadline, memory, output) = (DEADLINE, MEMORY, OUTPUT);
        let call = Call { arguments: &["build-script-build"], environment, folders, deadline, memory, output };
        let finished = program.run(engine, &call);
        let said = String::from_utf8_lossy(&finished.stderr);
        match finished.end {
            End::Exited(0) => {}
            End::Exited(code) => return Err(failed(&format!("ended with {code}"), &said)),
            End::Deadline => return Err(format!("took longer than {} s", DEADLINE.as_secs())),
            End::Memory => return Err(format!("took more than {} MiB of memory", MEMORY >> 20)),
            End::Stack => return Err("recursed too deeply".to_owned()),
            End::Fault(_) if said.contains("panicked at") => return Err(failed("panicked", &said)),
            End::Fault(fault) => return Err(failed(&fault, &said)),
        }
        let mut outcome = read(&String::from_utf8_lossy(&finished.stdout), self.unit.links.is_some())?;
        outcome.files = left(&room, &out)?;
        Ok(outcome)
    }

    /// The variables Cargo has for scripts.
    fn environment(&self) -> Vec<(String, String)> {
        let unit = self.unit;
        let mut all: Vec<(String, String)> =
            unit.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let fixed = [
            ("CARGO_MANIFEST_DIR", PACKAGE),
            ("CARGO_MANIFEST_PATH", "/wb-package/Cargo.toml"),
            ("CARGO_ENCODED_RUSTFLAGS", ""),
            ("OUT_DIR", OUT),
            ("TARGET", unit.target),
            ("HOST", PROGRAM_TARGET),
            ("NUM_JOBS", "1"),
            ("OPT_LEVEL", "2"),
            ("DEBUG", "false"),
            ("PROFILE", "release"),
            ("RUSTC", "rustc"),
            ("RUSTDOC", "rustdoc"),
        ];
        all.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        all.extend(unit.features.iter().map(|feature| (format!("CARGO_FEATURE_{}", shout(feature)), "1".to_owned())));
        all.extend(self.cfg.iter().map(|(name, value)| (format!("CARGO_CFG_{}", shout(name)), value.clone())));
        all.extend(unit.links.iter().map(|links| ("CARGO_MANIFEST_LINKS".to_owned(), links.clone())));
        all.extend(self.below.iter().cloned());
        all
    }
}

/// A name as it is in a variable.
pub(super) fn shout(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn failed(how: &str, said: &str) -> String {
    let native = ["operation not supported on this platform", "Unsupported"].iter().any(|word| said.contains(word));
    let why = if native { " (it wants to run a program, and there is none in its sandbox)" } else { "" };
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines = lines.iter().filter(|line| !line.starts_with("note:")).take(4).copied().collect::<Vec<_>>();
    format!("{how}{why}: {}", lines.join(" "))
}

/// One engine for all scripts: they are few and small, and an engine has a thread.
fn engine() -> Result<&'static Engine, String> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::tool().map_err(|error| error.to_string()));
    engine.as_ref().map_err(Clone::clone)
}

/// Reads what a script printed (Cargo's reference, "Outputs of the Build Script").
fn read(stdout: &str, links: bool) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    for line in stdout.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("cargo:") else { continue };
        let (rest, new) = rest.strip_prefix(':').map_or((rest, false), |rest| (rest, true));
        let Some((key, value)) = rest.split_once('=') else { continue };
        match key {
            "rustc-cfg" => outcome.cfgs.push(value.to_owned()),
            "rustc-env" => outcome.variables.extend(pair(value)),
            "error" => return Err(format!("says: {value}")),
            "rustc-link-lib" | "rustc-link-arg" | "rustc-flags" => {
                return Err(format!("asks for native code (`{line}`), and a block is linked with WebAssembly alone"));
            }
            // Where libraries are says nothing without one, and the rest is Cargo's own business.
            "warning" | "rustc-check-cfg" | "rustc-link-search" | "rerun-if-changed" | "rerun-if-env-changed" => {}
            key if key.starts_with("rustc-link-arg") || key == "rustc-cdylib-link-arg" => {}
            "metadata" if new => outcome.metadata.extend(pair(value)),
            key if !new => outcome.metadata.push((key.to_owned(), value.to_owned())),
            _ => {}
        }
    }
    if !links {
        outcome.metadata.clear();
    }
    Ok(outcome)
}

fn pair(text: &str) -> Option<(String, String)> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// What is in `OUT_DIR`. Links were never followed, and are left out.
fn left(room: &Room, out: &Path) -> Result<BTreeMap<String, String>, String> {
    let found = disk::walk(out);
    if found.len() > FILES || found.iter().map(|file| file.bytes).sum::<u64>() > LEFT {
        return Err(format!("wrote more than {FILES} files or {} MiB", LEFT >> 20));
    }
    let mut files = BTreeMap::new();
    for file in found {
        let Some(name) = file.path.strip_prefix(out).ok().and_then(Path::to_str) else {
            return Err("wrote a file whose name is not text".to_owned());
        };
        let bytes = room.take(&format!("out/{name}"), LEFT).map_err(|error| error.to_string())?;
        files.insert(name.replace('\\', "/"), STANDARD.encode(bytes));
    }
    Ok(files)
}

/// What `rustc` knows of a target, with several values of one name joined as Cargo does.
///
/// # Errors
///
/// When it does not answer.
pub(super) fn cfg(target: &str, toolchain: &Toolchain, cache: Option<&Cache>) -> Result<Vec<(String, String)>, String> {
    let key = Key::of("wb rust cfg 1", &[toolchain.version.as_bytes(), target.as_bytes()]);
    let kept = cache.and_then(|cache| cache.get(Kind::Result, &key));
    let text = match kept.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => text,
        None => {
            let text = print_cfg(target, toolchain)?;
            if let Some(cache) = cache {
                drop(cache.put(Kind::Result, &key, text.as_bytes()));
            }
            text
        }
    };
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let values = known.entry(name.to_owned()).or_default();
        values.extend((!value.is_empty()).then(|| value.trim_matches('"').to_owned()));
    }
    Ok(known.into_iter().map(|(name, values)| (name, values.join(","))).collect())
}

fn print_cfg(target: &str, toolchain: &Toolchain) -> Result<String, String> {
    let scratch = disk::scratch().map_err(|error| format!("no folder to work in: {error}"))?;
    let run = || {
        let args = ["--print=cfg", "-Copt-level=2", "-Cpanic=abort", "--target", target].map(OsString::from).to_vec();
        let (readable, limits) = (toolchain.readable(), Limits::default());
        let tool = Tool { program: &toolchain.rustc, args, readable: &readable, environment: &[], limits };
        Room::new(scratch.path())?.run(&tool)
    };
    let finished = run().map_err(|error| error.to_string())?;
    match finished.end {
        ToolEnd::Exited(0) => Ok(String::from_utf8_lossy(&finished.stdout).into_owned()),
        end => Err(format!("the Rust compiler failed: {end:?}: {}", join(&finished.stderr))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_prints_is_read_in_both_forms() {
        let said = "cargo:rustc-cfg=a\ncargo::rustc-cfg=b=\"c\"\nhello\ncargo:rerun-if-changed=x\ncargo::rustc-env=K=v=w\n\
            cargo:include=/x\ncargo::metadata=root=/y\ncargo:warning=hm\ncargo:rustc-check-cfg=cfg(a)\n";
        let outcome = read(said, true).unwrap();
        assert_eq!(outcome.cfgs, ["a", "b=\"c\""]);
        assert_eq!(outcome.variables, [("K".to_owned(), "v=w".to_owned())]);
        let metadata: Vec<String> = outcome.metadata.iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(metadata, ["include /x", "root /y"]);
        assert!(read(said, false).unwrap().metadata.is_empty());
        assert!(read("cargo::error=no", true).unwrap_err().contains("says: no"));
        assert!(read("cargo:rustc-link-lib=z", true).unwrap_err().contains("native code"));
    }
}
