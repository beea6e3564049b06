//! Value types.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use super::WitError;
use super::lexer::{Lexer, Token};

/// The types every component knows.
pub(crate) const PRIMITIVES: &[&str] =
    &["bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char", "string"];

/// Names workbooks add to WIT, and what they stand for.
pub(crate) const ALIASES: &[(&str, &str)] =
    &[("bytes", "list<u8>"), ("text", "string"), ("list", "list<json>"), ("number", "f64"), ("json", "json")];

/// Types nested deeper are refused; no canonical ABI takes them either.
const MAX_DEPTH: usize = 32;

/// A value type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// A primitive, `json`, or a declared name.
    Name(String),
    List(Box<Type>),
    Option(Box<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    Tuple(Vec<Type>),
}

/// A name that a type mentions and that is no primitive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
}

impl Type {
    pub(crate) fn json() -> Self {
        Type::Name("json".to_owned())
    }

    pub(crate) fn is_json(&self) -> bool {
        matches!(self, Type::Name(name) if name == "json")
    }

    /// Replaces the aliases the file does not declare itself.
    pub(crate) fn expand(self, declared: &HashSet<String>) -> Self {
        let inner = |t: Box<Type>| Box::new(t.expand(declared));
        match self {
            Type::Name(name) if declared.contains(&name) => Type::Name(name),
            Type::Name(name) => match name.as_str() {
                "bytes" => Type::List(Box::new(Type::Name("u8".to_owned()))),
                "text" => Type::Name("string".to_owned()),
                "list" => Type::List(Box::new(Type::json())),
                "number" => Type::Name("f64".to_owned()),
                _ => Type::Name(name),
            },
            Type::List(t) => Type::List(inner(t)),
            Type::Option(t) => Type::Option(inner(t)),
            Type::Result(ok, err) => Type::Result(ok.map(inner), err.map(inner)),
            Type::Tuple(items) => Type::Tuple(items.into_iter().map(|t| t.expand(declared)).collect()),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Name(name) => f.write_str(name),
            Type::List(t) => write!(f, "list<{t}>"),
            Type::Option(t) => write!(f, "option<{t}>"),
            Type::Result(None, None) => f.write_str("result"),
            Type::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Type::Result(None, Some(err)) => write!(f, "result<_, {err}>"),
            Type::Result(Some(ok), Some(err)) => write!(f, "result<{ok}, {err}>"),
            Type::Tuple(items) => {
                f.write_str("tuple<")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
        }
    }
}

/// The type that fills `text[range]`, and the names it mentions.
pub(crate) fn parse_type(text: &str, range: &Range<usize>) -> Result<(Type, Vec<Mention>), WitError> {
    let mut lexer = Lexer::new(text, range);
    let mut mentions = Vec::new();
    let ty = ty(&mut lexer, &mut mentions, 0)?;
    match lexer.peek().0 {
        Token::End => Ok((ty, mentions)),
        _ => Err(lexer.unexpected("the end of the type")),
    }
}

/// One type at the cursor.
pub(super) fn ty(lexer: &mut Lexer, mentions: &mut Vec<Mention>, depth: usize) -> Result<Type, WitError> {
    let at = lexer.word("a type")?;
    if depth >= MAX_DEPTH {
        return Err(WitError::new(at, "the type is nested too deeply"));
    }
    let word = lexer.slice(&at);
    let generic = lexer.peek().0 == Token::Punct('<');
    match word {
        "list" if generic => {
            lexer.next();
            let inner = ty(lexer, mentions, depth + 1)?;
            if lexer.peek().0 == Token::Punct(',') {
                return Err(WitError::new(lexer.peek().1, "`list` takes one type"));
            }
            lexer.expect('>', "after the type of the list")?;
            Ok(Type::List(Box::new(inner)))
        }
        "option" => {
            lexer.expect('<', "after `option`")?;
            let inner = ty(lexer, mentions, depth + 1)?;
            lexer.expect('>', "after the type of the option")?;
            Ok(Type::Option(Box::new(inner)))
        }
        "result" if generic => {
            lexer.next();
            let ok = if lexer.eat_word("_") { None } else { Some(Box::new(ty(lexer, mentions, depth + 1)?)) };
            let mut err = None;
            if lexer.eat(',') && !lexer.eat_word("_") {
                err = Some(Box::new(ty(lexer, mentions, depth + 1)?));
            }
            lexer.expect('>', "after the types of the result")?;
            Ok(Type::Result(ok, err))
        }
        "result" => Ok(Type::Result(None, None)),
        "tuple" => {
            lexer.expect('<', "after `tuple`")?;
            let mut items = vec![ty(lexer, mentions, depth + 1)?];
            while lexer.eat(',') {
                if lexer.peek().0 == Token::Punct('>') {
                    break;
                }
                items.push(ty(lexer, mentions, depth + 1)?);
            }
            lexer.expect('>', "after the types of the tuple")?;
            Ok(Type::Tuple(items))
        }
        "stream" | "future" | "own" | "borrow" | "error-context" => {
            Err(WitError::new(at, format!("`{word}` cannot cross from one component to another")))
        }
        _ => {
            if generic {
                return Err(WitError::new(at, format!("`{word}` takes no type arguments")));
            }
            let name = word.strip_prefix('%').unwrap_or(word).to_owned();
            if !PRIMITIVES.contains(&word) {
                mentions.push(Mention { name: name.clone(), at });
            }
            Ok(Type::Name(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match parse_type(text, &(0..text.len())) {
            Ok((ty, _)) => ty.expand(&HashSet::new()).to_string(),
            Err(e) => format!("{}..{} {}", e.at.start, e.at.end, e.message),
        }
    }

    #[test]
    fn types() {
        assert_eq!(check("tuple< string,u32 >"), "tuple<string, u32>");
        assert_eq!(check("result<_, string>"), "result<_, string>");
        assert_eq!(check("list"), "list<json>");
        assert_eq!(check("option<bytes>"), "option<list<u8>>");
        assert_eq!(check("list<u8"), "6..7 expected `>` after the type of the list but the text ends here");
        assert_eq!(check("list<u8>>"), "8..9 expected the end of the type, found `>`");
        assert!(check(&"list<".repeat(100_000)).contains("too deeply"));
    }
}
