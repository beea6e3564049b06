//! Secrets by reference: a block writes `{{secret:NAME}}` into a request header, the value is put in on the way out, and
//! taken out of whatever comes back.
//!
//! A block never holds a value, so none can reach a log, a record, a result or a page through it.

use std::fmt;

use bytes::Bytes;

/// A value that is not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Shortest value that can be recognised in an answer.
const SHORTEST: usize = 4;

impl Secret {
    /// A value, without the line end an editor leaves.
    pub(super) fn new(value: &str) -> Result<Self, &'static str> {
        let value = value.trim_end_matches(['\r', '\n']);
        if value.len() < SHORTEST {
            return Err("is shorter than 4 bytes, which could not be recognised in an answer");
        }
        if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Err("has characters that no header may have");
        }
        Ok(Self(value.to_owned()))
    }

    /// The forms in which a server may give it back.
    fn forms(&self) -> Vec<Vec<u8>> {
        let bytes = self.0.as_bytes();
        let json = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        let html = self.0.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        // Case does not matter where they are looked for.
        let mut forms = vec![
            bytes.to_vec(),
            json.replace('/', "\\/").into_bytes(),
            json.into_bytes(),
            html.replace('\'', "&#39;").into_bytes(),
            html.replace('\'', "&#x27;").into_bytes(),
            html.into_bytes(),
            percent(bytes, b"%20"),
            percent(bytes, b"+"),
            bytes.iter().flat_map(|b| [b >> 4, b & 15].map(|n| HEX[usize::from(n)])).collect(),
        ];
        for alphabet in [(b'+', b'/'), (b'-', b'_')] {
            // In the middle of something longer the value begins at any of three places of a group.
            forms.extend((0..3).map(|offset| base64(bytes, offset, alphabet)));
        }
        forms.retain(|form| form.len() >= SHORTEST);
        forms.sort();
        forms.dedup();
        forms
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// As in an address, or as in a form, where a space is a `+`.
fn percent(bytes: &[u8], space: &[u8]) -> Vec<u8> {
    let one = |byte: &u8| match byte {
        b' ' => space.to_vec(),
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => vec![*byte],
        byte => vec![b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]],
    };
    bytes.iter().flat_map(one).collect()
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

/// Puts secrets into a header's value. `find` gives the value of a name, or why there is none for this request.
pub(super) fn fill<'a>(
    text: &str,
    find: impl Fn(&str) -> Result<&'a Secret, String>,
) -> Result<Option<String>, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("{{secret:") {
        let (name, tail) = after.split_once("}}").ok_or("`{{secret:` without `}}`")?;
        out.push_str(before);
        out.push_str(&find(name)?.0);
        rest = tail;
    }
    Ok((rest.len() < text.len()).then(|| out + rest))
}

/// Takes values out of what comes in pieces: each is replaced by as many asterisks.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    forms: Vec<Vec<u8>>,
    /// The end of what has come, which may be the beginning of a value.
    held: Vec<u8>,
}

impl Scrub {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self { forms: secrets.into_iter().flat_map(Secret::forms).collect(), held: Vec::new() }
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_idle(&self) -> bool {
        self.forms.is_empty()
    }

    /// The next piece: what is certain of it.
    pub(super) fn next(&mut self, piece: Bytes) -> Bytes {
        if self.is_idle() {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        self.blot();
        let longest = self.forms.iter().map(Vec::len).max().unwrap_or(1);
        let certain = self.held.len().saturating_sub(longest - 1);
        Bytes::from(self.held.drain(..certain).collect::<Vec<u8>>())
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.held))
    }

    /// Whether a value is in this text.
    pub(super) fn finds(&self, text: &[u8]) -> bool {
        self.forms.iter().any(|form| find(text, form).is_some())
    }

    /// A whole text at once.
    pub(super) fn whole(&self, text: &[u8]) -> Vec<u8> {
        let mut once = Self { forms: self.forms.clone(), held: text.to_vec() };
        once.blot();
        once.held
    }

    fn blot(&mut self) {
        for form in &self.forms {
            let mut from = 0;
            while let Some(at) = find(&self.held[from..], form) {
                self.held[from + at..from + at + form.len()].fill(b'*');
                from += at + form.len();
            }
        }
    }
}

/// Where `part` is, in upper or lower case.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| byte.eq_ignore_ascii_case(&first)) {
        if text[from + at..].get(..part.len()).is_some_and(|there| there.eq_ignore_ascii_case(part)) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Scrub, Secret, fill};

    #[test]
    fn references_are_filled_and_nothing_else() {
        let secret = Secret::new("s3cr3t\n").unwrap();
        let find = |name: &str| if name == "T" { Ok(&secret) } else { Err(format!("no `{name}`")) };
        assert_eq!(fill("Bearer {{secret:T}}", find), Ok(Some("Bearer s3cr3t".to_owned())));
        assert_eq!(fill("{{secret:T}}:{{secret:T}}!", find), Ok(Some("s3cr3t:s3cr3t!".to_owned())));
        assert_eq!(fill("plain {{x}}", find), Ok(None));
        assert_eq!(fill("{{secret:U}}", find), Err("no `U`".to_owned()));
        assert!(fill("{{secret:T", find).is_err());
        assert!(Secret::new("abc").is_err() && Secret::new("a\r\nX: y").is_err());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn values_are_blotted_in_every_form_and_across_pieces() {
        let secret = Secret::new("hush/hush+ 42~").unwrap();
        for text in [
            "say hush/hush+ 42~ loud",
            "say hush%2Fhush%2B%2042~ loud",
            "say hush%2fhush%2b%2042~ loud",
            "say hush%2Fhush%2B+42~ loud",
            "say HUSH/HUSH+ 42~ loud",
            "say hush\\/hush+ 42~ loud",
            "say 687573682F687573682B2034327E loud",
            "say 687573682f687573682b2034327e loud",
            // `Bearer hush/hush+ 42~` and the value alone.
            "say QmVhcmVyIGh1c2gvaHVzaCsgNDJ+ loud",
            "say aHVzaC9odXNoKyA0Mn4= loud",
            "say aHVzaC9odXNoKyA0Mn4 loud",
        ] {
            for size in 1..text.len() {
                let mut scrub = Scrub::of([&secret]);
                let mut out = Vec::new();
                text.as_bytes().chunks(size).for_each(|p| out.extend(scrub.next(Bytes::copy_from_slice(p))));
                out.extend(scrub.rest());
                let out = String::from_utf8(out).unwrap();
                assert_eq!(out.len(), text.len());
                assert!(out.starts_with("say ") && out.ends_with(" loud"), "{out}");
                assert!(out.contains("*********"), "{text} in {size}: {out}");
                assert!(!out.contains("hush") && !out.contains("c2gv") && !out.contains("aHVz"), "{out}");
            }
        }
    }
}
