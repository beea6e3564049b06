//! A workbook ready to be worked with: read, planned, checked, and its graph built. What `run`, `compose`, `caps` and
//! `why` have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wb_composer::right::RightError;

use super::components::{self, Pins};
use super::{Context, Failure as CliFailure};
use crate::disk::Source;
use crate::execute::graph::{Graph, GraphError, Node, Origin};
use crate::execute::members;
use crate::execute::prepare::{self, Ready};
use crate::exit::Exit;
use crate::grants::{GrantError, Grants};
use crate::kernel::types::{Component, Diagnostic, Label, Plan, Severity, Span};
use crate::lanes::{Failure, Problem};
use crate::policy::Addresses;
use strsim::osa_distance;

/// A workbook without errors.
pub(super) struct Book {
    /// The text.
    pub(super) source: Source,
    /// What the kernel makes of it.
    pub(super) plan: Plan,
    /// The plan with types resolved.
    pub(super) graph: Graph,
    /// The folder that paths in the file are relative to.
    pub(super) root: PathBuf,
    /// Components that do not get what they ask for, and why.
    pub(super) denied: BTreeMap<usize, Vec<Diagnostic>>,
    /// Addresses beyond the public ones that the operator's policy opens.
    pub(super) addresses: Vec<Addresses>,
}

/// Reads a workbook. `Err(exit)` when it has errors, which have then been drawn.
pub(super) fn open(file: &str, context: &Context) -> anyhow::Result<Result<Book, Exit>> {
    open_with(file, Pins::Hold, context)
}

/// The same; `pins` says whether references must lead where `wb.lock` has it.
pub(super) fn open_with(file: &str, pins: Pins, context: &Context) -> anyhow::Result<Result<Book, Exit>> {
    let mut book = of(context.read(file)?, context)?;
    if let Ok(book) = &mut book {
        components::fetch(book, pins, context)?;
    }
    Ok(book)
}

/// The workbook of a text. `Err(exit)` when it has errors, which have then been drawn.
pub(super) fn of(source: Source, context: &Context) -> anyhow::Result<Result<Book, Exit>> {
    let shown = source.clone();
    match examine(source, context)? {
        Ok(book) => Ok(Ok(book)),
        Err(errors) => {
            complain(context, &shown, &errors)?;
            Ok(Err(Exit::Invalid))
        }
    }
}

/// The workbook of a text, or its errors.
pub(super) fn examine(source: Source, context: &Context) -> anyhow::Result<Result<Book, Vec<Diagnostic>>> {
    let kernel = context.kernel()?;
    let errors = kernel.validate(&source.text)?;
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let plan = kernel.plan(&source.text)?;
    let root = source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    Ok(match Graph::build(&plan) {
        Ok(graph) => {
            let book = Book { source, plan, graph, root, denied: BTreeMap::new(), addresses: Vec::new() };
            book.with_readable_caps()
        }
        Err(error) => {
            let code = if matches!(error, GraphError::Types { .. }) { "WB208" } else { "WB106" };
            Err(vec![finding(code, error.to_string(), error.span(), None)])
        }
    })
}

/// Shows findings that stop a command.
pub(super) fn complain(context: &Context, source: &Source, findings: &[Diagnostic]) -> anyhow::Result<()> {
    if context.report.is_json() {
        let list = findings.iter().map(|each| crate::json::diagnostic(each, None)).collect::<serde_json::Value>();
        context.report.value(&serde_json::json!({ "ok": false, "diagnostics": list }))?;
    } else {
        context.report.complaints(source, findings);
    }
    Ok(())
}

/// An error at a place.
pub(super) fn finding(code: &str, message: String, span: Span, help: Option<String>) -> Diagnostic {
    Diagnostic {
        code: code.to_owned(),
        severity: Severity::Error,
        message,
        span,
        help,
        component: None,
        labels: Vec::new(),
        fix: Vec::new(),
    }
}

impl Book {
    /// Reads every component's `:caps:`. What is no capability is an error of the workbook; one that nothing stands
    /// behind costs its component alone.
    fn with_readable_caps(mut self) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        for (index, node) in self.graph.nodes.iter().enumerate() {
            let Err(GrantError { word, error }) = Grants::read(&node.caps) else { continue };
            let found = self.at_word(index, word, error.to_string(), Some(error.cure().to_owned()));
            match error {
                RightError::Unavailable(_) => drop(self.denied.insert(index, vec![found])),
                _ => errors.push(Diagnostic { code: "WB301".to_owned(), ..found }),
            }
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }

    /// A finding about one word of a component's `:caps:`.
    pub(super) fn at_word(&self, node: usize, word: usize, message: String, help: Option<String>) -> Diagnostic {
        let of = &self.graph.nodes[node];
        let span = of.cap_spans.get(word).copied().unwrap_or(of.span);
        let mut found = finding("link", format!("`{}`: {message}", of.id), span, help);
        found.component = Some(of.id.clone());
        found
    }

    /// All nodes through their lanes, with what they get; those that are denied something cannot be made.
    pub(super) fn prepare(&self, context: &Context) -> Vec<Result<Ready, Failure>> {
        self.prepare_some(context, &|_| true)
    }

    /// Some nodes through their lanes; the others are failures that nobody should see.
    pub(super) fn prepare_some(
        &self,
        context: &Context,
        wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Vec<Result<Ready, Failure>> {
        let mut nodes = prepare::all(&self.graph, &self.root, context.cache(), context.packages(), wanted);
        for (node, result) in nodes.iter_mut().enumerate() {
            match (self.denied.get(&node).and_then(|found| found.first()), &mut *result) {
                (Some(found), _) => {
                    *result = Err(Failure::one(Problem::at_start(found.message.clone(), found.help.as_deref())));
                }
                (None, Ok(ready)) => ready.grants.addresses.clone_from(&self.addresses),
                (None, Err(_)) => {}
            }
        }
        let notes: std::collections::BTreeSet<&String> =
            nodes.iter().flatten().filter_map(|ready| ready.note.as_ref()).collect();
        notes.into_iter().for_each(|note| context.report.warn(note));
        let warned = nodes.iter().enumerate().filter_map(|(node, ready)| Some((node, ready.as_ref().ok()?)));
        let warnings: Vec<Diagnostic> = warned
            .filter(|(_, ready)| !ready.warnings.is_empty())
            .flat_map(|(node, ready)| self.failure(node, "compile", &Failure { problems: ready.warnings.clone() }))
            .map(|found| Diagnostic { severity: Severity::Warning, ..found })
            .collect();
        if !warnings.is_empty() {
            context.report.complaints(&self.source, &warnings);
        }
        nodes
    }

    /// Edges whose two ends turn out to have different types once signatures are known.
    pub(super) fn mismatches(&self, nodes: &[Result<Ready, Failure>]) -> Vec<Diagnostic> {
        let ready: Vec<Option<&Ready>> = nodes.iter().map(|node| node.as_ref().ok()).collect();
        let mut findings = Vec::new();
        for (to, input, from, output) in members::mismatches(&self.graph.nodes, &ready) {
            let (Some(producer), Some(consumer)) = (ready[from], ready[to]) else { continue };
            let (from_node, to_node) = (&self.graph.nodes[from], &self.graph.nodes[to]);
            let given = members::output_type(from_node, &producer.made, output);
            let taken = members::input_type(to_node, &consumer.made, input);
            let port = &to_node.inputs[input].name;
            let mut found = finding(
                "WB201",
                format!(
                    "`{}` gives `{}` as `{given}`, but `{}` takes `{port}` as `{taken}`",
                    from_node.id, from_node.outputs[output].name, to_node.id
                ),
                self.port_span(to, true, input),
                Some("make both ends the same type, or one of them `json`".to_owned()),
            );
            found.component = Some(to_node.id.clone());
            found.labels.push(Label {
                span: self.port_span(from, false, output),
                message: format!("`{given}` comes from here"),
            });
            findings.push(found);
        }
        findings
    }

    /// The node of this long or short id.
    ///
    /// # Errors
    ///
    /// When there is none, or several have the same short id.
    pub(super) fn find(&self, name: &str) -> Result<usize, CliFailure> {
        let nodes = &self.graph.nodes;
        if let Some(node) = nodes.iter().position(|node| node.id == name) {
            return Ok(node);
        }
        let short: Vec<usize> = (0..nodes.len()).filter(|node| nodes[*node].heading == name).collect();
        match short.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.unknown(name)),
            several => {
                let ids: Vec<String> = several.iter().map(|node| format!("`{}`", nodes[*node].id)).collect();
                Err(CliFailure::new(Exit::Usage, format!("`{name}` may be {}", ids.join(" or ")))
                    .hint("give the long id"))
            }
        }
    }

    fn unknown(&self, name: &str) -> CliFailure {
        let nodes = &self.graph.nodes;
        let near = |node: &&Node| osa_distance(name, &node.heading).min(osa_distance(name, &node.id));
        let nearest = nodes.iter().min_by_key(near).filter(|node| near(node) <= 2);
        let known: Vec<String> = nodes.iter().take(20).map(|node| format!("`{}`", node.heading)).collect();
        let more = if nodes.len() > 20 { ", …" } else { "" };
        let known = format!("it has {}{more}", known.join(", "));
        let hint = nearest.map_or(known.clone(), |node| format!("did you mean `{}`? {known}", node.heading));
        CliFailure::new(Exit::NotFound, format!("the workbook has no component `{name}`")).hint(hint)
    }

    fn component(&self, node: usize) -> &Component {
        // The graph has one node per component, in the same order.
        &self.plan.components[node]
    }

    fn port_span(&self, node: usize, input: bool, port: usize) -> Span {
        let component = self.component(node);
        let ports = if input { &component.in_ports } else { &component.out_ports };
        ports.get(port).map_or(component.span, |port| port.span)
    }

    /// A node's failure as findings on the source. `code` is the kind of failure.
    pub(super) fn failure(&self, node: usize, code: &str, failure: &Failure) -> Vec<Diagnostic> {
        if let Some(found) = self.denied.get(&node) {
            return found.clone();
        }
        let of = &self.graph.nodes[node];
        let at = |problem: &Problem| {
            let mut found = finding(
                code,
                format!("`{}`: {}", of.id, problem.message),
                self.place(of, problem),
                problem.help.clone(),
            );
            found.component = Some(of.id.clone());
            found
        };
        failure.problems.iter().map(at).collect()
    }

    /// Where in the file a problem of a block is.
    pub(super) fn place(&self, node: &Node, problem: &Problem) -> Span {
        if let (Some(span), None) = (problem.within, problem.line) {
            return span;
        }
        let (Origin::Block { body, .. }, Some(line)) = (&node.origin, problem.line) else { return node.span };
        let body = problem.within.as_ref().unwrap_or(body);
        let text = &self.source.text;
        let mut start = body.start as usize;
        for _ in 1..line {
            match text[start..body.end as usize].find('\n') {
                Some(newline) => start += newline + 1,
                None => return node.span,
            }
        }
        let whole = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        // The block's common indentation is not part of what the compiler saw.
        let indent = whole.len() - whole.trim_start().len();
        let removed = if problem.within.is_none()
            && node.source().lines().nth((line as usize).saturating_sub(1)) == Some(whole)
        {
            0
        } else {
            common_indentation(&text[body.start as usize..body.end as usize])
        };
        let column = problem.column.map_or(indent, |column| removed + column as usize - 1);
        let from = whole.char_indices().nth(column).map_or(indent.min(whole.len()), |(at, _)| at);
        let end = if problem.column.is_some() {
            whole[from..].chars().next().map_or(from, |c| from + c.len_utf8())
        } else {
            whole.len()
        };
        Span {
            start: (start + from) as u32,
            end: (start + end.max(from)) as u32,
            line: body.line + line - 1,
            column: whole[..from].chars().count() as u32 + 1,
        }
    }
}

/// White space that all lines of a body begin with, in characters.
fn common_indentation(body: &str) -> usize {
    let lines = body.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.chars().take_while(|c| c.is_whitespace()).count()).min().unwrap_or(0)
}
