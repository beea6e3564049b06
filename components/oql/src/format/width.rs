//! How many columns of a screen a text takes, as Emacs counts them.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// How far the marks of verbatim text may be away from a link in it.
const VERBATIM: usize = 512;

/// The parts of a line that Org does not show: the brackets and targets of its links.
pub(super) fn hidden(line: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    let last = line.rfind("]]").unwrap_or(0);
    while let Some(open) = line.get(at..).and_then(|rest| rest.find("[[")).map(|i| at + i) {
        if open > last {
            break;
        }
        let Some((shown, end)) = link(line, open, last) else {
            at = open + 1;
            continue;
        };
        at = end;
        if !is_verbatim(line, open, end) {
            out.push(open..shown.start);
            out.push(shown.end..end);
        }
    }
    out
}

/// The part of the link at `open` that is shown, and where the link ends. No link ends behind `last`.
fn link(line: &str, open: usize, last: usize) -> Option<(Range<usize>, usize)> {
    let bytes = line.as_bytes();
    let mut i = open + 2;
    loop {
        match bytes.get(i)? {
            b'\\' => i += 2,
            b'[' => return None,
            b']' => break,
            _ => i += 1,
        }
    }
    if i == open + 2 {
        return None;
    }
    match bytes.get(i + 1)? {
        b']' => Some((open + 2..i, i + 2)),
        b'[' => {
            let text = i + 2;
            if text > last {
                return None;
            }
            let close = line.get(text..).and_then(|rest| rest.find("]]"))? + text;
            (close > text).then_some((text..close, close + 2))
        }
        _ => None,
    }
}

/// Whether a link stands inside `=…=` or `~…~`.
fn is_verbatim(line: &str, start: usize, end: usize) -> bool {
    // Nobody writes longer ones, and a line of links must not be looked through once for each of them.
    let near = |mut offset: usize| {
        while !line.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let before = line.get(near(start.saturating_sub(VERBATIM))..start).unwrap_or("");
    let behind = line.get(end..near(line.len().min(end + VERBATIM)).max(end)).unwrap_or("");
    ['=', '~'].iter().any(|mark| {
        let opens = before.rfind(*mark).is_some_and(|i| {
            let ahead = before[..i].chars().next_back();
            let inside = before[i + 1..].chars().next();
            ahead.is_none_or(|c| c.is_whitespace() || "-('\"{|".contains(c))
                && inside.is_none_or(|c| !c.is_whitespace())
        });
        let closes = behind.find(*mark).is_some_and(|i| {
            let after = behind[i + 1..].chars().next();
            after.is_none_or(|c| c.is_whitespace() || "-.,;:!?'\")}\\[|".contains(c))
        });
        opens && closes
    })
}

/// The width of a text that stands at `start` of its line, without what is hidden there.
pub(super) fn shown(text: &str, start: usize, hidden: &[Range<usize>]) -> usize {
    let mut column = 0;
    // Both are sorted: one walk over a line's links for each of its cells would be quadratic.
    let mut next = hidden.partition_point(|range| range.end <= start);
    for (i, c) in text.char_indices() {
        let at = start + i;
        while hidden.get(next).is_some_and(|range| range.end <= at) {
            next += 1;
        }
        if hidden.get(next).is_none_or(|range| at < range.start) {
            column += columns(c, column);
        }
    }
    column
}

/// The columns of one character.
fn columns(c: char, column: usize) -> usize {
    match c {
        '\t' => 8 - column % 8,
        // Emacs shows these as a thin space.
        '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{ad}' => 1,
        c if c.is_control() => 2,
        c => UnicodeWidthChar::width(c).unwrap_or(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: usize) {
        assert_eq!(shown(text, 0, &hidden(text)), expect, "{text}");
    }

    #[test]
    fn widths() {
        check("abc", 3);
        check("中文", 4);
        check("e\u{301}", 1);
        check("[[http://x.org][desc]]", 4);
        check("[[http://x.org]] x", 14);
        check("~[[x][y]]~", 10);
        check("[[a\\]b][c]]", 1);
        check("[[]] [[a][]]", 12);
        check("a\tb", 9);
    }
}
