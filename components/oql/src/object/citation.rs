//! Citations: `[cite/style:prefix;before @key after;…;suffix]`, and the references inside.

use super::Kind;
use super::chars::{self, Class};
use super::find::{Bracket, Slot};
use super::reader::{Found, Reader};
use super::restrict::Set;

/// The citation that begins at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::CITATION) {
        return None;
    }
    let (style, start) = head(reader, at)?;
    let close = reader.memo.closing(reader.text, Bracket::Square, at).filter(|c| *c < reader.region.end)?;
    let text = reader.text;
    let key =
        reader.memo.find(Slot::Key, start, |from, limit| key(text, from, limit).map(|k| k.0)).filter(|k| *k < close)?;
    let (key, key_end) = self::key(text, key, close)?;
    let first = text.get(start..key)?.rfind(';').map(|i| start + i);
    let prefix = first.filter(|semicolon| *semicolon > start).map(|semicolon| start..semicolon);
    let contents_start = first.map_or(start, |semicolon| semicolon + 1);
    let inside = text.get(key_end..close)?;
    let end = key_end + inside.trim_end_matches([' ', '\r', '\t', '\n']).len();
    let last = text.get(key_end..end)?.rfind(';').map(|i| key_end + i + 1);
    let last = last.filter(|after| self::key(text, *after, end).is_none());
    let suffix = last.filter(|after| *after < end).map(|after| after..end);
    let contents = contents_start..last.unwrap_or(end);
    Some(Found { kind: Kind::Citation { style, prefix, suffix }, span: at..close + 1, contents })
}

/// The style, and where the text behind `[cite/style:` and blanks begins.
fn head(reader: &Reader, at: usize) -> Option<(Option<std::ops::Range<usize>>, usize)> {
    let bytes = reader.bytes.get(at..reader.region.end)?;
    if bytes.first() != Some(&b'[') || !bytes.get(1..5)?.eq_ignore_ascii_case(b"cite") {
        return None;
    }
    let mut colon = at + 5;
    let mut style = None;
    if reader.byte(colon)? == b'/' {
        colon = reader.run(at + 6, |c| matches!(c, '/' | '_' | '-') || chars::is_alnum(c));
        style = Some(at + 6..colon).filter(|s| !s.is_empty());
        style.as_ref()?;
    }
    if reader.byte(colon)? != b':' {
        return None;
    }
    Some((style, reader.run_bytes(colon + 1, |b| matches!(b, b' ' | b'\t' | b'\n'))))
}

/// Where the first key begins (at its `@`) and ends.
fn key(text: &str, from: usize, limit: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        at += text.get(at..limit)?.find('@')?;
        let rest = text.get(at + 1..limit)?;
        let len = rest.char_indices().find(|(_, c)| !is_key(*c)).map_or(rest.len(), |(i, _)| i);
        if len > 0 {
            return Some((at, at + 1 + len));
        }
        at += 1;
    }
}

fn is_key(c: char) -> bool {
    "-.:?!`'/*@+|(){}<>&_^$#%~".contains(c) || chars::class(c) == Class::Word
}

/// The next reference in the contents of a citation.
pub(super) fn reference(reader: &mut Reader, from: usize) -> Option<Found> {
    let (text, end) = (reader.text, reader.region.end);
    let (key_start, key_end) = key(text, from, end)?;
    let semicolon = reader.memo.needle(Slot::Semicolon, text, key_end, ";").filter(|s| *s < end);
    let suffix_end = semicolon.unwrap_or(end);
    let kind = Kind::CitationReference {
        key: key_start + 1..key_end,
        prefix: (from < key_start).then_some(from..key_start),
        suffix: (key_end < suffix_end).then_some(key_end..suffix_end),
    };
    Some(Found::leaf(kind, from..semicolon.map_or(end, |s| s + 1)))
}
