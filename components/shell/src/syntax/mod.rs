//! The tree of a script, and what reads it.
//!
//! Nothing here runs or expands anything: a word keeps its parts with their quoting.

mod assignment;
pub(crate) mod brace;
mod conditional;
mod parameter;
mod parse;
mod redirection;
mod word;

use std::cell::RefCell;
use std::rc::Rc;

pub(crate) use parse::{Parser, is_name};

/// Why a script cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the script.
    pub at: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// Commands one after the other.
pub(crate) type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub(crate) struct AndOr {
    pub(crate) first: Pipeline,
    /// Whether the join is `&&`, and what follows it.
    pub(crate) rest: Vec<(bool, Pipeline)>,
}

/// Commands joined by `|`.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) negated: bool,
    pub(crate) commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) kind: Kind,
    pub(crate) redirections: Vec<Redirection>,
    pub(crate) line: u32,
}

/// The forms of a command.
#[derive(Debug)]
pub(crate) enum Kind {
    /// `arrays` are given to variables that the command declares.
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
        arrays: Vec<Assignment>,
    },
    Group(List),
    Subshell(List),
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    Count {
        init: Word,
        test: Word,
        step: Word,
        body: List,
    },
    Loop {
        until: bool,
        condition: List,
        body: List,
    },
    Case {
        word: Word,
        arms: Vec<Arm>,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    Conditional(Conditional),
    Arithmetic(Word),
}

/// One arm of a `case`.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) patterns: Vec<Word>,
    pub(crate) body: List,
    pub(crate) end: ArmEnd,
}

/// What follows an arm: `;;`, `;&`, `;;&`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArmEnd {
    Stop,
    Fall,
    Next,
}

/// `name=value`, `name[index]+=value`, `name=(…)`.
#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) index: Option<Word>,
    pub(crate) append: bool,
    pub(crate) value: Assigned,
}

/// The right side of an assignment.
#[derive(Debug)]
pub(crate) enum Assigned {
    Word(Word),
    /// Elements, each with the index written before it.
    Array(Vec<(Option<Word>, Word)>),
}

/// What stands between `[[` and `]]`.
#[derive(Debug)]
pub(crate) enum Conditional {
    Unary(char, Word),
    Binary(Box<Word>, String, Box<Word>),
    Not(Box<Conditional>),
    And(Box<Conditional>, Box<Conditional>),
    Or(Box<Conditional>, Box<Conditional>),
}

/// A redirection.
#[derive(Debug)]
pub(crate) struct Redirection {
    pub(crate) fd: Option<u32>,
    pub(crate) form: Form,
}

/// The forms of a redirection.
#[derive(Debug)]
pub(crate) enum Form {
    Read(Word),
    Write(Word),
    Append(Word),
    ReadWrite(Word),
    /// `&>` and `&>>`
    Both(Word, bool),
    /// `>&2`, `<&3`, `>&-`
    Duplicate(Word, bool),
    HereString(Word),
    /// The text is read when the line ends.
    HereDocument(Rc<RefCell<Word>>),
}

/// A word: parts that stand together without a space.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) parts: Vec<Part>,
}

/// A part of a word.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// Unquoted text: patterns and braces mean something.
    Text(String),
    /// Quoted text.
    Quoted(String),
    /// Between double quotes.
    Double(Vec<Part>),
    Parameter(Box<Parameter>),
    /// `$(…)` and backquotes.
    Command(Rc<List>),
    /// `$((…))`
    Arithmetic(Word),
    /// `<(…)`
    Process(Rc<List>),
}

/// `$x`, `${…}`.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) index: Option<Index>,
    pub(crate) op: Op,
}

/// An element of an array, or all.
#[derive(Debug, Clone)]
pub(crate) enum Index {
    /// `@` makes words, `*` joins.
    All(char),
    One(Word),
}

/// What is done with a parameter's value.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    None,
    /// `${#x}`
    Length,
    /// `${!x}`
    Indirect,
    /// `${!a[@]}`
    Keys,
    /// `${!prefix*}`
    Names,
    /// `-`, `=`, `+`, `?`; with a colon an empty value counts as unset.
    Default {
        kind: char,
        colon: bool,
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`.
    Strip {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    /// `/`, `//`, `/#`, `/%`.
    Replace {
        kind: char,
        pattern: Word,
        with: Word,
    },
    Slice {
        offset: Word,
        length: Option<Word>,
    },
    /// `^`, `^^`, `,`, `,,`; the pattern may be empty.
    Case {
        upper: bool,
        all: bool,
        pattern: Word,
    },
    /// `${x@Q}`
    Transform(char),
}

impl Word {
    /// A word of quoted text.
    pub(crate) fn quoted(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Quoted(text.into())] }
    }

    /// The text of a word that is nothing but unquoted text.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}
