//! Where everything lies: the block of memory, the constants in it, and the module's index spaces.

use wasm_encoder::ValType;

use super::super::{Body, CALL, ENGINE_INIT, ENGINE_INVOKE, Input, RESET_NEXT, Reset, Source, Spec, bulk_width};
use super::{FIRST_INPUT, I32};
use crate::abi::{self, Fields};
use crate::descriptor;
use crate::types::Type;

/// A constant in the block: offset and length.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) at: u32,
    pub(super) len: u32,
}

/// Ports in the order in which their values lie in a record, and how many of them, at its end, go in bulk.
///
/// Only an engine takes values in bulk. What goes as JSON comes first, so that it is a record by itself.
pub(super) struct Order {
    /// Indices of ports.
    pub(super) ports: Vec<usize>,
    /// How many of them go as JSON.
    pub(super) plain: usize,
}

impl Order {
    fn of<'a>(spec: &Spec, types: impl Iterator<Item = &'a Type>) -> Self {
        let script = matches!(spec.body, Body::Script { .. });
        let (bulk, mut ports): (Vec<_>, Vec<_>) =
            types.enumerate().partition(|(_, ty)| script && bulk_width(ty).is_some());
        let plain = ports.len();
        ports.extend(bulk);
        Self { ports: ports.into_iter().map(|(index, _)| index).collect(), plain }
    }

    pub(super) fn inputs(spec: &Spec) -> Self {
        Self::of(spec, spec.inputs.iter().map(|input| &input.ty))
    }

    pub(super) fn outputs(spec: &Spec) -> Self {
        Self::of(spec, spec.outputs.iter().map(|output| &output.ty))
    }

    /// The ports that go in bulk.
    pub(super) fn bulk(&self) -> &[usize] {
        self.ports.get(self.plain..).unwrap_or_default()
    }

    /// A record of all ports, its offsets in the order of the ports as the spec has them.
    fn fields<'a>(&self, ty: impl Fn(usize) -> &'a Type) -> Fields {
        let types: Vec<&Type> = self.ports.iter().map(|port| ty(*port)).collect();
        let mut fields = Fields::of(types.into_iter());
        let mut offsets = vec![0; self.ports.len()];
        for (port, offset) in self.ports.iter().zip(&fields.offsets) {
            offsets[*port] = *offset;
        }
        fields.offsets = offsets;
        fields
    }
}

/// Where everything lies in the block.
pub(super) struct Plan {
    /// `port-error`: component and message.
    pub(super) error: u32,
    /// Scratch for one (address, length).
    pub(super) ret: u32,
    /// The most recently received input, or an engine's answer.
    pub(super) received: u32,
    /// A known value, unpacked.
    pub(super) unpacked: u32,
    /// The argument record.
    pub(super) args: Fields,
    pub(super) args_at: u32,
    /// An (address, length) in bytes for each input that goes in bulk.
    pub(super) bulk_at: u32,
    /// The node's result.
    pub(super) result_at: u32,
    /// A script's outputs, as a record.
    pub(super) outs: Fields,
    pub(super) outs_at: u32,
    /// Per output: `result<T, port-error>`, then the (address, length) its packed and JSON forms are returned by.
    pub(super) slots: Vec<u32>,
    /// `result<_, port-error>` of `step`.
    pub(super) step: u32,
    pub(super) data: Vec<u8>,
    pub(super) data_at: u32,
    pub(super) size: u32,
}

/// Where the payload of `result<ty, port-error>` begins.
pub(super) fn payload(ty: &Type) -> u32 {
    1u32.next_multiple_of(abi::align(ty).max(4))
}

pub(super) fn slot_size(ty: &Type) -> u32 {
    (payload(ty) + abi::size(ty).max(16)).next_multiple_of(8)
}

/// The type in which an input is received.
pub(in crate::adapter) fn received_type(source: &Source) -> Type {
    match source {
        Source::Typed(ty) => ty.clone(),
        Source::Packed(_) => Type::List(Box::new(Type::U8)),
    }
}

impl Plan {
    pub(super) fn new(spec: &Spec, data: Vec<u8>) -> Self {
        let mut end = 0u32;
        let mut take = |bytes: u32| {
            let start = end.next_multiple_of(8);
            end = start + bytes;
            start
        };
        let result_size = match &spec.body {
            Body::Function { result: Some(result), .. } => abi::size(result),
            _ => 0,
        };
        let received = spec.inputs.iter().map(|input| slot_size(&received_type(&input.source))).max().unwrap_or(0);
        let unpacked = spec.inputs.iter().map(|input| abi::size(input.source.ty())).max().unwrap_or(0);
        let (ins, outs) = (Order::inputs(spec), Order::outputs(spec));
        let args = ins.fields(|port| &spec.inputs[port].ty);
        let outs = outs.fields(|port| &spec.outputs[port].ty);
        let error = take(16);
        let ret = take(8);
        let received = take(received.max(24));
        let unpacked = take(unpacked);
        let args_at = take(args.size);
        let bulk_at = take(ins.bulk().len() as u32 * 8);
        let result_at = take(result_size);
        let outs_at = take(outs.size);
        let slots = spec.outputs.iter().map(|output| take(slot_size(&output.ty) + 8)).collect();
        let step = take(24);
        let data_at = take(data.len() as u32);
        Self {
            error,
            ret,
            received,
            unpacked,
            args,
            args_at,
            bulk_at,
            result_at,
            outs,
            outs_at,
            slots,
            step,
            data,
            data_at,
            size: end,
        }
    }
}

/// Collects constants. Offsets are relative to the data until [`Plan`] has placed it, so callers add `data_at`.
#[derive(Default)]
pub(super) struct Constants(pub(super) Vec<u8>);

impl Constants {
    pub(super) fn add(&mut self, bytes: &[u8]) -> Text {
        let at = self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        Text { at, len: bytes.len() as u32 }
    }
}

/// All constants of an adapter.
pub(super) struct Texts {
    pub(super) data: Constants,
    pub(super) id: Text,
    pub(super) failed: Text,
    /// Per input: descriptor of what is received, of what the node takes, and the words before a conversion error.
    pub(super) inputs: Vec<(Text, Text, Text)>,
    pub(super) outputs: Vec<Text>,
    pub(super) error_type: Text,
    /// The inputs as a record, without those that go in bulk.
    pub(super) args: Text,
    /// The outputs as a record, and again without those that go in bulk.
    pub(super) outs: Text,
    pub(super) outs_plain: Text,
    /// What is said when an engine's bulk is not what its ports need.
    pub(super) unfit: Text,
    pub(super) outs_words: Text,
    pub(super) prelude: Text,
    pub(super) script: Text,
}

impl Texts {
    pub(super) fn of(spec: &Spec) -> Self {
        let mut data = Constants::default();
        let input = |data: &mut Constants, input: &Input| {
            let words = format!("input `{}`: ", input.name);
            (
                data.add(&descriptor::of(input.source.ty())),
                data.add(&descriptor::of(&input.ty)),
                data.add(words.as_bytes()),
            )
        };
        let error_type = match &spec.body {
            Body::Function { result: Some(Type::Result(_, Some(err))), fallible: true, .. } => descriptor::of(err),
            _ => Vec::new(),
        };
        let (prelude, script) = match &spec.body {
            Body::Script { prelude, script } => (prelude.as_str(), script.as_str()),
            Body::Constant { json } => ("", json.as_str()),
            _ => ("", ""),
        };
        let record = |list: Vec<(&str, &Type)>| descriptor::of_record(list.into_iter());
        let (order, ins) = (Order::outputs(spec), Order::inputs(spec));
        let plain = ins.ports.iter().take(ins.plain).filter_map(|port| spec.inputs.get(*port));
        let args = record(plain.map(|i| (i.name.as_str(), &i.ty)).collect());
        let fields: Vec<(&str, &Type)> =
            order.ports.iter().filter_map(|port| spec.outputs.get(*port)).map(|o| (o.name.as_str(), &o.ty)).collect();
        let outs_plain = record(fields.iter().take(order.plain).copied().collect());
        let outs = record(fields);
        Self {
            id: data.add(spec.id.as_bytes()),
            failed: data.add(b"the function returned an error without a value"),
            inputs: spec.inputs.iter().map(|i| input(&mut data, i)).collect(),
            outputs: spec.outputs.iter().map(|o| data.add(&descriptor::of(&o.ty))).collect(),
            error_type: data.add(&error_type),
            args: data.add(&args),
            outs: data.add(&outs),
            outs_plain: data.add(&outs_plain),
            unfit: data.add(b"the engine answered with bytes that are not the outputs' elements; this is a bug in wb"),
            outs_words: data.add(b"output "),
            prelude: data.add(prelude.as_bytes()),
            script: data.add(script.as_bytes()),
            data,
        }
    }
}

/// Function types and indices of the module.
pub(super) struct Layout {
    pub(super) types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// (module, name, type) of each imported function.
    pub(super) imports: Vec<(&'static str, String, u32)>,
    /// Index of the body's first imported function: the node, or the engine's `init` followed by `invoke`.
    pub(super) body: u32,
    /// Index of the function that passes a reset on, where there is one.
    pub(super) reset: u32,
}

impl Layout {
    pub(super) fn of(spec: &Spec, reset: Reset) -> Self {
        let body = FIRST_INPUT + spec.inputs.len() as u32;
        let mut layout = Self { types: Vec::new(), imports: Vec::new(), body, reset: 0 };
        layout.import("codec", "cabi_realloc", &[I32; 4], &[I32]);
        layout.import("codec", "wb_to_json", &[I32; 4], &[]);
        layout.import("codec", "wb_from_json", &[I32; 6], &[I32]);
        layout.import("codec", "wb_pack", &[I32; 4], &[]);
        layout.import("codec", "wb_unpack", &[I32; 6], &[I32]);
        layout.import("codec", "wb_prefix", &[I32; 3], &[]);
        layout.import("codec", "wb_free", &[I32; 2], &[]);
        for index in 0..spec.inputs.len() {
            layout.import("in", &index.to_string(), &[I32], &[]);
        }
        match &spec.body {
            Body::Function { result, .. } => {
                let (params, results) = call_type(spec, result.as_ref());
                layout.import("body", CALL, &params, &results);
            }
            Body::Script { .. } => {
                layout.import("body", ENGINE_INIT, &[I32; 9], &[]);
                layout.import("body", ENGINE_INVOKE, &[I32; 5], &[]);
            }
            Body::Identity | Body::Constant { .. } | Body::Collect | Body::Select => {}
        }
        if reset == Reset::Chained {
            layout.reset = layout.imports.len() as u32;
            layout.import("body", RESET_NEXT, &[], &[]);
        }
        layout
    }

    pub(super) fn import(&mut self, module: &'static str, name: &str, params: &[ValType], results: &[ValType]) {
        let ty = self.ty(params, results);
        self.imports.push((module, name.to_owned(), ty));
    }

    pub(super) fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.push((params.to_vec(), results.to_vec()));
        self.types.len() as u32 - 1
    }
}

pub(super) fn passed_through_memory(spec: &Spec) -> bool {
    spec.inputs.iter().map(|input| abi::flat(&input.ty).len()).sum::<usize>() > abi::MAX_FLAT_PARAMS
}

pub(super) fn returned_through_memory(result: Option<&Type>) -> bool {
    result.is_some_and(|ty| abi::flat(ty).len() > abi::MAX_FLAT_RESULTS)
}

/// The lowered core type of the node's function.
pub(super) fn call_type(spec: &Spec, result: Option<&Type>) -> (Vec<ValType>, Vec<ValType>) {
    let mut params: Vec<ValType> = if passed_through_memory(spec) {
        vec![I32]
    } else {
        spec.inputs.iter().flat_map(|input| abi::flat(&input.ty)).collect()
    };
    if returned_through_memory(result) {
        params.push(I32);
        return (params, Vec::new());
    }
    (params, result.map(abi::flat).unwrap_or_default())
}
