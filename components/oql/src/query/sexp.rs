//! S-expressions: `(and (tags "toolkit") (property "EXEC" "x") (level < 3))`.

use super::expr::{Comparison, Expr, Value};
use super::matcher::text_value;
use super::{error, regex};
use crate::model::QueryError;

const MAX_DEPTH: usize = 64;

const FORMS: &[&str] = &[
    "and",
    "or",
    "not",
    "tags",
    "property",
    "todo",
    "done",
    "heading",
    "level",
    "priority",
    "scheduled",
    "deadline",
    "closed",
    "id",
];

/// An argument: a text, a word, or a nested form.
enum Arg {
    Text(String, usize),
    Word(String, usize),
    Form(Expr),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

pub(super) fn parse(text: &str) -> Result<Expr, QueryError> {
    let mut reader = Reader { text, at: 0 };
    reader.blank();
    let expr = reader.form(0)?;
    reader.blank();
    if reader.at < text.len() {
        return Err(error(reader.at, "expected the end of the expression"));
    }
    Ok(expr)
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// `(name args…)`; the cursor stands at the opening parenthesis.
    fn form(&mut self, depth: usize) -> Result<Expr, QueryError> {
        if depth >= MAX_DEPTH {
            return Err(error(self.at, "nested too deeply"));
        }
        self.at += 1;
        self.blank();
        let name_at = self.at;
        let name = self.word().to_ascii_lowercase();
        let mut args = Vec::new();
        loop {
            self.blank();
            let at = self.at;
            match self.rest().chars().next() {
                None => return Err(error(self.at, "expected `)`")),
                Some(')') => {
                    self.at += 1;
                    return build(&name, name_at, args);
                }
                Some('(') => args.push(Arg::Form(self.form(depth + 1)?)),
                Some('"') => args.push(Arg::Text(self.string()?, at)),
                Some(_) => {
                    let word = self.word().to_owned();
                    if word.is_empty() {
                        return Err(error(at, "expected `)`"));
                    }
                    args.push(Arg::Word(word, at));
                }
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let len =
            self.rest().find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(self.rest().len());
        let word = &self.rest()[..len];
        self.at += len;
        word
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

fn build(name: &str, at: usize, args: Vec<Arg>) -> Result<Expr, QueryError> {
    match name {
        "and" => Ok(Expr::And(forms(args)?)),
        "or" => Ok(Expr::Or(forms(args)?)),
        "not" => Ok(Expr::Not(Box::new(Expr::Or(forms(args)?)))),
        "tags" => Ok(Expr::Or(texts(args)?.into_iter().map(|(t, _)| Expr::Tag(t)).collect())),
        "todo" => Ok(Expr::Todo(texts(args)?.into_iter().map(|(t, _)| t).collect())),
        "done" => Ok(Expr::Done),
        "heading" => {
            let list = texts(args)?.into_iter().map(|(t, at)| regex(&t, at).map(Expr::Heading));
            Ok(Expr::And(list.collect::<Result<_, _>>()?))
        }
        "property" => property(at, texts(args)?),
        "priority" => property(at, std::iter::once(("PRIORITY".to_owned(), at)).chain(texts(args)?).collect()),
        "id" => {
            let args = texts(args)?;
            let id = |key: &str| property(at, std::iter::once((key.to_owned(), at)).chain(args.clone()).collect());
            Ok(Expr::Or(vec![id("ID")?, id("CUSTOM_ID")?]))
        }
        "level" => level(at, &texts(args)?),
        "scheduled" | "deadline" | "closed" => Ok(Expr::Property(name.to_owned(), None)),
        _ => {
            let meant = crate::text::suggest(name, FORMS.iter().copied());
            let hint =
                meant.map_or_else(|| format!("known are {}", FORMS.join(", ")), |m| format!("did you mean `{m}`?"));
            Err(error(at, format!("unknown form `{}`; {hint}", crate::text::clip(name, 40))))
        }
    }
}

fn forms(args: Vec<Arg>) -> Result<Vec<Expr>, QueryError> {
    args.into_iter()
        .map(|a| match a {
            Arg::Form(expr) => Ok(expr),
            Arg::Text(_, at) | Arg::Word(_, at) => Err(error(at, "expected a form in parentheses")),
        })
        .collect()
}

fn texts(args: Vec<Arg>) -> Result<Vec<(String, usize)>, QueryError> {
    args.into_iter()
        .map(|a| match a {
            Arg::Text(text, at) | Arg::Word(text, at) => Ok((text, at)),
            Arg::Form(_) => Err(error(0, "expected a text where a form stands")),
        })
        .collect()
}

fn property(at: usize, args: Vec<(String, usize)>) -> Result<Expr, QueryError> {
    match args.as_slice() {
        [(name, _)] => Ok(Expr::Property(name.clone(), None)),
        [(name, _), (value, value_at)] => {
            let value = text_value(value, *value_at)?;
            Ok(Expr::Property(name.clone(), Some((Comparison::Equal, value))))
        }
        _ => Err(error(at, "expected a name and perhaps a value")),
    }
}

/// `(level 2)`, `(level 1 3)`, `(level < 3)`.
fn level(at: usize, args: &[(String, usize)]) -> Result<Expr, QueryError> {
    let number = |a: &(String, usize)| a.0.parse::<f64>().map_err(|_| error(a.1, "expected a number"));
    let is = |c: Comparison, n: f64| Expr::Property("LEVEL".to_owned(), Some((c, Value::Number(n))));
    match args {
        [one] => Ok(is(Comparison::Equal, number(one)?)),
        [sign, one] => {
            let comparison = match sign.0.as_str() {
                "<" => Comparison::Less,
                "<=" => Comparison::LessEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterEqual,
                "=" => Comparison::Equal,
                _ => {
                    return Ok(Expr::And(vec![
                        is(Comparison::GreaterEqual, number(sign)?),
                        is(Comparison::LessEqual, number(one)?),
                    ]));
                }
            };
            Ok(is(comparison, number(one)?))
        }
        _ => Err(error(at, "expected a level")),
    }
}
