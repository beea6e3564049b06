//! Every way to take more than one's share, in every language that needs no download: each attack ends with its own kind
//! of failure and its own exit status in the record, and whatever runs beside it is not lost. And what a run may take as
//! a whole.
//!
//! `hostile.rs` has what is to be said about single attacks in detail; `lanes_python.rs` and `lanes_c.rs` those languages.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fmt::Write as _;

use common::{Place, Ran};
use serde_json::{Value, json};

/// Language, attack, drawer, code, the kind of failure.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const SHORT: &str = ":out: o:s32\n:timeout: 500ms";
const PLAIN: &str = ":out: o:s32";
const TEXT: &str = ":out: o";

const ROWS: &[Row] = &[
    ("js", "spin", SHORT, "export const f = () => { for (;;); };", "deadline"),
    (
        "js",
        "grow",
        PLAIN,
        "export const f = () => { const a = []; for (;;) a.push(new Uint8Array(1 << 20)); };",
        "memory",
    ),
    ("js", "recurse", PLAIN, "export const f = () => 1 + f();", "stack"),
    ("js", "flood", TEXT, "export const f = () => Array.from({ length: 4096 }, () => 'x'.repeat(1 << 18));", "memory"),
    (
        "js",
        "nest",
        TEXT,
        "export const f = () => { let v = []; for (let i = 0; i < 2e5; i++) v = [v]; return v; };",
        "stack",
    ),
    ("js", "throw", TEXT, "export const f = () => { throw new Error('no'); };", "error"),
    (
        "js",
        "hash flood",
        ":in: bomb\n:out: o\n:timeout: 500ms",
        "export const f = (bomb) => Object.keys(bomb).length;",
        "deadline",
    ),
    (
        "sql",
        "spin",
        ":out: o:s64\n:timeout: 500ms",
        "with recursive c(x) as (values (1) union all select x + 1 from c) select sum(x) from c",
        "deadline",
    ),
    ("sql", "grow", ":out: o:s64", "select length(hex(printf('%.*c', 900000000, 'x')))", "memory"),
    (
        "sql",
        "flood",
        ":out: o:list<s64>",
        "with recursive c(x) as (values (1) union all select x + 1 from c) select x from c",
        "error",
    ),
    ("wat", "spin", SHORT, "(module (func (export \"f\") (result i32) (loop br 0) unreachable))", "deadline"),
    (
        "wat",
        "grow",
        PLAIN,
        "(module (memory 1) (func (export \"f\") (result i32) (if (i32.eq (memory.grow (i32.const 65000)) (i32.const -1)) (then unreachable)) i32.const 1))",
        "memory",
    ),
    (
        "wat",
        "grow a table",
        PLAIN,
        "(module (table 1 funcref) (func (export \"f\") (result i32) (if (i32.eq (table.grow 0 (ref.null func) (i32.const 100000000)) (i32.const -1)) (then unreachable)) i32.const 1))",
        "memory",
    ),
    (
        "wat",
        "recurse",
        PLAIN,
        "(module (func $f (export \"f\") (result i32) (i32.add (i32.const 1) (call $f))))",
        "stack",
    ),
    ("wat", "abort", PLAIN, "(module (func (export \"f\") (result i32) unreachable))", "trap"),
    (
        "wat",
        "ask for more",
        PLAIN,
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))) (func (export \"f\") (result i32) i32.const 1))",
        "link",
    ),
    ("rust", "spin", SHORT, "pub fn f() -> i32 { loop { std::hint::black_box(()); } }", "deadline"),
    (
        "rust",
        "grow",
        PLAIN,
        "pub fn f() -> i32 { let mut all = Vec::new(); loop { all.push(vec![1u8; 1 << 20]); } }",
        "memory",
    ),
    (
        "rust",
        "recurse",
        PLAIN,
        "#[inline(never)]\nfn deep(n: u32) -> u32 { if n == 0 { 0 } else { deep(n - 1).wrapping_mul(n) ^ 1 } }\npub fn f() -> i32 { deep(u32::MAX) as i32 }",
        "stack",
    ),
    ("rust", "panic", PLAIN, "pub fn f() -> i32 { panic!(\"no\") }", "trap"),
    (
        "rust",
        "spin in a program",
        ":out: o:string\n:timeout: 500ms",
        "fn main() { loop { std::hint::black_box(()); } }",
        "deadline",
    ),
    (
        "rust",
        "grow in a program",
        ":out: o:string",
        "fn main() { let mut all = Vec::new(); loop { all.push(vec![1u8; 1 << 20]); } }",
        "memory",
    ),
    ("rust", "abort in a program", ":out: o:string", "fn main() { std::process::abort() }", "trap"),
    ("rust", "end in a program", ":out: o:string", "fn main() { std::process::exit(1) }", "error"),
    (
        "rust",
        "flood in a program",
        ":out: o:string",
        "use std::io::Write as _;\nfn main() { let line = [b'x'; 1 << 16]; for _ in 0..1_280 { drop(std::io::stdout().write_all(&line)); } }",
        "output",
    ),
];

/// What the record has for each kind (docs/running.md).
fn status(kind: &str) -> i64 {
    match kind {
        "error" => 1,
        "deadline" => 124,
        "link" => 126,
        "trap" => 134,
        "total-memory" => 135,
        "memory" => 137,
        "stack" => 139,
        "total-time" => 142,
        "output" => 153,
        other => panic!("no kind `{other}`"),
    }
}

fn node(title: &str, drawer: &str, language: &str, code: &str) -> String {
    format!("** {title}\n:PROPERTIES:\n{drawer}\n:END:\n#+begin_src {language}\n{code}\n#+end_src\n")
}

fn book(nodes: &str) -> String {
    format!("* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n{nodes}")
}

/// A table of a hundred thousand different keys that QuickJS gives one hash.
fn flood() -> String {
    let mut text = "{".to_owned();
    for number in 0..1_u32 << 17 {
        let key: String = (0..17).map(|bit| if number >> bit & 1 == 0 { "a\u{200}" } else { "b\u{f9}" }).collect();
        write!(text, "{}\"{key}\":1", if number > 0 { "," } else { "" }).unwrap();
    }
    text + "}"
}

#[test]
fn every_attack_has_its_kind_and_its_status() {
    let mut text = String::new();
    for (number, (language, _, drawer, code, _)) in ROWS.iter().enumerate() {
        let own =
            |text: &str| text.replace("o:", &format!("o{number}:")).replace(":out: o\n", &format!(":out: o{number}\n"));
        let drawer = own(&format!("{drawer}\n"));
        let caps = if code.contains("fn main") { ":caps: clock\n" } else { "" };
        text.push_str(&node(
            &format!("N{number}"),
            (drawer + caps).trim_end(),
            language,
            &code.replace("\"f\"", &format!("\"n{number}\"")),
        ));
        text.push_str(&node(
            &format!("B{number}"),
            &format!(":out: b{number}"),
            "js",
            "export const f = () => 'unharmed';",
        ));
    }
    let place = Place::with(&book(&text));
    place.folder.write("bomb.json", flood());
    for more in [&[][..], &["--isolate"]] {
        let ran = place.wb(&[&["run", "book.org", "--fresh", "--in", "bomb=@bomb.json"], more].concat()).exits(1);
        let steps = place.steps().pop().unwrap();
        let of = |id: &str| steps.iter().find(|step| step["component"] == id).cloned().unwrap_or_default();
        let mut wrong = Vec::new();
        for (number, (language, attack, _, _, kind)) in ROWS.iter().enumerate() {
            let step = of(&format!("test/n{number}"));
            if (&step["error"]["kind"], &step["exit_code"]) != (&json!(kind), &json!(status(kind))) {
                wrong.push(format!("{language}, {attack}: not {kind} but {step}"));
            }
            let beside = of(&format!("test/b{number}"));
            if beside["output"][format!("b{number}")] != json!("unharmed") && beside["exit_code"] != json!(0) {
                wrong.push(format!("{language}, {attack}: harmed {beside}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        ran.within_mib(1_536);
    }
}

/// A component with one function, and so much more inside.
fn component(inside: &str) -> Vec<u8> {
    let text = format!(
        "(component {inside} (core module $r (func (export \"run\") (result i32) i32.const 7)) (core instance $i (instantiate $r))
         (func (export \"run\") (result u32) (canon lift (core func $i \"run\"))))"
    );
    wat::parse_str(text).unwrap()
}

fn with_tool(tool: &[u8]) -> Ran {
    let tool_node = "** Tool\n:PROPERTIES:\n:out: n:u32\n:component: tool.wasm\n:END:\n";
    let place =
        Place::with(&book(&format!("{tool_node}{}", node("B", ":out: b", "js", "export const f = () => 'unharmed';"))));
    place.folder.write("tool.wasm", tool);
    place.wb(&["run", "book.org"]).exits(1).prints(&["b: unharmed"]).within_mib(512)
}

#[test]
fn a_component_that_makes_a_billion_instances_is_not_compiled() {
    let mut inside = "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))".to_owned();
    for level in 1..=30 {
        let of = level - 1;
        inside =
            format!("(component $c{level} {inside} (instance (instantiate $c{of})) (instance (instantiate $c{of})))");
    }
    with_tool(&component(&format!("{inside} (instance (instantiate $c30))")))
        .complains(&["error[link]", "instances of its modules"]);
    with_tool(&component("(component (import \"c\" (component $c)) (instance (instantiate $c)))"))
        .complains(&["imports a component"]);
}

#[test]
fn a_type_with_a_billion_parts_is_not_written_out() {
    for doubled in ["record t{n} { a: {p}, b: {p} }", "type t{n} = tuple<{p}, {p}>;", "variant t{n} { a({p}), b({p}) }"]
    {
        let mut types = "type t0 = u8;\n".to_owned();
        for level in 1..=30 {
            types += &(doubled.replace("{n}", &level.to_string()).replace("{p}", &format!("t{}", level - 1)) + "\n");
        }
        let giant = node("Giant", ":out: g:t30", "js", "export const f = () => null;");
        let place = Place::with(&book(&format!("#+begin_src wit\n{types}#+end_src\n{giant}")));
        place.wb(&["run", "book.org"]).exits(8).complains(&["more than 5000 parts", "book.org:"]).within_mib(512);
    }
}

#[test]
fn a_run_has_a_time() {
    let spin = node("Spin", ":out: s", "js", "export const f = () => { for (;;); };");
    let after = node("After", ":in: s\n:out: t", "js", "export const f = (s) => s;");
    let quick = node("Quick", ":out: q", "js", "export const f = () => 'done';");
    let place = Place::with(&book(&format!("{quick}{spin}{after}")));
    let ran = place.wb(&["run", "book.org", "--max-time", "2s", "--jobs", "1"]).exits(1).prints(&["q: done"]);
    ran.complains(&["error[total-time]", "was still running when the 2 s of the run were over", "raise `--max-time`"]);
    let steps = place.steps().pop().unwrap();
    let of = |id: &str| steps.iter().find(|step| step["component"] == id).unwrap();
    assert_eq!((&of("test/spin")["exit_code"], &of("test/after")["exit_code"]), (&json!(142), &Value::Null));
    // No time at all: the first that would have run says so, and nothing has.
    let place = Place::with(&book(&format!("{quick}{spin}{after}")));
    let ran = place.wb(&["run", "book.org", "--max-time", "0s"]).exits(1);
    ran.complains(&["error[total-time]", "was not begun when the 0 ms of the run were over", "`test/quick`"]);
    // Enough, and no time.
    let place = Place::with(&book(&quick));
    place.wb(&["run", "book.org", "--max-time", "1h"]).exits(0).prints(&["done"]);
    place.wb(&["run", "book.org", "--max-time", "soon"]).exits(2).complains(&["--max-time"]);
}

#[test]
fn a_run_has_a_memory() {
    // Each holds 40 MiB for as long as its store lives.
    let hold = |name: &str, input: &str, param: &str| {
        let code = format!(
            "(module (memory 1) (func (export \"{}\") {param} (result i32) (if (i32.eq (memory.grow (i32.const 640)) (i32.const -1)) (then unreachable)) i32.const 1))",
            name.to_lowercase()
        );
        node(name, &format!("{input}:out: {}-held:s32", name.to_lowercase()), "wat", &code)
    };
    let text = book(&(hold("One", "", "") + &hold("Two", ":in: one-held:s32\n", "(param i32)")));
    let run = |arguments: &[&str]| Place::with(&text).wb(&[&["run", "book.org", "--jobs", "1"], arguments].concat());
    run(&[]).exits(0);
    run(&["--max-memory", "100MiB"]).exits(0);
    let ran = run(&["--max-memory", "64MiB"]).exits(1);
    ran.complains(&[
        "error[total-memory]: `test/two`: needs more memory than is left of the 64 MiB of the run",
        "raise `--max-memory`",
    ]);
    // One store at a time is half as much at a time.
    run(&["--max-memory", "64MiB", "--isolate"]).exits(0);
    run(&["--max-memory", "1KiB"]).exits(1).complains(&["error[total-memory]"]);
}
