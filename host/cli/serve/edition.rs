//! The workbook as it is served: read and prepared once per change, run per request.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use super::super::book::{self, Book};
use super::super::components::{self, Pins};
use super::super::run::how::How;
use super::super::run::{self, from_file, output};
use super::super::{Context, references, rights};
use super::Arguments;
use super::execution::{self, Ran, Terms};
use crate::cache::Key;
use crate::disk::Source;
use crate::execute::prepare::Ready;
use crate::execute::run::{Observer, Status};
use crate::execute::value::Value;
use crate::exit::Exit;
use crate::kernel::types::{Diagnostic, RawHtml, RenderOptions};
use crate::lanes;
use crate::page;
use crate::plane::workbook::{
    About, Failure as NoValue, Given, Input, Made, Outcome, Output, Page, Problem, Refusal, Workbook,
};

/// The file behind the server, and its newest edition.
pub(super) struct Served {
    context: Context,
    file: String,
    rules: rights::Rules,
    watched: bool,
    edition: RwLock<Arc<Edition>>,
    editions: watch::Sender<String>,
    count: AtomicU64,
    /// What `:file` asked for in the last run that made a page.
    made: Mutex<HashMap<PathBuf, Vec<u8>>>,
}

/// One state of the file.
struct Edition {
    id: String,
    source: Source,
    content: Content,
}

enum Content {
    /// It can be run.
    Good { book: Box<Book>, nodes: Vec<Result<Ready, lanes::Failure>> },
    /// It cannot.
    Bad(Vec<Problem>),
}

impl Served {
    /// Reads the file. `Err(exit)` when it has errors, which have then been drawn, and nobody watches for it to get better.
    pub(super) fn open(file: &str, arguments: &Arguments, first: &Context) -> anyhow::Result<Result<Self, Exit>> {
        // Requests outlive the command's borrow of its context. What is wrong later on is no data of the command's.
        let context = Context::new(first.report.talking(), first.offline());
        let source = context.read(file)?;
        let none = Edition { id: String::new(), source, content: Content::Bad(Vec::new()) };
        let served = Self {
            context,
            file: file.to_owned(),
            rules: arguments.rights.clone(),
            watched: arguments.watch,
            edition: RwLock::new(Arc::new(none)),
            editions: watch::channel(String::new()).0,
            count: AtomicU64::new(0),
            made: Mutex::default(),
        };
        let source = served.current().source.clone();
        Ok(match served.content(source.clone(), first)? {
            (Content::Bad(_), exit) if !served.watched => Err(exit),
            (content, _) => {
                served.put(source, content);
                Ok(served)
            }
        })
    }

    /// The file as the person named it.
    pub(super) fn name(&self) -> &str {
        &self.file
    }

    /// Reads the file again. One that cannot be run is an edition too, which says what is wrong.
    pub(super) fn reload(&self) -> anyhow::Result<()> {
        let source = self.context.read(&self.file)?;
        let (content, _) = self.content(source.clone(), &self.context)?;
        self.put(source, content);
        Ok(())
    }

    /// Whether the file still is what the newest edition was made of, as far as it can be read.
    pub(super) fn is_current(&self) -> bool {
        self.context.read(&self.file).map_or(true, |source| source.text == self.current().source.text)
    }

    /// Files and folders whose changes make another edition.
    pub(super) fn dependencies(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let edition = self.current();
        let (mut files, trees) = match &edition.content {
            Content::Good { book, .. } => super::super::watch::dependencies(book, &self.context),
            Content::Bad(_) => (Vec::new(), Vec::new()),
        };
        files.push(PathBuf::from(&self.file));
        (files, trees)
    }

    fn current(&self) -> Arc<Edition> {
        Arc::clone(&self.edition.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn put(&self, source: Source, content: Content) {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        // With the text's digest, so that a page of an earlier server is not taken for one of this.
        let id = format!("{number:x}-{:.12}", Key::content(source.text.as_bytes()).to_string());
        let edition = Arc::new(Edition { id: id.clone(), source, content });
        *self.edition.write().unwrap_or_else(PoisonError::into_inner) = edition;
        self.editions.send_replace(id);
    }

    /// What the text comes to. What is wrong has been drawn for the person at the terminal.
    fn content(&self, source: Source, context: &Context) -> anyhow::Result<(Content, Exit)> {
        let errors = context.kernel()?.validate(&source.text)?;
        let bad = |problems: Vec<Problem>, exit: Exit| Ok((Content::Bad(problems), exit));
        let opened = book::of(source.clone(), context)?;
        let mut book = match opened {
            Ok(book) => book,
            Err(exit) => return bad(errors.iter().map(problem).collect(), exit),
        };
        components::fetch(&mut book, Pins::Hold, context)?;
        if let Some(exit) = rights::settle(&self.rules, &mut book, &|_| true, context)? {
            let message = "a component asks for a right that was not accepted; the terminal says which".to_owned();
            return bad(vec![Problem { code: "rights".to_owned(), message, line: 1, column: 1, help: None }], exit);
        }
        let nodes = book.prepare(context);
        let mismatches = book.mismatches(&nodes);
        if !mismatches.is_empty() {
            book::complain(context, &book.source, &mismatches)?;
            return bad(mismatches.iter().map(problem).collect(), Exit::Invalid);
        }
        Ok((Content::Good { book: Box::new(book), nodes }, Exit::Ok))
    }

    fn run_in(
        &self,
        edition: &Edition,
        inputs: Vec<(String, Given)>,
        only: Option<&str>,
        page: bool,
        cancelled: watch::Receiver<bool>,
    ) -> anyhow::Result<Result<Outcome, Refusal>> {
        let Content::Good { book, nodes } = &edition.content else { return Ok(Err(Refusal::Invalid)) };
        let wish = match execution::wish(book, inputs, only) {
            Ok(wish) => wish,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let terms = Terms { how: &How::default(), record: true, observer: &Silent, cancelled };
        let Ran { state, run } = match execution::run(book, nodes, wish, terms, &self.context)? {
            Ok(ran) => ran,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if state.iter().any(|status| matches!(status, Status::Cancelled)) {
            return Ok(Err(Refusal::Ending));
        }
        let page = if page { Some(self.page_of(book, &state)?) } else { None };
        let wanted = output::exports(book).into_iter().filter(|(name, ..)| only.is_none_or(|only| only == name));
        let exports = wanted.map(|(name, node, output)| Made { name, value: value(book, &state, node, output) });
        Ok(Ok(Outcome { run, exports: exports.collect(), page }))
    }

    /// The page with results. Files that belong to it are kept for whoever asks for them next.
    fn page_of(&self, book: &Book, state: &[Status]) -> anyhow::Result<Page> {
        let made = run::files::made(book, state, &self.context)?;
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = made.into_iter().collect();
        Ok(cut(&run::page::rendered(book, state, &self.context)?, &book.source))
    }
}

impl Workbook for Served {
    fn about(&self) -> About {
        let edition = self.current();
        let mut about = About {
            edition: edition.id.clone(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            problems: Vec::new(),
            watched: self.watched,
        };
        match &edition.content {
            Content::Bad(problems) => about.problems.clone_from(problems),
            Content::Good { book, .. } => {
                about.inputs = book.graph.imports.iter().map(|import| input(book, import)).collect();
                about.outputs = output::exports(book).into_iter().map(|export| output_of(book, export)).collect();
            }
        }
        about
    }

    fn run(
        &self,
        inputs: Vec<(String, Given)>,
        only: Option<&str>,
        page: bool,
        cancelled: watch::Receiver<bool>,
    ) -> Result<Outcome, Refusal> {
        let edition = self.current();
        let ran = self.run_in(&edition, inputs, only, page, cancelled);
        ran.unwrap_or_else(|error| Err(Refusal::Failed(format!("{error:#}"))))
    }

    fn page(&self) -> Result<Page, String> {
        let edition = self.current();
        let render = || -> anyhow::Result<Page> {
            let options = RenderOptions {
                raw_html: RawHtml::Drop,
                plain: false,
                results: Vec::new(),
                failures: Vec::new(),
                files: references::files(&edition.source, &self.context)?,
            };
            Ok(cut(&self.context.kernel()?.render(&edition.source.text, &options)?, &edition.source))
        };
        render().map_err(|error| format!("{error:#}"))
    }

    fn source(&self) -> String {
        self.current().source.text.clone()
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(std::path::Path::new(path)).cloned();
        made.or_else(|| references::linked(path, &self.current().source, &self.context).ok().flatten())
    }

    fn editions(&self) -> watch::Receiver<String> {
        self.editions.subscribe()
    }
}

/// Steps are told to whoever asked for them, in the answer.
struct Silent;

impl Observer for Silent {
    fn begin(&self, _: usize) {}

    fn finish(&self, _: usize, _: &Status) {}
}

fn input(book: &Book, import: &crate::execute::graph::Import) -> Input {
    let given = from_file(book, import);
    let fixed = given.as_ref().is_some_and(|(_, replaceable)| !replaceable);
    Input { name: import.name.clone(), ty: import.ty.clone(), value: given.map(|(json, _)| json), fixed }
}

fn output_of(book: &Book, (name, node, output): (String, usize, usize)) -> Output {
    let of = &book.graph.nodes[node];
    let ty = of.outputs.get(output).map(|port| port.ty.to_string()).unwrap_or_default();
    Output { name, ty, component: of.id.clone() }
}

/// An export's value, or why it has none.
fn value(book: &Book, state: &[Status], node: usize, output: usize) -> Result<String, NoValue> {
    let no = |node: usize, message: String| Err(NoValue { component: book.graph.nodes[node].id.clone(), message });
    let said = |failure: &lanes::Failure| {
        let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
        messages.join("\n")
    };
    match &state[node] {
        Status::Done { values, .. } => match values.get(output).and_then(Value::json) {
            Some(json) => Ok(json.to_owned()),
            None => no(node, "the value is too large to be shown".to_owned()),
        },
        Status::Failed { failure, .. } => no(node, said(failure)),
        Status::Skipped { cause } => match &state[*cause] {
            Status::Failed { failure, .. } => no(*cause, said(failure)),
            _ => no(*cause, "it has nothing for what depends on it".to_owned()),
        },
        Status::NotEvaluated => no(node, "it is not evaluated: `:eval no`".to_owned()),
        Status::Pending | Status::NotSelected | Status::Stopped | Status::Cancelled => {
            no(node, "it was not run".to_owned())
        }
    }
}

fn cut(rendered: &crate::kernel::types::Page, source: &Source) -> Page {
    let (before, after) = page::cut(rendered, &run::page::name(source));
    Page { before, after, styles: page::styles() }
}

fn problem(found: &Diagnostic) -> Problem {
    Problem {
        code: found.code.clone(),
        message: found.message.clone(),
        line: found.span.line,
        column: found.span.column,
        help: found.help.clone(),
    }
}
