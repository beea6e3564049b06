//! What verbs share, made when first asked for: `wb --version` starts no engine, `wb lint` no pool.

use std::sync::OnceLock;

use crate::cache::{self, Cache, CacheError};
use crate::disk::{self, ReadError, Source};
use crate::engine::{Engine, EngineError};
use crate::env::{self, Log};
use crate::kernel::Kernel;
use crate::packages::{Mirrors, Packages};
use crate::report::Reporter;

/// The reporter at once, and the cache, the engines and the kernel when needed. Can be shared between threads.
pub struct Context {
    /// Where to print.
    pub report: Reporter,
    cache: OnceLock<Result<Cache, CacheError>>,
    engine: OnceLock<Engine>,
    pooling: OnceLock<Engine>,
    kernel: OnceLock<Kernel>,
    packages: OnceLock<Packages>,
    offline: bool,
}

impl Context {
    /// A context with nothing in it yet. `offline`: nothing is downloaded.
    #[must_use]
    pub fn new(report: Reporter, offline: bool) -> Self {
        let (cache, engine, pooling, kernel, packages) = Default::default();
        Self { report, cache, engine, pooling, kernel, packages, offline }
    }

    /// Whether nothing may be downloaded.
    #[must_use]
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// The packages of toolchains, which lie beside the cache.
    pub fn packages(&self) -> &Packages {
        let folder = || self.open_cache().map(Cache::directory).map_err(ToString::to_string);
        let mirrors = || Mirrors { npm: env::get(env::NPM_CONFIG_REGISTRY), pypi: env::get(env::PIP_INDEX_URL) };
        self.packages.get_or_init(|| Packages::new(folder(), self.offline, mirrors(), self.report))
    }

    /// Reads a document; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When it is missing, unreadable, too large or not UTF-8.
    pub fn read(&self, file: &str) -> Result<Source, ReadError> {
        disk::read_source(file)
    }

    /// The cache, if there can be one; why not is said once under `WB_LOG=info`.
    pub fn cache(&self) -> Option<&Cache> {
        self.open_cache().ok()
    }

    /// The cache, or why there is none.
    ///
    /// # Errors
    ///
    /// When there is no place for it, or its directory is not ours alone to write.
    pub fn open_cache(&self) -> Result<&Cache, &CacheError> {
        let open = || {
            let opened = env::cache_directory().ok_or(CacheError::NoPlace).and_then(|path| Cache::open(&path));
            let opened = opened.map(|cache| cache.bounded(env::cache_size().unwrap_or(cache::LIMIT)));
            if let Err(error) = &opened {
                self.report.log(Log::Info, || error.to_string());
            }
            opened
        };
        self.cache.get_or_init(open).as_ref()
    }

    /// Keeps the cache within its bound. To be called when a command has done its work.
    pub fn settle(&self) {
        if let Some(Ok(cache)) = self.cache.get() {
            cache.settle();
        }
    }

    /// The engine for a few calls, as the kernel needs.
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly.
    pub fn engine(&self) -> Result<&Engine, EngineError> {
        get_or_try(&self.engine, Engine::new)
    }

    /// The engine for running graphs, with reserved slots where the system allows.
    ///
    /// # Errors
    ///
    /// When this machine cannot run WebAssembly.
    pub fn pooling_engine(&self) -> Result<&Engine, EngineError> {
        get_or_try(&self.pooling, Engine::pooling)
    }

    /// The kernel.
    ///
    /// # Errors
    ///
    /// When there is no engine, or the kernel in the binary does not load.
    pub fn kernel(&self) -> anyhow::Result<&Kernel> {
        get_or_try(&self.kernel, || Ok(Kernel::new(self.engine()?, self.cache())?))
    }
}

/// `OnceLock::get_or_try_init`, which is not stable. Two threads may both make a value; one is used.
fn get_or_try<T, E>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    match cell.get() {
        Some(value) => Ok(value),
        None => make().map(|value| cell.get_or_init(|| value)),
    }
}
