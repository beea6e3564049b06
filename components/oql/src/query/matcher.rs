//! Org's match syntax: `+tag-other+PROP="x"+LEVEL<3|tag2/NEXT`.

use super::expr::{Comparison, Expr, Value};
use super::{error, regex};
use crate::model::QueryError;

struct Matcher<'a> {
    text: &'a str,
    at: usize,
}

pub(super) fn parse(text: &str) -> Result<Expr, QueryError> {
    let mut matcher = Matcher { text, at: 0 };
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(matcher.conjunction()?);
        if !matcher.eat("|") {
            break;
        }
    }
    let mut whole = Expr::Or(alternatives);
    if matcher.eat("/") {
        whole = Expr::And(vec![whole, matcher.states()?]);
    }
    matcher.blank();
    if matcher.at < text.len() {
        return Err(error(matcher.at, "expected `+`, `-`, `&` or `|`"));
    }
    Ok(whole)
}

impl<'a> Matcher<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, word: &str) -> bool {
        self.blank();
        let hit = self.rest().starts_with(word);
        if hit {
            self.at += word.len();
        }
        hit
    }

    /// Terms that must all hold, up to `|`, `/` or the end.
    fn conjunction(&mut self) -> Result<Expr, QueryError> {
        let mut terms = Vec::new();
        loop {
            self.blank();
            let joined = self.eat("&");
            let negated = self.eat("-");
            let signed = negated || self.eat("+");
            self.blank();
            let stop = self.rest().is_empty() || self.rest().starts_with(['|', '/']);
            if stop && !(joined || signed) {
                return Ok(Expr::And(terms));
            }
            if !(terms.is_empty() || joined || signed) {
                return Err(error(self.at, "expected `+`, `-`, `&` or `|`"));
            }
            let term = self.term()?;
            terms.push(if negated { Expr::Not(Box::new(term)) } else { term });
        }
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        if self.rest().starts_with('{') {
            let (pattern, at) = self.braces()?;
            return Ok(Expr::TagLike(regex(pattern, at)?));
        }
        let start = self.at;
        let mut name = String::new();
        // Org wants a `-` in a property's name escaped: `KEY\-PART`.
        while let Some(c) = self.rest().chars().next() {
            let escaped = c == '\\' && self.rest()[1..].starts_with('-');
            if escaped {
                self.at += 2;
                name.push('-');
            } else if c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '%' | ':') {
                self.at += c.len_utf8();
                name.push(c);
            } else {
                break;
            }
        }
        if name.is_empty() {
            return Err(error(start, "expected a tag or a property"));
        }
        match self.comparison() {
            Some(comparison) => Ok(Expr::Property(name, Some((comparison, self.value()?)))),
            None => Ok(Expr::Tag(name)),
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let all = [
            ("<=", Comparison::LessEqual),
            (">=", Comparison::GreaterEqual),
            ("<>", Comparison::Unequal),
            ("!=", Comparison::Unequal),
            ("==", Comparison::Equal),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (sign, comparison) = all.into_iter().find(|(sign, _)| self.rest().starts_with(sign))?;
        self.at += sign.len();
        // `=*` matches empty values too, which it does here anyway.
        if self.rest().starts_with('*') {
            self.at += 1;
        }
        Some(comparison)
    }

    fn value(&mut self) -> Result<Value, QueryError> {
        self.blank();
        let start = self.at;
        if self.rest().starts_with('{') {
            let (pattern, at) = self.braces()?;
            return Ok(Value::Like(regex(pattern, at)?));
        }
        if let Some(inner) = self.rest().strip_prefix('"') {
            let Some(len) = inner.find('"') else { return Err(error(start, "the text never ends; expected `\"`")) };
            self.at += len + 2;
            return text_value(&inner[..len], start + 1);
        }
        let len = self
            .rest()
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
            .unwrap_or(self.rest().len());
        // `LEVEL<3+tag`: a sign ends the number, unless it begins it.
        let digits = &self.rest()[..len];
        let len = digits.char_indices().skip(1).find(|(_, c)| matches!(c, '-' | '+')).map_or(len, |(i, _)| i);
        match self.rest()[..len].parse() {
            Ok(number) => {
                self.at += len;
                Ok(Value::Number(number))
            }
            Err(_) => Err(error(start, "expected a value: a number, \"text\" or {regex}")),
        }
    }

    /// `{…}` with the braces a pattern may itself have balanced.
    fn braces(&mut self) -> Result<(&'a str, usize), QueryError> {
        let start = self.at;
        let mut depth = 0usize;
        for (i, b) in self.rest().bytes().enumerate() {
            match b {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let inner = &self.text[start + 1..start + i];
                self.at = start + i + 1;
                return Ok((inner, start + 1));
            }
        }
        Err(error(start, "the pattern never ends; expected `}`"))
    }

    /// `/NEXT|WAIT`, `/!` for any open state, `/-DONE`.
    fn states(&mut self) -> Result<Expr, QueryError> {
        let open_only = self.eat("!");
        let mut any = Vec::new();
        let mut none = Vec::new();
        loop {
            let negated = self.eat("-");
            self.eat("+");
            self.blank();
            let len = self
                .rest()
                .find(|c: char| c.is_whitespace() || matches!(c, '|' | '&' | '+' | '-'))
                .unwrap_or(self.rest().len());
            if len > 0 {
                let list = if negated { &mut none } else { &mut any };
                list.push(self.rest()[..len].to_owned());
                self.at += len;
            }
            if !(self.eat("|") || self.eat("&") || (len > 0 && self.rest().starts_with(['+', '-']))) {
                break;
            }
        }
        let mut terms = Vec::new();
        if open_only {
            terms.push(Expr::Todo(Vec::new()));
        }
        if !any.is_empty() {
            terms.push(Expr::Todo(any));
        }
        if !none.is_empty() {
            terms.push(Expr::Not(Box::new(Expr::Todo(none))));
        }
        Ok(Expr::And(terms))
    }
}

/// A quoted value; one in angle or square brackets is a date.
pub(super) fn text_value(text: &str, offset: usize) -> Result<Value, QueryError> {
    let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    let Some(inner) = inner.or_else(|| text.strip_prefix('[').and_then(|t| t.strip_suffix(']'))) else {
        return Ok(Value::Text(text.to_owned()));
    };
    match crate::syntax::timestamp::parse(&format!("<{inner}>")) {
        Some((stamp, _)) => Ok(Value::Date(stamp.at)),
        None => Err(error(
            offset,
            format!("`{}` is no date; relative dates need a clock, which a query has not", crate::text::clip(text, 40)),
        )),
    }
}
