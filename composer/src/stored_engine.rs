//! An engine as a component: one code module beside one memory module, which holds what lay in memory when the engine had
//! started.
//!
//! The code never changes, so it is compiled once. It deliberately does not run anything: the host starts the engine and
//! looks at its memory.

use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ExportKind,
    InstanceType, ModuleArg, PrimitiveValType,
};

use crate::dylink;

pub use crate::dylink::{ENV, MEMORY, Merged, PAGE, START};

/// Allocates: the component model's own.
pub const REALLOC: &str = "cabi_realloc";
/// The import that is left, and its function.
pub const CONSOLE: (&str, &str) = ("wb:engine/console@0.1.0", "log");

/// What the code exports for the world `interpreter`.
#[derive(Debug, Clone, Copy)]
pub struct Functions {
    /// `init`.
    pub init: &'static str,
    /// `wb-invoke`.
    pub invoke: &'static str,
    /// What is called when the answer of the one and of the other has been read.
    pub frees: Option<[&'static str; 2]>,
}

/// The component of the world `interpreter`: `code` with a memory that holds `image` from the start.
#[must_use]
pub fn component(code: &[u8], image: &[(u32, Vec<u8>)], pages: u32, functions: &Functions) -> Vec<u8> {
    let string = ComponentValType::Primitive(PrimitiveValType::String);
    let mut builder = ComponentBuilder::default();
    let mut console = InstanceType::new();
    console.ty().function().params([("line", string)]).result(None);
    console.export(CONSOLE.1, ComponentTypeRef::Func(0));
    let console = builder.type_instance(None, &console);
    let console = builder.import(CONSOLE.0, ComponentTypeRef::Instance(console));
    let log = builder.alias_export(console, CONSOLE.1, ComponentExportKind::Func);

    let memory = builder.core_module_raw(None, &dylink::memory(image, pages));
    let code = builder.core_module_raw(None, code);
    let memory = builder.core_instantiate::<[(&str, ModuleArg); 0]>(None, memory, []);
    let at = builder.core_alias_export(None, memory, MEMORY, ExportKind::Memory);
    let log = builder.lower_func(None, log, [CanonicalOption::UTF8, CanonicalOption::Memory(at)]);
    let log = builder.core_instantiate_exports(None, [(CONSOLE.1, ExportKind::Func, log)]);
    let arguments = [(ENV, ModuleArg::Instance(memory)), (CONSOLE.0, ModuleArg::Instance(log))];
    let instance = builder.core_instantiate(None, code, arguments);
    let realloc = builder.core_alias_export(None, instance, REALLOC, ExportKind::Func);
    let options = [CanonicalOption::UTF8, CanonicalOption::Memory(at), CanonicalOption::Realloc(realloc)];

    let option = defined(&mut builder, |ty| ty.option(string));
    let nothing = defined(&mut builder, |ty| ty.result(None, Some(string)));
    let bool = ComponentValType::Primitive(PrimitiveValType::Bool);
    let (init, mut ty) = builder.type_function(None);
    ty.params([("shim", string), ("script", string), ("entry-path", option), ("disable-gc", bool)])
        .result(Some(nothing));
    let core = builder.core_alias_export(None, instance, functions.init, ExportKind::Func);
    let options_of = after(&mut builder, instance, options, functions.frees.map(|[init, _]| init));
    let lifted = builder.lift_func(None, core, init, options_of);
    builder.export("init", ComponentExportKind::Func, lifted, None);

    let bytes = defined(&mut builder, |ty| ty.list(PrimitiveValType::U8));
    let bulk = defined(&mut builder, |ty| ty.list(bytes));
    let answer = defined(&mut builder, |ty| ty.tuple([string, bulk]));
    let result = defined(&mut builder, |ty| ty.result(Some(answer), Some(string)));
    let (invoke, mut ty) = builder.type_function(None);
    ty.params([("args", string), ("bulk", bulk)]).result(Some(result));
    let core = builder.core_alias_export(None, instance, functions.invoke, ExportKind::Func);
    let options_of = after(&mut builder, instance, options, functions.frees.map(|[_, invoke]| invoke));
    let lifted = builder.lift_func(None, core, invoke, options_of);
    builder.export("wb-invoke", ComponentExportKind::Func, lifted, None);
    builder.finish()
}

/// The options with a function that is called when an answer has been read.
fn after(
    builder: &mut ComponentBuilder,
    instance: u32,
    options: [CanonicalOption; 3],
    function: Option<&str>,
) -> Vec<CanonicalOption> {
    let mut options = options.to_vec();
    if let Some(function) = function {
        let function = builder.core_alias_export(None, instance, function, ExportKind::Func);
        options.push(CanonicalOption::PostReturn(function));
    }
    options
}

fn defined(
    builder: &mut ComponentBuilder,
    define: impl FnOnce(wasm_encoder::ComponentDefinedTypeEncoder<'_>),
) -> ComponentValType {
    let (index, ty) = builder.type_defined(None);
    define(ty);
    ComponentValType::Type(index)
}
