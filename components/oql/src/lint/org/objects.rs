//! The objects of a file, parsed once for all checks; and WB618, brackets around links.

use std::ops::Range;

use crate::export::places::places;
use crate::export::settings::Settings;
use crate::findings::Findings;
use crate::object::{self, Kind, LinkForm, Object};
use crate::syntax::Document;

/// All objects but plain text and emphasis, document order.
pub(in crate::lint) struct Objects {
    pub(in crate::lint) list: Vec<Object>,
}

impl Objects {
    pub(in crate::lint) fn of(document: &Document) -> Objects {
        let settings = Settings::of(document).objects;
        let mut list = Vec::new();
        for (range, place) in places(document) {
            // Parsing is dear, and most text has nothing that is looked at here.
            let text = document.slice(&range);
            let hidden = hidden(document, range.start);
            if hidden || !may_matter(text) {
                continue;
            }
            let found = object::parse(document.text(), range, place, &settings);
            let plain = |k: &Kind| {
                matches!(k, Kind::Text | Kind::Bold | Kind::Italic | Kind::Underline | Kind::Strike | Kind::LineBreak)
            };
            list.extend(found.into_iter().filter(|object| !plain(&object.kind)));
        }
        Objects { list }
    }
}

/// Whether a text may hold an object that is looked at here.
fn may_matter(text: &str) -> bool {
    let bytes = text.as_bytes();
    let slash = |i: usize| bytes.get(i + 1) == Some(&b'/');
    bytes.iter().enumerate().any(|(i, b)| matches!(b, b'[' | b'<' | b'{' | b'@') || (*b == b':' && slash(i)))
}

/// Whether a place lies in a COMMENT tree.
fn hidden(document: &Document, at: usize) -> bool {
    let heading = document.headings.partition_point(|h| h.line.start <= at).checked_sub(1);
    heading.and_then(|h| document.headings.get(h)).is_some_and(|h| h.hidden)
}

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    for object in &objects.list {
        let Kind::Link(link) = &object.kind else { continue };
        if link.form != LinkForm::Bracket {
            continue;
        }
        brackets(document, object, findings);
        let raw = document.slice(&link.raw);
        if let Some(rest) = raw.strip_prefix("file+").filter(|r| r.contains(':')) {
            let app = rest.split(':').next().unwrap_or("");
            let word = link.raw.start..link.raw.start + "file+".len() + app.len();
            findings
                .warning("WB605", word.clone(), format!("`file+{app}:` is an obsolete kind of link"))
                .help("write `file:`")
                .fix(word, "file");
        }
        escapes(&link.raw, raw, findings);
    }
}

fn brackets(document: &Document, object: &Object, findings: &mut Findings) {
    let after = document.text().as_bytes().get(object.span.end);
    if after == Some(&b']') {
        let at = object.span.end..object.span.end + 1;
        findings
            .info("WB618", at, "a `]` stands directly behind the link")
            .help("if it belongs to the link's text, put a zero width space before it");
    }
    let mut depth = 0i64;
    for b in document.slice(&object.contents).bytes() {
        depth += i64::from(b == b'[') - i64::from(b == b']');
    }
    if depth > 0 {
        findings
            .info("WB618", object.contents.clone(), "a `[` in the link's text is never closed")
            .help("close it, or leave it away");
    }
}

/// Links of Org 9.2 and older escaped brackets by `%5B`.
fn escapes(at: &Range<usize>, raw: &str, findings: &mut Findings) {
    let url = crate::links::scheme(raw).is_some_and(|s| !matches!(s.as_str(), "file" | "id"));
    let mut rest = raw;
    let mut any = false;
    while let Some(i) = rest.find('%').filter(|_| !url) {
        let code = rest.get(i + 1..i + 3).unwrap_or("");
        if !matches!(code, "25" | "5B" | "5D" | "20") {
            return;
        }
        any = true;
        rest = rest.get(i + 3..).unwrap_or("");
    }
    if any {
        let plain = raw.replace("%20", " ").replace("%5B", "\\[").replace("%5D", "\\]").replace("%25", "%");
        findings
            .info("WB605", at.clone(), "this link is escaped by percent signs, as Org once did")
            .help("write blanks as they are, and brackets with a backslash")
            .fix(at.clone(), plain);
    }
}
