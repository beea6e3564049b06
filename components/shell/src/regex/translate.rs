//! From the syntax of POSIX (with GNU's additions) to that of the `regex` crates.

use super::Flavour;

/// A pattern in the other syntax.
pub(super) struct Translated {
    pub(super) text: String,
    pub(super) alternatives: bool,
    pub(super) back_references: bool,
}

/// Repetitions that `{…}` may ask for, as in POSIX's limit.
const MAX_REPEAT: u32 = 32_767;

pub(super) fn translate(pattern: &str, flavour: Flavour) -> Result<Translated, String> {
    let mut reader = Reader {
        chars: pattern.chars().collect(),
        at: 0,
        flavour,
        out: Translated { text: String::new(), alternatives: false, back_references: false },
        open: 0,
    };
    reader.all()?;
    if reader.open > 0 {
        return Err("a group is not closed in the regular expression".to_owned());
    }
    Ok(reader.out)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    flavour: Flavour,
    out: Translated,
    open: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Whether nothing stands before that could be repeated.
    fn at_start(&self) -> bool {
        let text = &self.out.text;
        text.is_empty()
            || ((text.ends_with('(') || text.ends_with('|') || text.ends_with('^'))
                && !text.ends_with("\\(")
                && !text.ends_with("\\|")
                && !text.ends_with("\\^"))
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() {
            self.out.text.push('\\');
        }
        self.out.text.push(c);
    }

    fn group(&mut self, opens: bool) -> Result<(), String> {
        if opens {
            self.open += 1;
            self.out.text.push('(');
        } else {
            self.open = self.open.checked_sub(1).ok_or("`)` has no `(` in the regular expression")?;
            self.out.text.push(')');
        }
        Ok(())
    }

    fn all(&mut self) -> Result<(), String> {
        let basic = self.flavour.basic;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.escaped()?,
                '[' => self.set()?,
                '.' => self.out.text.push('.'),
                '*' if self.at_start() => self.literal('*'),
                '*' => self.repeat("*"),
                '^' if !basic || self.at_start() => self.out.text.push('^'),
                '$' if !basic || self.ends() => self.out.text.push('$'),
                '+' | '?' if !basic && self.at_start() => self.literal(c),
                '+' | '?' if !basic => self.repeat(&c.to_string()),
                '(' | ')' if !basic => self.group(c == '(')?,
                '|' if !basic => {
                    self.out.alternatives = true;
                    self.out.text.push('|');
                }
                '{' if !basic && !self.at_start() => {
                    if !self.interval("}")? {
                        self.literal('{');
                    }
                }
                c => self.literal(c),
            }
        }
        Ok(())
    }

    /// Two repetitions one after the other are one around the other; a `?` after one would mean lazy.
    fn repeat(&mut self, operator: &str) {
        if self.out.text.ends_with(['*', '+', '?', '}']) {
            let text = &self.out.text;
            let before = text.chars().rev().nth(1);
            if before != Some('\\') {
                if text.ends_with('*') || (text.ends_with('+') && operator == "+") {
                    return;
                }
                if text.ends_with(['+', '?']) {
                    self.out.text.pop();
                    self.out.text.push('*');
                    return;
                }
                // After `}`: the last item cannot be found cheaply, so the repetition is dropped where it changes least.
                if operator == "?" {
                    return;
                }
            }
        }
        self.out.text.push_str(operator);
    }

    /// Whether a `$` of a basic pattern stands at an end.
    fn ends(&self) -> bool {
        matches!((self.peek(0), self.peek(1)), (None, _) | (Some('\\'), Some(')' | '|')))
    }

    fn escaped(&mut self) -> Result<(), String> {
        let Some(c) = self.peek(0) else { return Err("the regular expression ends with a backslash".to_owned()) };
        self.at += 1;
        let basic = self.flavour.basic;
        match c {
            '(' | ')' if basic => self.group(c == '(')?,
            '|' if basic => {
                self.out.alternatives = true;
                self.out.text.push('|');
            }
            '{' if basic => {
                if !self.interval("\\}")? {
                    return Err("`\\{` is not understood in the regular expression".to_owned());
                }
            }
            '+' | '?' if basic => self.repeat(&c.to_string()),
            '1'..='9' => {
                self.out.back_references = true;
                self.out.text.push('\\');
                self.out.text.push(c);
            }
            'w' | 'W' | 's' | 'S' | 'b' | 'B' => {
                self.out.text.push('\\');
                self.out.text.push(c);
            }
            '<' => self.out.text.push_str("\\b{start}"),
            '>' => self.out.text.push_str("\\b{end}"),
            '`' => self.out.text.push_str("\\A"),
            '\'' => self.out.text.push_str("\\z"),
            'n' => self.out.text.push_str("\\n"),
            't' => self.out.text.push_str("\\t"),
            'r' => self.out.text.push_str("\\r"),
            'f' => self.out.text.push_str("\\f"),
            'v' => self.out.text.push_str("\\v"),
            'a' => self.out.text.push_str("\\x07"),
            c => self.literal(c),
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`.
    fn interval(&mut self, close: &str) -> Result<bool, String> {
        let rest: String = self.chars[self.at..].iter().take(16).collect();
        let Some(end) = rest.find(close) else { return Ok(false) };
        let inner = &rest[..end];
        let (low, high) = match inner.split_once(',') {
            Some((low, high)) => (low, Some(high)),
            None => (inner, None),
        };
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !number(low) || !high.is_none_or(number) || inner.is_empty() {
            return Ok(false);
        }
        let low: u32 = if low.is_empty() { 0 } else { low.parse().unwrap_or(u32::MAX) };
        let text = match high {
            None => format!("{{{low}}}"),
            Some("") => format!("{{{low},}}"),
            Some(high) => {
                let high: u32 = high.parse().unwrap_or(u32::MAX);
                if high > MAX_REPEAT || high < low {
                    return Err(format!("`{{{inner}}}` is no number of repetitions"));
                }
                format!("{{{low},{high}}}")
            }
        };
        if low > MAX_REPEAT {
            return Err(format!("`{{{inner}}}` is no number of repetitions"));
        }
        self.out.text.push_str(&text);
        self.at += end + close.chars().count();
        Ok(true)
    }

    /// A bracket expression.
    fn set(&mut self) -> Result<(), String> {
        let unclosed = || "`[` is not closed in the regular expression".to_owned();
        let mut text = String::from("[");
        if self.peek(0) == Some('^') {
            text.push('^');
            self.at += 1;
        }
        let first = self.at;
        loop {
            let c = self.peek(0).ok_or_else(unclosed)?;
            self.at += 1;
            if c == ']' && self.at > first + 1 {
                text.push(']');
                self.out.text.push_str(&text);
                return Ok(());
            }
            if c == '[' && matches!(self.peek(0), Some(':' | '=' | '.')) {
                let kind = self.peek(0).unwrap_or(':');
                let end = (self.at + 1..self.chars.len())
                    .find(|index| self.chars[*index] == kind && self.chars.get(index + 1) == Some(&']'));
                let end = end.ok_or_else(unclosed)?;
                let name: String = self.chars[self.at + 1..end].iter().collect();
                self.at = end + 2;
                if kind == ':' {
                    text.push_str(class(&name).ok_or_else(|| format!("there is no character class `{name}`"))?);
                } else {
                    name.chars().for_each(|c| push_in_set(&mut text, c));
                }
                continue;
            }
            let from = self.in_set(c);
            if self.peek(0) == Some('-') && self.peek(1).is_some_and(|next| next != ']') {
                self.at += 1;
                let next = self.peek(0).ok_or_else(unclosed)?;
                self.at += 1;
                let to = self.in_set(next);
                if to < from {
                    return Err(format!("the range `{from}-{to}` in the regular expression goes backwards"));
                }
                push_in_set(&mut text, from);
                text.push('-');
                push_in_set(&mut text, to);
            } else {
                push_in_set(&mut text, from);
            }
        }
    }

    /// A character of a bracket expression, after what a backslash means there.
    fn in_set(&mut self, c: char) -> char {
        if c != '\\' {
            return c;
        }
        let escaped = match self.peek(0) {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(next @ ('\\' | ']' | '/' | '"' | '-' | '.' | '[' | '^' | '$')) if self.flavour.escapes_in_sets => next,
            _ => return c,
        };
        self.at += 1;
        escaped
    }
}

fn push_in_set(text: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        text.push('\\');
    }
    text.push(c);
}

/// A class inside of brackets.
fn class(name: &str) -> Option<&'static str> {
    Some(match name {
        "alpha" => "[\\w--[\\d_]]",
        "digit" => "0-9",
        "alnum" => "[\\w--[_]]",
        "upper" => "A-ZÀ-ÖØ-ÞΑ-ΩА-Я",
        "lower" => "a-zß-öø-ÿα-ωа-я",
        "space" => "\\s",
        "blank" => " \\t",
        "punct" => "!-/:-@\\[-`{-~",
        "print" => " -~\\x{A0}-\\x{10FFFF}",
        "graph" => "!-~\\x{A1}-\\x{10FFFF}",
        "cntrl" => "\\x00-\\x1f\\x7f",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}
