//! HTML, XML and what looks like them: tags, attributes, references, comments.

use super::painter::{Class, Painter};

pub(super) fn paint(code: &str, painter: &mut Painter<'_>) {
    let bytes = code.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'<' | b'&'))) {
        at += found;
        at = match bytes.get(at + 1) {
            _ if bytes.get(at) == Some(&b'&') => reference(bytes, at, painter),
            Some(b'!') if code.get(at..).is_some_and(|rest| rest.starts_with("<!--")) => {
                until(code, at, "-->", Class::Comment, painter)
            }
            Some(b'!') if code.get(at..).is_some_and(|rest| rest.starts_with("<![CDATA[")) => {
                until(code, at, "]]>", Class::String, painter)
            }
            Some(b'?' | b'!') => until(code, at, ">", Class::Meta, painter),
            Some(b'/' | b'a'..=b'z' | b'A'..=b'Z') => tag(code, at, painter),
            _ => at + 1,
        };
    }
}

/// To behind `close`, or to the end.
fn until(code: &str, start: usize, close: &str, class: Class, painter: &mut Painter<'_>) -> usize {
    let rest = code.get(start..).unwrap_or_default();
    let end = rest.find(close).map_or(code.len(), |at| start + at + close.len());
    painter.token(start, end, class);
    end
}

fn reference(bytes: &[u8], start: usize, painter: &mut Painter<'_>) -> usize {
    let rest = bytes.get(start + 1..).unwrap_or_default();
    let name = rest.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
    let end = start + name + 2;
    if name == 0 || rest.get(name) != Some(&b';') {
        return start + 1;
    }
    painter.token(start, end, Class::Number);
    end
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_:.@".contains(&byte) || byte >= 0x80
}

fn tag(code: &str, start: usize, painter: &mut Painter<'_>) -> usize {
    let bytes = code.as_bytes();
    let name = |from: usize| bytes.iter().skip(from).take_while(|byte| is_name(**byte)).count();
    let mut at = start + 1 + usize::from(bytes.get(start + 1) == Some(&b'/'));
    at += name(at);
    // A tag without attributes is one token.
    if bytes.get(at) == Some(&b'>') {
        painter.token(start, at + 1, Class::Keyword);
        return at + 1;
    }
    painter.token(start, at, Class::Keyword);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' => {
                painter.token(at, at + 1, Class::Keyword);
                return at + 1;
            }
            b'/' if bytes.get(at + 1) == Some(&b'>') => {
                painter.token(at, at + 2, Class::Keyword);
                return at + 2;
            }
            b'<' => return at,
            b'"' | b'\'' => {
                let close = bytes.iter().skip(at + 1).position(|b| b == byte);
                let end = close.map_or(code.len(), |close| at + close + 2);
                painter.token(at, end, Class::String);
                at = end;
            }
            byte if is_name(*byte) => {
                let length = name(at);
                let value = bytes.get(at.wrapping_sub(1)) == Some(&b'=');
                painter.token(at, at + length, if value { Class::String } else { Class::Attribute });
                at += length;
            }
            _ => at += 1,
        }
    }
    at
}
