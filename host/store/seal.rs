//! Sealing: values encrypted at rest with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), and the keys for it.
//!
//! A value is sealed for a place: what it is, whose, under which name. Moved to another row it does not open. The nonce is
//! random, which 192 bits allow. The long nonce is HChaCha20, done here; the rest is ring's ChaCha20-Poly1305.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use super::digest::{hex, random, sha256, unhex};
use super::error::{Error, Result};
use crate::disk;

const NONCE: usize = 24;

/// A key, with an id that says nothing about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    id: String,
    bytes: [u8; 32],
}

/// Only the id.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl Key {
    fn new(bytes: [u8; 32]) -> Self {
        let digest = sha256(&[b"wb master key id\n".as_slice(), &bytes].concat());
        Self { id: hex(&digest[..8]), bytes }
    }

    /// A key nobody knows.
    ///
    /// # Errors
    ///
    /// When the system has no random bytes.
    pub fn random() -> Result<Self> {
        random().map(Self::new)
    }

    /// The key as text, as [`Keyring::parse`] reads it.
    #[must_use]
    pub fn text(&self) -> String {
        STANDARD.encode(self.bytes)
    }
}

/// The keys that values may be sealed with, and the one that new values are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    keys: Vec<Key>,
}

impl Keyring {
    /// Reads keys of 32 bytes each, in base64 or hexadecimal, with commas or white space between; the current one first.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when one is no such key. The text is not in the error.
    pub fn parse(text: &str) -> Result<Self> {
        let mut keys = Vec::new();
        for word in text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()) {
            let decoded = match word.len() {
                64 => unhex(word),
                _ => {
                    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD];
                    engines.iter().find_map(|engine| engine.decode(word).ok())
                }
            };
            let bytes = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            let wrong = || Error::Invalid("a master key is 32 bytes in base64 or hexadecimal".to_owned());
            keys.push(Key::new(bytes.ok_or_else(wrong)?));
        }
        if keys.is_empty() {
            return Err(Error::Invalid("there is no master key".to_owned()));
        }
        Ok(Self { keys })
    }

    /// Reads the keys of a file that only we can read, or makes one with a new key where there is none.
    ///
    /// # Errors
    ///
    /// When others can read it, it holds no keys, or cannot be made.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: &std::io::Error| Error::of_file(&format!("`{}`", path.display()), error);
        if !disk::exists(path) {
            let text = format!("{}\n", Key::random()?.text());
            match disk::create_private_file(path, text.as_bytes()) {
                // Another process was first; its key is the one.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => made.map_err(|error| failed(&error))?,
            }
        }
        Self::parse(&disk::read_private(path).map_err(|error| failed(&error))?)
    }

    /// Keeps the keys in a file, in place of those in it.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the old content stays then.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text: String = self.keys.iter().map(|key| key.text() + "\n").collect();
        let saved = disk::replace_private(path, text.as_bytes());
        saved.map_err(|error| Error::of_file(&format!("`{}`", path.display()), &error))
    }

    /// The same keys, and a new one that is the current one.
    ///
    /// # Errors
    ///
    /// When the system has no random bytes.
    pub fn with_new(&self) -> Result<Self> {
        let keys = std::iter::once(Key::random()?).chain(self.keys.iter().cloned()).collect();
        Ok(Self { keys })
    }

    /// The current key alone, once nothing is sealed with another.
    #[must_use]
    pub fn current_only(&self) -> Self {
        Self { keys: self.keys[..1].to_vec() }
    }

    /// The id of the key that new values are sealed with.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.keys[0].id
    }

    /// Seals a value for a place with the current key.
    pub(super) fn seal(&self, place: &[u8], value: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let mut sealed = nonce.to_vec();
        sealed.extend(encrypt(&self.keys[0].bytes, &nonce, place, value)?);
        Ok(sealed)
    }

    /// Opens what was sealed for this place with the key of this id.
    pub(super) fn open_sealed(&self, id: &str, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let unknown = || Error::Unavailable(format!("a value is sealed with the master key {id}, which is not given"));
        let key = self.keys.iter().find(|key| key.id == id).ok_or_else(unknown)?;
        let damaged = || Error::Corrupt("a sealed value does not open: it was changed, or is another's".to_owned());
        let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let mut body = body.to_vec();
        let (cipher, short) = cipher(&key.bytes, nonce)?;
        Ok(cipher.open_in_place(short, Aad::from(place), &mut body).map_err(|_| damaged())?.to_vec())
    }
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], place: &[u8], value: &[u8]) -> Result<Vec<u8>> {
    let (cipher, short) = cipher(key, nonce)?;
    let mut body = value.to_vec();
    let too_long = |_| Error::Invalid("this value is too long to be sealed".to_owned());
    cipher.seal_in_place_append_tag(short, Aad::from(place), &mut body).map_err(too_long)?;
    Ok(body)
}

/// XChaCha20-Poly1305 is ChaCha20-Poly1305 with a key made of the first 16 bytes of the nonce.
fn cipher(key: &[u8; 32], nonce: &[u8; NONCE]) -> Result<(LessSafeKey, Nonce)> {
    let mut first = [0; 16];
    first.copy_from_slice(&nonce[..16]);
    let mut short = [0; 12];
    short[4..].copy_from_slice(&nonce[16..]);
    let unusable = |_| Error::Invalid("this key cannot be used".to_owned());
    let key = UnboundKey::new(&CHACHA20_POLY1305, &hchacha20(key, &first)).map_err(unusable)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(short)))
}

/// HChaCha20, section 2.2 of the draft.
fn hchacha20(key: &[u8; 32], nonce: &[u8; 16]) -> [u8; 32] {
    let mut state = [0_u32; 16];
    state[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
    for (word, bytes) in state[4..].iter_mut().zip(key.chunks_exact(4).chain(nonce.chunks_exact(4))) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    const COLUMNS: [[usize; 4]; 4] = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
    const DIAGONALS: [[usize; 4]; 4] = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
    for _ in 0..10 {
        for quarter in COLUMNS.iter().chain(&DIAGONALS) {
            quarter_round(&mut state, *quarter);
        }
    }
    let mut out = [0; 32];
    for (bytes, word) in out.chunks_exact_mut(4).zip(state[..4].iter().chain(&state[12..])) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    out
}

fn quarter_round(state: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (add, to, turned, by) in [(b, a, d, 16), (d, c, b, 12), (b, a, d, 8), (d, c, b, 7)] {
        state[to] = state[to].wrapping_add(state[add]);
        state[turned] = (state[turned] ^ state[to]).rotate_left(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        unhex(&text.replace([' ', '\n', ':'], "")).unwrap().try_into().unwrap()
    }

    /// Section 2.2.1 of the draft.
    #[test]
    fn the_published_hchacha20() {
        let key = bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        let nonce = bytes("000000090000004a0000000031415927");
        let subkey = bytes("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc");
        assert_eq!(hchacha20(&key, &nonce), subkey);
    }

    /// Appendix A.3.1 of the draft.
    #[test]
    fn the_published_xchacha20_poly1305() {
        let key = bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        let nonce = bytes("404142434445464748494a4b4c4d4e4f5051525354555657");
        let place: [u8; 12] = bytes("50515253c0c1c2c3c4c5c6c7");
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
            sunscreen would be it.";
        let expected = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
            731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e
            c0875924c1c7987947deafd8780acf49";
        assert_eq!(encrypt(&key, &nonce, &place, text).unwrap(), bytes::<130>(expected));
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let ring = Keyring::parse(&Key::random().unwrap().text()).unwrap();
        let sealed = ring.seal(b"a", b"value").unwrap();
        assert_eq!(ring.open_sealed(ring.current(), b"a", &sealed).unwrap(), b"value");
        assert!(matches!(ring.open_sealed(ring.current(), b"b", &sealed), Err(Error::Corrupt(_))));
        assert!(matches!(ring.open_sealed("other", b"a", &sealed), Err(Error::Unavailable(_))));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(matches!(ring.open_sealed(ring.current(), b"a", &changed), Err(Error::Corrupt(_))));
        }
        assert!(matches!(ring.open_sealed(ring.current(), b"a", b"short"), Err(Error::Corrupt(_))));
        for text in ["", "abc", &"g".repeat(64), &STANDARD.encode([0; 31])] {
            let error = Keyring::parse(text).unwrap_err();
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
        assert_eq!(Keyring::parse(&"ab".repeat(32)).unwrap().keys.len(), 1);
    }
}
