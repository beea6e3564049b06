//! Python blocks through CPython, which is downloaded once (17 MB) and made ready once for this machine.
//!
//! Both are kept beside the build, in `target/lane-python`; results are not. Without a network the tests say that they are skipped,
//! except under `CI`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use common::{Place, Ran, Running, normalise, repository};
use serde_json::{Value, json};

/// The cache with CPython in it, or why there is none.
static CACHE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("lane-python");
    // What an older wb made of blocks must not answer for this one.
    drop(fs::remove_dir_all(cache.join("v1/result")));
    let mut command = Place::cold().command(&["doctor", "--get", "python"]);
    command.current_dir(repository()).env("WB_CACHE_DIR", &cache);
    let ran = Running::start(command, b"").wait_at_most(Duration::from_secs(900));
    match ran.exit {
        0 => Ok(cache),
        _ if ran.stderr.contains("cannot be downloaded") && std::env::var_os("CI").is_none() => Err(ran.stderr),
        _ => panic!("no CPython: {ran:?}"),
    }
});

fn wb(place: &Place, arguments: &[&str]) -> Option<Ran> {
    let cache = match &*CACHE {
        Ok(cache) => cache,
        Err(why) => {
            println!("skipped, because CPython is not there: {why}");
            return None;
        }
    };
    let mut command = place.command(arguments);
    command.env("WB_CACHE_DIR", cache);
    Some(Running::start(command, b"").wait_at_most(Duration::from_secs(900)))
}

fn case(name: &str) -> Place {
    let place = Place::cold();
    place.folder.write("book.org", fs::read(repository().join("tests/lanes_python").join(name)).unwrap());
    place
}

/// A workbook of blocks: heading, lines of the drawer, source.
fn book(blocks: &[(&str, &str, &str)]) -> Place {
    let mut text = "* B\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n".to_owned();
    for (title, drawer, source) in blocks {
        text += &format!("** {title}\n:PROPERTIES:\n{drawer}\n:END:\n#+begin_src python\n{source}\n#+end_src\n");
    }
    let place = Place::cold();
    place.folder.write("book.org", text);
    place
}

fn run(place: &Place, arguments: &[&str]) -> Option<Value> {
    let ran = wb(place, &[&["run", "book.org", "--fresh", "--json"], arguments].concat())?;
    Some(serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran:?}")))
}

fn component<'a>(run: &'a Value, id: &str) -> &'a Value {
    run["components"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}: {run}"))
}

#[test]
fn values_of_every_kind_go_in_and_out() {
    let Some(run) = run(&case("values.org"), &[]) else { return };
    assert_eq!(run["ok"], true, "{run:#}");
    let outputs = |id: &str| component(&run, id)["outputs"].clone();
    assert_eq!(outputs("values/taken")["kinds"], json!(r"list bytes list float int [1.0, 2.5, -4e+300] b'\x00\xff'"));
    assert_eq!(outputs("values/taken")["back"], json!([i64::MIN, i64::MAX]));
    assert_eq!(
        outputs("values/records")["rows"],
        json!([
            { "item": "a", "unit-price": 1.5, "stock": null },
            { "item": "b", "unit-price": 2, "stock": 3 },
            { "item": "ü", "unit-price": 0.1, "stock": null },
        ])
    );
    assert_eq!(outputs("values/fields"), json!({ "total": 3.6, "names": ["a", "b", "ü"], "last": null }));
    assert_eq!(
        outputs("values/integers"),
        json!({ "big": u64::MAX, "small": i64::MIN, "exact": 12_345_678_901_234_567_i64 })
    );
    assert_eq!(
        outputs("values/library")["library"],
        json!({
            "mean": 2, "root": 4, "json": r#"{"item": "a", "n": "1"}"#, "day": "2026-03-01", "words": [["a", 2]],
            "decimal": 0.3, "fraction": 0.25, "set": [1],
        })
    );
}

#[test]
fn a_block_is_a_function_or_statements_or_a_program() {
    let Some(run) = run(&case("forms.org"), &["--in", "text=x\ny\n"]) else { return };
    assert_eq!(run["ok"], true, "{run:#}");
    let random = run["exports"]["n13"].as_array().unwrap().clone();
    assert_eq!(random[0], random[1]);
    let mut exports = run["exports"].clone();
    exports["n13"] = Value::Null;
    assert_eq!(
        exports,
        json!({
            "n1": 4, "n2": "run", "n3": 8, "n4": 14, "n5": 14, "n6": [14], "n7": "X\nY", "n8": [7, 1], "n9": "got 7", "n10": 3.5,
            "n11": [1, 2], "n12": [2, 1, "d"], "n13": null,
        })
    );
    assert_eq!(component(&run, "forms/expression")["log"], json!(["said to the log"]));
}

#[test]
fn errors_are_at_their_place_in_the_file() {
    let place = case("errors.org");
    let Some(ran) = wb(&place, &["run", "book.org", "--fresh", "--jobs", "1"]) else { return };
    let mut differences = Vec::new();
    let expected = repository().join("tests/lanes_python/errors.txt");
    common::golden(&expected, &normalise(&ran.exits(1).stderr, &place), &mut differences);
    assert!(differences.is_empty(), "{}\nBLESS=1 accepts what is printed now", differences.join("\n"));
}

#[test]
fn rights_give_a_clock_that_stands_and_randomness() {
    let time = "import time, datetime\na = time.time()\nfor _ in range(1000): pass\n[a > 1.7e9, time.time() == a, abs(datetime.datetime.now(datetime.UTC).timestamp() - a) < 1, time.monotonic() >= 0]";
    let chance = "import random, secrets, uuid\n[0 <= random.random() < 1, random.Random().random() != random.random(), len(secrets.token_bytes(5)), uuid.uuid4().version]";
    let place = book(&[("Time", ":out: t\n:caps: clock", time), ("Chance", ":out: c\n:caps: random", chance)]);
    let Some(run) = run(&place, &[]) else { return };
    assert_eq!(run["exports"], json!({ "t": [true, true, true, true], "c": [true, true, 5, 4] }), "{run:#}");
}

#[test]
fn hostile_blocks_are_contained() {
    let bystander = ("Bystander", ":out: unharmed", "'yes'");
    let blocks = [
        ("Spin", ":out: a\n:timeout: 500ms", "while True: pass"),
        ("Native spin", ":out: b\n:timeout: 500ms", "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')"),
        (
            "Late",
            ":out: c\n:timeout: 500ms",
            "def late():\n    try:\n        while True: pass\n    except BaseException:\n        return 1",
        ),
        ("Grow", ":out: d", "x = []\nwhile True: x.append(bytearray(1 << 20))"),
        (
            "Stubborn",
            ":out: e",
            "x = []\nwhile True:\n    try: x.append('x' * (len(x) + (1 << 20)))\n    except MemoryError: raise ValueError('no more')",
        ),
        ("Huge", ":out: f", "b'x' * (1 << 30)"),
        ("Nest", ":out: g", "x = []\nfor i in range(100000): x = [x]\nx"),
        ("Parse", ":out: h", "eval('(' * 5000 + ')' * 5000)"),
        (
            "Compare",
            ":out: i",
            "x = []\nfor i in range(100000): x = [x]\ny = []\nfor i in range(100000): y = [y]\nx == y",
        ),
        ("Abort", ":out: j", "import os\nos.abort()"),
        ("Exit", ":out: k", "import os\nos._exit(0)"),
        bystander,
    ];
    let Some(run) = run(&book(&blocks), &["--jobs", "1"]) else { return };
    assert_eq!(run["exports"]["unharmed"], "yes", "{run:#}");
    let kinds =
        ["spin", "native-spin", "late", "grow", "stubborn", "huge", "nest", "parse", "compare", "abort", "exit"];
    let kinds: Vec<_> = kinds.map(|id| component(&run, &format!("b/{id}"))["error"]["kind"].clone()).into();
    assert_eq!(
        json!(kinds),
        json!([
            "deadline", "deadline", "deadline", "memory", "memory", "memory", "error", "error", "stack", "trap", "trap"
        ]),
        "{run:#}"
    );
}

#[test]
fn a_flood_of_lines_is_bounded() {
    let place = book(&[("Flood", ":out: flood", "for i in range(100000): print('x' * 100)\nflood = 'done'")]);
    let Some(ran) = wb(&place, &["run", "book.org", "--fresh"]) else { return };
    let ran = ran.exits(0).prints(&["done"]).complains(&["more lines, which were dropped"]);
    assert!(ran.stderr.lines().count() < 2_000);
}

#[test]
fn blocks_share_nothing() {
    let first = "import builtins, json\nbuiltins.leak = json.leak = 1\n1";
    let second = "import json\nhasattr(json, 'leak') or 'leak' in dir(__builtins__)";
    let place = book(&[("First", ":out: a", first), ("Second", ":in: a\n:out: b:bool", second)]);
    let Some(run) = run(&place, &[]) else { return };
    assert_eq!(run["exports"], json!({ "b": false }), "{run:#}");
}

#[test]
fn an_artifact_has_the_engine_in_it_once() {
    let place = book(&[("One", ":out: a:s32", "41"), ("Two", ":in: a:s32\n:out: b:s32", "a + 1")]);
    let Some(ran) = wb(&place, &["compose", "book.org", "--target", "run", "-o", "book.wasm"]) else { return };
    ran.exits(0);
    let artifact = place.folder.path().join("book.wasm");
    let size = fs::metadata(&artifact).unwrap().len();
    assert!(size < 40 << 20, "{} MiB", size >> 20);
    match Command::new("wasmtime").arg("run").arg(&artifact).output() {
        Ok(ran) => assert_eq!(String::from_utf8_lossy(&ran.stdout).trim_end(), r#"{"b":42}"#, "{ran:?}"),
        Err(error) => println!("skipped: no stock `wasmtime` on PATH ({error}); `.ci/run` installs it"),
    }
}

#[test]
fn the_example_runs() {
    let place = Place::cold();
    let book = repository().join("examples/scores.org");
    let Some(ran) = wb(&place, &["run", "-q", "--fresh", "--json", &book.to_string_lossy()]) else { return };
    let run: Value = serde_json::from_str(&ran.exits(0).stdout).unwrap();
    assert_eq!(run["exports"]["best"], "Ada", "{run:#}");
    assert_eq!(run["exports"]["spread"], json!({ "mean": 78.2, "median": 80.0, "deviation": 12.7 }), "{run:#}");
}

#[test]
fn without_a_download_other_blocks_run() {
    let place = Place::new();
    place.folder.write(
        "book.org",
        "* B\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** P\n:PROPERTIES:\n:out: p\n:END:\n#+begin_src python\n1\n#+end_src\n\
         ** J\n:PROPERTIES:\n:out: j\n:END:\n#+begin_src js\nexport const f = () => 'yes';\n#+end_src\n",
    );
    let ran = place.wb(&["run", "book.org", "--offline"]).exits(1).prints(&["yes"]);
    ran.complains(&["CPython 3.14 (17 MB) is needed for `python` blocks", "book.org:5:1", "wb doctor --get python"]);
}

/// A library that asks the next one: calls it, takes its function's address and its variable's.
const FIRST: &str = r#"(module
  (@dylink.0 (mem-info (memory 8 2) (table 1 0)))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table $table 1 funcref))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "__table_base" (global $pointers i32))
  (import "GOT.mem" "counter" (global $counter (mut i32)))
  (import "GOT.func" "bump" (global $bump (mut i32)))
  (import "env" "bump" (func $call (param i32) (result i32)))
  (import "env" "absent" (func $absent (result i32)))
  (type $bump (func (param i32) (result i32)))
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $own (param i32) (result i32) (i32.const 1000))
  (func (export "run") (result i32)
    (drop (call $call (i32.const 1)))
    (drop (call_indirect (type $bump) (i32.const 2) (global.get $bump)))
    (i32.add
      (i32.add (i32.load (global.get $counter)) (call $absent))
      (i32.add (i32.load (global.get $base)) (call_indirect (type $bump) (i32.const 0) (global.get $pointers)))))
  (elem (global.get $pointers) $own)
  (data (global.get $base) "\07\00\00\00"))"#;

/// A library that is asked, and asks back; what it defines twice is the first one's.
const SECOND: &str = r#"(module
  (@dylink.0 (mem-info (memory 4 2) (table 0 0)))
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (global (export "counter") i32 (i32.const 0))
  (func (export "twice") (param i32) (result i32) (i32.const -1))
  (func (export "bump") (param i32) (result i32)
    (i32.store (global.get $base) (i32.add (i32.load (global.get $base)) (call $twice (local.get 0))))
    (i32.load (global.get $base)))
  (func (export "_initialize") (i32.store (global.get $base) (i32.const 100))))"#;

#[test]
fn libraries_become_one_module() {
    use wasmtime::{Instance, Memory, MemoryType, Module, Store};
    use wb_composer::dylink::{Options, START, merge};
    let (first, second) = (wat::parse_str(FIRST).unwrap(), wat::parse_str(SECOND).unwrap());
    let options = |absent| Options { exports: &["run"], absent, stack: 1 << 12 };
    let refused = merge(&[&first, &second], &options(&[])).unwrap_err().to_string();
    assert_eq!(refused, "no library defines `absent`");
    let merged = merge(&[&first, &second], &options(&["absent"])).unwrap();
    let engine = wasmtime::Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(merged.pages, None)).unwrap();
    for (at, bytes) in &merged.image {
        memory.write(&mut store, *at as usize, bytes).unwrap();
    }
    let module = Module::new(&engine, &merged.code).unwrap();
    let instance = Instance::new(&mut store, &module, &[memory.into()]).unwrap();
    let start = instance.get_typed_func::<(), ()>(&mut store, START).unwrap();
    start.call(&mut store, ()).unwrap();
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
    // 100 and twice (1 + 2), 7 of its own data, 1000 of its own function.
    assert_eq!(run.call(&mut store, ()).unwrap(), 1113);
}
