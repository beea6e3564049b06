//! Every `tests/cases/<case>/deployment.org` with what reading it gives: `expected.txt`, or `error.txt` where it is
//! refused. `BLESS=1 cargo test -p wb-deploy` rewrites both.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wb_deploy::{Issue, Problem, read};

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no case", root.display());
    let bless = std::env::var_os("BLESS").is_some();
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case, bless).err()).collect();
    assert!(failures.is_empty(), "{}\nBLESS=1 rewrites the golden files", failures.join("\n"));
}

fn check(case: &Path, bless: bool) -> Result<(), String> {
    let text =
        fs::read_to_string(case.join("deployment.org")).map_err(|error| format!("{}: {error}", case.display()))?;
    let (name, other, got) = match read(&text) {
        Ok(reading) => {
            let shown = format!("valid — {0}\n{0:#?}\n{1}", reading.deployment, drawn(&text, &reading.warnings));
            ("expected.txt", "error.txt", shown)
        }
        Err(invalid) => ("error.txt", "expected.txt", format!("{invalid}\n\n{}", drawn(&text, &invalid.issues))),
    };
    let golden = case.join(name);
    if bless {
        fs::write(&golden, got).map_err(|error| error.to_string())?;
        let _ = fs::remove_file(case.join(other));
        return Ok(());
    }
    if case.join(other).exists() {
        return Err(format!("{}: expected {other}, got\n{got}", case.display()));
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    if expected == got { Ok(()) } else { Err(format!("{}\nexpected:\n{expected}\ngot:\n{got}", golden.display())) }
}

/// The findings with the line each points at, so that a wrong column is seen in a review.
fn drawn(text: &str, issues: &[Issue]) -> String {
    let mut out = String::new();
    for issue in issues {
        let line = text.lines().nth(issue.at.line as usize - 1).unwrap_or_default().replace('\t', " ");
        let caret = " ".repeat(issue.at.column as usize - 1);
        writeln!(out, "{issue}\n  | {line}\n  | {caret}^").unwrap();
        if let Some(hint) = issue.problem.hint() {
            writeln!(out, "  hint: {hint}").unwrap();
        }
    }
    // As a command must do it before it prints: no finding repeats a secret, but the drawn line would.
    for issue in issues {
        if let Problem::SecretInFile { value, .. } = &issue.problem {
            out = out.replace(value.expose(), "[REDACTED]");
        }
    }
    out
}

/// A reader of a stranger's file must answer whatever it is given.
#[test]
fn every_prefix_and_every_damaged_line_is_answered() {
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/cloud-saas/deployment.org")).unwrap();
    for (at, _) in text.char_indices() {
        let _ = read(&text[..at]);
    }
    for line in 0..text.lines().count() {
        for damage in ["", ":", "::", ":é: ü", "* \u{2003}:deploy:", "#+begin_", ":PROPERTIES:", ":END:", "#+DEPLOY_:"]
        {
            let lines = text.lines().enumerate().map(|(at, was)| if at == line { damage } else { was });
            let _ = read(&lines.collect::<Vec<_>>().join("\n"));
        }
    }
}
