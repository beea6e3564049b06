//! Bundles: a workbook and the files it needs in one file that can be handed on. A zip with a manifest that has the digest of
//! everything in it, and may be signed. The same files give the same bytes.
//!
//! Reading one believes nothing: names, sizes and digests are checked before anything is written. Which files belong to a
//! workbook is not decided here.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveWriter};
use serde_json::{Map, Value, json};

use crate::sign::{Manifest, SignError, Signer};
use crate::store::Digest;

/// The form of a bundle.
const FORMAT: &str = "wbundle/1";
/// Where the manifest is.
const MANIFEST: &str = "manifest.json";
/// Where the workbook is.
const SOURCE: &str = "source.org";
/// What the names of other files begin with.
const FILES: &str = "files/";
/// The most that a bundle holds, unpacked, in bytes.
pub const LARGEST: u64 = 256 << 20;
/// The most files in one.
pub const MOST: usize = 10_000;

/// What is in a bundle.
#[derive(Debug)]
pub struct Bundle {
    /// What it says of itself; digests and sizes of everything else are in it.
    pub manifest: Manifest,
    /// The name of the workbook's file.
    pub name: String,
    /// The workbook.
    pub source: Vec<u8>,
    /// Files beside it, by path, with `/` between folders.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Why a bundle cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is no zip.
    #[error("it is no bundle: {0}")]
    Archive(String),
    /// A file is larger than a bundle may be, or there are too many.
    #[error("a bundle holds at most {MOST} files and {} MiB", LARGEST >> 20)]
    TooLarge,
    /// A path that may not be.
    #[error("it has a file `{0}`, which is no plain path below a folder")]
    Path(String),
    /// A file that is not in the manifest, or the other way round.
    #[error("`{0}` is in it and not in its manifest, or the other way round")]
    Stray(String),
    /// A file that is there twice.
    #[error("`{0}` is in it twice")]
    Twice(String),
    /// A digest does not match.
    #[error("`{0}` is not the file of its manifest: it was changed, or is damaged")]
    Changed(String),
    /// Its signature is wrong.
    #[error("its signature is not that of `{0}`")]
    Signature(String),
    /// Its manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] SignError),
}

/// Whether a file begins as bundles do.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The one hidden file that vendored packages cannot do without. Nothing acts on it by itself.
const CHECKSUMS: &str = ".cargo-checksum.json";

/// A path as it may stand in a bundle: relative, without `.`, `..`, hidden parts, backslashes and control characters.
#[must_use]
pub fn is_plain(path: &str) -> bool {
    let fits = |part: &str| {
        !part.is_empty()
            && (!part.starts_with('.') || part == CHECKSUMS)
            && !part.ends_with([' ', '.'])
            && !part.contains(['\\', ':', '<', '>', '"', '|', '?', '*'])
            && !part.chars().any(char::is_control)
    };
    path.len() <= 1024 && path.split('/').all(fits)
}

impl Bundle {
    /// Puts a bundle together. `plan` is what the kernel makes of the workbook; it is for readers, and nothing is run by it.
    ///
    /// # Errors
    ///
    /// When it would be too large, or a path may not be in one.
    pub fn new(
        name: &str,
        plan: Value,
        source: Vec<u8>,
        files: BTreeMap<String, Vec<u8>>,
        signed: Option<(&Signer, &str)>,
    ) -> Result<Self, BundleError> {
        if let Some(path) = std::iter::once(name).chain(files.keys().map(String::as_str)).find(|path| !is_plain(path)) {
            return Err(BundleError::Path(path.to_owned()));
        }
        let size: u64 = files.values().chain([&source]).map(|bytes| bytes.len() as u64).sum();
        if size > LARGEST || files.len() >= MOST {
            return Err(BundleError::TooLarge);
        }
        let entry = |path: &str, bytes: &[u8]| json!({ "path": path, "size": bytes.len(), "sha256": Digest::of(bytes).to_string() });
        let mut entries = vec![entry(SOURCE, &source)];
        entries.extend(files.iter().map(|(path, bytes)| entry(&format!("{FILES}{path}"), bytes)));
        let mut statement = Map::new();
        for (key, value) in [
            ("format", json!(FORMAT)),
            ("v", json!(1)),
            ("name", json!(name)),
            ("claim_generator", json!(concat!("wb/", env!("CARGO_PKG_VERSION")))),
            ("files", Value::Array(entries)),
            ("components", plan),
        ] {
            statement.insert(key.to_owned(), value);
        }
        let manifest = match signed {
            Some((signer, time)) => {
                statement.insert("issued_at".to_owned(), json!(time));
                Manifest::sign(statement, signer)
            }
            None => Manifest::of(statement),
        };
        Ok(Self { manifest, name: name.to_owned(), source, files })
    }

    /// The bundle as bytes.
    ///
    /// # Errors
    ///
    /// When it cannot be put into a zip, which checking its paths and sizes rules out.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut zip = ZipArchiveWriter::new(&mut bytes);
        let manifest = self.manifest.canonical();
        let files = self.files.iter().map(|(path, bytes)| (format!("{FILES}{path}"), bytes.as_slice()));
        let first = [(MANIFEST.to_owned(), manifest.as_bytes()), (SOURCE.to_owned(), self.source.as_slice())];
        for (path, content) in first.into_iter().chain(files) {
            let broken = |error: rawzip::Error| io::Error::other(error.to_string());
            let (mut entry, config) =
                zip.new_file(&path).compression_method(CompressionMethod::DEFLATE).start().map_err(broken)?;
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::new(6));
            let mut writer = config.wrap(encoder);
            writer.write_all(content)?;
            let (encoder, descriptor) = writer.finish().map_err(broken)?;
            encoder.finish()?;
            entry.finish(descriptor).map_err(broken)?;
        }
        zip.finish().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(bytes)
    }

    /// Reads a bundle and checks everything in it against its manifest, and the manifest against its signature where it has
    /// one.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn open(bytes: &[u8]) -> Result<Self, BundleError> {
        let mut entries = unpacked(bytes)?;
        let stray = |path: &str| BundleError::Stray(path.to_owned());
        let manifest = Manifest::read(&entries.remove(MANIFEST).ok_or_else(|| stray(MANIFEST))?)?;
        if manifest.text("format") != FORMAT {
            return Err(BundleError::Archive(format!("its format is not `{FORMAT}`")));
        }
        if manifest.is_signed() && !manifest.is_right() {
            return Err(BundleError::Signature(manifest.text("issuer_did").escape_debug().to_string()));
        }
        let name = manifest.text("name").to_owned();
        let mut files = BTreeMap::new();
        let listed = manifest.members().get("files").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for entry in listed {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            let path = text("path");
            let content = entries.remove(path).ok_or_else(|| stray(path))?;
            if Digest::of(&content).to_string() != text("sha256") {
                return Err(BundleError::Changed(path.to_owned()));
            }
            files.insert(path.to_owned(), content);
        }
        if let Some(path) = entries.keys().next() {
            return Err(stray(path));
        }
        let source = files.remove(SOURCE).ok_or_else(|| stray(SOURCE))?;
        let files = beside(files, &name)?;
        Ok(Self { manifest, name, source, files })
    }
}

/// The files by where they go, beside the workbook's own name.
fn beside(files: BTreeMap<String, Vec<u8>>, name: &str) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    if !is_plain(name) || name.contains('/') {
        return Err(BundleError::Path(name.to_owned()));
    }
    // Where names differ in case alone, one file would replace the other on some systems.
    let mut seen = vec![name.to_lowercase()];
    let mut out = BTreeMap::new();
    for (path, content) in files {
        let place = path.strip_prefix(FILES).filter(|place| is_plain(place));
        let place = place.ok_or_else(|| BundleError::Path(path.clone()))?.to_owned();
        let folded = place.to_lowercase();
        if seen.contains(&folded) {
            return Err(BundleError::Twice(place));
        }
        seen.push(folded);
        out.insert(place, content);
    }
    Ok(out)
}

/// All files of a zip, within bounds.
fn unpacked(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let broken = |error: rawzip::Error| BundleError::Archive(error.to_string());
    let zip = ZipArchive::from_slice(bytes).map_err(broken)?;
    let mut out = BTreeMap::new();
    let mut left = LARGEST + (16 << 20);
    let mut entries = zip.entries();
    while let Some(entry) = entries.next_entry().map_err(broken)? {
        let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let data = zip.get_entry(entry.wayfinder()).map_err(broken)?;
        let mut content = Vec::new();
        let read = match entry.compression_method() {
            CompressionMethod::STORE => data.verifying_reader(data.data()).take(left + 1).read_to_end(&mut content),
            CompressionMethod::DEFLATE => {
                let inflated = flate2::read::DeflateDecoder::new(data.data());
                data.verifying_reader(inflated).take(left + 1).read_to_end(&mut content)
            }
            other => return Err(BundleError::Archive(format!("`{path}` is compressed by {other:?}"))),
        };
        read.map_err(|error| BundleError::Archive(format!("`{path}`: {error}")))?;
        left = left.checked_sub(content.len() as u64).ok_or(BundleError::TooLarge)?;
        if out.len() > MOST {
            return Err(BundleError::TooLarge);
        }
        if out.insert(path.clone(), content).is_some() {
            return Err(BundleError::Twice(path));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn bundle(signed: bool) -> Bundle {
        let signer = Signer::parse(&"05".repeat(32)).unwrap();
        let signed = signed.then_some((&signer, "2026-11-23T09:00:00Z"));
        let files = files(&[("data/a.csv", "a,b\n"), ("part.org", "* More\n")]);
        Bundle::new("book.org", json!({ "components": [] }), b"* Book\r\n".to_vec(), files, signed).unwrap()
    }

    /// A zip of these files, stored.
    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut zip = ZipArchiveWriter::new(&mut bytes);
        for (path, content) in files {
            let (mut entry, config) = zip.new_file(path).start().unwrap();
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        zip.finish().unwrap();
        bytes
    }

    #[test]
    fn a_bundle_comes_back_and_is_always_the_same() {
        for signed in [false, true] {
            let made = bundle(signed);
            let bytes = made.pack().unwrap();
            assert_eq!(bytes, bundle(signed).pack().unwrap());
            let read = Bundle::open(&bytes).unwrap();
            assert_eq!((&read.name, &read.source, &read.files), (&made.name, &made.source, &made.files));
            assert_eq!(read.manifest.is_signed(), signed);
        }
    }

    #[test]
    fn every_changed_byte_is_noticed_or_does_not_matter() {
        let made = bundle(true);
        let bytes = made.pack().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x11;
            if let Ok(read) = Bundle::open(&changed) {
                assert_eq!((&read.source, &read.files), (&made.source, &made.files), "byte {at}");
            }
        }
        for cut in 0..bytes.len() {
            assert!(Bundle::open(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_is_not_in_the_manifest_is_not_in_the_bundle() {
        let manifest = |entries: &[(&str, &str)]| {
            let entry = |(path, text): &(&str, &str)| json!({ "path": path, "sha256": Digest::of(text.as_bytes()).to_string() });
            let list: Vec<Value> = entries.iter().map(entry).collect();
            json!({ "format": FORMAT, "name": "b.org", "files": list }).to_string()
        };
        let open = |listed: &[(&str, &str)], there: &[(&str, &str)]| {
            let manifest = manifest(listed);
            let mut all: Vec<(&str, &[u8])> = vec![(MANIFEST, manifest.as_bytes())];
            all.extend(there.iter().map(|(path, text)| (*path, text.as_bytes())));
            Bundle::open(&zip(&all)).map(drop).map_err(|error| error.to_string())
        };
        let source = ("source.org", "x");
        open(&[source], &[source]).unwrap();
        for (listed, there) in [
            (vec![source], vec![("source.org", "y")]),
            (vec![source], vec![source, ("files/a", "a")]),
            (vec![source, ("files/a", "a")], vec![source]),
            (vec![("files/a", "a")], vec![("files/a", "a")]),
            (vec![source, ("files/../a", "a")], vec![source, ("files/../a", "a")]),
            (vec![source, ("files//a", "a")], vec![source, ("files//a", "a")]),
            (vec![source, ("files/.git/config", "a")], vec![source, ("files/.git/config", "a")]),
            (vec![source, ("a", "a")], vec![source, ("a", "a")]),
            (vec![source, ("files/B.org", "a")], vec![source, ("files/B.org", "a")]),
            (vec![source, ("files/a", "a"), ("files/A", "a")], vec![source, ("files/a", "a"), ("files/A", "a")]),
            (vec![source], vec![source, source]),
        ] {
            assert!(open(&listed, &there).is_err(), "{listed:?} {there:?}");
        }
        assert!(Bundle::open(b"PK\x03\x04").is_err() && Bundle::open(b"").is_err());
        assert!(is_plain("vendor/itoa/.cargo-checksum.json"));
        for path in ["", "/a", "a/", "../a", "a\\b", "a\nb", "c:", "a/..", "a. ", "nul\0"] {
            assert!(!is_plain(path), "{path:?}");
        }
    }
}
