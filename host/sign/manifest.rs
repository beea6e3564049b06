//! A signed statement in JSON: an object with `issuer_did` and, over all of it but itself, `signature`.
//!
//! What is signed is the object's canonical form: members sorted by name, no white space. For names in ASCII, strings and whole
//! numbers, which is all that stands in ours, that is RFC 8785.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Map, Value};

use super::{Did, SignError, Signer};
use crate::json::Once;

/// The member that is not signed.
const SIGNATURE: &str = "signature";
/// The member that says whose signature it is.
const ISSUER: &str = "issuer_did";

/// A statement and its signature, right or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest(Map<String, Value>);

impl Manifest {
    /// Signs a statement.
    #[must_use]
    pub fn sign(mut statement: Map<String, Value>, signer: &Signer) -> Self {
        statement.remove(SIGNATURE);
        statement.insert(ISSUER.to_owned(), signer.did().to_string().into());
        let signature = signer.sign(canonical(&Value::Object(statement.clone())).as_bytes());
        statement.insert(SIGNATURE.to_owned(), STANDARD.encode(signature).into());
        Self(statement)
    }

    /// A statement that nobody signed.
    #[must_use]
    pub fn of(statement: Map<String, Value>) -> Self {
        Self(statement)
    }

    /// Reads a statement, signed or not. Members that are there twice are refused: readers would not agree which is meant.
    ///
    /// # Errors
    ///
    /// When it is no JSON object.
    pub fn read(text: &[u8]) -> Result<Self, SignError> {
        let once: Once = serde_json::from_slice(text)
            .map_err(|error| SignError::new(format!("the manifest does not parse: {error}")))?;
        Ok(Self(once.0))
    }

    /// A member that is text, or nothing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// All members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Who says to have signed it, where that is a key.
    #[must_use]
    pub fn issuer(&self) -> Option<Did> {
        Did::parse(self.text(ISSUER)).ok()
    }

    /// Whether there is a signature at all.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.0.contains_key(SIGNATURE)
    }

    /// Whether the signature is the issuer's, over this very statement.
    #[must_use]
    pub fn is_right(&self) -> bool {
        let (Some(issuer), Ok(signature)) = (self.issuer(), STANDARD.decode(self.text(SIGNATURE))) else {
            return false;
        };
        let mut statement = self.0.clone();
        statement.remove(SIGNATURE);
        let signed = canonical(&Value::Object(statement));
        UnparsedPublicKey::new(&ED25519, issuer.public()).verify(signed.as_bytes(), &signature).is_ok()
    }

    /// The statement as text, in its canonical form.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical(&Value::Object(self.0.clone()))
    }
}

/// A value without white space, members sorted by name.
#[must_use]
pub fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_is_right_as_it_was_signed_and_no_other() {
        let signer = Signer::parse(&"07".repeat(32)).unwrap();
        let Value::Object(statement) = json!({ "b": [1, { "z": 1, "a": "ü" }], "a": "x" }) else { panic!() };
        let signed = Manifest::sign(statement, &signer);
        assert!(signed.is_right() && signed.issuer() == Some(signer.did()));
        let text = signed.canonical();
        assert!(text.starts_with(r#"{"a":"x","b":[1,{"a":"ü","z":1}],"issuer_did":"did:key:z6Mk"#), "{text}");
        // In another order it is the same statement.
        let other = format!("{{ \"signature\":\"{}\", {}", signed.text("signature"), &text[1..]);
        assert!(Manifest::read(other.as_bytes()).is_err(), "a member twice");
        let pretty = serde_json::to_string_pretty(&Value::Object(signed.members().clone())).unwrap();
        assert!(Manifest::read(pretty.as_bytes()).unwrap().is_right());
        for (from, to) in [("\"x\"", "\"y\""), ("\"z\":1", "\"z\":2"), ("\"a\":\"x\",", ""), ("z6Mk", "z6Mj")] {
            let changed = Manifest::read(text.replacen(from, to, 1).as_bytes()).unwrap();
            assert!(!changed.is_right(), "{from} as {to}");
        }
        assert!(!Manifest::read(b"{}").unwrap().is_right() && Manifest::read(b"[]").is_err());
    }
}
