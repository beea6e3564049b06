//! The folder packages come from, `vendor/` beside the workbook, as `cargo vendor` fills it: a folder for each package,
//! with the digests of its files in `.cargo-checksum.json`.
//!
//! What is not listed there, or is not what is listed, is not handed out. Nothing is fetched.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use crate::cache::Key;
use crate::disk::{self, Within};

/// The folder's name.
pub(super) const FOLDER: &str = "vendor";
const MANIFEST: &str = "Cargo.toml";
const CHECKSUMS: &str = ".cargo-checksum.json";
/// The most that the packages of one block may be, in files and in bytes.
const FILES: usize = 20_000;
const BYTES: usize = 128 << 20;
/// The most that a manifest, or a list of files, may be.
const LISTED: usize = 4 << 20;

/// A folder of packages.
#[derive(Debug)]
pub(super) struct Vendor {
    within: Within,
    /// Where it really is.
    pub(super) path: PathBuf,
}

/// A package's files by their names in it, each as it was published.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What may still be read for one block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    files: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: FILES, bytes: BYTES }
    }
}

impl Vendor {
    /// Opens the folder beside a workbook; none: there is none.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn open(root: &Path) -> io::Result<Option<Self>> {
        let folder = if root.as_os_str().is_empty() { Path::new(FOLDER).to_owned() } else { root.join(FOLDER) };
        let Some(path) = disk::absolute(&folder) else { return Ok(None) };
        Within::open(&path, false).map(|within| Some(Self { within, path }))
    }

    /// The packages' folders. As for Cargo, one with a dot before its name or without a manifest is none.
    ///
    /// # Errors
    ///
    /// What the system says; also that something leads out of the folder.
    pub(super) fn packages(&self) -> io::Result<Vec<String>> {
        let mut packages = Vec::new();
        for name in self.within.directories()?.into_iter().filter(|name| !name.starts_with('.')) {
            let manifest = Path::new(&name).join(MANIFEST);
            if self.within.size(&manifest).map_err(|error| named(&manifest, &error))?.is_some() {
                packages.push(name);
            }
        }
        Ok(packages)
    }

    /// What versions and features are chosen by: every package's manifest and list of files.
    ///
    /// # Errors
    ///
    /// What the system says; also that something leads out of the folder, or is missing.
    pub(super) fn stamp(&self) -> io::Result<Key> {
        let mut parts = Vec::new();
        for name in self.packages()? {
            for file in [MANIFEST, CHECKSUMS] {
                let path = Path::new(&name).join(file);
                let bytes = self.within.read_at_most(&path, LISTED).map_err(|error| named(&path, &error))?;
                let Some(bytes) = bytes else {
                    let missing = "is missing; without it there is no telling what the package should be";
                    let message = format!("`{FOLDER}/{}` {missing}", path.display());
                    return Err(io::Error::new(io::ErrorKind::NotFound, message));
                };
                parts.push(format!("{name}/{file} {}", Key::content(&bytes)));
            }
        }
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Ok(Key::of("wb vendor 1", &parts))
    }

    /// Reads a package's files, and checks them.
    ///
    /// # Errors
    ///
    /// When one is missing, changed, or not in the folder; when they are too many.
    pub(super) fn files(&self, package: &str, budget: &mut Budget) -> Result<Files, String> {
        let listed = self.listed(package)?;
        let mut files = Files::new();
        for (name, digest) in listed {
            let full = format!("{FOLDER}/{package}/{name}");
            if !is_below(&name) {
                return Err(format!(
                    "`{FOLDER}/{package}/{CHECKSUMS}` lists `{name}`, which is outside of the package"
                ));
            }
            let read = self.within.read_at_most(&Path::new(package).join(&name), BYTES);
            let bytes = match read {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(format!("`{full}` is missing")),
                Err(error) => return Err(format!("`{full}` cannot be read: {error}")),
            };
            if hex(&bytes) != digest.to_lowercase() {
                return Err(format!("`{full}` is not as it was published: its digest is not the one in `{CHECKSUMS}`"));
            }
            let rest = budget.bytes.checked_sub(bytes.len()).zip(budget.files.checked_sub(1));
            let Some((bytes_left, files_left)) = rest else {
                return Err(format!(
                    "the packages of a block may have {FILES} files and {} MiB in all, and these have more",
                    BYTES >> 20
                ));
            };
            *budget = Budget { files: files_left, bytes: bytes_left };
            files.insert(name, bytes);
        }
        Ok(files)
    }

    /// The digests of a package's files.
    fn listed(&self, package: &str) -> Result<BTreeMap<String, String>, String> {
        let full = format!("{FOLDER}/{package}/{CHECKSUMS}");
        let bytes = match self.within.read_at_most(&Path::new(package).join(CHECKSUMS), LISTED) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(format!("`{full}` is missing, so nothing says what the package should be")),
            Err(error) => return Err(format!("`{full}` cannot be read: {error}")),
        };
        let list: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| format!("`{full}` is no JSON: {error}"))?;
        let files = list["files"].as_object().ok_or_else(|| format!("`{full}` lists no files"))?;
        let text = |(name, digest): (&String, &serde_json::Value)| {
            Some((name.replace('\\', "/"), digest.as_str()?.to_owned()))
        };
        files.iter().map(text).collect::<Option<_>>().ok_or_else(|| format!("`{full}` has a digest that is no text"))
    }
}

/// Whether a name stays in its folder, whatever the system makes of it.
fn is_below(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains([':', '\0']);
    name.split('/').all(part)
}

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{FOLDER}/{}`: {error}", path.display()))
}
