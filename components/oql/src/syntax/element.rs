//! The arena of elements: everything between two headings, flat, in document order.

use std::ops::Range;

use super::line::ItemLine;

/// What kind of block a `#+begin_…` opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Src,
    Example,
    Export,
    Comment,
    Verse,
    Quote,
    Center,
    Special,
    Dynamic,
}

impl BlockKind {
    pub(crate) fn of(name: &str) -> Self {
        match name {
            n if n.eq_ignore_ascii_case("src") => Self::Src,
            n if n.eq_ignore_ascii_case("example") => Self::Example,
            n if n.eq_ignore_ascii_case("export") => Self::Export,
            n if n.eq_ignore_ascii_case("comment") => Self::Comment,
            n if n.eq_ignore_ascii_case("verse") => Self::Verse,
            n if n.eq_ignore_ascii_case("quote") => Self::Quote,
            n if n.eq_ignore_ascii_case("center") => Self::Center,
            _ => Self::Special,
        }
    }

    /// Whether the body is text rather than elements.
    pub(crate) fn is_opaque(self) -> bool {
        matches!(self, Self::Src | Self::Example | Self::Export | Self::Comment | Self::Verse)
    }
}

/// `#+begin_name args … #+end_name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) kind: BlockKind,
    pub(crate) name: Range<usize>,
    /// The rest of the opening line, trimmed.
    pub(crate) args: Range<usize>,
    /// The lines between, with their breaks.
    pub(crate) body: Range<usize>,
}

/// What an element is; all ranges are byte ranges of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Paragraph,
    /// The key of an attached keyword is without its `[second value]`: see `Document::affiliated_all`.
    Keyword {
        key: Range<usize>,
        value: Range<usize>,
    },
    /// `#+call: value`.
    BabelCall {
        value: Range<usize>,
    },
    Block(Block),
    Drawer {
        name: Range<usize>,
    },
    /// Where Org reads one; the entries that count are those of the heading's [`Drawer`](super::drawer::Drawer).
    PropertyDrawer,
    /// The line below a heading that begins with `SCHEDULED:`, `DEADLINE:` or `CLOSED:`.
    Planning,
    /// The contents are the rows; `#+TBLFM:` lines behind them are part of the span.
    Table,
    /// A table drawn with `+---+`.
    TableEl,
    FixedWidth,
    Comment,
    Rule,
    List,
    Item {
        line: ItemLine,
        start: usize,
    },
    Footnote {
        label: Range<usize>,
    },
    Latex,
    Clock,
    /// `%%(sexp)`.
    DiarySexp,
}

/// One element. Descendants follow it in the arena, up to `next`.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    /// From its first character to the end of its last line's text; without affiliated keywords.
    pub(crate) span: Range<usize>,
    /// Whole lines: with its affiliated keywords above and the blank lines below (Org's `:begin` and `:end`).
    pub(crate) outer: Range<usize>,
    /// What stands inside: Org's `:contents-begin` to `:contents-end`; empty where Org has none.
    pub(crate) contents: Range<usize>,
    /// Index of the first element that is not a descendant.
    pub(crate) next: usize,
    /// The `#+name:`, `#+header:` … lines directly above, as indices.
    pub(crate) affiliated: Range<usize>,
    /// A keyword that belongs to the element below it.
    pub(crate) attached: bool,
    /// Index of the heading it stands under.
    pub(crate) heading: Option<usize>,
}

/// Something that was opened and never closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unclosed {
    /// The opening line.
    pub(crate) line: Range<usize>,
    /// `#+end_src`, `:END:`.
    pub(crate) wants: String,
    /// A later line of the file that would have closed it, had no heading stood between.
    pub(crate) too_late: Option<usize>,
}
