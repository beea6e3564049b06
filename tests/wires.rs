//! `wb compose a.wasm b.wasm --wire a.out=b.in`: components of anybody's, linked by hand, run by stock `wasmtime`.

// Printing is how a test says that it was skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output};

use common::Place;

/// Gives 20 as `out`.
const SOURCE: &str = r#"(component
  (core module $m (func (export "out") (result i32) (i32.const 20)))
  (core instance $i (instantiate $m))
  (func (export "out") (result u32) (canon lift (core func $i "out"))))"#;

/// Gives its input plus one.
const NEXT: &str = r#"(component
  (import "in" (func $in (result u32)))
  (core func $lowered (canon lower (func $in)))
  (core module $m
    (import "host" "in" (func $in (result i32)))
    (func (export "out") (result i32) (i32.add (call $in) (i32.const 1))))
  (core instance $i (instantiate $m (with "host" (instance (export "in" (func $lowered))))))
  (func (export "out") (result u32) (canon lift (core func $i "out"))))"#;

/// Gives the sum of its two inputs as `total`.
const SUM: &str = r#"(component
  (import "one" (func $one (result u32)))
  (import "two" (func $two (result u32)))
  (core func $a (canon lower (func $one)))
  (core func $b (canon lower (func $two)))
  (core module $m
    (import "host" "a" (func $a (result i32)))
    (import "host" "b" (func $b (result i32)))
    (func (export "total") (result i32) (i32.add (call $a) (call $b))))
  (core instance $i (instantiate $m (with "host" (instance (export "a" (func $a)) (export "b" (func $b))))))
  (func (export "total") (result u32) (canon lift (core func $i "total"))))"#;

/// A counter as a resource, in an interface.
const COUNTER: &str = r#"(component
  (core module $m
    (memory 1)
    (func (export "new") (param i32) (result i32) (local.get 0))
    (func (export "value") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2))))
  (core instance $i (instantiate $m))
  (type $counter (resource (rep i32)))
  (core func $make (canon resource.new $counter))
  (core module $n
    (import "m" "make" (func $make (param i32) (result i32)))
    (func (export "new") (param i32) (result i32) (call $make (local.get 0))))
  (core instance $j (instantiate $n (with "m" (instance (export "make" (func $make))))))
  (func $new (param "start" u32) (result (own $counter)) (canon lift (core func $j "new")))
  (func $value (param "self" (borrow $counter)) (result u32) (canon lift (core func $i "value")))
  (component $shape
    (import "counter" (type $c (sub resource)))
    (import "new" (func $new (param "start" u32) (result (own $c))))
    (import "value" (func $value (param "self" (borrow $c)) (result u32)))
    (export $d "counter" (type $c))
    (export "[constructor]counter" (func $new) (func (param "start" u32) (result (own $d))))
    (export "[method]counter.value" (func $value) (func (param "self" (borrow $d)) (result u32))))
  (instance $api (instantiate $shape
    (with "counter" (type $counter)) (with "new" (func $new)) (with "value" (func $value))))
  (export "demo:counter/api@1.2.0" (instance $api)))"#;

/// Makes a counter that begins at 5 and asks it.
const COUNTS: &str = r#"(component
  (import "demo:counter/api@1.2.0" (instance $api
    (export "counter" (type $c (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $c))))
    (export "[method]counter.value" (func (param "self" (borrow $c)) (result u32)))))
  (alias export $api "[constructor]counter" (func $new))
  (alias export $api "[method]counter.value" (func $value))
  (core func $new-core (canon lower (func $new)))
  (core func $value-core (canon lower (func $value)))
  (core module $m
    (import "h" "new" (func $new (param i32) (result i32)))
    (import "h" "value" (func $value (param i32) (result i32)))
    (func (export "count") (result i32) (call $value (call $new (i32.const 5)))))
  (core instance $i (instantiate $m
    (with "h" (instance (export "new" (func $new-core)) (export "value" (func $value-core))))))
  (func (export "count") (result u32) (canon lift (core func $i "count"))))"#;

struct Bench {
    place: Place,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { place: Place::new() };
        for (name, text) in [("source", SOURCE), ("next", NEXT), ("sum", SUM), ("counter", COUNTER), ("counts", COUNTS)]
        {
            std::fs::write(bench.path(&format!("{name}.wasm")), wat::parse_str(text).unwrap()).unwrap();
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.folder.path().join(name)
    }

    fn compose(&self, line: &str) -> Output {
        let mut command = Command::new(common::WB);
        command.arg("compose").args(line.split_whitespace()).args(["-o", "c.wasm"]);
        command.current_dir(self.place.folder.path()).env("WB_CACHE_DIR", self.path("cache")).output().unwrap()
    }

    /// Composes and calls a function of the result under stock `wasmtime`.
    fn gives(&self, line: &str, call: &str, expected: &str) {
        let output = self.compose(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let stock = Command::new("wasmtime").args(["run", "--invoke", call]).arg(self.path("c.wasm")).output();
        match stock {
            Ok(output) => {
                assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
                assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), expected, "{line}");
            }
            Err(error) => println!("not run: no stock `wasmtime` on PATH ({error}); `.ci/run` installs it"),
        }
    }

    /// Composes what cannot be, and answers the exit code and what was said.
    fn refused(&self, line: &str) -> (Option<i32>, String) {
        let output = self.compose(line);
        assert!(!output.status.success() && !self.path("c.wasm").exists(), "{line}");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn exports_go_to_imports_in_chains_and_together() {
    let bench = Bench::new();
    bench.gives("source.wasm next.wasm --wire source.out=next.in", "out()", "21");
    bench.gives("source.wasm a=next.wasm b=next.wasm --wire source.out=a.in --wire a.out=b.in", "out()", "22");
    let wires = "--wire source.out=sum.one --wire source.out=next.in --wire next.out=sum.two";
    bench.gives(&format!("source.wasm next.wasm sum.wasm {wires}"), "total()", "41");
}

#[test]
fn interfaces_and_their_resources_cross() {
    let bench = Bench::new();
    for wire in ["counter=counts", "counter.api=counts.api", "counter.demo:counter/api=counts.demo:counter/api@1.2.0"] {
        bench.gives(&format!("counter.wasm counts.wasm --wire {wire}"), "count()", "7");
    }
}

#[test]
fn what_is_left_over_is_imported_and_what_is_chosen_is_exported() {
    let bench = Bench::new();
    bench.gives("source.wasm next.wasm --wire source.out=next.in --export next.out=answer", "answer()", "21");
    // One level after the other: an unsatisfied import stays one, and can be satisfied later.
    let output = bench.compose("next.wasm sum.wasm --wire next.out=sum.two");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::rename(bench.path("c.wasm"), bench.path("inner.wasm")).unwrap();
    bench.gives("source.wasm inner.wasm --wire source.out=inner.in --wire source.out=inner.one", "total()", "41");
}

#[test]
fn equal_parts_give_equal_bytes() {
    let bench = Bench::new();
    let bytes = || {
        assert!(bench.compose("source.wasm next.wasm --wire source.out=next.in").status.success());
        std::fs::read(bench.path("c.wasm")).unwrap()
    };
    assert!(bytes() == bytes());
}

#[test]
fn ends_that_do_not_fit_are_shown_as_wit() {
    let bench = Bench::new();
    let text = SOURCE.replace("(result u32)", "(result s32)");
    std::fs::write(bench.path("signed.wasm"), wat::parse_str(text).unwrap()).unwrap();
    let (code, said) = bench.refused("signed.wasm next.wasm --wire signed.out=next.in");
    assert_eq!(code, Some(8));
    assert!(said.contains("`signed.out` does not fit `next.in`"), "{said}");
    assert!(
        said.contains("signed gives  out: func() -> s32") && said.contains("next   takes  in: func() -> u32"),
        "{said}"
    );

    let text = COUNTS
        .replace("\"count\"", "\"total\"")
        .replace("(param \"start\" u32)", "(param \"start\" u32) (param \"step\" u32)");
    let text = text
        .replace("(func $new (param i32)", "(func $new (param i32 i32)")
        .replace("(i32.const 5)", "(i32.const 5) (i32.const 1)");
    std::fs::write(bench.path("steps.wasm"), wat::parse_str(text).unwrap()).unwrap();
    let (_, said) = bench.refused("counter.wasm steps.wasm --wire counter=steps");
    assert!(said.contains("takes  [constructor]counter: func(start: u32, step: u32) -> own<counter>"), "{said}");
    assert!(!said.contains("counter.value"), "{said}");
}

#[test]
fn mistakes_name_what_there_is() {
    let bench = Bench::new();
    let said = |line: &str, code: i32, words: &[&str]| {
        let (exit, said) = bench.refused(line);
        assert_eq!(exit, Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "{said}");
        }
    };
    said("source.wasm next.wasm --wire source.out", 2, &["`source.out` is no wire; write `PART.EXPORT=PART.IMPORT`"]);
    said("source.wasm next.wasm --wire sauce.out=next.in", 8, &["no part `sauce`; there are `source` and `next`"]);
    said("source.wasm next.wasm --wire source.put=next.in", 8, &["`source` exports no `put`; it exports `out`"]);
    said("source.wasm sum.wasm --wire source=sum", 8, &["exports `out`, and `sum` imports `one` and `two`"]);
    said("source.wasm next.wasm", 8, &["`source` and `next` both export `out`; choose with `--export PART.out=NAME`"]);
    said(
        "a=next.wasm b=next.wasm --wire a.out=b.in --wire b.out=a.in",
        8,
        &["the wires form a ring through `a` and `b`"],
    );
    said("source.wasm next.wasm --wire source.out=next.in --wire source.out=next.in", 8, &["`next.in` has two wires"]);
    said("source.wasm ./source.wasm --wire source.out=source.in", 2, &["are both called `source`", "`NAME=FILE.wasm`"]);
    said("gone.wasm next.wasm --wire gone.out=next.in", 4, &["gone.wasm"]);
    std::fs::write(bench.path("text.wasm"), "not wasm").unwrap();
    said("text.wasm next.wasm --wire text.out=next.in", 8, &["`text` is not a component that can be linked"]);
}
