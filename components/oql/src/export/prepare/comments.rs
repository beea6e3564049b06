//! Commented trees leave the text before anything is looked up in it: keywords, macros and footnotes in them do not count.

use std::borrow::Cow;

use crate::syntax::Document;

/// The text without its `COMMENT` headings and what is below them.
pub(super) fn remove(text: Cow<str>) -> Cow<str> {
    if !crate::text::holds(&text, "COMMENT", 'C')
        || !text.split('\n').any(|l| l.starts_with('*') && l.contains("COMMENT"))
    {
        return text;
    }
    let document = Document::parse(&text);
    if !document.headings.iter().any(|h| h.comment) {
        return text;
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
    Cow::Owned(out)
}
