//! `[[ … ]]` and `(( … ))`.

use super::parse::Parsed;
use super::{Conditional, Kind, Parser, Word};

const BINARY: &[&str] = &["==", "!=", "=~", "=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

impl Parser<'_> {
    /// `(( … ))`; none where it is two brackets of commands.
    pub(super) fn arithmetic_command(&mut self) -> Parsed<Option<Kind>> {
        let start = self.pos;
        self.pos += 2;
        match self.balanced_arithmetic(start) {
            Ok(text) => Ok(Some(Kind::Arithmetic(self.nested(|p| p.arithmetic_word(&text))?))),
            Err(_) => {
                self.pos = start;
                Ok(None)
            }
        }
    }

    pub(super) fn test_command(&mut self) -> Parsed<Kind> {
        let start = self.pos;
        self.pos += 2;
        let condition = self.condition_or()?;
        self.newlines()?;
        if !self.eat("]]") {
            return Err(self.error_at(start, "`[[` has no `]]`, or what stands before it is not understood"));
        }
        Ok(Kind::Conditional(condition))
    }

    fn condition_or(&mut self) -> Parsed<Conditional> {
        let mut left = self.condition_and()?;
        loop {
            self.newlines()?;
            if !self.eat("||") {
                return Ok(left);
            }
            left = Conditional::Or(Box::new(left), Box::new(self.condition_and()?));
        }
    }

    fn condition_and(&mut self) -> Parsed<Conditional> {
        let mut left = self.condition()?;
        loop {
            self.newlines()?;
            if !self.eat("&&") {
                return Ok(left);
            }
            left = Conditional::And(Box::new(left), Box::new(self.condition()?));
        }
    }

    fn condition(&mut self) -> Parsed<Conditional> {
        self.newlines()?;
        if self.at("! ") {
            self.pos += 1;
            let inner = self.nested(|p| p.condition())?;
            return Ok(Conditional::Not(Box::new(inner)));
        }
        if self.eat("(") {
            let inner = self.nested(|p| p.condition_or())?;
            self.newlines()?;
            self.expect(")", "in `[[`")?;
            return Ok(inner);
        }
        let first = self.condition_word()?;
        if let Some(op) = first.plain().and_then(unary) {
            self.blanks();
            let end = self.at("]]") || self.at("&&") || self.at("||") || self.at(")");
            if !end {
                return Ok(Conditional::Unary(op, self.condition_word()?));
            }
        }
        self.blanks();
        let operator = ["<", ">"].into_iter().chain(BINARY.iter().copied()).find(|operator| {
            let after = self.text.as_bytes().get(self.pos + operator.len());
            self.at(operator) && after.is_none_or(u8::is_ascii_whitespace)
        });
        let Some(operator) = operator else { return Ok(Conditional::Unary('n', first)) };
        self.pos += operator.len();
        self.blanks();
        let second = if operator == "=~" { self.regex_word()? } else { self.condition_word()? };
        Ok(Conditional::Binary(Box::new(first), operator.to_owned(), Box::new(second)))
    }

    fn condition_word(&mut self) -> Parsed<Word> {
        self.blanks();
        if self.at("]]") {
            return Err(self.error("`[[` needs a condition"));
        }
        self.word()?.ok_or_else(|| self.error("a word is missing in `[[`"))
    }

    /// A pattern after `=~`: brackets and bars belong to it.
    fn regex_word(&mut self) -> Parsed<Word> {
        let mut parts = Vec::new();
        let mut open = 0usize;
        while let Some(byte) = self.byte() {
            match byte {
                b' ' | b'\t' | b'\n' if open == 0 => break,
                b'(' => open += 1,
                b')' if open == 0 => break,
                b')' => open -= 1,
                _ => {}
            }
            self.part(&mut parts)?;
        }
        Ok(Word { parts })
    }
}

/// The letter of an operator such as `-f`.
fn unary(word: &str) -> Option<char> {
    let letter = word.strip_prefix('-')?;
    let mut letters = letter.chars();
    let only = letters.next()?;
    (letters.next().is_none() && "abcdefghknprstuvwxzLONSRG".contains(only)).then_some(only)
}
