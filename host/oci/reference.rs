//! References as text: where an artifact lies, and which one there. Nothing is looked up here.

use std::fmt;

use super::{Digest, OciError};

/// Where an artifact is, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where.
    pub place: Place,
    /// Its tag, if one is written.
    pub tag: Option<String>,
    /// Its digest, if one is written; it decides then.
    pub digest: Option<Digest>,
}

/// Where artifacts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder in the OCI image layout, relative to whoever refers to it.
    Layout(String),
    /// A repository of a registry.
    Registry {
        /// Its host, perhaps with a port.
        host: String,
        /// The repository's name.
        repository: String,
    },
}

/// What every reference begins with.
const SCHEME: &str = "oci:";

impl Reference {
    /// Whether a text means a reference and no file.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads `oci:./folder:tag` or `oci://host/repository:tag`, either with `@sha256:…` in place of or after the tag.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, OciError> {
        let error = |why| OciError::Reference { text: text.to_owned(), why };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| error("it does not begin with `oci:`"))?;
        let (rest, digest) = match rest.rsplit_once('@') {
            Some((rest, digest)) => {
                (rest, Some(Digest::parse(digest).ok_or_else(|| error("after `@` stands `sha256:` and 64 digits"))?))
            }
            None => (rest, None),
        };
        let registry = rest.strip_prefix("//");
        let path = registry.unwrap_or(rest);
        // A colon before the last slash belongs to a port.
        let last = path.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match path[last..].split_once(':') {
            Some((name, tag)) => (&path[..last + name.len()], Some(tag)),
            None => (path, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(error("a tag is letters, digits, `_`, `.` and `-`"));
        }
        let place = match registry {
            None if path.is_empty() => return Err(error("there is no folder")),
            None => Place::Layout(path.to_owned()),
            Some(_) => {
                let (host, repository) = path.split_once('/').ok_or_else(|| error("there is no repository"))?;
                if host.is_empty() || !host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c)) {
                    return Err(error("that is no host"));
                }
                if !is_repository(repository) {
                    return Err(error("a repository is small letters and digits, with `/`, `.`, `_` and `-` between"));
                }
                Place::Registry { host: host.to_owned(), repository: repository.to_owned() }
            }
        };
        Ok(Self { place, tag: tag.map(str::to_owned), digest })
    }

    /// The tag that is meant.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or("latest")
    }

    /// The same, by digest.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self { digest: Some(digest), ..self.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Layout(folder) => write!(f, "{SCHEME}{folder}")?,
            Place::Registry { host, repository } => write!(f, "{SCHEME}//{host}/{repository}")?,
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// OCI distribution specification 1.1, "Pulling manifests".
fn is_tag(tag: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    tag.len() <= 128 && tag.chars().all(inside) && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn is_repository(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        part.starts_with(letter)
            && part.ends_with(letter)
            && part.chars().all(|c| letter(c) || matches!(c, '_' | '.' | '-'))
    };
    name.len() <= 255 && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::{Place, Reference};

    #[test]
    fn references_are_read_and_written_again() {
        let digest = "0".repeat(64);
        for text in
            ["oci:./layout:v1", "oci:../a.b/c", "oci:/abs/x:1.0", "oci://ghcr.io/team/tool:1.0", "oci://[::1]:5000/x"]
        {
            for text in [text.to_owned(), format!("{text}@sha256:{digest}")] {
                assert_eq!(Reference::parse(&text).unwrap().to_string(), text);
            }
        }
        let reference = Reference::parse("oci://localhost:5000/a/b").unwrap();
        assert_eq!(reference.tag(), "latest");
        let place = Place::Registry { host: "localhost:5000".to_owned(), repository: "a/b".to_owned() };
        assert_eq!(reference.place, place);
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "./x",
            "oci:",
            "oci:./x:a b",
            "oci:./x:",
            "oci:./x@sha256:12",
            "oci:./x@md5:0",
            "oci://host",
            "oci:///x",
            "oci://host/Upper",
            "oci://host/a//b",
            "oci://host/a?x",
            "oci://user@host/a",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
