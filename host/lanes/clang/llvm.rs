//! clang and lld as WebAssembly: compiled to machine code once per machine, then run in a sandbox.
//!
//! A tool sees two folders, its scratch folder and the read-only headers and libraries, and nothing else (`lanes/guest.rs`).
//! What it is asked to do is the caller's business.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::PACKAGE;
use crate::cache::{Cache, Key, Kind};
use crate::disk;
use crate::engine::Engine;
use crate::lanes::guest::{Call, End, Program};
use crate::packages::{PackageError, Packages};

/// How long one call of a tool may take. A large C++ block takes seconds.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);
/// The memory a call may have. Blocks need some tens of megabytes, C++ headers two hundred.
pub(super) const MEMORY: usize = 1 << 30;
/// What is kept of what a tool says.
const OUTPUT: usize = 1 << 20;

/// Why there is no clang.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// It cannot be downloaded.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It cannot be made ready to run.
    #[error("clang cannot be started: {0}")]
    Start(String),
}

/// The tools, ready to run.
pub struct Llvm {
    engine: Engine,
    program: Program,
    usr: PathBuf,
}

/// What a tool left behind, besides files.
#[derive(Debug)]
pub(super) struct Finished {
    /// How it ended.
    pub(super) end: End,
    /// What it said.
    pub(super) said: String,
}

impl Llvm {
    /// Loads the tools; downloads and compiles them first where this machine never has.
    ///
    /// # Errors
    ///
    /// When they cannot be downloaded, or this machine cannot run them.
    pub fn load(packages: &Packages, cache: Option<&Cache>) -> Result<Self, Missing> {
        let folder = packages.get(&PACKAGE)?;
        let start = |error: &dyn std::fmt::Display| Missing::Start(error.to_string());
        let engine = Engine::tool().map_err(|error| start(&error))?;
        let key = key(&engine);
        // Without a lock, two processes would compile it at the same time.
        let lock = || disk::lock(&folder.with_extension("lock")).ok();
        let compile = || {
            packages.say("clang 22 is being compiled for this machine, which takes a minute or two and is done once");
            let core = disk::read(&folder.join("llvm.wasm")).map_err(|error| error.to_string())?;
            component(&core)
        };
        let tools = engine.tool_component(&key, cache, lock, compile).map_err(|error| start(&error))?;
        let program = Program::new(&engine, &tools).map_err(|error| start(&format!("{error:#}")))?;
        Ok(Self { engine, program, usr: folder.join("usr") })
    }

    /// Whether this machine has compiled the tools.
    #[must_use]
    pub fn is_compiled(cache: Option<&Cache>) -> bool {
        let key = Engine::tool().map(|engine| key(&engine));
        cache.zip(key.ok()).is_some_and(|(cache, key)| cache.contains(Kind::Code, &key))
    }

    /// Runs a tool (`arguments[0]`) to its end. It works in `scratch`, which is `/w` to it; headers and libraries are in
    /// `/usr`.
    #[must_use]
    pub(super) fn run(&self, scratch: &Path, arguments: &[&str]) -> Finished {
        let folders: &[(&Path, &str, bool)] = &[(scratch, "/w", true), (&self.usr, "/usr", false)];
        let (deadline, memory, output) = (DEADLINE, MEMORY, OUTPUT);
        let call = Call { arguments, environment: &[], folders, deadline, memory, output };
        let finished = self.program.run(&self.engine, &call);
        let said = [finished.stdout, finished.stderr].concat();
        Finished { end: finished.end, said: String::from_utf8_lossy(&said).into_owned() }
    }
}

/// The key of the tools' machine code.
fn key(engine: &Engine) -> Key {
    Key::of("wb llvm 1", &[engine.fingerprint().as_bytes(), PACKAGE.id().as_bytes()])
}

/// The tools as the kind of program this engine runs: their older interface is adapted.
fn component(core: &[u8]) -> Result<Vec<u8>, String> {
    use wasi_preview1_component_adapter_provider as adapter;
    let name = adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
    wit_component::ComponentEncoder::default()
        .module(core)
        .and_then(|encoder| encoder.adapter(name, adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER))
        .and_then(|encoder| encoder.encode())
        .map_err(|error| format!("{error:#}"))
}

/// A program made by the tools, as a component.
pub(in crate::lanes) fn program(core: &[u8]) -> Result<Vec<u8>, String> {
    component(core)
}
