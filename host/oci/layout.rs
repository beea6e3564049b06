//! A folder in the OCI image layout 1.0: `oci-layout`, `index.json` and blobs named by their digests.
//!
//! Nothing is ever removed from it, and what others keep in the same folder stays.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Artifact, Digest, Got, INDEX, MANIFEST, OciError, Reference, Store};
use crate::disk::{self, Within};

/// The annotation that holds a tag.
const TAG: &str = "org.opencontainers.image.ref.name";

/// A layout and its folder.
struct Layout {
    folder: PathBuf,
}

/// Gets a component. Relative folders are below `root`.
///
/// # Errors
///
/// When it is not there, or is not what it must be.
pub fn get(root: &Path, folder: &str, reference: &Reference) -> Result<Got, OciError> {
    super::get(&Layout { folder: root.join(folder) }, reference)
}

/// Puts an artifact under a tag, in place of what had it before.
///
/// # Errors
///
/// When the folder cannot be written, or holds something else.
pub fn put(folder: &Path, tag: &str, artifact: &Artifact<'_>) -> Result<(), OciError> {
    let layout = Layout { folder: folder.to_owned() };
    let mut index = match layout.read("index.json")? {
        Some(bytes) => layout.index(&bytes)?,
        None if layout.read("oci-layout")?.is_none() && has_content(folder) => {
            let what = format!("`{}`", folder.display());
            return Err(OciError::Malformed { what, why: "it is a folder with other files in it".to_owned() });
        }
        None => json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] }),
    };
    let write = |path: &str, bytes: &[u8]| {
        let failed = |reason| OciError::Disk { verb: "write", path: folder.join(path).display().to_string(), reason };
        let within = Within::open(folder, true).map_err(failed)?;
        within.make_directory(Path::new("blobs/sha256")).map_err(failed)?;
        within.write(Path::new(path), bytes, Some(0o644)).map_err(failed)
    };
    let blob = |bytes: &[u8]| write(&format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes);
    for bytes in artifact.blobs() {
        blob(bytes)?;
    }
    blob(&artifact.manifest)?;
    let entry = json!({
        "mediaType": MANIFEST,
        "digest": artifact.digest().to_string(),
        "size": artifact.manifest.len(),
        "annotations": { TAG: tag },
    });
    if let Some(manifests) = index["manifests"].as_array_mut() {
        manifests.retain(|each| each["annotations"][TAG] != tag);
        manifests.push(entry);
        // By tag, so that the order of pushing does not show.
        manifests.sort_by_key(|each| each["annotations"][TAG].as_str().unwrap_or_default().to_owned());
    }
    write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    write("index.json", index.to_string().as_bytes())
}

fn has_content(folder: &Path) -> bool {
    disk::exists(folder) && !disk::walk(folder).is_empty()
}

impl Layout {
    /// A file of the layout; `None` where there is none.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, OciError> {
        let failed =
            |reason| OciError::Disk { verb: "read", path: self.folder.join(path).display().to_string(), reason };
        match Within::open(&self.folder, false) {
            Ok(within) => within.read(Path::new(path)).map_err(failed),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn index(&self, bytes: &[u8]) -> Result<Value, OciError> {
        let malformed = |why: String| {
            let what = format!("`{}`", self.folder.join("index.json").display());
            OciError::Malformed { what, why }
        };
        let index: Value = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if index["manifests"].is_array() { Ok(index) } else { Err(malformed("it lists no manifests".to_owned())) }
    }

    fn find(&self, digest: &Digest, what: &str) -> Result<Vec<u8>, OciError> {
        let path = format!("blobs/sha256/{}", digest.hex());
        let there = self.read(&path)?;
        there.ok_or_else(|| OciError::NotThere { what: format!("{what} {digest} in `{}`", self.folder.display()) })
    }
}

impl Store for Layout {
    fn manifest(&self, name: &str) -> Result<Vec<u8>, OciError> {
        if let Some(digest) = Digest::parse(name) {
            return self.find(&digest, "manifest");
        }
        let place = self.folder.display();
        let Some(bytes) = self.read("index.json")? else {
            return Err(OciError::NotThere { what: format!("OCI layout in `{place}`") });
        };
        let index = self.index(&bytes)?;
        let manifests = index["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
        let tags: Vec<&str> = manifests.iter().filter_map(|each| each["annotations"][TAG].as_str()).collect();
        let entry = manifests.iter().find(|each| each["annotations"][TAG] == name);
        let entry = entry.ok_or_else(|| OciError::NotThere {
            what: match tags.as_slice() {
                [] => format!("tag `{name}` in `{place}`, and no other"),
                tags => format!("tag `{name}` in `{place}`; there are `{}`", tags.join("`, `")),
            },
        })?;
        let digest = entry["digest"].as_str().and_then(Digest::parse);
        let digest = digest.ok_or_else(|| OciError::Malformed {
            what: format!("`{place}`"),
            why: format!("the tag `{name}` has no SHA-256 digest"),
        })?;
        super::verified(&format!("the manifest of `{name}` in `{place}`"), self.find(&digest, "manifest")?, &digest)
    }

    fn blob(&self, digest: &Digest, _: u64) -> Result<Vec<u8>, OciError> {
        self.find(digest, "blob")
    }
}
