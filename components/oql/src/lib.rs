//! The kernel: what a workbook says.
//!
//! Parses an Org file, plans it as a graph of components, finds what is wrong with it, renders it, and answers queries
//! about its headings. Everything here is a pure function of the text: no clock, no file, no randomness, no panic. It
//! runs no code and compiles none; that is the host's and the lanes' work.
//!
//! Natively this is a library of plain functions; for `wasm32` the same functions are exported as the world
//! `wb:oql/oql` (see `component.rs`, the only file that mentions WIT).

pub mod exercise;
pub mod model;

mod babel;
mod chart;
mod diagram;
mod export;
mod findings;
mod format;
mod hash;
mod headlines;
mod highlight;
mod links;
mod lint;
mod math;
mod object;
mod outline;
mod plan;
mod query;
mod references;
mod search;
mod source;
mod survey;
mod svg;
mod syntax;
mod tangle;
mod text;
mod upgrade;
mod wit_text;
mod write_back;

#[cfg(target_family = "wasm")]
mod component;

pub use babel::SourceBlock;
pub use exercise::exercise;
use findings::Findings;
use model::{
    Calendar, Diagnostic, Edit, Headline, Page, Plan, QueryError, QueryOptions, Reference, RenderOptions, ResultFile,
    ResultValue, Severity, Survey, TangledFile,
};
pub use outline::Node;
use plan::Analysis;
use syntax::Document;

/// One row per heading, in document order.
pub fn parse_headlines(org: &str) -> Vec<Headline> {
    headlines::headlines(&Document::parse(org))
}

/// The element tree as Org has it, for comparisons.
pub fn element_tree(org: &str) -> Vec<Node> {
    outline::nodes(&Document::parse(org))
}

/// The source blocks with the header arguments that hold for them.
pub fn source_blocks(org: &str) -> Vec<SourceBlock> {
    babel::source_blocks(&Document::parse(org))
}

/// The build plan.
pub fn tangle_plan(org: &str) -> Plan {
    let document = Document::parse(org);
    let mut findings = Findings::new(&document);
    plan::emit::plan(&Analysis::new(&document, &mut findings))
}

/// The local files a text mentions, in document order.
pub fn references(org: &str) -> Vec<Reference> {
    references::references(&Document::parse(org))
}

/// Settings, links and what they may lead to.
pub fn survey(org: &str) -> Survey {
    survey::survey(&Document::parse(org))
}

/// All findings, sorted by position. `missing` are the paths among [`references`] that the caller did not find.
pub fn lint(org: &str, missing: &[String]) -> Vec<Diagnostic> {
    lint::lint(&Document::parse(org), missing)
}

/// The errors among them.
pub fn validate(org: &str) -> Vec<Diagnostic> {
    lint(org, &[]).into_iter().filter(|d| d.severity == Severity::Error).collect()
}

/// The page's body and what its shell needs.
pub fn render(org: &str, options: &RenderOptions) -> Page {
    export::render(org, options)
}

/// What Org's own alignment of tables and drawers would change.
pub fn format(org: &str) -> Vec<Edit> {
    format::format(&Document::parse(org))
}

/// The files that the results go into, by Babel's rules.
pub fn result_files(org: &str, results: &[ResultValue]) -> Vec<ResultFile> {
    write_back::files::result_files(&Document::parse(org), results)
}

/// What puts results under their blocks as Babel would; nothing where they stand there already.
pub fn write_results(org: &str, results: &[ResultValue]) -> Vec<Edit> {
    write_back::write_results(&Document::parse(org), results)
}

/// The files that `org-babel-tangle` would write; `path` is the text's own path, for `:tangle yes`.
pub fn tangle_files(org: &str, path: &str) -> Vec<TangledFile> {
    tangle::files(&Document::parse(org), path)
}

/// What an upgrade from one text to another would break.
pub fn check_upgrade(old: &str, new: &str) -> Vec<Diagnostic> {
    upgrade::check(old, &Document::parse(new))
}

/// The headlines a match expression selects.
///
/// # Errors
///
/// If the expression does not parse; the error says where.
pub fn query(org: &str, expr: &str, options: &QueryOptions) -> Result<Vec<Headline>, QueryError> {
    query::query(&Document::parse(org), expr, options)
}

/// A drawing in Graphviz' language as an SVG document; `None` where it does not parse or is too large.
pub fn draw(dot: &str) -> Option<String> {
    diagram::standalone(dot)
}

/// The days from one to another, both included, and what is on them among the headlines an expression selects.
///
/// # Errors
///
/// If the expression or a date does not parse, or the list would be too long.
pub fn agenda(org: &str, from: &str, to: &str, expr: &str, options: &QueryOptions) -> Result<Calendar, QueryError> {
    query::agenda::agenda(&Document::parse(org), from, to, expr, options)
}
