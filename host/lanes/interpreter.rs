//! Languages whose blocks are data for a shared engine: what differs between them, in one place.
//!
//! An engine is a component of the world `interpreter` (`wit/engine/engine.wit`), linked or loaded once and instantiated
//! per node. It deliberately knows nothing of graphs; a lane's own file knows how a block is wrapped for it.

use std::time::UNIX_EPOCH;

use super::{Library, Problem, javascript, python, shell, sql};
use crate::cache::Cache;
use crate::execute::moment::Moment;
use crate::grants::Grants;
use crate::packages::Packages;

/// A shared engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interpreter {
    /// QuickJS, in the binary.
    JavaScript,
    /// CPython, downloaded.
    Python,
    /// Our own shell, in the binary.
    Shell,
    /// SQLite, in the binary.
    Sql,
}

/// What a block may have beyond pure computation, for engines that get it as a value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Given {
    /// Milliseconds since 1970, where the clock is granted.
    pub now: Option<f64>,
    /// A seed, where randomness is granted.
    pub seed: Option<u32>,
}

impl Given {
    /// What a node with these grants gets in a run.
    #[must_use]
    pub fn of(grants: &Grants, moment: &Moment) -> Self {
        let since = moment.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            now: grants.clock.then(|| (since.as_secs_f64() * 1_000.0).floor()),
            // As much as a script's generator holds; cryptography is not done with it.
            seed: grants.random.then(|| moment.small_seed()),
        }
    }
}

impl Interpreter {
    /// The engine's component, from the cache where it had to be made.
    ///
    /// # Errors
    ///
    /// When the engine cannot be made or obtained.
    pub fn component(self, cache: Option<&Cache>, packages: &Packages) -> Result<Vec<u8>, Problem> {
        match self {
            Self::JavaScript => javascript::engine::component(cache).map_err(|error| Problem::at_start(error, None)),
            Self::Python => python::engine::component(cache, packages),
            Self::Shell => Ok(wb_components::SHELL.to_vec()),
            Self::Sql => Ok(wb_components::SQL.to_vec()),
        }
    }

    /// What a block finds around it.
    #[must_use]
    pub fn prelude(self, given: Given, library: &Library) -> String {
        match self {
            Self::JavaScript => javascript::prelude(given, library),
            Self::Python => python::prelude(given),
            Self::Shell => shell::prelude(given),
            Self::Sql => sql::prelude(given),
        }
    }

    /// The engine's message as one for the reader. `source` is the block, `first` the file's line where it begins.
    #[must_use]
    pub fn explain(self, message: &str, source: &str, first: u32, library: &Library) -> Problem {
        match self {
            Self::JavaScript => javascript::explain(message, source, first, library),
            Self::Python => python::explain(message, first),
            Self::Shell => shell::explain(message, source),
            Self::Sql => sql::explain(message),
        }
    }
}
