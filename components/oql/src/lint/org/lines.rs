//! WB613: lines that look like Org's and are plain text.

use crate::findings::Findings;
use crate::syntax::{Document, Kind};

/// Keywords that nobody writes by accident.
const KEYWORDS: &[&str] = &[
    "title",
    "author",
    "date",
    "email",
    "language",
    "options",
    "property",
    "todo",
    "filetags",
    "name",
    "caption",
    "header",
    "include",
    "setupfile",
    "macro",
    "startup",
    "category",
    "description",
    "keywords",
    "tags",
    "results",
];

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for element in super::shown(document).filter(|e| e.kind == Kind::Paragraph) {
        if !document.slice(&element.span).contains(['#', ':']) {
            continue;
        }
        for (at, line) in super::lines(document.text(), &element.span) {
            let text = line.trim();
            let start = at.start + (line.len() - line.trim_start().len());
            if let Some(rest) = text.strip_prefix("#+") {
                keyword(start, rest, findings);
            }
        }
    }
}

/// `#+title My notes`, `#+end_src` without its beginning.
fn keyword(start: usize, rest: &str, findings: &mut Findings) {
    let name = rest.split(' ').next().unwrap_or("");
    let lower = name.to_ascii_lowercase();
    let at = start..start + 2 + name.len();
    if lower.starts_with("end_") || lower.starts_with("end:") || lower == "end" {
        findings
            .warning("WB613", at, format!("`#+{name}` closes nothing"))
            .help("add the line that opens the block, or remove this one");
    } else if !lower.starts_with("begin") && !name.is_empty() && !name.contains(':') && !name.contains('\t') {
        let end = at.end;
        let draft = findings
            .info("WB613", at, format!("`#+{}` without a colon is plain text", crate::text::clip(name, 40)))
            .help(format!("write `#+{}:`", crate::text::clip(name, 40)));
        if KEYWORDS.contains(&lower.as_str()) {
            draft.fix(end..end, ":");
        }
    }
}
