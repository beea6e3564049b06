//! `wb runs`: which runs are on record, newest first.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Context;
use crate::disk;
use crate::env;
use crate::execute::archive::{self, Record};
use crate::execute::piece::readable;
use crate::exit::Exit;
use crate::report::table;

/// Which runs.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only runs of this Org file
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub count: usize,
}

/// Lists them.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let cache = context.open_cache().map_err(|error| super::Failure::new(Exit::Failed, error.to_string()))?;
    // A file that is gone has runs as well; it is found by the path it had.
    let file = arguments.file.as_deref().map(|file| disk::absolute(Path::new(file)).unwrap_or_else(|| file.into()));
    let wanted = |record: &Record| file.is_none() || record.head.file == file;
    let ids = archive::ids(cache);
    let records: Vec<Record> =
        ids.iter().rev().filter_map(|id| archive::head(cache, id)).filter(wanted).take(arguments.count).collect();
    if context.report.is_json() {
        context.report.value(&records.iter().map(as_json).collect::<Json>())?;
    } else if records.is_empty() {
        context.report.say("no runs on record");
    } else {
        let rows: Vec<Vec<String>> = records.iter().map(row).collect();
        context.report.out(&table(&rows))?;
    }
    Ok(Exit::Ok)
}

/// `done`, `failed`, `stopped`, `running` or `killed`.
fn state(record: &Record) -> &'static str {
    match &record.head.ended {
        Some(ended) if ended.exit == Exit::Ok.code() => "done",
        Some(ended) if ended.exit == Exit::Interrupted.code() => "stopped",
        Some(_) => "failed",
        None if record.running => "running",
        None => "killed",
    }
}

fn took(record: &Record) -> Option<Duration> {
    let ended = record.head.ended.as_ref()?;
    Some(Duration::from_nanos(ended.at.saturating_sub(record.head.started)))
}

fn row(record: &Record) -> Vec<String> {
    let head = &record.head;
    let file = head.file.as_deref().map_or("<stdin>".to_owned(), |file| file.display().to_string());
    let summary = head.ended.as_ref().map(|ended| ended.summary.clone());
    let replays = head.replays.as_ref().map(|run| format!("(replay of {run})"));
    let summary = [summary, replays].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let took = took(record).map_or(String::new(), readable);
    let began = env::local_time_of(head.started / 1_000_000_000).replace('T', " ");
    vec![head.run.clone(), began, state(record).to_owned(), took, file, summary]
}

fn as_json(record: &Record) -> Json {
    let head = &record.head;
    json!({
        "run": head.run,
        "file": head.file,
        "status": state(record),
        "started": head.started / 1_000_000,
        "ms": took(record).map(|took| took.as_secs_f64() * 1_000.0),
        "exit": head.ended.as_ref().map(|ended| ended.exit),
        "summary": head.ended.as_ref().map(|ended| &ended.summary),
        "resumes": head.resumes,
        "replays": head.replays,
    })
}
