//! The tokens of LaTeX's mathematics, one after the other, and the few things that are read raw. What they mean is not
//! known here.

use super::fonts::Font;

/// How deep groups, environments and commands may stand in each other; a group counts twice, for its row as well.
pub(super) const DEEPEST: usize = 64;

/// What a formula consists of. Blanks and comments are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// The end of the formula.
    End,
    /// `{`
    Open,
    /// `}`
    Close,
    /// `^`
    Sup,
    /// `_`
    Sub,
    /// `'`
    Prime,
    /// `&`
    Cell,
    /// `\\`
    Row,
    /// A backslash and letters, or a backslash and one other character; without the backslash.
    Command(&'a str),
    Char(char),
}

/// A place in a formula and what holds there.
pub(super) struct Reader<'a> {
    source: &'a str,
    at: usize,
    depth: usize,
    /// What was read last, and where it begins.
    seen: Option<(usize, Token<'a>, usize)>,
    /// Whether scripts of large operators stand above and below them.
    pub(super) display: bool,
    /// The alphabet of letters; None is italic letters each for itself.
    pub(super) font: Option<Font>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str, display: bool) -> Reader<'a> {
        Reader { source, at: 0, depth: 0, seen: None, display, font: None }
    }

    /// What is left, raw.
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// The character that comes, blanks included.
    pub(super) fn raw(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on behind the character that comes, blanks included.
    pub(super) fn skip_raw(&mut self) {
        self.at += self.raw().map_or(0, char::len_utf8);
    }

    /// Whether a digit stands behind the character that comes.
    pub(super) fn digit_after(&self) -> bool {
        self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit())
    }

    /// Goes on behind blanks and comments.
    pub(super) fn skip_blanks(&mut self) {
        // Mostly there are none.
        if self.source.as_bytes().get(self.at).is_none_or(|b| b.is_ascii_graphic() && *b != b'%') {
            return;
        }
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('%') {
                return;
            }
            self.at += trimmed.find('\n').map_or(trimmed.len(), |end| end + 1);
        }
    }

    /// The token that comes, and its length. It is asked for several times, by whoever may know it.
    fn look(&mut self) -> (Token<'a>, usize) {
        if let Some((at, token, length)) = self.seen
            && at == self.at
        {
            return (token, length);
        }
        let (token, length) = self.read();
        self.seen = Some((self.at, token, length));
        (token, length)
    }

    fn read(&mut self) -> (Token<'a>, usize) {
        self.skip_blanks();
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return (Token::End, 0) };
        let token = match c {
            '{' => Token::Open,
            '}' => Token::Close,
            '^' => Token::Sup,
            '_' => Token::Sub,
            '\'' => Token::Prime,
            '&' => Token::Cell,
            '\\' => {
                let after = rest.get(1..).unwrap_or_default();
                let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
                let length = if letters > 0 { letters } else { after.chars().next().map_or(0, char::len_utf8) };
                let name = after.get(..length).unwrap_or_default();
                return (if name == "\\" { Token::Row } else { Token::Command(name) }, length + 1);
            }
            c => Token::Char(c),
        };
        (token, c.len_utf8())
    }

    pub(super) fn peek(&mut self) -> Token<'a> {
        self.look().0
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        let (token, length) = self.look();
        self.at += length;
        token
    }

    /// Goes on behind a token if it is the one that comes.
    pub(super) fn take(&mut self, token: Token<'_>) -> bool {
        let (found, length) = self.look();
        if found == token {
            self.at += length;
        }
        found == token
    }

    /// `{…}` as it is written.
    pub(super) fn raw_group(&mut self) -> Option<&'a str> {
        if !self.take(Token::Open) {
            return None;
        }
        let rest = self.rest();
        let (mut open, mut bytes) = (0_usize, rest.bytes().enumerate());
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'\\' => {
                    bytes.next();
                }
                b'{' => open += 1,
                b'}' if open == 0 => {
                    self.at += at + 1;
                    return rest.get(..at);
                }
                b'}' => open -= 1,
                _ => {}
            }
        }
        None
    }

    /// `[…]` as it is written, without brackets in it, where it follows at once.
    pub(super) fn raw_option(&mut self) -> Option<&'a str> {
        let (option, _) = self.rest().strip_prefix('[')?.split_once(']')?;
        self.at += option.len() + 2;
        Some(option)
    }

    /// Reads something one level deeper; None where that is too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let (font, display) = (self.font, self.display);
        let result = read(self);
        (self.font, self.display) = (font, display);
        self.depth -= 1;
        result
    }
}
