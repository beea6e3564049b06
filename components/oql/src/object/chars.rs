//! What kind of character something is, in the words of the regular expressions that define Org's objects: white space,
//! word, symbol, punctuation, as an Org buffer in Emacs has them. Nothing about objects.

use super::chars_table::RANGES;

/// Syntax class of a character; brackets and quotes count as punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Space,
    Word,
    Symbol,
    Punct,
}

/// The class of a character in a buffer of Org.
pub(super) fn class(c: char) -> Class {
    if c.is_ascii() {
        return match c {
            '\t' | '\n' | '\x0c' | '\r' | ' ' => Class::Space,
            'a'..='z' | 'A'..='Z' | '0'..='9' | '$' | '%' | '\'' => Class::Word,
            '&' | '*' | '+' | '-' | '/' | '=' | '\\' | '_' | '|' | '~' => Class::Symbol,
            _ => Class::Punct,
        };
    }
    let code = c as u32;
    let after = RANGES.partition_point(|r| r.0 <= code);
    match after.checked_sub(1).and_then(|i| RANGES.get(i)) {
        Some(&(_, last, class)) if code <= last => class,
        _ => Class::Word,
    }
}

/// White space, with the blanks beyond ASCII.
pub(super) fn is_space(c: char) -> bool {
    class(c) == Class::Space
}

/// Space or tab.
pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// Letter, mark or decimal digit.
pub(super) fn is_alnum(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    is_mark(c) || (c.is_alphanumeric() && !is_other_number(c))
}

/// Letter or mark.
pub(super) fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_alphabetic() || is_mark(c) }
}

/// Combining marks, which the standard library counts neither as letters nor as digits.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x610..=0x61a | 0x64b..=0x65f
        | 0x93c | 0x94d | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20f0 | 0x302a..=0x302f | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f)
}

/// Numbers that are no digits of a decimal system: superscripts, fractions, numbers in circles.
fn is_other_number(c: char) -> bool {
    matches!(c as u32, 0xb2 | 0xb3 | 0xb9 | 0xbc..=0xbe | 0x2070..=0x2089 | 0x2150..=0x215f | 0x2189 | 0x2460..=0x249b
        | 0x24ea..=0x24ff | 0x2776..=0x2793 | 0x2cfd | 0x3192..=0x3195 | 0x3220..=0x3229 | 0x3248..=0x324f
        | 0x3251..=0x325f | 0x3280..=0x3289 | 0x32b1..=0x32bf)
}

/// Whether a line may be broken at the character: the scripts that write no blanks between words.
pub(super) fn is_breakable(c: char) -> bool {
    matches!(c as u32, 0xf0b | 0xf0d..=0xf12 | 0xf14 | 0xf7f | 0x2e80..=0x312f | 0x3190..=0x9fd5 | 0xf900..=0xfaff
        | 0xff01..=0xff9f | 0x20000..=0x2ffff)
}

/// Whether a word begins between `before` and `after`.
pub(super) fn word_start(before: Option<char>, after: char) -> bool {
    if class(after) != Class::Word {
        return false;
    }
    match before {
        None => true,
        // Between two scripts there is a boundary even inside letters; below U+0100 Emacs does not look for one.
        Some(b) => class(b) != Class::Word || ((b as u32) > 0xff && !is_latin(b) && !is_mark(b)),
    }
}

fn is_latin(c: char) -> bool {
    matches!(c as u32, 0x100..=0x24f | 0x250..=0x2af | 0x1d00..=0x1dbf | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xa720..=0xa7ff | 0xfb00..=0xfb06)
}

/// The character before a byte position.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// The character at a byte position.
pub(super) fn at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        assert_eq!(class('\u{a0}'), Class::Space);
        assert_eq!(class('é'), Class::Word);
        assert_eq!(class('…'), Class::Punct);
        assert_eq!(class('→'), Class::Symbol);
        assert_eq!(class('日'), Class::Word);
    }

    #[test]
    fn words() {
        assert!(word_start(Some('.'), 'h'));
        assert!(word_start(None, 'h'));
        assert!(!word_start(Some('é'), 'h'));
        assert!(word_start(Some('α'), 'h'));
        assert!(!word_start(Some('x'), '.'));
    }

    #[test]
    fn digits() {
        assert!(is_alnum('é') && is_alnum('٣') && !is_alnum('²') && !is_alnum('…'));
    }
}
