//! Rust blocks through the real compiler: what is exported, where errors are, and what a block cannot reach.
//!
//! Every test says so and passes where the compiler or its target is missing; nothing else makes it skip.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod common;
#[path = "lanes_rust/crates.rs"]
mod crates;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use wb::confine::Limits;
use wb::lanes::rust::crates::Linked;
use wb::lanes::rust::{Failure, Job, Output, Toolchain, compile};
use wb_composer::encode_core::Shown;
use wb_composer::signature::offer;
use wb_composer::types::resolve_signature;

/// An empty folder, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wb-lanes-rust-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The compiler, if it can compile functions; else says why there is nothing to test.
fn toolchain() -> Option<Toolchain> {
    match Toolchain::detect(None) {
        Ok(toolchain) if toolchain.has_unknown => return Some(toolchain),
        Ok(_) => println!("skipped: the Rust compiler has no target wasm32-unknown-unknown"),
        Err(missing) => println!("skipped: {missing}"),
    }
    None
}

const TYPES: &str = "record row { item: string, unit-price: f64 } enum mode { fast-one, slow } \
    flags marks { new, sold-out } variant shape { circle(f64), none }";

fn build(toolchain: &Toolchain, signature: &str, source: &str, limits: Limits) -> Result<Output, Failure> {
    let scratch = Scratch::new();
    let signature = (!signature.is_empty()).then(|| resolve_signature(TYPES, signature).unwrap());
    let linked = Linked::default();
    let job =
        Job { source, signature: signature.as_ref(), heading: "score", scratch: &scratch.0, linked: &linked, limits };
    compile(&job, toolchain)
}

/// Compiles, and reads back from the component's bytes what it exports. It must import nothing but types.
#[track_caller]
fn exports(signature: &str, source: &str, expect: &str) {
    let Some(toolchain) = toolchain() else { return };
    match build(&toolchain, signature, source, Limits::default()) {
        Ok(Output::Function { component, exported, strength }) => {
            let offer = offer(&component).unwrap();
            assert_eq!(Shown(&offer.functions[0].signature).to_string(), expect, "{source}");
            // `json` is known to workbooks only; in the component it is a string.
            assert_eq!(Shown(&exported).to_string().replace("json", "string"), expect, "{source}");
            assert!(offer.imports.iter().all(|name| name == "wb:book/types"), "{:?}", offer.imports);
            assert!(!cfg!(target_os = "linux") || strength.limits, "{strength}");
        }
        Ok(other) => panic!("{source}: {other:?}"),
        Err(failure) => panic!("{source}: {failure}\n{:?}", failure.problems()),
    }
}

/// Compiles what must fail: the first problem's line and message, and a part of its help.
#[track_caller]
fn fails(signature: &str, source: &str, line: u32, message: &str, help: &str) {
    let Some(toolchain) = toolchain() else { return };
    let failure = build(&toolchain, signature, source, Limits::default()).expect_err(source);
    let problem = &failure.problems()[0];
    assert!(problem.message.contains(message), "{source}: {problem:?}");
    assert_eq!(problem.line.unwrap_or_default(), line, "{source}: {problem:?}");
    assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{source}: {problem:?}");
}

#[test]
fn numbers_and_lists_are_exported_with_their_types() {
    exports(
        "add(a: s32, b: u8) -> f64",
        "pub fn add(a: i32, b: u8) -> f64 { f64::from(a) + f64::from(b) }",
        "add: func(a: s32, b: u8) -> f64",
    );
    exports(
        "score(items: list<string>) -> list<f64>",
        "//! Scores.\npub fn score(items: Vec<String>) -> Vec<f64> { items.iter().map(|i| i.len() as f64).collect() } // end",
        "score: func(items: list<string>) -> list<f64>",
    );
    exports(
        "f(j: json) -> option<tuple<char, s64>>",
        "pub fn f(j: String) -> Option<(char, i64)> { j.chars().next().map(|c| (c, -1)) }",
        "f: func(j: string) -> option<tuple<char, s64>>",
    );
    exports("type()", "pub fn r#type() {}", "type: func()");
}

#[test]
fn declared_types_are_at_hand_under_their_rust_names() {
    exports(
        "top(rows: list<row>, mode: mode, marks: marks) -> tuple<option<row>, marks, shape>",
        "pub fn top(rows: &[Row], mode: Mode, marks: Marks) -> (Option<Row>, Marks, Shape) {
            let best = rows.iter().max_by(|a, b| a.unit_price.total_cmp(&b.unit_price)).cloned();
            assert!(best == best.clone() && !format!(\"{best:?}{mode:?}{marks:?}\").is_empty());
            let shape = if mode == Mode::FastOne { Shape::Circle(1.5) } else { Shape::None };
            (best, marks | Marks::SOLD_OUT, shape)
        }",
        "top: func(rows: list<row>, mode: mode, marks: marks) -> tuple<option<row>, marks, shape>",
    );
}

#[test]
fn a_function_that_may_fail_is_exported_so() {
    exports(
        "half(n: s32) -> s32",
        "pub fn half(n: i32) -> Result<i32, String> { Ok(n / 2) }",
        "half: func(n: s32) -> result<s32, string>",
    );
    exports(
        "parse(text: string) -> result<f64, string>",
        "pub fn parse(text: &str) -> Result<f64, std::num::ParseFloatError> { text.parse() }",
        "parse: func(text: string) -> result<f64, string>",
    );
    exports(
        "check(n: u8)",
        "pub fn check(n: u8) -> Result<(), Box<dyn std::error::Error>> { Err(n.to_string())? }",
        "check: func(n: u8) -> result<_, string>",
    );
    exports(
        "own(n: u8) -> result<u8, mode>",
        "pub fn own(_: u8) -> Result<u8, Mode> { Err(Mode::Slow) }",
        "own: func(n: u8) -> result<u8, mode>",
    );
}

#[test]
fn borrows_and_names_are_bound() {
    exports(
        "join(items: list<string>, sep: string) -> string",
        "pub fn join(sep: &str, items: &[&str]) -> String { items.join(sep) }",
        "join: func(items: list<string>, sep: string) -> string",
    );
    exports("name() -> string", "pub fn name() -> &'static str { \"x\" }", "name: func() -> string");
}

#[test]
fn inner_attributes_stay_the_blocks_own() {
    exports(
        "add(a: u8, b: u8) -> u8",
        "#![no_std]\n#![forbid(unsafe_code)]\nextern crate alloc;\npub fn add(a: u8, b: u8) -> u8 { alloc::vec![a, b].iter().sum() }",
        "add: func(a: u8, b: u8) -> u8",
    );
    exports(
        "f() -> u8",
        "#![deny(unsafe_code, missing_docs, warnings)]\n//! Doc.\n/// Doc.\npub fn f() -> u8 { 1 }",
        "f: func() -> u8",
    );
    exports(
        "f() -> u8",
        "mod inner { pub fn g() -> u8 { crate::K } }\nconst K: u8 = 4;\npub fn f() -> u8 { inner::g() }",
        "f: func() -> u8",
    );
}

#[test]
fn among_several_functions_names_choose() {
    let two = "pub fn other(n: u8) -> u8 { n }\npub fn score(n: u8) -> u8 { n }";
    exports("f(n: u8) -> u8", two, "f: func(n: u8) -> u8");
    fails(
        "f(n: u8) -> u8",
        "pub fn a(n: u8) -> u8 { n }\npub fn b(n: u8) -> u8 { n }",
        2,
        "the block has `a`, `b`; keep one `pub`, or name it `f`, `score`, `run`",
        "",
    );
    fails("f(n: u8) -> u8", "\nfn f(n: u8) -> u8 { n }", 2, "function `f` is private; write `pub fn f`", "");
    fails("f(n: u8) -> u8", "// nothing", 0, "write one `pub fn`, or a `fn main`", "");
}

#[test]
fn without_ports_the_functions_own_types_count() {
    exports(
        "",
        "pub fn mean(xs: &[f64]) -> Result<f64, String> { Ok(xs.iter().sum::<f64>() / xs.len() as f64) }",
        "score: func(xs: list<f64>) -> result<f64, string>",
    );
}

#[test]
fn errors_are_on_the_lines_of_the_block() {
    let f = "f(n: u8) -> u8";
    fails(
        f,
        "pub fn f(n: u8) -> u8 {\n    let x: u32 = \"a\";\n    n\n}",
        2,
        "mismatched types: expected `u32`, found `&str`",
        "",
    );
    fails(f, "pub fn f(n: u8) -> u8 {\n    if n > 1 { 1\n}\n", 1, "unclosed delimiter", "");
    fails(f, "pub fn f(n: u8) -> u8 {\n  \"abc\n}", 2, "unterminated double quote string", "");
    fails(f, "\nuse serde::Value;\npub fn f(n: u8) -> u8 { n }", 2, "`serde`", "the packages that its `:deps` name");
    fails(f, "pub fn f(n: u8) -> u8 {\n n + (255 + 1)\n}", 2, "", "");
    fails(
        f,
        "\n\nunsafe extern \"C\" { safe fn now() -> u8; }\npub fn f(n: u8) -> u8 { n + now() }",
        3,
        "imports `now` from `env`",
        "",
    );
}

#[test]
fn a_function_of_another_type_is_shown_as_it_must_be() {
    fails(
        "score(items: list<string>) -> list<f64>",
        "// first\npub fn score(items: Vec<String>) -> Vec<f32> { vec![] }",
        2,
        "function `score` must be `pub fn score(items: Vec<String>) -> Vec<f64>` for signature `score: func(items: list<string>) -> list<f64>`",
        "expected `Vec<f64>`, found `Vec<f32>`",
    );
    fails(
        "f(a: u8, b: u8) -> u8",
        "pub fn f(a: u8) -> u8 { a }",
        1,
        "must be `pub fn f(a: u8, b: u8) -> u8`",
        "it has 1 parameter, and the component has 2 inputs",
    );
    fails(
        "f(r: row) -> f64",
        "struct Row { unit_price: f64 }\npub fn f(r: Row) -> f64 { r.unit_price }",
        2,
        "pub fn f(r: Row) -> f64",
        "remove the one on line 1",
    );
    fails(
        "f(r: row) -> f64",
        "pub fn f(r: String) -> f64 { 1.0 }",
        1,
        "pub fn f(r: Row) -> f64",
        "struct Row { item: String, unit_price: f64 }",
    );
    fails("f(n: u8) -> u8", "pub async fn f(n: u8) -> u8 { n }", 1, "must be", "it is async");
}

#[test]
fn a_block_cannot_read_files_or_the_environment() {
    let f = "f() -> string";
    let reads = "hand the text in as an input";
    // The first is refused by the system where it can; each of them also because the compiler lists what it read.
    fails(f, "pub fn f() -> String {\n  include_str!(\"/etc/passwd\").to_owned()\n}", 2, "/etc/passwd", reads);
    fails(
        f,
        "pub fn f() -> String {\n  format!(\"{:?}\", include_bytes!(\"/proc/self/environ\"))\n}",
        2,
        "/proc/self/environ",
        reads,
    );
    fails(f, "\n#[path = \"/etc/passwd\"] mod secret;\npub fn f() -> String { String::new() }", 2, "/etc/passwd", "");
    fails(f, "include!(\"../../../etc/passwd\");\npub fn f() -> String { String::new() }", 1, "etc/passwd", reads);
    fails(f, "pub fn f() -> String {\n  env!(\"HOME\").to_owned()\n}", 2, "`HOME` not defined", "without environment");
    fails(
        f,
        "mod other;\npub fn f() -> String { String::new() }",
        1,
        "file not found for module `other`",
        "a block is one file",
    );
    if cfg!(target_os = "linux") {
        // Readable, because the compiler itself needs it.
        let library = "pub fn f() -> String {\n  include_bytes!(\"/etc/ld.so.cache\").len().to_string()\n}";
        fails(f, library, 2, "/etc/ld.so.cache", reads);
    }
}

#[test]
fn the_same_block_gives_the_same_bytes() {
    let Some(toolchain) = toolchain() else { return };
    let source = "pub fn f(rows: Vec<Row>) -> Option<Row> { assert!(!rows.is_empty()); rows.into_iter().next() }";
    let make = || match build(&toolchain, "f(rows: list<row>) -> option<row>", source, Limits::default()) {
        Ok(Output::Function { component, .. }) => component,
        other => panic!("{other:?}"),
    };
    let (one, two) = (make(), make());
    assert!(one == two, "two compilations in two folders differ");
    let text = String::from_utf8_lossy(&one);
    assert!(
        !text.contains("wb-lanes-rust") && !text.contains(&*toolchain.sysroot.to_string_lossy()),
        "a path is in the component"
    );
    assert!(toolchain.id().contains("rustc ") && toolchain.id() == toolchain.clone().id());
}

#[test]
fn a_main_makes_a_program() {
    let Some(toolchain) = toolchain() else { return };
    if !toolchain.has_wasip2 {
        println!("skipped: the Rust compiler has no target wasm32-wasip2");
        return;
    }
    let source = "fn main() { for line in std::io::stdin().lines() { println!(\"{}\", line.unwrap()); } }";
    match build(&toolchain, "f(n: string) -> string", source, Limits::default()) {
        Ok(Output::Program { component, .. }) => assert!(offer(&component).unwrap().program),
        other => panic!("{other:?}"),
    }
    fails("f(n: string) -> string", "fn main() {\n  missing();\n}", 2, "cannot find function `missing`", "");
}

#[test]
fn limits_are_their_own_failures() {
    let Some(toolchain) = toolchain() else { return };
    let source = "pub fn f(n: u8) -> u8 { n }";
    let build = |limits| build(&toolchain, "f(n: u8) -> u8", source, limits);
    let short = Limits { deadline: Duration::from_millis(1), ..Limits::default() };
    assert!(matches!(build(short), Err(Failure::TimeLimit { .. })));
    if cfg!(target_os = "linux") {
        let narrow = Limits { memory_bytes: 200 << 20, ..Limits::default() };
        assert!(matches!(build(narrow), Err(Failure::MemoryLimit { .. })), "{:?}", build(narrow));
        let small = Limits { file_bytes: 100, ..Limits::default() };
        assert!(matches!(build(small), Err(Failure::SizeLimit { .. })), "{:?}", build(small));
    }
}

#[test]
fn a_missing_target_is_named_with_the_command_that_adds_it() {
    let Some(mut toolchain) = toolchain() else { return };
    toolchain.has_unknown = false;
    let failure = build(&toolchain, "f(n: u8) -> u8", "pub fn f(n: u8) -> u8 { n }", Limits::default()).unwrap_err();
    assert!(failure.to_string().ends_with("add it with `rustup target add wasm32-unknown-unknown`"), "{failure}");
}
