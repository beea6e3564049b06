//! Composed artifacts under a runtime that is not ours: stock `wasmtime`.
//!
//! `.ci/run` installs it. Where it cannot be had these tests say so and check what can be checked without it.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Place, repository};

const WASMTIME: &str = "wasmtime";

/// Composes an example and answers where the component is.
fn compose(place: &Place, example: &str, target: &str) -> PathBuf {
    let book = repository().join("examples").join(example);
    let out = place.folder.path().join(format!("{example}.{target}.wasm"));
    let args = ["compose", book.to_str().unwrap(), "--target", target, "-o", out.to_str().unwrap()];
    let output =
        Command::new(common::WB).args(args).env("WB_CACHE_DIR", place.folder.path().join("cache")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// Runs stock wasmtime; `None`, with the reason printed, where there is none.
fn stock(args: &[&str], stdin: &str) -> Option<(bool, String, String)> {
    let mut command = Command::new(WASMTIME);
    command.arg("run").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: no stock `wasmtime` on PATH ({error}); `.ci/run` installs it");
            return None;
        }
    };
    // A program that reads nothing may be gone before it was written to.
    drop(std::io::Write::write_all(&mut child.stdin.take().unwrap(), stdin.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((output.status.success(), text(&output.stdout), text(&output.stderr)))
}

fn succeeds(args: &[&str], stdin: &str, expected: &str) {
    if let Some((success, stdout, stderr)) = stock(args, stdin) {
        assert!(success, "{stderr}");
        assert_eq!(stdout.trim_end(), expected);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_program_takes_inputs_from_arguments_stdin_and_defaults() {
    let place = Place::new();
    let program = compose(&place, "hello.org", "run");
    succeeds(&[text(&program)], "", r#"{"greeting":"hello, world!"}"#);
    succeeds(&[text(&program), "name=Ada"], "", r#"{"greeting":"hello, Ada!"}"#);
    succeeds(&[text(&program), "-"], r#"{"name": "Grace"}"#, r#"{"greeting":"hello, Grace!"}"#);
    if let Some((success, stdout, stderr)) = stock(&[text(&program), "nonsense"], "") {
        assert!(!success && stdout.is_empty());
        assert!(stderr.contains("the argument `nonsense` is not `name=value`"), "{stderr}");
    }
}

#[test]
fn a_program_without_a_value_says_which_and_runs_nothing() {
    let place = Place::new();
    let program = compose(&place, "older.org", "run");
    if let Some((success, stdout, stderr)) = stock(&[text(&program)], "") {
        assert!(!success && stdout.is_empty());
        assert!(stderr.contains("input `text` (json) has no value; give `text=…`"), "{stderr}");
    }
}

#[test]
fn the_same_workbook_gives_the_same_results_here_and_there() {
    let place = Place::new();
    for (example, argument) in
        [("older.org", Some("text=hello world")), ("sales.org", None), ("orders.org", None), ("polyglot.org", None)]
    {
        let program = compose(&place, example, "run");
        let mut args = vec![text(&program)];
        args.extend(argument);
        let Some((success, stdout, stderr)) = stock(&args, "") else { return };
        assert!(success, "{example}: {stderr}");
        let theirs: serde_json::Value = serde_json::from_str(&stdout).unwrap();

        let book = repository().join("examples").join(example);
        let mut command = Command::new(common::WB);
        command.args(["run", "--json", "-q", text(&book)]).env("WB_CACHE_DIR", place.folder.path().join("cache"));
        if let Some(argument) = argument {
            command.args(["--in", argument]);
        }
        let output = command.output().unwrap();
        let ours: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(ours["exports"], theirs, "{example}");
    }
}

#[test]
fn a_library_exports_typed_functions() {
    let place = Place::new();
    let library = compose(&place, "hello.org", "library");
    succeeds(&["--invoke", "greeting()", text(&library)], "", r#"ok("\"hello, world!\"")"#);
}

#[test]
fn equal_input_gives_equal_bytes() {
    let (one, other) = (Place::new(), Place::new());
    for target in ["run", "library"] {
        let bytes = |place| std::fs::read(compose(place, "sales.org", target)).unwrap();
        assert!(bytes(&one) == bytes(&other), "{target}");
    }
}
