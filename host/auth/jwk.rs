//! Public keys as issuers publish them (RFC 7517, RFC 7518, RFC 8037): those that can be used, and for what. What is weak or is no
//! key for signatures is left out, as if it were not there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

/// Most keys of an issuer that are looked at.
const KEYS: usize = 64;
/// Fewest bits of an RSA modulus (RFC 7518, section 3.3), and most.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Signatures that are accepted. There is none with a shared secret, and none without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Ed25519,
}

impl Algorithm {
    /// The one of this name, exactly as it is written.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            // The second is of RFC 9864.
            "EdDSA" | "Ed25519" => Self::Ed25519,
            _ => return None,
        })
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::Ed25519 => return None,
        })
    }
}

#[derive(Clone, Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A public key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// What the issuer calls it.
    pub(super) id: Option<String>,
    /// The one algorithm it is for, where it says.
    only: Option<Algorithm>,
    material: Material,
}

impl Key {
    /// Whether it is one for an algorithm. The key decides, never the token alone.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        let fits = match &self.material {
            Material::Rsa { .. } => algorithm.rsa().is_some(),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::Ed25519,
        };
        fits && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether it made this signature.
    pub(super) fn signed(&self, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> bool {
        if !self.is_for(algorithm) {
            return false;
        }
        let verified = match (&self.material, algorithm.rsa()) {
            (Material::Rsa { n, e }, Some(parameters)) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, text, signature)
            }
            (Material::P256(point), _) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature)
            }
            (Material::P384(point), _) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(text, signature)
            }
            (Material::Ed25519(key), _) => UnparsedPublicKey::new(&ED25519, key).verify(text, signature),
            (Material::Rsa { .. }, None) => return false,
        };
        verified.is_ok()
    }

    fn read(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        if value.get("use").is_some() && text("use") != Some("sig") {
            return None;
        }
        if let Some(operations) = value.get("key_ops")
            && !operations.as_array()?.iter().any(|operation| operation == "verify")
        {
            return None;
        }
        let only = match value.get("alg") {
            None | Some(Value::Null) => None,
            Some(name) => Some(Algorithm::named(name.as_str()?)?),
        };
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
        let sized = |name: &str, size: usize| bytes(name).filter(|bytes| bytes.len() == size);
        let point = |size: usize| Some([&[4], sized("x", size)?.as_slice(), sized("y", size)?.as_slice()].concat());
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                // Some write a zero before the number, which ring does not take.
                let number = |name: &str| {
                    let bytes = bytes(name)?;
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    Some(bytes[zeros..].to_vec())
                };
                let (n, e) = (number("n")?, number("e")?);
                let bits = n.len() * 8 - usize::try_from(n.first()?.leading_zeros()).ok()?;
                // An exponent of 1 or an even one makes anything a signature.
                let is_odd = e.last()? % 2 == 1;
                if !BITS.contains(&bits) || !is_odd || e.len() > 4 || e == [1] {
                    return None;
                }
                Material::Rsa { n, e }
            }
            ("EC", Some("P-256")) => Material::P256(point(32)?),
            ("EC", Some("P-384")) => Material::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(sized("x", 32)?),
            _ => return None,
        };
        let id = match value.get("kid") {
            None | Some(Value::Null) => None,
            Some(id) => Some(id.as_str()?.to_owned()),
        };
        Some(Self { id, only, material })
    }
}

/// The keys of a set that can be used.
///
/// # Errors
///
/// When it is no set, or has none.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Key>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}"))?;
    let all = value.get("keys").and_then(Value::as_array).ok_or("no set of keys: there is no `keys`")?;
    let keys: Vec<Key> = all.iter().take(KEYS).filter_map(Key::read).collect();
    if keys.is_empty() {
        let count = all.len();
        return Err(format!("none of its {count} keys can be used: RSA of 2048 bits or more, P-256, P-384 or Ed25519"));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rsa(bytes: usize, e: &str) -> Value {
        json!({ "kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": e })
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn keys_that_cannot_be_trusted_are_not_there() {
        let good = rsa(256, "AQAB");
        assert!(Key::read(&good).is_some());
        for (name, value) in [("use", json!("sig")), ("alg", json!("PS384")), ("key_ops", json!(["verify"]))] {
            assert!(Key::read(&with(good.clone(), name, value)).is_some(), "{name}");
        }
        for bad in [
            rsa(255, "AQAB"),
            rsa(128, "AQAB"),
            rsa(2048, "AQAB"),
            rsa(256, "AQ"),
            rsa(256, "Ag"),
            rsa(256, ""),
            rsa(0, "AQAB"),
            with(good.clone(), "use", json!("enc")),
            with(good.clone(), "use", json!(1)),
            with(good.clone(), "alg", json!("HS256")),
            with(good.clone(), "alg", json!("none")),
            with(good.clone(), "alg", json!("RSA-OAEP")),
            with(good.clone(), "key_ops", json!(["encrypt"])),
            with(good.clone(), "kid", json!({ "$ne": null })),
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" }),
            json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": URL_SAFE_NO_PAD.encode([1; 32]) }),
            json!([]),
            json!("key"),
        ] {
            assert!(Key::read(&bad).is_none(), "{bad}");
        }
        assert!(read(b"{\"keys\":[]}").is_err() && read(b"[]").is_err() && read(b"<html>").is_err());
    }

    #[test]
    fn a_key_is_for_its_own_kind_of_signature() {
        let key = Key::read(&rsa(256, "AQAB")).unwrap();
        assert!(key.is_for(Algorithm::Rs256) && key.is_for(Algorithm::Ps512) && !key.is_for(Algorithm::Es256));
        let only = Key::read(&with(rsa(256, "AQAB"), "alg", json!("RS256"))).unwrap();
        assert!(only.is_for(Algorithm::Rs256) && !only.is_for(Algorithm::Rs512) && !only.is_for(Algorithm::Ps256));
        for name in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256", "ES256K", "ES512", "RS1", "dir"] {
            assert_eq!(Algorithm::named(name), None, "{name}");
        }
    }
}
