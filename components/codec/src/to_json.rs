//! A value as JSON text.
//!
//! Records are objects with the names as declared, variants `{"case": payload}` or `"case"`, results `{"ok": …}` and
//! `{"err": …}`, options the value or `null`, flags a list of names. Numbers JSON has no form for are the strings
//! `"NaN"`, `"Infinity"` and `"-Infinity"`, as in protobuf's JSON mapping, so that nothing is silently lost.

use crate::descriptor::Type;
use crate::json::quote;
use crate::layout;
use crate::memory::Memory;

/// Appends the value at `addr` to `out`.
pub fn to_json(memory: &impl Memory, ty: &Type, addr: u32, out: &mut Vec<u8>) {
    match ty {
        Type::Bool => literal(if memory.uint(addr, 1) == 1 { "true" } else { "false" }, out),
        Type::Signed(size) => literal(&signed(memory, addr, *size).to_string(), out),
        Type::Unsigned(size) => literal(&unsigned(memory, addr, *size).to_string(), out),
        Type::Float(4) => float32(f32::from_bits(memory.u32(addr)), out),
        Type::Float(_) => float64(f64::from_bits(unsigned(memory, addr, 8)), out),
        Type::Char => quote(char::from_u32(memory.u32(addr)).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]), out),
        Type::String => quote(text(memory, addr), out),
        Type::Json => literal(text(memory, addr), out),
        Type::List(item) => {
            let (start, len, stride) = (memory.u32(addr), memory.u32(addr + 4), layout::size(item));
            sequence(out, (0..len).map(|i| (start + i * stride, &**item)), memory);
        }
        Type::Tuple(items) => sequence(out, layout::offsets(items.iter()).map(|(at, ty)| (addr + at, ty)), memory),
        Type::Option(inner) => match memory.uint(addr, 1) {
            0 => literal("null", out),
            _ => to_json(memory, inner, addr + layout::payload(1, layout::align(inner)), out),
        },
        Type::Result(ok, err) => {
            let (name, side) = if memory.uint(addr, 1) == 0 { ("ok", ok) } else { ("err", err) };
            tagged(memory, name, side.as_deref(), addr + layout::payload(1, layout::align(ty)), out);
        }
        Type::Record(fields) => {
            out.push(b'{');
            for (i, ((name, ty), (at, _))) in
                fields.iter().zip(layout::offsets(fields.iter().map(|f| &f.1))).enumerate()
            {
                if i > 0 {
                    out.push(b',');
                }
                quote(name, out);
                out.push(b':');
                to_json(memory, ty, addr + at, out);
            }
            out.push(b'}');
        }
        Type::Variant(cases) => {
            let index = memory.uint(addr, layout::discriminant(cases.len())) as usize;
            match cases.get(index) {
                Some((name, None)) => quote(name, out),
                Some((name, some)) => {
                    tagged(memory, name, some.as_ref(), addr + layout::variant_payload(cases), out);
                }
                None => literal("null", out),
            }
        }
        Type::Enum(cases) => {
            let index = memory.uint(addr, layout::discriminant(cases.len())) as usize;
            quote(cases.get(index).map_or("", String::as_str), out);
        }
        Type::Flags(names) => {
            let bits = memory.uint(addr, layout::flags(names.len()));
            out.push(b'[');
            for (i, name) in names.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1) {
                if bits & ((1u32 << i) - 1) != 0 {
                    out.push(b',');
                }
                quote(name, out);
            }
            out.push(b']');
        }
    }
}

fn literal(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// The string at `addr`; the component model guarantees UTF-8.
fn text(memory: &impl Memory, addr: u32) -> &str {
    core::str::from_utf8(memory.read(memory.u32(addr), memory.u32(addr + 4))).unwrap_or_default()
}

fn unsigned(memory: &impl Memory, addr: u32, size: u32) -> u64 {
    let mut word = [0; 8];
    word[..size as usize].copy_from_slice(memory.read(addr, size));
    u64::from_le_bytes(word)
}

fn signed(memory: &impl Memory, addr: u32, size: u32) -> i64 {
    let shift = 64 - 8 * size;
    ((unsigned(memory, addr, size) << shift) as i64) >> shift
}

fn sequence<'a>(out: &mut Vec<u8>, items: impl Iterator<Item = (u32, &'a Type)>, memory: &impl Memory) {
    out.push(b'[');
    for (i, (addr, ty)) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        to_json(memory, ty, addr, out);
    }
    out.push(b']');
}

fn tagged(memory: &impl Memory, name: &str, payload: Option<&Type>, addr: u32, out: &mut Vec<u8>) {
    out.push(b'{');
    quote(name, out);
    out.push(b':');
    match payload {
        Some(ty) => to_json(memory, ty, addr, out),
        None => literal("null", out),
    }
    out.push(b'}');
}

/// Numbers whose integral digits are all exact in an `f64` are written as integers, others in the shortest form that
/// reads back the same.
fn float64(value: f64, out: &mut Vec<u8>) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if special(value, out) {
    } else if value == value.trunc() && value.abs() < EXACT && !(value == 0.0 && value.is_sign_negative()) {
        literal(&(value as i64).to_string(), out);
    } else {
        literal(&format!("{value:?}"), out);
    }
}

fn float32(value: f32, out: &mut Vec<u8>) {
    if special(f64::from(value), out) {
    } else if value == value.trunc() && value.abs() < 16_777_216.0 && !(value == 0.0 && value.is_sign_negative()) {
        literal(&(value as i64).to_string(), out);
    } else {
        literal(&format!("{value:?}"), out);
    }
}

fn special(value: f64, out: &mut Vec<u8>) -> bool {
    let name = if value.is_nan() {
        "\"NaN\""
    } else if value == f64::INFINITY {
        "\"Infinity\""
    } else if value == f64::NEG_INFINITY {
        "\"-Infinity\""
    } else {
        return false;
    };
    literal(name, out);
    true
}
