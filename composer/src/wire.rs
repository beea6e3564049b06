//! From members to one component: every edge becomes a component-model link, made and type-checked by `wac-graph`.
//!
//! Imports of members that are left over are of four kinds, and the answer lists each ([`HostImport`]): values the
//! host knows, interfaces that mint authority (renamed per node, so that each name is one node's right), core modules
//! (code taken out by [`crate::hoist`]), and interfaces that only act on handles somebody already holds.

mod attenuate;
mod error;
mod look;
mod route;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wac_graph::types::{self, InterfaceId, ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, InstantiationArgumentError, NodeId, PackageId};

use crate::adapter::{self, Body, CALL, ENGINE_INIT, ENGINE_INVOKE, Spec};
use crate::authority::{self, Kind};
use crate::declare::BOOK_TYPES;
use crate::types::{Named, Type};
use crate::{hoist, sink};

pub use self::attenuate::{Attenuators, Guard};
pub use self::error::ComposeError;
pub use self::route::{Route, Routes};

/// Most nodes in one composition: component validation allows [`MAX_INSTANCES`], and a node has at least two.
pub const MAX_NODES: usize = 450;
/// Most instances in one component: a node has two, and one more for each export, each authority and an interface.
pub const MAX_INSTANCES: usize = 1000;
/// Most distinct neighbours of one node: beyond this wasmtime's fused adapters exceed 100 memories.
pub const MAX_NEIGHBOURS: usize = 90;

/// One node to be composed.
pub struct Member<'a> {
    /// Unique kebab-case name of the node in this composition; its exported instance has this name.
    pub label: &'a str,
    /// What the adapter was generated from.
    pub spec: &'a Spec,
    /// The adapter's bytes.
    pub adapter: &'a [u8],
    /// What the adapter drives.
    pub engine: Engine<'a>,
    /// Where each input comes from, in the order of `spec.inputs`.
    pub inputs: Vec<Feed<'a>>,
    /// What it was granted, for artifacts: without, one that has rights cannot be in an artifact.
    pub guard: Option<Guard<'a>>,
}

/// What computes a node's outputs.
pub enum Engine<'a> {
    /// Nothing: the adapter passes values through.
    None,
    /// A component that exports the node's function.
    Component {
        /// Its bytes.
        bytes: &'a [u8],
        /// The export to call.
        function: &'a str,
        /// The interface the function is exported in, if it is not exported directly.
        interface: Option<&'a str>,
    },
    /// A shared script engine.
    Script(&'a [u8]),
    /// A component of which all members that name it share one instance.
    Shared {
        /// Its bytes.
        bytes: &'a [u8],
        /// The export to call.
        function: &'a str,
    },
    /// The host: a program run outside the composition, imported as `<label>-call`.
    Host,
}

/// Where an input comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Feed<'a> {
    /// Another member's output.
    Member {
        /// Index of the member.
        member: usize,
        /// Index of its output.
        output: usize,
    },
    /// The host, through an import of that name. Inputs with the same name share one import.
    Import(&'a str),
}

/// What a composition shows to its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form<'a> {
    /// Each node as an instance `<label>` with `step`, its ports, and their packed and JSON forms: for a run.
    Driven,
    /// Each named output as a function `func() -> result<T, port-error>`: a library component, for stock hosts.
    /// What mints authority is behind the member's [`Guard`], and engines' consoles go nowhere.
    Library,
    /// A program: `main` is instantiated on top, takes the one output of a member as `outputs`, and gives its
    /// `wasi:cli/run`. For stock hosts, like a library.
    Program {
        /// A component that imports `outputs` and exports [`RUN`].
        main: &'a [u8],
        /// The member whose first output it prints.
        outputs: usize,
    },
    /// A handler of HTTP requests: `front` is instantiated on top, takes `settings` (a member's first output), `output` (a
    /// [`Body::Select`]), `set` (of the component that all [`Engine::Shared`] members share) and `reset` (of the last
    /// member; adapters are made with [`adapter::build_resettable`], the first as the last of the chain). For stock hosts.
    Handler {
        /// A component that imports all that and exports [`HANDLER`].
        front: &'a [u8],
        /// The component that gives members their inputs.
        inputs: &'a [u8],
        /// The member that selects.
        select: usize,
        /// The member that has the settings.
        settings: usize,
        /// Components that answer requests in its place.
        routes: Routes<'a>,
    },
}

/// The entry point of a handler.
pub const HANDLER: &str = "wasi:http/incoming-handler@0.2.0";

/// The entry point of a program.
pub const RUN: &str = "wasi:cli/run@0.2.0";

/// An output that a library exports.
pub struct Export<'a> {
    /// The exported name.
    pub name: &'a str,
    /// Index of the member.
    pub member: usize,
    /// Index of its output.
    pub output: usize,
}

/// A composed component and what it asks of its host.
#[derive(Debug)]
pub struct Composed {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its imports that are not values, sorted by name.
    pub imports: Vec<HostImport>,
}

/// One import of a composition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostImport {
    /// The import's name.
    pub name: String,
    /// Whose it is and what is behind it.
    pub kind: HostImportKind,
}

/// What stands behind an import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostImportKind {
    /// An interface that mints authority, for one member only.
    Authority {
        /// Index of the member.
        member: usize,
        /// The full interface name, `wasi:filesystem/preopens@0.2.3`.
        interface: String,
    },
    /// A program that the host runs for one member.
    Program {
        /// Index of the member.
        member: usize,
    },
}

/// Composes `members`. `exports` matters for [`Form::Library`] only.
pub fn compose(members: &[Member<'_>], form: Form<'_>, exports: &[Export<'_>]) -> Result<Composed, ComposeError> {
    if members.len() > MAX_NODES {
        return Err(ComposeError::TooMany { nodes: members.len() });
    }
    check_hubs(members)?;
    let mut wiring = Wiring {
        members,
        form,
        graph: CompositionGraph::new(),
        packages: HashMap::new(),
        books: Vec::new(),
        shared: HashMap::new(),
        imports: HashMap::new(),
        policies: HashMap::new(),
        own: 0,
        found: Vec::new(),
    };
    let mut adapters = Vec::with_capacity(members.len());
    for index in 0..members.len() {
        adapters.push(wiring.member(index)?);
    }
    for index in 0..members.len() {
        wiring.feeds(index, &adapters)?;
    }
    match form {
        Form::Driven => {
            for (member, adapter) in members.iter().zip(&adapters) {
                wiring.graph.export(*adapter, member.label).map_err(|e| part(member, &e))?;
            }
        }
        Form::Library => {
            for export in exports {
                let member = &members[export.member];
                let label = member.spec.outputs[export.output].export_name();
                let port = wiring
                    .graph
                    .alias_instance_export(adapters[export.member], &label)
                    .map_err(|e| part(member, &e))?;
                wiring.graph.export(port, export.name).map_err(|e| part(member, &e))?;
            }
        }
        Form::Program { main, outputs } => {
            let member = &members[outputs];
            let package = wiring.package(main, outputs)?;
            let program = wiring.graph.instantiate(package);
            let name = member.spec.outputs[0].export_name();
            let port = wiring.graph.alias_instance_export(adapters[outputs], &name).map_err(|e| part(member, &e))?;
            wiring.set(program, "outputs", port, outputs)?;
            let run = wiring.graph.alias_instance_export(program, RUN).map_err(|e| part(member, &e))?;
            wiring.graph.export(run, RUN).map_err(|e| part(member, &e))?;
        }
        Form::Handler { front, inputs, select, settings, routes } => {
            for (index, pair) in adapters.windows(2).enumerate() {
                wiring.plug(pair[0], adapter::RESET, pair[1], adapter::RESET_NEXT, index + 1)?;
            }
            let package = wiring.package(front, select)?;
            let handler = wiring.graph.instantiate(package);
            let inputs = wiring.shared(inputs, select)?;
            let text = members[settings].spec.outputs[0].export_name();
            wiring.plug(adapters[settings], &text, handler, "settings", settings)?;
            wiring.plug(adapters[select], adapter::SELECT, handler, adapter::SELECT, select)?;
            wiring.plug(inputs, "set", handler, "set", select)?;
            wiring.plug(adapters[members.len() - 1], adapter::RESET, handler, adapter::RESET, select)?;
            let served =
                wiring.graph.alias_instance_export(handler, HANDLER).map_err(|e| part(&members[select], &e))?;
            let served = wiring.routed(served, routes, select)?;
            wiring.graph.export(served, HANDLER).map_err(|e| part(&members[select], &e))?;
        }
    }
    wiring.finish()
}

fn part(member: &Member<'_>, error: &dyn std::fmt::Display) -> ComposeError {
    ComposeError::Part { id: member.spec.id.clone(), detail: error.to_string() }
}

fn check_hubs(members: &[Member<'_>]) -> Result<(), ComposeError> {
    let mut neighbours: Vec<std::collections::BTreeSet<usize>> = vec![Default::default(); members.len()];
    for (index, member) in members.iter().enumerate() {
        for feed in &member.inputs {
            if let Feed::Member { member: from, .. } = feed {
                neighbours[index].insert(*from);
                neighbours[*from].insert(index);
            }
        }
    }
    match neighbours.iter().position(|set| set.len() > MAX_NEIGHBOURS) {
        Some(index) => {
            Err(ComposeError::Hub { id: members[index].spec.id.clone(), neighbours: neighbours[index].len() })
        }
        None => Ok(()),
    }
}

struct Wiring<'m, 'a> {
    members: &'m [Member<'a>],
    form: Form<'m>,
    graph: CompositionGraph,
    /// Registered packages by the address of their bytes and their set of declarations: a part shared by members is
    /// one package.
    packages: HashMap<(*const u8, usize, usize), PackageId>,
    /// Sets of declarations, of which each has one meaning for a name. Members of one workbook share the first.
    books: Vec<HashMap<String, Arc<Named>>>,
    /// Instances that members share, by the address of their bytes.
    shared: HashMap<*const u8, NodeId>,
    /// Explicit value imports by name.
    imports: HashMap<String, NodeId>,
    /// Components that say what was granted, by what they say.
    policies: HashMap<String, NodeId>,
    /// How many packages are of bytes made here.
    own: usize,
    found: Vec<HostImport>,
}

impl Wiring<'_, '_> {
    fn package(&mut self, bytes: &[u8], member: usize) -> Result<PackageId, ComposeError> {
        let of = &self.members[member];
        let book = self.book(member);
        let key = (bytes.as_ptr(), bytes.len(), book);
        if let Some(id) = self.packages.get(&key) {
            return Ok(*id);
        }
        let name = format!("wb:part{}", self.packages.len());
        let bytes = match book {
            0 => Cow::Borrowed(bytes),
            // Rare: a name that means something else in another member. Its declarations get an import of their own.
            _ => {
                let name = format!("{BOOK_TYPES}-n{}", book + 1);
                Cow::Owned(hoist::rename_import(bytes, BOOK_TYPES, &name).map_err(|e| part(of, &e))?)
            }
        };
        let package = Package::from_bytes(&name, None, &*bytes, self.graph.types_mut())
            .map_err(|e| part(of, &format!("{e:#}")))?;
        let id = self.graph.register_package(package).map_err(|e| part(of, &e))?;
        self.packages.insert(key, id);
        Ok(id)
    }

    /// A package of bytes that nobody else has.
    fn own_package(
        &mut self,
        bytes: Vec<u8>,
        fail: &dyn Fn(String) -> ComposeError,
    ) -> Result<PackageId, ComposeError> {
        self.own += 1;
        let name = format!("wb:own{}", self.own);
        let package = Package::from_bytes(&name, None, bytes, self.graph.types_mut());
        let package = package.map_err(|error| fail(format!("{error:#}")))?;
        self.graph.register_package(package).map_err(|error| fail(error.to_string()))
    }

    /// The set of declarations that a member takes part in.
    fn book(&mut self, member: usize) -> usize {
        let declared = adapter::declarations(self.members[member].spec);
        let agrees = |book: &HashMap<String, Arc<Named>>| {
            declared.iter().all(|(name, named)| {
                let other = book.get(name).map(|other| Type::Named(Arc::clone(other)));
                other.is_none_or(|other| other.same(&Type::Named(Arc::clone(named))))
            })
        };
        let index = self.books.iter().position(agrees).unwrap_or_else(|| {
            self.books.push(HashMap::new());
            self.books.len() - 1
        });
        self.books[index].extend(declared);
        index
    }

    /// Instantiates a member's parts and answers its adapter.
    fn member(&mut self, index: usize) -> Result<NodeId, ComposeError> {
        let member = &self.members[index];
        let package = self.package(member.adapter, index)?;
        let adapter = self.graph.instantiate(package);
        match (&member.engine, &member.spec.body) {
            (Engine::None, _) => {}
            (Engine::Script(bytes), _) => {
                let engine = self.part(bytes, index)?;
                for (export, argument) in [("init", ENGINE_INIT), ("wb-invoke", ENGINE_INVOKE)] {
                    self.plug(engine, export, adapter, argument, index)?;
                }
            }
            (Engine::Component { bytes, function, interface }, _) => {
                let mut node = self.part(bytes, index)?;
                if let Some(interface) = interface {
                    node = self.graph.alias_instance_export(node, interface).map_err(|e| part(member, &e))?;
                }
                self.plug(node, function, adapter, CALL, index)?;
            }
            (Engine::Shared { bytes, function }, _) => {
                let node = self.shared(bytes, index)?;
                self.plug(node, function, adapter, CALL, index)?;
            }
            (Engine::Host, Body::Function { .. }) => {
                let kind = self.argument_kind(package, CALL);
                let name = format!("{}-{CALL}", member.label);
                let import = self.import(&name, kind, index)?;
                self.set(adapter, CALL, import, index)?;
                self.found.push(HostImport { name, kind: HostImportKind::Program { member: index } });
            }
            (Engine::Host, _) => {
                return Err(part(member, &"only functions can be left to the host"));
            }
        }
        Ok(adapter)
    }

    /// Instantiates a node or engine, with every authority it imports renamed for this member.
    fn part(&mut self, bytes: &[u8], index: usize) -> Result<NodeId, ComposeError> {
        let member = &self.members[index];
        let package = match member.guard {
            // The guests and the component must mean the same requests.
            Some(_) if self.form != Form::Driven && look::imports_http(bytes) => {
                let fail = |detail: String| part(member, &detail);
                let bytes = route::renamed(bytes).map_err(|error| fail(error.to_string()))?;
                self.own_package(bytes, &fail)?
            }
            _ => self.package(bytes, index)?,
        };
        let node = self.graph.instantiate(package);
        let world = self.graph[package].ty();
        let imports: Vec<(String, ItemKind)> =
            self.graph.types()[world].imports.iter().map(|(name, kind)| (name.clone(), *kind)).collect();
        let behind = match member.guard {
            Some(guard) if self.form != Form::Driven => {
                self.attenuate(node, &imports, guard, &member.spec.id, index)?
            }
            _ => HashSet::new(),
        };
        for (interface, kind) in imports {
            if behind.contains(&interface) {
                continue;
            }
            match kind {
                ItemKind::Module(_) => continue,
                // A declaration at the top of a component: its name is the component's own affair.
                ItemKind::Type(types::Type::Value(_)) => {
                    let name = format!("{}-{interface}", member.label);
                    let import = self.import(&name, kind, index)?;
                    self.set(node, &interface, import, index)?;
                    continue;
                }
                ItemKind::Type(_) => continue,
                ItemKind::Instance(id) if self.only_types(id) => continue,
                _ => {}
            }
            match authority::kind(&interface) {
                Kind::Mints("console") if self.form != Form::Driven => {
                    let sink = self.sink(index)?;
                    let console = self.graph.alias_instance_export(sink, &interface).map_err(|e| part(member, &e))?;
                    self.set(node, &interface, console, index)?;
                }
                Kind::Mints(_) if self.form != Form::Driven => {
                    return Err(ComposeError::Authority { id: member.spec.id.clone(), interface });
                }
                Kind::Mints(right) => {
                    let name = format!("{}-{right}", member.label);
                    let import = self.import(&name, kind, index)?;
                    self.set(node, &interface, import, index)?;
                    let kind = HostImportKind::Authority { member: index, interface };
                    self.found.push(HostImport { name, kind });
                }
                Kind::Handles => {}
                Kind::Unknown => {
                    return Err(ComposeError::UnknownImport { id: member.spec.id.clone(), interface });
                }
            }
        }
        Ok(node)
    }

    /// Whether an interface does nothing: declarations that functions use.
    fn only_types(&self, interface: InterfaceId) -> bool {
        let declaration = |kind: &ItemKind| matches!(kind, ItemKind::Type(types::Type::Value(_)));
        self.graph.types()[interface].exports.values().all(declaration)
    }

    /// The one component that swallows what engines log.
    fn sink(&mut self, index: usize) -> Result<NodeId, ComposeError> {
        self.shared(sink::component(), index)
    }

    /// The one instance of a component that members share.
    fn shared(&mut self, bytes: &[u8], index: usize) -> Result<NodeId, ComposeError> {
        let package = self.package(bytes, index)?;
        if let Some(node) = self.shared.get(&bytes.as_ptr()) {
            return Ok(*node);
        }
        let node = self.graph.instantiate(package);
        self.shared.insert(bytes.as_ptr(), node);
        Ok(node)
    }

    fn argument_kind(&self, package: PackageId, argument: &str) -> Option<ItemKind> {
        self.graph.types()[self.graph[package].ty()].imports.get(argument).copied()
    }

    fn import(&mut self, name: &str, kind: impl Into<Option<ItemKind>>, index: usize) -> Result<NodeId, ComposeError> {
        if let Some(node) = self.imports.get(name) {
            return Ok(*node);
        }
        let member = &self.members[index];
        let kind = kind.into().ok_or_else(|| part(member, &format!("there is no import for `{name}`")))?;
        let node = self.graph.import(name, kind).map_err(|e| part(member, &e))?;
        self.imports.insert(name.to_owned(), node);
        Ok(node)
    }

    fn set(&mut self, node: NodeId, argument: &str, value: NodeId, index: usize) -> Result<(), ComposeError> {
        self.graph.set_instantiation_argument(node, argument, value).map_err(|e| part(&self.members[index], &e))
    }

    fn plug(
        &mut self,
        from: NodeId,
        export: &str,
        to: NodeId,
        argument: &str,
        index: usize,
    ) -> Result<(), ComposeError> {
        let member = &self.members[index];
        let function = |detail: String| ComposeError::Function { id: member.spec.id.clone(), detail };
        let value = self.graph.alias_instance_export(from, export).map_err(|e| function(e.to_string()))?;
        self.graph.set_instantiation_argument(to, argument, value).map_err(|e| function(chain(&e)))
    }

    /// Connects a member's inputs.
    fn feeds(&mut self, index: usize, adapters: &[NodeId]) -> Result<(), ComposeError> {
        let member = &self.members[index];
        for (input, feed) in member.spec.inputs.iter().zip(&member.inputs) {
            let argument = input.import_name();
            match feed {
                Feed::Import(name) => {
                    let package = self.package(member.adapter, index)?;
                    let kind = self.argument_kind(package, &argument);
                    let import = self.import(name, kind, index)?;
                    let linked = self.graph.set_instantiation_argument(adapters[index], &argument, import);
                    linked.map_err(|_| {
                        let ty = input.source.ty();
                        part(member, &format!("it takes `{name}` as `{ty}`, and another component as another type"))
                    })?;
                }
                Feed::Member { member: from, output } => {
                    let producer = &self.members[*from].spec;
                    let port = &producer.outputs[*output];
                    let value = self
                        .graph
                        .alias_instance_export(adapters[*from], &port.export_name())
                        .map_err(|e| part(member, &e))?;
                    let linked = self.graph.set_instantiation_argument(adapters[index], &argument, value);
                    linked.map_err(|error| match error {
                        InstantiationArgumentError::ArgumentTypeMismatch { .. } => ComposeError::Mismatch {
                            from: producer.id.clone(),
                            from_port: port.name.clone(),
                            from_ty: port.ty.to_string(),
                            to: member.spec.id.clone(),
                            to_port: input.name.clone(),
                            to_ty: input.ty.to_string(),
                            detail: chain(&error),
                        },
                        other => part(member, &other),
                    })?;
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Composed, ComposeError> {
        let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
        let bytes = self.graph.encode(options).map_err(|error| ComposeError::Part {
            id: self.members.first().map_or_else(String::new, |member| member.spec.id.clone()),
            detail: chain(&error),
        })?;
        if look::instances(&bytes) > MAX_INSTANCES {
            return Err(ComposeError::TooMany { nodes: self.members.len() });
        }
        self.found.sort();
        Ok(Composed { bytes, imports: self.found })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
