//! The types of an adapter: those of the workbook, and the port error, which the imported instance `wb:node/types` declares.

use wasm_encoder::{
    ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, InstanceType, PrimitiveValType,
    TypeBounds,
};

use crate::declare::Known;
use crate::types::Type;

/// The instance that declares the port error.
pub(super) const NODE_TYPES: &str = "wb:node/types@0.1.0";

/// The types of one adapter, importable declarations included.
pub(super) struct Types {
    known: Known,
    error: ComponentValType,
}

impl Types {
    /// Imports the instances that declare the port error and whatever `used` mentions.
    pub(super) fn import<'a>(builder: &mut ComponentBuilder, used: impl Iterator<Item = &'a Type>) -> Self {
        let mut node = InstanceType::new();
        let string = ComponentValType::Primitive(PrimitiveValType::String);
        let record = node.type_count();
        node.ty().defined_type().record([("component", string), ("message", string)]);
        node.export("port-error", ComponentTypeRef::Type(TypeBounds::Eq(record)));
        let ty = builder.type_instance(None, &node);
        let instance = builder.import(NODE_TYPES, ComponentTypeRef::Instance(ty));
        let error = builder.alias_export(instance, "port-error", ComponentExportKind::Type);

        let known = Known::import(builder, used);
        Self { known, error: ComponentValType::Type(error) }
    }

    pub(super) fn value(&mut self, builder: &mut ComponentBuilder, ty: &Type) -> ComponentValType {
        self.known.of(builder, ty)
    }

    /// `func() -> result<ty, port-error>`.
    pub(super) fn port(&mut self, builder: &mut ComponentBuilder, ty: Option<&Type>) -> u32 {
        self.port_with(builder, &[], ty)
    }

    /// The same with parameters.
    pub(super) fn port_with(
        &mut self,
        builder: &mut ComponentBuilder,
        params: &[(&str, ComponentValType)],
        ty: Option<&Type>,
    ) -> u32 {
        let ok = ty.map(|ty| self.value(builder, ty));
        let (result, encoder) = builder.type_defined(None);
        encoder.result(ok, Some(self.error));
        function(builder, params, Some(ComponentValType::Type(result)))
    }
}

/// A function type.
pub(super) fn function(
    builder: &mut ComponentBuilder,
    params: &[(&str, ComponentValType)],
    result: Option<ComponentValType>,
) -> u32 {
    let (index, mut encoder) = builder.type_function(None);
    encoder.params(params.iter().copied()).result(result);
    index
}
