//! `wb graph`: the plan as a picture. What the plan says is put into nodes and arrows here and drawn below.

mod dot;
mod mermaid;
mod tree;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::{Context, Failure};
use crate::env;
use crate::exit::Exit;
use crate::kernel::types::{End, ExportValue, Plan, Workflow};
use crate::kernel::{Kernel, KernelError};

/// What to draw, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Org file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Graphviz
    #[arg(long, group = "form")]
    pub dot: bool,
    /// Mermaid; the default where no person is looking
    #[arg(long, group = "form")]
    pub mermaid: bool,
    /// A tree from results back to inputs; the default on a terminal
    #[arg(long, group = "form")]
    pub tree: bool,
    /// An SVG picture
    #[arg(long, group = "form")]
    pub svg: bool,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
    /// As a picture.
    Svg,
    /// As a tree of lines.
    Tree,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A value that is given.
    Import,
    /// A component.
    Component,
    /// A result.
    Export,
}

struct Node {
    /// Unique among all nodes: a component's id, or `in:name` and `out:name` with the workflow.
    id: String,
    label: String,
    shape: Shape,
    workflow: usize,
}

struct Arrow {
    /// Indices of nodes.
    from: usize,
    to: usize,
    label: String,
    ty: String,
}

/// Workflows as groups: title and parent.
struct Group {
    title: String,
    parent: Option<usize>,
}

struct Graph {
    title: String,
    groups: Vec<Group>,
    nodes: Vec<Node>,
    arrows: Vec<Arrow>,
}

/// Prints the picture.
pub(super) fn run(arguments: &Arguments, context: &Context) -> anyhow::Result<Exit> {
    let form = match arguments {
        Arguments { dot: true, .. } => Form::Dot,
        Arguments { svg: true, .. } => Form::Svg,
        Arguments { tree: true, .. } => Form::Tree,
        Arguments { mermaid: false, .. } if env::is_terminal() => Form::Tree,
        _ => Form::Mermaid,
    };
    print(&arguments.file, form, context)
}

/// Prints the plan of a file; as JSON where that was asked for.
pub(super) fn print(file: &str, form: Form, context: &Context) -> anyhow::Result<Exit> {
    let source = context.read(file)?;
    let kernel = context.kernel()?;
    let graph = Graph::of(&kernel.plan(&source.text)?);
    let report = context.report;
    if report.is_json() {
        report.value(&graph.json())?;
        return Ok(Exit::Ok);
    }
    let text = match form {
        Form::Dot => dot::draw(&graph),
        Form::Mermaid => mermaid::draw(&graph),
        Form::Tree => tree::draw(&graph),
        Form::Svg => picture(kernel, &source.text)?.ok_or_else(|| {
            Failure::new(Exit::Invalid, format!("the plan of `{}` is too large for a picture", source.name)).hint(
                "a picture has room for some 100 components (200 boxes, 500 arrows); `--dot` prints it for Graphviz",
            )
        })?,
    };
    report.out(&text)?;
    Ok(Exit::Ok)
}

/// The picture of a text as SVG; none when there is too much to draw.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn picture(kernel: &Kernel, org: &str) -> Result<Option<String>, KernelError> {
    kernel.draw(&dot::draw(&Graph::of(&kernel.plan(org)?)))
}

impl Graph {
    fn of(plan: &Plan) -> Self {
        let group = |(index, workflow): (usize, &Workflow)| Group {
            title: if workflow.title.is_empty() { workflow.id.clone() } else { workflow.title.clone() },
            // A parent stands before its children; the first is the file itself.
            parent: (index > 0).then(|| workflow.parent.map_or(0, |parent| parent as usize).min(index - 1)),
        };
        let mut graph = Self {
            title: plan.title.clone(),
            groups: plan.workflows.iter().enumerate().map(group).collect(),
            nodes: Vec::new(),
            arrows: Vec::new(),
        };
        for component in &plan.components {
            graph.node(component.id.clone(), component.id.clone(), Shape::Component, component.workflow as usize);
        }
        let index: HashMap<&str, usize> =
            plan.components.iter().enumerate().map(|(index, component)| (component.id.as_str(), index)).collect();
        let at = |end: &End| index.get(end.component.as_str()).copied();
        for edge in &plan.edges {
            if let (Some(from), Some(to)) = (at(&edge.from), at(&edge.to)) {
                graph.arrow(from, to, &label(&edge.from.port, &edge.to.port), &edge.ty);
            }
        }
        let fed: HashSet<(&str, &str)> = plan.edges.iter().map(|edge| pair(&edge.to)).collect();
        for (number, workflow) in plan.workflows.iter().enumerate() {
            for import in &workflow.imports {
                // An input of a nested workflow that a component outside feeds has its edge already.
                let consumers = import.consumers.iter().filter(|end| !fed.contains(&pair(end)));
                let consumers: Vec<(usize, &End)> = consumers.filter_map(|end| Some((at(end)?, end))).collect();
                if consumers.is_empty() && !import.consumers.is_empty() {
                    continue;
                }
                let id = format!("in:{}:{}", workflow.id, import.name);
                let node = graph.node(id, import.name.clone(), Shape::Import, number);
                for (consumer, end) in consumers {
                    graph.arrow(node, consumer, &label(&import.name, &end.port), &import.ty);
                }
            }
            for export in &workflow.exports {
                // A result that is the outer workflow's as well is drawn there.
                let outer = workflow.parent.and_then(|parent| plan.workflows.get(parent as usize));
                let same = |other: &ExportValue| other.name == export.name && other.component == export.component;
                if outer.is_some_and(|outer| outer.exports.iter().any(same)) {
                    continue;
                }
                let id = format!("out:{}:{}", workflow.id, export.name);
                let node = graph.node(id, export.name.clone(), Shape::Export, number);
                if let Some(producer) = index.get(export.component.as_str()) {
                    graph.arrow(*producer, node, &export.name, &export.ty);
                }
            }
        }
        graph
    }

    fn node(&mut self, id: String, label: String, shape: Shape, workflow: usize) -> usize {
        self.nodes.push(Node { id, label, shape, workflow });
        self.nodes.len() - 1
    }

    fn arrow(&mut self, from: usize, to: usize, label: &str, ty: &str) {
        self.arrows.push(Arrow { from, to, label: label.to_owned(), ty: ty.to_owned() });
    }

    fn json(&self) -> Value {
        let shape = |shape| match shape {
            Shape::Import => "import",
            Shape::Component => "component",
            Shape::Export => "export",
        };
        let workflow = |index: usize| self.groups.get(index).map(|group| group.title.as_str());
        let node = |node: &Node| json!({ "id": node.id, "kind": shape(node.shape), "label": node.label, "workflow": workflow(node.workflow) });
        let arrow = |arrow: &Arrow| {
            let (from, to) = (&self.nodes[arrow.from].id, &self.nodes[arrow.to].id);
            json!({ "from": from, "to": to, "label": arrow.label, "type": arrow.ty })
        };
        json!({
            "title": self.title,
            "nodes": self.nodes.iter().map(node).collect::<Value>(),
            "edges": self.arrows.iter().map(arrow).collect::<Value>(),
        })
    }
}

fn pair(end: &End) -> (&str, &str) {
    (&end.component, &end.port)
}

/// Both port names where they differ.
fn label(from: &str, to: &str) -> String {
    if from == to { from.to_owned() } else { format!("{from} → {to}") }
}

/// Draws the nodes group by group: `open` and `close` frame a nested group, `node` writes one node.
fn grouped(graph: &Graph, text: &mut String, draw: &dyn Fn(&mut String, usize, Part<'_>)) {
    // What is yet to do, last first: an explicit stack, for nesting as deep as a file likes.
    let mut open = vec![Step::Enter(0, 0)];
    while let Some(step) = open.pop() {
        match step {
            Step::Leave(depth) => draw(text, depth, Part::Close),
            Step::Enter(group, depth) => {
                if let (Some(each), true) = (graph.groups.get(group), group > 0) {
                    draw(text, depth, Part::Open(group, &each.title));
                    open.push(Step::Leave(depth));
                }
                let inner = if group > 0 { depth + 1 } else { depth };
                for (index, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.workflow == group) {
                    draw(text, inner, Part::Node(index, node));
                }
                let nested = (0..graph.groups.len()).rev().filter(|each| graph.groups[*each].parent == Some(group));
                open.extend(nested.map(|each| Step::Enter(each, inner)));
            }
        }
    }
}

enum Step {
    Enter(usize, usize),
    Leave(usize),
}

/// What [`grouped`] asks to be drawn.
enum Part<'a> {
    Open(usize, &'a str),
    Node(usize, &'a Node),
    Close,
}
