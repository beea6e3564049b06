//! The component around a shim: imports lowered, core modules wired, exports lifted.

use std::sync::Arc;

use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ExportKind, ModuleArg,
    PrimitiveValType,
};

use super::shim::{Shim, received_type};
use super::typing::{Types, function};
use super::{Body, CALL, CODEC_MODULE, ENGINE_INIT, ENGINE_INVOKE, RESET, RESET_NEXT, Reset, SELECT, STEP, Spec};
use crate::hoist;
use crate::types::{Named, Type};

/// The types that the adapter of `spec` mentions.
fn used<'a>(spec: &'a Spec, received: &'a [Type]) -> impl Iterator<Item = &'a Type> {
    let result = match &spec.body {
        Body::Function { result, .. } => result.as_ref(),
        _ => None,
    };
    let ports = spec.inputs.iter().map(|i| &i.ty).chain(spec.outputs.iter().map(|o| &o.ty));
    received.iter().chain(ports).chain(result)
}

/// What the adapter of `spec` declares, by name.
pub(super) fn declarations(spec: &Spec) -> Vec<(String, Arc<Named>)> {
    let received: Vec<Type> = spec.inputs.iter().map(|input| received_type(&input.source)).collect();
    crate::declare::declared(used(spec, &received))
}

/// Encodes the adapter of `spec`.
pub(super) fn component(spec: &Spec, shim: &Shim, codec: &[u8]) -> Vec<u8> {
    let mut builder = ComponentBuilder::default();
    let received: Vec<Type> = spec.inputs.iter().map(|input| received_type(&input.source)).collect();
    let mut types = Types::import(&mut builder, used(spec, &received));

    let codec = hoist::import_module(&mut builder, CODEC_MODULE, codec);
    let memory = Memory::instantiate(&mut builder, codec);
    let mut ports = Vec::new();
    for (index, (input, ty)) in spec.inputs.iter().zip(&received).enumerate() {
        let ty = types.port(&mut builder, Some(ty));
        let port = builder.import(input.import_name().as_str(), ComponentTypeRef::Func(ty));
        ports.push((index.to_string(), builder.lower_func(None, port, memory.options())));
    }
    let mut body = lower_body(spec, &mut builder, &mut types, &memory);
    let unit = (shim.reset != Reset::Never).then(|| function(&mut builder, &[], None));
    if let (Reset::Chained, Some(unit)) = (shim.reset, unit) {
        let next = builder.import(RESET_NEXT, ComponentTypeRef::Func(unit));
        body.push((RESET_NEXT.to_owned(), builder.lower_func(None, next, memory.options())));
    }

    let ports = bundle(&mut builder, &ports);
    let body = bundle(&mut builder, &body);
    let module = builder.core_module_raw(None, &shim.module);
    let args = [
        ("codec", ModuleArg::Instance(memory.instance)),
        ("in", ModuleArg::Instance(ports)),
        ("body", ModuleArg::Instance(body)),
    ];
    let instance = builder.core_instantiate(None, module, args);

    let lift = Lift { instance, memory: &memory };
    if matches!(spec.body, Body::Select) {
        let index = ComponentValType::Primitive(PrimitiveValType::U32);
        let text = types.port_with(&mut builder, &[("index", index)], Some(&Type::String));
        lift.export(&mut builder, SELECT, SELECT, text, false);
    } else {
        let step = types.port(&mut builder, None);
        lift.export(&mut builder, STEP, STEP, step, false);
    }
    if let Some(unit) = unit {
        lift.export(&mut builder, RESET, RESET, unit, false);
    }
    let bytes = types.value(&mut builder, &Type::List(Box::new(Type::U8)));
    let packed = function(&mut builder, &[], Some(bytes));
    let json = function(&mut builder, &[], Some(ComponentValType::Primitive(PrimitiveValType::String)));
    for (index, output) in spec.outputs.iter().enumerate() {
        let ty = types.port(&mut builder, Some(&output.ty));
        lift.export(&mut builder, &format!("out-{index}"), &output.export_name(), ty, false);
        lift.export(&mut builder, &format!("packed-{index}"), &output.packed_name(), packed, true);
        lift.export(&mut builder, &format!("json-{index}"), &output.json_name(), json, true);
    }
    builder.finish()
}

/// The codec instance: the memory and allocator of everything here.
struct Memory {
    instance: u32,
    memory: u32,
    realloc: u32,
}

impl Memory {
    fn instantiate(builder: &mut ComponentBuilder, module: u32) -> Self {
        let instance = builder.core_instantiate::<[(&str, ModuleArg); 0]>(None, module, []);
        let memory = builder.core_alias_export(None, instance, "memory", ExportKind::Memory);
        let realloc = builder.core_alias_export(None, instance, "cabi_realloc", ExportKind::Func);
        Self { instance, memory, realloc }
    }

    fn options(&self) -> [CanonicalOption; 3] {
        [CanonicalOption::UTF8, CanonicalOption::Memory(self.memory), CanonicalOption::Realloc(self.realloc)]
    }
}

/// Imports and lowers what computes the outputs.
fn lower_body(spec: &Spec, builder: &mut ComponentBuilder, types: &mut Types, memory: &Memory) -> Vec<(String, u32)> {
    let string = ComponentValType::Primitive(PrimitiveValType::String);
    let lower = |builder: &mut ComponentBuilder, name: &str, ty: u32| {
        let func = builder.import(name, ComponentTypeRef::Func(ty));
        (name.to_owned(), builder.lower_func(None, func, memory.options()))
    };
    match &spec.body {
        Body::Function { result, .. } => {
            let names: Vec<String> = (0..spec.inputs.len()).map(|index| spec.inputs[index].label.clone()).collect();
            let params: Vec<_> = names
                .iter()
                .zip(&spec.inputs)
                .map(|(name, input)| (name.as_str(), types.value(builder, &input.ty)))
                .collect();
            let result = result.as_ref().map(|ty| types.value(builder, ty));
            let ty = function(builder, &params, result);
            vec![lower(builder, CALL, ty)]
        }
        Body::Script { .. } => {
            let option = types.value(builder, &Type::Option(Box::new(Type::String)));
            let unit = types.value(builder, &Type::Result(None, Some(Box::new(Type::String))));
            let bulk = Type::List(Box::new(Type::List(Box::new(Type::U8))));
            let answer = Type::Tuple(vec![Type::String, bulk.clone()]);
            let answer = types.value(builder, &Type::Result(Some(Box::new(answer)), Some(Box::new(Type::String))));
            let bulk = types.value(builder, &bulk);
            let flag = ComponentValType::Primitive(PrimitiveValType::Bool);
            let params = [("shim", string), ("script", string), ("entry-path", option), ("disable-gc", flag)];
            let init = function(builder, &params, Some(unit));
            let invoke = function(builder, &[("args", string), ("bulk", bulk)], Some(answer));
            vec![lower(builder, ENGINE_INIT, init), lower(builder, ENGINE_INVOKE, invoke)]
        }
        Body::Identity | Body::Constant { .. } | Body::Collect | Body::Select => Vec::new(),
    }
}

fn bundle(builder: &mut ComponentBuilder, functions: &[(String, u32)]) -> u32 {
    let items: Vec<_> = functions.iter().map(|(name, index)| (name.as_str(), ExportKind::Func, *index)).collect();
    builder.core_instantiate_exports(None, items)
}

/// Lifts exports of the shim.
struct Lift<'a> {
    instance: u32,
    memory: &'a Memory,
}

impl Lift<'_> {
    fn export(&self, builder: &mut ComponentBuilder, core: &str, name: &str, ty: u32, frees: bool) {
        let func = builder.core_alias_export(None, self.instance, core, ExportKind::Func);
        let mut options = self.memory.options().to_vec();
        if frees {
            let post = builder.core_alias_export(None, self.instance, "post", ExportKind::Func);
            options.push(CanonicalOption::PostReturn(post));
        }
        let func = builder.lift_func(None, func, ty, options);
        builder.export(name, ComponentExportKind::Func, func, None);
    }
}
