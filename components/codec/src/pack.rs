//! The packed form: a value as bytes with no addresses and no padding, for caches and cut edges.
//!
//! Scalars little-endian in their width; strings and lists a `u32` count and their items; records, tuples and payloads
//! in order; discriminants and flags in their canonical width. A list of numbers is one copy in either direction.
//! Equal values have equal bytes, so a digest of the packed form identifies the value.

use crate::descriptor::Type;
use crate::layout;
use crate::memory::Memory;

/// Packs the value at `addr`.
pub fn pack(memory: &impl Memory, ty: &Type, addr: u32, out: &mut Vec<u8>) {
    match ty {
        Type::Bool
        | Type::Signed(_)
        | Type::Unsigned(_)
        | Type::Float(_)
        | Type::Char
        | Type::Enum(_)
        | Type::Flags(_) => {
            out.extend_from_slice(memory.read(addr, layout::size(ty)));
        }
        Type::String | Type::Json => {
            let (start, len) = (memory.u32(addr), memory.u32(addr + 4));
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(memory.read(start, len));
        }
        Type::List(item) => {
            let (start, len) = (memory.u32(addr), memory.u32(addr + 4));
            out.extend_from_slice(&len.to_le_bytes());
            if let Some(size) = layout::flat_scalar(item) {
                out.extend_from_slice(memory.read(start, len * size));
            } else {
                let stride = layout::size(item);
                (0..len).for_each(|i| pack(memory, item, start + i * stride, out));
            }
        }
        Type::Option(inner) => {
            let some = memory.uint(addr, 1);
            out.push(some as u8);
            if some == 1 {
                pack(memory, inner, addr + layout::payload(1, layout::align(inner)), out);
            }
        }
        Type::Result(ok, err) => {
            let case = memory.uint(addr, 1);
            out.push(case as u8);
            if let Some(side) = if case == 0 { ok } else { err } {
                pack(memory, side, addr + layout::payload(1, layout::align(ty)), out);
            }
        }
        Type::Tuple(items) => layout::offsets(items.iter()).for_each(|(at, ty)| pack(memory, ty, addr + at, out)),
        Type::Record(fields) => {
            layout::offsets(fields.iter().map(|(_, ty)| ty)).for_each(|(at, ty)| pack(memory, ty, addr + at, out));
        }
        Type::Variant(cases) => {
            let width = layout::discriminant(cases.len());
            out.extend_from_slice(memory.read(addr, width));
            if let Some((_, Some(payload))) = cases.get(memory.uint(addr, width) as usize) {
                pack(memory, payload, addr + layout::variant_payload(cases), out);
            }
        }
    }
}

/// Unpacks `bytes` into the value at `addr`. `None` when they are not a packed value of that type: a damaged cache.
pub fn unpack(memory: &mut impl Memory, ty: &Type, bytes: &[u8], addr: u32) -> Option<()> {
    let mut rest = bytes;
    value(memory, ty, &mut rest, addr)?;
    rest.is_empty().then_some(())
}

fn take<'a>(rest: &mut &'a [u8], len: u32) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(len as usize)?;
    *rest = tail;
    Some(head)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    take(rest, 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn value(memory: &mut impl Memory, ty: &Type, rest: &mut &[u8], addr: u32) -> Option<()> {
    match ty {
        Type::Bool => {
            let byte = take(rest, 1)?;
            (byte[0] <= 1).then(|| memory.write(addr, byte))?;
        }
        Type::Signed(_) | Type::Unsigned(_) | Type::Float(_) => memory.write(addr, take(rest, layout::size(ty))?),
        Type::Char => {
            let word = take_u32(rest)?;
            char::from_u32(word)?;
            memory.set_u32(addr, word);
        }
        Type::Enum(cases) => {
            case(memory, rest, addr, cases.len())?;
        }
        Type::Flags(names) => memory.write(addr, take(rest, layout::flags(names.len()))?),
        Type::String | Type::Json => {
            let len = take_u32(rest)?;
            let text = take(rest, len)?;
            core::str::from_utf8(text).ok()?;
            let start = memory.alloc(len, 1);
            memory.write(start, text);
            memory.set_u32(addr, start);
            memory.set_u32(addr + 4, len);
        }
        Type::List(item) => list(memory, item, rest, addr)?,
        Type::Option(inner) => {
            if case(memory, rest, addr, 2)? == 1 {
                value(memory, inner, rest, addr + layout::payload(1, layout::align(inner)))?;
            }
        }
        Type::Result(ok, err) => {
            let side = if case(memory, rest, addr, 2)? == 0 { ok } else { err };
            if let Some(side) = side {
                value(memory, side, rest, addr + layout::payload(1, layout::align(ty)))?;
            }
        }
        Type::Tuple(items) => {
            for (at, ty) in layout::offsets(items.iter()) {
                value(memory, ty, rest, addr + at)?;
            }
        }
        Type::Record(fields) => {
            for (at, ty) in layout::offsets(fields.iter().map(|(_, ty)| ty)) {
                value(memory, ty, rest, addr + at)?;
            }
        }
        Type::Variant(cases) => {
            let index = case(memory, rest, addr, cases.len())?;
            if let (_, Some(payload)) = &cases[index as usize] {
                value(memory, payload, rest, addr + layout::variant_payload(cases))?;
            }
        }
    }
    Some(())
}

/// Copies a discriminant and checks it.
fn case(memory: &mut impl Memory, rest: &mut &[u8], addr: u32, cases: usize) -> Option<u32> {
    let width = layout::discriminant(cases);
    memory.write(addr, take(rest, width)?);
    let index = memory.uint(addr, width);
    ((index as usize) < cases).then_some(index)
}

fn list(memory: &mut impl Memory, item: &Type, rest: &mut &[u8], addr: u32) -> Option<()> {
    let len = take_u32(rest)?;
    let stride = layout::size(item);
    let bytes = len.checked_mul(stride)?;
    let start = if let Some(size) = layout::flat_scalar(item) {
        let run = take(rest, len.checked_mul(size)?)?;
        let start = memory.alloc(bytes, layout::align(item));
        memory.write(start, run);
        start
    } else {
        // Every item takes at least a byte except empty records, so a count beyond the input is damage, not data.
        if len as usize > rest.len() && stride > 0 {
            return None;
        }
        let start = memory.alloc(bytes, layout::align(item));
        for i in 0..len {
            value(memory, item, rest, start + i * stride)?;
        }
        start
    };
    memory.set_u32(addr, start);
    memory.set_u32(addr + 4, len);
    Some(())
}
