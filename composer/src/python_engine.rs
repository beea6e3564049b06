//! The Python engine: CPython's prebuilt libraries with our glue, as one code module beside one memory module.
//!
//! The glue (`glue.wat`) answers the engine's interface with calls of CPython's C API. Whatever the C library would ask
//! of a host is refused by a library that is linked in, as for the script engine. Nothing is left to import but the
//! console. The memory is stored by the host after the interpreter has started; the code never changes, so it is
//! compiled once.
//! It deliberately knows nothing of Python the language and does not run anything.

use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ExportKind,
    InstanceType, ModuleArg, PrimitiveValType,
};

use crate::dylink::{self, Merged, Options};
use crate::script_engine;

pub use crate::dylink::{ENV, MEMORY, MergeError, PAGE, START};

/// The glue, as text: what the engine is made of besides the libraries.
pub const GLUE: &str = include_str!("python_engine/glue.wat");

/// Bytes of stack for C. CPython has its own limit, which is hit first.
const STACK: u32 = 4 << 20;

/// What the host calls while the engine is made: start the interpreter, compile a module, run the boot script.
pub const BEGIN: &str = "wb-begin";
/// See [`BEGIN`].
pub const COMPILE: &str = "wb-compile";
/// See [`BEGIN`].
pub const PREPARE: &str = "wb-prepare";
/// Allocates: the component model's own.
pub const REALLOC: &str = "cabi_realloc";
/// The import that is left, and its function.
pub const CONSOLE: (&str, &str) = ("wb:engine/console@0.1.0", "log");

/// The libraries the interpreter is made of.
#[derive(Debug, Clone, Copy)]
pub struct Libraries<'a> {
    /// CPython.
    pub python: &'a [u8],
    /// The C library, whose host imports are refused.
    pub libc: &'a [u8],
    /// What stands between them.
    pub others: &'a [&'a [u8]],
}

/// Links everything into one module.
///
/// # Errors
///
/// When these are not the libraries we know.
pub fn link(libraries: &Libraries<'_>) -> Result<Merged, MergeError> {
    let unreadable = |error: String| MergeError::Unreadable(error);
    let glue = wat::parse_str(GLUE).map_err(|error| unreadable(error.to_string()))?;
    let closed = script_engine::close(libraries.libc, &[]).map_err(|error| unreadable(error.to_string()))?;
    let mut all: Vec<&[u8]> = vec![&glue, libraries.python];
    all.extend(libraries.others);
    all.extend([closed.runtime.as_slice(), &closed.deny]);
    dylink::merge(
        &all,
        &Options {
            exports: &[REALLOC, "init", "wb-invoke", BEGIN, COMPILE, PREPARE],
            absent: &["dlopen", "dlsym", "dlerror", "__main_argc_argv"],
            stack: STACK,
        },
    )
}

/// The component of the world `interpreter`: `code` with a memory that holds `image` from the start.
#[must_use]
pub fn component(code: &[u8], image: &[(u32, Vec<u8>)], pages: u32) -> Vec<u8> {
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
    let core = builder.core_alias_export(None, instance, "init", ExportKind::Func);
    let lifted = builder.lift_func(None, core, init, options);
    builder.export("init", ComponentExportKind::Func, lifted, None);

    let bytes = defined(&mut builder, |ty| ty.list(PrimitiveValType::U8));
    let bulk = defined(&mut builder, |ty| ty.list(bytes));
    let answer = defined(&mut builder, |ty| ty.tuple([string, bulk]));
    let result = defined(&mut builder, |ty| ty.result(Some(answer), Some(string)));
    let (invoke, mut ty) = builder.type_function(None);
    ty.params([("args", string), ("bulk", bulk)]).result(Some(result));
    let core = builder.core_alias_export(None, instance, "wb-invoke", ExportKind::Func);
    let lifted = builder.lift_func(None, core, invoke, options);
    builder.export("wb-invoke", ComponentExportKind::Func, lifted, None);
    builder.finish()
}

fn defined(
    builder: &mut ComponentBuilder,
    define: impl FnOnce(wasm_encoder::ComponentDefinedTypeEncoder<'_>),
) -> ComponentValType {
    let (index, ty) = builder.type_defined(None);
    define(ty);
    ComponentValType::Type(index)
}
