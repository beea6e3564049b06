//! What is wrong with a workbook: one file per group of codes.
//!
//! Findings that show while reading (values that do not parse, signatures) are reported by `plan`; everything that needs
//! the whole picture is here.

mod export;
mod policy;
mod secrets;
mod structure;
mod wiring;

use crate::findings::Findings;
use crate::model::Diagnostic;
use crate::plan::Analysis;
use crate::syntax::Document;

/// All findings of a text, sorted by position.
pub(crate) fn lint(document: &Document, _missing: &[String]) -> Vec<Diagnostic> {
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    structure::check(&analysis, &mut findings);
    wiring::check(&analysis, &mut findings);
    policy::check(&analysis, &mut findings);
    export::check(document, &mut findings);
    let mut list = findings.into_sorted();
    attribute(&analysis, &mut list);
    list
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
