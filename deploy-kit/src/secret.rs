//! Text that must not be printed by accident, and how to tell such text in a file.

use std::fmt;

/// A value that may be a credential: it can be read with [`Secret::expose`], but neither formatted nor logged.
///
/// ```
/// let secret = wb_deploy::Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "[REDACTED]");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. A call of this is the place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Ends of names that people give to credentials.
const NAME_ENDS: &[&str] = &["_KEY", "_SECRET", "_TOKEN", "_PASSWORD", "_BEARER", "_DSN", "DATABASE_URL"];

/// Beginnings that issuers give to their tokens, so that scanners can find them.
const VALUE_STARTS: &[&str] = &["sk-", "sk_live_", "AKIA", "ghp_", "github_pat_", "glpat-", "xoxb-", "-----BEGIN"];

/// Whether a property of this name would hold a credential. `key` is in upper case.
pub(crate) fn name_is_secret(key: &str) -> bool {
    NAME_ENDS.iter().any(|end| key.ends_with(end))
}

/// Whether the text is a credential by its own looks: a known token prefix, or a URL with a password in it.
pub(crate) fn value_is_secret(value: &str) -> bool {
    VALUE_STARTS.iter().any(|start| value.starts_with(start)) || url_has_password(value)
}

fn url_has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_by_name_or_by_looks() {
        for name in ["WB_S3_KEY", "WB_S3_SECRET", "WB_DATABASE_URL", "WB_PUBLIC_BEARER", "OPENROUTER_API_KEY"] {
            assert!(name_is_secret(name), "{name}");
        }
        for name in ["ISSUER", "JWKS_URL", "STORAGE_BUCKET", "KEYBOARD"] {
            assert!(!name_is_secret(name), "{name}");
        }
        for value in ["postgres://wb:pw@db/app", "sk-or-v1-123", "AKIAIOSFODNN7EXAMPLE"] {
            assert!(value_is_secret(value), "{value}");
        }
        for value in ["https://s3.us-east-1.amazonaws.com", "https://host:9000/a@b", "postgres", "sqlite"] {
            assert!(!value_is_secret(value), "{value}");
        }
    }
}
