//! Programs of tools that are WebAssembly themselves (a C compiler, a package's build script): run in a sandbox, on this
//! machine, while a block is made.
//!
//! Such a program sees the folders it is given, its arguments and its environment, and nothing else: no network, no clock that
//! tells the time, no randomness that differs. It has a deadline and a memory cap. What it is asked to do is the caller's business.

use std::path::Path;
use std::time::{Duration, Instant};

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxView, WasiView};

use crate::engine::{Engine, TOOL_STACK};

/// How often a running program is asked whether it is late, in ticks.
const LOOK: u64 = 20;

/// What a program is run with.
pub(super) struct Call<'a> {
    /// Its arguments, its own name first.
    pub(super) arguments: &'a [&'a str],
    /// Its environment.
    pub(super) environment: &'a [(String, String)],
    /// Folders: where, by what name, and whether it may write.
    pub(super) folders: &'a [(&'a Path, &'a str, bool)],
    /// How long it may take.
    pub(super) deadline: Duration,
    /// The memory it may have, in bytes.
    pub(super) memory: usize,
    /// What is kept of what it says, in bytes; saying more is a fault.
    pub(super) output: usize,
}

/// How a program came to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, with this code.
    Exited(i32),
    /// At the deadline.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It recursed deeper than its stack.
    Stack,
    /// A fault of the program.
    Fault(String),
}

/// What a program left behind, besides files.
#[derive(Debug)]
pub(super) struct Finished {
    /// How it ended.
    pub(super) end: End,
    /// What it wrote to its standard output.
    pub(super) stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub(super) stderr: Vec<u8>,
}

/// A program that is ready to run.
pub(super) struct Program(CommandPre<State>);

pub(super) struct State {
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
struct Limits {
    memory: usize,
    refused: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.refused |= desired > self.memory;
        Ok(desired <= self.memory)
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

impl Program {
    /// Links a command (`wasi:cli/run`) to the little there is for it.
    ///
    /// # Errors
    ///
    /// When it imports anything else.
    pub(super) fn new(engine: &Engine, component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine.wasmtime());
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        linker.instantiate_pre(component).and_then(CommandPre::new).map(Self)
    }

    /// Runs it to its end.
    #[must_use]
    pub(super) fn run(&self, engine: &Engine, call: &Call<'_>) -> Finished {
        let run = || self.call(engine, call).unwrap_or_else(|error| fault(&error));
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

    fn call(&self, engine: &Engine, call: &Call<'_>) -> wasmtime::Result<Finished> {
        let (stdout, stderr) = (MemoryOutputPipe::new(call.output), MemoryOutputPipe::new(call.output));
        let mut wasi = WasiCtx::builder();
        wasi.args(call.arguments).envs(call.environment).stdout(stdout.clone()).stderr(stderr.clone());
        wasi.wall_clock(Still).monotonic_clock(Still).insecure_random_seed(0);
        wasi.allow_blocking_current_thread(true);
        for (path, name, writable) in call.folders {
            let rights = if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            wasi.preopened_dir(path, name, rights)?;
        }
        let limits = Limits { memory: call.memory, refused: false };
        let state = State { wasi: wasi.build(), table: ResourceTable::new(), limits };
        let mut store = Store::new(engine.wasmtime(), state);
        store.limiter(|state| &mut state.limits);
        let ticking = engine.ticking();
        let (start, deadline) = (Instant::now(), call.deadline);
        store.set_epoch_deadline(LOOK);
        store.epoch_deadline_callback(move |_| match start.elapsed() > deadline {
            true => Ok(UpdateDeadline::Interrupt),
            false => Ok(UpdateDeadline::Continue(LOOK)),
        });
        let ended = self.0.instantiate(&mut store).and_then(|command| command.wasi_cli_run().call_run(&mut store));
        drop(ticking);
        let refused = store.data().limits.refused;
        let end = match ended {
            Ok(result) => End::Exited(i32::from(result.is_err())),
            Err(error) => match (error.downcast_ref::<I32Exit>(), error.downcast_ref::<Trap>()) {
                (Some(exit), _) => End::Exited(exit.0),
                (_, Some(Trap::Interrupt)) => End::Deadline,
                _ if refused => End::Memory,
                // The stack of a compiled program is at the bottom of its memory.
                (_, Some(Trap::StackOverflow | Trap::MemoryOutOfBounds)) => End::Stack,
                _ => End::Fault(format!("{:#}", error.root_cause())),
            },
        };
        let end = if refused && end != End::Exited(0) { End::Memory } else { end };
        Ok(Finished { end, stdout: stdout.contents().to_vec(), stderr: stderr.contents().to_vec() })
    }
}

fn fault(error: &dyn std::fmt::Display) -> Finished {
    Finished { end: End::Fault(error.to_string()), stdout: Vec::new(), stderr: Vec::new() }
}
