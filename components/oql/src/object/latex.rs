//! What a backslash or a dollar begins: LaTeX fragments, entities, line breaks.

use super::Kind;
use super::chars::{self, Class};
use super::entities;
use super::find::Slot;
use super::reader::{Found, Reader};
use super::restrict::Set;

/// What the backslash at `at` begins.
pub(super) fn backslash(reader: &mut Reader, at: usize) -> Option<Found> {
    match reader.byte(at + 1)? {
        b'\\' => line_break(reader, at),
        b'(' => math(reader, at, Slot::MathInline, "\\)"),
        b'[' => math(reader, at, Slot::MathDisplay, "\\]"),
        b'_' => entity(reader, at, reader.run_bytes(at + 2, |b| b == b' ')),
        b if b.is_ascii_alphabetic() => {
            let end = reader.run_bytes(at + 1, |b| b.is_ascii_alphabetic());
            named(reader, at, end).or_else(|| command(reader, at, end))
        }
        _ => None,
    }
}

/// Two backslashes at the end of a line; the line's break is part of it.
fn line_break(reader: &Reader, at: usize) -> Option<Found> {
    let end = reader.run_bytes(at + 2, chars::is_blank);
    let ends = matches!(reader.byte(end), None | Some(b'\n'));
    if !ends || reader.before(at) == Some('\\') || !reader.allowed.has(Set::LINE_BREAK) {
        return None;
    }
    Some(Found::leaf(Kind::LineBreak, at..(end + 1).min(reader.region.end)))
}

/// An entity with a name of letters, some of which end in digits.
fn named(reader: &Reader, at: usize, letters: usize) -> Option<Found> {
    let word = reader.text.get(at + 1..letters)?;
    let digits = match word {
        "there" => reader.byte(letters) == Some(b'4'),
        "sup" => matches!(reader.byte(letters), Some(b'1'..=b'3')),
        "frac" => {
            matches!(reader.byte(letters), Some(b'1' | b'3')) && matches!(reader.byte(letters + 1), Some(b'2' | b'4'))
        }
        _ => false,
    };
    if digits {
        let end = letters + if word == "frac" { 2 } else { 1 };
        if reader.char(end).is_none_or(|c| !chars::is_alpha(c)) {
            return entity(reader, at, end);
        }
    }
    // The digits are no letters, so the shorter name ends well before them.
    if reader.char(letters).is_some_and(chars::is_alpha) { None } else { entity(reader, at, letters) }
}

fn entity(reader: &Reader, at: usize, end: usize) -> Option<Found> {
    let name = at + 1..end;
    if !reader.allowed.has(Set::ENTITY) || entities::get(reader.text.get(name.clone())?).is_none() {
        return None;
    }
    let brackets = reader.byte(at + 1) != Some(b'_') && reader.starts(end, "{}");
    Some(Found::leaf(Kind::Entity { name }, at..end + if brackets { 2 } else { 0 }))
}

/// A command: its name, an asterisk, arguments in brackets and braces that hold no others.
fn command(reader: &Reader, at: usize, name_end: usize) -> Option<Found> {
    let mut end = name_end + usize::from(reader.byte(name_end) == Some(b'*'));
    loop {
        let inside = |b: u8| !matches!(b, b'{' | b'}' | b'\n');
        let close = match reader.byte(end) {
            Some(b'[') => reader.run_bytes(end + 1, |b| inside(b) && !matches!(b, b'[' | b']')),
            Some(b'{') => reader.run_bytes(end + 1, inside),
            _ => break,
        };
        let wanted = if reader.byte(end) == Some(b'[') { b']' } else { b'}' };
        if reader.byte(close) != Some(wanted) {
            break;
        }
        end = close + 1;
    }
    reader.allowed.has(Set::LATEX).then(|| Found::leaf(Kind::Latex, at..end))
}

fn math(reader: &mut Reader, at: usize, slot: Slot, closing: &str) -> Option<Found> {
    if !reader.allowed.has(Set::LATEX) {
        return None;
    }
    let end = reader.memo.needle(slot, reader.text, at, closing)? + 2;
    (end <= reader.region.end).then(|| Found::leaf(Kind::Latex, at..end))
}

/// What the dollar at `at` begins.
pub(super) fn dollar(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::LATEX) {
        return None;
    }
    let text = reader.text;
    if reader.byte(at + 1) == Some(b'$') {
        let end = reader.memo.needle(Slot::Dollars, text, at + 2, "$$")? + 2;
        return (end <= reader.region.end).then(|| Found::leaf(Kind::Latex, at..end));
    }
    if reader.before(at) == Some('$') || matches!(reader.byte(at + 1)?, b' ' | b'\t' | b'\n' | b',' | b'.' | b';') {
        return None;
    }
    let close = reader.memo.needle(Slot::Dollar, text, at + 1, "$").filter(|c| *c < reader.region.end)?;
    if matches!(reader.byte(close.checked_sub(1)?)?, b' ' | b'\t' | b'\n' | b',' | b'.') {
        return None;
    }
    let ends = match reader.char(close + 1) {
        None | Some('\'') => true,
        Some(c) => matches!(chars::class(c), Class::Space | Class::Punct),
    };
    ends.then(|| Found::leaf(Kind::Latex, at..close + 1))
}
