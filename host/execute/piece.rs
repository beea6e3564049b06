//! One piece of the graph: composed, compiled, linked into a store of its own, and driven step by step.
//!
//! The host pulls nodes in topological order, one at a time, which is where deadlines, memory accounts and records
//! attach. A trap poisons the store: what is finished is already outside as packed bytes, so the rest is composed again
//! without the culprit and goes on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Store;
use wasmtime::component::{ComponentType, Instance, Lift, Lower};
use wb_composer::adapter::{self, CODEC_MODULE, Spec};
use wb_composer::wire::{self, Feed as WireFeed, Form, HostImportKind, Member};

use super::breach::{self, Breach};
use super::graph::Node;
use super::members::{self, Arrival};
use super::prepare::Ready;
use super::program;
use super::run::Shared;
use super::state::State;
use super::value::Value;
use crate::engine::CompileError;
use crate::lanes::Made;
use crate::linker::{self, Output};
use crate::net::Guard;

/// Values whose packed form is larger than this are not turned into JSON unless somebody must read them.
const JSON_UP_TO: usize = 1 << 20;
/// `port-error` of `wit/node/node.wit`.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub struct PortError {
    /// The component that failed.
    pub component: String,
    /// Why.
    pub message: String,
}

/// What came of a step.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Its outputs, in order.
    Done(Vec<Value>),
    /// It failed.
    Failed {
        /// How.
        breach: Breach,
        /// Why, in words; a script's message as the engine gave it.
        message: String,
    },
    /// The run was cancelled while it was running or waiting.
    Cancelled,
}

/// One finished step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The node.
    pub node: usize,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// What it logged.
    pub log: Vec<String>,
}

/// Runs `todo`, nodes of one piece in topological order, and reports every step through `shared`.
pub async fn run(shared: &Shared<'_>, mut todo: Vec<usize>) {
    loop {
        // Whatever hangs on a failure is skipped there, not composed.
        todo.retain(|node| shared.pending(*node));
        if todo.is_empty() || shared.cancelled() || shared.totals.over() {
            return;
        }
        let mut attempt = match Attempt::compose(shared, &todo) {
            Ok(attempt) => attempt,
            // Whoever compiled it did not wait for longer than the run may take.
            Err(_) if shared.totals.over() => return,
            Err(refused) => {
                alone(shared, &todo, &refused).await;
                return;
            }
        };
        match attempt.instantiate().await {
            Started::Running(instance) => attempt.drive(&instance).await,
            Started::Ended => return,
            Started::Refused(refused) => {
                alone(shared, &todo, &refused).await;
                return;
            }
        }
    }
}

/// A composition that does not work is taken apart: each node on its own, so that only the culprit fails.
async fn alone(shared: &Shared<'_>, todo: &[usize], refused: &Refused) {
    match todo {
        [only] => shared.finish(Step {
            node: *only,
            outcome: Outcome::Failed { breach: refused.breach, message: refused.message.clone() },
            took: Duration::ZERO,
            log: Vec::new(),
        }),
        several => {
            for node in several {
                Box::pin(run(shared, vec![*node])).await;
            }
        }
    }
}

/// What came of instantiating a piece.
enum Started {
    Running(Instance),
    /// The run ended first.
    Ended,
    Refused(Refused),
}

/// Why a composition could not be made.
struct Refused {
    breach: Breach,
    message: String,
}

impl Refused {
    fn link(error: impl std::fmt::Display) -> Self {
        Self { breach: Breach::Link, message: error.to_string() }
    }

    fn compile(error: CompileError) -> Self {
        let breach = if matches!(error, CompileError::Deadline { .. }) { Breach::Compiling } else { Breach::Link };
        Self { breach, message: error.to_string() }
    }
}

/// One composition of a piece.
struct Attempt<'s, 'a> {
    shared: &'s Shared<'a>,
    todo: Vec<usize>,
    specs: Vec<Spec>,
    store: Store<State>,
    linked: wasmtime::component::InstancePre<State>,
    outputs: Vec<Output>,
}

impl<'s, 'a> Attempt<'s, 'a> {
    fn compose(shared: &'s Shared<'a>, todo: &[usize]) -> Result<Self, Refused> {
        let parts = Parts::collect(shared, todo)?;
        let composed = wire::compose(&parts.members(shared, todo), Form::Driven, &[]).map_err(Refused::link)?;
        let component = shared.engine.composition(&composed.bytes, shared.cache).map_err(Refused::compile)?;
        let mut linker = linker::new(shared.engine.wasmtime()).map_err(Refused::link)?;
        for (name, binary) in parts.modules(shared, todo) {
            let module = shared.module(name, binary).map_err(Refused::compile)?;
            linker.root().module(name, &module).map_err(Refused::link)?;
        }
        for (name, value) in &parts.values {
            define_value(&mut linker, name, value).map_err(Refused::link)?;
        }
        let (mut contexts, mut outputs) = (Vec::new(), Vec::new());
        for node in todo {
            let (mut builder, output) =
                linker::context(&shared.ready(*node).grants, shared.root).map_err(Refused::link)?;
            shared.moment().bind(&mut builder, *node, &shared.graph.nodes[*node].id);
            contexts.push((builder.build(), Guard::new(&shared.ready(*node).grants).map_err(Refused::link)?));
            outputs.push(output);
        }
        for import in &composed.imports {
            match &import.kind {
                HostImportKind::Authority { member, interface } => {
                    linker::bind(&mut linker, &import.name, interface, *member).map_err(Refused::link)?;
                }
                HostImportKind::Program { member } => {
                    program::bind(&mut linker, &import.name, shared, todo[*member]).map_err(|error| match error {
                        program::BindError::Compile(error) => Refused::compile(error),
                        other => Refused::link(other),
                    })?;
                }
            }
        }
        let linked = linker.instantiate_pre(&component.code).map_err(|e| Refused::link(format!("{e:#}")))?;
        let mut store = Store::new(shared.engine.wasmtime(), State::new(contexts));
        store.data_mut().limits.charge(shared.totals.account());
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(breach::VALUE_UP_TO);
        store.epoch_deadline_async_yield_and_update(1);
        Ok(Self { shared, todo: todo.to_vec(), specs: parts.specs, store, linked, outputs })
    }

    /// Instantiates the piece. Modules may run code here already (start functions), so the limits hold here too: all
    /// nodes' memory together, and the time of the most patient one. Whose fault a breach is shows when each is tried
    /// alone.
    async fn instantiate(&mut self) -> Started {
        let nodes = || self.todo.iter().map(|node| &self.shared.graph.nodes[*node]);
        let memory = nodes().fold(0u64, |sum, node| sum.saturating_add(node.memory));
        let timeout = nodes().map(|node| node.timeout).max().unwrap_or_default();
        self.store.data_mut().limits.begin(usize::try_from(memory).unwrap_or(usize::MAX));
        let instantiate = tokio::time::timeout(timeout, self.linked.instantiate_async(&mut self.store));
        let started = tokio::select! {
            started = instantiate => started,
            () = self.shared.cancellation() => return Started::Ended,
            () = self.shared.totals.time_is_up() => return Started::Ended,
        };
        let refused = |breach, message| Started::Refused(Refused { breach, message });
        match started {
            Ok(Ok(instance)) => Started::Running(instance),
            Ok(Err(error)) => match self.store.data().limits.refused() {
                Some(Breach::TotalMemory) => refused(Breach::TotalMemory, self.shared.totals.out_of_memory()),
                Some(breach) => refused(breach, format!("needs more memory to start than its {} MiB", memory >> 20)),
                None => refused(Breach::Link, format!("cannot be instantiated: {:#}", error.root_cause())),
            },
            Err(_) => refused(Breach::Deadline, format!("took longer than {} to start", readable(timeout))),
        }
    }

    /// Pulls every node in order. Returns early after a trap: the store cannot be used any more.
    async fn drive(&mut self, instance: &Instance) {
        for position in 0..self.todo.len() {
            let node = self.todo[position];
            if self.shared.totals.over() {
                return;
            }
            if !self.shared.pending(node) {
                continue;
            }
            let of = &self.shared.graph.nodes[node];
            let started = Instant::now();
            self.shared.begin(node);
            // What its modules declare was taken when they were instantiated.
            let left = of.memory.saturating_sub(self.shared.ready(node).declared);
            self.store.data_mut().limits.begin(usize::try_from(left).unwrap_or(usize::MAX));
            let pull = pull(&mut self.store, instance, &of.label, &self.specs[position], self.shared.read_whole(node));
            let late = |breach, message| (Outcome::Failed { breach, message }, true);
            let pulled = tokio::select! {
                pulled = tokio::time::timeout(of.timeout, pull) => pulled.map_err(|_| Breach::Deadline),
                () = self.shared.totals.time_is_up() => Err(Breach::TotalTime),
                () = self.shared.cancellation() => {
                    self.finish(position, Outcome::Cancelled, started);
                    return;
                }
            };
            let (outcome, poisoned) = match pulled {
                Ok(Ok(outcome)) => (outcome, false),
                Ok(Err(trap)) => (self.failure(&trap, of), true),
                Err(Breach::TotalTime) => late(Breach::TotalTime, self.shared.totals.overtook("still running")),
                Err(breach) => late(breach, format!("took longer than {}", readable(of.timeout))),
            };
            self.finish(position, outcome, started);
            if poisoned {
                return;
            }
        }
    }

    /// A trap in words.
    fn failure(&self, error: &wasmtime::Error, node: &Node) -> Outcome {
        let (breach, message) = match self.store.data().limits.refused() {
            Some(Breach::TotalMemory) => (Breach::TotalMemory, self.shared.totals.out_of_memory()),
            Some(breach) => (breach, self.store.data().limits.why(node.memory)),
            None => breach::of_trap(error),
        };
        Outcome::Failed { breach, message }
    }

    fn finish(&mut self, position: usize, outcome: Outcome, started: Instant) {
        let state = self.store.data_mut();
        state.log.write_bytes(&self.outputs[position].contents());
        state.refusals(position).iter().for_each(|line| state.log.write(line));
        let log = state.log.take();
        self.shared.finish(Step { node: self.todo[position], outcome, took: started.elapsed(), log });
    }
}

/// `1.5 s`, `250 ms`.
#[must_use]
pub fn readable(duration: Duration) -> String {
    match duration.as_millis() {
        ms if ms < 1_000 => format!("{ms} ms"),
        ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{:.1} s", ms as f64 / 1_000.0),
    }
}

/// Makes one node do its work and fetches its outputs.
async fn pull(
    store: &mut Store<State>,
    instance: &Instance,
    label: &str,
    spec: &Spec,
    whole: bool,
) -> wasmtime::Result<Outcome> {
    let missing = || wasmtime::format_err!("the composition has no `{label}`; this is a bug in wb");
    let at = instance.get_export_index(&mut *store, None, label).ok_or_else(missing)?;
    let export = |store: &mut Store<State>, name: &str| {
        instance.get_export_index(&mut *store, Some(&at), name).ok_or_else(missing)
    };
    let step = export(store, adapter::STEP)?;
    let step = instance.get_typed_func::<(), (Result<(), PortError>,)>(&mut *store, &step)?;
    let (done,) = step.call_async(&mut *store, ()).await?;
    if let Err(error) = done {
        let breach = store.data().limits.refused().unwrap_or(Breach::Error);
        return Ok(Outcome::Failed { breach, message: error.message });
    }
    let mut values = Vec::with_capacity(spec.outputs.len());
    for output in &spec.outputs {
        let packed = export(store, &output.packed_name())?;
        let packed = instance.get_typed_func::<(), (Vec<u8>,)>(&mut *store, &packed)?;
        let (bytes,) = packed.call_async(&mut *store, ()).await?;
        let json = if whole || bytes.len() <= JSON_UP_TO {
            let json = export(store, &output.json_name())?;
            let json = instance.get_typed_func::<(), (String,)>(&mut *store, &json)?;
            Some(Arc::from(json.call_async(&mut *store, ()).await?.0))
        } else {
            None
        };
        values.push(Value::Produced { packed: bytes.into(), json });
    }
    Ok(Outcome::Done(values))
}

/// Everything a composition is made of, owned, so that members can borrow from it.
struct Parts {
    specs: Vec<Spec>,
    adapters: Vec<Vec<u8>>,
    feeds: Vec<Vec<OwnedFeed>>,
    /// Import name and value, for every known input.
    values: Vec<(String, Value)>,
}

enum OwnedFeed {
    Member { member: usize, output: usize },
    Import(String),
}

impl Parts {
    fn collect(shared: &Shared<'_>, todo: &[usize]) -> Result<Self, Refused> {
        let position: HashMap<usize, usize> = todo.iter().enumerate().map(|(i, node)| (*node, i)).collect();
        let mut parts = Self { specs: Vec::new(), adapters: Vec::new(), feeds: Vec::new(), values: Vec::new() };
        for node in todo {
            let of = &shared.graph.nodes[*node];
            let ready = shared.ready(*node);
            let arrivals: Vec<Arrival> = members::parameters(of, &ready.made)
                .into_iter()
                .map(|port| shared.arrival(*node, port, &position))
                .collect::<Option<_>>()
                .ok_or_else(|| Refused::link("an input has no value; this is a bug in wb"))?;
            let spec = members::spec(of, ready, &arrivals, shared.given(ready));
            parts.adapters.push(adapter::build(&spec, wb_components::CODEC).map_err(Refused::link)?);
            let mut feeds = Vec::new();
            for (input, arrival) in spec.inputs.iter().zip(arrivals) {
                feeds.push(match arrival {
                    Arrival::Linked { node, output, .. } => OwnedFeed::Member { member: position[&node], output },
                    Arrival::Known { value, .. } => {
                        let name = format!("{}-{}", of.label, input.import_name());
                        parts.values.push((name.clone(), value));
                        OwnedFeed::Import(name)
                    }
                });
            }
            parts.feeds.push(feeds);
            parts.specs.push(spec);
        }
        Ok(parts)
    }

    fn members<'p>(&'p self, shared: &'p Shared<'_>, todo: &[usize]) -> Vec<Member<'p>> {
        let member = |(i, node): (usize, &usize)| Member {
            label: &shared.graph.nodes[*node].label,
            spec: &self.specs[i],
            adapter: &self.adapters[i],
            engine: match &*shared.ready(*node).made {
                Made::Script { interpreter, .. } => wire::Engine::Script(shared.engines.component(*interpreter)),
                Made::Function { component, interface, signature } => wire::Engine::Component {
                    bytes: component,
                    function: &signature.name,
                    interface: interface.as_deref(),
                },
                Made::Program { .. } | Made::Handler { .. } => wire::Engine::Host,
            },
            inputs: self.feeds[i]
                .iter()
                .map(|feed| match feed {
                    OwnedFeed::Member { member, output } => WireFeed::Member { member: *member, output: *output },
                    OwnedFeed::Import(name) => WireFeed::Import(name),
                })
                .collect(),
            guard: None,
        };
        todo.iter().enumerate().map(member).collect()
    }

    /// The core modules the composition imports.
    fn modules<'p>(&self, shared: &'p Shared<'_>, todo: &[usize]) -> BTreeMap<&'p str, &'p [u8]> {
        let mut modules: BTreeMap<&str, &[u8]> = BTreeMap::from([(CODEC_MODULE, wb_components::CODEC)]);
        let mut add = |from: &'p BTreeMap<String, Vec<u8>>| {
            modules.extend(from.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        };
        for node in todo {
            let ready: &Ready = shared.ready(*node);
            add(&ready.modules);
            if let Made::Script { interpreter, .. } = &*ready.made
                && let Some(modules) = shared.engines.modules(*interpreter)
            {
                add(modules);
            }
        }
        modules
    }
}

/// Defines the import through which a known value enters.
fn define_value(linker: &mut wasmtime::component::Linker<State>, name: &str, value: &Value) -> wasmtime::Result<()> {
    match value.clone() {
        Value::Json(text) => {
            linker.root().func_wrap(name, move |_, (): ()| Ok((Ok::<_, PortError>(text.to_string()),)))
        }
        Value::Produced { packed, .. } => {
            linker.root().func_wrap(name, move |_, (): ()| Ok((Ok::<_, PortError>(packed.to_vec()),)))
        }
    }
}
