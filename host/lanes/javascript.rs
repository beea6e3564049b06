//! JavaScript: the block is data for a shared QuickJS engine.
//!
//! Nothing is compiled here. The script that reaches the engine is the block itself with one line after it (or, for a
//! stdin/stdout block, around it), so that lines in a stack trace are lines of the block.
//!
//! - [`engine`]: the engine, started. - [`modules`]: what a block may import. - [`trace`]: what the engine says of an error.

pub mod engine;
pub mod modules;
pub mod trace;

use serde_json::{Value, json};
use wb_composer::adapter;
use wb_composer::script_engine;
use wb_composer::types::{Shape, Type};

use super::interpreter::{Given, Interpreter};
use super::{Failure, Job, Library, Made, Port, Problem};

pub use trace::explain;

/// What every block finds around it.
const PRELUDE: &str = include_str!("javascript/prelude.js");

/// Part of every node key of this lane: raised when the wrapping below changes what a block means.
pub const VERSION: &str = "quickjs componentize-qjs-0.4.5 driver prelude";

/// The name the engine gives the block in stack traces.
pub const MODULE: &str = "wb:block.js";

/// The digest material of this lane's fixed parts.
#[must_use]
pub fn toolchain() -> Vec<u8> {
    [VERSION.as_bytes(), script_engine::DRIVER.as_bytes(), PRELUDE.as_bytes(), engine::SCRIPT.as_bytes()].concat()
}

/// Wraps a block.
///
/// # Errors
///
/// When the block reads stdin and has more than one input or output port.
pub fn make(job: &Job<'_>) -> Result<Made, Failure> {
    let ins: Vec<&str> = job.inputs.iter().map(|port| port.name.as_str()).collect();
    let outs: Vec<&str> = job.outputs.iter().map(|port| port.name.as_str()).collect();
    let wide = job.inputs.iter().map(|port| (port.name.clone(), wide(&port.ty)));
    let wide: serde_json::Map<_, _> = wide.filter(|(_, shape)| !shape.is_null()).collect();
    let script = if exports_something(job.source) {
        let (bulk_ins, bulk_outs) = (bulk(job.inputs), bulk(job.outputs));
        let meta = json!({
            "heading": job.heading, "ins": ins, "outs": outs, "bulkIns": bulk_ins, "bulkOuts": bulk_outs, "wide": wide,
        });
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
        let meta = json!({ "ins": ins, "outs": outs, "text": text, "bulkIns": bulk(job.inputs), "wide": wide });
        format!(
            "export function wbInvoke(args, bulk) {{ return __wb.program({meta}, args, bulk, async () => {{ {}\n}}); }}\n",
            job.source
        )
    };
    Ok(Made::Script { interpreter: Interpreter::JavaScript, script, library: job.library.clone() })
}

/// The ports whose values go in bulk, in order, each with the kind of its numbers (`f64`).
fn bulk(ports: &[Port]) -> Vec<(&str, String)> {
    let kind = |port: &Port| match &port.ty {
        list @ Type::List(element) if adapter::bulk_width(list).is_some() => Some(element.to_string()),
        _ => None,
    };
    ports.iter().filter_map(|port| Some((port.name.as_str(), kind(port)?))).collect()
}

/// Where in a value of the type there are integers of 64 bits, which JavaScript's numbers do not hold.
fn wide(ty: &Type) -> Value {
    let within = |kind: &str, inner: Value| if inner.is_null() { inner } else { json!([kind, inner]) };
    match ty {
        Type::U64 | Type::S64 => json!("wide"),
        Type::List(element) => within("list", wide(element)),
        Type::Option(inner) => within("option", wide(inner)),
        Type::Tuple(items) => {
            let items: Vec<Value> = items.iter().map(wide).collect();
            within("fields", if items.iter().all(Value::is_null) { Value::Null } else { json!(items) })
        }
        Type::Named(named) => match &named.shape {
            Shape::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| (name.clone(), wide(ty)));
                let fields: serde_json::Map<_, _> = fields.filter(|(_, shape)| !shape.is_null()).collect();
                within("fields", if fields.is_empty() { Value::Null } else { Value::Object(fields) })
            }
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// What a block is given besides its script: what is granted, what it may import, its variables. As `prelude.js` reads it.
#[must_use]
pub fn prelude(given: Given, library: &Library) -> String {
    let mut all = serde_json::Map::new();
    if given != Given::default() {
        let mut grants = serde_json::Map::new();
        if let Some(now) = given.now {
            grants.insert("now".to_owned(), json!(now));
        }
        if let Some(seed) = given.seed {
            grants.insert("seed".to_owned(), json!(seed));
        }
        all.insert("grants".to_owned(), Value::Object(grants));
    }
    if !library.modules.is_empty() {
        let links = library.links.iter().map(|(from, name, to)| json!([format!("{from}\n{name}"), to]));
        let sources = library.modules.iter().map(|module| json!([module.path, module.code()]));
        all.insert("modules".to_owned(), links.chain(sources).collect());
    }
    if !library.variables.is_empty() {
        all.insert(
            "variables".to_owned(),
            library.variables.iter().map(|(name, value)| json!([name, value])).collect(),
        );
    }
    if all.is_empty() { String::new() } else { Value::Object(all).to_string() }
}

/// Whether the block has an `export`: at the start of a line, as people write it. A block without one cannot offer a
/// function, so it is a program.
fn exports_something(source: &str) -> bool {
    source.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("export").is_some_and(|rest| rest.starts_with([' ', '{', '*', '\t']))
    })
}

#[cfg(test)]
mod tests {
    use super::exports_something;

    #[test]
    fn a_block_with_an_export_is_a_module() {
        assert!(exports_something("const a = 1;\n  export function f() {}"));
        assert!(exports_something("export{f}"));
        assert!(!exports_something("// exporting\nexports.x = 1; console.log('export x')"));
    }
}
