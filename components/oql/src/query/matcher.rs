//! Org's match syntax: `+tag-other+PROP="x"+LEVEL<3|tag2/NEXT`.
//!
//! Read as `org-make-tags-matcher` reads it, with three kindnesses: what Org silently skips is an error here, blanks
//! around operators do no harm, and a `|` or `/` inside quotes or braces belongs to the value.

use super::expr::{Comparison, Expr, PropertyTest, TagTest, Tags, Value};
use super::groups::Groups;
use super::pattern::Pattern;
use super::{Clock, error, pattern, time};
use crate::model::QueryError;

struct Matcher<'a> {
    text: &'a str,
    at: usize,
    clock: Clock,
    groups: &'a Groups,
}

pub(super) fn parse(text: &str, clock: Clock, groups: &Groups) -> Result<Expr, QueryError> {
    let mut matcher = Matcher { text, at: 0, clock, groups };
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(matcher.conjunction(false)?);
        if !matcher.eat("|") {
            break;
        }
    }
    let mut whole = Expr::Or(alternatives);
    if matcher.eat("/") {
        while matcher.eat("/") {}
        whole = Expr::And(vec![whole, matcher.states()?]);
    }
    matcher.blank();
    if matcher.at < text.len() {
        return Err(error(matcher.at, "expected `+`, `-`, `&`, `|` or `/`"));
    }
    Ok(whole)
}

fn is_tag(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '%')
}

impl<'a> Matcher<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
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
    fn conjunction(&mut self, states: bool) -> Result<Expr, QueryError> {
        let mut terms = Vec::new();
        loop {
            let before = self.at;
            self.blank();
            let spaced = self.at > before && !terms.is_empty();
            let joined = self.eat("&");
            let negated = self.eat("-");
            let signed = negated || self.eat("+") || self.eat(":");
            self.blank();
            if self.rest().is_empty() || self.rest().starts_with(['|', '/']) {
                // `:a:b:` ends with a colon, and that is fine.
                let colon = signed && self.text[..self.at].trim_end().ends_with(':');
                if (joined || signed) && !colon {
                    return Err(error(self.at, "expected a tag or a property"));
                }
                return Ok(Expr::And(terms));
            }
            if spaced && !(joined || signed) {
                return Err(error(self.at, "expected `+`, `-`, `&`, `|` or `/`"));
            }
            let term = if states { self.state()? } else { self.term()? };
            terms.push(if negated { Expr::Not(Box::new(term)) } else { term });
        }
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        if self.rest().starts_with('{') {
            return Ok(Expr::Tag(Tags::All, TagTest::Like(self.braces()?)));
        }
        let start = self.at;
        if let Some((name, len, comparison, sign)) = self.property() {
            self.at += len + sign;
            let present = self.rest().starts_with('*');
            self.at += usize::from(present);
            let value = self.value()?;
            return Ok(Expr::Property(PropertyTest { name, comparison, value, present, inherit: false }));
        }
        let len = self.rest().find(|c| !is_tag(c)).unwrap_or(self.rest().len());
        if len == 0 {
            let hint = if self.rest().starts_with('!') { "; `!` stands behind a `/`" } else { "" };
            return Err(error(start, format!("expected a tag or a property{hint}")));
        }
        let tag = &self.rest()[..len];
        self.at += len;
        Ok(Expr::Tag(Tags::All, self.groups.test(tag)))
    }

    /// A property's name that a comparison follows: the name, its length, the comparison and its length. A backslash
    /// before any character makes it a part of the name: `KEY\-PART`.
    fn property(&self) -> Option<(String, usize, Comparison, usize)> {
        let rest = self.rest();
        let mut name = String::new();
        let mut chars = rest.char_indices().peekable();
        let mut len = 0;
        while let Some((i, c)) = chars.next() {
            if c == '\\' {
                let (j, escaped) = chars.next().filter(|(_, c)| !c.is_whitespace())?;
                name.push(escaped);
                len = j + escaped.len_utf8();
            } else if c.is_alphanumeric() || c == '_' {
                name.push(c);
                len = i + c.len_utf8();
            } else {
                break;
            }
        }
        if name.is_empty() {
            return None;
        }
        // A `/` is not an operator by itself: `tag/=` is none either, as no keyword begins so.
        let (comparison, sign) = Comparison::at(&rest[len..])?;
        Some((name, len, comparison, sign))
    }

    fn value(&mut self) -> Result<Value, QueryError> {
        self.blank();
        let start = self.at;
        if self.rest().starts_with('{') {
            return Ok(Value::Like(self.braces()?));
        }
        if let Some(inner) = self.rest().strip_prefix('"') {
            let Some(len) = inner.find('"') else { return Err(error(start, "the text never ends; expected `\"`")) };
            self.at += len + 2;
            return text_value(&inner[..len], start + 1, self.clock);
        }
        let b = self.rest().as_bytes();
        let sign = usize::from(b.first() == Some(&b'-'));
        let mut len = sign + b.iter().skip(sign).take_while(|c| c.is_ascii_digit() || **c == b'.').count();
        if len == sign {
            let message = "expected a value: a number, \"text\" or {regex}";
            return Err(error(start, message));
        }
        if matches!(b.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(b.get(len + 1), Some(b'-' | b'+')));
            let digits = b.iter().skip(len + 1 + sign).take_while(|c| c.is_ascii_digit()).count();
            len += if digits > 0 { 1 + sign + digits } else { 0 };
        }
        let number = super::expr::leading_number(&self.rest()[..len]);
        self.at += len;
        Ok(Value::Number(number))
    }

    /// `{…}`; as in Org the first `}` ends it.
    fn braces(&mut self) -> Result<Pattern, QueryError> {
        let start = self.at;
        let Some(len) = self.rest().find('}') else {
            return Err(error(start, "the pattern never ends; expected `}`"));
        };
        let inner = &self.rest()[1..len];
        self.at += len + 1;
        if inner.is_empty() {
            return Err(error(start, "expected a pattern between `{` and `}`"));
        }
        pattern(inner, start + 1)
    }

    /// `/NEXT|WAIT`, `/!` for open states alone, `/-DONE`.
    fn states(&mut self) -> Result<Expr, QueryError> {
        let mut terms = Vec::new();
        if self.eat("!") {
            terms.push(Expr::Todo(Vec::new()));
        }
        self.blank();
        if self.rest().is_empty() {
            return Ok(Expr::And(terms));
        }
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.conjunction(true)?);
            if !self.eat("|") {
                break;
            }
        }
        terms.push(Expr::Or(alternatives));
        Ok(Expr::And(terms))
    }

    fn state(&mut self) -> Result<Expr, QueryError> {
        if self.rest().starts_with('{') {
            return Ok(Expr::TodoLike(self.braces()?));
        }
        let len = self.rest().find(|c| !is_tag(c)).unwrap_or(self.rest().len());
        if len == 0 {
            return Err(error(self.at, "expected a TODO keyword"));
        }
        let word = self.rest()[..len].to_owned();
        self.at += len;
        Ok(Expr::Todo(vec![word]))
    }
}

/// A quoted value; one in angle or square brackets that begins like a date is a time.
fn text_value(text: &str, offset: usize, clock: Clock) -> Result<Value, QueryError> {
    let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    let Some(inner) = inner.or_else(|| text.strip_prefix('[').and_then(|t| t.strip_suffix(']'))) else {
        return Ok(Value::Text(text.to_owned()));
    };
    let words = ["now", "today", "tomorrow", "yesterday"];
    let relative = inner.strip_prefix(['+', '-']).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    if !(relative || inner.starts_with(|c: char| c.is_ascii_digit()) || words.iter().any(|w| inner.starts_with(w))) {
        return Ok(Value::Text(text.to_owned()));
    }
    match time::matcher_time(text, clock.now) {
        Some(Ok(minutes)) => Ok(Value::Time(minutes)),
        Some(Err(())) => Err(error(offset, format!("`{text}` needs to know what time it is, and nobody said"))),
        None => Err(error(offset, format!("`{}` is no date", crate::text::clip(text, 40)))),
    }
}
