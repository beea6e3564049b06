//! A workbook as one component that stands alone: for a library's user, or for stock `wasmtime run`.
//!
//! All nodes in one composition, nothing left to this host: named data and defaults are inside as constants, engines and
//! the codec are embedded once each, and a node with rights is behind guests that let through no more than those.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use wasm_encoder::{ComponentSection as _, CustomSection, ProducersField, ProducersSection};
use wb_composer::adapter::{self, Body, CODEC_MODULE, Input, Output, Source, Spec};
use wb_composer::hoist;
use wb_composer::label;
use wb_composer::right::Right;
use wb_composer::types::Type;
use wb_composer::wire::{
    self, Attenuators, ComposeError, Engine, Export, Feed as WireFeed, Form, Guard, Member, Route, Routes,
};

use crate::execute::engines::Engines;
use crate::execute::graph::{Feed, Graph};
use crate::execute::members::{self, Arrival};
use crate::execute::prepare::Ready;
use crate::grants;
use crate::lanes::Made;
use crate::lanes::interpreter::Given as Known;

/// The guests between a node and whoever hosts the artifact.
const ATTENUATORS: Attenuators<'static> = Attenuators {
    system: wb_components::ATTENUATOR_SYSTEM,
    time: wb_components::ATTENUATOR_TIME,
    passive: wb_components::ATTENUATOR_PASSIVE,
    requests: wb_components::ATTENUATOR_REQUESTS,
    files: wb_components::ATTENUATOR_FILES,
    variables: wb_components::ATTENUATOR_VARIABLES,
};

/// What the artifact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// A component whose imports are the workbook's inputs and whose exports are its outputs
    Library,
    /// A program (`wasi:cli/run`): inputs from arguments or standard input, outputs as JSON
    Run,
    /// A handler (`wasi:http`): the page, `POST /run`, and each output at its own path
    Http,
}

/// A value that the file itself gives to an import.
pub struct Given {
    /// JSON text.
    pub json: String,
    /// Whether a caller may replace it (a default) or not (named data).
    pub replaceable: bool,
}

/// What goes into an artifact.
pub struct Plan<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Its nodes, all of them made.
    pub nodes: Vec<&'a Ready>,
    /// Values of imports that the file gives.
    pub given: HashMap<String, Given>,
    /// Types of the imports as the plan has them.
    pub types: HashMap<String, String>,
    /// What is exported: name, node, output.
    pub exports: Vec<(String, usize, usize)>,
    /// The shared engines that the nodes need.
    pub engines: &'a Engines,
    /// Name and digest of the workbook, for the metadata.
    pub source: (String, String),
    /// The page and its content security policy, for [`Target::Http`].
    pub page: Option<(String, String)>,
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The parts do not compose.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A node is a program of its own.
    #[error("`{id}` is a program that reads stdin; only blocks with a function can be part of an artifact")]
    Program {
        /// The node.
        id: String,
    },
    /// A node needs what only this host has.
    #[error("`{id}` was granted `{right}`, which only wb itself can keep; an artifact for other hosts cannot have it")]
    Secret {
        /// The node.
        id: String,
        /// The right.
        right: Right,
    },
    /// A node that answers requests, in an artifact that gets none.
    #[error("`{id}` answers HTTP requests; only an artifact for HTTP has a place for it (`--target http`)")]
    Handler {
        /// The node.
        id: String,
    },
    /// A node that answers requests has a name that is taken.
    #[error("`{id}` would answer requests below `{path}`, which {taken} does already; give its heading another name")]
    Route {
        /// The node.
        id: String,
        /// Its path.
        path: String,
        /// Who has it.
        taken: String,
    },
    /// An adapter cannot be generated.
    #[error(transparent)]
    Adapter(#[from] adapter::AdapterError),
    /// Embedding failed; a fault of ours.
    #[error(transparent)]
    Embed(#[from] hoist::HoistError),
}

/// Composes the artifact.
///
/// # Errors
///
/// When a node cannot be part of one, or the parts do not fit.
pub fn build(plan: &Plan<'_>, target: Target) -> Result<Vec<u8>, ArtifactError> {
    let mut draft = Draft { plan, target, members: Vec::new(), place: HashMap::new(), imports: HashMap::new() };
    for node in &plan.graph.order {
        draft.node(*node)?;
    }
    let paths = if target == Target::Http { paths(plan)? } else { Vec::new() };
    let routes: Vec<Route<'_>> = paths.iter().map(|path| path.route()).collect();
    let form = match target {
        Target::Library => Form::Library,
        Target::Run => Form::Program { main: wb_components::ARTIFACT_MAIN, outputs: draft.collect() },
        Target::Http => draft.handler(Routes { guest: wb_components::ARTIFACT_ROUTE, all: &routes }),
    };
    let adapters: Vec<Vec<u8>> = draft
        .members
        .iter()
        .enumerate()
        .map(|(index, member)| match target {
            Target::Http => adapter::build_resettable(&member.spec, wb_components::CODEC, index > 0),
            Target::Library | Target::Run => adapter::build(&member.spec, wb_components::CODEC),
        })
        .collect::<Result<_, _>>()?;
    let members: Vec<Member<'_>> =
        draft.members.iter().zip(&adapters).map(|(draft, bytes)| draft.member(bytes)).collect();
    let names = label::unique(plan.exports.iter().map(|(name, ..)| name.as_str()));
    let exports: Vec<Export<'_>> = plan
        .exports
        .iter()
        .zip(&names)
        .map(|((_, node, output), name)| Export { name, member: draft.place[node], output: *output })
        .collect();
    let composed = wire::compose(&members, form, &exports)?;
    let mut bytes = hoist::embed(&composed.bytes, &modules(plan))?;
    metadata(plan, &mut bytes);
    Ok(bytes)
}

/// A node that answers requests, and its path.
struct Path<'a> {
    id: &'a str,
    path: String,
    component: &'a [u8],
    rights: Vec<Right>,
}

impl Path<'_> {
    fn route(&self) -> Route<'_> {
        let guard = Guard { parts: ATTENUATORS, rights: &self.rights };
        Route { id: self.id, path: &self.path, component: self.component, guard }
    }
}

/// The nodes that answer requests themselves. Each has the path that its heading is called.
fn paths<'a>(plan: &Plan<'a>) -> Result<Vec<Path<'a>>, ArtifactError> {
    let mut paths: Vec<Path<'a>> = Vec::new();
    for (node, ready) in plan.graph.nodes.iter().zip(&plan.nodes) {
        let Made::Handler { component } = &*ready.made else { continue };
        let name = &node.heading;
        let path = format!("/{name}");
        let taken = match () {
            () if name == "run" => Some("the workbook".to_owned()),
            () if plan.exports.iter().any(|(export, ..)| export == name) => Some(format!("the export `{name}`")),
            () => paths.iter().find(|other| other.path == path).map(|other| format!("`{}`", other.id)),
        };
        if let Some(taken) = taken {
            return Err(ArtifactError::Route { id: node.id.clone(), path, taken });
        }
        let rights = granted(&node.id, &node.caps)?;
        paths.push(Path { id: &node.id, path, component, rights });
    }
    Ok(paths)
}

/// The rights of a node. Words that are none were refused when it was made.
fn granted(id: &str, caps: &[String]) -> Result<Vec<Right>, ArtifactError> {
    let rights = grants::rights(caps).unwrap_or_default();
    match rights.iter().find(|right| matches!(right, Right::Secret { .. })) {
        Some(right) => Err(ArtifactError::Secret { id: id.to_owned(), right: right.clone() }),
        None => Ok(rights),
    }
}

/// One member being drafted.
struct Drafted<'a> {
    label: String,
    spec: Spec,
    engine: Engine<'a>,
    feeds: Vec<OwnedFeed>,
    rights: Vec<Right>,
}

#[derive(Clone)]
enum OwnedFeed {
    Member(usize, usize),
    Import(String),
}

impl<'a> Drafted<'a> {
    fn member(&'a self, adapter: &'a [u8]) -> Member<'a> {
        let feed = |feed: &'a OwnedFeed| match feed {
            OwnedFeed::Member(member, output) => WireFeed::Member { member: *member, output: *output },
            OwnedFeed::Import(name) => WireFeed::Import(name),
        };
        let engine = match &self.engine {
            Engine::None => Engine::None,
            Engine::Script(bytes) => Engine::Script(bytes),
            Engine::Component { bytes, function, interface } => {
                Engine::Component { bytes, function, interface: *interface }
            }
            Engine::Shared { bytes, function } => Engine::Shared { bytes, function },
            Engine::Host => Engine::Host,
        };
        let inputs = self.feeds.iter().map(feed).collect();
        let guard = Some(Guard { parts: ATTENUATORS, rights: &self.rights });
        Member { label: &self.label, spec: &self.spec, adapter, engine, inputs, guard }
    }
}

struct Draft<'p, 'a> {
    plan: &'p Plan<'a>,
    target: Target,
    members: Vec<Drafted<'p>>,
    /// Where each node of the graph is among the members.
    place: HashMap<usize, usize>,
    /// Where the value of each import comes from, and its type.
    imports: HashMap<String, (OwnedFeed, Type)>,
}

impl<'p> Draft<'p, '_> {
    fn node(&mut self, node: usize) -> Result<(), ArtifactError> {
        let plan = self.plan;
        let (of, ready) = (&plan.graph.nodes[node], plan.nodes[node]);
        let (mut arrivals, mut feeds) = (Vec::new(), Vec::new());
        for port in members::parameters(of, &ready.made) {
            let (feed, ty) = match &of.feeds[port] {
                Feed::Node { node: from, output } => {
                    let ty = members::output_type(&plan.graph.nodes[*from], &plan.nodes[*from].made, *output);
                    (OwnedFeed::Member(self.place[from], *output), ty)
                }
                Feed::Import(name) => self.import(name),
            };
            arrivals.push(Arrival::Linked { node, output: 0, ty });
            feeds.push(feed);
        }
        let engine = match &*ready.made {
            Made::Script { interpreter, .. } => Engine::Script(plan.engines.component(*interpreter)),
            Made::Function { component, interface, signature } => {
                Engine::Component { bytes: component, function: &signature.name, interface: interface.as_deref() }
            }
            Made::Program { .. } => return Err(ArtifactError::Program { id: of.id.clone() }),
            Made::Handler { .. } if self.target != Target::Http => {
                return Err(ArtifactError::Handler { id: of.id.clone() });
            }
            // It is no member: it stands in front of them.
            Made::Handler { .. } => return Ok(()),
        };
        let spec = members::spec(of, ready, &arrivals, Known::default());
        let rights = granted(&of.id, &of.caps)?;
        self.place.insert(node, self.members.len());
        self.members.push(Drafted { label: of.label.clone(), spec, engine, feeds, rights });
        Ok(())
    }

    /// Where an import's value comes from: the file, the arguments of a program, or an import of the library.
    fn import(&mut self, name: &str) -> (OwnedFeed, Type) {
        if let Some(known) = self.imports.get(name) {
            return known.clone();
        }
        let made = match (self.plan.given.get(name), self.target) {
            (Some(given), target) if !given.replaceable || target == Target::Library => {
                (self.constant(name, &given.json), Type::Json)
            }
            (given, Target::Run | Target::Http) => {
                (self.argument(name, given.map_or("", |given| &given.json)), Type::Json)
            }
            (_, Target::Library) => (OwnedFeed::Import(label::kebab(name)), self.import_type(name)),
        };
        self.imports.insert(name.to_owned(), made.clone());
        made
    }

    /// The type of a library's import: that of the first consumer that is not content with JSON.
    fn import_type(&self, name: &str) -> Type {
        let graph = self.plan.graph;
        let consumers = graph.nodes.iter().zip(&self.plan.nodes).flat_map(|(node, ready)| {
            node.feeds
                .iter()
                .enumerate()
                .filter(|(_, feed)| **feed == Feed::Import(name.to_owned()))
                .map(move |(input, _)| members::input_type(node, &ready.made, input))
        });
        consumers.into_iter().find(|ty| *ty != Type::Json).unwrap_or(Type::Json)
    }

    fn push(&mut self, label: String, spec: Spec, engine: Engine<'p>, feeds: Vec<OwnedFeed>) -> OwnedFeed {
        self.members.push(Drafted { label, spec, engine, feeds, rights: Vec::new() });
        OwnedFeed::Member(self.members.len() - 1, 0)
    }

    fn constant(&mut self, name: &str, json: &str) -> OwnedFeed {
        let key = serde_json::Value::from(name);
        let spec = Spec {
            id: name.to_owned(),
            inputs: Vec::new(),
            outputs: vec![Output { name: name.to_owned(), label: "value".to_owned(), ty: Type::Json }],
            body: Body::Constant { json: format!("{{{key}:{json}}}") },
        };
        self.push(format!("value-{}", self.members.len()), spec, Engine::None, Vec::new())
    }

    /// A node that asks the program's arguments for an input.
    fn argument(&mut self, name: &str, default: &str) -> OwnedFeed {
        let ty = self.plan.types.get(name).map_or("json", String::as_str);
        let texts = [("name", name), ("ty", ty), ("default", default)];
        let json: serde_json::Map<String, serde_json::Value> =
            texts.iter().map(|(key, text)| ((*key).to_owned(), (*text).into())).collect();
        let port = |key: &str| (key.to_owned(), key.to_owned(), Type::String);
        let ports: Vec<_> = texts.iter().map(|(key, _)| port(key)).collect();
        let constants = Spec {
            id: name.to_owned(),
            inputs: Vec::new(),
            outputs: ports.iter().cloned().map(|(name, label, ty)| Output { name, label, ty }).collect(),
            body: Body::Constant { json: serde_json::Value::Object(json).to_string() },
        };
        let index = self.members.len();
        self.push(format!("value-{index}"), constants, Engine::None, Vec::new());
        let result = Type::Result(Some(Box::new(Type::String)), Some(Box::new(Type::String)));
        let get = Spec {
            id: name.to_owned(),
            inputs: ports
                .into_iter()
                .map(|(name, label, ty)| Input { name, label, source: Source::Typed(ty.clone()), ty })
                .collect(),
            outputs: vec![Output { name: name.to_owned(), label: "value".to_owned(), ty: Type::Json }],
            body: Body::Function { result: Some(result), fallible: true, fields: Vec::new() },
        };
        let engine = Engine::Shared { bytes: self.arguments(), function: "get" };
        let feeds = (0..texts.len()).map(|output| OwnedFeed::Member(index, output)).collect();
        self.push(format!("value-{}", index + 1), get, engine, feeds)
    }

    /// The component that has the inputs of a run.
    fn arguments(&self) -> &'static [u8] {
        if self.target == Target::Http { wb_components::ARTIFACT_INPUTS } else { wb_components::ARTIFACT_ARGS }
    }

    /// The node that gathers all outputs as one JSON object; answers its place.
    fn collect(&mut self) -> usize {
        let output = Output { name: "outputs".to_owned(), label: "value".to_owned(), ty: Type::Json };
        self.gather(Body::Collect, vec![output])
    }

    /// The node that gives one output at a time, and the one that has the settings.
    fn handler<'f>(&mut self, routes: Routes<'f>) -> Form<'f> {
        let plan = self.plan;
        let (page, policy) = plan.page.clone().unwrap_or_default();
        let ty = |node: usize, output: usize| {
            members::output_type(&plan.graph.nodes[node], &plan.nodes[node].made, output).to_string()
        };
        let exports: Vec<serde_json::Value> = plan
            .exports
            .iter()
            .map(|(name, node, output)| serde_json::json!({ "name": name, "type": ty(*node, *output) }))
            .collect();
        let fixed = |name: &&String| plan.given.get(*name).is_none_or(|given| given.replaceable);
        let mut imports: Vec<&String> = plan.types.keys().filter(fixed).collect();
        imports.sort();
        let settings =
            serde_json::json!({ "page": page, "policy": policy, "imports": imports, "exports": exports }).to_string();
        self.constant("settings", &settings);
        let settings = self.members.len() - 1;
        let select = self.gather(Body::Select, Vec::new());
        let (front, inputs) = (wb_components::ARTIFACT_FRONT, wb_components::ARTIFACT_INPUTS);
        Form::Handler { front, inputs, select, settings, routes }
    }

    /// A node that takes all exports; answers its place.
    fn gather(&mut self, body: Body, outputs: Vec<Output>) -> usize {
        let json = matches!(body, Body::Select);
        let labels = label::unique(self.plan.exports.iter().map(|(name, ..)| name.as_str()));
        let inputs = self.plan.exports.iter().zip(labels).map(|((name, node, output), label)| {
            let ty = members::output_type(&self.plan.graph.nodes[*node], &self.plan.nodes[*node].made, *output);
            let source = Source::Typed(ty.clone());
            Input { name: name.clone(), label, source, ty: if json { Type::Json } else { ty } }
        });
        let spec = Spec { id: "outputs".to_owned(), inputs: inputs.collect(), outputs, body };
        let feeds =
            self.plan.exports.iter().map(|(_, node, output)| OwnedFeed::Member(self.place[node], *output)).collect();
        self.push("outputs".to_owned(), spec, Engine::None, feeds);
        self.members.len() - 1
    }
}

/// Every core module the composition imports.
fn modules<'p>(plan: &Plan<'p>) -> BTreeMap<String, Cow<'p, [u8]>> {
    let mut modules = BTreeMap::from([(CODEC_MODULE.to_owned(), Cow::Borrowed(wb_components::CODEC))]);
    let parts = plan.nodes.iter().map(|ready| &*ready.modules).chain(plan.engines.iter().map(|engine| &engine.modules));
    for (name, bytes) in parts.flatten() {
        modules.insert(name.clone(), Cow::Owned(bytes.clone()));
    }
    modules
}

/// Says what made the component, and from what.
fn metadata(plan: &Plan<'_>, bytes: &mut Vec<u8>) {
    let mut field = ProducersField::new();
    field.value("wb", env!("CARGO_PKG_VERSION"));
    let mut producers = ProducersSection::new();
    producers.field("processed-by", &field);
    wasm_encoder::ComponentSection::append_to_component(&producers, bytes);
    let (name, digest) = &plan.source;
    let source = serde_json::json!({ "workbook": name, "blake3": digest }).to_string();
    CustomSection { name: "wb.source".into(), data: source.as_bytes().into() }.append_to_component(bytes);
}
