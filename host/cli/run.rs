//! `wb run`: the main job. Every block a component, composed along the edges, executed in order, results shown.

pub(super) mod files;
pub(super) mod how;
pub(super) mod inputs;
pub(super) mod job;
pub(super) mod output;
pub(super) mod page;
pub(super) mod resume;
mod write;

pub(super) use inputs::from_file;
pub(super) use output::exports;

use std::path::PathBuf;

use anyhow::Context as _;

use super::book::{self, Book};
use super::{Context, Failure as CliFailure, rights};
use crate::disk;
use crate::execute::record::Run;
use crate::execute::run::Status;
use crate::execute::select::Selection;
use crate::exit::Exit;
use crate::report::printable;

/// What to run, with which values, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    #[command(flatten)]
    inputs: inputs::Inputs,
    #[command(flatten)]
    rights: rights::Rules,
    #[command(flatten)]
    how: how::How,
    /// Go on with an earlier run, the last one of this file or `=RUN`: what it finished is not done again
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "fresh")]
    resume: Option<String>,
    /// Write the page with the results to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Put the results into the workbook, under their blocks, as Org does
    #[arg(long)]
    pub write: bool,
}

/// Runs the workbook.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    arguments.how.check()?;
    let mut book = match book::open(&arguments.file, context)? {
        Ok(book) => book,
        Err(exit) => return Ok(exit),
    };
    if book.graph.nodes.is_empty() {
        return Err(nothing_to_run(&book).into());
    }
    let selection = arguments.how.selection(&book, context)?;
    let wanted = |node| selection.needed(node);
    if let Some(exit) = rights::settle(&arguments.rights, &mut book, &wanted, context)? {
        return Ok(exit);
    }
    let earlier = match &arguments.resume {
        Some(name) => resume::find(name, &book, context)?,
        None => None,
    };
    let before = earlier.iter().flat_map(|record| resume::inputs(record, &book, context)).collect();
    let (imports, given) = match arguments.inputs.resolve_for(&book, &selection, before, context)? {
        Ok(values) => values,
        Err(missing) => {
            book::complain(context, &book.source, &missing)?;
            return Ok(Exit::Invalid);
        }
    };
    let nodes = book.prepare_some(context, &|node| selection.needed(node));
    let mismatches = book.mismatches(&nodes);
    if !mismatches.is_empty() {
        book::complain(context, &book.source, &mismatches)?;
        return Ok(Exit::Invalid);
    }
    let mut job = job::Job::new(&book, &arguments.how, selection, imports);
    job.given = given;
    if let Some(record) = &earlier {
        resume::take_over(&mut job, record, &book);
    }
    let lines = output::Lines::new(&book, &job.selection, context.report);
    let (state, record) = job.run(&book, &nodes, context, &lines)?;
    show(arguments, &book, &job.selection, &state, &record, context)
}

pub(super) fn nothing_to_run(book: &Book) -> CliFailure {
    CliFailure::new(Exit::Invalid, format!("`{}` has no components", book.source.name))
        .hint("give a heading `:in:` and `:out:` in its drawer and a source block below it")
}

fn show(
    arguments: &Arguments,
    book: &Book,
    selection: &Selection,
    state: &[Status],
    record: &Run<'_>,
    context: &Context,
) -> anyhow::Result<Exit> {
    let findings = output::findings(book, state);
    output::draw(book, &findings, context);
    // A link to a file goes where the file is: files come first.
    let wanted = arguments.write || arguments.html.is_some();
    let files = if wanted { files::write(book, state, context) } else { Ok(Vec::new()) };
    let write = arguments.write && files.is_ok();
    let written = write.then(|| write::write(book, state, context)).transpose();
    // A workbook that cannot be written to does not take the results with it.
    let done = written.as_ref().ok().and_then(Option::as_ref);
    if context.report.is_json() {
        let mut shown = output::to_json(book, state, record.id(), &findings);
        if let Some(done) = done {
            shown["written"] = done.to_json();
        }
        if let Some(files) = files.as_ref().ok().filter(|_| wanted) {
            shown["files"] = files.iter().map(String::as_str).collect();
        }
        context.report.value(&shown)?;
    } else if let Some(write::Written::Text(text)) = done {
        context.report.out(text)?;
    } else {
        output::results(&output::ends(book, selection), state, context.report)?;
    }
    context.report.say(&output::summary(state));
    for path in files? {
        context.report.say(&format!("wrote `{}`", printable(&path)));
    }
    if let Some(sentence) = written?.and_then(|written| written.sentence(&book.source.name)) {
        context.report.say(&sentence);
    }
    if let Some(target) = &arguments.html {
        let html = page::html(book, state, context)?;
        disk::write_atomic(target, html.as_bytes()).with_context(|| format!("cannot write `{}`", target.display()))?;
        context.report.say(&format!("wrote `{}`", target.display()));
    }
    Ok(exit(state))
}

/// How a run ended, for a shell.
pub(super) fn exit(state: &[Status]) -> Exit {
    let cancelled = state.iter().any(|status| matches!(status, Status::Cancelled));
    match (state.iter().all(output::is_fine), cancelled) {
        (true, _) => Exit::Ok,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    }
}
