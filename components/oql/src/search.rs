//! Looking for single bytes, and for words by their rarest byte.
//!
//! These searches go over whole files, so they use vectors, also in WebAssembly (`components/build.rs` turns them on).
//! The standard library's searches read a byte or a word at a time there.

/// The first place of a byte.
pub(crate) fn find(text: &str, byte: u8) -> Option<usize> {
    memchr::memchr(byte, text.as_bytes())
}

/// Every place of a byte.
pub(crate) fn every(text: &str, byte: u8) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(byte, text.as_bytes())
}

/// Whether a text holds `needle`; `rare` is the character of it that texts have least often.
pub(crate) fn holds(text: &str, needle: &str, rare: u8) -> bool {
    let Some(offset) = find(needle, rare) else { return text.contains(needle) };
    let found = |i: usize| {
        let from = i.checked_sub(offset).and_then(|from| text.as_bytes().get(from..));
        from.is_some_and(|b| b.starts_with(needle.as_bytes()))
    };
    every(text, rare).any(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needles() {
        assert!(holds("a call_x", "call_", b'_') && holds("{{{x", "{{{", b'{') && holds("_src_", "src_", b'_'));
        assert!(!holds("a_b <", "src_", b'_') && !holds("< <", "<<", b'<') && !holds("", "<<", b'<'));
    }
}
