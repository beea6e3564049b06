//! Reads code token by token, as the language's entry in the catalogue says. Each byte is looked at a bounded number of
//! times: what does not end where it should is taken to the end of its line or of the text, never tried again.

use super::language::{Calls, Language, LineStart, Quirk};
use super::painter::{Class, Painter};
use super::{lines, strings};

/// Where the lexer is, and the little it remembers.
pub(super) struct Lexer<'a, 'p, 'o> {
    pub(super) language: &'static Language,
    pub(super) code: &'a str,
    pub(super) at: usize,
    pub(super) painter: &'p mut Painter<'o>,
    /// Whether the last token was a word that defines the next one.
    defining: bool,
    /// Whether a value has just ended, so that `/` divides and `'` is a prime.
    pub(super) after_value: bool,
    /// How many braces are open (only for CSS).
    braces: usize,
}

pub(super) fn paint(language: &'static Language, code: &str, painter: &mut Painter<'_>) {
    let mut lexer = Lexer { language, code, at: 0, painter, defining: false, after_value: false, braces: 0 };
    lexer.run();
}

impl<'a> Lexer<'a, '_, '_> {
    fn run(&mut self) {
        while let Some(byte) = self.byte(0) {
            let before = self.at;
            if self.language.start != LineStart::Plain && matches!(self.previous(), None | Some(b'\n')) {
                lines::start(self);
            }
            if self.at == before {
                self.step(byte);
            }
        }
    }

    fn step(&mut self, byte: u8) {
        if byte.is_ascii_whitespace() {
            self.at += 1;
            if byte == b'\n' {
                self.after_value = false;
            }
        } else if !(self.comment() || strings::string(self) || self.sigil(byte) || self.number(byte) || self.word()) {
            self.punctuation(byte);
        }
    }

    pub(super) fn byte(&self, offset: usize) -> Option<u8> {
        self.code.as_bytes().get(self.at + offset).copied()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.code.get(self.at..).unwrap_or_default()
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.code.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    /// A token from here of this length.
    pub(super) fn take(&mut self, length: usize, class: Class) {
        self.painter.token(self.at, self.at + length, class);
        self.at += length;
        self.after_value = !matches!(class, Class::Keyword | Class::Comment | Class::Meta);
    }

    /// To the end of the line, without it.
    pub(super) fn line_length(&self) -> usize {
        let rest = self.rest();
        rest.find('\n').unwrap_or(rest.len())
    }

    pub(super) fn previous(&self) -> Option<u8> {
        self.at.checked_sub(1).and_then(|at| self.code.as_bytes().get(at)).copied()
    }

    pub(super) fn is_letter(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 || self.language.letters.contains(&byte)
    }

    fn comment(&mut self) -> bool {
        if let Some((open, close)) = self.language.block
            && self.looking_at(open)
        {
            let length = block_length(self.rest(), open, close, self.language.nested);
            self.take(length, Class::Comment);
            return true;
        }
        let opens = self.language.comments.iter().any(|open| self.looking_at(open));
        let inside_a_word = self.language.quirk == Quirk::Shell && self.previous().is_some_and(|b| !is_break(b));
        if !opens || inside_a_word {
            return false;
        }
        self.take(self.line_length(), Class::Comment);
        true
    }

    /// `$name`, `@name`, `\name`, `:name`.
    fn sigil(&mut self, byte: u8) -> bool {
        let Some((_, class)) = self.language.sigils.iter().find(|(sigil, _)| *sigil == byte) else { return false };
        let bracketed =
            matches!(self.byte(1), Some(b'{' | b'(')) && byte == b'$' && self.language.quirk == Quirk::Shell;
        if bracketed {
            return strings::bracketed_variable(self);
        }
        if byte == b':' && (self.previous() == Some(b':') || self.previous().is_some_and(|b| self.is_letter(b))) {
            return false;
        }
        let name = self.word_length(1);
        let single = byte == b'\\' || (byte == b'$' && self.byte(1).is_some_and(|b| b"@<^*?#!-$".contains(&b)));
        let length = match (name, single) {
            (0, true) => 1 + self.char_length(1),
            (0, false) => return false,
            (name, _) => 1 + name,
        };
        self.take(length, *class);
        self.defining = false;
        true
    }

    fn char_length(&self, offset: usize) -> usize {
        let rest = self.code.get(self.at + offset..).unwrap_or_default();
        rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8)
    }

    pub(super) fn word_length(&self, offset: usize) -> usize {
        let rest = self.code.as_bytes().get(self.at + offset..).unwrap_or_default();
        rest.iter().take_while(|byte| self.is_letter(**byte)).count()
    }

    fn number(&mut self, first: u8) -> bool {
        let color = self.language.quirk == Quirk::Css && first == b'#' && self.braces > 0;
        if !first.is_ascii_digit() && !color {
            return false;
        }
        let bytes = self.code.as_bytes().get(self.at..).unwrap_or_default();
        let mut length = 1;
        while let Some(byte) = bytes.get(length) {
            let exponent = matches!(byte, b'+' | b'-')
                && matches!(bytes.get(length - 1), Some(b'e' | b'E'))
                && !bytes.starts_with(b"0x")
                && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
            let fraction = *byte == b'.' && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
            let percent = *byte == b'%' && self.language.quirk == Quirk::Css;
            if !(byte.is_ascii_alphanumeric() || *byte == b'_' || exponent || fraction || percent) {
                break;
            }
            length += 1;
        }
        self.take(length, Class::Number);
        true
    }

    fn word(&mut self) -> bool {
        let length = self.word_length(0);
        if length == 0 {
            return false;
        }
        let word = self.code.get(self.at..self.at + length).unwrap_or_default();
        let class = self.class_of(word, length);
        self.defining = self.listed(self.language.defining, word);
        match class {
            Some(class) => self.take(length, class),
            None => {
                self.at += length;
                self.after_value = true;
            }
        }
        true
    }

    fn class_of(&self, word: &str, length: usize) -> Option<Class> {
        let language = self.language;
        if language.quirk == Quirk::Css {
            return self.css_class(word, length);
        }
        // `x.type` is no keyword.
        let member = self.previous() == Some(b'.') && language.calls == Calls::Parenthesis;
        if !member {
            if self.listed(language.keywords, word) {
                return Some(Class::Keyword);
            }
            if self.listed(language.values, word) {
                return Some(Class::Number);
            }
        }
        if self.defining && language.calls != Calls::No {
            let kind = if language.capitals && starts_high(word) { Class::Type } else { Class::Function };
            return Some(kind);
        }
        if !member && self.listed(language.types, word) {
            return Some(Class::Type);
        }
        let called = language.calls == Calls::Parenthesis && self.byte(length) == Some(b'(');
        let instruction = language.calls == Calls::Lisp && word.contains('.') && language.letters.contains(&b'.');
        if called || instruction || (!member && self.listed(language.functions, word)) {
            return Some(Class::Function);
        }
        (language.capitals && starts_high(word)).then_some(Class::Type)
    }

    fn css_class(&self, word: &str, length: usize) -> Option<Class> {
        if word.starts_with('@') || self.previous() == Some(b'@') {
            return Some(Class::Keyword);
        }
        if self.byte(length) == Some(b'(') {
            return Some(Class::Function);
        }
        if self.braces == 0 {
            return Some(Class::Type);
        }
        let rest = self.code.as_bytes().get(self.at + length..).unwrap_or_default();
        let blanks = rest.iter().take(8).take_while(|byte| **byte == b' ').count();
        (rest.get(blanks) == Some(&b':') && !self.after_value).then_some(Class::Attribute)
    }

    fn listed(&self, list: &[&str], word: &str) -> bool {
        if self.language.fold {
            let fold = |text: &str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Folded>();
            let word = fold(word);
            list.binary_search_by(|entry| fold(entry).cmp(&word)).is_ok()
        } else {
            list.binary_search(&word).is_ok()
        }
    }

    fn punctuation(&mut self, byte: u8) {
        match byte {
            b'{' => self.braces += 1,
            b'}' => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        self.after_value = matches!(byte, b')' | b']' | b'}') && self.language.quirk != Quirk::Css;
        if self.language.quirk == Quirk::Css {
            self.after_value = byte == b':';
        }
        // A defining word and what it defines are neighbours, but for blanks.
        self.defining = self.defining && byte == b'*';
        self.at += self.char_length(0).max(1);
    }
}

/// No word of the catalogue is longer.
pub(super) const FOLDED: usize = 32;

/// The first letters of a word, folded.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Folded([u8; FOLDED]);

impl FromIterator<u8> for Folded {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let mut folded = [0; FOLDED];
        for (slot, byte) in folded.iter_mut().zip(bytes) {
            *slot = byte;
        }
        Self(folded)
    }
}

fn starts_high(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// What a word of a shell cannot have in it.
fn is_break(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b";&|()<>`".contains(&byte)
}

/// From the opening to the closing delimiter, or to the end of the text.
fn block_length(text: &str, open: &str, close: &str, nested: bool) -> usize {
    if !nested {
        let inner = text.get(open.len()..).unwrap_or_default();
        return inner.find(close).map_or(text.len(), |at| open.len() + at + close.len());
    }
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(open.as_bytes()) {
            depth += 1;
            at += open.len();
        } else if rest.starts_with(close.as_bytes()) {
            depth -= 1;
            at += close.len();
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}
