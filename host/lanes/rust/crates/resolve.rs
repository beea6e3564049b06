//! Which versions and features of which packages: Cargo's own answer (`cargo metadata`), asked in the compiler's
//! confinement with nothing to choose from but the vendored folder.
//!
//! Cargo runs nothing of a package to answer this. What must not be compiled is not known here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::vendor::{FOLDER, Vendor};
use crate::cache::{Cache, Key, Kind};
use crate::confine::{End, Limits, Room, Tool};
use crate::disk;
use crate::lanes::rust::toolchain::Toolchain;

/// What Cargo says of a graph of packages; only what is used here.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

/// A package with its place in the graph.
#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
    features: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    /// What the package's source calls it.
    name: String,
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Debug, Deserialize)]
struct DependencyKind {
    /// None for what is linked, else `build` or `dev`.
    kind: Option<String>,
}

/// A package's manifest.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) manifest_path: PathBuf,
    pub(super) targets: Vec<Target>,
    #[serde(default)]
    pub(super) authors: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) license: Option<String>,
    pub(super) license_file: Option<String>,
    pub(super) rust_version: Option<String>,
    pub(super) readme: Option<String>,
    pub(super) links: Option<String>,
}

/// Something a package can be compiled to.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) kind: Vec<String>,
    pub(super) src_path: PathBuf,
    pub(super) edition: String,
}

impl Metadata {
    /// What the block itself asks for.
    pub(super) fn roots(&self) -> Vec<(String, &Package)> {
        self.resolve.root.as_deref().map(|root| self.dependencies(root, None)).unwrap_or_default()
    }

    /// What a package needs of a kind, by the names its source has for it.
    pub(super) fn dependencies(&self, id: &str, kind: Option<&str>) -> Vec<(String, &Package)> {
        let Some(node) = self.node(id) else { return Vec::new() };
        let of_kind = |dependency: &&Dependency| dependency.dep_kinds.iter().any(|known| known.kind.as_deref() == kind);
        let wanted = node.deps.iter().filter(of_kind);
        wanted.filter_map(|dependency| Some((dependency.name.clone(), self.package(&dependency.pkg)?))).collect()
    }

    /// The features a package is compiled with.
    pub(super) fn features(&self, id: &str) -> &[String] {
        self.node(id).map_or(&[], |node| &node.features)
    }

    fn node(&self, id: &str) -> Option<&Node> {
        self.resolve.nodes.iter().find(|node| node.id == id)
    }

    fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }
}

impl Package {
    /// The target of one of these kinds.
    pub(super) fn target(&self, kinds: &[&str]) -> Option<&Target> {
        self.targets.iter().find(|target| target.kind.iter().any(|kind| kinds.contains(&kind.as_str())))
    }

    /// The folder of its manifest.
    pub(super) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// As people name it: `serde 1.0.229`.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// The variables that Cargo has for a package's source (`env!`).
    pub(super) fn variables(&self) -> BTreeMap<&'static str, String> {
        // `1.2.3-pre+build`.
        let plain = self.version.split('+').next().unwrap_or_default();
        let (numbers, pre) = plain.split_once('-').unwrap_or((plain, ""));
        let mut numbers = numbers.split('.').map(str::to_owned);
        let mut number = || numbers.next().unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        BTreeMap::from([
            ("CARGO_PKG_NAME", self.name.clone()),
            ("CARGO_PKG_VERSION", self.version.clone()),
            ("CARGO_PKG_VERSION_MAJOR", number()),
            ("CARGO_PKG_VERSION_MINOR", number()),
            ("CARGO_PKG_VERSION_PATCH", number()),
            ("CARGO_PKG_VERSION_PRE", pre.to_owned()),
            ("CARGO_PKG_AUTHORS", self.authors.join(":")),
            ("CARGO_PKG_DESCRIPTION", text(&self.description)),
            ("CARGO_PKG_HOMEPAGE", text(&self.homepage)),
            ("CARGO_PKG_REPOSITORY", text(&self.repository)),
            ("CARGO_PKG_LICENSE", text(&self.license)),
            ("CARGO_PKG_LICENSE_FILE", text(&self.license_file)),
            ("CARGO_PKG_RUST_VERSION", text(&self.rust_version)),
            ("CARGO_PKG_README", text(&self.readme)),
        ])
    }
}

/// What is asked of Cargo.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) manifest: &'a str,
    pub(super) target: &'static str,
    pub(super) vendor: &'a Vendor,
    pub(super) toolchain: &'a Toolchain,
}

const OUTPUT: usize = 32 << 20;

/// Asks Cargo, or remembers its answer.
///
/// # Errors
///
/// What Cargo says.
pub(super) fn ask(question: Question<'_>, cache: Option<&Cache>) -> Result<Metadata, String> {
    let Question { manifest, target, vendor, toolchain } = question;
    let stamp = vendor.stamp().map_err(|error| error.to_string())?;
    let place = vendor.path.to_string_lossy();
    let parts = [toolchain.version.as_bytes(), target.as_bytes(), manifest.as_bytes(), place.as_bytes()];
    let key = Key::of("wb crates 1", &[&parts[..], &[stamp.as_bytes()]].concat());
    let kept = cache.and_then(|cache| cache.get(Kind::Result, &key));
    if let Some(metadata) = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(metadata);
    }
    let answer = call(question)?;
    let metadata = serde_json::from_slice(&answer).map_err(|error| format!("Cargo answers what is not known: {error}"));
    if let (Ok(_), Some(cache)) = (&metadata, cache) {
        drop(cache.put(Kind::Result, &key, &answer));
    }
    metadata
}

fn call(question: Question<'_>) -> Result<Vec<u8>, String> {
    let Question { manifest, target, vendor, toolchain } = question;
    let cargo = toolchain.cargo().ok_or_else(|| no_cargo(toolchain))?;
    let scratch = disk::scratch().map_err(|error| format!("no folder to work in: {error}"))?;
    let run = || {
        let room = Room::new(scratch.path())?;
        room.put("Cargo.toml", manifest.as_bytes())?;
        room.put("lib.rs", b"")?;
        room.put("home/config.toml", config(&vendor.path).as_bytes())?;
        let environment = [
            ("CARGO_HOME", room.path().join("home").into_os_string()),
            ("CARGO_TARGET_DIR", room.path().join("target").into_os_string()),
            ("RUSTC", toolchain.rustc.clone().into()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let mut readable = toolchain.readable();
        readable.extend([cargo.clone(), vendor.path.clone()]);
        let args = ["metadata", "--format-version=1", "--offline", "--color=never", "--filter-platform", target];
        let args = args.map(OsString::from).to_vec();
        let limits = Limits { output_bytes: OUTPUT, ..Limits::default() };
        room.run(&Tool { program: &cargo, args, readable: &readable, environment: &environment, limits })
    };
    let finished = run().map_err(|error| error.to_string())?;
    match finished.end {
        End::Exited(0) => Ok(finished.stdout),
        End::Exited(_) => Err(said(&String::from_utf8_lossy(&finished.stderr), &vendor.path)),
        End::Deadline => Err("choosing versions takes too long".to_owned()),
        end => {
            Err(format!("Cargo failed: {end:?}: {}", said(&String::from_utf8_lossy(&finished.stderr), &vendor.path)))
        }
    }
}

/// What to say where rustc is without Cargo.
pub(super) fn no_cargo(toolchain: &Toolchain) -> String {
    let beside = toolchain.sysroot.join("bin");
    format!("there is no `cargo` in `{}`, which chooses versions; install Rust with rustup", beside.display())
}

/// Cargo's settings: what would come from its registry comes from the folder.
fn config(vendor: &Path) -> String {
    // A text in JSON is one in TOML.
    let folder = serde_json::Value::from(vendor.to_string_lossy().into_owned());
    format!(
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = {folder}\n\n[net]\noffline = true\n"
    )
}

/// The lines Cargo explains with that say something of where we have it work.
const OURS: &[&str] = &[
    "location searched:",
    "required by package `the-block",
    "perhaps a crate was updated",
    "As a reminder,",
    "Caused by:",
];

/// What Cargo says, on one line and about the folder as the person knows it.
pub(super) fn said(stderr: &str, vendor: &Path) -> String {
    let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !OURS.iter().any(|ours| line.contains(ours)));
    let lines = lines.skip_while(|line| !line.starts_with("error:"));
    let text = lines.map(|line| line.trim_start_matches("error: ")).take(6).collect::<Vec<_>>().join("; ");
    let text = text.replace(&*vendor.to_string_lossy(), FOLDER);
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "Cargo gives no reason".to_owned(),
        None => text,
    }
}
