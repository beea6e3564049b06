//! Which nodes a run is about: `--only`, `--from` and `--until` as sets of indices.
//!
//! A selection says what is wanted. What is wanted may need more: everything upstream of it, whose results come from the
//! cache or are made. Nothing else is touched. Names are resolved by the caller.

use super::graph::{Feed, Graph};

/// The nodes a run is about, and those they need.
#[derive(Debug, Clone)]
pub struct Selection {
    chosen: Vec<bool>,
    needed: Vec<bool>,
    whole: bool,
}

/// What was asked for, as indices of nodes. An empty list asks for nothing in particular.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// These alone.
    pub only: Vec<usize>,
    /// These and all that depends on them.
    pub from: Vec<usize>,
    /// These and all that they depend on.
    pub until: Vec<usize>,
}

impl Selection {
    /// Everything.
    #[must_use]
    pub fn all(graph: &Graph) -> Self {
        let every = vec![true; graph.nodes.len()];
        Self { chosen: every.clone(), needed: every, whole: true }
    }

    /// The nodes that all of what was asked for agrees on.
    #[must_use]
    pub fn of(graph: &Graph, wanted: &Wanted) -> Self {
        if wanted.only.is_empty() && wanted.from.is_empty() && wanted.until.is_empty() {
            return Self::all(graph);
        }
        let mut chosen = vec![true; graph.nodes.len()];
        let mut keep = |set: &[bool]| chosen.iter_mut().zip(set).for_each(|(kept, inside)| *kept &= inside);
        if !wanted.only.is_empty() {
            keep(&set(graph, &wanted.only));
        }
        if !wanted.from.is_empty() {
            keep(&downstream(graph, &wanted.from));
        }
        if !wanted.until.is_empty() {
            keep(&upstream(graph, set(graph, &wanted.until)));
        }
        let needed = upstream(graph, chosen.clone());
        Self { chosen, needed, whole: false }
    }

    /// Whether nothing was left out by asking for less.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether a node is one of those the run is about.
    #[must_use]
    pub fn chosen(&self, node: usize) -> bool {
        self.chosen.get(node).copied().unwrap_or(false)
    }

    /// Whether a node is chosen, or something chosen depends on it.
    #[must_use]
    pub fn needed(&self, node: usize) -> bool {
        self.needed.get(node).copied().unwrap_or(false)
    }

    /// Outputs of chosen nodes that no other chosen node takes, as (node, output): what such a run is for.
    #[must_use]
    pub fn ends(&self, graph: &Graph) -> Vec<(usize, usize)> {
        let taken = |node: usize, output: usize| {
            let feed = Feed::Node { node, output };
            graph.nodes.iter().enumerate().any(|(to, of)| self.chosen(to) && of.feeds.contains(&feed))
        };
        let chosen = (0..graph.nodes.len()).filter(|node| self.chosen(*node));
        let outputs = chosen.flat_map(|node| (0..graph.nodes[node].outputs.len()).map(move |output| (node, output)));
        outputs.filter(|(node, output)| !taken(*node, *output)).collect()
    }
}

fn set(graph: &Graph, nodes: &[usize]) -> Vec<bool> {
    (0..graph.nodes.len()).map(|node| nodes.contains(&node)).collect()
}

fn producers(graph: &Graph, node: usize) -> impl Iterator<Item = usize> {
    graph.nodes[node].feeds.iter().filter_map(|feed| match feed {
        Feed::Node { node, .. } => Some(*node),
        Feed::Import(_) => None,
    })
}

/// A set and all that it depends on.
fn upstream(graph: &Graph, mut set: Vec<bool>) -> Vec<bool> {
    // Against the order, every consumer is decided before its producers.
    for node in graph.order.iter().rev() {
        if set[*node] {
            producers(graph, *node).for_each(|from| set[from] = true);
        }
    }
    set
}

/// Nodes and all that depends on them.
fn downstream(graph: &Graph, nodes: &[usize]) -> Vec<bool> {
    let mut set = set(graph, nodes);
    for node in &graph.order {
        if !set[*node] && producers(graph, *node).any(|from| set[from]) {
            set[*node] = true;
        }
    }
    set
}
