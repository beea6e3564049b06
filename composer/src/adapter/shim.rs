//! The core module of an adapter.
//!
//! One block of memory, allocated on the first pull, holds everything: constants (descriptors, messages, source text),
//! the received inputs, the argument record, the node's result and one `result<T, port-error>` per output. [`places`]
//! says where; the code in [`body`] is straight-line over those places.

mod body;
mod places;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, DataSegment, DataSegmentMode, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I,
    MemArg, MemoryType, Module, TypeSection, ValType,
};

use self::body::Run;
pub(super) use self::places::received_type;
use self::places::{Layout, Plan, Text, Texts, payload, slot_size};
use super::flat::{Code, Place};
use super::{AdapterError, Body, Reset, Spec};
use crate::types::{Shape, Type};

const I32: ValType = ValType::I32;

/// Global: 0 not run, 1 done, 2 failed.
const STATE: u32 = 0;
/// Global: address of the block.
const BASE: u32 = 1;
/// Global: whether the engine has its source.
const LOADED: u32 = 2;
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
    pub(super) reset: Reset,
}

/// Generates the module.
pub(super) fn generate(spec: &Spec, reset: Reset) -> Result<Shim, AdapterError> {
    check(spec)?;
    let texts = Texts::of(spec);
    let plan = Plan::new(spec, texts.data.0.clone());
    let layout = Layout::of(spec, reset);
    let mut code = Code { types_from: layout.types.len() as u32, ..Code::default() };
    let mut bodies = Vec::new();
    // A selection has a body for each input, everything else one that does all.
    let pulls: Vec<Option<usize>> = match spec.body {
        Body::Select => (0..spec.inputs.len()).map(Some).collect(),
        _ => vec![None],
    };
    for pull in pulls {
        let mut run = Run { spec, plan: &plan, texts: &texts, layout: &layout, code };
        match pull {
            Some(input) => run.only(input),
            None => run.everything(),
        }
        code = run.code;
        bodies.push(std::mem::take(&mut code.body));
    }
    Ok(Shim { module: assemble(spec, &plan, &texts, &layout, (bodies, &code.block_types), reset), reset })
}

fn check(spec: &Spec) -> Result<(), AdapterError> {
    let (id, outputs) = (spec.id.clone(), spec.outputs.len());
    let unfit = |input: &&super::Input| {
        let from = input.source.ty();
        *from != Type::Json && input.ty != Type::Json && !from.same(&input.ty)
    };
    if let Some(input) = spec.inputs.iter().find(unfit) {
        let (from, to) = (input.source.ty().to_string(), input.ty.to_string());
        return Err(AdapterError::Input { id, port: input.name.clone(), from, to });
    }
    match &spec.body {
        Body::Identity if spec.inputs.len() != outputs => Err(AdapterError::Identity { id }),
        Body::Select if outputs != 0 || spec.inputs.iter().any(|input| input.ty != Type::Json) => {
            Err(AdapterError::Outputs { id, result: "`json`".to_owned(), outputs })
        }
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

/// One input of a selection by its index: run its body, put what came of it where the answer is.
fn select(runs: &[u32], plan: &Plan) -> Vec<I<'static>> {
    let mut code = Code::default();
    // Nothing is kept here: the producers keep what they made.
    code.push([I::I32Const(0), I::GlobalSet(STATE)]);
    for (index, run) in runs.iter().enumerate() {
        code.push([
            I::LocalGet(0),
            I::I32Const(index as i32),
            I::I32Eq,
            I::If(BlockType::Empty),
            I::Call(*run),
            I::End,
        ]);
    }
    // An index that is none has run nothing.
    code.push([I::GlobalGet(STATE), I::I32Eqz, I::If(BlockType::Empty), I::Unreachable, I::End]);
    code.push([I::GlobalGet(BASE), I::LocalSet(B)]);
    let byte = I::I32Store8(MemArg { offset: u64::from(plan.step), align: 0, memory_index: 0 });
    code.push([I::LocalGet(B), I::GlobalGet(STATE), I::I32Const(2), I::I32Eq, byte]);
    for (state, from, bytes) in [(2, plan.error, 16), (1, plan.ret, 8)] {
        code.push([I::GlobalGet(STATE), I::I32Const(state), I::I32Eq, I::If(BlockType::Empty)]);
        code.address(Place { local: B, offset: plan.step + 4 });
        code.address(Place { local: B, offset: from });
        code.push([I::I32Const(bytes), I::MemoryCopy { src_mem: 0, dst_mem: 0 }, I::End]);
    }
    code.address(Place { local: B, offset: plan.step });
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
    (bodies, block_types): (Vec<Vec<I<'static>>>, &[Vec<ValType>]),
    reset: Reset,
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
    types.ty().function([I32], [I32]);
    let (unit, getter, post, chooser) = (own, own + 1, own + 2, own + 3);

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
    let runs: Vec<u32> = bodies.into_iter().map(|body| defined.add(unit, None, body)).collect();
    let run = runs.first().copied().unwrap_or_default();
    if matches!(spec.body, Body::Select) {
        defined.add(chooser, Some(super::SELECT), select(&runs, plan));
    } else {
        defined.add(getter, Some(super::STEP), answer(run, plan.step, 4, plan));
    }
    if reset != Reset::Never {
        let mut body = vec![I::I32Const(0), I::GlobalSet(STATE)];
        body.extend((reset == Reset::Chained).then_some(I::Call(layout.reset)));
        defined.add(unit, Some(super::RESET), body);
    }
    for (index, output) in spec.outputs.iter().enumerate() {
        let (slot, desc) = (plan.slots[index], texts.outputs[index]);
        defined.add(getter, Some(&format!("out-{index}")), answer(run, slot, payload(&output.ty), plan));
        defined.add(getter, Some(&format!("packed-{index}")), form(run, PACK, desc, slot, &output.ty, plan));
        defined.add(getter, Some(&format!("json-{index}")), form(run, TO_JSON, desc, slot, &output.ty, plan));
    }
    let pair = |offset| I::I32Load(MemArg { offset, align: 2, memory_index: 0 });
    defined.add(post, Some("post"), vec![I::LocalGet(0), pair(0), I::LocalGet(0), pair(4), I::Call(FREE)]);

    let mut globals = GlobalSection::new();
    for _ in [STATE, BASE, LOADED] {
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
        // These have a parameter in the place of the base local; the scratch locals follow either way.
        let base = u32::from(export != Some("post") && export != Some(super::SELECT));
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
