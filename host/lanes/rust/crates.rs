//! The packages of a Rust block (`:deps serde@1`), from a vendored folder beside the workbook and from nowhere else.
//!
//! Cargo chooses versions and features; wb checks every file against its digest, and compiles each package by one call
//! of rustc, confined as for a block. Nothing of a package runs natively: a build script is WebAssembly in a sandbox, and a
//! procedural macro, which the compiler would load, is refused.

mod compile;
mod fetch;
mod request;
mod resolve;
mod script;
mod vendor;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use self::compile::Work;
pub(super) use self::compile::{LIBRARIES, Library, linked};
pub use self::fetch::{Fetched, fetch};
use self::request::Request;
use self::resolve::{Metadata, Package, Question, Target};
use self::script::{Outcome, Run};
use self::vendor::{Budget, FOLDER, Files, Vendor};
use super::toolchain::{PROGRAM_TARGET, Toolchain};
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
    /// Each after all it uses.
    units: Vec<Unit>,
    /// What the block itself names.
    roots: Vec<(String, usize)>,
    /// Where to point for each unit.
    spans: Vec<Option<Span>>,
}

/// A package with its features, for one target.
#[derive(Debug)]
struct Unit {
    shown: String,
    /// Its folder in the vendored one.
    place: String,
    target: &'static str,
    features: Vec<String>,
    variables: BTreeMap<&'static str, String>,
    /// The native library it speaks for, by which what its script says reaches those of others.
    links: Option<String>,
    /// The digest of its files.
    digest: Key,
    library: Part,
    /// Its build script.
    script: Option<Part>,
}

/// What one call of the compiler makes.
#[derive(Debug)]
struct Part {
    crate_name: String,
    edition: String,
    /// The file the compiler is given.
    source: String,
    /// Units it names, by their names in its source.
    uses: Vec<(String, usize)>,
    /// All units it uses, directly or not.
    reaches: BTreeSet<usize>,
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

/// How the folder comes to be; a run downloads nothing.
const HELP: &str = "`wb vendor FILE` fetches it with all it needs, where downloads are allowed";

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
        let help = || HELP.to_owned();
        let vendor = Vendor::open(wanted.root).map_err(|error| failed(0, error.to_string(), help()))?;
        let none =
            || failed(0, format!("there is no folder `{FOLDER}` beside the workbook to take packages from"), help());
        let vendor = vendor.ok_or_else(none)?;
        let manifest = request::manifest(&requests, false);
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
                .unit(package, wanted.target, &mut Vec::new(), at(word))
                .map_err(|problem| Failure::one(Problem { within: at(word), ..problem }))?;
            roots.push((name, unit));
        }
        let Finding { units, spans, .. } = found;
        Ok(Self { vendor, units, roots, spans })
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
        let mut making = Making { crates: self, toolchain, cache, made: BTreeMap::new(), said: BTreeMap::new() };
        let mut budget = Budget::default();
        for (index, unit) in self.units.iter().enumerate() {
            let failed = |said: String| {
                failure(self.spans[index], format!("the package `{}` {said}", unit.shown), Some(help(&said)))
            };
            let rest = DEADLINE.saturating_sub(start.elapsed());
            if rest.is_zero() {
                return Err(failed(format!("came too late: all packages may take {} s", DEADLINE.as_secs())));
            }
            let files = self
                .vendor
                .files(&unit.place, &mut budget)
                .map_err(|said| failure(self.spans[index], said, Some(REPAIR.to_owned())))?;
            let limits = Limits { deadline: Limits::default().deadline.min(rest), ..Limits::default() };
            making.unit(index, &files, limits).map_err(failed)?;
        }
        Ok(Linked { libraries: making.made.into_values().collect(), named: self.roots.clone() })
    }
}

/// Packages that are being compiled.
struct Making<'a> {
    crates: &'a Crates,
    toolchain: &'a Toolchain,
    cache: Option<&'a Cache>,
    made: BTreeMap<usize, Library>,
    /// What scripts said for the scripts of others.
    said: BTreeMap<usize, Vec<(String, String)>>,
}

impl Making<'_> {
    /// Compiles a package after all it uses; first its script, which is run.
    fn unit(&mut self, index: usize, files: &Files, limits: Limits) -> Result<(), String> {
        let (unit, toolchain) = (&self.crates.units[index], self.toolchain);
        let mut outcome = Outcome::default();
        if let Some(part) = &unit.script {
            let libraries = self.libraries(part);
            let work =
                Work { unit, part, script: true, files, libraries: &libraries, outcome: &outcome, toolchain, limits };
            let program =
                work.made(self.cache).map_err(|said| format!("has a build script that does not compile: {said}"))?;
            let cfg = script::cfg(unit.target, toolchain, self.cache)?;
            let run = Run { unit, files, program: &program, below: self.below(unit), cfg: &cfg };
            outcome = run
                .outcome(self.cache)
                .map_err(|said| format!("has a build script, which runs in a sandbox and {said}"))?;
            self.said.insert(index, outcome.metadata.clone());
        }
        let (part, libraries) = (&unit.library, self.libraries(&unit.library));
        let work =
            Work { unit, part, script: false, files, libraries: &libraries, outcome: &outcome, toolchain, limits };
        let library = work.made(self.cache).map_err(|said| format!("does not compile: {said}"))?;
        self.made.insert(index, library);
        Ok(())
    }

    fn libraries(&self, part: &Part) -> BTreeMap<usize, Library> {
        part.reaches.iter().filter_map(|used| Some((*used, self.made.get(used)?.clone()))).collect()
    }

    /// What the scripts of packages that it names have said, as variables for its own.
    fn below(&self, unit: &Unit) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (_, used) in &unit.library.uses {
            let Some(links) = &self.crates.units[*used].links else { continue };
            let said = self.said.get(used).into_iter().flatten();
            all.extend(
                said.map(|(key, value)| {
                    (format!("DEP_{}_{}", script::shout(links), script::shout(key)), value.clone())
                }),
            );
        }
        all
    }
}

/// The lines a compiler writes besides its JSON.
fn join(stderr: &[u8]) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    stderr.lines().filter(|line| !line.starts_with('{')).take(5).collect::<Vec<_>>().join(" ")
}

/// What may be done about a package that does not compile.
fn help(said: &str) -> String {
    if said.contains("run a program") {
        "choose a version of it, or of what it needs, whose script asks no other program".to_owned()
    } else if said.contains("wasm") {
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
    ids: Vec<(&'a str, &'static str)>,
    spans: Vec<Option<Span>>,
}

impl<'a> Finding<'a> {
    /// The number of a package's unit; `above` are the packages that need it, outermost first.
    fn unit(
        &mut self,
        package: &'a Package,
        target: &'static str,
        above: &mut Vec<String>,
        at: Option<Span>,
    ) -> Result<usize, Problem> {
        if let Some(known) = self.ids.iter().position(|id| *id == (package.id.as_str(), target)) {
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
        refuse_native(package, above).map_err(|message| refused(message, INSTEAD))?;
        let (library, script) = (package.target(LIBRARY), package.target(&["custom-build"]));
        let library =
            library.ok_or_else(|| refused(format!("the package `{}` has no library", package.shown()), INSTEAD))?;
        above.push(package.shown());
        let library = self.part(package, library, target, above, at)?;
        let script = script.map(|script| self.part(package, script, PROGRAM_TARGET, above, at)).transpose()?;
        above.pop();
        let unit = self.described(package, target, library, script).map_err(|message| refused(message, REPAIR))?;
        self.units.push(unit);
        self.ids.push((&package.id, target));
        self.spans.push(at);
        Ok(self.units.len() - 1)
    }

    /// One part of a package, and before it all it uses.
    fn part(
        &mut self,
        package: &'a Package,
        of: &'a Target,
        target: &'static str,
        above: &mut Vec<String>,
        at: Option<Span>,
    ) -> Result<Part, Problem> {
        let kind = of.kind.iter().any(|kind| kind == "custom-build").then_some("build");
        let mut uses = Vec::new();
        for (name, used) in self.metadata.dependencies(&package.id, kind) {
            uses.push((name, self.unit(used, target, above, at)?));
        }
        let direct: BTreeSet<usize> = uses.iter().map(|(_, used)| *used).collect();
        let further = direct.iter().flat_map(|used| self.units[*used].library.reaches.iter().copied());
        let reaches = further.chain(direct.iter().copied()).collect();
        let source = of.src_path.strip_prefix(package.folder()).ok().and_then(Path::to_str);
        let outside = || failure(None, format!("the source of `{}` is outside of its folder", package.shown()), None);
        let source = source.map(|source| source.replace('\\', "/"));
        let Some(source) = source else { return Err(outside().problems.remove(0)) };
        Ok(Part { crate_name: of.name.replace('-', "_"), edition: of.edition.clone(), source, uses, reaches })
    }

    fn described(
        &mut self,
        package: &Package,
        target: &'static str,
        library: Part,
        script: Option<Part>,
    ) -> Result<Unit, String> {
        let shown = package.shown();
        let place = package.folder().strip_prefix(&self.vendor.path).ok().and_then(Path::to_str);
        let place = place.ok_or_else(|| format!("the package `{shown}` is not in `{FOLDER}`"))?.to_owned();
        let digest = digest(&self.vendor.files(&place, &mut self.budget)?);
        let (features, variables) = (self.metadata.features(&package.id).to_vec(), package.variables());
        let links = package.links.clone();
        Ok(Unit { shown, place, target, features, variables, links, digest, library, script })
    }
}

const INSTEAD: &str =
    "use the package without the feature that needs it (often `derive`), and write by hand what it would generate";
const REPAIR: &str = "bring the package back with `cargo vendor`; what was changed in it would run unseen";

fn digest(files: &Files) -> Key {
    let parts: Vec<&[u8]> = files.iter().flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]).collect();
    Key::of("wb package 1", &parts)
}

/// Refuses a package that is native code of the compiler's.
fn refuse_native(package: &Package, above: &[String]) -> Result<(), String> {
    if package.target(&["proc-macro"]).is_none() {
        return Ok(());
    }
    let chain = above.iter().rev().map(|name| format!(", which `{name}` needs")).collect::<String>();
    let chain = if chain.is_empty() { chain } else { chain + "," };
    let shown = package.shown();
    Err(format!("`{shown}`{chain} is a procedural macro: native code that would run inside the compiler"))
}
