//! The cases of `tests/format/`, each as Org aligns it (`reference.el` there).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

fn formatted(text: &str) -> String {
    let mut out = text.to_owned();
    for edit in oql::format(text).iter().rev() {
        out.replace_range(edit.start as usize..edit.end as usize, &edit.text);
    }
    out
}

#[test]
fn tables_and_drawers_are_as_org_aligns_them() {
    let folder = match std::env::var("FORMAT_CASES") {
        Ok(folder) => folder.into(),
        Err(_) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/format"),
    };
    let mut cases = 0;
    let mut broken = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "org") {
            continue;
        }
        cases += 1;
        let text = fs::read_to_string(&path).unwrap();
        let expect = fs::read_to_string(path.with_extension("out")).unwrap();
        let got = formatted(&text);
        let lines = || expect.lines().zip(got.lines()).filter(|(a, b)| a != b).take(4);
        if got != expect {
            let shown: Vec<String> = lines().map(|(a, b)| format!("expected {a:?}\ngot      {b:?}")).collect();
            broken.push(format!("{}\n{}", path.display(), shown.join("\n")));
        }
        assert_eq!(formatted(&got), got, "{}, again", path.display());
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(formatted(&crlf(&text)), crlf(&got), "{}, CRLF", path.display());
    }
    assert!(cases > 0 && broken.is_empty(), "{} of {cases}\n{}", broken.len(), broken.join("\n\n"));
}
