//! Our own Org texts (`tests/conformance/cases/`), compared with what Emacs made of them (`expected.jsonl` there).
//!
//! HTML is compared as `tests/conformance/score.py` does: wrappers, ids and attributes but `href` and `src` do not count.
//! `deviations.txt` lists what differs and why; something listed that agrees is a failure too. `BLESS=1` rewrites that
//! list, with `not yet` as the reason of what is new; nothing here runs Emacs (`bless.sh` does).
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use oql::exercise::html::{Token, decode, tokens};
use oql::model::{File, RawHtml, ReferenceKind, RenderOptions};
use serde_json::{Value, json};

const WRAPPERS: &str = "div span section main article body html head thead tbody colgroup col nav figure figcaption";
const SAME: [(&str, &str); 4] = [("strong", "b"), ("em", "i"), ("strike", "del"), ("s", "del")];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance")
}

/// A page as the tags and words that count.
fn normal(html: &str, entities: &Value) -> Vec<String> {
    let named = |name: &str| entities[name].as_str().map(str::to_owned);
    let mut out = Vec::new();
    for token in tokens(html) {
        match token {
            Token::Start { name, attributes, closed } => {
                let Some(name) = counts(&name) else { continue };
                let address = |key| attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
                let target = address("href").filter(|v| !v.is_empty()).or(address("src")).unwrap_or("");
                let target = decode(target, &named);
                let shown = !target.is_empty() && !target.starts_with('#');
                out.push(if shown { format!("<{name} {target}>") } else { format!("<{name}>") });
                if closed {
                    out.push(format!("</{name}>"));
                }
            }
            Token::End(name) => out.extend(counts(&name).map(|n| format!("</{n}>"))),
            Token::Text(text) => out.extend(decode(text, &named).split_whitespace().map(str::to_owned)),
            Token::Other(_) => {}
        }
    }
    out
}

fn counts(name: &str) -> Option<&str> {
    let name = SAME.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new);
    (!WRAPPERS.split(' ').any(|w| w == name)).then_some(name)
}

/// The files beside the cases that a text asks for.
fn files(org: &str) -> Vec<File> {
    let mut found: Vec<File> = Vec::new();
    let mut open: Vec<(String, String)> = vec![(String::new(), org.to_owned())];
    while let Some((directory, text)) = open.pop() {
        for reference in oql::references(&text) {
            let path = format!("{directory}{}", reference.path);
            let wanted = matches!(reference.kind, ReferenceKind::Include | ReferenceKind::Setup);
            if !wanted || found.iter().any(|f| f.path == path) {
                continue;
            }
            if let Ok(text) = std::fs::read_to_string(folder().join("cases").join(&path)) {
                let inside = path.rfind('/').map_or("", |i| &path[..=i]);
                open.push((inside.to_owned(), text.clone()));
                found.push(File { path, text });
            }
        }
    }
    found
}

/// What the kernel says, in the form of the expected record.
fn answer(name: &str, org: &str) -> Value {
    let options = RenderOptions { plain: true, raw_html: RawHtml::Keep, files: files(org), ..RenderOptions::default() };
    let headlines: Vec<Value> = oql::parse_headlines(org)
        .into_iter()
        .map(|h| json!({ "level": h.level, "title": h.title, "todo": h.state, "priority": h.priority, "tags": h.tags }))
        .collect();
    let tangled: Vec<Value> = oql::tangle_files(org, &format!("{name}.org"))
        .into_iter()
        .map(|f| json!({ "path": f.path, "text": f.text, "mode": f.mode.unwrap_or(0o644) }))
        .collect();
    let src: Vec<Value> = oql::source_blocks(org).iter().map(source_block).collect();
    json!({ "html": oql::render(org, &options).fragment, "headlines": headlines, "tangled": tangled, "src": src })
}

/// As `wb-block` of `cases.el` writes it: an argument without a value is Lisp's `nil`.
fn source_block(b: &oql::SourceBlock) -> Value {
    let pairs = |args: &Vec<(String, Option<String>)>| -> Vec<Value> {
        args.iter().map(|(key, value)| json!([key, value.as_deref().unwrap_or("nil")])).collect()
    };
    json!({ "lang": b.lang, "value": b.value, "args": b.args.as_ref().map(pairs), "noweb": b.noweb })
}

/// The parts of a record that are compared: source blocks in three, so that one of them can deviate.
const PARTS: [&str; 6] = ["headlines", "html", "tangled", "src", "args", "noweb"];

fn part<'v>(record: &'v Value, name: &str) -> &'v Value {
    if matches!(name, "args" | "noweb") { &record["src"] } else { &record[name] }
}

/// Brings both sides of one part into a form that is equal where they agree, one item a line.
fn shown(part: &str, value: &Value, entities: &Value) -> Vec<String> {
    if part == "html" {
        return normal(value.as_str().unwrap_or_default(), entities);
    }
    let mut items: Vec<String> = value.as_array().into_iter().flatten().map(|item| one(part, item)).collect();
    if part == "tangled" {
        items.sort();
    }
    items
}

fn one(part: &str, item: &Value) -> String {
    match part {
        "src" => return format!("{} {}", item["lang"], item["value"]),
        "args" | "noweb" => return item[part].to_string(),
        _ => {}
    }
    if part == "tangled" {
        return format!("{} {} {}", item["path"], item["mode"], item["text"]);
    }
    let title: Vec<&str> = item["title"].as_str().unwrap_or_default().split_whitespace().collect();
    let tags = item["tags"].as_array().cloned().unwrap_or_default();
    format!("{} {} {} {} {}", item["level"], item["todo"], item["priority"], title.join(" "), Value::from(tags))
}

/// The first place where two lists part, with what stands around it.
fn difference(expected: &[String], got: &[String]) -> String {
    let at = expected.iter().zip(got).position(|(a, b)| a != b).unwrap_or(expected.len().min(got.len()));
    let around = |list: &[String]| {
        let (from, to) = (at.saturating_sub(6).min(list.len()), (at + 8).min(list.len()));
        list.get(from..to).unwrap_or_default().join(" ")
    };
    format!("  Emacs  {}\n  kernel {}\n", around(expected), around(got))
}

/// `case part: reason`, one a line.
fn deviations() -> BTreeMap<(String, String), String> {
    let text = std::fs::read_to_string(folder().join("deviations.txt")).unwrap_or_default();
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    lines
        .map(|line| {
            let (place, reason) = line.split_once(": ").expect("`case part: reason`");
            let (case, part) = place.split_once(' ').expect("`case part: reason`");
            ((case.to_owned(), part.to_owned()), reason.to_owned())
        })
        .collect()
}

const HEAD: &str = "\
# Where the kernel's answer to one of our own cases is not Emacs', on purpose or not yet: `case part: reason`.
# `BLESS=1 cargo test -p oql --test conformance` drops what agrees by now and adds what does not, as `not yet`.
";

#[test]
fn the_kernel_answers_as_emacs_does() {
    let expected = std::fs::read_to_string(folder().join("cases/expected.jsonl")).unwrap();
    let mut lines = expected.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    let entities = lines.next().unwrap()["entities"].clone();
    let known = deviations();
    let (mut differs, mut report, mut all) = (BTreeSet::new(), String::new(), 0);
    for record in lines {
        let name = record["id"].as_str().unwrap();
        let org = std::fs::read_to_string(folder().join("cases").join(name).with_extension("org")).unwrap();
        oql::exercise(&org);
        let got = answer(name, &org);
        for kind in PARTS.into_iter().filter(|p| !part(&record, p).is_null()) {
            all += 1;
            let (a, b) = (shown(kind, part(&record, kind), &entities), shown(kind, part(&got, kind), &entities));
            let key = (name.to_owned(), kind.to_owned());
            if a != b {
                if !known.contains_key(&key) {
                    write!(report, "{name} {kind}\n{}", difference(&a, &b)).unwrap();
                }
                differs.insert(key);
            }
        }
    }
    println!("{} of {all} answers are Emacs'", all - differs.len());
    if std::env::var_os("BLESS").is_some() {
        let line = |key: &(String, String)| {
            let reason = known.get(key).map_or("not yet", String::as_str);
            format!("{} {}: {reason}\n", key.0, key.1)
        };
        let text: String = std::iter::once(HEAD.to_owned()).chain(differs.iter().map(line)).collect();
        return std::fs::write(folder().join("deviations.txt"), text).unwrap();
    }
    for ((case, part), reason) in known.iter().filter(|(key, reason)| !differs.contains(*key) && *reason != "not yet") {
        writeln!(report, "{case} {part} agrees with Emacs, but deviations.txt says: {reason}").unwrap();
    }
    assert!(report.is_empty(), "{report}");
}
