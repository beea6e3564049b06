//! Compositions as cases: each folder in `cases/` holds a `graph`, and what it composes to (`shape.txt`) or why not
//! (`error.txt`). `BLESS=1` rewrites, `CASE=part` picks. Adding a case is adding a folder.
//!
//! A `graph` has one thing a line, `#` begins a comment, and declared types stand in `types.wit` beside it:
//!
//! ```text
//! form library                                 driven if not said; or `program ID`
//! node stats = stats(xs: list<f64>) -> f64     a component made for that signature
//! binary tool = tool.wit run [wb:tool/api]     one made from a WIT file, its function, the function's interface
//! host upper = call(stdin: string) -> string   computed by the host
//! script view = view(a: json) -> json          source text for an engine
//! identity|collect|constant ID = SIGNATURE
//! outputs stats = mean deviation               several outputs, fields of the result
//! edge load.out -> stats.xs
//! import rows -> stats.xs [packed] [as TYPE]
//! export mean = stats.mean
//! ```
//!
//! Whatever composes is also composed twice, validated, and taken apart and put together again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/graph.rs"]
mod graph;
#[path = "support/shape.rs"]
mod shape;
#[path = "support/stub.rs"]
mod stub;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use graph::Graph;
use wasmparser::types::Types;
use wasmparser::{Validator, WasmFeatures};
use wb_composer::hoist;
use wb_composer::wire::{self, Composed, HostImportKind};

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let picked = std::env::var("CASE").unwrap_or_default();
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.to_string_lossy().contains(&picked));
    cases.sort();
    assert!(!cases.is_empty(), "no case is named like `{picked}`");
    let different: Vec<String> = cases.iter().filter_map(|case| check(case)).collect();
    assert!(different.is_empty(), "{}\nBLESS=1 accepts what is found now", different.join("\n"));
}

/// What is different, if anything is.
fn check(case: &Path) -> Option<String> {
    let graph = Graph::read(case);
    let (golden, found, other) = match graph.compose() {
        Ok(composed) => {
            let again = graph.compose().unwrap();
            assert_eq!(composed.bytes, again.bytes, "{}: the same graph gave other bytes", case.display());
            sound(case, &composed);
            ("shape.txt", shape_of(&graph, &composed), "error.txt")
        }
        Err(error) => ("error.txt", format!("{error}\n"), "shape.txt"),
    };
    let golden = case.join(golden);
    if std::env::var_os("BLESS").is_some() {
        drop(fs::remove_file(case.join(other)));
        fs::write(&golden, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    (expected != found).then(|| format!("--- {}\n{expected}+++ found\n{found}", golden.display()))
}

/// Every feature that wasmtime is given, and no other: a composition that needs more would not run.
fn features() -> WasmFeatures {
    WasmFeatures::default() | WasmFeatures::CM_IMPLEMENTS
}

fn validate(bytes: &[u8]) -> Result<Types, String> {
    Validator::new_with_features(features()).validate_all(bytes).map_err(|error| error.to_string())
}

fn outside(component: &[u8]) -> String {
    shape::of(component, &validate(component).unwrap())
}

/// A composition is valid, and stays what it is when its code is taken out and put back.
fn sound(case: &Path, composed: &Composed) {
    let about = case.display();
    validate(&composed.bytes).unwrap_or_else(|error| panic!("{about}: {error}"));
    let digest = |bytes: &[u8]| format!("{:08x}", bytes.iter().fold(7u32, |a, b| a.wrapping_mul(31) ^ u32::from(*b)));
    let hoisted = hoist::hoist(&composed.bytes, &digest).unwrap();
    validate(&hoisted.component).unwrap_or_else(|error| panic!("{about}, hoisted: {error}"));
    let modules: BTreeMap<String, Cow<'_, [u8]>> =
        hoisted.modules.iter().map(|(name, bytes)| (name.clone(), Cow::Borrowed(bytes.as_slice()))).collect();
    let back = hoist::embed(&hoisted.component, &modules).unwrap();
    validate(&back).unwrap_or_else(|error| panic!("{about}, embedded: {error}"));
    assert_eq!(outside(&back), outside(&composed.bytes), "{about}: hoisting changed imports or exports");
}

fn shape_of(graph: &Graph, composed: &Composed) -> String {
    let mut text = String::new();
    for import in &composed.imports {
        let (member, what) = match &import.kind {
            HostImportKind::Authority { member, interface } => (member, interface.as_str()),
            HostImportKind::Program { member } => (member, "a program"),
        };
        writeln!(text, "// `{}` is {what} of `{}`", import.name, graph.id(*member)).unwrap();
    }
    text + &outside(&composed.bytes)
}

/// Up to the limits a composition is valid; beyond them there is an error, not a component nobody can load.
#[test]
fn the_limits_hold_and_a_composition_at_a_limit_is_valid() {
    let composed = |graph: Graph| match graph.compose() {
        Ok(composed) => validate(&composed.bytes).map(drop),
        Err(error) => Err(error.to_string()),
    };
    assert_eq!(composed(Graph::fan(wire::MAX_NEIGHBOURS)), Ok(()));
    let hub = "`all` is linked to 91 other components, more than one component can hold (90)".to_owned();
    assert_eq!(composed(Graph::fan(wire::MAX_NEIGHBOURS + 1)), Err(hub));

    let many = |nodes: usize| {
        Err(format!("{nodes} nodes, with what they import and export, are more than one component can hold"))
    };
    assert_eq!(composed(Graph::chain(wire::MAX_NODES, "library", None)), Ok(()));
    assert_eq!(composed(Graph::chain(wire::MAX_NODES + 1, "library", None)), many(451));
    // For a run each node is exported, and a function in an interface is one instance more.
    assert_eq!(composed(Graph::chain(333, "driven", None)), Ok(()));
    assert_eq!(composed(Graph::chain(334, "driven", None)), many(334));
    let wit = "package wb:n; interface api { next: func(x: u32) -> u32; } world tool { export api; }";
    assert_eq!(composed(Graph::chain(249, "driven", Some((wit, "wb:n/api")))), Ok(()));
    assert_eq!(composed(Graph::chain(250, "driven", Some((wit, "wb:n/api")))), many(250));
}
