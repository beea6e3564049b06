//! A signature as a component-level function type.
//!
//! Declared types must have a name where they are used in an export; they get it from the imported instance
//! `wb:book/types`, which holds nothing but types. Port adapters import the same one, and composition merges them.

use std::collections::HashMap;
use std::sync::Arc;

use wasm_encoder::{
    ComponentBuilder, ComponentDefinedTypeEncoder, ComponentExportKind, ComponentTypeRef, ComponentValType,
    InstanceType, PrimitiveValType, TypeBounds,
};

use crate::types::{Named, Shape, Signature, Type};

/// The instance that declares a workbook's own types.
const BOOK_TYPES: &str = "wb:book/types";

/// Defines the type of `signature`, and imports the declarations it needs.
pub(super) fn function(builder: &mut ComponentBuilder, signature: &Signature) -> u32 {
    let mut declared = Vec::new();
    signature.params.iter().map(|(_, ty)| ty).chain(&signature.result).for_each(|ty| ty.declarations(&mut declared));
    let mut known = HashMap::new();
    if !declared.is_empty() {
        let mut book = InstanceType::new();
        let mut inside = HashMap::new();
        for named in &declared {
            let index = declare(named, &mut book, &mut inside);
            book.export(named.name.as_str(), ComponentTypeRef::Type(TypeBounds::Eq(index)));
            // The export is a new name for the type, and the one later declarations must use.
            inside.insert(Type::Named(Arc::clone(named)), book.type_count() - 1);
        }
        let ty = builder.type_instance(None, &book);
        let instance = builder.import(BOOK_TYPES, ComponentTypeRef::Instance(ty));
        for named in &declared {
            let index = builder.alias_export(instance, &named.name, ComponentExportKind::Type);
            known.insert(Type::Named(Arc::clone(named)), index);
        }
    }
    let mut value = |ty: &Type| value(ty, builder, &mut known);
    let params: Vec<_> = signature.params.iter().map(|(name, ty)| (name.as_str(), value(ty))).collect();
    let result = signature.result.as_ref().map(value);
    let (index, mut encoder) = builder.type_function(None);
    encoder.params(params).result(result);
    index
}

/// Something types can be defined in: a component, or an instance type.
trait Place {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>);
}

impl Place for ComponentBuilder {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        self.type_defined(None)
    }
}

impl Place for InstanceType {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        (self.type_count(), self.ty().defined_type())
    }
}

/// Types already defined in a place.
type Known = HashMap<Type, u32>;

fn value(ty: &Type, place: &mut impl Place, known: &mut Known) -> ComponentValType {
    if let Some(primitive) = primitive(ty) {
        return ComponentValType::Primitive(primitive);
    }
    if let Some(index) = known.get(ty) {
        return ComponentValType::Type(*index);
    }
    let mut parts = |ty: &Type| value(ty, place, known);
    let index = match ty {
        Type::List(inner) | Type::Option(inner) => {
            let (inner, is_list) = (parts(inner), matches!(ty, Type::List(_)));
            let (index, encoder) = place.define();
            if is_list {
                encoder.list(inner)
            } else {
                encoder.option(inner)
            };
            index
        }
        Type::Result(ok, err) => {
            let (ok, err) = (ok.as_deref().map(&mut parts), err.as_deref().map(&mut parts));
            let (index, encoder) = place.define();
            encoder.result(ok, err);
            index
        }
        Type::Tuple(items) => {
            let items: Vec<_> = items.iter().map(parts).collect();
            let (index, encoder) = place.define();
            encoder.tuple(items);
            index
        }
        Type::Named(named) => declare(named, place, known),
        _ => unreachable!("primitives were answered above"),
    };
    known.insert(ty.clone(), index);
    ComponentValType::Type(index)
}

fn declare(named: &Named, place: &mut impl Place, known: &mut Known) -> u32 {
    let mut part = |ty: &Type| value(ty, place, known);
    match &named.shape {
        Shape::Record(fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, ty)| (name.as_str(), part(ty))).collect();
            let (index, encoder) = place.define();
            encoder.record(fields);
            index
        }
        Shape::Variant(cases) => {
            let cases: Vec<_> = cases.iter().map(|(name, ty)| (name.as_str(), ty.as_ref().map(&mut part))).collect();
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
