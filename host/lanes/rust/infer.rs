//! The signature of a function whose ports the workbook does not declare: the one its own types say.

use wb_composer::types::{Signature, Type};

use super::Failure;
use super::scan::{Function, Token, group, split, tokens};
use crate::lanes::Problem;

/// Reads the signature off the function. Types of its own, maps and `usize` have no counterpart in WIT.
pub(super) fn signature(function: &Function, heading: &str) -> Result<Signature, Failure> {
    let kebab = |name: &str| name.trim_matches('_').replace('_', "-").to_lowercase();
    let refused = |ty: &str| Failure::Source {
        problems: vec![Problem {
            message: format!("the type `{ty}` of function `{}` says nothing about a port", function.name),
            line: Some(function.line),
            column: Some(function.column),
            within: None,
            help: Some(
                "declare the ports with their types, or use numbers, `String`, `Vec`, `Option`, tuples".to_owned(),
            ),
        }],
    };
    let mut params = Vec::new();
    for (index, (name, text)) in function.params.iter().enumerate() {
        let ty = value(&tokens(text)).flatten().ok_or_else(|| refused(text))?;
        let name = kebab(name);
        params.push((if name.is_empty() { format!("in-{index}") } else { name }, ty));
    }
    let result = match function.result {
        Some(text) => {
            // The error of a `Result` is text, whatever it is in Rust.
            let ok = function.is_fallible().then(|| ok_of(text)).flatten();
            value(&tokens(ok.as_deref().unwrap_or(text))).ok_or_else(|| refused(text))?
        }
        None => None,
    };
    let name = if heading.is_empty() { kebab(function.name) } else { heading.to_owned() };
    Ok(Signature { name, params, result })
}

/// The first type argument of a `Result`.
fn ok_of(text: &str) -> Option<String> {
    let tokens = tokens(text);
    let open = tokens.iter().position(|token| token.text == "<")?;
    let close = open + group(&tokens[open..])?;
    let ok = split(&tokens[open + 1..close]).into_iter().next()?;
    Some(ok.iter().map(|token| token.text).collect::<Vec<_>>().join(" "))
}

/// The WIT type of a Rust type: the outer option says whether there is one, the inner is empty for `()`.
fn value(tokens: &[Token]) -> Option<Option<Type>> {
    let is_borrow = |text: &str| text == "&" || text == "mut" || text.starts_with('\'');
    let start = tokens.iter().position(|token| !is_borrow(token.text))?;
    // `std::string::String` is `String`.
    let path = tokens[start..].iter().take_while(|token| !matches!(token.text, "<" | "(" | "[")).count();
    let tokens = &tokens[start + path.saturating_sub(1)..];
    let (first, rest) = tokens.split_first()?;
    let inside = |tokens: &[Token]| value(tokens)?;
    if matches!(first.text, "(" | "[") && group(tokens)? == tokens.len() - 1 {
        let items = split(&rest[..rest.len() - 1]);
        let types: Vec<Type> = items.into_iter().map(inside).collect::<Option<_>>()?;
        return match (first.text, types.as_slice()) {
            ("(", []) => Some(None),
            ("(", _) => Some(Some(Type::Tuple(types))),
            (_, [item]) => Some(Some(Type::List(Box::new(item.clone())))),
            _ => None,
        };
    }
    if rest.first().is_some_and(|token| token.text == "<") && group(rest)? == rest.len() - 1 {
        let types = split(&rest[1..rest.len() - 1]);
        let side = |tokens: &[Token]| Some(value(tokens)?.map(Box::new));
        return match (first.text, types.as_slice()) {
            ("Vec", [item]) => Some(Some(Type::List(Box::new(inside(item)?)))),
            ("Option", [item]) => Some(Some(Type::Option(Box::new(inside(item)?)))),
            ("Result", [ok, err]) => Some(Some(Type::Result(side(ok)?, side(err)?))),
            _ => None,
        };
    }
    let ty = match first.text {
        "bool" => Type::Bool,
        "i8" => Type::S8,
        "u8" => Type::U8,
        "i16" => Type::S16,
        "u16" => Type::U16,
        "i32" => Type::S32,
        "u32" => Type::U32,
        "i64" => Type::S64,
        "u64" => Type::U64,
        "f32" => Type::F32,
        "f64" => Type::F64,
        "char" => Type::Char,
        "String" | "str" => Type::String,
        _ => return None,
    };
    rest.is_empty().then_some(Some(ty))
}

#[cfg(test)]
mod tests {
    use wb_composer::encode_core::Shown;

    use super::*;
    use crate::lanes::rust::scan::scan;

    fn check(source: &str, expect: &str) {
        let scan = scan(source);
        let found = match signature(&scan.functions[0], "") {
            Ok(signature) => Shown(&signature).to_string(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(found, expect, "{source}");
    }

    #[test]
    fn plain_types_have_a_counterpart() {
        check("pub fn add(a: i32, b: u8) -> f64 {}", "add: func(a: s32, b: u8) -> f64");
        check("pub fn word_count(_text: &str) {}", "word-count: func(text: string)");
        check(
            "pub fn f<'a>(x: &'a [std::string::String]) -> Vec<(u8, char)> {}",
            "f: func(x: list<string>) -> list<tuple<u8, char>>",
        );
        check("pub fn f(_: Option<Vec<u8>>) -> () {}", "f: func(in-0: option<list<u8>>)");
    }

    #[test]
    fn a_result_says_its_value() {
        check("pub fn f() -> Result<Vec<u8>, Box<dyn std::error::Error>> {}", "f: func() -> list<u8>");
        check("pub fn f() -> std::io::Result<()> {}", "f: func()");
    }

    #[test]
    fn others_do_not() {
        check("pub fn f(x: usize) {}", "line 1: the type `usize` of function `f` says nothing about a port");
        check(
            "pub fn f() -> HashMap<u8, u8> {}",
            "line 1: the type `HashMap<u8, u8>` of function `f` says nothing about a port",
        );
    }
}
