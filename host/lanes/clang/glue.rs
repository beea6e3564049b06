//! The C and C++ around a block: the header it finds, and the function that the component exports.
//!
//! The block is a file of its own, included between the two, so its lines are its own and clang itself checks that the
//! function fits: the call is ordinary code. How a list or a string is handed to a C function is taken from its
//! parameters as they are written; see `docs/languages/c.md`.

use wasm_encoder::ValType;
use wb_composer::abi;
use wb_composer::types::{Signature, Type};

use super::scan::Function;
use super::types::{c, c_definition, composite, cpp, cpp_definition, ident};
use super::{convert, flat};

/// Changes whenever the generated code does, so that cached components of older glue are not used.
pub(super) const VERSION: &str = "1";

/// Which of the two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// C.
    C,
    /// C++.
    Cpp,
}

/// What is generated for a block.
#[derive(Debug)]
pub(super) struct Glue {
    /// What the component exports: the workbook's signature, fallible if the block can fail.
    pub(super) exported: Signature,
    /// The header, `wb.h`.
    pub(super) header: String,
    /// The file that includes the header and the block, and exports the function.
    pub(super) main: String,
}

/// The signature with which a block is exported: one that may fail must say so.
fn exported(signature: &Signature, source: &str) -> Signature {
    let mut exported = signature.clone();
    let fails = source.contains("wb_fail") || source.contains("wb::fail") || source.contains("std::unexpected");
    if fails && !matches!(signature.result, Some(Type::Result(..))) {
        exported.result = Some(Type::Result(signature.result.clone().map(Box::new), Some(Box::new(Type::String))));
    }
    exported
}

/// Whether the type is text.
fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Json)
}

/// Writes the glue by which the export `signature` calls `function` of the block in the file `block`.
pub(super) fn write(dialect: Dialect, signature: &Signature, function: &Function, source: &str, block: &str) -> Glue {
    let exported = exported(signature, source);
    let header = header(dialect, &exported);
    let mut main = format!("#include \"wb.h\"\n#include \"{block}\"\n");
    main.push_str("#pragma clang diagnostic ignored \"-Wconversion\"\n#pragma clang diagnostic ignored \"-Wunused\"\n");
    if dialect == Dialect::Cpp {
        main.push_str("extern \"C\" {\n");
    }
    main.push_str("void __wb_flush(void);\n");
    main.push_str("bool __wb_failed(const char **text, size_t *length);\n");
    main.push_str(flat::HELPERS);
    main.push_str(&export(dialect, &exported, function, source));
    if dialect == Dialect::Cpp {
        main.push_str("}\n");
    }
    Glue { exported, header, main }
}

const STRING: &str = "typedef struct wb_string { const char *ptr; size_t len; } wb_string;\n";
const FAIL: &str = "void wb_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));\n";

fn header(dialect: Dialect, signature: &Signature) -> String {
    let types = composite(signature);
    let mut text = "#pragma once\n".to_owned();
    if dialect == Dialect::C {
        text.push_str("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n");
        text.push_str(STRING);
        text.push_str("static inline wb_string wb_str(const char *text) { size_t n = 0; if (text) n = __builtin_strlen(text); return (wb_string){text, n}; }\n");
        text.push_str(FAIL);
        types.iter().for_each(|ty| text.push_str(&c_definition(ty, false)));
        return text;
    }
    text.push_str("#include <cstddef>\n#include <cstdint>\n#include <utility>\n");
    let names: String = types.iter().map(cpp).collect::<Vec<_>>().join(" ");
    let variant = types.iter().any(|ty| cpp_definition(ty).contains("std::variant"));
    for header in ["string", "vector", "optional", "expected", "tuple", "variant"] {
        if names.contains(&format!("std::{header}"))
            || (header == "variant" && (variant || names.contains("monostate")))
        {
            text.push_str(&format!("#include <{header}>\n"));
        }
    }
    text.push_str(&format!("extern \"C\" {FAIL}namespace wb {{ inline constexpr auto &fail = ::wb_fail; }}\n"));
    types.iter().for_each(|ty| text.push_str(&cpp_definition(ty)));
    text.push_str(&format!("namespace wb_abi {{\n{STRING}"));
    types.iter().for_each(|ty| text.push_str(&c_definition(ty, true)));
    types.iter().for_each(|ty| text.push_str(&convert::definition(ty)));
    text.push_str("template <class T, class F> T call(F f) { if constexpr (__is_void(decltype(f()))) { f(); return T(); } else return f(); }\n}\n");
    text
}

/// The name of a type's struct in memory.
pub(super) fn memory(dialect: Dialect, ty: &Type) -> String {
    let declared = composite(&Signature { name: String::new(), params: Vec::new(), result: Some(ty.clone()) });
    let scope = if dialect == Dialect::Cpp && declared.contains(ty) { "wb_abi::" } else { "" };
    format!("{scope}{}", c(ty))
}

/// The exported function.
fn export(dialect: Dialect, signature: &Signature, function: &Function, source: &str) -> String {
    let flats: Vec<Vec<ValType>> = signature.params.iter().map(|(_, ty)| abi::flat(ty)).collect();
    let indirect = flats.iter().map(Vec::len).sum::<usize>() > abi::MAX_FLAT_PARAMS;
    let mut body = String::new();
    let mut core = Vec::new();
    if indirect {
        let types = || signature.params.iter().map(|(_, ty)| memory(dialect, ty)).enumerate();
        let fields: String = types().map(|(i, ty)| format!("{ty} a{i}; ")).collect();
        core.push("const void *place".to_owned());
        body.push_str(&format!("const struct args {{ {fields}}} *all = (const struct args *)place;\n"));
        types().for_each(|(i, ty)| body.push_str(&format!("{ty} a{i} = all->a{i};\n")));
    } else {
        for (index, (_, ty)) in signature.params.iter().enumerate() {
            let mut values: Vec<(String, ValType)> =
                flats[index].iter().enumerate().map(|(j, flat)| (format!("p{index}_{j}"), *flat)).collect();
            core.extend(values.iter().map(|(name, ty)| format!("{} {name}", flat::core(*ty))));
            body.push_str(&format!("{} a{index};\n", memory(dialect, ty)));
            flat::assemble(dialect, ty, &format!("a{index}"), &mut values, &mut body);
        }
    }
    let arguments = match dialect {
        Dialect::C => c_arguments(signature, function),
        Dialect::Cpp => {
            signature.params.iter().enumerate().map(|(i, (_, ty))| convert::lift(ty, &format!("a{i}"))).collect()
        }
    };
    let call = format!("{}({})", function.name, arguments.join(", "));
    let outcome = match dialect {
        Dialect::C => c_result(signature, function, &call),
        Dialect::Cpp => cpp_result(signature, &call),
    };
    // Output that has no line end yet is logged at the end; a block that cannot write needs no log at all.
    let writes =
        ["stdio", "iostream", "ostream", "<print>", "cassert", "assert.h"].iter().any(|word| source.contains(word));
    let flush = if writes { "__wb_flush();\n" } else { "" };
    let (result, leave) = leaving(dialect, signature);
    let core = if core.is_empty() { "void".to_owned() } else { core.join(", ") };
    format!(
        "__attribute__((export_name(\"{}\"))) {result} __wb_export({core}) {{\n{body}{outcome}{flush}{leave}}}\n",
        signature.name
    )
}

/// The type the exported function returns, and the statement that returns `r`.
fn leaving(dialect: Dialect, signature: &Signature) -> (String, String) {
    let Some(ty) = &signature.result else { return ("void".to_owned(), String::new()) };
    match abi::flat(ty).as_slice() {
        [] => ("void".to_owned(), String::new()),
        [one] => (flat::core(*one).to_owned(), format!("return ({}){};\n", flat::core(*one), flat::single(ty, "r"))),
        // In memory that stays as it is until the caller has read it.
        _ => {
            let ty = memory(dialect, ty);
            (format!("const {ty} *"), format!("static {ty} left; left = r; return &left;\n"))
        }
    }
}

/// What a C function is called with: a list as a struct or as address and length, text as `const char *` or a struct.
fn c_arguments(signature: &Signature, function: &Function) -> Vec<String> {
    let mut written = function.params.iter();
    let mut arguments = Vec::new();
    for (index, (_, ty)) in signature.params.iter().enumerate() {
        let param = written.next().map_or("", String::as_str);
        let pointer = param.contains('*') || param.contains('[');
        match ty {
            Type::List(_) if pointer => {
                arguments.extend([format!("a{index}.ptr"), format!("a{index}.len")]);
                written.next();
            }
            ty if is_text(ty) && pointer && !param.contains("wb_string") => arguments.push(format!("a{index}.ptr")),
            _ => arguments.push(format!("a{index}")),
        }
    }
    arguments
}

/// Statements that declare `r` and set it to what the C function returns, or to its error.
fn c_result(signature: &Signature, function: &Function, call: &str) -> String {
    let text = |ty: &Type| is_text(ty) && function.result.contains("char");
    let value = |ty: &Type| if text(ty) { format!("wb_str({call})") } else { call.to_owned() };
    match &signature.result {
        Some(ty @ Type::Result(ok, err)) => {
            let name = c(ty);
            if function.result.contains("wb_result") {
                return format!("{name} r = {call};\n{}", failing(err.as_deref()));
            }
            let set = match ok {
                Some(ok) => format!("r.val.ok = {};\n", value(ok)),
                None => format!("{call};\n"),
            };
            let clear = "__builtin_memset(&r, 0, sizeof r);";
            format!("{name} r;\n{clear}\n{set}{}", failing(err.as_deref()))
        }
        Some(ty) => format!("{} r = {};\n", c(ty), value(ty)),
        None => format!("{call};\n"),
    }
}

/// Statements that make `r` the error that the block announced, if it did.
fn failing(err: Option<&Type>) -> String {
    if !err.is_some_and(is_text) {
        return String::new();
    }
    "const char *text; size_t length;\nif (__wb_failed(&text, &length)) { r.is_err = true; r.val.err.ptr = text; r.val.err.len = length; }\n".to_owned()
}

fn cpp_result(signature: &Signature, call: &str) -> String {
    match &signature.result {
        Some(ty @ Type::Result(_, err)) => {
            let outcome = format!("wb_abi::call<{}>([&]() {{ return {call}; }})", cpp(ty));
            format!("auto r = {};\n{}", convert::lower(ty, &outcome), failing(err.as_deref()))
        }
        Some(ty) if is_text(ty) => format!("std::string text({call});\nauto r = {};\n", convert::lower(ty, "text")),
        Some(ty) => {
            format!("{} value = {call};\n{} r = {};\n", cpp(ty), memory(Dialect::Cpp, ty), convert::lower(ty, "value"))
        }
        None => format!("{call};\n"),
    }
}

/// The function a signature asks for, as a person would write it.
pub(super) fn wanted(dialect: Dialect, signature: &Signature) -> String {
    let name = ident(&signature.name);
    let param = |(name, ty): &(String, Type)| {
        let name = ident(name);
        match (dialect, ty) {
            (Dialect::C, Type::List(inner)) => format!("const {} *{name}, size_t {name}_len", c(inner)),
            (Dialect::C, ty) if is_text(ty) => format!("const char *{name}"),
            (Dialect::C, ty) => format!("{} {name}", c(ty)),
            (Dialect::Cpp, ty) if composite(&one(ty)).is_empty() => format!("{} {name}", cpp(ty)),
            (Dialect::Cpp, ty) => format!("const {} &{name}", cpp(ty)),
        }
    };
    let params: Vec<String> = signature.params.iter().map(param).collect();
    let params = if params.is_empty() && dialect == Dialect::C { "void".to_owned() } else { params.join(", ") };
    let value = match &signature.result {
        Some(Type::Result(ok, Some(err))) if dialect == Dialect::C && is_text(err) => ok.as_deref(),
        other => other.as_ref(),
    };
    let result = match (dialect, value) {
        (_, None) => "void".to_owned(),
        (Dialect::C, Some(ty)) if is_text(ty) => return format!("const char *{name}({params})"),
        (Dialect::C, Some(ty)) => c(ty),
        (Dialect::Cpp, Some(ty)) => cpp(ty),
    };
    format!("{result} {name}({params})")
}

fn one(ty: &Type) -> Signature {
    Signature { name: String::new(), params: Vec::new(), result: Some(ty.clone()) }
}
