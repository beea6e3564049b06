//! What an edge costs: a call in core WebAssembly, a link between composed nodes, and values that pass through the host.

use std::hint::black_box;
use std::time::{Duration, Instant};

use wasmtime::component::{Component, Func, Linker, Val};
use wasmtime::{Instance, Module, Store};
use wb::engine::Engine;

use super::support::parts::{Chain, FLOATS, Loaded, Million, load};
use super::{compare, turns};

/// Nodes in a chain: as many as a piece has.
const NODES: usize = 64;
const ROUNDS: usize = 200;
/// Calls of a chain that is warm.
const CALLS: usize = 1000;

/// A number handed from node to node. In a run every edge is crossed once, in instances that nothing has run in yet; what
/// the other ways cost then, and when they are warm, are rows of their own.
pub(crate) fn edges() {
    let chain = Chain::new(NODES);
    let loaded = load(&chain.compose(NODES).remove(0));
    let engine = Engine::pooling().unwrap();
    let core = [FIRST, NEXT].map(|text| Module::new(engine.wasmtime(), wat::parse_str(text).unwrap()).unwrap());
    let nodes: Vec<Component> =
        chain.nodes.iter().map(|node| Component::new(engine.wasmtime(), node).unwrap()).collect();
    let nodes: Vec<&Component> = nodes.iter().collect();
    let [composed, direct, through, direct_warm, through_warm] = turns(
        ROUNDS,
        [
            &mut || composed_once(&loaded, NODES - 1) / NODES as u32,
            &mut || direct_calls(&engine, &core, 1) / NODES as u32,
            &mut || through_host(&engine, &nodes, 1) / NODES as u32,
            &mut || direct_calls(&engine, &core, CALLS) / (NODES * CALLS) as u32,
            &mut || through_host(&engine, &nodes, CALLS / 10) / (NODES * CALLS / 10) as u32,
        ],
    );
    compare(
        &format!("a number from node to node, in a chain of {NODES}: an edge with its node"),
        &[
            ("composed: port adapters and links, first and only pull", &composed),
            ("core WebAssembly calls another instance, first call", &direct),
            ("the host calls each node with a `Val`, first calls", &through),
            ("core WebAssembly calls another instance, warm", &direct_warm),
            ("the host calls each node with a `Val`, warm", &through_warm),
        ],
    );
}

/// A list of a million numbers, against the same bytes copied by the processor.
pub(crate) fn million() {
    let million = Million::new();
    let loaded = million.load();
    let engine = Engine::pooling().unwrap();
    let nodes = million.nodes.each_ref().map(|node| Component::new(engine.wasmtime(), node).unwrap());
    let (from, mut to) = (vec![1u8; FLOATS * 8], vec![2u8; FLOATS * 8]);
    let [there, fresh, composed, through] = turns(
        15,
        [
            &mut || timed(|| to.copy_from_slice(black_box(&from))),
            &mut || timed(|| drop(black_box(black_box(&from).clone()))),
            &mut || composed_once(&loaded, 1),
            &mut || through_host(&engine, &[&nodes[0], &nodes[1]], 1),
        ],
    );
    compare(
        "a million `f64`, 8 MB, from node to node",
        &[
            ("memcpy into memory that is there", &there),
            ("memcpy into fresh memory", &fresh),
            ("composed: node to port to node", &composed),
            ("the host calls both nodes with `Val`s", &through),
        ],
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// One pull of a node, and through it of all before it, in a fresh instance.
fn composed_once(loaded: &Loaded, last: usize) -> Duration {
    let mut store = loaded.store();
    let instance = loaded.linked.instantiate(&mut store).unwrap();
    timed(|| loaded.step(&mut store, &instance, last))
}

const FIRST: &str = r#"(module (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;
const NEXT: &str = r#"(module
  (import "" "next" (func $before (param i32) (result i32)))
  (func (export "next") (param i32) (result i32) (i32.add (call $before (local.get 0)) (i32.const 1))))"#;

/// The same chain in core WebAssembly, an instance for each node.
fn direct_calls(engine: &Engine, [first, next]: &[Module; 2], calls: usize) -> Duration {
    let mut store = store(engine);
    let mut last = Instance::new(&mut store, first, &[]).unwrap().get_func(&mut store, "next").unwrap();
    for _ in 1..NODES {
        last = Instance::new(&mut store, next, &[last.into()]).unwrap().get_func(&mut store, "next").unwrap();
    }
    let last = last.typed::<u32, u32>(&store).unwrap();
    timed(|| {
        for call in 0..calls {
            black_box(last.call(&mut store, call as u32).unwrap());
        }
    })
}

/// The same nodes, called one after the other by the host, which hands on what they give.
fn through_host(engine: &Engine, nodes: &[&Component], calls: usize) -> Duration {
    let mut store = store(engine);
    let linker = Linker::<()>::new(engine.wasmtime());
    let nodes: Vec<Func> = nodes
        .iter()
        .map(|node| linker.instantiate(&mut store, node).unwrap().get_func(&mut store, "next").unwrap())
        .collect();
    timed(|| {
        for call in 0..calls {
            let mut value = [Val::U32(call as u32)];
            for node in &nodes {
                let mut result = [Val::Bool(false)];
                node.call(&mut store, &value, &mut result).unwrap();
                value = result;
            }
            black_box(value);
        }
    })
}

fn store(engine: &Engine) -> Store<()> {
    let mut store = Store::new(engine.wasmtime(), ());
    store.set_epoch_deadline(u64::MAX / 2);
    store
}
