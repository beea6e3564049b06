//! What the results of a workbook's last run depended on: what `wb why` compares with.

use std::collections::{BTreeMap, HashMap};

use super::graph::Graph;
use super::keys::Parts;
use super::known::parts_of;
use super::prepare::Ready;
use super::run::Status;
use super::value::Value;
use crate::cache::{Cache, Key, Kind};
use crate::disk::{self, Source};
use crate::lanes::Failure;

/// The parts of every result of a workbook's last run, by component id.
pub type Remembered = BTreeMap<String, BTreeMap<String, String>>;

fn key(source: &Source) -> Option<Key> {
    let path = disk::absolute(source.path.as_deref()?)?;
    Some(Key::of("wb last run 1", &[path.as_os_str().as_encoded_bytes()]))
}

/// Keeps what every result of this run depended on, for `wb why`.
pub fn remember(
    graph: &Graph,
    nodes: &[Result<Ready, Failure>],
    imports: &HashMap<String, Value>,
    state: &[Status],
    source: &Source,
    cache: Option<&Cache>,
) {
    let (Some(cache), Some(key)) = (cache, key(source)) else { return };
    let before = recall(source, Some(cache));
    let mut now = before.clone();
    for (node, status) in state.iter().enumerate() {
        let parts = parts_of(graph, nodes, imports, state, node).filter(|_| matches!(status, Status::Done { .. }));
        if let Some(parts) = parts {
            now.insert(graph.nodes[node].id.clone(), named(&parts));
        }
    }
    if now != before {
        drop(serde_json::to_vec(&now).map(|bytes| cache.put(Kind::Result, &key, &bytes)));
    }
}

/// What the results of the last run of this file depended on.
#[must_use]
pub fn recall(source: &Source, cache: Option<&Cache>) -> Remembered {
    let stored = key(source).and_then(|key| cache?.get(Kind::Result, &key));
    stored.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Parts as text.
#[must_use]
pub fn named(parts: &Parts) -> BTreeMap<String, String> {
    parts.0.iter().map(|(name, key)| (name.clone(), key.to_string())).collect()
}
