//! `wb lint`: all findings, drawn on the source, as JSON or as SARIF.

use serde_json::Value;

use super::{Context, explain};
use crate::disk::Source;
use crate::exit::Exit;
use crate::json;
use crate::kernel::Kernel;
use crate::kernel::KernelError;
use crate::kernel::types::Diagnostic;
use crate::report::{Tally, sarif};

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

/// Prints all findings. Errors among them fail the command; warnings and notes do not.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    check(arguments, context, |kernel, org| kernel.lint(org, &[]))
}

/// What `lint` and `validate` have in common: they differ in what they ask the kernel.
pub(super) fn check(
    arguments: &Arguments,
    context: &Context,
    ask: impl Fn(&Kernel, &str) -> Result<Vec<Diagnostic>, KernelError>,
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
        let findings = ask(context.kernel()?, &source.text)?;
        checked.push((source, findings));
    }
    if arguments.sarif {
        report.value(&sarif(&checked, explain::title))?;
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
