//! Links: in brackets, in angle brackets, and plain ones. What a link points to is not looked at here.

use super::chars::{self, Class};
use super::find::Slot;
use super::reader::{Found, Reader};
use super::restrict::Set;
use super::{Kind, Link, LinkForm, Settings};

/// The link types that Org and its HTML exporter know.
pub(crate) const TYPES: [&str; 25] = [
    "attachment",
    "bbdb",
    "bibtex",
    "docview",
    "doi",
    "elisp",
    "eww",
    "file",
    "file+emacs",
    "file+sys",
    "ftp",
    "gnus",
    "help",
    "http",
    "https",
    "id",
    "info",
    "irc",
    "mailto",
    "mhe",
    "news",
    "rmail",
    "shell",
    "shortdoc",
    "w3m",
];

fn types(settings: &Settings) -> impl Iterator<Item = &str> {
    TYPES.iter().copied().chain(settings.schemes.iter().map(String::as_str))
}

/// How long the type before the colon is that `text` begins with; the case does not matter.
pub(crate) fn scheme(text: &str, settings: &Settings) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = bytes.first()?.to_ascii_lowercase();
    types(settings)
        .filter(|t| t.as_bytes().first().is_some_and(|b| b.to_ascii_lowercase() == first))
        .find(|t| bytes.get(t.len()) == Some(&b':') && bytes[..t.len()].eq_ignore_ascii_case(t.as_bytes()))
        .map(str::len)
}

/// `[[path]]`, `[[path][description]]`
pub(super) fn bracket(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::LINK) {
        return None;
    }
    let end = path_end(reader, at + 2)?;
    let raw = at + 2..end;
    let (span, contents) = match reader.byte(end + 1)? {
        b']' => (at..end + 2, end + 2..end + 2),
        b'[' => {
            let from = end + 2;
            let close = description_end(reader, from)?;
            (at..close + 2, from..close)
        }
        _ => return None,
    };
    let path = reader.text.get(raw.clone())?;
    let file = path.starts_with(['/', '~']) || path.starts_with("./") || path.starts_with("../");
    let scheme = if file { None } else { scheme(path, reader.settings).map(|len| raw.start..raw.start + len) };
    Some(Found { kind: Kind::Link(Link { form: LinkForm::Bracket, raw, scheme }), span, contents })
}

/// The first `]]` behind at least one character.
fn description_end(reader: &mut Reader, from: usize) -> Option<usize> {
    let first = from + reader.char(from)?.len_utf8();
    let close = reader.memo.needle(Slot::Description, reader.text, first, "]]")?;
    (close + 2 <= reader.region.end).then_some(close)
}

/// The bracket that ends a path. A bracket behind an odd number of backslashes is part of the path.
fn path_end(reader: &Reader, from: usize) -> Option<usize> {
    let mut at = from;
    let mut slashes = 0;
    loop {
        match reader.byte(at)? {
            b'\\' => slashes += 1,
            b'[' | b']' if slashes % 2 == 1 => slashes = 0,
            b'[' => return None,
            b']' => return (at > from).then_some(at),
            _ => slashes = 0,
        }
        at += 1;
    }
}

/// `<https://…>`; a line may break inside, but not before nothing.
pub(super) fn angle(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::LINK) {
        return None;
    }
    let rest = reader.text.get(at + 1..reader.region.end)?;
    let len = scheme(rest, reader.settings)?;
    let from = at + 1 + len + 1;
    let text = reader.text;
    let end = reader.memo.needle(Slot::Angle, text, from, ">").filter(|e| *e < reader.region.end)?;
    let broken = reader.memo.find(Slot::AngleBreak, from, |from, limit| empty_line(text, from, limit));
    if broken.is_some_and(|b| b < end) {
        return None;
    }
    let link = Link { form: LinkForm::Angle, raw: at + 1..end, scheme: Some(at + 1..at + 1 + len) };
    Some(Found::leaf(Kind::Link(link), at..end + 1))
}

/// The first line break that only blanks and then nothing or `>` follow.
fn empty_line(text: &str, from: usize, limit: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(from..limit)?;
    let mut at = 0;
    loop {
        let line = at + bytes.get(at..)?.iter().position(|b| *b == b'\n')?;
        let rest = bytes.get(line + 1..)?;
        let blanks = rest.iter().position(|b| !chars::is_blank(*b)).unwrap_or(rest.len());
        if matches!(rest.get(blanks), None | Some(b'\n' | b'>')) {
            return Some(from + line);
        }
        at = line + 1 + blanks;
    }
}

/// The plain link whose colon is at `colon`.
pub(super) fn plain(reader: &mut Reader, colon: usize) -> Option<Found> {
    if !reader.allowed.has(Set::LINK) || !reader.byte(colon + 1)?.is_ascii_graphic() && reader.byte(colon + 1)? < 0x80 {
        return None;
    }
    let begin = scheme_before(reader, colon)?;
    let end = plain_end(reader, colon + 1)?;
    let link = Link { form: LinkForm::Plain, raw: begin..end, scheme: Some(begin..colon) };
    Some(Found::leaf(Kind::Link(link), begin..end))
}

/// Where the type before a colon begins: the longest that is a word of its own.
fn scheme_before(reader: &Reader, colon: usize) -> Option<usize> {
    let before = reader.bytes.get(reader.done..colon)?;
    let last = before.last()?.to_ascii_lowercase();
    types(reader.settings)
        .filter(|t| t.as_bytes().last().is_some_and(|b| b.to_ascii_lowercase() == last))
        .filter(|t| before.len() >= t.len() && before[before.len() - t.len()..].eq_ignore_ascii_case(t.as_bytes()))
        .map(|t| colon - t.len())
        .filter(|begin| reader.word_begins(*begin))
        .min()
}

/// The end of a plain link's path: at least two units (characters, or groups in brackets), the last of them no
/// punctuation but a slash or a dash.
fn plain_end(reader: &Reader, from: usize) -> Option<usize> {
    let mut at = from;
    let mut units = 0;
    let mut end = None;
    while let Some(c) = reader.char(at) {
        let last = match c {
            '(' | '<' | '[' => {
                let Some(next) = group(reader, at) else { break };
                at = next;
                true
            }
            c if is_path(c) => {
                at += c.len_utf8();
                matches!(c, '-' | '/') || is_last(c)
            }
            _ => break,
        };
        units += 1;
        if last && units > 1 {
            end = Some(at);
        }
    }
    end
}

fn is_path(c: char) -> bool {
    !matches!(c, ' ' | '\t' | '\n' | '(' | ')' | '<' | '>' | '[' | ']')
}

fn is_last(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || (c.is_ascii_control() && c > ' ')
    } else {
        chars::class(c) == Class::Word
    }
}

/// The end of a group in brackets of any kind, with one more level inside.
fn group(reader: &Reader, open: usize) -> Option<usize> {
    let mut at = open + 1;
    let mut depth = 1;
    loop {
        let c = reader.byte(at)?;
        at += 1;
        match c {
            b'(' | b'<' | b'[' if depth == 2 => return None,
            b'(' | b'<' | b'[' => depth = 2,
            b')' | b'>' | b']' => depth -= 1,
            b' ' | b'\t' | b'\n' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
}
