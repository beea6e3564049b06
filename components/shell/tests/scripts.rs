//! Scripts with what `bash` and GNU tools print for them (`scripts.txt`, `tools.txt`), and what hostile scripts come to.
//!
//! `reference.sh` made the outputs. Where our shell is meant to differ, the script has a second section with the reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::rc::Rc;

use shell::{Ended, NoDisk, Session, World};

/// Frames of a build without optimisation are many times larger than those of the guest.
const STACK: usize = 512 << 20;

/// Runs a script; a script that is none ends with status 2 and its message.
fn run(script: &str) -> Ended {
    let world = World { disk: Rc::new(NoDisk), log: Rc::new(|_| {}), now: None, seed: Some(1), sleep: Rc::new(|_| {}) };
    let mut session = Session::new(world);
    session.enter("/tmp/x");
    session.run(script, Vec::new()).unwrap_or_else(|error| Ended {
        status: 2,
        stdout: Vec::new(),
        stderr: vec![error.message],
        line: error.line,
        limit: None,
    })
}

fn deep<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

/// A section of output, as the suite writes it.
fn section(ended: &Ended) -> String {
    let output = String::from_utf8_lossy(&ended.stdout);
    let end = if output.is_empty() || output.ends_with('\n') { "" } else { "\n%% without an end\n" };
    format!("{}\n{output}{end}", ended.status)
}

/// Runs every script of a file; the differences from what should come out.
fn differences(text: &str) -> String {
    let mut differences = String::new();
    for case in text.split("%% script\n").skip(1) {
        let (script, expect) = case.split_once("%% prints, status ").unwrap();
        // What is meant to differ has a section with its reason, which stands first.
        let expect = match expect.split_once("%% here, ") {
            Some((_, here)) => here.split_once("status ").unwrap().1,
            None => expect,
        };
        let found = section(&run(script));
        if found != expect {
            write!(differences, "{script}--- expected\n{expect}--- found\n{found}--- end\n").unwrap();
        }
    }
    differences
}

#[test]
fn scripts_print_what_bash_and_its_tools_print() {
    let found = ["scripts.txt", "tools.txt"].map(|name| {
        let text = std::fs::read_to_string(format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        deep(move || differences(&text))
    });
    let found = found.concat();
    assert!(found.is_empty(), "{found}");
}

/// What a script comes to: its limit, or the last line of its log.
fn end(script: String) -> String {
    let ended = deep(move || run(&script));
    ended.limit.or_else(|| ended.stderr.last().cloned()).unwrap_or_else(|| format!("status {}", ended.status))
}

#[test]
fn hostile_scripts_end_with_words() {
    let nested = |open: &str, close: &str| format!("{}echo{}", open.repeat(100_000), close.repeat(100_000));
    let cases = [
        (nested("( ", ")"), "more than 120 constructs within each other"),
        (nested("$(", ")"), "more than 120 constructs within each other"),
        (nested("{ ", "; }"), "more than 120 constructs within each other"),
        (
            format!("echo $(( {}1{} ))", "(".repeat(100_000), ")".repeat(100_000)),
            "line 1: arithmetic: more than 100 brackets within each other",
        ),
        (format!("echo $(( {}1 ))", "-".repeat(100_000)), "line 1: arithmetic: too many signs"),
        (
            format!("test {} a {}", "\\( ".repeat(5_000), "\\) ".repeat(5_000)),
            "line 1: test: too many brackets within each other",
        ),
        ("f() { f; }; f".to_owned(), "more than 200 calls and subshells within each other"),
        ("f() { f | f; }; f".to_owned(), "more than 200 calls and subshells within each other"),
        ("f() { $(f); }; f".to_owned(), "more than 200 calls and subshells within each other"),
        ("x='eval \"$x\"'; eval \"$x\"".to_owned(), "more than 200 calls and subshells within each other"),
        (format!("echo {}", "{a,b}".repeat(40)), "a brace expansion makes more than 100000 words"),
        ("echo {1..100000000}".to_owned(), "a brace expansion makes more than 100000 words"),
        ("x=$(yes)".to_owned(), "more than 64 MiB of output"),
        ("yes".to_owned(), "more than 64 MiB of output"),
        ("yes > /tmp/f".to_owned(), "line 1: yes: No space left: files in memory have 64 MiB together"),
        ("x=y; y=x; echo $((x))".to_owned(), "line 1: y: the expression refers to itself"),
        (
            format!("echo {} | jq -c . ", "[".repeat(10_000)),
            "line 1: jq: the input has more than 200 brackets within each other",
        ),
        (
            format!("jq -n '{}'", "[".repeat(10_000)),
            "line 1: jq: the filter has more than 200 brackets within each other",
        ),
        (
            format!("awk 'BEGIN {{ x = {}1 }}'", "(".repeat(10_000)),
            "line 1: awk: more than 150 constructs within each other",
        ),
        (
            "awk 'function f(x) { return f(x) } BEGIN { f(1) }'".to_owned(),
            "`awk` has more than 150 calls within each other",
        ),
        (
            format!("grep -E '{}' /dev/null", "(".repeat(10_000)),
            "line 1: grep: a group is not closed in the regular expression",
        ),
        (
            "echo | grep -E '((((a{1,99}){1,99}){1,99}){1,99})'".to_owned(),
            "line 1: grep: the regular expression is not understood: it is too large",
        ),
        ("sleep 1 & wait".to_owned(), "there are no processes here, so nothing can run in the background with `&`"),
        (
            "curl example.com".to_owned(),
            "line 1: curl: command not found; there is no network in this shell; take the data as an input",
        ),
        (
            "date".to_owned(),
            "line 1: date: the clock was not granted; add `:caps: clock` to the drawer, or give a time with `-d`",
        ),
        ("cat /etc/passwd".to_owned(), "line 1: cat: /etc/passwd: No such file or directory"),
    ];
    for (script, expect) in cases {
        let shown: String = script.chars().take(60).collect();
        assert_eq!(end(script), expect, "{shown}");
    }
}

#[test]
fn pipes_hold_little_whatever_goes_through() {
    for (script, expect) in [
        ("yes | head -1", "y\n"),
        ("yes | while read x; do echo $x; break; done", "y\n"),
        ("while :; do echo x; done | head -2", "x\nx\n"),
        ("seq 300000 | sort -rn | tail -1", "1\n"),
        ("seq 200000 | awk '{ s += $1 } END { print s }'", "20000100000\n"),
        ("yes abcdefgh | head -100000 | tr a-h A-H | uniq -c | sed 's/^ *//'", "100000 ABCDEFGH\n"),
    ] {
        let ended = deep(move || run(script));
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), expect, "{script}");
    }
}
