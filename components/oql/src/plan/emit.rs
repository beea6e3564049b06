//! The analysis as the plan the contract describes.

use std::collections::{HashMap, HashSet};

use super::nodes::{Code, Node, Target};
use super::ports::PortDraft;
use super::wiring::{Feed, PortRef};
use super::{Analysis, settings};
use crate::model::{
    Component, Data, Edge, End, ExportValue, ImportValue, Plan, Port, Property, Schedule, TypeBlock, Workflow, World,
};
use crate::syntax::body;
use crate::wit_text::Type;

/// The plan of an analysed file.
pub(crate) fn plan(analysis: &Analysis) -> Plan {
    let components: Vec<Component> = analysis.nodes.list.iter().map(|n| component(analysis, n)).collect();
    let edges = analysis.wiring.wires.iter().map(|w| Edge {
        from: end(analysis, w.from, false),
        to: end(analysis, w.to, true),
        ty: w.ty.to_string(),
    });
    let data = analysis.data.iter().map(|d| Data {
        name: d.name.clone(),
        ty: d.ty.to_owned(),
        value: d.value(analysis.document),
        span: analysis.document.span(d.span.clone()),
    });
    Plan {
        title: title(analysis),
        worlds: worlds(analysis),
        edges: edges.collect(),
        data: data.collect(),
        types: types(analysis),
        order: analysis.order.order.iter().map(|n| analysis.nodes.list[*n].id.clone()).collect(),
        workflows: (0..analysis.flows.list.len()).map(|f| workflow(analysis, f)).collect(),
        components,
    }
}

fn title(analysis: &Analysis) -> String {
    let document = analysis.document;
    let heading = analysis.flows.list.first().and_then(|f| f.heading);
    let root = || heading.map(|h| document.title(h));
    document.keyword("title").or_else(root).unwrap_or("").to_owned()
}

fn worlds(analysis: &Analysis) -> Vec<World> {
    let document = analysis.document;
    let mut out = Vec::new();
    for world in &analysis.worlds {
        let block = &analysis.blocks[world.block];
        let args =
            block.args.iter().map(|a| Property { key: a.key.clone(), value: document.slice(&a.value).to_owned() });
        out.push(World {
            id: world.id.clone(),
            lang: block.lang.clone(),
            src: world.src.clone(),
            args: args.collect(),
            span: document.span(block.span.clone()),
            body: document.span(block.body.clone()),
        });
    }
    out
}

fn types(analysis: &Analysis) -> Vec<TypeBlock> {
    let document = analysis.document;
    let block = |i: &usize| {
        let block = &analysis.blocks[*i];
        TypeBlock {
            src: body::code(document.slice(&block.body), block.keep_indentation),
            span: document.span(block.span.clone()),
            body: document.span(block.body.clone()),
        }
    };
    analysis.types.blocks.iter().map(block).collect()
}

fn component(analysis: &Analysis, node: &Node) -> Component {
    let document = analysis.document;
    let world = match node.code {
        Code::Block(b) => analysis.world_of.get(&b).map(|w| analysis.worlds[*w].id.clone()),
        _ => None,
    };
    let binary = match &node.code {
        Code::Binary(at) => Some(document.slice(at).to_owned()),
        _ => None,
    };
    let mut deps: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for target in node.deps.iter().filter_map(|d| d.target) {
        if let Target::Component(c) = target
            && seen.insert(c)
        {
            deps.push(analysis.nodes.list[c].id.clone());
        }
    }
    Component {
        id: node.id.clone(),
        world,
        binary,
        title: document.title(node.heading).to_owned(),
        in_ports: node.inputs.iter().map(|p| port(analysis, p)).collect(),
        out_ports: node.outputs.iter().map(|p| port(analysis, p)).collect(),
        deps,
        packages: node.packages.iter().map(|(package, _)| package.clone()).collect(),
        package_spans: node.packages.iter().map(|(_, at)| document.span(at.clone())).collect(),
        caps: node.caps.iter().chain(&node.uses).map(|(c, _)| c.clone()).collect(),
        cap_spans: node.caps.iter().chain(&node.uses).map(|(_, at)| document.span(at.clone())).collect(),
        sig: node.sig.as_ref().map(|s| document.slice(s).to_owned()),
        limits: node.limits,
        persist: node.persist,
        cache: node.cache,
        eval: node.eval,
        workflow: u32::try_from(node.flow).unwrap_or(u32::MAX),
        span: document.span(document.headings[node.heading].line.clone()),
    }
}

fn port(analysis: &Analysis, port: &PortDraft) -> Port {
    Port {
        name: port.name.clone(),
        ty: port.ty.to_string(),
        declared: port.written.is_some(),
        default: port.default.clone(),
        span: analysis.document.span(port.at.clone()),
    }
}

fn end(analysis: &Analysis, at: PortRef, input: bool) -> End {
    let node = &analysis.nodes.list[at.0];
    let port = if input { &node.inputs[at.1] } else { &node.outputs[at.1] };
    End { component: node.id.clone(), port: port.name.clone() }
}

fn workflow(analysis: &Analysis, flow: usize) -> Workflow {
    let document = analysis.document;
    let it = &analysis.flows.list[flow];
    let line = it.heading.map_or(0..0, |h| document.headings[h].line.clone());
    Workflow {
        id: it.id.clone(),
        title: it.heading.map_or("", |h| document.title(h)).to_owned(),
        parent: it.parent.and_then(|p| u32::try_from(p).ok()),
        imports: imports(analysis, flow),
        exports: exports(analysis, flow),
        schedule: it.heading.and_then(|h| schedule(analysis, h)),
        span: document.span(line),
    }
}

fn schedule(analysis: &Analysis, heading: usize) -> Option<Schedule> {
    let cron = settings::of_drawer(analysis.document, heading, "schedule").map(|s| s.value(analysis.document));
    if let Some(cron) = cron.filter(|c| !c.is_empty()) {
        return Some(Schedule::Cron(cron));
    }
    analysis.document.headings[heading].planning.as_ref()?.scheduled.clone().map(Schedule::At)
}

/// Inputs in the flow's subtree whose value comes from outside of it.
pub(crate) fn imports(analysis: &Analysis, flow: usize) -> Vec<ImportValue> {
    let mut out: Vec<(ImportValue, Type)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for (c, feeds) in analysis.wiring.feeds.iter().enumerate() {
        if !analysis.inside(c, flow) {
            continue;
        }
        for (p, feed) in feeds.iter().enumerate() {
            let outside = match feed {
                Feed::Import | Feed::Itself(_) => true,
                Feed::Edge(from) => !analysis.inside(from.0, flow),
                _ => false,
            };
            if !outside {
                continue;
            }
            let port = &analysis.nodes.list[c].inputs[p];
            let at = *index.entry(port.name.as_str()).or_insert_with(|| {
                let import = ImportValue {
                    name: port.name.clone(),
                    ty: String::new(),
                    consumers: Vec::new(),
                    default: None,
                    span: analysis.document.span(port.at.clone()),
                };
                out.push((import, port.ty.clone()));
                out.len() - 1
            });
            let (import, ty) = &mut out[at];
            import.consumers.push(end(analysis, (c, p), true));
            import.default = import.default.take().or_else(|| port.default.clone());
            if ty.is_json() {
                *ty = port.ty.clone();
            } else if !port.ty.is_json() && !analysis.types.same(ty, &port.ty) {
                // Two readers that want different things get the same JSON, each converted to its own type.
                *ty = Type::json();
            }
        }
    }
    out.into_iter().map(|(import, ty)| ImportValue { ty: ty.to_string(), ..import }).collect()
}

/// Outputs in the flow's subtree that nobody in it consumes, and those its `:export:` names.
pub(crate) fn exports(analysis: &Analysis, flow: usize) -> Vec<ExportValue> {
    let mut out = Vec::new();
    for (c, outputs) in analysis.wiring.consumers.iter().enumerate() {
        if !analysis.inside(c, flow) {
            continue;
        }
        let node = &analysis.nodes.list[c];
        for (p, consumers) in outputs.iter().enumerate() {
            let port = &node.outputs[p];
            let named = analysis.flows.list[flow].exports.contains(&port.name)
                || node.exports.iter().any(|w| analysis.document.slice(w) == port.name);
            if named || !consumers.iter().any(|r| analysis.inside(r.0, flow)) {
                out.push(ExportValue { name: port.name.clone(), ty: port.ty.to_string(), component: node.id.clone() });
            }
        }
    }
    out
}
