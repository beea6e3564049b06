//! What stands under `#+RESULTS:`: a value in the form that `:results` and `:wrap` ask for.

use serde_json::Value;

use super::value::{self, Row, Shape};
use super::{Wishes, place};
use crate::format::table;

/// From so many lines on a text is an example block.
const LINES_OF_A_BLOCK: usize = 10;

/// The lines of a result.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Without indentation; ends with a line break unless it is empty.
    text: String,
    /// Whether it is an example block, which Babel puts on a blank line and not before it.
    pub(super) is_example: bool,
    /// Its rows, where it is a bare table.
    pub(super) table: Option<Vec<String>>,
}

impl Content {
    /// The text, moved to the right by so many columns.
    pub(super) fn indented(&self, column: usize) -> String {
        if column == 0 {
            return self.text.clone();
        }
        let mut out = String::with_capacity(self.text.len() + 256);
        for line in self.text.split_inclusive('\n') {
            let content = line.trim_start_matches([' ', '\t']);
            if content != "\n" && !content.is_empty() {
                out.push_str(&place::indentation(column + place::columns(&line[..line.len() - content.len()])));
            }
            out.push_str(content);
        }
        out
    }
}

/// Lines of one table, aligned.
pub(super) fn aligned<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let lines: Vec<&str> = lines.collect();
    table::align(&lines).into_iter().map(|line| line + "\n").collect()
}

/// Makes the content of a result.
pub(super) fn make(wishes: &Wishes, value: &Value) -> Content {
    let shape = shape(wishes, value);
    let is_text = matches!(shape, Shape::Text(_));
    let is_file = wishes.has("file") && is_text;
    let mut table = None;
    let body = match shape {
        Shape::Nothing => String::new(),
        Shape::Text(text) if is_file => format!("{}\n", link(wishes, &text)),
        Shape::Text(_) | Shape::Table(_) if wishes.has("list") => list(value),
        Shape::Text(text) => ended(text),
        Shape::Table(rows) => {
            let lines: Vec<String> = rows.iter().map(drawn).collect();
            let text = aligned(lines.iter().map(String::as_str));
            table = Some(lines);
            text
        }
    };
    let wrapped = wrap(wishes, &body);
    let is_literal = wrapped.is_none() && is_text && !is_file && !wishes.has("raw") && !is_unwrapped(wishes);
    let is_example = is_literal && body.split_inclusive('\n').count() >= LINES_OF_A_BLOCK;
    let text = match wrapped {
        Some(text) => {
            table = None;
            text
        }
        None if is_example => block("#+begin_example", "#+end_example", &escaped(&body)),
        None if is_literal => body.split_inclusive('\n').map(|line| format!(": {line}")).collect(),
        None => body,
    };
    Content { text, is_example, table }
}

/// The value as the words of `:results` want it to be taken.
fn shape(wishes: &Wishes, value: &Value) -> Shape {
    if let Some(file) = wishes.file.as_ref().filter(|_| wishes.has("file")) {
        return Shape::Text(file.clone());
    }
    let is_text = value.is_string() || value.is_null();
    if !is_text && (wishes.has("code") || wishes.has("pp")) {
        return Shape::Text(serde_json::to_string_pretty(value).unwrap_or_default());
    }
    if !is_text && (wishes.has("scalar") || wishes.has("verbatim")) {
        return Shape::Text(value.to_string());
    }
    match value::shape(value) {
        Shape::Text(text) if wishes.has("table") || wishes.has("vector") => Shape::Table(vec![Row::Cells(vec![text])]),
        shape => shape,
    }
}

/// A link to a file, with the description the block wants.
pub(super) fn link(wishes: &Wishes, path: &str) -> String {
    match wishes.file_desc.map(|text| text.trim_matches('"')) {
        None => format!("[[file:{path}]]"),
        Some("") => format!("[[file:{path}][{path}]]"),
        Some(description) => format!("[[file:{path}][{description}]]"),
    }
}

fn list(value: &Value) -> String {
    let mut out = String::new();
    for item in value::items(value) {
        out.push_str("- ");
        out.push_str(&item.join("\n").replace('\n', "\n  "));
        out.push('\n');
    }
    out
}

/// One line of a table. What would end a cell or a row is written so that it does not.
fn drawn(row: &Row) -> String {
    let Row::Cells(cells) = row else { return "|-".to_owned() };
    if cells.is_empty() {
        return "| |".to_owned();
    }
    let cell = |cell: &String| format!(" {} |", cell.replace('|', "\\vert{}").replace(['\n', '\r'], " "));
    format!("|{}", cells.iter().map(cell).collect::<String>())
}

/// A text with a line break at its end.
fn ended(text: String) -> String {
    let mut text = text.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// `:wrap no` asks for nothing around the result, not even colons.
fn is_unwrapped(wishes: &Wishes) -> bool {
    wishes.wrap.is_some()
}

/// What `:wrap` and the form of `:results` put around a result.
fn wrap(wishes: &Wishes, body: &str) -> Option<String> {
    if let Some(wanted) = wishes.wrap {
        let wanted = if wanted.is_empty() { "results" } else { wanted };
        let kind = wanted.split_whitespace().next().unwrap_or("results");
        let is = |word: &str| kind.eq_ignore_ascii_case(word);
        if is("no") || is("nil") {
            return None;
        }
        let verbatim = is("export") || is("example") || is("src");
        let inner = if verbatim { escaped(body) } else { body.to_owned() };
        return Some(block(&format!("#+begin_{wanted}"), &format!("#+end_{kind}"), &inner));
    }
    let lang = if wishes.lang.is_empty() { "none" } else { wishes.lang };
    if wishes.has("html") {
        Some(block("#+begin_export html", "#+end_export", &escaped(body)))
    } else if wishes.has("latex") {
        Some(block("#+begin_export latex", "#+end_export", &escaped(body)))
    } else if wishes.has("org") {
        Some(block("#+begin_src org", "#+end_src", &escaped(body)))
    } else if wishes.has("code") {
        Some(block(&format!("#+begin_src {lang}"), "#+end_src", &escaped(body)))
    } else if wishes.has("raw") {
        None
    } else if wishes.has("drawer") || wishes.has("wrap") {
        Some(block(":results:", ":end:", body))
    } else {
        None
    }
}

fn block(begin: &str, end: &str, body: &str) -> String {
    format!("{begin}\n{body}{end}\n")
}

/// Lines that Org would take for its own get a comma.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches([' ', '\t']);
        let behind = rest.trim_start_matches(',');
        if behind.starts_with('*') || behind.starts_with("#+") {
            out.push_str(&line[..line.len() - rest.len()]);
            out.push(',');
            out.push_str(rest);
        } else {
            out.push_str(line);
        }
    }
    out
}
