//! Smart quotes: which of the `"` and `'` of a text open, close, or are apostrophes.
//!
//! Decided over all text of one parent: double quotes alternate; single ones count as quotes only inside double ones,
//! and only where their neighbours allow; what is left over are apostrophes.

use crate::object::{Kind, Object};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    Open,
    Close,
    InnerOpen,
    InnerClose,
    Apostrophe,
    /// A double quote that never closes stays as it is.
    Kept,
}

/// The places in `text` of all quotation marks among the objects, and what stands for each.
pub(crate) fn of(text: &str, objects: &[Object], language: &str) -> Vec<(usize, &'static str)> {
    let Some(signs) = super::language::quotes(language) else { return Vec::new() };
    let mut out = Vec::new();
    // Each parent's children are a text of their own.
    let mut parents: Vec<(usize, usize)> = vec![(0, objects.len())];
    while let Some((from, to)) = parents.pop() {
        let mut pieces = Vec::new();
        let mut i = from;
        while i < to {
            let Some(object) = objects.get(i) else { break };
            pieces.push(i);
            if object.next > i + 1 {
                parents.push((i + 1, object.next));
            }
            i = object.next.max(i + 1);
        }
        one(text, objects, &pieces, &signs, &mut out);
    }
    out.sort_unstable_by_key(|(at, _)| *at);
    out
}

fn one(
    text: &str,
    objects: &[Object],
    pieces: &[usize],
    signs: &[&'static str; 5],
    out: &mut Vec<(usize, &'static str)>,
) {
    let mut found: Vec<(usize, Quote)> = Vec::new();
    let mut inside = false;
    for (n, i) in pieces.iter().enumerate() {
        let Some(object) = objects.get(*i).filter(|o| o.kind == Kind::Text) else { continue };
        let slice = text.get(object.span.clone()).unwrap_or("");
        for (at, mark) in slice.match_indices(['"', '\'']) {
            let quote = if mark == "\"" {
                inside = !inside;
                if inside { Quote::Open } else { Quote::Close }
            } else if !inside {
                Quote::Apostrophe
            } else {
                let before = slice.get(..at).and_then(|s| s.chars().next_back());
                let after = slice.get(at + 1..).and_then(|s| s.chars().next());
                let (first, last) = (n == 0, n + 1 == pieces.len());
                single(before, after, first, last)
            };
            found.push((object.span.start + at, quote));
        }
    }
    balance(&mut found);
    for (at, quote) in found {
        let sign = match quote {
            Quote::Open => signs[0],
            Quote::Close => signs[1],
            Quote::InnerOpen => signs[2],
            Quote::InnerClose => signs[3],
            Quote::Apostrophe => signs[4],
            Quote::Kept => continue,
        };
        out.push((at, sign));
    }
}

/// A single quote inside double ones. Where the text ends, another object or nothing at all stands beside it.
fn single(before: Option<char>, after: Option<char>, first: bool, last: bool) -> Quote {
    let word = |c: char| {
        c.is_alphanumeric() || matches!(c, '$' | '%' | '&' | '+' | '-' | '*' | '/' | '=' | '<' | '>' | '_' | '|')
    };
    let point = |c: char| c.is_ascii_punctuation() && !matches!(c, '"' | '(' | ')' | '[' | ']' | '{' | '}') && !word(c);
    let open = before.map_or(first, |c| c.is_whitespace() || matches!(c, '"' | '(' | '[' | '{'))
        && after.map_or(!last, |c| word(c) || point(c));
    let close = before.map_or(!first, |c| word(c) || point(c))
        && after.map_or(last, |c| c.is_whitespace() || matches!(c, ')' | ']' | '}' | '"') || point(c));
    match (open, close) {
        (true, false) => Quote::InnerOpen,
        (false, true) => Quote::InnerClose,
        _ => Quote::Apostrophe,
    }
}

/// Quotes without a partner become apostrophes.
fn balance(found: &mut [(usize, Quote)]) {
    let mut outer: Option<usize> = None;
    let mut inner: Vec<usize> = Vec::new();
    for i in 0..found.len() {
        match found[i].1 {
            Quote::Open => outer = Some(i),
            Quote::InnerOpen => inner.push(i),
            Quote::InnerClose if inner.pop().is_none() => found[i].1 = Quote::Apostrophe,
            Quote::Close => {
                outer = None;
                inner.drain(..).for_each(|k| found[k].1 = Quote::Apostrophe);
            }
            _ => {}
        }
    }
    if let Some(outer) = outer {
        found[outer].1 = Quote::Kept;
        for (_, quote) in found[outer..].iter_mut() {
            if matches!(quote, Quote::InnerOpen | Quote::InnerClose) {
                *quote = Quote::Apostrophe;
            }
        }
    }
}
