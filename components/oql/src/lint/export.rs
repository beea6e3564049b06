//! WB401–WB403: links that lead nowhere, images that are not there, and what a page will not show.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::org::Objects;
use crate::findings::Findings;
use crate::links::{self, Target};
use crate::model::ReferenceKind;
use crate::object::{Kind as Object, LinkForm};
use crate::syntax::{BlockKind, Document, Kind};

pub(super) fn check(document: &Document, objects: &Objects, missing: &[String], findings: &mut Findings) {
    let mut known: Option<Known> = None;
    let names = document.keywords("link").filter_map(|v| document.slice(&v).split_whitespace().next());
    let names: HashSet<&str> = names.collect();
    for object in &objects.list {
        let Object::Link(link) = &object.kind else { continue };
        if matches!(link.form, LinkForm::Bracket) && !abbreviated(&names, document.slice(&link.raw)) {
            let known = known.get_or_insert_with(|| Known::of(document));
            self::link(document, &link.raw, known, findings);
        }
    }
    files(document, missing, findings);
    if !document.allows_html() {
        raw_html(document, findings);
    }
}

/// `[[name:rest]]` where `#+LINK: name …` says what that is.
fn abbreviated(names: &HashSet<&str>, raw: &str) -> bool {
    !names.is_empty() && raw.split(':').next().is_some_and(|name| names.contains(name))
}

/// Files that the host looked for and did not find.
fn files(document: &Document, missing: &[String], findings: &mut Findings) {
    if missing.is_empty() {
        return;
    }
    let missing: HashSet<&str> = missing.iter().map(String::as_str).collect();
    for reference in crate::references::references(document) {
        if !missing.contains(reference.path.as_str()) {
            continue;
        }
        let at = reference.span.start as usize..reference.span.end as usize;
        let path = crate::text::clip(&reference.path, 60);
        let (code, what) = match reference.kind {
            ReferenceKind::Image => ("WB402", "image"),
            ReferenceKind::Include => ("WB401", "file to include"),
            ReferenceKind::Setup => ("WB401", "setup file"),
            ReferenceKind::Link => ("WB401", "file"),
        };
        findings
            .warning(code, at, format!("there is no {what} `{path}`"))
            .help("paths are relative to the folder of this file");
    }
}

/// Everything in a file a link can lead to.
#[derive(Default)]
struct Known<'a> {
    ids: HashSet<String>,
    titles: HashSet<String>,
    custom: HashSet<String>,
    /// As written, for suggestions.
    words: Vec<&'a str>,
    /// Labels of lines of code, once a link asks for one.
    labels: OnceCell<HashMap<String, String>>,
}

impl<'a> Known<'a> {
    fn of(document: &Document<'a>) -> Self {
        let mut known = Known::default();
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
        Target::CodeRef(label) => {
            let labels = known.labels.get_or_init(|| crate::export::code_labels(document));
            (labels.contains_key(label), "line of code with the label")
        }
        Target::Id(id) => {
            let id = id.split("::").next().unwrap_or(id);
            if !known.ids.contains(id) {
                findings
                    .info(
                        "WB401",
                        at.clone(),
                        format!("no heading of this file has the id `{}`", crate::text::clip(id, 60)),
                    )
                    .help("if it is in another file, link to that: `file:other.org`");
            }
            return;
        }
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
    let snippets = crate::search::holds(document.text(), "@@html:", b'@');
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
            Kind::Paragraph if snippets => {
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
