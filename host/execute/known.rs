//! What need not run: results of earlier runs, found by the digests of code and inputs.

use std::collections::HashMap;
use std::time::Duration;

use super::graph::{Feed, Graph};
use super::keys;
use super::prepare::Ready;
use super::run::Status;
use super::value::{self, Value};
use crate::cache::{Cache, Kind};
use crate::lanes::Failure;

/// The domain of result keys; the number changes with the packed form.
pub const RESULT: &str = "wb result 1";

/// Whether a node's results may be kept: not when they depend on more than its inputs, unless the file says so.
#[must_use]
pub fn keeps(graph: &Graph, nodes: &[Result<Ready, Failure>], node: usize) -> bool {
    let default = nodes[node].as_ref().is_ok_and(|ready| !ready.grants.impure());
    graph.nodes[node].cache.unwrap_or(default)
}

/// A node's outputs from an earlier run with the same code and inputs.
#[must_use]
pub fn recall(
    graph: &Graph,
    nodes: &[Result<Ready, Failure>],
    imports: &HashMap<String, Value>,
    state: &[Status],
    cache: Option<&Cache>,
    node: usize,
) -> Option<Vec<Value>> {
    if !keeps(graph, nodes, node) {
        return None;
    }
    let key = parts_of(graph, nodes, imports, state, node)?.key(RESULT);
    let values = value::decode(&cache?.get(Kind::Result, &key)?)?;
    (values.len() == graph.nodes[node].outputs.len()).then_some(values)
}

/// What a run would not have to run: the status of every node whose result is known, the others pending.
#[must_use]
pub fn known(
    graph: &Graph,
    nodes: &[Result<Ready, Failure>],
    imports: &HashMap<String, Value>,
    cache: Option<&Cache>,
) -> Vec<Status> {
    let mut state = vec![Status::Pending; graph.nodes.len()];
    for node in &graph.order {
        if let Some(values) = recall(graph, nodes, imports, &state, cache, *node) {
            state[*node] = Status::Done { values, cached: true, took: Duration::ZERO, log: Vec::new() };
        }
    }
    state
}

/// The parts that a node's result depends on. `None` while an input has no value.
#[must_use]
pub fn parts_of(
    graph: &Graph,
    nodes: &[Result<Ready, Failure>],
    imports: &HashMap<String, Value>,
    state: &[Status],
    node: usize,
) -> Option<keys::Parts> {
    let of = &graph.nodes[node];
    let inputs = of.feeds.iter().zip(&of.inputs).map(|(feed, port)| {
        let digest = match feed {
            Feed::Import(name) => imports.get(name)?.digest(),
            Feed::Node { node: from, output } => match &state[*from] {
                Status::Done { values, .. } => values.get(*output)?.digest(),
                _ => return None,
            },
        };
        Some((port.name.clone(), digest))
    });
    Some(keys::result(&nodes[node].as_ref().ok()?.parts, &inputs.collect::<Option<Vec<_>>>()?))
}
