//! From a core module to a component that exports one typed function and imports nothing but, if it likes, the step's log.
//!
//! Two lanes end here: Rust, whose glue is generated, and WebAssembly text, which a person wrote by hand. So what does
//! not fit is found first, and said in terms of the core module: which export is expected, with which core signature. Declared types are put into an instance of nothing but types, the one port adapters use too.

mod console;
mod debug;
mod types;
mod world;

use std::fmt;

use wasm_encoder::{
    CanonicalOption, ComponentBuilder, ComponentExportKind, EntityType, ExportKind, ImportSection, Module, ModuleArg,
    StartSection, TypeSection,
};
use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};
use wit_component::metadata;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldId, WorldItem};

use self::console::Console;
pub use self::debug::without_debug;
pub use self::world::{Shown, WORLD, resolve, world};
use crate::types::{Shape, Signature, Type};

/// Why a core module is not the function it should be.
#[derive(Debug, thiserror::Error)]
pub enum EncodeCoreError {
    /// The bytes are no core module, or one that does not validate.
    #[error("not a valid WebAssembly core module: {0}")]
    Invalid(String),
    /// The signature cannot be written as WIT: a bad name, an empty record, two types of one name.
    #[error("the signature `{signature}` is not valid WIT: {reason}")]
    Signature {
        /// The signature as text.
        signature: String,
        /// What the parser says.
        reason: String,
    },
    /// The module wants something from outside that is not the step's log.
    #[error("the module imports `{name}` from `{module}`, but a typed block imports nothing; define it in the module")]
    Import {
        /// The import's module name.
        module: String,
        /// The import's field name.
        name: String,
    },
    /// The function is not exported.
    #[error("the module does not export a function `{name}`; `{signature}` needs `{expected}`{}", listed(found))]
    NoFunction {
        /// The export that is missing.
        name: String,
        /// The signature as text.
        signature: String,
        /// The core function that is needed, as WebAssembly text.
        expected: String,
        /// The functions that are exported.
        found: Vec<String>,
    },
    /// The function is exported with another core type.
    #[error("the function `{name}` has the core type `{found}`, but `{signature}` needs `{expected}`; {convention}")]
    CoreType {
        /// The export.
        name: String,
        /// The signature as text.
        signature: String,
        /// The core type that is needed.
        expected: String,
        /// The core type it has.
        found: String,
        /// How values are passed.
        convention: &'static str,
    },
    /// Values go through memory, and something for that is not exported.
    #[error("`{signature}` passes values through memory, so the module must also have `{expected}`{}", instead(found))]
    Support {
        /// The signature as text.
        signature: String,
        /// What is missing, as WebAssembly text.
        expected: &'static str,
        /// What the module has under that name, if anything.
        found: Option<String>,
    },
    /// Anything else the encoder objects to.
    #[error("the module cannot be made into a component: {0}")]
    Encode(String),
}

const IN_VALUES: &str = "scalars are passed as they are, a string or list as its address and length";
const BY_POINTER: &str = "a result that is more than one core value is returned as the address of where it lies";
const REALLOC: &str = "(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32))";
const MEMORY: &str = "(memory (export \"memory\") 1)";

fn listed(found: &[String]) -> String {
    match found {
        [] => "; it exports no function".to_owned(),
        names => format!("; it exports `{}`", names.join("`, `")),
    }
}

fn instead(found: &Option<String>) -> String {
    found.as_ref().map(|found| format!("; what it has is `{found}`")).unwrap_or_default()
}

/// Makes `core` into a component that exports the function `signature`, and validates it.
///
/// The same module and signature give the same bytes. Custom sections `component-type*` that a generator left in the
/// module are dropped: the signature alone says what is exported.
///
/// # Errors
///
/// When the module imports anything, lacks an export, or has one of another core type.
pub fn function(core: &[u8], signature: &Signature) -> Result<Vec<u8>, EncodeCoreError> {
    let (resolve, world) = resolve(signature)?;
    let exports = fits(core, signature, &resolve, world)?;
    let (stripped, _) = metadata::decode(core).map_err(|e| EncodeCoreError::Invalid(format!("{e:#}")))?;
    let component = encode(stripped.as_deref().unwrap_or(core), signature, &exports);
    let mut validator = wasmparser::Validator::new();
    validator.validate_all(&component).map_err(|e| EncodeCoreError::Encode(e.to_string()))?;
    Ok(component)
}

/// The component around a module that fits: one instance, one lift.
fn encode(core: &[u8], signature: &Signature, exports: &Core) -> Vec<u8> {
    let mut builder = ComponentBuilder::default();
    let ty = types::function(&mut builder, signature);
    let module = builder.core_module_raw(None, core);
    let console = exports.console.then(|| Console::import(&mut builder));
    let given = console.as_ref().map(|(_, given)| (console::INTERFACE, ModuleArg::Instance(*given)));
    let instance = builder.core_instantiate(None, module, given);
    let memory = exports.has_memory().then(|| builder.core_alias_export(None, instance, "memory", ExportKind::Memory));
    if let (Some((console, _)), Some(memory)) = (console, memory) {
        console.connect(&mut builder, memory);
    }
    if exports.function(INITIALIZE).is_some() {
        let initialize = builder.core_alias_export(None, instance, INITIALIZE, ExportKind::Func);
        let from = builder.core_instantiate_exports(None, [("", ExportKind::Func, initialize)]);
        let start = builder.core_module(None, &starter());
        builder.core_instantiate(None, start, [("", ModuleArg::Instance(from))]);
    }
    let mut options = vec![CanonicalOption::UTF8];
    if let Some(memory) = memory {
        options.push(CanonicalOption::Memory(memory));
        if exports.function("cabi_realloc").is_some() {
            let realloc = builder.core_alias_export(None, instance, "cabi_realloc", ExportKind::Func);
            options.push(CanonicalOption::Realloc(realloc));
        }
    }
    let post = format!("cabi_post_{}", signature.name);
    if exports.function(&post).is_some() {
        let post = builder.core_alias_export(None, instance, &post, ExportKind::Func);
        options.push(CanonicalOption::PostReturn(post));
    }
    let function = builder.core_alias_export(None, instance, &signature.name, ExportKind::Func);
    let function = builder.lift_func(None, function, ty, options);
    builder.export(signature.name.as_str(), ComponentExportKind::Func, function, None);
    builder.finish()
}

/// What a module exports that wants to be called before all else.
const INITIALIZE: &str = "_initialize";

/// A module whose start is the function it imports.
fn starter() -> Module {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    imports.import("", "", EntityType::Function(0));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&StartSection { function_index: 0 });
    module
}

/// What of a core module is checked here.
#[derive(Default)]
struct Core {
    types: Vec<FuncType>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    /// Whether it imports the step's log.
    console: bool,
    exports: Vec<(String, ExternalKind, u32)>,
}

impl Core {
    fn read(bytes: &[u8]) -> Result<Self, EncodeCoreError> {
        let invalid = |e: wasmparser::BinaryReaderError| EncodeCoreError::Invalid(e.to_string());
        if Parser::is_component(bytes) {
            return Err(EncodeCoreError::Invalid("it is a component already".to_owned()));
        }
        wasmparser::validate(bytes).map_err(invalid)?;
        let mut core = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        core.types.push(ty.map_err(invalid)?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        if let Some(ty) = core.log(&import) {
                            core.functions.push(ty);
                            core.console = true;
                            continue;
                        }
                        let (module, name) = (import.module.to_owned(), import.name.to_owned());
                        return Err(EncodeCoreError::Import { module, name });
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        core.functions.push(ty.map_err(invalid)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        core.exports.push((export.name.to_owned(), export.kind, export.index));
                    }
                }
                _ => {}
            }
        }
        Ok(core)
    }

    /// The type of an import that is the step's log. A second one is not.
    fn log(&self, import: &wasmparser::Import<'_>) -> Option<u32> {
        let named = import.module == console::INTERFACE && import.name == console::LOG && !self.console;
        let TypeRef::Func(ty) = import.ty else { return None };
        let fits = self.types.get(ty as usize).is_some_and(|ty| *ty == FuncType::new([ValType::I32; 2], []));
        (named && fits).then_some(ty)
    }

    fn function(&self, name: &str) -> Option<&FuncType> {
        let (.., index) = self.exports.iter().find(|(n, kind, _)| n == name && *kind == ExternalKind::Func)?;
        self.types.get(*self.functions.get(*index as usize)? as usize)
    }

    fn has_memory(&self) -> bool {
        self.exports.iter().any(|(name, kind, _)| name == "memory" && *kind == ExternalKind::Memory)
    }
}

/// Checks that the module has what a lift of the world's one export needs.
fn fits(bytes: &[u8], signature: &Signature, resolve: &Resolve, world: WorldId) -> Result<Core, EncodeCoreError> {
    let core = Core::read(bytes)?;
    let shown = || Shown(signature).to_string();
    let Some(WorldItem::Function(function)) = resolve.worlds[world].exports.values().next() else {
        return Err(EncodeCoreError::Encode("the world exports no function".to_owned()));
    };
    let wasm = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let expected = FuncType::new(wasm.params.iter().map(val_type), wasm.results.iter().map(val_type));
    let name = &signature.name;
    let Some(found) = core.function(name) else {
        let functions = core.exports.iter().filter(|(_, kind, _)| *kind == ExternalKind::Func);
        return Err(EncodeCoreError::NoFunction {
            name: name.clone(),
            signature: shown(),
            expected: format!("(func (export \"{name}\"){})", Text(&expected)),
            found: functions.map(|(name, ..)| name.clone()).collect(),
        });
    };
    if *found != expected {
        return Err(EncodeCoreError::CoreType {
            name: name.clone(),
            signature: shown(),
            expected: format!("(func{})", Text(&expected)),
            found: format!("(func{})", Text(found)),
            convention: if wasm.retptr { BY_POINTER } else { IN_VALUES },
        });
    }
    let takes_memory = wasm.indirect_params || signature.params.iter().any(|(_, ty)| in_memory(ty));
    let missing = |expected, found| Err(EncodeCoreError::Support { signature: shown(), expected, found });
    if (takes_memory || wasm.retptr || core.console) && !core.has_memory() {
        return missing(MEMORY, None);
    }
    let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
    match core.function("cabi_realloc") {
        None if !takes_memory => Ok(core),
        Some(found) if *found == realloc => Ok(core),
        found => missing(REALLOC, found.map(|found| format!("(func{})", Text(found)))),
    }
}

/// Whether some value of the type lies in memory rather than in core values.
fn in_memory(ty: &Type) -> bool {
    let payload = |ty: &Option<Type>| ty.as_ref().is_some_and(in_memory);
    match ty {
        Type::String | Type::Json | Type::List(_) => true,
        Type::Option(inner) => in_memory(inner),
        Type::Result(ok, err) => [ok, err].into_iter().flatten().any(|side| in_memory(side)),
        Type::Tuple(items) => items.iter().any(in_memory),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => fields.iter().any(|(_, ty)| in_memory(ty)),
            Shape::Variant(cases) => cases.iter().any(|(_, ty)| payload(ty)),
            Shape::Enum(_) | Shape::Flags(_) => false,
        },
        _ => false,
    }
}

fn val_type(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// Parameters and results as WebAssembly text writes them.
struct Text<'a>(&'a FuncType);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, types) in [("param", self.0.params()), ("result", self.0.results())] {
            if !types.is_empty() {
                write!(f, " ({word}")?;
                types.iter().try_for_each(|ty| write!(f, " {ty}"))?;
                f.write_str(")")?;
            }
        }
        Ok(())
    }
}

/// The one function a core module exports for others, if there is exactly one and its name can be a component's.
/// What the canonical ABI itself asks for does not count.
pub fn only_function(core: &[u8]) -> Option<String> {
    let mut found = None;
    for payload in Parser::new(0).parse_all(core) {
        let Payload::ExportSection(exports) = payload.ok()? else { continue };
        for export in exports {
            let export = export.ok()?;
            let ours = export.name.starts_with("cabi_") || export.name.starts_with('_');
            if export.kind == ExternalKind::Func && !ours && found.replace(export.name).is_some() {
                return None;
            }
        }
    }
    found.filter(|name| crate::label::kebab(name) == *name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{MemoryType, ValType as V};

    use super::*;
    use crate::types::resolve as types;

    fn signature(declarations: &str, params: &[&str], result: &str) -> Signature {
        let types = types(declarations, &[params, &[result]].concat()).unwrap();
        let (result, params) = types.split_last().unwrap();
        let params = params.iter().enumerate().map(|(index, ty)| (format!("p{index}"), ty.clone())).collect();
        Signature { name: "score".to_owned(), params, result: Some(result.clone()) }
    }

    /// A module with one function of a core type, which returns what it was given first.
    fn module(export: &str, params: &[V], results: &[V], memory: bool) -> Vec<u8> {
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function(params.iter().copied(), results.iter().copied());
        let mut functions = wasm_encoder::FunctionSection::new();
        functions.function(0);
        let mut memories = wasm_encoder::MemorySection::new();
        let mut exports = wasm_encoder::ExportSection::new();
        exports.export(export, wasm_encoder::ExportKind::Func, 0);
        if memory {
            let minimum = 1;
            memories.memory(MemoryType {
                minimum,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
            exports.export("memory", wasm_encoder::ExportKind::Memory, 0);
        }
        let mut body = wasm_encoder::Function::new([]);
        for _ in results {
            body.instruction(&wasm_encoder::Instruction::LocalGet(0));
        }
        body.instruction(&wasm_encoder::Instruction::End);
        let mut code = wasm_encoder::CodeSection::new();
        code.function(&body);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
        module.finish()
    }

    fn error(core: &[u8], signature: &Signature) -> String {
        function(core, signature).unwrap_err().to_string()
    }

    #[test]
    fn a_scalar_function_needs_nothing_but_itself() {
        let core = module("score", &[V::F64], &[V::F64], false);
        let signature = signature("", &["f64"], "f64");
        let bytes = function(&core, &signature).unwrap();
        assert!(Parser::is_component(&bytes));
        assert_eq!(bytes, function(&core, &signature).unwrap());
    }

    #[test]
    fn keywords_may_be_names() {
        let plain = Signature {
            name: "export".to_owned(),
            params: vec![("list".to_owned(), Type::Json), ("use".to_owned(), Type::Bool)],
            result: None,
        };
        resolve(&plain).unwrap();
        resolve(&signature("record %list { %type: u8 }", &["list<%list>"], "%list")).unwrap();
    }

    #[test]
    fn a_function_may_be_called_like_a_type() {
        resolve(&signature("record score { x: u8 }", &["score"], "list<score>")).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_said_in_terms_of_the_core_module() {
        let plain = signature("", &["s32"], "s64");
        let none = error(&module("other", &[], &[], false), &plain);
        assert!(none.contains("`(func (export \"score\") (param i32) (result i64))`; it exports `other`"), "{none}");
        let wrong = error(&module("score", &[V::I64], &[V::I64], false), &plain);
        assert!(wrong.contains("core type `(func (param i64) (result i64))`"), "{wrong}");
        let text = signature("", &["string"], "u32");
        let memory = error(&module("score", &[V::I32, V::I32], &[V::I32], false), &text);
        assert!(memory.contains(MEMORY), "{memory}");
        let realloc = error(&module("score", &[V::I32, V::I32], &[V::I32], true), &text);
        assert!(realloc.contains(REALLOC), "{realloc}");
        assert!(error(b"(module)", &plain).starts_with("not a valid WebAssembly core module"));
    }

    #[test]
    fn an_import_is_refused_by_name() {
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import("env", "log", wasm_encoder::EntityType::Function(0));
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports);
        let message = error(&module.finish(), &signature("", &["s32"], "s64"));
        assert!(message.contains("imports `log` from `env`"), "{message}");
    }

    #[test]
    fn two_types_of_one_name_are_an_error_of_the_signature() {
        let mut two = signature("record row { a: u8 }", &["row"], "u8");
        two.params.push(signature("record row { b: u8 }", &["row"], "u8").params.remove(0));
        two.params[1].0 = "other".to_owned();
        assert!(matches!(resolve(&two), Err(EncodeCoreError::Signature { .. })));
    }
}
