//! WB617: citations without a bibliography.

use super::Objects;
use crate::findings::Findings;
use crate::object::Kind;
use crate::syntax::Document;

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    let Some(first) = objects.list.iter().find(|o| matches!(o.kind, Kind::Citation { .. })) else { return };
    if document.keywords("print_bibliography").next().is_none() {
        findings
            .info("WB617", first.span.clone(), "the file cites, and prints no bibliography")
            .help("write `#+print_bibliography:` where it should stand");
    }
    if document.keywords("bibliography").next().is_none() {
        findings
            .info("WB617", first.span.clone(), "the file cites, and names no bibliography")
            .help("name one: `#+bibliography: references.bib`");
    }
}
