//! `score(items: list<string>, limit: u32) -> list<f64>`.

use std::ops::Range;

use super::WitError;
use super::lexer::{Lexer, Token};
use super::types::{Mention, Type, ty};

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    pub(crate) ty: Type,
}

/// A function's signature; ranges are of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    pub(crate) params: Vec<Param>,
    pub(crate) result: Option<Type>,
    /// Where the result type stands; the name where there is none.
    pub(crate) result_at: Range<usize>,
    pub(crate) mentions: Vec<Mention>,
}

/// Parses the signature in `text[range]`; `name: func(…)` is accepted as well.
pub(crate) fn signature(text: &str, range: &Range<usize>) -> Result<Signature, WitError> {
    let mut lexer = Lexer::new(text, range);
    let at = lexer.word("the name of the function")?;
    if lexer.eat(':') && !lexer.eat_word("func") {
        return Err(lexer.unexpected("`func`"));
    }
    let mut mentions = Vec::new();
    let params = params(&mut lexer, &mut mentions)?;
    let (mut result, mut result_at) = (None, at.clone());
    if lexer.peek().0 == Token::Arrow {
        lexer.next();
        let start = lexer.peek().1.start;
        if lexer.peek().0 == Token::Punct('(') {
            return Err(WitError::new(lexer.peek().1, "a function has one result; return a record to name several"));
        }
        result = Some(ty(&mut lexer, &mut mentions, 0)?);
        let end = text.get(..lexer.peek().1.start).unwrap_or("").trim_end().len();
        result_at = start..end.max(start);
    }
    lexer.eat(';');
    if lexer.peek().0 != Token::End {
        let wanted = if result.is_some() { "the end of the signature" } else { "`->` and a result, or the end" };
        return Err(lexer.unexpected(wanted));
    }
    let name = lexer.slice(&at).trim_start_matches('%').to_owned();
    Ok(Signature { name, at, params, result, result_at, mentions })
}

fn params(lexer: &mut Lexer, mentions: &mut Vec<Mention>) -> Result<Vec<Param>, WitError> {
    lexer.expect('(', "before the parameters")?;
    let mut out: Vec<Param> = Vec::new();
    while !lexer.eat(')') {
        let at = lexer.word("the name of a parameter or `)`")?;
        let name = lexer.slice(&at).trim_start_matches('%').to_owned();
        if out.iter().any(|p| p.name == name) {
            return Err(WitError::new(at, format!("the parameter `{name}` is there twice")));
        }
        lexer.expect(':', &format!("and a type after `{name}`"))?;
        let ty = ty(lexer, mentions, 0)?;
        out.push(Param { name, at, ty });
        if !lexer.eat(',') && lexer.peek().0 != Token::Punct(')') {
            return Err(lexer.unexpected("`,` or `)`"));
        }
        if out.len() > 1000 {
            return Err(lexer.unexpected("fewer parameters"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match signature(text, &(0..text.len())) {
            Ok(s) => {
                let params: Vec<String> = s.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
                format!("{}({}) {:?}", s.name, params.join(", "), s.result.map(|r| (r.to_string(), &text[s.result_at])))
            }
            Err(e) => format!("{:?} {}", &text[e.at], e.message),
        }
    }

    #[test]
    fn signatures() {
        assert_eq!(
            check("score(items: list<string>, n: u8,) -> list<f64> "),
            r#"score(items: list<string>, n: u8) Some(("list<f64>", "list<f64>"))"#
        );
        assert_eq!(check("go: func()"), "go() None");
        assert_eq!(check("go(a) -> u8"), "\")\" expected `:` and a type after `a`, found `)`");
        assert_eq!(check("go(a: list<>) -> u8"), "\">\" expected a type, found `>`");
        assert_eq!(check("go() - u8"), "\"-\" expected `->` and a result, or the end, found `-`");
        assert_eq!(check(""), "\"\" expected the name of the function but the text ends here");
    }
}
