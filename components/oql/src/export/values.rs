//! Results as a reader wants to see them: scalars, tables, lists; anything deeper as JSON text.

use serde_json::{Map, Value};

use super::html::escape_into;
use super::table;

/// Rows and columns that are shown; the value itself is not cut.
const MAX_ROWS: usize = 1000;
const MAX_COLUMNS: usize = 64;

/// Writes a value that came as JSON text; text that is no JSON is shown as it is.
pub(crate) fn json(out: &mut String, text: &str, language: &str) {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => block(out, &value, language),
        Err(_) => pre(out, text),
    }
}

fn block(out: &mut String, value: &Value, language: &str) {
    match value {
        Value::String(text) if text.contains('\n') || text.len() > 120 => pre(out, text),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => records(out, items, language),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_array) => rows(out, items, language),
        Value::Array(items) if !items.is_empty() => {
            out.push_str("<ul>\n");
            for item in items.iter().take(MAX_ROWS) {
                out.push_str("<li>");
                cell(out, item);
                out.push_str("</li>\n");
            }
            out.push_str("</ul>\n");
            rest(out, items.len());
        }
        Value::Object(map) if !map.is_empty() => {
            out.push_str("<dl>\n");
            for (key, value) in map.iter().take(MAX_ROWS) {
                out.push_str("<dt>");
                escape_into(out, key);
                out.push_str("</dt><dd>");
                cell(out, value);
                out.push_str("</dd>\n");
            }
            out.push_str("</dl>\n");
        }
        value => {
            out.push_str("<output>");
            cell(out, value);
            out.push_str("</output>\n");
        }
    }
}

fn pre(out: &mut String, text: &str) {
    out.push_str("<pre tabindex=\"0\">");
    escape_into(out, text);
    out.push_str("</pre>\n");
}

fn cell(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => escape_into(out, text),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => escape_into(out, &value.to_string()),
        deep => {
            out.push_str("<code>");
            escape_into(out, &deep.to_string());
            out.push_str("</code>");
        }
    }
}

fn records(out: &mut String, items: &[Value], language: &str) {
    let empty = Map::new();
    let record = |v: &'_ Value| v.as_object().cloned().unwrap_or_default();
    let mut keys: Vec<String> = Vec::new();
    for item in items.iter().take(MAX_ROWS) {
        for key in item.as_object().unwrap_or(&empty).keys() {
            if keys.len() < MAX_COLUMNS && !keys.contains(key) {
                keys.push(key.clone());
            }
        }
    }
    let shown = || items.iter().take(MAX_ROWS).filter_map(Value::as_object);
    let sides: Vec<&str> = keys.iter().map(|key| side(shown().map(|map| map.get(key)))).collect();
    table::open(out, language);
    out.push_str("<table>\n<thead>\n<tr>");
    for (key, side) in keys.iter().zip(&sides) {
        out.push_str("<th scope=\"col\"");
        out.push_str(side);
        out.push('>');
        escape_into(out, key);
        out.push_str("</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for item in items.iter().take(MAX_ROWS) {
        let map = record(item);
        out.push_str("<tr>");
        for (key, side) in keys.iter().zip(&sides) {
            out.push_str("<td");
            out.push_str(side);
            out.push('>');
            cell(out, map.get(key).unwrap_or(&Value::Null));
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out.push_str(table::CLOSE);
    rest(out, items.len());
}

fn rows(out: &mut String, items: &[Value], language: &str) {
    let shown = || items.iter().take(MAX_ROWS).filter_map(Value::as_array);
    let width = shown().map(Vec::len).max().unwrap_or(0).min(MAX_COLUMNS);
    let sides: Vec<&str> = (0..width).map(|column| side(shown().map(|row| row.get(column)))).collect();
    table::open(out, language);
    out.push_str("<table>\n<tbody>\n");
    for item in items.iter().take(MAX_ROWS) {
        out.push_str("<tr>");
        for (value, side) in item.as_array().into_iter().flatten().zip(&sides) {
            out.push_str("<td");
            out.push_str(side);
            out.push('>');
            cell(out, value);
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out.push_str(table::CLOSE);
    rest(out, items.len());
}

/// Numbers stand to the right, in a column that holds nothing else.
fn side<'v>(column: impl Iterator<Item = Option<&'v Value>>) -> &'static str {
    let mut numbers = column.flatten().filter(|v| !v.is_null()).map(Value::is_number).peekable();
    if numbers.peek().is_some() && numbers.all(|number| number) { " class=\"org-right\"" } else { "" }
}

fn rest(out: &mut String, total: usize) {
    if total > MAX_ROWS {
        out.push_str(&format!("<p>… and {} more</p>\n", total - MAX_ROWS));
    }
}
