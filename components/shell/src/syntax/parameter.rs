//! `${…}` and the index of an array.

use super::parse::Parsed;
use super::{Index, Op, Parameter, Parser, Part, Word};

impl Parser<'_> {
    /// `${…}`, with `pos` at the brace.
    pub(super) fn parameter(&mut self, quoted: bool) -> Parsed<Parameter> {
        let start = self.pos;
        self.pos += 1;
        let length =
            self.at("#") && !self.at("#}") && !self.at("#-") && !self.at("#:") && !self.at("##") && !self.at("#%");
        let indirect = self.at("!") && !self.at("!}");
        if length || indirect {
            self.pos += 1;
        }
        let name = self.parameter_name(start)?;
        let index = if self.byte() == Some(b'[') { Some(self.index()?) } else { None };
        let op = if length {
            Op::Length
        } else if indirect {
            self.indirection(&name, &index)
        } else {
            self.operation(quoted, start)?
        };
        if !self.eat("}") {
            let message = if self.pos >= self.text.len() { "`${` has no `}`" } else { "`${…}` is not understood" };
            return Err(self.error_at(start.saturating_sub(1), message));
        }
        Ok(Parameter { name, index, op })
    }

    fn parameter_name(&mut self, start: usize) -> Parsed<String> {
        let name = self.name().to_owned();
        if !name.is_empty() {
            return Ok(name);
        }
        let rest = &self.text[self.pos..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length =
            if digits > 0 { digits } else { usize::from(rest.starts_with(['@', '*', '#', '?', '-', '$', '!'])) };
        if length == 0 {
            return Err(self.error_at(start.saturating_sub(1), "`${` needs the name of a variable"));
        }
        self.pos += length;
        Ok(rest[..length].to_owned())
    }

    fn index(&mut self) -> Parsed<Index> {
        for all in ["[@]", "[*]"] {
            if self.eat(all) {
                return Ok(Index::All(if all == "[@]" { '@' } else { '*' }));
            }
        }
        Ok(Index::One(self.subscript()?))
    }

    /// `[…]` after a name.
    pub(super) fn subscript(&mut self) -> Parsed<Word> {
        let start = self.pos;
        self.pos += 1;
        let mut parts = Vec::new();
        loop {
            match self.byte() {
                None | Some(b'\n') => return Err(self.error_at(start, "`[` has no `]`")),
                Some(b']') => {
                    self.pos += 1;
                    return Ok(Word { parts });
                }
                Some(_) => self.part(&mut parts)?,
            }
        }
    }

    fn indirection(&mut self, name: &str, index: &Option<Index>) -> Op {
        if matches!(index, Some(Index::All(_))) {
            return Op::Keys;
        }
        if index.is_none() && !name.is_empty() && (self.eat("*") || self.eat("@")) {
            return Op::Names;
        }
        Op::Indirect
    }

    fn operation(&mut self, quoted: bool, start: usize) -> Parsed<Op> {
        let colon = self.at(":-") || self.at(":=") || self.at(":+") || self.at(":?");
        if colon {
            self.pos += 1;
        }
        let Some(byte) = self.byte() else { return Ok(Op::None) };
        match byte {
            b'-' | b'=' | b'+' | b'?' => {
                self.pos += 1;
                Ok(Op::Default { kind: char::from(byte), colon, word: self.operand(quoted, &[])? })
            }
            b'#' | b'%' => {
                self.pos += 1;
                let longest = self.byte() == Some(byte);
                if longest {
                    self.pos += 1;
                }
                Ok(Op::Strip { suffix: byte == b'%', longest, pattern: self.operand(false, &[])? })
            }
            b'/' => {
                self.pos += 1;
                let kind = match self.byte() {
                    Some(b'/') => '/',
                    Some(b'#') => '#',
                    Some(b'%') => '%',
                    _ => ' ',
                };
                if kind != ' ' {
                    self.pos += 1;
                }
                let pattern = self.operand(false, b"/")?;
                let with = if self.eat("/") { self.operand(false, &[])? } else { Word::default() };
                Ok(Op::Replace { kind, pattern, with })
            }
            b':' => {
                self.pos += 1;
                let offset = self.operand(quoted, b":")?;
                let length = if self.eat(":") { Some(self.operand(quoted, &[])?) } else { None };
                Ok(Op::Slice { offset, length })
            }
            b'^' | b',' => {
                self.pos += 1;
                let all = self.byte() == Some(byte);
                if all {
                    self.pos += 1;
                }
                Ok(Op::Case { upper: byte == b'^', all, pattern: self.operand(false, &[])? })
            }
            b'@' => {
                self.pos += 1;
                let kind = self.text[self.pos..].chars().next().unwrap_or('}');
                if !"QULua".contains(kind) {
                    return Err(self.error_at(start, "of `${x@…}` only `Q`, `U`, `u` and `L` exist here"));
                }
                self.pos += 1;
                Ok(Op::Transform(kind))
            }
            _ => Ok(Op::None),
        }
    }

    /// The word after an operator, up to the brace or one of `ends`.
    fn operand(&mut self, quoted: bool, ends: &[u8]) -> Parsed<Word> {
        let start = self.pos;
        let mut parts = Vec::new();
        // Braces that stand in pairs belong to the word.
        let mut open = 0usize;
        loop {
            match self.byte() {
                None => return Err(self.error_at(start, "`${` has no `}`")),
                Some(b'}') if open == 0 => break,
                Some(byte) if open == 0 && ends.contains(&byte) => break,
                Some(b'"') if quoted => {
                    let at = self.pos;
                    self.pos += 1;
                    let inner = self.nested(|p| p.double_parts(Some(at)))?;
                    parts.push(Part::Double(inner));
                }
                Some(b'\'') if quoted => {
                    self.pos += 1;
                    parts.push(Part::Quoted("'".to_owned()));
                }
                Some(byte) => {
                    match byte {
                        b'{' => open += 1,
                        b'}' => open -= 1,
                        _ => {}
                    }
                    self.part(&mut parts)?;
                }
            }
        }
        Ok(Word { parts })
    }
}
