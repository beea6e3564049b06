//! What a run leaves behind, in `runs/<id>/` of the cache directory: `run.json` says what was run, from what, and how it
//! ended; `_steps.jsonl` has a line per finished step. Values are not in either: they are in the store, by digest.
//!
//! A line is written after the values it speaks of, so whatever a line says survives the death of the process. Reading
//! records is `archive.rs`'s.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::graph::{Feed, Graph, Origin};
use super::keys;
use super::known::{self, RESULT};
use super::moment::Moment;
use super::prepare::Ready;
use super::run::{Observer, Status};
use super::value::{self, Value};
use crate::cache::{Cache, Entry, Key, Kind};
use crate::disk::{self, Source};
use crate::lanes::Failure;

/// Longest value in a step's line.
const OUTPUT: usize = 4 << 10;

/// Records that are kept: so many runs, and so many bytes.
const KEPT: (usize, u64) = (200, 128 << 20);

/// The file of a run's steps.
pub const STEPS: &str = "_steps.jsonl";
/// The file that says what was run.
pub const HEAD: &str = "run.json";
/// The version of both.
pub const FORMAT: u32 = 1;

/// What was run, from what, and how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// The run's id.
    pub run: String,
    /// The version of wb.
    pub wb: String,
    /// The workbook's file; none for standard input.
    pub file: Option<PathBuf>,
    /// The workbook's text, in the store.
    pub source: String,
    /// When it began: nanoseconds since 1970.
    pub started: u64,
    /// When it was, as its components saw it; differs from `started` when it repeats another run.
    pub moment: u64,
    /// Where its random numbers came from, in hexadecimal.
    pub seed: String,
    /// The run that this one resumed.
    pub resumes: Option<String>,
    /// The run that this one repeats for comparison.
    pub replays: Option<String>,
    /// How it was run.
    pub how: Settings,
    /// Values from outside, by name.
    pub inputs: BTreeMap<String, Given>,
    /// The components.
    pub components: Vec<Component>,
    /// How it ended; none while it lasts, or when it was killed.
    pub ended: Option<Ended>,
}

/// How a run was run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Settings {
    /// One store per component.
    pub isolate: bool,
    /// Pieces at the same time.
    pub jobs: usize,
    /// Whether a failure left the rest running.
    pub keep_going: bool,
    /// The most time it might take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time: Option<u64>,
    /// The most memory its stores might hold at a time, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory: Option<u64>,
    /// The components it was about, where that is not all.
    pub selected: Option<Vec<String>>,
}

/// A value from outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Given {
    /// Its JSON, in the store.
    pub value: String,
    /// Whether it came from the command line, and not from the file.
    pub given: bool,
}

/// A component of the plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Component {
    /// Its long id.
    pub id: String,
    /// Its language, or the path of a precompiled one.
    pub code: String,
    /// Digest of everything about it but its inputs.
    pub key: Option<String>,
    /// Digest of what it was compiled with: compiler, version, flags.
    pub toolchain: Option<String>,
    /// Its rights.
    pub caps: Vec<String>,
    /// Each input and what feeds it: `component.port`, or the name of a value from outside.
    pub inputs: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: Vec<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ended {
    /// When: nanoseconds since 1970.
    pub at: u64,
    /// The command's exit code.
    pub exit: u8,
    /// How many components ended how.
    pub summary: String,
}

/// What a record is made of before the run begins.
pub struct About<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Its prepared nodes.
    pub nodes: &'a [Result<Ready, Failure>],
    /// Values from outside.
    pub imports: &'a HashMap<String, Value>,
    /// Names of those that came from the command line.
    pub given: &'a [String],
    /// The workbook.
    pub source: &'a Source,
    /// Its time and randomness.
    pub moment: &'a Arc<Moment>,
    /// How it is run.
    pub how: Settings,
    /// The run it resumes.
    pub resumes: Option<String>,
    /// The run it repeats for comparison.
    pub replays: Option<String>,
}

/// The record of one run, being written.
pub struct Run<'a> {
    head: Head,
    about: About<'a>,
    cache: Option<&'a Cache>,
    /// None where there is no cache directory to keep records in.
    journal: Option<disk::Journal>,
    folder: Option<PathBuf>,
    step: AtomicU64,
    /// Digests of the outputs of what is done.
    outputs: Mutex<Vec<Vec<Key>>>,
}

impl<'a> Run<'a> {
    /// Begins a record.
    #[must_use]
    pub fn begin(about: About<'a>, cache: Option<&'a Cache>) -> Self {
        let now = since(SystemTime::now());
        let unique = Key::of("wb run", &[&now.to_le_bytes(), &std::process::id().to_le_bytes()]).to_string();
        let id = format!("{}-{}", now / 1_000_000, &unique[..8]);
        let folder = cache.map(|cache| {
            let runs = cache.runs();
            disk::keep_newest(&runs, KEPT.0 - 1, KEPT.1);
            runs.join(&id)
        });
        let head = head(id, now, &about, cache);
        let journal = folder.as_ref().and_then(|folder| disk::Journal::create(&folder.join(STEPS)).ok());
        let outputs = Mutex::new(vec![Vec::new(); about.graph.nodes.len()]);
        let run = Self { head, about, cache, journal, folder, step: AtomicU64::new(0), outputs };
        run.write(&run.head);
        run
    }

    /// The run's id: milliseconds since 1970 and eight hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.head.run
    }

    /// Says how the run ended.
    pub fn end(&self, exit: u8, summary: String) {
        let ended = Some(Ended { at: since(SystemTime::now()), exit, summary });
        self.write(&Head { ended, ..self.head.clone() });
    }

    /// A record that cannot be written must not fail the run it records.
    fn write(&self, head: &Head) {
        if let (Some(folder), Ok(bytes)) = (&self.folder, serde_json::to_vec(head)) {
            drop(disk::write_cached(&folder.join(HEAD), &[&bytes]));
        }
    }

    fn line(&self, node: usize, status: &Status) -> Json {
        let of = &self.about.graph.nodes[node];
        let step = self.step.fetch_add(1, Ordering::Relaxed);
        let ts = since(SystemTime::now()) / 1_000_000;
        let mut line = json!({ "run": self.head.run, "step": step, "component": of.id, "tool": "step", "ts": ts });
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
                self.digests(node, values, &mut set);
            }
            Status::Failed { breach, failure, took, log } => {
                let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
                set("exit_code", json!(breach.status()));
                set("error", json!({ "kind": breach.name(), "message": messages.join("\n") }));
                set("ms", json!(took.as_secs_f64() * 1_000.0));
                set("log", json!(log));
            }
            Status::Skipped { cause } => {
                let message = format!("`{}` has nothing for it", self.about.graph.nodes[*cause].id);
                set("exit_code", Json::Null);
                set("error", json!({ "kind": "skipped", "message": message }));
            }
            Status::NotEvaluated | Status::NotSelected => set("exit_code", Json::Null),
            Status::Stopped => {
                set("exit_code", Json::Null);
                set("error", json!({ "kind": "stopped", "message": "the run stopped before it" }));
            }
            Status::Cancelled | Status::Pending => {
                set("exit_code", Json::Null);
                set("error", json!({ "kind": "cancelled", "message": "the run was cancelled" }));
            }
        }
        let readings = self.about.moment.readings(node);
        if !readings.is_empty() {
            line["clock"] = json!(readings);
        }
        line
    }

    /// What a finished step depended on and gave, by digest, and where its outputs are.
    fn digests(&self, node: usize, values: &[Value], set: &mut impl FnMut(&str, Json)) {
        let (Some(cache), Ok(ready)) = (self.cache, &self.about.nodes[node]) else { return };
        let of = &self.about.graph.nodes[node];
        let given: Vec<Key> = values.iter().map(Value::digest).collect();
        let named = |ports: &[crate::lanes::Port], digests: &[Key]| {
            let pairs = ports.iter().zip(digests).map(|(port, digest)| (port.name.clone(), json!(digest.to_string())));
            Json::Object(pairs.collect())
        };
        set("digests", named(&of.outputs, &given));
        let taken = {
            let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
            outputs[node] = given;
            let digest = |feed: &Feed| match feed {
                Feed::Import(name) => self.about.imports.get(name).map(Value::digest),
                Feed::Node { node, output } => outputs[*node].get(*output).copied(),
            };
            of.feeds.iter().map(digest).collect::<Option<Vec<Key>>>()
        };
        let Some(taken) = taken else { return };
        set("inputs", named(&of.inputs, &taken));
        let inputs: Vec<(String, Key)> = of.inputs.iter().map(|port| port.name.clone()).zip(taken).collect();
        let key = keys::result(&ready.parts, &inputs).key(RESULT);
        set("key", json!(key.to_string()));
        let kept = if known::keeps(self.about.graph, self.about.nodes, node) {
            Some(Entry { kind: Kind::Result, key })
        } else {
            cache.keep(&value::encode(values)).ok()
        };
        set("kept", json!(kept.map(|entry| entry.to_string())));
    }
}

/// Nanoseconds since 1970.
fn since(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

fn head(run: String, started: u64, about: &About<'_>, cache: Option<&Cache>) -> Head {
    // What is lost when the store cannot be written is the record, and that shows when it is read.
    let keep = |content: &[u8]| cache.and_then(|cache| cache.keep(content).ok()).map(|entry| entry.to_string());
    let input = |(name, value): (&String, &Value)| {
        let value = keep(value.json().unwrap_or_default().as_bytes()).unwrap_or_default();
        (name.clone(), Given { value, given: about.given.contains(name) })
    };
    Head {
        format: FORMAT,
        run,
        wb: env!("CARGO_PKG_VERSION").to_owned(),
        file: about.source.path.as_deref().and_then(disk::absolute),
        source: keep(about.source.text.as_bytes()).unwrap_or_default(),
        started,
        moment: since(about.moment.started),
        seed: about.moment.seed.iter().map(|byte| format!("{byte:02x}")).collect(),
        resumes: about.resumes.clone(),
        replays: about.replays.clone(),
        how: about.how.clone(),
        inputs: about.imports.iter().map(input).collect(),
        components: (0..about.graph.nodes.len()).map(|node| component(about, node)).collect(),
        ended: None,
    }
}

fn component(about: &About<'_>, node: usize) -> Component {
    let of = &about.graph.nodes[node];
    let ready = about.nodes[node].as_ref().ok();
    let toolchain = ready.and_then(|ready| ready.parts.0.iter().find(|(name, _)| name == "toolchain"));
    let source = |feed: &Feed| match feed {
        Feed::Import(name) => name.clone(),
        Feed::Node { node, output } => {
            let from = &about.graph.nodes[*node];
            format!("{}.{}", from.id, from.outputs[*output].name)
        }
    };
    Component {
        id: of.id.clone(),
        code: match &of.origin {
            Origin::Block { lang, .. } => lang.clone(),
            Origin::Binary { path, .. } => path.clone(),
        },
        key: ready.map(|ready| ready.parts.key("wb node").to_string()),
        toolchain: toolchain.map(|(_, key)| key.to_string()),
        caps: of.caps.clone(),
        inputs: of.inputs.iter().zip(&of.feeds).map(|(port, feed)| (port.name.clone(), source(feed))).collect(),
        outputs: of.outputs.iter().map(|port| port.name.clone()).collect(),
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
        if let Some(journal) = &self.journal {
            // A record that cannot be written must not fail the run it records.
            drop(journal.append(&self.line(node, status).to_string()));
        }
    }
}
