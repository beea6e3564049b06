//! Arithmetic of `$((…))`, `((…))`, `let` and indices: 64-bit integers that wrap, as in other shells.

use super::Shell;
use crate::Stop;

/// Brackets and operators within each other.
const MAX_DEPTH: u32 = 100;
/// Variables whose values are expressions that name variables.
const MAX_REFERENCES: u32 = 20;

/// Operators of two operands by how strongly they bind.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];
/// What would be read as a shorter operator.
const ASSIGN: &[&str] = &["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="];

struct Reader<'a> {
    shell: &'a mut Shell,
    text: &'a str,
    pos: usize,
    depth: u32,
    /// Above zero where a value is read over, as behind `0 &&`.
    skipping: u32,
    references: u32,
}

/// What can be assigned to.
struct Place {
    name: String,
    key: Option<String>,
}

impl Shell {
    /// The value of an expression.
    pub(crate) fn arithmetic(&mut self, text: &str) -> Result<i64, Stop> {
        self.compute(text, 0)
    }

    fn compute(&mut self, text: &str, references: u32) -> Result<i64, Stop> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Ok(0);
        }
        if let Ok(number) = trimmed.parse::<i64>()
            && !(trimmed.trim_start_matches(['-', '+']).starts_with('0') && trimmed.len() > 1)
        {
            return Ok(number);
        }
        if references > MAX_REFERENCES {
            return Err(Stop::Fatal(format!("{trimmed}: the expression refers to itself")));
        }
        let mut reader = Reader { shell: self, text: trimmed, pos: 0, depth: 0, skipping: 0, references };
        let value = reader.comma()?;
        reader.blanks();
        if reader.pos < trimmed.len() { Err(reader.wrong("is not expected here")) } else { Ok(value) }
    }
}

impl Reader<'_> {
    fn wrong(&self, what: &str) -> Stop {
        let rest = &self.text[self.pos..];
        let rest = if rest.is_empty() { "the end" } else { rest };
        let shown = |text: &str| crate::numbers::clip(text, 60);
        Stop::Fatal(format!("arithmetic: `{}` {what} in `{}`", shown(rest), shown(self.text)))
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.pos..];
        self.pos += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, what: &str) -> bool {
        self.blanks();
        let found = self.text[self.pos..].starts_with(what);
        if found {
            self.pos += what.len();
        }
        found
    }

    fn comma(&mut self) -> Result<i64, Stop> {
        let mut value = self.assignment()?;
        while self.eat(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Fatal(format!("arithmetic: more than {MAX_DEPTH} brackets within each other")));
        }
        let start = self.pos;
        let value = match self.assigned()? {
            Some(value) => value,
            None => {
                self.pos = start;
                self.ternary()?
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    /// `x = …`, `x += …`; none where it is no assignment.
    fn assigned(&mut self) -> Result<Option<i64>, Stop> {
        let Some(place) = self.place()? else { return Ok(None) };
        self.blanks();
        let rest = &self.text[self.pos..];
        let operator = ASSIGN.iter().copied().find(|operator| rest.starts_with(operator));
        let plain = rest.starts_with('=') && !rest.starts_with("==");
        if operator.is_none() && !plain {
            return Ok(None);
        }
        self.pos += operator.map_or(1, str::len);
        let right = self.assignment()?;
        let value = match operator {
            Some(operator) => {
                let left = self.value(&place)?;
                self.apply(operator.trim_end_matches('='), left, right)?
            }
            None => right,
        };
        self.store(&place, value)?;
        Ok(Some(value))
    }

    fn ternary(&mut self) -> Result<i64, Stop> {
        let condition = self.binary(0)?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let skip = |reader: &mut Self, skip: bool| {
            reader.skipping += u32::from(skip);
            let value = reader.assignment();
            reader.skipping -= u32::from(skip);
            value
        };
        let yes = skip(self, condition == 0)?;
        if !self.eat(":") {
            return Err(self.wrong("stands where `:` is missing"));
        }
        let no = skip(self, condition != 0)?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, level: usize) -> Result<i64, Stop> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        loop {
            self.blanks();
            let rest = &self.text[self.pos..];
            let found = operators.iter().copied().find(|operator| rest.starts_with(operator));
            let Some(operator) = found else { return Ok(left) };
            let after = rest.as_bytes().get(operator.len());
            let longer = match operator {
                "|" | "&" => after == Some(&operator.as_bytes()[0]),
                "<" | ">" => after == Some(&operator.as_bytes()[0]),
                "*" => after == Some(&b'*'),
                _ => false,
            };
            let assigns = after == Some(&b'=') && !matches!(operator, "==" | "!=" | "<=" | ">=" | "&&" | "||");
            if longer || assigns {
                return Ok(left);
            }
            self.pos += operator.len();
            let skip = (operator == "&&" && left == 0) || (operator == "||" && left != 0);
            self.skipping += u32::from(skip);
            let right = self.binary(level + 1);
            self.skipping -= u32::from(skip);
            left = self.apply(operator, left, right?)?;
        }
    }

    fn power(&mut self) -> Result<i64, Stop> {
        let base = self.unary()?;
        if !self.eat("**") {
            return Ok(base);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Fatal("arithmetic: too many powers of powers".to_owned()));
        }
        let exponent = self.power()?;
        self.depth -= 1;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) if exponent < 0 => Err(Stop::Fatal("arithmetic: the exponent is less than 0".to_owned())),
            Err(_) => Ok(0),
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, Stop> {
        if self.skipping > 0 {
            return Ok(0);
        }
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            _ if right == 0 => return Err(Stop::Fatal("arithmetic: division by zero".to_owned())),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }

    fn unary(&mut self) -> Result<i64, Stop> {
        self.blanks();
        for (operator, step) in [("++", 1), ("--", -1)] {
            let before = self.pos;
            if self.eat(operator) {
                if let Some(place) = self.place()? {
                    let value = self.value(&place)?.wrapping_add(step);
                    self.store(&place, value)?;
                    return Ok(value);
                }
                self.pos = before;
            }
        }
        let rest = self.text[self.pos..].chars().next();
        match rest {
            Some(operator @ ('-' | '+' | '!' | '~')) => {
                self.pos += 1;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Stop::Fatal("arithmetic: too many signs".to_owned()));
                }
                let value = self.unary()?;
                self.depth -= 1;
                Ok(match operator {
                    '-' => value.wrapping_neg(),
                    '+' => value,
                    '!' => i64::from(value == 0),
                    _ => !value,
                })
            }
            Some('(') => {
                self.pos += 1;
                let value = self.comma()?;
                if self.eat(")") { Ok(value) } else { Err(self.wrong("stands where `)` is missing")) }
            }
            Some(c) if c.is_ascii_digit() => self.number(),
            _ => self.variable(),
        }
    }

    fn variable(&mut self) -> Result<i64, Stop> {
        let Some(place) = self.place()? else { return Err(self.wrong("is no number and no name")) };
        let value = self.value(&place)?;
        for (operator, step) in [("++", 1), ("--", -1)] {
            if self.eat(operator) {
                self.store(&place, value.wrapping_add(step))?;
                break;
            }
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<i64, Stop> {
        let rest = &self.text[self.pos..];
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '#' | '@' | '_')).unwrap_or(rest.len());
        let word = &rest[..end];
        let value = if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            i64::from_str_radix(hex, 16).ok()
        } else if let Some((base, digits)) = word.split_once('#') {
            let base = base.parse::<u32>().ok().filter(|base| (2..=36).contains(base));
            base.and_then(|base| i64::from_str_radix(digits, base).ok())
        } else if word.len() > 1 && word.starts_with('0') {
            i64::from_str_radix(word, 8).ok()
        } else {
            word.parse().ok()
        };
        let value = value.ok_or_else(|| self.wrong("begins with what is no number"))?;
        self.pos += end;
        Ok(value)
    }

    /// A variable or an element of an array.
    fn place(&mut self) -> Result<Option<Place>, Stop> {
        self.blanks();
        let rest = &self.text[self.pos..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Ok(None);
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        self.pos += end;
        let mut key = None;
        if rest[end..].starts_with('[') {
            let mut depth = 0usize;
            let close = rest[end..].find(|c: char| {
                depth = match c {
                    '[' => depth + 1,
                    ']' => depth.saturating_sub(1),
                    _ => depth,
                };
                depth == 0
            });
            let close = close.ok_or_else(|| self.wrong("stands where `]` is missing"))?;
            key = Some(rest[end + 1..end + close].to_owned());
            self.pos += close + 1;
        }
        Ok(Some(Place { name, key }))
    }

    fn value(&mut self, place: &Place) -> Result<i64, Stop> {
        if self.skipping > 0 {
            return Ok(0);
        }
        let text = match &place.key {
            Some(key) => self.shell.element(&place.name, key)?,
            None => self.shell.lookup(&place.name)?,
        };
        if text.is_none() && self.shell.options.unset_is_error {
            return Err(Stop::Fatal(format!("{}: unbound variable", place.name)));
        }
        self.shell.compute(&text.unwrap_or_default(), self.references + 1)
    }

    fn store(&mut self, place: &Place, value: i64) -> Result<(), Stop> {
        if self.skipping > 0 {
            return Ok(());
        }
        match &place.key {
            Some(key) => self.shell.set_element(&place.name, key, value.to_string()),
            None => self.shell.set(&place.name, value.to_string()),
        }
    }
}
