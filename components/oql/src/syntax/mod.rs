//! Org syntax: what the text of a file is, before anybody asks what it means.
//!
//! A linear line scanner that never fails and never recurses: headings, drawers, blocks, lists and tables become flat
//! arenas of byte ranges. The objects inside a paragraph (emphasis, links …) are not looked at here; the renderer hands
//! those texts to `orgize`.

pub(crate) mod body;
pub(crate) mod document;
pub(crate) mod drawer;
pub(crate) mod element;
pub(crate) mod ends;
pub(crate) mod header_args;
pub(crate) mod headline;
pub(crate) mod line;
pub(crate) mod list;
pub(crate) mod scanner;
pub(crate) mod switches;
pub(crate) mod table;
pub(crate) mod timestamp;

pub(crate) use document::Document;
pub(crate) use element::{Block, BlockKind, Element, Kind};

use std::ops::Range;

/// The words of `text[range]` between white space, as ranges of `text`.
pub(crate) fn line_words(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let slice = text.get(range.clone()).unwrap_or("");
    let base = slice.as_ptr() as usize;
    slice
        .split_whitespace()
        .map(|w| {
            let start = range.start + (w.as_ptr() as usize - base);
            start..start + w.len()
        })
        .collect()
}
