//! The plan as a graph of indices: types resolved, every input's source known.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use wb_composer::label;
use wb_composer::types::{self, Named, Shape, Signature, Type, TypeError};

use super::variables;
use crate::kernel::types::{Component, Data, Plan, Span, World};
use crate::lanes::Port;
use crate::lanes::javascript::modules::{self, Module};

/// Time a component may take, unless its drawer says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of memory a component may grow to, unless its drawer says otherwise.
pub const MEMORY: u64 = 256 << 20;

/// The nodes of a plan, in document order.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// A topological order of their indices.
    pub order: Vec<usize>,
    /// Inputs nothing in the workbook produces, by name.
    pub imports: Vec<Import>,
    /// What scripts may import.
    pub modules: Vec<Module>,
}

/// One component of the plan.
#[derive(Debug, Clone)]
pub struct Node {
    /// The long id.
    pub id: String,
    /// The id as a component-model label, unique in the graph.
    pub label: String,
    /// The heading's text.
    pub title: String,
    /// The last part of the id: how a function may be named to be chosen.
    pub heading: String,
    /// What it is made from.
    pub origin: Origin,
    /// Input ports, as written.
    pub inputs: Vec<Port>,
    /// Where each input comes from.
    pub feeds: Vec<Feed>,
    /// Output ports, as written.
    pub outputs: Vec<Port>,
    /// The function's type.
    pub signature: Signature,
    /// The rights it asks for.
    pub caps: Vec<String>,
    /// Where each of them is written.
    pub cap_spans: Vec<Span>,
    /// `:deps` of the block: packages, as `name@1.2`.
    pub packages: Vec<String>,
    /// Where each of them is written.
    pub package_spans: Vec<Span>,
    /// Deadline of one step.
    pub timeout: Duration,
    /// Memory it may grow to.
    pub memory: u64,
    /// `:cache yes|no`, where written.
    pub cache: Option<bool>,
    /// False under `:eval no`.
    pub eval: bool,
    /// The heading line.
    pub span: Span,
}

/// What a node is made from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A source block.
    Block {
        /// Its language.
        lang: String,
        /// Its text.
        source: String,
        /// Its body in the file.
        body: Span,
        /// Where it is tangled to.
        path: Option<String>,
        /// What `:var` gives it besides its inputs, as JSON.
        variables: Vec<(String, String)>,
    },
    /// A precompiled component.
    Binary {
        /// Its path or reference, as written.
        path: String,
        /// Its bytes, or why they are not there, where it is no plain file.
        fetched: Option<Result<Arc<Vec<u8>>, String>>,
    },
}

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// An output of another node.
    Node {
        /// Index of the node.
        node: usize,
        /// Index of its output.
        output: usize,
    },
    /// A value from outside, by name.
    Import(String),
}

/// A value the workbook needs from outside.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its name.
    pub name: String,
    /// Its type, as in the plan.
    pub ty: String,
    /// The default, where one is written.
    pub default: Option<String>,
    /// Where it is first asked for.
    pub span: Span,
    /// Ids of the components that need it.
    pub consumers: Vec<String>,
}

/// Why a plan is no graph. Lint finds what an author does wrong; these remain for what it cannot see.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// A type that the WIT parser refuses.
    #[error("the types of `{id}` cannot be resolved: {source}")]
    Types {
        /// The component, or the first one where the declarations themselves are wrong.
        id: String,
        /// Its heading.
        span: Span,
        /// What is wrong.
        source: TypeError,
    },
    /// The plan names a world it does not have.
    #[error("`{id}` has neither code nor a precompiled component")]
    NoCode {
        /// The component.
        id: String,
        /// Its heading.
        span: Span,
    },
}

impl GraphError {
    /// Where it is.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Types { span, .. } | Self::NoCode { span, .. } => *span,
        }
    }
}

impl Node {
    /// The line of the file at which its source begins; 1 for a precompiled component.
    #[must_use]
    pub fn first_line(&self) -> u32 {
        match &self.origin {
            Origin::Block { body, .. } => body.line,
            Origin::Binary { .. } => 1,
        }
    }

    /// Its source; nothing for a precompiled component.
    #[must_use]
    pub fn source(&self) -> &str {
        match &self.origin {
            Origin::Block { source, .. } => source,
            Origin::Binary { .. } => "",
        }
    }
}

impl Graph {
    /// Builds the graph of a plan that lint found no errors in.
    ///
    /// # Errors
    ///
    /// When a type does not resolve or a component has no code.
    pub fn build(plan: &Plan) -> Result<Self, GraphError> {
        let declarations: String = plan.types.iter().map(|block| format!("{}\n", block.src)).collect();
        let types = PortTypes::resolve(plan, &declarations)?;
        let labels = label::unique(plan.components.iter().map(|component| component.id.as_str()));
        let index: HashMap<&str, usize> = plan.components.iter().enumerate().map(|(i, c)| (c.id.as_str(), i)).collect();
        let worlds: HashMap<&str, &World> = plan.worlds.iter().map(|world| (world.id.as_str(), world)).collect();
        let mut nodes = Vec::with_capacity(plan.components.len());
        for (component, label) in plan.components.iter().zip(labels) {
            nodes.push(node(component, label, &worlds, &types, (&declarations, &plan.data))?);
        }
        for edge in &plan.edges {
            let (Some(from), Some(to)) =
                (index.get(edge.from.component.as_str()), index.get(edge.to.component.as_str()))
            else {
                continue;
            };
            let output = nodes[*from].outputs.iter().position(|port| port.name == edge.from.port);
            let input = nodes[*to].inputs.iter().position(|port| port.name == edge.to.port);
            if let (Some(output), Some(input)) = (output, input) {
                nodes[*to].feeds[input] = Feed::Node { node: *from, output };
            }
        }
        let order = plan.order.iter().filter_map(|id| index.get(id.as_str()).copied()).collect();
        Ok(Self { nodes, order, imports: imports(plan), modules: modules::of(&plan.worlds) })
    }

    /// The edges as pairs of node indices.
    #[must_use]
    pub fn edges(&self) -> Vec<(usize, usize)> {
        let of = |to: usize, feed: &Feed| match feed {
            Feed::Node { node, .. } => Some((*node, to)),
            Feed::Import(_) => None,
        };
        self.nodes.iter().enumerate().flat_map(|(to, node)| node.feeds.iter().filter_map(move |f| of(to, f))).collect()
    }
}

fn imports(plan: &Plan) -> Vec<Import> {
    let mut imports: Vec<Import> = Vec::new();
    // What a nested workflow takes and its parent does not give is an import of the parent as well.
    let outermost = plan.workflows.iter().filter(|workflow| workflow.parent.is_none());
    for import in outermost.flat_map(|workflow| &workflow.imports) {
        let consumers = import.consumers.iter().map(|end| end.component.clone());
        match imports.iter_mut().find(|known| known.name == import.name) {
            // The same name in two workflows is one value.
            Some(known) => {
                known.consumers.extend(consumers);
                known.default = known.default.take().or_else(|| import.default.clone());
            }
            None => imports.push(Import {
                name: import.name.clone(),
                ty: import.ty.clone(),
                default: import.default.clone(),
                span: import.span,
                consumers: consumers.collect(),
            }),
        }
    }
    imports
}

/// The types of all ports, each distinct text resolved once.
struct PortTypes(HashMap<String, Type>);

impl PortTypes {
    fn resolve(plan: &Plan, declarations: &str) -> Result<Self, GraphError> {
        let mut texts: Vec<&str> = Vec::new();
        for port in plan.components.iter().flat_map(|c| c.in_ports.iter().chain(&c.out_ports)) {
            if !texts.contains(&port.ty.as_str()) {
                texts.push(&port.ty);
            }
        }
        match types::resolve(declarations, &texts) {
            Ok(types) => Ok(Self(texts.iter().map(|text| (*text).to_owned()).zip(types).collect())),
            Err(source) => Err(Self::blame(plan, declarations, source)),
        }
    }

    /// Finds the component whose own types do not resolve, so that the error has a place.
    fn blame(plan: &Plan, declarations: &str, source: TypeError) -> GraphError {
        for component in &plan.components {
            let texts: Vec<&str> =
                component.in_ports.iter().chain(&component.out_ports).map(|p| p.ty.as_str()).collect();
            if let Err(source) = types::resolve(declarations, &texts) {
                return GraphError::Types { id: component.id.clone(), span: component.span, source };
            }
        }
        let (id, span) = plan.components.first().map_or((String::new(), ZERO), |c| (c.id.clone(), c.span));
        GraphError::Types { id, span, source }
    }

    fn get(&self, text: &str) -> Type {
        self.0.get(text).cloned().unwrap_or(Type::Json)
    }
}

const ZERO: Span = Span { start: 0, end: 0, line: 1, column: 1 };

fn node(
    component: &Component,
    label: String,
    worlds: &HashMap<&str, &World>,
    types: &PortTypes,
    (declarations, data): (&str, &[Data]),
) -> Result<Node, GraphError> {
    let (id, span) = (component.id.clone(), component.span);
    let ports = |list: &[crate::kernel::types::Port]| -> Vec<Port> {
        let labels = label::unique(list.iter().map(|port| port.name.as_str()));
        list.iter().zip(labels).map(|(p, label)| Port { name: p.name.clone(), label, ty: types.get(&p.ty) }).collect()
    };
    let (inputs, outputs) = (ports(&component.in_ports), ports(&component.out_ports));
    let origin = match (&component.binary, component.world.as_deref().and_then(|id| worlds.get(id))) {
        (Some(path), _) => Origin::Binary { path: path.clone(), fetched: None },
        (None, Some(world)) => Origin::Block {
            lang: world.lang.clone(),
            source: world.src.clone(),
            body: world.body,
            path: modules::tangled(world),
            variables: variables::free(world, &inputs, data),
        },
        (None, None) => return Err(GraphError::NoCode { id, span }),
    };
    let heading = component.id.rsplit('/').next().unwrap_or(&component.id).to_owned();
    let signature = match &component.sig {
        Some(sig) => types::resolve_signature(declarations, sig).map_err(|source| GraphError::Types {
            id: id.clone(),
            span,
            source,
        })?,
        None => from_ports(&heading, &inputs, &outputs),
    };
    Ok(Node {
        id,
        label,
        title: component.title.clone(),
        heading,
        origin,
        feeds: inputs.iter().map(|port| Feed::Import(port.name.clone())).collect(),
        inputs,
        outputs,
        signature,
        caps: component.caps.clone(),
        cap_spans: component.cap_spans.clone(),
        packages: component.packages.clone(),
        package_spans: component.package_spans.clone(),
        timeout: component.limits.timeout_ms.map_or(TIMEOUT, Duration::from_millis),
        memory: component.limits.memory_bytes.unwrap_or(MEMORY),
        cache: component.cache,
        eval: component.eval,
        span,
    })
}

/// The function type that ports describe: one output is the result, several are the fields of a record.
fn from_ports(heading: &str, inputs: &[Port], outputs: &[Port]) -> Signature {
    let result = match outputs {
        [] => None,
        [only] => Some(only.ty.clone()),
        several => Some(Type::Named(std::sync::Arc::new(Named {
            name: format!("{}-outputs", label::kebab(heading)),
            shape: Shape::Record(several.iter().map(|port| (port.label.clone(), port.ty.clone())).collect()),
        }))),
    };
    let params = inputs.iter().map(|port| (port.label.clone(), port.ty.clone())).collect();
    Signature { name: label::kebab(heading), params, result }
}
