//! Footnotes: numbered in the order of their first reference, written at the end of the page.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::urls::Masked;
use super::{PageCtx, blocks, inline};
use crate::syntax::{Document, Kind};

/// What a footnote says.
#[derive(Debug, Clone)]
enum Definition {
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
    numbers: HashMap<String, usize>,
    list: Vec<Definition>,
    /// References so far per footnote, for the ids of the marks.
    references: Vec<usize>,
}

impl Footnotes {
    pub(crate) fn of(document: &Document) -> Self {
        let mut footnotes = Footnotes::default();
        for (i, element) in document.elements.iter().enumerate() {
            if let Kind::Footnote { label } = &element.kind {
                footnotes.elements.entry(document.slice(label).to_owned()).or_insert(i);
            }
        }
        footnotes
    }
}

/// `[fn:1]`, `[fn:1:text]`, `[fn::text]`.
pub(crate) fn reference(ctx: &mut PageCtx, masked: &Masked, node: &str) {
    let text = masked.restore(node);
    let body = text.strip_prefix("[fn:").and_then(|t| t.strip_suffix(']')).unwrap_or("");
    let (label, inline) = body.split_once(':').map_or((body, None), |(l, t)| (l, Some(t)));
    let notes = &mut ctx.footnotes;
    let known = if label.is_empty() { None } else { notes.numbers.get(label).copied() };
    let number = known.unwrap_or_else(|| {
        notes.list.push(Definition::Missing);
        notes.references.push(0);
        if !label.is_empty() {
            notes.numbers.insert(label.to_owned(), notes.list.len());
        }
        notes.list.len()
    });
    if matches!(notes.list[number - 1], Definition::Missing) {
        notes.list[number - 1] = match (inline, notes.elements.get(label)) {
            (Some(text), _) => Definition::Text(text.trim().to_owned()),
            (None, Some(element)) => Definition::Element(*element),
            (None, None) => Definition::Missing,
        };
    }
    notes.references[number - 1] += 1;
    let times = notes.references[number - 1];
    let mark = if times == 1 { format!("fnr.{number}") } else { format!("fnr.{number}.{times}") };
    let _ = write!(
        ctx.out,
        "<sup><a id=\"{mark}\" class=\"footref\" href=\"#fn.{number}\" role=\"doc-backlink\">{number}</a></sup>"
    );
}

/// The section with all footnotes. Writing one may bring up another, which then follows.
pub(crate) fn section(ctx: &mut PageCtx) {
    let mut i = 0;
    while i < ctx.footnotes.list.len() {
        if i == 0 {
            ctx.out.push_str("<section class=\"footnotes\" role=\"doc-endnotes\">\n<h2>Footnotes</h2>\n<ol>\n");
        }
        let number = i + 1;
        let _ = writeln!(ctx.out, "<li id=\"fn.{number}\">");
        match ctx.footnotes.list[i].clone() {
            Definition::Text(text) => {
                ctx.out.push_str("<p>");
                inline::inline(ctx, &text);
                ctx.out.push_str("</p>\n");
            }
            Definition::Element(element) => {
                let end = ctx.document.elements[element].next;
                blocks::elements(ctx, element + 1..end);
            }
            Definition::Missing => ctx.out.push_str("<p>This footnote is not defined.</p>\n"),
        }
        let _ = writeln!(ctx.out, "<a class=\"footback\" href=\"#fnr.{number}\" role=\"doc-backlink\">↩</a></li>");
        i += 1;
    }
    if i > 0 {
        ctx.out.push_str("</ol>\n</section>\n");
    }
}
