//! What the kernel makes of the records of a conformance file, for `tests/conformance/score.py` to compare.
//!
//! `cargo run -p oql --release --example candidate -- IN.jsonl OUT.jsonl [--default]`
//!
//! Plain mode with raw HTML kept is what Org's own exporter would give; `--default` asks for the page a reader of wb
//! gets. A record without its text is a file beside IN named after it. A record the kernel panics on is written as
//! `{"id", "panic": true}`. It judges nothing.
#![allow(clippy::print_stderr, missing_docs)]

use std::error::Error;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use oql::SourceBlock;
use oql::model::{File, Headline, RawHtml, ReferenceKind, RenderOptions};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, paths): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let [input, output] = paths.as_slice() else {
        return Err("candidate IN.jsonl OUT.jsonl [--default]".into());
    };
    let default = flags.iter().any(|f| f == "--default");
    let raw_html = if default { RawHtml::Drop } else { RawHtml::Keep };
    let options = RenderOptions { plain: !default, raw_html, ..RenderOptions::default() };
    let mut out = std::io::BufWriter::new(std::fs::File::create(output)?);
    for line in std::fs::read_to_string(input)?.lines() {
        let record: Value = serde_json::from_str(line)?;
        let folder = Path::new(input).parent().unwrap_or(Path::new(""));
        let Some(org) = text(&record, folder) else { continue };
        let options = RenderOptions { files: files(&org, folder), ..options.clone() };
        let answer = catch_unwind(AssertUnwindSafe(|| answer(&org, &options)));
        let mut answer = answer.unwrap_or_else(|_| {
            eprintln!("panic in {}", record["id"]);
            json!({ "panic": true })
        });
        answer["id"] = record["id"].clone();
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// A record's text; none for the line that names the versions.
fn text(record: &Value, folder: &Path) -> Option<String> {
    match &record["org"] {
        Value::String(org) => Some(org.clone()),
        _ => std::fs::read_to_string(folder.join(record["id"].as_str()?).with_extension("org")).ok(),
    }
}

/// The files a text asks for, and those that they ask for, as far as they are there.
fn files(org: &str, folder: &Path) -> Vec<File> {
    let mut found: Vec<File> = Vec::new();
    let mut open: Vec<(String, String)> = vec![(String::new(), org.to_owned())];
    while let Some((directory, text)) = open.pop() {
        for reference in oql::references(&text) {
            let path = format!("{directory}{}", reference.path);
            let wanted = matches!(reference.kind, ReferenceKind::Include | ReferenceKind::Setup);
            if !wanted || found.iter().any(|f| f.path == path) {
                continue;
            }
            if let Ok(text) = std::fs::read_to_string(folder.join(&path)) {
                let inside = path.rfind('/').map_or("", |i| &path[..=i]);
                open.push((inside.to_owned(), text.clone()));
                found.push(File { path, text });
            }
        }
    }
    found
}

fn answer(org: &str, options: &RenderOptions) -> Value {
    let begun = Instant::now();
    let headlines = oql::parse_headlines(org);
    let page = oql::render(org, options);
    let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let src: Vec<Value> = oql::source_blocks(org).iter().map(source_block).collect();
    json!({ "html": page.fragment, "headlines": headlines.iter().map(headline).collect::<Vec<_>>(), "src": src, "us": us })
}

/// As `wb-block` of `tests/conformance/cases.el` writes it: an argument without a value is Lisp's `nil`.
fn source_block(b: &SourceBlock) -> Value {
    let pairs = |args: &Vec<(String, Option<String>)>| -> Vec<Value> {
        args.iter().map(|(key, value)| json!([key, value.as_deref().unwrap_or("nil")])).collect()
    };
    let args = b.args.as_ref().map(pairs);
    json!({ "lang": b.lang, "value": b.value, "args": args, "noweb": b.noweb, "line": b.line })
}

fn headline(h: &Headline) -> Value {
    json!({ "level": h.level, "title": h.title, "todo": h.state, "priority": h.priority, "tags": h.tags })
}
