//! WB601–WB618: what is wrong with a file as Org, whether or not it is a workbook.
//!
//! The findings of Org's own `org-lint` that matter to a reader. Left out on purpose: languages Emacs has not loaded,
//! `$…$`, dates without the name of a day, and what only Emacs' own files can tell.

mod arguments;
mod blocks;
mod citations;
mod duplicates;
mod footnotes;
mod headings;
mod keywords;
mod lines;
mod lists;
mod macros;
mod objects;
mod properties;
mod times;

use std::ops::Range;

use crate::findings::Findings;
use crate::syntax::{Document, Element};
pub(super) use objects::Objects;

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    duplicates::check(document, objects, findings);
    footnotes::check(document, objects, findings);
    keywords::check(document, findings);
    blocks::check(document, findings);
    arguments::check(document, objects, findings);
    macros::check(document, objects, findings);
    times::check(document, objects, findings);
    properties::check(document, findings);
    lines::check(document, findings);
    lists::check(document, findings);
    headings::check(document, findings);
    citations::check(document, objects, findings);
    objects::check(document, objects, findings);
}

/// Elements outside COMMENT trees.
fn shown<'d>(document: &'d Document) -> impl Iterator<Item = &'d Element> {
    document.elements.iter().filter(|e| e.heading.is_none_or(|h| !document.headings[h].hidden))
}

/// The lines of a range, without their breaks.
fn lines<'a>(text: &'a str, range: &Range<usize>) -> impl Iterator<Item = (Range<usize>, &'a str)> {
    let mut at = range.start;
    text.get(range.clone()).unwrap_or("").split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        let line = line.trim_end_matches('\r');
        (start..start + line.len(), line)
    })
}
