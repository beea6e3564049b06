//! Results that go into files (`:results file` with `:file`): where, and what stands in them. Writing is the host's work.

use serde_json::Value;

use super::value::{self, Row, Shape};
use super::{Wishes, pending};
use crate::findings::Findings;
use crate::model::{ResultFile, ResultValue};
use crate::plan::blocks::{self, SourceBlock};
use crate::plan::{Analysis, emit};
use crate::syntax::Document;

/// The path that a block's result goes to, from the file's folder: `:file`, or its name with `:file-ext`, below
/// `:output-dir` and `:dir`.
pub(super) fn path(document: &Document, block: &SourceBlock) -> Option<String> {
    let said = |key: &str| block.value(document, key).map(|v| v.trim().trim_matches('"')).filter(|v| !v.is_empty());
    let mut path = match said("file") {
        Some(file) => file.to_owned(),
        None => format!("{}.{}", document.slice(block.name.as_ref()?), said("file-ext")?),
    };
    for directory in [said("output-dir"), said("dir")].into_iter().flatten() {
        path = format!("{}/{path}", directory.strip_suffix('/').unwrap_or(directory));
    }
    Some(path)
}

/// The link that stands for a result that is a file.
pub(crate) fn link(document: &Document, block: &SourceBlock, value: &Value) -> Option<String> {
    let wishes = Wishes::of(document, block);
    let path = wishes.file.clone().or_else(|| value.as_str().map(str::to_owned)).filter(|_| wishes.has("file"))?;
    Some(super::content::link(&wishes, &path))
}

/// The files of a run's results, in document order.
pub(crate) fn result_files(document: &Document, results: &[ResultValue]) -> Vec<ResultFile> {
    if !blocks::collect(document).iter().any(|block| is_written(document, block)) {
        return Vec::new();
    }
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    let plan = emit::plan(&analysis);
    let is_bytes = |id: &str| {
        let component = plan.components.iter().find(|component| component.id == id);
        component.is_some_and(|c| matches!(c.out_ports.as_slice(), [port] if port.ty == "list<u8>"))
    };
    let mut out = Vec::new();
    for pending in pending(&analysis, results).into_iter().filter(|p| is_written(document, p.block)) {
        let Some(path) = path(document, pending.block) else { continue };
        let separator = pending.block.value(document, "sep").map(|s| s.trim().trim_matches('"').replace("\\t", "\t"));
        let content = match (&pending.value, is_bytes(pending.component)) {
            // What is nothing leaves the file as it is.
            (Value::Null, _) => continue,
            (Value::Array(bytes), true) => bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect(),
            (value, _) => text(value, &path, separator.as_deref().unwrap_or("\t")).into_bytes(),
        };
        out.push(ResultFile { path, content, span: document.span(pending.block.span.clone()) });
    }
    out
}

/// Whether a block's result is put into a file here: what only links to one is the block's own work.
fn is_written(document: &Document, block: &SourceBlock) -> bool {
    let wishes = Wishes::of(document, block);
    wishes.has("file") && wishes.file.is_some() && !wishes.has("link") && !wishes.has("graphics")
}

/// A text as it is, a table with its cells apart. What is no text is JSON in a file that is called so.
fn text(value: &Value, path: &str, separator: &str) -> String {
    if path.ends_with(".json") && !value.is_string() {
        return serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    }
    match value::shape(value) {
        Shape::Nothing => String::new(),
        Shape::Text(text) => text,
        Shape::Table(rows) => {
            let cells = rows.iter().filter_map(|row| match row {
                Row::Cells(cells) => Some(cells.join(separator)),
                Row::Rule => None,
            });
            cells.collect::<Vec<_>>().join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |args: &str, expect: Option<&str>| {
            let text = format!("#+name: n\n#+begin_src js {args}\n#+end_src\n");
            let document = Document::parse(&text);
            let blocks = blocks::collect(&document);
            assert_eq!(blocks.first().and_then(|block| path(&document, block)).as_deref(), expect, "{args}");
        };
        check(":file a.txt", Some("a.txt"));
        check(":file a.txt :output-dir out/", Some("out/a.txt"));
        check(":file-ext svg :output-dir out", Some("out/n.svg"));
        check(":file \"a b.txt\" :dir d", Some("d/a b.txt"));
        check(":results file", None);
    }

    #[test]
    fn contents() {
        let check = |json: &str, path: &str, expect: &str| {
            assert_eq!(text(&serde_json::from_str(json).unwrap_or_default(), path, "\t"), expect);
        };
        check("\"a\\nb\"", "x", "a\nb");
        check("[[1,\"b\"],[2,\"c\"]]", "x", "1\tb\n2\tc");
        check("[{\"a\":1,\"b\":2}]", "x", "a\tb\n1\t2");
        check("[1]", "x.json", "[\n  1\n]\n");
        check("2.5", "x", "2.5");
    }
}
