//! Footnotes: numbered in the order of their first reference, written at the end of the page.
//!
//! As soon as a footnote gets its number, those its definition refers to get theirs, which is the order a reader meets
//! them in.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::inline::{self, Inline};
use super::{Export, language, walk};
use crate::object::{Kind as Object, Place};
use crate::syntax::{BlockKind, Document, Kind};

/// Definitions refer to each other no deeper than this.
const MAX_DEPTH: usize = 32;

/// What a footnote says.
#[derive(Debug, Clone)]
pub(crate) enum Definition {
    /// Index of a `[fn:1] …` element.
    Element(usize),
    /// `[fn:1:text]`.
    Text(String),
    /// Nothing defines it.
    Missing,
}

/// The footnotes of a page.
#[derive(Debug, Default)]
pub(crate) struct Footnotes {
    elements: HashMap<String, usize>,
    /// `[fn:label:text]`, found when a reference has no other definition.
    inline: Option<HashMap<String, String>>,
    numbers: HashMap<String, usize>,
    list: Vec<Definition>,
    /// References so far per footnote, for the ids of the marks.
    references: Vec<usize>,
    /// Numbers of footnotes without label, found before they were written, in order.
    waiting: HashMap<String, Vec<usize>>,
}

impl Footnotes {
    pub(crate) fn of(document: &Document) -> Self {
        let mut footnotes = Footnotes::default();
        for (i, element) in document.elements.iter().enumerate() {
            if let Kind::Footnote { label } = &element.kind {
                // The last definition wins, as where Org collects them.
                footnotes.elements.insert(document.slice(label).to_owned(), i);
            }
        }
        footnotes
    }
}

/// `[fn:1]`, `[fn:1:text]`, `[fn::text]`.
pub(crate) fn reference(x: &mut Export, label: Option<&str>, definition: Definition) {
    let number = match label {
        Some(label) => number(x, Some(label), definition, 0),
        None => {
            let text = if let Definition::Text(text) = &definition { text.as_str() } else { "" };
            let known = x.footnotes.waiting.get_mut(text).filter(|w| !w.is_empty()).map(|w| w.remove(0));
            known.unwrap_or_else(|| number(x, None, definition, 0))
        }
    };
    let times = x.footnotes.references.get_mut(number - 1).map_or(1, |n| {
        *n += 1;
        *n
    });
    let mark = if times == 1 { format!("fnr.{number}") } else { format!("fnr.{number}.{times}") };
    let _ = write!(
        x.out,
        "<sup><a id=\"{mark}\" class=\"footref\" href=\"#fn.{number}\" role=\"doc-backlink\">{number}</a></sup>"
    );
}

/// The number of a footnote; from 1.
fn number(x: &mut Export, label: Option<&str>, definition: Definition, depth: usize) -> usize {
    if let Some(n) = label.and_then(|l| x.footnotes.numbers.get(l)) {
        return *n;
    }
    let definition = match (definition, label) {
        (Definition::Missing, Some(label)) => find(x, label),
        (definition, _) => definition,
    };
    x.footnotes.list.push(definition.clone());
    x.footnotes.references.push(0);
    let number = x.footnotes.list.len();
    if let Some(label) = label {
        x.footnotes.numbers.insert(label.to_owned(), number);
    }
    if depth < MAX_DEPTH {
        match definition {
            Definition::Text(text) if text.contains("[fn:") => nested(x, &text, 0..text.len(), depth),
            Definition::Element(element) => {
                let end = x.document.elements.get(element).map_or(element, |e| e.next);
                inside(x, element + 1..end, depth);
            }
            _ => {}
        }
    }
    number
}

/// Gives numbers to the references of a section that is not shown.
pub(crate) fn unseen(x: &mut Export, elements: Range<usize>) {
    inside(x, elements, 0);
}

/// Gives numbers to the references in some elements, other footnotes left out.
fn inside(x: &mut Export, elements: Range<usize>, depth: usize) {
    let document = x.document;
    let mut i = elements.start;
    while let Some(e) = document.elements.get(i).filter(|_| i < elements.end) {
        i += 1;
        let range = match &e.kind {
            Kind::Paragraph | Kind::Table => e.span.clone(),
            Kind::Block(block) if block.kind == BlockKind::Verse => block.body.clone(),
            Kind::Footnote { .. } => {
                i = e.next.max(i);
                continue;
            }
            _ => continue,
        };
        if document.slice(&range).contains("[fn:") {
            nested(x, document.text(), range, depth);
        }
    }
}

/// Gives numbers to the references in a definition.
fn nested(x: &mut Export, text: &str, range: Range<usize>, depth: usize) {
    let inline = Inline::parse(x, text, range, Place::Paragraph);
    let mut i = 0;
    while let Some(object) = inline.objects.get(i) {
        i += 1;
        let Object::FootnoteReference { label, inline: defines } = &object.kind else { continue };
        let contents = inline.slice(&object.contents).to_owned();
        let definition = if *defines { Definition::Text(contents.clone()) } else { Definition::Missing };
        let label = label.as_ref().map(|l| inline.slice(l));
        let n = number(x, label, definition, depth + 1);
        if label.is_none() {
            x.footnotes.waiting.entry(contents).or_default().push(n);
        }
        i = object.next.max(i);
    }
}

fn find(x: &mut Export, label: &str) -> Definition {
    if let Some(element) = x.footnotes.elements.get(label) {
        return Definition::Element(*element);
    }
    let text = x.document.text();
    let inline = x.footnotes.inline.get_or_insert_with(|| definitions(text));
    inline.get(label).map_or(Definition::Missing, |t| Definition::Text(t.clone()))
}

/// All `[fn:label:text]` of a file.
fn definitions(text: &str) -> HashMap<String, String> {
    let mut out = HashMap::new();
    for (i, _) in text.match_indices("[fn:") {
        let rest = text.get(i + 4..).unwrap_or("");
        let Some(len) = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))) else { continue };
        if len == 0 || rest.as_bytes().get(len) != Some(&b':') || len > 256 {
            continue;
        }
        let body = rest.get(len + 1..).unwrap_or("");
        let mut open = 1usize;
        let end = body.bytes().take(64 * 1024).position(|b| {
            match b {
                b'[' => open += 1,
                b']' => open -= 1,
                _ => {}
            }
            open == 0
        });
        if let (Some(label), Some(body)) = (rest.get(..len), end.and_then(|n| body.get(..n))) {
            out.entry(label.to_owned()).or_insert_with(|| body.to_owned());
        }
    }
    out
}

/// The section with all footnotes.
pub(crate) fn section(x: &mut Export) {
    let mut i = 0;
    while let Some(definition) = x.footnotes.list.get(i).cloned() {
        if i == 0 {
            let title = language::word(&x.settings.language, language::Word::Footnotes);
            let _ = write!(
                x.out,
                "<section id=\"footnotes\" role=\"doc-endnotes\">\n<h2 class=\"footnotes\">{title}: </h2>\n<div id=\"text-footnotes\">\n"
            );
        }
        let number = i + 1;
        let _ = write!(
            x.out,
            "<div class=\"footdef\"><sup><a id=\"fn.{number}\" class=\"footnum\" href=\"#fnr.{number}\" role=\"doc-backlink\">{number}</a></sup> <div class=\"footpara\" role=\"doc-footnote\">"
        );
        match definition {
            Definition::Text(text) => {
                x.out.push_str("<p class=\"footpara\">");
                inline::text(x, text.trim(), Place::Paragraph);
                x.out.push_str("</p>");
            }
            Definition::Element(element) => {
                let end = x.document.elements.get(element).map_or(element, |e| e.next);
                if end == element + 1 {
                    x.out.push_str("<p class=\"footpara\"></p>");
                }
                walk::elements(x, element + 1..end);
            }
            Definition::Missing if x.plain => {}
            Definition::Missing => x.out.push_str("<p class=\"footpara\">This footnote is not defined.</p>"),
        }
        x.out.push_str("</div></div>\n");
        i += 1;
    }
    if i > 0 {
        x.out.push_str("</div>\n</section>\n");
    }
}
