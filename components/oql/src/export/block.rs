//! Blocks whose body is text: examples, verses, raw HTML.

use super::html::attribute;
use super::{Export, code, inline};
use crate::syntax::{Block, BlockKind, Element, body};

/// Writes one.
pub(crate) fn opaque(x: &mut Export, i: usize, element: &Element, block: &Block) {
    let document = x.document;
    let text = document.slice(&block.body);
    match block.kind {
        BlockKind::Example => code::example(x, i, element, block),
        BlockKind::Export if x.raw_html => {
            let backend = document.slice(&block.args).split_whitespace().next().unwrap_or("");
            if backend.eq_ignore_ascii_case("html") {
                x.out.push_str(&body::code(text, false));
            }
        }
        BlockKind::Verse => {
            x.out.push_str("<p class=\"verse\"");
            if let Some(id) = x.ids.elements.get(&i).cloned() {
                attribute(&mut x.out, "id", &id);
            }
            x.out.push_str(">\n");
            let mut lines: Vec<String> = text.split('\n').map(|l| l.trim_end_matches('\r').to_owned()).collect();
            if lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
            body::dedent(&mut lines);
            let mut text = lines.join("\n");
            text.push('\n');
            inline::verse(x, &text);
            x.out.push_str("</p>\n");
        }
        _ => {}
    }
}
