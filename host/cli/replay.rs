//! `wb replay RUN`: runs again what a record says was run, from the recorded text, inputs, time and random numbers, and
//! compares every output by digest.
//!
//! What acts on the world is not done a second time: a component that may write files, use the network or read secrets
//! gives what it gave. What was taken from an earlier run although it is not pure cannot be made again either.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::book::{self, Book};
use super::run::how::How;
use super::run::job::Job;
use super::run::{output, resume};
use super::{Context, Failure, rights};
use crate::cache::{Cache, Entry, Key};
use crate::disk::{STDIN, Source};
use crate::execute::archive::{Record, Step};
use crate::execute::known;
use crate::execute::prepare::Ready;
use crate::execute::run::Status;
use crate::execute::select::{Selection, Wanted};
use crate::execute::value::Value;
use crate::exit::Exit;
use crate::lanes;

/// Which run.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A run's id, the beginning or the end of one, or `last`; see `wb runs`
    #[arg(value_name = "RUN")]
    pub run: String,
    #[command(flatten)]
    rights: rights::Rules,
}

/// What became of one component in comparison.
enum Verdict {
    /// The same digests, or the same failure.
    Same,
    /// Not done again, for this reason.
    Taken(&'static str),
    /// Not part of the recorded run, or it had not got there.
    Absent,
    /// Something else came out.
    Differs(String),
}

/// Replays it.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let record = resume::load(&arguments.run, context)?;
    let cache = context.open_cache().map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let mut book = match open(&record, cache, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    let selection = selection(&record, &book);
    if let Some(exit) = rights::settle(&arguments.rights, &mut book, &|node| selection.needed(node), context)? {
        return Ok(exit);
    }
    let nodes = book.prepare_some(context, &|node| selection.needed(node));
    let imports = record.inputs(cache, false).map_err(|name| gone(&format!("the value of `{name}`")))?;
    let job = job(&record, &book, &nodes, selection, imports);
    let lines = output::Lines::new(&book, &job.selection, context.report);
    let (state, ran) = job.run(&book, &nodes, context, &lines)?;
    let verdicts: Vec<Verdict> =
        (0..state.len()).map(|node| verdict(&record, &book, &nodes, &state, node, cache)).collect();
    show(&record, &book, &nodes, &verdicts, ran.id(), context)
}

fn gone(what: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("{what} is no longer in the store"))
        .hint("`WB_CACHE_SIZE` says how much is kept")
}

fn open(record: &Record, cache: &Cache, context: &Context) -> anyhow::Result<Result<Book, Exit>> {
    let text = Record::text(cache, &record.head.source).ok_or_else(|| gone("the text of the workbook"))?;
    let path = record.head.file.clone();
    let name = path.as_deref().map_or(STDIN.to_owned(), |path| path.display().to_string());
    let mut book = book::of(Source { name, path: path.clone(), text }, context)?;
    if let Ok(book) = &mut book {
        book.root = path.as_deref().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
    }
    Ok(book)
}

fn selection(record: &Record, book: &Book) -> Selection {
    let chosen = |id: &String| book.graph.nodes.iter().position(|node| node.id == *id);
    match &record.head.how.selected {
        None => Selection::all(&book.graph),
        Some(ids) => {
            Selection::of(&book.graph, &Wanted { only: ids.iter().filter_map(chosen).collect(), ..Wanted::default() })
        }
    }
}

fn job(
    record: &Record,
    book: &Book,
    nodes: &[Result<Ready, lanes::Failure>],
    selection: Selection,
    imports: HashMap<String, Value>,
) -> Job {
    let taken = (0..nodes.len()).filter(|node| taken(record, book, nodes, *node).is_some());
    let results = record.results();
    let entry = |node: usize| -> Option<(Key, Entry)> {
        let key = Key::parse(record.steps.get(&book.graph.nodes[node].id)?.key.as_deref()?)?;
        Some((key, *results.get(&key)?))
    };
    let recorded = taken.filter_map(entry).collect();
    let ids = book.graph.nodes.iter().map(|node| node.id.as_str());
    let mut job = Job::new(book, &How::default(), selection, imports);
    job.moment = Arc::new(record.moment(ids, true));
    job.recorded = recorded;
    job.replays = Some(record.head.run.clone());
    job.remember = false;
    job.fresh = true;
    job.isolate = record.head.how.isolate;
    job.jobs = record.head.how.jobs.max(1);
    job.keep_going = record.head.how.keep_going;
    job
}

/// Why a component is not done again, if it is not.
fn taken(record: &Record, book: &Book, nodes: &[Result<Ready, lanes::Failure>], node: usize) -> Option<&'static str> {
    let of = &book.graph.nodes[node];
    let step = record.steps.get(&of.id).filter(|step| step.exit_code == Some(0))?;
    // The time and random numbers come again, files that are read may still be there.
    let again = ["clock", "random", "env:", "fs:read:", "wasi:clocks/", "wasi:random/"];
    if of.caps.iter().any(|cap| !again.iter().any(|known| cap.starts_with(known))) {
        return Some("it acts on the world outside");
    }
    let pure = nodes[node].as_ref().is_ok_and(|ready| !ready.grants.impure());
    (step.cached && !(pure && known::keeps(&book.graph, nodes, node))).then_some("it came from an earlier run")
}

fn verdict(
    record: &Record,
    book: &Book,
    nodes: &[Result<Ready, lanes::Failure>],
    state: &[Status],
    node: usize,
    cache: &Cache,
) -> Verdict {
    let of = &book.graph.nodes[node];
    let Some(before) = record.steps.get(&of.id) else { return Verdict::Absent };
    match (&state[node], before) {
        (Status::Done { values, .. }, Step { exit_code: Some(0), digests, .. }) => {
            let kept = record.values(cache, &of.id);
            let old = |output: usize| kept.as_ref().and_then(|values| values.get(output)).and_then(Value::json);
            let differs = |(output, value): (usize, &Value)| {
                let port = &of.outputs[output].name;
                (digests.get(port) != Some(&value.digest().to_string()))
                    .then(|| format!("`{port}` was {}, is {}", short(old(output)), short(value.json())))
            };
            match values.iter().enumerate().find_map(differs) {
                Some(difference) => Verdict::Differs(difference),
                None => taken(record, book, nodes, node).map_or(Verdict::Same, Verdict::Taken),
            }
        }
        (Status::Failed { breach, failure, .. }, Step { exit_code: Some(1..), error: Some(error), .. }) => {
            let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
            if (breach.name(), messages.join("\n").as_str()) == (&error.kind, &error.message) {
                Verdict::Same
            } else {
                Verdict::Differs(format!("failed with `{}`, now with `{}`", error.message, messages.join("; ")))
            }
        }
        // It had not got there: nothing to compare with.
        (_, Step { exit_code: None, error: Some(error), .. }) if error.kind != "skipped" => Verdict::Absent,
        (Status::Skipped { .. } | Status::NotEvaluated, Step { exit_code: None, .. }) => Verdict::Same,
        (now, before) => {
            let was = match before.exit_code {
                Some(0) => "done",
                Some(_) => "failed",
                None => "not run",
            };
            Verdict::Differs(format!("was {was}, is {}", output::word(now)))
        }
    }
}

/// A value on one line.
fn short(json: Option<&str>) -> String {
    let Some(json) = json else { return "another value".to_owned() };
    let mut line: String = json.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if json.len() > line.len() {
        line.push('…');
    }
    format!("`{line}`")
}

fn show(
    record: &Record,
    book: &Book,
    nodes: &[Result<Ready, lanes::Failure>],
    verdicts: &[Verdict],
    ran: &str,
    context: &Context,
) -> anyhow::Result<Exit> {
    let in_order = || book.graph.order.iter().map(|node| (*node, &verdicts[*node]));
    let differing = in_order().filter(|(_, verdict)| matches!(verdict, Verdict::Differs(_))).count();
    let same = in_order().filter(|(_, verdict)| matches!(verdict, Verdict::Same)).count();
    let compared = in_order().filter(|(_, verdict)| !matches!(verdict, Verdict::Absent)).count();
    let first = in_order().find_map(|(node, verdict)| match verdict {
        Verdict::Differs(difference) => Some((node, difference)),
        _ => None,
    });
    let why = first.and_then(|(node, _)| cause(record, book, nodes, node));
    if context.report.is_json() {
        context.report.value(&json!({
            "ok": differing == 0,
            "run": record.head.run,
            "replay": ran,
            "compared": compared,
            "same": same,
            "first_difference": first.map(|(node, difference)| json!({
                "component": book.graph.nodes[node].id, "difference": difference, "cause": why,
            })),
            "taken": in_order().filter_map(|(node, verdict)| match verdict {
                Verdict::Taken(reason) => Some(json!({ "component": book.graph.nodes[node].id, "reason": reason })),
                _ => None,
            }).collect::<Json>(),
        }))?;
    } else {
        for (node, verdict) in in_order() {
            if let Verdict::Taken(reason) = verdict {
                context.report.say(&format!("{} was not run again: {reason}", book.graph.nodes[node].id));
            }
        }
        if let Some((node, difference)) = first {
            let span = book.graph.nodes[node].span;
            let place = format!("{}:{}:{}", book.source.name, span.line, span.column);
            context.report.out(&format!("{place}: `{}`: {difference}\n", book.graph.nodes[node].id))?;
            why.iter().for_each(|why| context.report.say(&format!("hint: {why}")));
        }
        let others = if differing > 1 { format!(", {differing} differ") } else { String::new() };
        let word = if differing == 0 { "reproduced" } else { "differs from" };
        context.report.say(&format!("{word} {}: {same} of {compared} components the same{others}", record.head.run));
    }
    Ok(if differing == 0 { Exit::Ok } else { Exit::Unverified })
}

/// What may be behind a difference.
fn cause(record: &Record, book: &Book, nodes: &[Result<Ready, lanes::Failure>], node: usize) -> Option<String> {
    let of = &book.graph.nodes[node];
    let before = record.head.components.iter().find(|component| component.id == of.id)?;
    let ready = nodes[node].as_ref().ok()?;
    if before.key.as_deref() != Some(&*ready.parts.key("wb node").to_string()) {
        let toolchain = ready.parts.0.iter().find(|(name, _)| name == "toolchain").map(|(_, key)| key.to_string());
        let what = if before.toolchain == toolchain { "its code" } else { "its toolchain" };
        return Some(format!(
            "{what} is not what it was (wb {} then, {} now)",
            record.head.wb,
            env!("CARGO_PKG_VERSION")
        ));
    }
    let outside = of.caps.iter().find(|cap| cap.starts_with("fs:") || cap.starts_with("env:"));
    Some(match outside {
        Some(cap) => format!("what it reads by `{cap}` is not recorded and may have changed"),
        None => "it is not deterministic".to_owned(),
    })
}
