//! `<<<radio targets>>>`: the texts that become links wherever a file writes them.

use crate::syntax::Document;

/// The longest target.
const MAX_LENGTH: usize = 512;

/// All radio targets of a document, lower case, blanks collapsed.
pub(crate) fn targets(document: &Document) -> Vec<String> {
    let text = document.text();
    let mut out: Vec<String> = Vec::new();
    for (open, _) in text.match_indices("<<<") {
        let window = &text.as_bytes()[open + 3..text.len().min(open + 3 + MAX_LENGTH)];
        let Some(len) = window.iter().position(|b| matches!(b, b'<' | b'>' | b'\n')) else { continue };
        let name = text.get(open + 3..open + 3 + len).unwrap_or("");
        let closed = text.get(open + 3 + len..).is_some_and(|rest| rest.starts_with(">>>"));
        if closed && !name.is_empty() && name.trim() == name {
            out.push(name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
        }
    }
    out.sort();
    out.dedup();
    out
}
