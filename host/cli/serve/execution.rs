//! One run of a workbook for a server: values that came with a request, and only what is asked for.

use std::collections::HashMap;

use tokio::sync::watch;

use super::super::book::Book;
use super::super::run::how::How;
use super::super::run::inputs::{Inputs, find, literal};
use super::super::run::job::Job;
use super::super::run::{from_file, output};
use super::super::{Context, Failure};
use crate::execute::prepare::Ready;
use crate::execute::run::{Observer, Status};
use crate::execute::select::{Selection, Wanted};
use crate::execute::value::Value;
use crate::lanes;
use crate::plane::workbook::{Given, Refusal};

/// What came of it.
pub(super) struct Ran {
    /// How each component stands.
    pub(super) state: Vec<Status>,
    /// The run's name in the records.
    pub(super) run: String,
}

/// Who a run is for, and how it is run.
pub(super) struct Terms<'a> {
    /// Limits and the like.
    pub(super) how: &'a How,
    /// Whether a record is left beside the cache.
    pub(super) record: bool,
    /// Who is told of steps.
    pub(super) observer: &'a dyn Observer,
    /// Becomes true when nobody wants it any more.
    pub(super) cancelled: watch::Receiver<bool>,
}

/// What is to be run, with which values.
pub(super) struct Wish {
    selection: Selection,
    values: HashMap<String, Value>,
}

/// What these inputs and this output come to.
///
/// # Errors
///
/// When one is unknown, or an input has no value.
pub(super) fn wish(book: &Book, inputs: Vec<(String, Given)>, only: Option<&str>) -> Result<Wish, Refusal> {
    let selection = match only {
        None => Selection::all(&book.graph),
        Some(name) => part(book, name)?,
    };
    let mut values = HashMap::new();
    for (name, given) in inputs {
        let import = find(book, &name).map_err(|failure| Refusal::Unknown(told(&failure)))?;
        let json = match given {
            Given::Text(text) => literal(import, &text),
            Given::Json(json) => json,
        };
        values.insert(name, Value::Json(json.into()));
    }
    let missing = missing(book, &selection, &values);
    if missing.is_empty() { Ok(Wish { selection, values }) } else { Err(Refusal::Missing(missing)) }
}

/// Runs it.
///
/// # Errors
///
/// When it cannot be run here, which is not the caller's fault.
pub(super) fn run(
    book: &Book,
    nodes: &[Result<Ready, lanes::Failure>],
    wish: Wish,
    terms: Terms<'_>,
    context: &Context,
) -> anyhow::Result<Result<Ran, Refusal>> {
    let resolved = Inputs::default().resolve_for(book, &wish.selection, wish.values, context)?;
    let Ok((imports, given)) = resolved else { return Ok(Err(Refusal::Missing(Vec::new()))) };
    let mut job = Job::new(book, terms.how, wish.selection, imports);
    (job.given, job.record) = (given, terms.record);
    let (state, record) = job.run_until(book, nodes, context, terms.observer, terms.cancelled)?;
    Ok(Ok(Ran { state, run: record.id().to_owned() }))
}

/// What one export needs.
fn part(book: &Book, name: &str) -> Result<Selection, Refusal> {
    let export = output::exports(book).into_iter().find(|(known, ..)| known == name);
    let Some((_, node, _)) = export else {
        return Err(Refusal::Unknown(format!("the workbook has no output `{name}`")));
    };
    Ok(Selection::of(&book.graph, &Wanted { until: vec![node], ..Wanted::default() }))
}

/// Inputs that are needed and have no value.
fn missing(book: &Book, selection: &Selection, values: &HashMap<String, Value>) -> Vec<String> {
    let needed = |id: &String| {
        let node = book.graph.nodes.iter().position(|node| node.id == *id);
        node.is_none_or(|node| selection.needed(node))
    };
    let imports = book.graph.imports.iter().filter(|import| !values.contains_key(&import.name));
    let without = imports.filter(|import| import.consumers.iter().any(needed) && from_file(book, import).is_none());
    without.map(|import| import.name.clone()).collect()
}

fn told(failure: &Failure) -> String {
    failure.hint.as_ref().map_or(failure.message.clone(), |hint| format!("{}; {hint}", failure.message))
}
