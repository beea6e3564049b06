//! Commented trees leave the text before anything is looked up in it: keywords, macros and footnotes in them do not count.

use crate::syntax::Document;

/// The text without its `COMMENT` headings and what is below them; `None` where there is none.
pub(super) fn remove(document: &Document) -> Option<String> {
    let text = document.text();
    if !document.headings.iter().any(|h| h.comment) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for heading in document.headings.iter().filter(|h| h.comment) {
        if heading.line.start >= at {
            out.push_str(text.get(at..heading.line.start).unwrap_or(""));
            at = heading.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    Some(out)
}
