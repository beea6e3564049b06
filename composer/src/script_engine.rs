//! Links a prebuilt interpreter (a position-independent dylib) with the typed glue for our engine world.
//!
//! The result is one module without a single WASI import: whatever the interpreter's C library would ask of a
//! host is answered by a small deny-all dylib that is linked in. An engine therefore has no clock, no randomness, no
//! files and no environment to leak, and two runs of the same source see the same world.
//! It deliberately knows nothing of the language: source arrives later, as data.

use std::borrow::Cow;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, CustomSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Instruction, MemArg, MemoryType, Module, RawSection, TypeSection, ValType,
};
use wasmparser::{Parser, Payload, TypeRef};
use wit_parser::Resolve;

use crate::dylink::{self, Merged, Options};
use crate::stored_engine::{Functions, REALLOC};

/// Why an engine could not be linked; every variant is a fault of the embedded parts, not of a workbook.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The prebuilt runtime is not the module we know.
    #[error("the engine runtime cannot be read: {0}")]
    Runtime(String),
    /// The engine's WIT does not parse or has no such world.
    #[error("the engine's WIT cannot be used: {0}")]
    Wit(String),
    /// The dylibs do not link.
    #[error("the engine cannot be linked: {0}")]
    Link(String),
}

/// What stands between glue and runtime, as text: what the engine is made of besides them.
pub const DRIVER: &str = include_str!("script_engine/driver.wat");

/// Imports of the glue that the driver answers, and by which name.
const DRIVEN: &[(&str, &str, &str)] =
    &[("env", "wit_dylib_export_call", "wb_export_call"), ("wb:engine/modules@0.1.0", "define", "wb_define")];

/// Imports of the runtime that the driver answers instead of refusing.
const ANSWERED: &[&str] = &["deny local:init/module-loader/resolve", "deny local:init/module-loader/load"];

/// The WIT every engine is linked against.
pub const ENGINE_WIT: &str = include_str!("../../wit/engine/engine.wit");

/// Bytes of shadow stack the interpreter gets: enough for its own recursion limit to be the one that is hit.
const STACK_BYTES: u32 = 1 << 20;

/// What is called for a block. An answer lies on the stack until it is said to be read.
pub const FUNCTIONS: Functions =
    Functions { init: "wb-init", invoke: "wb-invoke", frees: Some(["cabi_post_wb-load", "cabi_post_wb-invoke"]) };

/// What the host calls to start the engine: `init` of the world `interpreter`, as the runtime has it.
pub const BEGIN: &str = "init";

/// Links `runtime` (a dylib that implements the `wit-dylib` interpreter interface) for the world `javascript` of
/// [`ENGINE_WIT`] into one module.
///
/// # Errors
///
/// When these are not the parts we know.
pub fn link(runtime: &[u8]) -> Result<Merged, EngineError> {
    let mut resolve = Resolve::default();
    let wit = |e: String| EngineError::Wit(e);
    let package = resolve.push_str("engine.wit", ENGINE_WIT).map_err(|e| wit(format!("{e:#}")))?;
    let world = resolve.select_world(&[package], Some("javascript")).map_err(|e| wit(format!("{e:#}")))?;
    let glue = renamed(&wit_dylib::create(&resolve, world, None), DRIVEN).map_err(|e| wit(e.to_string()))?;
    let closed = close(runtime, ANSWERED).map_err(|e| EngineError::Runtime(e.to_string()))?;
    let driver = wat::parse_str(DRIVER).map_err(|e| EngineError::Link(e.to_string()))?;
    let options = Options {
        exports: &[REALLOC, BEGIN, FUNCTIONS.init, FUNCTIONS.invoke, "cabi_post_wb-load", "cabi_post_wb-invoke"],
        absent: &[],
        stack: STACK_BYTES,
    };
    let libraries = [glue.as_slice(), &driver, &closed.runtime, &closed.deny];
    dylink::merge(&libraries, &options).map_err(|e| EngineError::Link(e.to_string()))
}

/// A runtime whose host imports now point at `deny`.
pub(crate) struct Closed {
    pub(crate) runtime: Vec<u8>,
    pub(crate) deny: Vec<u8>,
}

/// A module with some imports under other names, in `env`.
fn renamed(module: &[u8], names: &[(&str, &str, &str)]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut out = Module::new();
    let mut keep = RoundtripReencoder;
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    let known = names.iter().find(|(module, name, _)| (*module, *name) == (import.module, import.name));
                    let (from, name) = known.map_or((import.module, import.name), |(_, _, name)| ("env", *name));
                    imports.import(from, name, keep.entity_type(import.ty)?);
                }
                out.section(&imports);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    copy(&mut out, id, module, range);
                }
            }
        }
    }
    Ok(out.finish())
}

/// Moves every import that is not part of dynamic linking to functions of a deny-all dylib, but for those that another
/// library answers.
pub(crate) fn close(runtime: &[u8], answered: &[&str]) -> Result<Closed, Box<dyn std::error::Error>> {
    let mut types: Vec<wasmparser::FuncType> = Vec::new();
    let mut denied: Vec<(String, wasmparser::FuncType)> = Vec::new();
    let mut module = Module::new();
    let mut keep = RoundtripReencoder;
    for payload in Parser::new(0).parse_all(runtime) {
        match payload? {
            Payload::TypeSection(section) => {
                for ty in section.clone().into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
                copy(&mut module, 1, runtime, section.range());
            }
            Payload::ImportSection(section) => {
                let mut out = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(index) if !linking(import.module) => {
                            let symbol = format!("deny {}/{}", import.module, import.name);
                            out.import("env", &symbol, EntityType::Function(index));
                            if !answered.contains(&symbol.as_str()) {
                                denied.push((symbol, types[index as usize].clone()));
                            }
                        }
                        ty => {
                            out.import(import.module, import.name, keep.entity_type(ty)?);
                        }
                    }
                }
                module.section(&out);
            }
            // The worlds of the libraries inside (wasi:cli and friends) describe imports that are gone now.
            Payload::CustomSection(section) if section.name().contains("wasi") => {}
            Payload::CustomSection(section) => {
                module.section(&CustomSection {
                    name: Cow::Borrowed(section.name()),
                    data: Cow::Borrowed(section.data()),
                });
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    copy(&mut module, id, runtime, range);
                }
            }
        }
    }
    Ok(Closed { runtime: module.finish(), deny: deny_module(&denied) })
}

fn copy(module: &mut Module, id: u8, bytes: &[u8], range: std::ops::Range<u64>) {
    module.section(&RawSection { id, data: &bytes[range.start as usize..range.end as usize] });
}

fn linking(module: &str) -> bool {
    matches!(module, "env" | "GOT.func" | "GOT.mem")
}

/// How a denied function answers, judged by its name.
fn answer(symbol: &str) -> Answer {
    let ends = |suffix: &str| symbol.ends_with(suffix);
    if ends("/exit") {
        Answer::Trap
    } else if symbol.contains("descriptor.") {
        Answer::Error
    } else if ends("check-write") {
        Answer::Accept
    } else if ends("/get-random-bytes") {
        Answer::ZeroBytes
    } else if ends("insecure-seed")
        || ends("wall-clock@0.2.0/now")
        || ends("get-environment")
        || ends("get-directories")
    {
        Answer::Zeros(16)
    } else if ends("/poll") || ends("write") || ends("blocking-flush") {
        Answer::Zeros(8)
    } else if symbol.contains("/get-terminal") {
        Answer::Zeros(4)
    } else {
        Answer::Nothing
    }
}

enum Answer {
    /// Unreachable: nobody may end the process.
    Trap,
    /// Write `result::err` with an empty payload through the return pointer.
    Error,
    /// `check-write`: there is room; what is written goes nowhere.
    Accept,
    /// Write that many zero bytes (a multiple of 4) through the return pointer.
    Zeros(u64),
    /// `get-random-bytes`: as many as were asked for, all zero. C libraries end the process when there are fewer.
    ZeroBytes,
    /// Return zero.
    Nothing,
}

fn deny_module(denied: &[(String, wasmparser::FuncType)]) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let mut keep = RoundtripReencoder;
    for (index, (symbol, ty)) in (0u32..).zip(denied) {
        let valtypes = |list: &[wasmparser::ValType], keep: &mut RoundtripReencoder| -> Vec<ValType> {
            list.iter().filter_map(|v| keep.val_type(*v).ok()).collect()
        };
        let (params, results) = (valtypes(ty.params(), &mut keep), valtypes(ty.results(), &mut keep));
        types.ty().function(params.iter().copied(), results.iter().copied());
        functions.function(index);
        // The allocator is function 0.
        exports.export(symbol, ExportKind::Func, index + 1);
        code.function(&deny_body(&answer(symbol), params.len() as u32, &results));
    }
    let mut imports = ImportSection::new();
    imports.import(
        "env",
        "memory",
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None },
    );
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    imports.import("env", "cabi_realloc", EntityType::Function(types.len() - 1));
    let mut module = Module::new();
    // An empty `dylink.0` (mem-info: nothing) is what makes this a library for the linker.
    module.section(&CustomSection { name: Cow::Borrowed("dylink.0"), data: Cow::Borrowed(&[1, 4, 0, 0, 0, 0]) });
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

fn deny_body(answer: &Answer, params: u32, results: &[ValType]) -> Function {
    let mut body = Function::new([]);
    let at = |offset: u64| MemArg { offset, align: 2, memory_index: 0 };
    let store = |body: &mut Function, offset: u64, value: i32| {
        body.instruction(&Instruction::LocalGet(params.saturating_sub(1)));
        body.instruction(&Instruction::I32Const(value));
        body.instruction(&Instruction::I32Store(at(offset)));
    };
    match answer {
        Answer::Trap => {
            body.instruction(&Instruction::Unreachable);
        }
        Answer::Error => {
            store(&mut body, 0, 1);
            store(&mut body, 4, 0);
            store(&mut body, 8, 0);
        }
        Answer::Accept => {
            store(&mut body, 0, 0);
            store(&mut body, 8, 4096);
            store(&mut body, 12, 0);
        }
        Answer::Zeros(bytes) => (0..bytes / 4).for_each(|word| store(&mut body, word * 4, 0)),
        Answer::ZeroBytes => {
            // (length as i64, return pointer)
            let (length, ret) = (0, 1);
            body.instruction(&Instruction::LocalGet(ret));
            body.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I32Const(0));
            body.instruction(&Instruction::I32Const(1));
            body.instruction(&Instruction::LocalGet(length)).instruction(&Instruction::I32WrapI64);
            body.instruction(&Instruction::Call(0));
            body.instruction(&Instruction::I32Store(at(0)));
            body.instruction(&Instruction::LocalGet(ret));
            body.instruction(&Instruction::LocalGet(length)).instruction(&Instruction::I32WrapI64);
            body.instruction(&Instruction::I32Store(at(4)));
            body.instruction(&Instruction::LocalGet(ret)).instruction(&Instruction::I32Load(at(0)));
            body.instruction(&Instruction::I32Const(0));
            body.instruction(&Instruction::LocalGet(length)).instruction(&Instruction::I32WrapI64);
            body.instruction(&Instruction::MemoryFill(0));
        }
        Answer::Nothing => {}
    }
    for ty in results {
        body.instruction(&match ty {
            ValType::I64 => Instruction::I64Const(0),
            ValType::F32 => Instruction::F32Const(0.0f32.into()),
            ValType::F64 => Instruction::F64Const(0.0f64.into()),
            _ => Instruction::I32Const(0),
        });
    }
    body.instruction(&Instruction::End);
    body
}
