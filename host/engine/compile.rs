//! Compiling, behind the cache, in a thread that may fail.
//!
//! wasmtime panics on some components that are valid but hostile or merely huge, and nothing bounds its time. So
//! compilation runs in a thread of its own: a panic or a deadline there is an error here.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::Module;
use wasmtime::component::Component;

use super::Engine;
use crate::cache::{Cache, Key, Kind};
use crate::env;

/// The largest module or component that is compiled.
pub const LARGEST_BINARY: usize = 128 << 20;

/// How long one compilation may take, unless the environment says otherwise. The largest useful composition takes seconds.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long the compilation of a tool may take: a C compiler is seventy times as large as the largest composition, and two
/// processors may be shared by many.
const TOOL_DEADLINE: Duration = Duration::from_secs(30 * 60);

/// Deeply nested functions and types are compiled by recursion.
const STACK: usize = 64 << 20;

/// Modules that a process keeps at hand: engines, the codec, and as many blocks as one is likely to edit.
const MODULES: usize = 256;

/// The name of the compiling thread.
const THREAD: &str = "wb-compile";

/// Why there is no machine code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Longer than [`LARGEST_BINARY`].
    #[error("the binary is larger than {} MiB", LARGEST_BINARY >> 20)]
    TooLarge,
    /// Not a valid module or component.
    #[error("not valid WebAssembly: {0:#}")]
    Refused(wasmtime::Error),
    /// The compiler panicked. The message is wasmtime's own.
    #[error("the compiler gave up: {0}")]
    Panicked(String),
    /// Compilation took too long. The thread is left to itself: it cannot be stopped.
    #[error("compiling took longer than {} s", after.as_secs_f64())]
    Deadline {
        /// The time it had.
        after: Duration,
    },
    /// No thread could be started.
    #[error("cannot start a thread to compile in: {0}")]
    NoThread(std::io::Error),
}

/// Something compiled, and how it came about.
pub struct Loaded<T> {
    /// The component or module.
    pub code: T,
    /// The key of its machine code in the cache.
    pub key: Key,
    /// Whether it was in the cache.
    pub hit: bool,
}

impl Engine {
    /// The key under which the machine code of a binary is kept.
    #[must_use]
    pub fn code_key(&self, binary: &[u8]) -> Key {
        Key::of("wb code 1", &[self.fingerprint().as_bytes(), Key::content(binary).as_bytes()])
    }

    /// Compiles a component, or loads it from the cache.
    ///
    /// # Errors
    ///
    /// When the bytes are no valid component, or compiling them panics or takes too long.
    pub fn component(&self, binary: &[u8], cache: Option<&Cache>) -> Result<Loaded<Component>, CompileError> {
        self.load(&self.code_key(binary), binary, cache, || Ok(self.wasmtime()))
    }

    /// Compiles a composition, whose own code is small and runs once, or loads it from the cache. It is compiled without
    /// optimisation, which takes two thirds of the time; what it links is compiled apart, by [`Engine::module`].
    ///
    /// # Errors
    ///
    /// As [`Engine::component`].
    pub fn composition(&self, binary: &[u8], cache: Option<&Cache>) -> Result<Loaded<Component>, CompileError> {
        let key = Key::of("wb wiring 1", &[self.fingerprint().as_bytes(), Key::content(binary).as_bytes()]);
        self.load(&key, binary, cache, || self.wiring.engine())
    }

    /// Compiles a core module, or loads it from the cache.
    ///
    /// # Errors
    ///
    /// When the bytes are no valid module, or compiling them panics or takes too long.
    pub fn module(&self, binary: &[u8], cache: Option<&Cache>) -> Result<Loaded<Module>, CompileError> {
        let key = self.code_key(binary);
        let known = || self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = known().get(&key).cloned() {
            return Ok(Loaded { code, key, hit: true });
        }
        let loaded = self.load(&key, binary, cache, || Ok(self.wasmtime()))?;
        let mut known = known();
        if known.len() >= MODULES {
            known.clear();
        }
        known.insert(key, Module::clone(&loaded.code));
        Ok(loaded)
    }

    /// Loads a tool's machine code from the cache by a key that stands for the tool; or makes it, which takes minutes
    /// and is not done twice: `lock` is held meanwhile. `binary` is asked for only then.
    ///
    /// # Errors
    ///
    /// When there is no binary, or compiling it fails.
    pub fn tool_component<L>(
        &self,
        key: &Key,
        cache: Option<&Cache>,
        lock: impl FnOnce() -> L,
        binary: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Component, CompileError> {
        let cached = || {
            let file = cache?.large_file(Kind::Code, key)?;
            // SAFETY: as in `load`, but that the content was not verified just now: `put` wrote all of it under this key,
            // in a directory that only this user can write to, and its end is in place.
            unsafe { Component::deserialize_file(self.wasmtime(), &file) }.ok()
        };
        if let Some(code) = cached() {
            return Ok(code);
        }
        let _held = lock();
        // Whoever held it before may have done it.
        if let Some(code) = cached() {
            return Ok(code);
        }
        let binary = binary().map_err(CompileError::Panicked)?;
        let machine_code = compile::<Component>(self.wasmtime(), &binary, TOOL_DEADLINE, self.until)?;
        drop(binary);
        if let Some(cache) = cache {
            drop(cache.put(Kind::Code, key, &machine_code));
        }
        // SAFETY: these are the bytes that the compiler has just returned.
        unsafe { Component::deserialize(self.wasmtime(), &machine_code) }.map_err(CompileError::Refused)
    }

    /// From the cache, or made by `compiler`, which is this engine or one whose code this engine runs.
    fn load<'e, T: Compiled>(
        &self,
        key: &Key,
        binary: &[u8],
        cache: Option<&Cache>,
        compiler: impl FnOnce() -> Result<&'e wasmtime::Engine, wasmtime::Error>,
    ) -> Result<Loaded<T>, CompileError> {
        let key = *key;
        let cached = cache.and_then(|cache| Some((cache, cache.file(Kind::Code, &key)?)));
        if let Some((cache, file)) = cached {
            // SAFETY: the file was written by `put` below, with code that this engine's configuration produced: its key
            // holds the engine's fingerprint, `Cache::file` has just verified the digest of its content, and
            // `Cache::open` refuses a directory that anyone but this user can write to. Entries are replaced by
            // renaming and never changed in place, so the mapping stays as it is.
            match unsafe { T::from_file(self.wasmtime(), &file) } {
                Ok(code) => return Ok(Loaded { code, key, hit: true }),
                // Whatever is wrong with it, compiling again is right.
                Err(_) => drop(cache.remove(Kind::Code, &key)),
            }
        }
        let compiler = compiler().map_err(CompileError::Refused)?;
        let machine_code = compile::<T>(compiler, binary, env::compile_timeout().unwrap_or(DEADLINE), self.until)?;
        if let Some(cache) = cache {
            // A full disk costs time at the next start, nothing else.
            drop(cache.put(Kind::Code, &key, &machine_code));
        }
        // SAFETY: these are the bytes that the compiler has just returned.
        let code = unsafe { T::from_bytes(self.wasmtime(), &machine_code) }.map_err(CompileError::Refused)?;
        Ok(Loaded { code, key, hit: false })
    }
}

fn compile<T: Compiled>(
    engine: &wasmtime::Engine,
    binary: &[u8],
    deadline: Duration,
    until: Option<Instant>,
) -> Result<Vec<u8>, CompileError> {
    if binary.len() > LARGEST_BINARY {
        return Err(CompileError::TooLarge);
    }
    let engine = engine.clone();
    let binary: Arc<[u8]> = binary.into();
    let (sender, receiver) = mpsc::sync_channel(1);
    let work = move || {
        let result = panic::catch_unwind(panic::AssertUnwindSafe(|| T::compile(&engine, &binary)));
        // Nobody listens any more after the deadline.
        drop(sender.send(result));
    };
    let left = until.map(|ends| ends.saturating_duration_since(Instant::now()));
    let patience = left.map_or(deadline, |left| left.min(deadline));
    let counted = Counted::new();
    let builder = thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK);
    builder.spawn(work).map_err(CompileError::NoThread)?;
    let result = receiver.recv_timeout(patience);
    drop(counted);
    match result {
        Ok(Ok(Ok(machine_code))) => Ok(machine_code),
        Ok(Ok(Err(error))) => Err(CompileError::Refused(error)),
        Ok(Err(payload)) => Err(CompileError::Panicked(message(payload.as_ref()))),
        Err(_) => Err(CompileError::Deadline { after: deadline }),
    }
}

/// The two things wasmtime compiles, which have the same functions and no common trait.
trait Compiled: Sized {
    fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Vec<u8>>;

    /// # Safety
    ///
    /// The file holds what [`Compiled::compile`] returned, and nobody changes it while the result lives.
    unsafe fn from_file(engine: &wasmtime::Engine, path: &std::path::Path) -> wasmtime::Result<Self>;

    /// # Safety
    ///
    /// The bytes are what [`Compiled::compile`] returned.
    unsafe fn from_bytes(engine: &wasmtime::Engine, bytes: &[u8]) -> wasmtime::Result<Self>;
}

macro_rules! compiled {
    ($type:ty, $precompile:ident) => {
        impl Compiled for $type {
            fn compile(engine: &wasmtime::Engine, binary: &[u8]) -> wasmtime::Result<Vec<u8>> {
                engine.$precompile(binary)
            }

            unsafe fn from_file(engine: &wasmtime::Engine, path: &std::path::Path) -> wasmtime::Result<Self> {
                // SAFETY: passed on to the caller.
                unsafe { Self::deserialize_file(engine, path) }
            }

            unsafe fn from_bytes(engine: &wasmtime::Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
                // SAFETY: passed on to the caller.
                unsafe { Self::deserialize(engine, bytes) }
            }
        }
    };
}

compiled!(Component, precompile_component);
compiled!(Module, precompile_module);

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given").to_owned()
}

/// Compilations under way.
static COMPILING: AtomicUsize = AtomicUsize::new(0);

/// One compilation under way, for as long as it lives.
struct Counted;

impl Counted {
    fn new() -> Self {
        COMPILING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        COMPILING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Keeps panics of the compiler off the terminal, since they are reported as errors. Other panics are shown as before.
/// For `main`: the hook belongs to the whole process.
pub fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let current = thread::current();
            // The compiler's own threads have no name.
            let ours = match current.name() {
                Some(name) => name == THREAD,
                None => COMPILING.load(Ordering::SeqCst) > 0,
            };
            if !ours {
                before(info);
            }
        }));
    });
}
