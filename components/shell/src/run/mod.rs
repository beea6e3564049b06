//! Running a script: the state of a shell and of its subshells.

mod arithmetic;
mod builtins;
mod compound;
mod conditional;
mod declare;
mod execute;
mod expand;
mod fields;
mod glob;
mod operate;
mod redirect;
mod script;
mod variables;

use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use variables::{Value, Variable};

use crate::Done;
use crate::io::{In, Out};
use crate::syntax::{Command, List};
use crate::vfs::Files;

/// Function calls, subshells and `eval`s within each other. Each costs a few kilobytes of stack.
const MAX_DEPTH: u32 = 200;
/// Bytes a command substitution may give.
pub(crate) const CAPTURE_BYTES: usize = 64 << 20;

/// What all subshells share.
pub(crate) struct Common {
    pub(crate) files: Rc<Files>,
    pub(crate) now: Option<f64>,
    pub(crate) sleep: Rc<dyn Fn(f64)>,
}

/// An open file descriptor.
#[derive(Debug, Clone)]
pub(crate) enum Fd {
    In(In),
    Out(Out),
}

/// `set -e` and its like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) exit_on_error: bool,
    pub(crate) unset_is_error: bool,
    pub(crate) pipe_fails: bool,
    pub(crate) no_glob: bool,
    pub(crate) trace: bool,
    pub(crate) no_clobber: bool,
    pub(crate) export_all: bool,
    pub(crate) null_glob: bool,
}

/// A shell, or a subshell: cloning one is what `fork` is elsewhere.
#[derive(Clone)]
pub(crate) struct Shell {
    pub(crate) common: Rc<Common>,
    pub(crate) variables: HashMap<String, Variable>,
    /// For each function that runs, what its local variables hide.
    hidden: Vec<Vec<(String, Option<Variable>)>>,
    functions: Rc<HashMap<String, Rc<Command>>>,
    pub(crate) parameters: Rc<Vec<String>>,
    pub(crate) fds: Vec<Option<Fd>>,
    pub(crate) cwd: String,
    pub(crate) options: Options,
    pub(crate) status: i32,
    /// Statuses of the last pipeline.
    statuses: Vec<i32>,
    /// Line of the command that runs.
    pub(crate) line: u32,
    /// Line of the command that failed last.
    pub(crate) failed_line: u32,
    /// Above zero where a failure is an answer, so that `set -e` does not look at it.
    tolerant: u32,
    depth: u32,
    pub(crate) loops: u32,
    on_exit: Option<Rc<str>>,
    pub(crate) seed: Option<u32>,
    /// Place in the word that `getopts` reads.
    options_at: usize,
    /// Files that stand for process substitutions.
    substitutes: u32,
}

impl Shell {
    pub(crate) fn new(common: Common, input: In, out: Out, err: Out, seed: Option<u32>) -> Self {
        let mut shell = Self {
            common: Rc::new(common),
            variables: HashMap::new(),
            hidden: Vec::new(),
            functions: Rc::default(),
            parameters: Rc::default(),
            fds: vec![Some(Fd::In(input)), Some(Fd::Out(out)), Some(Fd::Out(err))],
            cwd: "/work".to_owned(),
            options: Options::default(),
            status: 0,
            statuses: vec![0],
            line: 1,
            failed_line: 1,
            tolerant: 0,
            depth: 0,
            loops: 0,
            on_exit: None,
            seed,
            options_at: 0,
            substitutes: 0,
        };
        for (name, value) in
            [("PWD", "/work"), ("HOME", "/work"), ("IFS", " \t\n"), ("OPTIND", "1"), ("TMPDIR", "/tmp")]
        {
            shell.variables.insert(name.to_owned(), Variable::text(value));
        }
        for name in ["PWD", "HOME", "TMPDIR"] {
            if let Some(variable) = shell.variables.get_mut(name) {
                variable.exported = true;
            }
        }
        shell
    }

    /// A copy that can change nothing of this one.
    pub(crate) fn subshell(&self) -> Self {
        Self { on_exit: None, loops: 0, ..self.clone() }
    }

    /// An input by number.
    pub(crate) fn input(&self, fd: usize) -> Option<In> {
        match self.fds.get(fd) {
            Some(Some(Fd::In(input))) => Some(input.clone()),
            _ => None,
        }
    }

    /// An output by number.
    pub(crate) fn output(&self, fd: usize) -> Option<Out> {
        match self.fds.get(fd) {
            Some(Some(Fd::Out(out))) => Some(out.clone()),
            _ => None,
        }
    }

    pub(crate) fn stdin(&self) -> In {
        self.input(0).unwrap_or_else(|| In::bytes(Vec::new()))
    }

    pub(crate) fn stdout(&self) -> Out {
        self.output(1).unwrap_or_else(Out::nothing)
    }

    pub(crate) fn stderr(&self) -> Out {
        self.output(2).unwrap_or_else(Out::nothing)
    }

    /// Puts an open file at a number.
    pub(crate) fn set_fd(&mut self, fd: usize, open: Option<Fd>) {
        if self.fds.len() <= fd {
            self.fds.resize(fd + 1, None);
        }
        self.fds[fd] = open;
    }

    /// An absolute path.
    pub(crate) fn path(&self, path: &str) -> String {
        crate::vfs::normal(&self.cwd, path)
    }

    /// Writes a line with its place to standard error.
    pub(crate) async fn complain(&self, message: &str) {
        let line = format!("line {}: {message}\n", self.line);
        // Where nobody listens there is nobody to tell.
        drop(self.stderr().write(line.as_bytes()).await);
    }

    /// Gives the shell its standard input and output.
    pub(crate) fn start(&mut self, input: In, out: Out) {
        self.set_fd(0, Some(Fd::In(input)));
        self.set_fd(1, Some(Fd::Out(out)));
    }

    /// Runs a script to its end, with what `trap` asked for.
    pub(crate) async fn script(&mut self, list: &List) -> Done {
        let result = self.list(list).await;
        self.ended(result).await
    }

    /// Closes what the script opened.
    pub(crate) fn close(&mut self) {
        self.fds.truncate(3);
    }

    /// Line to show for a failure.
    pub(crate) fn place(&self, at_limit: bool) -> u32 {
        if at_limit { self.line } else { self.failed_line }
    }

    /// The elements of an array; none where the variable is no array.
    pub(crate) fn array(&self, name: &str) -> Option<Vec<String>> {
        match self.variables.get(name)?.value {
            Value::List(_) | Value::Map(_) => Some(self.elements(name).into_iter().map(|(_, value)| value).collect()),
            _ => None,
        }
    }
}
