//! What a person or a program gets to see: the only file that prints.
//!
//! Data goes to standard output, talk to standard error. Text is put together first and written at once, so that two
//! processes on one terminal do not mix, and a reader that closed the pipe is noticed as an error.

mod draw;
mod sarif;
mod text;

use std::io::{self, BufRead as _, Read as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::disk::Source;
use crate::env::{self, Log};
use crate::exit::Exit;
use crate::kernel::types::{Diagnostic, Severity};

pub use sarif::sarif;
pub use text::{bytes, count, printable, table};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where and how to report. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Reporter {
    json: bool,
    quiet: bool,
    /// Nothing is said, not even what is wrong.
    silent: bool,
    log: Log,
    out_colour: bool,
    err_colour: bool,
}

/// How a command that found errors sums them up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// The rest.
    pub infos: usize,
}

impl Reporter {
    /// A reporter for these global flags.
    #[must_use]
    pub fn new(colour: Colour, json: bool, quiet: bool) -> Self {
        let pick = |auto: fn() -> bool| match colour {
            Colour::Auto => auto(),
            Colour::Always => true,
            Colour::Never => false,
        };
        let (out_colour, err_colour) = (pick(env::colour_stdout), pick(env::colour_stderr));
        Self { json, quiet, silent: false, log: env::log(), out_colour, err_colour }
    }

    /// The same that talks to people, whatever is printed as data.
    #[must_use]
    pub fn talking(self) -> Self {
        Self { json: false, ..self }
    }

    /// The same that says nothing of what it is about: for work whose findings go to somebody else.
    #[must_use]
    pub fn silent(self) -> Self {
        Self { json: false, quiet: true, silent: true, ..self }
    }

    /// Whether the user asked for JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether standard output is coloured.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        self.out_colour
    }

    /// Text in a style, if standard output is coloured.
    #[must_use]
    pub fn styled(&self, style: Style, text: &str) -> String {
        paint(self.out_colour, style, text)
    }

    /// A heading of the output.
    #[must_use]
    pub fn bold(&self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// Something beside the point.
    #[must_use]
    pub fn dim(&self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    /// Writes data to standard output, as it is.
    ///
    /// # Errors
    ///
    /// When the reader is gone or the disk is full.
    pub fn out(&self, data: &str) -> io::Result<()> {
        self.progress(None);
        let mut stdout = io::stdout().lock();
        stdout.write_all(data.as_bytes())?;
        stdout.flush()
    }

    /// Writes a value to standard output as indented JSON.
    ///
    /// # Errors
    ///
    /// When the reader is gone or the disk is full.
    pub fn value(&self, value: &Value) -> io::Result<()> {
        self.out(&format!("{value:#}\n"))
    }

    /// Talks to the person: one line on standard error, unless `-q`.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            complain(&format!("{line}\n"));
        }
    }

    /// Shows how far something is, on one line of standard error that each call replaces; nothing: clears it. Only
    /// where a person looks at it.
    pub fn progress(&self, text: Option<&str>) {
        if !self.quiet && !self.json && env::is_talk_on_terminal() {
            let text: String = text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LINE).collect();
            complain(&text);
            SHOWN.store(!text.is_empty(), Ordering::Relaxed);
        }
    }

    /// Says what is wrong: to standard error, also with `-q`.
    pub fn complain(&self, text: &str) {
        complain(&format!("{}\n", text.trim_end()));
    }

    /// Warns the person: one line on standard error, also with `-q`.
    pub fn warn(&self, line: &str) {
        if !self.silent {
            let word = paint(self.err_colour, AnsiColor::Yellow.on_default().bold(), "warning");
            complain(&format!("{word}: {line}\n"));
        }
    }

    /// Asks the person a question that only `y` or `yes` answers with yes. Nobody there is no.
    #[must_use]
    pub fn ask(&self, question: &str) -> bool {
        complain(&format!("{question} [y/N] "));
        let mut answer = String::new();
        let read = io::stdin().lock().take(1_024).read_line(&mut answer);
        read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Talks about the work itself, if `WB_LOG` asks for this much.
    pub fn log(&self, level: Log, line: impl FnOnce() -> String) {
        if level <= self.log && level != Log::Off {
            complain(&format!("{}\n", paint(self.err_colour, Style::new().dimmed(), &line())));
        }
    }

    /// Says why a command failed, and the cure on a line of its own.
    pub fn failure(&self, exit: Exit, message: &str, hint: Option<&str>) {
        if self.json {
            let value = json!({ "error": { "message": message, "hint": hint, "exit": exit.code() } });
            return complain(&format!("{value:#}\n"));
        }
        let word = paint(self.err_colour, AnsiColor::Red.on_default().bold(), "error");
        let message = printable(message);
        let hint = hint.map(|hint| format!("hint: {}\n", printable(hint))).unwrap_or_default();
        complain(&format!("{word}: {message}\n{hint}"));
    }

    /// Draws findings on their source, to standard output: for commands whose data they are.
    ///
    /// # Errors
    ///
    /// When the reader is gone or the disk is full.
    pub fn findings(&self, source: &Source, findings: &[Diagnostic]) -> io::Result<()> {
        self.out(&draw::findings(source, findings, self.out_colour))
    }

    /// Draws findings on their source, to standard error: for commands that print something else.
    pub fn complaints(&self, source: &Source, findings: &[Diagnostic]) {
        if !self.silent {
            complain(&draw::findings(source, findings, self.err_colour));
        }
    }

    /// Draws one place of a text that is no file, to standard error.
    pub fn pointed(&self, source: &Source, message: &str, offset: usize) {
        complain(&draw::pointed(source, message, offset, self.err_colour));
    }

    /// Prints what clap has to say and returns how to exit.
    pub fn usage(error: &clap::Error) -> Exit {
        // A reader that is gone does not need help.
        drop(error.print());
        if error.exit_code() == 0 { Exit::Ok } else { Exit::Usage }
    }
}

impl Tally {
    /// Counts findings by severity.
    #[must_use]
    pub fn of(findings: &[Diagnostic]) -> Self {
        findings.iter().fold(Self::default(), |tally, finding| match finding.severity {
            Severity::Error => Self { errors: tally.errors + 1, ..tally },
            Severity::Warning => Self { warnings: tally.warnings + 1, ..tally },
            Severity::Info => Self { infos: tally.infos + 1, ..tally },
        })
    }

    /// `2 errors, 1 warning`, or `nothing found`.
    #[must_use]
    pub fn sentence(self) -> String {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.infos, "note")];
        let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
        if said.is_empty() { "nothing found".to_owned() } else { said.join(", ") }
    }
}

fn paint(colour: bool, style: Style, text: &str) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Whether standard error ends in a line of progress. It goes before anything else is written.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// The longest line of progress: one that wraps could not be replaced.
const LINE: usize = 78;

/// What goes back to the line's start and clears it.
const CLEAR: &str = "\r\x1b[K";

/// To standard error. When that is gone too, there is nobody left to tell.
fn complain(text: &str) {
    let mut stderr = io::stderr().lock();
    let clear = if SHOWN.swap(false, Ordering::Relaxed) { CLEAR } else { "" };
    drop(stderr.write_all([clear, text].concat().as_bytes()));
}
