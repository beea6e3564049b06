//! `wb run --resume`: what an earlier run finished is not done again.
//!
//! Pure results are in the cache anyway. What a record adds is the rest: results that are never kept for other runs, the
//! values that were given on the command line, the time and the random numbers. A component that was changed since runs
//! again, and so does what failed.

use std::sync::Arc;

use super::super::book::Book;
use super::super::{Context, Failure};
use super::job::Job;
use crate::execute::archive::{self, Record};
use crate::execute::value::Value;
use crate::exit::Exit;

/// The record to resume from: a run by name, or the last one of this file that is not under way.
pub(super) fn find(name: &str, book: &Book, context: &Context) -> anyhow::Result<Option<Record>> {
    let Some(cache) = context.cache() else { return Ok(None) };
    if !name.is_empty() {
        return load(name, context).map(Some);
    }
    let found = book.source.path.as_deref().and_then(|path| archive::last_of(cache, path));
    if found.is_none() {
        context.report.say(&format!("no earlier run of `{}` to resume", book.source.name));
    }
    Ok(found)
}

/// A record by name.
pub(in crate::cli) fn load(name: &str, context: &Context) -> anyhow::Result<Record> {
    let cache = context.open_cache().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let failure = |error: archive::ArchiveError| Failure::new(Exit::NotFound, error.to_string()).hint("see `wb runs`");
    Ok(archive::load(cache, name).map_err(failure)?)
}

/// What was given on the command line of an earlier run, unless it is given again.
pub(super) fn inputs(record: &Record, book: &Book, context: &Context) -> Vec<(String, Value)> {
    let Some(cache) = context.cache() else { return Vec::new() };
    let values = record.inputs(cache, true).unwrap_or_else(|name| {
        context.report.warn(&format!("the value of `{name}` in run `{}` is no longer in the store", record.head.run));
        Default::default()
    });
    let known = |name: &String| book.graph.imports.iter().any(|import| import.name == *name);
    values.into_iter().filter(|(name, _)| known(name)).collect()
}

/// Takes over what the earlier run has.
pub(super) fn take_over(job: &mut Job, record: &Record, book: &Book) {
    let ids = book.graph.nodes.iter().map(|node| node.id.as_str());
    job.moment = Arc::new(record.moment(ids, false));
    job.recorded = record.results();
    job.resumes = Some(record.head.run.clone());
}
