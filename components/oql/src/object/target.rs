//! Targets, radio targets and statistics cookies.

use super::Kind;
use super::reader::{Found, Reader};
use super::restrict::Set;

/// `<<target>>` or `<<<radio target>>>`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    if reader.allowed.has(Set::RADIO_TARGET)
        && reader.starts(at, "<<<")
        && let Some(end) = name(reader, at + 3, ">>>")
    {
        return Some(Found { kind: Kind::RadioTarget, span: at..end + 3, contents: at + 3..end });
    }
    if !reader.allowed.has(Set::TARGET) {
        return None;
    }
    let end = name(reader, at + 2, ">>")?;
    Some(Found::leaf(Kind::Target { value: at + 2..end }, at..end + 2))
}

/// The end of a name on one line, without blanks at its ends.
fn name(reader: &Reader, from: usize, closing: &str) -> Option<usize> {
    let end = reader.run_bytes(from, |b| !matches!(b, b'<' | b'>' | b'\n' | b'\r'));
    let blank = |at: usize| reader.byte(at).is_none_or(super::chars::is_blank);
    (end > from && reader.starts(end, closing) && !blank(from) && !blank(end - 1)).then_some(end)
}

/// `[33%]`, `[1/3]`.
pub(super) fn cookie(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::COOKIE) {
        return None;
    }
    let digits = |from| reader.run_bytes(from, |b| b.is_ascii_digit());
    let first = digits(at + 1);
    let end = match reader.byte(first)? {
        b'%' => first + 1,
        b'/' => digits(first + 1),
        _ => return None,
    };
    (reader.byte(end)? == b']').then(|| Found::leaf(Kind::StatisticsCookie, at..end + 1))
}
