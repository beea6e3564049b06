//! The cases of `tests/tangle/`, each with the files that `org-babel-tangle` made of it (`reference.el` there).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

#[test]
fn files_are_those_of_emacs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/tangle");
    let mut cases = 0;
    let mut broken = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "org") {
            continue;
        }
        cases += 1;
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let mut got = String::new();
        for file in oql::tangle_files(&text, &format!("/place/{name}")) {
            got.push_str(&format!("==== {} {:o}\n{}", file.path, file.mode.unwrap_or(0o644), file.text));
        }
        let expect = fs::read_to_string(path.with_extension("files")).unwrap();
        if got != expect {
            broken.push(format!("{name}:\n{}", difference(&expect, &got)));
        }
    }
    assert!(cases > 0 && broken.is_empty(), "{}", broken.join("\n\n"));
}

/// The first lines that are not the same.
fn difference(expect: &str, got: &str) -> String {
    let at = expect.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str| text.lines().skip(at.saturating_sub(3)).take(9).collect::<Vec<_>>().join("\n");
    format!("expected\n{}\n\ngot\n{}", show(expect), show(got))
}
