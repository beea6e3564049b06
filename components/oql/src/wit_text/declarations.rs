//! Type declarations of `wit` blocks.

use std::ops::Range;

use super::WitError;
use super::lexer::{Lexer, Token};
use super::types::{Mention, Type, ty};

/// What a declared name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    Record(Vec<(String, Type)>),
    Alias(Type),
    /// Variants, enums, flags: a value type whose inside does not matter here.
    Value,
    /// Something imported from elsewhere, or a resource.
    Opaque,
}

/// One declared name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    pub(crate) at: Range<usize>,
    pub(crate) body: Body,
    pub(crate) mentions: Vec<Mention>,
}

/// All declarations of `text[range]`, and the first error. Interfaces and worlds around them are looked through.
pub(crate) fn declarations(text: &str, range: &Range<usize>) -> (Vec<Declaration>, Option<WitError>) {
    let mut lexer = Lexer::new(text, range);
    let mut out = Vec::new();
    let mut depth = 0usize;
    let result = loop {
        match item(&mut lexer, &mut out, &mut depth) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(e) => break Some(e),
        }
    };
    (out, result)
}

/// One item; false at the end.
fn item(lexer: &mut Lexer, out: &mut Vec<Declaration>, depth: &mut usize) -> Result<bool, WitError> {
    let (token, at) = lexer.peek();
    match token {
        Token::End if *depth > 0 => return Err(lexer.unexpected("`}`")),
        Token::End => return Ok(false),
        Token::Punct('}') if *depth > 0 => {
            lexer.next();
            *depth -= 1;
            return Ok(true);
        }
        Token::Punct('@') => {
            lexer.next();
            lexer.word("the name of an attribute")?;
            if lexer.eat('(') {
                skip_past(lexer, ')')?;
            }
            return Ok(true);
        }
        Token::Word => {}
        _ => return Err(lexer.unexpected("a declaration")),
    }
    lexer.next();
    match lexer.slice(&at) {
        "interface" | "world" => {
            lexer.word("a name")?;
            lexer.expect('{', "after the name")?;
            *depth += 1;
        }
        "record" => declare(lexer, out, record)?,
        "variant" => declare(lexer, out, variant)?,
        "enum" | "flags" => declare(lexer, out, names)?,
        "type" => declare(lexer, out, alias)?,
        "resource" => resource(lexer, out)?,
        "use" => uses(lexer, out)?,
        _ => skip_past(lexer, ';')?,
    }
    Ok(true)
}

type BodyParser = fn(&mut Lexer, &mut Vec<Mention>) -> Result<Body, WitError>;

fn declare(lexer: &mut Lexer, out: &mut Vec<Declaration>, body: BodyParser) -> Result<(), WitError> {
    let at = lexer.word("the name of the type")?;
    let name = lexer.slice(&at).trim_start_matches('%').to_owned();
    let mut mentions = Vec::new();
    let body = body(lexer, &mut mentions)?;
    out.push(Declaration { name, at, body, mentions });
    Ok(())
}

fn record(lexer: &mut Lexer, mentions: &mut Vec<Mention>) -> Result<Body, WitError> {
    let mut fields = Vec::new();
    lexer.expect('{', "before the fields")?;
    while !lexer.eat('}') {
        let at = lexer.word("the name of a field or `}`")?;
        let name = lexer.slice(&at).trim_start_matches('%').to_owned();
        lexer.expect(':', &format!("and a type after `{name}`"))?;
        fields.push((name, ty(lexer, mentions, 0)?));
        separator(lexer)?;
    }
    Ok(Body::Record(fields))
}

fn variant(lexer: &mut Lexer, mentions: &mut Vec<Mention>) -> Result<Body, WitError> {
    lexer.expect('{', "before the cases")?;
    while !lexer.eat('}') {
        lexer.word("the name of a case or `}`")?;
        if lexer.eat('(') {
            ty(lexer, mentions, 0)?;
            lexer.expect(')', "after the type of the case")?;
        }
        separator(lexer)?;
    }
    Ok(Body::Value)
}

fn names(lexer: &mut Lexer, _: &mut Vec<Mention>) -> Result<Body, WitError> {
    lexer.expect('{', "before the names")?;
    while !lexer.eat('}') {
        lexer.word("a name or `}`")?;
        separator(lexer)?;
    }
    Ok(Body::Value)
}

fn alias(lexer: &mut Lexer, mentions: &mut Vec<Mention>) -> Result<Body, WitError> {
    lexer.expect('=', "after the name of the type")?;
    let ty = ty(lexer, mentions, 0)?;
    lexer.expect(';', "after the type")?;
    Ok(Body::Alias(ty))
}

fn resource(lexer: &mut Lexer, out: &mut Vec<Declaration>) -> Result<(), WitError> {
    let at = lexer.word("the name of the resource")?;
    if !lexer.eat(';') {
        lexer.expect('{', "after the name of the resource")?;
        skip_past(lexer, '}')?;
    }
    let name = lexer.slice(&at).to_owned();
    out.push(Declaration { name, at, body: Body::Opaque, mentions: Vec::new() });
    Ok(())
}

/// `use other.{a, b as c};` brings names in.
fn uses(lexer: &mut Lexer, out: &mut Vec<Declaration>) -> Result<(), WitError> {
    loop {
        match lexer.next() {
            (Token::Punct('{'), _) => break,
            (Token::Punct(';'), _) => return Ok(()),
            (Token::End, _) => return Err(lexer.unexpected("`{`")),
            _ => {}
        }
    }
    while !lexer.eat('}') {
        let mut at = lexer.word("a name or `}`")?;
        if lexer.eat_word("as") {
            at = lexer.word("a name")?;
        }
        let name = lexer.slice(&at).to_owned();
        out.push(Declaration { name, at, body: Body::Opaque, mentions: Vec::new() });
        separator(lexer)?;
    }
    lexer.expect(';', "after the names")
}

fn separator(lexer: &mut Lexer) -> Result<(), WitError> {
    if lexer.eat(',') || lexer.peek().0 == Token::Punct('}') { Ok(()) } else { Err(lexer.unexpected("`,` or `}`")) }
}

fn skip_past(lexer: &mut Lexer, c: char) -> Result<(), WitError> {
    loop {
        match lexer.next().0 {
            Token::Punct(p) if p == c => return Ok(()),
            Token::End => return Err(lexer.unexpected(&format!("`{c}`"))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let text = "package a:b@1.0.0;\n/// doc\ninterface t {\n use x.{y as z};\n @since(version = 1.0.0)\n record item { id: u32, tag: mood }\n \
                    enum mood { good, bad, }\n variant v { a(list<item>), b }\n type t = nope;\n f: func(a: u8) -> u8;\n}\n";
        let (found, error) = declarations(text, &(0..text.len()));
        assert_eq!(error, None);
        let names: Vec<&str> = found.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["z", "item", "mood", "v", "t"]);
        let mentions: Vec<&str> = found.iter().flat_map(|d| &d.mentions).map(|m| m.name.as_str()).collect();
        assert_eq!(mentions, ["mood", "item", "nope"]);
        let (_, error) = declarations("record x { a u8 }", &(0..17));
        assert_eq!(error.map(|e| e.message), Some("expected `:` and a type after `a`, found `u8`".to_owned()));
    }
}
