//! The cases of `tests/prepare`: what GNU Emacs Org makes of its buffer before it exports.
//!
//! `NAME.org` is prepared and compared with `NAME.txt`, which comes out of Emacs (`tests/conformance/prepare.el`); the
//! files it includes are in the folder `files`. Where we do otherwise there is a `NAME.ours.txt` beside it.

use std::path::{Path, PathBuf};

use super::prepared;
use crate::model::{File, RenderOptions};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prepare")
}

/// All files below a folder, by their path from the cases' folder.
fn files(folder: &Path, prefix: &str, out: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{path}/"), out);
        } else {
            out.push(File { text: std::fs::read_to_string(entry.path()).unwrap(), path });
        }
    }
}

#[test]
fn as_emacs_prepares() {
    let mut given = Vec::new();
    files(&directory().join("files"), "files/", &mut given);
    let mut names: Vec<PathBuf> = std::fs::read_dir(directory()).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for path in names.into_iter().filter(|p| p.extension().is_some_and(|e| e == "org")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let plain = !path.file_stem().unwrap().to_string_lossy().starts_with("babel");
        let options = RenderOptions { plain, files: given.clone(), ..RenderOptions::default() };
        let got = prepared(&text, &options, |document| document.text().to_owned());
        let ours = path.with_extension("ours.txt");
        let golden = if ours.exists() { ours } else { path.with_extension("txt") };
        if std::env::var_os("BLESS_OURS").is_some() {
            std::fs::write(path.with_extension("got.txt"), &got).unwrap();
        }
        if std::fs::read_to_string(&golden).unwrap_or_default() != got {
            wrong.push(format!("{}:\n{got}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_to_do_costs_nothing() {
    let text = "* A {{ b }}\n#+begin_src x\ncomment\n#+end_src\n";
    assert!(prepared(text, &RenderOptions::default(), |document| std::ptr::eq(document.text(), text)));
}

/// Texts made to grow: they stop at a size.
#[test]
fn hostile_macros_end() {
    let mut text = String::from("#+MACRO: a0 xxxxxxxxxxxxxxxx\n");
    for i in 1..40 {
        text.push_str(&format!("#+MACRO: a{i} {{{{{{a{}}}}}}}{{{{{{a{}}}}}}}\n", i - 1, i - 1));
    }
    text.push_str(
        "{{{a39}}}\n#+MACRO: loop {{{loop}}}x\n{{{loop}}}\n#+MACRO: p {{{q}}}\n#+MACRO: q {{{p}}}\n{{{p}}}\n",
    );
    assert!(prepared(&text, &RenderOptions::default(), |document| document.text().len()) < 1 << 24);
}
