//! Which objects may stand inside which: `org-element-object-restrictions`, as sets of bits. Nothing about reading them.

use super::{Kind, Place};

/// A set of kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set(u32);

impl Set {
    pub(super) const BOLD: Set = Set(1);
    pub(super) const ITALIC: Set = Set(1 << 1);
    pub(super) const UNDERLINE: Set = Set(1 << 2);
    pub(super) const STRIKE: Set = Set(1 << 3);
    pub(super) const VERBATIM: Set = Set(1 << 4);
    pub(super) const CODE: Set = Set(1 << 5);
    pub(super) const SUBSCRIPT: Set = Set(1 << 6);
    pub(super) const SUPERSCRIPT: Set = Set(1 << 7);
    pub(super) const ENTITY: Set = Set(1 << 8);
    pub(super) const LATEX: Set = Set(1 << 9);
    pub(super) const LINE_BREAK: Set = Set(1 << 10);
    pub(super) const LINK: Set = Set(1 << 11);
    pub(super) const TARGET: Set = Set(1 << 12);
    pub(super) const RADIO_TARGET: Set = Set(1 << 13);
    pub(super) const TIMESTAMP: Set = Set(1 << 14);
    pub(super) const FOOTNOTE: Set = Set(1 << 15);
    pub(super) const CITATION: Set = Set(1 << 16);
    pub(super) const REFERENCE: Set = Set(1 << 17);
    pub(super) const SOURCE: Set = Set(1 << 18);
    pub(super) const CALL: Set = Set(1 << 19);
    pub(super) const MACRO: Set = Set(1 << 20);
    pub(super) const SNIPPET: Set = Set(1 << 21);
    pub(super) const COOKIE: Set = Set(1 << 22);

    const MINIMAL: Set = Set::BOLD
        .with(Set::CODE)
        .with(Set::ENTITY)
        .with(Set::ITALIC)
        .with(Set::LATEX)
        .with(Set::STRIKE)
        .with(Set::SUBSCRIPT)
        .with(Set::SUPERSCRIPT)
        .with(Set::UNDERLINE)
        .with(Set::VERBATIM);
    /// Everything but the parts of citations.
    const STANDARD: Set = Set(((1 << 23) - 1) & !Set::REFERENCE.0);
    const NONE: Set = Set(0);

    const fn with(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    const fn without(self, other: Set) -> Set {
        Set(self.0 & !other.0)
    }

    /// Whether it holds the (only) kind of `other`.
    pub(super) fn has(self, other: Set) -> bool {
        self.0 & other.0 != 0
    }

    /// What may stand in a place.
    pub(super) fn of_place(place: Place) -> Set {
        match place {
            Place::Paragraph => Set::STANDARD,
            Place::Title => Set::STANDARD.without(Set::LINE_BREAK),
            Place::Cell => Set::MINIMAL
                .with(Set::CITATION)
                .with(Set::SNIPPET)
                .with(Set::FOOTNOTE)
                .with(Set::LINK)
                .with(Set::MACRO)
                .with(Set::RADIO_TARGET)
                .with(Set::TARGET)
                .with(Set::TIMESTAMP),
            Place::Keyword => Set::STANDARD.without(Set::FOOTNOTE),
            Place::LinkDescription => {
                Set::MINIMAL.with(Set::SNIPPET).with(Set::CALL).with(Set::SOURCE).with(Set::MACRO).with(Set::COOKIE)
            }
            Place::CitationAffix => {
                Set::STANDARD.without(Set::LINE_BREAK).without(Set::CITATION).without(Set::FOOTNOTE).without(Set::LINK)
            }
        }
    }

    /// What may stand in an object.
    pub(super) fn of_kind(kind: &Kind) -> Set {
        match kind {
            Kind::Link(_) => Set::of_place(Place::LinkDescription),
            Kind::RadioTarget => Set::MINIMAL,
            Kind::Citation { .. } => Set::REFERENCE,
            Kind::Bold
            | Kind::Italic
            | Kind::Underline
            | Kind::Strike
            | Kind::Subscript { .. }
            | Kind::Superscript { .. }
            | Kind::FootnoteReference { .. } => Set::STANDARD,
            _ => Set::NONE,
        }
    }
}
