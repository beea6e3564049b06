//! A node as a member of a composition: its adapter's spec and where its inputs come from.

use wb_composer::adapter::{self, Body, Input, Output, Source, Spec};
use wb_composer::types::{Shape, Signature, Type};

use super::graph::{Feed, Node};
use super::prepare::Ready;
use super::value::Value;
use crate::lanes::Made;
use crate::lanes::interpreter::Given;

/// Where one parameter's value comes from when a piece is composed.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// From a node of the same piece: its index in the graph and its output, with the output's type.
    Linked {
        /// The producing node.
        node: usize,
        /// Its output.
        output: usize,
        /// The output's type.
        ty: Type,
    },
    /// Known: handed in by the host. The type is that of the value's producer, or `json`.
    Known {
        /// The value.
        value: Value,
        /// Its type.
        ty: Type,
    },
}

/// The parameters of a node: for each, the index of the input port bound to it.
///
/// By name where the function's names are the ports' names, else by position.
#[must_use]
pub fn parameters(node: &Node, made: &Made) -> Vec<usize> {
    let positions = (0..node.inputs.len()).collect();
    let Made::Function { signature, .. } = made else { return positions };
    let find = |name: &String| node.inputs.iter().position(|port| port.label == *name);
    signature.params.iter().map(|(name, _)| find(name)).collect::<Option<Vec<usize>>>().unwrap_or(positions)
}

/// The type an input port really has: the function's where there is one.
#[must_use]
pub fn input_type(node: &Node, made: &Made, input: usize) -> Type {
    let parameter = parameters(node, made).iter().position(|port| *port == input);
    match (made, parameter) {
        (Made::Function { signature, .. }, Some(parameter)) => signature.params[parameter].1.clone(),
        (Made::Program { .. }, _) => text_type(&node.inputs[input].ty),
        _ => node.inputs[input].ty.clone(),
    }
}

/// The type an output port really has.
#[must_use]
pub fn output_type(node: &Node, made: &Made, output: usize) -> Type {
    let signature = match made {
        Made::Function { signature, .. } => signature,
        Made::Program { .. } => return text_type(&node.outputs[output].ty),
        Made::Script { .. } | Made::Handler { .. } => return node.outputs[output].ty.clone(),
    };
    let (value, _) = value_type(signature);
    let fields = fields(node, signature);
    let of = |ty: &Type, index: usize| match ty {
        Type::Tuple(items) => items.get(index).cloned(),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => fields.get(index).map(|(_, ty)| ty.clone()),
            _ => None,
        },
        _ => None,
    };
    let found = match (value, fields.get(output)) {
        (Some(value), Some(field)) => of(value, *field),
        (Some(value), None) => Some(value.clone()),
        (None, _) => None,
    };
    found.unwrap_or_else(|| node.outputs[output].ty.clone())
}

/// What a program's port really carries: text, which is a JSON document unless the port is a `string`. Whoever takes
/// it as something else has it converted.
#[must_use]
pub fn text_type(ty: &Type) -> Type {
    if *ty == Type::String { Type::String } else { Type::Json }
}

/// What a function yields, and whether it can fail.
fn value_type(signature: &Signature) -> (Option<&Type>, bool) {
    match &signature.result {
        Some(Type::Result(ok, _)) => (ok.as_deref(), true),
        other => (other.as_ref(), false),
    }
}

/// For several outputs, the field of the result each is: by name, else by position.
fn fields(node: &Node, signature: &Signature) -> Vec<usize> {
    if node.outputs.len() < 2 {
        return Vec::new();
    }
    let positions = (0..node.outputs.len()).collect();
    let Some(Type::Named(named)) = value_type(signature).0 else { return positions };
    let Shape::Record(fields) = &named.shape else { return positions };
    let find = |label: &str| fields.iter().position(|(name, _)| name == label);
    node.outputs.iter().map(|port| find(&port.label)).collect::<Option<Vec<usize>>>().unwrap_or(positions)
}

/// The spec of a node's adapter. `arrivals` are in the order of [`parameters`].
#[must_use]
pub fn spec(node: &Node, ready: &Ready, arrivals: &[Arrival], given: Given) -> Spec {
    let made = &*ready.made;
    let parameters = parameters(node, made);
    let label = |parameter: usize, port: usize| match made {
        Made::Function { signature, .. } => signature.params[parameter].0.clone(),
        Made::Program { .. } => "stdin".to_owned(),
        Made::Script { .. } | Made::Handler { .. } => node.inputs[port].label.clone(),
    };
    let inputs = parameters.iter().zip(arrivals).enumerate().map(|(parameter, (port, arrival))| Input {
        name: node.inputs[*port].name.clone(),
        label: label(parameter, *port),
        ty: input_type(node, made, *port),
        source: match arrival {
            Arrival::Linked { ty, .. } => Source::Typed(ty.clone()),
            Arrival::Known { value: Value::Json(_), .. } => Source::Typed(Type::Json),
            Arrival::Known { ty, .. } => Source::Packed(ty.clone()),
        },
    });
    let outputs = node.outputs.iter().enumerate().map(|(index, port)| Output {
        name: port.name.clone(),
        label: port.label.clone(),
        ty: output_type(node, made, index),
    });
    let body = match made {
        Made::Script { interpreter, script, library } => {
            Body::Script { prelude: interpreter.prelude(given, library), script: script.clone() }
        }
        Made::Function { signature, .. } => Body::Function {
            result: signature.result.clone(),
            fallible: value_type(signature).1,
            fields: fields(node, signature),
        },
        // A handler is never driven: it has no ports.
        Made::Program { .. } | Made::Handler { .. } => Body::Function {
            result: Some(Type::Result(Some(Box::new(Type::String)), Some(Box::new(Type::String)))),
            fallible: true,
            fields: Vec::new(),
        },
    };
    Spec { id: node.id.clone(), inputs: inputs.collect(), outputs: outputs.collect(), body }
}

/// An adapter that only passes one known value through, for reading it as JSON.
#[must_use]
pub fn reader(ty: &Type) -> Spec {
    Spec {
        id: "value".to_owned(),
        inputs: vec![Input {
            name: "value".to_owned(),
            label: "value".to_owned(),
            ty: ty.clone(),
            source: Source::Packed(ty.clone()),
        }],
        outputs: vec![Output { name: "value".to_owned(), label: "value".to_owned(), ty: ty.clone() }],
        body: adapter::Body::Identity,
    }
}

/// Edges whose two ends have different types, neither of them `json`: (consumer, input, producer, output).
#[must_use]
pub fn mismatches(nodes: &[Node], ready: &[Option<&Ready>]) -> Vec<(usize, usize, usize, usize)> {
    let mut found = Vec::new();
    for (to, node) in nodes.iter().enumerate() {
        for (input, feed) in node.feeds.iter().enumerate() {
            let Feed::Node { node: from, output } = feed else { continue };
            let (Some(consumer), Some(producer)) = (ready[to], ready[*from]) else { continue };
            let given = output_type(&nodes[*from], &producer.made, *output);
            let taken = input_type(node, &consumer.made, input);
            if given != Type::Json && taken != Type::Json && !given.same(&taken) {
                found.push((to, input, *from, *output));
            }
        }
    }
    found
}
