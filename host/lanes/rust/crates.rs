//! The packages of a Rust block (`:deps serde@1`), from a vendored folder beside the workbook and from nowhere else.
//!
//! Cargo chooses versions and features; wb checks every file against its digest, and compiles each package by one call
//! of rustc, confined as for a block. So nothing of a package runs on this machine: what would (a procedural macro, which
//! the compiler loads; a build script, which Cargo would start) is refused.

mod compile;
mod request;
mod resolve;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use self::compile::Work;
pub(super) use self::compile::{LIBRARIES, Library, linked};
use self::request::Request;
use self::resolve::{Metadata, Package, Question};
use self::vendor::{Budget, FOLDER, Files, Vendor};
use super::toolchain::Toolchain;
use crate::cache::{Cache, Key};
use crate::confine::Limits;
use crate::kernel::types::Span;
use crate::lanes::{Failure, Problem};

/// What a block asks for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The words of `:deps`.
    pub words: &'a [String],
    /// Where each is written.
    pub spans: &'a [Span],
    /// The workbook's folder.
    pub root: &'a Path,
    /// What the block is compiled for.
    pub target: &'static str,
}

/// The packages of a block: which, and that they are what they say.
#[derive(Debug)]
pub struct Crates {
    vendor: Vendor,
    target: &'static str,
    /// Each after all it uses.
    units: Vec<Unit>,
    /// What the block itself names.
    roots: Vec<(String, usize)>,
    /// Where to point for each unit.
    spans: Vec<Option<Span>>,
}

/// A package with its features.
#[derive(Debug)]
struct Unit {
    shown: String,
    /// Its folder in the vendored one.
    place: String,
    crate_name: String,
    edition: String,
    /// The file the compiler is given.
    source: String,
    features: Vec<String>,
    variables: BTreeMap<&'static str, String>,
    /// Units it names, by their names in its source.
    uses: Vec<(String, usize)>,
    /// All units it uses, directly or not.
    reaches: BTreeSet<usize>,
    /// The digest of its files.
    digest: Key,
}

impl Unit {
    /// Where its files are in the folder rustc works in: so it is named in the messages of a panic.
    fn folder(&self) -> String {
        self.shown.replace(' ', "-")
    }
}

/// Compiled packages, for the block that asked for them.
#[derive(Debug, Default)]
pub struct Linked {
    /// All of them.
    pub(super) libraries: Vec<Library>,
    /// What the block names, and the number of its library.
    pub(super) named: Vec<(String, usize)>,
}

/// The most packages a block may use, those they use included.
const PACKAGES: usize = 200;
/// How long all of them may take to compile.
const DEADLINE: Duration = Duration::from_secs(600);
const LIBRARY: &[&str] = &["lib", "rlib", "dylib", "cdylib", "staticlib"];

/// How the folder comes to be; nothing else downloads.
fn recipe(words: &[String]) -> String {
    let requests: Vec<Request> = words.iter().filter_map(|word| Request::parse(word).ok()).collect();
    let (names, features): (Vec<String>, Vec<Vec<String>>) = requests.iter().map(Request::added).unzip();
    let features = features.concat().join(",");
    let features = if features.is_empty() { features } else { format!(" --features {features}") };
    let names = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(" ");
    format!(
        "fetch them once, beside the workbook: `cargo new --lib --vcs none fetch && cd fetch && cargo add {names}{features} && cargo vendor ../{FOLDER}`"
    )
}

impl Crates {
    /// Chooses versions and checks files.
    ///
    /// # Errors
    ///
    /// When a package is not there, not as it was published, or may not be compiled.
    pub fn find(wanted: Wanted<'_>, toolchain: &Toolchain, cache: Option<&Cache>) -> Result<Self, Failure> {
        let at = |word: usize| wanted.spans.get(word).copied();
        let failed = |word: usize, message: String, help: String| failure(at(word), message, Some(help));
        let mut requests: Vec<Request> = Vec::new();
        for (index, word) in wanted.words.iter().enumerate() {
            let request = Request::parse(word).map_err(|wrong| failed(index, wrong, request::FORM.to_owned()))?;
            if requests.iter().any(|known| known.name == request.name) {
                let message = format!("`{}` is asked for twice", request.name);
                return Err(failed(index, message, "name it once, with all features it needs".to_owned()));
            }
            requests.push(request);
        }
        let help = || recipe(wanted.words);
        let vendor = Vendor::open(wanted.root).map_err(|error| failed(0, error.to_string(), help()))?;
        let none =
            || failed(0, format!("there is no folder `{FOLDER}` beside the workbook to take packages from"), help());
        let vendor = vendor.ok_or_else(none)?;
        let manifest = request::manifest(&requests);
        let question = Question { manifest: &manifest, target: wanted.target, vendor: &vendor, toolchain };
        let metadata = resolve::ask(question, cache).map_err(|said| {
            let names = |request: &Request| {
                said.contains(&format!("`{}`", request.name)) || said.contains(&format!("`{} ", request.name))
            };
            let word = requests.iter().position(names).unwrap_or_default();
            failed(word, format!("`{}` is not to be had from `{FOLDER}`: {said}", wanted.words[word]), help())
        })?;
        let mut found = Finding {
            metadata: &metadata,
            vendor: &vendor,
            budget: Budget::default(),
            units: Vec::new(),
            ids: Vec::new(),
            spans: Vec::new(),
        };
        let mut roots = Vec::new();
        for (name, package) in metadata.roots() {
            let word = requests.iter().position(|request| request.name == package.name).unwrap_or_default();
            let unit = found
                .unit(package, &mut Vec::new(), at(word))
                .map_err(|problem| Failure::one(Problem { within: at(word), ..problem }))?;
            roots.push((name, unit));
        }
        let Finding { units, spans, .. } = found;
        Ok(Self { vendor, target: wanted.target, units, roots, spans })
    }

    /// Everything the packages add to what the block becomes: a part of its key.
    #[must_use]
    pub fn id(&self) -> String {
        let unit = |unit: &Unit| format!("{} [{}] {}\n", unit.shown, unit.features.join(" "), unit.digest);
        self.units.iter().map(unit).collect()
    }

    /// Compiles what is not in the cache.
    ///
    /// # Errors
    ///
    /// What the compiler says, at the word of `:deps` that brought the package.
    pub fn compile(&self, toolchain: &Toolchain, cache: Option<&Cache>) -> Result<Linked, Failure> {
        let start = Instant::now();
        let mut made: BTreeMap<usize, Library> = BTreeMap::new();
        let mut budget = Budget::default();
        for (index, unit) in self.units.iter().enumerate() {
            let failed = |said: String| {
                failure(
                    self.spans[index],
                    format!("the package `{}` does not compile: {said}", unit.shown),
                    Some(help(&said)),
                )
            };
            let limits = Limits::default();
            let rest = DEADLINE.saturating_sub(start.elapsed());
            if rest.is_zero() {
                return Err(failed(format!("the packages of this block take longer than {} s", DEADLINE.as_secs())));
            }
            let files = self.vendor.files(&unit.place, &mut budget).map_err(failed)?;
            let libraries = unit.reaches.iter().map(|used| (*used, made[used].clone())).collect();
            let limits = Limits { deadline: limits.deadline.min(rest), ..limits };
            let work = Work { unit, files: &files, libraries: &libraries, target: self.target, toolchain, limits };
            made.insert(index, work.library(cache).map_err(failed)?);
        }
        Ok(Linked { libraries: made.into_values().collect(), named: self.roots.clone() })
    }
}

/// What may be done about a package that does not compile.
fn help(said: &str) -> String {
    if said.contains("E0463") || said.contains("wasm") {
        "the package may not be for WebAssembly".to_owned()
    } else {
        "choose another version of it, or other features: `name@1+feature+no-default-features`".to_owned()
    }
}

fn failure(at: Option<Span>, message: String, help: Option<String>) -> Failure {
    Failure::one(Problem { message, line: None, column: None, within: at, help })
}

/// A walk over the graph of packages.
struct Finding<'a> {
    metadata: &'a Metadata,
    vendor: &'a Vendor,
    budget: Budget,
    units: Vec<Unit>,
    ids: Vec<&'a str>,
    spans: Vec<Option<Span>>,
}

impl<'a> Finding<'a> {
    /// The number of a package's unit; `above` are the packages that need it, outermost first.
    fn unit(&mut self, package: &'a Package, above: &mut Vec<String>, at: Option<Span>) -> Result<usize, Problem> {
        if let Some(known) = self.ids.iter().position(|id| *id == package.id) {
            return Ok(known);
        }
        let refused = |message: String, help: &str| Problem {
            message,
            line: None,
            column: None,
            within: None,
            help: Some(help.to_owned()),
        };
        if above.len() + self.units.len() > PACKAGES {
            return Err(refused(
                format!("the packages of a block need more than {PACKAGES} others"),
                "use fewer, or fewer features",
            ));
        }
        refuse_native(package, above).map_err(|(message, help)| refused(message, help))?;
        above.push(package.shown());
        let mut uses = Vec::new();
        for (name, used) in self.metadata.dependencies(&package.id, None) {
            uses.push((name, self.unit(used, above, at)?));
        }
        above.pop();
        let direct: BTreeSet<usize> = uses.iter().map(|(_, used)| *used).collect();
        let reaches =
            direct.iter().flat_map(|used| self.units[*used].reaches.iter().copied()).chain(direct.iter().copied());
        let reaches = reaches.collect();
        let mut unit = self.described(package).map_err(|message| refused(message, REPAIR))?;
        (unit.uses, unit.reaches) = (uses, reaches);
        self.units.push(unit);
        self.ids.push(&package.id);
        self.spans.push(at);
        Ok(self.units.len() - 1)
    }

    fn described(&mut self, package: &Package) -> Result<Unit, String> {
        let shown = package.shown();
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path);
        let inside = folder.strip_prefix(&self.vendor.path).ok().and_then(Path::to_str);
        let place = inside.ok_or_else(|| format!("the package `{shown}` is not in `{FOLDER}`"))?.to_owned();
        let library = package.target(LIBRARY).ok_or_else(|| format!("the package `{shown}` has no library"))?;
        let source = library.src_path.strip_prefix(folder).ok().and_then(Path::to_str);
        let source =
            source.ok_or_else(|| format!("the source of `{shown}` is outside of its folder"))?.replace('\\', "/");
        let files = self.vendor.files(&place, &mut self.budget)?;
        Ok(Unit {
            shown,
            place,
            crate_name: library.name.replace('-', "_"),
            edition: library.edition.clone(),
            source,
            features: self.metadata.features(&package.id).to_vec(),
            variables: package.variables(),
            uses: Vec::new(),
            reaches: BTreeSet::new(),
            digest: digest(&files),
        })
    }
}

const REPAIR: &str = "bring the package back with `cargo vendor`; what was changed in it would run unseen";

fn digest(files: &Files) -> Key {
    let parts: Vec<&[u8]> = files.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]).collect();
    Key::of("wb package 1", &parts)
}

/// Refuses a package that needs native code to run while it is compiled.
fn refuse_native(package: &Package, above: &[String]) -> Result<(), (String, &'static str)> {
    let shown = package.shown();
    let chain = above.iter().rev().map(|name| format!(", which `{name}` needs")).collect::<String>();
    let chain = if chain.is_empty() { chain } else { chain + "," };
    if package.target(&["proc-macro"]).is_some() {
        let message = format!("`{shown}`{chain} is a procedural macro: native code that would run inside the compiler");
        return Err((
            message,
            "use the package without the feature that needs it (often `derive`), and write by hand what it would generate",
        ));
    }
    if package.target(&["custom-build"]).is_some() {
        let message = format!("`{shown}`{chain} has a build script: native code that would run on this machine");
        return Err((message, "use a package or a version without one"));
    }
    Ok(())
}
