//! Components as OCI artifacts: what a reference says, and the two documents around a component's bytes.
//!
//! The form is that of the CNCF's guidance for WebAssembly (config `application/vnd.wasm.config.v0+json`, one layer
//! `application/wasm`) in a manifest of the OCI image specification 1.1, which `wkg` writes and reads too. The same component
//! gives the same bytes. Where artifacts lie is left to `layout` (a folder) and `registry` (HTTP); what a lock says about
//! a reference, to the verbs.

pub mod layout;
mod reference;
pub mod registry;

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::{Value, json};
use wb_composer::signature::{self, OfferError};

use crate::exit::Exit;

pub use reference::{Place, Reference};

/// Media types (OCI image specification 1.1, and the CNCF's artifact guidance for WebAssembly).
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// The largest manifest that is read.
const LARGEST_MANIFEST: u64 = 4 << 20;
/// The largest component that is read.
const LARGEST_COMPONENT: u64 = 1 << 30;

/// A SHA-256 digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads `sha256:` and 64 small hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (hex.len() == 64 && hex.chars().all(digit)).then(|| Self(hex.to_owned()))
    }

    /// The hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

/// Why an artifact was not got or put.
#[derive(Debug, thiserror::Error)]
pub enum OciError {
    /// A reference is not written like one.
    #[error("`{text}` is no reference: {why}")]
    Reference {
        /// As written.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It is not there.
    #[error("there is no {what}")]
    NotThere {
        /// What, and where.
        what: String,
    },
    /// Bytes are not those that were asked for.
    #[error("{what} is not what it must be: its digest is {found}, and {expected} was asked for")]
    Unverified {
        /// What, and where.
        what: String,
        /// The digest that was asked for.
        expected: String,
        /// The digest of what is there.
        found: String,
    },
    /// A registry wants other credentials.
    #[error("{host} does not allow this ({status})")]
    Denied {
        /// The registry.
        host: String,
        /// The status of its answer.
        status: u16,
    },
    /// A registry does not answer.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The registry.
        host: String,
        /// What went wrong.
        reason: String,
    },
    /// Downloads are off.
    #[error("`{reference}` would be downloaded, and downloads are off")]
    Offline {
        /// The reference.
        reference: String,
    },
    /// What is there is not understood.
    #[error("{what} is no artifact with a component: {why}")]
    Malformed {
        /// What, and where.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The folder cannot be read or written.
    #[error("cannot {verb} `{path}`: {reason}")]
    Disk {
        /// `read` or `write`.
        verb: &'static str,
        /// Which file.
        path: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// What is to be put is no component.
    #[error(transparent)]
    Component(#[from] OfferError),
}

impl OciError {
    /// How a command ends because of it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Reference { .. } => Exit::Usage,
            Self::NotThere { .. } => Exit::NotFound,
            Self::Unverified { .. } => Exit::Unverified,
            Self::Denied { .. } => Exit::Denied,
            Self::Unreachable { .. } | Self::Offline { .. } => Exit::Unreachable,
            Self::Malformed { .. } | Self::Disk { .. } | Self::Component(_) => Exit::Failed,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> Option<&'static str> {
        match self {
            Self::Reference { .. } => {
                Some("write `oci:./folder:tag`, `oci://registry.example.com/name:tag`, or either with `@sha256:…`")
            }
            Self::Denied { .. } => {
                Some("log in with `docker login` or `podman login`; wb reads what they keep (`REGISTRY_AUTH_FILE`)")
            }
            Self::Unverified { .. } => Some("somebody changed it: find out who before you use it"),
            Self::Offline { .. } => Some("run it once without `--offline`, with the reference pinned by its digest"),
            _ => None,
        }
    }
}

/// A component as an artifact.
#[derive(Debug)]
pub struct Artifact<'a> {
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// The config's bytes.
    pub config: Vec<u8>,
    /// The component.
    pub layer: &'a [u8],
}

impl<'a> Artifact<'a> {
    /// Writes the two documents around a component.
    ///
    /// # Errors
    ///
    /// When the bytes are no component.
    pub fn of(component: &'a [u8]) -> Result<Self, OciError> {
        let names = signature::names(component)?;
        let layer = Digest::of(component);
        // The guidance asks for a time; the same component is to be the same artifact, so it is always this one.
        let config = json!({
            "created": "1970-01-01T00:00:00Z",
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer.to_string()],
            "component": { "exports": names.exports, "imports": names.imports },
        })
        .to_string()
        .into_bytes();
        let described = |media: &str, digest: &Digest, bytes: &[u8]| json!({ "mediaType": media, "digest": digest.to_string(), "size": bytes.len() });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described(CONFIG, &Digest::of(&config), &config),
            "layers": [described(LAYER, &layer, component)],
        })
        .to_string()
        .into_bytes();
        Ok(Self { manifest, config, layer: component })
    }

    /// What identifies it: the manifest's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    /// The two blobs, the config first.
    fn blobs(&self) -> [&[u8]; 2] {
        [&self.config, self.layer]
    }
}

/// A component that was got.
#[derive(Debug)]
pub struct Got {
    /// The manifest's digest.
    pub digest: Digest,
    /// The component.
    pub component: Vec<u8>,
}

/// A blob that a document names.
#[derive(Debug, Clone, Deserialize)]
struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    platform: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

/// What a manifest leads to.
#[derive(Debug)]
enum Next {
    /// The blob with the component, and its size.
    Layer(Digest, u64),
    /// Another manifest.
    Manifest(Digest),
}

/// Reads a manifest or an index.
fn next(what: &str, bytes: &[u8]) -> Result<Next, OciError> {
    let malformed = |why: String| OciError::Malformed { what: what.to_owned(), why };
    // As an object first: a derived reader also takes an array for a struct.
    let manifest: Manifest = serde_json::from_slice::<serde_json::Map<String, Value>>(bytes)
        .and_then(|object| serde_json::from_value(Value::Object(object)))
        .map_err(|error| malformed(error.to_string()))?;
    let digest = |of: &Descriptor| {
        Digest::parse(&of.digest).ok_or_else(|| malformed(format!("`{}` is no SHA-256 digest", of.digest)))
    };
    if manifest.media_type == INDEX || !manifest.manifests.is_empty() {
        let wasm = |each: &&Descriptor| {
            each.platform
                .as_ref()
                .is_some_and(|platform| platform["architecture"] == "wasm" || platform["os"] == "wasip2")
        };
        let one = match manifest.manifests.as_slice() {
            [one] => Some(one),
            several => several.iter().find(wasm),
        };
        return one.map_or_else(
            || Err(malformed("none of its manifests is for wasm".to_owned())),
            |one| digest(one).map(Next::Manifest),
        );
    }
    let is_layer =
        |layer: &&Descriptor| matches!(layer.media_type.as_str(), LAYER | "application/vnd.wasm.content.layer.v1+wasm");
    let mut layers = manifest.layers.iter().filter(is_layer);
    match (layers.next(), layers.next()) {
        (Some(one), None) if one.size <= LARGEST_COMPONENT => Ok(Next::Layer(digest(one)?, one.size)),
        (Some(one), None) => Err(malformed(format!("its component of {} bytes is too large", one.size))),
        (None, _) => Err(malformed(format!("it has no layer `{LAYER}`"))),
        (Some(_), Some(_)) => Err(malformed(format!("it has several layers `{LAYER}`"))),
    }
}

/// Checks bytes against a digest.
fn verified(what: &str, bytes: Vec<u8>, expected: &Digest) -> Result<Vec<u8>, OciError> {
    let found = Digest::of(&bytes);
    if found == *expected {
        return Ok(bytes);
    }
    Err(OciError::Unverified { what: what.to_owned(), expected: expected.to_string(), found: found.to_string() })
}

/// Where manifests and blobs come from.
trait Store {
    /// A manifest by tag or digest, unchecked.
    fn manifest(&self, name: &str) -> Result<Vec<u8>, OciError>;
    /// A blob of that many bytes, unchecked.
    fn blob(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, OciError>;
}

/// Gets the component that a reference names; every byte is checked against a digest.
fn get(store: &dyn Store, reference: &Reference) -> Result<Got, OciError> {
    let text = reference.to_string();
    let mut what = format!("`{text}`");
    let mut wanted = reference.digest.clone();
    let mut first = None;
    // An index leads to a manifest, and no further.
    for _ in 0..2 {
        let name = wanted.as_ref().map_or_else(|| reference.tag().to_owned(), ToString::to_string);
        let mut bytes = store.manifest(&name)?;
        if let Some(wanted) = &wanted {
            bytes = verified(&what, bytes, wanted)?;
        }
        let own = first.get_or_insert_with(|| Digest::of(&bytes)).clone();
        match next(&what, &bytes)? {
            Next::Layer(digest, size) => {
                let what = format!("the component of `{text}`");
                let component = verified(&what, store.blob(&digest, size)?, &digest)?;
                return Ok(Got { digest: own, component });
            }
            Next::Manifest(digest) => {
                what = format!("the manifest of `{text}`");
                wanted = Some(digest);
            }
        }
    }
    Err(OciError::Malformed { what, why: "an index of an index".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{Artifact, Digest, Next, next};

    #[test]
    fn the_same_component_is_the_same_artifact() {
        let component = wat::parse_str("(component)").unwrap();
        let (one, other) = (Artifact::of(&component).unwrap(), Artifact::of(&component).unwrap());
        assert_eq!(one.digest(), other.digest());
        let Next::Layer(digest, size) = next("it", &one.manifest).unwrap() else { panic!("an index") };
        assert_eq!((digest, size), (Digest::of(&component), component.len() as u64));
        assert!(Artifact::of(b"\0asm\x01\0\0\0").is_err() && Artifact::of(b"text").is_err());
    }

    #[test]
    fn what_is_no_artifact_says_why() {
        for (text, why) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"layers":[]}"#, "no layer"),
            (r#"{"layers":[{"mediaType":"application/wasm","digest":"md5:0","size":1}]}"#, "no SHA-256 digest"),
            (r#"{"manifests":[{"digest":"x","size":1},{"digest":"y","size":1}]}"#, "for wasm"),
        ] {
            let error = next("it", text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
