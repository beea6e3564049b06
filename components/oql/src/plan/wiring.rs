//! Which output feeds which input.
//!
//! A name is looked up in the component's own workflow first, then in what nested workflows offer, then outwards. One
//! producer connects; several need `:deps:` to choose.

use std::collections::{HashMap, HashSet};

use super::blocks::SourceBlock;
use super::flows::Flows;
use super::nodes::{Code, Node, Target};
use super::types::TypeTable;
use crate::syntax::Document;
use crate::wit_text::Type;

/// One of a component's ports: component index, port index.
pub(crate) type PortRef = (usize, usize);

/// How an input gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Feed {
    Edge(PortRef),
    /// From outside.
    Import,
    /// Several producers; the first few of them.
    Ambiguous(Vec<PortRef>),
    /// Only the component itself has an output of this name.
    Itself(usize),
}

/// A connection.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) from: PortRef,
    pub(crate) to: PortRef,
    pub(crate) ty: Type,
    /// Two different concrete types.
    pub(crate) mismatch: bool,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Wiring {
    /// Per component, per input.
    pub(crate) feeds: Vec<Vec<Feed>>,
    pub(crate) wires: Vec<Wire>,
    /// Per component, per output: who takes it.
    pub(crate) consumers: Vec<Vec<Vec<PortRef>>>,
}

/// How many producers an ambiguity lists.
const LISTED: usize = 8;

/// Producers by the flow and name they can be found under.
type Offers<'n> = HashMap<(usize, &'n str), Vec<PortRef>>;

/// Resolves the words of `:deps:`.
pub(crate) fn resolve_deps(document: &Document, blocks: &[SourceBlock], flows: &Flows, nodes: &mut [Node]) {
    let mut names: HashMap<String, Option<Target>> = HashMap::new();
    let mut add = |key: String, target: Target| {
        // A short id that several workflows use stands for none of them when seen from outside.
        names.entry(key).and_modify(|t| *t = t.filter(|t| *t == target)).or_insert(Some(target));
    };
    for (i, node) in nodes.iter().enumerate() {
        add(format!("\0{}\0{}", node.flow, node.short), Target::Component(i));
        add(node.id.clone(), Target::Component(i));
        add(node.short.clone(), Target::Component(i));
        if let Code::Block(b) = node.code
            && let Some(name) = &blocks[b].name
        {
            add(document.slice(name).to_owned(), Target::Component(i));
        }
    }
    for (f, flow) in flows.list.iter().enumerate().skip(1) {
        add(flow.id.clone(), Target::Flow(f));
        if let Some(heading) = flow.heading {
            add(super::flows::heading_slug(document, heading), Target::Flow(f));
        }
    }
    for node in nodes.iter_mut() {
        let scopes = flows.ancestors(node.flow);
        for dep in &mut node.deps {
            let word = document.slice(&dep.at);
            let near = scopes.iter().find_map(|f| names.get(&format!("\0{f}\0{word}")).copied().flatten());
            dep.target = near
                .or_else(|| names.get(word).copied().flatten())
                .or_else(|| names.get(&crate::text::slug(word)).copied().flatten());
        }
    }
}

impl Wiring {
    /// Connects all components.
    pub(crate) fn connect(flows: &Flows, nodes: &mut [Node], types: &TypeTable) -> Self {
        let mut wiring = Wiring {
            feeds: nodes.iter().map(|n| vec![Feed::Import; n.inputs.len()]).collect(),
            consumers: nodes.iter().map(|n| vec![Vec::new(); n.outputs.len()]).collect(),
            wires: Vec::new(),
        };
        wiring.feed(flows, nodes);
        for (c, feeds) in wiring.feeds.iter().enumerate() {
            for (p, feed) in feeds.iter().enumerate() {
                if let Feed::Edge(from) = feed {
                    wiring.consumers[from.0][from.1].push((c, p));
                    wiring.wires.push(Wire { from: *from, to: (c, p), ty: Type::json(), mismatch: false });
                }
            }
        }
        wiring.type_ports(nodes, types);
        wiring
    }

    fn feed(&mut self, flows: &Flows, nodes: &[Node]) {
        let mut own: Offers = HashMap::new();
        for (c, node) in nodes.iter().enumerate() {
            for (p, port) in node.outputs.iter().enumerate() {
                own.entry((node.flow, port.name.as_str())).or_default().push((c, p));
            }
        }
        // First everything a workflow can settle alone: what is left over is what it offers to the outside.
        for c in 0..nodes.len() {
            for p in 0..nodes[c].inputs.len() {
                self.feeds[c][p] =
                    choose(flows, nodes, c, p, own.get(&(nodes[c].flow, nodes[c].inputs[p].name.as_str())));
            }
        }
        let offered = self.offers(flows, nodes);
        for c in 0..nodes.len() {
            for p in 0..nodes[c].inputs.len() {
                let name = nodes[c].inputs[p].name.as_str();
                for (step, flow) in flows.ancestors(nodes[c].flow).into_iter().enumerate() {
                    let places = [own.get(&(flow, name)).filter(|_| step > 0), offered.get(&(flow, name))];
                    for candidates in places.into_iter().flatten() {
                        let open = matches!(self.feeds[c][p], Feed::Import | Feed::Itself(_));
                        match choose(flows, nodes, c, p, Some(candidates)) {
                            Feed::Import | Feed::Itself(_) => {}
                            better if open => self.feeds[c][p] = better,
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    /// What nested workflows leave unconsumed (or export by name), under the flow they are nested in.
    fn offers<'n>(&self, flows: &Flows, nodes: &'n [Node]) -> Offers<'n> {
        let mut taken: HashSet<PortRef> = HashSet::new();
        for feed in self.feeds.iter().flatten() {
            if let Feed::Edge(from) = feed {
                taken.insert(*from);
            }
        }
        let mut offers = Offers::new();
        for (c, node) in nodes.iter().enumerate() {
            for (p, port) in node.outputs.iter().enumerate() {
                if taken.contains(&(c, p)) && !flows.list[node.flow].exports.contains(&port.name) {
                    continue;
                }
                for flow in flows.ancestors(node.flow).into_iter().skip(1) {
                    offers.entry((flow, port.name.as_str())).or_default().push((c, p));
                }
            }
        }
        offers
    }

    /// Types of untyped ports from the other end; types of edges.
    fn type_ports(&mut self, nodes: &mut [Node], types: &TypeTable) {
        for c in 0..nodes.len() {
            for p in 0..nodes[c].outputs.len() {
                let written = nodes[c].outputs[p].written.clone();
                let wanted = || {
                    let mut wanted =
                        self.consumers[c][p].iter().filter_map(|r| nodes[r.0].inputs[r.1].written.as_ref());
                    let first = wanted.next()?;
                    wanted.all(|t| types.same(t, first)).then(|| first.clone())
                };
                nodes[c].outputs[p].ty = written.or_else(wanted).unwrap_or_else(Type::json);
            }
        }
        for wire in &mut self.wires {
            let produced = nodes[wire.from.0].outputs[wire.from.1].ty.clone();
            let input = &mut nodes[wire.to.0].inputs[wire.to.1];
            input.ty = input.written.clone().unwrap_or_else(|| produced.clone());
            wire.mismatch = !produced.is_json() && !input.ty.is_json() && !types.same(&produced, &input.ty);
            wire.ty = if produced.is_json() { input.ty.clone() } else { produced };
        }
        for (c, feeds) in self.feeds.iter().enumerate() {
            for (p, feed) in feeds.iter().enumerate() {
                if !matches!(feed, Feed::Edge(_)) {
                    let input = &mut nodes[c].inputs[p];
                    input.ty = input.written.clone().unwrap_or_else(Type::json);
                }
            }
        }
    }
}

/// The producer among `candidates` that feeds input `p` of component `c`.
fn choose(flows: &Flows, nodes: &[Node], c: usize, p: usize, candidates: Option<&Vec<PortRef>>) -> Feed {
    let name = nodes[c].inputs[p].name.as_str();
    let named = by_deps(flows, nodes, c, name, candidates);
    match named.as_slice() {
        [one] => return Feed::Edge(*one),
        [] => {}
        several => return Feed::Ambiguous(several.iter().take(LISTED).copied().collect()),
    }
    let Some(candidates) = candidates else { return Feed::Import };
    let mut others = candidates.iter().filter(|r| r.0 != c);
    match (others.next(), others.next()) {
        (Some(one), None) => Feed::Edge(*one),
        (Some(_), Some(_)) => Feed::Ambiguous(candidates.iter().filter(|r| r.0 != c).take(LISTED).copied().collect()),
        _ => candidates.first().map_or(Feed::Import, |own| Feed::Itself(own.1)),
    }
}

/// The outputs of this name that `:deps:` points at.
fn by_deps(flows: &Flows, nodes: &[Node], c: usize, name: &str, candidates: Option<&Vec<PortRef>>) -> Vec<PortRef> {
    let mut out: Vec<PortRef> = Vec::new();
    for target in nodes[c].deps.iter().filter_map(|d| d.target) {
        match target {
            Target::Component(d) if d != c => {
                if let Some(p) = nodes[d].outputs.iter().position(|o| o.name == name) {
                    out.push((d, p));
                }
            }
            Target::Component(_) => {}
            Target::Flow(f) => {
                let inside = |r: &&PortRef| r.0 != c && flows.ancestors(nodes[r.0].flow).contains(&f);
                out.extend(candidates.into_iter().flatten().filter(inside).take(LISTED));
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}
