//! Whole graphs: what is computed, how often, and what a failure does to its neighbours.

use super::*;

/// Members whose functions the host computes, linked as `edges` says, and how often each was called.
struct Graph {
    store: Store<Vec<usize>>,
    instance: wasmtime::component::Instance,
}

impl Graph {
    /// `feeds` lists, for each node, the nodes it takes its inputs from. Every port is `u32`; a node's value is one more
    /// than the sum of what it takes, and `broken` fails.
    fn new(feeds: &[&[usize]], broken: usize) -> Self {
        let specs: Vec<Spec> = feeds
            .iter()
            .enumerate()
            .map(|(node, feeds)| Spec {
                id: format!("book/n{node}"),
                inputs: (0..feeds.len()).map(|i| input(i, &Type::U32, Source::Typed(Type::U32))).collect(),
                outputs: vec![output(0, &Type::U32)],
                body: Body::Function {
                    result: Some(result(Some(Type::U32), Some(Type::String))),
                    fallible: true,
                    fields: Vec::new(),
                },
            })
            .collect();
        let adapters: Vec<Vec<u8>> =
            specs.iter().map(|spec| adapter::build(spec, wb_components::CODEC).unwrap()).collect();
        let labels: Vec<String> = (0..feeds.len()).map(|node| format!("n{node}")).collect();
        let members: Vec<Member<'_>> = (0..feeds.len())
            .map(|node| Member {
                label: &labels[node],
                spec: &specs[node],
                adapter: &adapters[node],
                engine: wire::Engine::Host,
                inputs: feeds[node].iter().map(|member| Feed::Member { member: *member, output: 0 }).collect(),
                guard: None,
            })
            .collect();
        let composed = wire::compose(&members, Form::Driven, &[]).unwrap();
        let (engine, codec) = engine();
        let component = Component::new(engine, &composed.bytes).unwrap();
        let mut linker = Linker::<Vec<usize>>::new(engine);
        linker.root().module(CODEC_MODULE, codec).unwrap();
        for node in 0..feeds.len() {
            let call = move |mut store: wasmtime::StoreContextMut<'_, Vec<usize>>, _, args: &[Val], out: &mut [Val]| {
                store.data_mut()[node] += 1;
                let number = |value: &Val| if let Val::U32(number) = value { *number } else { panic!() };
                let sum = Val::U32(1 + args.iter().map(number).sum::<u32>());
                let error = Val::String(format!("n{node} is broken"));
                out[0] = Val::Result(if node == broken { Err(Some(Box::new(error))) } else { Ok(Some(Box::new(sum))) });
                Ok(())
            };
            linker.root().func_new(&format!("n{node}-call"), call).unwrap();
        }
        let mut store = Store::new(engine, vec![0; feeds.len()]);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        Self { store, instance }
    }

    fn pull(&mut self, node: usize, export: &str) -> Val {
        let at = self.instance.get_export_index(&mut self.store, None, &format!("n{node}")).unwrap();
        let at = self.instance.get_export_index(&mut self.store, Some(&at), export).unwrap();
        let function = self.instance.get_func(&mut self.store, at).unwrap();
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, &[], &mut results).unwrap();
        let [value] = results;
        value
    }
}

const NOTHING_BROKEN: usize = usize::MAX;

#[test]
fn a_diamond_computes_its_source_once() {
    let mut graph = Graph::new(&[&[], &[0], &[0], &[1, 2]], NOTHING_BROKEN);
    assert_eq!(graph.pull(3, "out-p0"), Val::Result(Ok(Some(Box::new(Val::U32(5))))));
    for node in 0..4 {
        graph.pull(node, STEP);
        graph.pull(node, "json-p0");
    }
    assert_eq!(graph.store.data(), &[1, 1, 1, 1]);
}

#[test]
fn nothing_is_computed_before_it_is_pulled() {
    let mut graph = Graph::new(&[&[], &[0], &[0]], NOTHING_BROKEN);
    graph.pull(1, STEP);
    assert_eq!(graph.store.data(), &[1, 1, 0]);
}

#[test]
fn a_failure_keeps_its_component_and_its_neighbours_go_on() {
    let mut graph = Graph::new(&[&[], &[0], &[1], &[2, 0], &[0]], 1);
    for node in [2, 3, 1] {
        let Val::Result(Err(Some(error))) = graph.pull(node, "out-p0") else { panic!("{node}") };
        assert_eq!(error_of(&error), ("book/n1".to_owned(), "n1 is broken".to_owned()));
    }
    assert_eq!(graph.pull(4, "out-p0"), Val::Result(Ok(Some(Box::new(Val::U32(2))))));
    assert_eq!(graph.store.data(), &[1, 1, 0, 0, 1]);
}

/// A component that declares its types in an interface, as every tool made from WIT does.
const ROWS: &str = r#"(component
  (type $row (record (field "price" u32)))
  (import "wb:rows/types" (instance $types (export "row" (type (eq $row)))))
  (alias export $types "row" (type $row'))
  (import "row" (type $named (eq $row')))
  (core module $m (func (export "dearer") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func $f (param "row" $named) (result $named) (canon lift (core func $i "dearer")))
  (export "dearer" (func $f)))"#;

#[test]
fn a_component_may_declare_types_in_an_interface() {
    let binary = wat::parse_str(ROWS).unwrap();
    let offer = wb_composer::signature::offer(&binary).unwrap();
    assert!(offer.imports.is_empty(), "declarations need nobody to provide them: {:?}", offer.imports);
    let signature = &offer.functions[0].signature;
    let row = &signature.params[0].1;
    let spec = Spec {
        id: "tool".to_owned(),
        inputs: vec![Input { label: "row".to_owned(), ..input(0, row, Source::Typed(Type::Json)) }],
        outputs: vec![output(0, row)],
        body: Body::Function { result: signature.result.clone(), fallible: false, fields: Vec::new() },
    };
    let adapter = adapter::build(&spec, wb_components::CODEC).unwrap();
    let engine_of = || wire::Engine::Component { bytes: &binary, function: "dearer", interface: None };
    let member = Member {
        label: "tool",
        spec: &spec,
        adapter: &adapter,
        engine: engine_of(),
        inputs: vec![Feed::Import("row")],
        guard: None,
    };
    let composed = wire::compose(&[member], Form::Driven, &[]).unwrap();

    let (engine, codec) = engine();
    let component = Component::new(engine, &composed.bytes).unwrap();
    let mut linker = Linker::<()>::new(engine);
    linker.root().module(CODEC_MODULE, codec).unwrap();
    let pull = |_: wasmtime::StoreContextMut<'_, ()>, _, _: &[Val], results: &mut [Val]| {
        results[0] = Val::Result(Ok(Some(Box::new(Val::String("{\"price\":4}".to_owned())))));
        Ok(())
    };
    linker.root().func_new("row", pull).unwrap();
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let at = instance.get_export_index(&mut store, None, "tool").unwrap();
    let at = instance.get_export_index(&mut store, Some(&at), "json-p0").unwrap();
    let mut results = [Val::Bool(false)];
    instance.get_func(&mut store, at).unwrap().call(&mut store, &[], &mut results).unwrap();
    assert_eq!(results[0], Val::String("{\"price\":5}".to_owned()));
}

/// A script engine that logs and answers `{"p0":1}` to everything.
const ENGINE: &str = r#"(component
  (import "wb:engine/console@0.1.0" (instance $console (export "log" (func (param "line" string)))))
  (core module $libc (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $libc (instantiate $libc))
  (alias export $console "log" (func $log))
  (core func $lowered (canon lower (func $log) (memory $libc "memory")))
  (core module $m
    (import "host" "log" (func $log (param i32 i32)))
    (import "libc" "memory" (memory 2))
    (data (i32.const 64) "\00\00\00\00\58\00\00\00\08\00\00\00\00\00\00\00\00\00\00\00")
    (data (i32.const 88) "{\22p0\22:1}")
    (func (export "init") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      (call $log (local.get 0) (local.get 1)) (i32.const 0))
    (func (export "invoke") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "log" (func $lowered)))) (with "libc" (instance $libc))))
  (func (export "init") (param "shim" string) (param "script" string) (param "entry-path" (option string))
    (param "disable-gc" bool) (result (result (error string)))
    (canon lift (core func $i "init") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (type $bulk (list (list u8)))
  (type $answer (tuple string $bulk))
  (func (export "wb-invoke") (param "args" string) (param "bulk" $bulk) (result (result $answer (error string)))
    (canon lift (core func $i "invoke") (memory $libc "memory") (realloc (func $libc "realloc")))))"#;

/// The console that goes nowhere is one instance for all engines: a hub, if it were not as small as it is.
#[test]
fn hundreds_of_engines_share_one_silent_console() {
    let engine_bytes = wat::parse_str(ENGINE).unwrap();
    let specs: Vec<Spec> = (0..200)
        .map(|node| Spec {
            id: format!("n{node}"),
            inputs: if node == 0 { Vec::new() } else { vec![input(0, &Type::Json, Source::Typed(Type::Json))] },
            outputs: vec![output(0, &Type::Json)],
            body: Body::Script { prelude: "log me".to_owned(), script: String::new() },
        })
        .collect();
    let adapters: Vec<Vec<u8>> = specs.iter().map(|s| adapter::build(s, wb_components::CODEC).unwrap()).collect();
    let labels: Vec<String> = (0..specs.len()).map(|node| format!("n{node}")).collect();
    let members: Vec<Member<'_>> = (0..specs.len())
        .map(|node| Member {
            label: &labels[node],
            spec: &specs[node],
            adapter: &adapters[node],
            engine: wire::Engine::Script(&engine_bytes),
            inputs: if node == 0 { Vec::new() } else { vec![Feed::Member { member: node - 1, output: 0 }] },
            guard: None,
        })
        .collect();
    let last = wire::Export { name: "last", member: specs.len() - 1, output: 0 };
    let composed = wire::compose(&members, Form::Library, &[last]).unwrap();
    let (engine, codec) = engine();
    let component = Component::new(engine, &composed.bytes).unwrap();
    let mut linker = Linker::<()>::new(engine);
    linker.root().module(CODEC_MODULE, codec).unwrap();
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let mut results = [Val::Bool(false)];
    instance.get_func(&mut store, "last").unwrap().call(&mut store, &[], &mut results).unwrap();
    assert_eq!(results[0], Val::Result(Ok(Some(Box::new(Val::String("1".to_owned()))))));
}
