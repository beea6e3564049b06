//! `#+name:`d values of a file, as JSON.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Map, Number, Value};

use super::blocks::SourceBlock;
use crate::syntax::table::{self, Row};
use crate::syntax::{BlockKind, Document, Kind, body};
use crate::text::Names;

/// One named value.
#[derive(Debug, Clone)]
pub(crate) struct Datum {
    pub(crate) name: String,
    /// `json` or `string`.
    pub(crate) ty: &'static str,
    /// JSON text of a block; other values are put together when they are asked for.
    block: Option<String>,
    element: usize,
    pub(crate) span: Range<usize>,
}

impl Datum {
    /// JSON text.
    pub(crate) fn value(&self, document: &Document) -> String {
        match &self.block {
            Some(value) => value.clone(),
            None => of_element(document, self.element),
        }
    }
}

/// A named `json` block whose body is no JSON.
#[derive(Debug, Clone)]
pub(crate) struct BadJson {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
}

/// All named data outside COMMENT trees; of two with the same name the first counts, as in Org.
pub(crate) fn collect(document: &Document, blocks: &[SourceBlock]) -> (Vec<Datum>, Vec<BadJson>) {
    let mut out: Vec<Datum> = Vec::new();
    let mut bad = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (index, element) in document.elements.iter().enumerate() {
        let hidden = element.heading.is_some_and(|h| document.headings[h].hidden);
        let Some(name_at) = document.name_of(element).filter(|_| !hidden) else { continue };
        let value = match source(blocks, index) {
            Some(block) => match of_block(document, block) {
                Some(Ok(value)) => ("json", Some(value)),
                Some(Err(message)) => {
                    bad.push(BadJson { at: name_at.clone(), message });
                    continue;
                }
                None => continue,
            },
            None => match of_type(&element.kind) {
                Some(ty) => (ty, None),
                None => continue,
            },
        };
        let name = document.slice(&name_at);
        if seen.insert(name) {
            let (name, span) = (name.to_owned(), element.span.clone());
            out.push(Datum { name, ty: value.0, block: value.1, element: index, span });
        }
    }
    (out, bad)
}

/// The source block at an element; blocks are in document order.
fn source(blocks: &[SourceBlock], element: usize) -> Option<&SourceBlock> {
    blocks.binary_search_by_key(&element, |b| b.element).ok().map(|i| &blocks[i])
}

/// The JSON of a `json` or `csv` block.
fn of_block(document: &Document, block: &SourceBlock) -> Option<Result<String, String>> {
    let text = body::code(document.slice(&block.body), block.keep_indentation);
    match block.lang.as_str() {
        "json" => Some(match serde_json::from_str::<Value>(&text) {
            Ok(value) => Ok(value.to_string()),
            Err(error) => Err(error.to_string()),
        }),
        "csv" => Some(Ok(records(csv(&text)).to_string())),
        _ => None,
    }
}

fn of_type(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Table | Kind::List => Some("json"),
        Kind::FixedWidth => Some("string"),
        Kind::Block(block) if block.kind == BlockKind::Example => Some("string"),
        _ => None,
    }
}

fn of_element(document: &Document, index: usize) -> String {
    let Some(element) = document.elements.get(index) else { return String::new() };
    match &element.kind {
        Kind::Table => of_table(document, &element.span),
        Kind::List => of_list(document, index).to_string(),
        Kind::Block(block) => Value::String(body::code(document.slice(&block.body), false)).to_string(),
        _ => {
            let lines: Vec<&str> = document.slice(&element.span).split('\n').map(fixed).collect();
            Value::String(lines.join("\n")).to_string()
        }
    }
}

fn fixed(line: &str) -> &str {
    let line = line.trim_end_matches('\r').trim_start();
    let line = line.strip_prefix(':').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}

/// Records if the first row is a header (a rule follows it), else rows; as JSON text, written without a tree of values,
/// since tables may be large.
fn of_table(document: &Document, span: &Range<usize>) -> String {
    let rows = table::rows(document.text(), span);
    let first = rows.iter().position(|r| matches!(r, Row::Cells(_)));
    let has_header = first.is_some_and(|i| {
        rows.get(i + 1) == Some(&Row::Rule) && rows[i + 1..].iter().any(|r| matches!(r, Row::Cells(_)))
    });
    let mut rows = rows.iter().filter_map(|r| if let Row::Cells(cells) = r { Some(cells) } else { None });
    let header = if has_header { rows.next().map(|cells| keys(document, cells)) } else { None };
    let mut out = String::with_capacity(span.len() * 3 / 2);
    out.push('[');
    for cells in rows {
        out.push_str(if out.len() > 1 { "," } else { "" });
        match &header {
            Some(keys) => {
                for (i, key) in keys.iter().enumerate() {
                    out.push(if i == 0 { '{' } else { ',' });
                    out.push_str(key);
                    out.push(':');
                    cell(&mut out, &unbarred(cells.get(i).map_or("", |c| document.slice(c))));
                }
                out.push_str(if keys.is_empty() { "{}" } else { "}" });
            }
            None => {
                out.push('[');
                for (i, c) in cells.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    cell(&mut out, &unbarred(document.slice(c)));
                }
                out.push(']');
            }
        }
    }
    out.push(']');
    out
}

/// The names of a table's columns, as JSON text.
fn keys(document: &Document, cells: &[Range<usize>]) -> Vec<String> {
    let names = cells.iter().map(|c| unbarred(document.slice(c)).into_owned());
    columns(names).into_iter().map(|key| Value::String(key).to_string()).collect()
}

/// A cell with the bars that Org has to write as an entity.
fn unbarred(cell: &str) -> Cow<'_, str> {
    match cell.contains('\\') {
        true => Cow::Owned(cell.replace("\\vert{}", "|").replace("\\vert", "|")),
        false => Cow::Borrowed(cell),
    }
}

/// Appends a cell as JSON text.
fn cell(out: &mut String, cell: &str) {
    let bytes = cell.as_bytes();
    let is_short_number =
        matches!(bytes, [b'1'..=b'9', rest @ ..] if rest.len() < 15 && rest.iter().all(u8::is_ascii_digit));
    let is_plain_word = matches!(bytes, [b'a'..=b'z' | b'A'..=b'Z', ..])
        && bytes.iter().all(|b| *b >= b' ' && !matches!(b, b'"' | b'\\' | 0x7f));
    if is_short_number {
        out.push_str(cell);
    } else if is_plain_word {
        out.push('"');
        out.push_str(cell);
        out.push('"');
    } else {
        out.push_str(&scalar(cell).to_string());
    }
}

/// Names for columns: each once, and none empty.
fn columns(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = Names::default();
    let filled = names.enumerate().map(|(i, name)| if name.is_empty() { format!("column-{}", i + 1) } else { name });
    filled.map(|name| taken.unique(name)).collect()
}

/// The first row names the fields of the others.
fn records(rows: Vec<Vec<String>>) -> Value {
    let mut rows = rows.into_iter();
    let keys = columns(rows.next().unwrap_or_default().into_iter());
    let record = |row: Vec<String>| {
        let mut map = Map::new();
        for (i, key) in keys.iter().enumerate() {
            map.insert(key.clone(), row.get(i).map_or(Value::String(String::new()), |c| scalar(c)));
        }
        Value::Object(map)
    };
    Value::Array(rows.map(record).collect())
}

/// A number where the cell is written as one; else the text.
fn scalar(cell: &str) -> Value {
    let body = cell.strip_prefix('-').unwrap_or(cell);
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = body.split_once(['e', 'E']).unwrap_or((body, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    // `007` is a label, not seven.
    let plain = digits(whole) && (whole.len() == 1 || !whole.starts_with('0'));
    let number = plain && digits(fraction) && digits(exponent.trim_start_matches(['+', '-']));
    let parsed = || serde_json::from_str::<Number>(cell).ok();
    number.then(parsed).flatten().map_or_else(|| Value::String(cell.to_owned()), Value::Number)
}

/// The items of a list; nested lists are left out, as Org's own list values do at depth one.
fn of_list(document: &Document, index: usize) -> Value {
    let mut out = Vec::new();
    let end = document.elements[index].next;
    let mut i = index + 1;
    while i < end {
        let item = &document.elements[i];
        if let Kind::Item { line, start } = &item.kind {
            let first = document.elements.get(i + 1).filter(|e| i + 1 < item.next && e.kind == Kind::Paragraph);
            let text = first.map_or("", |e| document.slice(&e.span));
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let tag = line.tag.as_ref().map(|t| document.slice(&(start + t.start..start + t.end)));
            out.push(match tag {
                Some(tag) if text.is_empty() => Value::String(tag.to_owned()),
                Some(tag) => Value::String(format!("{tag} :: {text}")),
                None => scalar(&text),
            });
        }
        i = item.next.max(i + 1);
    }
    Value::Array(out)
}

/// RFC 4180, forgiving about line ends.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell).trim().to_owned()),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell).trim().to_owned());
                let done = std::mem::take(&mut row);
                if done.iter().any(|c| !c.is_empty()) {
                    rows.push(done);
                }
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    row.push(cell.trim().to_owned());
    if row.iter().any(|c| !c.is_empty()) {
        rows.push(row);
    }
    rows
}

/// `:var x=name` of a block, as pairs of words.
pub(crate) fn variables(document: &Document, block: &SourceBlock) -> Vec<(String, String)> {
    let values = block.all("var").flat_map(|a| assignments(document.slice(&a.value)));
    values.filter_map(|v| v.split_once('=')).map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())).collect()
}

/// `a=1 b="x y"` taken apart: a blank outside quotes and brackets with `name=` behind it begins the next one.
fn assignments(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut depth, mut quoted) = (0, 0usize, false);
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ' ' | '\t' if depth == 0 => {
                let rest = text.get(i + 1..).unwrap_or("");
                let name = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
                if name > 0 && rest.as_bytes().get(name) == Some(&b'=') {
                    out.extend(text.get(start..i));
                    start = i + 1;
                }
            }
            _ => {}
        }
    }
    out.extend(text.get(start..));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let document = Document::parse(text);
        let blocks = crate::plan::blocks::collect(&document);
        let (data, _) = collect(&document, &blocks);
        let got: Vec<(&str, String)> = data.iter().map(|d| (d.name.as_str(), d.value(&document))).collect();
        let expect: Vec<(&str, String)> = expect.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn tables() {
        check(
            "#+name: t\n| a | b |\n|---+---|\n| 1 | x |\n| 007 | -2.5e3 |\n",
            &[("t", r#"[{"a":1,"b":"x"},{"a":"007","b":-2500.0}]"#)],
        );
        check("#+name: t\n| a | 1 |\n| b |\n", &[("t", r#"[["a",1],["b"]]"#)]);
    }

    #[test]
    fn several_variables_at_once() {
        assert_eq!(assignments("a=1 b=\"x c=2\" d=f(e=3)"), ["a=1", "b=\"x c=2\"", "d=f(e=3)"]);
        assert_eq!(assignments("a=x y"), ["a=x y"]);
    }

    #[test]
    fn others() {
        check("#+name: l\n- a\n  b\n  - c\n- 2\n", &[("l", r#"["a b",2]"#)]);
        check("#+name: e\n: a\n:  b\n", &[("e", r#""a\n b""#)]);
        check("#+name: j\n#+begin_src json\n{\"b\": [1],\n \"a\": 2}\n#+end_src\n", &[("j", r#"{"b":[1],"a":2}"#)]);
        check(
            "#+name: c\n#+begin_src csv\na,b\n\"x, \"\"y\"\"\",2\n#+end_src\n",
            &[("c", r#"[{"a":"x, \"y\"","b":2}]"#)],
        );
    }
}
