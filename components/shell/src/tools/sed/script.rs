//! The commands of a `sed` script.

use crate::Stop;
use crate::regex::{Flavour, Regex};

/// A whole script.
pub(super) struct Script {
    pub(super) commands: Vec<Command>,
    /// `#n` in the first line.
    pub(super) quiet: bool,
}

/// An address.
#[derive(Debug, Clone)]
pub(super) enum Address {
    Line(usize),
    Last,
    /// None is the pattern used last.
    Pattern(Option<Regex>),
    /// `first~step`
    Step(usize, usize),
    /// `,+n`
    More(usize),
}

/// A command with its addresses.
pub(super) struct Command {
    pub(super) from: Option<Address>,
    pub(super) to: Option<Address>,
    pub(super) negated: bool,
    pub(super) action: Action,
}

/// What a command does.
pub(super) enum Action {
    /// Where the block ends.
    Block(usize),
    End,
    Substitute {
        pattern: Option<Regex>,
        with: Vec<Piece>,
        flags: Flags,
    },
    Translate(Vec<(char, char)>),
    /// `a`, `i`, `c`
    Text(char, String),
    Label,
    /// `b`, `t`, `T`; where to go on.
    Branch(char, String, usize),
    Quit(char, i32),
    File(char, String),
    Plain(char),
}

/// A piece of a replacement.
pub(super) enum Piece {
    Text(String),
    Group(usize),
    /// `\U`, `\L`, `\u`, `\l`, `\E`
    Case(char),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Flags {
    pub(super) all: bool,
    pub(super) print: bool,
    pub(super) number: usize,
    pub(super) file: Option<String>,
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    extended: bool,
}

fn wrong<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(1, message.into()))
}

pub(super) fn parse(text: &str, extended: bool) -> Result<Script, Stop> {
    let mut reader = Reader { rest: text.chars().peekable(), extended };
    let mut commands = Vec::new();
    let mut open = Vec::new();
    let mut labels = Vec::new();
    while let Some(command) = reader.command(&mut commands, &mut open, &mut labels)? {
        commands.push(command);
    }
    if !open.is_empty() {
        return wrong("`{` has no `}`");
    }
    let count = commands.len();
    for command in &mut commands {
        if let Action::Branch(_, label, target) = &mut command.action {
            *target = match labels.iter().find(|(name, _)| name == label) {
                Some((_, at)) => *at,
                None if label.is_empty() => count,
                None => return wrong(format!("there is no label `{label}`")),
            };
        }
    }
    Ok(Script { commands, quiet: text.starts_with("#n\n") })
}

impl Reader<'_> {
    fn skip(&mut self, what: impl Fn(char) -> bool) {
        while self.rest.next_if(|c| what(*c)).is_some() {}
    }

    fn command(
        &mut self,
        commands: &mut [Command],
        open: &mut Vec<usize>,
        labels: &mut Vec<(String, usize)>,
    ) -> Result<Option<Command>, Stop> {
        self.skip(|c| c.is_whitespace() || c == ';');
        while self.rest.peek() == Some(&'#') {
            self.skip(|c| c != '\n');
            self.skip(|c| c.is_whitespace() || c == ';');
        }
        if self.rest.peek().is_none() {
            return Ok(None);
        }
        let from = self.address()?;
        self.skip(|c| c == ' ');
        let mut to = None;
        if from.is_some() && self.rest.next_if_eq(&',').is_some() {
            self.skip(|c| c == ' ');
            to =
                if self.rest.next_if_eq(&'+').is_some() { Some(Address::More(self.number())) } else { self.address()? };
            if to.is_none() {
                return wrong("an address is missing after `,`");
            }
        }
        self.skip(|c| c == ' ');
        let mut negated = false;
        while self.rest.next_if_eq(&'!').is_some() {
            negated = true;
            self.skip(|c| c == ' ');
        }
        let Some(letter) = self.rest.next() else { return wrong("a command is missing at the end") };
        let here = commands.len();
        let action = match letter {
            '{' => {
                open.push(here);
                if open.len() > 100 {
                    return wrong("too many braces within each other");
                }
                Action::Block(0)
            }
            '}' => {
                let Some(start) = open.pop() else { return wrong("`}` has no `{`") };
                commands[start].action = Action::Block(here);
                Action::End
            }
            ':' => {
                let label = self.word();
                labels.push((label, here));
                Action::Label
            }
            's' => self.substitute()?,
            'y' => self.translate()?,
            'a' | 'i' | 'c' => Action::Text(letter, self.text()),
            'b' | 't' | 'T' => Action::Branch(letter, self.word(), 0),
            'q' | 'Q' => {
                self.skip(|c| c == ' ');
                Action::Quit(letter, self.number() as i32)
            }
            'r' | 'w' | 'R' | 'W' => {
                self.skip(|c| c == ' ');
                Action::File(letter, std::iter::from_fn(|| self.rest.next_if(|c| *c != '\n')).collect())
            }
            'd' | 'D' | 'p' | 'P' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | '=' | 'l' | 'z' => Action::Plain(letter),
            other => return wrong(format!("there is no command `{other}`")),
        };
        self.skip(|c| c == ' ');
        if !matches!(action, Action::Block(_) | Action::Text(..) | Action::File(..)) {
            match self.rest.peek() {
                None | Some('\n' | ';' | '}' | '#') => {}
                Some(other) => return wrong(format!("`{other}` is not expected after `{letter}`")),
            }
        }
        Ok(Some(Command { from, to, negated, action }))
    }

    fn number(&mut self) -> usize {
        let mut value = 0usize;
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(digit as usize - '0' as usize);
        }
        value
    }

    fn word(&mut self) -> String {
        self.skip(|c| c == ' ');
        std::iter::from_fn(|| self.rest.next_if(|c| !c.is_whitespace() && !";}".contains(*c))).collect()
    }

    fn address(&mut self) -> Result<Option<Address>, Stop> {
        let address = match self.rest.peek() {
            Some('$') => {
                self.rest.next();
                Address::Last
            }
            Some(c) if c.is_ascii_digit() => {
                let first = self.number();
                if self.rest.next_if_eq(&'~').is_some() {
                    Address::Step(first, self.number())
                } else {
                    Address::Line(first)
                }
            }
            Some('/' | '\\') => {
                let mut delimiter = self.rest.next().unwrap_or('/');
                if delimiter == '\\' {
                    delimiter = self.rest.next().unwrap_or('/');
                }
                let text = self.until(delimiter, true)?;
                let (mut ignore_case, mut lines) = (false, false);
                while let Some(flag) = self.rest.next_if(|c| "IM".contains(*c)) {
                    ignore_case |= flag == 'I';
                    lines |= flag == 'M';
                }
                Address::Pattern(self.regex(&text, ignore_case, lines)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(address))
    }

    /// The text up to a delimiter. `\n` stays for the pattern; `\` and the delimiter are the delimiter.
    fn until(&mut self, delimiter: char, pattern: bool) -> Result<String, Stop> {
        let mut text = String::new();
        let mut in_set = false;
        loop {
            let Some(c) = self.rest.next() else { return wrong(format!("`{delimiter}` is missing")) };
            if c == delimiter && !in_set {
                return Ok(text);
            }
            match c {
                '\\' if !in_set || self.rest.peek() == Some(&'n') => match self.rest.next() {
                    Some(escaped)
                        if escaped == delimiter
                            && (!pattern
                                || !delimiter.is_ascii_punctuation()
                                || delimiter == '/'
                                || delimiter == ','
                                || delimiter == '#'
                                || delimiter == '@'
                                || delimiter == ':') =>
                    {
                        text.push(escaped)
                    }
                    Some(escaped) => text.extend(['\\', escaped]),
                    None => return wrong("the script ends with a backslash"),
                },
                '[' if pattern && !in_set => {
                    in_set = true;
                    text.push(c);
                    for first in ['^', ']'] {
                        if self.rest.next_if_eq(&first).is_some() {
                            text.push(first);
                        }
                    }
                }
                '[' if in_set && matches!(self.rest.peek(), Some(':' | '.' | '=')) => {
                    text.push(c);
                    let kind = self.rest.next().unwrap_or(':');
                    text.push(kind);
                    for inner in self.rest.by_ref() {
                        text.push(inner);
                        if inner == ']' && text.ends_with(&format!("{kind}]")) {
                            break;
                        }
                    }
                }
                ']' if in_set => {
                    in_set = false;
                    text.push(c);
                }
                c => text.push(c),
            }
        }
    }

    fn regex(&self, text: &str, ignore_case: bool, lines: bool) -> Result<Option<Regex>, Stop> {
        if text.is_empty() {
            return Ok(None);
        }
        let flavour = Flavour { basic: !self.extended, ignore_case, lines, ..Flavour::default() };
        Regex::new(text, flavour).map(Some).map_err(|error| Stop::Error(1, error))
    }

    fn substitute(&mut self) -> Result<Action, Stop> {
        let Some(delimiter) = self.rest.next() else { return wrong("`s` needs a pattern") };
        let pattern = self.until(delimiter, true)?;
        let with = self.until(delimiter, false)?;
        let mut flags = Flags { number: 1, ..Flags::default() };
        let (mut ignore_case, mut lines) = (false, false);
        loop {
            match self.rest.peek() {
                Some('g') => flags.all = true,
                Some('p') => flags.print = true,
                Some('i' | 'I') => ignore_case = true,
                Some('m' | 'M') => lines = true,
                Some('e') => return wrong("the flag `e` does not exist here: there are no processes"),
                Some('w') => {
                    self.rest.next();
                    self.skip(|c| c == ' ');
                    flags.file = Some(std::iter::from_fn(|| self.rest.next_if(|c| *c != '\n')).collect());
                    break;
                }
                Some(c) if c.is_ascii_digit() => {
                    flags.number = self.number().max(1);
                    continue;
                }
                _ => break,
            }
            self.rest.next();
        }
        let pattern = self.regex(&pattern, ignore_case, lines)?;
        Ok(Action::Substitute { pattern, with: pieces(&with), flags })
    }

    fn translate(&mut self) -> Result<Action, Stop> {
        let Some(delimiter) = self.rest.next() else { return wrong("`y` needs characters") };
        let plain = |text: String| -> Vec<char> { text.replace("\\n", "\n").replace("\\\\", "\\").chars().collect() };
        let (from, to) = (plain(self.until(delimiter, false)?), plain(self.until(delimiter, false)?));
        if from.len() != to.len() {
            return wrong("the two sides of `y` have different lengths");
        }
        Ok(Action::Translate(from.into_iter().zip(to).collect()))
    }

    /// The text of `a`, `i`, `c`: up to a line end without a backslash.
    fn text(&mut self) -> String {
        self.skip(|c| c == ' ' || c == '\t');
        if self.rest.next_if_eq(&'\\').is_some() {
            self.skip(|c| c == ' ' || c == '\t');
            self.rest.next_if_eq(&'\n');
        }
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '\n' => break,
                '\\' => match self.rest.next() {
                    Some('t') => text.push('\t'),
                    Some(escaped) => text.push(escaped),
                    None => {}
                },
                c => text.push(c),
            }
        }
        text.push('\n');
        text
    }
}

/// A replacement in pieces.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let piece = match c {
            '&' => Piece::Group(0),
            '\\' => match chars.next() {
                Some(digit @ '0'..='9') => Piece::Group(digit as usize - '0' as usize),
                Some(case @ ('U' | 'L' | 'u' | 'l' | 'E')) => Piece::Case(case),
                Some(other) => {
                    plain.push(match other {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'a' => '\x07',
                        'f' => '\x0c',
                        'v' => '\x0b',
                        other => other,
                    });
                    continue;
                }
                None => continue,
            },
            c => {
                plain.push(c);
                continue;
            }
        };
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(piece);
    }
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}
