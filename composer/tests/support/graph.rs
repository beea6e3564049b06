//! A case's graph: read from its lines, made of stubs, composed.

use std::fs;
use std::path::Path;

use wb_composer::adapter::{self, Body, Input, Output, Source, Spec};
use wb_composer::label::kebab;
use wb_composer::signature;
use wb_composer::types::{Shape, Signature, Type, resolve, resolve_signature};
use wb_composer::wire::{self, Composed, Engine, Export, Feed, Form, Member};

use crate::stub;

pub(crate) struct Graph {
    form: String,
    nodes: Vec<Node>,
    exports: Vec<(String, usize, usize)>,
    engine: Vec<u8>,
    main: Vec<u8>,
    codec: Vec<u8>,
}

struct Node {
    label: String,
    spec: Spec,
    made: Made,
    feeds: Vec<Option<OwnedFeed>>,
}

enum Made {
    Nothing,
    Component { bytes: Vec<u8>, function: String, interface: Option<String> },
    Script,
    Host,
}

enum OwnedFeed {
    Member(usize, usize),
    Import(String),
}

/// What is the matter, as a person is told.
pub(crate) type Refusal = Box<dyn std::error::Error>;

impl Graph {
    fn empty() -> Self {
        Self {
            form: "driven".to_owned(),
            nodes: Vec::new(),
            exports: Vec::new(),
            engine: stub::engine(),
            main: stub::main(),
            codec: stub::codec(),
        }
    }

    pub(crate) fn read(case: &Path) -> Self {
        let text = fs::read_to_string(case.join("graph")).unwrap();
        let declarations = fs::read_to_string(case.join("types.wit")).unwrap_or_default();
        let mut graph = Self::empty();
        for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
            if let Some((word, rest)) = line.split_once(' ') {
                graph.line(case, &declarations, word, rest.trim());
            }
        }
        graph
    }

    fn line(&mut self, case: &Path, declarations: &str, word: &str, rest: &str) {
        let (id, value) = rest.split_once('=').map(|(id, value)| (id.trim(), value.trim())).unwrap_or((rest, ""));
        match word {
            "form" => self.form = rest.to_owned(),
            "edge" => {
                let (from, to) = rest.split_once("->").unwrap();
                self.edge(from.trim(), to.trim());
            }
            "import" => {
                let (name, to) = rest.split_once("->").unwrap();
                self.import(declarations, name.trim(), to.trim());
            }
            "export" => {
                let (node, output) = self.output(value);
                self.exports.push((id.to_owned(), node, output));
            }
            "outputs" => {
                let node = self.node(id);
                self.nodes[node].fields(&value.split_whitespace().collect::<Vec<_>>());
            }
            "binary" => {
                let words: Vec<&str> = value.split_whitespace().collect();
                let bytes = stub::world(&fs::read_to_string(case.join(words[0])).unwrap());
                let interface = words.get(2).map(|name| (*name).to_owned());
                let offer = signature::offer(&bytes).unwrap();
                let wanted = offer.functions.into_iter().find(|f| f.signature.name == words[1]).unwrap();
                assert_eq!(wanted.interface, interface);
                let function = wanted.signature.name.clone();
                self.push(id, &wanted.signature, Made::Component { bytes, function, interface });
            }
            _ => {
                let (signature, json) = value.split_once(":=").unwrap_or((value, ""));
                let signature = resolve_signature(declarations, signature.trim()).unwrap();
                let made = match word {
                    "node" => {
                        let bytes = stub::function(&signature).unwrap();
                        Made::Component { bytes, function: signature.name.clone(), interface: None }
                    }
                    "script" => Made::Script,
                    "host" => Made::Host,
                    _ => Made::Nothing,
                };
                let script = || ("/* prelude */".to_owned(), format!("/* {id} */"));
                let body = match word {
                    "script" => Some(Body::Script { prelude: script().0, script: script().1 }),
                    "identity" => Some(Body::Identity),
                    "collect" => Some(Body::Collect),
                    "constant" => Some(Body::Constant { json: json.trim().to_owned() }),
                    _ => None,
                };
                let node = self.push(id, &signature, made);
                if let Some(body) = body {
                    self.nodes[node].spec.body = body;
                }
            }
        }
    }

    fn push(&mut self, id: &str, signature: &Signature, made: Made) -> usize {
        let (value, fallible) = match &signature.result {
            Some(Type::Result(ok, _)) => (ok.as_deref(), true),
            other => (other.as_ref(), false),
        };
        let input = |(name, ty): &(String, Type)| Input {
            name: name.clone(),
            label: kebab(name),
            ty: ty.clone(),
            source: Source::Typed(ty.clone()),
        };
        let output = |ty: &Type| Output { name: "out".to_owned(), label: "out".to_owned(), ty: ty.clone() };
        let spec = Spec {
            id: id.to_owned(),
            inputs: signature.params.iter().map(input).collect(),
            outputs: value.map(output).into_iter().collect(),
            body: Body::Function { result: signature.result.clone(), fallible, fields: Vec::new() },
        };
        let feeds = spec.inputs.iter().map(|_| None).collect();
        self.nodes.push(Node { label: kebab(id), spec, made, feeds });
        self.nodes.len() - 1
    }

    fn node(&self, id: &str) -> usize {
        self.nodes.iter().position(|node| node.spec.id == id).unwrap_or_else(|| panic!("no node `{id}`"))
    }

    fn output(&self, text: &str) -> (usize, usize) {
        let (id, port) = text.rsplit_once('.').unwrap();
        let node = self.node(id);
        (node, self.nodes[node].spec.outputs.iter().position(|output| output.name == port).unwrap())
    }

    fn input(&self, text: &str) -> (usize, usize) {
        let (id, port) = text.rsplit_once('.').unwrap();
        let node = self.node(id);
        (node, self.nodes[node].spec.inputs.iter().position(|input| input.name == port).unwrap())
    }

    /// As the host does it: an adapter converts where one end is JSON, and takes the other end's word otherwise.
    fn edge(&mut self, from: &str, to: &str) {
        let ((from, output), (to, input)) = (self.output(from), self.input(to));
        let given = self.nodes[from].spec.outputs[output].ty.clone();
        let port = &mut self.nodes[to].spec.inputs[input];
        if (given == Type::Json) != (port.ty == Type::Json) {
            port.source = Source::Typed(given);
        }
        self.nodes[to].feeds[input] = Some(OwnedFeed::Member(from, output));
    }

    fn import(&mut self, declarations: &str, name: &str, to: &str) {
        let (to, as_type) = to.split_once(" as ").unwrap_or((to, ""));
        let (to, packed) = to.split_once(' ').unwrap_or((to, ""));
        let (to, input) = self.input(to);
        let port = &mut self.nodes[to].spec.inputs[input];
        if !as_type.is_empty() {
            port.source = Source::Typed(resolve(declarations, &[as_type]).unwrap().remove(0));
        }
        if packed.trim() == "packed" {
            port.source = Source::Packed(port.source.ty().clone());
        }
        self.nodes[to].feeds[input] = Some(OwnedFeed::Import(name.to_owned()));
    }

    pub(crate) fn id(&self, member: usize) -> &str {
        &self.nodes[member].spec.id
    }

    pub(crate) fn compose(&self) -> Result<Composed, Refusal> {
        let build = |node: &Node| adapter::build(&node.spec, &self.codec);
        let adapters: Vec<Vec<u8>> = self.nodes.iter().map(build).collect::<Result<_, _>>()?;
        let members: Vec<Member<'_>> =
            self.nodes.iter().zip(&adapters).map(|(n, a)| n.member(a, &self.engine)).collect();
        let exports: Vec<Export<'_>> = self
            .exports
            .iter()
            .map(|(name, member, output)| Export { name, member: *member, output: *output })
            .collect();
        let form = match self.form.split_once(' ').unwrap_or((&self.form, "")) {
            ("library", _) => Form::Library,
            ("program", id) => Form::Program { main: &self.main, outputs: self.node(id) },
            _ => Form::Driven,
        };
        Ok(wire::compose(&members, form, &exports)?)
    }

    /// `count` nodes, each linked to the one before; with an interface the function is exported in it.
    pub(crate) fn chain(count: usize, form: &str, binary: Option<(&str, &str)>) -> Self {
        let mut graph = Self { form: form.to_owned(), ..Self::empty() };
        graph.exports.push(("last".to_owned(), count - 1, 0));
        let signature = resolve_signature("", "next(x: u32) -> u32").unwrap();
        let bytes = binary.map_or_else(|| stub::function(&signature).unwrap(), |(wit, _)| stub::world(wit));
        for index in 0..count {
            let interface = binary.map(|(_, interface)| interface.to_owned());
            let made = Made::Component { bytes: bytes.clone(), function: "next".to_owned(), interface };
            let node = graph.push(&format!("n{index}"), &signature, made);
            graph.nodes[node].feeds[0] = Some(match index {
                0 => OwnedFeed::Import("x".to_owned()),
                _ => OwnedFeed::Member(index - 1, 0),
            });
        }
        graph
    }

    /// `count` nodes and one that takes from all of them.
    pub(crate) fn fan(count: usize) -> Self {
        let mut graph = Self::empty();
        let signature = resolve_signature("", "one() -> u32").unwrap();
        let bytes = stub::function(&signature).unwrap();
        for index in 0..count {
            let made = Made::Component { bytes: bytes.clone(), function: "one".to_owned(), interface: None };
            graph.push(&format!("n{index}"), &signature, made);
        }
        let params: Vec<String> = (0..count).map(|index| format!("x{index}: u32")).collect();
        let all = resolve_signature("", &format!("all({}) -> json", params.join(", "))).unwrap();
        let node = graph.push("all", &all, Made::Nothing);
        graph.nodes[node].spec.body = Body::Collect;
        graph.nodes[node].feeds = (0..count).map(|index| Some(OwnedFeed::Member(index, 0))).collect();
        graph
    }
}

impl Node {
    /// Several outputs, by the names of the result's fields, else by position.
    fn fields(&mut self, names: &[&str]) {
        let Body::Function { result, fallible, fields } = &mut self.spec.body else { return };
        let value = match result {
            Some(Type::Result(ok, _)) if *fallible => ok.as_deref().unwrap(),
            other => other.as_ref().unwrap(),
        };
        let types: Vec<(String, Type)> = match value {
            Type::Tuple(items) => items.iter().cloned().enumerate().map(|(i, ty)| (i.to_string(), ty)).collect(),
            Type::Named(named) => match &named.shape {
                Shape::Record(fields) => fields.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let at = |(index, name): (usize, &&str)| types.iter().position(|(field, _)| field == name).unwrap_or(index);
        *fields = names.iter().enumerate().map(at).collect();
        let output = |(name, field): (&&str, &usize)| Output {
            name: (*name).to_owned(),
            label: kebab(name),
            ty: types[*field].1.clone(),
        };
        self.spec.outputs = names.iter().zip(fields.iter()).map(output).collect();
    }

    fn member<'a>(&'a self, adapter: &'a [u8], engine: &'a [u8]) -> Member<'a> {
        let engine = match &self.made {
            Made::Nothing => Engine::None,
            Made::Script => Engine::Script(engine),
            Made::Host => Engine::Host,
            Made::Component { bytes, function, interface } => {
                Engine::Component { bytes, function, interface: interface.as_deref() }
            }
        };
        let feed = |(feed, input): (&'a Option<OwnedFeed>, &Input)| match feed {
            Some(OwnedFeed::Member(member, output)) => Feed::Member { member: *member, output: *output },
            Some(OwnedFeed::Import(name)) => Feed::Import(name),
            None => panic!("`{}.{}` has no source", self.spec.id, input.name),
        };
        let inputs = self.feeds.iter().zip(&self.spec.inputs).map(feed).collect();
        Member { label: &self.label, spec: &self.spec, adapter, engine, inputs, guard: None }
    }
}
