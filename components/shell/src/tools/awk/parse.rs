//! The tree of an `awk` program.

use std::collections::HashMap;
use std::rc::Rc;

use super::lex::{Token, WORDS, tokens};
use crate::Stop;
use crate::regex::{Flavour, Regex};

/// Constructs within each other.
const MAX_DEPTH: u32 = 150;

/// Where a variable is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot {
    Global(usize),
    Local(usize),
}

#[derive(Debug)]
pub(super) enum Place {
    Variable(Slot),
    Element(Slot, Vec<Expr>),
    Field(Box<Expr>),
}

#[derive(Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(Rc<str>),
    /// Matches `$0`.
    Regex(Regex),
    Place(Place),
    /// A place in brackets, which is a value.
    Grouped(Place),
    Assign(Place, Option<char>, Box<Expr>),
    /// Before or after, and by how much.
    Step(Place, bool, f64),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Sign(f64, Box<Expr>),
    Match(bool, Box<Expr>, Box<Expr>),
    In(Vec<Expr>, Slot),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(usize, Vec<Expr>),
    Builtin(String, Vec<Expr>),
}

#[derive(Debug)]
pub(super) enum Target {
    Out,
    File(Expr, bool),
    Pipe(Expr),
}

#[derive(Debug)]
pub(super) enum Stmt {
    Expr(Expr),
    Print(Vec<Expr>, Target),
    Printf(Vec<Expr>, Target),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For(Option<Box<Stmt>>, Option<Expr>, Option<Box<Stmt>>, Box<Stmt>),
    Each(Slot, Slot, Box<Stmt>),
    Block(Vec<Stmt>),
    Next,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Break,
    Continue,
    Delete(Slot, Vec<Expr>),
}

#[derive(Debug)]
pub(super) enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
    /// With the index of its state.
    Range(Expr, Expr, usize),
}

#[derive(Debug, Default)]
pub(super) struct Function {
    pub(super) parameters: usize,
    /// Which parameters are arrays.
    pub(super) arrays: Vec<bool>,
    pub(super) body: Option<Stmt>,
}

#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) rules: Vec<(Pattern, Option<Stmt>)>,
    pub(super) functions: Vec<Function>,
    pub(super) globals: HashMap<String, usize>,
    pub(super) ranges: usize,
}

pub(super) struct Parser {
    pub(super) tokens: Vec<(Token, u32)>,
    pub(super) at: usize,
    pub(super) program: Program,
    pub(super) names: HashMap<String, usize>,
    pub(super) locals: Vec<String>,
    pub(super) local_arrays: Vec<bool>,
    pub(super) depth: u32,
    /// Above zero where `>` redirects and `in` belongs to a loop.
    pub(super) no_greater: bool,
    pub(super) no_in: bool,
}

pub(super) type Parsed<T> = Result<T, Stop>;

pub(super) fn parse(text: &str) -> Parsed<Program> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        program: Program::default(),
        names: HashMap::new(),
        locals: Vec::new(),
        local_arrays: Vec::new(),
        depth: 0,
        no_greater: false,
        no_in: false,
    };
    for name in [
        "NR", "NF", "FNR", "FS", "OFS", "RS", "ORS", "FILENAME", "SUBSEP", "RSTART", "RLENGTH", "CONVFMT", "OFMT",
        "ENVIRON",
    ] {
        parser.global(name);
    }
    parser.rules()?;
    if let Some((name, _)) = parser.names.iter().find(|(_, index)| parser.program.functions[**index].body.is_none()) {
        return Err(Stop::Error(2, format!("the function `{name}` is not defined")));
    }
    Ok(parser.program)
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    pub(super) fn wrong<T>(&self) -> Parsed<T> {
        let line = self.tokens.get(self.at).map_or(0, |(_, line)| *line);
        let found = match self.peek() {
            Token::Op(operator) => (*operator).to_owned(),
            Token::Name(name) | Token::Call(name) => name.clone(),
            Token::Number(number) => number.to_string(),
            Token::Text(_) => "a text".to_owned(),
            Token::Regex(_) => "a regular expression".to_owned(),
            Token::Line => "the end of the line".to_owned(),
            Token::End => "the end".to_owned(),
        };
        Err(Stop::Error(2, format!("line {line} of the program: {found} is not expected")))
    }

    pub(super) fn eat(&mut self, operator: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(own) if *own == operator);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, operator: &str) -> Parsed<()> {
        if self.eat(operator) { Ok(()) } else { self.wrong() }
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(own) if own == word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn lines(&mut self) {
        while matches!(self.peek(), Token::Line) {
            self.at += 1;
        }
    }

    fn ends(&mut self) {
        while matches!(self.peek(), Token::Line | Token::Op(";")) {
            self.at += 1;
        }
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Error(2, format!("more than {MAX_DEPTH} constructs within each other")));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn global(&mut self, name: &str) -> usize {
        let next = self.program.globals.len();
        *self.program.globals.entry(name.to_owned()).or_insert(next)
    }

    pub(super) fn slot(&mut self, name: &str, array: bool) -> Slot {
        if let Some(index) = self.locals.iter().position(|own| own == name) {
            self.local_arrays[index] |= array;
            return Slot::Local(index);
        }
        Slot::Global(self.global(name))
    }

    pub(super) fn function_index(&mut self, name: &str) -> usize {
        if let Some(index) = self.names.get(name) {
            return *index;
        }
        self.program.functions.push(Function::default());
        self.names.insert(name.to_owned(), self.program.functions.len() - 1);
        self.program.functions.len() - 1
    }

    fn rules(&mut self) -> Parsed<()> {
        loop {
            self.ends();
            if *self.peek() == Token::End {
                return Ok(());
            }
            if self.eat_word("function") || self.eat_word("func") {
                self.function()?;
                continue;
            }
            let pattern = if self.eat_word("BEGIN") {
                Pattern::Begin
            } else if self.eat_word("END") {
                Pattern::End
            } else if matches!(self.peek(), Token::Op("{")) {
                Pattern::Always
            } else {
                let first = self.expr()?;
                if self.eat(",") {
                    self.lines();
                    let second = self.expr()?;
                    self.program.ranges += 1;
                    Pattern::Range(first, second, self.program.ranges - 1)
                } else {
                    Pattern::When(first)
                }
            };
            let body = if matches!(self.peek(), Token::Op("{")) { Some(self.block()?) } else { None };
            if body.is_none() && matches!(pattern, Pattern::Begin | Pattern::End) {
                return self.wrong();
            }
            self.program.rules.push((pattern, body));
        }
    }

    fn function(&mut self) -> Parsed<()> {
        let name = match self.peek().clone() {
            Token::Name(name) | Token::Call(name) => name,
            _ => return self.wrong(),
        };
        self.at += 1;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while let Token::Name(parameter) = self.peek().clone() {
            parameters.push(parameter);
            self.at += 1;
            self.lines();
            if !self.eat(",") {
                break;
            }
            self.lines();
        }
        self.expect(")")?;
        self.lines();
        self.local_arrays = vec![false; parameters.len()];
        self.locals = parameters;
        let body = self.block()?;
        let index = self.function_index(&name);
        let arrays = std::mem::take(&mut self.local_arrays);
        self.program.functions[index] = Function { parameters: self.locals.len(), arrays, body: Some(body) };
        self.locals.clear();
        Ok(())
    }

    fn block(&mut self) -> Parsed<Stmt> {
        self.expect("{")?;
        let mut list = Vec::new();
        loop {
            self.ends();
            if self.eat("}") {
                return Ok(Stmt::Block(list));
            }
            list.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Stmt> {
        self.deeper(|p| p.statement_here())
    }

    /// The body of a loop or a condition; `;` alone is an empty one.
    fn body(&mut self) -> Parsed<Box<Stmt>> {
        self.lines();
        if self.eat(";") {
            return Ok(Box::new(Stmt::Block(Vec::new())));
        }
        Ok(Box::new(self.statement()?))
    }

    fn statement_here(&mut self) -> Parsed<Stmt> {
        if matches!(self.peek(), Token::Op("{")) {
            return self.block();
        }
        let word = match self.peek() {
            Token::Name(name) if WORDS.contains(&name.as_str()) => name.clone(),
            _ => return self.simple(),
        };
        match word.as_str() {
            "if" => {
                self.at += 1;
                self.expect("(")?;
                let condition = self.expr()?;
                self.expect(")")?;
                let yes = self.body()?;
                let before = self.at;
                self.ends();
                let no = if self.eat_word("else") { Some(self.body()?) } else { None };
                if no.is_none() {
                    self.at = before;
                }
                Ok(Stmt::If(condition, yes, no))
            }
            "while" => {
                self.at += 1;
                self.expect("(")?;
                let condition = self.expr()?;
                self.expect(")")?;
                Ok(Stmt::While(condition, self.body()?))
            }
            "do" => {
                self.at += 1;
                let body = self.body()?;
                self.ends();
                if !self.eat_word("while") {
                    return self.wrong();
                }
                self.expect("(")?;
                let condition = self.expr()?;
                self.expect(")")?;
                Ok(Stmt::Do(body, condition))
            }
            "for" => self.for_statement(),
            _ => self.simple(),
        }
    }

    fn for_statement(&mut self) -> Parsed<Stmt> {
        self.at += 1;
        self.expect("(")?;
        if let (
            Token::Name(key),
            Some((Token::Name(word), _)),
            Some((Token::Name(array), _)),
            Some((Token::Op(")"), _)),
        ) = (
            self.peek().clone(),
            self.tokens.get(self.at + 1),
            self.tokens.get(self.at + 2),
            self.tokens.get(self.at + 3),
        ) && word == "in"
        {
            let array = array.clone();
            self.at += 4;
            let (key, array) = (self.slot(&key, false), self.slot(&array, true));
            return Ok(Stmt::Each(key, array, self.body()?));
        }
        let init = if matches!(self.peek(), Token::Op(";")) { None } else { Some(Box::new(self.simple()?)) };
        self.expect(";")?;
        self.lines();
        let test = if matches!(self.peek(), Token::Op(";")) { None } else { Some(self.expr()?) };
        self.expect(";")?;
        self.lines();
        let step = if matches!(self.peek(), Token::Op(")")) { None } else { Some(Box::new(self.simple()?)) };
        self.expect(")")?;
        Ok(Stmt::For(init, test, step, self.body()?))
    }

    fn at_end(&self) -> bool {
        matches!(self.peek(), Token::Line | Token::End | Token::Op(";" | "}"))
    }

    fn simple(&mut self) -> Parsed<Stmt> {
        let word = match self.peek() {
            Token::Name(name) => name.clone(),
            _ => return Ok(Stmt::Expr(self.expr()?)),
        };
        let value = |p: &mut Self| -> Parsed<Option<Expr>> { if p.at_end() { Ok(None) } else { p.expr().map(Some) } };
        match word.as_str() {
            "print" | "printf" => {
                self.at += 1;
                let (list, target) = self.output()?;
                if word == "print" {
                    return Ok(Stmt::Print(list, target));
                }
                if list.is_empty() { self.wrong() } else { Ok(Stmt::Printf(list, target)) }
            }
            "next" | "nextfile" => {
                self.at += 1;
                Ok(Stmt::Next)
            }
            "exit" => {
                self.at += 1;
                Ok(Stmt::Exit(value(self)?))
            }
            "return" => {
                self.at += 1;
                Ok(Stmt::Return(value(self)?))
            }
            "break" | "continue" => {
                self.at += 1;
                Ok(if word == "break" { Stmt::Break } else { Stmt::Continue })
            }
            "delete" => {
                self.at += 1;
                let Token::Name(name) = self.peek().clone() else { return self.wrong() };
                self.at += 1;
                let slot = self.slot(&name, true);
                let keys = if self.eat("[") { self.keys()? } else { Vec::new() };
                Ok(Stmt::Delete(slot, keys))
            }
            _ => Ok(Stmt::Expr(self.expr()?)),
        }
    }

    pub(super) fn keys(&mut self) -> Parsed<Vec<Expr>> {
        let list = self.list("]")?;
        self.expect("]")?;
        Ok(list)
    }

    pub(super) fn list(&mut self, end: &'static str) -> Parsed<Vec<Expr>> {
        let (greater, no_in) = (std::mem::take(&mut self.no_greater), std::mem::take(&mut self.no_in));
        let mut list = Vec::new();
        self.lines();
        while !matches!(self.peek(), Token::Op(own) if *own == end) {
            list.push(self.expr()?);
            self.lines();
            if !self.eat(",") {
                break;
            }
            self.lines();
        }
        (self.no_greater, self.no_in) = (greater, no_in);
        Ok(list)
    }

    /// What `print` prints, and where to.
    fn output(&mut self) -> Parsed<(Vec<Expr>, Target)> {
        let stops = |p: &Self| p.at_end() || matches!(p.peek(), Token::Op(">" | ">>" | "|"));
        let mut list = Vec::new();
        let start = self.at;
        // A list in brackets, if the brackets are around all of it.
        if self.eat("(") {
            let inner = self.list(")");
            if let (Ok(inner), true) = (inner, self.eat(")"))
                && stops(self)
            {
                list = inner;
            } else {
                self.at = start;
            }
        }
        if self.at == start {
            self.no_greater = true;
            while !stops(self) {
                let expr = self.expr();
                if expr.is_err() {
                    self.no_greater = false;
                }
                list.push(expr?);
                if !self.eat(",") {
                    break;
                }
                self.lines();
            }
            self.no_greater = false;
        }
        let target = if self.eat(">") {
            Target::File(self.concatenation()?, false)
        } else if self.eat(">>") {
            Target::File(self.concatenation()?, true)
        } else if self.eat("|") {
            Target::Pipe(self.concatenation()?)
        } else {
            Target::Out
        };
        Ok((list, target))
    }
}

pub(super) fn regex(pattern: &str) -> Parsed<Regex> {
    let flavour = Flavour { escapes_in_sets: true, ..Flavour::default() };
    Regex::new(pattern, flavour).map_err(|error| Stop::Error(2, error))
}
