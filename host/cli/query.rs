//! `wb query`: the headlines of files and folders, or those that an expression selects; or what they put into the
//! calendar.

mod agenda;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;

use super::{Context, Failure};
use crate::disk::{self, Source};
use crate::env;
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::{Headline, QueryError, QueryOptions};
use crate::kernel::{Kernel, KernelError};
use crate::report::{Reporter, printable};

/// Which files, and which of their headlines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  wb query notes.org '+work-someday+TODO=\"NEXT\"'
  wb query notes/ 'DEADLINE<\"<+1w>\"/!'
  wb query notes.org '(and (todo) (tags \"work\") (scheduled :to today))'
  wb query --agenda=14 notes/")]
pub struct Arguments {
    /// Org file or folder; `-` is standard input
    #[arg(value_name = "FILE|DIR")]
    pub file: String,
    /// Org's match syntax or an s-expression; all headlines when left out
    // More files may come before it. Only here may a word begin with `-`: clap would take all that follow.
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: Option<String>,
    /// More files and folders, and the expression last
    #[arg(value_name = "FILE|DIR|EXPR", hide = true)]
    pub more: Vec<String>,
    /// List days and what is on them: the next 7, so many, or those between two dates
    #[arg(long, value_name = "DAYS|FROM..TO", num_args = 0..=1, require_equals = true, default_missing_value = "7")]
    pub agenda: Option<String>,
    /// The time that `today` and `<+1w>` count from, in place of the clock
    #[arg(long, value_name = "YYYY-MM-DD[THH:MM]")]
    pub now: Option<String>,
}

/// What is asked of each file.
struct Question<'a> {
    expression: Option<&'a str>,
    now: String,
}

/// Prints one row per headline, or per item of the agenda.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let now = match &arguments.now {
        Some(now) if is_moment(now) => now.clone(),
        Some(now) => {
            let failure = Failure::new(Exit::Usage, format!("`{now}` is no date"));
            return Err(failure.hint("write `2026-01-31` or `2026-01-31T09:30`").into());
        }
        None => env::local_time(),
    };
    let words: Vec<&str> =
        [&arguments.file].into_iter().chain(&arguments.expression).chain(&arguments.more).map(String::as_str).collect();
    let (files, expression) = split(&words);
    let question = Question { expression, now };
    let asked = Asked::read(files, context)?;
    match &arguments.agenda {
        Some(span) => agenda::run(span, &question, &asked, context),
        None => rows(&question, &asked, context),
    }
}

/// Several words: the last one is an expression unless it can only be a file.
fn split<'a, 'w>(words: &'w [&'a str]) -> (&'w [&'a str], Option<&'a str>) {
    match words {
        [files @ .., last] if !files.is_empty() && !is_file(last) => (files, Some(last)),
        _ => (words, None),
    }
}

fn is_file(word: &str) -> bool {
    word == "-" || word.ends_with(".org") || word.ends_with('/') || disk::exists(Path::new(word))
}

/// `YYYY-MM-DD`, perhaps with `THH:MM`.
fn is_moment(text: &str) -> bool {
    let fits = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(b, f)| if f == b'0' { b.is_ascii_digit() } else { b == f })
    };
    fits(text, "0000-00-00") || fits(text, "0000-00-00T00:00")
}

/// The files that were named or found.
struct Asked {
    sources: Vec<Source>,
    /// Whether rows must say which file they are from.
    several: bool,
    /// How to exit when a file could not be read.
    unreadable: Option<Exit>,
}

impl Asked {
    fn read(words: &[&str], context: &Context) -> anyhow::Result<Self> {
        let mut names = Vec::new();
        let mut several = words.len() > 1;
        for word in words {
            if *word != "-" && disk::is_directory(word) {
                several = true;
                let found = disk::documents(Path::new(word));
                let reason = |error| Failure::new(Exit::NotFound, format!("cannot read `{word}`: {error}"));
                names.extend(found.map_err(reason)?.into_iter().map(|path| path.to_string_lossy().into_owned()));
            } else {
                names.push((*word).to_owned());
            }
        }
        let mut asked = Self { sources: Vec::new(), several, unreadable: None };
        for name in names {
            match context.read(&name) {
                Ok(source) => asked.sources.push(source),
                Err(error) if !several => return Err(error.into()),
                // One file that cannot be read does not hide the others.
                Err(error) => asked.unreadable = Some(super::failure::report(&error.into(), context.report)),
            }
        }
        Ok(asked)
    }

    /// Asks the kernel about each file, on all cores; answers come in the order of the files.
    fn each<T: Send>(
        &self,
        kernel: &Kernel,
        ask: impl Fn(&Kernel, &Source) -> Result<T, KernelError> + Sync,
    ) -> Result<Vec<T>, KernelError> {
        let answers: Mutex<Vec<Option<Result<T, KernelError>>>> =
            Mutex::new(self.sources.iter().map(|_| None).collect());
        let next = AtomicUsize::new(0);
        let work = || {
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(source) = self.sources.get(at)
            {
                let answer = ask(kernel, source);
                answers.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(answer);
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(self.sources.len());
        if threads > 1 {
            thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        } else {
            work();
        }
        answers.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
    }

    fn exit(&self) -> Exit {
        self.unreadable.unwrap_or(Exit::Ok)
    }

    /// The file's name, where rows need it.
    fn label<'a>(&self, source: &'a Source) -> Option<&'a str> {
        self.several.then_some(source.name.as_str())
    }
}

impl Question<'_> {
    fn options(&self, source: &Source) -> QueryOptions {
        let path = source.path.as_ref().map(|path| disk::absolute(path).unwrap_or_else(|| path.clone()));
        QueryOptions { now: Some(self.now.clone()), file: path.map(|path| path.to_string_lossy().into_owned()) }
    }

    /// Points at what is wrong with the expression.
    fn refuse(&self, error: &QueryError, report: Reporter) -> anyhow::Result<Exit> {
        let Some(expression) = self.expression.filter(|_| !report.is_json()) else {
            let message = format!("{} (at offset {} of the expression)", error.message, error.offset);
            return Err(Failure::new(Exit::Usage, message).into());
        };
        let asked = Source { name: "<expression>".to_owned(), path: None, text: expression.to_owned() };
        report.pointed(&asked, &error.message, error.offset as usize);
        Ok(Exit::Usage)
    }
}

fn rows(question: &Question, asked: &Asked, context: &Context) -> anyhow::Result<Exit> {
    let report = context.report;
    let answers = asked.each(context.kernel()?, |kernel, source| match question.expression {
        None => kernel.headlines(&source.text).map(Ok),
        Some(expression) => kernel.query(&source.text, expression, &question.options(source)),
    })?;
    let mut found: Vec<(&Source, Vec<Headline>)> = Vec::new();
    for (source, answer) in asked.sources.iter().zip(answers) {
        match answer {
            Ok(headlines) => found.push((source, headlines)),
            Err(error) => return question.refuse(&error, report),
        }
    }
    if report.is_json() {
        let rows = found.iter().flat_map(|(source, headlines)| {
            headlines.iter().map(|headline| json::headline(headline, asked.label(source)))
        });
        report.value(&rows.collect::<Value>())?;
    } else {
        let mut text = String::new();
        for (source, headlines) in found.iter().filter(|(_, headlines)| !headlines.is_empty()) {
            if asked.several {
                text.push_str(&format!("{}\n", report.bold(&printable(&source.name))));
            }
            text.push_str(&outline(headlines, report));
        }
        report.out(&text)?;
    }
    Ok(asked.exit())
}

/// As Org would write the headings, each behind its line number.
fn outline(headlines: &[Headline], report: Reporter) -> String {
    let last = headlines.iter().map(|headline| headline.span.line).max().unwrap_or(0);
    let width = last.to_string().len();
    let line = |headline: &Headline| {
        let stars = "*".repeat(headline.level.min(64) as usize);
        let number = report.dim(&format!("{:>width$}", headline.span.line));
        format!("{number}  {stars}{}\n", printable(&title(headline)))
    };
    headlines.iter().map(line).collect()
}

/// A blank and the heading without its stars.
fn title(headline: &Headline) -> String {
    let state = headline.state.iter().map(|state| format!(" {state}"));
    let priority = headline.priority.iter().map(|priority| format!(" [#{priority}]"));
    let title = std::iter::once(format!(" {}", headline.title));
    let tags = (!headline.tags.is_empty()).then(|| format!("  :{}:", headline.tags.join(":")));
    state.chain(priority).chain(title).chain(tags).collect()
}
