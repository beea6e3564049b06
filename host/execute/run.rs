//! A whole run: what is already known, what must be computed, in which pieces, and what became of every node.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use wasmtime::Module;
use wb_composer::partition::{self, ISLAND};
use wb_composer::types::Type;

use super::breach::Breach;
use super::engines::Engines;
use super::graph::{Feed, Graph};
use super::keys;
use super::known;
use super::limits::Totals;
use super::members::{self, Arrival};
use super::moment::Moment;
use super::piece::{self, Outcome, Step};
use super::prepare::Ready;
use super::queue::Queue;
use super::select::Selection;
use super::value::{self, Value};
use crate::cache::{Cache, Entry, Key, Kind};
use crate::engine::{CompileError, Engine};
use crate::lanes::interpreter::Given;
use crate::lanes::{Failure, Made};
use crate::packages::Packages;

/// What became of a node.
#[derive(Debug, Clone)]
pub enum Status {
    /// Not reached yet.
    Pending,
    /// It has its outputs.
    Done {
        /// The outputs, in order.
        values: Vec<Value>,
        /// Whether they were known from an earlier run.
        cached: bool,
        /// How long the step took.
        took: Duration,
        /// What it logged.
        log: Vec<String>,
    },
    /// It failed.
    Failed {
        /// How.
        breach: Breach,
        /// What is wrong; several for a block that does not compile.
        failure: Failure,
        /// How long the step took.
        took: Duration,
        /// What it logged.
        log: Vec<String>,
    },
    /// Something it depends on failed.
    Skipped {
        /// The node that failed or was not evaluated.
        cause: usize,
    },
    /// Its `:eval` says no.
    NotEvaluated,
    /// The run is about other nodes.
    NotSelected,
    /// Another node failed, and the run was to stop at the first failure.
    Stopped,
    /// The run was cancelled.
    Cancelled,
}

/// Who is told about steps while they happen.
pub trait Observer: Sync {
    /// A step begins.
    fn begin(&self, node: usize);
    /// A node has reached its final status.
    fn finish(&self, node: usize, status: &Status);
}

/// How to run.
pub struct Options {
    /// Do not use earlier results of the nodes the run is about.
    pub fresh: bool,
    /// The nodes the run is about.
    pub selection: Selection,
    /// Whether a failure leaves independent nodes running.
    pub keep_going: bool,
    /// One piece per node.
    pub isolate: bool,
    /// Pieces that run at the same time.
    pub jobs: usize,
    /// The most time the run may take, from its first composition on.
    pub max_time: Option<Duration>,
    /// The most memory that the stores of the run may hold at a time, in bytes.
    pub max_memory: Option<u64>,
    /// Becomes true when the run must stop.
    pub cancel: watch::Receiver<bool>,
    /// Nodes somebody will read whole, whatever the size of their values.
    pub read: Vec<bool>,
    /// The time and the randomness that nodes see.
    pub moment: Arc<Moment>,
    /// Results of an earlier run that are taken as they are, by the key of what they depend on.
    pub recorded: HashMap<Key, Entry>,
    /// Whether results are kept for later runs.
    pub remember: bool,
}

/// What every piece of one run shares.
pub struct Shared<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// The engine that runs it.
    pub engine: &'a Engine,
    /// The cache.
    pub cache: Option<&'a Cache>,
    /// The workbook's folder.
    pub root: &'a Path,
    /// The shared engines that the nodes need.
    pub engines: Engines,
    nodes: &'a [Result<Ready, Failure>],
    imports: &'a HashMap<String, Value>,
    options: &'a Options,
    observer: &'a dyn Observer,
    /// Compiled core modules by name.
    modules: Mutex<BTreeMap<String, Module>>,
    /// Core modules whose compilation took too long, and how long that was: nobody waits for them twice.
    late: Mutex<BTreeMap<String, Duration>>,
    state: Mutex<Vec<Status>>,
    /// What the run may take as a whole.
    pub totals: Totals,
    /// Becomes true at the first failure of a run that is not to keep going.
    stop: watch::Sender<bool>,
}

/// Runs a graph. `nodes` are its prepared nodes and `imports` the values from outside, of which none is missing.
///
/// What goes wrong is in the statuses.
pub fn run<'a>(
    graph: &'a Graph,
    nodes: &'a [Result<Ready, Failure>],
    imports: &'a HashMap<String, Value>,
    place: (&'a Engine, Option<&'a Cache>, &'a Path, &Packages),
    options: &'a Options,
    observer: &'a dyn Observer,
) -> Vec<Status> {
    let (engine, cache, root, packages) = place;
    let totals = Totals::begin(options.max_time, options.max_memory);
    let engine = &engine.until(totals.ends());
    let mut shared = Shared {
        graph,
        engine,
        cache,
        root,
        engines: Engines::default(),
        nodes,
        imports,
        options,
        observer,
        modules: Mutex::default(),
        late: Mutex::default(),
        state: Mutex::new(vec![Status::Pending; graph.nodes.len()]),
        totals,
        stop: watch::channel(false).0,
    };
    shared.settle_what_is_known();
    let todo: Vec<usize> = graph.order.iter().copied().filter(|node| shared.pending(*node)).collect();
    let made = todo.iter().filter_map(|node| nodes[*node].as_ref().ok()).map(|ready| &*ready.made);
    shared.engines = Engines::of(made, cache, packages);
    shared.refuse_without_engine(&todo);
    if !todo.is_empty() {
        let _ticking = engine.ticking();
        shared.pieces(&todo);
    }
    shared.fail_what_was_not_begun();
    let left = shared.unfinished();
    let mut state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    // What is left was never begun: the run came to its end first.
    state.iter_mut().filter(|status| matches!(status, Status::Pending)).for_each(|status| *status = left.clone());
    blame(graph, &mut state);
    state
}

/// Of several failures that a skipped node hangs on, the one that happened first is an accident of time. Its cause is the
/// first one in the order of its inputs, whatever the pieces and threads were.
fn blame(graph: &Graph, state: &mut [Status]) {
    for node in &graph.order {
        let cause = graph.nodes[*node].feeds.iter().find_map(|feed| match feed {
            Feed::Node { node: from, .. } => match state[*from] {
                Status::Skipped { cause } => Some(cause),
                Status::Failed { .. } | Status::NotEvaluated => Some(*from),
                _ => None,
            },
            Feed::Import(_) => None,
        });
        if let (Status::Skipped { cause: known }, Some(cause)) = (&mut state[*node], cause) {
            *known = cause;
        }
    }
}

impl Shared<'_> {
    fn state(&self) -> MutexGuard<'_, Vec<Status>> {
        // Statuses are replaced whole, so a panic elsewhere leaves none half written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nodes whose engine cannot be had fail, the others run.
    fn refuse_without_engine(&self, todo: &[usize]) {
        for node in todo.iter().copied().filter(|node| self.pending(*node)) {
            let Some(problem) = self.nodes[node].as_ref().ok().and_then(|ready| self.engines.missing(&ready.made))
            else {
                continue;
            };
            let failure = Failure::one(problem.clone());
            self.settle(node, Status::Failed { breach: Breach::Link, failure, took: Duration::ZERO, log: Vec::new() });
        }
    }

    /// Whether a node still has to be run.
    #[must_use]
    pub fn pending(&self, node: usize) -> bool {
        matches!(self.state()[node], Status::Pending)
    }

    /// Whether the run is to end now: somebody cancelled it, or it stops at the first failure.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        *self.options.cancel.borrow() || *self.stop.borrow()
    }

    /// Resolves when the run is to end now.
    pub async fn cancellation(&self) {
        let (mut cancel, mut stop) = (self.options.cancel.clone(), self.stop.subscribe());
        let said = async |told: &mut watch::Receiver<bool>| {
            if told.wait_for(|told| *told).await.is_err() {
                // Nobody can say so any more.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = said(&mut cancel) => {}
            () = said(&mut stop) => {}
        }
    }

    /// A run whose time is up says so in one place at least: where it would have gone on.
    fn fail_what_was_not_begun(&self) {
        let said = |status: &Status| matches!(status, Status::Failed { breach: Breach::TotalTime, .. });
        if !self.totals.over() || *self.options.cancel.borrow() || self.state().iter().any(said) {
            return;
        }
        let next = self.graph.order.iter().copied().find(|node| self.pending(*node));
        if let Some(node) = next {
            let (message, breach) = (self.totals.overtook("not begun"), Breach::TotalTime);
            self.finish(Step {
                node,
                outcome: Outcome::Failed { breach, message },
                took: Duration::ZERO,
                log: Vec::new(),
            });
        }
    }

    /// What becomes of nodes that the end of the run overtook.
    fn unfinished(&self) -> Status {
        let stopped = *self.stop.borrow() || self.totals.over();
        if stopped && !*self.options.cancel.borrow() { Status::Stopped } else { Status::Cancelled }
    }

    /// A prepared node. Only nodes that are prepared are ever pending.
    #[must_use]
    pub fn ready(&self, node: usize) -> &Ready {
        match &self.nodes[node] {
            Ok(ready) => ready,
            Err(_) => unreachable!("nodes that could not be prepared have failed before anything is composed"),
        }
    }

    /// Whether a node's values are read whole.
    #[must_use]
    pub fn read_whole(&self, node: usize) -> bool {
        self.options.read.get(node).copied().unwrap_or(false)
    }

    /// What a script gets of the world outside.
    #[must_use]
    pub fn given(&self, ready: &Ready) -> Given {
        Given::of(&ready.grants, &self.options.moment)
    }

    /// A compiled core module.
    ///
    /// # Errors
    ///
    /// When it does not compile.
    pub fn module(&self, name: &str, binary: &[u8]) -> Result<Module, CompileError> {
        let known = |this: &Self| this.modules.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(module) = known(self) {
            return Ok(module);
        }
        let late = || self.late.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(after) = late().get(name).copied() {
            return Err(CompileError::Deadline { after });
        }
        let module = match self.engine.module(binary, self.cache) {
            Ok(loaded) => loaded.code,
            Err(error) => {
                if let CompileError::Deadline { after } = error {
                    late().insert(name.to_owned(), after);
                }
                return Err(error);
            }
        };
        self.modules.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), module.clone());
        Ok(module)
    }

    /// Where an input's value comes from in a piece made of `inside`. `None` when it has none.
    #[must_use]
    pub fn arrival(&self, node: usize, port: usize, inside: &HashMap<usize, usize>) -> Option<Arrival> {
        match &self.graph.nodes[node].feeds[port] {
            Feed::Import(name) => Some(Arrival::Known { value: self.imports.get(name)?.clone(), ty: Type::Json }),
            Feed::Node { node: from, output } => {
                let ty =
                    members::output_type(&self.graph.nodes[*from], &self.nodes[*from].as_ref().ok()?.made, *output);
                if inside.contains_key(from) {
                    return Some(Arrival::Linked { node: *from, output: *output, ty });
                }
                match &self.state()[*from] {
                    Status::Done { values, .. } => Some(Arrival::Known { value: values.get(*output)?.clone(), ty }),
                    _ => None,
                }
            }
        }
    }

    /// The time and the randomness of this run.
    #[must_use]
    pub fn moment(&self) -> &Arc<Moment> {
        &self.options.moment
    }

    /// Tells that a step begins.
    pub fn begin(&self, node: usize) {
        self.observer.begin(node);
    }

    /// Records a step.
    pub fn finish(&self, step: Step) {
        let Step { node, outcome, took, log } = step;
        let status = match outcome {
            Outcome::Done(values) => {
                self.remember(node, &values);
                Status::Done { values, cached: false, took, log }
            }
            Outcome::Failed { breach, message } => {
                let mut problem = match &*self.ready(node).made {
                    Made::Script { interpreter, library, .. } => {
                        let of = &self.graph.nodes[node];
                        interpreter.explain(&message, of.source(), of.first_line(), library)
                    }
                    _ => crate::lanes::Problem::at_start(message, None),
                };
                problem.help = breach.cure().map(str::to_owned).or(problem.help);
                Status::Failed { breach, failure: Failure::one(problem), took, log }
            }
            Outcome::Cancelled => self.unfinished(),
        };
        self.settle(node, status);
    }

    /// Gives a node its final status, and its dependants theirs if it has nothing for them.
    fn settle(&self, node: usize, status: Status) {
        let blocks = !matches!(status, Status::Done { .. });
        self.observer.finish(node, &status);
        let cancelled = matches!(status, Status::Cancelled | Status::Stopped);
        if matches!(status, Status::Failed { .. }) && !self.options.keep_going {
            self.stop.send_replace(true);
        }
        self.state()[node] = status;
        if !blocks || cancelled {
            return;
        }
        for next in self.graph.order.iter().copied() {
            let of = &self.graph.nodes[next];
            let cause = of.feeds.iter().find_map(|feed| match feed {
                Feed::Node { node: from, .. } if *from == node => Some(node),
                Feed::Node { node: from, .. } => match self.state()[*from] {
                    Status::Skipped { cause } if cause == node => Some(cause),
                    _ => None,
                },
                Feed::Import(_) => None,
            });
            if let Some(cause) = cause.filter(|_| self.pending(next) && self.nodes[next].is_ok()) {
                let status = Status::Skipped { cause };
                self.observer.finish(next, &status);
                self.state()[next] = status;
            }
        }
    }

    /// Settles, in order, every node that cannot run, must not run, or need not run.
    fn settle_what_is_known(&self) {
        // Nothing is said of what nobody asked for.
        for node in (0..self.graph.nodes.len()).filter(|node| !self.options.selection.needed(*node)) {
            self.state()[node] = Status::NotSelected;
        }
        // First what is wrong in itself: it must not be hidden behind something it depends on.
        for node in self.graph.order.iter().copied().filter(|node| self.pending(*node)).collect::<Vec<_>>() {
            if let Err(failure) = &self.nodes[node] {
                let (took, log) = (Duration::ZERO, Vec::new());
                self.settle(node, Status::Failed { breach: Breach::Link, failure: failure.clone(), took, log });
            }
        }
        for node in self.graph.order.iter().copied() {
            if !self.pending(node) {
                continue;
            }
            if !self.graph.nodes[node].eval || self.is_handler(node) {
                self.settle(node, Status::NotEvaluated);
            } else if let Some(values) = self.recall(node) {
                let (took, log) = (Duration::ZERO, Vec::new());
                self.settle(node, Status::Done { values, cached: true, took, log });
            }
        }
    }

    /// Whether a node waits for requests: it is a part of an artifact, and there is nothing of it to run here.
    fn is_handler(&self, node: usize) -> bool {
        self.nodes[node].as_ref().is_ok_and(|ready| matches!(*ready.made, Made::Handler { .. }))
    }

    /// The parts of a node's result key, once all its inputs are known.
    fn parts(&self, node: usize) -> Option<keys::Parts> {
        known::parts_of(self.graph, self.nodes, self.imports, &self.state(), node)
    }

    fn recall(&self, node: usize) -> Option<Vec<Value>> {
        let values = self.recorded(node).or_else(|| {
            if self.options.fresh && self.options.selection.chosen(node) {
                return None;
            }
            known::recall(self.graph, self.nodes, self.imports, &self.state(), self.cache, node)
        })?;
        let readable = !self.read_whole(node) || values.iter().all(|value| value.json().is_some());
        readable.then_some(values)
    }

    /// What an earlier run that this one repeats has for a node.
    fn recorded(&self, node: usize) -> Option<Vec<Value>> {
        if self.options.recorded.is_empty() {
            return None;
        }
        let entry = self.options.recorded.get(&self.parts(node)?.key(known::RESULT))?;
        let values = value::decode(&self.cache?.get(entry.kind, &entry.key)?)?;
        (values.len() == self.graph.nodes[node].outputs.len()).then_some(values)
    }

    fn remember(&self, node: usize, values: &[Value]) {
        let keeps = self.options.remember && known::keeps(self.graph, self.nodes, node);
        let (Some(cache), true) = (self.cache, keeps) else { return };
        if let Some(parts) = self.parts(node) {
            // A full disk costs the next run time, nothing else.
            drop(cache.put(Kind::Result, &parts.key(known::RESULT), &value::encode(values)));
        }
    }

    /// Cuts `todo` into pieces and runs them, independent ones at the same time.
    fn pieces(&self, todo: &[usize]) {
        let most = if self.options.isolate { 1 } else { ISLAND };
        let place: HashMap<usize, usize> = todo.iter().enumerate().map(|(i, node)| (*node, i)).collect();
        let edges = self.graph.edges().into_iter();
        let local: Vec<(usize, usize)> = edges.filter_map(|(a, b)| Some((*place.get(&a)?, *place.get(&b)?))).collect();
        let order: Vec<usize> = (0..todo.len()).collect();
        let pieces = partition::partition(todo.len(), &order, &local, most);
        let mut piece_of = vec![0; todo.len()];
        for (index, piece) in pieces.iter().enumerate() {
            piece.iter().for_each(|node| piece_of[*node] = index);
        }
        let mut waits: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
        for (from, to) in local {
            if piece_of[from] != piece_of[to] {
                waits[piece_of[to]].push(piece_of[from]);
            }
        }
        let pieces: Vec<Vec<usize>> = pieces.into_iter().map(|p| p.into_iter().map(|i| todo[i]).collect()).collect();
        let queue = Queue::new(waits);
        let workers = self.options.jobs.clamp(1, pieces.len());
        std::thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(|| self.work(&pieces, &queue));
            }
            self.work(&pieces, &queue);
        });
    }

    fn work(&self, pieces: &[Vec<usize>], queue: &Queue) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            // Another worker may have one; if none has, what is left is reported as cancelled.
            Err(_) => return,
        };
        while let Some(piece) = queue.take() {
            runtime.block_on(piece::run(self, pieces[piece].clone()));
            queue.done(piece);
        }
    }
}
