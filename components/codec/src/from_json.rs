//! JSON text into a value of a given type, with the JSON path of the first thing that does not fit.

use crate::descriptor::Type;
use crate::json::{Kind, Malformed, Reader};
use crate::layout;
use crate::memory::Memory;

/// Writes the JSON document `text` as a value of type `ty` at `addr`. The message names the JSON path, what was
/// expected and what was found.
pub fn from_json(memory: &mut impl Memory, ty: &Type, text: &[u8], addr: u32) -> Result<(), String> {
    let mut reading = Reading { json: Reader::new(text), memory, path: Vec::new() };
    let result = reading.value(ty, addr).and_then(|()| Ok(reading.json.end()?));
    result.map_err(|error| match error {
        Error::Malformed(error) => error.to_string(),
        Error::Misfit(message) if reading.path.is_empty() => message,
        Error::Misfit(message) => {
            let path: String = reading.path.iter().map(Step::to_string).collect();
            format!("{}: {message}", path.trim_start_matches('.'))
        }
    })
}

enum Error {
    Malformed(Malformed),
    Misfit(String),
}

impl From<Malformed> for Error {
    fn from(error: Malformed) -> Self {
        Error::Malformed(error)
    }
}

enum Step {
    Field(String),
    Item(u32),
}

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

/// A document being read. On error `path` is left pointing at the culprit.
struct Reading<'a, M> {
    json: Reader<'a>,
    memory: &'a mut M,
    path: Vec<Step>,
}

type Read<T = ()> = Result<T, Error>;

/// Whether the empty string can be a value of a type.
fn may_be_empty_text(ty: &Type) -> bool {
    match ty {
        Type::String | Type::Json => true,
        Type::Option(inner) => may_be_empty_text(inner),
        _ => false,
    }
}

impl<M: Memory> Reading<'_, M> {
    fn misfit<T>(&mut self, expected: &str) -> Read<T> {
        let found = match self.json.clone().kind()? {
            Kind::String => match self.json.clone().string() {
                Ok(text) if text.chars().count() <= 40 => format!("the string {text:?}"),
                _ => "a string".to_owned(),
            },
            Kind::Number => format!("the number {}", self.json.clone().number()?),
            kind => kind.name().to_owned(),
        };
        Err(Error::Misfit(format!("expected {expected}, found {found}")))
    }

    fn want(&mut self, kind: Kind, expected: &str) -> Read {
        if self.json.kind()? == kind { Ok(()) } else { self.misfit(expected) }
    }

    fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(step);
        let value = read(self)?;
        self.path.pop();
        Ok(value)
    }

    fn value(&mut self, ty: &Type, addr: u32) -> Read {
        match ty {
            Type::Bool => {
                self.want(Kind::Bool, "bool")?;
                let truth = self.json.bool()?;
                self.memory.set_uint(addr, 1, u32::from(truth));
            }
            Type::Signed(size) => self.integer(&format!("s{}", size * 8), *size, addr, true)?,
            Type::Unsigned(size) => self.integer(&format!("u{}", size * 8), *size, addr, false)?,
            Type::Float(size) => self.float(*size, addr)?,
            Type::Char => {
                self.want(Kind::String, "char")?;
                let start = self.json.clone();
                let text = self.json.string()?;
                let mut chars = text.chars();
                let (Some(only), None) = (chars.next(), chars.next()) else {
                    self.json = start;
                    return self.misfit("char");
                };
                self.memory.set_u32(addr, only as u32);
            }
            Type::String => {
                self.want(Kind::String, "string")?;
                let text = self.json.string()?;
                self.bytes(text.as_bytes(), addr);
            }
            Type::Json => {
                let text = self.json.skip()?;
                self.bytes(text, addr);
            }
            Type::List(item) => self.list(item, addr)?,
            Type::Option(inner) => {
                if self.json.kind()? == Kind::Null {
                    self.json.null()?;
                    self.memory.set_uint(addr, 1, 0);
                } else if !may_be_empty_text(inner)
                    && self.json.kind()? == Kind::String
                    && self.json.clone().string()?.is_empty()
                {
                    // An empty cell of a table, which is the empty string where nothing says more.
                    self.json.skip()?;
                    self.memory.set_uint(addr, 1, 0);
                } else {
                    self.memory.set_uint(addr, 1, 1);
                    self.value(inner, addr + layout::payload(1, layout::align(inner)))?;
                }
            }
            Type::Tuple(items) => self.tuple(items, addr)?,
            Type::Record(fields) => self.record(fields, addr)?,
            Type::Result(ok, err) => {
                let cases = [("ok", ok.as_deref()), ("err", err.as_deref())];
                self.case(&cases, addr, 1, layout::payload(1, layout::align(ty)))?;
            }
            Type::Variant(cases) => {
                let list: Vec<_> = cases.iter().map(|(name, ty)| (name.as_str(), ty.as_ref())).collect();
                self.case(&list, addr, layout::discriminant(cases.len()), layout::variant_payload(cases))?;
            }
            Type::Enum(names) => {
                let index = self.name(names)?;
                self.memory.set_uint(addr, layout::discriminant(names.len()), index);
            }
            Type::Flags(names) => self.flags(names, addr)?,
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], addr: u32) {
        let start = self.memory.alloc(bytes.len() as u32, 1);
        self.memory.write(start, bytes);
        self.memory.set_u32(addr, start);
        self.memory.set_u32(addr + 4, bytes.len() as u32);
    }

    /// Integers may also be written as decimal strings (64-bit ones do not survive other readers as numbers) and as
    /// floats without a fraction (`3.0`, `1e3`).
    fn integer(&mut self, name: &str, size: u32, addr: u32, signed: bool) -> Read {
        let start = self.json.clone();
        let text = match self.json.kind()? {
            Kind::Number => self.json.number()?.to_owned(),
            Kind::String => self.json.string()?,
            _ => return self.misfit(name),
        };
        let bits = size * 8;
        let (low, high) =
            if signed { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
        let value = text.parse::<i128>().ok().or_else(|| whole(&text));
        match value.filter(|v| (low..=high).contains(v)) {
            Some(value) => {
                self.memory.write(addr, &value.to_le_bytes()[..size as usize]);
                Ok(())
            }
            None => {
                self.json = start;
                self.misfit(name)
            }
        }
    }

    fn float(&mut self, size: u32, addr: u32) -> Read {
        let name = if size == 4 { "f32" } else { "f64" };
        let start = self.json.clone();
        // Read in its own width: rounding twice can give a neighbour. A number beyond the range is no infinity.
        let read = |text: &str| match size {
            4 => text.parse().ok().filter(|v: &f32| v.is_finite()).map(|v| u64::from(v.to_bits())),
            _ => text.parse().ok().filter(|v: &f64| v.is_finite()).map(f64::to_bits),
        };
        let named = |v: f64| if size == 4 { u64::from((v as f32).to_bits()) } else { v.to_bits() };
        let bits = match self.json.kind()? {
            Kind::Number => read(self.json.number()?),
            Kind::String => match self.json.string()?.as_str() {
                "NaN" => Some(named(f64::NAN)),
                "Infinity" => Some(named(f64::INFINITY)),
                "-Infinity" => Some(named(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        };
        let Some(bits) = bits else {
            self.json = start;
            return self.misfit(name);
        };
        self.memory.write(addr, &bits.to_le_bytes()[..size as usize]);
        Ok(())
    }

    fn list(&mut self, item: &Type, addr: u32) -> Read {
        self.want(Kind::Array, "a list")?;
        // Counting first costs one scan and gives one exact allocation instead of a growing one.
        let len = self.count()?;
        let stride = layout::size(item);
        let Some(bytes) = len.checked_mul(stride) else {
            return Err(Error::Misfit("expected a list that fits in memory".to_owned()));
        };
        let start = self.memory.alloc(bytes, layout::align(item));
        self.json.open(b'[')?;
        let mut first = true;
        for i in 0..len {
            self.json.more(&mut first, b']')?;
            self.at(Step::Item(i), |r| r.value(item, start + i * stride))?;
        }
        self.json.more(&mut first, b']')?;
        self.memory.set_u32(addr, start);
        self.memory.set_u32(addr + 4, len);
        Ok(())
    }

    fn count(&self) -> Read<u32> {
        let mut ahead = self.json.clone();
        let (mut first, mut count) = (true, 0);
        ahead.open(b'[')?;
        while ahead.more(&mut first, b']')? {
            ahead.skip()?;
            count += 1;
        }
        Ok(count)
    }

    fn tuple(&mut self, items: &[Type], addr: u32) -> Read {
        self.want(Kind::Array, "a tuple")?;
        if self.count()? as usize != items.len() {
            return Err(Error::Misfit(format!("expected a tuple of {} items, found {}", items.len(), self.count()?)));
        }
        self.json.open(b'[')?;
        let mut first = true;
        for (i, (offset, ty)) in (0u32..).zip(layout::offsets(items.iter())) {
            self.json.more(&mut first, b']')?;
            self.at(Step::Item(i), |r| r.value(ty, addr + offset))?;
        }
        self.json.more(&mut first, b']')?;
        Ok(())
    }

    /// Keys that the record does not have are read over: tables may carry more columns than a block asks for.
    fn record(&mut self, fields: &[(String, Type)], addr: u32) -> Read {
        self.want(Kind::Object, "a record")?;
        let offsets: Vec<u32> = layout::offsets(fields.iter().map(|(_, ty)| ty)).map(|(at, _)| at).collect();
        let mut seen = vec![false; fields.len()];
        self.json.open(b'{')?;
        let mut first = true;
        while self.json.more(&mut first, b'}')? {
            let key = self.json.key()?;
            let exact = fields.iter().position(|(name, _)| *name == key);
            match exact.or_else(|| fields.iter().position(|(name, _)| same_name(name, &key))) {
                Some(i) if exact.is_some() || !seen[i] => {
                    seen[i] = true;
                    self.at(Step::Field(key), |r| r.value(&fields[i].1, addr + offsets[i]))?;
                }
                _ => drop(self.json.skip()?),
            }
        }
        for (i, (name, ty)) in fields.iter().enumerate().filter(|(i, _)| !seen[*i]) {
            match ty {
                Type::Option(_) => self.memory.set_uint(addr + offsets[i], 1, 0),
                _ => return Err(Error::Misfit(format!("expected a field `{name}`, which is missing"))),
            }
        }
        Ok(())
    }

    /// `"case"`, or `{"case": payload}`.
    fn case(&mut self, cases: &[(&str, Option<&Type>)], addr: u32, width: u32, payload: u32) -> Read {
        let start = self.json.clone();
        let expected = || format!("one of {}", listed(cases.iter().map(|c| c.0)));
        let find = |key: &str| index_of(cases.iter().map(|(name, _)| *name), key);
        match self.json.kind()? {
            Kind::String => {
                let index = find(&self.json.string()?).filter(|i| cases[*i].1.is_none());
                let Some(index) = index else {
                    self.json = start;
                    return self.misfit(&expected());
                };
                self.memory.set_uint(addr, width, index as u32);
            }
            Kind::Object => {
                self.json.open(b'{')?;
                let mut first = true;
                let mut found = None;
                if self.json.more(&mut first, b'}')? {
                    let key = self.json.key()?;
                    found = find(&key);
                    if let Some(index) = found {
                        self.memory.set_uint(addr, width, index as u32);
                        self.at(Step::Field(key), |r| match cases[index].1 {
                            Some(ty) => r.value(ty, addr + payload),
                            None => Ok(r.json.null()?),
                        })?;
                    }
                }
                if found.is_none() || self.json.more(&mut first, b'}')? {
                    self.json = start;
                    return self.misfit(&expected());
                }
            }
            _ => return self.misfit(&expected()),
        }
        Ok(())
    }

    /// A string that is one of `names`.
    fn name(&mut self, names: &[String]) -> Read<u32> {
        let start = self.json.clone();
        let expected = format!("one of {}", listed(names.iter().map(String::as_str)));
        self.want(Kind::String, &expected)?;
        let key = self.json.string()?;
        match index_of(names.iter().map(String::as_str), &key) {
            Some(index) => Ok(index as u32),
            None => {
                self.json = start;
                self.misfit(&expected)
            }
        }
    }

    fn flags(&mut self, names: &[String], addr: u32) -> Read {
        self.want(Kind::Array, "a list of flag names")?;
        self.json.open(b'[')?;
        let (mut first, mut bits, mut index) = (true, 0u32, 0);
        while self.json.more(&mut first, b']')? {
            bits |= 1 << self.at(Step::Item(index), |r| r.name(names))?;
            index += 1;
        }
        self.memory.set_uint(addr, layout::flags(names.len()), bits);
        Ok(())
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// An integer written with a fraction or an exponent (`3.0`, `1e3`), exactly. `None` for anything else.
fn whole(text: &str) -> Option<i128> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (integral, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = u32::try_from(exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?).ok()?;
    let digits = format!("{integral}{fraction}").parse::<i128>().ok()?;
    if digits == 0 { Some(0) } else { digits.checked_mul(10i128.checked_pow(zeros)?) }
}

/// The position of `found` among declared names: spelt exactly so if there is one, else spelt alike.
fn index_of<'a>(names: impl Iterator<Item = &'a str> + Clone, found: &str) -> Option<usize> {
    let exact = names.clone().position(|name| name == found);
    exact.or_else(|| names.clone().position(|name| same_name(name, found)))
}

/// Names agree when they are equal up to word separators and case: `unit-price`, `unit_price`, `unitPrice` and the
/// table header `Unit price` are one name.
fn same_name(declared: &str, found: &str) -> bool {
    let letters =
        |s: &'_ str| -> Vec<char> { s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    declared == found || letters(declared) == letters(found)
}
