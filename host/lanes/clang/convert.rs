//! C++ values from the structs of the component model, and back: one pair of functions for each type of a signature.

use std::fmt::Write as _;

use wb_composer::types::{Shape, Type};

use super::types::{c, ident, mangled, scoped};

/// Whether a value is the same on both sides.
fn is_plain(ty: &Type) -> bool {
    use Type::{Bool, F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
    matches!(ty, Bool | S8 | U8 | S16 | U16 | S32 | U32 | S64 | U64 | F32 | F64)
        || matches!(ty, Type::Named(named) if matches!(named.shape, Shape::Flags(_)))
}

/// An expression of a type as C++ sees it, from one of the hidden struct.
pub(super) fn lift(ty: &Type, value: &str) -> String {
    match ty {
        Type::Char => format!("static_cast<char32_t>({value})"),
        ty if is_plain(ty) => value.to_owned(),
        ty => format!("wb_abi::lift_{}({value})", mangled(ty)),
    }
}

/// The other way. What is lowered is given away and stays in memory.
pub(super) fn lower(ty: &Type, value: &str) -> String {
    match ty {
        Type::Char => format!("static_cast<uint32_t>({value})"),
        ty if is_plain(ty) => value.to_owned(),
        ty => format!("wb_abi::lower_{}(std::move({value}))", mangled(ty)),
    }
}

/// The two functions of a type.
pub(super) fn definition(ty: &Type) -> String {
    if is_plain(ty) {
        return String::new();
    }
    let (lifted, lowered) = match ty {
        Type::String | Type::Json => (
            "return std::string(a.ptr, a.len);".to_owned(),
            "auto *kept = new std::string(std::move(v)); return {kept->data(), kept->size()};".to_owned(),
        ),
        Type::List(inner) => list(inner),
        Type::Option(inner) => (
            format!("if (!a.is_some) return std::nullopt; return {};", lift(inner, "a.val")),
            format!("r.is_some = v.has_value(); if (v) r.val = {}; return r;", lower(inner, "*v")),
        ),
        Type::Result(ok, err) => result(ty, ok.as_deref(), err.as_deref()),
        Type::Tuple(items) => {
            let lifted = items.iter().enumerate().map(|(i, ty)| lift(ty, &format!("a.f{i}"))).collect::<Vec<_>>();
            let lowered = items
                .iter()
                .enumerate()
                .map(|(i, ty)| format!("r.f{i} = {};", lower(ty, &format!("std::get<{i}>(v)"))));
            (format!("return {{{}}};", lifted.join(", ")), lowered.collect::<String>() + " return r;")
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                let names = || fields.iter().map(|(name, ty)| (ident(name), ty));
                let lifted = names().map(|(name, ty)| lift(ty, &format!("a.{name}"))).collect::<Vec<_>>();
                let lowered = names().map(|(name, ty)| format!("r.{name} = {};", lower(ty, &format!("v.{name}"))));
                (format!("return {{{}}};", lifted.join(", ")), lowered.collect::<String>() + " return r;")
            }
            Shape::Variant(cases) => variant(&ident(&named.name), cases),
            Shape::Enum(_) | Shape::Flags(_) => {
                (format!("return static_cast<{}>(a);", outer(ty)), format!("return static_cast<{}>(v);", c(ty)))
            }
        },
        _ => return String::new(),
    };
    let (name, inside, outside) = (mangled(ty), c(ty), outer(ty));
    let mut text = String::new();
    let _ = writeln!(text, "inline {outside} lift_{name}([[maybe_unused]] const {inside} &a) {{ {lifted} }}");
    let unset = if lowered.contains("r.") { format!("{inside} r{{}}; ") } else { String::new() };
    let _ = writeln!(text, "inline {inside} lower_{name}([[maybe_unused]] {outside} v) {{ {unset}{lowered} }}");
    text
}

/// A type as the block sees it, said from inside the namespace that has structs of the same names.
fn outer(ty: &Type) -> String {
    scoped(ty, "::")
}

fn list(inner: &Type) -> (String, String) {
    if is_plain(inner) && *inner != Type::Bool {
        let lowered = format!(
            "auto *kept = new {}(std::move(v)); return {{kept->data(), kept->size()}};",
            outer(&Type::List(Box::new(inner.clone())))
        );
        return ("return {a.ptr, a.ptr + a.len};".to_owned(), lowered);
    }
    let (item, vector) = (c(inner), outer(&Type::List(Box::new(inner.clone()))));
    let lifted = format!(
        "{vector} v; v.reserve(a.len); for (size_t i = 0; i < a.len; i++) v.push_back({}); return v;",
        lift(inner, "a.ptr[i]")
    );
    // Elements of a vector of truth values are no references.
    let value = if *inner == Type::Bool { "bool(v[i])".to_owned() } else { lower(inner, "v[i]") };
    let lowered = format!(
        "auto *kept = new {item}[v.size() + 1]; for (size_t i = 0; i < v.size(); i++) kept[i] = {value}; return {{kept, v.size()}};"
    );
    (lifted, lowered)
}

fn result(ty: &Type, ok: Option<&Type>, err: Option<&Type>) -> (String, String) {
    let failed = err.map_or("std::monostate()".to_owned(), |ty| lift(ty, "a.val.err"));
    let fine = ok.map_or(format!("{}()", outer(ty)), |ty| lift(ty, "a.val.ok"));
    let lifted = format!("if (a.is_err) return std::unexpected({failed}); return {fine};");
    let side = |ty: Option<&Type>, name: &str, value: &str| {
        ty.map(|ty| format!("r.val.{name} = {};", lower(ty, value))).unwrap_or_default()
    };
    let (fine, failed) = (side(ok, "ok", "*v"), side(err, "err", "v.error()"));
    (lifted, format!("r.is_err = !v.has_value(); if (v) {{ {fine} }} else {{ {failed} }} return r;"))
}

fn variant(name: &str, cases: &[(String, Option<Type>)]) -> (String, String) {
    let (mut lifted, mut lowered) =
        ("switch (a.tag) { ".to_owned(), "r.tag = v.index(); switch (v.index()) { ".to_owned());
    for (index, (case, ty)) in cases.iter().enumerate() {
        let case = ident(case);
        let label = if index + 1 == cases.len() { "default".to_owned() } else { format!("case {index}") };
        let value = ty.as_ref().map(|ty| lift(ty, &format!("a.val.{case}"))).unwrap_or_default();
        let _ = write!(lifted, "{label}: return ::{name}_{case}{{{value}}}; ");
        let value =
            ty.as_ref().map(|ty| format!("r.val.{case} = {}; ", lower(ty, &format!("std::get<{index}>(v).value"))));
        let _ = write!(lowered, "{label}: {}break; ", value.unwrap_or_default());
    }
    (lifted + "}", lowered + "} return r;")
}
