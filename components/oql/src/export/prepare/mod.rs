//! From text to text, before a page is made of it: what Org does to its buffer before it exports.
//!
//! Included files are put in, commented trees are taken out, macros are expanded; Babel's part is a step of its own, since
//! it starts from a document, which mostly is the one to be exported. The result is
//! parsed again, since all of these may give Org syntax. A text with nothing to do is borrowed.

mod babel;
mod comments;
mod dates;
mod files;
mod include;
pub(crate) mod include_value;
mod macros;
mod rebase;
mod section;
mod setup;
mod templates;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::model::RenderOptions;
use crate::syntax::Document;
use files::Files;

/// A text that is ready to be parsed and exported; its settings are `Settings::of` its document.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) text: Cow<'a, str>,
}

/// Does everything that comes before the export.
pub(crate) fn prepare<'a>(text: &'a str, options: &RenderOptions) -> Prepared<'a> {
    let files = Files::new(&options.files);
    let text = include::expand(Cow::Borrowed(text), &files);
    let text = setup::expand(text, &files);
    let text = comments::remove(text);
    Prepared { text: macros::expand(text) }
}

/// Babel's part: the text anew, where it changes; to be parsed again.
pub(crate) fn evaluated(document: &Document) -> Option<String> {
    babel::process(document)
}

/// Whether a line may begin with the keyword `#+word`: cheap, and sometimes wrong.
fn mentions(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    text.match_indices('#').any(|(i, _)| {
        let before = i.checked_sub(1).and_then(|b| bytes.get(b));
        bytes.get(i + 1) == Some(&b'+')
            && before.is_none_or(|b| b.is_ascii_whitespace() || !b.is_ascii())
            && bytes.get(i + 2..i + 2 + word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()))
    })
}
