//! Port types as C and C++ types.
//!
//! The C structs are laid out in memory exactly as the component model lays out values (Canonical ABI, "Alignment" and
//! "Element Size"), so that a value is never converted for C. For C++ the same structs are in a namespace of their own,
//! and what a block sees are types of the standard library.

use std::collections::HashSet;
use std::fmt::Write as _;

use wb_composer::abi;
use wb_composer::types::{Named, Shape, Signature, Type};

/// Words that cannot be names.
const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "concept",
    "const",
    "constexpr",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "main",
    "mutable",
    "namespace",
    "new",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "register",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "xor",
];

/// A name as C writes it: `unit-price` is `unit_price`.
pub(super) fn ident(name: &str) -> String {
    let snake = name.replace('-', "_");
    if KEYWORDS.contains(&snake.as_str()) { snake + "_" } else { snake }
}

fn constant(of: &str, name: &str) -> String {
    format!("{of}_{name}").replace('-', "_").to_uppercase()
}

/// A type as a part of a name: `list_f64`.
pub(super) fn mangled(ty: &Type) -> String {
    let side = |ty: &Option<Box<Type>>| ty.as_ref().map_or("void".to_owned(), |ty| mangled(ty));
    match ty {
        Type::Json => "string".to_owned(),
        Type::List(inner) => format!("list_{}", mangled(inner)),
        Type::Option(inner) => format!("option_{}", mangled(inner)),
        Type::Result(ok, err) => format!("result_{}_{}", side(ok), side(err)),
        Type::Tuple(items) => format!("tuple_{}", items.iter().map(mangled).collect::<Vec<_>>().join("_")),
        Type::Named(named) => ident(&named.name),
        scalar => scalar.to_string(),
    }
}

/// A type in C.
pub(super) fn c(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::S8 | Type::S16 | Type::S32 | Type::S64 => format!("int{}_t", &ty.to_string()[1..]),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => format!("uint{}_t", &ty.to_string()[1..]),
        Type::F32 => "float".to_owned(),
        Type::F64 => "double".to_owned(),
        Type::Char => "uint32_t".to_owned(),
        Type::Named(named) => ident(&named.name),
        other => format!("wb_{}", mangled(other)),
    }
}

/// A type in C++, as a block writes it.
pub(super) fn cpp(ty: &Type) -> String {
    scoped(ty, "")
}

/// A type in C++; `scope` stands before declared names.
pub(super) fn scoped(ty: &Type, scope: &str) -> String {
    let cpp = |ty: &Type| scoped(ty, scope);
    let side = |ty: &Option<Box<Type>>, none: &str| ty.as_ref().map_or(none.to_owned(), |ty| cpp(ty));
    match ty {
        Type::Char => "char32_t".to_owned(),
        Type::String | Type::Json => "std::string".to_owned(),
        Type::List(inner) => format!("std::vector<{}>", cpp(inner)),
        Type::Option(inner) => format!("std::optional<{}>", cpp(inner)),
        Type::Result(ok, err) => format!("std::expected<{}, {}>", side(ok, "void"), side(err, "std::monostate")),
        Type::Tuple(items) => format!("std::tuple<{}>", items.iter().map(cpp).collect::<Vec<_>>().join(", ")),
        Type::Named(named) => format!("{scope}{}", ident(&named.name)),
        scalar => c(scalar),
    }
}

/// The types inside a type, in order.
pub(super) fn parts(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::List(inner) | Type::Option(inner) => vec![inner],
        Type::Result(ok, err) => [ok, err].into_iter().flatten().map(|side| &**side).collect(),
        Type::Tuple(items) => items.iter().collect(),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => fields.iter().map(|(_, ty)| ty).collect(),
            Shape::Variant(cases) => cases.iter().filter_map(|(_, ty)| ty.as_ref()).collect(),
            Shape::Enum(_) | Shape::Flags(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Every type of a signature that needs a definition, innermost first, each once.
pub(super) fn composite(signature: &Signature) -> Vec<Type> {
    fn visit(ty: &Type, seen: &mut HashSet<String>, out: &mut Vec<Type>) {
        parts(ty).into_iter().for_each(|part| visit(part, seen, out));
        let composite = matches!(
            ty,
            Type::String
                | Type::Json
                | Type::List(_)
                | Type::Option(_)
                | Type::Result(..)
                | Type::Tuple(_)
                | Type::Named(_)
        );
        if composite && seen.insert(c(ty)) {
            out.push(ty.clone());
        }
    }
    let (mut seen, mut out) = (HashSet::new(), Vec::new());
    signature.params.iter().map(|(_, ty)| ty).chain(&signature.result).for_each(|ty| visit(ty, &mut seen, &mut out));
    out
}

/// An unsigned integer of a size in bytes.
fn unsigned(bytes: u32) -> String {
    format!("uint{}_t", bytes * 8)
}

/// The definition of a type as a struct in memory. `plain`: enums are integers, for the hidden side of C++.
pub(super) fn c_definition(ty: &Type, plain: bool) -> String {
    let name = c(ty);
    let union = |members: Vec<String>| match members.is_empty() {
        true => String::new(),
        false => format!(" union {{ {} }} val;", members.join(" ")),
    };
    match ty {
        Type::List(inner) => format!("typedef struct {name} {{ const {} *ptr; size_t len; }} {name};\n", c(inner)),
        Type::Option(inner) => format!("typedef struct {name} {{ bool is_some; {} val; }} {name};\n", c(inner)),
        Type::Result(ok, err) => {
            let sides = [(ok, "ok"), (err, "err")];
            let members = sides.iter().filter_map(|(ty, name)| Some(format!("{} {name};", c(ty.as_ref()?))));
            format!("typedef struct {name} {{ bool is_err;{} }} {name};\n", union(members.collect()))
        }
        Type::Tuple(items) => {
            let items = items.iter().enumerate().map(|(index, ty)| format!("{} f{index};", c(ty)));
            format!("typedef struct {name} {{ {} }} {name};\n", items.collect::<Vec<_>>().join(" "))
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                let fields = fields.iter().map(|(field, ty)| format!("{} {};", c(ty), ident(field)));
                format!("typedef struct {name} {{ {} }} {name};\n", fields.collect::<Vec<_>>().join(" "))
            }
            Shape::Variant(cases) => {
                let tag = unsigned(abi::discriminant(cases.len()));
                let tags =
                    if plain { String::new() } else { constants(named, cases.iter().map(|(case, _)| case), &tag) };
                let members =
                    cases.iter().filter_map(|(case, ty)| Some(format!("{} {};", c(ty.as_ref()?), ident(case))));
                format!("{tags}typedef struct {name} {{ {tag} tag;{} }} {name};\n", union(members.collect()))
            }
            Shape::Enum(_) | Shape::Flags(_) if plain => format!("typedef {} {name};\n", unsigned(abi::size(ty))),
            Shape::Enum(names) => {
                let tag = unsigned(abi::size(ty));
                let names: Vec<String> = names.iter().map(|case| constant(&named.name, case)).collect();
                format!("typedef enum {name} : {tag} {{ {} }} {name};\n", names.join(", "))
            }
            Shape::Flags(names) => {
                let flag = |(bit, flag): (usize, &String)| format!("{} = 1u << {bit}", constant(&named.name, flag));
                let flags: Vec<String> = names.iter().enumerate().map(flag).collect();
                let flags = if flags.is_empty() {
                    String::new()
                } else {
                    format!("enum : uint32_t {{ {} }};\n", flags.join(", "))
                };
                format!("typedef {} {name};\n{flags}", unsigned(abi::size(ty)))
            }
        },
        _ => String::new(),
    }
}

fn constants<'a>(named: &Named, cases: impl Iterator<Item = &'a String>, tag: &str) -> String {
    let names: Vec<String> = cases.map(|case| constant(&named.name, case)).collect();
    format!("enum : {tag} {{ {} }};\n", names.join(", "))
}

/// The definition of a declared type as a C++ block sees it.
pub(super) fn cpp_definition(ty: &Type) -> String {
    let Type::Named(named) = ty else { return String::new() };
    let name = ident(&named.name);
    let mut text = String::new();
    match &named.shape {
        Shape::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(field, ty)| format!("{} {};", cpp(ty), ident(field))).collect();
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "struct {name} {{ {} bool operator==(const {name} &) const = default; }};",
                fields.join(" ")
            );
        }
        Shape::Variant(cases) => {
            for (case, ty) in cases {
                let value = ty.as_ref().map(|ty| format!("{} value; ", cpp(ty))).unwrap_or_default();
                let case = format!("{name}_{}", ident(case));
                let _ = writeln!(text, "struct {case} {{ {value}bool operator==(const {case} &) const = default; }};");
            }
            let all: Vec<String> = cases.iter().map(|(case, _)| format!("{name}_{}", ident(case))).collect();
            let _ = writeln!(text, "using {name} = std::variant<{}>;", all.join(", "));
        }
        Shape::Enum(names) => {
            let names: Vec<String> = names.iter().map(|case| ident(case)).collect();
            let _ = writeln!(text, "enum class {name} : {} {{ {} }};", unsigned(abi::size(ty)), names.join(", "));
        }
        Shape::Flags(names) => {
            let _ = writeln!(text, "using {name} = {};", unsigned(abi::size(ty)));
            for (bit, flag) in names.iter().enumerate() {
                let _ = writeln!(text, "inline constexpr {name} {name}_{} = 1u << {bit};", flag.replace('-', "_"));
            }
        }
    }
    text
}
