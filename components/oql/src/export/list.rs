//! Lists and their items.

use super::html::attribute;
use super::{Export, attributes, inline};
use crate::object::Place;
use crate::syntax::line::ItemLine;
use crate::syntax::{Document, Element, Kind};

/// The kinds of lists, which say how their items are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    Ordered,
    Plain,
    Description,
}

impl ListKind {
    /// What ends a list and an item of it.
    pub(crate) fn closes(self) -> (&'static str, &'static str) {
        match self {
            Self::Ordered => ("</ol>\n", "</li>\n"),
            Self::Plain => ("</ul>\n", "</li>\n"),
            Self::Description => ("</dl>\n", "</dd>\n"),
        }
    }
}

/// A list is what its first item is.
pub(crate) fn kind(document: &Document, list: usize) -> ListKind {
    match document.elements.get(list + 1).map(|e| &e.kind) {
        Some(Kind::Item { line, .. }) if line.ordered => ListKind::Ordered,
        Some(Kind::Item { line, .. }) if line.tag.is_some() => ListKind::Description,
        _ => ListKind::Plain,
    }
}

/// Opens a list.
pub(crate) fn open(x: &mut Export, element: &Element, kind: ListKind) {
    x.out.push_str(match kind {
        ListKind::Ordered => "<ol",
        ListKind::Plain => "<ul",
        ListKind::Description => "<dl",
    });
    if !element.affiliated.is_empty() {
        let attributes = attributes::read(x.document, element);
        attributes::write(&mut x.out, &attributes, &["href", "src"]);
    }
    x.out.push_str(">\n");
}

/// Opens an item.
pub(crate) fn item(x: &mut Export, line: &ItemLine, start: usize, kind: ListKind) {
    let state = line.checkbox.map(|mark| match mark {
        b'X' => ("on", "<code>[X]</code> "),
        b'-' => ("trans", "<code>[-]</code> "),
        _ => ("off", "<code>[\u{a0}]</code> "),
    });
    x.out.push_str(if kind == ListKind::Description { "<dt" } else { "<li" });
    if let Some((class, _)) = state {
        attribute(&mut x.out, "class", class);
    }
    if let Some(n) = line.counter.filter(|_| kind == ListKind::Ordered) {
        attribute(&mut x.out, "value", &n.to_string());
    }
    x.out.push('>');
    if let Some((_, mark)) = state {
        x.out.push_str(mark);
    }
    if kind == ListKind::Description {
        match (&line.tag, line.counter) {
            (Some(tag), _) => inline::range(x, start + tag.start..start + tag.end, Place::Title),
            (None, Some(n)) => x.out.push_str(&n.to_string()),
            (None, None) => x.out.push_str("(no term)"),
        }
        x.out.push_str("</dt><dd>");
    } else if let Some(tag) = line.tag.as_ref().filter(|_| !x.plain) {
        // Org drops the term of an item in a list that is not one of descriptions; a reader wants it.
        inline::range(x, start + tag.start..start + tag.end, Place::Title);
        x.out.push_str(" :: ");
    }
}
