//! Sizes and alignments of values in memory (Component Model, Canonical ABI, "Alignment" and "Element Size").

use crate::descriptor::Type;

/// Alignment in bytes.
pub fn align(ty: &Type) -> u32 {
    match ty {
        Type::Bool => 1,
        Type::Signed(size) | Type::Unsigned(size) | Type::Float(size) => *size,
        Type::Char | Type::String | Type::Json | Type::List(_) => 4,
        Type::Option(inner) => align(inner),
        Type::Result(ok, err) => side_align(ok.as_deref()).max(side_align(err.as_deref())),
        Type::Tuple(items) => items.iter().map(align).max().unwrap_or(1),
        Type::Record(fields) => fields.iter().map(|(_, ty)| align(ty)).max().unwrap_or(1),
        Type::Variant(cases) => {
            discriminant(cases.len()).max(cases.iter().map(|(_, ty)| side_align(ty.as_ref())).max().unwrap_or(1))
        }
        Type::Enum(cases) => discriminant(cases.len()),
        Type::Flags(names) => flags(names.len()),
    }
}

/// Size in bytes, padding included.
pub fn size(ty: &Type) -> u32 {
    match ty {
        Type::Bool => 1,
        Type::Signed(size) | Type::Unsigned(size) | Type::Float(size) => *size,
        Type::Char => 4,
        Type::String | Type::Json | Type::List(_) => 8,
        Type::Option(inner) => (payload(1, align(inner)) + size(inner)).next_multiple_of(align(ty)),
        Type::Result(ok, err) => {
            let most = side_size(ok.as_deref()).max(side_size(err.as_deref()));
            (payload(1, align(ty)) + most).next_multiple_of(align(ty))
        }
        Type::Tuple(items) => end(items.iter()).next_multiple_of(align(ty)),
        Type::Record(fields) => end(fields.iter().map(|(_, ty)| ty)).next_multiple_of(align(ty)),
        Type::Variant(cases) => {
            let most = cases.iter().map(|(_, ty)| side_size(ty.as_ref())).max().unwrap_or(0);
            (variant_payload(cases) + most).next_multiple_of(align(ty))
        }
        Type::Enum(cases) => discriminant(cases.len()),
        Type::Flags(names) => flags(names.len()),
    }
}

/// Where the payload of an option or result begins, given the payload's largest alignment.
pub fn payload(discriminant: u32, align: u32) -> u32 {
    discriminant.next_multiple_of(align.max(1))
}

/// Where the payloads of a variant begin.
pub fn variant_payload(cases: &[(String, Option<Type>)]) -> u32 {
    let most = cases.iter().map(|(_, ty)| side_align(ty.as_ref())).max().unwrap_or(1);
    payload(discriminant(cases.len()), most)
}

/// Offsets of consecutive fields.
pub fn offsets<'a>(types: impl Iterator<Item = &'a Type>) -> impl Iterator<Item = (u32, &'a Type)> {
    let mut at = 0u32;
    types.map(move |ty| {
        let start = at.next_multiple_of(align(ty));
        at = start + size(ty);
        (start, ty)
    })
}

/// Bytes of a discriminant for that many cases.
pub fn discriminant(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Bytes of a flags value.
pub fn flags(names: usize) -> u32 {
    match names {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

/// The size of one element when a list of it is one flat run of little-endian scalars, so that it can be copied whole.
pub fn flat_scalar(ty: &Type) -> Option<u32> {
    match ty {
        Type::Signed(size) | Type::Unsigned(size) | Type::Float(size) => Some(*size),
        _ => None,
    }
}

fn end<'a>(types: impl Iterator<Item = &'a Type>) -> u32 {
    offsets(types).last().map_or(0, |(at, ty)| at + size(ty))
}

fn side_align(ty: Option<&Type>) -> u32 {
    ty.map_or(1, align)
}

fn side_size(ty: Option<&Type>) -> u32 {
    ty.map_or(0, size)
}
