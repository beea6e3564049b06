//! Takes the values of secrets out of what comes back from a server, in whatever common way it wrote them.
//!
//! Servers do not agree which characters have to be escaped: one writes `=` as it is, the next as `\u003d`, `&#x3D;` or `%3D`. So a value is not
//! compared with some whole encodings of it; each of its characters may stand in any of its forms. What a server makes of a value by
//! a way of its own (in reverse, encrypted, compressed) is not recognised.

use std::fmt;

use bytes::Bytes;

use super::secret::Secret;

/// Shortest form that is looked for.
pub(super) const SHORTEST: usize = 4;
/// Longest way to write one character, in bytes: `&amp;amp;#x0000003d;`.
const LONGEST: usize = 24;
/// Most bytes between two letters of base64: the end of a line, and how far the next is indented.
const GAP: usize = 16;

/// Names of characters in HTML (WHATWG, section 13.5) that a header's value can have in it.
const NAMES: [(&[u8], u8); 38] = [
    (b"amp", b'&'),
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"equals", b'='),
    (b"plus", b'+'),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"excl", b'!'),
    (b"num", b'#'),
    (b"dollar", b'$'),
    (b"percnt", b'%'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"ast", b'*'),
    (b"midast", b'*'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"quest", b'?'),
    (b"commat", b'@'),
    (b"lsqb", b'['),
    (b"lbrack", b'['),
    (b"rsqb", b']'),
    (b"rbrack", b']'),
    (b"hat", b'^'),
    (b"lowbar", b'_'),
    (b"underbar", b'_'),
    (b"grave", b'`'),
    (b"lcub", b'{'),
    (b"lbrace", b'{'),
    (b"rcub", b'}'),
    (b"rbrace", b'}'),
    (b"verbar", b'|'),
    (b"vert", b'|'),
    (b"nbsp", b' '),
];

/// Something to look for.
#[derive(Clone)]
struct Form {
    bytes: Vec<u8>,
    /// Whether lines may break in it, as in base64.
    breaks: bool,
}

/// The forms of a value whose characters are looked for one by one.
fn forms(value: &[u8]) -> Vec<Form> {
    let mut forms = vec![
        Form { bytes: value.to_vec(), breaks: false },
        Form { bytes: value.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect(), breaks: true },
    ];
    for alphabet in [(b'+', b'/'), (b'-', b'_')] {
        // In the middle of something longer the value begins at any of three places of a group.
        forms.extend((0..3).map(|offset| Form { bytes: base64(value, offset, alphabet), breaks: true }));
    }
    forms.retain(|form| form.bytes.len() >= SHORTEST);
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}

fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

/// The characters that depend on `bytes` alone, when `offset` other bytes are before them in their group.
fn base64(bytes: &[u8], offset: usize, last: (u8, u8)) -> Vec<u8> {
    let letter = |value: u8| match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + value - 26,
        52..=61 => b'0' + value - 52,
        62 => last.0,
        _ => last.1,
    };
    let bit = |at: usize| at.checked_sub(offset * 8).map(|at| bytes.get(at / 8).map(|byte| byte >> (7 - at % 8) & 1));
    let mut out = Vec::new();
    for group in 0..(bytes.len() + offset) * 8 / 6 {
        let bits: Option<Vec<u8>> = (0..6).map(|i| bit(group * 6 + i).flatten()).collect();
        out.extend(bits.map(|bits| letter(bits.iter().fold(0, |sum, bit| sum << 1 | bit))));
    }
    out
}

/// Takes values out of what comes in pieces: each is replaced by as many asterisks.
#[derive(Default)]
pub(super) struct Scrub {
    forms: Vec<Form>,
    /// The end of what has come, which may be the beginning of a value.
    held: Vec<u8>,
    /// Which bytes of it are of a value.
    marks: Vec<bool>,
}

/// Never a value.
impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrub").field("forms", &self.forms.len()).finish_non_exhaustive()
    }
}

impl Scrub {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { forms: secrets.into_iter().flat_map(|secret| forms(secret.bytes())).collect(), ..Self::default() }
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_idle(&self) -> bool {
        self.forms.is_empty()
    }

    /// The next piece: what is certain of it. What may be the beginning of a value is not.
    pub(super) fn next(&mut self, piece: Bytes) -> Bytes {
        if self.is_idle() {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        self.marks.resize(self.held.len(), false);
        let certain = self.mark();
        self.take(certain)
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Bytes {
        self.mark();
        self.take(self.held.len())
    }

    /// Whether a value is in this text.
    pub(super) fn finds(&self, text: &[u8]) -> bool {
        self.whole(text) != text
    }

    /// A whole text at once.
    pub(super) fn whole(&self, text: &[u8]) -> Vec<u8> {
        let marks = vec![false; text.len()];
        let mut once = Self { forms: self.forms.clone(), held: text.to_vec(), marks };
        once.rest().to_vec()
    }

    /// Marks what is of a value; up to where no value can begin that is not whole yet.
    fn mark(&mut self) -> usize {
        let mut certain = self.held.len();
        for at in 0..self.held.len() {
            for form in &self.forms {
                let (end, is_open) = reach(&self.held, at, form);
                if let Some(end) = end {
                    self.marks[at..end].fill(true);
                }
                if is_open {
                    certain = certain.min(at);
                }
            }
        }
        certain
    }

    fn take(&mut self, count: usize) -> Bytes {
        let marks = self.marks.drain(..count);
        self.held.drain(..count).zip(marks).map(|(byte, is_marked)| if is_marked { b'*' } else { byte }).collect()
    }
}

/// Where a form ends that begins here, and whether more text could make one end later.
fn reach(text: &[u8], at: usize, form: &Form) -> (Option<usize>, bool) {
    // Nearly always it ends here, and a body has many bytes.
    let may_begin =
        |first: u8, byte: u8| matches!(first, b'\\' | b'=' | b'%' | b'&' | b'+') || first.eq_ignore_ascii_case(&byte);
    if !text.get(at).zip(form.bytes.first()).is_some_and(|(first, byte)| may_begin(*first, *byte)) {
        return (None, false);
    }
    let mut here = vec![at];
    let mut is_open = false;
    for (index, byte) in form.bytes.iter().enumerate() {
        let mut next = Vec::new();
        for from in here {
            let gap = if form.breaks && index > 0 { gap(&text[from..]) } else { 0 };
            is_open |= gap > 0 && from + gap == text.len();
            for start in [from, from + gap] {
                is_open |= unit(text, start, *byte, &mut next);
            }
        }
        if next.is_empty() {
            return (None, is_open);
        }
        next.sort_unstable();
        next.dedup();
        here = next;
    }
    (here.last().copied(), is_open)
}

/// How much there is of the end of a line, also one that is written as `\r\n`.
fn gap(text: &[u8]) -> usize {
    let mut at = 0;
    while at < GAP {
        match text.get(at..) {
            Some([b'\r' | b'\n' | b' ' | b'\t', ..]) => at += 1,
            Some([b'\\', b'r' | b'n', ..]) => at += 2,
            _ => break,
        }
    }
    at
}

/// Puts all ends of a character that begins here into `ends`; whether the text ends too early to say.
fn unit(text: &[u8], at: usize, byte: u8, ends: &mut Vec<usize>) -> bool {
    let rest = &text[at..];
    let Some(first) = rest.first() else { return true };
    // In a form a space is a plus. Case does not matter anywhere.
    if first.eq_ignore_ascii_case(&byte) || (byte == b' ' && *first == b'+') {
        ends.push(at + 1);
    }
    match first {
        b'\\' => {
            // As often as a string was written into another.
            for count in 1..=rest.iter().take(4).take_while(|byte| **byte == b'\\').count() {
                let after = &rest[count..];
                let from = at + count;
                match after.first() {
                    Some(other) if other.eq_ignore_ascii_case(&byte) => ends.push(from + 1),
                    _ => {}
                }
                match after.first() {
                    Some(b'u') => number(&after[1..], 16, 4..=4, byte, from + 1, ends),
                    Some(b'U') => number(&after[1..], 16, 8..=8, byte, from + 1, ends),
                    Some(b'x') => number(&after[1..], 16, 2..=2, byte, from + 1, ends),
                    _ => number(after, 8, 1..=3, byte, from, ends),
                }
            }
        }
        // Quoted-printable, as in mail.
        b'=' => number(&rest[1..], 16, 2..=2, byte, at + 1, ends),
        b'%' => {
            let twice = rest[1..].chunks_exact(2).take(2).take_while(|pair| *pair == b"25").count();
            for count in 0..=twice {
                let skip = 1 + count * 2;
                number(&rest[skip..], 16, 2..=2, byte, at + skip, ends);
            }
        }
        b'&' => {
            let twice = rest[1..].chunks_exact(4).take(2).take_while(|part| part.eq_ignore_ascii_case(b"amp;")).count();
            for count in 0..=twice {
                let skip = 1 + count * 4;
                entity(&rest[skip..], byte, at + skip, ends);
            }
        }
        _ => return false,
    }
    rest.len() < LONGEST
}

/// A character of HTML, after the `&`.
fn entity(text: &[u8], byte: u8, at: usize, ends: &mut Vec<usize>) {
    let mut found = Vec::new();
    match text {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16, 2..=8, byte, at + 2, &mut found),
        [b'#', digits @ ..] => number(digits, 10, 2..=8, byte, at + 1, &mut found),
        _ => {
            let is_here = |name: &[u8]| text.get(..name.len()).is_some_and(|there| there.eq_ignore_ascii_case(name));
            let named = NAMES.iter().filter(|(name, of)| *of == byte && is_here(name));
            found.extend(named.map(|(name, _)| at + name.len()));
        }
    }
    for end in found {
        // Browsers do without the semicolon, so it may be missing.
        let is_closed = text.get(end - at) == Some(&b';');
        ends.push(end + usize::from(is_closed));
    }
}

/// A character as a number of so many digits.
fn number(
    text: &[u8],
    radix: u32,
    digits: std::ops::RangeInclusive<usize>,
    byte: u8,
    at: usize,
    ends: &mut Vec<usize>,
) {
    let mut value = 0;
    for (index, digit) in text.iter().take(*digits.end()).enumerate() {
        let Some(digit) = char::from(*digit).to_digit(radix) else { return };
        // Eight digits of base 16 at most.
        value = value * radix + digit;
        let is_it = u8::try_from(value).is_ok_and(|value| value.eq_ignore_ascii_case(&byte));
        if is_it && digits.contains(&(index + 1)) {
            ends.push(at + index + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{LONGEST, Scrub, Secret};

    /// The text without values, in pieces of this size.
    fn scrubbed(scrub: &mut Scrub, text: &str, size: usize) -> String {
        let mut out = Vec::new();
        text.as_bytes().chunks(size).for_each(|piece| out.extend(scrub.next(Bytes::copy_from_slice(piece))));
        out.extend(scrub.rest());
        String::from_utf8(out).unwrap()
    }

    #[track_caller]
    fn taken_out(value: &str, written: &str) {
        let secret = Secret::new(value).unwrap();
        let text = format!("say {written} loud");
        for size in 1..=text.len() {
            let out = scrubbed(&mut Scrub::of([&secret]), &text, size);
            assert_eq!(out, format!("say {} loud", "*".repeat(written.len())), "{written} in pieces of {size}");
        }
        let scrub = Scrub::of([&secret]);
        assert!(scrub.finds(text.as_bytes()) && !scrub.finds(b"say something else, loud"));
    }

    #[test]
    fn values_are_blotted_in_every_form_and_across_pieces() {
        for written in [
            "hush/hush+ 42~",
            "hush%2Fhush%2B%2042~",
            "hush%2fhush%2b%2042~",
            "hush%2Fhush%2B+42~",
            "HUSH/HUSH+ 42~",
            "hush\\/hush+ 42~",
            "687573682F687573682B2034327E",
            "687573682f687573682b2034327e",
        ] {
            taken_out("hush/hush+ 42~", written);
        }
        taken_out("pa\\ss\"word\\", "pa\\\\ss\\\"word\\\\");
    }

    /// Each as some encoder in wide use writes it: which characters it escapes is its own affair.
    #[test]
    fn values_of_which_some_characters_are_escaped_are_blotted() {
        for written in [
            // Gson; everything but letters and digits; a string within a string; Python and C.
            "ab-1+/\\u003dQ!<x>('&",
            "ab\\u002d1\\u002B\\u002f\\u003d\\u0051\\u0021\\u003cx\\u003e\\u0028\\u0027\\u0026",
            "ab-1+/=Q!\\\\u003cx\\\\u003e('\\\\u0026",
            "ab-1+/\\x3dQ!\\x3Cx>('&",
            "ab-1+/\\075Q!\\74x\\76('&",
            "ab-1+\\U0000002f=Q!<x>('&",
            // Handlebars, Mustache, Go, Django, names, no semicolons, and twice.
            "ab-1+/&#x3D;Q!&lt;x&gt;(&#x27;&amp;",
            "ab-1+&#x2F;&#x3D;Q!&lt;x&gt;(&#39;&amp;",
            "ab-1&#43;/=Q!&lt;x&gt;(&#39;&amp;",
            "ab-1&plus;&sol;&equals;Q&excl;&LT;x&GT;&lpar;&apos;&amp;",
            "ab-1&#0000043;/&#61Q!&lt;x&gt;('&amp;",
            "ab-1+/&amp;#x3D;Q!&amp;lt;x&amp;gt;('&amp;amp;",
            // `encodeURIComponent`, Python's `quote`, both twice, and mail.
            "ab-1%2B%2F%3DQ!%3Cx%3E('%26",
            "ab-1%2B/%3DQ%21%3Cx%3E%28%27%26",
            "ab-1%252B%252f%253DQ!%253Cx%253E('%2526",
            "ab-1+/=3DQ!<x>('&",
        ] {
            taken_out("ab-1+/=Q!<x>('&", written);
        }
    }

    #[test]
    fn base64_is_blotted_in_lines_and_in_the_middle_of_more() {
        let secret = Secret::new("hush/hush+ 42~").unwrap();
        for (text, keeps) in [
            // `Bearer hush/hush+ 42~` and the value alone.
            ("QmVhcmVyIGh1c2gvaHVzaCsgNDJ+", "QmVhcmVyI"),
            ("aHVzaC9odXNoKyA0Mn4=", ""),
            ("aHVzaC9odXNoKyA0Mn4", ""),
            ("aHVz\r\naC9o\r\ndXNo\r\nKyA0\r\nMn4=", ""),
            ("aHVz\\naC9o\\ndXNo\\nKyA0\\nMn4=", ""),
            ("aHVzaC9o\n    dXNoKyA0\n    Mn4\\u003d", ""),
            ("QmVhcmVyIGh1c2gvaHVzaCsgNDJ%2B", "QmVhcmVyI"),
        ] {
            for size in 1..=text.len() {
                let out = scrubbed(&mut Scrub::of([&secret]), text, size);
                assert!(out.starts_with(keeps) && out.len() == text.len(), "{text} in {size}: {out}");
                for part in ["aHVz", "aC9o", "dXNo", "KyA0", "c2gv", "aHVzaCsg"] {
                    assert!(!out[keeps.len()..].contains(part), "{text} in {size}: {out}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_value_comes_through_as_it_is_and_at_once() {
        let secret = Secret::new("ab-1+/=Q!<x>").unwrap();
        let texts = [
            "",
            "ab-1+/=Q!<x",
            "ab-1+/&#x3E;Q!<x>",
            "\\\\\\\\\\\\",
            "%%%%2525",
            "&amp;&#x;&#;&",
            "a\\u003",
            "====",
            "\u{e4}\u{1f980}",
        ];
        for text in texts {
            for size in 1..=text.len().max(1) {
                assert_eq!(scrubbed(&mut Scrub::of([&secret]), text, size), text, "in pieces of {size}");
            }
        }
        // A stream is not held back for a value that has not begun.
        let mut scrub = Scrub::of([&secret]);
        assert_eq!(scrub.next(Bytes::from_static(b"data: 1\n\n")).len(), 9);
        // What has begun is kept within bounds, whatever comes.
        for piece in ["ab-1", "\\", "\\\\\\\\\\\\\\\\", "&#0000000000000000000000000000000000", "%25252525252525252525"]
        {
            scrub.next(Bytes::copy_from_slice(piece.repeat(50).as_bytes()));
            assert!(scrub.held.len() <= 12 * LONGEST, "{}", scrub.held.len());
        }
        assert!(!format!("{scrub:?}").contains("97") && Scrub::default().is_idle());
    }

    #[test]
    fn values_that_overlap_are_both_gone() {
        let (first, second) = (Secret::new("abcdef").unwrap(), Secret::new("defghi").unwrap());
        for size in 1..=9 {
            assert_eq!(scrubbed(&mut Scrub::of([&first, &second]), "abcdefghi", size), "*********");
        }
    }
}
