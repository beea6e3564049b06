//! Aligns tables and property drawers as Org does (`wb fmt`).
//!
//! Everything else stays as it is, byte for byte, and a second time changes nothing. What is inside other drawers stays
//! where it is: `org-indent-drawer` would move text there, and moved text may mean something else.

pub(crate) mod table;
mod width;

use crate::model::Edit;
use crate::source::Line;
use crate::syntax::drawer::Drawer;
use crate::syntax::{Document, Kind};

/// The edits, in document order.
pub(crate) fn format(document: &Document) -> Vec<Edit> {
    let mut edits = Vec::new();
    for element in &document.elements {
        if element.kind == Kind::Table {
            tables(document, element.span.start, element.span.end, &mut edits);
        }
    }
    let drawers = document.headings.iter().filter_map(|heading| heading.drawer.as_ref());
    for drawer in document.drawer.iter().chain(drawers) {
        properties(document, drawer, &mut edits);
    }
    edits.sort_by_key(|edit| edit.start);
    edits
}

/// The lines of one table that alignment changes.
fn tables(document: &Document, start: usize, end: usize, edits: &mut Vec<Edit>) {
    let source = &document.source;
    let first = source.line_at(start);
    let lines = source.lines.get(first..).unwrap_or(&[]);
    let lines: Vec<&Line> = lines.iter().take_while(|line| line.start < end).collect();
    let text = |line: &Line| source.slice(&(line.start..line.end));
    let is_row = |line: &Line| text(line).trim_start_matches([' ', '\t']).starts_with('|');
    if lines.iter().any(|line| text(line).trim_start_matches([' ', '\t']).starts_with("+-")) {
        // A table of table.el, which is drawn and not aligned.
        return;
    }
    // `#+TBLFM:` lines belong to the table as well.
    for rows in lines.split(|line| !is_row(line)) {
        let texts: Vec<&str> = rows.iter().map(|line| text(line)).collect();
        for ((line, old), new) in rows.iter().zip(&texts).zip(table::align(&texts)) {
            if *old != new {
                edits.push(replace(line.start, line.end, new));
            }
        }
    }
}

/// The lines of a property drawer that are not `:KEY:      value` at the margin.
fn properties(document: &Document, drawer: &Drawer, edits: &mut Vec<Edit>) {
    let source = &document.source;
    let first = source.line_at(drawer.span.start);
    let lines = source.lines.get(first..).unwrap_or(&[]);
    let mut entries = drawer.entries.iter().peekable();
    for line in lines.iter().take_while(|line| line.start < drawer.span.end) {
        let old = source.slice(&(line.start..line.end));
        while entries.peek().is_some_and(|entry| entry.key.start < line.start) {
            entries.next();
        }
        let new = match entries.peek().filter(|entry| entry.key.start < line.end) {
            Some(entry) => {
                let plus = if entry.append { "+" } else { "" };
                let key = format!(":{}{plus}:", source.slice(&entry.key));
                format!("{key:<10} {}", source.slice(&entry.value)).trim_end().to_owned()
            }
            None => old.trim_matches([' ', '\t']).to_owned(),
        };
        if old != new {
            edits.push(replace(line.start, line.end, new));
        }
    }
}

fn replace(start: usize, end: usize, text: String) -> Edit {
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Edit { start: narrow(start), end: narrow(end), text }
}
