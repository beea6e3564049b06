//! The hash of `:cache yes`: what Babel looks at to know a result as current.
//!
//! It has the form of Babel's own, but not its value, because that is made of a printed Emacs Lisp list; Emacs runs a
//! block again that was cached here. SHA-1 is no protection here and need not be one.

use crate::plan::blocks::SourceBlock;
use crate::syntax::Document;

/// Arguments that say where a result goes and not what it is.
const IRRELEVANT: &[&str] = &["results", "exports", "cache"];

/// The hash of what a result depends on.
pub(super) fn of_block(document: &Document, block: &SourceBlock, source: &str) -> String {
    let mut args: Vec<(&str, &str)> =
        block.args.iter().map(|arg| (arg.key.as_str(), document.slice(&arg.value))).collect();
    args.retain(|(key, _)| !IRRELEVANT.contains(key));
    args.sort_unstable();
    let mut text = block.lang.clone();
    for (key, value) in args {
        text.push_str(&format!("\0{key}\0{value}"));
    }
    text.push_str("\0\0");
    text.push_str(source);
    sha1(text.as_bytes())
}

fn sha1(bytes: &[u8]) -> String {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let bits = (bytes.len() as u64).wrapping_mul(8);
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend_from_slice(&bits.to_be_bytes());
    for block in padded.chunks_exact(64) {
        round(&mut state, block);
    }
    state.iter().map(|word| format!("{word:08x}")).collect()
}

fn round(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for i in 16..80 {
        words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (i, word) in words.iter().enumerate() {
        let (f, k) = match i / 20 {
            0 => ((b & c) | (!b & d), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
        *sum = sum.wrapping_add(part);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn digests() {
        assert_eq!(super::sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(super::sha1(&[b'a'; 119]), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56");
    }
}
