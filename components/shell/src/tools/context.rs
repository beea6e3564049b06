//! What a tool works with: its words, its standard files, and files by path.

use std::rc::Rc;

use crate::Stop;
use crate::io::{In, Out};
use crate::run::Shell;
use crate::vfs::{FileError, Files, Open, Stat};

/// A tool's call.
pub(crate) struct Cx<'s> {
    pub(crate) shell: &'s mut Shell,
    pub(crate) name: String,
    /// Without the name.
    pub(crate) args: Vec<String>,
    pub(crate) input: In,
    pub(crate) out: Out,
    /// Set where a part of the work failed.
    pub(crate) status: i32,
}

impl<'s> Cx<'s> {
    pub(super) fn new(shell: &'s mut Shell, mut words: Vec<String>) -> Self {
        let name = if words.is_empty() { String::new() } else { words.remove(0) };
        let (input, out) = (shell.stdin(), shell.stdout());
        Self { shell, name, args: words, input, out, status: 0 }
    }

    pub(crate) fn files(&self) -> Rc<Files> {
        Rc::clone(&self.shell.common.files)
    }

    /// A file to read; `-` is standard input.
    pub(crate) fn open(&self, path: &str) -> Result<In, Stop> {
        if path == "-" || path == "/dev/stdin" {
            return Ok(self.input.clone());
        }
        let files = self.files();
        let handle = files.open(&self.shell.path(path), Open::Read).map_err(|error| named(path, &error))?;
        Ok(In::file(&files, handle))
    }

    /// A file to write.
    pub(crate) fn create(&self, path: &str, append: bool) -> Result<Out, Stop> {
        match path {
            "/dev/stdout" => return Ok(self.out.clone()),
            "/dev/stderr" => return Ok(self.shell.stderr()),
            _ => {}
        }
        let files = self.files();
        let how = if append { Open::Keep } else { Open::Truncate };
        let handle = files.open(&self.shell.path(path), how).map_err(|error| named(path, &error))?;
        Ok(Out::file(&files, handle, append))
    }

    pub(crate) fn stat(&self, path: &str, follow: bool) -> Result<Stat, FileError> {
        self.shell.common.files.stat(&self.shell.path(path), follow)
    }

    /// Says what went wrong with a part, and goes on.
    pub(crate) async fn complain(&mut self, message: &str) {
        self.status = 1;
        let line = format!("{}: {message}", self.name);
        self.shell.complain(&line).await;
    }

    /// The next of several inputs that can be opened; the others are complained about.
    pub(crate) async fn next_input(&mut self, names: &mut std::vec::IntoIter<String>) -> Option<(String, In)> {
        loop {
            let name = names.next()?;
            match self.open(&name) {
                Ok(input) => return Some((name, input)),
                Err(Stop::Error(_, message)) => self.complain(&message).await,
                Err(_) => {}
            }
        }
    }

    /// Names of inputs: standard input where none is named.
    pub(crate) fn inputs(names: Vec<String>) -> std::vec::IntoIter<String> {
        if names.is_empty() { vec!["-".to_owned()].into_iter() } else { names.into_iter() }
    }

    /// All bytes of all inputs.
    pub(crate) async fn read_all(&mut self, names: Vec<String>) -> Result<Vec<u8>, Stop> {
        let mut names = Self::inputs(names);
        let mut all = Vec::new();
        while let Some((_, input)) = self.next_input(&mut names).await {
            let mut bytes = input.all().await?;
            if all.is_empty() {
                all = bytes;
            } else {
                all.append(&mut bytes);
            }
        }
        Ok(all)
    }
}

/// An error with the path it is about.
pub(crate) fn named(path: &str, error: &FileError) -> Stop {
    Stop::Error(1, format!("{path}: {error}"))
}

/// Lines of a text without their ends; a last line without an end is one as well.
pub(crate) fn lines(bytes: &[u8], end: u8) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == end).collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

/// A line without its end.
pub(crate) fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}
