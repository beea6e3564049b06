//! Calls the kernel, the component that knows Org. The host asks it and believes its answers, and parses nothing itself.
//!
//! A call gets a warm instance to itself, a memory cap and a deadline. The kernel is a pure function that never fails,
//! so a trap is a bug in it: the instance is dropped, the caller gets an error that says so, and the next call works.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::component::Linker;
use wasmtime::{ResourceLimiter, Store, Trap};

use crate::cache::Cache;
use crate::engine::{CompileError, Engine};
use crate::env;

mod bindings {
    #![allow(missing_docs, unreachable_pub, clippy::all)]
    wasmtime::component::bindgen!({
        path: "wit/oql",
        world: "oql",
        additional_derives: [PartialEq],
    });
}

/// What the kernel says, in the records of `wit/oql/oql.wit`. They are the host's own plan types as well.
pub mod types {
    pub use super::bindings::exports::wb::oql::kernel::*;
}

use bindings::{Oql, OqlPre};
use types::{
    Calendar, Diagnostic, Edit, Headline, Page, Plan, QueryError, QueryOptions, Reference, RenderOptions, ResultFile,
    ResultValue, Survey, TangledFile,
};

/// Linear memory that one call may use.
const MEMORY: usize = 1 << 30;

/// An instance that grew beyond this is not kept: memory of an instance never shrinks.
const KEPT_MEMORY: usize = 64 << 20;

/// What a call may take, plus one second for every [`BYTES_A_SECOND`] of the document. The kernel reads several
/// megabytes a second, so only a bug gets there.
const DEADLINE: Duration = Duration::from_secs(10);
const BYTES_A_SECOND: usize = 256 << 10;

/// Why the kernel gave no answer. None of these is the document's fault.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The kernel cannot be compiled.
    #[error("cannot load the kernel: {0}")]
    Compile(#[from] CompileError),
    /// The kernel cannot be instantiated.
    #[error("cannot start the kernel: {0:#}")]
    Start(wasmtime::Error),
    /// The kernel trapped.
    #[error("the kernel broke in `{function}`: {reason}; this is a bug in wb, please report it with the document")]
    Broke {
        /// The export that was called.
        function: &'static str,
        /// The trap.
        reason: String,
    },
    /// The kernel wanted more memory than a call may use.
    #[error("the kernel needs more than {} MiB for `{function}`; the document is too large", MEMORY >> 20)]
    Memory {
        /// The export that was called.
        function: &'static str,
    },
    /// The kernel did not come to an end.
    #[error("the kernel took longer than {} s for `{function}`", deadline.as_secs_f64())]
    Deadline {
        /// The export that was called.
        function: &'static str,
        /// What it was given.
        deadline: Duration,
    },
}

/// The kernel: compiled once, instantiated as often as there are cores. Calls from several threads run in parallel.
pub struct Kernel {
    engine: Engine,
    linked: OqlPre<Limits>,
    pool: Mutex<Pool>,
    /// Signalled when an instance or a place for one becomes free.
    free: Condvar,
    deadline: Duration,
}

struct Pool {
    warm: Vec<Instance>,
    /// Instances that may yet be taken, warm or new.
    places: usize,
}

struct Instance {
    store: Store<Limits>,
    oql: Oql,
}

/// The memory cap of one instance, and whether it was hit.
#[derive(Default)]
struct Limits {
    memory: usize,
    refused: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // The kernel has one memory, so the desired size is all of it.
        let granted = desired <= MEMORY;
        if granted {
            self.memory = desired;
        }
        self.refused |= !granted;
        Ok(granted)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}

impl Kernel {
    /// Loads the kernel that is built into the binary.
    ///
    /// # Errors
    ///
    /// When it does not compile or does not fit its contract, both of which the tests rule out.
    pub fn new(engine: &Engine, cache: Option<&Cache>) -> Result<Self, KernelError> {
        Self::from_binary(wb_components::OQL, engine, cache)
    }

    /// Loads a kernel from a component.
    ///
    /// # Errors
    ///
    /// When it does not compile or is no kernel.
    pub fn from_binary(binary: &[u8], engine: &Engine, cache: Option<&Cache>) -> Result<Self, KernelError> {
        let component = engine.component(binary, cache)?.code;
        // Empty: the kernel can ask nobody for anything.
        let linker = Linker::new(engine.wasmtime());
        let linked = linker.instantiate_pre(&component).and_then(OqlPre::new).map_err(KernelError::Start)?;
        let places = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            engine: engine.clone(),
            linked,
            pool: Mutex::new(Pool { warm: Vec::new(), places }),
            free: Condvar::new(),
            deadline: env::kernel_timeout().unwrap_or(DEADLINE),
        })
    }

    /// All headlines, in document order.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn headlines(&self, org: &str) -> Result<Vec<Headline>, KernelError> {
        self.call("parse-headlines", org.len(), |oql, store| oql.wb_oql_kernel().call_parse_headlines(store, org))
    }

    /// The build plan.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn plan(&self, org: &str) -> Result<Plan, KernelError> {
        self.call("tangle-plan", org.len(), |oql, store| oql.wb_oql_kernel().call_tangle_plan(store, org))
    }

    /// All findings, sorted by position. `missing` are the paths among [`Kernel::references`] that do not exist.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn lint(&self, org: &str, missing: &[String]) -> Result<Vec<Diagnostic>, KernelError> {
        self.call("lint", org.len(), |oql, store| oql.wb_oql_kernel().call_lint(store, org, missing))
    }

    /// The local files a text mentions, in document order.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn references(&self, org: &str) -> Result<Vec<Reference>, KernelError> {
        self.call("references", org.len(), |oql, store| oql.wb_oql_kernel().call_references(store, org))
    }

    /// Settings, links, and what links may lead to.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn survey(&self, org: &str) -> Result<Survey, KernelError> {
        self.call("take-survey", org.len(), |oql, store| oql.wb_oql_kernel().call_take_survey(store, org))
    }

    /// The errors among the findings.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn validate(&self, org: &str) -> Result<Vec<Diagnostic>, KernelError> {
        self.call("validate", org.len(), |oql, store| oql.wb_oql_kernel().call_validate(store, org))
    }

    /// The page, without its shell.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn render(&self, org: &str, options: &RenderOptions) -> Result<Page, KernelError> {
        let input = org.len() + options.files.iter().map(|file| file.text.len()).sum::<usize>();
        self.call("render", input, |oql, store| oql.wb_oql_kernel().call_render(store, org, options))
    }

    /// What aligning tables and drawers would change.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn format(&self, org: &str) -> Result<Vec<Edit>, KernelError> {
        self.call("format", org.len(), |oql, store| oql.wb_oql_kernel().call_format(store, org))
    }

    /// What puts results under their blocks.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn write_results(&self, org: &str, results: &[ResultValue]) -> Result<Vec<Edit>, KernelError> {
        let input = org.len() + results.iter().map(|result| result.value.len()).sum::<usize>();
        self.call("write-results", input, |oql, store| oql.wb_oql_kernel().call_write_results(store, org, results))
    }

    /// The files that results go into.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn result_files(&self, org: &str, results: &[ResultValue]) -> Result<Vec<ResultFile>, KernelError> {
        let input = org.len() + results.iter().map(|result| result.value.len()).sum::<usize>();
        self.call("result-files", input, |oql, store| oql.wb_oql_kernel().call_result_files(store, org, results))
    }

    /// The files that `:tangle` asks for.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn tangle_files(&self, org: &str, path: &str) -> Result<Vec<TangledFile>, KernelError> {
        self.call("tangle-files", org.len(), |oql, store| oql.wb_oql_kernel().call_tangle_files(store, org, path))
    }

    /// What stands in the way of replacing `old` by `new`.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn check_upgrade(&self, old: &str, new: &str) -> Result<Vec<Diagnostic>, KernelError> {
        let call = |oql: &Oql, store: &mut Store<Limits>| oql.wb_oql_kernel().call_check_upgrade(store, old, new);
        self.call("check-upgrade", old.len() + new.len(), call)
    }

    /// The headlines that an expression selects, or what is wrong with the expression.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn query(
        &self,
        org: &str,
        expr: &str,
        options: &QueryOptions,
    ) -> Result<Result<Vec<Headline>, QueryError>, KernelError> {
        let call = |oql: &Oql, store: &mut Store<Limits>| oql.wb_oql_kernel().call_query(store, org, expr, options);
        self.call("query", org.len() + expr.len(), call)
    }

    /// The days from one to another and what is on them, or what is wrong with the expression.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn agenda(
        &self,
        org: &str,
        (from, to): (&str, &str),
        expr: &str,
        options: &QueryOptions,
    ) -> Result<Result<Calendar, QueryError>, KernelError> {
        self.call("agenda", org.len() + expr.len(), |oql, store| {
            oql.wb_oql_kernel().call_agenda(store, org, from, to, expr, options)
        })
    }

    /// A drawing in Graphviz' language as SVG; `None` where it does not parse or is too large.
    ///
    /// # Errors
    ///
    /// When the kernel breaks; see [`KernelError`].
    pub fn draw(&self, dot: &str) -> Result<Option<String>, KernelError> {
        self.call("draw", dot.len(), |oql, store| oql.wb_oql_kernel().call_draw(store, dot))
    }

    fn call<T>(
        &self,
        function: &'static str,
        input: usize,
        call: impl FnOnce(&Oql, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, KernelError> {
        let place = Place::take(self);
        let deadline = self.deadline + Duration::from_secs((input / BYTES_A_SECOND) as u64);
        let ticks = Engine::ticks(deadline);
        let _ticking = self.engine.ticking();
        let warm = place.kernel.pool().warm.pop();
        let mut instance = warm.map_or_else(|| self.instantiate(ticks), Ok)?;
        instance.store.set_epoch_deadline(ticks);
        match call(&instance.oql, &mut instance.store) {
            Ok(answer) => {
                if instance.store.data().memory <= KEPT_MEMORY {
                    self.pool().warm.push(instance);
                }
                Ok(answer)
            }
            // The instance is poisoned and dropped here.
            Err(_) if instance.store.data().refused => Err(KernelError::Memory { function }),
            Err(error) if error.downcast_ref() == Some(&Trap::Interrupt) => {
                Err(KernelError::Deadline { function, deadline })
            }
            Err(error) => Err(KernelError::Broke { function, reason: error.root_cause().to_string() }),
        }
    }

    fn instantiate(&self, ticks: u64) -> Result<Instance, KernelError> {
        let mut store = Store::new(self.engine.wasmtime(), Limits::default());
        store.limiter(|limits| limits);
        store.set_epoch_deadline(ticks);
        let oql = self.linked.instantiate(&mut store).map_err(KernelError::Start)?;
        Ok(Instance { store, oql })
    }

    /// A panic while holding the lock leaves at worst a place too few; see [`Place`] for why it does not.
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to use one instance, given back when dropped, also by a panic.
struct Place<'a> {
    kernel: &'a Kernel,
}

impl<'a> Place<'a> {
    fn take(kernel: &'a Kernel) -> Self {
        let mut pool = kernel.pool();
        while pool.places == 0 {
            pool = kernel.free.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        pool.places -= 1;
        Self { kernel }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.kernel.pool().places += 1;
        self.kernel.free.notify_one();
    }
}

#[cfg(test)]
mod tests;
