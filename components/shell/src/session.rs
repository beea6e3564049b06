//! A script from its text to its end: what a caller of the library sees.

use std::rc::Rc;

use crate::Stop;
use crate::io::{self, In, Out};
use crate::run::{Common, Shell};
use crate::syntax::{Parser, SyntaxError};
use crate::vfs::{Disk, Files};

/// What a script can reach.
pub struct World {
    /// Granted folders.
    pub disk: Rc<dyn Disk>,
    /// Takes the lines of standard error.
    pub log: Rc<dyn Fn(&str)>,
    /// Milliseconds since 1970, where the clock is granted.
    pub now: Option<f64>,
    /// A seed, where randomness is granted.
    pub seed: Option<u32>,
    /// Waits for so many seconds.
    pub sleep: Rc<dyn Fn(f64)>,
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// The last lines of standard error.
    pub stderr: Vec<String>,
    /// Line of the command that failed last, from 1.
    pub line: u32,
    /// A bound of the sandbox that ended it.
    pub limit: Option<String>,
}

/// A shell with its variables and files.
pub struct Session {
    shell: Shell,
    files: Rc<Files>,
    stderr: Out,
}

/// Bytes of standard output.
const OUTPUT_BYTES: usize = 64 << 20;

impl Session {
    /// A new shell.
    #[must_use]
    pub fn new(world: World) -> Self {
        let files = Rc::new(Files::new(Rc::clone(&world.disk)));
        let stderr = Out::lines(world.log);
        let common = Common { files: Rc::clone(&files), now: world.now, sleep: world.sleep };
        let shell = Shell::new(common, In::bytes(Vec::new()), Out::nothing(), stderr.clone(), world.seed);
        Self { shell, files, stderr }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        // A fresh shell has no variables that cannot be written.
        drop(self.shell.set(name, value));
    }

    /// A variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.shell.get(name)
    }

    /// Elements of an array.
    #[must_use]
    pub fn elements(&self, name: &str) -> Option<Vec<String>> {
        self.shell.array(name)
    }

    /// Puts a file where the script finds it.
    pub fn provide(&self, path: &str, bytes: Vec<u8>) {
        self.files.provide(path, bytes);
    }

    /// A file's bytes, if there is one.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.files.whole(path)
    }

    /// Starts in another folder.
    pub fn enter(&mut self, folder: &str) {
        if self.files.make_folder(folder).is_ok() || self.files.list(folder).is_ok() {
            self.shell.cwd = folder.to_owned();
            self.set("PWD", folder);
        }
    }

    /// Runs a script.
    ///
    /// # Errors
    ///
    /// When it is no script.
    pub fn run(&mut self, script: &str, stdin: Vec<u8>) -> Result<Ended, SyntaxError> {
        let list = Parser::new(script, 1).script()?;
        let out = Out::buffer(OUTPUT_BYTES);
        self.shell.start(In::bytes(stdin), out.clone());
        let result = io::block_on(async { self.shell.script(&list).await });
        let (status, limit) = match result {
            Some(Ok(status)) => (status, None),
            Some(Err(Stop::Limit(message))) => (1, Some(message)),
            Some(Err(stop)) => (1, Some(format!("the shell stopped: {stop:?}; this is a bug in wb"))),
            None => (1, Some("the script waits for what it itself should write".to_owned())),
        };
        self.shell.close();
        let stderr = self.stderr.last_lines();
        Ok(Ended { status, stdout: out.take(), stderr, line: self.shell.place(limit.is_some()), limit })
    }
}
