//! WB201–WB210: how values flow.

use std::collections::{HashMap, HashSet};

use crate::findings::Findings;
use crate::plan::nodes::{Code, Node, Target};
use crate::plan::noweb::Trouble;
use crate::plan::ports::PortDraft;
use crate::plan::wiring::{Feed, PortRef};
use crate::plan::{Analysis, data};
use crate::text::listing;
use crate::wit_text::Mention;

pub(super) fn check(analysis: &Analysis, findings: &mut Findings) {
    mismatches(analysis, findings);
    for (c, node) in analysis.nodes.list.iter().enumerate() {
        deps(analysis, c, node, findings);
        feeds(analysis, c, node, findings);
        for port in node.inputs.iter().chain(&node.outputs) {
            unknown_types(analysis, &port.mentions, true, Some(&node.id), findings);
        }
    }
    rings(analysis, findings);
    missing_inputs(analysis, findings);
    unused_outputs(analysis, findings);
    declarations(analysis, findings);
    noweb(analysis, findings);
}

fn node_at<'n>(analysis: &'n Analysis, at: PortRef, input: bool) -> (&'n Node, &'n PortDraft) {
    let node = &analysis.nodes.list[at.0];
    (node, if input { &node.inputs[at.1] } else { &node.outputs[at.1] })
}

fn mismatches(analysis: &Analysis, findings: &mut Findings) {
    for wire in analysis.wiring.wires.iter().filter(|w| w.mismatch) {
        let (from, output) = node_at(analysis, wire.from, false);
        let (to, input) = node_at(analysis, wire.to, true);
        let message = format!("`{}` is taken as `{}` but produced as `{}`", input.name, input.ty, output.ty);
        findings
            .error("WB201", input.ty_at.clone(), message)
            .help(format!("make both ends `{}`, or write no type on one of them", output.ty))
            .component(&to.id)
            .label(output.ty_at.clone(), format!("`{}` produces `{}`", from.short, output.ty));
    }
}

fn deps(analysis: &Analysis, c: usize, node: &Node, findings: &mut Findings) {
    let document = analysis.document;
    let feeding: HashSet<usize> = analysis.wiring.feeds[c]
        .iter()
        .flat_map(|f| match f {
            Feed::Edge(from) => vec![from.0],
            Feed::Ambiguous(list) => list.iter().map(|r| r.0).collect(),
            _ => Vec::new(),
        })
        .collect();
    for dep in &node.deps {
        let word = crate::text::clip(document.slice(&dep.at), 60);
        match dep.target {
            Some(Target::Component(d)) if d == c => {
                findings
                    .error("WB207", dep.at.clone(), format!("`{}` depends on itself", node.short))
                    .help("remove it from `:deps:`")
                    .component(&node.id);
            }
            Some(Target::Component(d)) => {
                let upstream = &analysis.nodes.list[d];
                if !feeding.contains(&d) && !upstream.outputs.is_empty() {
                    let names: Vec<&str> = upstream.outputs.iter().map(|p| p.name.as_str()).take(8).collect();
                    findings
                        .warning("WB210", dep.at.clone(), format!("no output of `{word}` feeds `{}`", node.short))
                        .help(format!(
                            "give an input the name of one of its outputs ({}), or drop it from `:deps:`",
                            listing(&names)
                        ))
                        .component(&node.id)
                        .label(document.headings[upstream.heading].title.clone(), "it is defined here");
                }
            }
            Some(Target::Flow(_)) => {}
            None => unknown_dep(analysis, node, &dep.at, &word, findings),
        }
    }
}

fn unknown_dep(analysis: &Analysis, node: &Node, at: &std::ops::Range<usize>, word: &str, findings: &mut Findings) {
    let document = analysis.document;
    let names = analysis.nodes.list.iter().flat_map(|n| {
        let name = match n.code {
            Code::Block(b) => analysis.blocks[b].name.as_ref().map(|n| document.slice(n)),
            _ => None,
        };
        [Some(n.short.as_str()), name].into_iter().flatten()
    });
    let help = match findings.suggest(word, names.take(1024)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if word.contains('@') => "a package belongs on the block: `#+begin_src rust :deps name@1.2`".to_owned(),
        None => "name a component by the slug of its heading, or a block by its `#+name:`".to_owned(),
    };
    findings
        .error("WB202", at.clone(), format!("`:deps:` names `{word}`, and there is no such component"))
        .help(help)
        .component(&node.id);
}

fn feeds(analysis: &Analysis, c: usize, node: &Node, findings: &mut Findings) {
    for (p, feed) in analysis.wiring.feeds[c].iter().enumerate() {
        let port = &node.inputs[p];
        match feed {
            Feed::Ambiguous(list) => {
                let shorts: Vec<&str> = list.iter().map(|r| analysis.nodes.list[r.0].short.as_str()).collect();
                let mut draft = findings
                    .error(
                        "WB204",
                        port.at.clone(),
                        format!("`{}` has several producers: {}", port.name, listing(&shorts)),
                    )
                    .help(format!("choose one: `:deps: {}`", shorts.first().copied().unwrap_or("")))
                    .component(&node.id);
                for from in list {
                    let (producer, output) = node_at(analysis, *from, false);
                    draft = draft.label(output.at.clone(), format!("`{}` produces it", producer.short));
                }
            }
            Feed::Itself(own) => {
                let output = &node.outputs[*own];
                findings
                    .warning(
                        "WB207",
                        port.at.clone(),
                        format!("only the component itself produces its input `{}`", port.name),
                    )
                    .help("its value is taken from outside; rename the output if that is not meant")
                    .component(&node.id)
                    .label(output.at.clone(), "it is produced here");
            }
            Feed::Edge(_) | Feed::Import => {}
        }
    }
}

fn unknown_types(analysis: &Analysis, mentions: &[Mention], aliases: bool, id: Option<&str>, findings: &mut Findings) {
    for mention in analysis.types.unknown(mentions, aliases) {
        let help = match (mention.name.as_str(), findings.suggest(&mention.name, analysis.types.candidates())) {
            ("float32" | "float", _) => "write `f32`".to_owned(),
            ("float64" | "double", _) => "write `f64`".to_owned(),
            ("int" | "integer" | "i64", _) => "write `s64`".to_owned(),
            ("i32", _) => "write `s32`".to_owned(),
            ("str" | "String", _) => "write `string`".to_owned(),
            ("boolean", _) => "write `bool`".to_owned(),
            (_, Some(meant)) => format!("did you mean `{meant}`?"),
            _ => "declare it in a `#+begin_src wit` block, or use a WIT value type".to_owned(),
        };
        let message = format!("unknown type `{}`", crate::text::clip(&mention.name, 60));
        let draft = findings.error("WB208", mention.at.clone(), message).help(help);
        if let Some(id) = id {
            draft.component(id);
        }
    }
}

fn rings(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for ring in &analysis.order.rings {
        let Some(first) = ring.first() else { continue };
        let node = &analysis.nodes.list[*first];
        let mut shown: Vec<String> =
            ring.iter().take(16).map(|n| format!("`{}`", analysis.nodes.list[*n].short)).collect();
        if ring.len() > 16 {
            shown.push("…".to_owned());
        }
        shown.push(format!("`{}`", node.short));
        let message = format!("dependency cycle: {}", shown.join(" → "));
        let mut draft = findings
            .error("WB203", document.headings[node.heading].title.clone(), message)
            .help("break the ring: one of these must not wait for another")
            .component(&node.id);
        for n in ring.iter().skip(1).take(15) {
            let title = document.headings[analysis.nodes.list[*n].heading].title.clone();
            draft = draft.label(title, "also in the ring");
        }
    }
}

/// WB205: imports without a value in the file. Lint only informs; a run without the value is the error.
fn missing_inputs(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    let data: HashSet<&str> = analysis.data.iter().map(|d| d.name.as_str()).collect();
    let mut wanted: Vec<(usize, &str, Vec<PortRef>, bool)> = Vec::new();
    let mut index: HashMap<(usize, &str), usize> = HashMap::new();
    for (c, feeds) in analysis.wiring.feeds.iter().enumerate() {
        let node = &analysis.nodes.list[c];
        let flow = analysis.flows.ancestors(node.flow).last().copied().unwrap_or(0);
        let variables = match node.code {
            Code::Block(b) => data::variables(document, &analysis.blocks[b]),
            _ => Vec::new(),
        };
        for (p, _) in feeds.iter().enumerate().filter(|(_, f)| matches!(f, Feed::Import | Feed::Itself(_))) {
            let port = &node.inputs[p];
            let has = port.default.is_some()
                || data.contains(port.name.as_str())
                || variables.iter().any(|(name, _)| same(name, &port.name));
            let at = *index.entry((flow, port.name.as_str())).or_insert_with(|| {
                wanted.push((flow, port.name.as_str(), Vec::new(), false));
                wanted.len() - 1
            });
            wanted[at].2.push((c, p));
            wanted[at].3 |= has;
        }
    }
    for (_, name, ports, _) in wanted.iter().filter(|w| !w.3) {
        let Some(first) = ports.first() else { continue };
        let (node, port) = node_at(analysis, *first, true);
        let mut draft = findings
            .info("WB205", port.at.clone(), format!("input `{name}` has no upstream producer"))
            .help(format!("give it with `--in {name}=…`, a default `{name}=value`, or data with `#+name: {name}`"))
            .component(&node.id);
        for other in ports.iter().skip(1).take(8) {
            draft = draft.label(node_at(analysis, *other, true).1.at.clone(), "also wanted here");
        }
    }
}

/// Whether a `:var` is meant for a port: `unit_price` and `unit-price` are one name to a language.
fn same(variable: &str, port: &str) -> bool {
    let fold = |name: &str| name.trim().replace('-', "_").to_ascii_lowercase();
    fold(variable) == fold(port)
}

/// WB206: outputs that leave the workbook without being named in `:export:`.
fn unused_outputs(analysis: &Analysis, findings: &mut Findings) {
    // Where several could feed an input, none of them is unused; the ambiguity is the finding.
    let wanted: HashSet<PortRef> = analysis
        .wiring
        .feeds
        .iter()
        .flatten()
        .flat_map(|f| match f {
            Feed::Ambiguous(list) => list.clone(),
            _ => Vec::new(),
        })
        .collect();
    for (c, outputs) in analysis.wiring.consumers.iter().enumerate() {
        let node = &analysis.nodes.list[c];
        for (p, _) in
            outputs.iter().enumerate().filter(|(p, consumers)| consumers.is_empty() && !wanted.contains(&(c, *p)))
        {
            let port = &node.outputs[p];
            let named = analysis
                .flows
                .ancestors(node.flow)
                .iter()
                .any(|f| analysis.flows.list[*f].exports.contains(&port.name))
                || node.exports.iter().any(|w| analysis.document.slice(w) == port.name);
            if !named {
                findings
                    .info("WB206", port.at.clone(), format!("nobody consumes the output `{}`", port.name))
                    .help("it becomes a result of the workbook; say so with `:export:` on the root")
                    .component(&node.id);
            }
        }
    }
    let produced: HashSet<&str> =
        analysis.nodes.list.iter().flat_map(|n| &n.outputs).map(|p| p.name.as_str()).collect();
    let named = analysis
        .flows
        .list
        .iter()
        .flat_map(|f| &f.exports_at)
        .chain(analysis.nodes.list.iter().flat_map(|n| &n.exports));
    for at in named {
        let name = analysis.document.slice(at);
        if !produced.contains(name) {
            let meant = findings.suggest(name, produced.iter().copied());
            let help = meant.map_or("name an output of a component".to_owned(), |m| format!("did you mean `{m}`?"));
            findings
                .error("WB202", at.clone(), format!("`:export:` names `{name}`, and nothing produces it"))
                .help(help);
        }
    }
}

/// What is wrong inside `wit` blocks.
fn declarations(analysis: &Analysis, findings: &mut Findings) {
    for error in &analysis.types.errors {
        findings
            .error("WB209", error.at.clone(), format!("the `wit` block does not parse: {}", error.message))
            .help("declarations look like `record item { id: u32, name: string }`");
    }
    for declaration in &analysis.types.declarations {
        unknown_types(analysis, &declaration.mentions, false, None, findings);
    }
}

/// References between blocks are dependencies too.
fn noweb(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    let mut rings: HashSet<Vec<&String>> = HashSet::new();
    for issue in &analysis.noweb {
        if let Trouble::Cycle(ring) = &issue.trouble {
            // The same ring shows from each of its blocks.
            let mut members: Vec<&String> = ring.iter().skip(1).collect();
            members.sort_unstable();
            if !rings.insert(members) {
                continue;
            }
        }
        match &issue.trouble {
            Trouble::Unknown(name) => {
                let names =
                    analysis.blocks.iter().filter_map(|b| b.name.as_ref()).map(|n| document.slice(n)).take(1024);
                let meant = findings.suggest(name, names);
                let help = meant
                    .map_or("give a block that name with `#+name:`".to_owned(), |m| format!("did you mean `{m}`?"));
                let message = format!("`<<{}>>` names no block", crate::text::clip(name, 60));
                findings.warning("WB202", issue.at.clone(), message).help(help);
            }
            Trouble::Cycle(ring) => {
                let ways: Vec<String> = ring.iter().map(|n| format!("`{n}`")).collect();
                findings
                    .error("WB203", issue.at.clone(), format!("noweb reference cycle: {}", ways.join(" → ")))
                    .help("one of these blocks must not refer to another");
            }
            Trouble::TooLarge => {
                findings
                    .error(
                        "WB203",
                        issue.at.clone(),
                        "the noweb references expand to more than 512 KiB, or are nested too deeply",
                    )
                    .help("split the blocks, or refer to each of them once");
            }
        }
    }
}
