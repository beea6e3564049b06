//! What the control plane has done with Org and with runs. Calls may block; they are made where that is allowed.

use std::sync::Arc;

use tokio::sync::watch;

use crate::sign::Signer;
use crate::store::published::File;
use crate::store::runs::State;
use crate::store::{Digest, Tenant};

/// Why there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be done with this source.
    Invalid(String),
    /// It cannot be done here and now.
    Failed(String),
}

/// Why nothing was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such input.
    Unknown(String),
    /// These inputs have no value.
    Missing(Vec<String>),
    /// The workbook has errors: diagnostics as JSON.
    Invalid(String),
    /// It cannot be done here and now.
    Failed(String),
}

/// A source to be run, with values for its inputs as JSON.
#[derive(Debug, Clone)]
pub struct Order {
    /// Whose it is.
    pub tenant: Tenant,
    /// The workbook's id.
    pub workbook: String,
    /// The source's digest.
    pub digest: Digest,
    /// The source.
    pub source: Arc<str>,
    /// Names and values.
    pub inputs: Vec<(String, String)>,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// One that is over.
    pub state: State,
    /// `{"outputs": {…}, "failures": […]}`.
    pub outputs: String,
    /// What happened in each step, a line of JSON each.
    pub steps: String,
    /// Why it failed, in a line.
    pub problem: Option<String>,
}

/// Who is told of steps: a kind, and JSON.
pub trait Steps: Send + Sync {
    /// Something happened.
    fn tell(&self, kind: &'static str, body: String);
}

/// What is published at a site's first page.
#[derive(Debug, Clone)]
pub struct Manuscript {
    /// The site.
    pub site: String,
    /// Where it is found, such as `https://example.org`, if that is known.
    pub base: Option<String>,
    /// A whole page, or a source.
    pub content: Content,
    /// Whose signature its pages get.
    pub signed_by: Option<Tenant>,
}

/// A page in one of two forms.
#[derive(Debug, Clone)]
pub enum Content {
    /// HTML.
    Html(String),
    /// Org.
    Org(String),
    /// Files by their paths, as they are.
    Files(Vec<(String, Vec<u8>)>),
}

/// Knows Org, and runs it.
pub trait Workshop: Send + Sync + 'static {
    /// The plan as JSON.
    ///
    /// # Errors
    ///
    /// When the kernel does not answer.
    fn plan(&self, source: &str) -> Result<String, Fault>;

    /// The headlines as JSON.
    ///
    /// # Errors
    ///
    /// When the kernel does not answer.
    fn headlines(&self, source: &str) -> Result<String, Fault>;

    /// Rows that a query selects, as JSON.
    ///
    /// # Errors
    ///
    /// When the query is none.
    fn query(&self, source: &str, expr: &str) -> Result<String, Fault>;

    /// Findings as JSON.
    ///
    /// # Errors
    ///
    /// When the kernel does not answer.
    fn lint(&self, source: &str) -> Result<String, Fault>;

    /// A page without results.
    ///
    /// # Errors
    ///
    /// When the kernel does not answer.
    fn html(&self, source: &str, name: &str) -> Result<String, Fault>;

    /// The graph as SVG.
    ///
    /// # Errors
    ///
    /// When the source has errors, or the graph is too large to be drawn.
    fn graph(&self, source: &str) -> Result<String, Fault>;

    /// Whether this could be run, as far as that can be told before.
    ///
    /// # Errors
    ///
    /// Why not.
    fn check(&self, order: &Order) -> Result<(), Refused>;

    /// Runs it until it is done or `cancelled`.
    ///
    /// # Errors
    ///
    /// When nothing was run.
    fn run(&self, order: &Order, steps: &dyn Steps, cancelled: watch::Receiver<bool>) -> Result<Ended, Refused>;

    /// The files of a site with one page.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    fn publication(&self, manuscript: Manuscript) -> Result<Vec<File>, Fault>;

    /// Who signs for a tenant.
    fn signer(&self, tenant: &Tenant) -> Option<Signer>;
}
