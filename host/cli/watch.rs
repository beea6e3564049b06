//! `wb watch`: runs the workbook, and again whenever it or a file it depends on is saved.
//!
//! The engine, the kernel and compiled code stay in this process, so that a change costs what it changes. A save while a
//! run is under way ends that run. Errors are shown and waited out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::book::{self, Book};
use super::run::how::How;
use super::run::inputs::Inputs;
use super::run::job::Job;
use super::run::output;
use super::{Context, failure, rights};
use crate::cache::Key;
use crate::disk::{self, Source};
use crate::execute::graph::Origin;
use crate::execute::piece::readable;
use crate::execute::run::{Observer, Status};
use crate::exit::Exit;
use crate::interrupt;
use crate::watch::Watch;

/// A burst of events is over when none came for this long.
const QUIET: Duration = Duration::from_millis(10);
/// However long a burst lasts, this is as long as it is waited for.
const BURST: Duration = Duration::from_millis(150);
/// A file that is being replaced is not there for a moment.
const ABSENT: Duration = Duration::from_millis(300);

/// What to watch.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file
    #[arg(value_name = "FILE")]
    pub file: String,
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    rights: rights::Rules,
    #[command(flatten)]
    how: How,
}

/// Why the watcher woke up.
enum Woken {
    Changed,
    Ended,
}

/// Watches until it is interrupted.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    arguments.how.check()?;
    if arguments.file == "-" {
        let failure = super::Failure::new(Exit::Usage, "standard input cannot be watched");
        return Err(failure.hint("give the path of a file").into());
    }
    // A file that is not there at all is a mistake and nothing to wait for.
    context.read(&arguments.file)?;
    let (wake, woken) = mpsc::channel();
    let (cancel, cancelled) = watch::channel(false);
    let (quit, ended) = watch::channel(false);
    let _watching = interrupt::watch(quit);
    forward(ended, wake.clone(), cancel.clone());
    let stop = cancel.clone();
    let mut files = Watch::new(move || {
        stop.send_replace(true);
        drop(wake.send(Woken::Changed));
    })?;
    let mut session =
        Session { arguments, context, cancelled, seen: HashMap::new(), printed: HashMap::new(), settled: false };
    let mut text = None;
    loop {
        cancel.send_replace(false);
        let source = read(&arguments.file, context);
        session.turn(source, &mut text, &mut files)?;
        context.settle();
        if !wait(&woken) {
            return Ok(Exit::Ok);
        }
    }
}

/// Turns the first signal into a wake-up.
fn forward(mut ended: watch::Receiver<bool>, wake: Sender<Woken>, cancel: watch::Sender<bool>) {
    let wait = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
        if runtime.block_on(ended.wait_for(|ended| *ended)).is_ok() {
            cancel.send_replace(true);
            drop(wake.send(Woken::Ended));
        }
    };
    // Without this thread a signal does what it does to any process.
    drop(std::thread::Builder::new().name("wb-watch".to_owned()).spawn(wait));
}

/// Waits for a change and for the end of its burst. False when it is time to end.
fn wait(woken: &Receiver<Woken>) -> bool {
    if !matches!(woken.recv(), Ok(Woken::Changed)) {
        return false;
    }
    let begun = Instant::now();
    loop {
        match woken.recv_timeout(QUIET) {
            Ok(Woken::Ended) | Err(RecvTimeoutError::Disconnected) => return false,
            Ok(Woken::Changed) if begun.elapsed() < BURST => {}
            Ok(Woken::Changed) | Err(RecvTimeoutError::Timeout) => return true,
        }
    }
}

/// Reads the file, with patience for one that is being replaced.
fn read(file: &str, context: &Context) -> anyhow::Result<Source> {
    let begun = Instant::now();
    loop {
        match context.read(file) {
            Ok(source) => return Ok(source),
            Err(error) if begun.elapsed() > ABSENT => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// What stays from one turn to the next.
struct Session<'a> {
    arguments: &'a Arguments,
    context: &'a Context,
    cancelled: watch::Receiver<bool>,
    /// Digests of the files that something depends on, apart from the workbook.
    seen: HashMap<PathBuf, Option<Key>>,
    /// Digests of what was printed last.
    printed: HashMap<String, Key>,
    /// Whether the last turn came to its end, and nothing reads folders whose content is not looked at here.
    settled: bool,
}

impl Session<'_> {
    /// One turn: everything from the text to the results. Only a failure to watch ends the session.
    fn turn(
        &mut self,
        source: anyhow::Result<Source>,
        text: &mut Option<String>,
        files: &mut Watch,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        let context = self.context;
        let report = |error: &anyhow::Error| {
            failure::report(error, context.report);
        };
        let path = PathBuf::from(&self.arguments.file);
        let source = match source {
            Ok(source) => source,
            Err(error) => {
                report(&error);
                return Ok(files.only(&[path], &[])?);
            }
        };
        let first = text.is_none();
        let same = text.as_deref() == Some(&source.text) && !self.others_changed();
        if same && self.settled {
            return Ok(());
        }
        *text = Some(source.text.clone());
        let (book, mut also) = match book::of(source, context) {
            Ok(Ok(book)) => {
                let also = self.dependencies(&book);
                (Some(book), also)
            }
            Ok(Err(_)) => (None, (Vec::new(), Vec::new())),
            Err(error) => {
                report(&error);
                (None, (Vec::new(), Vec::new()))
            }
        };
        self.seen = also.0.iter().map(|file| (file.clone(), digest(file))).collect();
        also.0.push(path);
        // Before anything runs, so that no change is missed.
        files.only(&also.0, &also.1)?;
        let done = book.map_or(Ok(None), |mut book| self.execute(&mut book));
        match done {
            Ok(Some((state, changed))) => {
                let cancelled = state.iter().any(|status| matches!(status, Status::Cancelled));
                self.settled = also.1.is_empty() && !cancelled;
                self.say(&state, &changed, begun.elapsed())?;
            }
            Ok(None) => {}
            Err(error) => report(&error),
        }
        if first {
            let name = &self.arguments.file;
            context.report.say(&format!("watching `{name}`; Ctrl-C ends"));
        }
        Ok(())
    }

    fn others_changed(&self) -> bool {
        self.seen.iter().any(|(file, before)| digest(file) != *before)
    }

    /// Files and folders that the results depend on.
    fn dependencies(&self, book: &Book) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut files, trees) = dependencies(book, self.context);
        files.extend(self.arguments.inputs.files().map(PathBuf::from));
        (files, trees)
    }

    /// Runs what must be run. `None` when it cannot be run, which has then been said.
    #[allow(clippy::type_complexity)]
    fn execute(&mut self, book: &mut Book) -> anyhow::Result<Option<(Vec<Status>, Vec<Json>)>> {
        let context = self.context;
        if book.graph.nodes.is_empty() {
            return Err(super::run::nothing_to_run(book).into());
        }
        let selection = self.arguments.how.selection(book, context)?;
        if rights::settle(&self.arguments.rights, book, &|node| selection.needed(node), context)?.is_some() {
            return Ok(None);
        }
        let book = &*book;
        let (imports, given) = match self.arguments.inputs.resolve_for(book, &selection, HashMap::new(), context)? {
            Ok(values) => values,
            Err(missing) => {
                book::complain(context, &book.source, &missing)?;
                return Ok(None);
            }
        };
        let nodes = book.prepare_some(context, &|node| selection.needed(node));
        let mismatches = book.mismatches(&nodes);
        if !mismatches.is_empty() {
            book::complain(context, &book.source, &mismatches)?;
            return Ok(None);
        }
        let mut job = Job::new(book, &self.arguments.how, selection, imports);
        job.given = given;
        let lines = output::Lines::new(book, &job.selection, context.report);
        let (state, _) = job.run_until(book, &nodes, context, &Changes(&lines), self.cancelled.clone())?;
        output::draw(book, &output::findings(book, &state), context);
        let changed = self.changed(&output::ends(book, &job.selection), &state)?;
        Ok(Some((state, changed)))
    }

    /// Prints the results that are not what they were.
    fn changed(&mut self, ends: &[(String, usize, usize)], state: &[Status]) -> anyhow::Result<Vec<Json>> {
        let mut now = HashMap::new();
        let mut changed = Vec::new();
        for (name, node, output) in ends {
            if let Status::Done { values, .. } = &state[*node]
                && let Some(value) = values.get(*output)
            {
                now.insert(name.clone(), value.digest());
                if self.printed.get(name) != now.get(name) {
                    changed.push((name.clone(), *node, *output));
                }
            }
        }
        // What failed this time is shown again when it is back.
        self.printed = now;
        if self.context.report.is_json() {
            let one = |(name, node, output): &(String, usize, usize)| match &state[*node] {
                Status::Done { values, .. } => json!({ "name": name, "value": output::parsed(&values[*output]) }),
                _ => Json::Null,
            };
            return Ok(changed.iter().map(one).collect());
        }
        output::named_results(&changed, ends.len(), state, self.context.report)?;
        Ok(Vec::new())
    }

    fn say(&self, state: &[Status], changed: &[Json], took: Duration) -> anyhow::Result<()> {
        let report = self.context.report;
        if report.is_json() {
            let line = json!({
                "ok": state.iter().all(output::is_fine),
                "ms": took.as_secs_f64() * 1_000.0,
                "summary": output::summary(state),
                "changed": changed,
            });
            report.out(&format!("{line}\n"))?;
        }
        report.say(&format!("{} ({})", output::summary(state), readable(took)));
        Ok(())
    }
}

/// Files and folders that a workbook's results and its page depend on, itself aside.
pub(super) fn dependencies(book: &Book, context: &Context) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut files = Vec::new();
    let mut trees = Vec::new();
    for node in &book.graph.nodes {
        if let Origin::Binary { path, .. } = &node.origin {
            files.push(book.root.join(path));
        }
        trees.extend(node.caps.iter().filter_map(|cap| cap.strip_prefix("fs:read:")).map(|path| book.root.join(path)));
    }
    let references = context.kernel().ok().and_then(|kernel| kernel.references(&book.source.text).ok());
    files.extend(references.into_iter().flatten().map(|reference| book.root.join(reference.path)));
    files.sort();
    files.dedup();
    (files, trees)
}

fn digest(file: &Path) -> Option<Key> {
    disk::read(file).ok().map(|bytes| Key::content(&bytes))
}

/// Passes on what happened, and not what was known.
struct Changes<'a>(&'a dyn Observer);

impl Observer for Changes<'_> {
    fn begin(&self, node: usize) {
        self.0.begin(node);
    }

    fn finish(&self, node: usize, status: &Status) {
        if !matches!(status, Status::Done { cached: true, .. }) {
            self.0.finish(node, status);
        }
    }
}
