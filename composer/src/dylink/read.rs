//! Reading one position-independent library: what it needs, what it offers, where its parts lie. It resolves nothing.

use std::collections::HashMap;

use wasmparser::{
    DataKind, Dylink0Subsection, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Global, KnownCustom,
    MemInfo, Operator, Parser, Payload, TypeRef,
};

use super::MergeError;

/// An imported function.
#[derive(Debug, Clone, Copy)]
pub(super) struct FunctionImport<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) ty: u32,
}

/// What an imported global stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum GlobalImport<'a> {
    StackPointer,
    MemoryBase,
    TableBase,
    /// The address of a variable.
    Address(&'a str),
    /// The table index of a function.
    Pointer(&'a str),
}

/// A place relative to where the library's memory or table begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) relative: bool,
    pub(super) offset: u32,
}

/// One library.
pub(super) struct Library<'a> {
    pub(super) memory: MemInfo,
    pub(super) types: Vec<FuncType>,
    pub(super) function_imports: Vec<FunctionImport<'a>>,
    pub(super) global_imports: Vec<GlobalImport<'a>>,
    /// The type of each function it defines.
    pub(super) functions: Vec<u32>,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) exported_functions: HashMap<&'a str, u32>,
    pub(super) exported_globals: HashMap<&'a str, u32>,
    /// Where elements go, and the functions.
    pub(super) elements: Vec<(Place, Vec<u32>)>,
    pub(super) data: Vec<(Place, &'a [u8])>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Library<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, MergeError> {
        let mut library = Self {
            memory: MemInfo { memory_size: 0, memory_alignment: 0, table_size: 0, table_alignment: 0 },
            types: Vec::new(),
            function_imports: Vec::new(),
            global_imports: Vec::new(),
            functions: Vec::new(),
            globals: Vec::new(),
            exported_functions: HashMap::new(),
            exported_globals: HashMap::new(),
            elements: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
        };
        let mut dynamic = false;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::CustomSection(section) => {
                    let KnownCustom::Dylink0(parts) = section.as_known() else { continue };
                    dynamic = true;
                    for part in parts {
                        if let Dylink0Subsection::MemInfo(memory) = part? {
                            library.memory = memory;
                        }
                    }
                }
                other => library.section(other)?,
            }
        }
        if dynamic { Ok(library) } else { Err(MergeError::Unsupported("a module without `dylink.0`")) }
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), MergeError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.import(import.module, import.name, import.ty)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    match export.kind {
                        ExternalKind::Func => drop(self.exported_functions.insert(export.name, export.index)),
                        ExternalKind::Global => drop(self.exported_globals.insert(export.name, export.index)),
                        _ => {}
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let ElementKind::Active { table_index: None | Some(0), offset_expr } = element.kind else {
                        return Err(MergeError::Unsupported("elements that are not placed at the start"));
                    };
                    let ElementItems::Functions(items) = element.items else {
                        return Err(MergeError::Unsupported("elements that are expressions"));
                    };
                    self.elements.push((place(&offset_expr)?, items.into_iter().collect::<Result<_, _>>()?));
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data?;
                    let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                        return Err(MergeError::Unsupported("data that is not placed at the start"));
                    };
                    self.data.push((place(&offset_expr)?, data.data));
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::TagSection(_) | Payload::TableSection(_) => {
                return Err(MergeError::Unsupported("tags or tables of its own"));
            }
            // A start function clears what is not data; in a fresh memory nothing else is there. Names are for debuggers.
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, module: &'a str, name: &'a str, ty: TypeRef) -> Result<(), MergeError> {
        match ty {
            TypeRef::Func(ty) => self.function_imports.push(FunctionImport { module, name, ty }),
            TypeRef::Global(_) => self.global_imports.push(match (module, name) {
                ("env", "__stack_pointer") => GlobalImport::StackPointer,
                ("env", "__memory_base") => GlobalImport::MemoryBase,
                ("env", "__table_base") => GlobalImport::TableBase,
                ("GOT.mem", name) => GlobalImport::Address(name),
                ("GOT.func", name) => GlobalImport::Pointer(name),
                _ => return Err(MergeError::Missing(format!("{module}.{name}"))),
            }),
            TypeRef::Memory(_) | TypeRef::Table(_) => {}
            _ => return Err(MergeError::Unsupported("imports of tags")),
        }
        Ok(())
    }
}

/// `i32.const n`, or `global.get base`, or their sum. The base is the only global that such an expression may name.
fn place(expression: &wasmparser::ConstExpr<'_>) -> Result<Place, MergeError> {
    let mut place = Place { relative: false, offset: 0 };
    for operator in expression.get_operators_reader() {
        match operator? {
            Operator::I32Const { value } => place.offset = value.cast_unsigned(),
            Operator::GlobalGet { .. } => place.relative = true,
            Operator::I32Add | Operator::End => {}
            _ => return Err(MergeError::Unsupported("an offset that is computed")),
        }
    }
    Ok(place)
}

/// The value of a constant global, as [`place`].
pub(super) fn constant(global: &Global<'_>) -> Result<Place, MergeError> {
    place(&global.init_expr)
}

/// The value of a global of 32 bits whose initial value is a constant, another global, or a sum of those; `known` are the values of
/// the globals before it. None: it is of another type.
pub(super) fn value(global: &Global<'_>, known: &[u32]) -> Result<Option<u32>, MergeError> {
    if global.ty.content_type != wasmparser::ValType::I32 {
        return Ok(None);
    }
    let mut sum = 0u32;
    for operator in global.init_expr.get_operators_reader() {
        match operator? {
            Operator::I32Const { value } => sum = sum.wrapping_add(value.cast_unsigned()),
            Operator::GlobalGet { global_index } => {
                let named =
                    known.get(global_index as usize).ok_or(MergeError::Unsupported("a global of later ones"))?;
                sum = sum.wrapping_add(*named);
            }
            Operator::I32Add | Operator::End => {}
            _ => return Err(MergeError::Unsupported("an initial value that is computed")),
        }
    }
    Ok(Some(sum))
}
