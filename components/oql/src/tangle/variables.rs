//! `:var` as Babel's languages write it into tangled files: the value read from the header argument, and the lines or the
//! text around a body that each language makes of it. Emacs Lisp, which wraps its body, is in `block`.
//!
//! Nothing is evaluated: a value is a number, a string in quotes, or the name of a table, a list or an example.

use serde_json::Value;

use super::TangleCtx;
use super::block::words;
use crate::plan::blocks::SourceBlock;
use crate::plan::data;

/// A variable and its value, as Babel has it.
pub(super) type Variable = (String, Value);

/// The variables of a block whose values are known.
pub(super) fn of_block(ctx: &TangleCtx, block: &SourceBlock) -> Vec<Variable> {
    let mut out: Vec<Variable> = Vec::new();
    for text in block.all("var").map(|arg| ctx.document.slice(&arg.value)) {
        for (name, value) in words(text).into_iter().filter_map(|word| word.split_once('=')) {
            let Some(value) = value_of(ctx, value) else { continue };
            // The later of two with one name counts, and stands where it is.
            out.retain(|(other, _)| other != name);
            out.push((name.to_owned(), value));
        }
    }
    out
}

fn value_of(ctx: &TangleCtx, text: &str) -> Option<Value> {
    if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
        return Some(Value::String(super::unquoted(text)));
    }
    if let Some(number) = number(text) {
        return Some(number);
    }
    let (all, _) = data::collect(ctx.document, ctx.blocks);
    let found = all.into_iter().find(|datum| datum.name == text)?;
    let value: Value = serde_json::from_str(&found.value(ctx.document)).ok()?;
    Some(match value {
        // Babel takes the names of columns away.
        Value::Array(rows) => Value::Array(rows.into_iter().map(row).collect()),
        other => other,
    })
}

fn row(row: Value) -> Value {
    match row {
        Value::Object(cells) => Value::Array(cells.into_iter().map(|(_, cell)| row_cell(cell)).collect()),
        Value::Array(cells) => Value::Array(cells.into_iter().map(row_cell).collect()),
        other => other,
    }
}

/// An empty cell is an empty text.
fn row_cell(cell: Value) -> Value {
    if cell.is_null() { Value::String(String::new()) } else { cell }
}

fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    text.parse::<i64>().map(Value::from).ok().or_else(|| text.parse::<f64>().ok().map(Value::from))
}

/// The body with the variables of a language before it; `None` where the language has no way to say them.
pub(super) fn expanded(ctx: &TangleCtx, block: &SourceBlock, lang: &str, body: &str) -> Option<String> {
    let variables = of_block(ctx, block);
    if variables.is_empty() {
        return None;
    }
    let around = |key: &str| ctx.value(block, key).filter(|text| !text.is_empty());
    let (before, behind) = (around("prologue"), around("epilogue"));
    let parts = |lines: Vec<String>, body: &str| {
        let parts = before.iter().cloned().chain(lines).chain([body.to_owned()]).chain(behind.iter().cloned());
        parts.collect::<Vec<_>>().join("\n")
    };
    let each = |write: &dyn Fn(&str, &Value) -> String| variables.iter().map(|(name, v)| write(name, v)).collect();
    Some(match lang {
        "python" => parts(each(&|name, v| format!("{name}={}", list(v, ", ", &python))), body),
        "js" | "javascript" => parts(each(&|name, v| format!("var {name}={};", list(v, ", ", &js))), body),
        "ruby" => parts(each(&|name, v| format!("{name}={}", list(v, ", \n", &printed))), body),
        "perl" => parts(each(&|name, v| perl(name, v)), body),
        "lua" if variables.iter().all(|(_, v)| !v.is_array()) => {
            parts(each(&|name, v| format!("{name}={}", lua(v))), body)
        }
        "bash" => parts(each(&bash), body),
        "sh" | "zsh" | "dash" | "ksh" | "mksh" | "posh" | "ash" => {
            parts(each(&|name, v| format!("{name}={}", quoted(&shell_text(v)))), body)
        }
        "sql" => parts(Vec::new(), &replaced(&variables, body)),
        "C" | "c" | "C++" | "c++" | "cpp" => c(ctx, block, &variables, &parts(Vec::new(), body)),
        _ => return None,
    })
}

/// A list in brackets, as deep as it is.
fn list(value: &Value, between: &str, scalar: &dyn Fn(&Value) -> String) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| list(item, between, scalar)).collect();
            format!("[{}]", items.join(between))
        }
        other => scalar(other),
    }
}

/// What Emacs prints: strings in quotes, everything else as it is.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        other => other.to_string(),
    }
}

fn has_lines(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(['\n', '\r']))
}

fn python(value: &Value) -> String {
    if has_lines(value) { format!("\"\"{}\"\"", printed(value)) } else { printed(value) }
}

fn js(value: &Value) -> String {
    printed(value).replace('\n', "\\n")
}

fn lua(value: &Value) -> String {
    match value.as_str() {
        Some(text) if has_lines(value) => format!("[=[{text}]=]"),
        _ => printed(value),
    }
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn perl(name: &str, value: &Value) -> String {
    fn write(value: &Value, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let text = match value {
            Value::Array(items) => {
                let items: String = items.iter().map(|item| write(item, depth + 1)).collect();
                format!("{indent}[\n{items}{indent}]")
            }
            other => format!("{indent}q({})", plain(other)),
        };
        if depth > 0 { text + ",\n" } else { text }
    }
    let line = if value.is_array() { "\n" } else { "" };
    format!("my ${name}={line}{};\n", write(value, 0))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// A list as lines, a table as lines with tabs.
fn shell_text(value: &Value) -> String {
    let Value::Array(items) = value else { return plain(value) };
    let line = |item: &Value| match item {
        Value::Array(cells) => cells.iter().map(plain).collect::<Vec<_>>().join("\t"),
        other => plain(other),
    };
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn bash(name: &str, value: &Value) -> String {
    let Value::Array(items) = value else { return format!("{name}={}", quoted(&plain(value))) };
    let first = items.first().and_then(Value::as_array);
    if first.is_none_or(|cells| cells.len() < 2) {
        let items: Vec<String> = items.iter().map(|item| quoted(&shell_text(item))).collect();
        return format!("unset {name}\ndeclare -a {name}=( {} )", items.join(" "));
    }
    let line = |row: &Value| {
        let cells = row.as_array().map_or(&[] as &[Value], Vec::as_slice);
        let key = cells.first().map(plain).unwrap_or_default();
        let rest: Vec<String> = cells.iter().skip(1).map(plain).collect();
        format!("{name}[{}]={}", quoted(&key), quoted(&rest.join("\n")))
    };
    format!("unset {name}\ndeclare -A {name}\n{}", items.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// `$name` gives way to the value.
fn replaced(variables: &[Variable], body: &str) -> String {
    variables
        .iter()
        .filter(|(_, value)| !value.is_array())
        .fold(body.to_owned(), |body, (name, value)| body.replace(&format!("${name}"), &plain(value)))
}

/// A C program: what it includes, its variables, and `main` around a body that has none. Lists are left out.
fn c(ctx: &TangleCtx, block: &SourceBlock, variables: &[Variable], body: &str) -> String {
    let said = |key: &str| ctx.value(block, key).unwrap_or_default();
    let (includes, defines, spaces) = (said("includes"), said("defines"), said("namespaces"));
    let include = |name: &str| {
        if name.starts_with('<') { format!("#include {name}") } else { format!("#include \"{name}\"") }
    };
    let defines: Vec<&str> = defines.split_whitespace().collect();
    let variable = |(name, value): &Variable| match value {
        Value::Array(_) => String::new(),
        Value::Number(number) if number.is_f64() => format!("double {name} = {number};"),
        Value::Number(number) => format!("int {name} = {number};"),
        other => format!("const char* {name} = \"{}\";", plain(other)),
    };
    let lines = |lines: Vec<String>| lines.join("\n");
    let parts = [
        lines(includes.split_whitespace().map(include).collect()),
        lines(defines.chunks(2).map(|pair| format!("#define {}", pair.join(" "))).collect()),
        lines(spaces.split_whitespace().map(|name| format!("using namespace {name};")).collect()),
        lines(variables.iter().map(variable).collect()),
        // The sizes of tables, of which there are none, and their columns.
        "\n".repeat(variables.len().saturating_sub(1)),
        String::new(),
        String::new(),
        if said("main") == "no" || has_main(body) {
            body.to_owned()
        } else {
            format!("int main() {{\n{body}\nreturn 0;\n}}\n")
        },
    ];
    parts.join("\n")
}

/// Whether a line begins with a type and `main(…)`.
fn has_main(body: &str) -> bool {
    body.match_indices("main").any(|(at, _)| {
        let rest = body.get(at + 4..).unwrap_or("").trim_start_matches([' ', '\t']);
        let before = body.get(..at).unwrap_or("");
        let ty = before.trim_end();
        let word = ty.rsplit(|c: char| !"intvod".contains(c)).next().unwrap_or("");
        let begin = ty.strip_suffix(word).unwrap_or("").trim_end_matches([' ', '\t']);
        ty.len() < before.len()
            && !word.is_empty()
            && (begin.is_empty() || begin.ends_with('\n'))
            && rest.starts_with('(')
            && rest.split('\n').next().is_some_and(|line| line.contains(')'))
    })
}
