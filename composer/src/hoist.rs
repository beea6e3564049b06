//! Code as data: core modules taken out of components and turned into imports.
//!
//! A component that carries its core modules inline must be compiled as a whole, and two components with the same
//! module inside compile it twice. [`hoist`] replaces every large top-level core module by a core-module import named
//! after its content, so that compositions are only wiring: a host compiles each module once, keeps it by digest, and
//! hands it in. [`embed`] is the way back, for artifacts that must stand alone: the imports become modules again, each
//! once, whatever the number of instances.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wasm_encoder::reencode::{Reencode, ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{
    Component, ComponentBuilder, ComponentExternName, ComponentImportSection, ComponentSectionId, ComponentTypeRef,
    CoreTypeSection, EntityType, ModuleType, RawSection,
};
use wasmparser::{Encoding, ExternalKind, Parser, Payload, TypeRef};

/// Modules smaller than this stay inline: an import costs more than it saves.
const SMALLEST: usize = 2048;

/// A component without its large modules.
#[derive(Debug)]
pub struct Hoisted {
    /// The component, importing what was taken out.
    pub component: Vec<u8>,
    /// What was taken out, by import name.
    pub modules: BTreeMap<String, Vec<u8>>,
}

/// Why a component could not be taken apart or put together.
#[derive(Debug, thiserror::Error)]
pub enum HoistError {
    /// Not a component, or damaged.
    #[error("not a readable component: {0}")]
    Unreadable(String),
}

impl From<wasmparser::BinaryReaderError> for HoistError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Takes the large top-level core modules out of `component`. `digest` names a module by its bytes (lower-case hex).
///
/// A component that uses core types of its own, or modules in ways we cannot type, is returned as it is.
pub fn hoist(component: &[u8], digest: &dyn Fn(&[u8]) -> String) -> Result<Hoisted, HoistError> {
    let mut out = Component::new();
    let mut modules = BTreeMap::new();
    let mut core_types = 0u32;
    let mut skip_to = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding: Encoding::Module, range, .. } if range.start == 0 => {
                return Err(HoistError::Unreadable("this is a core module".to_owned()));
            }
            Payload::CoreTypeSection(_) if skip_to == 0 => {
                return Ok(Hoisted { component: component.to_vec(), modules: BTreeMap::new() });
            }
            _ => {}
        }
        let (id, range) = match &payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                (ComponentSectionId::CoreModule as u8, unchecked_range.clone())
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                (ComponentSectionId::Component as u8, unchecked_range.clone())
            }
            other => match other.as_section() {
                Some(section) => section,
                None => continue,
            },
        };
        // Sections of nested modules and components are visited too; they are part of what was copied whole.
        if range.start < skip_to {
            continue;
        }
        let bytes = &component[range.start as usize..range.end as usize];
        if matches!(payload, Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) {
            skip_to = range.end;
        }
        let module = matches!(payload, Payload::ModuleSection { .. }) && bytes.len() >= SMALLEST;
        match module.then(|| module_type(bytes)).flatten() {
            Some(ty) => {
                let name = format!("wb-m{}", digest(bytes));
                let mut types = CoreTypeSection::new();
                types.ty().module(&ty);
                let mut imports = ComponentImportSection::new();
                imports.import(name.as_str(), ComponentTypeRef::Module(core_types));
                core_types += 1;
                // The same module twice in one component would be the same import twice.
                if modules.insert(name, bytes.to_vec()).is_some() {
                    return Ok(Hoisted { component: component.to_vec(), modules: BTreeMap::new() });
                }
                out.section(&types).section(&imports);
            }
            None => {
                out.section(&RawSection { id, data: bytes });
            }
        }
    }
    Ok(Hoisted { component: out.finish(), modules })
}

/// Puts modules back: every top-level import that `modules` has bytes for becomes a core module.
pub fn embed(component: &[u8], modules: &BTreeMap<String, Cow<'_, [u8]>>) -> Result<Vec<u8>, HoistError> {
    rewrite(component, &|import| match (import.ty, modules.get(import.name.name)) {
        (wasmparser::ComponentTypeRef::Module(_), Some(bytes)) => Rewritten::Module(bytes),
        _ => Rewritten::Name(import.name.into()),
    })
}

/// Gives the top-level import `from` the name `to`.
pub(crate) fn rename_import(component: &[u8], from: &str, to: &str) -> Result<Vec<u8>, HoistError> {
    rename_imports(component, &|name| (name == from).then(|| to.to_owned()))
}

/// Gives top-level imports other names, where there is one for them.
pub(crate) fn rename_imports(component: &[u8], name: &dyn Fn(&str) -> Option<String>) -> Result<Vec<u8>, HoistError> {
    rewrite(component, &|import| match name(import.name.name) {
        Some(name) => Rewritten::Name(name.into()),
        None => Rewritten::Name(import.name.into()),
    })
}

/// What becomes of an import.
enum Rewritten<'a> {
    /// It is imported under this name, with the interface that it implements.
    Name(ComponentExternName<'a>),
    /// A core module stands in its place.
    Module(&'a [u8]),
}

fn rewrite<'a>(
    component: &'a [u8],
    each: &dyn Fn(&wasmparser::ComponentImport<'a>) -> Rewritten<'a>,
) -> Result<Vec<u8>, HoistError> {
    let mut out = Component::new();
    let mut skip_to = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        if let Payload::ComponentImportSection(section) = &payload
            && section.range().start >= skip_to
        {
            for import in section.clone() {
                let import = import?;
                match each(&import) {
                    Rewritten::Module(bytes) => {
                        out.section(&RawSection { id: ComponentSectionId::CoreModule as u8, data: bytes });
                    }
                    Rewritten::Name(name) => {
                        let ty = RoundtripReencoder.component_type_ref(import.ty);
                        let ty = ty.map_err(|e| HoistError::Unreadable(e.to_string()))?;
                        let mut imports = ComponentImportSection::new();
                        imports.import(name, ty);
                        out.section(&imports);
                    }
                }
            }
            continue;
        }
        let (id, range, nested) = match &payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                (ComponentSectionId::CoreModule as u8, unchecked_range.clone(), true)
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                (ComponentSectionId::Component as u8, unchecked_range.clone(), true)
            }
            other => match other.as_section() {
                Some((id, range)) => (id, range, false),
                None => continue,
            },
        };
        if range.start < skip_to {
            continue;
        }
        if nested {
            skip_to = range.end;
        }
        out.section(&RawSection { id, data: &component[range.start as usize..range.end as usize] });
    }
    Ok(out.finish())
}

/// Imports `module` by type under `name`, for a component that is being built. Its code stays outside.
pub(crate) fn import_module(builder: &mut ComponentBuilder, name: &str, module: &[u8]) -> u32 {
    match module_type(module) {
        Some(ty) => {
            let (index, encoder) = builder.core_type(None);
            encoder.module(&ty);
            builder.import(name, ComponentTypeRef::Module(index))
        }
        // Never for the modules we build; carrying the code inline is the same thing, only larger.
        None => builder.core_module_raw(None, module),
    }
}

/// The type of a core module: its imports and exports. `None` where it uses features a module type cannot name.
fn module_type(bytes: &[u8]) -> Option<ModuleType> {
    let mut entities = Entities::default();
    let mut ty = ModuleType::new();
    let mut keep = RoundtripReencoder;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::TypeSection(section) => {
                for func in section.into_iter_err_on_gc_types() {
                    entities.types.push(func.ok()?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.ok()?;
                    let entity = entities.import(import.ty, &mut ty, &mut keep)?;
                    ty.import(import.module, import.name, entity);
                }
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    entities.functions.push(index.ok()?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    entities.tables.push(EntityType::Table(keep.table_type(table.ok()?.ty).ok()?));
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    entities.memories.push(EntityType::Memory(keep.memory_type(memory.ok()?).ok()?));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    entities.globals.push(EntityType::Global(keep.global_type(global.ok()?.ty).ok()?));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.ok()?;
                    let index = export.index as usize;
                    let entity = match export.kind {
                        ExternalKind::Func => entities.function(*entities.functions.get(index)?, &mut ty, &mut keep)?,
                        ExternalKind::Table => *entities.tables.get(index)?,
                        ExternalKind::Memory => *entities.memories.get(index)?,
                        ExternalKind::Global => *entities.globals.get(index)?,
                        _ => return None,
                    };
                    ty.export(export.name, entity);
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Some(ty)
}

/// Index spaces of a module while its type is worked out.
#[derive(Default)]
struct Entities {
    types: Vec<wasmparser::FuncType>,
    /// Type index of each function.
    functions: Vec<u32>,
    tables: Vec<EntityType>,
    memories: Vec<EntityType>,
    globals: Vec<EntityType>,
    /// Where a function type already stands in the module type.
    placed: BTreeMap<u32, u32>,
}

impl Entities {
    fn import(&mut self, import: TypeRef, ty: &mut ModuleType, keep: &mut RoundtripReencoder) -> Option<EntityType> {
        Some(match import {
            TypeRef::Func(index) => {
                self.functions.push(index);
                self.function(index, ty, keep)?
            }
            TypeRef::Table(table) => {
                self.tables.push(EntityType::Table(keep.table_type(table).ok()?));
                *self.tables.last()?
            }
            TypeRef::Memory(memory) => {
                self.memories.push(EntityType::Memory(keep.memory_type(memory).ok()?));
                *self.memories.last()?
            }
            TypeRef::Global(global) => {
                self.globals.push(EntityType::Global(keep.global_type(global).ok()?));
                *self.globals.last()?
            }
            _ => return None,
        })
    }

    /// A function entity; its type is written into the module type on first use.
    fn function(&mut self, index: u32, ty: &mut ModuleType, keep: &mut RoundtripReencoder) -> Option<EntityType> {
        if let Some(placed) = self.placed.get(&index) {
            return Some(EntityType::Function(*placed));
        }
        let func = self.types.get(index as usize)?;
        let mut values = |list: &[wasmparser::ValType]| -> Option<Vec<_>> {
            list.iter().map(|value| keep.val_type(*value).ok()).collect()
        };
        let (params, results) = (values(func.params())?, values(func.results())?);
        let placed = ty.type_count();
        ty.ty().function(params, results);
        self.placed.insert(index, placed);
        Some(EntityType::Function(placed))
    }
}
