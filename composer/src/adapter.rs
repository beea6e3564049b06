//! Port adapters: the small generated component around every node that makes its ports into functions.
//!
//! An adapter imports one nullary function per input port and exports one per output port, all
//! `func() -> result<T, port-error>`. On the first pull of anything it pulls its inputs, calls the node once, keeps the
//! lowered result in its own memory and answers every further pull from there; so a diamond computes its source once.
//! It also exports, for the host that drives a run, `step` (do the work, say only whether it went well) and per output
//! `packed-…` and `json-…`, the two forms in which a value may leave the composition.
//!
//! - `shim`: the generated core module. - `flat`: moving values between memory and core values.
//! - `encode`: the component around it. - `typing`: value types at the component level.

mod encode;
mod flat;
mod shim;
mod typing;

use std::sync::Arc;

use crate::abi;
use crate::types::{Named, Type};

/// Name under which every adapter imports the codec core module.
pub const CODEC_MODULE: &str = "wb-codec";
/// Import of the node's function.
pub const CALL: &str = "call";
/// Import of a script engine's loader.
pub const ENGINE_INIT: &str = "engine-init";
/// Import of a script engine's call.
pub const ENGINE_INVOKE: &str = "engine-invoke";
/// Export that makes the node do its work.
pub const STEP: &str = "step";
/// Export of a [`Body::Select`]: one value by its index.
pub const SELECT: &str = "output";
/// Export that makes the node forget its result ([`build_resettable`]).
pub const RESET: &str = "reset";
/// Import through which a reset is passed on.
pub const RESET_NEXT: &str = "reset-next";

/// Everything an adapter is generated from.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The component's id, as it appears in a port error.
    pub id: String,
    /// The input ports, in the order of the function's parameters.
    pub inputs: Vec<Input>,
    /// The output ports.
    pub outputs: Vec<Output>,
    /// What computes the outputs from the inputs.
    pub body: Body,
}

/// One input port.
#[derive(Debug, Clone)]
pub struct Input {
    /// The port as written in the workbook; also the key under which a script sees it.
    pub name: String,
    /// Its kebab-case name; the name of the function's parameter where there is one.
    pub label: String,
    /// The type the node takes.
    pub ty: Type,
    /// The form in which the value arrives.
    pub source: Source,
}

/// The form in which a value arrives at an input port.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// As a value of that type: a link to another node, or a library's typed import. Where this differs from the
    /// port's own type one of the two is `json`, and the adapter converts.
    Typed(Type),
    /// As packed bytes of a value of that type: a known value, handed in by the host.
    Packed(Type),
}

impl Source {
    /// The type of the value, whatever its form.
    pub fn ty(&self) -> &Type {
        match self {
            Self::Typed(ty) | Self::Packed(ty) => ty,
        }
    }
}

/// One output port.
#[derive(Debug, Clone)]
pub struct Output {
    /// The port as written in the workbook.
    pub name: String,
    /// Its kebab-case name.
    pub label: String,
    /// Its type.
    pub ty: Type,
}

impl Input {
    /// The import through which the adapter pulls this port.
    pub fn import_name(&self) -> String {
        format!("in-{}", self.label)
    }
}

impl Output {
    /// The export that answers pulls of this port.
    pub fn export_name(&self) -> String {
        format!("out-{}", self.label)
    }

    /// The export that gives the value packed.
    pub fn packed_name(&self) -> String {
        format!("packed-{}", self.label)
    }

    /// The export that gives the value as JSON text.
    pub fn json_name(&self) -> String {
        format!("json-{}", self.label)
    }
}

/// What computes the outputs.
#[derive(Debug, Clone)]
pub enum Body {
    /// An imported function. Its parameters are the inputs in order.
    Function {
        /// The result as the function declares it.
        result: Option<Type>,
        /// Whether a declared `result<T, E>` is the node's way to fail (its `E` becomes a port error) rather than a
        /// value of the port.
        fallible: bool,
        /// For several outputs: which field of the (record or tuple) result each is. Empty where the result itself is
        /// the only output.
        fields: Vec<usize>,
    },
    /// Source text for a shared engine. Lists of numbers go as bytes ([`bulk_width`]), everything else as JSON.
    Script {
        /// Evaluated first: what the language's blocks find around them.
        prelude: String,
        /// The block.
        script: String,
    },
    /// No computation: output `i` is input `i`. A known value entering the graph.
    Identity,
    /// The outputs are written in the file: a JSON object of them by port name.
    Constant {
        /// The object's text.
        json: String,
    },
    /// The one output is a JSON object of the inputs by port name.
    Collect,
    /// No outputs: `output: func(index: u32) -> result<string, port-error>` pulls one input, and nothing else, as JSON.
    /// Its inputs are `json`.
    Select,
}

/// A mistake in the spec; the caller checks its inputs, so each of these is a bug there.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// Outputs cannot come from a function like that.
    #[error("the function of `{id}` returns {result}, which cannot fill {outputs} output ports")]
    Outputs {
        /// The component.
        id: String,
        /// Its result type.
        result: String,
        /// How many ports there are.
        outputs: usize,
    },
    /// Only JSON is converted.
    #[error("`{id}` takes `{port}` as `{to}` and cannot be given `{from}`")]
    Input {
        /// The component.
        id: String,
        /// Its input port.
        port: String,
        /// The type that arrives.
        from: String,
        /// The type the node takes.
        to: String,
    },
    /// An identity adapter needs as many outputs as inputs.
    #[error("`{id}` passes values through but has different numbers of inputs and outputs")]
    Identity {
        /// The component.
        id: String,
    },
}

/// Bytes of one element where values of that type go to and from a shared engine as the bytes of their elements
/// (`wit/engine/engine.wit`): lists of numbers.
pub fn bulk_width(ty: &Type) -> Option<u32> {
    let Type::List(element) = ty else { return None };
    let number = matches!(
        **element,
        Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64
            | Type::F32
            | Type::F64
    );
    number.then(|| abi::size(element))
}

/// What a member declares in [`BOOK_TYPES`], by name.
pub(crate) fn declarations(spec: &Spec) -> Vec<(String, Arc<Named>)> {
    encode::declarations(spec)
}

/// Generates the adapter component.
///
/// `codec` is the codec's core module: its type is spelled out in the import [`CODEC_MODULE`], its code is not copied.
pub fn build(spec: &Spec, codec: &[u8]) -> Result<Vec<u8>, AdapterError> {
    let shim = shim::generate(spec, Reset::Never)?;
    Ok(encode::component(spec, &shim, codec))
}

/// The same with `reset: func()`, for a composition that lives longer than one run. It passes the reset on to the import
/// `reset-next` if there is to be one: nodes form a chain, because one component linked to all of them would be a hub.
pub fn build_resettable(spec: &Spec, codec: &[u8], chained: bool) -> Result<Vec<u8>, AdapterError> {
    let shim = shim::generate(spec, if chained { Reset::Chained } else { Reset::Last })?;
    Ok(encode::component(spec, &shim, codec))
}

/// Whether an adapter can be reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reset {
    /// It runs once.
    Never,
    /// It can, and passes it on.
    Chained,
    /// It can, and is the last of the chain.
    Last,
}
