//! From text to text, before a page is made of it: what Org does to its buffer before it exports.
//!
//! Included files are put in, commented trees are taken out, macros are expanded, Babel's part is done. The result is
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
    let text = macros::expand(text);
    let text = if options.plain { text } else { babel::process(text) };
    Prepared { text }
}
