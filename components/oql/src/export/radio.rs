//! `<<<radio targets>>>`: the texts that become links wherever a file writes them.

use crate::object::RadioTargets;
use crate::syntax::Document;

/// The longest target.
const MAX_LENGTH: usize = 512;

/// All radio targets of a document.
pub(crate) fn targets(document: &Document) -> RadioTargets {
    let text = document.text();
    let mut out = Vec::new();
    for (open, _) in text.match_indices("<<<") {
        let window = &text.as_bytes()[open + 3..text.len().min(open + 3 + MAX_LENGTH)];
        let Some(len) = window.iter().position(|b| matches!(b, b'<' | b'>' | b'\n')) else { continue };
        let name = text.get(open + 3..open + 3 + len).unwrap_or("");
        let closed = text.get(open + 3 + len..).is_some_and(|rest| rest.starts_with(">>>"));
        if closed && !name.is_empty() && name.trim() == name {
            out.push(name);
        }
    }
    RadioTargets::new(out)
}
