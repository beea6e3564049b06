//! The shared engines that a graph needs, each taken apart into wiring and code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wb_composer::hoist;

use super::prepare::module_name;
use crate::cache::Cache;
use crate::lanes::{Interpreter, Made, Problem};
use crate::packages::Packages;

/// A shared engine, taken apart.
#[derive(Debug)]
pub struct Engine {
    /// The component without its code.
    pub component: Vec<u8>,
    /// Its code.
    pub modules: BTreeMap<String, Vec<u8>>,
}

/// Engines by language, or why there is none.
#[derive(Debug, Default)]
pub struct Engines(BTreeMap<Interpreter, Result<Arc<Engine>, Problem>>);

/// Engines of this process, taken apart: they are the same for every run, and `wb watch` has many.
static APART: Mutex<BTreeMap<Interpreter, Arc<Engine>>> = Mutex::new(BTreeMap::new());

fn apart(interpreter: Interpreter, cache: Option<&Cache>, packages: &Packages) -> Result<Arc<Engine>, Problem> {
    let known = || APART.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = known().get(&interpreter) {
        return Ok(Arc::clone(engine));
    }
    let component = interpreter.component(cache, packages)?;
    let hoisted = hoist::hoist(&component, &module_name).map_err(|error| Problem::at_start(error.to_string(), None))?;
    let engine = Arc::new(Engine { component: hoisted.component, modules: hoisted.modules });
    known().insert(interpreter, Arc::clone(&engine));
    Ok(engine)
}

impl Engines {
    /// The engines of these nodes.
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a Made>, cache: Option<&Cache>, packages: &Packages) -> Self {
        let mut engines = Self::default();
        for made in nodes {
            if let Made::Script { interpreter, .. } = made {
                engines.0.entry(*interpreter).or_insert_with(|| apart(*interpreter, cache, packages));
            }
        }
        engines
    }

    /// Why a node cannot be run, if its engine is missing.
    #[must_use]
    pub fn missing(&self, made: &Made) -> Option<&Problem> {
        let Made::Script { interpreter, .. } = made else { return None };
        self.0.get(interpreter)?.as_ref().err()
    }

    /// The engine's component. Empty for one that no node of [`Engines::of`] needed.
    #[must_use]
    pub fn component(&self, interpreter: Interpreter) -> &[u8] {
        self.get(interpreter).map_or(&[], |engine| &engine.component)
    }

    /// The engine's code.
    #[must_use]
    pub fn modules(&self, interpreter: Interpreter) -> Option<&BTreeMap<String, Vec<u8>>> {
        self.get(interpreter).map(|engine| &engine.modules)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Engine> {
        self.0.values().flatten().map(|engine| &**engine)
    }

    fn get(&self, interpreter: Interpreter) -> Option<&Engine> {
        self.0.get(&interpreter)?.as_ref().ok().map(|engine| &**engine)
    }
}
