//! C and C++ blocks: clang and lld, themselves WebAssembly, run inside the engine and make a block a component.
//!
//! A block with a function becomes a component that exports it and imports nothing but the step's log; a block with only
//! a `main` becomes a program that reads stdin and writes stdout. This file decides which, calls the tools, and says what
//! went wrong in terms of the block; it knows no caches but the one for its own run-time library.

mod convert;
mod diagnose;
mod flat;
mod glue;
mod llvm;
mod scan;
mod types;

use std::path::Path;

use wb_composer::encode_core::{self, Shown};

use self::diagnose::Said;
use self::glue::Glue;
use self::llvm::Finished;
use self::scan::Function;
use super::guest::End;
use super::{Failure, Job, Made, Problem};
use crate::cache::{Cache, Key, Kind};
use crate::disk;
use crate::packages::{Digest, Package, Registry, Take};

pub use self::glue::Dialect;
pub(super) use self::llvm::program;
pub use self::llvm::{Llvm, Missing};

/// The compiler, the linker, the headers and the libraries.
pub static PACKAGE: Package = Package {
    title: "clang 22",
    language: "c",
    registry: Registry::Npm,
    name: "@yowasp/clang",
    version: "22.0.0-git20542-10",
    digest: Digest::Sha512("V31/z9GrJECKeACTDUyvg2llbEUiFi3bxtL5HSg7H/6sydSxdI/AoVAD9F5ozrfLjotWl0B9rghR87m+DUM/zg=="),
    bytes: 27_112_311,
    take: &[
        Take::File { from: "package/gen/llvm.core.wasm", to: "llvm.wasm" },
        Take::Tar {
            from: "package/gen/llvm-resources.tar",
            take: &[Take::Folder { from: "include", to: "usr/include" }, Take::Folder { from: "lib", to: "usr/lib" }],
        },
    ],
};

/// How every block is compiled. No flag comes from a workbook.
const FLAGS: &[&str] = &[
    "--target=wasm32-wasip1",
    "-c",
    "-O2",
    "-msimd128",
    // Every turn of a loop asks whether the deadline is over: longer bodies halve the time of short loops (docs/performance.md).
    "-mllvm",
    "-unroll-threshold=600",
    "-mllvm",
    "-unroll-partial-threshold=300",
    "-ffp-contract=off",
    "-fno-color-diagnostics",
    "-fno-caret-diagnostics",
    "-fno-diagnostics-show-note-include-stack",
    "-ferror-limit=20",
    "-Wall",
    "-D_WASI_EMULATED_SIGNAL",
    "-D_WASI_EMULATED_PROCESS_CLOCKS",
];
const C_FLAGS: &[&str] = &["-std=gnu17"];
const CPP_FLAGS: &[&str] = &["-std=gnu++23", "-fno-exceptions"];
/// How every block is linked. The stack lies first, so that too much of it is a trap and not another value.
const LINK: &[&str] = &["--stack-first", "-z", "stack-size=1048576", "--strip-debug", "-L/usr/lib/wasm32-wasip1"];
/// How a function is linked, and a program is not.
const REACTOR: &[&str] =
    &["/usr/lib/wasm32-wasip1/crt1-reactor.o", "--no-entry", "--wrap=malloc", "--wrap=calloc", "--wrap=realloc"];
const LIBRARIES: &[&str] = &[
    "-lc++",
    "-lc++abi",
    "-lwasi-emulated-signal",
    "-lwasi-emulated-process-clocks",
    "-lc",
    "-lm",
    "/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a",
];
const RUNTIME: &str = include_str!("clang/runtime.c");

/// The largest object or module that is taken from the tools.
const LARGEST: u64 = 64 << 20;

/// Everything about the tools and how they are called that can change what they make: a part of a cache key.
#[must_use]
pub fn toolchain() -> String {
    let flags = [FLAGS, C_FLAGS, CPP_FLAGS, LINK, REACTOR, LIBRARIES].concat().join(" ");
    format!("{}\nflags: {flags}\nglue: {} {}", PACKAGE.id(), glue::VERSION, Key::content(RUNTIME.as_bytes()))
}

/// What missing tools mean for a block.
#[must_use]
pub fn missing(missing: &Missing) -> Failure {
    let cure = match missing {
        Missing::Package(error) => Some(error.cure()),
        Missing::Start(_) => None,
    };
    Failure::one(Problem::at_start(missing.to_string(), cure.as_deref()))
}

/// A block that was compiled, and what clang warned of.
pub type Compiled = (Made, Vec<Problem>);

/// Compiles a block in an empty, private folder.
///
/// # Errors
///
/// When the block has errors, has no function to call, or needs more than the compiler may use up.
pub fn make(
    job: &Job<'_>,
    dialect: Dialect,
    scratch: &Path,
    llvm: &Llvm,
    cache: Option<&Cache>,
) -> Result<Compiled, Failure> {
    let work = Work { job, dialect, scratch, llvm, cache };
    match choose(job)? {
        Some(function) => work.function(&function),
        None => work.program(),
    }
}

/// The function to call, or none for a program.
fn choose(job: &Job<'_>) -> Result<Option<Function>, Failure> {
    let functions = scan::functions(job.source);
    let public = || functions.iter().filter(|function| !function.is_static() && function.name != "main");
    let mut wanted = [&job.signature.name, job.heading, "run"].map(types::ident).to_vec();
    wanted.dedup();
    if let Some(function) = wanted.iter().find_map(|name| functions.iter().find(|function| function.name == *name)) {
        return Ok(Some(function.clone()));
    }
    if functions.iter().any(|function| function.name == "main") {
        return Ok(None);
    }
    let all: Vec<&Function> = public().collect();
    if let [only] = all.as_slice() {
        return Ok(Some((*only).clone()));
    }
    let wanted = wanted.join("`, `");
    let (message, line) = match all.as_slice() {
        [] => (format!("the block has no function to call; name one `{wanted}`, or write a `main`"), None),
        several => {
            let names = several.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join("`, `");
            let message = format!(
                "cannot tell which function to call: the block has `{names}`; name one `{wanted}`, or make the others `static`"
            );
            (message, Some(several[1].line))
        }
    };
    Err(Failure::one(Problem { message, line, column: None, within: None, help: None }))
}

/// A block being compiled.
struct Work<'a> {
    job: &'a Job<'a>,
    dialect: Dialect,
    scratch: &'a Path,
    llvm: &'a Llvm,
    cache: Option<&'a Cache>,
}

impl Work<'_> {
    fn function(&self, function: &Function) -> Result<Compiled, Failure> {
        let glue = glue::write(self.dialect, self.job.signature, function, self.job.source, self.block());
        let warnings = self.compile(&glue.header, &glue.main, Some((&glue, function)))?;
        self.put("runtime.o", &self.runtime()?)?;
        let core = self.link(&[&["/w/runtime.o"], REACTOR].concat())?;
        let component = encode_core::function(&core, &glue.exported)
            .map_err(|error| Failure::one(Problem::at_start(error.to_string(), None)))?;
        Ok((Made::Function { component, interface: None, signature: glue.exported }, warnings))
    }

    fn program(&self) -> Result<Compiled, Failure> {
        let main = format!("#include \"wb.h\"\n#include \"{}\"\n", self.block());
        let warnings = self.compile("#pragma once\n", &main, None)?;
        let core = self.link(&["/usr/lib/wasm32-wasip1/crt1-command.o"])?;
        let component = llvm::program(&core).map_err(|error| Failure::one(Problem::at_start(error, None)))?;
        Ok((Made::Program { component }, warnings))
    }

    /// The block's file. Its name is what `__FILE__` says, and what diagnostics are found by.
    fn block(&self) -> &'static str {
        if self.dialect == Dialect::C { "block.c" } else { "block.cpp" }
    }

    fn put(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        disk::write_cached(&self.scratch.join(name), &[content])
            .map_err(|error| Failure::one(Problem::at_start(format!("cannot write `{name}`: {error}"), None)))
    }

    /// Compiles the block to `main.o` and returns the warnings.
    fn compile(&self, header: &str, main: &str, of: Option<(&Glue, &Function)>) -> Result<Vec<Problem>, Failure> {
        let name = if self.dialect == Dialect::C { "main.c" } else { "main.cpp" };
        self.put("wb.h", header.as_bytes())?;
        self.put(self.block(), self.job.source.as_bytes())?;
        self.put(name, main.as_bytes())?;
        let (tool, flags) = match self.dialect {
            Dialect::C => ("clang", C_FLAGS),
            Dialect::Cpp => ("clang++", CPP_FLAGS),
        };
        let place = format!("/w/{name}");
        let mut arguments = vec![tool];
        arguments.extend(FLAGS.iter().chain(flags));
        arguments.extend(["-ffile-prefix-map=/w/=", place.as_str(), "-o", "/w/main.o"]);
        let finished = self.llvm.run(self.scratch, &arguments);
        let said = diagnose::read(&finished.said.replace("/w/", ""), self.block(), self.job.source);
        if finished.end == End::Exited(0) {
            return Ok(said.warnings);
        }
        Err(self.failure(&finished, said, of))
    }

    fn failure(&self, finished: &Finished, said: Said, of: Option<(&Glue, &Function)>) -> Failure {
        if !matches!(finished.end, End::Exited(_)) {
            return Failure::one(Problem::at_start(ended(finished), None));
        }
        let mut problems = said.errors;
        let elsewhere = said.elsewhere.into_iter().next();
        if let (true, Some((_, message))) = (problems.is_empty(), elsewhere) {
            // Only the end of the block, or the call of its function, can be at fault.
            let (line, column) = match of {
                Some((_, function)) => (function.line, function.column),
                None => (self.job.source.lines().count().max(1) as u32, 1),
            };
            problems.push(Problem { message, line: Some(line), column: Some(column), within: None, help: None });
        }
        if problems.is_empty() {
            return Failure::one(Problem::at_start(ended(finished), None));
        }
        if let Some((_, function)) = of {
            // An error at the head of the function is one of types: what it must be is then what a person needs.
            let head = |problem: &&mut Problem| problem.line == Some(function.line) && problem.help.is_none();
            let wanted = glue::wanted(self.dialect, self.job.signature);
            let help = format!("for `{}` the function is `{wanted}`", Shown(self.job.signature));
            problems.iter_mut().filter(head).for_each(|problem| problem.help = Some(help.clone()));
        }
        Failure { problems }
    }

    fn link(&self, inputs: &[&str]) -> Result<Vec<u8>, Failure> {
        let arguments = [&["wasm-ld", "/w/main.o"], inputs, LINK, LIBRARIES, &["-o", "/w/block.wasm"]].concat();
        let finished = self.llvm.run(self.scratch, &arguments);
        if finished.end != End::Exited(0) {
            let problems = diagnose::linker(&finished.said, self.job.source);
            if problems.is_empty() {
                return Err(Failure::one(Problem::at_start(ended(&finished), None)));
            }
            return Err(Failure { problems });
        }
        self.take("block.wasm")
    }

    fn take(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let path = self.scratch.join(name);
        let fault = |message: String| Failure::one(Problem::at_start(message, None));
        if disk::size(&path).is_none_or(|size| size > LARGEST) {
            return Err(fault(format!("the compiled block is larger than {} MiB", LARGEST >> 20)));
        }
        disk::read(&path).map_err(|error| fault(format!("the compiled block cannot be read: {error}")))
    }

    /// The run-time library, compiled once.
    fn runtime(&self) -> Result<Vec<u8>, Failure> {
        let key = Key::of("wb clang runtime 1", &[toolchain().as_bytes()]);
        if let Some(object) = self.cache.and_then(|cache| cache.get(Kind::Module, &key)) {
            return Ok(object);
        }
        self.put("runtime.c", RUNTIME.as_bytes())?;
        let mut arguments = vec!["clang"];
        arguments.extend(FLAGS.iter().chain(C_FLAGS));
        arguments.extend(["/w/runtime.c", "-o", "/w/runtime.o"]);
        let finished = self.llvm.run(self.scratch, &arguments);
        if finished.end != End::Exited(0) {
            return Err(Failure::one(Problem::at_start(ended(&finished), None)));
        }
        let object = self.take("runtime.o")?;
        if let Some(cache) = self.cache {
            drop(cache.put(Kind::Module, &key, &object));
        }
        Ok(object)
    }
}

/// How a tool ended that did not end well, and said nothing of the block.
fn ended(finished: &Finished) -> String {
    match &finished.end {
        End::Deadline => format!("compiling took longer than {} s and was stopped", llvm::DEADLINE.as_secs()),
        End::Memory => format!("compiling needs more than {} MiB of memory and was stopped", llvm::MEMORY >> 20),
        End::Stack => {
            "compiling recursed too deeply and was stopped; something in the block nests too deeply".to_owned()
        }
        End::Exited(_) | End::Fault(_) => {
            let said: Vec<&str> = finished.said.lines().take(5).collect();
            format!("clang failed ({:?}): {}", finished.end, said.join(" "))
        }
    }
}
