//! The core values a function is called with, put together into structs; and the one it returns, taken apart
//! (Canonical ABI, "Flattening").

use wasm_encoder::ValType;
use wb_composer::abi;
use wb_composer::types::{Shape, Type};

use super::glue::{Dialect, memory};
use super::types::{c, ident};

/// A core type in C.
pub(super) fn core(ty: ValType) -> &'static str {
    match ty {
        ValType::I64 => "int64_t",
        ValType::F32 => "float",
        ValType::F64 => "double",
        _ => "int32_t",
    }
}

/// Writes statements that set `place` from core values, and takes these from the front of `values`.
pub(super) fn assemble(
    dialect: Dialect,
    ty: &Type,
    place: &str,
    values: &mut Vec<(String, ValType)>,
    out: &mut String,
) {
    let mut next = || if values.is_empty() { "0".to_owned() } else { values.remove(0).0 };
    match ty {
        Type::String | Type::Json | Type::List(_) => {
            let item = if let Type::List(inner) = ty { memory(dialect, inner) } else { "char".to_owned() };
            let (ptr, len) = (next(), next());
            // An empty text has no bytes, so nothing would end it.
            let ptr = if item == "char" {
                format!("{len} ? (const char *){ptr} : \"\"")
            } else {
                format!("(const {item} *){ptr}")
            };
            out.push_str(&format!("{place}.ptr = {ptr}; {place}.len = (size_t){len};\n"));
        }
        Type::Tuple(items) => {
            items.iter().enumerate().for_each(|(i, ty)| assemble(dialect, ty, &format!("{place}.f{i}"), values, out));
        }
        Type::Option(inner) => {
            out.push_str(&format!("{place}.is_some = {} != 0;\n", next()));
            assemble(dialect, inner, &format!("{place}.val"), values, out);
        }
        Type::Result(ok, err) => {
            let tag = next();
            out.push_str(&format!("{place}.is_err = {tag} != 0;\n"));
            cases(dialect, &[("ok", ok.as_deref()), ("err", err.as_deref())], &tag, place, values, out);
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                fields
                    .iter()
                    .for_each(|(name, ty)| assemble(dialect, ty, &format!("{place}.{}", ident(name)), values, out));
            }
            Shape::Variant(list) => {
                let tag = next();
                out.push_str(&format!("{place}.tag = {tag};\n"));
                let list: Vec<(String, Option<&Type>)> =
                    list.iter().map(|(name, ty)| (ident(name), ty.as_ref())).collect();
                let list: Vec<_> = list.iter().map(|(name, ty)| (name.as_str(), *ty)).collect();
                cases(dialect, &list, &tag, place, values, out);
            }
            Shape::Enum(_) | Shape::Flags(_) => out.push_str(&format!("{place} = (uint32_t){};\n", next())),
        },
        Type::Bool => out.push_str(&format!("{place} = {} != 0;\n", next())),
        _ => out.push_str(&format!("{place} = ({}){};\n", c(ty), next())),
    }
}

/// The payloads of cases share core values, each of which is wide enough for all of them.
fn cases(
    dialect: Dialect,
    list: &[(&str, Option<&Type>)],
    tag: &str,
    place: &str,
    values: &mut Vec<(String, ValType)>,
    out: &mut String,
) {
    let shared =
        list.iter().filter_map(|(_, ty)| ty.map(|ty| abi::flat(ty).len())).max().unwrap_or(0).min(values.len());
    let slots: Vec<(String, ValType)> = values.drain(..shared).collect();
    for (index, (name, ty)) in list.iter().enumerate() {
        let Some(ty) = ty else { continue };
        let mut own: Vec<(String, ValType)> = abi::flat(ty)
            .into_iter()
            .zip(&slots)
            .map(|(want, (slot, have))| (narrowed(slot, *have, want), want))
            .collect();
        out.push_str(&format!("if ({tag} == {index}) {{\n"));
        assemble(dialect, ty, &format!("{place}.val.{name}"), &mut own, out);
        out.push_str("}\n");
    }
}

fn narrowed(slot: &str, have: ValType, want: ValType) -> String {
    match (have, want) {
        (ValType::I32, ValType::F32) => format!("__wb_f32({slot})"),
        (ValType::I64, ValType::F32) => format!("__wb_f32((int32_t){slot})"),
        (ValType::I64, ValType::F64) => format!("__wb_f64({slot})"),
        (ValType::I64, ValType::I32) => format!("(int32_t){slot}"),
        _ => slot.to_owned(),
    }
}

/// What the generated code above calls.
pub(super) const HELPERS: &str = "\
static inline float __wb_f32(int32_t bits) { float f; __builtin_memcpy(&f, &bits, 4); return f; }
static inline double __wb_f64(int64_t bits) { double d; __builtin_memcpy(&d, &bits, 8); return d; }
";

/// The one core value of a result that has no more.
pub(super) fn single(ty: &Type, value: &str) -> String {
    match ty {
        Type::Tuple(items) => items.first().map_or(value.to_owned(), |ty| single(ty, &format!("{value}.f0"))),
        Type::Option(_) => format!("{value}.is_some"),
        Type::Result(..) => format!("{value}.is_err"),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => match fields.iter().find(|(_, ty)| !abi::flat(ty).is_empty()) {
                Some((name, ty)) => single(ty, &format!("{value}.{}", ident(name))),
                None => value.to_owned(),
            },
            Shape::Variant(_) => format!("{value}.tag"),
            Shape::Enum(_) | Shape::Flags(_) => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}
