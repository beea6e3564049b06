//! What the product is measured by, as a table: `cargo bench --bench performance`. Nothing is asserted; every figure
//! is the smallest and the middle one of several runs. `… -- runs bandwidth` picks tables. `docs/performance.md` says what
//! the figures were and what they mean.
//!
//! Whole runs are runs of the real binary, as a process, in a folder and with a cache of their own. Where time goes
//! inside is measured through the library.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod support;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use support::parts::{Chain, FLOATS, Million, load};
use support::{Folder, best_and_median, chain, show, times};
use wb::engine::Engine;
use wb::execute::prepare;
use wb::lanes::Interpreter;
use wb::packages::{Mirrors, Packages};
use wb::report::{Colour, Reporter};
use wb_composer::types::{Signature, Type};
use wb_composer::{encode_core, hoist};

fn main() {
    let picked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let folder = Folder::new();
    println!("{:<58} {:>10} {:>10} {:>10}", "", "best", "median", "target");
    let tables: [(&str, &dyn Fn()); 5] = [
        ("runs", &|| processes(&folder)),
        ("parts", &parts),
        ("compositions", &compositions),
        ("instances", &instances),
        ("bandwidth", &bandwidth),
    ];
    for (name, table) in tables {
        if picked.is_empty() || picked.iter().any(|picked| picked == name) {
            println!("{name}");
            table();
        }
    }
}

/// One line of the table.
fn line(what: &str, times: &[Duration], target: &str) {
    let (best, median) = best_and_median(times);
    println!("{what:<58} {:>10} {:>10} {target:>10}", show(best), show(median));
}

/// Runs of the binary.
fn processes(folder: &Folder) {
    line("wb --version", &times(20, || folder.wb("cache", &["--version"])), "10 ms");

    // The kernel, the codec and the engine are compiled once per machine.
    folder.file("first.org", &chain(1, "javascript", 0, 1));
    let cold = times(1, || folder.wb("cache", &["run", "first.org"]));
    line("first run on a machine, 1 node", &cold, "");

    folder.file("js.org", &chain(50, "javascript", 0, 0));
    line("50 JS nodes, code of no node known", &times(1, || folder.wb("cache", &["run", "js.org"])), "");
    line("50 JS nodes, nothing changed", &times(15, || folder.wb("cache", &["run", "js.org"])), "50 ms");
    line("50 JS nodes, all run, all code known", &times(7, || folder.wb("cache", &["run", "--fresh", "js.org"])), "");

    let mut salt = 1000;
    let mut edit = |count: usize, edited: usize, rounds: usize| {
        (0..rounds)
            .map(|_| {
                salt += 1;
                folder.file("edit.org", &chain(count, "javascript", edited, salt));
                times(1, || folder.wb("cache", &["run", "edit.org"]))[0]
            })
            .collect::<Vec<_>>()
    };
    line("edit of a JS block to its result, 1 node", &edit(1, 0, 11), "50 ms");
    edit(50, 49, 1);
    line("edit of the last of 50 JS nodes", &edit(50, 49, 11), "50 ms");
    line("edit of the first of 50 JS nodes: all run", &edit(50, 0, 5), "");

    folder.file("wat500.org", &chain(500, "wat", 0, 0));
    folder.file("js500.org", &chain(500, "javascript", 0, 0));
    folder.file("none.org", &chain(1, "wat", 0, 7));
    let cold = (0..3).flat_map(|_| {
        folder.forget("new");
        folder.wb("new", &["run", "none.org"]);
        times(1, || folder.wb("new", &["run", "wat500.org"]))
    });
    line("500 WAT nodes, nothing of them known", &cold.collect::<Vec<_>>(), "3 s");
    line(
        "500 WAT nodes, all run, all code known",
        &times(3, || folder.wb("new", &["run", "--fresh", "wat500.org"])),
        "",
    );
    line("500 WAT nodes, nothing changed", &times(7, || folder.wb("new", &["run", "wat500.org"])), "100 ms");
    line("500 JS nodes, code of no node known", &times(1, || folder.wb("cache", &["run", "js500.org"])), "3 s");
    line(
        "500 JS nodes, all run, all code known",
        &times(3, || folder.wb("cache", &["run", "--fresh", "js500.org"])),
        "",
    );
    line("500 JS nodes, nothing changed", &times(7, || folder.wb("cache", &["run", "js500.org"])), "100 ms");
}

/// What every run does before the first node.
fn parts() {
    line("an engine that allocates on demand", &times(9, || Engine::new().unwrap()), "");
    line("an engine with reserved slots", &times(9, || Engine::pooling().unwrap()), "");
    let path = std::env::temp_dir().join(format!("wb-bench-cache-{}", std::process::id()));
    let cache = wb::cache::Cache::open(&path).unwrap();
    let quiet = Reporter::new(Colour::Never, false, true);
    let packages = Packages::new(Ok(&path), true, Mirrors::default(), quiet);
    let engine = Engine::new().unwrap();
    let load = || wb::kernel::Kernel::new(&engine, Some(&cache)).unwrap();
    line("the kernel, compiled", &times(1, load), "");
    let kernel = load();
    line("the kernel, from the cache", &times(9, load), "");
    for count in [50, 500] {
        let book = chain(count, "javascript", 0, 0);
        kernel.plan(&book).unwrap();
        line(&format!("the plan of {count} nodes"), &times(9, || kernel.plan(&book).unwrap()), "");
        line(&format!("the findings of {count} nodes"), &times(9, || kernel.lint(&book, &[]).unwrap()), "");
        let plan = kernel.plan(&book).unwrap();
        let graph = || wb::execute::graph::Graph::build(&plan).unwrap();
        line(&format!("the graph of {count} nodes"), &times(9, graph), "");
        let graph = graph();
        let prepare = || prepare::all(&graph, Path::new("."), Some(&cache), &packages, &|_| true);
        line(&format!("{count} JS blocks through their lane"), &times(9, prepare), "");
    }
    let script = || {
        let engine = Interpreter::JavaScript.component(Some(&cache), &packages).unwrap();
        wb_composer::hoist::hoist(&engine, &prepare::module_name).unwrap()
    };
    line("the script engine, linked", &times(1, script), "");
    line("the script engine, from the cache", &times(9, script), "");
    let (component, modules) = (script().component, script().modules);
    println!(
        "    component {} KB, modules {:?} KB",
        component.len() >> 10,
        modules.values().map(|m| m.len() >> 10).collect::<Vec<_>>()
    );
    let pooling = Engine::pooling().unwrap();
    let compile = || modules.values().map(|module| pooling.module(module, Some(&cache)).unwrap()).collect::<Vec<_>>();
    line("the script engine's code, compiled", &times(1, compile), "");
    line("the script engine's code, from the cache", &times(9, compile), "");
    line("a linker with everything", &times(9, || wb::linker::new(pooling.wasmtime()).unwrap()), "");
    drop(std::fs::remove_dir_all(path));
}

/// Bytes only: no engine.
fn compositions() {
    for count in [10, 100, 500] {
        let chain = Chain::new(count);
        let adapt = times(5, || chain.adapt());
        line(&format!("{count} adapters"), &adapt, "");
        let composed = chain.compose(64);
        let bytes: usize = composed.iter().map(|composed| composed.bytes.len()).sum();
        let what = format!("{count} nodes composed, in {} pieces, {} KB", composed.len(), bytes >> 10);
        line(&what, &times(5, || chain.compose(64)), "");
    }
    let chain = Chain::new(300);
    line("300 nodes composed as one piece", &times(3, || chain.compose(300)), "");
    let part = &chain.nodes[0];
    let core = wat::parse_str("(module (func (export \"next\") (param i32) (result i32) (local.get 0)))").unwrap();
    let signature =
        Signature { name: "next".to_owned(), params: vec![("x".to_owned(), Type::U32)], result: Some(Type::U32) };
    line("a core module made into a node", &times(50, || encode_core::function(&core, &signature).unwrap()), "");
    line("the signature of a node read", &times(50, || wb_composer::signature::offer(part).unwrap()), "");
    let digest = |bytes: &[u8]| prepare::module_name(bytes);
    line("code taken out of a node's component", &times(20, || hoist::hoist(part, &digest).unwrap()), "");
}

/// Compiled compositions, instantiated and driven.
fn instances() {
    for count in [10, 64] {
        let composed = Chain::new(count).compose(count).remove(0);
        let engine = Engine::new().unwrap();
        let per_node = |times: Vec<Duration>| times.into_iter().map(|time| time / count as u32).collect::<Vec<_>>();
        let compiled = times(3, || engine.composition(&composed.bytes, None).unwrap());
        line(&format!("{count} nodes compiled, a node"), &per_node(compiled), "");
        let loaded = load(&composed);
        let instantiated = times(30, || {
            let mut store = loaded.store();
            loaded.linked.instantiate(&mut store).unwrap();
            store
        });
        line(&format!("{count} nodes instantiated, a node"), &per_node(instantiated), "50 µs");
        let driven = times(30, || {
            let mut store = loaded.store();
            let instance = loaded.linked.instantiate(&mut store).unwrap();
            (0..count).for_each(|node| loaded.step(&mut store, &instance, node));
            store
        });
        line(&format!("{count} nodes instantiated and run, a node"), &per_node(driven), "");
    }
}

/// A `list<f64>` of a million across an edge, against the same bytes copied by the processor.
fn bandwidth() {
    let bytes = FLOATS * 8;
    let (from, mut to) = (vec![1u8; bytes], vec![2u8; bytes]);
    let copied = times(30, || to.copy_from_slice(black_box(&from)));
    line("memcpy of 8 MB into memory that is there", &copied, "");
    let fresh = times(30, || black_box(&from).clone());
    line("memcpy of 8 MB into fresh memory", &fresh, "");

    let loaded = Million::new().load();
    let (mut given, mut taken) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let mut store = loaded.store();
        let instance = loaded.linked.instantiate(&mut store).unwrap();
        given.push(times(1, || loaded.step(&mut store, &instance, 0))[0]);
        taken.push(times(1, || loaded.step(&mut store, &instance, 1))[0]);
    }
    line("list<f64> of a million, node to port", &given, "");
    line("list<f64> of a million, port to node", &taken, "");
    let edge: Vec<Duration> = given.iter().zip(&taken).map(|(one, other)| *one + *other).collect();
    line("list<f64> of a million, node to node", &edge, "");
    let best = |times: &[Duration]| bytes as f64 / times.iter().min().unwrap().as_secs_f64() / 1e9;
    println!(
        "{:<58} {:.2} GB/s over the edge, {:.2} GB/s fresh memcpy, {:.2} GB/s memcpy",
        "",
        best(&edge),
        best(&fresh),
        best(&copied)
    );
}
