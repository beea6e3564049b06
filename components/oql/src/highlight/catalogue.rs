//! The languages. Catalogue: one entry after the other. A new one needs its names and, usually, its words and delimiters.

use super::language::{Calls, Language, LineStart, Mode, PLAIN, Quirk, Quote};
use super::painter::Class;

/// The language of this name, in upper or lower case.
pub(super) fn find(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[rustfmt::skip]
pub(super) static LANGUAGES: &[Language] = &[
    Language {
        names: &["c", "h"],
        keywords: &[
            "break", "case", "const", "continue", "default", "do", "else", "enum", "extern", "for", "goto", "if", "inline",
            "register", "restrict", "return", "sizeof", "static", "struct", "switch", "typedef", "union", "volatile",
            "while"
        ],
        types: &[
            "FILE", "auto", "bool", "char", "double", "float", "int", "int16_t", "int32_t", "int64_t", "int8_t", "long",
            "short", "signed", "size_t", "ssize_t", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "unsigned", "void"
        ],
        values: &["NULL", "false", "nullptr", "true"],
        defining: &["enum", "struct", "union"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        calls: Calls::Parenthesis,
        start: LineStart::Preprocessor,
        ..PLAIN
    },
    Language {
        names: &["c++", "cpp", "cc", "cxx", "hpp"],
        keywords: &[
            "and", "break", "case", "catch", "class", "co_await", "co_return", "co_yield", "concept", "const",
            "const_cast", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "do",
            "dynamic_cast", "else", "enum", "explicit", "export", "extern", "final", "for", "friend", "goto", "if",
            "import", "inline", "module", "mutable", "namespace", "new", "noexcept", "not", "operator", "or", "override",
            "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return", "sizeof",
            "static", "static_cast", "struct", "switch", "template", "this", "throw", "try", "typedef", "typename",
            "union", "using", "virtual", "volatile", "while"
        ],
        types: &[
            "FILE", "auto", "bool", "char", "char16_t", "char32_t", "char8_t", "double", "float", "int", "int16_t",
            "int32_t", "int64_t", "int8_t", "long", "map", "set", "short", "signed", "size_t", "ssize_t", "string",
            "uint16_t", "uint32_t", "uint64_t", "uint8_t", "unsigned", "vector", "void", "wchar_t"
        ],
        values: &["NULL", "false", "nullptr", "true"],
        defining: &["class", "enum", "namespace", "struct"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        calls: Calls::Parenthesis,
        start: LineStart::Preprocessor,
        ..PLAIN
    },
    Language {
        names: &["objc", "objective-c"],
        keywords: &[
            "@end", "@implementation", "@interface", "@property", "@protocol", "@selector", "@synthesize", "break", "case",
            "const", "continue", "default", "do", "else", "enum", "extern", "for", "goto", "if", "inline", "register",
            "restrict", "return", "self", "sizeof", "static", "struct", "super", "switch", "typedef", "union", "volatile",
            "while"
        ],
        types: &[
            "BOOL", "FILE", "NSString", "auto", "bool", "char", "double", "float", "id", "instancetype", "int", "int16_t",
            "int32_t", "int64_t", "int8_t", "long", "short", "signed", "size_t", "ssize_t", "uint16_t", "uint32_t",
            "uint64_t", "uint8_t", "unsigned", "void"
        ],
        values: &["NO", "NULL", "YES", "false", "nil", "nullptr", "true"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        letters: b"@",
        calls: Calls::Parenthesis,
        start: LineStart::Preprocessor,
        ..PLAIN
    },
    Language {
        names: &["c#", "csharp", "cs"],
        keywords: &[
            "abstract", "as", "async", "await", "base", "break", "case", "catch", "checked", "class", "const", "continue",
            "default", "delegate", "do", "else", "enum", "event", "explicit", "extern", "finally", "fixed", "for",
            "foreach", "get", "goto", "if", "implicit", "in", "interface", "internal", "is", "lock", "nameof", "namespace",
            "new", "operator", "out", "override", "params", "partial", "private", "protected", "public", "readonly",
            "record", "ref", "return", "sealed", "set", "sizeof", "stackalloc", "static", "struct", "switch", "this",
            "throw", "try", "typeof", "unchecked", "unsafe", "using", "var", "virtual", "volatile", "when", "where",
            "while", "with", "yield"
        ],
        types: &[
            "bool", "byte", "char", "decimal", "double", "dynamic", "float", "int", "long", "object", "sbyte", "short",
            "string", "uint", "ulong", "ushort", "void"
        ],
        values: &["false", "null", "true"],
        defining: &["class", "enum", "interface", "namespace", "record", "struct"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["javascript", "js", "jsx", "mjs", "cjs", "node"],
        keywords: &[
            "async", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
            "do", "else", "export", "extends", "finally", "for", "from", "function", "get", "if", "import", "in",
            "instanceof", "let", "new", "of", "return", "set", "static", "super", "switch", "this", "throw", "try",
            "typeof", "var", "void", "while", "with", "yield"
        ],
        values: &["Infinity", "NaN", "false", "null", "true", "undefined"],
        functions: &["Array", "JSON", "Math", "Object", "Promise", "console"],
        defining: &["class", "function"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        capitals: true,
        letters: b"$",
        calls: Calls::Parenthesis,
        quirk: Quirk::RegularExpression,
        ..PLAIN
    },
    Language {
        names: &["typescript", "ts", "tsx"],
        keywords: &[
            "abstract", "as", "asserts", "async", "await", "break", "case", "catch", "class", "const", "continue",
            "debugger", "declare", "default", "delete", "do", "else", "enum", "export", "extends", "finally", "for",
            "from", "function", "get", "if", "implements", "import", "in", "infer", "instanceof", "interface", "is",
            "keyof", "let", "module", "namespace", "new", "of", "override", "private", "protected", "public", "readonly",
            "return", "satisfies", "set", "static", "super", "switch", "this", "throw", "try", "type", "typeof", "var",
            "void", "while", "with", "yield"
        ],
        types: &["any", "bigint", "boolean", "never", "number", "object", "string", "symbol", "unknown", "void"],
        values: &["Infinity", "NaN", "false", "null", "true", "undefined"],
        defining: &["class", "enum", "function", "interface", "namespace", "type"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        capitals: true,
        letters: b"$",
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        quirk: Quirk::RegularExpression,
        ..PLAIN
    },
    Language {
        names: &["json", "jsonc", "json5", "jsonl", "ndjson", "vega-lite", "vega", "ipynb", "geojson"],
        values: &["Infinity", "NaN", "false", "null", "true"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        keys: true,
        ..PLAIN
    },
    Language {
        names: &["java"],
        keywords: &[
            "abstract", "assert", "break", "case", "catch", "class", "const", "continue", "default", "do", "else", "enum",
            "exports", "extends", "final", "finally", "for", "goto", "if", "implements", "import", "instanceof",
            "interface", "module", "native", "new", "non-sealed", "package", "permits", "private", "protected", "public",
            "record", "requires", "return", "sealed", "static", "strictfp", "super", "switch", "synchronized", "this",
            "throw", "throws", "transient", "try", "var", "void", "volatile", "while", "yield"
        ],
        types: &["boolean", "byte", "char", "double", "float", "int", "long", "short"],
        values: &["false", "null", "true"],
        defining: &["class", "enum", "interface", "record"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["kotlin", "kt", "kts"],
        keywords: &[
            "abstract", "actual", "annotation", "as", "break", "by", "catch", "class", "companion", "const", "constructor",
            "continue", "data", "do", "else", "enum", "expect", "external", "final", "finally", "for", "fun", "get", "if",
            "import", "in", "infix", "init", "inline", "inner", "interface", "internal", "is", "lateinit", "noinline",
            "object", "open", "operator", "out", "override", "package", "private", "protected", "public", "reified",
            "return", "sealed", "set", "super", "suspend", "tailrec", "this", "throw", "try", "typealias", "val", "value",
            "var", "vararg", "when", "where", "while"
        ],
        types: &["Any", "Boolean", "Byte", "Char", "Double", "Float", "Int", "Long", "Short", "String", "Unit"],
        values: &["false", "null", "true"],
        defining: &["class", "fun", "interface", "object"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: 0, lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["scala"],
        keywords: &[
            "abstract", "case", "catch", "class", "def", "derives", "do", "else", "enum", "export", "extends", "final",
            "finally", "for", "forSome", "given", "if", "implicit", "import", "lazy", "match", "new", "object", "override",
            "package", "private", "protected", "return", "sealed", "super", "then", "this", "throw", "trait", "try",
            "type", "using", "val", "var", "while", "with", "yield"
        ],
        values: &["false", "null", "true"],
        defining: &["class", "def", "enum", "object", "trait", "type"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        nested: true,
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: 0, lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        quirk: Quirk::CharOrPrime,
        ..PLAIN
    },
    Language {
        names: &["swift"],
        keywords: &[
            "actor", "as", "associatedtype", "async", "await", "break", "case", "catch", "class", "continue",
            "convenience", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "fileprivate",
            "final", "for", "func", "get", "guard", "if", "import", "in", "indirect", "init", "inout", "internal", "is",
            "lazy", "let", "mutating", "open", "operator", "override", "private", "protocol", "public", "repeat",
            "required", "rethrows", "return", "self", "set", "some", "static", "struct", "subscript", "super", "switch",
            "throw", "throws", "try", "typealias", "var", "weak", "where", "while"
        ],
        types: &["Any", "Bool", "Character", "Double", "Float", "Int", "String", "Void"],
        values: &["false", "nil", "true"],
        defining: &["actor", "class", "enum", "extension", "func", "protocol", "struct"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        nested: true,
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["dart"],
        keywords: &[
            "abstract", "as", "assert", "async", "await", "break", "case", "catch", "class", "const", "continue",
            "default", "do", "else", "enum", "export", "extends", "extension", "external", "factory", "final", "finally",
            "for", "get", "if", "implements", "import", "in", "is", "late", "library", "mixin", "new", "of", "on",
            "operator", "part", "required", "rethrow", "return", "sealed", "set", "static", "super", "switch", "sync",
            "this", "throw", "try", "typedef", "var", "void", "while", "with", "yield"
        ],
        types: &["String", "bool", "double", "dynamic", "int", "num"],
        values: &["false", "null", "true"],
        defining: &["class", "enum", "extension", "mixin"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "'''", close: "'''", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["go", "golang"],
        keywords: &[
            "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go",
            "goto", "if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type",
            "var"
        ],
        types: &[
            "any", "bool", "byte", "comparable", "complex128", "complex64", "error", "float32", "float64", "int", "int16",
            "int32", "int64", "int8", "rune", "string", "uint", "uint16", "uint32", "uint64", "uint8", "uintptr"
        ],
        values: &["false", "iota", "nil", "true"],
        functions: &[
            "append", "cap", "clear", "close", "copy", "delete", "len", "make", "max", "min", "new", "panic", "print",
            "println", "recover"
        ],
        defining: &["func", "type"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
            Quote { open: "`", close: "`", escape: 0, lines: true },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["rust", "rs"],
        keywords: &[
            "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "fn", "for",
            "if", "impl", "in", "let", "loop", "macro_rules", "match", "mod", "move", "mut", "pub", "ref", "return",
            "self", "static", "struct", "super", "trait", "type", "union", "unsafe", "use", "where", "while", "yield"
        ],
        types: &[
            "Self", "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32",
            "u64", "u8", "usize"
        ],
        values: &["false", "true"],
        defining: &["enum", "fn", "mod", "struct", "trait", "type", "union"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        capitals: true,
        calls: Calls::Parenthesis,
        quirk: Quirk::Rust,
        ..PLAIN
    },
    Language {
        names: &["zig"],
        keywords: &[
            "align", "allowzero", "and", "anyframe", "asm", "async", "await", "break", "callconv", "catch", "comptime",
            "const", "continue", "defer", "else", "enum", "errdefer", "error", "export", "extern", "fn", "for", "if",
            "inline", "linksection", "noalias", "nosuspend", "opaque", "or", "orelse", "packed", "pub", "resume", "return",
            "struct", "suspend", "switch", "test", "threadlocal", "try", "union", "unreachable", "usingnamespace", "var",
            "volatile", "while"
        ],
        types: &[
            "anyerror", "anyopaque", "anytype", "bool", "c_int", "c_uint", "comptime_float", "comptime_int", "f16", "f32",
            "f64", "i16", "i32", "i64", "i8", "isize", "noreturn", "type", "u1", "u16", "u32", "u64", "u8", "usize",
            "void"
        ],
        values: &["false", "null", "true", "undefined"],
        defining: &["fn"],
        comments: &["//", "\\\\"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["php"],
        keywords: &[
            "abstract", "and", "array", "as", "break", "callable", "case", "catch", "class", "clone", "const", "continue",
            "declare", "default", "do", "echo", "else", "elseif", "empty", "enum", "extends", "final", "finally", "fn",
            "for", "foreach", "function", "global", "if", "implements", "include", "include_once", "instanceof",
            "interface", "isset", "match", "namespace", "new", "or", "print", "private", "protected", "public", "readonly",
            "require", "require_once", "return", "static", "switch", "throw", "trait", "try", "unset", "use", "var",
            "while", "xor", "yield"
        ],
        types: &["bool", "float", "int", "iterable", "mixed", "never", "object", "string", "void"],
        values: &["false", "null", "true"],
        defining: &["class", "enum", "function", "interface", "trait"],
        comments: &["//", "#"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: true },
        ],
        capitals: true,
        sigils: &[(b'$', Class::Variable)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["glsl", "wgsl", "hlsl"],
        keywords: &[
            "alias", "attribute", "break", "case", "const", "continue", "default", "discard", "do", "else", "enum",
            "extern", "fn", "for", "goto", "if", "in", "inline", "inout", "layout", "let", "out", "override", "precision",
            "register", "restrict", "return", "sizeof", "static", "struct", "switch", "typedef", "uniform", "union", "var",
            "varying", "volatile", "while"
        ],
        types: &[
            "bool", "double", "f32", "float", "i32", "int", "ivec2", "ivec3", "ivec4", "mat2", "mat3", "mat4", "sampler2D",
            "u32", "uint", "vec2", "vec3", "vec4", "void"
        ],
        values: &["false", "true"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        start: LineStart::Preprocessor,
        ..PLAIN
    },
    Language {
        names: &["protobuf", "proto"],
        keywords: &[
            "enum", "extend", "extensions", "import", "map", "message", "oneof", "option", "optional", "package", "public",
            "repeated", "required", "reserved", "returns", "rpc", "service", "stream", "syntax"
        ],
        types: &[
            "bool", "bytes", "double", "fixed32", "fixed64", "float", "int32", "int64", "sfixed32", "sfixed64", "sint32",
            "sint64", "string", "uint32", "uint64"
        ],
        values: &["false", "true"],
        defining: &["enum", "message", "rpc", "service"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["wit"],
        keywords: &[
            "as", "async", "borrow", "constructor", "enum", "export", "flags", "from", "func", "import", "include",
            "interface", "own", "package", "record", "resource", "static", "type", "use", "variant", "with", "world"
        ],
        types: &[
            "bool", "char", "error-context", "f32", "f64", "future", "list", "option", "result", "s16", "s32", "s64", "s8",
            "stream", "string", "tuple", "u16", "u32", "u64", "u8"
        ],
        defining: &["enum", "flags", "func", "interface", "record", "resource", "type", "variant", "world"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        nested: true,
        letters: b"-%",
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["python", "py", "python3", "ipython", "jupyter-python"],
        keywords: &[
            "and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def", "del", "elif", "else",
            "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match", "nonlocal", "not",
            "or", "pass", "raise", "return", "try", "type", "while", "with", "yield"
        ],
        types: &["bool", "bytes", "dict", "float", "frozenset", "int", "list", "object", "set", "str", "tuple"],
        values: &["False", "None", "NotImplemented", "True", "cls", "self"],
        functions: &[
            "abs", "all", "any", "enumerate", "filter", "input", "isinstance", "len", "map", "max", "min", "open", "print",
            "range", "repr", "reversed", "round", "sorted", "sum", "super", "zip"
        ],
        defining: &["class", "def"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "'''", close: "'''", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        quirk: Quirk::PrefixedStrings,
        ..PLAIN
    },
    Language {
        names: &["ruby", "rb"],
        keywords: &[
            "BEGIN", "END", "alias", "and", "attr_accessor", "attr_reader", "attr_writer", "begin", "break", "case",
            "class", "def", "defined?", "do", "else", "elsif", "end", "ensure", "extend", "for", "if", "in", "include",
            "module", "next", "not", "or", "private", "protected", "public", "redo", "require", "require_relative",
            "rescue", "retry", "return", "self", "super", "then", "undef", "unless", "until", "when", "while", "yield"
        ],
        values: &["false", "nil", "true"],
        functions: &["lambda", "loop", "p", "print", "proc", "puts", "raise"],
        defining: &["class", "def", "module"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: true },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        capitals: true,
        letters: b"?!",
        sigils: &[(b'@', Class::Variable), (b'$', Class::Variable), (b':', Class::Number)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["perl", "pl", "raku"],
        keywords: &[
            "and", "cmp", "continue", "do", "else", "elsif", "eq", "for", "foreach", "ge", "given", "gt", "if", "last",
            "le", "local", "lt", "my", "ne", "next", "no", "not", "or", "our", "package", "redo", "require", "return",
            "sub", "unless", "until", "use", "when", "while", "x", "xor"
        ],
        functions: &[
            "chomp", "chop", "defined", "delete", "die", "each", "exists", "grep", "join", "keys", "length", "map", "open",
            "pop", "print", "printf", "push", "ref", "reverse", "say", "scalar", "shift", "sort", "splice", "split",
            "sprintf", "substr", "unshift", "values", "warn"
        ],
        defining: &["package", "sub"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: true },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        sigils: &[(b'$', Class::Variable), (b'@', Class::Variable)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["lua"],
        keywords: &[
            "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in", "local", "not", "or",
            "repeat", "return", "then", "until", "while"
        ],
        values: &["false", "nil", "self", "true"],
        functions: &[
            "assert", "error", "ipairs", "next", "pairs", "pcall", "print", "require", "select", "setmetatable",
            "tonumber", "tostring", "type", "unpack"
        ],
        defining: &["function"],
        comments: &["--"],
        block: Some(("--[[", "]]")),
        quotes: &[
            Quote { open: "[[", close: "]]", escape: 0, lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["r", "ess-r", "rscript"],
        keywords: &["break", "else", "for", "function", "if", "in", "library", "next", "repeat", "require", "return", "while"],
        values: &["F", "FALSE", "Inf", "NA", "NA_character_", "NA_integer_", "NA_real_", "NULL", "NaN", "T", "TRUE"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: true },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        letters: b".",
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["julia", "jl"],
        keywords: &[
            "abstract", "baremodule", "begin", "break", "catch", "const", "continue", "do", "else", "elseif", "end",
            "export", "finally", "for", "function", "global", "if", "import", "in", "isa", "let", "local", "macro",
            "module", "mutable", "primitive", "quote", "return", "struct", "try", "type", "using", "where", "while"
        ],
        values: &["Inf", "NaN", "false", "missing", "nothing", "pi", "true"],
        defining: &["function", "macro", "module", "struct"],
        comments: &["#"],
        block: Some(("#=", "=#")),
        nested: true,
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
        ],
        capitals: true,
        letters: b"!",
        sigils: &[(b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        quirk: Quirk::CharOrPrime,
        ..PLAIN
    },
    Language {
        names: &["octave", "matlab"],
        keywords: &[
            "break", "case", "catch", "continue", "do", "else", "elseif", "end", "endfor", "endfunction", "endif",
            "endwhile", "for", "function", "global", "if", "otherwise", "parfor", "persistent", "return", "switch", "try",
            "until", "while"
        ],
        values: &["Inf", "NaN", "ans", "eps", "false", "pi", "true"],
        defining: &["function"],
        comments: &["%", "#"],
        block: Some(("%{", "%}")),
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        calls: Calls::Parenthesis,
        quirk: Quirk::CharOrPrime,
        ..PLAIN
    },
    Language {
        names: &["awk", "gawk"],
        keywords: &[
            "BEGIN", "BEGINFILE", "END", "ENDFILE", "break", "case", "continue", "default", "delete", "do", "else", "exit",
            "for", "func", "function", "getline", "if", "in", "next", "nextfile", "print", "printf", "return", "switch",
            "while"
        ],
        values: &["FILENAME", "FNR", "FS", "NF", "NR", "OFS", "ORS", "RS"],
        defining: &["function"],
        comments: &["#"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        sigils: &[(b'$', Class::Variable)],
        calls: Calls::Parenthesis,
        quirk: Quirk::RegularExpression,
        ..PLAIN
    },
    Language {
        names: &["sh", "bash", "shell", "zsh", "ksh", "fish", "dash", "console", "shell-script"],
        keywords: &[
            "case", "coproc", "declare", "do", "done", "elif", "else", "esac", "export", "fi", "for", "function", "if",
            "in", "local", "readonly", "return", "select", "set", "shift", "then", "time", "trap", "typeset", "unset",
            "until", "while"
        ],
        values: &["false", "true"],
        functions: &[
            "alias", "awk", "cargo", "cat", "cd", "chmod", "chown", "cp", "curl", "cut", "date", "echo", "eval", "exec",
            "exit", "find", "git", "grep", "gunzip", "head", "kill", "ln", "ls", "make", "mkdir", "mv", "npm", "pip",
            "printf", "pwd", "read", "rm", "sed", "sleep", "sort", "source", "sudo", "tail", "tar", "tee", "test", "touch",
            "tr", "uniq", "wait", "wc", "xargs"
        ],
        defining: &["function"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: 0, lines: true },
            Quote { open: "`", close: "`", escape: b'\\', lines: true },
        ],
        letters: b"-",
        sigils: &[(b'$', Class::Variable)],
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["powershell", "ps1", "pwsh"],
        keywords: &[
            "begin", "break", "catch", "class", "continue", "data", "do", "dynamicparam", "else", "elseif", "end", "enum",
            "exit", "filter", "finally", "for", "foreach", "function", "if", "in", "param", "process", "return", "switch",
            "throw", "trap", "try", "until", "using", "while"
        ],
        defining: &["class", "function"],
        fold: true,
        comments: &["#"],
        block: Some(("<#", "#>")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'`', lines: true },
            Quote { open: "'", close: "'", escape: 0, lines: true },
        ],
        letters: b"-",
        sigils: &[(b'$', Class::Variable)],
        ..PLAIN
    },
    Language {
        names: &["dos", "bat", "cmd", "batch"],
        keywords: &[
            "call", "do", "echo", "else", "errorlevel", "exist", "exit", "for", "goto", "if", "in", "not", "pause", "set",
            "setlocal", "shift", "start"
        ],
        fold: true,
        comments: &["::"],
        quotes: &[Quote { open: "\"", close: "\"", escape: 0, lines: false }],
        ..PLAIN
    },
    Language {
        names: &["sql", "sqlite", "postgresql", "postgres", "mysql", "plpgsql", "psql", "duckdb"],
        keywords: &[
            "add", "all", "alter", "analyze", "and", "any", "as", "asc", "begin", "between", "by", "cascade", "case",
            "cast", "check", "collate", "column", "commit", "conflict", "constraint", "create", "cross", "current",
            "database", "default", "deferrable", "delete", "desc", "distinct", "do", "drop", "each", "else", "end",
            "except", "exists", "explain", "fetch", "filter", "first", "following", "for", "foreign", "from", "full",
            "function", "grant", "group", "having", "if", "ilike", "in", "index", "inner", "insert", "intersect", "into",
            "is", "join", "key", "last", "lateral", "left", "like", "limit", "materialized", "natural", "not", "nothing",
            "null", "nulls", "offset", "on", "or", "order", "outer", "over", "partition", "preceding", "primary",
            "procedure", "range", "recursive", "references", "returning", "returns", "right", "rollback", "row", "rows",
            "schema", "select", "sequence", "set", "table", "temp", "temporary", "then", "to", "transaction", "trigger",
            "truncate", "union", "unique", "update", "using", "vacuum", "values", "view", "when", "where", "window",
            "with", "within"
        ],
        types: &[
            "bigint", "blob", "boolean", "bytea", "char", "date", "decimal", "double", "float", "int", "integer",
            "interval", "json", "jsonb", "numeric", "real", "serial", "smallint", "text", "time", "timestamp",
            "timestamptz", "uuid", "varchar"
        ],
        values: &["false", "true", "unknown"],
        fold: true,
        comments: &["--"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "'", close: "'", escape: b'\'', lines: true },
            Quote { open: "\"", close: "\"", escape: 0, lines: false },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["graphql", "gql"],
        keywords: &[
            "directive", "enum", "extend", "fragment", "implements", "input", "interface", "mutation", "on", "query",
            "scalar", "schema", "subscription", "type", "union"
        ],
        types: &["Boolean", "Float", "ID", "Int", "String"],
        values: &["false", "null", "true"],
        defining: &["enum", "fragment", "input", "interface", "mutation", "query", "scalar", "subscription", "type", "union"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'$', Class::Variable), (b'@', Class::Attribute)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["sparql", "turtle", "ttl"],
        keywords: &[
            "a", "as", "ask", "base", "bind", "by", "construct", "describe", "distinct", "filter", "from", "graph",
            "group", "having", "in", "limit", "not", "offset", "optional", "order", "prefix", "select", "service", "union",
            "values", "where"
        ],
        values: &["false", "true"],
        fold: true,
        comments: &["#"],
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        sigils: &[(b'?', Class::Variable), (b'@', Class::Keyword)],
        ..PLAIN
    },
    Language {
        names: &["prolog"],
        keywords: &["dynamic", "is", "mod", "module", "not", "rem"],
        comments: &["%"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["emacs-lisp", "elisp", "el"],
        keywords: &[
            "and", "catch", "cl-case", "cl-defmacro", "cl-defstruct", "cl-defun", "cl-flet", "cl-labels", "cl-letf",
            "cl-loop", "cond", "condition-case", "declare", "defadvice", "defalias", "defconst", "defcustom", "defface",
            "defgroup", "define-derived-mode", "define-minor-mode", "defmacro", "defsubst", "defun", "defvar",
            "defvar-local", "dolist", "dotimes", "eval-and-compile", "eval-when-compile", "if", "if-let", "if-let*",
            "interactive", "lambda", "let", "let*", "letrec", "not", "or", "pcase", "pcase-let", "prog1", "prog2", "progn",
            "provide", "quote", "require", "save-excursion", "save-restriction", "setf", "setq", "setq-default",
            "setq-local", "throw", "unless", "unwind-protect", "use-package", "when", "when-let", "when-let*", "while",
            "with-current-buffer", "with-temp-buffer"
        ],
        values: &["nil", "t"],
        functions: &[
            "add-hook", "add-to-list", "append", "apply", "aref", "assoc", "car", "cdr", "concat", "cons", "elt", "eq",
            "equal", "error", "eval", "format", "funcall", "get", "gethash", "intern", "length", "list", "mapcar",
            "mapconcat", "message", "nth", "push", "put", "puthash", "reverse", "string-match", "string=", "vector"
        ],
        defining: &[
            "cl-defmacro", "cl-defstruct", "cl-defun", "defalias", "defconst", "defcustom", "defface", "defgroup",
            "define-derived-mode", "define-minor-mode", "defmacro", "defsubst", "defun", "defvar", "defvar-local"
        ],
        comments: &[";"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        letters: b"-*?!<>=+/",
        sigils: &[(b':', Class::Number)],
        calls: Calls::Lisp,
        ..PLAIN
    },
    Language {
        names: &["lisp", "common-lisp", "cl", "commonlisp"],
        keywords: &[
            "and", "block", "case", "catch", "cond", "declare", "defclass", "defconstant", "defgeneric", "defmacro",
            "defmethod", "defpackage", "defparameter", "defstruct", "deftype", "defun", "defvar", "destructuring-bind",
            "do", "do*", "dolist", "dotimes", "ecase", "eval-when", "flet", "function", "go", "handler-case", "if",
            "in-package", "labels", "lambda", "let", "let*", "loop", "macrolet", "multiple-value-bind", "or", "prog1",
            "progn", "quote", "return", "return-from", "setf", "setq", "tagbody", "throw", "typecase", "unless",
            "unwind-protect", "when", "with-open-file", "with-slots"
        ],
        values: &["nil", "t"],
        defining: &[
            "defclass", "defconstant", "defgeneric", "defmacro", "defmethod", "defpackage", "defparameter", "defstruct",
            "deftype", "defun", "defvar"
        ],
        comments: &[";"],
        block: Some(("#|", "|#")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        letters: b"-*?!<>=+/",
        sigils: &[(b':', Class::Number)],
        calls: Calls::Lisp,
        ..PLAIN
    },
    Language {
        names: &["scheme", "racket", "guile", "chicken"],
        keywords: &[
            "and", "assert", "begin", "call-with-current-continuation", "call/cc", "case", "cond", "cond-expand", "define",
            "define-record-type", "define-syntax", "define-values", "delay", "do", "else", "export", "guard", "if",
            "import", "lambda", "let", "let*", "let*-values", "let-syntax", "let-values", "letrec", "letrec*",
            "letrec-syntax", "library", "module", "or", "parameterize", "provide", "quasiquote", "quote", "require",
            "set!", "struct", "syntax-case", "syntax-rules", "unless", "unquote", "when"
        ],
        values: &["else"],
        defining: &["define", "define-record-type", "define-syntax", "define-values", "struct"],
        comments: &[";"],
        block: Some(("#|", "|#")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        letters: b"-*?!<>=+/",
        calls: Calls::Lisp,
        ..PLAIN
    },
    Language {
        names: &["clojure", "clj", "cljs", "edn", "babashka"],
        keywords: &[
            "and", "as->", "binding", "case", "catch", "comment", "cond", "cond->", "cond->>", "condp", "def", "defmacro",
            "defmethod", "defmulti", "defn", "defn-", "defonce", "defprotocol", "defrecord", "deftype", "do", "doseq",
            "dotimes", "doto", "extend-type", "fn", "for", "if", "if-let", "if-not", "if-some", "import", "let", "letfn",
            "loop", "ns", "or", "quote", "recur", "reify", "require", "some->", "some->>", "throw", "try", "when",
            "when-let", "when-not", "when-some", "while"
        ],
        values: &["false", "nil", "true"],
        defining: &[
            "def", "defmacro", "defmethod", "defmulti", "defn", "defn-", "defonce", "defprotocol", "defrecord", "deftype",
            "ns"
        ],
        comments: &[";"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        letters: b"-*?!<>=+/&%",
        sigils: &[(b':', Class::Number)],
        calls: Calls::Lisp,
        ..PLAIN
    },
    Language {
        names: &["wat", "wast"],
        keywords: &[
            "alias", "block", "br", "br_if", "br_table", "call", "call_indirect", "canon", "component", "core", "data",
            "drop", "elem", "else", "end", "export", "func", "global", "global.get", "global.set", "if", "import",
            "instance", "instantiate", "interface", "lift", "local", "local.get", "local.set", "local.tee", "loop",
            "lower", "memory", "module", "mut", "nop", "offset", "outer", "param", "rec", "result", "return", "select",
            "start", "sub", "table", "then", "type", "unreachable"
        ],
        types: &[
            "anyref", "bool", "eqref", "externref", "f32", "f64", "funcref", "i16", "i31ref", "i32", "i64", "i8", "list",
            "option", "record", "s16", "s32", "s64", "s8", "string", "tuple", "u16", "u32", "u64", "u8", "v128", "variant"
        ],
        comments: &[";;"],
        block: Some(("(;", ";)")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        letters: b".-=",
        sigils: &[(b'$', Class::Variable)],
        calls: Calls::Lisp,
        ..PLAIN
    },
    Language {
        names: &["haskell", "hs"],
        keywords: &[
            "as", "case", "class", "data", "default", "deriving", "do", "else", "family", "forall", "foreign", "hiding",
            "if", "import", "in", "infix", "infixl", "infixr", "instance", "let", "mdo", "module", "newtype", "of",
            "pattern", "proc", "qualified", "rec", "then", "type", "where"
        ],
        values: &["False", "True"],
        comments: &["--"],
        block: Some(("{-", "-}")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        capitals: true,
        letters: b"'",
        quirk: Quirk::CharOrPrime,
        ..PLAIN
    },
    Language {
        names: &["ocaml", "ml", "reason", "sml", "fsharp", "f#"],
        keywords: &[
            "and", "as", "assert", "begin", "class", "constraint", "do", "done", "downto", "else", "end", "exception",
            "external", "for", "fun", "function", "functor", "if", "in", "include", "inherit", "initializer", "lazy",
            "let", "match", "method", "module", "mutable", "new", "nonrec", "object", "of", "open", "or", "private", "rec",
            "sig", "struct", "then", "to", "try", "type", "val", "virtual", "when", "while", "with"
        ],
        types: &["array", "bool", "bytes", "char", "exn", "float", "int", "list", "option", "string", "unit"],
        values: &["false", "true"],
        defining: &["exception", "let", "module", "type"],
        block: Some(("(*", "*)")),
        nested: true,
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        capitals: true,
        letters: b"'",
        quirk: Quirk::CharOrPrime,
        ..PLAIN
    },
    Language {
        names: &["elm", "purescript"],
        keywords: &[
            "alias", "as", "case", "class", "data", "derive", "do", "else", "exposing", "forall", "if", "import", "in",
            "infix", "instance", "let", "module", "newtype", "of", "port", "then", "type", "where"
        ],
        values: &["False", "True"],
        comments: &["--"],
        block: Some(("{-", "-}")),
        nested: true,
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        ..PLAIN
    },
    Language {
        names: &["elixir", "ex", "exs"],
        keywords: &[
            "after", "alias", "and", "case", "catch", "cond", "def", "defdelegate", "defexception", "defimpl", "defmacro",
            "defmodule", "defp", "defprotocol", "defstruct", "do", "else", "end", "fn", "for", "if", "import", "in", "not",
            "or", "quote", "raise", "receive", "require", "rescue", "super", "try", "unless", "unquote", "use", "when",
            "with"
        ],
        values: &["false", "nil", "true"],
        defining: &["def", "defmacro", "defmodule", "defp", "defprotocol"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        letters: b"?!",
        sigils: &[(b'@', Class::Attribute), (b':', Class::Number)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["erlang", "erl"],
        keywords: &[
            "after", "and", "andalso", "band", "begin", "bnot", "bor", "bsl", "bsr", "bxor", "case", "catch", "cond",
            "div", "end", "fun", "if", "let", "not", "of", "or", "orelse", "receive", "rem", "try", "when", "xor"
        ],
        values: &["false", "ok", "true", "undefined"],
        comments: &["%"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        sigils: &[(b'?', Class::Variable)],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["nix"],
        keywords: &["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"],
        values: &["false", "null", "true"],
        functions: &["abort", "builtins", "import", "map", "throw", "toString"],
        comments: &["#"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "''", close: "''", escape: 0, lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
        ],
        letters: b"-'",
        sigils: &[(b'$', Class::Variable)],
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["hcl", "terraform", "tf"],
        keywords: &[
            "data", "dynamic", "else", "endfor", "endif", "for", "if", "in", "locals", "module", "output", "provider",
            "resource", "terraform", "variable"
        ],
        types: &["any", "bool", "list", "map", "number", "object", "set", "string"],
        values: &["false", "null", "true"],
        comments: &["#", "//"],
        block: Some(("/*", "*/")),
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        letters: b"-",
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["yaml", "yml", "docker-compose"],
        values: &["False", "True", "false", "no", "null", "off", "on", "true", "yes"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: true },
            Quote { open: "'", close: "'", escape: b'\'', lines: true },
        ],
        letters: b"-./",
        sigils: &[(b'&', Class::Variable), (b'!', Class::Type)],
        start: LineStart::Keys(b':'),
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["toml"],
        values: &["false", "inf", "nan", "true"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"\"\"", close: "\"\"\"", escape: b'\\', lines: true },
            Quote { open: "'''", close: "'''", escape: 0, lines: true },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: 0, lines: false },
        ],
        letters: b"-",
        start: LineStart::Keys(b'='),
        ..PLAIN
    },
    Language {
        names: &["ini", "conf", "cfg", "properties", "desktop", "systemd", "editorconfig", "gitconfig", "env", "dotenv"],
        values: &["false", "no", "off", "on", "true", "yes"],
        comments: &["#", ";"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        letters: b"-./",
        sigils: &[(b'$', Class::Variable)],
        start: LineStart::Keys(b'='),
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["makefile", "make", "mk", "gnumakefile", "just", "justfile"],
        keywords: &[
            "-include", "define", "else", "endef", "endif", "export", "ifdef", "ifeq", "ifndef", "ifneq", "include",
            "override", "private", "undefine", "unexport", "vpath"
        ],
        comments: &["#"],
        letters: b"-./",
        sigils: &[(b'$', Class::Variable)],
        start: LineStart::Targets,
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["cmake"],
        keywords: &[
            "add_custom_command", "add_custom_target", "add_executable", "add_library", "add_subdirectory", "add_test",
            "cmake_minimum_required", "else", "elseif", "endforeach", "endfunction", "endif", "endmacro", "endwhile",
            "find_library", "find_package", "foreach", "function", "if", "include", "install", "macro", "message",
            "option", "project", "return", "set", "target_compile_options", "target_include_directories",
            "target_link_libraries", "while"
        ],
        values: &["false", "off", "on", "true"],
        fold: true,
        comments: &["#"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        sigils: &[(b'$', Class::Variable)],
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["dockerfile", "docker", "containerfile"],
        keywords: &["AS", "as"],
        functions: &[
            "add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer",
            "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir"
        ],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        letters: b"-./",
        sigils: &[(b'$', Class::Variable)],
        start: LineStart::Instruction,
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["nginx", "caddyfile"],
        keywords: &[
            "events", "http", "if", "include", "listen", "location", "map", "proxy_pass", "return", "rewrite", "root",
            "server", "server_name", "set", "upstream"
        ],
        values: &["off", "on"],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        letters: b"-./",
        sigils: &[(b'$', Class::Variable)],
        quirk: Quirk::Shell,
        ..PLAIN
    },
    Language {
        names: &["css", "scss", "less", "sass"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        letters: b"-.#@&",
        quirk: Quirk::Css,
        ..PLAIN
    },
    Language {
        names: &["latex", "tex", "context", "bibtex"],
        comments: &["%"],
        quotes: &[Quote { open: "$$", close: "$$", escape: b'\\', lines: true }],
        letters: b"*",
        sigils: &[(b'\\', Class::Keyword)],
        ..PLAIN
    },
    Language {
        names: &["mermaid"],
        keywords: &[
            "activate", "actor", "alt", "and", "as", "autonumber", "class", "classDef", "classDiagram", "click",
            "deactivate", "direction", "else", "end", "erDiagram", "flowchart", "gantt", "graph", "link", "loop", "note",
            "opt", "over", "par", "participant", "pie", "rect", "section", "sequenceDiagram", "stateDiagram",
            "stateDiagram-v2", "style", "subgraph", "title"
        ],
        comments: &["%%"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        ..PLAIN
    },
    Language {
        names: &["dot", "graphviz"],
        keywords: &["digraph", "edge", "graph", "node", "strict", "subgraph"],
        fold: true,
        comments: &["//", "#"],
        block: Some(("/*", "*/")),
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: true }],
        ..PLAIN
    },
    Language {
        names: &["gnuplot"],
        keywords: &[
            "fit", "lines", "load", "pause", "plot", "points", "print", "replot", "reset", "save", "set", "show", "splot",
            "test", "title", "undefine", "unset", "using", "with"
        ],
        comments: &["#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["plantuml", "ditaa"],
        keywords: &[
            "@enduml", "@startuml", "activate", "actor", "alt", "as", "class", "deactivate", "else", "end", "enum",
            "interface", "loop", "note", "package", "participant", "skinparam", "state", "title"
        ],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        letters: b"@",
        ..PLAIN
    },
    Language {
        names: &["asm", "nasm", "gas", "assembly"],
        keywords: &[
            "add", "and", "call", "cmp", "db", "dd", "dec", "div", "dq", "dw", "extern", "global", "hlt", "idiv", "imul",
            "inc", "int", "ja", "jae", "jb", "jbe", "je", "jg", "jge", "jl", "jle", "jmp", "jne", "jnz", "jz", "lea",
            "leave", "loop", "mov", "movsx", "movzx", "mul", "neg", "nop", "not", "or", "pop", "push", "resb", "resd",
            "resq", "resw", "ret", "rol", "ror", "sal", "sar", "section", "shl", "shr", "sub", "syscall", "test", "xchg",
            "xor"
        ],
        types: &[
            "ah", "al", "ax", "bl", "bx", "cl", "cx", "dl", "dx", "eax", "ebp", "ebx", "ecx", "edi", "edx", "esi", "esp",
            "r10", "r11", "r12", "r13", "r14", "r15", "r8", "r9", "rax", "rbp", "rbx", "rcx", "rdi", "rdx", "rsi", "rsp"
        ],
        fold: true,
        comments: &[";", "#"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        ..PLAIN
    },
    Language {
        names: &["fortran", "f90"],
        keywords: &[
            "allocatable", "allocate", "call", "character", "complex", "contains", "cycle", "deallocate", "dimension",
            "do", "else", "elseif", "end", "enddo", "endif", "exit", "function", "if", "implicit", "in", "inout",
            "integer", "intent", "interface", "kind", "logical", "module", "none", "only", "out", "parameter", "print",
            "procedure", "program", "read", "real", "recursive", "result", "return", "select", "stop", "subroutine",
            "then", "type", "use", "where", "while", "write"
        ],
        fold: true,
        comments: &["!"],
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["pascal", "delphi", "ada"],
        keywords: &[
            "and", "array", "as", "begin", "case", "class", "const", "constructor", "destructor", "div", "do", "downto",
            "else", "elsif", "end", "exception", "exit", "finally", "for", "function", "goto", "if", "implementation",
            "in", "inherited", "interface", "is", "loop", "mod", "nil", "not", "object", "of", "or", "out", "package",
            "private", "procedure", "program", "property", "protected", "public", "raise", "record", "repeat", "return",
            "set", "then", "to", "try", "type", "unit", "until", "uses", "var", "when", "while", "with"
        ],
        types: &["boolean", "byte", "char", "integer", "longint", "natural", "real", "string"],
        values: &["false", "nil", "true"],
        fold: true,
        comments: &["//", "--"],
        block: Some(("{", "}")),
        quotes: &[
            Quote { open: "'", close: "'", escape: b'\'', lines: false },
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
        ],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["vim", "viml", "vimscript"],
        keywords: &[
            "autocmd", "call", "command", "else", "elseif", "endfor", "endfunction", "endif", "endwhile", "execute", "for",
            "function", "if", "let", "map", "nmap", "nnoremap", "noremap", "return", "set", "setlocal", "syntax", "unlet",
            "vmap", "while"
        ],
        quotes: &[Quote { open: "'", close: "'", escape: b'\\', lines: false }],
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["ledger", "hledger", "beancount"],
        keywords: &["account", "balance", "close", "commodity", "include", "note", "open", "option", "pad", "payee", "tag"],
        comments: &[";", "#"],
        quotes: &[Quote { open: "\"", close: "\"", escape: b'\\', lines: false }],
        ..PLAIN
    },
    Language {
        names: &["solidity", "sol"],
        keywords: &[
            "break", "calldata", "case", "const", "constructor", "continue", "contract", "default", "do", "else", "emit",
            "enum", "event", "extern", "external", "for", "function", "goto", "if", "import", "inline", "interface",
            "internal", "is", "library", "mapping", "memory", "modifier", "override", "payable", "pragma", "private",
            "public", "pure", "register", "require", "restrict", "return", "returns", "sizeof", "static", "storage",
            "struct", "switch", "typedef", "union", "using", "view", "virtual", "volatile", "while"
        ],
        types: &["address", "bool", "bytes", "bytes32", "int", "int256", "string", "uint", "uint256"],
        values: &["false", "true"],
        defining: &["contract", "event", "function", "interface", "library", "modifier"],
        comments: &["//"],
        block: Some(("/*", "*/")),
        quotes: &[
            Quote { open: "\"", close: "\"", escape: b'\\', lines: false },
            Quote { open: "'", close: "'", escape: b'\\', lines: false },
        ],
        capitals: true,
        calls: Calls::Parenthesis,
        ..PLAIN
    },
    Language {
        names: &["html", "xml", "svg", "mathml", "xhtml", "xsl", "xslt", "rss", "vue", "svelte", "web", "nxml", "mhtml", "sgml"],
        mode: Mode::Markup,
        ..PLAIN
    },
    Language {
        names: &["diff", "patch", "udiff"],
        mode: Mode::Diff,
        ..PLAIN
    },
    Language {
        names: &["org", "org-mode"],
        mode: Mode::Org,
        ..PLAIN
    },
    Language {
        names: &["markdown", "md", "gfm", "rmarkdown"],
        mode: Mode::Markdown,
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    use super::super::lexer::FOLDED;
    use super::*;

    #[test]
    fn words_are_found_by_halves() {
        for language in LANGUAGES {
            for list in [language.keywords, language.types, language.values, language.functions, language.defining] {
                assert!(list.is_sorted(), "{}: {list:?}", language.names[0]);
                assert!(list.iter().all(|word| !language.fold || word.len() <= FOLDED), "{list:?}");
            }
        }
    }

    #[test]
    fn a_name_is_one_language() {
        let mut names: Vec<&str> = LANGUAGES.iter().flat_map(|language| language.names).copied().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| *name == name.to_ascii_lowercase()));
    }
}
