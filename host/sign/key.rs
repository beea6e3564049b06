//! The key that signs: a seed of 32 bytes, in a file that only we can read or in a variable.

use std::fmt;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::hkdf;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::{Did, SignError};
use crate::disk;
use crate::store::Tenant;
use crate::store::digest::{random, unhex};

/// Somebody who signs.
pub struct Signer {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
    did: Did,
}

/// Only who it is.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.did)
    }
}

impl Signer {
    fn of(seed: [u8; 32]) -> Result<Self, SignError> {
        let unusable = |_| SignError::new("this key cannot be used");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(unusable)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| SignError::new("this key cannot be used"))?;
        Ok(Self { seed, pair, did: Did::of(public) })
    }

    /// Reads a seed of 32 bytes in base64 or hexadecimal.
    ///
    /// # Errors
    ///
    /// When it is none. The text is not in the error.
    pub fn parse(text: &str) -> Result<Self, SignError> {
        let text = text.trim();
        let decoded = match text.len() {
            64 => unhex(text),
            _ => [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok()),
        };
        let seed = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Self::of(seed.ok_or_else(|| SignError::new("a signing key is 32 bytes in base64 or hexadecimal"))?)
    }

    /// The signer of a file that only we can read; a new one in a new file where there is none. Says whether it is new.
    ///
    /// # Errors
    ///
    /// When others can read it, it holds no key, or cannot be made.
    pub fn open(path: &Path) -> Result<(Self, bool), SignError> {
        let failed = |error: &io::Error| SignError::new(format!("`{}`: {error}", path.display()));
        let mut is_new = false;
        if !disk::exists(path) {
            let seed = random::<32>().map_err(|error| SignError::new(error.to_string()))?;
            match disk::create_private_file(path, format!("{}\n", STANDARD.encode(seed)).as_bytes()) {
                Ok(()) => is_new = true,
                // Another process was first; its key is the one.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        let text = disk::read_private(path).map_err(|error| failed(&error))?;
        let signer = Self::parse(&text).map_err(|error| SignError::new(format!("`{}`: {error}", path.display())))?;
        Ok((signer, is_new))
    }

    /// The signer of a tenant: of `local` this one, of others one whose key is made of this one's (HKDF, RFC 5869), so that
    /// nothing has to be kept for each.
    ///
    /// # Errors
    ///
    /// When the key cannot be used.
    pub fn of_tenant(&self, tenant: &Tenant) -> Result<Self, SignError> {
        if *tenant == Tenant::local() {
            return Self::of(self.seed);
        }
        let unusable = |_| SignError::new("this key cannot be used");
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"wb signing 1");
        let info = [tenant.as_str().as_bytes()];
        let key = salt.extract(&self.seed);
        let mut seed = [0; 32];
        key.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut seed)).map_err(unusable)?;
        Self::of(seed)
    }

    /// Who it is.
    #[must_use]
    pub fn did(&self) -> Did {
        self.did
    }

    /// The signature of some bytes (RFC 8032, section 5.1.6).
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_published_signature() {
        let signer = Signer::parse("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(signer.did().public().to_vec(), unhex(public).unwrap());
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        assert_eq!(signer.sign(b""), unhex(signature).unwrap());
    }

    #[test]
    fn tenants_are_others_and_always_the_same() {
        let signer = Signer::parse(&STANDARD.encode([1; 32])).unwrap();
        let did = |tenant: &str| signer.of_tenant(&Tenant::new(tenant).unwrap()).unwrap().did();
        assert_eq!(did("local"), signer.did());
        assert_eq!(did("a"), did("a"));
        assert!(did("a") != did("b") && did("a") != signer.did());
        assert!(!format!("{signer:?}").contains("AQEB"));
        for wrong in ["", "AQEB", &"g".repeat(64)] {
            assert!(Signer::parse(wrong).is_err(), "{wrong}");
        }
    }
}
