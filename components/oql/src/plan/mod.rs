//! What a workbook means: components, ports, edges, order.
//!
//! [`Analysis`] is made once per file; `emit` turns it into the plan, and `lint` reads it again for what is wrong.

pub(crate) mod blocks;
pub(crate) mod data;
pub(crate) mod emit;
pub(crate) mod flows;
pub(crate) mod nodes;
pub(crate) mod noweb;
pub(crate) mod order;
pub(crate) mod ports;
pub(crate) mod settings;
pub(crate) mod signatures;
pub(crate) mod types;
pub(crate) mod values;
pub(crate) mod wiring;

use std::collections::HashMap;

use blocks::SourceBlock;
use data::{BadJson, Datum};
use flows::Flows;
use nodes::{Code, NodeCtx, Nodes, Target};
use noweb::{Noweb, NowebIssue, Purpose};
use order::Order;
use types::TypeTable;
use wiring::Wiring;

use crate::findings::Findings;
use crate::syntax::Document;
use crate::text::Names;

/// One compilable block with its id and expanded source.
#[derive(Debug, Clone)]
pub(crate) struct WorldDraft {
    pub(crate) id: String,
    pub(crate) block: usize,
    pub(crate) src: String,
}

/// Everything known about a workbook.
#[derive(Debug)]
pub(crate) struct Analysis<'d, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) blocks: Vec<SourceBlock>,
    pub(crate) types: TypeTable,
    pub(crate) flows: Flows,
    pub(crate) nodes: Nodes,
    pub(crate) wiring: Wiring,
    pub(crate) order: Order,
    pub(crate) worlds: Vec<WorldDraft>,
    /// Block index to world index.
    pub(crate) world_of: HashMap<usize, usize>,
    pub(crate) data: Vec<Datum>,
    pub(crate) bad_json: Vec<BadJson>,
    pub(crate) noweb: Vec<NowebIssue>,
    /// Per flow itself and the flows it is nested in.
    ancestors: Vec<Vec<usize>>,
}

impl<'d, 'a> Analysis<'d, 'a> {
    /// Reads a file; what is wrong on the way goes to `findings`.
    pub(crate) fn new(document: &'d Document<'a>, findings: &mut Findings<'d, 'a>) -> Self {
        let blocks = blocks::collect(document);
        let types = TypeTable::read(document, &blocks);
        let flows = Flows::find(document);
        let (worlds_src, fragments, noweb) = sources(document, &blocks);
        let mut ctx = NodeCtx { document, blocks: &blocks, types: &types, findings };
        let mut nodes = nodes::collect(&mut ctx, &flows, &fragments);
        wiring::resolve_deps(document, &blocks, &flows, &mut nodes.list);
        let wiring = Wiring::connect(&flows, &mut nodes.list, &types);
        let order = order::order(&successors(&nodes, &wiring));
        let (data, bad_json) = data::collect(document, &blocks);
        let worlds = worlds(document, &blocks, &nodes, worlds_src);
        let world_of = worlds.iter().enumerate().map(|(w, world)| (world.block, w)).collect();
        let ancestors = (0..flows.list.len()).map(|f| flows.ancestors(f)).collect();
        Analysis {
            document,
            blocks,
            types,
            flows,
            nodes,
            wiring,
            order,
            worlds,
            world_of,
            data,
            bad_json,
            noweb,
            ancestors,
        }
    }

    /// Whether a component lies in a flow or in one nested in it.
    pub(crate) fn inside(&self, component: usize, flow: usize) -> bool {
        self.ancestors[self.nodes.list[component].flow].contains(&flow)
    }
}

/// The expanded sources of all compilable blocks, which blocks are fragments, and what went wrong.
fn sources(document: &Document, blocks: &[SourceBlock]) -> (Vec<(usize, String)>, Vec<bool>, Vec<NowebIssue>) {
    let mut noweb = Noweb::new(document, blocks, Purpose::Planning);
    let fragments = noweb.fragments();
    let compilable = blocks.iter().enumerate().filter(|(_, b)| b.is_compilable());
    let sources = compilable.map(|(i, _)| (i, noweb.source(i))).collect();
    (sources, fragments, noweb.issues())
}

/// World ids: the `#+name:`, the component's id, or the nearest heading with a number; unique.
fn worlds(
    document: &Document,
    blocks: &[SourceBlock],
    nodes: &Nodes,
    sources: Vec<(usize, String)>,
) -> Vec<WorldDraft> {
    let mut owner: HashMap<usize, usize> = HashMap::new();
    for (n, node) in nodes.list.iter().enumerate() {
        if let Code::Block(b) = node.code {
            owner.insert(b, n);
        }
    }
    let mut names = Names::default();
    let mut count: HashMap<Option<usize>, usize> = HashMap::new();
    let mut out = Vec::new();
    for (block, src) in sources {
        let heading = blocks[block].heading;
        let n = count.entry(heading).or_default();
        *n += 1;
        let id = if let Some(name) = &blocks[block].name {
            document.slice(name).to_owned()
        } else if let Some(node) = owner.get(&block) {
            nodes.list[*node].id.clone()
        } else {
            let slug = heading.map_or_else(String::new, |h| flows::heading_slug(document, h));
            format!("{}#{n}", if slug.is_empty() { "workbook" } else { &slug })
        };
        out.push(WorldDraft { id: names.unique(id), block, src });
    }
    out
}

/// Who comes after whom: along edges, and along `:deps:` even where no value flows.
fn successors(nodes: &Nodes, wiring: &Wiring) -> Vec<Vec<usize>> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes.list.len()];
    for wire in &wiring.wires {
        next[wire.from.0].push(wire.to.0);
    }
    for (c, node) in nodes.list.iter().enumerate() {
        for target in node.deps.iter().filter_map(|d| d.target) {
            match target {
                Target::Component(d) if d != c => next[d].push(c),
                _ => {}
            }
        }
    }
    for list in &mut next {
        list.sort_unstable();
        list.dedup();
    }
    next
}
