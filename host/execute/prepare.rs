//! Blocks through their lanes: everything about a node that can be made before any value is known.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wb_composer::hoist;
use wb_composer::signature::Offer;
use wb_composer::types::{Signature, Type};

use super::graph::{Graph, Node, Origin};
use super::keys::{self, Parts};
use super::members;
use crate::cache::{Cache, Key, Kind};
use crate::confine::Limits;
use crate::disk;
use crate::env;
use crate::grants::Grants;
use crate::lanes::clang::{self, Dialect};
use crate::lanes::javascript::modules::Module;
use crate::lanes::{
    Failure, Job, Lane, Library, Made, Problem, javascript, python, rust, shell, sql, typescript, wat, zig,
};
use crate::packages::Packages;

/// A node that can be composed.
#[derive(Debug, Clone)]
pub struct Ready {
    /// What drives it.
    pub made: Arc<Made>,
    /// Core modules taken out of its component.
    pub modules: Arc<BTreeMap<String, Vec<u8>>>,
    /// The memory that these have from the start, in bytes.
    pub declared: u64,
    /// Its rights.
    pub grants: Grants,
    /// What its results depend on, apart from its inputs.
    pub parts: Parts,
    /// Something the person should know about how it was made.
    pub note: Option<String>,
    /// What its compiler warned of, when it was compiled just now.
    pub warnings: Vec<Problem>,
}

/// What a lane gives: the node, what its results depend on, and what a person should know about how it was made.
struct Laned {
    made: Made,
    parts: Parts,
    note: Option<String>,
    warnings: Vec<Problem>,
}

impl Laned {
    fn plain(made: Made, parts: Parts) -> Self {
        Self { made, parts, note: None, warnings: Vec::new() }
    }
}

/// A component's bytes, or why they are not there.
type Fetched = Result<Arc<Vec<u8>>, String>;

/// Names a core module by its content.
#[must_use]
pub fn module_name(bytes: &[u8]) -> String {
    Key::content(bytes).to_string()[..32].to_owned()
}

/// Makes the wanted nodes of a graph, in parallel where there is something to compile. Answers in the order of the nodes;
/// what is not wanted is not made, and has a failure that nobody should see.
#[must_use]
pub fn all(
    graph: &Graph,
    root: &Path,
    cache: Option<&Cache>,
    packages: &Packages,
    wanted: &(dyn Fn(usize) -> bool + Sync),
) -> Vec<Result<Ready, Failure>> {
    let (toolchain, llvm, zig) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    let lanes = Lanes { modules: &graph.modules, root, cache, packages, toolchain: &toolchain, llvm: &llvm, zig: &zig };
    let mut results: Vec<Option<Result<Ready, Failure>>> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| {
            if !wanted(index) {
                return Some(Err(Failure::one(Problem::at_start("not part of this run", None))));
            }
            // A script costs nothing to make; a thread would.
            let script =
                |lang: &str| matches!(Lane::of(lang), Some(Lane::JavaScript | Lane::Python | Lane::Shell | Lane::Sql));
            matches!(&node.origin, Origin::Block { lang, .. } if script(lang)).then(|| lanes.node(node))
        })
        .collect();
    let rest: Vec<usize> = (0..results.len()).filter(|index| results[*index].is_none()).collect();
    let (count, finished) = (rest.len(), AtomicUsize::new(0));
    let next = Mutex::new(rest.into_iter());
    let done = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let Some(index) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else { return };
                    let (id, made) = (&graph.nodes[index].id, finished.load(Ordering::Relaxed));
                    packages.progress(Some(&format!("{made} of {count} made · making {id}")));
                    let result = lanes.node(&graph.nodes[index]);
                    finished.fetch_add(1, Ordering::Relaxed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    packages.progress(None);
    for (index, result) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        results[index] = Some(result);
    }
    let missing = || Err(Failure::one(Problem::at_start("the block was not compiled; this is a bug in wb", None)));
    results.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
}

struct Lanes<'a> {
    root: &'a Path,
    modules: &'a [Module],
    cache: Option<&'a Cache>,
    /// Asked for at most once, and only when there is a Rust block.
    toolchain: &'a OnceLock<Result<rust::Toolchain, rust::Missing>>,
    packages: &'a Packages,
    /// The same for C and C++.
    llvm: &'a OnceLock<Result<clang::Llvm, clang::Missing>>,
    /// The same for Zig.
    zig: &'a OnceLock<Result<zig::Zig, zig::Missing>>,
}

impl Lanes<'_> {
    fn node(&self, node: &Node) -> Result<Ready, Failure> {
        let grants = Grants::read(&node.caps).map_err(|error| {
            Failure::one(Problem::at_start(error.to_string(), Some("change `:caps:` of this heading")))
        })?;
        let made = match &node.origin {
            Origin::Binary { path, fetched } => self.binary(node, path, fetched.as_ref())?,
            Origin::Block { lang, source, .. } => self.block(node, lang, source)?,
        };
        let Laned { made, parts, note, warnings } = made;
        let mut declared = 0;
        let (made, modules) = match made {
            Made::Function { component, interface, signature } => {
                let offer = wb_composer::signature::offer(&component)
                    .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
                granted(node, &grants, &offer.imports)?;
                within(node, &offer)?;
                declared = offer.declared_memory;
                let hoisted = hoist::hoist(&component, &module_name)
                    .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
                fits(node, &signature)?;
                (Made::Function { component: hoisted.component, interface, signature }, hoisted.modules)
            }
            Made::Program { component } => {
                let offer = wb_composer::signature::offer(&component)
                    .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
                granted(node, &grants, &offer.imports)?;
                if node.inputs.len() > 1 || node.outputs.len() > 1 {
                    return Err(Failure::one(Problem::at_start(
                        "a program reads stdin and writes stdout, so it can have one input and one output",
                        None,
                    )));
                }
                (Made::Program { component }, BTreeMap::new())
            }
            Made::Handler { component } => {
                let offer = wb_composer::signature::offer(&component)
                    .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
                granted(node, &grants, &offer.imports)?;
                if !node.inputs.is_empty() || !node.outputs.is_empty() {
                    let message = "the component answers HTTP requests, so it has no inputs and no outputs";
                    return Err(Failure::one(Problem::at_start(message, None)));
                }
                (Made::Handler { component }, BTreeMap::new())
            }
            script => (script, BTreeMap::new()),
        };
        Ok(Ready { made: Arc::new(made), modules: Arc::new(modules), declared, grants, parts, note, warnings })
    }

    fn binary(&self, node: &Node, path: &str, fetched: Option<&Fetched>) -> Result<Laned, Failure> {
        let help = Some("`:component:` is a path relative to the workbook, or a reference that begins with `oci:`");
        let bytes = match fetched {
            Some(Ok(bytes)) => bytes.to_vec(),
            Some(Err(why)) => return Err(Failure::one(Problem::at_start(format!("no component: {why}"), help))),
            None => {
                let file = self.root.join(path);
                disk::read(&file).map_err(|error| {
                    let message = format!("cannot read the component `{}`: {error}", file.display());
                    Failure::one(Problem::at_start(message, help))
                })?
            }
        };
        let parts = keys::node(node, Some(&bytes), None);
        let name = (node.signature.name != node.heading).then_some(node.signature.name.as_str());
        Ok(Laned::plain(wat::pick(bytes, &node.heading, name)?, parts))
    }

    fn block(&self, node: &Node, lang: &str, source: &str) -> Result<Laned, Failure> {
        let job = Job {
            library: Library::default(),
            source,
            heading: &node.heading,
            inputs: &node.inputs,
            outputs: &node.outputs,
            signature: &node.signature,
        };
        match Lane::of(lang) {
            Some(Lane::JavaScript) => self.script(node, job),
            Some(Lane::TypeScript) => {
                let erased = typescript::erase(source, self.cache)?;
                self.script(node, Job { source: &erased, ..job })
            }
            Some(Lane::Wat) => Ok(Laned::plain(wat::make(&job)?, keys::node(node, None, None))),
            Some(Lane::Python) => Ok(Laned::plain(python::make(&job), keys::node(node, None, None))),
            Some(Lane::Shell) => Ok(Laned::plain(shell::make(&job), keys::node(node, None, None))),
            Some(Lane::Sql) => Ok(Laned::plain(sql::make(&job)?, keys::node(node, None, None))),
            Some(Lane::Rust) => self.rust(node, &job),
            Some(Lane::C) => self.clang(node, &job, Dialect::C),
            Some(Lane::Cpp) => self.clang(node, &job, Dialect::Cpp),
            Some(Lane::Zig) => self.zig(node, &job),
            None => Err(Failure::one(Problem::at_start(
                format!("`{lang}` blocks cannot be run by this version of wb"),
                Some(
                    "write it in javascript, typescript, python, sql, rust, c, c++, zig or wat, or give a precompiled `:component:`",
                ),
            ))),
        }
    }

    /// JavaScript, with what it may import and its variables: they are part of what its results depend on.
    fn script(&self, node: &Node, job: Job<'_>) -> Result<Laned, Failure> {
        let (path, variables) = match &node.origin {
            Origin::Block { path, variables, .. } => (path.as_deref(), variables.clone()),
            Origin::Binary { .. } => (None, Vec::new()),
        };
        let erase = |source: &str| typescript::erase(source, self.cache);
        let mut library = Library::reach(job.source, path, javascript::MODULE, self.modules, &erase)?;
        let mut parts = keys::node(node, None, None);
        for (name, value) in &variables {
            parts.push(format!("variable `{name}`"), value.as_bytes());
        }
        library.variables = variables;
        for module in &library.modules {
            parts.push(format!("module `{}`", module.path), module.code().as_bytes());
        }
        Ok(Laned::plain(javascript::make(&Job { library, ..job })?, parts))
    }

    /// Compiling takes a second or some, so what comes of it is kept.
    fn clang(&self, node: &Node, job: &Job<'_>, dialect: Dialect) -> Result<Laned, Failure> {
        let parts = keys::node(node, None, None);
        let key = parts.key("wb clang node 1");
        if let Some(made) = self.cache.and_then(|cache| cache.get(Kind::Component, &key)).and_then(|b| decode(&b, node))
        {
            return Ok(Laned::plain(made, parts));
        }
        let llvm = self.llvm.get_or_init(|| clang::Llvm::load(self.packages, self.cache));
        let llvm = llvm.as_ref().map_err(clang::missing)?;
        let scratch = disk::scratch()
            .map_err(|error| Failure::one(Problem::at_start(format!("no folder to compile in: {error}"), None)))?;
        let (made, warnings) = clang::make(job, dialect, scratch.path(), llvm, self.cache)?;
        if let Some(cache) = self.cache {
            drop(cache.put(Kind::Component, &key, &encode(&made)));
        }
        Ok(Laned { made, parts, note: None, warnings })
    }

    /// The same with another compiler, which is native code.
    fn zig(&self, node: &Node, job: &Job<'_>) -> Result<Laned, Failure> {
        let parts = keys::node(node, None, None);
        let key = parts.key("wb zig node 1");
        if let Some(made) = self.cache.and_then(|cache| cache.get(Kind::Component, &key)).and_then(|b| decode(&b, node))
        {
            return Ok(Laned::plain(made, parts));
        }
        let compiler = self.zig.get_or_init(|| zig::Zig::load(self.packages));
        let compiler = compiler.as_ref().map_err(zig::missing)?;
        let scratch = disk::scratch()
            .map_err(|error| Failure::one(Problem::at_start(format!("no folder to compile in: {error}"), None)))?;
        let (made, note) = zig::make(job, scratch.path(), compiler, self.cache, Limits::default())?;
        if let Some(cache) = self.cache {
            drop(cache.put(Kind::Component, &key, &encode(&made)));
        }
        Ok(Laned { made, parts, note, warnings: Vec::new() })
    }

    /// Compiling takes a second here as well.
    fn rust(&self, node: &Node, job: &Job<'_>) -> Result<Laned, Failure> {
        let toolchain = self.toolchain.get_or_init(|| rust_toolchain(self.cache));
        let toolchain = toolchain.as_ref().map_err(rust::missing)?;
        let mut parts = keys::node(node, None, Some(&toolchain.id()));
        let crates = self.crates(node, job, toolchain)?;
        if let Some(crates) = &crates {
            parts.push("crates", crates.id().as_bytes());
        }
        let key = parts.key("wb rust node 1");
        if let Some(made) = self.cache.and_then(|cache| cache.get(Kind::Component, &key)).and_then(|b| decode(&b, node))
        {
            return Ok(Laned::plain(made, parts));
        }
        let scratch = disk::scratch()
            .map_err(|error| Failure::one(Problem::at_start(format!("no folder to compile in: {error}"), None)))?;
        let linked = crates.map(|crates| crates.compile(toolchain, self.cache)).transpose()?.unwrap_or_default();
        let (made, note) = rust::make(job, scratch.path(), toolchain, &linked)?;
        if let Some(cache) = self.cache {
            drop(cache.put(Kind::Component, &key, &encode(&made)));
        }
        Ok(Laned { made, parts, note, warnings: Vec::new() })
    }

    /// The packages a Rust block names.
    fn crates(
        &self,
        node: &Node,
        job: &Job<'_>,
        toolchain: &rust::Toolchain,
    ) -> Result<Option<rust::crates::Crates>, Failure> {
        if node.packages.is_empty() {
            return Ok(None);
        }
        let (words, spans, target) = (&node.packages, &node.package_spans, rust::target(job));
        let wanted = rust::crates::Wanted { words, spans, root: self.root, target };
        rust::crates::Crates::find(wanted, toolchain, self.cache).map(Some)
    }
}

/// Finds the Rust compiler. Asking it costs a tenth of a second, so the answer is kept for as long as the files that
/// decide it stay the same.
///
/// # Errors
///
/// When there is none.
pub fn rust_toolchain(cache: Option<&Cache>) -> Result<rust::Toolchain, rust::Missing> {
    let (chosen, settings) = env::rustup();
    let rustc = env::program("rustc");
    let time = |path: &Path| format!("{:?}", disk::modified(path));
    let parts = [
        rustc.as_deref().map_or(String::new(), |path| format!("{} {}", path.display(), time(path))),
        chosen.unwrap_or_default(),
        format!("{} {}", settings.display(), time(&settings)),
    ];
    let key = Key::of("wb rustc 1", &parts.each_ref().map(|part| part.as_bytes()));
    let kept = cache.and_then(|cache| cache.get(Kind::Result, &key)).and_then(|bytes| rust::Toolchain::recall(&bytes));
    if let Some(toolchain) = kept {
        return Ok(toolchain);
    }
    let toolchain = rust::Toolchain::detect(rustc.as_deref())?;
    if let Some(cache) = cache {
        drop(cache.put(Kind::Result, &key, &toolchain.keep()));
    }
    Ok(toolchain)
}

/// A byte that says what it is, then the component. The signature is read back from the component.
fn encode(made: &Made) -> Vec<u8> {
    match made {
        Made::Function { component, .. } => [&[1], component.as_slice()].concat(),
        Made::Program { component } => [&[2], component.as_slice()].concat(),
        Made::Handler { component } => [&[3], component.as_slice()].concat(),
        Made::Script { script, .. } => [&[0], script.as_bytes()].concat(),
    }
}

fn decode(bytes: &[u8], node: &Node) -> Option<Made> {
    let (kind, component) = bytes.split_first()?;
    match kind {
        1 => wat::pick(component.to_vec(), &node.heading, Some(&node.signature.name)).ok(),
        2 => Some(Made::Program { component: component.to_vec() }),
        _ => None,
    }
}

/// Whether the memory that a component has from the start is within the node's cap. What it grows by is counted while it
/// runs.
fn within(node: &Node, offer: &Offer) -> Result<(), Failure> {
    if offer.declared_memory <= node.memory {
        return Ok(());
    }
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let message =
        format!("declares {} MiB of memory, more than its {} MiB", mib(offer.declared_memory), mib(node.memory));
    Err(Failure::one(Problem::at_start(message, Some("raise `:memory:` in the heading's drawer, or declare less"))))
}

fn granted(node: &Node, grants: &Grants, imports: &[String]) -> Result<(), Failure> {
    grants.check(imports.iter().map(String::as_str)).map_err(|refusal| {
        Failure::one(Problem::at_start(format!("the component {refusal}"), Some(&refusal.cure(&node.caps))))
    })
}

/// Whether a function can take the node's inputs and fill its outputs.
fn fits(node: &Node, signature: &Signature) -> Result<(), Failure> {
    let problem =
        |message: String| Err(Failure::one(Problem::at_start(message, Some("make the ports agree with the function"))));
    if signature.params.len() != node.inputs.len() {
        return problem(format!(
            "`{}` takes {} parameters, but the heading has {} inputs",
            signature.name,
            signature.params.len(),
            node.inputs.len()
        ));
    }
    let made = Made::Function { component: Vec::new(), interface: None, signature: signature.clone() };
    for (index, port) in node.inputs.iter().enumerate() {
        let taken = members::input_type(node, &made, index);
        if port.ty != Type::Json && !port.ty.same(&taken) {
            return problem(format!(
                "input `{}` is `{}`, but `{}` takes `{taken}`",
                port.name, port.ty, signature.name
            ));
        }
    }
    let result = match &signature.result {
        Some(Type::Result(ok, _)) => ok.is_some(),
        other => other.is_some(),
    };
    if !result && !node.outputs.is_empty() {
        return problem(format!("`{}` returns nothing, but the heading has outputs", signature.name));
    }
    Ok(())
}
