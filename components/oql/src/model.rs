//! The records of `wit/oql/oql.wit`, as plain Rust.
//!
//! Every type mirrors the WIT record of the same name, field for field, so that `component.rs` is nothing but a
//! conversion and native callers and tests see the same contract as a component's host.

mod survey;

pub use survey::{Anchor, AnchorKind, Link, LinkPlace, Setting, Survey};

/// A half-open range of the source text in UTF-8 bytes, and where it begins (both counted from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of `start`, from 1.
    pub line: u32,
    /// Column of `start` in Unicode scalar values, from 1.
    pub column: u32,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The workbook cannot run.
    Error,
    /// It runs, but probably not as meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// A second place a diagnostic talks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// `WB201`; a code is never reused.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// Lower case, names in backticks.
    pub message: String,
    /// The narrowest text the finding is about.
    pub span: Span,
    /// The cure.
    pub help: Option<String>,
    /// The long id of the component it is about.
    pub component: Option<String>,
    /// Second places.
    pub labels: Vec<Label>,
    /// What `wb lint --fix` would do about it.
    pub fix: Vec<Edit>,
}

/// Replaces a range of bytes by a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What stands there afterwards.
    pub text: String,
}

/// One Org timestamp of a planning line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// As written, with its brackets.
    pub raw: String,
    /// `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`.
    pub at: String,
    /// `+1d`, `++1w`, `.+1m`.
    pub repeat: Option<String>,
    /// `<…>` rather than `[…]`.
    pub active: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// As written.
    pub key: String,
    /// Trimmed.
    pub value: String,
}

/// One heading, as `wb query` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// Number of stars.
    pub level: u32,
    /// Without state, priority and tags.
    pub title: String,
    /// The TODO keyword.
    pub state: Option<String>,
    /// `A` of `[#A]`.
    pub priority: Option<String>,
    /// Its own tags.
    pub tags: Vec<String>,
    /// Tags of the headings above and of `#+FILETAGS`, without its own.
    pub inherited_tags: Vec<String>,
    /// The drawer, `:KEY+:` joined by one space.
    pub properties: Vec<Property>,
    /// `:ID:`, else `:CUSTOM_ID:`.
    pub id: Option<String>,
    /// `SCHEDULED:`.
    pub scheduled: Option<Timestamp>,
    /// `DEADLINE:`.
    pub deadline: Option<Timestamp>,
    /// `CLOSED:`.
    pub closed: Option<Timestamp>,
    /// The whole subtree.
    pub span: Span,
}

/// A named input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// As written.
    pub name: String,
    /// A WIT value type or `json`, aliases expanded.
    pub ty: String,
    /// Whether the author wrote the type.
    pub declared: bool,
    /// A default written as `name=Ada`.
    pub default: Option<String>,
    /// Where the name stands.
    pub span: Span,
}

/// One compilable source block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// `#+name:`, the component's id, or `<heading>#<n>`.
    pub id: String,
    /// Lower case.
    pub lang: String,
    /// Noweb expanded, commas unescaped, common indentation removed.
    pub src: String,
    /// The merged header arguments.
    pub args: Vec<Property>,
    /// `#+begin_src` to `#+end_src`.
    pub span: Span,
    /// The body's lines.
    pub body: Span,
}

/// What a component may use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// `:timeout`.
    pub timeout_ms: Option<u64>,
    /// `:memory`.
    pub memory_bytes: Option<u64>,
}

/// A wired unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// `<workbook-slug>/<heading-slug>`.
    pub id: String,
    /// The world that implements it.
    pub world: Option<String>,
    /// Path of a precompiled component.
    pub binary: Option<String>,
    /// The heading's title.
    pub title: String,
    /// Inputs.
    pub in_ports: Vec<Port>,
    /// Outputs.
    pub out_ports: Vec<Port>,
    /// Upstream component ids, long form.
    pub deps: Vec<String>,
    /// Packages (`name@1.2`).
    pub packages: Vec<String>,
    /// Where each package is written.
    pub package_spans: Vec<Span>,
    /// Capabilities.
    pub caps: Vec<String>,
    /// Where each capability is written.
    pub cap_spans: Vec<Span>,
    /// A WIT function signature.
    pub sig: Option<String>,
    /// Limits.
    pub limits: Limits,
    /// State kept across deploys.
    pub persist: bool,
    /// `:cache yes|no`.
    pub cache: Option<bool>,
    /// False under `:eval no|never`.
    pub eval: bool,
    /// Index into `Plan::workflows`.
    pub workflow: u32,
    /// The heading line.
    pub span: Span,
}

/// One end of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Component id.
    pub component: String,
    /// Port name.
    pub port: String,
}

/// A value that flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Producer.
    pub from: End,
    /// Consumer.
    pub to: End,
    /// The type both ends have, or the producer's where one end is `json`.
    pub ty: String,
}

/// An input no component produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportValue {
    /// Port name.
    pub name: String,
    /// Port type.
    pub ty: String,
    /// Who wants it.
    pub consumers: Vec<End>,
    /// `name=Ada`.
    pub default: Option<String>,
    /// The first consumer's port.
    pub span: Span,
}

/// A value the workbook produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportValue {
    /// Port name.
    pub name: String,
    /// Port type.
    pub ty: String,
    /// Its producer.
    pub component: String,
}

/// A `#+name:`d value of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The `#+name:`.
    pub name: String,
    /// `json` or `string`.
    pub ty: String,
    /// JSON text.
    pub value: String,
    /// The element.
    pub span: Span,
}

/// When a workflow runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// `:SCHEDULE:`.
    Cron(String),
    /// `SCHEDULED:`.
    At(Timestamp),
}

/// The workbook itself and every nested or further workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// Slug of its heading.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The workflow it is nested in.
    pub parent: Option<u32>,
    /// Inputs it needs from outside.
    pub imports: Vec<ImportValue>,
    /// Outputs it offers.
    pub exports: Vec<ExportValue>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// Its heading line.
    pub span: Span,
}

/// A `wit` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeBlock {
    /// Its text.
    pub src: String,
    /// The block.
    pub span: Span,
    /// Its lines.
    pub body: Span,
}

/// Everything `wb tangle` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// `#+TITLE:`, else the root heading, else empty.
    pub title: String,
    /// All compilable blocks.
    pub worlds: Vec<World>,
    /// All components, document order.
    pub components: Vec<Component>,
    /// All edges.
    pub edges: Vec<Edge>,
    /// Named data.
    pub data: Vec<Data>,
    /// `wit` blocks.
    pub types: Vec<TypeBlock>,
    /// A topological order, ties in document order, cycle members left out.
    pub order: Vec<String>,
    /// The workbook and its workflows.
    pub workflows: Vec<Workflow>,
}

/// What becomes of raw HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RawHtml {
    /// Never kept.
    #[default]
    Drop,
    /// Kept where the file opts in.
    ByConsent,
    /// Always kept.
    Keep,
}

/// What the caller of `render` allows and adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// What becomes of raw HTML.
    pub raw_html: RawHtml,
    /// What Org's own exporter would give.
    pub plain: bool,
    /// Fresh results.
    pub results: Vec<ResultValue>,
    /// The components of that run that have no result.
    pub failures: Vec<Failure>,
    /// The files the text refers to.
    pub files: Vec<File>,
}

/// Another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As `references` gave it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How a text mentions a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// `#+INCLUDE:`.
    Include,
    /// `#+SETUPFILE:`.
    Setup,
    /// A link.
    Link,
    /// A link that shows as an image.
    Image,
}

/// A local file that a text mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// As written.
    pub path: String,
    /// How.
    pub kind: ReferenceKind,
    /// Where.
    pub span: Span,
}

/// A file that `:tangle` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TangledFile {
    /// As written.
    pub path: String,
    /// What goes into it.
    pub text: String,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Whether missing directories are made.
    pub mkdirp: bool,
    /// The first block of it.
    pub span: Span,
}

/// What a query may ask beside the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryOptions {
    /// `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`.
    pub now: Option<String>,
    /// The path of the text.
    pub file: Option<String>,
}

/// Why an entry is in the agenda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgendaKind {
    /// `DEADLINE:`.
    Deadline,
    /// `SCHEDULED:`.
    Scheduled,
    /// A plain active timestamp.
    Timestamp,
}

/// One line of the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaItem {
    /// Index into `Calendar::headlines`.
    pub headline: u32,
    /// The day it is listed under.
    pub date: String,
    /// `HH:MM`.
    pub time: Option<String>,
    /// `HH:MM`.
    pub until: Option<String>,
    /// Why it is there.
    pub kind: AgendaKind,
    /// Days late, or below zero until it is due.
    pub days: i32,
    /// Which day of a range, from 1.
    pub part: u32,
    /// Days of the range.
    pub parts: u32,
}

/// Days and what is on them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    /// The headlines that have an item.
    pub headlines: Vec<Headline>,
    /// By day.
    pub items: Vec<AgendaItem>,
}

/// A fresh result of one port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultValue {
    /// Component id.
    pub component: String,
    /// Port name.
    pub port: String,
    /// JSON text.
    pub value: String,
}

/// A file that a block's result goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultFile {
    /// As written, relative to the text's own directory.
    pub path: String,
    /// What goes into it.
    pub content: Vec<u8>,
    /// The block.
    pub span: Span,
}

/// One thing that is wrong with a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Possibly over several lines.
    pub message: String,
    /// Line of the text, from 1.
    pub line: u32,
    /// The cure.
    pub help: Option<String>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setback {
    /// It went wrong.
    Failed(Vec<Problem>),
    /// The component with this id has nothing for it.
    Skipped(String),
    /// The run was stopped before.
    Cancelled,
}

/// A component that was to run and has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Component id.
    pub component: String,
    /// Why.
    pub why: Setback,
}

/// A rendered page's body and what its shell needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// `#+TITLE:`, else the first heading.
    pub title: String,
    /// `#+DESCRIPTION:`.
    pub description: Option<String>,
    /// `#+LANGUAGE:`, else `en`.
    pub language: String,
    /// `#+AUTHOR:`.
    pub author: Option<String>,
    /// `#+DATE:`.
    pub date: Option<String>,
    /// Semantic HTML5.
    pub fragment: String,
}

/// A query that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Byte offset into the expression.
    pub offset: u32,
}
