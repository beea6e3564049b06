//! `wb watch`: saves in every form editors have, and what is run after each.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use common::{Place, Running, book, node};

fn chain(add: u32) -> String {
    book(&[
        node("A", &["in: start=1", "out: a"], "export const a = (start) => start;"),
        node("B", &["in: a", "out: b"], &format!("export const b = (a) => a + {add};")),
        node("C", &["in: a", "out: c"], "export const c = (a) => -a;"),
    ])
}

/// As most editors save: another file, renamed.
fn save(place: &Place, name: &str, text: &str) {
    let path = place.folder.path();
    fs::write(path.join(".saving"), text).unwrap();
    fs::rename(path.join(".saving"), path.join(name)).unwrap();
}

fn watch(place: &Place, more: &[&str]) -> Running {
    let running = Running::start(place.command(&[&["watch", "book.org"], more].concat()), b"");
    running.until("watching `book.org`; Ctrl-C ends");
    running
}

fn end(running: Running) -> common::Ran {
    running.signal(libc::SIGINT);
    running.wait().exits(0)
}

#[test]
fn a_save_runs_what_it_changes() {
    let place = Place::with(&chain(1));
    let running = watch(&place, &[]);
    running.until("3 components: 3 run");
    save(&place, "book.org", &chain(10));
    running.until("✓ test/b");
    running.until("b = 11");
    running.until("3 components: 1 run, 2 unchanged");
    // In place, as some editors do.
    place.folder.write("book.org", chain(20));
    running.until("b = 21");
    // Bursts: what counts is the last of it.
    for add in 21..=30 {
        save(&place, "book.org", &chain(add));
    }
    running.until("b = 31");
    // Prose is nobody's code, and the results are what they were.
    save(&place, "book.org", &format!("Prose.\n\n{}", chain(30)));
    running.until("3 components: 3 unchanged");
    let ran = end(running);
    // Only what changed was printed, once.
    assert!(ran.stdout.starts_with("b: 2\nc: -1\nb: 11\nb: 21\n"), "{}", ran.brief());
    assert!(ran.stdout.ends_with("b: 31\n") && ran.stdout.matches("c: ").count() == 1, "{}", ran.brief());
}

#[test]
fn errors_are_shown_and_waited_out() {
    let place = Place::with(&chain(1));
    let running = watch(&place, &[]);
    save(&place, "book.org", &chain(1).replace(":in: a\n", ":in: a:nonsense\n"));
    running.until("error[WB208]");
    save(&place, "book.org", &chain(1).replace("a + 1", "a +"));
    running.until("unexpected token");
    save(&place, "book.org", &chain(1).replace("a + 1", "a.b.c"));
    running.until("error[failed]");
    save(&place, "book.org", "");
    running.until("has no components");
    fs::remove_file(place.folder.path().join("book.org")).unwrap();
    running.until("no such file");
    save(&place, "book.org", &chain(2));
    running.until("b = 3");
    end(running);
    // What is not there from the start is a mistake.
    place.wb(&["watch", "other.org"]).exits(4).complains(&["no such file: `other.org`"]);
    place.wb(&["watch", "-"]).exits(2).complains(&["standard input cannot be watched"]);
}

#[test]
fn other_files_it_depends_on_are_watched() {
    let text = format!("{}** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n", chain(1));
    let tool = |n: u32| {
        let text = format!(
            "(component (core module $m (func (export \"tool\") (result i32) i32.const {n})) (core instance $i (instantiate $m))
            (func (export \"tool\") (result u32) (canon lift (core func $i \"tool\"))))"
        );
        wat::parse_str(text).unwrap()
    };
    let place = Place::with(&text);
    place.folder.write("tool.wasm", tool(1)).write("start.json", "5");
    let running = watch(&place, &["--in", "start=@start.json"]);
    running.until("n = 1");
    running.until("b = 6");
    place.folder.write("start.json", "6");
    running.until("b = 7");
    place.folder.write("tool.wasm", tool(2));
    running.until("n = 2");
    place.folder.write("unrelated.txt", "nobody cares");
    place.folder.write("tool.wasm", tool(3));
    running.until("n = 3");
    let ran = end(running);
    assert_eq!(ran.stderr.matches("components: ").count(), 4, "{}", ran.brief());
}

#[test]
fn a_save_ends_the_run_that_is_under_way() {
    let spin = book(&[
        node("Quick", &["out: q"], "export const q = () => 'reached';"),
        node("Spin", &["in: q", "out: s"], "export const s = (q) => { for (;;); };"),
    ]);
    let place = Place::with(&chain(1));
    let running = watch(&place, &["--jobs", "1"]);
    save(&place, "book.org", &spin);
    // One job and one piece: whoever comes next is spinning.
    running.until("q = \"reached\"");
    save(&place, "book.org", &chain(7));
    running.until("test/spin cancelled");
    running.until("b = 8");
    end(running);
}

#[test]
fn json_has_a_line_per_turn() {
    let place = Place::with(&chain(1));
    let running = Running::start(place.command(&["watch", "book.org", "--json"]), b"");
    running.until("watching");
    save(&place, "book.org", &chain(5));
    running.until("b = 6");
    running.until("1 run, 2 unchanged");
    let ran = end(running);
    let lines: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{}", ran.brief());
    assert_eq!(lines[1]["changed"], serde_json::json!([{ "name": "b", "value": 6 }]));
    assert_eq!(lines[1]["ok"], true);
}
