//! The kernel's records as JSON, in the shapes of the workbook format. Nothing here decides anything.
//!
//! JSON is a rendering of the WIT records and never the contract itself. Keys come in the order they are documented.

mod agenda;
mod diagnostic;
mod headline;
mod once;
mod plan;

use serde_json::{Map, Value};

use crate::kernel::types::{Span, Timestamp};

pub use agenda::agenda_item;
pub use diagnostic::diagnostic;
pub use headline::headline;
pub use once::Once;
pub use plan::{Names, plan};

/// An object with its keys in this order. Keys whose value is `None` are left out.
fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let present = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

/// A key that is always there.
fn some(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

/// A key that is always there, `null` where there is no value.
fn nullable(value: Option<impl Into<Value>>) -> Option<Value> {
    Some(value.map_or(Value::Null, Into::into))
}

fn strings(texts: &[String]) -> Value {
    texts.iter().map(String::as_str).collect()
}

/// A range of the file: `{start, end, line}`.
fn span(span: &Span) -> Value {
    object([("start", some(span.start)), ("end", some(span.end)), ("line", some(span.line))])
}

/// `{at, repeat, active, raw}`.
fn timestamp(stamp: &Timestamp) -> Value {
    object([
        ("at", some(stamp.at.as_str())),
        ("repeat", nullable(stamp.repeat.as_deref())),
        ("active", some(stamp.active)),
        ("raw", some(stamp.raw.as_str())),
    ])
}
