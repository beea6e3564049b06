//! The local files a text mentions: what it includes, where its settings are, where its links lead, what it shows.
//!
//! Nothing is opened or looked for here. A caller reads the included files and asks about each of them in turn; their
//! paths count from their own directory.

use std::ops::Range;

use crate::export::places::places;
use crate::export::prepare::include_value;
use crate::model::{Reference, ReferenceKind};
use crate::object::{self, LinkForm};
use crate::syntax::{Document, Kind};

/// The endings of files that a page shows in place of a link to them.
const IMAGES: &[&str] = &["jpeg", "jpg", "png", "gif", "svg", "webp", "avif"];

/// Every mention, in document order.
pub(crate) fn references(document: &Document) -> Vec<Reference> {
    let mut found: Vec<(Range<usize>, ReferenceKind)> = Vec::new();
    for element in &document.elements {
        let Kind::Keyword { key, value } = &element.kind else { continue };
        let kind = match document.slice(key) {
            key if key.eq_ignore_ascii_case("include") => ReferenceKind::Include,
            key if key.eq_ignore_ascii_case("setupfile") => ReferenceKind::Setup,
            _ => continue,
        };
        let text = document.slice(value);
        let path = match kind {
            ReferenceKind::Include => include_value::parse(text).map(|request| request.file),
            _ => Some(text.trim().trim_matches('"').to_owned()),
        };
        let Some(path) = path.filter(|p| is_local(p)) else { continue };
        if let Some(at) = text.find(&path) {
            found.push((value.start + at..value.start + at + path.len(), kind));
        }
    }
    let settings = object::Settings::default();
    for (range, place) in places(document) {
        let text = document.slice(&range);
        if text.contains("[[") || text.contains("file") {
            for o in object::parse(document.text(), range, place, &settings) {
                if let object::Kind::Link(link) = &o.kind {
                    links(document, link, &o.contents, &mut found);
                }
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    let hidden = hidden(document);
    let is_hidden = |at: usize| {
        let before = hidden.partition_point(|h| h.start <= at).checked_sub(1);
        before.and_then(|i| hidden.get(i)).is_some_and(|h| at < h.end)
    };
    let shown = found.into_iter().filter(|(range, _)| !is_hidden(range.start));
    shown.map(|(at, kind)| Reference { path: document.slice(&at).to_owned(), kind, span: document.span(at) }).collect()
}

/// The commented trees.
fn hidden(document: &Document) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for heading in document.headings.iter().filter(|h| h.comment) {
        if out.last().is_none_or(|last| last.end <= heading.line.start) {
            out.push(heading.line.start..heading.end);
        }
    }
    out
}

/// The file a link leads to, and the image it shows instead of words.
fn links(
    document: &Document,
    link: &object::Link,
    contents: &Range<usize>,
    found: &mut Vec<(Range<usize>, ReferenceKind)>,
) {
    let described = !contents.is_empty();
    if let Some(at) = path(document, &link.raw, link.scheme.as_ref(), link.form) {
        let image = !described && is_image(document.slice(&at));
        found.push((at, if image { ReferenceKind::Image } else { ReferenceKind::Link }));
    }
    let text = document.slice(contents);
    if let Some(shown) = text.strip_prefix("file:").or_else(|| text.starts_with("./").then_some(text))
        && !shown.contains(char::is_whitespace)
        && is_image(shown)
    {
        found.push((contents.end - shown.len()..contents.end, ReferenceKind::Image));
    }
}

/// The path of a link to a file, without what is to be looked for in it.
fn path(
    document: &Document,
    raw: &Range<usize>,
    scheme: Option<&Range<usize>>,
    form: LinkForm,
) -> Option<Range<usize>> {
    let text = document.slice(raw);
    let skip = match scheme.map(|s| document.slice(s)) {
        Some("file" | "file+sys" | "file+emacs") => text.find(':')? + 1,
        Some(_) => return None,
        None if form == LinkForm::Bracket && ["/", "./", "../", "~/"].iter().any(|p| text.starts_with(p)) => 0,
        None => return None,
    };
    let path = text.get(skip..)?;
    let path = path.split("::").next().unwrap_or(path);
    // `file:///x` is the absolute `/x`.
    let slashes = if path.starts_with("///") { 2 } else { 0 };
    let start = raw.start + skip + slashes;
    let end = raw.start + skip + path.len();
    is_local(document.slice(&(start..end))).then_some(start..end)
}

/// Not empty, not on another machine.
fn is_local(path: &str) -> bool {
    let remote =
        path.contains("://") || (path.starts_with('/') && path.split('/').nth(1).is_some_and(|p| p.contains(':')));
    !path.is_empty() && !remote
}

fn is_image(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| IMAGES.iter().any(|i| i.eq_ignore_ascii_case(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let document = Document::parse(text);
        let show = |r: Reference| format!("{:?} {}@{}", r.kind, r.path, r.span.start);
        let got: Vec<String> = references(&document).into_iter().map(show).collect();
        assert_eq!(got.join(", "), expect);
    }

    #[test]
    fn mentions() {
        check("#+include: \"a b.org::*H\" :lines \"1-\"\n#+setupfile: s.org\n", "Include a b.org@12, Setup s.org@50");
        check("#+INCLUDE: https://x.org/a\n# [[./c]]\n: [[./c]]\n=[[./c]]=\n", "");
        check(
            "[[file:x.org::*H][d]] [[./p.PNG]] [[x.org]] <file:y> file:z.jpg.",
            "Link x.org@7, Image ./p.PNG@24, Link y@50, Image z.jpg@58",
        );
        check("[[https://a][file:i.svg]] [[/ssh:h:/x]] [[file:///e/f]]", "Image i.svg@18, Link /e/f@49");
        check("* COMMENT a\n[[./x]]\n** b\n#+include: y\n* c [[./z]]\n", "Link ./z@44");
    }
}
