//! WB401 and WB403: links that lead nowhere inside the file, and what a page will not show.

use std::collections::HashSet;
use std::ops::Range;

use crate::findings::Findings;
use crate::links::{self, Target};
use crate::syntax::{BlockKind, Document, Kind};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    let mut known: Option<Known> = None;
    for range in prose(document) {
        for at in bracket_links(document.text(), &range) {
            let known = known.get_or_insert_with(|| Known::of(document));
            link(document, &at, known, findings);
        }
    }
    if !document.allows_html() {
        raw_html(document, findings);
    }
}

/// The texts that may hold links: paragraphs, table rows, verses, headings; nothing under a COMMENT heading.
fn prose(document: &Document) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for element in &document.elements {
        if element.heading.is_some_and(|h| document.headings[h].hidden) {
            continue;
        }
        match &element.kind {
            Kind::Paragraph | Kind::Table => out.push(element.span.clone()),
            Kind::Block(block) if block.kind == BlockKind::Verse => out.push(block.body.clone()),
            Kind::Item { line, start } => out.extend(line.tag.iter().map(|t| start + t.start..start + t.end)),
            _ => {}
        }
    }
    out.extend(document.headings.iter().filter(|h| !h.hidden).map(|h| h.title.clone()));
    out
}

/// The paths of `[[path]]` and `[[path][text]]`, except in `=verbatim=` and `~code~`.
fn bracket_links(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let slice = text.get(range.clone()).unwrap_or("");
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(open) = slice[from..].find("[[").map(|i| from + i) {
        let verbatim = slice[..open].ends_with(['=', '~']);
        let start = open + 2;
        let window = &slice.as_bytes()[start..slice.len().min(start + 4096)];
        let stop = window.iter().position(|b| matches!(b, b']' | b'['));
        from = start + stop.unwrap_or(0);
        if let Some(len) =
            stop.filter(|len| *len > 0 && window[*len] == b']' && matches!(window.get(len + 1), Some(b']' | b'[')))
            && !verbatim
        {
            out.push(range.start + start..range.start + start + len);
        }
    }
    out
}

/// Everything in a file a link can lead to.
struct Known<'a> {
    ids: HashSet<String>,
    titles: HashSet<String>,
    custom: HashSet<String>,
    /// As written, for suggestions.
    words: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn of(document: &Document<'a>) -> Self {
        let mut known =
            Known { ids: HashSet::new(), titles: HashSet::new(), custom: HashSet::new(), words: Vec::new() };
        for (h, heading) in document.headings.iter().enumerate() {
            known.titles.insert(links::fold(document.slice(&heading.title)));
            known.words.push(document.slice(&heading.title));
            known.custom.extend(document.property(h, "CUSTOM_ID"));
            known.ids.extend(document.property(h, "ID"));
        }
        for element in &document.elements {
            if let Some(name) = document.name_of(element) {
                known.titles.insert(links::fold(document.slice(&name)));
                known.words.push(document.slice(&name));
            }
        }
        known.targets(document.text());
        known
    }

    /// `<<target>>` and `<<<radio target>>>`.
    fn targets(&mut self, text: &'a str) {
        for (open, _) in text.match_indices("<<") {
            let rest = &text.as_bytes()[open + 2..text.len().min(open + 258)];
            if let Some(len) = rest.iter().position(|b| matches!(b, b'>' | b'\n'))
                && rest[len] == b'>'
                && let Some(name) = text.get(open + 2..open + 2 + len)
            {
                self.titles.insert(links::fold(name));
            }
        }
    }
}

fn link(document: &Document, at: &Range<usize>, known: &Known, findings: &mut Findings) {
    let path = document.slice(at);
    let (found, what) = match links::target(path) {
        Target::CustomId(id) => (known.custom.contains(id) || known.titles.contains(&links::fold(id)), "custom id"),
        Target::Heading(title) => (known.titles.contains(&links::fold(title)), "heading"),
        Target::Fuzzy(name) => (known.titles.contains(&links::fold(name)), "heading, name or target"),
        Target::Refused(_) if links::scheme(path).is_some_and(|s| links::is_dangerous(&s)) => {
            let scheme = links::scheme(path).unwrap_or_default();
            findings
                .warning("WB403", at.clone(), format!("a `{scheme}:` link is dropped when rendering"))
                .help("link to `https:`, to a file, or to a heading");
            return;
        }
        _ => return,
    };
    if found || path.is_empty() {
        return;
    }
    let meant = findings.suggest(path.trim_start_matches(['*', '#']), known.words.iter().take(1024).copied());
    let draft =
        findings.warning("WB401", at.clone(), format!("no {what} `{}` in this file", crate::text::clip(path, 60)));
    match meant {
        Some(meant) => draft.help(format!("did you mean `{meant}`?")),
        None => draft.help("correct the link, or write `file:` before the name of a file"),
    };
}

fn raw_html(document: &Document, findings: &mut Findings) {
    let help = "write it as Org, or opt in with `#+OPTIONS: raw-html:t`";
    for element in &document.elements {
        if element.heading.is_some_and(|h| document.headings[h].hidden) {
            continue;
        }
        match &element.kind {
            Kind::Block(block)
                if block.kind == BlockKind::Export && document.slice(&block.args).eq_ignore_ascii_case("html") =>
            {
                findings
                    .warning("WB403", element.span.start..block.args.end, "raw HTML is dropped when rendering")
                    .help(help);
            }
            Kind::Keyword { key, .. } if document.slice(key).eq_ignore_ascii_case("html") => {
                findings.warning("WB403", element.span.clone(), "raw HTML is dropped when rendering").help(help);
            }
            Kind::Paragraph => {
                let text = document.slice(&element.span);
                for (i, _) in text.match_indices("@@html:").take(16) {
                    let start = element.span.start + i;
                    findings.warning("WB403", start..start + 7, "raw HTML is dropped when rendering").help(help);
                }
            }
            _ => {}
        }
    }
}
