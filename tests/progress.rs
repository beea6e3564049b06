//! What a person at a terminal sees while a workbook runs, through a real pseudo-terminal, and that nobody else sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod common;

use std::process::{Command, Stdio};

use common::{Place, WB, book, node};

const CLEAR: &str = "\r\x1b[K";

fn place() -> Place {
    let slow =
        "export function one() { let n = 0; for (let i = 0; i < 200000; i++) n += i; console.log('hello'); return n; }";
    Place::with(&book(&[
        node("One", &["out: a:f64"], slow),
        node("Two", &["in: a:f64", "out: b:f64"], "export function two(a) { return a + 1; }"),
    ]))
}

/// Runs `wb` with a terminal as its output and error; nothing where there is no `script` of util-linux.
fn on_a_terminal(place: &Place, arguments: &str) -> Option<String> {
    let probe = Command::new("script").arg("--version").output().ok();
    if !probe.is_some_and(|probe| String::from_utf8_lossy(&probe.stdout).contains("util-linux")) {
        println!("skipped: there is no `script` of util-linux to make a terminal");
        return None;
    }
    let like = place.command(&[]);
    let mut command = Command::new("script");
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let line = format!("{WB} {arguments}");
    let ran = command
        .args(["-qec", line.as_str(), "/dev/null"])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(place.folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{text}");
    Some(text)
}

#[test]
fn a_terminal_shows_what_runs_and_how_much_is_done_and_is_clean_at_the_end() {
    let place = place();
    let Some(text) = on_a_terminal(&place, "run --fresh book.org") else { return };
    let (one, two) = ("0 of 2 done · test/one", "1 of 2 done · test/two");
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no `{part}`: {text:?}"));
    assert!(at(one) < at("✓ test/one") && at("✓ test/one") < at(two) && at(two) < at("✓ test/two"), "{text:?}");
    // The log and the step's line replace the progress: nothing is written behind it.
    assert!(text.contains(&format!("{one}{CLEAR}")) && text.contains(&format!("{two}{CLEAR}")), "{text:?}");
    assert!(!text[at("✓ test/two")..].contains(" of 2 done"), "{text:?}");
}

#[test]
fn a_quiet_run_json_and_a_pipe_have_none_of_it() {
    let place = place();
    for arguments in ["run --fresh -q book.org", "--json run --fresh book.org"] {
        let Some(text) = on_a_terminal(&place, arguments) else { break };
        assert!(!text.contains(CLEAR) && !text.contains(" done ·"), "{text:?}");
    }
    let ran = place.wb(&["run", "--fresh", "book.org"]).exits(0);
    assert!(!ran.stderr.contains('\r') && !ran.stderr.contains(" done ·"), "{ran:?}");
}
