//! Timestamps as objects: where they begin and end. What they say is read in `syntax::timestamp`.

use std::ops::Range;

use super::find::Slot;
use super::reader::{Found, Reader};
use super::restrict::Set;
use super::{Kind, Timestamp};

/// The timestamp or range of timestamps that begins at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::TIMESTAMP) {
        return None;
    }
    if reader.starts(at, "<%%(") {
        return diary(reader, at);
    }
    let start = date(reader, at)?;
    let second = start.end + 1;
    let end = if reader.starts(second, "--") { date(reader, second + 2) } else { None };
    let span = at..end.as_ref().map_or(second, |e| e.end + 1);
    let active = reader.byte(at) == Some(b'<');
    let range = end.is_some() || is_time_range(reader.text.get(start.clone()).unwrap_or(""));
    let stamp = Timestamp { active, range, diary: false, start, end };
    Some(Found::leaf(Kind::Timestamp(stamp), span))
}

/// What stands between the brackets of one date.
fn date(reader: &mut Reader, at: usize) -> Option<Range<usize>> {
    if !matches!(reader.byte(at)?, b'<' | b'[') {
        return None;
    }
    let from = at + 1;
    for i in 0..10 {
        let b = reader.byte(from + i)?;
        if !(if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() }) {
            return None;
        }
    }
    let end = match reader.byte(from + 10)? {
        b']' | b'>' => from + 10,
        b' ' => closing(reader, from + 10)?,
        _ => return None,
    };
    Some(from..end)
}

/// The first closing bracket, if it is on the same line.
fn closing(reader: &mut Reader, from: usize) -> Option<usize> {
    let at = reader.memo.any(Slot::Timestamp, reader.text, from, b"]>\n")?;
    matches!(reader.byte(at)?, b']' | b'>').then_some(at)
}

/// `<%%(sexp) 10:00-11:00>`
fn diary(reader: &mut Reader, at: usize) -> Option<Found> {
    let from = at + 4;
    let angle = reader.memo.any(Slot::Diary, reader.text, from, b">\n").filter(|e| reader.byte(*e) == Some(b'>'))?;
    reader.memo.needle(Slot::DiaryParen, reader.text, from + 1, ")").filter(|p| *p < angle)?;
    // Org takes the first bracket of either kind for the end.
    let start = at + 1..closing(reader, from)?;
    let second = start.end + 1;
    let end = if reader.starts(second, "--") { date(reader, second + 2) } else { None };
    let span = at..end.as_ref().map_or(second, |e| e.end + 1);
    let stamp = Timestamp { active: true, range: false, diary: true, start, end };
    Some(Found::leaf(Kind::Timestamp(stamp), span))
}

/// Whether it holds a time and the time of its end: `9:30-10:00`.
fn is_time_range(date: &str) -> bool {
    let bytes = date.as_bytes();
    let digits = |at: usize, set: std::ops::RangeInclusive<u8>| bytes.get(at).is_some_and(|b| set.contains(b));
    (1..bytes.len()).any(|dash| {
        let before = bytes.get(dash) == Some(&b'-')
            && dash >= 4
            && digits(dash - 1, b'0'..=b'9')
            && digits(dash - 2, b'0'..=b'5')
            && bytes.get(dash - 3) == Some(&b':')
            && digits(dash - 4, b'0'..=b'9');
        let time = |at: usize| {
            digits(at, b'0'..=b'9')
                && bytes.get(at + 1) == Some(&b':')
                && digits(at + 2, b'0'..=b'5')
                && digits(at + 3, b'0'..=b'9')
        };
        before && (time(dash + 1) || (digits(dash + 1, b'0'..=b'2') && time(dash + 2)))
    })
}
