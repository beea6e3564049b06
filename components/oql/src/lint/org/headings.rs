//! WB616: heading lines with a slip in them, and headings that are none.

use crate::findings::Findings;
use crate::syntax::{Document, Kind};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for heading in document.headings.iter().filter(|h| !h.hidden) {
        let line = document.slice(&heading.line);
        let title = document.slice(&heading.title);
        if let (Some(first), Some(last)) = (heading.tags.first(), heading.tags.last()) {
            let between = document.slice(&(first.start.saturating_sub(2)..heading.line.end.min(last.end + 2)));
            if let Some(i) = between.find("::") {
                let at = first.start.saturating_sub(2) + i;
                findings
                    .warning("WB616", at..at + 2, "a colon too many between the tags")
                    .help("write one colon between two tags")
                    .fix(at..at + 1, "");
            }
        }
        if heading.priority.is_none() && title.starts_with("[#") {
            let len = title.find(']').map_or(2, |i| i + 1).min(12);
            let len = if title.is_char_boundary(len) { len } else { 2 };
            findings
                .warning("WB616", heading.title.start..heading.title.start + len, "this is no priority")
                .help("a priority is one capital letter or a number up to 64: `[#A]`");
        }
        if line.trim_start_matches('*').trim_start().starts_with("QUOTE ") {
            findings
                .warning("WB605", heading.title.clone(), "QUOTE sections are gone from Org")
                .help("put the text into a `#+begin_example` block");
        }
        if let Some(i) = misplaced(title) {
            report(heading.title.start + i, findings);
        }
    }
    for element in super::shown(document).filter(|e| e.kind == Kind::Paragraph) {
        if let Some(i) = misplaced(document.slice(&element.span)) {
            report(element.span.start + i, findings);
        }
    }
}

/// Stars and a blank behind a word, as when a line break was lost.
fn misplaced(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(i) = text.get(from..)?.find("** ").map(|i| from + i) {
        let start = i - bytes[..i].iter().rev().take_while(|b| **b == b'*').count();
        let before = start.checked_sub(1).and_then(|j| bytes.get(j));
        // Markup of other formats looks like this too: `a **word** b`.
        let opened = text[..start].rsplit('\n').next().is_some_and(|line| line.contains("**"));
        if before.is_some_and(|b| !matches!(b, b'\n' | b'\r' | b' ' | b',' | b'*' | b'=' | b'~')) && !opened {
            return Some(start);
        }
        from = i + 3;
    }
    None
}

fn report(at: usize, findings: &mut Findings) {
    findings
        .info("WB616", at..at + 2, "this looks like a heading in the middle of a line")
        .help("begin a new line before the stars");
}
