//! Byte offsets to lines and columns, in constant time per question.
//!
//! Counting characters from the start of the line would make one very long line quadratic (a million ports on one
//! `:in:`), so a checkpoint of the running character count is kept for every few kilobytes.

use std::cell::OnceCell;
use std::ops::Range;

use crate::model::Span;
use crate::search;

const CHECKPOINT: usize = 4096;

/// One line: `start..end` is its text without the line break, `next` is where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) next: usize,
}

/// The text of a file and its line table.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) lines: Vec<Line>,
    /// `checkpoints[k]` is the number of characters in the first `k * CHECKPOINT` bytes; counted when a long line asks.
    checkpoints: OnceCell<Vec<usize>>,
}

/// Bytes that begin a character; the others are UTF-8 continuation bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| (**b & 0xC0) != 0x80).count()
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Source { text, lines: split_lines(text), checkpoints: OnceCell::new() }
    }

    fn checkpoints(&self) -> &[usize] {
        self.checkpoints.get_or_init(|| {
            let mut total = 0;
            let chunks = self.text.as_bytes().chunks(CHECKPOINT).map(|chunk| {
                total += characters(chunk);
                total
            });
            std::iter::once(0).chain(chunks).collect()
        })
    }

    /// Characters before `offset`.
    fn characters_before(&self, offset: usize) -> usize {
        let k = offset / CHECKPOINT;
        let base = self.checkpoints().get(k).copied().unwrap_or(0);
        base + characters(&self.text.as_bytes()[(k * CHECKPOINT).min(offset)..offset])
    }

    /// Index of the line that holds `offset`; the last line for the end of the text.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }

    /// The text of a range; empty where the range is not one.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or("")
    }

    /// The span of a byte range; clamped to the text and to character boundaries.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = floor_boundary(self.text, range.start);
        let end = floor_boundary(self.text, range.end).max(start);
        let line = self.line_at(start);
        let line_start = self.lines.get(line).map_or(0, |l| l.start).min(start);
        // Only on a long line are the checkpoints nearer than its beginning.
        let column = if start - line_start <= CHECKPOINT {
            characters(&self.text.as_bytes()[line_start..start]) + 1
        } else {
            self.characters_before(start) - self.characters_before(line_start) + 1
        };
        Span { start: narrow(start), end: narrow(end), line: narrow(line + 1), column: narrow(column) }
    }
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The byte order mark.
pub(crate) const MARK: &str = "\u{feff}";

/// Lines end at `\n`; a `\r` before it belongs to the break. A text without a final break has a last line all the
/// same, and an empty text has none.
fn split_lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::with_capacity(bytes.len() / 32 + 1);
    // A byte order mark says how the file is written; it is no part of its first line, as in Emacs.
    let mut start = if text.starts_with(MARK) { MARK.len() } else { 0 };
    for end in search::every(text, b'\n') {
        let trimmed = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
        lines.push(Line { start, end: trimmed, next: end + 1 });
        start = end + 1;
    }
    if start < bytes.len() {
        lines.push(Line { start, end: bytes.len(), next: bytes.len() });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("ab\r\nžluť x\n");
        let at = source.text.find('x').unwrap_or(0);
        let span = source.span(at..at + 1);
        assert_eq!((span.line, span.column), (2, 6));
        assert_eq!(source.lines.len(), 2);
        assert_eq!(source.lines[0], Line { start: 0, end: 2, next: 4 });
    }

    #[test]
    fn columns_survive_long_lines() {
        let text = "é".repeat(10_000);
        let source = Source::new(&text);
        assert_eq!(source.span(19_998..20_000).column, 10_000);
        assert_eq!(source.span(20_000..20_000).line, 1);
    }
}
