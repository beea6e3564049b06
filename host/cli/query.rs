//! `wb query`: the headlines of a file, or those that an expression selects.

use serde_json::Value;

use super::{Context, Failure};
use crate::disk::Source;
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::{Headline, QueryOptions};
use crate::report::{Reporter, printable};

/// Which file, and which of its headlines.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  wb query notes.org '+work-someday+TODO=\"NEXT\"'\n  wb query notes.org '(and (todo) (tags \"work\"))'"
)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Org's match syntax, or an s-expression; all headlines when left out
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: Option<String>,
}

/// Prints one row per headline.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let source = context.read(&arguments.file)?;
    let kernel = context.kernel()?;
    let report = context.report;
    let headlines = match &arguments.expression {
        None => kernel.headlines(&source.text)?,
        Some(expression) => match kernel.query(&source.text, expression, &QueryOptions { now: None })? {
            Ok(headlines) => headlines,
            Err(error) => {
                if report.is_json() {
                    let message = format!("{} (at offset {} of the expression)", error.message, error.offset);
                    return Err(Failure::new(Exit::Usage, message).into());
                }
                let asked = Source { name: "<expression>".to_owned(), path: None, text: expression.clone() };
                report.pointed(&asked, &error.message, error.offset as usize);
                return Ok(Exit::Usage);
            }
        },
    };
    if report.is_json() {
        report.value(&headlines.iter().map(json::headline).collect::<Value>())?;
    } else {
        report.out(&outline(&headlines, report))?;
    }
    Ok(Exit::Ok)
}

/// As Org would write the headings, each behind its line number.
fn outline(headlines: &[Headline], report: Reporter) -> String {
    let last = headlines.iter().map(|headline| headline.span.line).max().unwrap_or(0);
    let width = last.to_string().len();
    let line = |headline: &Headline| {
        let stars = "*".repeat(headline.level.min(64) as usize);
        let state = headline.state.iter().map(|state| format!(" {state}"));
        let priority = headline.priority.iter().map(|priority| format!(" [#{priority}]"));
        let title = std::iter::once(format!(" {}", headline.title));
        let tags = (!headline.tags.is_empty()).then(|| format!("  :{}:", headline.tags.join(":")));
        let text: String = state.chain(priority).chain(title).chain(tags).collect();
        let number = report.dim(&format!("{:>width$}", headline.span.line));
        format!("{number}  {stars}{}\n", printable(&text))
    };
    headlines.iter().map(line).collect()
}
