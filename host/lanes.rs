//! Lanes: one per language, each turning a source block into something a port adapter can drive.
//!
//! A lane sees one block, its ports and a private folder. It never sees the graph.

pub mod clang;
mod guest;
pub mod interpreter;
pub mod javascript;
pub mod python;
pub mod rust;
pub mod shell;
pub mod sql;
mod stored;
pub mod typescript;
pub mod wat;
pub mod zig;

use wb_composer::types::{Signature, Type};

use crate::kernel::types::Span;

pub use interpreter::Interpreter;
pub use javascript::modules::Library;

/// What lanes download, for `wb doctor`.
pub static PACKAGES: &[&crate::packages::Package] = if zig::SUPPORTED {
    &[&clang::PACKAGE, &python::PACKAGE, &zig::PACKAGE]
} else {
    &[&clang::PACKAGE, &python::PACKAGE]
};

/// What a lane downloads.
#[must_use]
pub fn package(lane: Lane) -> Option<&'static crate::packages::Package> {
    match lane {
        Lane::C | Lane::Cpp => Some(&clang::PACKAGE),
        Lane::Python => Some(&python::PACKAGE),
        Lane::Zig => zig::SUPPORTED.then_some(&zig::PACKAGE),
        Lane::JavaScript | Lane::Rust | Lane::Shell | Lane::Sql | Lane::TypeScript | Lane::Wat => None,
    }
}

/// A block to be made into a node.
pub struct Job<'a> {
    /// The block's text.
    pub source: &'a str,
    /// The heading's slug: how a function may be named to be chosen.
    pub heading: &'a str,
    /// Input ports in the order they were written.
    pub inputs: &'a [Port],
    /// Output ports in the order they were written.
    pub outputs: &'a [Port],
    /// The function's type, from `:sig:` or from the ports.
    pub signature: &'a Signature,
    /// What it may import, for languages that can.
    pub library: Library,
}

/// A port, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// As written.
    pub name: String,
    /// Its label at the component level.
    pub label: String,
    /// Its type.
    pub ty: Type,
}

/// What a lane makes.
#[derive(Debug, Clone)]
pub enum Made {
    /// Source for a shared engine.
    Script {
        /// The engine.
        interpreter: Interpreter,
        /// The wrapped block.
        script: String,
        /// What it may import.
        library: Library,
    },
    /// A component that exports a typed function.
    Function {
        /// Its bytes.
        component: Vec<u8>,
        /// The interface that holds the function, if it is not exported directly.
        interface: Option<String>,
        /// The function's type as exported.
        signature: Signature,
    },
    /// A component that answers HTTP requests itself (`wasi:http/incoming-handler`): a part of an artifact for HTTP, and
    /// of nothing else.
    Handler {
        /// Its bytes.
        component: Vec<u8>,
    },
    /// A `wasi:cli` program: stdin in, stdout out.
    Program {
        /// Its bytes.
        component: Vec<u8>,
    },
}

/// One thing wrong with a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What is wrong, possibly over several lines.
    pub message: String,
    /// Line in the block, from 1.
    pub line: Option<u32>,
    /// Column in that line, from 1.
    pub column: Option<u32>,
    /// The body that `line` counts in, where it is not the block's own; without a line, the very place.
    pub within: Option<Span>,
    /// The cure.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with the block as a whole.
    #[must_use]
    pub fn at_start(message: impl Into<String>, help: Option<&str>) -> Self {
        Self { message: message.into(), line: None, column: None, within: None, help: help.map(str::to_owned) }
    }
}

/// Why a block could not be made into a node. Never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What is wrong, in the order of the source.
    pub problems: Vec<Problem>,
}

impl Failure {
    /// A failure with one problem.
    #[must_use]
    pub fn one(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

/// The languages a block may be written in, as lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// `c`
    C,
    /// `c++`, `cpp`
    Cpp,
    /// `javascript`, `js`
    JavaScript,
    /// `python`, `py`
    Python,
    /// `rust`, `rs`
    Rust,
    /// `sh`, `bash`, `shell`
    Shell,
    /// `sql`, `sqlite`
    Sql,
    /// `typescript`, `ts`
    TypeScript,
    /// `wat`, `wasm`
    Wat,
    /// `zig`
    Zig,
}

impl Lane {
    /// The lane of a block's language.
    #[must_use]
    pub fn of(language: &str) -> Option<Self> {
        match language {
            "c" => Some(Self::C),
            "c++" | "cpp" => Some(Self::Cpp),
            "javascript" | "js" => Some(Self::JavaScript),
            "python" | "py" => Some(Self::Python),
            "rust" | "rs" => Some(Self::Rust),
            "sh" | "bash" | "shell" => Some(Self::Shell),
            "sql" | "sqlite" => Some(Self::Sql),
            "typescript" | "ts" => Some(Self::TypeScript),
            "wat" | "wasm" => Some(Self::Wat),
            "zig" => Some(Self::Zig),
            _ => None,
        }
    }
}
