//! WB301–WB306: what a workbook asks for, and what it leaves lying around.

use std::collections::HashSet;

use super::secrets;
use crate::findings::Findings;
use crate::plan::Analysis;
use crate::plan::nodes::{Code, Node};
use crate::wit_text::{Body, Type};

/// Capabilities as they are written; what follows a colon is free.
const KNOWN: &[&str] = &["fs:read", "fs:write", "net", "clock", "random", "env", "secret", "llm", "kv"];

pub(super) fn check(analysis: &Analysis, findings: &mut Findings) {
    for node in &analysis.nodes.list {
        capabilities(node, findings);
        secrets_of(node, findings);
        shell(analysis, node, findings);
        unreachable(analysis, node, findings);
    }
    strays(analysis, findings);
    unused_types(analysis, findings);
    for found in secrets::find(analysis.document.text()) {
        findings
            .warning("WB303", found.at, format!("this looks like {}", found.what))
            .help("keep it out of the file: with `:caps: secret:NAME@HOST` wb puts it into requests to that host, and the block never has it");
    }
}

fn capabilities(node: &Node, findings: &mut Findings) {
    for (cap, at) in &node.caps {
        if let Err(help) = capability(cap, findings) {
            let message = format!("unknown capability `{}`", crate::text::clip(cap, 60));
            findings.error("WB301", at.clone(), message).help(help).component(&node.id);
        }
    }
    for (interface, at) in &node.uses {
        let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | ':' | '/');
        let is_interface = interface.contains(':') && !interface.starts_with(':') && interface.chars().all(ok);
        if !is_interface && capability(interface, findings).is_err() {
            findings
                .error("WB301", at.clone(), format!("unknown capability `{}`", crate::text::clip(interface, 60)))
                .help("`:uses` takes an interface, such as `wasi:clocks/wall-clock`")
                .component(&node.id);
        }
    }
}

/// WB306: a secret that may go to more than one host, or to none.
fn secrets_of(node: &Node, findings: &mut Findings) {
    let hosts = node.caps.iter().filter(|(cap, _)| cap.starts_with("net:")).count();
    for (cap, at) in &node.caps {
        let Some(name) = cap.strip_prefix("secret:").filter(|name| !name.is_empty() && !name.contains('@')) else {
            continue;
        };
        let message = match hosts {
            1 => continue,
            0 => format!("the secret `{name}` goes nowhere: the component has no `net:`"),
            _ => format!("the secret `{name}` may go to each of {hosts} hosts"),
        };
        findings
            .warning("WB306", at.clone(), message)
            .help(format!("say to which: `secret:{name}@api.example.com`"))
            .component(&node.id);
    }
}

/// Whether a capability is one; else the cure.
fn capability(cap: &str, findings: &mut Findings) -> Result<(), String> {
    let (head, rest) = match cap.strip_prefix("fs:") {
        Some(tail) => match tail.split_once(':') {
            Some((mode, path)) => (format!("fs:{mode}"), Some(path)),
            None => (cap.to_owned(), None),
        },
        None => match cap.split_once(':') {
            Some((head, rest)) => (head.to_owned(), Some(rest)),
            None => (cap.to_owned(), None),
        },
    };
    let need = |what: &str| {
        if rest.is_some_and(|r| !r.is_empty()) { Ok(()) } else { Err(format!("say which: `{head}:{what}`")) }
    };
    match head.as_str() {
        "fs:read" | "fs:write" => need("./path"),
        "net" => need("api.example.com").and_then(|()| host(rest.unwrap_or(""))),
        "env" => need("NAME"),
        "secret" => need("NAME").and_then(|()| rest.and_then(|r| r.split_once('@')).map_or(Ok(()), |(_, to)| host(to))),
        "clock" | "random" | "llm" | "kv" if rest.is_none() => Ok(()),
        "clock" | "random" | "llm" | "kv" => Err(format!("write `{head}` alone")),
        "fs" => Err("write `fs:read:./path` or `fs:write:./path`".to_owned()),
        _ => Err(match findings.suggest(&head, KNOWN.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "known are `fs:read:PATH`, `fs:write:PATH`, `net:HOST[:PORT]`, `clock`, `random`, `env:NAME`, `secret:NAME`, `llm` and `kv`".to_owned(),
        }),
    }
}

/// `HOST` or `HOST:PORT`, perhaps with `http://` before it. The host reads it to the letter before anything runs.
fn host(text: &str) -> Result<(), String> {
    let text = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text);
    if text.contains('/') {
        return Err("write the host alone, without a path: `net:api.example.com`".to_owned());
    }
    match text.rsplit_once(':') {
        // More colons are an IPv6 address, which the grant parser reads.
        Some((name, port)) if !name.contains(':') && port != "*" && port.parse::<u16>().is_err() => {
            Err(format!("write a host and perhaps a port: `net:{name}:443`"))
        }
        _ => Ok(()),
    }
}

fn shell(analysis: &Analysis, node: &Node, findings: &mut Findings) {
    if let Code::Block(b) = node.code
        && matches!(analysis.blocks[b].lang.as_str(), "sh" | "bash" | "shell")
    {
        let block = &analysis.blocks[b];
        findings
            .info(
                "WB302",
                block.lang_at.clone(),
                format!("a `{}` block runs in the sandboxed shell, not on your machine", block.lang),
            )
            .component(&node.id);
    }
}

/// WB304: a component whose work nobody can see.
fn unreachable(analysis: &Analysis, node: &Node, findings: &mut Findings) {
    let effects = !node.caps.is_empty() || !node.uses.is_empty() || node.persist;
    let runs = matches!(node.code, Code::Block(_) | Code::Binary(_));
    // Ports of a signature that does not parse are not known.
    let readable = node.sig.as_ref().is_none_or(|s| crate::wit_text::signature(analysis.document.text(), s).is_ok());
    if node.outputs.is_empty() && !effects && runs && readable {
        let at = analysis.document.headings[node.heading].title.clone();
        findings
            .warning(
                "WB304",
                at,
                format!("`{}` has no output and no capability, so nothing it does can be seen", node.short),
            )
            .help("name what it returns with `:out:`")
            .component(&node.id);
    }
}

fn strays(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    for heading in &analysis.nodes.strays {
        let root = analysis.flows.list.first().and_then(|f| f.heading);
        let draft = findings
            .warning(
                "WB304",
                document.headings[*heading].title.clone(),
                format!("`{}` lies outside the workbook, so it never runs", document.title(*heading)),
            )
            .help("move it below the workbook's root heading");
        if let Some(root) = root {
            draft.label(document.headings[root].line.clone(), "the workbook is here");
        }
    }
}

/// WB305: declared types that no port needs, directly or through another type.
fn unused_types(analysis: &Analysis, findings: &mut Findings) {
    let mut used: HashSet<&str> = HashSet::new();
    let ports = analysis.nodes.list.iter().flat_map(|n| n.inputs.iter().chain(&n.outputs));
    let mut todo: Vec<&str> = ports.flat_map(|p| &p.mentions).map(|m| m.name.as_str()).collect();
    // A signature that did not parse may mention anything.
    let broken = analysis
        .nodes
        .list
        .iter()
        .any(|n| n.sig.as_ref().is_some_and(|s| crate::wit_text::signature(analysis.document.text(), s).is_err()));
    while let Some(name) = todo.pop() {
        if used.insert(name)
            && let Some(declaration) = analysis.types.get(name)
        {
            todo.extend(declaration.mentions.iter().map(|m| m.name.as_str()));
            if let Body::Record(fields) = &declaration.body {
                todo.extend(
                    fields.iter().filter_map(|(_, t)| if let Type::Name(n) = t { Some(n.as_str()) } else { None }),
                );
            }
        }
    }
    for declaration in &analysis.types.declarations {
        if !broken && declaration.body != Body::Opaque && !used.contains(declaration.name.as_str()) {
            findings
                .warning("WB305", declaration.at.clone(), format!("no port uses the type `{}`", declaration.name))
                .help("remove it, or write it on a port");
        }
    }
}
