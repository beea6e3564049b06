//! Signed tokens in their compact form (RFC 7515, section 7.1): taken apart, and held against the issuer's keys.
//!
//! What a token says about how to check it is believed only as far as it picks one of the issuer's own keys: keys and addresses of
//! keys inside it are not looked at (RFC 8725, section 3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Denied;
use super::jwk::{Algorithm, Key};
use crate::json::Once;

/// Longest token, in bytes.
const LONGEST: usize = 8 << 10;
/// Longest name of a key, in bytes.
const LONGEST_ID: usize = 256;
/// Types of tokens that are for being let in with (RFC 7519, section 5.1; RFC 9068, section 2.1). One without a type is as well.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// A token that was taken apart. Nothing of it is to be believed yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    signed: &'a [u8],
    algorithm: Algorithm,
    key: Option<String>,
    claims: &'a str,
    signature: Vec<u8>,
}

/// How keys and a token fit.
#[derive(Debug)]
pub(super) enum Checked {
    /// One of them made the signature; these are the claims.
    Right(Map<String, Value>),
    /// It names a key that is not there.
    UnknownKey,
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice::<Once>(&bytes).ok().map(|once| once.0)
}

impl<'a> Token<'a> {
    /// Takes a token apart.
    pub(super) fn read(text: &'a str) -> Result<Self, Denied> {
        let bad = |detail: &str| Denied::invalid("jwt-form", detail);
        if text.len() > LONGEST {
            return Err(bad("too long"));
        }
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        let [head, claims, signature] = parts[..] else { return Err(bad("not three parts")) };
        let header = object(head).ok_or_else(|| bad("its header is no JSON object in base64url"))?;
        // What has to be understood and is not (RFC 7515, section 4.1.11); there is nothing here that would be.
        for name in ["crit", "b64", "zip", "enc"] {
            if header.contains_key(name) {
                return Err(Denied::invalid("jwt-crit", name));
            }
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.ok_or_else(|| Denied::invalid("jwt-alg", ""))?;
        let is_token = match header.get("typ") {
            None => true,
            Some(kind) => kind.as_str().is_some_and(|kind| TYPES.contains(&kind.to_ascii_lowercase().as_str())),
        };
        if !is_token {
            return Err(Denied::invalid("jwt-typ", ""));
        }
        let key = match header.get("kid") {
            None => None,
            Some(Value::String(id)) if (1..=LONGEST_ID).contains(&id.len()) => Some(id.clone()),
            Some(_) => return Err(Denied::invalid("jwt-kid", "")),
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes| !bytes.is_empty());
        let signature = signature.ok_or_else(|| bad("its signature is no base64url"))?;
        let signed = text.as_bytes().get(..head.len() + 1 + claims.len()).unwrap_or_default();
        Ok(Self { signed, algorithm, key, claims, signature })
    }

    /// Whether one of the keys made the signature, and what was signed.
    pub(super) fn check(&self, keys: &[Key]) -> Result<Checked, Denied> {
        let key = match &self.key {
            Some(id) => {
                // An issuer may give keys of two kinds one name.
                let mut named = keys.iter().filter(|key| key.id.as_ref() == Some(id)).peekable();
                if named.peek().is_none() {
                    return Ok(Checked::UnknownKey);
                }
                named.find(|key| key.is_for(self.algorithm))
            }
            None => {
                let mut fitting = keys.iter().filter(|key| key.is_for(self.algorithm));
                let first = fitting.next();
                // Which of several is not tried out.
                if fitting.next().is_some() { None } else { first }
            }
        };
        let Some(key) = key else { return Err(Denied::invalid("jwt-key", "no key of the issuer is for its `alg`")) };
        if !key.signed(self.algorithm, self.signed, &self.signature) {
            return Err(Denied::invalid("jwt-signature", ""));
        }
        let claims = object(self.claims).ok_or_else(|| Denied::invalid("jwt-form", "its claims are no JSON object"))?;
        Ok(Checked::Right(claims))
    }
}
