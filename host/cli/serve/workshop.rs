//! What the control plane has done with Org and with runs: the kernel, and the machinery of `wb run`.
//!
//! A tenant's workbook has no folder: it lies alone in one that is empty, and what it asks for beyond is refused unless the operator's
//! rules grant it. Nobody is asked, and nothing a workbook refers to is downloaded.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value as Json, json};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::super::book::{self, Book};
use super::super::components::{self, Pins};
use super::super::run::how::How;
use super::super::run::output;
use super::super::{Context, graph, rights};
use super::execution::{self, Ran, Terms};
use super::shelf::Shelf;
use super::vault::Secrets;
use crate::disk::Source;
use crate::env;
use crate::execute::prepare::Ready;
use crate::execute::run::{Observer, Status};
use crate::grants::Vault;
use crate::json;
use crate::kernel::types::{Diagnostic, QueryOptions, RawHtml, RenderOptions};
use crate::lanes;
use crate::page;
use crate::plane::control::{Content as Written, Ended, Fault, Manuscript, Order, Refused, Steps, Workshop};
use crate::plane::workbook::{Given, Refusal};
use crate::publish::{self, Asset, Builder, Page, Seal, Settings};
use crate::sign::Signer;
use crate::store::published::File;
use crate::store::runs::State;
use crate::store::{Digest, Store, Tenant};

/// Workbooks that are kept prepared.
const KEPT: usize = 64;

/// The kernel and the machinery of runs, for all tenants.
pub(super) struct Shop {
    /// For compilers and engines, which the server itself needs.
    context: Context,
    /// For what workbooks refer to.
    offline: Context,
    rules: rights::Rules,
    how: How,
    /// A folder in which there is nothing.
    folder: PathBuf,
    store: Store,
    /// Where the store is asked on behalf of runs.
    runtime: Handle,
    prepared: Shelf<(Tenant, Digest), Content>,
    signer: Signer,
    builder: OnceLock<Builder>,
}

enum Content {
    /// It can be run.
    Good { book: Box<Book>, nodes: Vec<Result<Ready, lanes::Failure>> },
    /// It cannot, for these reasons.
    Bad(Vec<Diagnostic>),
}

impl Shop {
    /// `folder` is empty and stays so. To be called within a runtime.
    pub(super) fn new(
        first: &Context,
        rules: rights::Rules,
        how: How,
        folder: PathBuf,
        store: Store,
        signer: Signer,
    ) -> Self {
        let (quiet, offline) = (first.report.silent(), first.offline());
        Self {
            store,
            signer,
            runtime: Handle::current(),
            context: Context::new(quiet, offline),
            offline: Context::new(quiet, true),
            rules: rights::Rules { unattended: true, ..rules },
            how,
            folder,
            prepared: Shelf::new(KEPT),
            builder: OnceLock::new(),
        }
    }

    /// What makes sites, loaded when one is published.
    fn builder(&self) -> anyhow::Result<&Builder> {
        if let Some(builder) = self.builder.get() {
            return Ok(builder);
        }
        let builder = Builder::new(self.context.engine()?, self.context.cache())?;
        Ok(self.builder.get_or_init(|| builder))
    }

    /// A tenant's text as a file of its empty folder.
    fn source(&self, name: &str, text: &str) -> Source {
        let file = format!("{name}.org");
        Source { path: Some(self.folder.join(&file)), name: file, text: text.to_owned() }
    }

    fn content(&self, order: &Order) -> anyhow::Result<Arc<Content>> {
        let key = (order.tenant.clone(), order.digest);
        self.prepared.get(&key, || self.prepare(order))
    }

    fn prepare(&self, order: &Order) -> anyhow::Result<Content> {
        let mut book = match book::examine(self.source(&order.workbook, &order.source), &self.context)? {
            Ok(book) => book,
            Err(errors) => return Ok(Content::Bad(errors)),
        };
        components::fetch(&mut book, Pins::Hold, &self.offline)?;
        rights::settle(&self.rules, &mut book, &|_| true, &self.context)?;
        let mut nodes = book.prepare(&self.context);
        let keeper = Secrets::new(self.store.of(&order.tenant), self.runtime.clone());
        let vault = Vault(Arc::new(keeper));
        for ready in nodes.iter_mut().flatten() {
            if ready.grants.impure() {
                // What came of a tenant's rights is that tenant's, also where the file has it kept.
                ready.parts.push("tenant", order.tenant.as_str().as_bytes());
            }
            ready.grants.vault = Some(vault.clone());
        }
        let mismatches = book.mismatches(&nodes);
        if mismatches.is_empty() {
            Ok(Content::Good { book: Box::new(book), nodes })
        } else {
            Ok(Content::Bad(mismatches))
        }
    }

    fn ran(
        &self,
        order: &Order,
        steps: &dyn Steps,
        cancelled: watch::Receiver<bool>,
    ) -> anyhow::Result<Result<Ended, Refused>> {
        let content = self.content(order)?;
        let (book, nodes) = match &*content {
            Content::Good { book, nodes } => (book, nodes),
            Content::Bad(errors) => return Ok(Err(Refused::Invalid(listed(errors)))),
        };
        let wish = match execution::wish(book, given(&order.inputs), None) {
            Ok(wish) => wish,
            Err(refusal) => return Ok(Err(refused(refusal))),
        };
        let told = Told { book, steps, lines: Mutex::default() };
        let terms = Terms { how: &self.how, record: false, observer: &told, cancelled };
        let Ran { state, .. } = match execution::run(book, nodes, wish, terms, &self.context)? {
            Ok(ran) => ran,
            Err(refusal) => return Ok(Err(refused(refusal))),
        };
        let lines = told.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Ok(ended(book, &state, lines)))
    }
}

/// Steps on their way to who wants to know of them.
struct Told<'a> {
    book: &'a Book,
    steps: &'a dyn Steps,
    lines: Mutex<String>,
}

impl Observer for Told<'_> {
    fn begin(&self, node: usize) {
        self.steps.tell("begin", json!({ "component": self.book.graph.nodes[node].id }).to_string());
    }

    fn finish(&self, node: usize, status: &Status) {
        let mut line = json!({ "component": self.book.graph.nodes[node].id, "state": output::word(status) });
        match status {
            Status::Done { cached, took, log, .. } => {
                line["ms"] = json!(took.as_secs_f64() * 1_000.0);
                line["cached"] = json!(cached);
                if !log.is_empty() {
                    line["log"] = json!(log);
                }
            }
            Status::Failed { breach, failure, took, log } => {
                let messages: Vec<&str> = failure.problems.iter().map(|problem| problem.message.as_str()).collect();
                line["ms"] = json!(took.as_secs_f64() * 1_000.0);
                line["error"] = json!({ "kind": breach.name(), "message": messages.join("\n") });
                if !log.is_empty() {
                    line["log"] = json!(log);
                }
            }
            Status::Skipped { cause } => line["cause"] = json!(self.book.graph.nodes[*cause].id),
            _ => {}
        }
        let line = line.to_string();
        {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push_str(&line);
            lines.push('\n');
        }
        self.steps.tell("step", line);
    }
}

/// What a run came to, for who asked.
fn ended(book: &Book, state: &[Status], steps: String) -> Ended {
    let mut outputs = Map::new();
    for (name, node, output) in output::exports(book) {
        if let Status::Done { values, .. } = &state[node]
            && let Some(value) = values.get(output)
        {
            outputs.insert(name, output::parsed(value));
        }
    }
    let findings = output::findings(book, state);
    let failures: Vec<Json> = findings.iter().map(|finding| json::diagnostic(finding, None)).collect();
    let cancelled = state.iter().any(|status| matches!(status, Status::Cancelled));
    let fine = state.iter().all(output::is_fine);
    let state = match (cancelled, fine) {
        (true, _) => State::Cancelled,
        (false, true) => State::Done,
        (false, false) => State::Failed,
    };
    let problem = findings.first().map(|first| first.message.clone()).filter(|_| state == State::Failed);
    Ended { state, outputs: json!({ "outputs": outputs, "failures": failures }).to_string(), steps, problem }
}

fn given(inputs: &[(String, String)]) -> Vec<(String, Given)> {
    inputs.iter().map(|(name, json)| (name.clone(), Given::Json(json.clone()))).collect()
}

fn refused(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Unknown(what) => Refused::Unknown(what),
        Refusal::Missing(names) => Refused::Missing(names),
        Refusal::Invalid => Refused::Invalid("[]".to_owned()),
        Refusal::Busy | Refusal::Ending => Refused::Failed("the server is busy".to_owned()),
        Refusal::Failed(message) => Refused::Failed(message),
    }
}

fn listed(findings: &[Diagnostic]) -> String {
    findings.iter().map(|finding| json::diagnostic(finding, None)).collect::<Json>().to_string()
}

fn fault(error: impl Into<anyhow::Error>) -> Fault {
    Fault::Failed(format!("{:#}", error.into()))
}

impl Workshop for Shop {
    fn plan(&self, source: &str) -> Result<String, Fault> {
        let plan = self.context.kernel().map_err(fault)?.plan(source).map_err(fault)?;
        Ok(json::plan(&plan, json::Names::Typed).to_string())
    }

    fn headlines(&self, source: &str) -> Result<String, Fault> {
        let rows = self.context.kernel().map_err(fault)?.headlines(source).map_err(fault)?;
        Ok(rows.iter().map(|row| json::headline(row, None)).collect::<Json>().to_string())
    }

    fn query(&self, source: &str, expr: &str) -> Result<String, Fault> {
        let options = QueryOptions { now: Some(crate::env::local_time()), file: None };
        let kernel = self.context.kernel().map_err(fault)?;
        match kernel.query(source, expr, &options).map_err(fault)? {
            Ok(rows) => Ok(rows.iter().map(|row| json::headline(row, None)).collect::<Json>().to_string()),
            Err(error) => Err(Fault::Invalid(format!("{} (at offset {} of the query)", error.message, error.offset))),
        }
    }

    fn lint(&self, source: &str) -> Result<String, Fault> {
        Ok(listed(&self.context.kernel().map_err(fault)?.lint(source, &[]).map_err(fault)?))
    }

    fn html(&self, source: &str, name: &str) -> Result<String, Fault> {
        let options = RenderOptions {
            raw_html: RawHtml::Drop,
            plain: false,
            results: Vec::new(),
            failures: Vec::new(),
            files: Vec::new(),
        };
        let rendered = self.context.kernel().map_err(fault)?.render(source, &options).map_err(fault)?;
        Ok(page::page(&rendered, name))
    }

    fn graph(&self, source: &str) -> Result<String, Fault> {
        let kernel = self.context.kernel().map_err(fault)?;
        let picture = graph::picture(kernel, source).map_err(fault)?;
        picture.ok_or_else(|| Fault::Invalid("the plan is too large for a picture".to_owned()))
    }

    fn check(&self, order: &Order) -> Result<(), Refused> {
        let content = self.content(order).map_err(|error| Refused::Failed(format!("{error:#}")))?;
        match &*content {
            Content::Good { book, .. } => execution::wish(book, given(&order.inputs), None).map(drop).map_err(refused),
            Content::Bad(errors) => Err(Refused::Invalid(listed(errors))),
        }
    }

    fn run(&self, order: &Order, steps: &dyn Steps, cancelled: watch::Receiver<bool>) -> Result<Ended, Refused> {
        let ran = self.ran(order, steps, cancelled);
        ran.unwrap_or_else(|error| Err(Refused::Failed(format!("{error:#}"))))
    }

    fn signer(&self, tenant: &Tenant) -> Option<Signer> {
        self.signer.of_tenant(tenant).ok()
    }

    fn publication(&self, manuscript: Manuscript) -> Result<Vec<File>, Fault> {
        let Manuscript { site, base, content, signed_by } = manuscript;
        let mut assets = Vec::new();
        let page = match content {
            Written::Files(files) => {
                assets.extend(files.into_iter().map(|(path, bytes)| Asset { path, media: None, bytes: bytes.into() }));
                None
            }
            Written::Html(html) => Some(Page {
                path: "/".to_owned(),
                html,
                title: site.clone(),
                description: None,
                published: None,
                updated: None,
                listed: true,
            }),
            Written::Org(org) => {
                let kernel = self.context.kernel().map_err(fault)?;
                Some(publish::page_of(kernel, &org, "/", &site, Vec::new()).map_err(fault)?)
            }
        };
        let settings = Settings {
            title: page.as_ref().map_or(site, |page| page.title.clone()),
            base,
            description: page.as_ref().and_then(|page| page.description.clone()),
            author: None,
            language: "en".to_owned(),
            listed: true,
        };
        let seal = match signed_by.as_ref().map(|tenant| self.signer(tenant)) {
            None => None,
            Some(None) => return Err(Fault::Failed("the signing key cannot be used".to_owned())),
            Some(Some(signer)) => {
                assets.extend(settings.base.as_deref().and_then(|base| publish::identity(base, &signer.did())));
                Some(Seal { signer, time: env::utc_time() })
            }
        };
        let builder = self.builder().map_err(fault)?;
        builder.build_sealed(&settings, page.into_iter().collect(), assets, seal.as_ref()).map_err(|error| {
            if error.is_callers() { Fault::Invalid(error.to_string()) } else { Fault::Failed(error.to_string()) }
        })
    }
}
