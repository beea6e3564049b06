//! Values of `awk`: texts, numbers, and texts from outside that look like numbers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::numbers::{general, leading_number};

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Nothing,
    Number(f64),
    Text(Rc<str>),
    /// Text from input; a number where it looks like one.
    Input(Rc<str>),
}

/// An array, shared by reference.
pub(super) type Array = Rc<RefCell<HashMap<Rc<str>, Value>>>;

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Value(Value),
    Array(Array),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn flag(holds: bool) -> Self {
        Self::Number(f64::from(u8::from(holds)))
    }

    pub(super) fn number(&self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Number(number) => *number,
            Self::Text(text) | Self::Input(text) => leading_number(text).0,
        }
    }

    /// The number of a value that is one, or looks like one.
    fn numeric(&self) -> Option<f64> {
        match self {
            Self::Nothing => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
            Self::Input(text) => {
                let (number, length) = leading_number(text);
                (length > 0 && text[length..].trim().is_empty()).then_some(number)
            }
        }
    }

    /// As text; whole numbers as such, others by `format`.
    pub(super) fn string(&self, format: &str) -> Rc<str> {
        match self {
            Self::Nothing => "".into(),
            Self::Number(number) => number_text(*number, format).into(),
            Self::Text(text) | Self::Input(text) => Rc::clone(text),
        }
    }

    pub(super) fn holds(&self) -> bool {
        match self.numeric() {
            Some(number) => number != 0.0,
            None => !self.string("").is_empty(),
        }
    }

    pub(super) fn compare(&self, other: &Self, format: &str) -> std::cmp::Ordering {
        match (self.numeric(), other.numeric()) {
            (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(std::cmp::Ordering::Greater),
            _ => self.string(format).cmp(&other.string(format)),
        }
    }
}

/// A number as text.
pub(super) fn number_text(number: f64, format: &str) -> String {
    if !number.is_finite() {
        let sign = if number.is_sign_negative() { '-' } else { '+' };
        return format!("{sign}{}", if number.is_nan() { "nan" } else { "inf" });
    }
    if number == number.trunc() && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if number == number.trunc() {
        return format!("{number:.0}");
    }
    if format == "%.6g" || format.is_empty() {
        return general(number, 6, false);
    }
    let mut chars = format.trim_start_matches('%').chars().peekable();
    let spec = crate::tools::printf::spec(&mut chars, || 0);
    spec.float(chars.next().unwrap_or('g'), number)
}
