//! Records of earlier runs, read: which there are, what each says, and how it ended. Writing them is `record.rs`'s.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::moment::{Moment, SEED};
use super::record::{FORMAT, HEAD, Head, STEPS};
use super::value::{self, Value};
use crate::cache::{Cache, Entry, Key};
use crate::disk;

/// A record as it lies there.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was run.
    pub head: Head,
    /// The finished steps, by component. Empty where only the head was read.
    pub steps: HashMap<String, Step>,
    /// Whether the run is still going on.
    pub running: bool,
}

/// One finished step.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// The component's id.
    pub component: String,
    /// 0 when it was done, 1 when it failed, none when it was not run.
    pub exit_code: Option<i32>,
    /// Whether its result was known before.
    #[serde(default)]
    pub cached: bool,
    /// Digest of all it depended on.
    pub key: Option<String>,
    /// Digests of its inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// Digests of its outputs.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Where its outputs are in the store.
    pub kept: Option<String>,
    /// What it read from the clock.
    pub clock: Option<Vec<u64>>,
    /// Why it failed, or was not run.
    pub error: Option<StepError>,
}

/// Why a step has no result.
#[derive(Debug, Clone, Deserialize)]
pub struct StepError {
    /// The kind of failure.
    pub kind: String,
    /// In words.
    pub message: String,
}

/// Why there is no such record.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No record has this id, or one that begins with it.
    #[error("there is no record of a run `{0}`")]
    Unknown(String),
    /// Several ids begin with this.
    #[error("`{0}` may be any of {1} runs")]
    Several(String, usize),
    /// There is a folder, and no record in it that this version reads.
    #[error("the record of `{0}` cannot be read by this version of wb")]
    Unreadable(String),
}

/// The ids of all runs, oldest first.
#[must_use]
pub fn ids(cache: &Cache) -> Vec<String> {
    disk::folders(&cache.runs())
}

/// The head of a run's record. `None` when it is not there or of another version.
#[must_use]
pub fn head(cache: &Cache, id: &str) -> Option<Record> {
    let folder = cache.runs().join(id);
    let head: Head = serde_json::from_slice(&disk::read(&folder.join(HEAD)).ok()?).ok()?;
    let running = head.ended.is_none() && disk::is_being_written(&folder.join(STEPS));
    (head.format == FORMAT).then(|| Record { head, steps: HashMap::new(), running })
}

/// The whole record of the run that has this id, whose id begins or ends with this, or of the last one for `last`.
///
/// # Errors
///
/// When no run or several are meant, or the record cannot be read.
pub fn load(cache: &Cache, name: &str) -> Result<Record, ArchiveError> {
    let all = ids(cache);
    let matching: Vec<&String> = match name {
        "last" => all.last().into_iter().collect(),
        "" => Vec::new(),
        name => all.iter().filter(|id| id.starts_with(name) || id.ends_with(name)).collect(),
    };
    match matching.as_slice() {
        [] => Err(ArchiveError::Unknown(name.to_owned())),
        [id] => whole(cache, id).ok_or_else(|| ArchiveError::Unreadable((*id).clone())),
        several => Err(ArchiveError::Several(name.to_owned(), several.len())),
    }
}

/// The record of the last run of a file that is not under way and was no replay.
#[must_use]
pub fn last_of(cache: &Cache, file: &Path) -> Option<Record> {
    let file = disk::absolute(file)?;
    let of_file = |id: &String| {
        head(cache, id).is_some_and(|record| {
            record.head.file.as_deref() == Some(&*file) && record.head.replays.is_none() && !record.running
        })
    };
    let all = ids(cache);
    all.iter().rev().find(|id| of_file(id)).and_then(|id| whole(cache, id))
}

fn whole(cache: &Cache, id: &str) -> Option<Record> {
    let mut record = head(cache, id)?;
    let lines = disk::read(&cache.runs().join(id).join(STEPS)).unwrap_or_default();
    // The last line of a killed run may be half a line.
    let steps = lines.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Step>(line).ok());
    record.steps = steps.map(|step| (step.component.clone(), step)).collect();
    Some(record)
}

impl Record {
    /// When the run was, as its components saw it, for these components. Who is not `again` reads the clock afresh.
    #[must_use]
    pub fn moment<'a>(&self, ids: impl Iterator<Item = &'a str>, again: bool) -> Moment {
        let started: SystemTime = UNIX_EPOCH + Duration::from_nanos(self.head.moment);
        let mut seed = [0; SEED];
        if let Some(key) = Key::parse(&self.head.seed) {
            seed = *key.as_bytes();
        }
        let readings = |id: &str| self.steps.get(id).filter(|_| again).and_then(|step| step.clock.clone());
        Moment::of(started, seed, ids.map(readings).collect())
    }

    /// Something in the store, as text. `None` when it is no longer there.
    #[must_use]
    pub fn text(cache: &Cache, entry: &str) -> Option<String> {
        let entry = Entry::parse(entry)?;
        String::from_utf8(cache.get(entry.kind, &entry.key)?).ok()
    }

    /// The values from outside that it was run with; `Err` with the name of one that is no longer in the store.
    ///
    /// # Errors
    ///
    /// When a value is gone.
    pub fn inputs(&self, cache: &Cache, given_only: bool) -> Result<HashMap<String, Value>, String> {
        let wanted = self.head.inputs.iter().filter(|(_, input)| input.given || !given_only);
        let value = |(name, input): (&String, &super::record::Given)| match Self::text(cache, &input.value) {
            Some(text) => Ok((name.clone(), Value::Json(text.into()))),
            None => Err(name.clone()),
        };
        wanted.map(value).collect()
    }

    /// Where the results of what was done are, by the key of what they depended on.
    #[must_use]
    pub fn results(&self) -> HashMap<Key, Entry> {
        let done = self.steps.values().filter(|step| step.exit_code == Some(0));
        done.filter_map(|step| Some((Key::parse(step.key.as_deref()?)?, Entry::parse(step.kept.as_deref()?)?)))
            .collect()
    }

    /// The values a component gave, if they are still in the store.
    #[must_use]
    pub fn values(&self, cache: &Cache, id: &str) -> Option<Vec<Value>> {
        let entry = Entry::parse(self.steps.get(id)?.kept.as_deref()?)?;
        value::decode(&cache.get(entry.kind, &entry.key)?)
    }
}
