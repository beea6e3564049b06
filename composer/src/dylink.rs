//! Merges position-independent libraries into one core module that needs no loader.
//!
//! Every library gets its place in one memory and one table, so that what dynamic linking leaves open (bases, addresses,
//! pointers) is a constant, and a call between libraries is a direct call. The result has code only: it imports its
//! memory, and what lies there at the start is an image of its own. So the same machine code serves the fresh memory and
//! one that was stored after the program had started.
//! It deliberately knows nothing of components and of what the libraries do.

mod read;

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

use self::read::{GlobalImport, Library};

/// Why libraries cannot be merged; always a fault of the libraries, never of a workbook.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Not a readable module.
    #[error("a library cannot be read: {0}")]
    Unreadable(String),
    /// A form that compilers do not write for such libraries.
    #[error("a library has {0}")]
    Unsupported(&'static str),
    /// Nobody defines it.
    #[error("no library defines `{0}`")]
    Missing(String),
}

impl From<wasmparser::BinaryReaderError> for MergeError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<reencode::Error<MergeError>> for MergeError {
    fn from(error: reencode::Error<MergeError>) -> Self {
        match error {
            reencode::Error::UserError(error) => error,
            other => Self::Unreadable(other.to_string()),
        }
    }
}

/// What is to be made of libraries.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Functions that are exported.
    pub exports: &'a [&'a str],
    /// Functions that nobody needs to define: calls answer zero.
    pub absent: &'a [&'a str],
    /// Bytes of stack, a multiple of 16. It lies lowest, so that running out of it is a trap.
    pub stack: u32,
}

/// The function that prepares a fresh image: addresses inside of data, and constructors.
pub const START: &str = "wb-start";
/// The name under which the code imports its memory, from module [`ENV`].
pub const MEMORY: &str = "memory";
/// The module of that import.
pub const ENV: &str = "env";
/// Bytes of a page.
pub const PAGE: usize = 1 << 16;

/// Libraries in one piece.
#[derive(Debug)]
pub struct Merged {
    /// The code, a core module.
    pub code: Vec<u8>,
    /// What lies in memory before [`START`] was called, by address.
    pub image: Vec<(u32, Vec<u8>)>,
    /// Pages that must be there.
    pub pages: u32,
}

/// Merges libraries. Where several define a name, the first one that does not itself import it is meant; a library
/// never finds its own definition that way, so one may stand before another and change what it does.
///
/// # Errors
///
/// When they are no such libraries, or lack something.
pub fn merge(libraries: &[&[u8]], options: &Options<'_>) -> Result<Merged, MergeError> {
    let libraries = libraries.iter().map(|bytes| Library::read(bytes)).collect::<Result<Vec<_>, _>>()?;
    let layout = Layout::of(&libraries, options);
    let merge = Merge::new(&libraries, &layout, options)?;
    let mut image = Vec::new();
    for (library, base) in libraries.iter().zip(&layout.memory) {
        for (place, bytes) in &library.data {
            image.push((if place.relative { base + place.offset } else { place.offset }, bytes.to_vec()));
        }
    }
    Ok(Merged { code: merge.encode()?, image, pages: layout.pages })
}

/// A core module with nothing but a memory, exported as [`MEMORY`], and what lies in it.
#[must_use]
pub fn memory(image: &[(u32, Vec<u8>)], pages: u32) -> Vec<u8> {
    let mut memories = MemorySection::new();
    let minimum = u64::from(pages);
    memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export(MEMORY, ExportKind::Memory, 0);
    let mut data = DataSection::new();
    for (address, bytes) in image {
        data.active(0, &ConstExpr::i32_const(address.cast_signed()), bytes.iter().copied());
    }
    let mut module = Module::new();
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

/// Where everything goes.
struct Layout {
    /// By library.
    memory: Vec<u32>,
    /// By library.
    table: Vec<u32>,
    /// The first free table index.
    pointers: u32,
    stack: u32,
    heap: u32,
    pages: u32,
}

/// Addresses below this one are never given out, so that null is not an address.
const LOWEST: u32 = 1024;

impl Layout {
    fn of(libraries: &[Library<'_>], options: &Options<'_>) -> Self {
        let align = |at: u32, power: u32| at.next_multiple_of(1 << power.min(16));
        let (mut memory, mut table) = (Vec::new(), Vec::new());
        let (mut at, mut index) = (LOWEST + options.stack, 1);
        for library in libraries {
            at = align(at, library.memory.memory_alignment.max(4));
            memory.push(at);
            at += library.memory.memory_size;
            index = align(index, library.memory.table_alignment);
            table.push(index);
            index += library.memory.table_size;
        }
        let heap = align(at, 4);
        Self {
            memory,
            table,
            pointers: index,
            stack: LOWEST + options.stack,
            heap,
            pages: heap.div_ceil(PAGE as u32) + 1,
        }
    }
}

/// Where a function is defined: library and index among those it defines, or nowhere.
#[derive(Clone, Copy)]
enum Target {
    Defined(usize, u32),
    Absent,
    Host(u32),
}

struct Merge<'m, 'a> {
    libraries: &'m [Library<'a>],
    layout: &'m Layout,
    options: &'m Options<'m>,
    /// By library, what each imported function is.
    targets: Vec<Vec<Target>>,
    /// Functions that are asked of the host: module, name, library, type there.
    host: Vec<(&'a str, &'a str, usize, u32)>,
    /// Table indices of functions whose address is taken by name.
    pointers: BTreeMap<&'a str, u32>,
    /// Types of functions that nobody defines, one stub each: library, type there.
    absent: Vec<(usize, u32)>,
}

impl<'m, 'a> Merge<'m, 'a> {
    fn new(libraries: &'m [Library<'a>], layout: &'m Layout, options: &'m Options<'m>) -> Result<Self, MergeError> {
        let mut merge = Self {
            libraries,
            layout,
            options,
            targets: Vec::new(),
            host: Vec::new(),
            pointers: BTreeMap::new(),
            absent: Vec::new(),
        };
        for (index, library) in libraries.iter().enumerate() {
            let mut targets = Vec::new();
            for import in &library.function_imports {
                let target = if import.module != ENV {
                    merge.host.push((import.module, import.name, index, import.ty));
                    Target::Host(merge.host.len() as u32 - 1)
                } else if let Some((from, function)) = merge.find(import.name, Some(index)) {
                    Target::Defined(from, function)
                } else if options.absent.contains(&import.name) {
                    merge.absent.push((index, import.ty));
                    Target::Absent
                } else {
                    return Err(MergeError::Missing(import.name.to_owned()));
                };
                targets.push(target);
            }
            merge.targets.push(targets);
            for import in &library.global_imports {
                if let GlobalImport::Pointer(name) = import {
                    let next = layout.pointers + merge.pointers.len() as u32;
                    merge.pointers.entry(name).or_insert(next);
                }
            }
        }
        Ok(merge)
    }

    /// Who defines a function, and as which of its own.
    fn find(&self, name: &str, asking: Option<usize>) -> Option<(usize, u32)> {
        let own = |index: &usize| Some(*index) != asking;
        let defines = |index: usize| {
            let library = &self.libraries[index];
            let function = *library.exported_functions.get(name)?;
            Some((index, function.checked_sub(library.function_imports.len() as u32)?))
        };
        (0..self.libraries.len()).filter(own).find_map(defines).or_else(|| asking.and_then(defines))
    }

    /// The address of a variable.
    fn address(&self, name: &str) -> Result<u32, MergeError> {
        match name {
            "__stack_low" => return Ok(LOWEST),
            "__stack_high" => return Ok(self.layout.stack),
            "__heap_base" => return Ok(self.layout.heap),
            "__heap_end" => return Ok(self.layout.pages * PAGE as u32),
            _ => {}
        }
        for (library, base) in self.libraries.iter().zip(&self.layout.memory) {
            let Some(global) = library.exported_globals.get(name) else { continue };
            let defined = global.checked_sub(library.global_imports.len() as u32);
            let Some(global) = defined.and_then(|index| library.globals.get(index as usize)) else { continue };
            // An exported variable is its offset in the library's memory.
            return Ok(base + read::constant(global)?.offset);
        }
        Err(MergeError::Missing(name.to_owned()))
    }

    fn defined_index(&self, library: usize, function: u32) -> u32 {
        let before: usize = self.libraries[..library].iter().map(|library| library.functions.len()).sum();
        self.host.len() as u32 + before as u32 + function
    }

    fn stub_index(&self, stub: u32) -> u32 {
        let last = self.libraries.len();
        self.defined_index(last, stub)
    }

    fn types_before(&self, library: usize) -> u32 {
        self.libraries[..library].iter().map(|library| library.types.len() as u32).sum()
    }

    fn globals_before(&self, library: usize) -> u32 {
        let count = |library: &Library<'_>| (library.global_imports.len() + library.globals.len()) as u32;
        // The stack pointer is the first of all.
        1 + self.libraries[..library].iter().map(count).sum::<u32>()
    }

    /// The map of one library's indices to those of the result.
    fn indices(&self, library: usize) -> Indices {
        let mut absent = self.absent.iter().take_while(|(of, _)| *of < library).count() as u32;
        let mut functions: Vec<u32> = self.targets[library]
            .iter()
            .map(|target| match *target {
                Target::Defined(from, function) => self.defined_index(from, function),
                Target::Host(index) => index,
                Target::Absent => {
                    absent += 1;
                    self.stub_index(absent - 1)
                }
            })
            .collect();
        functions.extend((0..self.libraries[library].functions.len()).map(|f| self.defined_index(library, f as u32)));
        let stack = self.libraries[library]
            .global_imports
            .iter()
            .map(|import| matches!(import, GlobalImport::StackPointer))
            .collect();
        Indices { types: self.types_before(library), functions, globals: self.globals_before(library), stack }
    }

    fn encode(&self) -> Result<Vec<u8>, MergeError> {
        let indices: Vec<Indices> = (0..self.libraries.len()).map(|library| self.indices(library)).collect();
        let mut keep = reencode::RoundtripReencoder;
        let unreadable = |error: reencode::Error| MergeError::Unreadable(error.to_string());
        let mut types = TypeSection::new();
        for ty in self.libraries.iter().flat_map(|library| &library.types) {
            types.ty().func_type(&keep.func_type(ty.clone()).map_err(unreadable)?);
        }
        let nullary = types.len();
        types.ty().function([], []);

        let mut imports = ImportSection::new();
        let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import(ENV, MEMORY, memory);
        for (module, name, library, ty) in &self.host {
            imports.import(module, name, EntityType::Function(self.types_before(*library) + ty));
        }

        let mut functions = FunctionSection::new();
        for (index, library) in self.libraries.iter().enumerate() {
            for ty in &library.functions {
                functions.function(indices[index].types + ty);
            }
        }
        for (library, ty) in &self.absent {
            functions.function(self.types_before(*library) + ty);
        }
        functions.function(nullary);

        let mut code = CodeSection::new();
        let mut at = indices;
        for (library, indices) in self.libraries.iter().zip(&mut at) {
            for body in &library.bodies {
                indices.parse_function_body(&mut code, body.clone())?;
            }
        }
        for (library, ty) in &self.absent {
            let results = self.libraries[*library].types[*ty as usize].results();
            code.function(&stub(results));
        }
        let start = self.stub_index(self.absent.len() as u32);
        code.function(&self.start());

        let mut module = Module::new();
        let tables = self.tables(&at);
        module.section(&types).section(&imports).section(&functions).section(&tables.0);
        module.section(&self.globals(&mut at)?).section(&self.exports(start)?).section(&tables.1).section(&code);
        Ok(module.finish())
    }

    fn tables(&self, indices: &[Indices]) -> (TableSection, ElementSection) {
        let mut elements = ElementSection::new();
        for ((library, base), indices) in self.libraries.iter().zip(&self.layout.table).zip(indices) {
            for (place, functions) in &library.elements {
                let at = if place.relative { base + place.offset } else { place.offset };
                let functions: Vec<u32> = functions.iter().map(|f| indices.functions[*f as usize]).collect();
                let offset = ConstExpr::i32_const(at.cast_signed());
                elements.active(None, &offset, Elements::Functions(functions.into()));
            }
        }
        for (name, index) in &self.pointers {
            if let Some((library, function)) = self.find(name, None) {
                let functions = vec![self.defined_index(library, function)];
                let offset = ConstExpr::i32_const(index.cast_signed());
                elements.active(None, &offset, Elements::Functions(functions.into()));
            }
        }
        let size = u64::from(self.layout.pointers) + self.pointers.len() as u64;
        let mut tables = TableSection::new();
        let ty = TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: size,
            maximum: Some(size),
            shared: false,
        };
        tables.table(ty);
        (tables, elements)
    }

    fn globals(&self, indices: &mut [Indices]) -> Result<GlobalSection, MergeError> {
        let ty = |mutable| GlobalType { val_type: ValType::I32, mutable, shared: false };
        let mut globals = GlobalSection::new();
        globals.global(ty(true), &ConstExpr::i32_const(self.layout.stack.cast_signed()));
        for (index, library) in self.libraries.iter().enumerate() {
            let mut known = Vec::new();
            for import in &library.global_imports {
                let value = match import {
                    // A place of its own keeps indices simple; nobody reads it.
                    GlobalImport::StackPointer => 0,
                    GlobalImport::MemoryBase => self.layout.memory[index],
                    GlobalImport::TableBase => self.layout.table[index],
                    GlobalImport::Address(name) => self.address(name)?,
                    // One that nobody defines is null.
                    GlobalImport::Pointer(name) if self.find(name, None).is_none() => 0,
                    GlobalImport::Pointer(name) => self.pointers.get(name).copied().unwrap_or_default(),
                };
                globals.global(ty(false), &ConstExpr::i32_const(value.cast_signed()));
                known.push(value);
            }
            for global in &library.globals {
                // The base it was counted from is no import any more, and only those may be named here: WebAssembly 2.0,
                // which engines without the later rule still keep.
                let value = read::value(global, &known)?;
                if let Some(value) = value {
                    globals.global(ty(global.ty.mutable), &ConstExpr::i32_const(value.cast_signed()));
                } else {
                    indices[index].parse_global(&mut globals, global.clone())?;
                }
                known.push(value.unwrap_or_default());
            }
        }
        Ok(globals)
    }

    fn exports(&self, start: u32) -> Result<ExportSection, MergeError> {
        let mut exports = ExportSection::new();
        for name in self.options.exports {
            let (library, function) = self.find(name, None).ok_or_else(|| MergeError::Missing((*name).to_owned()))?;
            exports.export(name, ExportKind::Func, self.defined_index(library, function));
        }
        exports.export(START, ExportKind::Func, start);
        Ok(exports)
    }

    /// Addresses in data first, since constructors may use them.
    fn start(&self) -> Function {
        let mut body = Function::new([]);
        // A library has one of the two that begin it.
        for name in ["__wasm_apply_data_relocs", "_initialize", "__wasm_call_ctors"] {
            // What others build upon comes last in the list.
            for (index, library) in self.libraries.iter().enumerate().rev() {
                let imported = library.function_imports.len() as u32;
                let function = library.exported_functions.get(name).and_then(|function| function.checked_sub(imported));
                if let Some(function) = function {
                    body.instruction(&Instruction::Call(self.defined_index(index, function)));
                }
            }
        }
        body.instruction(&Instruction::End);
        body
    }
}

fn stub(results: &[wasmparser::ValType]) -> Function {
    let mut body = Function::new([]);
    for ty in results {
        body.instruction(&match ty {
            wasmparser::ValType::I64 => Instruction::I64Const(0),
            wasmparser::ValType::F32 => Instruction::F32Const(0.0f32.into()),
            wasmparser::ValType::F64 => Instruction::F64Const(0.0f64.into()),
            _ => Instruction::I32Const(0),
        });
    }
    body.instruction(&Instruction::End);
    body
}

/// One library's indices in the result.
struct Indices {
    types: u32,
    functions: Vec<u32>,
    globals: u32,
    /// Whether an imported global is the stack pointer.
    stack: Vec<bool>,
}

impl Reencode for Indices {
    type Error = MergeError;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<MergeError>> {
        Ok(self.types + ty)
    }

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<MergeError>> {
        let found = self.functions.get(function as usize).copied();
        found.ok_or(reencode::Error::UserError(MergeError::Unsupported("a call of no function")))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error<MergeError>> {
        let stack = self.stack.get(global as usize).copied().unwrap_or_default();
        Ok(if stack { 0 } else { self.globals + global })
    }
}
