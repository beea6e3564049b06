//! Subscripts and superscripts: `_` or `^` behind a character, then braces, parentheses, an asterisk or a word.

use super::Kind;
use super::chars;
use super::reader::{Found, Reader};
use super::restrict::Set;

/// The script that begins at `at`.
pub(super) fn parse(reader: &mut Reader, at: usize) -> Option<Found> {
    let sub = reader.byte(at)? == b'_';
    if !reader.allowed.has(if sub { Set::SUBSCRIPT } else { Set::SUPERSCRIPT }) {
        return None;
    }
    if reader.line_begins(at) || reader.before(at).is_none_or(chars::is_space) {
        return None;
    }
    let from = at + 1;
    // Org looks at a caret only before some characters, and a backslash is not among them.
    if !sub && reader.byte(from)? == b'\\' {
        return None;
    }
    let (end, contents) = match reader.byte(from)? {
        b'{' => balanced(reader, from, b'{', b'}').map(|close| (close + 1, from + 1..close))?,
        b'(' => balanced(reader, from, b'(', b')').map(|close| (close + 1, from..close + 1))?,
        b'*' => (from + 1, from..from + 1),
        _ => word(reader, from).map(|end| (end, from..end))?,
    };
    let braces = reader.byte(from) == Some(b'{');
    let kind = if sub { Kind::Subscript { braces } } else { Kind::Superscript { braces } };
    Some(Found { kind, span: at..end, contents })
}

/// The closing bracket. Three levels at most, and the brackets on the second level hold either all some or all none.
fn balanced(reader: &Reader, open: usize, opening: u8, closing: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let (mut flat, mut nested, mut inner) = (false, false, false);
    for (i, b) in reader.bytes.get(open..reader.region.end)?.iter().enumerate() {
        if *b == opening {
            depth += 1;
            match depth {
                2 => inner = false,
                3 => inner = true,
                4 => return None,
                _ => {}
            }
        } else if *b == closing {
            depth -= 1;
            match depth {
                0 => return Some(open + i),
                1 if inner => nested = true,
                1 => flat = true,
                _ => {}
            }
            if flat && nested {
                return None;
            }
        }
    }
    None
}

/// A sign, then letters, digits, periods, commas and backslashes up to the last letter or digit.
fn word(reader: &Reader, from: usize) -> Option<usize> {
    let first = from + usize::from(matches!(reader.byte(from)?, b'+' | b'-'));
    let mut end = None;
    for (i, c) in reader.text.get(first..reader.region.end)?.char_indices() {
        if chars::is_alnum(c) {
            end = Some(first + i + c.len_utf8());
        } else if !matches!(c, '.' | ',' | '\\') {
            break;
        }
    }
    end
}
