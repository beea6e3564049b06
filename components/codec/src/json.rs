//! A strict reader for JSON text (RFC 8259), pulling one value at a time so that nothing is built twice.

use std::fmt;

/// Nesting beyond this is refused: a document made to exhaust the stack, not data.
pub const MAX_DEPTH: u32 = 256;

/// What is wrong, and at which byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Malformed {
    /// What was expected.
    pub what: &'static str,
    /// Byte offset into the text.
    pub at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not JSON: {} at byte {}", self.what, self.at)
    }
}

/// The kinds a value can have, known from its first byte.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the JSON kinds")]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// With its article, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::String => "a string",
            Kind::Array => "an array",
            Kind::Object => "an object",
        }
    }
}

/// A position in a JSON text.
#[derive(Clone)]
pub struct Reader<'a> {
    text: &'a [u8],
    /// Byte offset of the next character.
    pub at: usize,
    depth: u32,
}

type Result<T> = core::result::Result<T, Malformed>;

impl<'a> Reader<'a> {
    /// A reader at the start of `text`.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Reads one document and nothing else.
    ///
    /// # Errors
    ///
    /// When `text` is not one JSON document.
    pub fn whole(text: &'a [u8]) -> Result<()> {
        let mut reader = Self::new(text);
        reader.skip()?;
        reader.end()
    }

    fn fail<T>(&self, what: &'static str) -> Result<T> {
        Err(Malformed { what, at: self.at })
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.peek() == Some(byte);
        self.at += usize::from(hit);
        hit
    }

    /// The kind of the next value.
    pub fn kind(&mut self) -> Result<Kind> {
        match self.peek() {
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b'"') => Ok(Kind::String),
            Some(b'[') => Ok(Kind::Array),
            Some(b'{') => Ok(Kind::Object),
            _ => self.fail("expected a value"),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<()> {
        if self.text[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        self.fail("expected `true`, `false` or `null`")
    }

    /// Reads `null`.
    pub fn null(&mut self) -> Result<()> {
        self.space();
        self.word("null")
    }

    /// Reads `true` or `false`.
    pub fn bool(&mut self) -> Result<bool> {
        let truth = self.peek() == Some(b't');
        self.word(if truth { "true" } else { "false" })?;
        Ok(truth)
    }

    /// Reads a number and returns its text.
    pub fn number(&mut self) -> Result<&'a str> {
        self.space();
        let start = self.at;
        self.at += usize::from(self.text.get(self.at) == Some(&b'-'));
        match self.text.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        // Only ASCII was accepted above.
        Ok(core::str::from_utf8(&self.text[start..self.at]).unwrap_or_default())
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.text.get(self.at) {
            self.at += 1;
        }
        if self.at == start { self.fail("expected a digit") } else { Ok(()) }
    }

    /// Reads a string, escapes resolved. A lone surrogate becomes U+FFFD: strings of the component model are Unicode.
    pub fn string(&mut self) -> Result<String> {
        if !self.eat(b'"') {
            return self.fail("expected a string");
        }
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.text.get(self.at), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            match core::str::from_utf8(&self.text[start..self.at]) {
                Ok(run) => out.push_str(run),
                Err(_) => return self.fail("expected UTF-8"),
            }
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return self.fail("expected an escaped control character"),
                None => return self.fail("expected the end of the string"),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        Ok(match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let high = self.hex()?;
                if (0xd800..0xdc00).contains(&high) && self.text[self.at..].starts_with(b"\\u") {
                    let resume = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return Ok(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                            .unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = resume;
                }
                char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                self.at = self.at.saturating_sub(1);
                return self.fail("expected an escape");
            }
        })
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|d| core::str::from_utf8(d).ok());
        match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(value) => {
                self.at += 4;
                Ok(value)
            }
            None => self.fail("expected four hex digits"),
        }
    }

    /// Enters an array or object; `more` then says whether an item follows.
    pub fn open(&mut self, bracket: u8) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("expected less nesting");
        }
        if self.eat(bracket) { Ok(()) } else { self.fail("expected a bracket") }
    }

    /// Between items: true when another one follows, false after the closing bracket was read.
    pub fn more(&mut self, first: &mut bool, close: u8) -> Result<bool> {
        if self.eat(close) {
            self.depth -= 1;
            return Ok(false);
        }
        if !*first && !self.eat(b',') {
            return self.fail("expected `,` or a closing bracket");
        }
        *first = false;
        Ok(true)
    }

    /// An object's key and its colon.
    pub fn key(&mut self) -> Result<String> {
        let key = self.string()?;
        if self.eat(b':') { Ok(key) } else { self.fail("expected `:`") }
    }

    /// Reads over one value and returns its text.
    pub fn skip(&mut self) -> Result<&'a [u8]> {
        self.space();
        let start = self.at;
        match self.kind()? {
            Kind::Null => self.null()?,
            Kind::Bool => drop(self.bool()?),
            Kind::Number => drop(self.number()?),
            Kind::String => drop(self.string()?),
            Kind::Array => {
                self.open(b'[')?;
                let mut first = true;
                while self.more(&mut first, b']')? {
                    self.skip()?;
                }
            }
            Kind::Object => {
                self.open(b'{')?;
                let mut first = true;
                while self.more(&mut first, b'}')? {
                    self.key()?;
                    self.skip()?;
                }
            }
        }
        Ok(&self.text[start..self.at])
    }

    /// Only white space may follow.
    pub fn end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { self.fail("expected the end of the text") }
    }
}

/// Appends `text` as a JSON string.
pub fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
