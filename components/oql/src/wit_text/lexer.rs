//! Tokens of WIT, as ranges of the file.

use std::ops::Range;

use super::WitError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Word,
    Arrow,
    Punct(char),
    End,
}

/// A cursor over `text[at..end]` that skips white space and comments.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    pub(crate) text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str, range: &Range<usize>) -> Self {
        let end = range.end.min(text.len());
        Lexer { text, at: range.start.min(end), end }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |i| i + 2);
            } else {
                return;
            }
        }
    }

    /// The next token without taking it.
    pub(crate) fn peek(&mut self) -> (Token, Range<usize>) {
        self.skip_blank();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return (Token::End, self.end..self.end) };
        if rest.starts_with("->") {
            return (Token::Arrow, self.at..self.at + 2);
        }
        let len = word_length(rest);
        if len > 0 {
            return (Token::Word, self.at..self.at + len);
        }
        (Token::Punct(first), self.at..self.at + first.len_utf8())
    }

    pub(crate) fn next(&mut self) -> (Token, Range<usize>) {
        let (token, range) = self.peek();
        self.at = range.end;
        (token, range)
    }

    pub(crate) fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or("")
    }

    /// Takes the punctuation if it is next.
    pub(crate) fn eat(&mut self, c: char) -> bool {
        let hit = self.peek().0 == Token::Punct(c);
        if hit {
            self.next();
        }
        hit
    }

    /// Takes the word if it is next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let (token, range) = self.peek();
        let hit = token == Token::Word && self.slice(&range) == word;
        if hit {
            self.next();
        }
        hit
    }

    pub(crate) fn expect(&mut self, c: char, context: &str) -> Result<(), WitError> {
        if self.eat(c) { Ok(()) } else { Err(self.unexpected(&format!("`{c}` {context}"))) }
    }

    pub(crate) fn word(&mut self, what: &str) -> Result<Range<usize>, WitError> {
        match self.peek() {
            (Token::Word, range) => {
                self.next();
                Ok(range)
            }
            _ => Err(self.unexpected(what)),
        }
    }

    /// "expected …, found …" at the next token.
    pub(crate) fn unexpected(&mut self, wanted: &str) -> WitError {
        let (token, mut range) = self.peek();
        if token == Token::End {
            // Point at the last character rather than behind the text, so that there is something to underline.
            let before = self.text.get(..range.start).unwrap_or("").trim_end();
            let last = before.chars().next_back().map_or(0, char::len_utf8);
            range = before.len() - last..before.len();
            return WitError::new(range, format!("expected {wanted} but the text ends here"));
        }
        let found = crate::text::clip(self.slice(&range), 40);
        WitError::new(range, format!("expected {wanted}, found `{found}`"))
    }
}

/// `kebab-case`, `snake_case`, `%escaped`; a `-` that begins `->` is no part of a word.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut n = usize::from(bytes.first() == Some(&b'%'));
    if !bytes.get(n).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return 0;
    }
    while let Some(b) = bytes.get(n) {
        let joins = *b == b'-' && bytes.get(n + 1).is_some_and(|c| c.is_ascii_alphanumeric());
        if !(b.is_ascii_alphanumeric() || *b == b'_' || joins) {
            break;
        }
        n += 1;
    }
    n
}
