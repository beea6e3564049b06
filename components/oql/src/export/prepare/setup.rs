//! `#+SETUPFILE:`: the settings of another file.
//!
//! Of such a file only its settings count, so its line is replaced by those keywords. Text and keywords that show
//! something (`#+HTML:`, `#+TOC:`) stay out.

use std::borrow::Cow;

use super::files::{self, Files};
use super::macros::apply;
use super::mentions;
use crate::syntax::{Document, Kind};

const MAX_DEPTH: usize = 16;
/// What all setup files of a text may add.
const MAX_SIZE: usize = 1 << 20;

/// The keywords of a setup file that count.
const SETTINGS: &[&str] = &[
    "author",
    "bibliography",
    "category",
    "cite_export",
    "columns",
    "constants",
    "creator",
    "date",
    "description",
    "email",
    "exclude_tags",
    "filetags",
    "html_container",
    "html_content_class",
    "html_doctype",
    "html_head",
    "html_head_extra",
    "html_link_home",
    "html_link_up",
    "html_mathjax",
    "keywords",
    "language",
    "link",
    "macro",
    "options",
    "priorities",
    "property",
    "select_tags",
    "seq_todo",
    "startup",
    "subtitle",
    "tags",
    "title",
    "todo",
    "typ_todo",
];

/// Puts the settings of the setup files in.
pub(super) fn expand<'a>(text: Cow<'a, str>, given: &Files) -> Cow<'a, str> {
    if given.is_empty() || !mentions(&text, "setupfile:") {
        return text;
    }
    let document = Document::parse(&text);
    let mut edits = Vec::new();
    let mut left = MAX_SIZE;
    for element in document.elements.iter().filter(|e| !e.attached) {
        let Kind::Keyword { key, value } = &element.kind else { continue };
        let hidden = element.heading.and_then(|h| document.headings.get(h)).is_some_and(|h| h.hidden);
        if hidden || !document.slice(key).eq_ignore_ascii_case("setupfile") {
            continue;
        }
        let mut lines = String::new();
        collect(document.slice(value), "", given, &mut Vec::new(), &mut left, &mut lines);
        let line = document.source.lines.get(document.source.line_at(element.span.start));
        edits.extend(line.map(|l| (l.start..l.next, lines)));
    }
    if edits.is_empty() {
        return text;
    }
    let out = apply(&text, &edits);
    Cow::Owned(out)
}

/// The settings of a setup file, and of those it names in turn.
fn collect(value: &str, directory: &str, given: &Files, open: &mut Vec<String>, left: &mut usize, out: &mut String) {
    let name = value.trim().trim_matches('"');
    let Some(path) = files::normal(directory, name) else { return };
    let Some(text) = given.get(&path).filter(|t| t.len() <= *left) else { return };
    if open.len() >= MAX_DEPTH || open.contains(&path) {
        return;
    }
    *left -= text.len();
    open.push(path.clone());
    let document = Document::parse(text);
    for element in document.elements.iter().filter(|e| !e.attached) {
        let Kind::Keyword { key, value } = &element.kind else { continue };
        let (key, value) = (document.slice(key), document.slice(value));
        if key.eq_ignore_ascii_case("setupfile") {
            collect(value, files::directory(&path), given, open, left, out);
        } else if SETTINGS.iter().any(|s| s.eq_ignore_ascii_case(key)) {
            out.push_str(&format!("#+{key}: {value}\n"));
        }
    }
    open.pop();
}
