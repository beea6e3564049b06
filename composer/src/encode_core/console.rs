//! The one import a core module may have: the log of its step.
//!
//! The host reads a line from the module's memory, which is there only once the module is instantiated, which needs
//! the import. So the module is given a function that calls through a table, and the table is filled afterwards.

use wasm_encoder::{
    CanonicalOption, CodeSection, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ConstExpr,
    ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstanceType, Module, ModuleArg, PrimitiveValType, RefType, TableSection, TableType, TypeSection, ValType,
};

/// The interface, which is also the name of the core module's import.
pub(super) const INTERFACE: &str = "wb:engine/console@0.1.0";
/// The function in it.
pub(super) const LOG: &str = "log";
/// Its core type: address and length of a line.
pub(super) const PARAMS: [ValType; 2] = [ValType::I32, ValType::I32];

const TABLE: &str = "table";

/// What stands between the module and the console.
pub(super) struct Console {
    log: u32,
    shim: u32,
}

impl Console {
    /// Imports the console, and makes the instance to give to the module.
    pub(super) fn import(builder: &mut ComponentBuilder) -> (Self, u32) {
        let mut interface = InstanceType::new();
        let line = ComponentValType::Primitive(PrimitiveValType::String);
        interface.ty().function().params([("line", line)]).result(None);
        interface.export(LOG, ComponentTypeRef::Func(0));
        let ty = builder.type_instance(None, &interface);
        let console = builder.import(INTERFACE, ComponentTypeRef::Instance(ty));
        let log = builder.alias_export(console, LOG, ComponentExportKind::Func);
        let module = builder.core_module(None, &shim());
        let shim = builder.core_instantiate::<[(&str, ModuleArg); 0]>(None, module, []);
        let function = builder.core_alias_export(None, shim, LOG, ExportKind::Func);
        let given = builder.core_instantiate_exports(None, [(LOG, ExportKind::Func, function)]);
        (Self { log, shim }, given)
    }

    /// Connects the two, now that there is a memory.
    pub(super) fn connect(self, builder: &mut ComponentBuilder, memory: u32) {
        let log = builder.lower_func(None, self.log, [CanonicalOption::UTF8, CanonicalOption::Memory(memory)]);
        let table = builder.core_alias_export(None, self.shim, TABLE, ExportKind::Table);
        let from =
            builder.core_instantiate_exports(None, [(TABLE, ExportKind::Table, table), (LOG, ExportKind::Func, log)]);
        let module = builder.core_module(None, &filler());
        builder.core_instantiate(None, module, [("", ModuleArg::Instance(from))]);
    }
}

fn table() -> TableType {
    TableType { element_type: RefType::FUNCREF, table64: false, minimum: 1, maximum: Some(1), shared: false }
}

fn types() -> TypeSection {
    let mut types = TypeSection::new();
    types.ty().function(PARAMS, []);
    types
}

/// A module whose function calls what is in its table.
fn shim() -> Module {
    let (mut functions, mut tables, mut exports, mut code) =
        (FunctionSection::new(), TableSection::new(), ExportSection::new(), CodeSection::new());
    functions.function(0);
    tables.table(table());
    exports.export(TABLE, ExportKind::Table, 0).export(LOG, ExportKind::Func, 0);
    let mut log = Function::new([]);
    log.instructions().local_get(0).local_get(1).i32_const(0).call_indirect(0, 0).end();
    code.function(&log);
    let mut module = Module::new();
    module.section(&types()).section(&functions).section(&tables).section(&exports).section(&code);
    module
}

/// A module that puts a function into a table.
fn filler() -> Module {
    let (mut imports, mut elements) = (ImportSection::new(), ElementSection::new());
    imports.import("", TABLE, table()).import("", LOG, EntityType::Function(0));
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([0].as_slice().into()));
    let mut module = Module::new();
    module.section(&types()).section(&imports).section(&elements);
    module
}
