//! Programs: `wasi:cli` components that read stdin and write stdout, run beside a composition in a store of their own.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wb_composer::types::Type;

use super::breach::{self, Breach};
use super::limits::Account;
use super::members;
use super::moment::Moment;
use super::run::Shared;
use super::state::State;
use crate::engine::{CompileError, Engine};
use crate::grants::Grants;
use crate::lanes::Made;
use crate::linker;
use crate::net::Guard;

/// Bytes of standard output a program may write.
const STDOUT: usize = 64 << 20;

/// A program, compiled and linked.
struct Program {
    engine: Engine,
    linked: InstancePre<State>,
    grants: Grants,
    root: std::path::PathBuf,
    memory: usize,
    account: Option<Arc<Account>>,
    moment: Arc<Moment>,
    node: usize,
    id: String,
    /// Whether the output is taken as text even where it is JSON.
    text: bool,
}

/// Binds the import through which an adapter runs a program: `func(stdin: string) -> result<string, string>`.
///
/// # Errors
///
/// When the program does not compile or link.
pub fn bind(linker: &mut Linker<State>, name: &str, shared: &Shared<'_>, node: usize) -> Result<(), BindError> {
    let of = &shared.graph.nodes[node];
    let ready = shared.ready(node);
    let Made::Program { component } = &*ready.made else { return Err(BindError::NoProgram) };
    let code: Component = shared.engine.component(component, shared.cache)?.code;
    let linked = linker::new(shared.engine.wasmtime())
        .and_then(|linker| linker.instantiate_pre(&code))
        .map_err(BindError::Link)?;
    let program = Arc::new(Program {
        engine: shared.engine.clone(),
        linked,
        grants: ready.grants.clone(),
        root: shared.root.to_owned(),
        memory: usize::try_from(of.memory).unwrap_or(usize::MAX),
        account: shared.totals.account(),
        moment: Arc::clone(shared.moment()),
        node,
        id: of.id.clone(),
        text: of.outputs.iter().all(|port| members::text_type(&port.ty) == Type::String),
    });
    let mut root = linker.root();
    let bound = match of.inputs.first() {
        None => root.func_wrap_async(name, move |mut store, (): ()| {
            let program = Arc::clone(&program);
            Box::new(async move { Ok((program.logged(String::new(), store.data_mut()).await,)) })
        }),
        Some(port) => {
            let json = members::text_type(&port.ty) == Type::Json;
            root.func_wrap_async(name, move |mut store, (input,): (String,)| {
                let program = Arc::clone(&program);
                Box::new(async move {
                    let input = if json { plain(input) } else { input };
                    Ok((program.logged(input, store.data_mut()).await,))
                })
            })
        }
    };
    bound.map_err(BindError::Link)
}

/// Why a program cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The node is none.
    #[error("not a program; this is a bug in wb")]
    NoProgram,
    /// It does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// It does not link.
    #[error("{0:#}")]
    Link(wasmtime::Error),
}

/// A JSON string reaches a program as its text, every other document as it is.
fn plain(json: String) -> String {
    match serde_json::from_str::<serde_json::Value>(&json) {
        Ok(serde_json::Value::String(text)) => text,
        _ => json,
    }
}

impl Program {
    /// Runs the program; what it writes to standard error is logged, and what it breaks is told to the step's account.
    async fn logged(&self, input: String, state: &mut State) -> Result<String, String> {
        let guard = Guard::new(&self.grants)?;
        let (result, written) = self.run(input, &guard).await;
        state.log.write_bytes(&written);
        guard.take_log().iter().for_each(|line| state.log.write(line));
        result.map_err(|ended| {
            if let Some(breach) = ended.breach {
                state.limits.blame(breach);
            }
            ended.message
        })
    }

    async fn run(&self, input: String, guard: &Guard) -> (Result<String, Ended>, Vec<u8>) {
        let (stdout, stderr) = (MemoryOutputPipe::new(STDOUT), MemoryOutputPipe::new(256 << 10));
        let result = self.finish(input, guard, stdout.clone(), stderr.clone()).await;
        let log = stderr.contents().to_vec();
        let full = stdout.contents().len() >= STDOUT;
        let result = result.and_then(|()| {
            let text = String::from_utf8(stdout.contents().to_vec()).map_err(|error| {
                format!("wrote output that is not UTF-8 at byte {}", error.utf8_error().valid_up_to())
            })?;
            let text = text.trim().to_owned();
            let json = self.text || serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            Ok(if json { text } else { serde_json::Value::String(text).to_string() })
        });
        // What was cut off is no output, whatever the program made of it.
        let message = || format!("wrote more to its standard output than {} MiB", STDOUT >> 20);
        let result = if full { Err(Ended::by(Breach::Output, message())) } else { result };
        (result, log)
    }

    async fn finish(
        &self,
        input: String,
        guard: &Guard,
        stdout: MemoryOutputPipe,
        stderr: MemoryOutputPipe,
    ) -> Result<(), Ended> {
        let (mut builder, _) = linker::context(&self.grants, &self.root)?;
        self.moment.bind(&mut builder, self.node, &self.id);
        builder.stdin(MemoryInputPipe::new(input)).stdout(stdout).stderr(stderr);
        let mut store = Store::new(self.engine.wasmtime(), State::program(builder.build(), guard.clone()));
        store.data_mut().limits.charge(self.account.clone());
        store.data_mut().limits.begin(self.memory);
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(breach::VALUE_UP_TO);
        store.epoch_deadline_async_yield_and_update(1);
        let pre = CommandPre::new(self.linked.clone()).map_err(|error| format!("{error:#}"))?;
        let ran = match pre.instantiate_async(&mut store).await {
            Ok(command) => command.wasi_cli_run().call_run(&mut store).await,
            Err(error) => Err(error),
        };
        let error = match ran {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(())) => return Err(self.ended(&store, "ended with an error status".to_owned())),
            Err(error) => error,
        };
        match error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            Some(exit) if exit.0 == 0 => Ok(()),
            Some(exit) => Err(self.ended(&store, format!("ended with status {}", exit.0))),
            None if store.data().limits.refused().is_some() => Err(self.ended(&store, String::new())),
            None => {
                let (breach, message) = breach::of_trap(&error);
                Err(Ended::by(breach, message))
            }
        }
    }

    /// Why a program ended: for want of memory, if it was refused any, whatever it said itself.
    fn ended(&self, store: &Store<State>, message: String) -> Ended {
        match store.data().limits.refused() {
            None => message.into(),
            Some(Breach::TotalMemory) => {
                Ended::by(Breach::TotalMemory, "needs more memory than is left of the run's".to_owned())
            }
            Some(breach) => Ended::by(breach, store.data().limits.why(self.memory as u64)),
        }
    }
}

/// Why a program gave nothing.
struct Ended {
    /// How, where it was not its own doing.
    breach: Option<Breach>,
    message: String,
}

impl Ended {
    fn by(breach: Breach, message: String) -> Self {
        Self { breach: Some(breach), message }
    }
}

impl From<String> for Ended {
    fn from(message: String) -> Self {
        Self { breach: None, message }
    }
}
