//! Rust blocks: one call of `rustc`, confined, makes a block a component.
//!
//! A block with a `pub fn` becomes a component that exports one typed function and imports nothing; a block with only
//! a `fn main` becomes a program that reads stdin and writes stdout. This file decides which, and says what went wrong
//! in terms of the block; it knows no caches. A typed block can have no rights: what its standard library would ask of
//! a system (files, clocks, output) fails or does nothing.

pub mod crates;
mod diagnose;
mod glue;
mod infer;
mod scan;
mod toolchain;

use std::ffi::OsString;
use std::path::Path;

use wb_composer::encode_core::{self, EncodeCoreError, Shown};
use wb_composer::types::Signature;

use self::crates::Linked;
use self::glue::Glue;
use self::scan::{Function, Scan};
use self::toolchain::{FUNCTION_TARGET, PROGRAM_TARGET};
pub use self::toolchain::{Missing, Toolchain};
use super::{Made, Problem};
use crate::confine::{ConfineError, End, Finished, Limits, Network, Room, Strength, Tool};

/// One block to compile.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its source.
    pub source: &'a str,
    /// The function it should export, if its ports are known.
    pub signature: Option<&'a Signature>,
    /// The slug of the heading it stands under, which chooses among several functions.
    pub heading: &'a str,
    /// An empty, private folder to work in. It is not cleared.
    pub scratch: &'a Path,
    /// The packages it may use.
    pub linked: &'a Linked,
    /// What the compiler may use up.
    pub limits: Limits,
}

/// What became of a block.
#[derive(Debug, Clone)]
pub enum Output {
    /// A component that exports one function and imports nothing.
    Function {
        /// Its bytes.
        component: Vec<u8>,
        /// What it exports. It is the signature asked for; but if the function returns a `Result` where that does
        /// not, it returns `result<…, string>`. Where none was asked for, it is the one the function's types say.
        exported: Signature,
        /// How well the compiler was confined.
        strength: Strength,
    },
    /// A command (`wasi:cli/run`), which reads stdin and writes stdout.
    Program {
        /// Its bytes.
        component: Vec<u8>,
        /// How well the compiler was confined.
        strength: Strength,
    },
}

/// Why a block is not compiled.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The source has errors, at least one.
    #[error("{}", first(problems))]
    Source {
        /// In the order of lines.
        problems: Vec<Problem>,
    },
    /// The function is not of the type the workbook says.
    #[error("function `{function}` must be `{expected}` for signature `{signature}`")]
    Mismatch {
        /// The function.
        function: String,
        /// Its line in the block.
        line: u32,
        /// Its column.
        column: u32,
        /// The function as it must be.
        expected: String,
        /// The signature as text.
        signature: String,
        /// What exactly differs, or how to make it agree.
        help: Option<String>,
    },
    /// No function can be chosen.
    #[error("{}", nothing_to_call(found, wanted, private.as_deref()))]
    NoFunction {
        /// The `pub fn`s there are.
        found: Vec<String>,
        /// The names that would have been chosen.
        wanted: Vec<String>,
        /// A function of such a name that is not `pub`.
        private: Option<String>,
        /// Where that is, or the second of those found.
        line: Option<u32>,
    },
    /// The compiler, or a part of it.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The compiler did not end in time.
    #[error("compiling took longer than {seconds} s and was stopped")]
    TimeLimit {
        /// The time it had.
        seconds: u64,
    },
    /// The compiler needed more memory than it may have.
    #[error("compiling needs more than {mib} MiB of memory and was stopped")]
    MemoryLimit {
        /// The memory it had.
        mib: u64,
    },
    /// The result is larger than it may be.
    #[error("the compiled block is larger than {mib} MiB")]
    SizeLimit {
        /// The size it may have.
        mib: u64,
    },
    /// The module is no component of that signature, for instance because it imports something.
    #[error(transparent)]
    Encode(EncodeCoreError),
    /// The glue cannot be generated, or does not compile; a fault of ours.
    #[error("the glue for the block does not work: {0}")]
    Glue(String),
    /// The compiler failed without naming an error in the block; a fault of its installation.
    #[error("the Rust compiler failed: {0}")]
    Compiler(String),
    /// It could not be run at all.
    #[error(transparent)]
    Confine(#[from] ConfineError),
}

fn first(problems: &[Problem]) -> String {
    let place = |problem: &Problem| problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let text = problems.first().map(|problem| place(problem) + &problem.message);
    let more = problems.len().saturating_sub(1);
    text.unwrap_or_default() + &if more > 0 { format!(" (and {more} more)") } else { String::new() }
}

fn nothing_to_call(found: &[String], wanted: &[String], private: Option<&str>) -> String {
    let wanted = wanted.join("`, `");
    match (private, found) {
        (Some(name), _) => format!("function `{name}` is private; write `pub fn {name}`"),
        (None, []) => "the block has no function to call; write one `pub fn`, or a `fn main`".to_owned(),
        (None, found) => {
            let found = found.join("`, `");
            format!(
                "cannot tell which function to call: the block has `{found}`; keep one `pub`, or name it `{wanted}`"
            )
        }
    }
}

impl Failure {
    /// The same, as problems of the block; without a place where the block is not to blame.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Source { problems } => problems.clone(),
            Self::Mismatch { line, column, help, .. } => {
                let (line, column) = (Some(*line), Some(*column));
                vec![Problem { message: self.to_string(), line, column, within: None, help: help.clone() }]
            }
            Self::NoFunction { line, .. } => {
                vec![Problem { message: self.to_string(), line: *line, column: None, within: None, help: None }]
            }
            _ => vec![Problem::at_start(self.to_string(), None)],
        }
    }
}

/// Part of every node key of this lane, with [`Toolchain::id`].
pub const VERSION: &str = "rust 1";

/// What a missing compiler means for a block.
#[must_use]
pub fn missing(missing: &Missing) -> super::Failure {
    super::Failure::one(Problem::at_start(missing.to_string(), None))
}

/// Compiles a workbook's block; see [`compile`].
///
/// # Errors
///
/// As [`compile`], as problems of the block.
pub fn make(
    job: &super::Job<'_>,
    scratch: &Path,
    toolchain: &Toolchain,
    linked: &Linked,
) -> Result<(Made, Option<String>), super::Failure> {
    let signature = Some(job.signature);
    let limits = Limits::default();
    let job = Job { source: job.source, signature, heading: job.heading, scratch, linked, limits };
    match compile(&job, toolchain) {
        Ok(Output::Function { component, exported, strength }) => {
            Ok((Made::Function { component, interface: None, signature: exported }, weakness("Rust", strength)))
        }
        Ok(Output::Program { component, strength }) => Ok((Made::Program { component }, weakness("Rust", strength))),
        Err(failure) => Err(super::Failure { problems: failure.problems() }),
    }
}

/// What a block is compiled for, and so are its packages. A block that cannot be compiled has an answer too.
#[must_use]
pub fn target(job: &super::Job<'_>) -> &'static str {
    let scan = scan::scan(job.source);
    match choose(Some(job.signature), job.heading, &scan) {
        Ok(None) if scan.balanced => PROGRAM_TARGET,
        _ => FUNCTION_TARGET,
    }
}

/// What to say about a compiler that this system could not confine as it should be.
pub(super) fn weakness(compiler: &str, strength: Strength) -> Option<String> {
    let confined = strength.landlock.is_some() && strength.network != Network::Open && strength.limits;
    (!confined).then(|| format!("the {compiler} compiler is not fully confined on this system ({strength})"))
}

/// How every block is compiled, whatever it becomes. Names of functions stay: without them a trap has no place.
const FLAGS: &[&str] = &[
    "--edition=2024",
    "--crate-name=block",
    "--error-format=json",
    "-Awarnings",
    "-Cmetadata=wb",
    "-Copt-level=2",
    "-Cpanic=abort",
    "-Ccodegen-units=1",
    "-Cdebuginfo=0",
    "-Cstrip=debuginfo",
];
const FUNCTION_FLAGS: &[&str] = &["--target", FUNCTION_TARGET, "--crate-type=cdylib"];
const PROGRAM_FLAGS: &[&str] = &["--target", PROGRAM_TARGET, "--crate-type=bin"];

const BLOCK: &str = "block.rs";
const GLUE: &str = "glue.rs";
const CALL: &str = "call.rs";
const MODULE: &str = "block.wasm";
const READ: &str = "block.d";

/// Compiles a block.
///
/// # Errors
///
/// When the block has errors or no function of that signature, something is missing, or a limit is hit.
pub fn compile(job: &Job, toolchain: &Toolchain) -> Result<Output, Failure> {
    let scan = scan::scan(job.source);
    if !scan.balanced {
        // With a bracket or a quote missing nothing is where it seems to be, and the glue would be swallowed.
        rustc(job, toolchain, FUNCTION_TARGET, &scan, None)?;
    }
    match choose(job.signature, job.heading, &scan)? {
        Some(function) => typed(job, toolchain, &scan, function),
        None => match rustc(job, toolchain, PROGRAM_TARGET, &scan, None)? {
            Built::Wasm(component, strength) => Ok(Output::Program { component, strength }),
            Built::Misfit(said) => Err(Failure::Compiler(said)),
        },
    }
}

/// The function to export, or none for a program.
fn choose<'f, 's>(
    signature: Option<&Signature>,
    heading: &str,
    scan: &'f Scan<'s>,
) -> Result<Option<&'f Function<'s>>, Failure> {
    let functions = || scan.functions.iter().filter(|function| function.name != "main");
    let public: Vec<&Function> = functions().filter(|function| function.public).collect();
    let main = scan.functions.iter().any(|function| function.name == "main");
    if main && (public.is_empty() || signature.is_none()) {
        return Ok(None);
    }
    if let [only] = public.as_slice() {
        return Ok(Some(only));
    }
    let snake = |name: &str| name.replace('-', "_");
    let mut wanted: Vec<String> = signature.map(|signature| snake(&signature.name)).into_iter().collect();
    wanted.extend([snake(heading), "run".to_owned()]);
    wanted.retain(|name| !name.is_empty());
    wanted.dedup();
    let named = |name: &String| public.iter().find(|function| function.name == name);
    if let Some(function) = wanted.iter().find_map(named) {
        return Ok(Some(function));
    }
    let private = functions().find(|function| !function.public && wanted.iter().any(|name| function.name == name));
    let private = private.or_else(|| functions().next().filter(|_| public.is_empty()));
    let line = private.or(public.get(1).copied()).map(|function| function.line);
    let found = public.iter().map(|function| function.name.to_owned()).collect();
    Err(Failure::NoFunction { found, wanted, private: private.map(|function| function.name.to_owned()), line })
}

fn typed(job: &Job, toolchain: &Toolchain, scan: &Scan, function: &Function) -> Result<Output, Failure> {
    let inferred;
    let signature = match job.signature {
        Some(signature) => signature,
        None => {
            inferred = infer::signature(function, job.heading)?;
            &inferred
        }
    };
    let mismatch = |help| mismatch(signature, function, scan, help);
    if let Some(word) = function.obstacle {
        return Err(mismatch(Some(format!("it is {word}, and cannot be called from outside"))));
    }
    let (has, needs) = (function.params.len(), signature.params.len());
    if has != needs {
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let help = format!("it has {}, and the component has {}", plural(has, "parameter"), plural(needs, "input"));
        return Err(mismatch(Some(help)));
    }
    let glue = glue::write(signature, function, scan, CALL)?;
    let (core, strength) = match rustc(job, toolchain, FUNCTION_TARGET, scan, Some(&glue))? {
        Built::Wasm(core, strength) => (core, strength),
        Built::Misfit(said) => return Err(mismatch(Some(said))),
    };
    let component = encode_core::function(&core, &glue.exported).map_err(|error| unencoded(job, error))?;
    Ok(Output::Function { component, exported: glue.exported, strength })
}

/// Finds the place of what cannot be encoded: a block that is Rust, and compiles, can only have imported something.
fn unencoded(job: &Job, error: EncodeCoreError) -> Failure {
    let EncodeCoreError::Import { name, .. } = &error else { return Failure::Encode(error) };
    let problem =
        Problem { message: error.to_string(), line: line_of(job.source, name), column: None, within: None, help: None };
    Failure::Source { problems: vec![problem] }
}

/// The first line that has this text in it.
fn line_of(source: &str, text: &str) -> Option<u32> {
    let line = source.lines().position(|line| line.contains(text))?;
    u32::try_from(line + 1).ok()
}

fn mismatch(signature: &Signature, function: &Function, scan: &Scan, help: Option<String>) -> Failure {
    let mut declared = Vec::new();
    signature.params.iter().map(|(_, ty)| ty).chain(&signature.result).for_each(|ty| ty.declarations(&mut declared));
    // The usual cause where types are declared: the block declares them too.
    let twice = scan.types.iter().find(|(name, _)| declared.iter().any(|named| glue::type_name(&named.name) == *name));
    let help = match twice {
        Some((name, line)) => Some(format!("`{name}` is declared by the workbook; remove the one on line {line}")),
        None => {
            let types: Vec<String> = declared.iter().map(|named| glue::declaration(named)).collect();
            let types = if types.is_empty() { String::new() } else { format!(", with `{}`", types.join("`, `")) };
            help.map(|help| help + &types)
        }
    };
    Failure::Mismatch {
        function: function.name.to_owned(),
        line: function.line,
        column: function.column,
        expected: glue::wanted(signature, function),
        signature: Shown(signature).to_string(),
        help,
    }
}

/// What a call of the compiler gave that found no error in the block.
enum Built {
    /// A module or component.
    Wasm(Vec<u8>, Strength),
    /// Nothing, because the glue does not fit the block; what the compiler says of it.
    Misfit(String),
}

/// Calls the compiler on the block, and returns what it made.
fn rustc(
    job: &Job,
    toolchain: &Toolchain,
    target: &'static str,
    scan: &Scan,
    glue: Option<&Glue>,
) -> Result<Built, Failure> {
    toolchain.require(target)?;
    let room = Room::new(job.scratch)?;
    let mut block = job.source.to_owned();
    if let Some(glue) = glue {
        block.push_str(&glue::epilogue(GLUE));
        room.put(GLUE, glue.bindings.as_bytes())?;
        room.put(CALL, glue.call.as_bytes())?;
    }
    room.put(BLOCK, block.as_bytes())?;
    let flags = if target == FUNCTION_TARGET { FUNCTION_FLAGS } else { PROGRAM_FLAGS };
    let mut args: Vec<OsString> = [FLAGS, flags].concat().into_iter().map(OsString::from).collect();
    if scan.forbids {
        // What the block forbids, such as unsafe code, the glue beside it must be allowed.
        args.push("--cap-lints=allow".into());
    }
    args.extend(places(&room, toolchain));
    let Linked { libraries, named, .. } = job.linked;
    for library in libraries {
        room.put(&format!("{}/{}", crates::LIBRARIES, library.file), &library.bytes)?;
    }
    args.extend(crates::linked(named.iter().map(|(name, library)| (name.as_str(), &libraries[*library]))));
    args.extend([format!("--emit=link={MODULE},dep-info={READ}"), BLOCK.to_owned()].map(OsString::from));
    let readable = toolchain.readable();
    let finished =
        room.run(&Tool { program: &toolchain.rustc, args, readable: &readable, environment: &[], limits: job.limits })?;
    if let Some(misfit) = succeeded(job, &finished)? {
        return Ok(Built::Misfit(misfit));
    }
    only_the_block(job, &room)?;
    Ok(Built::Wasm(room.take(MODULE, job.limits.file_bytes)?, finished.strength))
}

/// Arguments that say where things are.
fn places(room: &Room, toolchain: &Toolchain) -> Vec<OsString> {
    let mut args = vec!["--sysroot".into(), toolchain.sysroot.clone().into()];
    for (path, name) in [(room.path(), "/block"), (toolchain.sysroot.as_path(), "/rust")] {
        // Paths in panic messages must not say where we are, and would make the bytes differ.
        let mut remap = OsString::from("--remap-path-prefix=");
        remap.push(path);
        remap.push(format!("={name}"));
        args.push(remap);
    }
    args
}

/// Turns the end of a compilation that made nothing into a failure, or what the compiler says of the glue.
fn succeeded(job: &Job, finished: &Finished) -> Result<Option<String>, Failure> {
    const MIB: u64 = 1 << 20;
    match finished.end {
        End::Exited(0) => return Ok(None),
        End::Deadline => return Err(Failure::TimeLimit { seconds: job.limits.deadline.as_secs() }),
        End::Memory => return Err(Failure::MemoryLimit { mib: job.limits.memory_bytes / MIB }),
        End::FileSize => return Err(Failure::SizeLimit { mib: job.limits.file_bytes / MIB }),
        End::Exited(_) | End::Signal(_) => {}
    }
    let lines = u32::try_from(job.source.lines().count()).unwrap_or(u32::MAX);
    let errors = diagnose::errors(&finished.stderr, BLOCK, lines);
    // Errors of the block come first: the glue may only fail because of them.
    if !errors.block.is_empty() {
        return Err(Failure::Source { problems: errors.block });
    }
    match errors.elsewhere.into_iter().next() {
        Some((file, said)) if file == CALL => return Ok(Some(said)),
        Some((file, said)) => return Err(Failure::Glue(format!("{file}: {said}"))),
        None => {}
    }
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let end: Vec<&str> = stderr.lines().filter(|line| !line.starts_with('{')).take(5).collect();
    Err(Failure::Compiler(format!("{:?}: {}", finished.end, end.join(" "))))
}

/// Refuses what was compiled from other files than the block. Where the system confines files, those that could be
/// read are the compiler's own; elsewhere this is what keeps the user's files out of components.
fn only_the_block(job: &Job, room: &Room) -> Result<(), Failure> {
    let list = room.take(READ, job.limits.file_bytes)?;
    let read = diagnose::read_files(&String::from_utf8_lossy(&list));
    let Some(other) = read.iter().find(|file| !matches!(file.as_str(), BLOCK | GLUE | CALL)) else { return Ok(()) };
    let name = other.rsplit('/').next().unwrap_or(other);
    let problem = Problem {
        message: format!("the block reads the file `{other}`"),
        line: line_of(job.source, name),
        column: None,
        within: None,
        help: Some(diagnose::READS.to_owned()),
    };
    Err(Failure::Source { problems: vec![problem] })
}
