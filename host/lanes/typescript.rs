//! TypeScript: its types are taken out in a sandbox, and what is left is a JavaScript block on the same lines.
//!
//! The component that does it is in the binary (`components/typescript`). It is pure, so what it answers is kept by the
//! source's content. Types are not checked, here or anywhere.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use wasmtime::component::Linker;
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder, Trap};

use super::{Failure, Problem, javascript};
use crate::cache::{Cache, Key, Kind};
use crate::engine::{Engine, TOOL_STACK};

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({ path: "wit/typescript", world: "typescript" });
}

use bindings::TypescriptPre;

/// What one block may take: a syntax tree is some thirty times as large as its source.
const MEMORY: usize = 1 << 30;
const DEADLINE: Duration = Duration::from_secs(20);

/// The digest material of this lane's fixed parts.
#[must_use]
pub fn toolchain() -> Vec<u8> {
    [javascript::toolchain().as_slice(), eraser().as_bytes()].concat()
}

/// The component's digest.
fn eraser() -> &'static Key {
    static DIGEST: OnceLock<Key> = OnceLock::new();
    DIGEST.get_or_init(|| Key::content(wb_components::TYPESCRIPT))
}

/// The component, ready to run.
struct Loaded {
    engine: Engine,
    linked: TypescriptPre<StoreLimits>,
}

/// Loaded once for a process, where anything has to be erased at all.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

/// Takes the types out.
///
/// # Errors
///
/// What is wrong with the source, or that the component cannot be run.
pub fn erase(source: &str, cache: Option<&Cache>) -> Result<String, Failure> {
    let key = Key::of("wb typescript 1", &[eraser().as_bytes(), source.as_bytes()]);
    let kept = cache.and_then(|cache| cache.get(Kind::Module, &key)).and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(erased) = kept {
        return Ok(erased);
    }
    let erased = run(source, cache)?;
    if let Some(cache) = cache {
        // A cache that cannot be written costs the next run time, nothing else.
        drop(cache.put(Kind::Module, &key, erased.as_bytes()));
    }
    Ok(erased)
}

fn run(source: &str, cache: Option<&Cache>) -> Result<String, Failure> {
    let call = || {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = match &mut *loaded {
            Some(loaded) => loaded,
            none => none.insert(load(cache)?),
        };
        call(loaded, source)
    };
    // Parsers recurse, and the stacks of our own threads are for less.
    let answer = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(TOOL_STACK + (2 << 20)).spawn_scoped(scope, call);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err("it broke off".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    });
    let problems = match answer {
        Ok(Ok(erased)) => return Ok(erased),
        Ok(Err(problems)) => problems,
        Err(reason) => {
            return Err(Failure::one(Problem::at_start(format!("the types cannot be taken out: {reason}"), None)));
        }
    };
    let problem = |it: bindings::Problem| Problem {
        message: it.message,
        line: Some(it.line),
        column: Some(it.column),
        within: None,
        help: it.help,
    };
    Err(Failure { problems: problems.into_iter().map(problem).collect() })
}

fn load(cache: Option<&Cache>) -> Result<Loaded, String> {
    let engine = Engine::tool().map_err(|error| error.to_string())?;
    let component = engine.component(wb_components::TYPESCRIPT, cache).map_err(|error| error.to_string())?.code;
    // Empty: it can ask nobody for anything.
    let linker = Linker::new(engine.wasmtime());
    let linked =
        linker.instantiate_pre(&component).and_then(TypescriptPre::new).map_err(|error| format!("{error:#}"))?;
    Ok(Loaded { engine, linked })
}

fn call(loaded: &Loaded, source: &str) -> Result<Result<String, Vec<bindings::Problem>>, String> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
    let mut store = Store::new(loaded.engine.wasmtime(), limits);
    store.limiter(|limits| limits);
    let _ticking = loaded.engine.ticking();
    store.set_epoch_deadline(Engine::ticks(DEADLINE));
    let answer = loaded.linked.instantiate(&mut store).and_then(|it| it.call_erase(&mut store, source));
    answer.map_err(|error| match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => format!("it took longer than {} s", DEADLINE.as_secs()),
        // Its own stack is at the bottom of its memory.
        Some(Trap::StackOverflow | Trap::MemoryOutOfBounds) => "the block is nested too deeply".to_owned(),
        _ => format!("{:#}", error.root_cause()),
    })
}
