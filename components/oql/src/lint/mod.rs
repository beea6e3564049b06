//! What is wrong with a workbook: one file per group of codes.
//!
//! Findings that show while reading (values that do not parse, signatures) are reported by `plan`; everything that needs
//! the whole picture is here.

mod export;
mod keys;
mod org;
mod policy;
mod secrets;
mod structure;
mod wiring;

use crate::findings::Findings;
use crate::model::Diagnostic;
use crate::plan::Analysis;
use crate::syntax::Document;

/// All findings of a text, sorted by position.
pub(crate) fn lint(document: &Document, missing: &[String]) -> Vec<Diagnostic> {
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    structure::check(&analysis, &mut findings);
    keys::check(&analysis, &mut findings);
    wiring::check(&analysis, &mut findings);
    policy::check(&analysis, &mut findings);
    let objects = org::Objects::of(document);
    export::check(document, &objects, missing, &mut findings);
    org::check(document, &objects, &mut findings);
    let mut list = findings.into_sorted();
    said_already(&mut list);
    attribute(&analysis, &mut list);
    list
}

/// A block without a language is WB107 where a component needs it; the general finding adds nothing.
fn said_already(list: &mut Vec<Diagnostic>) {
    let lines: std::collections::HashSet<u32> =
        list.iter().filter(|d| d.code == "WB107").map(|d| d.span.line).collect();
    list.retain(|d| d.code != "WB606" || !lines.contains(&d.span.line));
}

/// Names the component a finding stands in, where the check did not.
fn attribute(analysis: &Analysis, list: &mut [Diagnostic]) {
    let headings = &analysis.document.headings;
    let nodes = &analysis.nodes.list;
    for diagnostic in list.iter_mut().filter(|d| d.component.is_none()) {
        let start = diagnostic.span.start as usize;
        let Some(heading) = headings.partition_point(|h| h.line.start <= start).checked_sub(1) else { continue };
        if let Ok(n) = nodes.binary_search_by_key(&heading, |n| n.heading) {
            diagnostic.component = Some(nodes[n].id.clone());
        }
    }
}
