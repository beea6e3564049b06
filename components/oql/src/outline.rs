//! The element tree under Org's own names and with Org's extents, for tests that compare it with Emacs.
//!
//! Nothing in the kernel reads this; it looks at [`Document`] instead.

use crate::syntax::{BlockKind, Document, Element, Kind};

/// One node of the tree, in document order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// `section`, `src-block` …, as `org-element` calls it.
    pub kind: &'static str,
    /// Org's `:begin`, as a byte offset.
    pub begin: usize,
    /// Org's `:end`.
    pub end: usize,
    /// How many nodes it stands in.
    pub depth: usize,
}

/// All headlines, sections and elements.
pub(crate) fn nodes(document: &Document) -> Vec<Node> {
    let mut out = Vec::new();
    let first = document.headings.first().map_or(document.text().len(), |h| h.line.start);
    section(document, document.preamble.clone(), first, 0, &mut out);
    let mut open: Vec<usize> = Vec::new();
    for (i, heading) in document.headings.iter().enumerate() {
        while open.last().is_some_and(|end| *end <= heading.line.start) {
            open.pop();
        }
        out.push(Node { kind: "headline", begin: heading.line.start, end: heading.end, depth: open.len() });
        open.push(heading.end);
        let end = document.headings.get(i + 1).map_or(document.text().len(), |h| h.line.start);
        section(document, heading.elements.clone(), end, open.len(), &mut out);
    }
    out
}

fn section(document: &Document, elements: std::ops::Range<usize>, end: usize, depth: usize, out: &mut Vec<Node>) {
    let list = document.elements.get(elements.clone()).unwrap_or(&[]);
    let Some(first) = list.first() else { return };
    out.push(Node { kind: "section", begin: first.outer.start, end, depth });
    let mut open: Vec<usize> = Vec::new();
    for (i, element) in elements.zip(list) {
        while open.last().is_some_and(|next| *next <= i) {
            open.pop();
        }
        if element.attached {
            continue;
        }
        let Element { outer, .. } = element;
        out.push(Node { kind: kind(element), begin: outer.start, end: outer.end, depth: depth + 1 + open.len() });
        open.push(element.next);
    }
}

fn kind(element: &Element) -> &'static str {
    match &element.kind {
        Kind::Paragraph => "paragraph",
        Kind::Keyword { .. } => "keyword",
        Kind::BabelCall { .. } => "babel-call",
        Kind::Block(block) => match block.kind {
            BlockKind::Src => "src-block",
            BlockKind::Example => "example-block",
            BlockKind::Export => "export-block",
            BlockKind::Comment => "comment-block",
            BlockKind::Verse => "verse-block",
            BlockKind::Quote => "quote-block",
            BlockKind::Center => "center-block",
            BlockKind::Special => "special-block",
            BlockKind::Dynamic => "dynamic-block",
        },
        Kind::Drawer { .. } => "drawer",
        Kind::PropertyDrawer => "property-drawer",
        Kind::Planning => "planning",
        Kind::Table | Kind::TableEl => "table",
        Kind::FixedWidth => "fixed-width",
        Kind::Comment => "comment",
        Kind::Rule => "horizontal-rule",
        Kind::List => "plain-list",
        Kind::Item { .. } => "item",
        Kind::Footnote { .. } => "footnote-definition",
        Kind::Latex => "latex-environment",
        Kind::Clock => "clock",
        Kind::DiarySexp => "diary-sexp",
    }
}
