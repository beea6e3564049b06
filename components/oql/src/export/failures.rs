//! What of a run has no result, where a reader would look for it: below the block, or below the heading of a component
//! without one, and all together where the workbook begins.
//!
//! It never names what the page does not show.

use std::collections::HashMap;

use super::html::escape_into;
use super::{Export, heading};
use crate::model::{Failure, Problem, Setback};
use crate::plan::Analysis;
use crate::plan::nodes::Code;

/// The failures of a run, by place.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// In document order: the component's heading and why it has no result.
    list: Vec<(usize, Setback)>,
    /// Per source block and per heading an index into `list`.
    blocks: HashMap<usize, usize>,
    headings: HashMap<usize, usize>,
    /// The heading of every component by its id.
    places: HashMap<String, usize>,
    /// The heading below which all are named; the page's begin where it has none.
    root: Option<usize>,
}

impl Failures {
    /// Finds the places.
    pub(crate) fn of(x: &Export, analysis: &Analysis, failures: &[Failure]) -> Self {
        let mut out = Failures::default();
        if failures.is_empty() {
            return out;
        }
        out.root = analysis.flows.list.first().and_then(|flow| flow.heading).filter(|h| x.shows(*h));
        let why: HashMap<&str, &Setback> = failures.iter().map(|f| (f.component.as_str(), &f.why)).collect();
        for node in &analysis.nodes.list {
            out.places.insert(node.id.clone(), node.heading);
            let Some(why) = why.get(node.id.as_str()).filter(|_| x.shows(node.heading)) else { continue };
            let block = match node.code {
                Code::Block(b) => analysis.blocks.get(b).map(|block| block.element),
                _ => None,
            };
            match block {
                Some(element) => out.blocks.insert(element, out.list.len()),
                None => out.headings.insert(node.heading, out.list.len()),
            };
            out.list.push((node.heading, (*why).clone()));
        }
        out
    }

    /// Whether the component of a block has failed.
    pub(crate) fn is_at(&self, block: usize) -> bool {
        self.blocks.contains_key(&block)
    }
}

/// Writes what went wrong with the component of a block.
pub(crate) fn below(x: &mut Export, block: usize) {
    if let Some(at) = x.failures.blocks.get(&block).copied() {
        one(x, at);
    }
}

/// Writes what went wrong with the component of a heading that has no block.
pub(crate) fn under(x: &mut Export, heading: usize) {
    if let Some(at) = x.failures.headings.get(&heading).copied() {
        one(x, at);
    }
}

fn one(x: &mut Export, at: usize) {
    let Some((_, why)) = x.failures.list.get(at).cloned() else { return };
    open(x, "<div class=\"result failed\"");
    match &why {
        Setback::Failed(problems) => problems.iter().for_each(|problem| failed(&mut x.out, problem)),
        Setback::Skipped(cause) => skipped(x, cause),
        Setback::Cancelled => x.out.push_str("<p><strong>Not run:</strong> the run was stopped before.</p>\n"),
    }
    x.out.push_str("</div>\n");
}

/// What is said here is English on every page.
fn open(x: &mut Export, tag: &str) {
    x.out.push_str(tag);
    x.out.push_str(if x.settings.language.starts_with("en") { ">\n" } else { " lang=\"en\">\n" });
}

fn failed(out: &mut String, problem: &Problem) {
    let place = format!("<span class=\"place\">(line {})</span>", problem.line);
    if problem.message.contains('\n') {
        out.push_str(&format!("<p><strong>Failed</strong> {place}</p>\n<pre tabindex=\"0\">"));
        escape_into(out, &problem.message);
        out.push_str("</pre>\n");
    } else {
        out.push_str("<p><strong>Failed:</strong> ");
        sentence(out, &problem.message);
        out.push_str(&format!(" {place}</p>\n"));
    }
    if let Some(help) = &problem.help {
        out.push_str("<p>Hint: ");
        sentence(out, help);
        out.push_str("</p>\n");
    }
}

/// A sentence with names in backticks.
fn sentence(out: &mut String, text: &str) {
    let parts: Vec<&str> = text.split('`').collect();
    for (n, part) in parts.iter().enumerate() {
        // A backtick without another one stays what it is.
        let name = n % 2 == 1 && n + 1 < parts.len();
        out.push_str(match (name, n % 2) {
            (true, _) => "<code>",
            (false, 1) => "`",
            _ => "",
        });
        escape_into(out, part);
        out.push_str(if name { "</code>" } else { "" });
    }
}

fn skipped(x: &mut Export, cause: &str) {
    x.out.push_str("<p><strong>Skipped:</strong> ");
    match x.failures.places.get(cause).copied().filter(|h| x.shows(*h)) {
        Some(h) => {
            link(x, h);
            let failed = x.failures.list.iter().any(|(of, _)| *of == h);
            x.out.push_str(if failed { " failed, and this needs its result." } else { " has no result for it." });
        }
        None => x.out.push_str("a component that is not on this page has no result for it."),
    }
    x.out.push_str("</p>\n");
}

fn link(x: &mut Export, h: usize) {
    x.out.push_str("<a href=\"#");
    escape_into(&mut x.out, x.ids.heading(h));
    x.out.push_str("\">");
    heading::contents_text(x, h);
    x.out.push_str("</a>");
}

fn said(why: &Setback) -> &'static str {
    match why {
        Setback::Failed(_) => "Failed",
        Setback::Skipped(_) => "Skipped",
        Setback::Cancelled => "Not run",
    }
}

/// All failures in one place, if this heading (or the page's begin) is it.
pub(crate) fn summary(x: &mut Export, at: Option<usize>) {
    if x.failures.list.is_empty() || x.failures.root != at {
        return;
    }
    open(x, "<aside class=\"failed\" aria-label=\"What did not run\"");
    x.out.push_str("<p><strong>Not all of this workbook has run.</strong></p>\n<ul>\n");
    for word in ["Failed", "Skipped", "Not run"] {
        let headings: Vec<usize> =
            x.failures.list.iter().filter(|(_, why)| said(why) == word).map(|(h, _)| *h).collect();
        for (n, h) in headings.iter().enumerate() {
            x.out.push_str(&if n == 0 { format!("<li>{word}: ") } else { ", ".to_owned() });
            link(x, *h);
        }
        x.out.push_str(if headings.is_empty() { "" } else { "</li>\n" });
    }
    x.out.push_str("</ul>\n</aside>\n");
}
