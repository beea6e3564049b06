//! Who answers, a file for each group of routes.

pub mod access;
pub mod aliases;
pub mod org;
pub mod runs;
pub mod server;
pub mod sites;
pub mod telemetry;
pub mod variables;
pub mod workbooks;

use plane_http::answer::Answer;
use serde_json::{Value, json};

/// A page of a list. `next` is what the last item is called, where there may be more.
fn page<T>(items: Vec<T>, limit: u32, show: impl Fn(&T) -> Value, next: impl Fn(&T) -> Value) -> Answer {
    let more = items.len() >= limit as usize;
    let next = items.last().filter(|_| more).map_or(Value::Null, next);
    Answer::json(200, &json!({ "items": items.iter().map(show).collect::<Value>(), "next": next }))
}

/// A text of the body.
fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name)?.as_str()
}

/// Texts of the body.
fn texts(body: &Value, name: &str) -> Vec<String> {
    let all = body.get(name).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

/// A whole number of the body, also one that is written as `1.0`.
fn number(body: &Value, name: &str) -> Option<u64> {
    let number = body.get(name)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The shape has bounds, which were checked.
    number.as_u64().or_else(|| Some(number.as_f64()? as u64))
}
