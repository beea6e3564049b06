//! JSON values as Babel would see them in Emacs: nothing, a text, or a table.
//!
//! Numbers are as written, strings are their text, booleans `true` and `false`. `null` is nothing, and `nil` in a cell.
//! A list of lists is a table, a list of records a table with a header, a record a table of names and values, any other
//! list a table of one row.

use serde_json::Value;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Rule,
    Cells(Vec<String>),
}

/// What a value is to Babel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    Nothing,
    Text(String),
    Table(Vec<Row>),
}

/// The value of a component: of its only port, or a record of all of them.
pub(super) fn of_ports(mut values: Vec<(&str, Value)>, ports: usize) -> Value {
    match values.len() {
        1 if ports <= 1 => values.pop().map_or(Value::Null, |(_, value)| value),
        _ => Value::Object(values.into_iter().map(|(port, value)| (port.to_owned(), value)).collect()),
    }
}

/// A value on one line.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a value is to Babel.
pub(super) fn shape(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Nothing,
        Value::Object(record) if record.is_empty() => Shape::Nothing,
        Value::Object(record) => {
            Shape::Table(record.iter().map(|(name, value)| Row::Cells(vec![name.clone(), text(value)])).collect())
        }
        Value::Array(list) if list.is_empty() => Shape::Nothing,
        Value::Array(list) if list.iter().all(Value::is_object) => Shape::Table(records(list)),
        Value::Array(list) if list.iter().all(Value::is_array) => {
            let row = |row: &Value| Row::Cells(row.as_array().into_iter().flatten().map(text).collect());
            Shape::Table(list.iter().map(row).collect())
        }
        Value::Array(list) => Shape::Table(vec![Row::Cells(list.iter().map(text).collect())]),
        other => Shape::Text(text(other)),
    }
}

/// A header with every name in the order of its first use, and the records below.
fn records(list: &[Value]) -> Vec<Row> {
    let mut names = serde_json::Map::new();
    for name in list.iter().filter_map(Value::as_object).flat_map(|record| record.keys()) {
        if !names.contains_key(name) {
            names.insert(name.clone(), Value::Null);
        }
    }
    let row =
        |record: &Value| Row::Cells(names.keys().map(|name| record.get(name).map(text).unwrap_or_default()).collect());
    let header = [Row::Cells(names.keys().cloned().collect()), Row::Rule];
    header.into_iter().chain(list.iter().map(row)).collect()
}

/// The items of `:results list`, each with its lines.
pub(super) fn items(value: &Value) -> Vec<Vec<String>> {
    match value {
        Value::Array(list) => list
            .iter()
            .map(|item| match item {
                Value::Array(parts) => parts.iter().map(text).collect(),
                other => vec![text(other)],
            })
            .collect(),
        Value::Object(record) => {
            record.iter().map(|(name, value)| vec![format!("{name} :: {}", text(value))]).collect()
        }
        Value::Null => Vec::new(),
        other => text(other).split('\n').filter(|line| !line.is_empty()).map(|line| vec![line.to_owned()]).collect(),
    }
}
