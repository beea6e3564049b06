//! The Zig around a block: its types, declared in `wb.zig` and named below its last line, and the exported function.
//!
//! The block is a file of its own, so its lines are its own. That its function fits is checked by `wb.zig` while it is
//! compiled; here is only text.

use std::sync::Arc;

use wasm_encoder::ValType;
use wb_composer::abi;
use wb_composer::types::{Named, Shape, Signature, Type};

use super::scan::Function;
use crate::cache::Key;

const LIBRARY: &str = include_str!("wb.zig");

/// Changes whenever the generated code does, so that cached components of older glue are not used.
pub(super) fn version() -> String {
    format!("1 {}", Key::content(LIBRARY.as_bytes()))
}

/// What is generated for a block.
#[derive(Debug)]
pub(super) struct Glue {
    /// What the component exports: the workbook's signature, fallible if the function is.
    pub(super) exported: Signature,
    /// The file that exports the function.
    pub(super) main: String,
    /// Names of declared types.
    types: Vec<String>,
}

impl Glue {
    /// What is appended to the block: names, unless it has them. It begins with a line break: the block may end in a
    /// comment.
    pub(super) fn epilogue(&self, source: &str) -> String {
        let mut text = "\n".to_owned();
        if !source.contains("@import(\"wb.zig\")") {
            text.push_str("const wb = @import(\"wb.zig\"); ");
        }
        self.types.iter().for_each(|name| text.push_str(&format!("const {name} = @import(\"wb.zig\").{name}; ")));
        text + "\n"
    }
}

/// `wb.zig` with the types of a signature.
pub(super) fn library(signature: &Signature) -> String {
    let mut text = LIBRARY.to_owned();
    declared(signature).iter().for_each(|named| text.push_str(&format!("pub const {};\n", declaration(named, true))));
    text
}

fn declared(signature: &Signature) -> Vec<Arc<Named>> {
    let mut declared = Vec::new();
    signature.params.iter().map(|(_, ty)| ty).chain(&signature.result).for_each(|ty| ty.declarations(&mut declared));
    declared
}

/// Writes the glue by which the export `signature` calls `function`.
pub(super) fn write(signature: &Signature, function: &Function) -> Glue {
    let exported = exported(signature, function);
    let flats: Vec<ValType> = exported.params.iter().flat_map(|(_, ty)| abi::flat(ty)).collect();
    let in_memory = flats.len() > abi::MAX_FLAT_PARAMS;
    let core: Vec<&str> = if in_memory { vec!["i32"] } else { flats.iter().map(|ty| scalar(*ty)).collect() };
    let params = core.iter().enumerate().map(|(index, ty)| format!("p{index}: {ty}")).collect::<Vec<_>>().join(", ");
    let slots = (0..core.len()).map(|index| format!("wb.bits(p{index})")).collect::<Vec<_>>().join(", ");
    let result = match exported.result.as_ref().map(abi::flat).as_deref() {
        None | Some([]) => "void",
        Some([one]) => scalar(*one),
        Some(_) => "i32",
    };
    let types = exported.params.iter().map(|(_, ty)| zig(ty, "wb.")).collect::<Vec<_>>().join(", ");
    let returned = exported.result.as_ref().map_or("void".to_owned(), |ty| zig(ty, "wb."));
    let main = format!(
        "const std = @import(\"std\");\nconst wb = @import(\"wb.zig\");\nconst block = @import(\"block.zig\");\n\
         pub const panic = wb.panic;\npub const std_options: std.Options = .{{ .logFn = wb.logged }};\n\
         fn entry({params}) callconv(.c) {result} {{\n    \
         return wb.call({result}, {returned}, block.@\"{}\", &.{{ {types} }}, &.{{ {slots} }}, {in_memory});\n}}\n\
         comptime {{\n    @export(&entry, .{{ .name = \"{}\" }});\n    \
         @export(&wb.reallocate, .{{ .name = \"cabi_realloc\" }});\n}}\n",
        function.name, exported.name
    );
    let types = declared(&exported).iter().map(|named| title(&named.name)).collect();
    Glue { exported, main, types }
}

/// The signature with which the function can be exported: one that may fail must say so.
fn exported(signature: &Signature, function: &Function) -> Signature {
    let mut exported = signature.clone();
    if function.fallible && !matches!(signature.result, Some(Type::Result(..))) {
        exported.result = Some(Type::Result(signature.result.clone().map(Box::new), Some(Box::new(Type::String))));
    }
    exported
}

/// A core type in Zig.
fn scalar(ty: ValType) -> &'static str {
    match ty {
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        _ => "i32",
    }
}

/// The function a signature asks for, as a person would write it.
pub(super) fn wanted(signature: &Signature, name: &str) -> String {
    let params: Vec<String> =
        signature.params.iter().map(|(name, ty)| format!("{}: {}", field(name), zig(ty, ""))).collect();
    let result = match &signature.result {
        None => "void".to_owned(),
        Some(Type::Result(ok, Some(err))) if matches!(**err, Type::String | Type::Json) => {
            format!("!{}", ok.as_ref().map_or("void".to_owned(), |ty| zig(ty, "")))
        }
        Some(ty) => zig(ty, ""),
    };
    format!("pub fn {name}({}) {result}", params.join(", "))
}

/// The declared types of a signature, for people to read.
pub(super) fn declarations(signature: &Signature) -> Vec<String> {
    declared(signature).iter().map(|named| declaration(named, false)).collect()
}

/// The Zig type of a value; `scope` stands before declared names.
pub(super) fn zig(ty: &Type, scope: &str) -> String {
    let next = |ty: &Type| zig(ty, scope);
    let side = |ty: &Option<Box<Type>>| ty.as_ref().map_or("void".to_owned(), |ty| next(ty));
    match ty {
        Type::S8 => "i8".to_owned(),
        Type::S16 => "i16".to_owned(),
        Type::S32 => "i32".to_owned(),
        Type::S64 => "i64".to_owned(),
        Type::Char => "u21".to_owned(),
        Type::String | Type::Json => "[]const u8".to_owned(),
        Type::List(inner) => format!("[]const {}", next(inner)),
        Type::Option(inner) => format!("?{}", next(inner)),
        Type::Result(ok, err) => {
            // In `wb.zig` itself the function has no `wb.` in front.
            let scope = if scope == HERE { "" } else { "wb." };
            format!("{scope}Result({}, {})", side(ok), side(err))
        }
        Type::Tuple(items) => format!("struct {{ {} }}", items.iter().map(next).collect::<Vec<_>>().join(", ")),
        Type::Named(named) => format!("{}{}", scope.trim_start_matches(HERE), title(&named.name)),
        // The others have the names they have in WIT.
        same => same.to_string(),
    }
}

/// The scope inside of `wb.zig`.
const HERE: &str = "\0";

/// A declared type: as it is compiled, or for people to read.
fn declaration(named: &Arc<Named>, compiled: bool) -> String {
    let name = title(&named.name);
    let scope = if compiled { HERE } else { "" };
    let list = |items: Vec<String>| items.join(", ");
    let tag = |cases: usize| format!("u{}", abi::discriminant(cases) * 8);
    match &named.shape {
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, ty)| format!("{}: {}", field(name), zig(ty, scope)));
            format!("{name} = struct {{ {} }}", list(fields.collect()))
        }
        Shape::Variant(cases) => {
            let case = |(name, ty): &(String, Option<Type>)| match ty {
                Some(ty) => format!("{}: {}", field(name), zig(ty, scope)),
                None => field(name),
            };
            format!("{name} = union(enum) {{ {} }}", list(cases.iter().map(case).collect()))
        }
        Shape::Enum(names) => {
            format!(
                "{name} = enum({}) {{ {} }}",
                tag(names.len()),
                list(names.iter().map(|name| field(name)).collect())
            )
        }
        Shape::Flags(names) => {
            let bits = abi::size(&Type::Named(Arc::clone(named))) * 8;
            let mut fields: Vec<String> = names.iter().map(|flag| format!("{}: bool = false", field(flag))).collect();
            let rest = u64::from(bits).saturating_sub(names.len() as u64);
            if rest > 0 {
                fields.push(format!("_: u{rest} = 0"));
            }
            format!("{name} = packed struct(u{bits}) {{ {} }}", list(fields))
        }
    }
}

/// The name of a declared type: `unit-price` is `UnitPrice`.
pub(super) fn title(name: &str) -> String {
    name.split('-').map(capital).collect()
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + &rest.to_lowercase()
}

/// `unit-price` as `unit_price`.
pub(super) fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// `unit-price` as `unitPrice`.
pub(super) fn camel(name: &str) -> String {
    let mut words = name.split('-');
    words.next().unwrap_or_default().to_owned() + &words.map(capital).collect::<String>()
}

/// The name of a field or case, quoted where it is a word of the language.
fn field(name: &str) -> String {
    const WORDS: &str = " addrspace align allowzero and anyframe anytype asm break callconv catch comptime const \
        continue defer else enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend \
        opaque or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable var \
        volatile while ";
    let name = snake(name);
    if WORDS.contains(&format!(" {name} ")) { format!("@\"{name}\"") } else { name }
}

#[cfg(test)]
mod tests {
    use wb_composer::types::resolve_signature;

    use super::*;

    #[test]
    fn types_are_what_a_person_would_write() {
        let types = "record unit-price { error: f64, many: list<option<string>> } enum color { red, dark-red } \
            flags access { read, write } variant shape { circle(f64), none }";
        let signature = resolve_signature(
            types,
            "f-g(a: unit-price, b: list<color>, c: access, d: shape, e: tuple<u8, char>) -> result<s8, string>",
        )
        .unwrap();
        assert_eq!(
            wanted(&signature, "f"),
            "pub fn f(a: UnitPrice, b: []const Color, c: Access, d: Shape, e: struct { u8, u21 }) !i8"
        );
        assert_eq!(
            declarations(&signature),
            [
                "UnitPrice = struct { @\"error\": f64, many: []const ?[]const u8 }",
                "Color = enum(u8) { red, dark_red }",
                "Access = packed struct(u8) { read: bool = false, write: bool = false, _: u6 = 0 }",
                "Shape = union(enum) { circle: f64, none }",
            ]
        );
        assert_eq!((camel("f-g-h").as_str(), snake("f-g").as_str()), ("fGH", "f_g"));
    }
}
