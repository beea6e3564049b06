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
        match name.to_ascii_lowercase().as_str() {
            "src" => Self::Src,
            "example" => Self::Example,
            "export" => Self::Export,
            "comment" => Self::Comment,
            "verse" => Self::Verse,
            "quote" => Self::Quote,
            "center" => Self::Center,
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
    pub(crate) args: Range<usize>,
    /// The lines between, with their breaks.
    pub(crate) body: Range<usize>,
}

/// What an element is; all ranges are byte ranges of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Paragraph,
    Keyword { key: Range<usize>, value: Range<usize> },
    Block(Block),
    Drawer { name: Range<usize> },
    Table,
    FixedWidth,
    Comment,
    Rule,
    List,
    Item { line: ItemLine, start: usize },
    Footnote { label: Range<usize> },
    Latex,
    Clock,
}

/// One element. Descendants follow it in the arena, up to `next`.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) kind: Kind,
    /// From its first character to the end of its last line's text.
    pub(crate) span: Range<usize>,
    /// Index of the first element that is not a descendant.
    pub(crate) next: usize,
    /// The `#+name:`, `#+header:` … lines directly above, as indices.
    pub(crate) affiliated: Range<usize>,
    /// A keyword that belongs to the element below it.
    pub(crate) attached: bool,
    /// Index of the heading it stands under.
    pub(crate) heading: Option<usize>,
}

impl Element {
    pub(crate) fn block(&self) -> Option<&Block> {
        match &self.kind {
            Kind::Block(block) => Some(block),
            _ => None,
        }
    }
}

/// Keywords that belong to the element directly below.
pub(crate) fn is_affiliated(key: &str) -> bool {
    let key = key.split('[').next().unwrap_or("").to_ascii_lowercase();
    key.starts_with("attr_")
        || matches!(
            key.as_str(),
            "name"
                | "header"
                | "headers"
                | "caption"
                | "results"
                | "result"
                | "plot"
                | "data"
                | "label"
                | "resname"
                | "source"
                | "srcname"
                | "tblname"
        )
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
