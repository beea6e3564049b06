//! What a run leaves behind: `_steps.jsonl`, one line per step, and the parts each result depended on.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::graph::Graph;
use super::keys::Parts;
use super::prepare::Ready;
use super::run::{Observer, Status, parts_of};
use super::value::Value;
use crate::cache::{Cache, Key, Kind};
use crate::disk::{self, Source};
use crate::lanes::Failure;

/// Longest value in a record.
const OUTPUT: usize = 4 << 10;

/// Records of earlier runs that are kept.
const KEPT: usize = 200;

/// The record of one run, being written.
pub struct Run<'a> {
    id: String,
    graph: &'a Graph,
    /// None where there is no cache directory to keep records in.
    file: Option<PathBuf>,
    step: std::sync::atomic::AtomicU64,
}

impl<'a> Run<'a> {
    /// Begins a record under `runs/<id>/` of the cache directory.
    #[must_use]
    pub fn begin(graph: &'a Graph, cache: Option<&Cache>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unique = Key::of("wb run", &[&now.as_nanos().to_le_bytes(), &std::process::id().to_le_bytes()]).to_string();
        let id = format!("{}-{}", now.as_millis(), &unique[..8]);
        let runs = cache.map(|cache| cache.directory().join("runs"));
        if let Some(runs) = &runs {
            disk::keep_newest(runs, KEPT);
        }
        let file = runs.map(|runs| runs.join(&id).join("_steps.jsonl"));
        Self { id, graph, file, step: std::sync::atomic::AtomicU64::new(0) }
    }

    /// The run's id: milliseconds since 1970 and eight hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    fn line(&self, node: usize, status: &Status) -> Json {
        let of = &self.graph.nodes[node];
        let step = self.step.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let ts = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let mut line = json!({ "run": self.id, "step": step, "component": of.id, "tool": "step", "ts": ts });
        let mut set = |key: &str, value: Json| line[key] = value;
        match status {
            Status::Done { values, cached, took, log } => {
                let outputs = of.outputs.iter().zip(values).map(|(port, value)| (port.name.clone(), short(value)));
                set("output", outputs.collect::<serde_json::Map<_, _>>().into());
                set("exit_code", json!(0));
                set("cached", json!(cached));
                set("ms", json!(took.as_secs_f64() * 1_000.0));
                set("bytes", json!(values.iter().map(Value::bytes).sum::<usize>()));
                set("log", json!(log));
            }
            Status::Failed { breach, failure, took, log } => {
                let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
                set("exit_code", json!(1));
                set("error", json!({ "kind": breach.name(), "message": messages.join("\n") }));
                set("ms", json!(took.as_secs_f64() * 1_000.0));
                set("log", json!(log));
            }
            Status::Skipped { cause } => {
                set("exit_code", Json::Null);
                set(
                    "error",
                    json!({ "kind": "skipped", "message": format!("`{}` has nothing for it", self.graph.nodes[*cause].id) }),
                );
            }
            Status::NotEvaluated | Status::NotSelected => set("exit_code", Json::Null),
            Status::Stopped => {
                set("exit_code", Json::Null);
                set("error", json!({ "kind": "stopped", "message": "the run stopped at an earlier failure" }));
            }
            Status::Cancelled | Status::Pending => {
                set("exit_code", Json::Null);
                set("error", json!({ "kind": "cancelled", "message": "the run was cancelled" }));
            }
        }
        line
    }
}

fn short(value: &Value) -> Json {
    match value.json() {
        Some(text) if text.len() <= OUTPUT => serde_json::from_str(text).unwrap_or(Json::Null),
        _ => json!({ "bytes": value.bytes() }),
    }
}

impl Observer for Run<'_> {
    fn begin(&self, _: usize) {}

    fn finish(&self, node: usize, status: &Status) {
        if let Some(file) = &self.file {
            // A record that cannot be written must not fail the run it records.
            drop(disk::append_line(file, &self.line(node, status).to_string()));
        }
    }
}

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
