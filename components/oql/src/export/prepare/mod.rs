//! From text to text, before a page is made of it: what Org does to its buffer before it exports.
//!
//! Included files are put in, commented trees are taken out, macros are expanded, and Babel's part is done. Each of these
//! may give Org syntax, so what a step changed is parsed again; where none changes anything, which is the usual case,
//! the first document is the one that is exported.

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
use crate::search;
use crate::syntax::Document;
use files::Files;

/// Does everything that comes before the export, and hands over the document that is ready for it; its settings are
/// `Settings::of` it.
pub(crate) fn prepared<T>(text: &str, options: &RenderOptions, export: impl FnOnce(&Document) -> T) -> T {
    let files = Files::new(&options.files);
    let mut text = setup::expand(include::expand(Cow::Borrowed(text), &files), &files);
    let mut steps = Steps { next: Step::Comments, expansion: None, plain: options.plain };
    loop {
        let document = Document::parse(&text);
        let Some(changed) = steps.change(&document) else { return export(&document) };
        drop(document);
        text = Cow::Owned(changed);
    }
}

/// What is done with a document, in this order.
#[derive(Debug, Clone, Copy)]
enum Step {
    Comments,
    Macros,
    Babel,
    Nothing,
}

/// How far a text is.
struct Steps {
    next: Step,
    expansion: Option<macros::Expansion>,
    /// The reference profile, which shows code as it is written.
    plain: bool,
}

impl Steps {
    /// The text that the first step with something to do makes of a document.
    fn change(&mut self, document: &Document) -> Option<String> {
        loop {
            let (changed, next) = match self.next {
                Step::Comments => (comments::remove(document), Step::Macros),
                Step::Macros => match macros::pass(document, &mut self.expansion) {
                    // What macros were put together may be more macros.
                    Some(changed) => (Some(changed), Step::Macros),
                    None => (None, Step::Babel),
                },
                Step::Babel if self.plain => return None,
                Step::Babel => (babel::process(document), Step::Nothing),
                Step::Nothing => return None,
            };
            self.next = next;
            if changed.is_some() {
                return changed;
            }
        }
    }
}

/// Whether a line may begin with the keyword `#+word`: cheap, and sometimes wrong.
fn mentions(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    search::every(text, b'#').any(|i| {
        let before = i.checked_sub(1).and_then(|b| bytes.get(b));
        bytes.get(i + 1) == Some(&b'+')
            && before.is_none_or(|b| b.is_ascii_whitespace() || !b.is_ascii())
            && bytes.get(i + 2..i + 2 + word.len()).is_some_and(|b| b.eq_ignore_ascii_case(word.as_bytes()))
    })
}
