//! Objects that run or expand: inline source, inline calls, macros, export snippets.

use std::ops::Range;

use super::Kind;
use super::find::{Bracket, Slot};
use super::reader::{Found, Reader};
use super::restrict::Set;

/// The inline source or call whose underscore is at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    let behind = reader.bytes.get(reader.done.max(at.saturating_sub(4))..at)?;
    if behind.ends_with(b"src") {
        let begin = at - 3;
        if reader.allowed.has(Set::SOURCE) && reader.word_begins(begin) { source(reader, begin) } else { None }
    } else if behind.ends_with(b"call") {
        let begin = at - 4;
        if reader.allowed.has(Set::CALL) && reader.word_begins(begin) { call(reader, begin) } else { None }
    } else {
        None
    }
}

/// What stands between a bracket at `at` and its counterpart, both excluded.
fn group(reader: &mut Reader, bracket: Bracket, at: usize) -> Option<Range<usize>> {
    let open = match bracket {
        Bracket::Round => b'(',
        Bracket::Square => b'[',
        Bracket::Curly => b'{',
    };
    if reader.byte(at)? != open {
        return None;
    }
    let close = reader.memo.closing(reader.text, bracket, at).filter(|c| *c < reader.region.end)?;
    Some(at + 1..close)
}

fn source(reader: &mut Reader, begin: usize) -> Option<Found> {
    let from = begin + 4;
    let end = reader.memo.any(Slot::SourceName, reader.text, from, b" \t\n[{")?;
    if end == from || !matches!(reader.byte(end)?, b'[' | b'{') {
        return None;
    }
    let parameters = group(reader, Bracket::Square, end);
    let body = group(reader, Bracket::Curly, parameters.as_ref().map_or(end, |p| p.end + 1))?;
    let span = begin..body.end + 1;
    Some(Found::leaf(Kind::InlineSource { lang: from..end, parameters, body }, span))
}

fn call(reader: &mut Reader, begin: usize) -> Option<Found> {
    let from = begin + 5;
    let name_end = reader.memo.any(Slot::CallName, reader.text, from, b" \t\n[(")?;
    if name_end == from || !matches!(reader.byte(name_end)?, b'[' | b'(') {
        return None;
    }
    let inside = group(reader, Bracket::Square, name_end);
    let arguments = group(reader, Bracket::Round, inside.as_ref().map_or(name_end, |i| i.end + 1))?;
    let end = group(reader, Bracket::Square, arguments.end + 1);
    let span = begin..end.as_ref().map_or(arguments.end, |e| e.end) + 1;
    Some(Found::leaf(Kind::InlineCall { name: from..name_end, inside, arguments, end }, span))
}

/// `{{{name(arguments)}}}`
pub(super) fn macro_call(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::MACRO) || !reader.starts(at, "{{{") || !reader.byte(at + 3)?.is_ascii_alphabetic() {
        return None;
    }
    let end = reader.run_bytes(at + 3, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let name = at + 3..end;
    if reader.starts(end, "}}}") {
        return Some(Found::leaf(Kind::Macro { name, arguments: None }, at..end + 3));
    }
    if reader.byte(end)? != b'(' {
        return None;
    }
    let close = reader.memo.needle(Slot::Macro, reader.text, end + 1, ")}}}").filter(|c| c + 4 <= reader.region.end)?;
    Some(Found::leaf(Kind::Macro { name, arguments: Some(end + 1..close) }, at..close + 4))
}

/// `@@backend:value@@`
pub(super) fn snippet(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::SNIPPET) || !reader.starts(at, "@@") {
        return None;
    }
    let colon = reader.run_bytes(at + 2, |b| b.is_ascii_alphanumeric() || b == b'-');
    if colon == at + 2 || reader.byte(colon)? != b':' {
        return None;
    }
    let close =
        reader.memo.needle(Slot::Snippet, reader.text, colon + 1, "@@").filter(|c| c + 2 <= reader.region.end)?;
    let kind = Kind::ExportSnippet { backend: at + 2..colon, value: colon + 1..close };
    Some(Found::leaf(kind, at..close + 2))
}
