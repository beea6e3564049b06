//! Headlines: one row each, with every key in every row.

use serde_json::{Map, Value};

use super::{nullable, object, some, span, strings, timestamp};
use crate::kernel::types::{Headline, Property, Timestamp};

/// One row of `wb query`. `file` is given where rows of several files stand in one list.
#[must_use]
pub fn headline(row: &Headline, file: Option<&str>) -> Value {
    let planned = |stamp: &Option<Timestamp>| nullable(stamp.as_ref().map(timestamp));
    object([
        ("level", some(row.level)),
        ("title", some(row.title.as_str())),
        ("state", nullable(row.state.as_deref())),
        ("priority", nullable(row.priority.as_deref())),
        ("tags", some(strings(&row.tags))),
        ("inherited_tags", some(strings(&row.inherited_tags))),
        ("properties", some(properties(&row.properties, str::to_owned))),
        // For readers that were written when keys were always upper case.
        ("props", some(properties(&row.properties, str::to_uppercase))),
        ("id", nullable(row.id.as_deref())),
        ("scheduled", planned(&row.scheduled)),
        ("deadline", planned(&row.deadline)),
        ("closed", planned(&row.closed)),
        ("position", some(span(&row.span))),
        ("file", file.map(Value::from)),
    ])
}

fn properties(properties: &[Property], key: impl Fn(&str) -> String) -> Value {
    let entries = properties.iter().map(|each| (key(&each.key), Value::from(each.value.as_str())));
    Value::Object(entries.collect::<Map<_, _>>())
}
