//! Reads s-expressions into a tree that remembers where everything stands. What a form means is said in `forms`.

use super::error;
use crate::model::QueryError;

const MAX_DEPTH: usize = 64;

/// One argument or form.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// In double quotes.
    Text(String, usize),
    /// Anything else without blanks and parentheses; a quote before it is dropped.
    Word(String, usize),
    Form(Form),
}

/// `(name argument …)`.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// Lower case.
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) args: Vec<Node>,
}

impl Node {
    pub(super) fn at(&self) -> usize {
        match self {
            Node::Text(_, at) | Node::Word(_, at) => *at,
            Node::Form(form) => form.at,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

pub(super) fn read(text: &str) -> Result<Form, QueryError> {
    let mut reader = Reader { text, at: 0 };
    reader.blank();
    let form = reader.form(0)?;
    reader.blank();
    if reader.at < text.len() {
        return Err(error(reader.at, "expected the end of the expression"));
    }
    Ok(form)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// `(name args…)`; the cursor stands at the opening parenthesis.
    fn form(&mut self, depth: usize) -> Result<Form, QueryError> {
        if depth >= MAX_DEPTH {
            return Err(error(self.at, "nested too deeply"));
        }
        self.at += 1;
        self.blank();
        let at = self.at;
        // `(("a" "b"))`, a plain list as an argument, has no name.
        let name = self.word().to_ascii_lowercase();
        let mut args = Vec::new();
        loop {
            self.blank();
            let at_arg = self.at;
            match self.rest().chars().next() {
                None => return Err(error(self.at, "expected `)`")),
                Some(')') => {
                    self.at += 1;
                    return Ok(Form { name, at, args });
                }
                Some('(') => args.push(Node::Form(self.form(depth + 1)?)),
                Some('"') => args.push(Node::Text(self.string()?, at_arg)),
                Some('\'') => self.at += 1,
                Some(_) => args.push(Node::Word(self.word().to_owned(), at_arg)),
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    fn string(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        let mut out = String::new();
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                // Only these two are escapes, so that `\d` reaches a pattern.
                '"' | '\\' if escaped => {
                    out.push(c);
                    escaped = false;
                }
                '"' => {
                    self.at = start + i + 1;
                    return Ok(out);
                }
                '\\' => escaped = true,
                c => {
                    if escaped {
                        out.push('\\');
                        escaped = false;
                    }
                    out.push(c);
                }
            }
        }
        Err(error(start, "the text never ends; expected `\"`"))
    }
}
