//! What the kernel finds in every file of a conformance set, for `tests/conformance/lint.py`:
//! `lint REFERENCE.jsonl` prints `{id, lint: [{line, code, message}]}` per line.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use serde_json::{Value, json};

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let found = oql::lint(case["org"].as_str().unwrap_or(""), &[]);
        let rows: Vec<Value> = found
            .iter()
            .map(|d| json!({ "line": d.span.line, "code": d.code, "message": d.message, "fix": !d.fix.is_empty() }))
            .collect();
        println!("{}", json!({ "id": case["id"], "lint": rows }));
    }
}
