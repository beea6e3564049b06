//! What a run leaves behind: it can be listed, made again, and gone on with after the process was killed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Place, Running, book, node};
use serde_json::Value;

fn runs(place: &Place) -> Vec<Value> {
    let ran = place.wb(&["runs", "--json"]).exits(0);
    serde_json::from_str::<Value>(&ran.stdout).unwrap().as_array().unwrap().clone()
}

/// A component that gives the seconds of the wall clock.
const CLOCK: &str = include_str!("run/cases/component-is-granted-the-clock/clock.wat");

/// The same with nanoseconds, which are never the same twice.
fn nanoseconds() -> Vec<u8> {
    let text = CLOCK.replace("(i64.load (i32.const 16))", "(i64.load32_u (i32.const 24))");
    assert_ne!(text, CLOCK);
    wat::parse_str(text).unwrap()
}

#[test]
fn a_replay_has_the_inputs_the_time_and_the_random_numbers_of_the_run() {
    let place = Place::with(&book(&[
        node(
            "A",
            &["in: start", "out: a", "caps: clock random"],
            "export const a = (start) => [start, Date.now(), Math.random()];",
        ),
        node("B", &["in: a", "out: b"], "export const b = (a) => a[0] + 1;"),
        node("Bad", &["in: b", "out: c"], "export const c = () => { throw new Error('no'); };"),
        node("After", &["in: c", "out: d"], "export const d = (c) => c;"),
        "** Now\n:PROPERTIES:\n:out: now:u64\n:caps: clock\n:component: now.wasm\n:END:\n".to_owned(),
    ]));
    place.folder.write("now.wasm", nanoseconds());
    let first = place.json(&["--in", "start=41"]);
    // The file may have gone on meanwhile: what is replayed is what was run.
    place.folder.write("book.org", "* Nothing\n");
    for run in [first["run"].as_str().unwrap(), "last"] {
        let ran = place.wb(&["replay", run, "--json"]).exits(0);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&said["ok"], &said["compared"], &said["same"]), (&true.into(), &5.into(), &5.into()), "{said}");
        let run = said["replay"].as_str().unwrap();
        let steps = place.steps();
        let of = |run: &str, id: &str| {
            let step = steps.iter().flatten().find(|step| step["run"] == run && step["component"] == id);
            step.map(|step| (step["output"].clone(), step["clock"].clone(), step["cached"].clone())).unwrap()
        };
        for id in ["test/a", "test/now"] {
            assert_eq!(of(run, id), of(first["run"].as_str().unwrap(), id));
        }
    }
    assert_eq!(runs(&place).len(), 3);
}

#[test]
fn a_replay_says_what_differs_first_and_why() {
    let place = Place::with(&book(&[
        "** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n".to_owned(),
        node("After", &["in: n:u32", "out: m"], "export const m = (n) => n + 1;"),
    ]));
    let tool = |n: u32| {
        let text = format!(
            "(component (core module $m (func (export \"tool\") (result i32) i32.const {n})) (core instance $i (instantiate $m))
            (func (export \"tool\") (result u32) (canon lift (core func $i \"tool\"))))"
        );
        wat::parse_str(text).unwrap()
    };
    place.folder.write("tool.wasm", tool(1));
    place.wb(&["run", "book.org"]).exits(0);
    place.wb(&["replay", "last"]).exits(0).complains(&["reproduced ", "2 of 2 components the same"]);
    place.folder.write("tool.wasm", tool(2));
    let run = runs(&place)[1]["run"].as_str().unwrap().to_owned();
    let ran = place.wb(&["replay", &run]).exits(5);
    assert!(ran.stdout.ends_with("book.org:5:1: `test/tool`: `n` was `1`, is `2`\n"), "{}", ran.brief());
    ran.complains(&["hint: its code is not what it was", "0 of 2 components the same, 2 differ"]);
    place.wb(&["replay", "nonsense"]).exits(4).complains(&["no record of a run `nonsense`", "wb runs"]);
    // What the store has lost cannot be replayed, and says so.
    place.wb(&["cache", "clear"]).exits(0);
    place.wb(&["replay", &run]).exits(4).complains(&["is no longer in the store"]);
}

#[test]
fn a_killed_run_is_gone_on_with_and_nothing_finished_is_done_again() {
    const COMPONENTS: usize = 10;
    let nodes: Vec<String> = (0..COMPONENTS)
        .map(|i| {
            let input = if i == 0 { "in: start".to_owned() } else { format!("in: v{}", i - 1) };
            // Half of them are never kept for other runs, so that only the record knows of them.
            let caps = if i % 2 == 0 { "caps: clock random" } else { "title: pure" };
            let code = "export const f = (v) => { const end = 4e5; for (let i = 0; i < end; i++); return v + 1; };";
            node(&format!("N{i}"), &[&input, &format!("out: v{i}"), caps], code)
        })
        .collect();
    let place = Place::with(&book(&nodes));
    // The first run is warm in no way; it is killed like the others.
    let mut kills = 0;
    let mut wait = 40;
    let result = loop {
        // Killed before it was on record, a run was never there.
        let resume: &[&str] = if runs(&place).is_empty() { &["--in", "start=100"] } else { &["--resume"] };
        let running = Running::start(place.command(&[&["run", "book.org", "--jobs", "1"], resume].concat()), b"");
        let ran = running.wait_at_most(Duration::from_millis(wait));
        match ran.exit {
            0 => break ran,
            137 => kills += 1,
            other => panic!("{other}: {}", ran.brief()),
        }
        // Points of time that hit start-up, composing and every component, the same on every machine and never the last.
        wait = 40 + (wait * 7 + 13) % 400 + kills;
    };
    assert_eq!(result.stdout, format!("{}\n", 100 + COMPONENTS));
    assert!(kills > 0, "nothing was killed");
    let mut finished: BTreeMap<String, usize> = BTreeMap::new();
    for step in place.steps().iter().flatten().filter(|step| step["exit_code"] == 0 && step["cached"] == false) {
        *finished.entry(step["component"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(finished.values().all(|times| *times == 1), "something ran twice: {finished:?}");
    let all = runs(&place);
    assert_eq!(all[0]["status"], "done");
    assert!(all[1..].iter().all(|run| run["status"] == "killed"), "{all:?}");
    // Once more changes nothing: there is nothing left.
    let ran = place.wb(&["run", "book.org", "--resume"]).exits(0);
    ran.complains(&[&format!("{COMPONENTS} unchanged")]);
}

#[test]
fn what_was_changed_since_runs_again() {
    let text = |value: u32| {
        book(&[
            node("A", &["in: start", "out: a", "caps: clock"], "export const a = (start) => start;"),
            node("B", &["in: a", "out: b", "caps: clock"], &format!("export const b = (a) => a + {value};")),
        ])
    };
    let place = Place::with(&text(1));
    place.wb(&["run", "book.org", "--resume", "--in", "start=1"]).exits(0).complains(&["no earlier run of `book.org`"]);
    place.folder.write("book.org", text(2));
    let run = place.json(&["--resume"]);
    assert_eq!(run["exports"]["b"], 3);
    let cached: Vec<&Value> = run["components"].as_array().unwrap().iter().map(|each| &each["cached"]).collect();
    assert_eq!(cached, [true, false]);
    // Another value for the input is another run.
    let run = place.json(&["--resume", "--in", "start=2"]);
    assert_eq!((&run["exports"]["b"], &run["components"][0]["cached"]), (&4.into(), &false.into()));
    place.wb(&["run", "book.org", "--resume=nonsense"]).exits(4).complains(&["no record of a run"]);
}

#[test]
fn runs_are_listed_newest_first() {
    let place = Place::with(&book(&[node(
        "A",
        &["in: n", "out: a"],
        "export const a = (n) => { if (n) throw n; return n; };",
    )]));
    place.wb(&["runs"]).exits(0).complains(&["no runs on record"]);
    place.wb(&["run", "book.org", "--in", "n=0"]).exits(0);
    place.wb(&["run", "book.org", "--in", "n=1"]).exits(1);
    let all = runs(&place);
    assert_eq!(all.iter().map(|run| run["status"].as_str().unwrap()).collect::<Vec<_>>(), ["failed", "done"]);
    let ran =
        place.wb(&["runs", "book.org", "-n", "1"]).exits(0).prints(&["failed", "book.org", "1 component: 1 failed"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    assert!(place.wb(&["runs", "other.org"]).exits(0).stdout.is_empty());
}
