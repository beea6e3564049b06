//! Babel's part of an export, without running anything: references in shown code are filled in, and inline code gives
//! way to the results that stand behind it.
//!
//! Which blocks and results show (`:exports`) is decided where they are written. Inline code without results stays,
//! unless it says otherwise: Org would run it.

use std::ops::Range;

use super::include::escaped;
use super::macros::{apply, arguments};
use crate::export::places::places;
use crate::object::{self, Kind, Object};
use crate::plan::{blocks, noweb};
use crate::search::holds;
use crate::syntax::{Document, header_args, line};

/// Does it; `None` where nothing changes.
pub(super) fn process(document: &Document) -> Option<String> {
    let text = document.text();
    let inline = mentions(text);
    let references = holds(text, "<<", b'<') && holds(text, "noweb", b'w');
    if !inline && !references {
        return None;
    }
    let mut edits = Vec::new();
    if references {
        expand(document, &mut edits);
    }
    if inline {
        let settings = object::Settings::default();
        for (range, place) in places(document) {
            let slice = document.slice(&range);
            if mentions(slice) {
                objects(document, &object::parse(document.text(), range, place, &settings), &mut edits);
            }
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(range, _)| range.start);
    Some(apply(text, &edits))
}

/// Whether a text may hold inline code, a call or a result of either.
fn mentions(text: &str) -> bool {
    holds(text, "src_", b'_') || holds(text, "call_", b'_') || holds(text, "{{{results(", b'{')
}

/// The bodies of blocks that show what their references stand for.
fn expand(document: &Document, edits: &mut Vec<(Range<usize>, String)>) {
    let blocks = blocks::collect(document);
    let mut noweb = noweb::Noweb::new(document, &blocks, noweb::Purpose::Exporting);
    for (i, block) in blocks.iter().enumerate() {
        let value = block.value(document, "noweb").unwrap_or("");
        let asks = value.split_whitespace().any(|w| matches!(w, "yes" | "strip-export" | "strip-tangle"));
        if !asks || !document.slice(&block.body).contains("<<") {
            continue;
        }
        let source = noweb.source(i);
        let first = document.source.lines.get(document.source.line_at(block.span.start));
        let indent = first.map_or(0, |l| line::indent(document.slice(&(l.start..l.end))).0);
        let indent = " ".repeat(indent);
        let mut body = String::with_capacity(source.len());
        for line in escaped(&source).split_inclusive('\n') {
            if !line.trim().is_empty() {
                body.push_str(&indent);
            }
            body.push_str(line);
        }
        edits.push((block.body.clone(), body));
    }
}

/// Inline code, inline calls and `{{{results(…)}}}` among the objects of a text.
fn objects(document: &Document, list: &[Object], edits: &mut Vec<(Range<usize>, String)>) {
    for (i, o) in list.iter().enumerate() {
        match &o.kind {
            Kind::InlineSource { parameters, .. } => {
                let behind = results_behind(document, list, i);
                let exports = parameters.as_ref().and_then(|p| exports(document, p));
                let (code, results) = match (exports, &behind) {
                    (Some("code"), _) => (true, false),
                    (Some("results"), _) => (false, true),
                    (Some("none"), _) => (false, false),
                    (Some(_), _) => (true, true),
                    (None, Some(_)) => (false, true),
                    (None, None) => (true, false),
                };
                if !code {
                    edits.push((with_blanks(document, &o.span), String::new()));
                }
                if let Some(at) = behind.filter(|_| !results) {
                    let start = if code { o.span.end } else { at.start };
                    edits.push((start..if code { at.end } else { with_blanks(document, &at).end }, String::new()));
                }
            }
            Kind::InlineCall { .. } => edits.push((with_blanks(document, &o.span), String::new())),
            // One that an edit above takes away comes later in the list and so is passed over.
            Kind::Macro { name, arguments: Some(range) } if document.slice(name) == "results" => {
                let value = arguments(document.slice(range)).into_iter().next().unwrap_or_default();
                edits.push((o.span.clone(), value));
            }
            _ => {}
        }
    }
}

/// The results macro behind an object, with nothing but blanks between.
fn results_behind(document: &Document, list: &[Object], i: usize) -> Option<Range<usize>> {
    let mut next = list.get(i)?.next;
    if let Some(o) = list.get(next)
        && o.kind == Kind::Text
        && document.slice(&o.span).trim_matches([' ', '\t']).is_empty()
    {
        next = o.next;
    }
    let o = list.get(next)?;
    matches!(&o.kind, Kind::Macro { name, .. } if document.slice(name) == "results").then(|| o.span.clone())
}

fn exports<'a>(document: &Document<'a>, parameters: &Range<usize>) -> Option<&'a str> {
    let arguments = header_args::parse(document.text(), parameters);
    let value = arguments.iter().rev().find(|a| document.slice(&a.key) == "exports")?;
    Some(document.slice(&value.value))
}

/// The range and the blanks behind it.
fn with_blanks(document: &Document, range: &Range<usize>) -> Range<usize> {
    let rest = document.text().get(range.end..).unwrap_or("");
    range.start..range.end + (rest.len() - rest.trim_start_matches([' ', '\t']).len())
}
