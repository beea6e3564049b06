//! Signatures: who made a page or a bundle, and that nothing of it was changed since.
//!
//! A signer is an Ed25519 key (RFC 8032), known by its `did:key`. A signature says that whoever has the key signed; who that
//! is, somebody else has to say: `did:web`, or a DID that was told before. Nothing in here knows HTTP or a store.

mod did;
mod key;
mod manifest;
mod page;

pub use did::{Did, WebDid, document, keys_of};
pub use key::Signer;
pub use manifest::{Manifest, canonical};
pub use page::{Unsigned, Verdict, attach, detach, verify};

/// Why something cannot be signed or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignError(String);

impl SignError {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
