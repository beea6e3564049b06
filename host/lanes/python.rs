//! Python: the block is data for a shared CPython engine.
//!
//! What a block is made of (a function, statements, a program) is found by Python itself, in `boot.py`, where Python's own
//! parser is. Here is only what the block is given: its ports, its rights, and how its errors read in the file.

pub mod engine;

use serde_json::{Value, json};
use wb_composer::types::{Shape, Type};
use wb_composer::{adapter, python_engine};

use super::interpreter::{Given, Interpreter};
use super::{Job, Library, Made, Port, Problem};
use crate::packages::{Digest, Package, Registry, Take};

/// CPython, its libraries and its standard library, as they are inside of a tool that makes components.
pub static PACKAGE: Package = Package {
    title: "CPython 3.14",
    language: "python",
    registry: Registry::PyPi {
        folder: "ed/c6/ad1431751ff1969a132323f6e2797ec38ccdf9d0a53aabb45d79221092a4",
        file: "componentize_py-0.25.1-cp39-abi3-manylinux_2_28_x86_64.whl",
    },
    name: "componentize-py",
    version: "0.25.1",
    digest: Digest::Sha256("8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f"),
    bytes: 17_122_694,
    take: &[Take::File { from: "componentize_py/componentize_py.abi3.so", to: FILE }],
};

/// The file of [`PACKAGE`] that holds everything.
pub const FILE: &str = "parts";

/// Part of every node key of this lane: raised when the engine is made differently.
pub const VERSION: &str = "cpython 1";

/// The name the engine gives the block in tracebacks.
const MODULE: &str = "block.py";

/// The digest material of this lane's fixed parts.
#[must_use]
pub fn toolchain() -> Vec<u8> {
    [VERSION, &PACKAGE.id(), engine::BOOT, engine::LEFT_OUT, python_engine::GLUE].join("\n").into_bytes()
}

/// Wraps a block. Whatever is wrong with it is found when it runs.
#[must_use]
pub fn make(job: &Job<'_>) -> Made {
    let ports = |ports: &[Port]| ports.iter().map(port).collect::<Vec<_>>();
    let script = json!({
        "source": job.source,
        "heading": job.heading,
        "ins": ports(job.inputs),
        "outs": ports(job.outputs),
    });
    Made::Script { interpreter: Interpreter::Python, script: script.to_string(), library: Library::default() }
}

/// What `boot.py` has to know of a port.
fn port(port: &Port) -> Value {
    let bulk = match &port.ty {
        list @ Type::List(element) if adapter::bulk_width(list).is_some() => Some(element.to_string()),
        _ => None,
    };
    json!({
        "name": port.name,
        // The kind of its numbers, where the value is bytes.
        "bulk": bulk,
        // Whether what a program prints is the value as it is.
        "text": port.ty == Type::String,
        "optional": matches!(port.ty, Type::Option(_) | Type::Json),
        // Whether a dict with one key may be the value itself.
        "deep": matches!(port.ty, Type::Named(_)),
        "shape": shape(&port.ty),
    })
}

/// Where in a value of the type JSON says less than Python does: `1` may be a float, and a list of numbers bytes. Null where
/// it says all.
fn shape(ty: &Type) -> Value {
    let within = |kind: &str, inner: Value| if inner.is_null() { inner } else { json!([kind, inner]) };
    match ty {
        Type::F32 | Type::F64 => json!("float"),
        Type::List(element) if **element == Type::U8 => json!("bytes"),
        Type::List(element) => within("list", shape(element)),
        Type::Option(inner) => within("option", shape(inner)),
        Type::Tuple(items) => {
            let items: Vec<Value> = items.iter().map(shape).collect();
            within("tuple", if items.iter().all(Value::is_null) { Value::Null } else { json!(items) })
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| (name.clone(), shape(ty)));
                let fields: serde_json::Map<_, _> = fields.filter(|(_, shape)| !shape.is_null()).collect();
                within("record", if fields.is_empty() { Value::Null } else { Value::Object(fields) })
            }
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// What is granted, for `boot.py`.
#[must_use]
pub fn prelude(given: Given) -> String {
    let mut grants = serde_json::Map::new();
    if let Some(now) = given.now {
        grants.insert("now".to_owned(), json!(now));
    }
    if let Some(seed) = given.seed {
        grants.insert("seed".to_owned(), json!(seed));
    }
    Value::Object(grants).to_string()
}

/// Turns a traceback into a problem at its innermost place in the block; how it got there follows the message.
///
/// `first` is the line of the file at which the block's text begins.
#[must_use]
pub fn explain(message: &str, first: u32) -> Problem {
    let mut kept = Vec::new();
    let mut places = Vec::new();
    for line in message.lines() {
        match line.strip_prefix("    at ").and_then(place) {
            Some(place) => places.push(place),
            None => kept.push(line.to_owned()),
        }
    }
    // A function that calls itself says so once.
    let mut callers = places.clone();
    callers.dedup();
    for (function, line, _) in callers.iter().skip(1) {
        let function = if *function == "<block>" { "the block".to_owned() } else { format!("`{function}`") };
        kept.push(format!("called from {function}, line {}", first + line - 1));
    }
    let innermost = places.first();
    Problem {
        message: kept.join("\n"),
        line: innermost.map(|(_, line, _)| *line),
        column: innermost.map(|(_, _, column)| *column),
        within: None,
        help: None,
    }
}

/// `name (block.py:3:14)`.
fn place(text: &str) -> Option<(&str, u32, u32)> {
    let (function, rest) = text.rsplit_once(" (")?;
    let (line, column) = rest.strip_prefix(MODULE)?.strip_prefix(':')?.strip_suffix(')')?.split_once(':')?;
    Some((function, line.parse().ok().filter(|line| *line > 0)?, column.parse().ok().filter(|column| *column > 0)?))
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn the_innermost_place_in_the_block_is_the_place_and_the_others_follow() {
        let problem = explain(
            "ZeroDivisionError: division by zero\n    at mean (block.py:2:14)\n    at run (block.py:5:3)\n    at run (block.py:5:3)\n",
            11,
        );
        assert_eq!((problem.line, problem.column), (Some(2), Some(14)));
        assert_eq!(problem.message, "ZeroDivisionError: division by zero\ncalled from `run`, line 15");
    }

    #[test]
    fn a_message_that_looks_like_a_place_stays_one() {
        let problem = explain("ValueError: x\n    at home (block.py:0:1)\n    at sea", 1);
        assert_eq!(problem.line, None);
        assert_eq!(problem.message, "ValueError: x\n    at home (block.py:0:1)\n    at sea");
    }
}
