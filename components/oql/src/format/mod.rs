//! Aligns tables and drawers as Org does (`wb fmt`).
//!
//! Everything else stays as it is, byte for byte, and a second time changes nothing.

pub(crate) mod table;
mod width;

use crate::model::Edit;
use crate::syntax::{Document, Kind};

/// The edits, in document order.
pub(crate) fn format(document: &Document) -> Vec<Edit> {
    let mut edits = Vec::new();
    for element in &document.elements {
        if element.kind == Kind::Table {
            tables(document, element.span.start, element.span.end, &mut edits);
        }
    }
    edits
}

/// The lines of one table that alignment changes.
fn tables(document: &Document, start: usize, end: usize, edits: &mut Vec<Edit>) {
    let source = &document.source;
    let first = source.line_at(start);
    let lines = source.lines.get(first..).unwrap_or(&[]);
    let lines: Vec<_> = lines.iter().take_while(|line| line.start < end).collect();
    let texts: Vec<&str> = lines.iter().map(|line| source.slice(&(line.start..line.end))).collect();
    for ((line, old), new) in lines.iter().zip(&texts).zip(table::align(&texts)) {
        if *old != new {
            edits.push(replace(line.start, line.end, new));
        }
    }
}

fn replace(start: usize, end: usize, text: String) -> Edit {
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Edit { start: narrow(start), end: narrow(end), text }
}
