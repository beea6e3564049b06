//! JavaScript: the block is data for a shared QuickJS engine.
//!
//! Nothing is compiled here. The script that reaches the engine is the block itself with one line after it (or, for a
//! stdin/stdout block, around it), so that lines in a stack trace are lines of the block.

use serde_json::json;
use wb_composer::adapter;
use wb_composer::types::Type;

use super::interpreter::{Given, Interpreter};
use super::{Failure, Job, Made, Port, Problem};

/// What every block finds around it.
const PRELUDE: &str = include_str!("javascript/prelude.js");

/// Part of every node key of this lane: raised when the wrapping below changes what a block means.
pub const VERSION: &str = "quickjs componentize-qjs-0.4.5 prelude";

/// The name the engine gives the block in stack traces.
const MODULE: &str = "componentize-qjs:user.js";

/// The digest material of this lane's fixed parts.
#[must_use]
pub fn toolchain() -> Vec<u8> {
    [VERSION.as_bytes(), PRELUDE.as_bytes()].concat()
}

/// Wraps a block.
///
/// # Errors
///
/// When the block reads stdin and has more than one input or output port.
pub fn make(job: &Job<'_>) -> Result<Made, Failure> {
    let ins: Vec<&str> = job.inputs.iter().map(|port| port.name.as_str()).collect();
    let outs: Vec<&str> = job.outputs.iter().map(|port| port.name.as_str()).collect();
    let script = if exports_something(job.source) {
        let (bulk_ins, bulk_outs) = (bulk(job.inputs), bulk(job.outputs));
        let meta =
            json!({ "heading": job.heading, "ins": ins, "outs": outs, "bulkIns": bulk_ins, "bulkOuts": bulk_outs });
        format!(
            "{}\n;import * as __wb_self from {MODULE:?};export function wbInvoke(args, bulk) {{ return __wb.invoke(__wb_self, {meta}, args, bulk); }}\n",
            job.source
        )
    } else {
        if ins.len() > 1 || outs.len() > 1 {
            return Err(Failure::one(Problem::at_start(
                "a block without `export` reads stdin and writes stdout, so it can have one input and one output",
                Some("write `export function run(...) { ... }`, or leave one `:in` and one `:out`"),
            )));
        }
        let text = job.outputs.iter().all(|port| port.ty == Type::String);
        let meta = json!({ "ins": ins, "outs": outs, "text": text, "bulkIns": bulk(job.inputs) });
        format!(
            "export function wbInvoke(args, bulk) {{ return __wb.program({meta}, args, bulk, () => {{ {}\n}}); }}\n",
            job.source
        )
    };
    Ok(Made::Script { interpreter: Interpreter::JavaScript, script })
}

/// The ports whose values go in bulk, in order, each with the kind of its numbers (`f64`).
fn bulk(ports: &[Port]) -> Vec<(&str, String)> {
    let kind = |port: &Port| match &port.ty {
        list @ Type::List(element) if adapter::bulk_width(list).is_some() => Some(element.to_string()),
        _ => None,
    };
    ports.iter().filter_map(|port| Some((port.name.as_str(), kind(port)?))).collect()
}

/// The prelude with what is granted put in front of it. On one line, so that its own line numbers stay.
#[must_use]
pub fn prelude(given: Given) -> String {
    if given == Given::default() {
        return PRELUDE.to_owned();
    }
    let mut grants = serde_json::Map::new();
    if let Some(now) = given.now {
        grants.insert("now".to_owned(), json!(now));
    }
    if let Some(seed) = given.seed {
        grants.insert("seed".to_owned(), json!(seed));
    }
    format!("globalThis.__wb_grants = {};{PRELUDE}", serde_json::Value::Object(grants))
}

/// Whether the block has an `export`: at the start of a line, as people write it. A block without one cannot offer a
/// function, so it is a program.
fn exports_something(source: &str) -> bool {
    source.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("export").is_some_and(|rest| rest.starts_with([' ', '{', '*', '\t']))
    })
}

/// Turns the engine's message into one for the reader: its own frames out, and the place in the block, if it names one.
///
/// `lines` is how many the block has: what is found after them is that the block does not end where it should.
#[must_use]
pub fn explain(message: &str, lines: u32) -> Problem {
    let mut place = None;
    let mut kept = Vec::new();
    for line in message.lines() {
        let found = line.find(MODULE).map(|at| &line[at + MODULE.len()..]);
        if place.is_none() {
            place = found.and_then(position);
        }
        let ours = line.trim_start().starts_with("at ");
        if !ours {
            kept.push(strip(line));
        }
    }
    let message =
        kept.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    // The line after the block is ours; it is a syntax error only when something before it is still open.
    let syntax = ["SyntaxError", "Unexpected", "expecting"].iter().any(|word| message.starts_with(word));
    match place {
        Some((line, _)) if line > lines && syntax => unclosed(lines),
        _ => {
            let (line, column) = (place.map(|(line, _)| line), place.and_then(|(_, column)| column));
            Problem { message, line, column, help: None }
        }
    }
}

fn unclosed(lines: u32) -> Problem {
    let message = "SyntaxError: the block ends too early; a bracket, brace or quote is not closed".to_owned();
    Problem { message, line: Some(lines), column: None, help: None }
}

/// `:3:14` after the module's name.
fn position(text: &str) -> Option<(u32, Option<u32>)> {
    let mut numbers = text.strip_prefix(':')?.split(|c: char| !c.is_ascii_digit());
    let line = numbers.next()?.parse().ok()?;
    Some((line, numbers.next().and_then(|column| column.parse().ok())))
}

fn strip(line: &str) -> String {
    let mut line = line;
    for prefix in [
        "Failed to evaluate user JavaScript module: ",
        "Failed to declare JavaScript module: ",
        "Failed to evaluate JavaScript module: ",
        "Failed to finish JavaScript module evaluation: ",
    ] {
        line = line.strip_prefix(prefix).unwrap_or(line);
    }
    line.strip_prefix("Error: ").unwrap_or(line).replace(MODULE, "the block")
}

#[cfg(test)]
mod tests {
    use super::{explain, exports_something};

    #[test]
    fn a_block_with_an_export_is_a_module() {
        assert!(exports_something("const a = 1;\n  export function f() {}"));
        assert!(exports_something("export{f}"));
        assert!(!exports_something("// exporting\nexports.x = 1; console.log('export x')"));
    }

    #[test]
    fn the_place_is_the_first_frame_in_the_block() {
        let problem = explain(
            "TypeError: not a function\n    at helper (native)\n    at greet (componentize-qjs:user.js:3:14)\n    at wbInvoke (componentize-qjs:user.js:9)\n",
            5,
        );
        assert_eq!(problem.message, "TypeError: not a function");
        assert_eq!((problem.line, problem.column), (Some(3), Some(14)));
    }
}
