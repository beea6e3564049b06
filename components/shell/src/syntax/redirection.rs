//! Redirections, and the texts of here-documents, which stand after the line that asks for them.

use std::cell::RefCell;
use std::rc::Rc;

use super::parse::{Parsed, Pending};
use super::{Form, Parser, Part, Redirection, Word};

impl Parser<'_> {
    /// A redirection, if one stands here.
    pub(super) fn redirection(&mut self) -> Parsed<Option<Redirection>> {
        let start = self.pos;
        let rest = &self.text[self.pos..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.pos += digits;
        if !(matches!(self.byte(), Some(b'<' | b'>')) || (digits == 0 && self.at("&>"))) {
            self.pos = start;
            return Ok(None);
        }
        // A process substitution is a word.
        if self.at("<(") || self.at(">(") {
            self.pos = start;
            return Ok(None);
        }
        let fd = match &rest[..digits] {
            "" => None,
            number => match number.parse() {
                Ok(fd) if fd < 100 => Some(fd),
                _ => return Err(self.error_at(start, format!("there is no file descriptor {number}"))),
            },
        };
        if self.at("<<") && !self.at("<<<") {
            return self.here_document(fd).map(Some);
        }
        let operators = ["&>>", "&>", "<<<", "<>", "<&", ">>", ">&", ">|", "<", ">"];
        let operator = operators.into_iter().find(|operator| self.at(operator)).unwrap_or(">");
        self.pos += operator.len();
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.error(format!("`{operator}` needs a file")))?;
        let form = match operator {
            "&>" => Form::Both(word, false),
            "&>>" => Form::Both(word, true),
            "<<<" => Form::HereString(word),
            "<>" => Form::ReadWrite(word),
            "<&" => Form::Duplicate(word, false),
            ">&" => Form::Duplicate(word, true),
            ">>" => Form::Append(word),
            "<" => Form::Read(word),
            _ => Form::Write(word),
        };
        Ok(Some(Redirection { fd, form }))
    }

    fn here_document(&mut self, fd: Option<u32>) -> Parsed<Redirection> {
        self.pos += 2;
        let strip = self.eat("-");
        self.blanks();
        let start = self.pos;
        let word = self.word()?.ok_or_else(|| self.error("`<<` needs the word that ends the text"))?;
        let source = &self.text[start..self.pos];
        let literal = source.contains(['\'', '"', '\\']);
        let end = if literal { source.chars().filter(|c| !"'\"\\".contains(*c)).collect() } else { source.to_owned() };
        drop(word);
        let slot = Rc::new(RefCell::new(Word::default()));
        self.pending.push(Pending { end, literal, strip, slot: Rc::clone(&slot) });
        Ok(Redirection { fd, form: Form::HereDocument(slot) })
    }

    /// Reads the texts that the line before asked for.
    pub(super) fn read_pending(&mut self) -> Parsed<()> {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.pos;
            let mut body = String::new();
            loop {
                if self.pos >= self.text.len() {
                    return Err(self.error_at(
                        start.min(self.text.len()),
                        format!("the text of a here-document has no end: no line is `{}`", pending.end),
                    ));
                }
                let rest = &self.text[self.pos..];
                let length = rest.find('\n').unwrap_or(rest.len());
                let mut line = &rest[..length];
                self.pos = (self.pos + length + 1).min(self.text.len());
                if pending.strip {
                    line = line.trim_start_matches('\t');
                }
                if line.strip_suffix('\r').unwrap_or(line) == pending.end {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            let word = if pending.literal {
                Word { parts: vec![Part::Quoted(body)] }
            } else {
                self.inner_document(&body, start)?
            };
            *pending.slot.borrow_mut() = word;
        }
        Ok(())
    }

    /// The text of a here-document, in which `$` and backquotes mean something.
    fn inner_document(&mut self, body: &str, start: usize) -> Parsed<Word> {
        let line = self.error_at(start, "").line;
        self.nested(|outer| {
            let mut inner = Parser::new(body, line);
            inner.depth_from(outer);
            let parts = inner.double_parts(None)?;
            Ok(Word { parts: vec![Part::Double(parts)] })
        })
    }
}
