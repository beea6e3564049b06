//! Literals with delimiters: strings, characters, regular expressions, variables in braces. Where a literal ends; not
//! what is in it.

use super::language::{Quirk, Quote};
use super::lexer::Lexer;
use super::painter::Class;

/// A regular expression or an attribute is not longer than this. What looks like one may be two divisions.
const LONGEST_EXPRESSION: usize = 300;

/// Takes a literal if one begins here.
pub(super) fn string(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    let special = match lexer.language.quirk {
        Quirk::Rust => rust(lexer),
        Quirk::RegularExpression => expression(lexer),
        Quirk::PrefixedStrings => prefixed(lexer),
        Quirk::CharOrPrime => character(lexer),
        _ => false,
    };
    special || quoted(lexer, 0)
}

/// A literal whose opening delimiter stands `offset` bytes from here.
fn quoted(lexer: &mut Lexer<'_, '_, '_>, offset: usize) -> bool {
    let text = lexer.code.get(lexer.at + offset..).unwrap_or_default();
    let Some(quote) = lexer.language.quotes.iter().find(|quote| text.starts_with(quote.open)) else { return false };
    let length = offset + quote.open.len() + inner_length(text.get(quote.open.len()..).unwrap_or_default(), quote);
    let is_key = lexer.language.keys && {
        let rest = lexer.code.as_bytes().get(lexer.at + length..).unwrap_or_default();
        rest.iter().take(8).find(|byte| **byte != b' ') == Some(&b':')
    };
    lexer.take(length, if is_key { Class::Attribute } else { Class::String });
    true
}

/// To behind the closing delimiter. A literal that does not end takes its line, or all.
fn inner_length(text: &str, quote: &Quote) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if quote.escape != 0 && *byte == quote.escape {
            // A doubled quote is the same as an escaped one.
            let doubled = quote.close.as_bytes() == [quote.escape];
            if doubled && bytes.get(at + 1) != Some(&quote.escape) {
                return at + 1;
            }
            if bytes.get(at + 1) == Some(&b'\n') && !quote.lines {
                return at + 1;
            }
            at += 2;
        } else if bytes.get(at..).is_some_and(|rest| rest.starts_with(quote.close.as_bytes())) {
            return at + quote.close.len();
        } else if *byte == b'\n' && !quote.lines {
            return at;
        } else {
            at += 1;
        }
    }
    // An escape may have gone beyond the end, or into a character; the painter takes whole characters only.
    text.len()
}

/// `r"…"`, `r#"…"#`, `b'…'`, `'a`, `#[…]`.
fn rust(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    let bytes = lexer.rest().as_bytes();
    if bytes.starts_with(b"#[") || bytes.starts_with(b"#![") {
        let mut inside = bytes.iter().take(LONGEST_EXPRESSION).take_while(|byte| **byte != b'\n');
        let Some(close) = inside.position(|byte| *byte == b']') else { return false };
        lexer.take(close + 1, Class::Attribute);
        return true;
    }
    let after_letter = lexer.previous().is_some_and(|byte| lexer.is_letter(byte));
    let prefix = bytes.iter().take(2).take_while(|byte| b"brc".contains(byte)).count();
    if prefix > 0 && !after_letter {
        let hashes = bytes.iter().skip(prefix).take_while(|byte| **byte == b'#').count().min(255);
        let raw = bytes.get(..prefix).is_some_and(|letters| letters.contains(&b'r'));
        if raw && bytes.get(prefix + hashes) == Some(&b'"') {
            lexer.take(raw_length(bytes, prefix + hashes + 1, hashes), Class::String);
            return true;
        }
        if hashes == 0 && bytes.get(prefix) == Some(&b'"') {
            return quoted(lexer, prefix);
        }
    }
    if bytes.first() != Some(&b'\'') {
        return false;
    }
    if character(lexer) {
        return true;
    }
    let name = lexer.word_length(1);
    if name > 0 {
        lexer.take(1 + name, Class::Number);
    }
    name > 0
}

/// To behind `"` and as many `#` as stood before.
fn raw_length(bytes: &[u8], mut at: usize, hashes: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte == b'"' {
            let closing = bytes.iter().skip(at).take(hashes).take_while(|byte| **byte == b'#').count();
            at += closing;
            if closing == hashes {
                return at;
            }
        }
    }
    bytes.len()
}

/// `'x'` or `'\…'`, on one line and short.
fn character(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    let mut chars = lexer.rest().char_indices();
    if chars.next().map(|(_, c)| c) != Some('\'') {
        return false;
    }
    let escaped = match chars.next() {
        Some((_, '\\')) => chars.next().is_some(),
        Some((_, '\'' | '\n')) | None => return false,
        Some(_) => false,
    };
    let longest = if escaped { 10 } else { 1 };
    let Some((end, _)) = chars.take(longest).take_while(|(_, c)| *c != '\n').find(|(_, c)| *c == '\'') else {
        return false;
    };
    lexer.take(end + 1, Class::String);
    true
}

/// `/…/flags` where no value has just ended.
fn expression(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    if lexer.after_value || lexer.byte(0) != Some(b'/') {
        return false;
    }
    let bytes = lexer.rest().as_bytes();
    let (mut at, mut in_class) = (1, false);
    loop {
        match bytes.get(at) {
            None | Some(b'\n') => return false,
            Some(_) if at > LONGEST_EXPRESSION => return false,
            Some(b'\\') if bytes.get(at + 1) != Some(&b'\n') => at += 1,
            Some(b'[') => in_class = true,
            Some(b']') => in_class = false,
            Some(b'/') if !in_class => break,
            Some(_) => {}
        }
        at += 1;
    }
    let flags = bytes.iter().skip(at + 1).take(8).take_while(|byte| byte.is_ascii_lowercase()).count();
    lexer.take(at + 1 + flags, Class::String);
    true
}

/// `f"…"`, `rb'…'`.
fn prefixed(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    let bytes = lexer.rest().as_bytes();
    let prefix = bytes.iter().take(2).take_while(|byte| b"rRbBfFuU".contains(byte)).count();
    let after_letter = lexer.previous().is_some_and(|byte| lexer.is_letter(byte));
    prefix > 0 && !after_letter && matches!(bytes.get(prefix), Some(b'"' | b'\'')) && quoted(lexer, prefix)
}

/// `${…}` and `$(name)`; a command in `$(…)` is read like the rest.
pub(super) fn bracketed_variable(lexer: &mut Lexer<'_, '_, '_>) -> bool {
    let bytes = lexer.rest().as_bytes();
    let brace = bytes.get(1) == Some(&b'{');
    let inner = bytes.iter().skip(2).take(200);
    let length = inner
        .take_while(|byte| if brace { !b"}\n".contains(byte) } else { byte.is_ascii_alphanumeric() || **byte == b'_' });
    let end = 2 + length.count();
    if bytes.get(end) != Some(if brace { &b'}' } else { &b')' }) || end == 2 {
        return false;
    }
    lexer.take(end + 1, Class::Variable);
    true
}
