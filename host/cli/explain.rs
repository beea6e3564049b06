//! `wb explain`: what a diagnostic code means, with an example and the cure.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Context, Failure};
use crate::exit::Exit;
use crate::report::table;

/// The page of diagnostics: a section per code, headed `## WB101 title`.
const PAGE: &str = include_str!("../../docs/diagnostics.md");

/// Which code.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A code such as `WB201`, or just its number; all codes when left out
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// One section of the page.
struct Section<'a> {
    code: &'a str,
    title: &'a str,
    body: &'a str,
}

/// Prints a section, or the list of codes.
pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Exit> {
    let report = context.report;
    let Some(asked) = &arguments.code else {
        let all: Vec<Section<'_>> = sections().collect();
        if report.is_json() {
            report
                .value(&all.iter().map(|each| json!({ "code": each.code, "title": each.title })).collect::<Value>())?;
        } else {
            let rows: Vec<_> = all.iter().map(|each| vec![each.code.to_owned(), each.title.to_owned()]).collect();
            report.out(&table(&rows))?;
        }
        return Ok(Exit::Ok);
    };
    let code = normal(asked);
    let Some(section) = sections().find(|section| section.code == code) else { return Err(unknown(asked).into()) };
    if report.is_json() {
        report.value(&json!({ "code": section.code, "title": section.title, "text": section.body }))?;
    } else {
        let heading = report.bold(&format!("{} {}", section.code, section.title));
        report.out(&format!("{heading}\n\n{}\n", section.body))?;
    }
    Ok(Exit::Ok)
}

/// The one-line title of a code and what is said about it.
pub(super) fn section(code: &str) -> Option<(String, String)> {
    sections().find(|section| section.code == code).map(|section| (section.title.to_owned(), section.body.to_owned()))
}

fn sections() -> impl Iterator<Item = Section<'static>> {
    PAGE.split("\n## ").skip(1).filter_map(|section| {
        let (heading, body) = section.split_once('\n')?;
        let (code, title) = heading.split_once(' ')?;
        Some(Section { code, title: title.trim(), body: body.trim() })
    })
}

/// `201`, `wb201` and `WB201` are the same.
fn normal(asked: &str) -> String {
    let asked = asked.trim().to_uppercase();
    if asked.starts_with("WB") { asked } else { format!("WB{asked}") }
}

fn unknown(asked: &str) -> Failure {
    let failure = Failure::new(Exit::NotFound, format!("no diagnostic has the code `{asked}`"));
    let wanted = normal(asked);
    // Codes are short: two characters off is something else.
    let near = sections().map(|section| (strsim::osa_distance(&wanted, section.code), section.code)).min();
    match near {
        Some((1, code)) => failure.hint(format!("did you mean `{code}`? `wb explain` lists all codes")),
        _ => failure.hint("`wb explain` lists all codes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_a_code_a_title_and_a_text() {
        assert!(sections().count() > 20);
        for section in sections() {
            assert!(section.code.starts_with("WB") && section.code.len() == 5, "{}", section.code);
            assert!(!section.title.is_empty() && !section.body.is_empty(), "{}", section.code);
        }
    }
}
