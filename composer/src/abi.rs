//! Sizes, alignments and flat forms of values (Component Model, Canonical ABI: "Alignment", "Element Size",
//! "Flattening").

use wasm_encoder::ValType;

use crate::types::{Shape, Type};

/// Parameters beyond this many flat values are passed through memory.
pub const MAX_FLAT_PARAMS: usize = 16;
/// Results beyond this many flat values are returned through memory.
pub const MAX_FLAT_RESULTS: usize = 1;

/// Alignment in bytes.
pub fn align(ty: &Type) -> u32 {
    match ty {
        Type::Bool | Type::S8 | Type::U8 => 1,
        Type::S16 | Type::U16 => 2,
        Type::S32 | Type::U32 | Type::F32 | Type::Char | Type::String | Type::Json | Type::List(_) => 4,
        Type::S64 | Type::U64 | Type::F64 => 8,
        Type::Option(inner) => align(inner),
        Type::Result(ok, err) => side_align(ok.as_deref()).max(side_align(err.as_deref())),
        Type::Tuple(items) => items.iter().map(align).max().unwrap_or(1),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => fields.iter().map(|(_, ty)| align(ty)).max().unwrap_or(1),
            Shape::Variant(cases) => {
                let most = cases.iter().map(|(_, ty)| side_align(ty.as_ref())).max().unwrap_or(1);
                discriminant(cases.len()).max(most)
            }
            Shape::Enum(cases) => discriminant(cases.len()),
            Shape::Flags(names) => flag_bytes(names.len()),
        },
    }
}

/// Size in bytes, padding included.
pub fn size(ty: &Type) -> u32 {
    match ty {
        Type::String | Type::Json | Type::List(_) => 8,
        Type::Tuple(items) => Fields::of(items.iter()).size,
        Type::Option(_) | Type::Result(..) => {
            let cases = sides(ty);
            let most = cases.iter().map(|ty| side_size(*ty)).max().unwrap_or(0);
            (payload_offset(&cases) + most).next_multiple_of(align(ty))
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => Fields::of(fields.iter().map(|(_, ty)| ty)).size,
            Shape::Variant(_) => {
                let cases = sides(ty);
                let most = cases.iter().map(|ty| side_size(*ty)).max().unwrap_or(0);
                (payload_offset(&cases) + most).next_multiple_of(align(ty))
            }
            Shape::Enum(_) | Shape::Flags(_) => align(ty),
        },
        scalar => align(scalar),
    }
}

/// Where consecutive fields lie.
pub struct Fields {
    /// Offset of each field.
    pub offsets: Vec<u32>,
    /// Total size, padded.
    pub size: u32,
    /// Alignment of the whole.
    pub align: u32,
}

impl Fields {
    /// Lays out `types` as a record.
    pub fn of<'a>(types: impl Iterator<Item = &'a Type>) -> Self {
        let (mut offsets, mut end, mut most) = (Vec::new(), 0u32, 1);
        for ty in types {
            let align = align(ty);
            let start = end.next_multiple_of(align);
            offsets.push(start);
            end = start + size(ty);
            most = most.max(align);
        }
        Self { offsets, size: end.next_multiple_of(most), align: most }
    }
}

/// The payload types of a type with a discriminant, in case order; empty for every other type.
pub fn sides(ty: &Type) -> Vec<Option<&Type>> {
    match ty {
        Type::Option(inner) => vec![None, Some(inner)],
        Type::Result(ok, err) => vec![ok.as_deref(), err.as_deref()],
        Type::Named(named) => match &named.shape {
            Shape::Variant(cases) => cases.iter().map(|(_, ty)| ty.as_ref()).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Where the payload of a value with these cases begins.
pub fn payload_offset(cases: &[Option<&Type>]) -> u32 {
    let most = cases.iter().map(|ty| side_align(*ty)).max().unwrap_or(1);
    discriminant(cases.len()).next_multiple_of(most)
}

/// Bytes of a discriminant.
pub fn discriminant(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

fn flag_bytes(names: usize) -> u32 {
    match names {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

fn side_align(ty: Option<&Type>) -> u32 {
    ty.map_or(1, align)
}

fn side_size(ty: Option<&Type>) -> u32 {
    ty.map_or(0, size)
}

/// The core values a value is passed as.
pub fn flat(ty: &Type) -> Vec<ValType> {
    match ty {
        Type::S64 | Type::U64 => vec![ValType::I64],
        Type::F32 => vec![ValType::F32],
        Type::F64 => vec![ValType::F64],
        Type::String | Type::Json | Type::List(_) => vec![ValType::I32, ValType::I32],
        Type::Tuple(items) => items.iter().flat_map(flat).collect(),
        Type::Option(_) | Type::Result(..) => flat_cases(&sides(ty)),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => fields.iter().flat_map(|(_, ty)| flat(ty)).collect(),
            Shape::Variant(_) => flat_cases(&sides(ty)),
            Shape::Enum(_) | Shape::Flags(_) => vec![ValType::I32],
        },
        _ => vec![ValType::I32],
    }
}

/// A discriminant, then one slot per position that any case uses, wide enough for all of them.
fn flat_cases(cases: &[Option<&Type>]) -> Vec<ValType> {
    let mut slots: Vec<ValType> = Vec::new();
    for ty in cases.iter().copied().flatten() {
        for (index, value) in flat(ty).into_iter().enumerate() {
            match slots.get_mut(index) {
                Some(slot) => *slot = join(*slot, value),
                None => slots.push(value),
            }
        }
    }
    slots.insert(0, ValType::I32);
    slots
}

/// The narrowest core type that holds both (Canonical ABI, `join`).
pub fn join(a: ValType, b: ValType) -> ValType {
    match (a, b) {
        (a, b) if a == b => a,
        (ValType::I32, ValType::F32) | (ValType::F32, ValType::I32) => ValType::I32,
        _ => ValType::I64,
    }
}
