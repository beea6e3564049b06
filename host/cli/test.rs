//! `wb test`: runs workbooks and compares what comes out with what they say should: `:expect:` and `:expect-error:` of a
//! component, and the results that stand in the file.
//!
//! A component without either is tested as well: it must not fail. What a result looks like in Org is the kernel's business;
//! here only its edits are looked at.

mod checks;
mod junit;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::book::{self, Book};
use super::run::how::How;
use super::run::inputs::Inputs;
use super::run::job::Job;
use super::{Context, Failure, failure, fmt};
use crate::disk;
use crate::edits;
use crate::execute::piece::readable;
use crate::execute::run::{Observer, Status};
use crate::exit::Exit;
use crate::report::count;

use checks::{Case, Outcome};

/// Which workbooks, with which inputs.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    how: How,
    /// Write a report in JUnit's XML to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Put the results that came out into the workbooks in place of those that differ
    #[arg(long)]
    update: bool,
}

/// What came of one file.
struct Tested {
    name: String,
    cases: Vec<Case>,
    took: Duration,
    /// Set when it could not be run at all.
    invalid: Option<String>,
    updated: usize,
}

/// Tests them.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    arguments.how.check()?;
    if arguments.update && arguments.files.iter().any(|file| file == "-") {
        return Err(Failure::new(Exit::Usage, "standard input cannot be updated").hint("give files").into());
    }
    let mut tested = Vec::new();
    for file in &arguments.files {
        let begun = Instant::now();
        let mut one = match test(arguments, file, context) {
            Ok(one) => one,
            Err(error) if arguments.files.len() == 1 => return Err(error),
            Err(error) => {
                // One file that cannot be read does not keep the others from being tested.
                failure::report(&error, context.report);
                Tested::invalid(file, format!("{error:#}"))
            }
        };
        one.took = begun.elapsed();
        if !context.report.is_json() {
            one.show(context);
        }
        tested.push(one);
    }
    finish(arguments, &tested, context)
}

fn finish(arguments: &Arguments, tested: &[Tested], context: &Context) -> anyhow::Result<Exit> {
    if context.report.is_json() {
        let ok = tested.iter().all(Tested::passed);
        let files = tested.iter().map(Tested::to_json).collect::<Json>();
        context.report.value(&json!({ "ok": ok, "files": files }))?;
    }
    if let Some(target) = &arguments.junit {
        let suites: Vec<junit::Suite<'_>> = tested.iter().map(Tested::suite).collect();
        let xml = junit::report(&suites);
        if target.as_os_str() == "-" {
            context.report.out(&xml)?;
        } else {
            disk::write_atomic(target, xml.as_bytes())
                .with_context(|| format!("cannot write `{}`", target.display()))?;
        }
    }
    let failed: usize = tested.iter().map(|one| one.count(|outcome| matches!(outcome, Outcome::Failed { .. }))).sum();
    let passed: usize = tested.iter().map(|one| one.count(|outcome| matches!(outcome, Outcome::Passed))).sum();
    let skipped: usize = tested.iter().map(|one| one.count(|outcome| matches!(outcome, Outcome::Skipped(_)))).sum();
    let said = [(failed, "failed"), (skipped, "skipped")];
    let said = said.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!(", {count} {word}"));
    let took = readable(tested.iter().map(|one| one.took).sum());
    let checks = count(failed + passed + skipped, "check");
    context.report.say(&format!("{checks}: {passed} passed{} ({took})", said.collect::<String>()));
    let cancelled = tested.iter().flat_map(|one| &one.cases).any(|case| matches!(case.outcome, Outcome::Cancelled));
    let invalid = tested.iter().any(|one| one.invalid.is_some());
    Ok(match (cancelled, failed > 0, invalid) {
        (true, ..) => Exit::Interrupted,
        (false, true, _) => Exit::Failed,
        (false, false, true) => Exit::Invalid,
        (false, false, false) => Exit::Ok,
    })
}

fn test(arguments: &Arguments, file: &str, context: &Context) -> anyhow::Result<Tested> {
    let book = match book::open(file, context)? {
        Ok(book) => book,
        Err(_) => return Ok(Tested::invalid(file, "the workbook has errors".to_owned())),
    };
    if book.graph.nodes.is_empty() {
        return Err(super::run::nothing_to_run(&book).into());
    }
    let selection = arguments.how.selection(&book, context)?;
    let (imports, given) = match arguments.inputs.resolve_for(&book, &selection, HashMap::new(), context)? {
        Ok(values) => values,
        Err(missing) => {
            book::complain(context, &book.source, &missing)?;
            return Ok(Tested::invalid(file, "an input has no value".to_owned()));
        }
    };
    let nodes = book.prepare_some(context, &|node| selection.needed(node));
    let mismatches = book.mismatches(&nodes);
    if !mismatches.is_empty() {
        book::complain(context, &book.source, &mismatches)?;
        return Ok(Tested::invalid(file, "types do not agree".to_owned()));
    }
    let mut job = Job::new(&book, &arguments.how, selection, imports);
    job.given = given;
    job.read_all = true;
    let (state, _) = job.run(&book, &nodes, context, &Silent)?;
    let found = checks::all(&book, &state, &job.selection, context)?;
    let updated = if arguments.update { update(&book, &found.accepted)? } else { 0 };
    let mut cases = found.cases;
    if updated > 0 {
        cases.iter_mut().filter(|case| case.check == "result").for_each(|case| case.outcome = Outcome::Passed);
    }
    Ok(Tested { name: file.to_owned(), cases, took: Duration::ZERO, invalid: None, updated })
}

/// Puts the results that differ into the file.
fn update(book: &Book, changes: &[crate::kernel::types::Edit]) -> anyhow::Result<usize> {
    let (Some(path), false) = (&book.source.path, changes.is_empty()) else { return Ok(0) };
    fmt::put_back(path, &book.source.text, &edits::apply(&book.source.text, changes))?;
    Ok(changes.len())
}

/// A test says what came of it at its end.
struct Silent;

impl Observer for Silent {
    fn begin(&self, _: usize) {}
    fn finish(&self, _: usize, _: &Status) {}
}

impl Tested {
    fn invalid(name: &str, reason: String) -> Self {
        let (cases, updated) = (Vec::new(), 0);
        Self { name: name.to_owned(), cases, took: Duration::ZERO, invalid: Some(reason), updated }
    }

    fn passed(&self) -> bool {
        self.invalid.is_none()
            && self.count(|outcome| matches!(outcome, Outcome::Passed | Outcome::Skipped(_))) == self.cases.len()
    }

    fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        self.cases.iter().filter(|case| of(&case.outcome)).count()
    }

    fn show(&self, context: &Context) {
        let report = context.report;
        for case in &self.cases {
            let Case { component, check, line, outcome } = case;
            match outcome {
                Outcome::Passed => report.say(&format!("✓ {component} {check}")),
                Outcome::Skipped(reason) => report.say(&format!("- {component} {check}: {reason}")),
                Outcome::Cancelled => report.say(&format!("- {component} cancelled")),
                Outcome::Failed { message, diff } => {
                    // What is wrong is said also with `-q`.
                    report.complain(&format!("✗ {component} {check}\n  {}:{line}: {message}\n{diff}", self.name));
                }
            }
        }
        if self.updated > 0 {
            report.say(&format!("wrote {} into `{}`", count(self.updated, "result"), self.name));
        }
    }

    fn to_json(&self) -> Json {
        let case = |case: &Case| {
            let (message, diff) = match &case.outcome {
                Outcome::Failed { message, diff } => (Some(message), Some(diff).filter(|diff| !diff.is_empty())),
                Outcome::Skipped(reason) => (Some(reason), None),
                _ => (None, None),
            };
            json!({
                "component": case.component, "check": case.check, "line": case.line,
                "outcome": case.outcome.word(), "message": message, "diff": diff,
            })
        };
        json!({
            "file": self.name,
            "ok": self.passed(),
            "error": self.invalid,
            "updated": self.updated,
            "cases": self.cases.iter().map(case).collect::<Json>(),
        })
    }

    fn suite(&self) -> junit::Suite<'_> {
        junit::Suite { name: &self.name, cases: &self.cases, took: self.took, invalid: self.invalid.as_deref() }
    }
}
