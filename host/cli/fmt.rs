//! `wb fmt`: tables and property drawers aligned as Org does it, in place.

use std::path::Path;

use serde_json::{Value, json};

use super::{Context, Failure, failure};
use crate::disk::{ExchangeError, Source, exchange};
use crate::edits;
use crate::exit::Exit;
use crate::kernel::types::Edit;

/// Which files, and what to do with them.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org files; `-` is standard input, written to standard output
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Write nothing; fail if a file would change
    #[arg(long)]
    pub check: bool,
    /// Write nothing; print what would change
    #[arg(long)]
    pub diff: bool,
}

/// Formats the files.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let mut seen: Vec<(Source, Vec<Edit>)> = Vec::new();
    let mut exit = Exit::Ok;
    for file in &arguments.files {
        // One file that cannot be read or written does not keep the others from being formatted.
        match format(arguments, file, context) {
            Ok(formatted) => seen.push(formatted),
            Err(error) if arguments.files.len() == 1 => return Err(error),
            Err(error) => exit = failure::report(&error, context.report),
        }
    }
    let report = context.report;
    if report.is_json() {
        report.value(&seen.iter().map(|(source, edits)| as_json(source, edits)).collect::<Value>())?;
    } else {
        for (source, edits) in &seen {
            show(arguments, source, edits, context)?;
        }
    }
    let changed = seen.iter().any(|(_, edits)| !edits.is_empty());
    Ok(if exit == Exit::Ok && arguments.check && changed { Exit::Failed } else { exit })
}

fn format(arguments: &Arguments, file: &str, context: &Context) -> anyhow::Result<(Source, Vec<Edit>)> {
    let source = context.read(file)?;
    let edits = context.kernel()?.format(&source.text)?;
    if let Some(path) = source.path.as_deref().filter(|_| !arguments.check && !arguments.diff && !edits.is_empty()) {
        put_back(path, &source.text, &edits::apply(&source.text, &edits))?;
    }
    Ok((source, edits))
}

/// Writes a file that was read before, with an exit code and a cure for what can go wrong.
pub(super) fn put_back(path: &Path, before: &str, after: &str) -> Result<(), Failure> {
    exchange(path, before, after).map_err(|error| {
        let (exit, hint) = match error {
            ExchangeError::Changed { .. } => (Exit::Conflict, "nothing was written; run the command again"),
            ExchangeError::Locked { .. } => (Exit::Conflict, "nothing was written; try again when it is done"),
            ExchangeError::ReadOnly { .. } => (Exit::Denied, "nothing was written; `chmod u+w` lets you write to it"),
            ExchangeError::System { .. } => (Exit::Failed, "nothing was written"),
        };
        Failure::new(exit, error.to_string()).hint(hint)
    })
}

fn as_json(source: &Source, edits: &[Edit]) -> Value {
    let edit = |edit: &Edit| json!({ "start": edit.start, "end": edit.end, "text": edit.text });
    json!({
        "file": source.name,
        "changed": !edits.is_empty(),
        "edits": edits.iter().map(edit).collect::<Value>(),
    })
}

fn show(arguments: &Arguments, source: &Source, edits: &[Edit], context: &Context) -> anyhow::Result<()> {
    let report = context.report;
    if arguments.diff {
        report.out(&edits::diff(&source.name, &source.text, edits))?;
    } else if arguments.check {
        if !edits.is_empty() {
            report.out(&format!("{}\n", source.name))?;
        }
    } else if source.path.is_none() {
        report.out(&edits::apply(&source.text, edits))?;
    } else if !edits.is_empty() {
        let s = if edits.len() == 1 { "" } else { "s" };
        report.say(&format!("{}: {} line{s} aligned", source.name, edits.len()));
    }
    Ok(())
}
