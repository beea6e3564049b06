//! The wasmtime engine: how code is compiled, cached, bounded and interrupted. One per process.
//!
//! What a component may import is not decided here; see `linker.rs`.

mod compile;
mod ticker;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, Memory, MemoryType, Module, OptLevel, PoolingAllocationConfig, Store,
    WasmBacktraceDetails,
};

use crate::cache::Key;

pub use compile::{CompileError, LARGEST_BINARY, Loaded, quiet_panics};
pub use ticker::{TICK, Ticking};

/// Stack that WebAssembly may use in one call. Calls that are not async run on the caller's stack, and threads have
/// 2 MiB, of which the host's own frames need some.
pub const WASM_STACK: usize = 1 << 20;

/// Stack of an async call: [`WASM_STACK`] and the host functions on top of it.
const ASYNC_STACK: usize = 2 << 20;

/// Stack of a compiler that itself is WebAssembly. Such tools recurse over what they are given.
pub const TOOL_STACK: usize = 32 << 20;

/// Elements of one table. Reserved slots have no room for more, and the limit is the same without them.
pub const TABLE_ELEMENTS: usize = 20_000;

/// Bytes of each slot's memory that stay with the process once a slot was used. At most 4 000 of these are.
const KEPT: usize = 256 << 10;

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// This machine or this build cannot run WebAssembly.
    #[error("cannot start the WebAssembly engine: {0:#}")]
    Start(wasmtime::Error),
}

/// How instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From slots reserved at the start: three times as fast for compositions, and it needs terabytes of addresses.
    Pooling,
    /// From the system, each time.
    OnDemand,
}

/// The engine. Cheap to clone; clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    fingerprint: Arc<str>,
    allocation: Allocation,
    ticker: Arc<ticker::Ticker>,
    /// Modules that were loaded before, by the key of their machine code.
    modules: Arc<Mutex<HashMap<Key, Module>>>,
    wiring: Arc<Wiring>,
    /// When nobody waits for a compilation any more.
    until: Option<Instant>,
}

/// The compiler of compositions, made when the first one is compiled. What it makes runs in the engine beside it.
struct Wiring {
    config: Config,
    engine: OnceLock<wasmtime::Engine>,
}

impl Wiring {
    fn engine(&self) -> Result<&wasmtime::Engine, wasmtime::Error> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let engine = wasmtime::Engine::new(&self.config)?;
        Ok(self.engine.get_or_init(|| engine))
    }
}

impl Engine {
    /// Starts an engine that allocates on demand: for a few calls of the kernel.
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly.
    pub fn new() -> Result<Self, EngineError> {
        let engine = Self::with(&config(), Allocation::OnDemand)?;
        if engine.has_room() { Ok(engine) } else { Self::with(&small(), Allocation::OnDemand) }
    }

    /// Whether one memory can be reserved. A process that may not have 4 GiB of addresses finds out here, in
    /// microseconds, and not at its first instance.
    fn has_room(&self) -> bool {
        let mut store = Store::new(&self.inner, ());
        Memory::new(&mut store, MemoryType::new(1, None)).is_ok()
    }

    /// Starts an engine with reserved slots: for runs of whole graphs and for servers. Where the system does not give
    /// that many addresses (`ulimit -v`, some containers), the engine allocates on demand.
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly.
    pub fn pooling() -> Result<Self, EngineError> {
        Self::with(&config(), Allocation::Pooling).or_else(|_| Self::new())
    }

    /// Starts an engine for tools that are themselves WebAssembly and large, such as a C compiler. Their machine code is
    /// made without optimisation: it takes a third of the time and runs as fast to within a few hundredths
    /// (docs/decisions/0014).
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly.
    pub fn tool() -> Result<Self, EngineError> {
        let mut tool = config();
        tool.cranelift_opt_level(OptLevel::None).max_wasm_stack(TOOL_STACK).async_stack_size(2 * TOOL_STACK);
        Self::with(&tool, Allocation::OnDemand)
    }

    fn with(config: &Config, allocation: Allocation) -> Result<Self, EngineError> {
        let mut wiring = config.clone();
        wiring.cranelift_opt_level(OptLevel::None);
        let mut config = config.clone();
        if allocation == Allocation::Pooling {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        }
        let inner = wasmtime::Engine::new(&config).map_err(EngineError::Start)?;
        let mut hasher = Fingerprint(blake3::Hasher::new());
        inner.precompile_compatibility_hash().hash(&mut hasher);
        let fingerprint = hasher.0.finalize().to_hex().as_str().into();
        let ticker = Arc::new(ticker::Ticker::new(inner.weak()));
        let wiring = Arc::new(Wiring { config: wiring, engine: OnceLock::new() });
        Ok(Self { inner, fingerprint, allocation, ticker, modules: Arc::default(), wiring, until: None })
    }

    /// The same engine for somebody who waits for compilations until then, and no longer.
    #[must_use]
    pub fn until(&self, ends: Option<Instant>) -> Self {
        Self { until: ends, ..self.clone() }
    }

    /// The engine itself, for stores and linkers.
    #[must_use]
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// What machine code depends on besides its source, in hexadecimal: wasmtime's version, the configuration and the
    /// processor's features. The same in every process on this machine.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How instances get their memory.
    #[must_use]
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// Lets time pass for deadlines while the guard lives. A call under a deadline without a guard never ends by it.
    #[must_use]
    pub fn ticking(&self) -> Ticking {
        ticker::Ticker::start(&self.ticker)
    }

    /// How many ticks a deadline is, for `Store::set_epoch_deadline`. Rounded up, and one more: the first tick may
    /// come at once.
    #[must_use]
    pub fn ticks(deadline: Duration) -> u64 {
        let ticks = deadline.as_nanos().div_ceil(TICK.as_nanos());
        // Far enough away to be no deadline, and never so far that adding the current epoch overflows.
        u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1).min(u64::MAX / 2)
    }
}

/// What wb needs of wasmtime. Everything else stays as wasmtime has it, or is not even built in.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // wac-graph writes named imports of an interface this way.
        .wasm_component_model_implements(true)
        .epoch_interruption(true)
        .parallel_compilation(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(ASYNC_STACK)
        // The same value from the same inputs, whatever the processor: results are cached by their inputs.
        .relaxed_simd_deterministic(true)
        // The default asks the environment, which is `env.rs`'s to read.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

/// The same without reserving addresses: each access to memory is checked by code, which is slower and works anywhere.
fn small() -> Config {
    let mut config = config();
    config.memory_reservation(0).memory_guard_size(0).memory_reservation_for_growth(1 << 20);
    config
}

/// Room for several compositions of hundreds of nodes at once, at five core instances a node.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(2_000)
        .total_core_instances(20_000)
        .total_memories(4_000)
        .total_tables(8_000)
        .total_stacks(1_000)
        .max_core_instances_per_component(5_000)
        .max_memories_per_component(2_000)
        .max_tables_per_component(5_000)
        // The sum over all instances of a composition.
        .max_component_instance_size(64 << 20)
        .max_core_instance_size(1 << 20)
        .max_tables_per_module(8)
        .max_memories_per_module(8)
        .table_elements(TABLE_ELEMENTS)
        // What a small instance has written is cleaned and kept: giving pages back to the system and taking them again costs
        // more than the instance does. On newer systems the pages that were written are asked for, else all are cleaned.
        .linear_memory_keep_resident(KEPT)
        .table_keep_resident(8 << 10)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Feeds what would be hashed for a hash map to a hasher that gives the same digest in every process.
struct Fingerprint(blake3::Hasher);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is taken from the inner hasher.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_rounded_up_and_do_not_overflow() {
        assert_eq!(Engine::ticks(Duration::ZERO), 1);
        assert_eq!(Engine::ticks(TICK), 2);
        assert_eq!(Engine::ticks(TICK + Duration::from_nanos(1)), 3);
        assert_eq!(Engine::ticks(Duration::MAX), u64::MAX / 2);
    }

    #[test]
    fn an_engine_that_reserves_nothing_compiles_and_runs() {
        let engine = Engine::with(&small(), Allocation::OnDemand).unwrap();
        assert!(engine.has_room());
        assert_ne!(engine.fingerprint(), Engine::new().unwrap().fingerprint());
        let kernel = crate::kernel::Kernel::new(&engine, None).unwrap();
        assert_eq!(kernel.headlines("* Heading\n").unwrap().len(), 1);
    }

    #[test]
    fn the_fingerprint_is_the_same_in_two_engines() {
        let (one, other) = (Engine::new().unwrap(), Engine::new().unwrap());
        assert_eq!(one.fingerprint(), other.fingerprint());
    }
}
