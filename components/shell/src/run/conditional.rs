//! Conditions: `[[ … ]]`, and `test` and `[`.

use std::rc::Rc;

use super::{Shell, Value};
use crate::io::Boxed;
use crate::pattern::Pattern;
use crate::syntax::Conditional;
use crate::{Done, Stop, usage};

/// Brackets and `!` within each other in `test`.
const MAX_DEPTH: u32 = 100;

impl Shell {
    /// Whether `[[ … ]]` holds.
    pub(super) fn condition<'a>(&'a mut self, condition: &'a Conditional) -> Boxed<'a, Result<bool, Stop>> {
        Box::pin(async move {
            match condition {
                Conditional::Not(inner) => Ok(!self.condition(inner).await?),
                Conditional::And(left, right) => Ok(self.condition(left).await? && self.condition(right).await?),
                Conditional::Or(left, right) => Ok(self.condition(left).await? || self.condition(right).await?),
                Conditional::Unary(op, word) => {
                    let text = self.one(word).await?;
                    self.unary(*op, &text)
                }
                Conditional::Binary(left, operator, right) => {
                    let left = self.one(left).await?;
                    match operator.as_str() {
                        "==" | "=" => Ok(Pattern::new(&self.pattern_of(right).await?).matches(&left)),
                        "!=" => Ok(!Pattern::new(&self.pattern_of(right).await?).matches(&left)),
                        "=~" => {
                            let pattern = self.pattern_of(right).await?;
                            self.regex_matches(&left, &pattern)
                        }
                        operator => {
                            let right = self.one(right).await?;
                            if operator.starts_with('-') && !matches!(operator, "-nt" | "-ot" | "-ef") {
                                let (left, right) = (self.arithmetic(&left)?, self.arithmetic(&right)?);
                                return Ok(numbers(operator, left, right));
                            }
                            self.binary(&left, operator, &right)
                        }
                    }
                }
            }
        })
    }

    /// `=~`; the groups go to `BASH_REMATCH`.
    fn regex_matches(&mut self, text: &str, pattern: &str) -> Result<bool, Stop> {
        let regex = crate::regex::Regex::extended(pattern, false).map_err(Stop::Fatal)?;
        let groups = regex.captures(text.as_bytes(), 0);
        let values = groups.iter().flatten().enumerate().map(|(index, group)| {
            let text = group.map(|(start, end)| String::from_utf8_lossy(&text.as_bytes()[start..end]).into_owned());
            (index as i64, text.unwrap_or_default())
        });
        let list = values.collect();
        self.variables.remove("BASH_REMATCH");
        self.assign("BASH_REMATCH", Value::List(Rc::new(list)))?;
        Ok(groups.is_some())
    }

    fn unary(&mut self, op: char, text: &str) -> Result<bool, Stop> {
        let files = Rc::clone(&self.common.files);
        let stat = |follow: bool| files.stat(&self.path(text), follow).ok();
        Ok(match op {
            'n' => !text.is_empty(),
            'z' => text.is_empty(),
            'e' | 'a' => stat(true).is_some(),
            'f' => stat(true).is_some_and(|stat| !stat.folder) && text != "/dev/null",
            'd' => stat(true).is_some_and(|stat| stat.folder),
            's' => stat(true).is_some_and(|stat| stat.size > 0 || stat.folder),
            'r' | 'w' | 'O' | 'G' => stat(true).is_some(),
            'x' => stat(true).is_some_and(|stat| stat.folder),
            'L' | 'h' => stat(false).is_some_and(|stat| stat.link),
            'c' => text == "/dev/null" || text == "/dev/zero",
            'v' => match text.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
                Some((name, key)) => self.element(name, key)?.is_some(),
                None => self.lookup(text)?.is_some() || !self.elements(text).is_empty(),
            },
            _ => false,
        })
    }

    fn binary(&mut self, left: &str, operator: &str, right: &str) -> Result<bool, Stop> {
        Ok(match operator {
            "=" | "==" => left == right,
            "!=" => left != right,
            "<" => left < right,
            ">" => left > right,
            "-nt" | "-ot" | "-ef" => {
                let files = Rc::clone(&self.common.files);
                let time = |path: &str| files.stat(&self.path(path), true).ok().map(|stat| stat.modified);
                let (a, b) = (time(left), time(right));
                match operator {
                    "-nt" => a.is_some() && (b.is_none() || a > b),
                    "-ot" => b.is_some() && (a.is_none() || a < b),
                    _ => a.is_some() && self.path(left) == self.path(right),
                }
            }
            _ => {
                let number = |text: &str| {
                    let number = text.trim().parse::<i64>();
                    number.map_err(|_| {
                        Stop::Error(2, format!("{}: integer expression expected", crate::numbers::clip(text, 60)))
                    })
                };
                numbers(operator, number(left)?, number(right)?)
            }
        })
    }

    /// `test` and `[`.
    pub(super) fn test(&mut self, words: &[String]) -> Done {
        let mut words = words;
        if words[0] == "[" {
            match words.split_last() {
                Some((last, rest)) if last == "]" => words = rest,
                _ => return usage("missing `]`"),
            }
        }
        let words = &words[1..];
        let mut at = 0;
        if words.is_empty() {
            return Ok(1);
        }
        // With three words an operator in the middle is one, whatever stands around it.
        if let [left, operator, right] = words
            && is_binary(operator)
        {
            return Ok(i32::from(!self.binary(left, operator, right)?));
        }
        let value = self.test_or(words, &mut at, 0)?;
        if at < words.len() {
            return usage(format!("`{}` is not expected", words[at]));
        }
        Ok(i32::from(!value))
    }

    fn test_or(&mut self, words: &[String], at: &mut usize, depth: u32) -> Result<bool, Stop> {
        let mut value = self.test_and(words, at, depth)?;
        while words.get(*at).is_some_and(|word| word == "-o") {
            *at += 1;
            value |= self.test_and(words, at, depth)?;
        }
        Ok(value)
    }

    fn test_and(&mut self, words: &[String], at: &mut usize, depth: u32) -> Result<bool, Stop> {
        let mut value = self.test_one(words, at, depth)?;
        while words.get(*at).is_some_and(|word| word == "-a") {
            *at += 1;
            value &= self.test_one(words, at, depth)?;
        }
        Ok(value)
    }

    fn test_one(&mut self, words: &[String], at: &mut usize, depth: u32) -> Result<bool, Stop> {
        if depth > MAX_DEPTH {
            return usage("too many brackets within each other");
        }
        let Some(word) = words.get(*at) else { return usage("an argument is missing") };
        let rest = &words[*at..];
        if let [left, operator, right, ..] = rest
            && is_binary(operator)
        {
            *at += 3;
            return self.binary(left, operator, right);
        }
        if word == "!" && rest.len() > 1 {
            *at += 1;
            return Ok(!self.test_one(words, at, depth + 1)?);
        }
        if word == "(" && rest.len() > 2 {
            *at += 1;
            let value = self.test_or(words, at, depth + 1)?;
            if words.get(*at).is_none_or(|word| word != ")") {
                return usage("missing `)`");
            }
            *at += 1;
            return Ok(value);
        }
        if let (Some(op), Some(argument)) = (letter(word), rest.get(1)) {
            *at += 2;
            if op == 't' {
                return Ok(false);
            }
            return self.unary(op, argument);
        }
        *at += 1;
        Ok(!word.is_empty())
    }
}

fn letter(word: &str) -> Option<char> {
    let mut letters = word.strip_prefix('-')?.chars();
    let letter = letters.next()?;
    (letters.next().is_none() && "abcdefghknprstuvwxzLOGS".contains(letter)).then_some(letter)
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

fn numbers(operator: &str, left: i64, right: i64) -> bool {
    match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        _ => left >= right,
    }
}
