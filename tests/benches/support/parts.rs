//! Compositions made through the library, as a run makes them, and what it takes to drive them.

use wasmtime::component::Linker;
use wasmtime::{Module, Store};
use wb::engine::Engine;
use wb_composer::adapter::{self, Body, CODEC_MODULE, Input, Output, STEP, Source, Spec};
use wb_composer::types::{Signature, Type};
use wb_composer::wire::{self, Composed, Feed, Form, Member};
use wb_composer::{encode_core, partition};

/// Nodes of a chain over `u32`, each a component of its own.
pub struct Chain {
    pub specs: Vec<Spec>,
    adapters: Vec<Vec<u8>>,
    labels: Vec<String>,
    pub nodes: Vec<Vec<u8>>,
}

impl Chain {
    pub fn new(count: usize) -> Self {
        let port = |name: &str| Signature {
            name: "next".to_owned(),
            params: vec![(name.to_owned(), Type::U32)],
            result: Some(Type::U32),
        };
        let nodes = (0..count)
            .map(|node| {
                let text = format!(
                    "(module (func (export \"next\") (param i32) (result i32) (i32.add (local.get 0) (i32.const {node}))))"
                );
                encode_core::function(&wat::parse_str(text).unwrap(), &port("x")).unwrap()
            })
            .collect();
        let specs: Vec<Spec> = (0..count).map(|node| spec(node, &[Type::U32], &Type::U32)).collect();
        let mut chain = Self { specs, adapters: Vec::new(), labels: Vec::new(), nodes };
        chain.adapters = chain.adapt();
        chain.labels = (0..count).map(|node| format!("n{node}")).collect();
        chain
    }

    pub fn adapt(&self) -> Vec<Vec<u8>> {
        self.specs.iter().map(|spec| adapter::build(spec, wb_components::CODEC).unwrap()).collect()
    }

    /// In pieces of at most `most` nodes, as a run composes them.
    pub fn compose(&self, most: usize) -> Vec<Composed> {
        let count = self.specs.len();
        let edges: Vec<(usize, usize)> = (1..count).map(|node| (node - 1, node)).collect();
        let order: Vec<usize> = (0..count).collect();
        let pieces = partition::partition(count, &order, &edges, most);
        pieces
            .iter()
            .map(|piece| {
                let member = |node: &usize| Member {
                    label: &self.labels[*node],
                    spec: &self.specs[*node],
                    adapter: &self.adapters[*node],
                    engine: wire::Engine::Component { bytes: &self.nodes[*node], function: "next", interface: None },
                    inputs: vec![if *node == piece[0] {
                        Feed::Import("x")
                    } else {
                        Feed::Member { member: node - piece[0] - 1, output: 0 }
                    }],
                    guard: None,
                };
                let members: Vec<Member<'_>> = piece.iter().map(member).collect();
                wire::compose(&members, Form::Driven, &[]).unwrap()
            })
            .collect()
    }
}

/// A node that takes and gives values of these types.
pub fn spec(node: usize, inputs: &[Type], output: &Type) -> Spec {
    let input = |ty: &Type| Input {
        name: "x".to_owned(),
        label: "x".to_owned(),
        ty: ty.clone(),
        source: Source::Typed(ty.clone()),
    };
    Spec {
        id: format!("bench/n{node}"),
        inputs: inputs.iter().map(input).collect(),
        outputs: vec![Output { name: "y".to_owned(), label: "y".to_owned(), ty: output.clone() }],
        body: Body::Function { result: Some(output.clone()), fallible: false, fields: Vec::new() },
    }
}

/// A composition that is compiled and linked.
pub struct Loaded {
    pub engine: Engine,
    pub linked: wasmtime::component::InstancePre<()>,
}

/// Compiles and links one whose only input is a number.
pub fn load(composed: &Composed) -> Loaded {
    let engine = Engine::pooling().unwrap();
    let component = engine.composition(&composed.bytes, None).unwrap().code;
    let codec = Module::new(engine.wasmtime(), wb_components::CODEC).unwrap();
    let mut linker = Linker::<()>::new(engine.wasmtime());
    linker.root().module(CODEC_MODULE, &codec).unwrap();
    linker.root().func_wrap("x", |_, (): ()| Ok((Ok::<u32, wb::execute::piece::PortError>(1),))).unwrap();
    let linked = linker.instantiate_pre(&component).unwrap();
    Loaded { engine, linked }
}

impl Loaded {
    pub fn store(&self) -> Store<()> {
        let mut store = Store::new(self.engine.wasmtime(), ());
        store.set_epoch_deadline(u64::MAX / 2);
        store
    }

    /// Makes a node do its work, and what it depends on before.
    pub fn step(&self, store: &mut Store<()>, instance: &wasmtime::component::Instance, node: usize) {
        let at = instance.get_export_index(&mut *store, None, &format!("n{node}")).unwrap();
        let at = instance.get_export_index(&mut *store, Some(&at), STEP).unwrap();
        let step =
            instance.get_typed_func::<(), (Result<(), wb::execute::piece::PortError>,)>(&mut *store, &at).unwrap();
        step.call(&mut *store, ()).unwrap().0.unwrap();
    }
}

/// How many numbers [`Million`] hands over.
pub const FLOATS: usize = 1_000_000;

/// Gives a million numbers that lie in its memory.
const GIVER: &str = r#"(module
  (memory (export "memory") 130)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "next") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1000000)) (i32.const 0)))"#;

/// Takes numbers, looks at the last, and gives how many there are.
const TAKER: &str = r#"(module
  (memory (export "memory") 130)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
  (func (export "next") (param $at i32) (param $count i32) (result i32)
    (drop (f64.load (i32.add (local.get $at) (i32.shl (i32.sub (local.get $count) (i32.const 1)) (i32.const 3)))))
    (local.get $count)))"#;

/// A `list<f64>` of a million from one node to another.
pub struct Million {
    /// Gives it; takes it.
    pub nodes: [Vec<u8>; 2],
}

impl Million {
    pub fn new() -> Self {
        let list = Type::List(Box::new(Type::F64));
        let node = |text: &str, param: &Type, result: &Type| {
            let params = vec![("x".to_owned(), param.clone())];
            let signature = Signature { name: "next".to_owned(), params, result: Some(result.clone()) };
            encode_core::function(&wat::parse_str(text).unwrap(), &signature).unwrap()
        };
        Self { nodes: [node(GIVER, &Type::U32, &list), node(TAKER, &list, &Type::U32)] }
    }

    /// As one composition.
    pub fn load(&self) -> Loaded {
        let (nodes, list) = (&self.nodes, Type::List(Box::new(Type::F64)));
        let specs = [spec(0, &[Type::U32], &list), spec(1, std::slice::from_ref(&list), &Type::U32)];
        let adapters: Vec<Vec<u8>> =
            specs.iter().map(|spec| adapter::build(spec, wb_components::CODEC).unwrap()).collect();
        let feeds = [Feed::Import("x"), Feed::Member { member: 0, output: 0 }];
        let members: Vec<Member<'_>> = (0..2)
            .map(|node| Member {
                label: ["n0", "n1"][node],
                spec: &specs[node],
                adapter: &adapters[node],
                engine: wire::Engine::Component { bytes: &nodes[node], function: "next", interface: None },
                inputs: vec![feeds[node]],
                guard: None,
            })
            .collect();
        load(&wire::compose(&members, Form::Driven, &[]).unwrap())
    }
}
