//! Emphasis: a marker between white space or an opening, and the same marker before white space or punctuation. Nothing
//! limits how many lines are between.

use super::Kind;
use super::chars;
use super::find::{self, Slot};
use super::reader::{Found, Reader};
use super::restrict::Set;

/// The emphasis that begins at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    let marker = reader.byte(at)?;
    let (set, slot) = match marker {
        b'*' => (Set::BOLD, Slot::Bold),
        b'/' => (Set::ITALIC, Slot::Italic),
        b'_' => (Set::UNDERLINE, Slot::Underline),
        b'+' => (Set::STRIKE, Slot::Strike),
        b'=' => (Set::VERBATIM, Slot::Verbatim),
        _ => (Set::CODE, Slot::Code),
    };
    if !reader.allowed.has(set) || !opens(reader, at) {
        return None;
    }
    let close = closer(reader, slot, marker, at + 2)?;
    let (value, span) = (at + 1..close, at..close + 1);
    let kind = match marker {
        b'*' => Kind::Bold,
        b'/' => Kind::Italic,
        b'_' => Kind::Underline,
        b'+' => Kind::Strike,
        b'=' => return Some(Found::leaf(Kind::Verbatim { value }, span)),
        _ => return Some(Found::leaf(Kind::Code { value }, span)),
    };
    Some(Found { kind, span, contents: value })
}

fn opens(reader: &Reader, at: usize) -> bool {
    let before = reader.line_begins(at)
        || reader.before(at).is_some_and(|c| matches!(c, '-' | '(' | '\'' | '"' | '{') || chars::is_space(c));
    before && reader.char(at + 1).is_some_and(|c| !chars::is_space(c))
}

/// The first closing marker at or after `from`.
fn closer(reader: &mut Reader, slot: Slot, marker: u8, from: usize) -> Option<usize> {
    let (text, end) = (reader.text, reader.region.end);
    let next = reader.memo.find(slot, from, |from, limit| {
        let mut at = from;
        loop {
            at += text.as_bytes().get(at..limit)?.iter().position(|b| *b == marker)?;
            if find::closes(text, at, limit) {
                return Some(at);
            }
            at += 1;
        }
    });
    next.filter(|at| *at < end).or_else(|| {
        // The end of the region closes too, whatever stands behind it.
        let last = end.checked_sub(1).filter(|last| *last >= from && text.as_bytes().get(*last) == Some(&marker))?;
        find::closes(text, last, end).then_some(last)
    })
}
