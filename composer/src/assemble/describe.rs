//! Two ends of a wire as WIT, so that a person sees what differs. Deliberately no type checker: `wac-graph` is.

use std::collections::BTreeMap;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind, WorldItem};

use super::Part;

/// The functions of both items, a line for each that is not the same on both sides.
pub(super) fn difference(from: (Part<'_>, &str), to: (Part<'_>, &str)) -> String {
    let (given, taken) = (functions(from.0.bytes, from.1, true), functions(to.0.bytes, to.1, false));
    let (Some(given), Some(taken)) = (given, taken) else {
        return "  the types of the two cannot be shown".to_owned();
    };
    let mut lines = Vec::new();
    let width = from.0.name.chars().count().max(to.0.name.chars().count());
    let mut line = |part: &str, verb: &str, text: &str| lines.push(format!("  {part:width$} {verb} {text}"));
    if let ([(one, give)], [(other, take)]) = (given.as_slice(), taken.as_slice()) {
        line(from.0.name, "gives ", &format!("{one}: {give}"));
        line(to.0.name, "takes ", &format!("{other}: {take}"));
        return lines.join("\n");
    }
    let given: BTreeMap<String, String> = given.into_iter().collect();
    for (name, take) in taken {
        match given.get(&name) {
            Some(give) if *give == take => {}
            Some(give) => {
                line(from.0.name, "gives ", &format!("{name}: {give}"));
                line(to.0.name, "takes ", &format!("{name}: {take}"));
            }
            None => {
                line(to.0.name, "takes ", &format!("{name}: {take}"));
                line(from.0.name, "has no", &name);
            }
        }
    }
    if lines.is_empty() {
        lines.push("  the functions read alike; a type they use is declared differently".to_owned());
    }
    lines.join("\n")
}

/// The functions of a component's export or import, by name.
fn functions(component: &[u8], item: &str, export: bool) -> Option<Vec<(String, String)>> {
    // wit-parser 0.258 panics on some valid binaries, and the binary may be anybody's.
    let decoded = std::panic::catch_unwind(|| decode(component)).ok()?.ok()?;
    let DecodedWasm::Component(resolve, world) = decoded else { return None };
    let world = resolve.worlds.get(world)?;
    let items = if export { &world.exports } else { &world.imports };
    let (_, found) = items.iter().find(|(key, _)| resolve.name_world_key(key) == item)?;
    let text = |function: &Function| (function.name.clone(), signature(&resolve, function));
    match found {
        WorldItem::Function(function) => Some(vec![text(function)]),
        WorldItem::Interface { id, .. } => Some(resolve.interfaces.get(*id)?.functions.values().map(text).collect()),
        WorldItem::Type { .. } => None,
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}", param.name, name(resolve, &param.ty, 0))).collect();
    let result = function.result.as_ref().map_or(String::new(), |ty| format!(" -> {}", name(resolve, ty, 0)));
    format!("func({}){result}", params.join(", "))
}

/// Most levels of a type that are spelled out.
const DEPTH: usize = 8;

/// A type as it is written; records and variants are spelled out, because equal names may hide different types.
fn name(resolve: &Resolve, ty: &Type, depth: usize) -> String {
    let Type::Id(id) = ty else { return primitive(ty).to_owned() };
    let Some(definition) = resolve.types.get(*id).filter(|_| depth < DEPTH) else { return "…".to_owned() };
    let of = |ty: &Type| name(resolve, ty, depth + 1);
    let optional = |ty: &Option<Type>| ty.as_ref().map_or("_".to_owned(), of);
    let own = definition.name.clone().unwrap_or_default();
    let list = |items: Vec<String>| items.join(", ");
    match &definition.kind {
        TypeDefKind::Type(ty) => of(ty),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", optional(&result.ok), optional(&result.err)),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", list(tuple.types.iter().map(of).collect())),
        TypeDefKind::Record(record) => {
            format!(
                "record {own} {{ {} }}",
                list(record.fields.iter().map(|f| format!("{}: {}", f.name, of(&f.ty))).collect())
            )
        }
        TypeDefKind::Variant(variant) => {
            let case = |case: &wit_parser::Case| {
                case.ty.as_ref().map_or_else(|| case.name.clone(), |ty| format!("{}({})", case.name, of(ty)))
            };
            format!("variant {own} {{ {} }}", list(variant.cases.iter().map(case).collect()))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {own} {{ {} }}", list(cases.cases.iter().map(|case| case.name.clone()).collect()))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags {own} {{ {} }}", list(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
        }
        TypeDefKind::Handle(Handle::Own(id)) => resource(resolve, "own", *id),
        TypeDefKind::Handle(Handle::Borrow(id)) => resource(resolve, "borrow", *id),
        _ => definition.kind.as_str().to_owned(),
    }
}

fn resource(resolve: &Resolve, kind: &str, id: wit_parser::TypeId) -> String {
    let name = resolve.types.get(id).and_then(|definition| definition.name.as_deref()).unwrap_or("resource");
    format!("{kind}<{name}>")
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        _ => "…",
    }
}
