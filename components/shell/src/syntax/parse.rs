//! From the text of a script to its tree: lists, pipelines and commands. Words are in `word`.
//!
//! One pass over the bytes, no separate tokens: what a character means depends on where it stands.

use std::cell::RefCell;
use std::rc::Rc;

use super::{AndOr, Arm, ArmEnd, Assignment, Command, Form, Kind, List, Pipeline, Redirection, SyntaxError, Word};

/// Constructs within each other. Every level costs stack when it is read and when it runs.
const MAX_DEPTH: u32 = 120;

pub(crate) type Parsed<T> = Result<T, SyntaxError>;

/// A here-document whose text has not been read yet.
pub(super) struct Pending {
    pub(super) end: String,
    pub(super) literal: bool,
    pub(super) strip: bool,
    pub(super) slot: Rc<RefCell<Word>>,
}

/// Reads a script.
pub(crate) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) pos: usize,
    pub(super) pending: Vec<Pending>,
    depth: u32,
    /// Line of `text`'s beginning, from 1.
    first_line: u32,
    /// A place whose line is known: lines are asked for in order.
    known: (usize, u32),
}

const RESERVED: &[&str] = &[
    "then", "else", "elif", "fi", "do", "done", "esac", "}", "in", "if", "for", "while", "until", "case", "function",
    "{", "!",
];

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, first_line: u32) -> Self {
        Self { text, pos: 0, pending: Vec::new(), depth: 0, first_line, known: (0, first_line) }
    }

    /// The whole script.
    pub(crate) fn script(mut self) -> Parsed<List> {
        let list = self.list(&[])?;
        if self.pos < self.text.len() {
            let found = self.text[self.pos..].chars().next().unwrap_or(' ');
            return Err(self.error(format!("`{found}` is not expected here")));
        }
        self.read_pending()?;
        Ok(list)
    }

    pub(super) fn error(&self, message: impl Into<String>) -> SyntaxError {
        self.error_at(self.pos, message)
    }

    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        let at = at.min(self.text.len());
        let before = &self.text.as_bytes()[..at];
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
        let column = self.text.get(start..at).map_or(1, |text| text.chars().count() + 1);
        SyntaxError { message: message.into(), at, line: self.first_line + line as u32, column: column as u32 }
    }

    /// The line of the current place.
    fn line(&mut self) -> u32 {
        let (from, line) = self.known;
        let line = if from <= self.pos {
            line + self.text.as_bytes()[from..self.pos].iter().filter(|byte| **byte == b'\n').count() as u32
        } else {
            self.error("").line
        };
        self.known = (self.pos, line);
        line
    }

    /// Goes one level deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("more than {MAX_DEPTH} constructs within each other")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Counts on from the depth of the parser around this one.
    pub(super) fn depth_from(&mut self, outer: &Parser<'_>) {
        self.depth = outer.depth;
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    pub(super) fn at(&self, what: &str) -> bool {
        self.text.as_bytes()[self.pos..].starts_with(what.as_bytes())
    }

    pub(super) fn eat(&mut self, what: &str) -> bool {
        let found = self.at(what);
        if found {
            self.pos += what.len();
        }
        found
    }

    pub(super) fn expect(&mut self, what: &str, why: &str) -> Parsed<()> {
        if self.eat(what) { Ok(()) } else { Err(self.error(format!("`{what}` is missing {why}"))) }
    }

    /// Skips spaces, joined lines and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\r') => self.pos += 1,
                Some(b'\\') if self.at("\\\n") => self.pos += 2,
                Some(b'#') => {
                    let rest = &self.text.as_bytes()[self.pos..];
                    self.pos += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    /// Skips spaces and line ends.
    pub(super) fn newlines(&mut self) -> Parsed<()> {
        loop {
            self.blanks();
            if self.byte() != Some(b'\n') {
                return Ok(());
            }
            self.pos += 1;
            self.read_pending()?;
        }
    }

    /// The plain characters from here: what could be a reserved word.
    fn bare(&self) -> &'a str {
        let rest = &self.text[self.pos..];
        let end = rest.find(|c: char| c.is_whitespace() || ";&|<>()\"'`$\\".contains(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn at_word(&self, word: &str) -> bool {
        self.bare() == word
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.pos += word.len();
        }
        found
    }

    fn expect_word(&mut self, word: &str, opened: (&str, usize)) -> Parsed<()> {
        self.newlines()?;
        if self.eat_word(word) {
            return Ok(());
        }
        if self.pos >= self.text.len() {
            return Err(self.error_at(opened.1, format!("`{}` has no `{word}`", opened.0)));
        }
        Err(self.error(format!("`{word}` is missing: `{}` needs it", opened.0)))
    }

    /// Commands up to one of these words, a closing bracket or the end.
    pub(super) fn list(&mut self, ends: &[&str]) -> Parsed<List> {
        let mut list = Vec::new();
        loop {
            self.newlines()?;
            let done = match self.byte() {
                None | Some(b')') => true,
                Some(b';') => self.at(";;") || self.at(";&"),
                _ => ends.contains(&self.bare()),
            };
            if done {
                return Ok(list);
            }
            list.push(self.and_or()?);
            self.blanks();
            match self.byte() {
                Some(b';') if !self.at(";;") && !self.at(";&") => self.pos += 1,
                Some(b'&') if !self.at("&&") => {
                    return Err(
                        self.error("there are no processes here, so nothing can run in the background with `&`")
                    );
                }
                Some(b'\n') | None | Some(b')' | b';') => {}
                Some(_) => return Err(self.unexpected()),
            }
        }
    }

    fn unexpected(&self) -> SyntaxError {
        let bare = self.bare();
        let found = if bare.is_empty() {
            self.text[self.pos..].chars().next().map(String::from).unwrap_or_default()
        } else {
            bare.to_owned()
        };
        self.error(format!("`{found}` is not expected here"))
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let and = if self.eat("&&") {
                true
            } else if self.eat("||") {
                false
            } else {
                return Ok(AndOr { first, rest });
            };
            self.newlines()?;
            rest.push((and, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let mut negated = false;
        while self.eat_word("!") {
            negated = !negated;
            self.blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.blanks();
            if self.at("||") || !self.eat("|") {
                return Ok(Pipeline { negated, commands });
            }
            if self.eat("&") {
                let both = Form::Duplicate(Word::quoted("1"), true);
                if let Some(last) = commands.last_mut() {
                    last.redirections.push(Redirection { fd: Some(2), form: both });
                }
            }
            self.newlines()?;
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        self.blanks();
        let line = self.line();
        let start = self.pos;
        let kind = match self.bare() {
            "" if self.at("((") => match self.arithmetic_command()? {
                Some(kind) => kind,
                None => self.subshell()?,
            },
            "" if self.at("(") => self.subshell()?,
            "{" => self.nested(|p| p.group())?,
            "if" => self.nested(|p| p.conditional_command())?,
            "for" => self.nested(|p| p.for_command())?,
            "while" | "until" => self.nested(|p| p.loop_command())?,
            "case" => self.nested(|p| p.case_command())?,
            "function" => {
                self.pos += "function".len();
                self.blanks();
                let name = self.bare().to_owned();
                self.pos += name.len();
                self.blanks();
                if self.eat("(") {
                    self.blanks();
                    self.expect(")", "after `(`")?;
                }
                return self.function(name, line);
            }
            "[[" => self.nested(|p| p.test_command())?,
            "select" | "coproc" => return Err(self.error(format!("`{}` does not exist here", self.bare()))),
            word if RESERVED.contains(&word) && word != "in" => {
                return Err(self.error(format!("`{word}` is not expected here")));
            }
            _ => return self.simple(line),
        };
        let mut redirections = Vec::new();
        loop {
            self.blanks();
            match self.redirection()? {
                Some(redirection) => redirections.push(redirection),
                None => break,
            }
        }
        debug_assert!(self.pos > start);
        Ok(Command { kind, redirections, line })
    }

    fn subshell(&mut self) -> Parsed<Kind> {
        let start = self.pos;
        self.pos += 1;
        let list = self.nested(|p| p.list(&[]))?;
        if !self.eat(")") {
            return Err(self.error_at(start, "`(` has no `)`"));
        }
        if list.is_empty() {
            return Err(self.error_at(start, "there is no command between `(` and `)`"));
        }
        Ok(Kind::Subshell(list))
    }

    fn group(&mut self) -> Parsed<Kind> {
        let start = self.pos;
        self.pos += 1;
        let list = self.list(&["}"])?;
        self.expect_word("}", ("{", start))?;
        Ok(Kind::Group(list))
    }

    /// A list that must have commands.
    fn body(&mut self, ends: &[&str]) -> Parsed<List> {
        let list = self.list(ends)?;
        if list.is_empty() && self.pos < self.text.len() {
            return Err(self.unexpected());
        }
        Ok(list)
    }

    fn conditional_command(&mut self) -> Parsed<Kind> {
        let opened = ("if", self.pos);
        self.pos += 2;
        let mut arms = Vec::new();
        loop {
            let condition = self.body(&["then"])?;
            self.expect_word("then", opened)?;
            let body = self.body(&["elif", "else", "fi"])?;
            arms.push((condition, body));
            self.newlines()?;
            if self.eat_word("elif") {
                continue;
            }
            let otherwise = if self.eat_word("else") { Some(self.body(&["fi"])?) } else { None };
            self.expect_word("fi", opened)?;
            return Ok(Kind::If { arms, otherwise });
        }
    }

    fn for_command(&mut self) -> Parsed<Kind> {
        let opened = ("for", self.pos);
        self.pos += 3;
        self.blanks();
        if self.at("((") {
            return self.count_command(opened);
        }
        let name = self.bare().to_owned();
        if !is_name(&name) {
            return Err(self.error("`for` needs the name of a variable"));
        }
        self.pos += name.len();
        self.newlines()?;
        let mut words = None;
        if self.eat_word("in") {
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
        }
        self.blanks();
        self.eat(";");
        let body = self.do_group(opened)?;
        Ok(Kind::For { name, words, body })
    }

    /// `do … done`, or the braces that bash takes as well.
    fn do_group(&mut self, opened: (&str, usize)) -> Parsed<List> {
        self.newlines()?;
        if self.at_word("{") {
            return match self.group()? {
                Kind::Group(list) => Ok(list),
                _ => Ok(Vec::new()),
            };
        }
        self.expect_word("do", opened)?;
        let body = self.body(&["done"])?;
        self.expect_word("done", opened)?;
        Ok(body)
    }

    /// `for ((init; test; step))`
    fn count_command(&mut self, opened: (&str, usize)) -> Parsed<Kind> {
        self.pos += 2;
        let text = self.balanced_arithmetic(opened.1)?;
        let parts: Vec<&str> = text.split(';').collect();
        let [init, test, step] = parts.as_slice() else {
            return Err(self.error_at(opened.1, "`for ((` needs three parts, `((start; test; step))`"));
        };
        let words = [*init, *test, *step].map(|part| self.arithmetic_word(part.trim()));
        let [init, test, step] = words;
        self.blanks();
        self.eat(";");
        let body = self.do_group(opened)?;
        Ok(Kind::Count { init: init?, test: test?, step: step?, body })
    }

    fn loop_command(&mut self) -> Parsed<Kind> {
        let until = self.at_word("until");
        let opened = (if until { "until" } else { "while" }, self.pos);
        self.pos += 5;
        let condition = self.body(&["do"])?;
        let body = self.do_group(opened)?;
        Ok(Kind::Loop { until, condition, body })
    }

    fn case_command(&mut self) -> Parsed<Kind> {
        let opened = ("case", self.pos);
        self.pos += 4;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.error("`case` needs a word"))?;
        self.expect_word("in", opened)?;
        let mut arms = Vec::new();
        loop {
            self.newlines()?;
            if self.eat_word("esac") {
                return Ok(Kind::Case { word, arms });
            }
            if self.pos >= self.text.len() {
                return Err(self.error_at(opened.1, "`case` has no `esac`"));
            }
            arms.push(self.arm()?);
        }
    }

    fn arm(&mut self) -> Parsed<Arm> {
        self.eat("(");
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            patterns.push(self.word()?.ok_or_else(|| self.error("a pattern is missing"))?);
            self.blanks();
            if !self.eat("|") {
                break;
            }
        }
        self.expect(")", "after the pattern")?;
        let body = self.list(&["esac"])?;
        let end = if self.eat(";;&") {
            ArmEnd::Next
        } else if self.eat(";;") {
            ArmEnd::Stop
        } else if self.eat(";&") {
            ArmEnd::Fall
        } else {
            ArmEnd::Stop
        };
        Ok(Arm { patterns, body, end })
    }

    fn function(&mut self, name: String, line: u32) -> Parsed<Command> {
        self.newlines()?;
        let body = self.nested(|p| p.command())?;
        if matches!(body.kind, Kind::Simple { .. }) {
            return Err(self.error(format!("the body of `{name}` must stand in braces")));
        }
        let kind = Kind::Function { name, body: Rc::new(body) };
        Ok(Command { kind, redirections: Vec::new(), line })
    }

    fn simple(&mut self, line: u32) -> Parsed<Command> {
        let (mut assignments, mut words, mut redirections) = (Vec::new(), Vec::new(), Vec::new());
        let mut arrays = Vec::new();
        loop {
            self.blanks();
            if let Some(redirection) = self.redirection()? {
                redirections.push(redirection);
                continue;
            }
            if words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
                continue;
            }
            let start = self.pos;
            if let Some(array) = self.declared(&words)? {
                words.push(Word::quoted(&*array.name));
                arrays.push(array);
                continue;
            }
            let Some(word) = self.word()? else { break };
            if words.is_empty() && assignments.is_empty() && self.byte() == Some(b'(') {
                let name = word.plain().map(str::to_owned);
                let name = name.ok_or_else(|| self.error("`(` is not expected here"))?;
                self.pos += 1;
                self.blanks();
                self.expect(")", &format!("after `{name}(`"))?;
                return self.function(name, line);
            }
            debug_assert!(self.pos > start);
            words.push(word);
        }
        if assignments.is_empty() && words.is_empty() && redirections.is_empty() {
            return Err(if self.pos >= self.text.len() {
                self.error("a command is missing at the end")
            } else {
                self.unexpected()
            });
        }
        Ok(Command { kind: Kind::Simple { assignments, words, arrays }, redirections, line })
    }

    /// `name=(…)` after `local`, `declare` and the like.
    fn declared(&mut self, words: &[Word]) -> Parsed<Option<Assignment>> {
        let declares = words
            .first()
            .and_then(Word::plain)
            .is_some_and(|name| matches!(name, "local" | "declare" | "typeset" | "export" | "readonly"));
        let start = self.pos;
        if declares && !self.name().is_empty() && (self.at("=(") || self.at("+=(")) {
            self.pos = start;
            return self.assignment();
        }
        self.pos = start;
        Ok(None)
    }

    /// A name from here.
    pub(super) fn name(&mut self) -> &'a str {
        let rest = &self.text[self.pos..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return "";
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.pos += end;
        &rest[..end]
    }
}

/// Whether this can be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
