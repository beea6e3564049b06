//! The Rust that stands between a block and the component model.
//!
//! `wit-bindgen` writes the lifting and lowering, for the world `wb_composer` encodes with; what it expects of its
//! run-time crate is `runtime.rs`, a page of source. So a block is compiled by one call of rustc, without any crate.
//! The block stays the crate's root, as it was written: the glue is a module in another file, declared below its last
//! line. Inner attributes work, `crate::` means the block, and its lines are its own.

use wb_composer::encode_core;
use wb_composer::types::{Named, Shape, Signature, Type};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::{Opts, to_rust_ident};

use super::Failure;
use super::scan::{Function, Scan};

/// Changes whenever the generated code does, so that cached components of older glue are not used.
pub(super) const VERSION: &str = "1 (wit-bindgen 0.61)";

/// The module the glue lives in.
const MODULE: &str = "__wb";

/// A call of a block's function, worked out.
#[derive(Debug)]
pub(super) struct Glue {
    /// What the component exports: the workbook's signature, fallible if the function is.
    pub(super) exported: Signature,
    /// The generated module: types, lifting, lowering.
    pub(super) bindings: String,
    /// The one call of the function, in a file of its own: if rustc has an objection there, the types do not agree.
    pub(super) call: String,
}

/// What is appended to the block. It begins with a line break: the block may end in a comment.
pub(super) fn epilogue(file: &str) -> String {
    format!("\n#[path = \"{file}\"] mod {MODULE};\n#[allow(unused_imports)] use {MODULE}::types::*;\n")
}

/// Writes the glue by which the export `signature` calls `function`, from a file `call`.
pub(super) fn write(signature: &Signature, function: &Function, scan: &Scan, call: &str) -> Result<Glue, Failure> {
    let exported = exported(signature, function);
    let (mut resolve, world) = encode_core::resolve(&exported).map_err(Failure::Encode)?;
    let options = Opts {
        runtime_path: Some(format!("crate::{MODULE}::runtime")),
        generate_all: true,
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        // Static constructors are a matter of C libraries, and there is none.
        disable_run_ctors_once_workaround: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    let generated = options.build().generate(&mut resolve, world, &mut files);
    generated.map_err(|e| Failure::Glue(format!("{e:#}")))?;
    let bindings = files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect::<String>();

    let mut text = String::new();
    // A lint that the block forbids cannot be allowed again; then rustc is told to mind none.
    if !scan.forbids {
        text.push_str("#![allow(warnings, unsafe_code, missing_docs, clippy::all)]\n");
    }
    text.push_str("extern crate alloc;\n");
    if scan.no_std && !scan.panic_handler {
        // Brings the allocator and the panic handler that the target needs; the block itself stays without.
        text.push_str("extern crate std;\n");
    }
    text.push_str(&format!("mod runtime {{\n{}\n}}\n", include_str!("runtime.rs")));
    text.push_str(&format!("mod bindings {{\n{bindings}\n}}\n"));
    let declares = bindings.contains("pub mod types");
    let types = if declares { "pub use super::bindings::wb::book::types::*;" } else { "" };
    text.push_str(&format!("pub mod types {{ {types} }}\n"));
    text.push_str(&format!("#[path = \"{call}\"] mod call;\n"));
    text.push_str("use call::Block;\nbindings::export!(Block with_types_in bindings);\n");
    Ok(Glue { call: implementation(signature, &exported, function), exported, bindings: text })
}

/// The signature with which the function can be exported: one that may fail must say so.
fn exported(signature: &Signature, function: &Function) -> Signature {
    let mut exported = signature.clone();
    if function.is_fallible() && !matches!(signature.result, Some(Type::Result(..))) {
        exported.result = Some(Type::Result(signature.result.clone().map(Box::new), Some(Box::new(Type::String))));
    }
    exported
}

fn implementation(signature: &Signature, exported: &Signature, function: &Function) -> String {
    let place = |index: usize| format!("p{index}");
    let params: Vec<String> = exported
        .params
        .iter()
        .enumerate()
        .map(|(i, (_, ty))| format!("{}: {}", place(i), rust(ty, "types::")))
        .collect();
    let order = order(signature, function);
    let args: Vec<String> = order.iter().zip(&function.params).map(|(i, (_, ty))| argument(&place(*i), ty)).collect();
    let call = format!("crate::r#{}({})", function.name, args.join(", "));
    let body = match &exported.result {
        // An error of any type becomes text; where the workbook declares its own, the function must return it.
        Some(Type::Result(_, Some(error))) if function.is_fallible() && is_text(error) => {
            format!("{call}.map_err(|error| error.to_string())")
        }
        Some(ty) if is_text(ty) && function.result.is_some_and(|ty| ty.starts_with('&')) => {
            format!("{call}.to_string()")
        }
        _ => call,
    };
    let result = exported.result.as_ref().map_or("()".to_owned(), |ty| rust(ty, "types::"));
    let name = to_rust_ident(&exported.name);
    let uses = "use super::{alloc::{boxed::Box, string::{String, ToString}, vec::Vec}, bindings, types};";
    format!(
        "{uses}\npub struct Block;\nimpl bindings::Guest for Block {{\n    fn {name}({}) -> {result} {{\n        {body}\n    }}\n}}\n",
        params.join(", ")
    )
}

/// Which parameter of the signature each parameter of the function is: by name if all names agree, else by position.
fn order(signature: &Signature, function: &Function) -> Vec<usize> {
    // A keyword has an underscore behind it in Rust, or `r#` before it.
    let bare = |name: &str| name.trim_matches('_').to_owned();
    let at = |name: &str| signature.params.iter().position(|(param, _)| bare(&to_rust_ident(param)) == bare(name));
    let named: Option<Vec<usize>> = function.params.iter().map(|(name, _)| at(name)).collect();
    let all = |order: &Vec<usize>| (0..order.len()).all(|index| order.contains(&index));
    named.filter(all).unwrap_or_else(|| (0..function.params.len()).collect())
}

/// The argument for a parameter of a type: owned values, or a borrow of them.
fn argument(place: &str, ty: &str) -> String {
    let bare: String = ty.split_whitespace().collect();
    match bare.as_str() {
        "&[&str]" => format!("&{place}.iter().map(|item| item.as_str()).collect::<Vec<&str>>()"),
        "Vec<&str>" => format!("{place}.iter().map(|item| item.as_str()).collect::<Vec<&str>>()"),
        "Option<&str>" => format!("{place}.as_deref()"),
        _ if bare.starts_with("&mut") => format!("&mut {{ {place} }}"),
        _ if bare.starts_with('&') => format!("&{place}"),
        _ => place.to_owned(),
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Json)
}

/// The function a signature asks for, as a person would write it.
pub(super) fn wanted(signature: &Signature, function: &Function) -> String {
    let same = function.params.len() == signature.params.len();
    let names = signature.params.iter().enumerate().map(|(index, (name, _))| match function.params.get(index) {
        Some((own, _)) if same && !own.is_empty() => (*own).to_owned(),
        _ => to_rust_ident(name),
    });
    let order = if same { order(signature, function) } else { (0..signature.params.len()).collect() };
    let types = order.iter().map(|index| rust(&signature.params[*index].1, ""));
    let params: Vec<String> = names.zip(types).map(|(name, ty)| format!("{name}: {ty}")).collect();
    let result = signature.result.as_ref().map(|ty| format!(" -> {}", rust(ty, ""))).unwrap_or_default();
    format!("pub fn {}({}){result}", function.name, params.join(", "))
}

/// The Rust type a value arrives as; `scope` stands before declared names.
pub(super) fn rust(ty: &Type, scope: &str) -> String {
    let next = |ty: &Type| rust(ty, scope);
    let side = |ty: &Option<Box<Type>>| ty.as_ref().map_or("()".to_owned(), |ty| next(ty));
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::S8 => "i8".to_owned(),
        Type::S16 => "i16".to_owned(),
        Type::S32 => "i32".to_owned(),
        Type::S64 => "i64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String | Type::Json => "String".to_owned(),
        Type::List(inner) => format!("Vec<{}>", next(inner)),
        Type::Option(inner) => format!("Option<{}>", next(inner)),
        Type::Result(ok, err) => format!("Result<{}, {}>", side(ok), side(err)),
        // A tuple of one needs its comma.
        Type::Tuple(items) if items.len() == 1 => format!("({},)", next(&items[0])),
        Type::Tuple(items) => format!("({})", items.iter().map(next).collect::<Vec<_>>().join(", ")),
        Type::Named(named) => format!("{scope}{}", type_name(&named.name)),
        // The unsigned and the floating-point types have the names they have in WIT.
        same => same.to_string(),
    }
}

/// The Rust name of a declared type.
pub(super) fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + &rest.to_lowercase()
    };
    match name.split('-').map(capital).collect::<String>() {
        // The name of the generated trait.
        guest if guest == "Guest" => "Guest_".to_owned(),
        name => name,
    }
}

/// A declared type as Rust source, for people to read.
pub(super) fn declaration(named: &Named) -> String {
    let name = type_name(&named.name);
    let list = |items: Vec<String>| items.join(", ");
    match &named.shape {
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, ty)| format!("{}: {}", to_rust_ident(name), rust(ty, "")));
            format!("struct {name} {{ {} }}", list(fields.collect()))
        }
        Shape::Variant(cases) => {
            let case = |(name, ty): &(String, Option<Type>)| match ty {
                Some(ty) => format!("{}({})", type_name(name), rust(ty, "")),
                None => type_name(name),
            };
            format!("enum {name} {{ {} }}", list(cases.iter().map(case).collect()))
        }
        Shape::Enum(names) => format!("enum {name} {{ {} }}", list(names.iter().map(|name| type_name(name)).collect())),
        Shape::Flags(names) => {
            let flag = |flag: &String| format!("{name}::{}", to_rust_ident(flag).to_uppercase());
            format!("flags {}", list(names.iter().map(flag).collect()))
        }
    }
}
