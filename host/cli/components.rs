//! Components that a workbook refers to by digest or in OCI form: got before anything is made, and checked.
//!
//! Bytes that are not those of their digest, and a reference that leads to something else than `wb.lock` has, end the
//! command (exit 5) before anything runs. What is not there costs its component alone.

use std::path::Path;
use std::sync::Arc;

use super::book::Book;
use super::rights::{Rights, Rules};
use super::{Context, Failure};
use crate::cache::{Key, Kind};
use crate::disk;
use crate::env;
use crate::execute::graph::Origin;
use crate::exit::Exit;
use crate::lock::{self, Lock};
use crate::oci::registry::Registry;
use crate::oci::{Digest, Got, OciError, Place, Reference, layout};

/// The largest file of credentials that is read.
const LARGEST: u64 = 1 << 20;

/// Whether what `wb.lock` has about references holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pins {
    /// It does.
    Hold,
    /// It is about to be written anew.
    Ignored,
}

impl From<OciError> for Failure {
    fn from(error: OciError) -> Self {
        let failure = Self::new(error.exit(), error.to_string());
        match error.cure() {
            Some(cure) => failure.hint(cure),
            None => failure,
        }
    }
}

/// Gets what a reference leads to. Folders are relative to `root`.
pub(super) fn get(reference: &Reference, root: &Path, context: &Context) -> Result<Got, OciError> {
    let (host, repository) = match &reference.place {
        Place::Layout(folder) => return layout::get(root, folder, reference),
        Place::Registry { host, repository } => (host, repository),
    };
    let key = |digest: &Digest| Key::of("wb oci component 1", &[digest.hex().as_bytes()]);
    let known = reference.digest.as_ref().and_then(|digest| {
        let component = context.cache()?.get(Kind::Component, &key(digest))?;
        Some(Got { digest: digest.clone(), component })
    });
    if let Some(known) = known {
        return Ok(known);
    }
    if context.offline() {
        return Err(OciError::Offline { reference: reference.to_string() });
    }
    let got = Registry::new(host, repository, credentials().as_deref())?.get(reference)?;
    if let Some(cache) = context.cache() {
        // Without it, it is got again.
        drop(cache.put(Kind::Component, &key(&got.digest), &got.component));
    }
    Ok(got)
}

/// What `docker login` and `podman login` keep.
pub(super) fn credentials() -> Option<String> {
    let path = env::registry_credentials()?;
    let small = disk::size(&path).is_some_and(|size| size <= LARGEST);
    let bytes = small.then(|| disk::read(&path).ok()).flatten()?;
    String::from_utf8(bytes).ok()
}

/// Gets the components of a workbook that are not plain files.
pub(super) fn fetch(book: &mut Book, pins: Pins, context: &Context) -> anyhow::Result<()> {
    let plain = |origin: &Origin| !matches!(origin, Origin::Binary { path, .. } if is_reference(path));
    if book.graph.nodes.iter().all(|node| plain(&node.origin)) {
        return Ok(());
    }
    let (lock, name) = match pins {
        Pins::Hold => {
            let rights = Rights::read(&Rules::default(), book)?;
            (rights.lock, rights.name.unwrap_or_default())
        }
        Pins::Ignored => (Lock::default(), String::new()),
    };
    for node in 0..book.graph.nodes.len() {
        let id = book.graph.nodes[node].id.clone();
        let Origin::Binary { path, .. } = &book.graph.nodes[node].origin else { continue };
        if !is_reference(path) {
            continue;
        }
        let path = path.clone();
        let pinned = lock.pinned(&name, &id, &path).and_then(Digest::parse);
        let result = one(&path, pinned.as_ref(), &book.root, context);
        let made = match result {
            Ok(got) => Ok(Arc::new(got.component)),
            Err(error @ OciError::Unverified { .. }) => {
                let failure = Failure::from(error);
                let hint = match pinned {
                    Some(_) => format!("`wb caps {} --accept` accepts what is there now", book.source.name),
                    None => failure.hint.clone().unwrap_or_default(),
                };
                let message = format!("`{id}`: {}; nothing was run", failure.message);
                return Err(Failure::new(Exit::Unverified, message).hint(hint).into());
            }
            Err(error) => Err(error.to_string()),
        };
        if let Origin::Binary { fetched, .. } = &mut book.graph.nodes[node].origin {
            *fetched = Some(made);
        }
    }
    Ok(())
}

/// What can be pinned: the references of a workbook that have no digest, and where they lead now.
pub(super) fn pins(book: &Book, context: &Context) -> Result<Vec<(String, String, Digest)>, Failure> {
    let mut pins = Vec::new();
    for node in &book.graph.nodes {
        let Origin::Binary { path, .. } = &node.origin else { continue };
        if Reference::is_meant(path) {
            let reference = Reference::parse(path)?;
            if reference.digest.is_none() {
                pins.push((node.id.clone(), path.clone(), get(&reference, &book.root, context)?.digest));
            }
        }
    }
    Ok(pins)
}

/// Whether `:component:` says more than where a file is.
fn is_reference(path: &str) -> bool {
    Reference::is_meant(path) || path.contains("@sha256:")
}

fn one(path: &str, pinned: Option<&Digest>, root: &Path, context: &Context) -> Result<Got, OciError> {
    if !Reference::is_meant(path) {
        return file(path, root);
    }
    let reference = Reference::parse(path)?;
    // In a folder it costs nothing to see where the tag leads; of a registry, only what was never got.
    let known = match (&reference.place, pinned) {
        (Place::Registry { .. }, Some(pinned)) => {
            let key = Key::of("wb oci component 1", &[pinned.hex().as_bytes()]);
            context.cache().and_then(|cache| cache.get(Kind::Component, &key)).map(|component| (pinned, component))
        }
        _ => None,
    };
    if let Some((pinned, component)) = known {
        return Ok(Got { digest: pinned.clone(), component });
    }
    let got = get(&reference, root, context)?;
    match pinned {
        Some(pinned) if got.digest != *pinned => Err(OciError::Unverified {
            what: format!("`{path}`"),
            expected: format!("{pinned} ({})", lock::NAME),
            found: got.digest.to_string(),
        }),
        _ => Ok(got),
    }
}

/// A file that says which bytes it has: `./tool.wasm@sha256:…`.
fn file(path: &str, root: &Path) -> Result<Got, OciError> {
    let malformed = || OciError::Reference { text: path.to_owned(), why: "after `@` stands `sha256:` and 64 digits" };
    let (file, digest) = path.rsplit_once('@').ok_or_else(malformed)?;
    let digest = Digest::parse(digest).ok_or_else(malformed)?;
    let at = root.join(file);
    let bytes =
        disk::read(&at).map_err(|reason| OciError::Disk { verb: "read", path: at.display().to_string(), reason })?;
    let found = Digest::of(&bytes);
    if found != digest {
        let (expected, found) = (digest.to_string(), found.to_string());
        return Err(OciError::Unverified { what: format!("`{file}`"), expected, found });
    }
    Ok(Got { digest, component: bytes })
}
