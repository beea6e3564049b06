//! One execution of a workbook, whoever asked for it: `run`, `watch`, `test` and `replay` differ in what they put into a
//! [`Job`] and in what they show afterwards.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::super::Context;
use super::super::book::Book;
use super::how::How;
use super::{exit, output};
use crate::cache::{Entry, Key};
use crate::execute::last;
use crate::execute::moment::Moment;
use crate::execute::prepare::Ready;
use crate::execute::record::{About, Run, Settings};
use crate::execute::run::{self as execution, Observer, Options, Status};
use crate::execute::select::Selection;
use crate::execute::value::Value;
use crate::interrupt;
use crate::lanes::Failure;

/// What is to be run.
pub(in crate::cli) struct Job {
    /// Values from outside.
    pub(in crate::cli) imports: HashMap<String, Value>,
    /// Names of those that came from the command line.
    pub(in crate::cli) given: Vec<String>,
    /// The components it is about.
    pub(in crate::cli) selection: Selection,
    /// Its time and randomness.
    pub(in crate::cli) moment: Arc<Moment>,
    /// Results of an earlier run, taken as they are.
    pub(in crate::cli) recorded: HashMap<Key, Entry>,
    /// The run that this one resumes.
    pub(in crate::cli) resumes: Option<String>,
    /// The run that this one repeats for comparison.
    pub(in crate::cli) replays: Option<String>,
    /// Whether results are kept for later runs.
    pub(in crate::cli) remember: bool,
    /// Whether results of earlier runs are passed over.
    pub(in crate::cli) fresh: bool,
    /// One store per component.
    pub(in crate::cli) isolate: bool,
    /// Pieces at the same time.
    pub(in crate::cli) jobs: usize,
    /// Whether a failure leaves the rest running.
    pub(in crate::cli) keep_going: bool,
    /// The most time it may take.
    pub(in crate::cli) max_time: Option<Duration>,
    /// The most memory its stores may hold at a time, in bytes.
    pub(in crate::cli) max_memory: Option<u64>,
    /// Whether every value will be read, and not only what the run is for.
    pub(in crate::cli) read_all: bool,
    /// Whether a record of it is left beside the cache. A server has its own.
    pub(in crate::cli) record: bool,
}

impl Job {
    /// A job as the command line has it.
    pub(in crate::cli) fn new(book: &Book, how: &How, selection: Selection, imports: HashMap<String, Value>) -> Self {
        Self {
            imports,
            given: Vec::new(),
            selection,
            moment: Arc::new(Moment::now(book.graph.nodes.len())),
            recorded: HashMap::new(),
            resumes: None,
            replays: None,
            remember: true,
            fresh: how.fresh,
            isolate: how.isolate,
            jobs: how.jobs(),
            keep_going: how.keeps_going(),
            max_time: how.max_time,
            max_memory: how.max_memory,
            read_all: false,
            record: true,
        }
    }

    /// Runs it, with Ctrl-C as the way to end it early.
    pub(in crate::cli) fn run<'a>(
        &'a self,
        book: &'a Book,
        nodes: &'a [Result<Ready, Failure>],
        context: &'a Context,
        lines: &dyn Observer,
    ) -> anyhow::Result<(Vec<Status>, Run<'a>)> {
        let (cancel, cancelled) = watch::channel(false);
        let _watching = interrupt::watch(cancel);
        self.run_until(book, nodes, context, lines, cancelled)
    }

    /// Runs it until it is done or `cancelled`, and records it.
    pub(in crate::cli) fn run_until<'a>(
        &'a self,
        book: &'a Book,
        nodes: &'a [Result<Ready, Failure>],
        context: &'a Context,
        lines: &dyn Observer,
        cancelled: watch::Receiver<bool>,
    ) -> anyhow::Result<(Vec<Status>, Run<'a>)> {
        let mut read = vec![self.read_all; book.graph.nodes.len()];
        output::ends(book, &self.selection).iter().for_each(|(_, node, _)| read[*node] = true);
        let options = Options {
            fresh: self.fresh,
            selection: self.selection.clone(),
            keep_going: self.keep_going,
            isolate: self.isolate,
            jobs: self.jobs,
            max_time: self.max_time,
            max_memory: self.max_memory,
            cancel: cancelled,
            read,
            moment: Arc::clone(&self.moment),
            recorded: self.recorded.clone(),
            remember: self.remember,
        };
        let record = Run::begin(self.about(book, nodes), context.cache().filter(|_| self.record));
        let observer = Both(lines, &record);
        let place = (context.pooling_engine()?, context.cache(), book.root.as_path(), context.packages());
        let state = execution::run(&book.graph, nodes, &self.imports, place, &options, &observer);
        record.end(exit(&state).code(), output::summary(&state));
        if self.remember && self.record {
            last::remember(&book.graph, nodes, &self.imports, &state, &book.source, context.cache());
        }
        Ok((state, record))
    }

    fn about<'a>(&'a self, book: &'a Book, nodes: &'a [Result<Ready, Failure>]) -> About<'a> {
        let ids = book.graph.nodes.iter().enumerate();
        let chosen = ids.filter(|(node, _)| self.selection.chosen(*node)).map(|(_, of)| of.id.clone());
        About {
            graph: &book.graph,
            nodes,
            imports: &self.imports,
            given: &self.given,
            source: &book.source,
            moment: &self.moment,
            how: Settings {
                isolate: self.isolate,
                jobs: self.jobs,
                keep_going: self.keep_going,
                max_time: self.max_time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
                max_memory: self.max_memory,
                selected: (!self.selection.is_whole()).then(|| chosen.collect()),
            },
            resumes: self.resumes.clone(),
            replays: self.replays.clone(),
        }
    }
}

/// Two observers.
struct Both<'a>(&'a dyn Observer, &'a dyn Observer);

impl Observer for Both<'_> {
    fn begin(&self, node: usize) {
        self.0.begin(node);
        self.1.begin(node);
    }

    fn finish(&self, node: usize, status: &Status) {
        self.0.finish(node, status);
        self.1.finish(node, status);
    }
}
