//! `wb lint`: all findings, drawn on the source, as JSON or as SARIF; and the cures that need no thought.

mod fix;

use std::path::Path;

use serde_json::Value;

use super::{Context, Failure, explain, references};
use crate::disk::{self, Source};
use crate::exit::Exit;
use crate::json;
use crate::kernel::Kernel;
use crate::kernel::KernelError;
use crate::kernel::types::Diagnostic;
use crate::report::{Tally, count, sarif};

/// What to check, and how to show what is found.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org files; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Print SARIF 2.1.0
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,
}

/// The same, and what only `lint` can do.
#[derive(Debug, clap::Args)]
pub struct LintArguments {
    /// What has it in common with `validate`.
    #[command(flatten)]
    pub check: Arguments,
    /// Write the cures that need no thought into the files; what is read from standard input is printed
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`: print what would change as a diff, and change nothing
    #[arg(long, visible_alias = "dry-run", requires = "fix")]
    pub diff: bool,
    /// Say what would break for those who use the workbook OLD if FILE took its place
    #[arg(long, value_name = "OLD", conflicts_with = "fix")]
    pub against: Option<String>,
}

/// Prints all findings. Errors among them fail the command; warnings and notes do not.
pub(super) fn run(arguments: &LintArguments, context: &Context) -> anyhow::Result<Exit> {
    if let Some(old) = &arguments.against {
        let old = context.read(old)?;
        return check(&arguments.check, context, |kernel, source| kernel.check_upgrade(&old.text, &source.text));
    }
    if arguments.fix {
        cure(arguments, context)?;
        if arguments.diff || arguments.check.files.iter().any(|file| file == "-") {
            return Ok(Exit::Ok);
        }
    }
    check(&arguments.check, context, all)
}

/// Everything the kernel finds, files that are not there included.
fn all(kernel: &Kernel, source: &Source) -> Result<Vec<Diagnostic>, KernelError> {
    kernel.lint(&source.text, &references::missing(kernel, source)?)
}

/// Writes the cures, or shows them.
fn cure(arguments: &LintArguments, context: &Context) -> anyhow::Result<()> {
    let (report, kernel) = (context.report, context.kernel()?);
    for file in &arguments.check.files {
        let source = context.read(file)?;
        let missing = references::missing(kernel, &source)?;
        let fixed = fix::fix(&source, |text| kernel.lint(text, &missing))?;
        if arguments.diff {
            report.out(&fix::diff(&source.name, &source.text, &fixed.text))?;
        } else if let Some(path) = &source.path {
            write(path, &source, &fixed.text)?;
        } else {
            report.out(&fixed.text)?;
        }
        for done in fixed.done.iter().filter(|_| !arguments.diff) {
            report.say(&format!("{}:{}: {} {}", source.name, done.span.line, done.code, done.message));
        }
        let left = fixed.findings.iter().filter(|finding| finding.fix.is_empty()).count();
        let verb = if arguments.diff { "would fix" } else { "fixed" };
        report.say(&format!("{}: {verb} {}, {left} left", source.name, count(fixed.done.len(), "finding")));
    }
    Ok(())
}

fn write(path: &Path, source: &Source, text: &str) -> anyhow::Result<()> {
    if *text == source.text {
        return Ok(());
    }
    // Somebody may have saved the file meanwhile.
    if disk::read(path)? != source.text.as_bytes() {
        let failure = Failure::new(Exit::Conflict, format!("`{}` was changed while it was looked at", source.name));
        return Err(failure.hint("run it again").into());
    }
    Ok(disk::write_atomic(path, text.as_bytes())?)
}

/// What `lint` and `validate` have in common: they differ in what they ask the kernel.
pub(super) fn check(
    arguments: &Arguments,
    context: &Context,
    ask: impl Fn(&Kernel, &Source) -> Result<Vec<Diagnostic>, KernelError>,
) -> anyhow::Result<Exit> {
    let report = context.report;
    let mut checked: Vec<(Source, Vec<Diagnostic>)> = Vec::new();
    let mut unreadable = None;
    for file in &arguments.files {
        // One file that cannot be read does not hide what is wrong with the others.
        let source = match context.read(file) {
            Ok(source) => source,
            Err(error) if arguments.files.len() == 1 => return Err(error.into()),
            Err(error) => {
                let error = error.into();
                unreadable = Some(super::failure::report(&error, report));
                continue;
            }
        };
        let findings = ask(context.kernel()?, &source)?;
        checked.push((source, findings));
    }
    if arguments.sarif {
        report.value(&sarif(&checked, explain::section))?;
    } else if report.is_json() {
        let several = arguments.files.len() > 1;
        let rendered = checked.iter().flat_map(|(source, findings)| {
            findings.iter().map(move |finding| json::diagnostic(finding, several.then_some(source.name.as_str())))
        });
        report.value(&rendered.collect::<Value>())?;
    } else {
        for (source, findings) in &checked {
            report.findings(source, findings)?;
            report.say(&format!("{}: {}", source.name, Tally::of(findings).sentence()));
        }
    }
    let errors = checked.iter().any(|(_, findings)| Tally::of(findings).errors > 0);
    Ok(unreadable.unwrap_or(if errors { Exit::Failed } else { Exit::Ok }))
}
