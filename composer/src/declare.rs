//! A workbook's types at the component level.
//!
//! Declared types must have a name where they are used in an import or export. They get it from the imported instance
//! `wb:book/types`, which holds nothing but types. Composition merges equal ones, and no host has to provide anything.

use std::collections::HashMap;
use std::sync::Arc;

use wasm_encoder::{
    ComponentBuilder, ComponentDefinedTypeEncoder, ComponentExportKind, ComponentTypeRef, ComponentValType,
    InstanceType, PrimitiveValType, TypeBounds,
};

use crate::types::{Named, Shape, Type};

/// The instance that declares a workbook's own types.
pub(crate) const BOOK_TYPES: &str = "wb:book/types";

/// Everything that `used` declares, innermost first, and its name in [`BOOK_TYPES`]: two components may each call
/// something else `row`.
pub(crate) fn declared<'a>(used: impl Iterator<Item = &'a Type>) -> Vec<(String, Arc<Named>)> {
    let mut declarations = Vec::new();
    used.for_each(|ty| ty.declarations(&mut declarations));
    let mut named: Vec<(String, Arc<Named>)> = Vec::new();
    for declaration in declarations {
        let taken = |name: &str| named.iter().any(|(taken, _)| taken == name);
        let mut name = declaration.name.clone();
        let mut number = 2;
        while taken(&name) {
            name = format!("{}-n{number}", declaration.name);
            number += 1;
        }
        named.push((name, declaration));
    }
    named
}

/// Something types can be defined in: a component, or an instance type.
trait Definitions {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>);
}

impl Definitions for ComponentBuilder {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        self.type_defined(None)
    }
}

impl Definitions for InstanceType {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        (self.type_count(), self.ty().defined_type())
    }
}

/// Types already defined in some place.
#[derive(Default)]
pub(crate) struct Known(HashMap<Type, u32>);

impl Known {
    /// Imports the instance that declares whatever `used` mentions.
    pub(crate) fn import<'a>(builder: &mut ComponentBuilder, used: impl Iterator<Item = &'a Type>) -> Self {
        let mut known = Known::default();
        let declarations = declared(used);
        if !declarations.is_empty() {
            let mut book = InstanceType::new();
            let mut inside = Known::default();
            for (name, named) in &declarations {
                let index = inside.declare(named, &mut book);
                book.export(name.as_str(), ComponentTypeRef::Type(TypeBounds::Eq(index)));
                // The export is a new name for the type, and the one later declarations must use.
                inside.0.insert(Type::Named(Arc::clone(named)), book.type_count() - 1);
            }
            let ty = builder.type_instance(None, &book);
            let instance = builder.import(BOOK_TYPES, ComponentTypeRef::Instance(ty));
            for (name, named) in &declarations {
                let index = builder.alias_export(instance, name, ComponentExportKind::Type);
                known.0.insert(Type::Named(Arc::clone(named)), index);
            }
        }
        known
    }

    /// A type, defined in a component.
    pub(crate) fn of(&mut self, builder: &mut ComponentBuilder, ty: &Type) -> ComponentValType {
        self.value(ty, builder)
    }

    fn value(&mut self, ty: &Type, place: &mut impl Definitions) -> ComponentValType {
        if let Some(primitive) = primitive(ty) {
            return ComponentValType::Primitive(primitive);
        }
        if let Some(index) = self.0.get(ty) {
            return ComponentValType::Type(*index);
        }
        let index = self.define(ty, place);
        self.0.insert(ty.clone(), index);
        ComponentValType::Type(index)
    }

    fn define(&mut self, ty: &Type, place: &mut impl Definitions) -> u32 {
        match ty {
            Type::List(inner) => {
                let inner = self.value(inner, place);
                let (index, encoder) = place.define();
                encoder.list(inner);
                index
            }
            Type::Option(inner) => {
                let inner = self.value(inner, place);
                let (index, encoder) = place.define();
                encoder.option(inner);
                index
            }
            Type::Result(ok, err) => {
                let ok = ok.as_ref().map(|ty| self.value(ty, place));
                let err = err.as_ref().map(|ty| self.value(ty, place));
                let (index, encoder) = place.define();
                encoder.result(ok, err);
                index
            }
            Type::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|ty| self.value(ty, place)).collect();
                let (index, encoder) = place.define();
                encoder.tuple(items);
                index
            }
            Type::Named(named) => self.declare(named, place),
            _ => unreachable!("primitives were answered above"),
        }
    }

    fn declare(&mut self, named: &Arc<Named>, place: &mut impl Definitions) -> u32 {
        match &named.shape {
            Shape::Record(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, ty)| (name.as_str(), self.value(ty, place))).collect();
                let (index, encoder) = place.define();
                encoder.record(fields);
                index
            }
            Shape::Variant(cases) => {
                let cases: Vec<_> = cases
                    .iter()
                    .map(|(name, ty)| (name.as_str(), ty.as_ref().map(|ty| self.value(ty, place))))
                    .collect();
                let (index, encoder) = place.define();
                encoder.variant(cases);
                index
            }
            Shape::Enum(names) => {
                let (index, encoder) = place.define();
                encoder.enum_type(names.iter().map(String::as_str));
                index
            }
            Shape::Flags(names) => {
                let (index, encoder) = place.define();
                encoder.flags(names.iter().map(String::as_str));
                index
            }
        }
    }
}

fn primitive(ty: &Type) -> Option<PrimitiveValType> {
    Some(match ty {
        Type::Bool => PrimitiveValType::Bool,
        Type::S8 => PrimitiveValType::S8,
        Type::U8 => PrimitiveValType::U8,
        Type::S16 => PrimitiveValType::S16,
        Type::U16 => PrimitiveValType::U16,
        Type::S32 => PrimitiveValType::S32,
        Type::U32 => PrimitiveValType::U32,
        Type::S64 => PrimitiveValType::S64,
        Type::U64 => PrimitiveValType::U64,
        Type::F32 => PrimitiveValType::F32,
        Type::F64 => PrimitiveValType::F64,
        Type::Char => PrimitiveValType::Char,
        Type::String | Type::Json => PrimitiveValType::String,
        _ => return None,
    })
}
