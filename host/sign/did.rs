//! Decentralised identifiers of two kinds: `did:key`, which is the public key itself (W3C CCG, did:key 0.9), and `did:web`, a
//! document at a host that lists keys (did:web, section 3). Only Ed25519 keys are known.

use std::fmt;

use serde_json::{Value, json};

use super::SignError;

/// The multicodec prefix of an Ed25519 public key.
const ED25519: [u8; 2] = [0xed, 0x01];

/// The alphabet of base58btc: no `0`, `O`, `I` and `l`.
const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A `did:key` of an Ed25519 key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Did([u8; 32]);

impl Did {
    /// The identifier of a public key.
    #[must_use]
    pub fn of(public: [u8; 32]) -> Self {
        Self(public)
    }

    /// Reads `did:key:z6Mk…`.
    ///
    /// # Errors
    ///
    /// When it is no `did:key`, or one of another kind of key.
    pub fn parse(text: &str) -> Result<Self, SignError> {
        let wrong = |what: &str| SignError::new(format!("`{}` {what}", text.escape_debug()));
        let key = text.strip_prefix("did:key:").ok_or_else(|| wrong("is no `did:key:…`"))?;
        Self::of_multibase(key).ok_or_else(|| wrong("is no `did:key` of an Ed25519 key, which begin with `z6Mk`"))
    }

    /// Reads the key alone, `z6Mk…`.
    fn of_multibase(text: &str) -> Option<Self> {
        let bytes = from_base58(text.strip_prefix('z')?)?;
        let key = bytes.strip_prefix(&ED25519)?;
        Some(Self(key.try_into().ok()?))
    }

    /// The key alone, in multibase.
    #[must_use]
    pub fn multibase(&self) -> String {
        format!("z{}", to_base58(&[&ED25519[..], &self.0].concat()))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "did:key:{}", self.multibase())
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A `did:web`: a host that says which keys are its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebDid {
    /// The host, with its port where it is not the usual one.
    authority: String,
    /// The folder of the document, `/` and more, or nothing.
    folder: String,
}

impl WebDid {
    /// Reads `did:web:example.org`, `did:web:localhost%3A4000`, `did:web:example.org:people:ada`.
    ///
    /// # Errors
    ///
    /// When it is no such identifier.
    pub fn parse(text: &str) -> Result<Self, SignError> {
        let wrong = || SignError::new(format!("`{}` is no `did:web:HOST`", text.escape_debug()));
        let mut parts = text.strip_prefix("did:web:").ok_or_else(wrong)?.split(':');
        let authority = parts.next().ok_or_else(wrong)?.replace("%3A", ":").replace("%3a", ":");
        let is_plain = |part: &str, also: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c) || also.contains(c))
        };
        let mut folder = String::new();
        for part in parts {
            if !is_plain(part, "~") || part.chars().all(|c| c == '.') {
                return Err(wrong());
            }
            folder.push('/');
            folder.push_str(part);
        }
        if is_plain(&authority, ":") { Ok(Self { authority, folder }) } else { Err(wrong()) }
    }

    /// The identifier of a host, with its port where it has one.
    #[must_use]
    pub fn of_authority(authority: &str) -> String {
        format!("did:web:{}", authority.to_ascii_lowercase().replace(':', "%3A"))
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.authority.split(':').next(), Some("localhost" | "127.0.0.1"))
    }

    /// Where the document is: `https`, or `http` on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_local() { "http" } else { "https" };
        let folder = if self.folder.is_empty() { "/.well-known" } else { self.folder.as_str() };
        format!("{scheme}://{}{folder}/did.json", self.authority)
    }
}

impl fmt::Display for WebDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::of_authority(&self.authority), self.folder.replace('/', ":"))
    }
}

/// The document of a `did:web` that has one key (DID Core 1.0, section 5).
#[must_use]
pub fn document(web: &str, key: &Did) -> Value {
    let method = format!("{web}#{}", key.multibase());
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/ed25519-2020/v1"],
        "id": web,
        "alsoKnownAs": [key.to_string()],
        "verificationMethod": [{
            "id": method,
            "type": "Ed25519VerificationKey2020",
            "controller": web,
            "publicKeyMultibase": key.multibase(),
        }],
        "assertionMethod": [method],
        "authentication": [method],
    })
}

/// The keys with which the subject of a document may vouch for something: those that it lists as its own and for assertions.
///
/// # Errors
///
/// When it is no document of this identifier.
pub fn keys_of(document: &[u8], web: &str) -> Result<Vec<Did>, SignError> {
    let document: Value =
        serde_json::from_slice(document).map_err(|error| SignError::new(format!("it is no JSON: {error}")))?;
    if document.get("id").and_then(Value::as_str) != Some(web) {
        return Err(SignError::new(format!("it is not the document of `{web}`")));
    }
    let list = |name: &str| document.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let methods = list("verificationMethod");
    let key = |method: &Value| {
        let text = |name: &str| method.get(name).and_then(Value::as_str);
        let is_known = matches!(text("type"), Some("Ed25519VerificationKey2020" | "Multikey"));
        text("publicKeyMultibase").filter(|_| is_known).and_then(Did::of_multibase)
    };
    let named = |id: &str| {
        let is_it = |method: &&Value| {
            let known = method.get("id").and_then(Value::as_str).unwrap_or_default();
            known == id || (id.starts_with('#') && known.strip_prefix(web) == Some(id))
        };
        methods.iter().find(is_it).and_then(key)
    };
    let asserting = list("assertionMethod");
    Ok(asserting.iter().filter_map(|entry| entry.as_str().map_or_else(|| key(entry), named)).collect())
}

fn to_base58(bytes: &[u8]) -> String {
    // Digits of the number, the lowest first.
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| 0);
    zeros.chain(digits.iter().rev().copied()).map(|digit| char::from(ALPHABET[usize::from(digit)])).collect()
}

fn from_base58(text: &str) -> Option<Vec<u8>> {
    // Far more than a key has; the work is quadratic.
    if text.len() > 100 {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::new();
    for letter in text.bytes() {
        let mut carry = ALPHABET.iter().position(|known| *known == letter)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
            carry >>= 8;
        }
    }
    bytes.extend(text.bytes().take_while(|letter| *letter == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::digest::unhex;

    /// From the test vectors of draft-msporny-base58-03, section 5.
    #[test]
    fn the_published_base58() {
        for (bytes, text) in [
            (b"Hello World!".to_vec(), "2NEpo7TZRRrLZSi2U"),
            (
                b"The quick brown fox jumps over the lazy dog.".to_vec(),
                "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
            ),
            (vec![0, 0, 0x28, 0x7f, 0xb4, 0xcd], "11233QC4"),
            (vec![], ""),
            (vec![0], "1"),
        ] {
            assert_eq!(to_base58(&bytes), text);
            assert_eq!(from_base58(text), Some(bytes));
        }
        assert_eq!(from_base58("0OIl"), None);
    }

    /// From did:key, section 4.1 (the first Ed25519 example), and RFC 8032, section 7.1 (the key of the first test).
    #[test]
    fn identifiers_are_keys_and_back() {
        let text = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
        assert_eq!(Did::parse(text).unwrap().to_string(), text);
        let key = unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        let did = Did::of(key.try_into().unwrap());
        assert!(did.to_string().starts_with("did:key:z6Mk"));
        assert_eq!(Did::parse(&did.to_string()).unwrap(), did);
        for wrong in [
            "",
            "did:key:",
            "did:web:x",
            "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
            "did:key:6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2do",
        ] {
            assert!(Did::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_vouches_for_the_keys_it_lists() {
        for (text, url) in [
            ("did:web:example.org", "https://example.org/.well-known/did.json"),
            ("did:web:example.org%3A8443", "https://example.org:8443/.well-known/did.json"),
            ("did:web:localhost%3A4000", "http://localhost:4000/.well-known/did.json"),
            ("did:web:example.org:people:ada", "https://example.org/people/ada/did.json"),
        ] {
            let web = WebDid::parse(text).unwrap();
            assert_eq!((web.url().as_str(), web.to_string().as_str()), (url, text));
        }
        for wrong in ["did:web:", "did:web:a/b", "did:web:a:..", "did:web:a@b", "did:web:a::b", "did:key:a"] {
            assert!(WebDid::parse(wrong).is_err(), "{wrong}");
        }
        let did = Did::of([7; 32]);
        let made = document("did:web:a.example", &did);
        assert_eq!(keys_of(made.to_string().as_bytes(), "did:web:a.example").unwrap(), [did]);
        assert!(keys_of(made.to_string().as_bytes(), "did:web:b.example").is_err());
        // A key that is listed, but for something else.
        let mut other = made.clone();
        other["assertionMethod"] = json!([]);
        assert_eq!(keys_of(other.to_string().as_bytes(), "did:web:a.example").unwrap(), []);
        assert!(keys_of(b"{", "did:web:a.example").is_err());
    }
}
