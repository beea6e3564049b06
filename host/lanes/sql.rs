//! SQL: the block is data for a shared SQLite engine (`components/sql`).
//!
//! Nothing is compiled here. The engine gets the block and the types of its ports, and makes tables of lists and typed
//! values of rows. This file only writes that down, and reads what the engine says went wrong.

use serde_json::{Value, json};
use wb_composer::types::{Shape, Type};

use super::interpreter::{Given, Interpreter};
use super::{Failure, Job, Library, Made, Port, Problem};

/// Part of every node key of this lane: raised when the engine changes what a block means.
pub const VERSION: &str = "sqlite 3.51.1 tables 1";

/// Writes a block down for the engine: its text, and its ports with their types.
///
/// # Errors
///
/// None today; a block's faults show when it runs, because its tables come from its inputs.
pub fn make(job: &Job<'_>) -> Result<Made, Failure> {
    let ports = |ports: &[Port]| ports.iter().map(|port| json!([port.name, describe(&port.ty)])).collect::<Vec<_>>();
    let script = json!([job.source, ports(job.inputs), ports(job.outputs)]).to_string();
    Ok(Made::Script { interpreter: Interpreter::Sql, script, library: Library::default() })
}

/// A type as `components/sql/src/block.rs` reads it: its name, or its kind with what is inside.
fn describe(ty: &Type) -> Value {
    match ty {
        Type::List(item) => json!(["list", describe(item)]),
        Type::Option(inner) => json!(["option", describe(inner)]),
        Type::Tuple(items) => json!(["tuple", items.iter().map(describe).collect::<Vec<_>>()]),
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                let fields: Vec<Value> = fields.iter().map(|(name, ty)| json!([name, describe(ty)])).collect();
                json!(["record", named.name, fields])
            }
            Shape::Enum(cases) => json!(["enum", named.name, cases]),
            Shape::Variant(_) | Shape::Flags(_) => json!(format!("{} (as JSON)", named.name)),
        },
        plain => json!(plain.to_string()),
    }
}

/// What is granted, as the engine reads it.
#[must_use]
pub fn prelude(given: Given) -> String {
    let mut grants = serde_json::Map::new();
    if let Some(now) = given.now {
        // Whole milliseconds.
        grants.insert("now".to_owned(), json!(now as i64));
    }
    if let Some(seed) = given.seed {
        grants.insert("seed".to_owned(), json!(seed));
    }
    Value::Object(grants).to_string()
}

/// Reads the engine's account of what is wrong. What is no such account, such as a message of the adapter, is kept.
#[must_use]
pub fn explain(message: &str) -> Problem {
    let account = serde_json::from_str::<Value>(message).ok().filter(|account| account["message"].is_string());
    let Some(account) = account else { return Problem::at_start(message, None) };
    let text = |key: &str| account[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let number = |key: &str| account[key].as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    Problem {
        message: text("message").unwrap_or_default(),
        line: number("line"),
        column: number("column"),
        within: None,
        help: text("help"),
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_engines_account_is_read_and_other_messages_are_kept() {
        let problem = explain(r#"{"message":"no such column: a","line":2,"column":8,"help":""}"#);
        assert_eq!((problem.message.as_str(), problem.line, problem.column), ("no such column: a", Some(2), Some(8)));
        assert_eq!(problem.help, None);
        assert_eq!(explain("took longer than 1 s").message, "took longer than 1 s");
        assert_eq!(explain("{\"a\": 1}").message, "{\"a\": 1}");
    }
}
