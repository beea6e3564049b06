//! Components of anybody's, linked by hand: `wb compose a.wasm b.wasm --wire a.out=b.in`.
//!
//! There is no graph of ports and no adapter here: an export goes to an import as it is, checked by `wac-graph`, and
//! resources may cross. What no wire satisfies is imported by the result, what no wire uses up is exported by it.

mod describe;

use std::collections::{BTreeMap, BTreeSet};

use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeError, EncodeOptions, InstantiationArgumentError, NodeId, PackageId};

/// A component and the name that wires call it by.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Unique among the parts, without `.` and `=`.
    pub name: &'a str,
    /// The component.
    pub bytes: &'a [u8],
}

/// One end of a wire: a part, and what of it. Without an item the wire is all items that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Name of the part.
    pub part: String,
    /// Name of a function or interface: whole, without its version, or its last segment.
    pub item: Option<String>,
}

/// A link from an export to an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// What gives.
    pub from: End,
    /// What takes.
    pub to: End,
}

/// Why components were not assembled.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AssembleError {
    /// A wire is not written like one.
    #[error("`{0}` is no wire; write `PART.EXPORT=PART.IMPORT`, or `PART=PART` for everything that fits")]
    Syntax(String),
    /// A part is not a component.
    #[error("`{part}` is not a component that can be linked: {detail}")]
    Part {
        /// Its name.
        part: String,
        /// The reason.
        detail: String,
    },
    /// A wire names a part that is not there.
    #[error("there is no part `{name}`; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The parts, in words.
        known: String,
    },
    /// A wire names an item that the part does not have.
    #[error("`{part}` {verb} no `{item}`; it {verb} {known}")]
    NoItem {
        /// The part.
        part: String,
        /// `exports` or `imports`.
        verb: &'static str,
        /// The item.
        item: String,
        /// What it does have, in words.
        known: String,
    },
    /// Several items of that short name.
    #[error("`{item}` of `{part}` may be {candidates}; write the whole name")]
    Ambiguous {
        /// The part.
        part: String,
        /// The item.
        item: String,
        /// The candidates, in words.
        candidates: String,
    },
    /// A wire without items between parts that have nothing in common.
    #[error("nothing that `{from}` exports is imported by `{to}`; it exports {exports}, and `{to}` imports {imports}")]
    NothingFits {
        /// The giving part.
        from: String,
        /// The taking part.
        to: String,
        /// What the one exports, in words.
        exports: String,
        /// What the other imports, in words.
        imports: String,
    },
    /// An import with two wires.
    #[error("`{part}.{item}` has two wires; one import takes one export")]
    Twice {
        /// The part.
        part: String,
        /// The import.
        item: String,
    },
    /// Two ends of a wire have different types.
    #[error("`{from}` does not fit `{to}`: {detail}\n{difference}")]
    Mismatch {
        /// The giving end.
        from: String,
        /// The taking end.
        to: String,
        /// What the type checker said.
        detail: String,
        /// Both ends as WIT, line by line.
        difference: String,
    },
    /// Wires that form a ring.
    #[error("the wires form a ring through {0}; a component is instantiated after everything it imports")]
    Ring(String),
    /// Two parts import one name with types that differ.
    #[error("`{name}` is imported with different types, so the result cannot import it once: {detail}")]
    Conflict {
        /// The import.
        name: String,
        /// What the type checker said.
        detail: String,
    },
    /// Two parts export one name.
    #[error("`{one}` and `{other}` both export `{item}`; choose with `--export PART.{item}=NAME`, or link one of them")]
    SameExport {
        /// A part.
        one: String,
        /// Another.
        other: String,
        /// The name.
        item: String,
    },
    /// Nothing would be exported.
    #[error("the result exports nothing: every export goes to an import")]
    Empty,
    /// The graph library refused something our own checks should have caught.
    #[error("cannot compose: {0}")]
    Encode(String),
}

impl End {
    /// Reads `part` or `part.item`.
    fn read(text: &str) -> Option<Self> {
        let (part, item) = text.split_once('.').map_or((text, None), |(part, item)| (part, Some(item)));
        let whole = !part.is_empty() && item.is_none_or(|item| !item.is_empty());
        whole.then(|| Self { part: part.to_owned(), item: item.map(str::to_owned) })
    }
}

impl Wire {
    /// Reads `a.out=b.in`, or `a=b`.
    ///
    /// # Errors
    ///
    /// When the text is neither.
    pub fn read(text: &str) -> Result<Self, AssembleError> {
        let syntax = || AssembleError::Syntax(text.to_owned());
        let (from, to) = text.split_once('=').ok_or_else(syntax)?;
        let wire = Self { from: End::read(from).ok_or_else(syntax)?, to: End::read(to).ok_or_else(syntax)? };
        let both = wire.from.item.is_some() == wire.to.item.is_some();
        if both { Ok(wire) } else { Err(syntax()) }
    }
}

/// An export that was chosen: `part.item`, perhaps under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What.
    pub end: End,
    /// The name it gets; its own without.
    pub name: Option<String>,
}

impl Chosen {
    /// Reads `a.out` or `a.out=name`.
    ///
    /// # Errors
    ///
    /// When the text is neither.
    pub fn read(text: &str) -> Result<Self, AssembleError> {
        let (end, name) = text.split_once('=').map_or((text, None), |(end, name)| (end, Some(name)));
        let end = End::read(end).filter(|end| end.item.is_some() && name != Some(""));
        let end = end.ok_or_else(|| AssembleError::Syntax(text.to_owned()))?;
        Ok(Self { end, name: name.map(str::to_owned) })
    }
}

/// Links `parts`. `exports` are what the result exports; none: whatever no wire uses up.
///
/// # Errors
///
/// When a part is no component, a wire's ends do not exist or do not fit, or names collide.
pub fn assemble(parts: &[Part<'_>], wires: &[Wire], exports: &[Chosen]) -> Result<Vec<u8>, AssembleError> {
    let mut assembly = Assembly::new(parts)?;
    for wire in wires {
        assembly.wire(wire)?;
    }
    if exports.is_empty() {
        assembly.export_rest()?;
    } else {
        for chosen in exports {
            assembly.export_chosen(chosen)?;
        }
    }
    assembly.encode()
}

struct Assembly<'a> {
    parts: &'a [Part<'a>],
    graph: CompositionGraph,
    packages: Vec<PackageId>,
    nodes: Vec<NodeId>,
    /// Imports that have a wire: (part, item) and the part it comes from.
    wired: BTreeMap<(usize, String), usize>,
    /// Exports that a wire uses up.
    used: BTreeSet<(usize, String)>,
}

impl<'a> Assembly<'a> {
    fn new(parts: &'a [Part<'a>]) -> Result<Self, AssembleError> {
        let mut graph = CompositionGraph::new();
        let (mut packages, mut nodes) = (Vec::new(), Vec::new());
        for (index, part) in parts.iter().enumerate() {
            let fail = |detail: String| AssembleError::Part { part: part.name.to_owned(), detail };
            let package = Package::from_bytes(&format!("wb:part{index}"), None, part.bytes, graph.types_mut())
                .map_err(|error| fail(format!("{error:#}")))?;
            let package = graph.register_package(package).map_err(|error| fail(error.to_string()))?;
            packages.push(package);
            nodes.push(graph.instantiate(package));
        }
        Ok(Self { parts, graph, packages, nodes, wired: BTreeMap::new(), used: BTreeSet::new() })
    }

    fn part(&self, name: &str) -> Result<usize, AssembleError> {
        self.parts.iter().position(|part| part.name == name).ok_or_else(|| AssembleError::Unknown {
            name: name.to_owned(),
            known: words(self.parts.iter().map(|part| part.name)),
        })
    }

    /// What a part exports or imports, types of its own aside.
    fn items(&self, part: usize, exports: bool) -> Vec<String> {
        let world = &self.graph.types()[self.graph[self.packages[part]].ty()];
        let items = if exports { &world.exports } else { &world.imports };
        let linkable = |kind: &ItemKind| !matches!(kind, ItemKind::Type(_));
        items.iter().filter(|(_, kind)| linkable(kind)).map(|(name, _)| name.clone()).collect()
    }

    /// The item that a short name means.
    fn item(&self, part: usize, exports: bool, item: &str) -> Result<String, AssembleError> {
        let items = self.items(part, exports);
        if let Some(found) = items.iter().find(|name| *name == item) {
            return Ok(found.clone());
        }
        let bare = |name: &str| name.split('@').next().unwrap_or(name).to_owned();
        let last = |name: &str| bare(name).rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        let found: Vec<&String> = items.iter().filter(|name| bare(name) == item || last(name) == item).collect();
        let part = self.parts[part].name.to_owned();
        let verb = if exports { "exports" } else { "imports" };
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(AssembleError::NoItem {
                part,
                verb,
                item: item.to_owned(),
                known: words(items.iter().map(String::as_str)),
            }),
            several => Err(AssembleError::Ambiguous {
                part,
                item: item.to_owned(),
                candidates: words(several.iter().map(|name| name.as_str())),
            }),
        }
    }

    fn wire(&mut self, wire: &Wire) -> Result<(), AssembleError> {
        let (from, to) = (self.part(&wire.from.part)?, self.part(&wire.to.part)?);
        if let (Some(give), Some(take)) = (&wire.from.item, &wire.to.item) {
            let (give, take) = (self.item(from, true, give)?, self.item(to, false, take)?);
            return self.link((from, give), (to, take));
        }
        let (exports, imports) = (self.items(from, true), self.items(to, false));
        let common: Vec<&String> = imports
            .iter()
            .filter(|item| exports.contains(item) && !self.wired.contains_key(&(to, (*item).clone())))
            .collect();
        if common.is_empty() {
            return Err(AssembleError::NothingFits {
                from: wire.from.part.clone(),
                to: wire.to.part.clone(),
                exports: words(exports.iter().map(String::as_str)),
                imports: words(imports.iter().map(String::as_str)),
            });
        }
        common.into_iter().try_for_each(|item| self.link((from, item.clone()), (to, item.clone())))
    }

    fn link(&mut self, from: (usize, String), to: (usize, String)) -> Result<(), AssembleError> {
        let name = |(part, item): &(usize, String)| format!("{}.{item}", self.parts[*part].name);
        if self.wired.contains_key(&to) {
            return Err(AssembleError::Twice { part: self.parts[to.0].name.to_owned(), item: to.1 });
        }
        if self.reaches(to.0, from.0) {
            let ring = BTreeSet::from([self.parts[from.0].name, self.parts[to.0].name]);
            return Err(AssembleError::Ring(words(ring.into_iter())));
        }
        let alias = self.graph.alias_instance_export(self.nodes[from.0], &from.1);
        let alias = alias.map_err(|error| AssembleError::Encode(error.to_string()))?;
        match self.graph.set_instantiation_argument(self.nodes[to.0], &to.1, alias) {
            Ok(()) => {}
            Err(error @ InstantiationArgumentError::ArgumentTypeMismatch { .. }) => {
                return Err(AssembleError::Mismatch {
                    from: name(&from),
                    to: name(&to),
                    detail: causes(&error),
                    difference: describe::difference((self.parts[from.0], &from.1), (self.parts[to.0], &to.1)),
                });
            }
            Err(error) => return Err(AssembleError::Encode(error.to_string())),
        }
        self.used.insert(from.clone());
        self.wired.insert(to, from.0);
        Ok(())
    }

    /// Whether `goal` takes something of `start`, however far away.
    fn reaches(&self, start: usize, goal: usize) -> bool {
        let (mut seen, mut next) = (BTreeSet::from([goal]), vec![goal]);
        while let Some(part) = next.pop() {
            if part == start {
                return true;
            }
            let before = self.wired.iter().filter(|((to, _), _)| *to == part).map(|(_, from)| *from);
            next.extend(before.filter(|from| seen.insert(*from)));
        }
        false
    }

    fn export(&mut self, part: usize, item: &str, name: &str) -> Result<(), AssembleError> {
        let alias = self.graph.alias_instance_export(self.nodes[part], item);
        let alias = alias.map_err(|error| AssembleError::Encode(error.to_string()))?;
        self.graph.export(alias, name).map_err(|error| AssembleError::Encode(error.to_string()))
    }

    fn export_chosen(&mut self, chosen: &Chosen) -> Result<(), AssembleError> {
        let part = self.part(&chosen.end.part)?;
        let item = self.item(part, true, chosen.end.item.as_deref().unwrap_or_default())?;
        self.export(part, &item, chosen.name.as_deref().unwrap_or(&item))
    }

    fn export_rest(&mut self) -> Result<(), AssembleError> {
        let mut exported: BTreeMap<String, usize> = BTreeMap::new();
        for part in 0..self.parts.len() {
            for item in self.items(part, true) {
                if self.used.contains(&(part, item.clone())) {
                    continue;
                }
                if let Some(other) = exported.insert(item.clone(), part) {
                    let (one, other) = (self.parts[other].name.to_owned(), self.parts[part].name.to_owned());
                    return Err(AssembleError::SameExport { one, other, item });
                }
                self.export(part, &item, &item)?;
            }
        }
        if exported.is_empty() { Err(AssembleError::Empty) } else { Ok(()) }
    }

    fn encode(self) -> Result<Vec<u8>, AssembleError> {
        self.graph.encode(EncodeOptions::default()).map_err(|error| match &error {
            EncodeError::ImplicitImportConflict { name, .. } => {
                AssembleError::Conflict { name: name.clone(), detail: causes(&error) }
            }
            EncodeError::ImportTypeMergeConflict { import, .. } => {
                AssembleError::Conflict { name: import.clone(), detail: causes(&error) }
            }
            EncodeError::GraphContainsCycle { .. } => {
                AssembleError::Ring(words(self.parts.iter().map(|part| part.name)))
            }
            _ => AssembleError::Encode(causes(&error)),
        })
    }
}

/// `` `a`, `b` and `c` ``, or `nothing`.
fn words<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let last = names.pop();
    match (names.is_empty(), last) {
        (_, None) => "nothing".to_owned(),
        (true, Some(last)) => last,
        (false, Some(last)) => format!("{} and {last}", names.join(", ")),
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
