//! Expressions and built-in functions of `awk`.

use std::rc::Rc;

use super::parse::{Expr, Place};
use super::run::{FS, Machine, RLENGTH, RSTART};
use super::value::{Cell, Value};
use crate::Stop;
use crate::regex::Regex;

type Ran<T> = Result<T, Stop>;

impl Machine<'_> {
    pub(super) fn value(&mut self, expr: &Expr) -> Ran<Value> {
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(Rc::clone(text)),
            Expr::Regex(regex) => {
                let record = self.record();
                Value::flag(regex.is_match(record.as_bytes()))
            }
            Expr::Place(place) | Expr::Grouped(place) => self.get(place)?,
            Expr::Assign(place, operator, right) => {
                let right = self.value(right)?;
                let value = match operator {
                    None => right,
                    Some(operator) => {
                        let left = self.get(place)?.number();
                        Value::Number(compute(*operator, left, right.number())?)
                    }
                };
                self.set(place, value.clone())?;
                value
            }
            Expr::Step(place, before, step) => {
                let old = self.get(place)?.number();
                self.set(place, Value::Number(old + step))?;
                Value::Number(if *before { old + step } else { old })
            }
            Expr::Not(inner) => Value::flag(!self.value(inner)?.holds()),
            Expr::Sign(sign, inner) => Value::Number(sign * self.value(inner)?.number()),
            Expr::Match(negated, left, right) => {
                let left = self.value(left)?;
                let text = self.text(&left);
                let regex = self.regex_of(right)?;
                Value::flag(regex.is_match(text.as_bytes()) != *negated)
            }
            Expr::In(keys, slot) => {
                let key = self.key(keys)?;
                let array = self.array(*slot)?;
                let found = array.borrow().contains_key(&key);
                Value::flag(found)
            }
            Expr::Choice(condition, yes, no) => {
                let chosen = if self.value(condition)?.holds() { yes } else { no };
                self.value(chosen)?
            }
            Expr::Call(index, args) => self.call(*index, args)?,
            Expr::Builtin(name, args) => self.builtin(name, args)?,
            Expr::Binary(operator, left, right) => self.binary(operator, left, right)?,
        })
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> Ran<Value> {
        let left = self.value(left)?;
        match operator {
            "&&" if !left.holds() => return Ok(Value::flag(false)),
            "||" if left.holds() => return Ok(Value::flag(true)),
            "&&" | "||" => return Ok(Value::flag(self.value(right)?.holds())),
            _ => {}
        }
        let right = self.value(right)?;
        Ok(match operator {
            " " => {
                let (left, right) = (self.text(&left), self.text(&right));
                if left.len() + right.len() > crate::run::CAPTURE_BYTES {
                    return Err(Stop::Limit("a text of `awk` has more than 64 MiB".to_owned()));
                }
                Value::Text([&*left, &*right].concat().into())
            }
            "<" | "<=" | "==" | "!=" | ">" | ">=" => {
                let order = left.compare(&right, &self.format());
                Value::flag(match operator {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            operator => {
                let operator = operator.chars().next().unwrap_or('+');
                Value::Number(compute(operator, left.number(), right.number())?)
            }
        })
    }

    /// An argument as a pattern: a regular expression stays one, anything else is a text that is compiled.
    fn regex_of(&mut self, expr: &Expr) -> Ran<Regex> {
        if let Expr::Regex(regex) = expr {
            return Ok(regex.clone());
        }
        let value = self.value(expr)?;
        let text = self.text(&value);
        self.pattern(&text)
    }

    fn text_of(&mut self, args: &[Expr], index: usize) -> Ran<Rc<str>> {
        match args.get(index) {
            Some(expr) => {
                let value = self.value(expr)?;
                Ok(self.text(&value))
            }
            None => Ok("".into()),
        }
    }

    fn number_of(&mut self, args: &[Expr], index: usize) -> Ran<f64> {
        args.get(index).map_or(Ok(0.0), |expr| Ok(self.value(expr)?.number()))
    }

    fn builtin(&mut self, name: &str, args: &[Expr]) -> Ran<Value> {
        Ok(match name {
            "length" => match args.first() {
                None => Value::Number(self.record().chars().count() as f64),
                Some(Expr::Place(Place::Variable(slot))) if self.is_array(*slot) => {
                    Value::Number(self.array(*slot)?.borrow().len() as f64)
                }
                Some(_) => Value::Number(self.text_of(args, 0)?.chars().count() as f64),
            },
            "sin" => Value::Number(self.number_of(args, 0)?.sin()),
            "cos" => Value::Number(self.number_of(args, 0)?.cos()),
            "exp" => Value::Number(self.number_of(args, 0)?.exp()),
            "log" => Value::Number(self.number_of(args, 0)?.ln()),
            "sqrt" => Value::Number(self.number_of(args, 0)?.sqrt()),
            "int" => Value::Number(self.number_of(args, 0)?.trunc()),
            "atan2" => Value::Number(self.number_of(args, 0)?.atan2(self.number_of(args, 1)?)),
            "tolower" => Value::Text(self.text_of(args, 0)?.to_lowercase().into()),
            "toupper" => Value::Text(self.text_of(args, 0)?.to_uppercase().into()),
            "index" => {
                let (text, part) = (self.text_of(args, 0)?, self.text_of(args, 1)?);
                Value::Number(text.find(&*part).map_or(0, |at| text[..at].chars().count() + 1) as f64)
            }
            "substr" => self.substr(args)?,
            "split" => self.split(args)?,
            "sub" | "gsub" => self.substitute(name == "gsub", args)?,
            "gensub" => self.gensub(args)?,
            "match" => self.find(args)?,
            "sprintf" => Value::Text(self.sprintf(args)?.into()),
            "rand" => Value::Number(self.random()?),
            "srand" => {
                let seed = if args.is_empty() { self.now.unwrap_or(0.0) } else { self.number_of(args, 0)? };
                self.seed = Some(seed.to_bits() ^ 0x9e37_79b9_7f4a_7c15);
                Value::Number(std::mem::replace(&mut self.previous_seed, seed))
            }
            "systime" => {
                let now = self.now.ok_or_else(|| {
                    Stop::Error(2, "the clock was not granted; add `:caps: clock` to the drawer".to_owned())
                })?;
                Value::Number((now / 1_000.0).floor())
            }
            "strftime" => {
                let format = if args.is_empty() { "%a %b %e %H:%M:%S %Z %Y".into() } else { self.text_of(args, 0)? };
                let time =
                    if args.len() > 1 { Some(self.number_of(args, 1)?) } else { self.now.map(|now| now / 1_000.0) };
                let time = time.ok_or_else(|| {
                    Stop::Error(2, "the clock was not granted; add `:caps: clock` to the drawer".to_owned())
                })?;
                Value::Text(crate::tools::date::strftime(&format, time, 0).into())
            }
            "close" | "fflush" => Value::Number(0.0),
            other => return Err(Stop::Error(2, format!("`{other}` does not exist here: there are no processes"))),
        })
    }

    fn is_array(&self, slot: super::parse::Slot) -> bool {
        matches!(self.peek_cell(slot), Some(Cell::Array(_)))
    }

    /// A number from 0 up to 1, from a fixed seed until `srand` sets one, as in other versions of `awk`.
    fn random(&mut self) -> Ran<f64> {
        let state = self.seed.get_or_insert(0x853c_49e6_748f_ea9b);
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok((*state >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn substr(&mut self, args: &[Expr]) -> Ran<Value> {
        let text = self.text_of(args, 0)?;
        // Positions are rounded; a start before the text is its start.
        let from = self.number_of(args, 1)?.round_ties_even().max(1.0);
        let end = if args.len() > 2 { from + self.number_of(args, 2)?.round_ties_even() } else { f64::INFINITY };
        if end.is_nan() || end <= from {
            return Ok(Value::text(""));
        }
        let part: String = text.chars().skip(from as usize - 1).take((end - from).min(1e15) as usize).collect();
        Ok(Value::Text(part.into()))
    }

    fn split(&mut self, args: &[Expr]) -> Ran<Value> {
        let text = self.text_of(args, 0)?;
        let Some(Expr::Place(Place::Variable(slot))) = args.get(1) else {
            return Err(Stop::Error(2, "`split` needs an array".to_owned()));
        };
        let parts = match args.get(2) {
            Some(Expr::Regex(regex)) => {
                let mut parts: Vec<Rc<str>> = Vec::new();
                let mut at = 0;
                let mut from = 0;
                while let Some((start, end)) = regex.find(text.as_bytes(), from) {
                    if end > start {
                        parts.push(text.get(at..start).unwrap_or("").into());
                        at = end;
                    }
                    from = end.max(from + 1);
                    if from > text.len() {
                        break;
                    }
                }
                if !text.is_empty() {
                    parts.push(text.get(at..).unwrap_or("").into());
                }
                parts
            }
            Some(expr) => {
                let value = self.value(expr)?;
                let separator = self.text(&value);
                self.split_by(&text, &separator)?
            }
            None => {
                let separator = self.global_text(FS);
                self.split_by(&text, &separator)?
            }
        };
        let array = self.array(*slot)?;
        let mut array = array.borrow_mut();
        array.clear();
        for (index, part) in parts.iter().enumerate() {
            array.insert((index + 1).to_string().into(), Value::Input(Rc::clone(part)));
        }
        Ok(Value::Number(parts.len() as f64))
    }

    fn substitute(&mut self, all: bool, args: &[Expr]) -> Ran<Value> {
        let [pattern, with, Expr::Place(place)] = args else {
            return Err(Stop::Error(2, "what `sub` changes must be a variable or a field".to_owned()));
        };
        let regex = self.regex_of(pattern)?;
        let value = self.value(with)?;
        let with = self.text(&value);
        let value = self.get(place)?;
        let text = self.text(&value);
        let (changed, count) = replace(&regex, &text, if all { 0 } else { 1 }, |out, found, _| put(out, &with, found));
        if count > 0 {
            self.set(place, Value::Text(changed.into()))?;
        }
        Ok(Value::Number(count as f64))
    }

    fn gensub(&mut self, args: &[Expr]) -> Ran<Value> {
        let regex = self.regex_of(&args[0])?;
        let with = self.text_of(args, 1)?;
        let how = self.text_of(args, 2)?;
        let text = if args.len() > 3 { self.text_of(args, 3)? } else { self.record() };
        let number = if how.starts_with(['g', 'G']) { 0 } else { how.parse().unwrap_or(1usize).max(1) };
        let (changed, _) = replace(&regex, &text, number, |out, found, groups| {
            let mut chars = with.chars();
            while let Some(c) = chars.next() {
                match (c, if c == '\\' { chars.next() } else { None }) {
                    ('\\', Some(digit @ '0'..='9')) => {
                        out.push_str(groups.get(digit as usize - '0' as usize).copied().unwrap_or(""))
                    }
                    ('\\', Some(other)) => out.push(other),
                    ('&', _) => out.push_str(found),
                    (c, _) => out.push(c),
                }
            }
        });
        Ok(Value::Text(changed.into()))
    }

    fn find(&mut self, args: &[Expr]) -> Ran<Value> {
        let text = self.text_of(args, 0)?;
        let regex = self.regex_of(&args[1])?;
        let groups = regex.captures(text.as_bytes(), 0);
        let found = groups.as_ref().and_then(|groups| groups[0]);
        let (start, length) = match found {
            Some((start, end)) => (text[..start].chars().count() as f64 + 1.0, text[start..end].chars().count() as f64),
            None => (0.0, -1.0),
        };
        self.globals[RSTART] = Cell::Value(Value::Number(start));
        self.globals[RLENGTH] = Cell::Value(Value::Number(length));
        if let Some(Expr::Place(Place::Variable(slot))) = args.get(2) {
            let array = self.array(*slot)?;
            let mut array = array.borrow_mut();
            array.clear();
            for (index, group) in groups.iter().flatten().enumerate() {
                if let Some((from, to)) = group {
                    array.insert(index.to_string().into(), Value::Input(text[*from..*to].into()));
                }
            }
        }
        Ok(Value::Number(start))
    }

    pub(super) fn sprintf(&mut self, args: &[Expr]) -> Ran<String> {
        let format = self.text_of(args, 0)?;
        let mut values = Vec::with_capacity(args.len());
        for arg in args.iter().skip(1) {
            values.push(self.value(arg)?);
        }
        let mut values = values.into_iter();
        let mut out = String::new();
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            if chars.next_if_eq(&'%').is_some() {
                out.push('%');
                continue;
            }
            let spec =
                crate::tools::printf::spec(&mut chars, || values.next().map_or(0.0, |value| value.number()) as i64);
            let Some(conversion) = chars.next() else { break };
            let value = values.next().unwrap_or(Value::Nothing);
            match conversion {
                'd' | 'i' | 'o' | 'x' | 'X' | 'u' => out.push_str(&spec.integer(conversion, value.number() as i64)),
                'e' | 'E' | 'f' | 'F' | 'g' | 'G' => out.push_str(&spec.float(conversion, value.number())),
                'c' => {
                    let character = match &value {
                        Value::Number(code) => char::from_u32(*code as u32).map(String::from).unwrap_or_default(),
                        value => self.text(value).chars().take(1).collect(),
                    };
                    out.push_str(&spec.pad(&character, false));
                }
                's' => {
                    let text = self.text(&value);
                    let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
                    out.push_str(&spec.pad(&cut, false));
                }
                other => out.extend(['%', other]),
            }
        }
        Ok(out)
    }
}

fn compute(operator: char, left: f64, right: f64) -> Ran<f64> {
    Ok(match operator {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' | '%' if right == 0.0 => return Err(Stop::Error(2, "division by zero".to_owned())),
        '/' => left / right,
        '%' => left % right,
        _ => left.powf(right),
    })
}

/// `&` is what was found, `\&` is an ampersand.
fn put(out: &mut String, with: &str, found: &str) {
    let mut chars = with.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.peek(), Some('&' | '\\')) => out.extend(chars.next()),
            '&' => out.push_str(found),
            c => out.push(c),
        }
    }
}

/// The text with the `number`th match replaced, or with all for 0; and how many were.
fn replace(
    regex: &Regex,
    text: &str,
    number: usize,
    mut put: impl FnMut(&mut String, &str, &[&str]),
) -> (String, usize) {
    let mut out = String::new();
    let (mut at, mut copied, mut seen, mut count) = (0, 0, 0, 0);
    let mut last_end = None;
    while at <= text.len() {
        let Some(groups) = regex.captures(text.as_bytes(), at) else { break };
        let Some((start, end)) = groups[0] else { break };
        let inside = !text.is_char_boundary(start) || (start == end && last_end == Some(start));
        at = if end > start { end } else { end + 1 };
        if inside {
            continue;
        }
        last_end = Some(end);
        seen += 1;
        if number == 0 || seen == number {
            let part = |group: &Option<(usize, usize)>| group.and_then(|(from, to)| text.get(from..to)).unwrap_or("");
            let groups: Vec<&str> = groups.iter().map(part).collect();
            out.push_str(text.get(copied..start).unwrap_or(""));
            put(&mut out, groups[0], &groups);
            copied = end;
            count += 1;
            if number > 0 {
                break;
            }
        }
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    (out, count)
}
