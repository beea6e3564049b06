//! A block as the engine's adapter calls it: values in as variables and standard input, values out from standard output,
//! variables or files.

use serde_json::{Map, Value, json};

use crate::session::{Ended, Session, World};

/// A port of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// As written in the workbook.
    pub name: String,
    /// Its WIT type.
    pub ty: String,
    /// Whether its values go in bulk.
    pub bulk: bool,
}

/// A block with its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The script.
    pub source: String,
    /// Inputs, in order.
    pub ins: Vec<Port>,
    /// Outputs, in order.
    pub outs: Vec<Port>,
}

/// Lines of standard error in a failure.
const SHOWN_LINES: usize = 3;

impl Block {
    /// Reads what the lane made: a JSON object.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let ports = |key: &str| -> Option<Vec<Port>> {
            let port = |port: &Value| {
                Some(Port {
                    name: port["name"].as_str()?.to_owned(),
                    ty: port["type"].as_str()?.to_owned(),
                    bulk: port["bulk"].as_bool()?,
                })
            };
            value[key].as_array()?.iter().map(port).collect()
        };
        Some(Self { source: value["source"].as_str()?.to_owned(), ins: ports("ins")?, outs: ports("outs")? })
    }
}

/// Runs a block. `args` is a JSON object of inputs by name, `bulk` has those that go in bulk.
///
/// # Errors
///
/// A message for the lane: place, newline, what is wrong.
pub fn answer(block: &Block, world: World, args: &str, bulk: Vec<Vec<u8>>) -> Result<(String, Vec<Vec<u8>>), String> {
    let log = world.log.clone();
    let mut session = Session::new(world);
    let mut values: Value =
        serde_json::from_str(args).map_err(|error| format!("1:1\nthe inputs are no JSON: {error}"))?;
    let mut bulk = bulk.into_iter();
    let mut stdin = Vec::new();
    for port in &block.ins {
        let bytes = if port.bulk {
            bulk_text(&port.ty, bulk.next().unwrap_or_default())
        } else {
            let value = values.get_mut(&port.name).map(Value::take).unwrap_or_default();
            let document = value.to_string();
            session.provide(&format!("/in/{}.json", port.name), document.into_bytes());
            text(&value).into_bytes()
        };
        session.set(&variable(&port.name), &String::from_utf8_lossy(&bytes));
        if block.ins.len() == 1 {
            stdin.clone_from(&bytes);
            // A last line has an end, as lines of files do.
            if !stdin.is_empty() && stdin.last() != Some(&b'\n') && port.ty != "list<u8>" {
                stdin.push(b'\n');
            }
        }
        session.provide(&format!("/in/{}", port.name), bytes);
    }
    let ended = session.run(&block.source, stdin);
    let ended = ended.map_err(|error| format!("{}:{}\nsyntax error: {}", error.line, error.column, error.message))?;
    if ended.status != 0 || ended.limit.is_some() {
        return Err(failure(&ended));
    }
    let (outputs, bulk) = outputs(block, &session, &ended)?;
    if block.outs.len() != 1 {
        String::from_utf8_lossy(&ended.stdout).lines().for_each(|line| log(line));
    }
    Ok((Value::Object(outputs).to_string(), bulk))
}

fn failure(ended: &Ended) -> String {
    let line = ended.line;
    if let Some(limit) = &ended.limit {
        return format!("{line}:1\nthe sandbox's bound is reached: {limit}");
    }
    let from = ended.stderr.len().saturating_sub(SHOWN_LINES);
    // The place is shown apart from the message.
    let shown = ended.stderr[from..].iter().map(|text| text.strip_prefix(&format!("line {line}: ")).unwrap_or(text));
    let shown: Vec<&str> = shown.collect();
    let shown = shown.join("\n");
    if shown.is_empty() {
        format!("{line}:1\nexit status {}", ended.status)
    } else {
        format!("{line}:1\n{shown} (exit status {})", ended.status)
    }
}

type Outputs = (Map<String, Value>, Vec<Vec<u8>>);

fn outputs(block: &Block, session: &Session, ended: &Ended) -> Result<Outputs, String> {
    let mut values = Map::new();
    let mut bulk = Vec::new();
    for port in &block.outs {
        let name = variable(&port.name);
        let file = session.file(&format!("/out/{}", port.name));
        let bytes = match (file, block.outs.len()) {
            (Some(bytes), _) => bytes,
            (None, 1) => ended.stdout.clone(),
            (None, _) => match (session.elements(&name), session.get(&name)) {
                (Some(items), _) => items.join("\n").into_bytes(),
                (None, Some(text)) => text.into_bytes(),
                (None, None) => {
                    let last = block.source.lines().count().max(1);
                    return Err(format!(
                        "{last}:1\nthe output `{0}` is not given: a block with several outputs sets a variable `{name}`, or writes the file /out/{0}",
                        port.name
                    ));
                }
            },
        };
        if port.ty == "list<u8>" && block.outs.len() == 1 {
            bulk.push(bytes);
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\n');
        let value = value(&port.ty, text).ok_or_else(|| {
            let shown = crate::numbers::clip(text, 60);
            format!("{}:1\nthe output `{}` is `{}`, but what was given is `{shown}`", ended.line, port.name, port.ty)
        })?;
        values.insert(port.name.clone(), value);
    }
    Ok((values, bulk))
}

/// The variable of a port: what cannot stand in a name is an underscore.
fn variable(port: &str) -> String {
    let name: String = port.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value as text: scalars as they are, lists line by line, tables with tabs and a line of names, anything else as JSON.
fn text(value: &Value) -> String {
    if let Some(text) = scalar(value) {
        return text;
    }
    let Value::Array(items) = value else { return value.to_string() };
    if let Some(lines) = items.iter().map(scalar).collect::<Option<Vec<_>>>() {
        return lines.join("\n");
    }
    table(items).unwrap_or_else(|| value.to_string())
}

fn table(items: &[Value]) -> Option<String> {
    let names: Vec<&String> = items.first()?.as_object()?.keys().collect();
    let clean = |text: String| text.replace(['\t', '\n'], " ");
    let mut out = names.iter().map(|name| clean((*name).clone())).collect::<Vec<_>>().join("\t");
    for item in items {
        let row = item.as_object().filter(|row| row.len() == names.len())?;
        let cells = names.iter().map(|name| row.get(*name).and_then(scalar).map(clean)).collect::<Option<Vec<_>>>()?;
        out.push('\n');
        out.push_str(&cells.join("\t"));
    }
    Some(out)
}

/// Numbers that came as bytes: one per line. Bytes stay bytes.
fn bulk_text(ty: &str, bytes: Vec<u8>) -> Vec<u8> {
    fn each<const N: usize>(bytes: &[u8], show: impl Fn([u8; N]) -> String) -> Vec<u8> {
        let (chunks, _) = bytes.as_chunks::<N>();
        chunks.iter().map(|chunk| show(*chunk)).collect::<Vec<_>>().join("\n").into_bytes()
    }
    match ty {
        "list<s8>" => each::<1>(&bytes, |b| i8::from_le_bytes(b).to_string()),
        "list<u16>" => each::<2>(&bytes, |b| u16::from_le_bytes(b).to_string()),
        "list<s16>" => each::<2>(&bytes, |b| i16::from_le_bytes(b).to_string()),
        "list<u32>" => each::<4>(&bytes, |b| u32::from_le_bytes(b).to_string()),
        "list<s32>" => each::<4>(&bytes, |b| i32::from_le_bytes(b).to_string()),
        "list<u64>" => each::<8>(&bytes, |b| u64::from_le_bytes(b).to_string()),
        "list<s64>" => each::<8>(&bytes, |b| i64::from_le_bytes(b).to_string()),
        "list<f32>" => each::<4>(&bytes, |b| f32::from_le_bytes(b).to_string()),
        "list<f64>" => each::<8>(&bytes, |b| f64::from_le_bytes(b).to_string()),
        _ => bytes,
    }
}

/// A text as a value of a type.
fn value(ty: &str, text: &str) -> Option<Value> {
    let inner = |prefix: &str| ty.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    if let Some(element) = inner("list<") {
        if text.trim_start().starts_with('[') && element != "string" {
            return serde_json::from_str(text).ok();
        }
        let lines = if text.is_empty() { Vec::new() } else { text.split('\n').collect() };
        return lines.into_iter().map(|line| value(element, line)).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    if let Some(inner) = inner("option<") {
        return if text.is_empty() { Some(Value::Null) } else { value(inner, text) };
    }
    let trimmed = text.trim();
    match ty {
        "string" => Some(json!(text)),
        "char" => Some(json!(text)),
        "bool" => match trimmed {
            "true" | "1" => Some(json!(true)),
            "false" | "0" | "" => Some(json!(false)),
            _ => None,
        },
        "u8" | "u16" | "u32" | "u64" => trimmed.parse::<u64>().ok().map(|number| json!(number)),
        "s8" | "s16" | "s32" | "s64" => trimmed.parse::<i64>().ok().map(|number| json!(number)),
        "f32" | "f64" => trimmed.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| json!(number)),
        // What is no JSON is a text.
        "json" => Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
        _ => serde_json::from_str(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Block, Port, answer};
    use crate::{NoDisk, World};

    fn check(source: &str, ins: &[(&str, &str)], outs: &[(&str, &str)], args: &str, expect: &str) {
        let port = |(name, ty): &(&str, &str)| Port { name: (*name).into(), ty: (*ty).into(), bulk: false };
        let block =
            Block { source: source.into(), ins: ins.iter().map(port).collect(), outs: outs.iter().map(port).collect() };
        let world =
            World { disk: Rc::new(NoDisk), log: Rc::new(|_| {}), now: None, seed: None, sleep: Rc::new(|_| {}) };
        let text = match answer(&block, world, args, Vec::new()) {
            Ok((json, _)) => json,
            Err(message) => message,
        };
        assert_eq!(text, expect, "{source}");
    }

    #[test]
    fn values_in_and_out() {
        let text = ("text", "string");
        check("tr a-z A-Z", &[text], &[("out", "string")], r#"{"text":"hi"}"#, r#"{"out":"HI"}"#);
        check(
            "echo $a-$b",
            &[("a", "f64"), ("b", "bool")],
            &[("out", "json")],
            r#"{"a":1.5,"b":true}"#,
            r#"{"out":"1.5-true"}"#,
        );
        check("wc -l", &[("x", "list<string>")], &[("n", "u32")], r#"{"x":["a","b"]}"#, r#"{"n":2}"#);
        check(
            "cut -f2",
            &[("t", "json")],
            &[("n", "list<string>")],
            r#"{"t":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}"#,
            r#"{"n":["b","x","y"]}"#,
        );
        check(
            "one_a=1; two=(a b)",
            &[],
            &[("one-a", "u8"), ("two", "list<string>")],
            "{}",
            r#"{"one-a":1,"two":["a","b"]}"#,
        );
        check("echo x > /out/b; a=y", &[], &[("a", "string"), ("b", "string")], "{}", r#"{"a":"y","b":"x"}"#);
    }

    #[test]
    fn failures_have_their_place() {
        let out = [("out", "f64")];
        check(
            "echo\nls /none\n",
            &[],
            &out,
            "{}",
            "2:1\nls: cannot access `/none`: No such file or directory (exit status 2)",
        );
        check("echo 1\nif true\n", &[], &out, "{}", "2:1\nsyntax error: `if` has no `then`");
        check("echo abc", &[], &out, "{}", "1:1\nthe output `out` is `f64`, but what was given is `abc`");
        // Frames of a build without optimisation are many times larger than those of the guest.
        let deep = move || {
            check(
                "f() { f; }; f",
                &[],
                &out,
                "{}",
                "1:1\nthe sandbox's bound is reached: more than 200 calls and subshells within each other",
            )
        };
        std::thread::Builder::new().stack_size(256 << 20).spawn(deep).unwrap().join().unwrap();
    }
}
