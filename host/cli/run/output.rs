//! What a run shows: a line per step while it happens, the results, and what went wrong.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value as Json, json};

use super::super::Context;
use super::super::book::Book;
use crate::execute::breach::Breach;
use crate::execute::piece::readable;
use crate::execute::run::{Observer, Status};
use crate::execute::select::Selection;
use crate::execute::value::Value;
use crate::kernel::types::Diagnostic;
use crate::report::Reporter;

/// Longest preview of a value on a step's line.
const PREVIEW: usize = 72;

/// Prints a line per finished step; and on a terminal, below these, what runs and how much is done.
pub(in crate::cli) struct Lines<'a> {
    book: &'a Book,
    report: Reporter,
    /// Steps that will come to an end.
    count: usize,
    under_way: Mutex<UnderWay>,
}

/// How far a run is.
#[derive(Default)]
struct UnderWay {
    done: usize,
    running: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// For a run of the nodes that a selection needs.
    pub(in crate::cli) fn new(book: &'a Book, selection: &Selection, report: Reporter) -> Self {
        let count = (0..book.graph.nodes.len()).filter(|node| selection.needed(*node)).count();
        Self { book, report, count, under_way: Mutex::default() }
    }

    /// Changes how far the run is, prints what is to be printed, and shows the rest below it. Steps end in several
    /// threads; none writes between another's lines.
    fn show(&self, change: impl FnOnce(&mut UnderWay), print: impl FnOnce()) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut under_way);
        print();
        let running: Vec<&str> =
            under_way.running.iter().map(|node| self.book.graph.nodes[*node].id.as_str()).collect();
        let line = format!("{} of {} done · {}", under_way.done.min(self.count), self.count, running.join(", "));
        self.report.progress((!running.is_empty()).then_some(line.as_str()));
    }
}

impl Observer for Lines<'_> {
    fn begin(&self, node: usize) {
        self.show(|under_way| under_way.running.push(node), || ());
    }

    fn finish(&self, node: usize, status: &Status) {
        let of = &self.book.graph.nodes[node];
        let id = &of.id;
        let line = match status {
            Status::Done { values, cached, took, .. } => {
                let shown =
                    of.outputs.iter().zip(values).map(|(port, value)| format!("{} = {}", port.name, preview(value)));
                let time = if *cached { "unchanged".to_owned() } else { readable(*took) };
                format!("✓ {id} ({time}) {}", shown.collect::<Vec<_>>().join(", "))
            }
            Status::Failed { breach, took, .. } => format!("✗ {id} ({}) {}", readable(*took), breach.name()),
            Status::Skipped { cause } => {
                format!("- {id} skipped: `{}` has nothing for it", self.book.graph.nodes[*cause].id)
            }
            Status::NotEvaluated => format!("- {id} not evaluated: `:eval no`"),
            Status::Stopped => format!("- {id} stopped: another component failed first"),
            Status::Cancelled => format!("- {id} cancelled"),
            Status::Pending | Status::NotSelected => return,
        };
        let log = match status {
            Status::Done { log, .. } | Status::Failed { log, .. } => log.as_slice(),
            _ => &[],
        };
        let ended = |under_way: &mut UnderWay| {
            under_way.done += 1;
            under_way.running.retain(|running| *running != node);
        };
        self.show(ended, || {
            log.iter().for_each(|line| self.report.say(&format!("  {id} │ {line}")));
            self.report.say(line.trim_end());
        });
    }
}

/// A value on one line.
fn preview(value: &Value) -> String {
    let Some(json) = value.json() else { return format!("({} bytes)", value.bytes()) };
    let mut line: String = json.chars().take(PREVIEW).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if json.len() > line.len() {
        line.push('…');
    }
    line
}

/// The workbook's exports as (name, node, output).
pub(in crate::cli) fn exports(book: &Book) -> Vec<(String, usize, usize)> {
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    // What a nested workflow gives and nobody takes is an export of its parent as well.
    let outermost = book.plan.workflows.iter().filter(|workflow| workflow.parent.is_none());
    for export in outermost.flat_map(|workflow| &workflow.exports) {
        let node = book.graph.nodes.iter().position(|node| node.id == export.component);
        let output =
            node.and_then(|node| book.graph.nodes[node].outputs.iter().position(|port| port.name == export.name));
        if let (Some(node), Some(output)) = (node, output)
            && !found.iter().any(|(_, n, o)| (*n, *o) == (node, output))
        {
            found.push((export.name.clone(), node, output));
        }
    }
    found
}

/// What a run is for, as (name, node, output): the exports, or the ends of what was selected.
pub(in crate::cli) fn ends(book: &Book, selection: &Selection) -> Vec<(String, usize, usize)> {
    if selection.is_whole() {
        return exports(book);
    }
    let name = |node: usize, output: usize| book.graph.nodes[node].outputs[output].name.clone();
    selection.ends(&book.graph).into_iter().map(|(node, output)| (name(node, output), node, output)).collect()
}

/// Prints what a run is for: one value alone as it is, several under their names.
pub(in crate::cli) fn results(
    exports: &[(String, usize, usize)],
    state: &[Status],
    report: Reporter,
) -> std::io::Result<()> {
    named_results(exports, exports.len(), state, report)
}

/// Prints some of so many values: names only where there are several.
pub(in crate::cli) fn named_results(
    some: &[(String, usize, usize)],
    of: usize,
    state: &[Status],
    report: Reporter,
) -> std::io::Result<()> {
    for (name, node, output) in some {
        let Some(value) = value_of(state, *node, *output) else { continue };
        let text = readable_value(value);
        match of {
            1 => report.out(&format!("{text}\n"))?,
            _ if text.contains('\n') => report.out(&format!("{name}:\n{text}\n"))?,
            _ => report.out(&format!("{name}: {text}\n"))?,
        }
    }
    Ok(())
}

fn value_of(state: &[Status], node: usize, output: usize) -> Option<&Value> {
    match &state[node] {
        Status::Done { values, .. } => values.get(output),
        _ => None,
    }
}

/// A string as its text, a list of records as a table, anything else as JSON.
fn readable_value(value: &Value) -> String {
    let Some(text) = value.json() else { return format!("({} bytes)", value.bytes()) };
    match serde_json::from_str::<Json>(text) {
        Ok(Json::String(text)) => text,
        Ok(Json::Array(rows)) => table(&rows).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    }
}

/// Records with the same keys and plain values, as an Org table.
fn table(rows: &[Json]) -> Option<String> {
    let first = rows.first()?.as_object()?;
    let keys: Vec<&String> = first.keys().collect();
    let mut cells = vec![keys.iter().map(|key| (*key).clone()).collect::<Vec<_>>()];
    for row in rows {
        let row = row.as_object().filter(|row| row.len() == keys.len())?;
        cells.push(keys.iter().map(|key| row.get(*key).and_then(cell)).collect::<Option<_>>()?);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..keys.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} "));
        format!("|{}|", padded.collect::<Vec<_>>().join("|"))
    };
    let rule = format!("|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+"));
    let mut lines = vec![line(&cells[0]), rule];
    lines.extend(cells[1..].iter().map(line));
    Some(lines.join("\n"))
}

fn cell(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.contains('\n') => Some(text.clone()),
        Json::Null => Some(String::new()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The run as JSON.
pub(in crate::cli) fn to_json(book: &Book, state: &[Status], run: &str, findings: &[Diagnostic]) -> Json {
    let mut exported = Map::new();
    for (name, node, output) in exports(book) {
        if let Some(value) = value_of(state, node, output) {
            exported.insert(name, parsed(value));
        }
    }
    let components: Vec<Json> = book
        .graph
        .nodes
        .iter()
        .zip(state)
        .map(|(node, status)| {
            let mut entry =
                Map::from_iter([("id".to_owned(), json!(node.id)), ("status".to_owned(), json!(word(status)))]);
            match status {
                Status::Done { values, cached, took, log } => {
                    let outputs: Map<String, Json> = node
                        .outputs
                        .iter()
                        .zip(values)
                        .map(|(port, value)| (port.name.clone(), parsed(value)))
                        .collect();
                    entry.insert("cached".to_owned(), json!(cached));
                    entry.insert("ms".to_owned(), json!(took.as_secs_f64() * 1_000.0));
                    entry.insert("outputs".to_owned(), Json::Object(outputs));
                    entry.insert("log".to_owned(), json!(log));
                }
                Status::Failed { breach, failure, took, log } => {
                    let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
                    entry.insert("error".to_owned(), json!({ "kind": breach.name(), "message": messages.join("\n") }));
                    entry.insert("ms".to_owned(), json!(took.as_secs_f64() * 1_000.0));
                    entry.insert("log".to_owned(), json!(log));
                }
                Status::Skipped { cause } => drop(entry.insert("cause".to_owned(), json!(book.graph.nodes[*cause].id))),
                _ => {}
            }
            Json::Object(entry)
        })
        .collect();
    let diagnostics: Json = findings.iter().map(|each| crate::json::diagnostic(each, None)).collect();
    json!({
        "ok": state.iter().all(is_fine),
        "run": run,
        "exports": exported,
        "components": components,
        "diagnostics": diagnostics,
    })
}

/// A value as JSON, or its size where it is too large for that.
pub(in crate::cli) fn parsed(value: &Value) -> Json {
    value.json().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({ "bytes": value.bytes() }))
}

/// Whether a component is as it should be after a run.
pub(in crate::cli) fn is_fine(status: &Status) -> bool {
    matches!(status, Status::Done { .. } | Status::NotEvaluated | Status::NotSelected)
}

/// The status in JSON and step records.
pub(in crate::cli) fn word(status: &Status) -> &'static str {
    match status {
        Status::Pending | Status::Cancelled => "cancelled",
        Status::Done { .. } => "done",
        Status::Failed { .. } => "failed",
        Status::Skipped { .. } => "skipped",
        Status::NotEvaluated => "not-evaluated",
        Status::NotSelected => "not-selected",
        Status::Stopped => "stopped",
    }
}

/// `4 components: 2 run, 1 unchanged, 1 failed`.
pub(in crate::cli) fn summary(state: &[Status]) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for status in state {
        let kind = match status {
            Status::Done { cached: true, .. } => "unchanged",
            Status::Done { .. } => "run",
            other => word(other),
        };
        *counts.entry(kind).or_default() += 1;
    }
    let order = ["run", "unchanged", "failed", "skipped", "not-evaluated", "stopped", "cancelled", "not-selected"];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|kind| counts.get(kind).map(|count| format!("{count} {}", kind.replace('-', " "))))
        .collect();
    let noun = if state.len() == 1 { "component" } else { "components" };
    format!("{} {noun}: {}", state.len(), parts.join(", "))
}

/// Findings for everything that failed.
pub(in crate::cli) fn findings(book: &Book, state: &[Status]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (node, status) in state.iter().enumerate() {
        if let Status::Failed { breach, failure, .. } = status {
            let code = if *breach == Breach::Error { "failed" } else { breach.name() };
            findings.extend(book.failure(node, code, failure));
        }
    }
    findings
}

/// Draws failures, unless they are part of the JSON already.
pub(in crate::cli) fn draw(book: &Book, findings: &[Diagnostic], context: &Context) {
    if !findings.is_empty() && !context.report.is_json() {
        context.report.complaints(&book.source, findings);
    }
}
