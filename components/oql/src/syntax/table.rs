//! The rows of a table.

use std::ops::Range;

/// One row: its cells as ranges of the file, or a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Row {
    Rule,
    Cells(Vec<Range<usize>>),
}

/// The rows of the table in `text[range]`.
pub(crate) fn rows(text: &str, range: &Range<usize>) -> Vec<Row> {
    let mut out = Vec::new();
    let mut at = range.start;
    for line in text.get(range.clone()).unwrap_or("").split('\n') {
        let start = at + super::line::indent(line).1;
        let end = at + line.trim_end().len();
        at += line.len() + 1;
        if start >= end || !text[start..end].starts_with('|') {
            continue;
        }
        if text[start..end].starts_with("|-") {
            out.push(Row::Rule);
            continue;
        }
        out.push(Row::Cells(cells(text, start + 1..end)));
    }
    out
}

fn cells(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut from = range.start;
    for (i, _) in text[range.clone()].match_indices('|') {
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
