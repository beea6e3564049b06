//! A component that exports the engines' console and forgets what it is told: for artifacts that run elsewhere.

use std::sync::OnceLock;

use wasm_encoder::{
    CanonicalOption, CodeSection, ComponentBuilder, ComponentExportKind, ComponentExportSection,
    ComponentInstanceSection, ComponentSection, ComponentValType, ExportKind, ExportSection, Function, FunctionSection,
    Instruction, MemorySection, MemoryType, ModuleArg, PrimitiveValType, TypeSection, ValType,
};

/// The interface, with the version engines are linked against (`wit/engine/engine.wit`).
const CONSOLE: &str = "wb:engine/console@0.1.0";

/// The component's bytes, always at the same address.
pub(crate) fn component() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(build)
}

fn build() -> Vec<u8> {
    let mut builder = ComponentBuilder::default();
    let module = builder.core_module(None, &core());
    let instance = builder.core_instantiate::<[(&str, ModuleArg); 0]>(None, module, []);
    let memory = builder.core_alias_export(None, instance, "memory", ExportKind::Memory);
    let realloc = builder.core_alias_export(None, instance, "realloc", ExportKind::Func);
    let log = builder.core_alias_export(None, instance, "log", ExportKind::Func);
    let (ty, mut function) = builder.type_function(None);
    function.params([("line", ComponentValType::Primitive(PrimitiveValType::String))]).result(None);
    let options = [CanonicalOption::UTF8, CanonicalOption::Memory(memory), CanonicalOption::Realloc(realloc)];
    let log = builder.lift_func(None, log, ty, options);
    // The builder has no call for an instance made of functions, so its two sections are appended by hand.
    let mut bytes = builder.finish();
    let mut instances = ComponentInstanceSection::new();
    instances.export_items([("log", ComponentExportKind::Func, log)]);
    instances.append_to_component(&mut bytes);
    let mut exports = ComponentExportSection::new();
    exports.export(CONSOLE, ComponentExportKind::Instance, 0, None);
    exports.append_to_component(&mut bytes);
    bytes
}

/// `realloc` grows the memory when a line does not fit, and always answers the same address: lines are not kept.
fn core() -> wasm_encoder::Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    types.ty().function([ValType::I32; 2], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("realloc", ExportKind::Func, 0).export("log", ExportKind::Func, 1);
    let (wanted, pages) = (3, 4);
    let mut realloc = Function::new([(1, ValType::I32)]);
    realloc
        .instruction(&Instruction::LocalGet(wanted))
        .instruction(&Instruction::I32Const(16))
        .instruction(&Instruction::I32ShrU)
        .instruction(&Instruction::I32Const(2))
        .instruction(&Instruction::I32Add)
        .instruction(&Instruction::MemorySize(0))
        .instruction(&Instruction::I32Sub)
        .instruction(&Instruction::LocalTee(pages))
        .instruction(&Instruction::I32Const(0))
        .instruction(&Instruction::I32GtS)
        .instruction(&Instruction::If(wasm_encoder::BlockType::Empty))
        .instruction(&Instruction::LocalGet(pages))
        .instruction(&Instruction::MemoryGrow(0))
        .instruction(&Instruction::I32Const(-1))
        .instruction(&Instruction::I32Eq)
        .instruction(&Instruction::If(wasm_encoder::BlockType::Empty))
        .instruction(&Instruction::Unreachable)
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::I32Const(16))
        .instruction(&Instruction::End);
    let mut log = Function::new([]);
    log.instruction(&Instruction::End);
    let mut code = CodeSection::new();
    code.function(&realloc).function(&log);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module
}
