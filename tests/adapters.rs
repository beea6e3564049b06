//! Generated adapters, run: values of generated types go in as JSON, packed and typed, through a node that gives back
//! what it is given, and must come out the same in all three forms.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

#[path = "adapters/generate.rs"]
mod generate;
#[path = "adapters/graph.rs"]
mod graph;

use std::sync::OnceLock;

use generate::{Names, PRIMITIVES, Random, json, list, option, result, through_json, value};
use wasmtime::component::{Component, InstancePre, Linker, Val};
use wasmtime::{Config, Engine, Module, Store};
use wb_composer::adapter::{self, Body, CALL, CODEC_MODULE, Input, Output, STEP, Source, Spec};
use wb_composer::types::Type;
use wb_composer::wire::{self, Feed, Form, Member};

fn engine() -> &'static (Engine, Module) {
    static ENGINE: OnceLock<(Engine, Module)> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.wasm_component_model_implements(true);
        let engine = Engine::new(&config).unwrap();
        let codec = Module::new(&engine, wb_components::CODEC).unwrap();
        (engine, codec)
    })
}

/// A value, or the component that failed and what it said.
type Pulled = Result<Val, (String, String)>;

/// What the host of one adapter gives and has seen.
#[derive(Default)]
struct Host {
    /// What each input's import answers.
    inputs: Vec<Pulled>,
    /// How often inputs were pulled.
    pulls: usize,
    /// The arguments of every call of the node.
    calls: Vec<Vec<Val>>,
    /// What the node answers.
    answer: Option<Val>,
}

/// An adapter, compiled and linked to a host that is all its neighbours.
struct Adapter {
    spec: Spec,
    linked: InstancePre<Host>,
}

/// What one output port answered: its value or port error, packed, and as JSON.
type Port = (Pulled, Vec<u8>, String);

/// What came out.
struct Out {
    /// Per output: the typed value or error, the packed bytes and the JSON text.
    ports: Vec<Port>,
    step: Result<(), (String, String)>,
    host: Host,
}

fn error_of(value: &Val) -> (String, String) {
    let Val::Record(fields) = value else { panic!("{value:?}") };
    let text = |index: usize| match &fields[index].1 {
        Val::String(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    (text(0), text(1))
}

fn error_val((component, message): &(String, String)) -> Val {
    let field = |name: &str, text: &String| (name.to_owned(), Val::String(text.clone()));
    Val::Record(vec![field("component", component), field("message", message)])
}

impl Adapter {
    fn new(spec: Spec) -> Self {
        let (engine, codec) = engine();
        let bytes = adapter::build(&spec, wb_components::CODEC).unwrap();
        let types = || spec.inputs.iter().map(|i| i.ty.to_string()).collect::<Vec<_>>().join(", ");
        let component = Component::new(engine, &bytes).unwrap_or_else(|e| panic!("{}: {e:#?}\n{spec:#?}", types()));
        let mut linker = Linker::<Host>::new(engine);
        linker.root().module(CODEC_MODULE, codec).unwrap();
        for (index, input) in spec.inputs.iter().enumerate() {
            let pull = move |mut store: wasmtime::StoreContextMut<'_, Host>, _, _: &[Val], results: &mut [Val]| {
                store.data_mut().pulls += 1;
                results[0] = Val::Result(match &store.data().inputs[index] {
                    Ok(value) => Ok(Some(Box::new(value.clone()))),
                    Err(error) => Err(Some(Box::new(error_val(error)))),
                });
                Ok(())
            };
            linker.root().func_new(&input.import_name(), pull).unwrap();
        }
        if let Body::Function { .. } = spec.body {
            let call = |mut store: wasmtime::StoreContextMut<'_, Host>, _, args: &[Val], results: &mut [Val]| {
                store.data_mut().calls.push(args.to_vec());
                if let (Some(result), Some(answer)) = (results.first_mut(), &store.data().answer) {
                    *result = answer.clone();
                }
                Ok(())
            };
            linker.root().func_new(CALL, call).unwrap();
        }
        let linked = linker.instantiate_pre(&component).unwrap();
        Self { spec, linked }
    }

    fn run(&self, inputs: Vec<Pulled>, answer: Option<Val>) -> Out {
        let mut store = Store::new(&engine().0, Host { inputs, answer, ..Host::default() });
        let instance = self.linked.instantiate(&mut store).unwrap();
        let mut call = |name: &str| {
            let function = instance.get_func(&mut store, name).unwrap();
            let mut results = [Val::Bool(false)];
            function.call(&mut store, &[], &mut results).unwrap_or_else(|e| panic!("{name}: {e:#?}\n{:#?}", self.spec));
            let [result] = results;
            result
        };
        let Val::Result(step) = call(STEP) else { panic!() };
        let step = step.map(drop).map_err(|error| error_of(&error.unwrap()));
        let mut ports = Vec::new();
        for output in &self.spec.outputs {
            let Val::Result(typed) = call(&output.export_name()) else { panic!() };
            let typed = typed.map(|value| *value.unwrap()).map_err(|error| error_of(&error.unwrap()));
            let Val::List(packed) = call(&output.packed_name()) else { panic!() };
            let byte = |value: &Val| if let Val::U8(byte) = value { *byte } else { panic!() };
            let Val::String(text) = call(&output.json_name()) else { panic!() };
            ports.push((typed, packed.iter().map(byte).collect(), text));
        }
        Out { ports, step, host: store.into_data() }
    }
}

fn input(index: usize, ty: &Type, source: Source) -> Input {
    Input { name: format!("p{index}"), label: format!("p{index}"), ty: ty.clone(), source }
}

fn output(index: usize, ty: &Type) -> Output {
    Output { name: format!("p{index}"), label: format!("p{index}"), ty: ty.clone() }
}

/// How the node's function gives back its arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// The only argument itself.
    Direct,
    /// All as one tuple or record, backwards.
    Fields { record: bool, fallible: bool },
}

/// A node that gives back its arguments, in the three forms in which they can arrive.
fn identity(types: &[Type], shape: Shape, names: &mut Names) -> [Adapter; 3] {
    let backwards: Vec<Type> = types.iter().rev().cloned().collect();
    let (result, fallible, fields) = match shape {
        Shape::Direct => (types[0].clone(), false, Vec::new()),
        Shape::Fields { record, fallible } => {
            let all = if record { names.record(backwards) } else { Type::Tuple(backwards) };
            let result = if fallible { result(Some(all), Some(Type::String)) } else { all };
            (result, fallible, (0..types.len()).rev().collect())
        }
    };
    let sources: [fn(&Type) -> Source; 3] =
        [|_| Source::Typed(Type::Json), |ty| Source::Packed(ty.clone()), |ty| Source::Typed(ty.clone())];
    sources.map(|source| {
        Adapter::new(Spec {
            id: "book/identity".to_owned(),
            inputs: types.iter().enumerate().map(|(i, ty)| input(i, ty, source(ty))).collect(),
            outputs: types.iter().enumerate().map(|(i, ty)| output(i, ty)).collect(),
            body: Body::Function { result: Some(result.clone()), fallible, fields: fields.clone() },
        })
    })
}

fn answer(values: &[Val], shape: Shape) -> Val {
    let Shape::Fields { record, fallible } = shape else { return values[0].clone() };
    let backwards = values.iter().rev().cloned();
    let all = if record {
        // The names do not matter to wasmtime's check of order, but their number does: they are generated in order.
        let names = ('a'..='z').map(|letter| format!("field-{letter}"));
        Val::Record(names.zip(backwards).collect())
    } else {
        Val::Tuple(backwards.collect())
    };
    if fallible { Val::Result(Ok(Some(Box::new(all)))) } else { all }
}

/// Runs several values of `types` through a node and compares every form.
fn check(types: &[Type], shape: Shape, rounds: usize, random: &mut Random, names: &mut Names) {
    let [from_json, from_packed, from_typed] = identity(types, shape, names);
    for _ in 0..rounds {
        let given: Vec<Val> = types.iter().map(|ty| value(random, ty)).collect();
        let texts: Vec<String> = types.iter().zip(&given).map(|(ty, value)| json(ty, value)).collect();
        let plain: Vec<Val> = types.iter().zip(&given).map(|(ty, value)| through_json(ty, value)).collect();

        let told = texts.iter().map(|text| Ok(Val::String(text.clone()))).collect();
        let first = from_json.run(told, Some(answer(&plain, shape)));
        same(&first, &from_json.spec, &plain, &texts);

        let bytes = |bytes: &[u8]| Ok(Val::List(bytes.iter().map(|byte| Val::U8(*byte)).collect()));
        let told = first.ports.iter().map(|(_, packed, _)| bytes(packed)).collect();
        let second = from_packed.run(told, Some(answer(&plain, shape)));
        same(&second, &from_packed.spec, &plain, &texts);
        for (one, other) in first.ports.iter().zip(&second.ports) {
            assert_eq!(one.1, other.1, "packed forms of one value differ: {types:?}");
        }

        let third = from_typed.run(given.iter().cloned().map(Ok).collect(), Some(answer(&given, shape)));
        same(&third, &from_typed.spec, &given, &texts);
    }
}

fn same(out: &Out, spec: &Spec, values: &[Val], texts: &[String]) {
    let about = || {
        let types: Vec<&Type> = spec.inputs.iter().map(|i| &i.ty).collect();
        format!("{:?} {types:#?} {texts:?}", spec.inputs[0].source)
    };
    assert_eq!(out.step, Ok(()), "{}", about());
    assert_eq!(out.host.calls, [values], "what the node was given: {}", about());
    for ((port, value), text) in out.ports.iter().zip(values).zip(texts) {
        assert_eq!(port.0.as_ref(), Ok(value), "the typed value: {}", about());
        assert_eq!(port.2, *text, "the JSON form: {}", about());
    }
}

const DIRECT: Shape = Shape::Direct;

#[test]
fn primitives_in_every_position() {
    let (mut random, mut names) = (Random::new(1), Names::default());
    for ty in PRIMITIVES {
        check(std::slice::from_ref(&ty), DIRECT, 12, &mut random, &mut names);
        let around = [
            list(ty.clone()),
            option(ty.clone()),
            option(option(ty.clone())),
            result(Some(ty.clone()), None),
            result(None, Some(ty.clone())),
        ];
        let shape = Shape::Fields { record: false, fallible: false };
        check(&around, shape, 6, &mut random, &mut names);
        let single =
            [names.record(vec![ty.clone()]), Type::Tuple(vec![ty.clone()]), names.variant(vec![Some(ty.clone())])];
        for ty in single {
            check(&[ty], DIRECT, 3, &mut random, &mut names);
        }
    }
}

#[test]
fn cases_that_share_slots_of_different_widths() {
    let (mut random, mut names) = (Random::new(2), Names::default());
    let sides =
        [None, Some(Type::S8), Some(Type::U32), Some(Type::S64), Some(Type::F32), Some(Type::F64), Some(Type::String)];
    let mut types = Vec::new();
    for a in &sides {
        for b in &sides {
            types.push(names.variant(vec![a.clone(), b.clone()]));
            let pair = |ty: &Option<Type>| ty.clone().map(|ty| Type::Tuple(vec![ty.clone(), Type::F32, ty]));
            types.push(result(pair(a), pair(b)));
        }
    }
    for types in types.chunks(3) {
        let shape = Shape::Fields { record: true, fallible: true };
        check(types, shape, 6, &mut random, &mut names);
    }
}

#[test]
fn discriminants_and_flags_of_every_width() {
    let (mut random, mut names) = (Random::new(3), Names::default());
    for count in [1, 2, 255, 256, 257, 300] {
        let cases = names.cases(count);
        check(&[cases], DIRECT, 6, &mut random, &mut names);
        let mixed = [None, Some(Type::F32), Some(Type::U8), Some(Type::U64)];
        let cases = names.variant((0..count).map(|i| mixed[i % 4].clone()).collect());
        check(&[cases], DIRECT, 6, &mut random, &mut names);
    }
    for count in [1, 7, 8, 9, 15, 16, 17, 31, 32] {
        let flags = names.flags(count);
        check(&[flags], DIRECT, 6, &mut random, &mut names);
    }
    check(&[result(None, None)], DIRECT, 4, &mut random, &mut names);
    check(&[option(result(None, None))], DIRECT, 4, &mut random, &mut names);
}

#[test]
fn parameters_on_both_sides_of_sixteen_flat_values() {
    let (mut random, mut names) = (Random::new(4), Names::default());
    let shape = Shape::Fields { record: false, fallible: true };
    for count in [15, 16, 17, 25] {
        let types: Vec<Type> = PRIMITIVES[..12].iter().cycle().take(count).cloned().collect();
        check(&types, shape, 4, &mut random, &mut names);
        let one = names.record(types);
        check(&[one], DIRECT, 4, &mut random, &mut names);
    }
}

#[test]
fn generated_types() {
    let mut random = Random::new(5);
    for round in 0..120 {
        let mut names = Names::default();
        let depth = 1 + round % 3;
        let count = 1 + random.below(3);
        let types: Vec<Type> = (0..count).map(|_| names.any(&mut random, depth)).collect();
        let shape = match random.below(3) {
            0 if count == 1 => Shape::Direct,
            n => Shape::Fields { record: n == 1, fallible: random.below(2) == 0 },
        };
        check(&types, shape, 3, &mut random, &mut names);
    }
}

/// Loading a payload once per value it consists of would double the code with every level.
#[test]
fn the_code_of_nested_cases_grows_with_their_number() {
    let (mut random, mut names) = (Random::new(6), Names::default());
    let mut ty = Type::F32;
    for _ in 0..14 {
        ty = names.variant(vec![Some(Type::F64), Some(ty), Some(Type::U8)]);
    }
    check(&[ty], DIRECT, 4, &mut random, &mut names);
}

fn text(text: &str) -> Pulled {
    Ok(Val::String(text.to_owned()))
}

/// A node with one JSON input of type `ty` that is given `json`: the message it fails with.
fn refusal(ty: &Type, json: &str) -> String {
    let body = Body::Function { result: Some(ty.clone()), fallible: false, fields: Vec::new() };
    let spec = Spec {
        id: "book/node".to_owned(),
        inputs: vec![Input {
            name: "Unit price".to_owned(),
            label: "unit-price".to_owned(),
            ty: ty.clone(),
            source: Source::Typed(Type::Json),
        }],
        outputs: vec![output(0, ty)],
        body,
    };
    let out = Adapter::new(spec).run(vec![text(json)], None);
    assert!(out.host.calls.is_empty(), "a node must not see what does not fit");
    let (component, message) = out.step.expect_err("the text fits");
    assert_eq!(component, "book/node");
    assert_eq!(out.ports[0].0, Err((component, message.clone())), "`step` and the port say the same");
    assert_eq!((out.ports[0].1.len(), out.ports[0].2.as_str()), (0, ""));
    message
}

#[test]
fn a_conversion_error_names_the_port_and_the_path() {
    let mut names = Names::default();
    let rows = list(names.record(vec![Type::F64, option(Type::U8), Type::Char]));
    let check = |ty: &Type, json: &str, message: &str| {
        assert_eq!(refusal(ty, json), format!("input `Unit price`: {message}"), "{json}");
    };
    check(
        &rows,
        r#"[{"field-a":1,"field-c":"x"},{"field-a":"abc"}]"#,
        "[1].field-a: expected f64, found the string \"abc\"",
    );
    check(&rows, r#"[{"field-a":1,"field-b":256,"field-c":"x"}]"#, "[0].field-b: expected u8, found the number 256");
    check(&rows, r#"[{"field-a":1}]"#, "[0]: expected a field `field-c`, which is missing");
    check(&rows, "{}", "expected a list, found an object");
    check(&rows, "[", "not JSON: expected a value at byte 1");
    check(&names.cases(3), "\"e-d\"", "expected one of `e-a`, `e-b`, `e-c`, found the string \"e-d\"");
    check(&names.flags(2), "[\"f-a\",1]", "[1]: expected one of `f-a`, `f-b`, found the number 1");
    check(&names.variant(vec![None, Some(Type::Bool)]), r#"{"case-b":1}"#, "case-b: expected bool, found the number 1");
    check(&Type::F32, "1e39", "expected f32, found the number 1e39");
    check(&Type::F64, "-1e999", "expected f64, found the number -1e999");
    check(&Type::S64, "9223372036854775808", "expected s64, found the number 9223372036854775808");
}

#[test]
fn damaged_packed_bytes_are_an_error_and_not_a_value() {
    let spec = Spec {
        id: "book/node".to_owned(),
        inputs: vec![input(0, &list(Type::String), Source::Packed(list(Type::String)))],
        outputs: vec![output(0, &list(Type::String))],
        body: Body::Identity,
    };
    let bytes = [2, 0, 0, 0, 1, 0, 0, 0, b'a'].map(Val::U8).to_vec();
    let out = Adapter::new(spec).run(vec![Ok(Val::List(bytes))], None);
    assert_eq!(out.step, Err(("book/node".to_owned(), "input `p0`: the stored value is damaged".to_owned())));
}

/// A function that fails with `err`, and what the port error says.
fn failure(err: Option<Type>, value: Option<Val>) -> String {
    let body = Body::Function { result: Some(result(Some(Type::U8), err)), fallible: true, fields: Vec::new() };
    let outputs = vec![output(0, &Type::U8)];
    let spec = Spec { id: "book/node".to_owned(), inputs: Vec::new(), outputs, body };
    let out = Adapter::new(spec).run(Vec::new(), Some(Val::Result(Err(value.map(Box::new)))));
    assert_eq!(out.host.calls.len(), 1, "a failed node is not asked again");
    let (component, message) = out.step.unwrap_err();
    assert_eq!(component, "book/node");
    message
}

#[test]
fn an_error_result_is_a_port_error_in_words() {
    let mut names = Names::default();
    assert_eq!(failure(Some(Type::String), Some(Val::String("no \"luck\"".to_owned()))), "no \"luck\"");
    assert_eq!(failure(None, None), "the function returned an error without a value");
    let cases = names.variant(vec![Some(Type::U64), None]);
    let value = |name: &str, payload| Some(Val::Variant(name.to_owned(), payload));
    assert_eq!(failure(Some(cases.clone()), value("case-a", Some(Box::new(Val::U64(7))))), "{\"case-a\":7}");
    assert_eq!(failure(Some(cases), value("case-b", None)), "\"case-b\"");
}

#[test]
fn a_failure_upstream_is_passed_on_unchanged() {
    let upstream = ("book/first".to_owned(), "it rained".to_owned());
    for source in [Source::Typed(Type::Json), Source::Packed(Type::U8), Source::Typed(Type::U8)] {
        let body = Body::Function { result: Some(Type::U8), fallible: false, fields: Vec::new() };
        let spec = Spec {
            id: "book/second".to_owned(),
            inputs: vec![input(0, &Type::U8, source.clone()), input(1, &Type::U8, source)],
            outputs: vec![output(0, &Type::U8), output(1, &Type::U8)],
            body: Body::Identity,
        };
        for body in [Body::Identity, body] {
            let outputs = if body_is_function(&body) { 1 } else { 2 };
            let spec = Spec { outputs: spec.outputs[..outputs].to_vec(), body, ..spec.clone() };
            let out = Adapter::new(spec).run(vec![Err(upstream.clone()), text("1")], None);
            assert_eq!(out.step, Err(upstream.clone()));
            assert!(out.ports.iter().all(|port| port.0 == Err(upstream.clone())));
            assert_eq!((out.host.pulls, out.host.calls.len()), (1, 0), "nothing is done after the first failure");
        }
    }
}

fn body_is_function(body: &Body) -> bool {
    matches!(body, Body::Function { .. })
}

#[test]
fn known_values_pass_through_and_become_json_on_the_way() {
    let mut names = Names::default();
    let mut random = Random::new(7);
    for _ in 0..12 {
        let ty = names.any(&mut random, 2);
        let given = value(&mut random, &ty);
        let expected = json(&ty, &given);
        let spec = |body: Body, outputs: Vec<Output>| Spec {
            id: "book/value".to_owned(),
            inputs: vec![input(0, &Type::Json, Source::Typed(ty.clone()))],
            outputs,
            body,
        };
        let out = Adapter::new(spec(Body::Identity, vec![output(0, &Type::Json)])).run(vec![Ok(given.clone())], None);
        assert_eq!(out.ports[0].0, Ok(Val::String(expected.clone())));
        assert_eq!(out.ports[0].2, expected);
        let out = Adapter::new(spec(Body::Collect, vec![output(0, &Type::Json)])).run(vec![Ok(given)], None);
        assert_eq!(out.ports[0].2, format!("{{\"p0\":{expected}}}"));
    }
}

#[test]
fn constants_are_read_when_they_are_asked_for() {
    let spec = |json: &str| Spec {
        id: "book/data".to_owned(),
        inputs: Vec::new(),
        outputs: vec![output(0, &list(Type::F64)), output(1, &Type::Json)],
        body: Body::Constant { json: json.to_owned() },
    };
    let out = Adapter::new(spec(r#"{"p1":{"a":1},"p0":[1,2.5]}"#)).run(Vec::new(), None);
    assert_eq!(out.ports[0].0, Ok(Val::List(vec![Val::Float64(1.0), Val::Float64(2.5)])));
    assert_eq!(out.ports[1].2, "{\"a\":1}");
    let out = Adapter::new(spec(r#"{"p1":0,"p0":[1,null]}"#)).run(Vec::new(), None);
    assert_eq!(out.step, Err(("book/data".to_owned(), "output p0[1]: expected f64, found null".to_owned())));
}
