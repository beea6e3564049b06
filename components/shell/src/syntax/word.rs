//! Words: quoting, and what begins with `$` or a backquote. `${…}` is in `parameter`.

use std::rc::Rc;

use super::parse::Parsed;
use super::{Op, Parameter, Parser, Part, Word};

/// Adds text to the last part if that is of the same kind.
fn push(parts: &mut Vec<Part>, text: &str, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text(last)) if !quoted => last.push_str(text),
        Some(Part::Quoted(last)) if quoted => last.push_str(text),
        _ if quoted => parts.push(Part::Quoted(text.to_owned())),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

impl Parser<'_> {
    /// A word, if one stands here.
    pub(super) fn word(&mut self) -> Parsed<Option<Word>> {
        self.word_until(|byte| {
            matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
        })
    }

    /// A word that ends before a byte for which `ends` says so.
    pub(super) fn word_until(&mut self, ends: impl Fn(u8) -> bool) -> Parsed<Option<Word>> {
        let start = self.pos;
        let mut parts = Vec::new();
        while let Some(byte) = self.byte() {
            if (byte == b'<' || byte == b'>') && self.text.as_bytes().get(self.pos + 1) == Some(&b'(') && ends(byte) {
                parts.push(self.process()?);
                continue;
            }
            if ends(byte) {
                break;
            }
            self.part(&mut parts)?;
        }
        Ok(if self.pos == start { None } else { Some(Word { parts }) })
    }

    /// One part outside double quotes.
    pub(super) fn part(&mut self, parts: &mut Vec<Part>) -> Parsed<()> {
        match self.byte() {
            Some(b'\\') if self.at("\\\n") => self.pos += 2,
            Some(b'\\') => {
                self.pos += 1;
                let escaped = self.text[self.pos..].chars().next();
                let escaped = escaped.map_or("\\".to_owned(), |c| {
                    self.pos += c.len_utf8();
                    c.to_string()
                });
                push(parts, &escaped, true);
            }
            Some(b'\'') => {
                let text = self.single_quoted()?;
                push(parts, &text, true);
            }
            Some(b'"') => {
                let start = self.pos;
                self.pos += 1;
                let inner = self.nested(|p| p.double_parts(Some(start)))?;
                parts.push(Part::Double(inner));
            }
            Some(b'$' | b'`') => self.dollar(parts, false)?,
            _ => {
                let rest = &self.text[self.pos..];
                let first = rest.chars().next().map_or(1, char::len_utf8);
                push(parts, &rest[..first], false);
                self.pos += first;
            }
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Parsed<String> {
        let start = self.pos;
        let rest = &self.text[self.pos + 1..];
        let length = rest.find('\'').ok_or_else(|| self.error_at(start, "`'` is not closed"))?;
        self.pos += length + 2;
        Ok(rest[..length].to_owned())
    }

    /// Parts up to the closing quote of `start`, or to the end of the text.
    pub(super) fn double_parts(&mut self, start: Option<usize>) -> Parsed<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            match self.byte() {
                None => match start {
                    Some(start) => return Err(self.error_at(start, "`\"` is not closed")),
                    None => return Ok(parts),
                },
                Some(b'"') if start.is_some() => {
                    self.pos += 1;
                    return Ok(parts);
                }
                Some(b'\\') => {
                    let next = self.text.as_bytes().get(self.pos + 1).copied();
                    match next {
                        Some(b'\n') => self.pos += 2,
                        Some(byte @ (b'$' | b'`' | b'\\' | b'"')) if byte != b'"' || start.is_some() => {
                            push(&mut parts, &self.text[self.pos + 1..self.pos + 2], true);
                            self.pos += 2;
                        }
                        _ => {
                            push(&mut parts, "\\", true);
                            self.pos += 1;
                        }
                    }
                }
                Some(b'$' | b'`') => self.dollar(&mut parts, true)?,
                _ => {
                    let rest = &self.text[self.pos..];
                    let length = rest.find(['"', '\\', '$', '`']).unwrap_or(rest.len()).max(1);
                    push(&mut parts, &rest[..length], true);
                    self.pos += length;
                }
            }
        }
    }

    /// What begins with `$` or a backquote.
    pub(super) fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Parsed<()> {
        let start = self.pos;
        if self.byte() == Some(b'`') {
            parts.push(self.backquoted()?);
            return Ok(());
        }
        self.pos += 1;
        match self.byte() {
            Some(b'(') if self.at("((") => {
                if let Some(word) = self.arithmetic_expansion(start)? {
                    parts.push(Part::Arithmetic(word));
                } else {
                    parts.push(self.substitution(start)?);
                }
            }
            Some(b'(') => parts.push(self.substitution(start)?),
            Some(b'{') => {
                let parameter = self.nested(|p| p.parameter(quoted))?;
                parts.push(Part::Parameter(Box::new(parameter)));
            }
            Some(b'\'') if !quoted => {
                let text = self.ansi_quoted()?;
                push(parts, &text, true);
            }
            Some(b'"') if !quoted => {}
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = self.name().to_owned();
                parts.push(Part::Parameter(Box::new(Parameter { name, index: None, op: Op::None })));
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                let name = self.text[self.pos..=self.pos].to_owned();
                self.pos += 1;
                parts.push(Part::Parameter(Box::new(Parameter { name, index: None, op: Op::None })));
            }
            _ => push(parts, "$", quoted),
        }
        Ok(())
    }

    /// `$(…)`, with `pos` at the bracket.
    fn substitution(&mut self, start: usize) -> Parsed<Part> {
        self.pos += 1;
        let list = self.nested(|p| p.list(&[]))?;
        if !self.eat(")") {
            return Err(self.error_at(start, "`$(` has no `)`"));
        }
        Ok(Part::Command(Rc::new(list)))
    }

    /// `<(…)`
    fn process(&mut self) -> Parsed<Part> {
        let start = self.pos;
        if self.at(">(") {
            return Err(self.error("`>(…)` does not exist here; write to a file in /tmp"));
        }
        self.pos += 2;
        let list = self.nested(|p| p.list(&[]))?;
        if !self.eat(")") {
            return Err(self.error_at(start, "`<(` has no `)`"));
        }
        Ok(Part::Process(Rc::new(list)))
    }

    fn backquoted(&mut self) -> Parsed<Part> {
        let start = self.pos;
        let line = self.error("").line;
        self.pos += 1;
        let mut body = String::new();
        loop {
            let rest = &self.text[self.pos..];
            let Some(c) = rest.chars().next() else { return Err(self.error_at(start, "a backquote is not closed")) };
            self.pos += c.len_utf8();
            match c {
                '`' => break,
                '\\' => {
                    let next = self.text[self.pos..].chars().next();
                    match next {
                        Some(escaped @ ('`' | '\\' | '$')) => {
                            body.push(escaped);
                            self.pos += 1;
                        }
                        _ => body.push('\\'),
                    }
                }
                _ => body.push(c),
            }
        }
        let list = self.nested(|outer| {
            let mut inner = Parser::new(&body, line);
            inner.depth_from(outer);
            inner.script()
        })?;
        Ok(Part::Command(Rc::new(list)))
    }

    /// `$'…'` with escapes as in C.
    fn ansi_quoted(&mut self) -> Parsed<String> {
        let start = self.pos;
        self.pos += 1;
        let rest = &self.text[self.pos..];
        let mut end = 0;
        let bytes = rest.as_bytes();
        loop {
            match bytes.get(end) {
                None => return Err(self.error_at(start, "`$'` is not closed")),
                Some(b'\\') => end += 2,
                Some(b'\'') => break,
                Some(_) => end += 1,
            }
        }
        self.pos += end + 1;
        let (text, _) = crate::text::unescape(&rest[..end], crate::text::Escapes::Quoted);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// `$((…))`, with `pos` at the brackets; none where it is a command in brackets.
    fn arithmetic_expansion(&mut self, start: usize) -> Parsed<Option<Word>> {
        let before = self.pos;
        self.pos += 2;
        match self.balanced_arithmetic(start) {
            Ok(text) => self.nested(|p| p.arithmetic_word(&text)).map(Some),
            Err(_) => {
                self.pos = before;
                Ok(None)
            }
        }
    }

    /// The text up to the brackets that end an arithmetic expression.
    pub(super) fn balanced_arithmetic(&mut self, start: usize) -> Parsed<String> {
        let from = self.pos;
        let mut depth = 0usize;
        while let Some(byte) = self.byte() {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => {
                    if self.at("))") {
                        let text = self.text[from..self.pos].to_owned();
                        self.pos += 2;
                        return Ok(text);
                    }
                    break;
                }
                b')' => depth -= 1,
                _ => {}
            }
            self.pos += 1;
        }
        Err(self.error_at(start, "`((` has no `))`"))
    }

    /// An arithmetic expression: its text is expanded like a quoted word, then computed.
    pub(super) fn arithmetic_word(&mut self, text: &str) -> Parsed<Word> {
        let line = self.error("").line;
        self.nested(|outer| {
            let mut inner = Parser::new(text, line);
            inner.depth_from(outer);
            let mut parts = Vec::new();
            while let Some(byte) = inner.byte() {
                match byte {
                    b'$' | b'`' => inner.dollar(&mut parts, true)?,
                    b'"' => inner.pos += 1,
                    _ => {
                        let rest = &inner.text[inner.pos..];
                        let length = rest.find(['"', '$', '`']).unwrap_or(rest.len()).max(1);
                        push(&mut parts, rest[..length].to_owned().as_str(), true);
                        inner.pos += length;
                    }
                }
            }
            Ok(Word { parts })
        })
    }
}
