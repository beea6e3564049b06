//! A report in the XML that JUnit began and every CI server reads.

use std::fmt::Write as _;
use std::time::Duration;

use super::checks::{Case, Outcome};

/// One file's part of the report.
pub(super) struct Suite<'a> {
    pub(super) name: &'a str,
    pub(super) cases: &'a [Case],
    pub(super) took: Duration,
    /// Why it could not be run at all.
    pub(super) invalid: Option<&'a str>,
}

/// The whole report.
pub(super) fn report(suites: &[Suite<'_>]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wb\">\n");
    for suite in suites {
        let count = |of: fn(&Outcome) -> bool| suite.cases.iter().filter(|case| of(&case.outcome)).count();
        let failures = count(|outcome| matches!(outcome, Outcome::Failed { .. }));
        let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_) | Outcome::Cancelled));
        let errors = usize::from(suite.invalid.is_some());
        let tests = suite.cases.len() + errors;
        let time = suite.took.as_secs_f64();
        let name = escaped(suite.name);
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time:.3}\">"
        );
        if let Some(reason) = suite.invalid {
            let reason = escaped(reason);
            let _ = writeln!(
                out,
                "    <testcase classname=\"{name}\" name=\"workbook\"><error message=\"{reason}\"/></testcase>"
            );
        }
        suite.cases.iter().for_each(|one| case(&mut out, &name, one));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, file: &str, case: &Case) {
    let id = escaped(&case.component);
    let _ = write!(
        out,
        "    <testcase classname=\"{file}\" name=\"{id} {}\" file=\"{file}\" line=\"{}\"",
        case.check, case.line
    );
    let _ = match &case.outcome {
        Outcome::Passed => writeln!(out, "/>"),
        Outcome::Skipped(reason) => writeln!(out, "><skipped message=\"{}\"/></testcase>", escaped(reason)),
        Outcome::Cancelled => writeln!(out, "><skipped message=\"cancelled\"/></testcase>"),
        Outcome::Failed { message, diff } => {
            writeln!(out, "><failure message=\"{}\">{}</failure></testcase>", escaped(message), escaped(diff))
        }
    };
}

/// Text for an element or an attribute. What XML cannot hold at all becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
