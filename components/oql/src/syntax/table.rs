//! The rows of a table.

use std::ops::Range;

use crate::search;

/// One row: its cells as ranges of the file, or a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    Rule,
    Cells(Vec<Range<usize>>),
}

/// The rows of the table in `text[range]`.
pub(crate) fn rows(text: &str, range: &Range<usize>) -> Vec<Row> {
    let mut out = Vec::new();
    let slice = text.get(range.clone()).unwrap_or("");
    let mut next = 0;
    // Rows are mostly as wide as those above them.
    let mut width = 0;
    for line_end in search::every(slice, b'\n').chain([slice.len()]) {
        let at = range.start + next;
        let line = slice.get(next..line_end).unwrap_or("");
        next = line_end + 1;
        let start = at + super::line::indent(line).1;
        let end = at + line.trim_end().len();
        if start >= end || !text[start..end].starts_with('|') {
            continue;
        }
        if text[start..end].starts_with("|-") {
            out.push(Row::Rule);
            continue;
        }
        let cells = cells(text, start + 1..end, width);
        width = cells.len();
        out.push(Row::Cells(cells));
    }
    out
}

fn cells(text: &str, range: Range<usize>, width: usize) -> Vec<Range<usize>> {
    let mut out = Vec::with_capacity(width);
    let mut from = range.start;
    for i in search::every(&text[range.clone()], b'|') {
        let bar = range.start + i;
        out.push(crate::text::trim(text, from..bar));
        from = bar + 1;
    }
    let tail = crate::text::trim(text, from..range.end);
    if !tail.is_empty() || out.is_empty() {
        out.push(tail);
    }
    out
}
