//! Whose data it is. There is no query without one: repositories are made by [`super::Store::of`] alone.

use std::fmt;
use std::sync::Arc;

use super::error::{Error, Result};

/// The name of a tenant: 1 to 63 of `a-z`, `0-9`, `-` and `_`, with a letter or digit first.
///
/// It is part of every row and of the key of every blob, so it has no characters that a file system or a database could
/// take for something else, and no two names that differ in case only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// The only tenant where there is one.
    #[must_use]
    pub fn local() -> Self {
        Self(Arc::from("local"))
    }

    /// The tenant of this name.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when it is no such name.
    pub fn new(name: &str) -> Result<Self> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        let first = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if name.len() <= 63 && first && name.chars().all(fits) {
            return Ok(Self(Arc::from(name)));
        }
        Err(Error::Invalid("a tenant is 1 to 63 of `a-z`, `0-9`, `-` and `_`, with a letter or digit first".to_owned()))
    }

    /// The tenant of a claim of an issuer, such as an organisation's id, whatever characters that has. The same claim of
    /// two issuers is two tenants.
    #[must_use]
    pub fn of_claim(issuer: &str, claim: &str) -> Self {
        let text = format!("{}:{issuer}{claim}", issuer.len());
        let digest = super::digest::hex(&super::digest::sha256(text.as_bytes()));
        Self(Arc::from(format!("c-{}", &digest[..40])))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["local", "a", "org_2-x", &"a".repeat(63)] {
            assert_eq!(Tenant::new(name).unwrap().as_str(), name);
        }
        for name in ["", "A", "-a", "_a", "a/b", "a b", "..", "a\0", "ä", &"a".repeat(64)] {
            assert!(matches!(Tenant::new(name), Err(Error::Invalid(_))), "{name:?}");
        }
        assert_ne!(Tenant::of_claim("a", "bc"), Tenant::of_claim("ab", "c"));
        assert!(Tenant::new(Tenant::of_claim("https://x", "org|1").as_str()).is_ok());
    }
}
