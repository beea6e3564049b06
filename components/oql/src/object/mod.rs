//! Objects: the markup inside a paragraph, a title, a table cell, a caption.
//!
//! Own parser, by Org's syntax description (<https://orgmode.org/worg/org-syntax.html>, "Objects"). It is linear in the
//! text, never recurses without a bound and never fails. Objects are a flat arena in document order, as the elements are:
//! the descendants of an object follow it, up to `next`. Text between objects has an entry of its own, so the top-level
//! entries of a parse cover the text without gap.

mod babel;
mod chars;
mod chars_table;
mod citation;
mod emphasis;
pub(crate) mod entities;
mod find;
mod footnote;
mod latex;
pub(crate) mod link;
mod radio;
mod reader;
mod restrict;
mod script;
mod target;
#[cfg(test)]
mod tests;
mod timestamp;

use std::ops::Range;

pub(crate) use radio::RadioTargets;
pub(crate) use reader::Scratch;

/// One object; all ranges are byte ranges of the text that was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    /// The whole object without the blanks behind it (those belong to the text that follows).
    pub(crate) span: Range<usize>,
    /// Where its descendants' text stands; empty for those that have none.
    pub(crate) contents: Range<usize>,
    /// Index of the first object that is not a descendant.
    pub(crate) next: usize,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Plain text, with its line breaks; nothing in it is unescaped yet.
    Text,
    Bold,
    Italic,
    Underline,
    Strike,
    /// `=value=`
    Verbatim {
        value: Range<usize>,
    },
    /// `~value~`
    Code {
        value: Range<usize>,
    },
    /// `a_b`, `a_{b}`; the contents are without the braces.
    Subscript {
        braces: bool,
    },
    Superscript {
        braces: bool,
    },
    /// `\alpha`, `\alpha{}`; `name` without the backslash.
    Entity {
        name: Range<usize>,
    },
    /// `\(…\)`, `\[…\]`, `$…$`, `$$…$$`, or a command with its arguments; `span` is the fragment.
    Latex,
    /// `\\` at the end of a line.
    LineBreak,
    Link(Link),
    /// `<<value>>`
    Target {
        value: Range<usize>,
    },
    /// `<<<contents>>>`
    RadioTarget,
    /// `<2026-01-02 Fri>`, ranges, `<%%(sexp)>`; `span` is all of it.
    Timestamp(Timestamp),
    /// `[fn:label]`, `[fn:label:definition]`, `[fn::definition]`; the definition is the contents.
    FootnoteReference {
        label: Option<Range<usize>>,
        inline: bool,
    },
    /// `[cite/style:prefix;@key;suffix]`. Its children are the `CitationReference`s only; prefix and suffix are ranges
    /// that a caller may parse as objects of their own.
    Citation {
        style: Option<Range<usize>>,
        prefix: Option<Range<usize>>,
        suffix: Option<Range<usize>>,
    },
    /// `prefix @key suffix` inside a citation.
    CitationReference {
        key: Range<usize>,
        prefix: Option<Range<usize>>,
        suffix: Option<Range<usize>>,
    },
    /// `src_lang[parameters]{body}`
    InlineSource {
        lang: Range<usize>,
        parameters: Option<Range<usize>>,
        body: Range<usize>,
    },
    /// `call_name[inside](arguments)[end]`
    InlineCall {
        name: Range<usize>,
        inside: Option<Range<usize>>,
        arguments: Range<usize>,
        end: Option<Range<usize>>,
    },
    /// `{{{name(arguments)}}}`; `arguments` are the text between the parentheses, undivided.
    Macro {
        name: Range<usize>,
        arguments: Option<Range<usize>>,
    },
    /// `@@backend:value@@`
    ExportSnippet {
        backend: Range<usize>,
        value: Range<usize>,
    },
    /// `[33%]`, `[1/3]`
    StatisticsCookie,
}

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkForm {
    /// `[[path][description]]`
    Bracket,
    /// `<https://…>`
    Angle,
    /// `https://…`
    Plain,
    /// Text that a `<<<radio target>>>` of the same file names.
    Radio,
}

/// A link, split as `org-element` splits it. Abbreviations (`#+LINK:`) are not expanded here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) form: LinkForm,
    /// Everything between the inner brackets, or the whole plain link; for a radio link the text itself.
    pub(crate) raw: Range<usize>,
    /// The scheme before the colon if it is one of the link types of the settings (`https`, `file`, `id` …).
    pub(crate) scheme: Option<Range<usize>>,
}

/// A timestamp's parts; `None` for a diary sexp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timestamp {
    pub(crate) active: bool,
    pub(crate) range: bool,
    pub(crate) diary: bool,
    /// First and, in a range, second date as written inside the brackets.
    pub(crate) start: Range<usize>,
    pub(crate) end: Option<Range<usize>>,
}

/// Where the text stands, which says what objects it may hold (`org-element-object-restrictions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Paragraph, verse: everything.
    Paragraph,
    /// Title of a headline, term of an item: no line break.
    Title,
    /// Cell of a table: no inline call, inline source or line break; export snippets and macros allowed.
    Cell,
    /// A keyword's value that Org parses (`#+TITLE:`, `#+CAPTION:` …): no footnote in titles, see `org-syntax`.
    Keyword,
    /// Description of a link: no link but a plain one inside, no footnote …
    LinkDescription,
    /// Prefix or suffix in a citation: the minimal set.
    CitationAffix,
}

/// What of a file's settings changes how text is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// Link types that count beside the built-in ones: the names of `#+LINK:` abbreviations are *not* among them.
    pub(crate) schemes: Vec<String>,
    /// The `<<<radio targets>>>` of the file.
    pub(crate) radio_targets: RadioTargets,
}

/// The objects of `text[range]`. `text` may be the whole file: nothing outside `range` is looked at; both of its ends count
/// as the ends of a line.
pub(crate) fn parse(text: &str, range: Range<usize>, place: Place, settings: &Settings) -> Vec<Object> {
    parse_into(Vec::new(), &mut Scratch::default(), text, range, place, settings)
}

/// The same, in a vector that was used before and is empty.
pub(crate) fn parse_into(
    objects: Vec<Object>,
    scratch: &mut Scratch,
    text: &str,
    range: Range<usize>,
    place: Place,
    settings: &Settings,
) -> Vec<Object> {
    reader::read(objects, scratch, text, range, restrict::Set::of_place(place), settings)
}

/// Whether a text holds no object for certain, so that parsing would give it back as it is.
pub(crate) fn is_plain(text: &str, range: &Range<usize>, settings: &Settings) -> bool {
    settings.radio_targets.is_empty() && text.as_bytes().get(range.clone()).is_some_and(reader::is_plain)
}
