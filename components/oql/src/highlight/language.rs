//! What the catalogue says of a language. Data only.

use super::painter::Class;

/// How a language is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Words, strings, comments: nearly all of them.
    Words,
    Markup,
    Diff,
    Org,
    Markdown,
}

/// What the beginning of a line may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineStart {
    Plain,
    /// `#include`
    Preprocessor,
    /// `key:` or `key =`, and `[section]`s.
    Keys(u8),
    /// `target: …`
    Targets,
    /// The first word is a keyword if it is one at all.
    Instruction,
}

/// What a word is that stands after an opening parenthesis, and what calls are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    No,
    /// `f(x)`
    Parenthesis,
    /// `(f x)`: only names behind a defining word.
    Lisp,
}

/// A pair of delimiters.
#[derive(Clone, Copy)]
pub(super) struct Quote {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// What makes the next character an ordinary one; 0 for nothing does.
    pub(super) escape: u8,
    /// Whether it goes over the end of a line.
    pub(super) lines: bool,
}

/// Peculiarities of literals that no table of delimiters can say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
    None,
    /// `/re/` where a value may begin.
    RegularExpression,
    /// `r#"…"#`, lifetimes, `#[attributes]`.
    Rust,
    /// Letters before a string belong to it.
    PrefixedStrings,
    /// `'c'`, but not `x'`.
    CharOrPrime,
    /// `#` opens a comment at the beginning of a word only; `${…}` and `$(name)` are variables.
    Shell,
    /// Selectors outside of braces, properties inside.
    Css,
}

pub(super) struct Language {
    /// Lower case; the first is the usual one.
    pub(super) names: &'static [&'static str],
    pub(super) mode: Mode,
    /// Sorted, as the next three; lower case if `fold`.
    pub(super) keywords: &'static [&'static str],
    pub(super) types: &'static [&'static str],
    pub(super) values: &'static [&'static str],
    pub(super) functions: &'static [&'static str],
    /// Keywords whose next word is defined there.
    pub(super) defining: &'static [&'static str],
    /// Whether words are the same in upper and lower case.
    pub(super) fold: bool,
    /// What opens a comment to the end of the line.
    pub(super) comments: &'static [&'static str],
    pub(super) block: Option<(&'static str, &'static str)>,
    /// Whether block comments nest.
    pub(super) nested: bool,
    /// The longer before the shorter.
    pub(super) quotes: &'static [Quote],
    /// Whether a string before a colon is a key.
    pub(super) keys: bool,
    /// Whether a capitalised word is a type.
    pub(super) capitals: bool,
    /// What may stand in words besides letters, digits and `_`.
    pub(super) letters: &'static [u8],
    /// What makes a word of its own kind when it stands before it: `$x`, `@x`, `\x`.
    pub(super) sigils: &'static [(u8, Class)],
    pub(super) calls: Calls,
    pub(super) start: LineStart,
    pub(super) quirk: Quirk,
}

/// A language about which nothing is said.
pub(super) const PLAIN: Language = Language {
    names: &[],
    mode: Mode::Words,
    keywords: &[],
    types: &[],
    values: &[],
    functions: &[],
    defining: &[],
    fold: false,
    comments: &[],
    block: None,
    nested: false,
    quotes: &[],
    keys: false,
    capitals: false,
    letters: &[],
    sigils: &[],
    calls: Calls::No,
    start: LineStart::Plain,
    quirk: Quirk::None,
};
