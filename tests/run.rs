//! `wb run`, end to end: the real binary over every example and over golden cases.
//!
//! A case is a folder in `tests/run/cases/`, named after the behaviour: `book.org`, `cmd` with one command a line, and
//! what they print and how they exit in `stdout`, `stderr` and `exit`. Other files and folders are beside the workbook;
//! `stdin` is fed to it, and every `x.wat` is there as `x.wasm` as well. `BLESS=1` rewrites, `CASE=part` picks.
//!
//! A case with a file `bug` says what should be printed and is not: its `stdout` and `exit` are written by hand, and the
//! test fails as soon as they come true, so that the file goes away with the bug.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use common::{Place, Ran, Running, golden, normalise, repository};
use serde_json::{Value, json};

/// What a case says rather than lays out.
const GOLDEN: &[&str] = &["cmd", "stdin", "stdout", "stderr", "exit", "bug"];

/// The examples with the commands of `examples/README.md`.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("hello", &["--in", "name=Ada"]),
    ("sales", &[]),
    ("chart", &[]),
    ("orders", &[]),
    ("invoice", &[]),
    ("polyglot", &["--in", "monthly=250", "--in", "years=20"]),
    ("failing", &[]),
    ("older", &["--in", "text=hello world"]),
    ("tested", &[]),
    ("shell", &[]),
];

/// Examples that need a download, with the test that runs them.
const ELSEWHERE: &[&str] = &["primes", "scores", "signal"];

#[test]
fn examples() {
    let mut differences = Vec::new();
    for (name, inputs) in EXAMPLES {
        let (place, ran) = example(name, inputs, &[]);
        assert!(!ran.stderr.contains("panicked at"), "{name}: {}", ran.brief());
        let golden_files = repository().join("tests/run/examples").join(name);
        fs::create_dir_all(&golden_files).unwrap();
        golden(&golden_files.join("stdout"), &normalise(&ran.stdout, &place), &mut differences);
        golden(&golden_files.join("stderr"), &normalise(&ran.stderr, &place), &mut differences);
        golden(&golden_files.join("exit"), &format!("{}\n", ran.exit), &mut differences);
    }
    assert!(differences.is_empty(), "{}\nBLESS=1 accepts what is printed now", differences.join("\n"));
}

#[test]
fn one_store_per_component_gives_the_same_results() {
    for (name, inputs) in EXAMPLES {
        let results = |more: &[&str]| {
            let ran = example(name, inputs, &[&["--json"], more].concat()).1;
            let run: Value = serde_json::from_str(&ran.stdout).unwrap();
            let components = run["components"].as_array().unwrap();
            let of = |c: &Value| json!([c["id"], c["status"], c["outputs"], c["error"], c["log"], c["cause"]]);
            (ran.exit, run["exports"].clone(), components.iter().map(of).collect::<Vec<_>>())
        };
        assert_eq!(results(&[]), results(&["--isolate"]), "{name}");
        assert_eq!(results(&[]), results(&["--jobs", "4"]), "{name}");
    }
}

#[test]
fn every_example_is_in_the_readme_and_lints_without_errors() {
    let folder = repository().join("examples");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".org") else { continue };
        let known = EXAMPLES.iter().any(|(known, _)| *known == stem) || ELSEWHERE.contains(&stem);
        assert!(known, "`{name}` is not in EXAMPLES");
        assert!(readme.contains(&format!("wb run examples/{name}")), "`{name}` has no command in examples/README.md");
        assert!(fs::read_to_string(entry.path()).unwrap().lines().count() < 120, "`{name}` is long for an example");
        Place::new().wb(&["validate", &entry.path().to_string_lossy()]).exits(0);
    }
}

/// Runs an example in a place of its own.
fn example(name: &str, inputs: &[&str], more: &[&str]) -> (Place, Ran) {
    let place = Place::new();
    place.folder.write("book.org", fs::read(repository().join("examples").join(name).with_extension("org")).unwrap());
    let jobs: &[&str] = if more.contains(&"--jobs") { &[] } else { &["--jobs", "1"] };
    let ran = place.wb(&[&["run", "book.org"], jobs, inputs, more].concat());
    (place, ran)
}

/// A component of a workbook under test.
fn node(title: &str, input: &str, output: &str, code: &str) -> String {
    let language = if code.starts_with('(') { "wat" } else { "javascript" };
    let drawer: String = [("in", input), ("out", output)]
        .iter()
        .filter(|(_, ports)| !ports.is_empty())
        .map(|(key, ports)| format!(":{key}: {ports}\n"))
        .collect();
    format!("** {title}\n:PROPERTIES:\n{drawer}:END:\n#+begin_src {language}\n{code}\n#+end_src\n")
}

fn book(nodes: &[String]) -> String {
    format!("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{}", nodes.concat())
}

/// What became of each component: `a done`, `b cached`, `c failed`.
fn fates(run: &Value) -> Vec<String> {
    let of = |component: &Value| {
        let word = if component["cached"] == true { "cached" } else { component["status"].as_str().unwrap() };
        format!("{} {word}", component["id"].as_str().unwrap().rsplit('/').next().unwrap())
    };
    run["components"].as_array().unwrap().iter().map(of).collect()
}

/// The diamond `a → b, c → d` with `e` beside it.
fn diamond(b: &str) -> String {
    book(&[
        node("A", "start=1", "a", "export const a = (start) => start;"),
        node("B", "a", "b", &format!("export const b = (a) => {b};")),
        node("C", "a", "c", "export const c = (a) => a * 10;"),
        node("D", "b c", "d", "export const d = (b, c) => [b, c];"),
        node("E", "", "e", "export const e = () => 'beside';"),
    ])
}

#[test]
fn an_edit_runs_its_cone_and_nothing_else() {
    let place = Place::with(&diamond("a + 1"));
    assert_eq!(fates(&place.json(&[])), ["a done", "b done", "c done", "d done", "e done"]);
    assert_eq!(fates(&place.json(&[])), ["a cached", "b cached", "c cached", "d cached", "e cached"]);
    place.folder.write("book.org", diamond("a + 2"));
    let run = place.json(&[]);
    assert_eq!(fates(&run), ["a cached", "b done", "c cached", "d done", "e cached"]);
    assert_eq!(run["exports"], json!({ "d": [3, 10], "e": "beside" }));
    // Prose is nobody's code.
    place.folder.write("book.org", format!("Some prose.\n\n{}\nMore prose.\n", diamond("a + 2")));
    assert_eq!(fates(&place.json(&[])), ["a cached", "b cached", "c cached", "d cached", "e cached"]);
    let run = place.json(&["--in", "start=5"]);
    assert_eq!(fates(&run), ["a done", "b done", "c done", "d done", "e cached"]);
    assert_eq!(run["exports"]["d"], json!([7, 50]));
    assert_eq!(fates(&place.json(&["--fresh"])), ["a done", "b done", "c done", "d done", "e done"]);
}

#[test]
fn a_module_that_changes_runs_what_imports_it() {
    let module = |path: &str, code: &str| format!("** {path}\n#+begin_src js :tangle {path}\n{code}\n#+end_src\n");
    let book = |factor: u32| {
        book(&[
            module("lib/factor.js", &format!("export const factor = {factor};")),
            module("lib/times.js", "import { factor } from './factor.js';\nexport const times = (n) => n * factor;"),
            node("A", "n=5", "a", "import { times } from './lib/times.js';\nexport const a = (n) => times(n);"),
            node("B", "n=5", "b", "export const b = (n) => n + 1;"),
        ])
    };
    let place = Place::with(&book(2));
    assert_eq!(fates(&place.json(&[])), ["a done", "b done"]);
    assert_eq!(fates(&place.json(&[])), ["a cached", "b cached"]);
    place.folder.write("book.org", book(3));
    let run = place.json(&[]);
    assert_eq!(fates(&run), ["a done", "b cached"]);
    assert_eq!(run["exports"], json!({ "a": 15, "b": 6 }));
}

#[test]
fn a_trap_in_the_middle_loses_nothing_and_repeats_nothing() {
    let logged = |name: &str, input: &str, value: &str| {
        node(
            name,
            input,
            &format!("{}:s32", name.to_lowercase()),
            &format!("export const f = (...all) => {{ console.log('ran'); return {value}; }};"),
        )
    };
    let book = book(&[
        logged("A", "", "1"),
        logged("B", "a:s32", "all[0] + 1"),
        node("Trap", "a:s32", "t:s32", "(module (func (export \"trap\") (param i32) (result i32) unreachable))"),
        logged("C", "b:s32", "all[0] + 1"),
        logged("D", "c:s32 a:s32", "all[0] + all[1]"),
        logged("After", "t:s32", "0"),
    ]);
    for arguments in [&[][..], &["--isolate"], &["--jobs", "1"]] {
        let place = Place::with(&book);
        let run = place.json(arguments);
        assert_eq!(fates(&run), ["a done", "b done", "trap failed", "c done", "d done", "after skipped"]);
        assert_eq!(run["exports"], json!({ "d": 4 }));
        assert_eq!(run["ok"], false);
        assert_eq!(run["components"][2]["error"]["kind"], "trap");
        assert_eq!(run["components"][5]["cause"], "test/trap");
        // One record each, and whoever ran said so once.
        let steps = &place.steps()[0];
        for name in ["a", "b", "trap", "c", "d", "after"] {
            let of: Vec<&Value> = steps.iter().filter(|step| step["component"] == format!("test/{name}")).collect();
            assert_eq!(of.len(), 1, "{name}: {steps:?}");
            let ran = !["trap", "after"].contains(&name);
            assert_eq!(of[0]["log"].as_array().map_or(0, Vec::len), usize::from(ran), "{name}: {of:?}");
            assert_eq!(of[0]["run"], run["run"]);
        }
        // What finished is known next time, although the run failed.
        let again = place.json(arguments);
        assert_eq!(fates(&again), ["a cached", "b cached", "trap failed", "c cached", "d cached", "after skipped"]);
    }
}

#[test]
fn every_way_to_fail_leaves_the_rest_of_its_island_alone() {
    let mut spin = node("Spin", "a:s32", "s:s32", "export const f = (a) => { for (;;); };");
    spin = spin.replace(":END:", ":timeout: 300ms\n:END:");
    let mut hog = node(
        "Hog",
        "a:s32",
        "h:s32",
        "export const f = (a) => { const all = []; for (;;) all.push(new Array(1e5).fill(a)); };",
    );
    hog = hog.replace(":END:", ":memory: 32MiB\n:END:");
    let book = book(&[
        node("A", "", "a:s32", "export const f = () => { console.log('ran'); return 1; };"),
        spin,
        hog,
        node("Deep", "a:s32", "d:s32", "export const deep = (a) => 1 + deep(a);"),
        node("Throws", "a:s32", "t:s32", "export const f = (a) => { throw new Error('no'); };"),
        node("Nothing", "a:s32", "n:s32", "export const f = (a) => {};"),
        node("Uneven", "a:s32", "u:u8", "export const f = (a) => a * 1000;"),
        node("Last", "a:s32", "z:s32", "export const f = (a) => { console.log('ran'); return a + 1; };"),
    ]);
    let place = Place::with(&book);
    let run = place.json(&["--jobs", "1"]);
    let kind = |index: usize| run["components"][index]["error"]["kind"].as_str().unwrap_or("none");
    let kinds: Vec<&str> = (0..8).map(kind).collect();
    assert_eq!(kinds, ["none", "deadline", "memory", "stack", "error", "error", "error", "none"]);
    assert_eq!(run["exports"], json!({ "z": 2 }));
    assert_eq!(run["diagnostics"].as_array().unwrap().len(), 6);
    let logged: usize = place.steps()[0].iter().map(|step| step["log"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(logged, 2, "something ran twice: {:?}", place.steps());
}

#[test]
fn independent_islands_run_whatever_the_number_of_jobs() {
    let island = |name: &str| {
        [
            node(&format!("{name} one"), "", &format!("{name}1:s32"), "export const f = () => 1;"),
            node(
                &format!("{name} two"),
                &format!("{name}1:s32"),
                &format!("{name}2:s32"),
                "export const f = (x) => x + 1;",
            ),
        ]
        .concat()
    };
    let text = book(&[island("x"), island("y"), island("z")]);
    for jobs in ["1", "2", "8"] {
        let run = Place::with(&text).json(&["--jobs", jobs]);
        assert_eq!(run["exports"], json!({ "x2": 2, "y2": 2, "z2": 2 }));
        assert_eq!(run["ok"], true);
    }
}

#[test]
fn islands_are_independent_in_time() {
    // One island never ends by itself; the others must be done before its deadline makes room.
    let mut spin = node("Spin", "", "s", "export const f = () => { for (;;); };");
    spin = spin.replace(":END:", ":timeout: 60s\n:END:");
    let place = Place::with(&book(&[
        spin,
        node("Quick", "", "q", "export const f = () => 1;"),
        node("Other", "", "o", "export const f = () => 2;"),
    ]));
    let running = Running::start(place.command(&["run", "book.org", "--jobs", "2"]), b"");
    running.until("✓ test/quick");
    running.until("✓ test/other");
    running.signal(libc::SIGINT);
    running.wait().exits(130).prints(&["q: 1", "o: 2"]);
}

#[test]
fn a_large_workbook_that_did_not_change_runs_nothing() {
    let mut nodes = vec![node("N0", "", "v0", "export const f = () => 0;")];
    nodes.extend(
        (1..50).map(|i| {
            node(&format!("N{i}"), &format!("v{}", i - 1), &format!("v{i}"), "export const f = (v) => v + 1;")
        }),
    );
    let place = Place::with(&book(&nodes));
    assert_eq!(place.json(&[])["exports"], json!({ "v49": 49 }));
    let again = place.json(&[]);
    assert!(fates(&again).iter().all(|fate| fate.ends_with(" cached")), "{again}");
    assert_eq!(again["exports"], json!({ "v49": 49 }));
}

#[test]
fn the_json_of_a_run_has_a_schema() {
    let text = book(&[
        node("Good", "n:u32", "m:u32", "export const f = (n) => { console.log('hi'); return n; };"),
        node("Bad", "m:u32", "k", "export const f = (m) => { throw new Error('no'); };"),
        node("After", "k", "l", "export const f = (k) => k;"),
    ]);
    let place = Place::with(&text);
    let run = place.json(&["--in", "n=1"]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&run), ["ok", "run", "exports", "components", "diagnostics"]);
    assert_eq!(keys(&run["components"][0]), ["id", "status", "cached", "ms", "outputs", "log"]);
    assert_eq!(keys(&run["components"][1]), ["id", "status", "error", "ms", "log"]);
    assert_eq!(keys(&run["components"][1]["error"]), ["kind", "message"]);
    assert_eq!(keys(&run["components"][2]), ["id", "status", "cause"]);
    let place_of_failure = &run["diagnostics"][0];
    assert_eq!(place_of_failure["component"], "test/bad");
    assert_eq!(place_of_failure["span"]["line"], 19);
    let steps = &place.steps()[0];
    assert_eq!(steps.len(), 3);
    for (index, step) in steps.iter().enumerate() {
        assert_eq!(step["step"], index);
        assert_eq!(step["tool"], "step");
        assert!(step["ts"].is_u64() && step["component"].is_string());
    }
    assert_eq!(
        steps.iter().map(|step| step["exit_code"].clone()).collect::<Vec<_>>(),
        [json!(0), json!(1), json!(null)]
    );
}

#[test]
fn a_cold_cache_a_damaged_one_and_none_at_all() {
    let place = Place::cold();
    place.folder.write("book.org", diamond("a + 1"));
    let expected = json!({ "d": [2, 10], "e": "beside" });
    assert_eq!(place.json(&[])["exports"], expected);
    let mut files = Vec::new();
    entries(&place.cache().join("v1"), &mut files);
    assert!(!files.is_empty());
    for file in &files {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        fs::write(file, bytes).unwrap();
    }
    let run = place.json(&[]);
    assert_eq!(run["exports"], expected);
    assert!(fates(&run).iter().all(|fate| fate.ends_with(" done")), "a damaged result was believed: {run}");
    let mut command = place.command(&["run", "book.org"]);
    command.env("WB_CACHE_DIR", "/proc/no/such/place");
    Running::start(command, b"").wait().exits(0).prints(&["e: beside"]);
}

fn entries(of: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(of).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            entries(&entry.path(), into);
        } else {
            into.push(entry.path());
        }
    }
}

#[test]
fn parallel_runs_share_a_cache() {
    let place = Place::with(&diamond("a + 1"));
    let runs: Vec<Running> = (0..4).map(|_| Running::start(place.command(&["run", "book.org", "-q"]), b"")).collect();
    for run in runs {
        run.wait().exits(0).prints(&["d: [2,10]", "e: beside"]);
    }
    assert_eq!(place.steps().len(), 4);
}

#[test]
fn a_cache_that_is_much_too_small_costs_time_and_nothing_else() {
    let place = Place::with(&diamond("'x'.repeat(20000).length + a"));
    let run = |start: usize| {
        let mut command = place.command(&["run", "book.org", "-q", "--in", &format!("start={start}")]);
        command.env("WB_CACHE_SIZE", "40KiB");
        Running::start(command, b"")
    };
    for round in 0..2 {
        let runs: Vec<(usize, Running)> = (0..2).map(|i| (round * 2 + i, run(round * 2 + i))).collect();
        for (start, run) in runs {
            run.wait().exits(0).prints(&[&format!("d: [{},{}]", start + 20_000, start * 10), "e: beside"]);
        }
    }
    let mut files = Vec::new();
    entries(&place.cache().join("v1"), &mut files);
    let total: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(total <= 40 << 10, "{total} bytes are left");
}

#[test]
fn values_of_a_million_numbers_cross_an_edge() {
    let make = r#"(module (memory (export "memory") 130)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
  (func (export "make") (result i32) (local $i i32)
    (loop $next
      (f64.store (i32.add (i32.const 64) (i32.shl (local.get $i) (i32.const 3))) (f64.convert_i32_u (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 1000000))))
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1000000))
    i32.const 0))"#;
    let sum = r#"(module (memory (export "memory") 130)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
  (func (export "sum") (param $at i32) (param $count i32) (result f64) (local $sum f64)
    (loop $next
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (local.set $sum (f64.add (local.get $sum) (f64.load (i32.add (local.get $at) (i32.shl (local.get $count) (i32.const 3))))))
      (br_if $next (local.get $count)))
    local.get $sum))"#;
    let text = book(&[node("Make", "", "numbers:list<f64>", make), node("Sum", "numbers:list<f64>", "sum:f64", sum)]);
    for arguments in [&[][..], &["--isolate"]] {
        let place = Place::with(&text);
        assert_eq!(place.json(arguments)["exports"], json!({ "sum": 499_999_500_000_i64 }));
        assert_eq!(
            place.steps()[0][0]["output"]["numbers"]["bytes"].as_u64().map(|bytes| bytes >= 8_000_000),
            Some(true)
        );
    }
}

#[test]
fn a_page_with_the_results() {
    let place =
        Place::with(&book(&[node("Greet", "name", "greeting", "export const f = (name) => `<b>${name}</b> & co`;")]));
    place.wb(&["run", "book.org", "--in", "name=Ada", "--html", "page.html"]).exits(0);
    let page = place.folder.read("page.html");
    assert!(page.contains("&lt;b&gt;Ada&lt;/b&gt; &amp; co"), "the result is not in the page, or not as text: {page}");
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"), "{page}");
    let ran = place.wb(&["run", "book.org", "--in", "name=Ada", "--html", "no/such/folder/page.html"]);
    ran.exits(1).complains(&["no/such/folder/page.html"]);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    use std::process::Stdio;
    let place = Place::with(&book(&[node("Big", "", "text", "export const f = () => 'x'.repeat(1 << 20);")]));
    let mut child = place.command(&["run", "book.org"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !talk.contains("panicked"), "{:?}: {talk}", output.status);
}

#[test]
fn cases() {
    let cases = folders(&repository().join("tests/run/cases"));
    let picked = std::env::var("CASE").unwrap_or_default();
    let cases: Vec<PathBuf> = cases.into_iter().filter(|case| case.to_string_lossy().contains(&picked)).collect();
    assert!(!cases.is_empty(), "no case is named like `{picked}`");
    let next = Mutex::new(cases.iter());
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = next.lock().unwrap().next() else { return };
                    let found = check(case);
                    differences.lock().unwrap().extend(found);
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{}\nBLESS=1 accepts what is printed now", differences.join("\n"));
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    all.sort();
    all
}

fn check(case: &Path) -> Vec<String> {
    let place = Place::new();
    for entry in fs::read_dir(case).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if GOLDEN.contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            for file in fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
                let inside = format!("{name}/{}", file.file_name().to_string_lossy());
                place.folder.write(&inside, fs::read(file.path()).unwrap());
            }
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        if let Some(stem) = name.strip_suffix(".wat") {
            let binary = wat::parse_bytes(&bytes).unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
            place.folder.write(&format!("{stem}.wasm"), &binary);
        }
        place.folder.write(&name, bytes);
    }
    let stdin = fs::read(case.join("stdin")).unwrap_or_default();
    let (mut stdout, mut stderr, mut exit) = (String::new(), String::new(), String::new());
    let commands = fs::read_to_string(case.join("cmd")).unwrap();
    for line in commands.lines() {
        let words = words(line);
        let ran = place.wb_with(&words.iter().map(String::as_str).collect::<Vec<_>>(), &stdin);
        assert!(!ran.stderr.contains("panicked at"), "{}: {}", case.display(), ran.brief());
        if commands.lines().count() > 1 {
            stdout.push_str(&format!("$ {line}\n"));
            stderr.push_str(&format!("$ {line}\n"));
        }
        stdout.push_str(&normalise(&ran.stdout, &place));
        stderr.push_str(&normalise(&ran.stderr, &place));
        exit.push_str(&format!("{}\n", ran.exit));
    }
    if case.join("bug").exists() {
        let as_wanted = |name, actual: &str| fs::read_to_string(case.join(name)).unwrap_or_default() == actual;
        let fixed = as_wanted("stdout", &stdout) && as_wanted("exit", &exit);
        return if fixed {
            vec![format!("{}: fixed; remove the file `bug` and bless", case.display())]
        } else {
            Vec::new()
        };
    }
    let mut differences = Vec::new();
    golden(&case.join("stdout"), &stdout, &mut differences);
    golden(&case.join("stderr"), &stderr, &mut differences);
    golden(&case.join("exit"), &exit, &mut differences);
    differences
}

/// Splits a command line at spaces that are not inside `'…'`.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut inside) = (Vec::new(), None::<String>, false);
    for char in line.chars() {
        match char {
            '\'' => {
                inside = !inside;
                word.get_or_insert_default();
            }
            ' ' if !inside => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[test]
fn a_test_report_for_a_ci_server() {
    let place = Place::with(&book(&[
        node("Good", "", "a", "export const a = () => 1;").replace(":END:", ":expect: 1\n:END:"),
        node("Bad", "", "b", "export const b = () => '<&\"\\u0001';").replace(":END:", ":expect: 2\n:END:"),
        node("Fails", "", "c", "export const c = () => { throw new Error('no'); };"),
        node("After", "c", "d", "export const d = (c) => c;"),
    ]));
    place.folder.write("wrong.org", "* No components\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n");
    place
        .wb(&["test", "book.org", "wrong.org", "--junit", "report.xml"])
        .exits(1)
        .complains(&["1 passed, 2 failed, 1 skipped"]);
    let report = place.folder.read("report.xml");
    assert!(
        report.contains("<testsuite name=\"book.org\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"1\""),
        "{report}"
    );
    assert!(report.contains("name=\"test/bad expect\" file=\"book.org\" line=\"13\"><failure"), "{report}");
    assert!(report.contains("&lt;&amp;\\&quot;\\u0001"), "{report}");
    assert!(report.contains("<testsuite name=\"wrong.org\" tests=\"1\" failures=\"0\" errors=\"1\""), "{report}");
    place.wb(&["test", "book.org", "--junit", "no/such/folder.xml"]).exits(1).complains(&["no/such/folder.xml"]);
}
