//! Macros: `{{{name(arguments)}}}` becomes what `#+MACRO: name` says.
//!
//! A macro counts only where Org reads objects, so not in code or verbatim; what it becomes is read again, so it may
//! hold markup, links and further macros. Where Org stops with an error (a name nobody defined, a macro that needs
//! itself) the text stays as it is written.

use std::collections::HashSet;
use std::ops::Range;

use super::templates::Templates;
use crate::export::places::places;
use crate::object::{self, Kind, Place};
use crate::search::holds;
use crate::syntax::{self, Document};

/// Macros inside macros.
const MAX_DEPTH: usize = 16;
/// How often the whole text is read again, for macros that only came to be when others were put together.
const MAX_PASSES: usize = 4;
/// What all expansions of a text may add.
const MAX_SIZE: usize = 1 << 20;

/// Keywords whose values Org reads as objects when it exports; a macro counts everywhere in them.
const PARSED_KEYWORDS: &[&str] = &["title", "subtitle", "author", "date"];

/// Expands every macro of a document; `None` where nothing changes any more. The expansion is that of the passes before.
pub(super) fn pass(document: &Document, expansion: &mut Option<Expansion>) -> Option<String> {
    if !holds(document.text(), "{{{", b'{') {
        return None;
    }
    let expansion = expansion.get_or_insert_with(|| Expansion {
        templates: Templates::of(document),
        passes: 0,
        left: MAX_SIZE,
        stuck: HashSet::new(),
    });
    if expansion.passes == MAX_PASSES {
        return None;
    }
    expansion.passes += 1;
    let edits = expansion.edits(document);
    (!edits.is_empty()).then(|| apply(document.text(), &edits))
}

/// The text with every range replaced; the ranges are in order and do not overlap.
pub(super) fn apply(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len() + edits.iter().map(|(_, new)| new.len()).sum::<usize>());
    let mut at = 0;
    for (range, new) in edits {
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// The text of a range with what is to be replaced in it.
fn apply_in(text: &str, range: &Range<usize>, edits: &[(Range<usize>, String)]) -> String {
    let moved = edits.iter().map(|(r, new)| (r.start - range.start..r.end - range.start, new.clone()));
    apply(text.get(range.clone()).unwrap_or(""), &moved.collect::<Vec<_>>())
}

/// The macros of a text and what became of them so far.
pub(super) struct Expansion {
    templates: Templates,
    passes: usize,
    left: usize,
    /// Macros that stay as they are, as written: asked about once, whatever the number of passes.
    stuck: HashSet<String>,
}

impl Expansion {
    /// What becomes of the macros of a document.
    fn edits(&mut self, document: &Document) -> Vec<(Range<usize>, String)> {
        let text = document.text();
        let settings = object::Settings::default();
        self.templates.turn();
        let mut texts: Vec<(Range<usize>, Option<Place>)> =
            places(document).into_iter().map(|(range, place)| (range, Some(place))).collect();
        texts.extend(keywords(document).map(|value| (value, None)));
        texts.sort_by_key(|(range, _)| range.start);
        let mut out = Vec::new();
        for (range, place) in texts {
            if !holds(document.slice(&range), "{{{", b'{') {
                continue;
            }
            let found = match place {
                Some(place) => macros(text, range.clone(), place, &settings),
                None => written(text, &range),
            };
            let first = out.len();
            for found in found {
                self.templates.at(found.span.start);
                if let Some(value) = self.value(document, text, &found, 0) {
                    out.push((found.span, value));
                }
            }
            if place == Some(Place::Title) && out.len() > first {
                self.templates.retitle(&apply_in(text, &range, out.get(first..).unwrap_or_default()), &range);
            }
        }
        out
    }

    /// What a macro becomes, with the macros in it expanded; `None` where it stays.
    fn value(&mut self, document: &Document, text: &str, found: &Found, depth: usize) -> Option<String> {
        let written = text.get(found.span.clone())?;
        if depth >= MAX_DEPTH || self.left == 0 || self.stuck.contains(written) {
            return None;
        }
        let name = text.get(found.name.clone())?.to_ascii_lowercase();
        let arguments = found.arguments.clone().map(|r| arguments(text.get(r).unwrap_or("")));
        let Some(value) = self.templates.value(document, &name, arguments.as_deref()) else {
            self.stuck.insert(written.to_owned());
            return None;
        };
        if value.len() > self.left {
            self.left = 0;
            return None;
        }
        self.left -= value.len();
        if !value.contains("{{{") {
            return Some(value);
        }
        let settings = object::Settings::default();
        let inner = macros(&value, 0..value.len(), Place::Paragraph, &settings);
        // A macro that gives itself would grow for ever: Org calls it circular.
        if inner.iter().any(|m| value.get(m.span.clone()) == Some(written)) {
            self.stuck.insert(written.to_owned());
            return None;
        }
        let mut edits = Vec::new();
        for inner in inner {
            if let Some(new) = self.value(document, &value, &inner, depth + 1) {
                edits.push((inner.span, new));
            }
        }
        Some(apply(&value, &edits))
    }
}

/// A macro as it stands in a text.
struct Found {
    span: Range<usize>,
    name: Range<usize>,
    arguments: Option<Range<usize>>,
}

/// The macros among the objects of `text[range]`.
fn macros(text: &str, range: Range<usize>, place: Place, settings: &object::Settings) -> Vec<Found> {
    let objects = object::parse(text, range, place, settings).into_iter();
    let found = objects.filter_map(|o| match o.kind {
        Kind::Macro { name, arguments } => Some(Found { span: o.span, name, arguments }),
        _ => None,
    });
    found.collect()
}

/// The values of the keywords that hold macros.
fn keywords<'d>(document: &'d Document) -> impl Iterator<Item = Range<usize>> + 'd {
    document.elements.iter().filter_map(|element| match &element.kind {
        syntax::Kind::Keyword { key, value } if !element.attached => {
            let key = document.slice(key);
            PARSED_KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(key)).then(|| value.clone())
        }
        _ => None,
    })
}

/// The macros in `text[range]`, whatever is around them.
fn written(text: &str, range: &Range<usize>) -> Vec<Found> {
    let slice = text.get(range.clone()).unwrap_or("");
    let mut out = Vec::new();
    let mut at = 0;
    // Where no parenthesis closes, none further on does: not to be looked for again.
    let mut closes = true;
    while let Some(open) = slice.get(at..).and_then(|rest| rest.find("{{{")).map(|i| at + i) {
        let rest = &slice[open + 3..];
        let letters = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let len = rest.find(letters).unwrap_or(rest.len());
        at = open + 1;
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name = range.start + open + 3..range.start + open + 3 + len;
        let end = match rest.get(len..).unwrap_or("") {
            behind if behind.starts_with("}}}") => Some((None, len + 3)),
            behind if behind.starts_with('(') && closes => {
                let close = behind.find(")}}}");
                closes = close.is_some();
                close.map(|close| (Some(name.end + 1..name.end + close), len + close + 4))
            }
            _ => None,
        };
        let Some((arguments, len)) = end else { continue };
        let span = range.start + open..range.start + open + 3 + len;
        at = span.end - range.start;
        out.push(Found { span, name, arguments });
    }
    out
}

/// Divides arguments at commas; `\,` is a comma, `\\,` a backslash and the end of an argument.
pub(super) fn arguments(text: &str) -> Vec<String> {
    let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = vec![String::new()];
    let mut backslashes = 0;
    for c in text.chars() {
        let Some(last) = out.last_mut() else { break };
        match c {
            '\\' => backslashes += 1,
            ',' => {
                last.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 0 {
                    out.push(String::new());
                } else {
                    last.push(',');
                }
                backslashes = 0;
            }
            c => {
                last.extend(std::iter::repeat_n('\\', backslashes));
                backslashes = 0;
                last.push(c);
            }
        }
    }
    if let Some(last) = out.last_mut() {
        last.extend(std::iter::repeat_n('\\', backslashes));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divided_arguments() {
        assert_eq!(arguments("a\\,b, c "), ["a,b", " c"]);
        assert_eq!(arguments("a\\\\,b"), ["a\\", "b"]);
        assert_eq!(arguments(" x\n  y \\"), ["x y \\"]);
        assert_eq!(arguments(""), [""]);
    }
}
