//! The cases of `tests/write-back/`, each with what Babel made of it (`reference.el` there).

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::place::Places;
use super::{Pending, apart, of_block};
use crate::plan::blocks;
use crate::syntax::Document;

/// The text with the values of its JavaScript blocks written.
fn written(text: &str, values: &[Value]) -> String {
    let document = Document::parse(text);
    let places = Places::new(&document);
    let blocks = blocks::collect(&document);
    // A result may be a block itself.
    let is_result = |block: &blocks::SourceBlock| {
        document.elements.get(block.element).is_some_and(|e| document.affiliated(e, "results").is_some())
    };
    let blocks = blocks.iter().filter(|block| block.lang == "js" && !is_result(block));
    let edits = blocks.zip(values).filter_map(|(block, value)| {
        of_block(&document, &places, &Pending { component: "", place: block, block, source: "", value: value.clone() })
    });
    let mut out = text.to_owned();
    for edit in apart(&document, edits.collect()).iter().rev() {
        out.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    out
}

/// The text with every hash replaced by `HASH`.
fn without_hashes(text: &str) -> String {
    let line = |line: &str| match line.split_once("#+RESULTS[") {
        Some((before, rest)) => format!("{before}#+RESULTS[HASH{}", &rest[rest.find(']').unwrap_or(0)..]),
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

#[test]
fn results_are_where_babel_puts_them() {
    let folder = match std::env::var("WRITE_BACK_CASES") {
        Ok(folder) => folder.into(),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/write-back"),
    };
    let mut broken = Vec::new();
    let mut cases = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "org") {
            continue;
        }
        cases += 1;
        let text = fs::read_to_string(&path).unwrap();
        let values: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
        let got = written(&text, &values);
        let expect = fs::read_to_string(path.with_extension("out")).unwrap();
        if without_hashes(&got) != expect {
            broken.push(format!("{}:\n{}", path.display(), difference(&expect, &without_hashes(&got))));
        }
        if !text.contains("pend") && written(&got, &values) != got {
            broken.push(format!("{}, again:\n{}", path.display(), difference(&got, &written(&got, &values))));
        }
        let crlf = |text: &str| text.replace('\n', "\r\n");
        if written(&crlf(&text), &values) != crlf(&got) && text.contains('\n') {
            broken.push(format!("{}: CRLF", path.display()));
        }
    }
    assert!(cases > 0 && broken.is_empty(), "{} of {cases}\n{}", broken.len(), broken.join("\n\n"));
}

/// The first lines that are not the same.
fn difference(expect: &str, got: &str) -> String {
    let at = expect.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str| text.lines().skip(at.saturating_sub(4)).take(12).collect::<Vec<_>>().join("\n");
    format!("expected\n{}\n\ngot\n{}", show(expect), show(got))
}
