//! clang and lld as WebAssembly: compiled to machine code once per machine, then run in a sandbox.
//!
//! A tool sees two folders, its scratch folder and the read-only headers and libraries, and nothing else: no network, no
//! environment, no clock that tells the time. It has a deadline and a memory cap. What it is asked to do is the caller's
//! business.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};

use super::PACKAGE;
use crate::cache::{Cache, Key, Kind};
use crate::disk;
use crate::engine::{Engine, TOOL_STACK};
use crate::packages::{PackageError, Packages};

/// How long one call of a tool may take. A large C++ block takes seconds.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);
/// The memory a call may have. Blocks need some tens of megabytes, C++ headers two hundred.
pub(super) const MEMORY: usize = 1 << 30;
/// What is kept of what a tool says.
const OUTPUT: usize = 1 << 20;
/// How often a running tool is asked whether it is late, in ticks.
const LOOK: u64 = 20;

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
    command: CommandPre<State>,
    usr: PathBuf,
}

/// How a tool came to its end.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// At the deadline.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It recursed deeper than its stack.
    Stack,
    /// A fault of the tool.
    Fault(String),
}

/// What a tool left behind, besides files.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it said.
    pub said: String,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: Limits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The memory cap.
#[derive(Default)]
struct Limits {
    refused: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.refused |= desired > MEMORY;
        Ok(desired <= MEMORY)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired < 1 << 20)
    }
}

/// A clock that stands still: the same block gives the same bytes, whenever it is compiled.
struct Still;

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for Still {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
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
        let mut linker = Linker::new(engine.wasmtime());
        let linked = wasmtime_wasi::p2::add_to_linker_sync(&mut linker)
            .and_then(|()| linker.instantiate_pre(&tools))
            .and_then(CommandPre::new);
        let command = linked.map_err(|error| start(&format!("{error:#}")))?;
        Ok(Self { engine, command, usr: folder.join("usr") })
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
    pub fn run(&self, scratch: &Path, arguments: &[&str]) -> Finished {
        let run = || self.call(scratch, arguments).unwrap_or_else(|error| fault(&error));
        // Compilers recurse, and the stacks of our own threads are for less.
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(TOOL_STACK + (2 << 20)).spawn_scoped(scope, run);
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(finished)) => finished,
                Ok(Err(_)) => fault(&"it broke off"),
                Err(error) => fault(&error),
            }
        })
    }

    fn call(&self, scratch: &Path, arguments: &[&str]) -> wasmtime::Result<Finished> {
        let output = MemoryOutputPipe::new(OUTPUT);
        let mut wasi = WasiCtx::builder();
        wasi.args(arguments).stdout(output.clone()).stderr(output.clone());
        wasi.wall_clock(Still).monotonic_clock(Still).insecure_random_seed(0);
        wasi.allow_blocking_current_thread(true);
        wasi.preopened_dir(scratch, "/w", FsPerms::ReadWrite)?;
        wasi.preopened_dir(&self.usr, "/usr", FsPerms::ReadOnly)?;
        let state = State { wasi: wasi.build(), table: ResourceTable::new(), limits: Limits::default() };
        let mut store = Store::new(self.engine.wasmtime(), state);
        store.limiter(|state| &mut state.limits);
        let ticking = self.engine.ticking();
        let start = Instant::now();
        store.set_epoch_deadline(LOOK);
        store.epoch_deadline_callback(move |_| match start.elapsed() > DEADLINE {
            true => Ok(UpdateDeadline::Interrupt),
            false => Ok(UpdateDeadline::Continue(LOOK)),
        });
        let ended =
            self.command.instantiate(&mut store).and_then(|command| command.wasi_cli_run().call_run(&mut store));
        drop(ticking);
        let refused = store.data().limits.refused;
        let end = match ended {
            Ok(result) => End::Exited(i32::from(result.is_err())),
            Err(error) => match (error.downcast_ref::<I32Exit>(), error.downcast_ref::<Trap>()) {
                (Some(exit), _) => End::Exited(exit.0),
                (_, Some(Trap::Interrupt)) => End::Deadline,
                _ if refused => End::Memory,
                // The tools' own stack is at the bottom of their memory.
                (_, Some(Trap::StackOverflow | Trap::MemoryOutOfBounds)) => End::Stack,
                _ => End::Fault(format!("{:#}", error.root_cause())),
            },
        };
        let end = if refused && end != End::Exited(0) { End::Memory } else { end };
        Ok(Finished { end, said: String::from_utf8_lossy(&output.contents()).into_owned() })
    }
}

/// The key of the tools' machine code.
fn key(engine: &Engine) -> Key {
    Key::of("wb llvm 1", &[engine.fingerprint().as_bytes(), PACKAGE.id().as_bytes()])
}

fn fault(error: &dyn std::fmt::Display) -> Finished {
    Finished { end: End::Fault(error.to_string()), said: String::new() }
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
