//! Where a document holds objects: paragraphs, titles, cells, terms, verses, captions.

use std::ops::Range;

use crate::object::Place;
use crate::syntax::{Block, BlockKind, Document, Element, Kind, table};

/// Every text of a document that is read as objects, in document order.
pub(crate) fn places(document: &Document) -> Vec<(Range<usize>, Place)> {
    let mut out = Vec::new();
    for element in &document.elements {
        add(document, element, &mut out);
    }
    out.extend(document.headings.iter().map(|h| (h.title.clone(), Place::Title)));
    out.sort_by_key(|(range, _)| range.start);
    out
}

fn add(document: &Document, element: &Element, out: &mut Vec<(Range<usize>, Place)>) {
    match &element.kind {
        Kind::Paragraph => out.push((element.span.clone(), Place::Paragraph)),
        Kind::Block(Block { kind: BlockKind::Verse, body, .. }) => out.push((body.clone(), Place::Paragraph)),
        Kind::Table => {
            for row in table::rows(document.text(), &element.span) {
                if let table::Row::Cells(cells) = row {
                    out.extend(cells.into_iter().map(|cell| (cell, Place::Cell)));
                }
            }
        }
        Kind::Item { line, start } => {
            out.extend(line.tag.iter().map(|t| (start + t.start..start + t.end, Place::Title)));
        }
        Kind::Keyword { key, value }
            if element.attached
                && document.slice(key).split('[').next().is_some_and(|k| k.eq_ignore_ascii_case("caption")) =>
        {
            // `#+CAPTION[short]: long`
            let head = document.slice(&(key.start..value.start));
            if let Some((open, close)) = head.find('[').zip(head.rfind(']')).filter(|(open, close)| open < close) {
                out.push((key.start + open + 1..key.start + close, Place::Keyword));
            }
            out.push((value.clone(), Place::Keyword));
        }
        _ => {}
    }
}
