//! Components that do nothing, made for a signature or from WIT: compositions are about types, not about code.

use std::collections::BTreeSet;

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Instruction,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};
use wb_composer::encode_core;
use wb_composer::types::Signature;
use wb_composer::{abi, encode_core::EncodeCoreError};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{Resolve, WorldItem};

type Type = (Vec<ValType>, Vec<ValType>);

/// A core module whose functions trap.
#[derive(Default)]
struct Core {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    imported: u32,
}

impl Core {
    fn ty(&mut self, (params, results): Type) -> u32 {
        self.types.ty().function(params, results);
        self.types.len() - 1
    }

    fn import(&mut self, module: &str, name: &str, ty: Type) {
        let ty = self.ty(ty);
        self.imports.import(module, name, EntityType::Function(ty));
        self.imported += 1;
    }

    /// All imports come before the first export.
    fn export(&mut self, name: &str, ty: Type) {
        let ty = self.ty(ty);
        self.functions.function(ty);
        self.exports.export(name, ExportKind::Func, self.imported + self.functions.len() - 1);
        let mut body = Function::new([]);
        body.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
        self.code.function(&body);
    }

    /// With a memory, an allocator, and as many functions more that the module is worth taking out of a component.
    fn finish(mut self) -> Vec<u8> {
        self.export("cabi_realloc", (vec![ValType::I32; 4], vec![ValType::I32]));
        for _ in 0..400 {
            self.functions.function(self.types.len() - 1);
            let mut body = Function::new([]);
            body.instruction(&Instruction::I32Const(0)).instruction(&Instruction::End);
            self.code.function(&body);
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        self.exports.export("memory", ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&memories);
        module.section(&self.exports).section(&self.code);
        module.finish()
    }
}

/// A component that exports one function of that signature.
pub(crate) fn function(signature: &Signature) -> Result<Vec<u8>, EncodeCoreError> {
    let flat: Vec<ValType> = signature.params.iter().flat_map(|(_, ty)| abi::flat(ty)).collect();
    let params = if flat.len() > abi::MAX_FLAT_PARAMS { vec![ValType::I32] } else { flat };
    let results = signature.result.as_ref().map(abi::flat).unwrap_or_default();
    let results = if results.len() > abi::MAX_FLAT_RESULTS { vec![ValType::I32] } else { results };
    let mut core = Core::default();
    core.export(&signature.name, (params, results));
    encode_core::function(&core.finish(), signature)
}

fn core_type(signature: WasmSignature) -> Type {
    let convert = |types: Vec<WasmType>| {
        let one = |ty| match ty {
            WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
            WasmType::F32 => ValType::F32,
            WasmType::F64 => ValType::F64,
            WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        };
        types.into_iter().map(one).collect()
    };
    (convert(signature.params), convert(signature.results))
}

/// A component of the world in a WIT text: it imports and exports all that the world does.
pub(crate) fn world(wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("stub.wit", wit).unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
    let id = resolve.select_world(&[package], None).unwrap();
    let mut core = Core::default();
    for export in [false, true] {
        let world = &resolve.worlds[id];
        let variant = if export { AbiVariant::GuestExport } else { AbiVariant::GuestImport };
        let mut seen = BTreeSet::new();
        for (key, item) in if export { &world.exports } else { &world.imports } {
            let name = resolve.name_world_key(key);
            let functions: Vec<_> = match item {
                WorldItem::Function(function) => vec![(None, function)],
                WorldItem::Interface { id, .. } => {
                    resolve.interfaces[*id].functions.values().map(|function| (Some(&name), function)).collect()
                }
                WorldItem::Type { .. } => Vec::new(),
            };
            for (interface, function) in functions {
                assert!(seen.insert((interface.cloned(), function.name.clone())));
                let ty = core_type(resolve.wasm_signature(variant, function));
                match (export, interface) {
                    (false, module) => core.import(module.map_or("$root", |name| name), &function.name, ty),
                    (true, None) => core.export(&function.name, ty),
                    (true, Some(interface)) => core.export(&format!("{interface}#{}", function.name), ty),
                }
            }
        }
    }
    let mut module = core.finish();
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    let encoded = encoder.module(&module).and_then(|encoder| encoder.encode());
    encoded.unwrap_or_else(|error| panic!("{error:#}\n{wit}"))
}

/// A core module with the exports of the codec.
pub(crate) fn codec() -> Vec<u8> {
    let mut core = Core::default();
    let i32s = |count: usize| vec![ValType::I32; count];
    for (name, params, results) in [
        ("wb_to_json", 4, 0),
        ("wb_from_json", 6, 1),
        ("wb_pack", 4, 0),
        ("wb_unpack", 6, 1),
        ("wb_prefix", 3, 0),
        ("wb_free", 2, 0),
    ] {
        core.export(name, (i32s(params), i32s(results)));
    }
    core.finish()
}

/// A script engine: the world of `wit/engine`, and what the runtime adds to it.
pub(crate) fn engine() -> Vec<u8> {
    world(
        "package wb:engine@0.1.0;
         interface console { log: func(line: string); }
         world interpreter {
           import console;
           export init: func(shim: string, script: string, entry-path: option<string>, disable-gc: bool)
             -> result<_, string>;
           export wb-invoke: func(args: string, bulk: list<list<u8>>)
             -> result<tuple<string, list<list<u8>>>, string>;
         }",
    )
}

/// The entry point of a program.
pub(crate) fn main() -> Vec<u8> {
    world(
        "package wb:artifact@0.1.0;
         package wasi:cli@0.2.0 { interface run { run: func() -> result; } }
         package wb:node@0.1.0 { interface types { record port-error { component: string, message: string } } }
         world main {
           use wb:node/types@0.1.0.{port-error};
           import outputs: func() -> result<string, port-error>;
           export wasi:cli/run@0.2.0;
         }",
    )
}
