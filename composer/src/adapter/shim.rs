//! The core module of an adapter.
//!
//! One block of memory, allocated on the first pull, holds everything: constants (descriptors, messages, source text),
//! the received inputs, the argument record, the node's result and one `result<T, port-error>` per output. [`Plan`]
//! says where; the code below is straight-line over those places.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, DataSegment, DataSegmentMode, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I,
    MemArg, MemoryType, Module, TypeSection, ValType,
};

use super::flat::{Code, Place};
use super::{AdapterError, Body, Source, Spec};
use crate::abi::{self, Fields};
use crate::descriptor;
use crate::types::{Shape, Type};

const I32: ValType = ValType::I32;

/// Global: 0 not run, 1 done, 2 failed.
const STATE: u32 = 0;
/// Global: address of the block.
const BASE: u32 = 1;
/// Local that holds [`BASE`] in every function.
const B: u32 = 0;

// Imported functions, in this order.
const REALLOC: u32 = 0;
const TO_JSON: u32 = 1;
const FROM_JSON: u32 = 2;
const PACK: u32 = 3;
const UNPACK: u32 = 4;
const PREFIX: u32 = 5;
const FREE: u32 = 6;
const FIRST_INPUT: u32 = 7;

/// A generated shim and the facts the component encoder needs about it.
pub(super) struct Shim {
    pub(super) module: Vec<u8>,
}

/// A constant in the block: offset and length.
#[derive(Clone, Copy)]
struct Text {
    at: u32,
    len: u32,
}

/// Where everything lies in the block.
struct Plan {
    /// `port-error`: component and message.
    error: u32,
    /// Scratch for one (address, length).
    ret: u32,
    /// The most recently received input, or an engine's answer.
    received: u32,
    /// A known value, unpacked.
    unpacked: u32,
    /// The argument record.
    args: Fields,
    args_at: u32,
    /// The node's result.
    result_at: u32,
    /// A script's outputs, as a record.
    outs: Fields,
    outs_at: u32,
    /// Per output: `result<T, port-error>`, then the (address, length) its packed and JSON forms are returned by.
    slots: Vec<u32>,
    /// `result<_, port-error>` of `step`.
    step: u32,
    data: Vec<u8>,
    data_at: u32,
    size: u32,
}

/// Where the payload of `result<ty, port-error>` begins.
fn payload(ty: &Type) -> u32 {
    1u32.next_multiple_of(abi::align(ty).max(4))
}

fn slot_size(ty: &Type) -> u32 {
    (payload(ty) + abi::size(ty).max(16)).next_multiple_of(8)
}

/// The type in which an input is received.
pub(super) fn received_type(source: &Source) -> Type {
    match source {
        Source::Typed(ty) => ty.clone(),
        Source::Packed(_) => Type::List(Box::new(Type::U8)),
    }
}

impl Plan {
    fn new(spec: &Spec, data: Vec<u8>) -> Self {
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
        let args = Fields::of(spec.inputs.iter().map(|input| &input.ty));
        let outs = Fields::of(spec.outputs.iter().map(|output| &output.ty));
        let error = take(16);
        let ret = take(8);
        let received = take(received.max(24));
        let unpacked = take(unpacked);
        let args_at = take(args.size);
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
struct Constants(Vec<u8>);

impl Constants {
    fn add(&mut self, bytes: &[u8]) -> Text {
        let at = self.0.len() as u32;
        self.0.extend_from_slice(bytes);
        Text { at, len: bytes.len() as u32 }
    }
}

/// Generates the module.
pub(super) fn generate(spec: &Spec) -> Result<Shim, AdapterError> {
    check(spec)?;
    let texts = Texts::of(spec);
    let plan = Plan::new(spec, texts.data.0.clone());
    let layout = Layout::of(spec);
    let mut run = Run { spec, plan: &plan, texts: &texts, layout: &layout, code: Code::default() };
    run.code.types_from = layout.types.len() as u32;
    run.everything();
    let Code { body, block_types, .. } = run.code;
    Ok(Shim { module: assemble(spec, &plan, &texts, &layout, body, &block_types) })
}

fn check(spec: &Spec) -> Result<(), AdapterError> {
    let (id, outputs) = (spec.id.clone(), spec.outputs.len());
    match &spec.body {
        Body::Identity if spec.inputs.len() != outputs => Err(AdapterError::Identity { id }),
        Body::Collect if outputs != 1 || spec.outputs[0].ty != Type::Json => {
            Err(AdapterError::Outputs { id, result: "`json`".to_owned(), outputs })
        }
        Body::Function { result, fallible, fields } => {
            let value = value_type(result.as_ref(), *fallible);
            let members = match value {
                Some(Type::Tuple(items)) => items.len(),
                Some(Type::Named(named)) => match &named.shape {
                    Shape::Record(fields) => fields.len(),
                    _ => 0,
                },
                _ => 0,
            };
            let fits = if fields.is_empty() {
                outputs == 0 || (outputs == 1 && value.is_some())
            } else {
                fields.len() == outputs && fields.iter().all(|field| *field < members)
            };
            let result = value.map_or_else(|| "nothing".to_owned(), |ty| format!("`{ty}`"));
            if fits { Ok(()) } else { Err(AdapterError::Outputs { id, result, outputs }) }
        }
        _ => Ok(()),
    }
}

/// The type of what a function yields when it does not fail.
fn value_type(result: Option<&Type>, fallible: bool) -> Option<&Type> {
    match result {
        Some(Type::Result(ok, _)) if fallible => ok.as_deref(),
        other => other,
    }
}

/// All constants of an adapter.
struct Texts {
    data: Constants,
    id: Text,
    failed: Text,
    /// Per input: descriptor of what is received, of what the node takes, and the words before a conversion error.
    inputs: Vec<(Text, Text, Text)>,
    outputs: Vec<Text>,
    error_type: Text,
    args: Text,
    outs: Text,
    outs_words: Text,
    prelude: Text,
    script: Text,
}

impl Texts {
    fn of(spec: &Spec) -> Self {
        let mut data = Constants::default();
        let input = |data: &mut Constants, input: &super::Input| {
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
        let args = record(spec.inputs.iter().map(|i| (i.name.as_str(), &i.ty)).collect());
        let outs = record(spec.outputs.iter().map(|o| (o.name.as_str(), &o.ty)).collect());
        Self {
            id: data.add(spec.id.as_bytes()),
            failed: data.add(b"the function returned an error without a value"),
            inputs: spec.inputs.iter().map(|i| input(&mut data, i)).collect(),
            outputs: spec.outputs.iter().map(|o| data.add(&descriptor::of(&o.ty))).collect(),
            error_type: data.add(&error_type),
            args: data.add(&args),
            outs: data.add(&outs),
            outs_words: data.add(b"output "),
            prelude: data.add(prelude.as_bytes()),
            script: data.add(script.as_bytes()),
            data,
        }
    }
}

/// Function types and indices of the module.
struct Layout {
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    /// (module, name, type) of each imported function.
    imports: Vec<(&'static str, String, u32)>,
    /// Index of the body's first imported function: the node, or the engine's `init` followed by `invoke`.
    body: u32,
}

impl Layout {
    fn of(spec: &Spec) -> Self {
        let mut layout = Self { types: Vec::new(), imports: Vec::new(), body: FIRST_INPUT + spec.inputs.len() as u32 };
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
                layout.import("body", super::CALL, &params, &results);
            }
            Body::Script { .. } => {
                layout.import("body", super::ENGINE_INIT, &[I32; 9], &[]);
                layout.import("body", super::ENGINE_INVOKE, &[I32; 3], &[]);
            }
            Body::Identity | Body::Constant { .. } | Body::Collect => {}
        }
        layout
    }

    fn import(&mut self, module: &'static str, name: &str, params: &[ValType], results: &[ValType]) {
        let ty = self.ty(params, results);
        self.imports.push((module, name.to_owned(), ty));
    }

    fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.push((params.to_vec(), results.to_vec()));
        self.types.len() as u32 - 1
    }
}

fn passed_through_memory(spec: &Spec) -> bool {
    spec.inputs.iter().map(|input| abi::flat(&input.ty).len()).sum::<usize>() > abi::MAX_FLAT_PARAMS
}

fn returned_through_memory(result: Option<&Type>) -> bool {
    result.is_some_and(|ty| abi::flat(ty).len() > abi::MAX_FLAT_RESULTS)
}

/// The lowered core type of the node's function.
fn call_type(spec: &Spec, result: Option<&Type>) -> (Vec<ValType>, Vec<ValType>) {
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

/// Generates the body of `run`.
struct Run<'a> {
    spec: &'a Spec,
    plan: &'a Plan,
    texts: &'a Texts,
    layout: &'a Layout,
    code: Code,
}

impl Run<'_> {
    fn everything(&mut self) {
        self.code.push([I::GlobalGet(STATE), I::If(BlockType::Empty), I::Return, I::End]);
        let size = self.plan.size as i32;
        self.code.push([I::I32Const(0), I::I32Const(0), I::I32Const(16), I::I32Const(size), I::Call(REALLOC)]);
        self.code.push([I::LocalTee(B), I::GlobalSet(BASE)]);
        self.address(self.plan.data_at);
        self.code.push([
            I::I32Const(0),
            I::I32Const(self.plan.data.len() as i32),
            I::MemoryInit { mem: 0, data_index: 0 },
        ]);
        (0..self.spec.inputs.len()).for_each(|index| self.receive(index));
        match &self.spec.body {
            Body::Function { result, fallible, fields } => self.call(result.as_ref(), *fallible, fields),
            Body::Script { .. } => self.script(),
            Body::Constant { .. } => self.constant(),
            Body::Collect => self.collect(),
            Body::Identity => {
                for index in 0..self.spec.outputs.len() {
                    self.output(index, self.plan.args_at + self.plan.args.offsets[index]);
                }
            }
        }
        self.code.push([I::I32Const(1), I::GlobalSet(STATE)]);
    }

    fn place(offset: u32) -> Place {
        Place { local: B, offset }
    }

    fn address(&mut self, offset: u32) {
        self.code.address(Self::place(offset));
    }

    /// Pushes address and length of a constant.
    fn text(&mut self, text: Text) {
        self.address(self.plan.data_at + text.at);
        self.code.push([I::I32Const(text.len as i32)]);
    }

    /// Pushes the (address, length) stored at `offset`.
    fn pair(&mut self, offset: u32) {
        self.code.load_uint(Self::place(offset), 4);
        self.code.load_uint(Self::place(offset + 4), 4);
    }

    fn copy(&mut self, to: u32, from: u32, bytes: u32) {
        self.address(to);
        self.address(from);
        self.code.push([I::I32Const(bytes as i32), I::MemoryCopy { src_mem: 0, dst_mem: 0 }]);
    }

    fn store(&mut self, offset: u32, value: impl FnOnce(&mut Self)) {
        self.code.push([I::LocalGet(B)]);
        value(self);
        self.code.push([I::I32Store(MemArg { offset: u64::from(offset), align: 2, memory_index: 0 })]);
    }

    fn stop(&mut self) {
        self.code.push([I::I32Const(2), I::GlobalSet(STATE), I::Return]);
    }

    /// Fails with the message whose (address, length) lies at `from`.
    fn fail_with(&mut self, from: u32) {
        let id = self.texts.id;
        self.store(self.plan.error, |run| run.address(run.plan.data_at + id.at));
        self.store(self.plan.error + 4, |run| run.code.push([I::I32Const(id.len as i32)]));
        self.copy(self.plan.error + 8, from, 8);
        self.stop();
    }

    /// With a status on the stack: fails with `words` and the message at `ret` when it is not 0.
    fn fail_unless_converted(&mut self, words: Text) {
        self.code.push([I::If(BlockType::Empty)]);
        self.text(words);
        self.address(self.plan.ret);
        self.code.push([I::Call(PREFIX)]);
        self.fail_with(self.plan.ret);
        self.code.push([I::End]);
    }

    /// Pulls one input and puts it into the argument record in the form the node takes.
    fn receive(&mut self, index: usize) {
        let input = &self.spec.inputs[index];
        let arriving = received_type(&input.source);
        let at = self.plan.received;
        self.address(at);
        self.code.push([I::Call(FIRST_INPUT + index as u32)]);
        let value = at + payload(&arriving);
        self.code.load_uint(Self::place(at), 1);
        self.code.push([I::If(BlockType::Empty)]);
        self.copy(self.plan.error, value, 16);
        self.stop();
        self.code.push([I::End]);

        let to = self.plan.args_at + self.plan.args.offsets[index];
        let (source, own, words) = self.texts.inputs[index];
        let value = match &input.source {
            Source::Typed(_) => value,
            Source::Packed(_) => {
                self.text(source);
                self.pair(value);
                self.address(self.plan.unpacked);
                self.address(self.plan.ret);
                self.code.push([I::Call(UNPACK)]);
                self.fail_unless_converted(words);
                self.plan.unpacked
            }
        };
        match (input.source.ty(), &input.ty) {
            (Type::Json, to_ty) if *to_ty != Type::Json => {
                self.text(own);
                self.pair(value);
                self.address(to);
                self.address(self.plan.ret);
                self.code.push([I::Call(FROM_JSON)]);
                self.fail_unless_converted(words);
            }
            (from_ty, Type::Json) if *from_ty != Type::Json => {
                self.text(source);
                self.address(value);
                self.address(to);
                self.code.push([I::Call(TO_JSON)]);
            }
            (from_ty, _) => self.copy(to, value, abi::size(from_ty)),
        }
    }

    /// Calls the node's function and fills the outputs from its result.
    fn call(&mut self, result: Option<&Type>, fallible: bool, fields: &[usize]) {
        let through_memory = returned_through_memory(result);
        if !through_memory && result.is_some() {
            // The address a single flat result is stored to lies below it on the stack.
            self.code.push([I::LocalGet(B)]);
        }
        if passed_through_memory(self.spec) {
            self.address(self.plan.args_at);
        } else {
            for (index, input) in self.spec.inputs.iter().enumerate() {
                self.code.load(&input.ty, Self::place(self.plan.args_at + self.plan.args.offsets[index]));
            }
        }
        if through_memory {
            self.address(self.plan.result_at);
        }
        self.code.push([I::Call(self.layout.body)]);
        let Some(result) = result else { return };
        if !through_memory {
            self.code.store_single(result, Self::place(self.plan.result_at));
        }
        let mut from = self.plan.result_at;
        let mut value = Some(result);
        if let (true, Type::Result(ok, err)) = (fallible, result) {
            let payload = from + abi::payload_offset(&abi::sides(result));
            self.fail_if_error(from, payload, err.as_deref());
            (from, value) = (payload, ok.as_deref());
        }
        if fields.is_empty() {
            // `check` made sure that there is a value for the output, if there is one.
            if value.is_some() && !self.spec.outputs.is_empty() {
                self.output(0, from);
            }
            return;
        }
        let offsets = match value {
            Some(Type::Tuple(items)) => Fields::of(items.iter()).offsets,
            Some(Type::Named(named)) => match &named.shape {
                Shape::Record(fields) => Fields::of(fields.iter().map(|(_, ty)| ty)).offsets,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        for (index, field) in fields.iter().enumerate() {
            if let Some(offset) = offsets.get(*field) {
                self.output(index, from + offset);
            }
        }
    }

    fn fail_if_error(&mut self, discriminant: u32, payload: u32, err: Option<&Type>) {
        self.code.load_uint(Self::place(discriminant), 1);
        self.code.push([I::If(BlockType::Empty)]);
        match err {
            Some(Type::String) => self.fail_with(payload),
            Some(_) => {
                self.text(self.texts.error_type);
                self.address(payload);
                self.address(self.plan.ret);
                self.code.push([I::Call(TO_JSON)]);
                self.fail_with(self.plan.ret);
            }
            None => {
                let failed = self.texts.failed;
                self.store(self.plan.ret, |run| run.address(run.plan.data_at + failed.at));
                self.store(self.plan.ret + 4, |run| run.code.push([I::I32Const(failed.len as i32)]));
                self.fail_with(self.plan.ret);
            }
        }
        self.code.push([I::End]);
    }

    /// Loads the source into the engine, calls it with the arguments as JSON and reads the outputs back.
    fn script(&mut self) {
        let answer = self.plan.received;
        self.text(self.texts.prelude);
        self.text(self.texts.script);
        // No entry path, and the engine's own collector stays on.
        self.code.push([I::I32Const(0), I::I32Const(0), I::I32Const(0), I::I32Const(0)]);
        self.address(answer);
        self.code.push([I::Call(self.layout.body)]);
        self.fail_if_error(answer, answer + 4, Some(&Type::String));

        self.text(self.texts.args);
        self.address(self.plan.args_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(TO_JSON)]);
        self.pair(self.plan.ret);
        self.address(answer);
        self.code.push([I::Call(self.layout.body + 1)]);
        self.fail_if_error(answer, answer + 4, Some(&Type::String));

        self.text(self.texts.outs);
        self.pair(answer + 4);
        self.address(self.plan.outs_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(FROM_JSON)]);
        self.fail_unless_converted(self.texts.outs_words);
        for index in 0..self.spec.outputs.len() {
            self.output(index, self.plan.outs_at + self.plan.outs.offsets[index]);
        }
    }

    /// Reads the outputs from the text that is among the constants.
    fn constant(&mut self) {
        self.text(self.texts.outs);
        self.text(self.texts.script);
        self.address(self.plan.outs_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(FROM_JSON)]);
        self.fail_unless_converted(self.texts.outs_words);
        for index in 0..self.spec.outputs.len() {
            self.output(index, self.plan.outs_at + self.plan.outs.offsets[index]);
        }
    }

    /// Turns the argument record into JSON, which is the output.
    fn collect(&mut self) {
        self.text(self.texts.args);
        self.address(self.plan.args_at);
        self.address(self.plan.ret);
        self.code.push([I::Call(TO_JSON)]);
        self.output(0, self.plan.ret);
    }

    /// Copies the value at `from` into an output's slot.
    fn output(&mut self, index: usize, from: u32) {
        let (ty, slot) = (&self.spec.outputs[index].ty, self.plan.slots[index]);
        self.copy(slot + payload(ty), from, abi::size(ty));
        self.code.push([I::LocalGet(B), I::I32Const(0)]);
        self.code.push([I::I32Store8(MemArg { offset: u64::from(slot), align: 0, memory_index: 0 })]);
    }
}

/// `step` or an output's pull: run, and in case of failure put the error where the answer is.
fn answer(run: u32, slot: u32, payload: u32, plan: &Plan) -> Vec<I<'static>> {
    let mut code = Code::default();
    code.push([I::Call(run), I::GlobalGet(BASE), I::LocalSet(B)]);
    let byte = I::I32Store8(MemArg { offset: u64::from(slot), align: 0, memory_index: 0 });
    code.push([I::LocalGet(B), I::GlobalGet(STATE), I::I32Const(2), I::I32Eq, byte]);
    code.push([I::GlobalGet(STATE), I::I32Const(2), I::I32Eq, I::If(BlockType::Empty)]);
    code.address(Place { local: B, offset: slot + payload });
    code.address(Place { local: B, offset: plan.error });
    code.push([I::I32Const(16), I::MemoryCopy { src_mem: 0, dst_mem: 0 }, I::End]);
    code.address(Place { local: B, offset: slot });
    code.body
}

/// An output's packed or JSON form.
fn form(run: u32, convert: u32, desc: Text, slot: u32, ty: &Type, plan: &Plan) -> Vec<I<'static>> {
    let mut code = Code::default();
    let ret = slot + slot_size(ty);
    code.push([I::Call(run), I::GlobalGet(BASE), I::LocalSet(B)]);
    // Nothing to give after a failure: an empty list. The host asks only after a successful step.
    for offset in [ret, ret + 4] {
        code.push([I::LocalGet(B), I::I32Const(0)]);
        code.push([I::I32Store(MemArg { offset: u64::from(offset), align: 2, memory_index: 0 })]);
    }
    code.push([I::GlobalGet(STATE), I::I32Const(1), I::I32Eq, I::If(BlockType::Empty)]);
    code.address(Place { local: B, offset: plan.data_at + desc.at });
    code.push([I::I32Const(desc.len as i32)]);
    code.address(Place { local: B, offset: slot + payload(ty) });
    code.address(Place { local: B, offset: ret });
    code.push([I::Call(convert), I::End]);
    code.address(Place { local: B, offset: ret });
    code.body
}

fn assemble(
    spec: &Spec,
    plan: &Plan,
    texts: &Texts,
    layout: &Layout,
    run_body: Vec<I<'static>>,
    block_types: &[Vec<ValType>],
) -> Vec<u8> {
    let mut types = TypeSection::new();
    for (params, results) in &layout.types {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    for results in block_types {
        types.ty().function([], results.iter().copied());
    }
    let own = types.len();
    types.ty().function([], []);
    types.ty().function([], [I32]);
    types.ty().function([I32], []);
    let (unit, getter, post) = (own, own + 1, own + 2);

    let mut imports = ImportSection::new();
    let memory = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import("codec", "memory", memory);
    for (module, name, ty) in &layout.imports {
        imports.import(module, name, EntityType::Function(*ty));
    }

    let mut defined = Defined {
        functions: FunctionSection::new(),
        exports: ExportSection::new(),
        code: CodeSection::new(),
        next: layout.imports.len() as u32,
    };
    let run = defined.add(unit, None, run_body);
    defined.add(getter, Some(super::STEP), answer(run, plan.step, 4, plan));
    for (index, output) in spec.outputs.iter().enumerate() {
        let (slot, desc) = (plan.slots[index], texts.outputs[index]);
        defined.add(getter, Some(&format!("out-{index}")), answer(run, slot, payload(&output.ty), plan));
        defined.add(getter, Some(&format!("packed-{index}")), form(run, PACK, desc, slot, &output.ty, plan));
        defined.add(getter, Some(&format!("json-{index}")), form(run, TO_JSON, desc, slot, &output.ty, plan));
    }
    let pair = |offset| I::I32Load(MemArg { offset, align: 2, memory_index: 0 });
    defined.add(post, Some("post"), vec![I::LocalGet(0), pair(0), I::LocalGet(0), pair(4), I::Call(FREE)]);

    let mut globals = GlobalSection::new();
    for _ in [STATE, BASE] {
        globals.global(GlobalType { val_type: I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    }
    let mut data = DataSection::new();
    data.segment(DataSegment { mode: DataSegmentMode::Passive, data: plan.data.iter().copied() });

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&defined.functions).section(&globals).section(&defined.exports);
    module.section(&DataCountSection { count: 1 }).section(&defined.code).section(&data);
    module.finish()
}

/// The functions a module defines, being added.
struct Defined {
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    next: u32,
}

impl Defined {
    fn add(&mut self, ty: u32, export: Option<&str>, body: Vec<I<'static>>) -> u32 {
        // `post` has a parameter in the place of the base local; the scratch locals follow either way.
        let base = u32::from(export != Some("post"));
        let mut function =
            Function::new([(base, I32), (1, I32), (1, ValType::I64), (1, ValType::F32), (1, ValType::F64)]);
        body.iter().for_each(|instruction| {
            function.instruction(instruction);
        });
        function.instruction(&I::End);
        self.functions.function(ty);
        self.code.function(&function);
        if let Some(name) = export {
            self.exports.export(name, ExportKind::Func, self.next);
        }
        self.next += 1;
        self.next - 1
    }
}
