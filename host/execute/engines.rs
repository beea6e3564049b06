//! The shared engines that a graph needs, each taken apart into wiring and code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wb_composer::hoist;

use super::prepare::module_name;
use crate::cache::Cache;
use crate::lanes::{Interpreter, Made};

/// A shared engine, taken apart.
#[derive(Debug)]
pub struct Engine {
    /// The component without its code.
    pub component: Vec<u8>,
    /// Its code.
    pub modules: BTreeMap<String, Vec<u8>>,
}

/// Engines by language.
#[derive(Debug, Default)]
pub struct Engines(BTreeMap<Interpreter, Arc<Engine>>);

/// Engines of this process, taken apart: they are the same for every run, and `wb watch` has many.
static APART: Mutex<BTreeMap<Interpreter, Arc<Engine>>> = Mutex::new(BTreeMap::new());

fn apart(interpreter: Interpreter, cache: Option<&Cache>) -> Result<Arc<Engine>, String> {
    let known = || APART.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = known().get(&interpreter) {
        return Ok(Arc::clone(engine));
    }
    let hoisted = hoist::hoist(&interpreter.component(cache)?, &module_name).map_err(|error| error.to_string())?;
    let engine = Arc::new(Engine { component: hoisted.component, modules: hoisted.modules });
    known().insert(interpreter, Arc::clone(&engine));
    Ok(engine)
}

impl Engines {
    /// The engines of these nodes.
    ///
    /// # Errors
    ///
    /// When an engine cannot be made or obtained, in words.
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a Made>, cache: Option<&Cache>) -> Result<Self, String> {
        let mut engines = Self::default();
        for made in nodes {
            if let Made::Script { interpreter, .. } = made
                && !engines.0.contains_key(interpreter)
            {
                engines.0.insert(*interpreter, apart(*interpreter, cache)?);
            }
        }
        Ok(engines)
    }

    /// The engine's component. Empty for one that no node of [`Engines::of`] needed.
    #[must_use]
    pub fn component(&self, interpreter: Interpreter) -> &[u8] {
        self.0.get(&interpreter).map_or(&[], |engine| &engine.component)
    }

    /// The engine's code.
    #[must_use]
    pub fn modules(&self, interpreter: Interpreter) -> Option<&BTreeMap<String, Vec<u8>>> {
        self.0.get(&interpreter).map(|engine| &engine.modules)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Engine> {
        self.0.values().map(|engine| &**engine)
    }
}
