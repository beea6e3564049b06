//! The same graph in whatever pieces it is run: one store for all, islands cut at 64, one store per component. Random graphs
//! with failures of every kind, always the same ones.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Place;
use serde_json::{Value, json};

/// A small generator: numbers that look random and are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// What a component does with the sum of its inputs.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Script,
    Module,
    Throws,
    Traps,
    Hoards,
}

impl Kind {
    fn of(numbers: &mut Numbers, trouble: usize) -> Self {
        match numbers.below(100) {
            n if n >= trouble && n % 3 == 0 => Self::Module,
            n if n >= trouble => Self::Script,
            n if n % 5 == 0 => Self::Hoards,
            n if n % 2 == 0 => Self::Traps,
            _ => Self::Throws,
        }
    }
}

/// A workbook of so many components; each takes up to three outputs of earlier ones.
fn workbook(seed: u64, nodes: usize, trouble: usize) -> String {
    let mut numbers = Numbers(seed);
    let mut text = "* Test\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n".to_owned();
    for i in 0..nodes {
        let count = if i == 0 { 0 } else { numbers.below(4).min(i) };
        // Mostly neighbours, so that islands are long; sometimes far away, so that cuts are crossed.
        let mut inputs: Vec<usize> = (0..count)
            .map(|_| if numbers.below(4) == 0 { numbers.below(i) } else { i - 1 - numbers.below(i.min(4)) })
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        let kind = Kind::of(&mut numbers, trouble);
        let ports: Vec<String> = inputs.iter().map(|input| format!("v{input}:s32")).collect();
        let input = if ports.is_empty() { String::new() } else { format!(":in: {}\n", ports.join(" ")) };
        let memory = if kind == Kind::Hoards { ":memory: 16MiB\n" } else { "" };
        let add = numbers.below(100);
        let (language, code) = match kind {
            Kind::Script => {
                ("javascript", script(&format!("console.log('ran'); return all.reduce((a, b) => a + b, {add}) | 0;")))
            }
            Kind::Throws => ("javascript", script(&format!("throw new Error('no {add}');"))),
            Kind::Hoards => ("javascript", script("const kept = []; for (;;) kept.push(new Array(1e5).fill(all));")),
            Kind::Module | Kind::Traps => ("wat", module(i, inputs.len(), (kind == Kind::Module).then_some(add))),
        };
        text.push_str(&format!(
            "** N{i}\n:PROPERTIES:\n{input}:out: v{i}:s32\n{memory}:END:\n#+begin_src {language}\n{code}\n#+end_src\n"
        ));
    }
    text
}

fn script(body: &str) -> String {
    format!("export const f = (...all) => {{ {body} }};")
}

fn module(i: usize, inputs: usize, add: Option<usize>) -> String {
    let params = " i32".repeat(inputs);
    let params = if inputs == 0 { String::new() } else { format!("(param{params})") };
    let body = match add {
        None => "unreachable".to_owned(),
        Some(add) => {
            (0..inputs).fold(format!("(i32.const {add})"), |sum, at| format!("(i32.add {sum} (local.get {at}))"))
        }
    };
    format!("(module (func (export \"n{i}\") {params} (result i32) {body}))")
}

/// What became of each component, without times.
fn fates(run: &Value) -> Vec<Value> {
    let of = |c: &Value| json!([c["id"], c["status"], c["outputs"], c["error"], c["cause"], c["log"]]);
    run["components"].as_array().unwrap().iter().map(of).collect()
}

fn agree(seed: u64, nodes: usize, trouble: usize) {
    let place = Place::with(&workbook(seed, nodes, trouble));
    let whole = fates(&place.json(&["--fresh", "--jobs", "1"]));
    let done = whole.iter().filter(|fate| fate[1] == "done").count();
    for how in [&["--isolate"][..], &["--jobs", "3"], &["--isolate", "--jobs", "2"]] {
        let other = fates(&place.json(&[&["--fresh"], how].concat()));
        for (one, other) in whole.iter().zip(&other) {
            assert_eq!(one, other, "seed {seed}, {how:?}");
        }
    }
    for run in place.steps() {
        // Everybody is recorded once, and whoever ran said so once.
        let mut ids: Vec<&str> = run.iter().map(|step| step["component"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), run.len()), (nodes, nodes), "seed {seed}");
        assert!(run.iter().all(|step| step["log"].as_array().is_none_or(|log| log.len() <= 1)), "seed {seed}");
    }
    // What finished beside a failure is known afterwards, to a run in other pieces as well.
    let again = place.json(&["--isolate"]);
    let cached = again["components"].as_array().unwrap().iter().filter(|c| c["cached"] == true).count();
    assert_eq!(cached, done, "seed {seed}");
}

#[test]
fn small_graphs_without_trouble() {
    (1..4).for_each(|seed| agree(seed, 12, 0));
}

#[test]
fn small_graphs_with_failures_and_traps() {
    (10..15).for_each(|seed| agree(seed, 14, 20));
}

#[test]
fn graphs_that_are_cut_into_several_pieces() {
    agree(20, 90, 0);
    agree(21, 90, 4);
}
