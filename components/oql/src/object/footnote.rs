//! Footnote references: `[fn:label]`, `[fn:label:definition]`, `[fn::definition]`.

use super::Kind;
use super::chars::{self, Class};
use super::find::Bracket;
use super::reader::{Found, Reader};
use super::restrict::Set;

/// The reference that begins at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    if !reader.allowed.has(Set::FOOTNOTE) || !has_prefix(reader, at) {
        return None;
    }
    let from = at + 4;
    let end = reader.run(from, |c| matches!(c, '-' | '_') || chars::class(c) == Class::Word);
    let label = (end > from).then_some(from..end);
    let inline = match reader.byte(end)? {
        b':' => true,
        b']' if label.is_some() => false,
        _ => return None,
    };
    let close = reader.memo.closing(reader.text, Bracket::Square, at).filter(|c| *c < reader.region.end)?;
    let span = at..close + 1;
    let kind = Kind::FootnoteReference { label, inline };
    Some(if inline { Found { kind, span, contents: end + 1..close } } else { Found::leaf(kind, span) })
}

/// `[fn:`; of the letters Org looks at the case of the first only.
fn has_prefix(reader: &Reader, at: usize) -> bool {
    matches!(reader.bytes.get(at..(at + 4).min(reader.region.end)), Some([b'[', b'f', b'n' | b'N', b':']))
}
