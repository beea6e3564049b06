//! What can be wrong with a `deployment.org`, and how each finding is worded.

use std::fmt;

use crate::axes::{Auth, Axis, Database};
use crate::position::Position;
use crate::properties::Property;
use crate::reader::OLD_PREFIX;
use crate::secret::Secret;

/// Whether a finding stops the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file does not describe a deployment.
    Error,
    /// The file does, but a part of it does not do what its author may think.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One finding. Displayed as `line:column: severity: message`; the cure is [`Problem::hint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Where it is.
    pub at: Position,
    /// What it is.
    pub problem: Problem,
}

impl Issue {
    pub(crate) fn new(at: Position, problem: Problem) -> Self {
        Self { at, problem }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.at, self.problem.severity(), self.problem)
    }
}

/// Everything that is wrong with a file that could not be read, warnings included, in document order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// At least one of them is an error.
    pub issues: Vec<Issue>,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid deployment:")?;
        let errors = self.issues.iter().filter(|issue| issue.problem.severity() == Severity::Error);
        for issue in errors {
            write!(f, "\n  - {}", issue.problem)?;
        }
        Ok(())
    }
}

/// The kinds of finding. The wording of the combinations that cannot coexist is the deployments lesson's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// `ENGINE_PLACE` has no default.
    #[error("`ENGINE_PLACE` is missing")]
    MissingPlace,
    /// An axis has a value that is not in its list.
    #[error("`{}` is {}, not `{got}`", property.key(), list(allowed))]
    UnknownValue {
        /// The axis.
        property: Property,
        /// The value in the file.
        got: String,
        /// The legal values.
        allowed: Vec<&'static str>,
        /// The one that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A slip in a property name: without this finding the property's default would apply in silence.
    #[error("there is no property `{key}`")]
    MisspelledKey {
        /// The name in the file.
        key: String,
        /// The name that was probably meant.
        nearest: &'static str,
    },
    /// A name that resembles no property. Org and its author may have put it there for other reasons.
    #[error("`{key}` is not a property of a deployment and has no effect")]
    UnknownKey {
        /// The name in the file.
        key: String,
    },
    /// The same property twice, with two values.
    #[error("`{}` is set a second time, to another value; the first is on line {}", property.key(), first.line)]
    Duplicate {
        /// The property.
        property: Property,
        /// Where it is set first.
        first: Position,
    },
    /// A line of the drawer that Org would not read.
    #[error("this line of the drawer is not `:KEY: value`")]
    NotAProperty,
    /// A property without a value.
    #[error("`{key}` has no value and has no effect")]
    EmptyValue {
        /// The name in the file, in upper case.
        key: String,
    },
    /// A drawer without an end.
    #[error("this drawer is not closed")]
    UnclosedDrawer,
    /// Two headings, each tagged as a deployment.
    #[error("a second deployment in one file; the first is on line {}", first.line)]
    SeveralDeployments {
        /// The heading that was read.
        first: Position,
    },
    /// A credential in a file that is meant to be public.
    #[error("`{key}` holds a secret, and secrets do not belong in the file")]
    SecretInFile {
        /// The property or the name declared in `#+DEPLOY_SECRETS:`.
        key: String,
        /// The value, for redacting it elsewhere.
        value: Secret,
    },
    /// A word of `#+DEPLOY_SECRETS:` that cannot be the name of an environment variable.
    #[error("`{name}` is not a name a secret can have")]
    BadSecretName {
        /// The word.
        name: String,
    },
    /// A name that becomes a directory or a host name, and cannot.
    #[error("`{}` is `{got}`, which cannot be a name", property.key())]
    BadName {
        /// The property.
        property: Property,
        /// The value in the file.
        got: String,
    },
    /// `<…>` of a template, left as it was.
    #[error("`{}` still holds the placeholder of a template", property.key())]
    Placeholder {
        /// The property.
        property: Property,
    },
    /// No heading has the tag; the drawers of the whole file were read.
    #[error("no heading is tagged `:deployment:`, so every drawer of the file is read")]
    NoTag,
    /// A property of a deployment in a drawer that is none of the deployment's.
    #[error("`{}` is outside the deployment's heading and has no effect", property.key())]
    Outside {
        /// The property.
        property: Property,
    },
    /// The older keyword form of a property. It was obeyed.
    #[error("`#+{keyword}:` is the older form of a property")]
    OldKeyword {
        /// The keyword, in upper case.
        keyword: String,
        /// What it stands for.
        properties: Vec<(Property, String)>,
    },
    /// The older keyword form of a property that the drawer sets too. It was not obeyed.
    #[error("`#+{keyword}:` has no effect: the drawer sets `{}` on line {}", property.key(), at.line)]
    OverruledKeyword {
        /// The keyword, in upper case.
        keyword: String,
        /// The property.
        property: Property,
        /// Where the drawer sets it.
        at: Position,
    },
    /// Tenants behind one writer.
    #[error(
        "TENANCY_MODE: multi on DATABASE: sqlite serializes every tenant through one writer — set DATABASE: postgres"
    )]
    MultiOnSqlite,
    /// Tenants without an identity.
    #[error(
        "TENANCY_MODE: multi needs a real AUTH (betterauth, clerk or oidc) — `trusted` has no identity to isolate tenants by"
    )]
    MultiOnTrusted,
    /// Tokens that nobody issues.
    #[error("AUTH: {auth} needs an ISSUER — a token needs an issuer")]
    NoIssuer {
        /// The value of `AUTH`.
        auth: Auth,
    },
    /// A bucket store without its bucket or its address.
    #[error("STORAGE: s3 needs {} in the file", missing.join(" + "))]
    NoBucket {
        /// The absent ones of `STORAGE_ENDPOINT` and `STORAGE_BUCKET`.
        missing: Vec<&'static str>,
    },
}

impl Problem {
    /// Whether the finding stops the reading.
    pub fn severity(&self) -> Severity {
        match self {
            Self::UnknownKey { .. }
            | Self::EmptyValue { .. }
            | Self::NoTag
            | Self::Outside { .. }
            | Self::OldKeyword { .. }
            | Self::OverruledKeyword { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The cure, without a final period; `None` where the message is the cure.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::MissingPlace => "write `:ENGINE_PLACE: local` or `:ENGINE_PLACE: cloud` in the drawer".to_owned(),
            Self::UnknownValue { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::MisspelledKey { nearest, .. } => format!("did you mean `{nearest}`?"),
            Self::Duplicate { .. } => "keep one of the two lines".to_owned(),
            Self::NotAProperty => "a property needs a colon on both sides of its name, then a space".to_owned(),
            Self::EmptyValue { .. } => "give it a value or remove the line".to_owned(),
            Self::UnclosedDrawer => "write `:END:` on a line of its own after its last property".to_owned(),
            Self::SeveralDeployments { .. } => "one file describes one engine; move this heading to its own".to_owned(),
            Self::SecretInFile { key, .. } => secret_hint(key),
            Self::BadSecretName { .. } => "names have upper-case letters, digits and `_`, one space between".to_owned(),
            Self::BadName { .. } => "use lower-case letters, digits and `-`, beginning with a letter".to_owned(),
            Self::Placeholder { .. } => "put your own value in its place".to_owned(),
            Self::NoTag => "write `:deployment:` at the end of the heading".to_owned(),
            Self::Outside { .. } => "move it to the drawer of the heading tagged `:deployment:`".to_owned(),
            Self::OldKeyword { properties, .. } => {
                let lines = properties.iter().map(|(property, value)| format!("`:{}: {value}`", property.key()));
                format!("write {} in the drawer", lines.collect::<Vec<_>>().join(" and "))
            }
            Self::OverruledKeyword { .. } => "remove the keyword".to_owned(),
            Self::NoIssuer { .. } => "write `:ISSUER: https://…`, the origin your tokens come from".to_owned(),
            Self::UnknownValue { nearest: None, .. }
            | Self::UnknownKey { .. }
            | Self::MultiOnSqlite
            | Self::MultiOnTrusted
            | Self::NoBucket { .. } => return None,
        };
        Some(hint)
    }
}

/// Where a secret belongs that was found under `key`.
fn secret_hint(key: &str) -> String {
    let place = if key == Database::KEY {
        "write `:DATABASE: postgres` and set `WB_DATABASE_URL` in the environment".to_owned()
    } else if Property::from_key(key).is_some() || key.starts_with(OLD_PREFIX) || !is_variable(key) {
        "set it in the environment".to_owned()
    } else {
        format!("write `#+DEPLOY_SECRETS: {key}` and set it in the environment")
    };
    format!("{place}; whoever has the file has this one")
}

/// Whether the text can name an environment variable that holds a secret.
pub(crate) fn is_variable(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && name.chars().all(rest)
}

/// `` `a`, `b` or `c` ``.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_found_in_the_file_is_not_repeated() {
        let value = Secret::new("hunter2");
        let issue = Issue::new(
            Position { line: 4, column: 1 },
            Problem::SecretInFile { key: "WB_S3_SECRET".to_owned(), value },
        );
        let shown = format!("{issue} {issue:?} {:?}", issue.problem.hint());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("[REDACTED]"), "{shown}");
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
