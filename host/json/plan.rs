//! The build plan. The kernel lists all workflows side by side; here each is a plan inside its parent's `workflows`.
//!
//! A component stands in the plan of its own workflow only. An edge stands in the innermost plan that contains both of
//! its ends, and `order` covers a workflow with everything nested in it. Blocks without wiring and data belong to the
//! file, so they stand in the outermost plan.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{nullable, object, some, span, strings};
use crate::kernel::types::{
    Component, Data, Edge, End, ExportValue, ImportValue, Plan, Port, Schedule, Workflow, World,
};

/// How ports, imports and exports are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// With types and whatever else is known.
    Typed,
    /// As bare names: the oldest published shape.
    Only,
}

/// The plan as nested JSON.
#[must_use]
pub fn plan(plan: &Plan, names: Names) -> Value {
    let by_id = plan.components.iter().map(|component| (component.id.as_str(), component)).collect();
    let by_world = plan.components.iter().filter_map(|each| Some((each.world.as_deref()?, each))).collect();
    let rendering = Rendering { plan, names, parents: parents(plan), by_id, by_world };
    Value::Object(rendering.workflow(0))
}

/// Each workflow's parent. A further workflow of the same file counts as nested in the first, so the tree has one root.
fn parents(plan: &Plan) -> Vec<Option<usize>> {
    let parent = |(index, workflow): (usize, &Workflow)| {
        // A parent stands before its children in the document; anything else could be a ring.
        let parent = workflow.parent.map_or(0, |parent| parent as usize);
        (index > 0).then_some(if parent < index { parent } else { 0 })
    };
    plan.workflows.iter().enumerate().map(parent).collect()
}

struct Rendering<'a> {
    plan: &'a Plan,
    names: Names,
    parents: Vec<Option<usize>>,
    by_id: HashMap<&'a str, &'a Component>,
    by_world: HashMap<&'a str, &'a Component>,
}

impl Rendering<'_> {
    /// One workflow with everything nested in it.
    fn workflow(&self, index: usize) -> Map<String, Value> {
        let plan = self.plan;
        let workflow = plan.workflows.get(index);
        let own = |component: &&Component| self.workflow_of(component) == index;
        let worlds = plan.worlds.iter().filter(|world| self.workflow_of_world(world) == index);
        let edges = plan.edges.iter().filter(|edge| self.workflow_of_edge(edge) == index);
        let order = plan.order.iter().filter(|id| self.holds(index, self.workflow_of_id(id)));
        let data = plan.data.iter().filter(|_| index == 0);
        let nested = (0..self.parents.len()).filter(|each| self.parents[*each] == Some(index));

        let mut keys = Map::new();
        // The outermost plan is the file's, which has no name of its own.
        if let Some(workflow) = workflow.filter(|_| index > 0) {
            keys.insert("id".to_owned(), workflow.id.as_str().into());
            keys.insert("title".to_owned(), workflow.title.as_str().into());
        }
        let imports = workflow.map_or(&[][..], |workflow| &workflow.imports);
        let exports = workflow.map_or(&[][..], |workflow| &workflow.exports);
        let lists = [
            ("worlds", worlds.map(|world| self.world(world)).collect::<Value>()),
            ("components", plan.components.iter().filter(own).map(|each| self.component(each)).collect()),
            ("edges", edges.map(edge).collect()),
            ("imports", imports.iter().map(|each| self.import(each)).collect()),
            ("exports", exports.iter().map(|each| self.export(each)).collect()),
            ("data", data.map(datum).collect()),
            ("order", order.map(String::as_str).collect()),
            ("schedule", workflow.and_then(|workflow| workflow.schedule.as_ref()).map_or(Value::Null, schedule)),
            ("workflows", nested.map(|each| Value::Object(self.workflow(each))).collect()),
        ];
        keys.extend(lists.map(|(key, value)| (key.to_owned(), value)));
        keys
    }

    /// Whether `inner` is `outer` or nested in it.
    fn holds(&self, outer: usize, inner: usize) -> bool {
        self.ancestors(inner).any(|each| each == outer)
    }

    /// A workflow and what it is nested in, innermost first.
    fn ancestors(&self, workflow: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(workflow), |each| self.parents.get(*each).copied().flatten())
    }

    fn workflow_of(&self, component: &Component) -> usize {
        let index = component.workflow as usize;
        if index < self.parents.len() { index } else { 0 }
    }

    fn workflow_of_id(&self, id: &str) -> usize {
        self.by_id.get(id).map_or(0, |component| self.workflow_of(component))
    }

    fn workflow_of_world(&self, world: &World) -> usize {
        self.implemented(world).map_or(0, |component| self.workflow_of(component))
    }

    fn workflow_of_edge(&self, edge: &Edge) -> usize {
        let to = self.workflow_of_id(&edge.to.component);
        self.ancestors(self.workflow_of_id(&edge.from.component)).find(|each| self.holds(*each, to)).unwrap_or(0)
    }

    /// The component that a world implements.
    fn implemented(&self, world: &World) -> Option<&Component> {
        self.by_world.get(world.id.as_str()).copied()
    }

    fn world(&self, world: &World) -> Value {
        object([
            ("id", some(world.id.as_str())),
            ("lang", some(world.lang.as_str())),
            ("src", some(world.src.as_str())),
            ("args", some(self.arguments(world))),
            ("span", some(span(&world.span))),
        ])
    }

    /// The wiring as the plan understood it, then the block's other header arguments as written. One that was written
    /// several times is a list.
    fn arguments(&self, world: &World) -> Value {
        let mut arguments = Map::new();
        if let Some(component) = self.implemented(world) {
            let names = |ports: &[Port]| ports.iter().map(|port| port.name.as_str()).collect::<Value>();
            arguments.insert("in".to_owned(), names(&component.in_ports));
            arguments.insert("out".to_owned(), names(&component.out_ports));
            arguments.insert("deps".to_owned(), strings(&component.deps));
            arguments.insert("caps".to_owned(), strings(&component.caps));
            if let Some(sig) = &component.sig {
                arguments.insert("sig".to_owned(), sig.as_str().into());
            }
        }
        let wiring: Vec<String> = arguments.keys().cloned().collect();
        for argument in world.args.iter().filter(|argument| !wiring.contains(&argument.key)) {
            let value = Value::from(argument.value.as_str());
            match arguments.get_mut(&argument.key) {
                None => drop(arguments.insert(argument.key.clone(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(arguments)
    }

    fn component(&self, component: &Component) -> Value {
        let ports = |ports: &[Port]| ports.iter().map(|port| self.port(port)).collect::<Value>();
        let limits = object([
            ("timeout_ms", nullable(component.limits.timeout_ms)),
            ("memory_bytes", nullable(component.limits.memory_bytes)),
        ]);
        object([
            ("id", some(component.id.as_str())),
            ("world", nullable(component.world.as_deref())),
            ("title", some(component.title.as_str())),
            ("in", some(ports(&component.in_ports))),
            ("out", some(ports(&component.out_ports))),
            ("deps", some(strings(&component.deps))),
            ("caps", some(strings(&component.caps))),
            ("limits", some(limits)),
            ("persist", some(component.persist)),
            ("sig", nullable(component.sig.as_deref())),
            ("packages", some(strings(&component.packages))),
            ("binary", nullable(component.binary.as_deref())),
            ("cache", nullable(component.cache)),
            ("eval", some(component.eval)),
            ("span", some(span(&component.span))),
        ])
    }

    fn port(&self, port: &Port) -> Value {
        if self.names == Names::Only {
            return port.name.as_str().into();
        }
        object([
            ("name", some(port.name.as_str())),
            ("type", some(port.ty.as_str())),
            ("default", port.default.as_deref().map(Value::from)),
        ])
    }

    fn import(&self, import: &ImportValue) -> Value {
        if self.names == Names::Only {
            return import.name.as_str().into();
        }
        object([
            ("name", some(import.name.as_str())),
            ("type", some(import.ty.as_str())),
            ("consumers", some(import.consumers.iter().map(end).collect::<Value>())),
            ("default", import.default.as_deref().map(Value::from)),
        ])
    }

    fn export(&self, export: &ExportValue) -> Value {
        if self.names == Names::Only {
            return export.name.as_str().into();
        }
        object([
            ("name", some(export.name.as_str())),
            ("type", some(export.ty.as_str())),
            ("component", some(export.component.as_str())),
        ])
    }
}

fn edge(edge: &Edge) -> Value {
    object([("from", some(end(&edge.from))), ("to", some(end(&edge.to))), ("type", some(edge.ty.as_str()))])
}

fn end(end: &End) -> Value {
    object([("component", some(end.component.as_str())), ("port", some(end.port.as_str()))])
}

fn datum(data: &Data) -> Value {
    // The kernel writes JSON; text that is none is still a value.
    let value = serde_json::from_str(&data.value).unwrap_or_else(|_| Value::from(data.value.as_str()));
    object([("name", some(data.name.as_str())), ("type", some(data.ty.as_str())), ("value", some(value))])
}

fn schedule(schedule: &Schedule) -> Value {
    match schedule {
        Schedule::Cron(cron) => object([("cron", some(cron.as_str()))]),
        Schedule::At(stamp) => object([("at", some(stamp.at.as_str())), ("repeat", nullable(stamp.repeat.as_deref()))]),
    }
}
