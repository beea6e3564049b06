//! Components: which headings are one, and everything a heading says about its own.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::blocks::SourceBlock;
use super::flows::{Flows, heading_slug};
use super::ports::{self, PortDraft};
use super::settings::{Setting, either, of_block, of_drawer};
use super::signatures;
use super::types::TypeTable;
use super::values;
use crate::findings::Findings;
use crate::model::Limits;
use crate::syntax::Document;
use crate::text::{Names, truthy, words};

/// Drawer keys that make a heading a component.
pub(crate) const MARKS: &[&str] = &["in", "out", "deps", "sig", "component"];

/// What implements a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// Index of the block.
    Block(usize),
    /// `:component: ./tool.wasm`.
    Binary(Range<usize>),
    /// A block in a language that cannot be compiled.
    Foreign(usize),
    Missing,
}

/// A word of `:deps:`, and what it names.
#[derive(Debug, Clone)]
pub(crate) struct Dep {
    pub(crate) at: Range<usize>,
    pub(crate) target: Option<Target>,
}

/// What a dependency can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Component(usize),
    Flow(usize),
}

/// A component before wiring.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) heading: usize,
    pub(crate) flow: usize,
    pub(crate) id: String,
    /// The id's last part.
    pub(crate) short: String,
    pub(crate) code: Code,
    /// Further compilable blocks of its section.
    pub(crate) extra: Vec<usize>,
    pub(crate) inputs: Vec<PortDraft>,
    pub(crate) outputs: Vec<PortDraft>,
    pub(crate) deps: Vec<Dep>,
    pub(crate) packages: Vec<(String, Range<usize>)>,
    pub(crate) caps: Vec<(String, Range<usize>)>,
    /// Interfaces of `:uses`.
    pub(crate) uses: Vec<(String, Range<usize>)>,
    pub(crate) sig: Option<Range<usize>>,
    pub(crate) limits: Limits,
    pub(crate) persist: bool,
    pub(crate) cache: Option<bool>,
    pub(crate) eval: bool,
    /// Words of its own `:export:`.
    pub(crate) exports: Vec<Range<usize>>,
}

/// All components, and the headings that look like one but lie outside every workflow.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    pub(crate) list: Vec<Node>,
    pub(crate) strays: Vec<usize>,
    /// Pairs of headings (later, earlier) with the same id.
    pub(crate) duplicates: Vec<(usize, usize)>,
}

/// What the reader of one component needs.
pub(crate) struct NodeCtx<'c, 'd, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) blocks: &'c [SourceBlock],
    pub(crate) types: &'c TypeTable,
    pub(crate) findings: &'c mut Findings<'d, 'a>,
}

/// Finds and reads all components.
pub(crate) fn collect(ctx: &mut NodeCtx, flows: &Flows, fragments: &[bool]) -> Nodes {
    let document = ctx.document;
    let mut by_heading: HashMap<usize, Vec<usize>> = HashMap::new();
    for (i, block) in ctx.blocks.iter().enumerate() {
        if let Some(h) = block.heading {
            by_heading.entry(h).or_default().push(i);
        }
    }
    let mut out = Nodes::default();
    let mut ids = Names::default();
    let mut first: HashMap<String, usize> = HashMap::new();
    let none = Vec::new();
    for heading in 0..document.headings.len() {
        let own = by_heading.get(&heading).unwrap_or(&none);
        let is_root = flows.of[heading].is_some_and(|f| flows.list[f].heading == Some(heading));
        if document.headings[heading].hidden || !is_component(document, heading, is_root, ctx.blocks, own) {
            continue;
        }
        let Some(flow) = flows.of[heading] else {
            out.strays.push(heading);
            continue;
        };
        let mut short = heading_slug(document, heading);
        if short.is_empty() {
            short = format!("component-{}", out.list.len() + 1);
        }
        let wanted = format!("{}/{short}", flows.list[flow].id);
        if let Some(earlier) = first.get(&wanted) {
            out.duplicates.push((heading, *earlier));
        } else {
            first.insert(wanted.clone(), heading);
        }
        let id = ids.unique(wanted);
        out.list.push(read(ctx, heading, flow, id, short, own, fragments));
    }
    out
}

/// A root is a component too if it has ports and code of its own, as the smallest workbooks do.
fn is_component(document: &Document, heading: usize, is_root: bool, blocks: &[SourceBlock], own: &[usize]) -> bool {
    let marked = MARKS.iter().any(|k| of_drawer(document, heading, k).is_some());
    if is_root {
        let code = own.iter().any(|b| blocks[*b].is_compilable());
        return marked && (code || of_drawer(document, heading, "component").is_some());
    }
    marked || document.has_tag(heading, "component")
}

fn read(
    ctx: &mut NodeCtx,
    heading: usize,
    flow: usize,
    id: String,
    short: String,
    own: &[usize],
    fragments: &[bool],
) -> Node {
    let document = ctx.document;
    let binary = of_drawer(document, heading, "component").filter(|s| !s.value(document).is_empty());
    let code: Vec<usize> = own.iter().copied().filter(|b| ctx.blocks[*b].is_compilable() && !fragments[*b]).collect();
    // A block that others pull in is code of its own only where there is nothing else.
    let code = if code.is_empty() {
        own.iter().copied().filter(|b| ctx.blocks[*b].is_compilable()).take(1).collect()
    } else {
        code
    };
    let (code, extra) = match (&binary, code.split_first()) {
        (Some(path), _) => (Code::Binary(path.at.clone()), code),
        (None, Some((main, rest))) => (Code::Block(*main), rest.to_vec()),
        (None, None) => {
            (own.iter().copied().find(|b| is_foreign(&ctx.blocks[*b])).map_or(Code::Missing, Code::Foreign), code)
        }
    };
    let block = match code {
        Code::Block(b) | Code::Foreign(b) => Some(&ctx.blocks[b]),
        _ => None,
    };
    let mut node = Node {
        heading,
        flow,
        id,
        short,
        code,
        extra,
        inputs: Vec::new(),
        outputs: Vec::new(),
        deps: Vec::new(),
        packages: Vec::new(),
        caps: Vec::new(),
        uses: Vec::new(),
        sig: None,
        limits: Limits::default(),
        persist: false,
        cache: None,
        eval: true,
        exports: Vec::new(),
    };
    wiring_of(ctx, &mut node, block);
    policy_of(ctx, &mut node, block);
    node
}

/// A source block that is neither code nor data: someone meant it to run.
fn is_foreign(block: &SourceBlock) -> bool {
    !matches!(
        block.lang.as_str(),
        "wit" | "json" | "csv" | "text" | "org" | "markdown" | "md" | "yaml" | "toml" | "html" | "css"
    )
}

/// Ports, signature, dependencies.
fn wiring_of(ctx: &mut NodeCtx, node: &mut Node, block: Option<&SourceBlock>) {
    let document = ctx.document;
    let ports_of = |ctx: &mut NodeCtx, key: &str| {
        let setting = either(document, node.heading, block, key, ctx.findings);
        setting.map(|s| port_list(ctx, &s)).unwrap_or_default()
    };
    let inputs = ports_of(ctx, "in");
    let outputs = ports_of(ctx, "out");
    let sig = either(document, node.heading, block, "sig", ctx.findings).filter(|s| !s.value(document).is_empty());
    node.sig = sig.map(|s| s.at);
    (node.inputs, node.outputs) = match node.sig.clone() {
        Some(sig) => signatures::apply(ctx, &sig, inputs, outputs),
        None => (inputs, outputs),
    };
    if let Some(deps) = of_drawer(document, node.heading, "deps") {
        let at = deps.parts.iter().flat_map(|p| words(document.text(), p));
        node.deps = at.map(|at| Dep { at, target: None }).collect();
    }
    if let Some(packages) = block.and_then(|b| of_block(b, "deps")) {
        let at = packages.parts.iter().flat_map(|p| words(document.text(), p));
        node.packages = at.map(|w| (document.slice(&w).to_owned(), w)).collect();
    }
    if let Some(exports) = of_drawer(document, node.heading, "export") {
        node.exports = exports.parts.iter().flat_map(|p| words(document.text(), p)).collect();
    }
}

/// The ports of a setting with their types; the same name twice counts once.
fn port_list(ctx: &mut NodeCtx, setting: &Setting) -> Vec<PortDraft> {
    let mut seen = HashSet::new();
    let mut out = Vec::new();
    for port in setting.parts.iter().flat_map(|p| ports::parse(ctx.document.text(), p)) {
        let (mut draft, error) = ports::draft(ctx.document.text(), &port);
        if let Some(error) = error {
            ctx.findings
                .error("WB208", error.at, format!("the type of `{}` does not parse: {}", draft.name, error.message))
                .help("write a WIT value type, such as `string`, `list<u8>` or `tuple<string, f64>`");
        }
        draft.written = draft.written.map(|t| t.expand(&ctx.types.names));
        if seen.insert(draft.name.clone()) {
            out.push(draft);
        }
    }
    out
}

/// Capabilities, limits, switches.
fn policy_of(ctx: &mut NodeCtx, node: &mut Node, block: Option<&SourceBlock>) {
    let document = ctx.document;
    let get = |ctx: &mut NodeCtx, key: &str| either(document, node.heading, block, key, ctx.findings);
    let caps = get(ctx, "caps").map(|s| s.parts).unwrap_or_default();
    node.caps =
        caps.iter().flat_map(|p| words(document.text(), p)).map(|w| (document.slice(&w).to_owned(), w)).collect();
    let uses = block.and_then(|b| of_block(b, "uses")).map(|s| s.parts).unwrap_or_default();
    node.uses =
        uses.iter().flat_map(|p| words(document.text(), p)).map(|w| (document.slice(&w).to_owned(), w)).collect();
    node.persist = get(ctx, "persist").is_some_and(|s| truthy(&s.value(document)));
    node.cache = get(ctx, "cache").map(|s| truthy(&s.value(document)));
    node.eval = !get(ctx, "eval").is_some_and(|s| {
        let value = s.value(document).to_ascii_lowercase();
        value == "no" || value.starts_with("never")
    });
    let timeout = get(ctx, "timeout");
    node.limits.timeout_ms = quantity(ctx, timeout, "timeout", values::milliseconds, "`500ms`, `5s`, `2m` or `1h`");
    let memory = get(ctx, "memory");
    node.limits.memory_bytes = quantity(ctx, memory, "memory", values::bytes, "`64MiB`, `512k` or `1G`");
}

fn quantity(
    ctx: &mut NodeCtx,
    setting: Option<Setting>,
    key: &str,
    parse: fn(&str) -> Option<u64>,
    examples: &str,
) -> Option<u64> {
    let setting = setting?;
    let text = setting.value(ctx.document);
    let value = parse(&text);
    if value.is_none() {
        ctx.findings
            .error("WB111", setting.at, format!("`{}` is no value for `:{key}`", crate::text::clip(&text, 40)))
            .help(format!("write {examples}"));
    }
    value
}
