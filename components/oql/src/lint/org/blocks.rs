//! WB606, WB607, WB608 and WB610: source blocks, export blocks and calls, and their header arguments.

use std::ops::Range;

use super::keywords::OLD_PROPERTIES;
use crate::findings::Findings;
use crate::syntax::{Block, BlockKind, Document, Element, Kind, header_args, line_words};

/// Header arguments beside Babel's common ones: those of workbooks, and of single languages.
const MORE: &[&str] = &[
    "dir",
    "in",
    "out",
    "deps",
    "caps",
    "uses",
    "sig",
    "expect",
    "expect-error",
    "timeout",
    "memory",
    "persist",
    "component",
    "export",
    "version",
    "adapt",
    "noexpand",
    "package",
    "classpath",
    "buffer",
    "headers",
    "preamble",
    "python",
    "return",
    "async",
    "stdin",
    "stdout",
    "args",
    "cmd",
    "flags",
    "libs",
    "includes",
    "defines",
    "namespaces",
    "main",
    "imports",
    "db",
    "dbuser",
    "dbpassword",
    "dbhost",
    "dbport",
    "dbinstance",
    "dbconnection",
    "database",
    "engine",
    "header",
    "separator",
    "nullvalue",
    "list",
    "csv",
    "column",
    "line",
    "html",
    "init",
    "term",
    "width",
    "height",
    "bg",
    "fg",
    "pointsize",
    "units",
    "res",
    "type",
    "family",
    "title",
    "fit",
    "border",
    "iminoptions",
    "imoutoptions",
    "imagemagick",
    "graphics",
    "host",
    "user",
    "url",
    "java",
    "lib",
    "label",
    "prefix",
    "exclude",
    "label-format",
    "script",
    "background",
    "foreground",
    "lang",
    "no-expand",
    "store",
    "backend",
    "wrap-in",
    "ns",
    "port",
    "interpreter",
    "kernel",
    "display",
    "results-file",
    "map",
    "method",
    "pandoc",
    "pretty",
    "select",
    "follow",
    "jar",
    "bcp",
    "xmx",
    "gnuplot",
    "terminal",
    "output",
    "module",
    "compiler",
];

/// What an argument's words may be: one of each group.
const VALUES: &[(&str, &[&[&str]])] = &[
    ("cache", &[&["no", "yes"]]),
    ("colnames", &[&["nil", "no", "yes"]]),
    ("comments", &[&["no", "link", "yes", "org", "both", "noweb"]]),
    ("eval", &[&["yes", "no", "no-export", "strip-export", "never-export", "eval", "never", "query"]]),
    ("exports", &[&["code", "results", "both", "none"]]),
    ("hlines", &[&["no", "yes"]]),
    ("mkdirp", &[&["yes", "no"]]),
    ("noweb", &[&["yes", "no", "tangle", "strip-tangle", "no-export", "strip-export"]]),
    ("noweb-prefix", &[&["no", "yes"]]),
    ("padline", &[&["yes", "no"]]),
    ("rownames", &[&["no", "yes"]]),
    (
        "results",
        &[
            &["file", "list", "vector", "table", "scalar", "verbatim"],
            &["raw", "html", "latex", "org", "code", "pp", "drawer", "link", "graphics"],
            &["replace", "silent", "none", "discard", "append", "prepend"],
            &["output", "value"],
        ],
    ),
];

/// Arguments that say nothing without a value.
const WANT_VALUE: &[&str] = &["exports", "results", "var", "file", "dir", "cache", "eval", "noweb", "session", "wrap"];

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for element in super::shown(document) {
        match &element.kind {
            Kind::Block(block) if block.kind == BlockKind::Src => source(document, element, block, findings),
            Kind::Block(block) if block.kind == BlockKind::Export && block.args.is_empty() => {
                findings
                    .warning("WB606", block.name.clone(), "this export block does not say for what")
                    .help("write `#+begin_export html`, or another backend");
            }
            Kind::BabelCall { value } => call(document, value, findings),
            _ => {}
        }
    }
}

fn source(document: &Document, element: &Element, block: &Block, findings: &mut Findings) {
    let words = line_words(document.text(), &block.args);
    let lang = words.first().filter(|w| !document.slice(w).starts_with([':', '-']));
    if lang.is_none() {
        findings
            .warning("WB606", block.name.clone(), "this source block names no language")
            .help("write `#+begin_src LANGUAGE`; text that is no code goes into `#+begin_example`");
    }
    let begin = lang.map_or(block.args.start, |l| l.end);
    let mut args = header_args::parse(document.text(), &(begin..block.args.end));
    for keyword in document.elements.get(element.affiliated.clone()).unwrap_or_default() {
        if let Kind::Keyword { key, value } = &keyword.kind
            && document.slice(key).to_ascii_lowercase().starts_with("header")
        {
            args.extend(header_args::parse(document.text(), value));
        }
    }
    args.iter().for_each(|arg| argument(document, arg, findings));
}

fn argument(document: &Document, arg: &header_args::Arg, findings: &mut Findings) {
    let name = document.slice(&arg.key).to_ascii_lowercase();
    let known = || OLD_PROPERTIES.iter().chain(MORE).copied();
    if !known().any(|k| k == name) {
        let meant = findings.suggest(&name, known().filter(|k| k.len() > 2)).map(str::to_owned);
        let message = format!("unknown header argument `:{}`", crate::text::clip(&name, 40));
        match meant {
            Some(meant) => {
                findings.warning("WB607", arg.key.clone(), message).help(format!("did you mean `:{meant}`?"));
            }
            None => {
                findings
                    .info("WB607", arg.key.clone(), message)
                    .help("it does nothing unless the language knows it; check its name");
            }
        }
        return;
    }
    let value = document.slice(&arg.value);
    if value.is_empty() {
        if WANT_VALUE.contains(&name.as_str()) {
            findings
                .info("WB608", arg.key.clone(), format!("`:{name}` has no value"))
                .help("give it one, or remove it");
        }
        return;
    }
    // What is computed is not known here.
    if value.starts_with(['(', '\'', '`', '"']) {
        return;
    }
    if let Some((_, groups)) = VALUES.iter().find(|(key, _)| *key == name) {
        values(document, &name, &arg.value, groups, findings);
    }
}

fn values(document: &Document, name: &str, at: &Range<usize>, groups: &[&[&str]], findings: &mut Findings) {
    let mut taken: Vec<Option<&str>> = vec![None; groups.len()];
    for word in line_words(document.text(), at) {
        let text = document.slice(&word);
        let Some(group) = groups.iter().position(|g| g.iter().any(|v| v.eq_ignore_ascii_case(text))) else {
            let meant = findings.suggest(text, groups.iter().flat_map(|g| g.iter().copied()));
            let draft = findings.warning(
                "WB608",
                word.clone(),
                format!("`{}` is no value of `:{name}`", crate::text::clip(text, 40)),
            );
            match meant {
                Some(meant) => draft.help(format!("did you mean `{meant}`?")),
                None => draft.help(format!("known are {}", groups.concat().join(", "))),
            };
            continue;
        };
        match taken.get_mut(group) {
            Some(Some(first)) if *first != text => {
                let message = format!("`{first}` and `{text}` exclude each other in `:{name}`");
                findings.warning("WB608", word, message).help("keep one of them");
            }
            Some(slot) => *slot = Some(text),
            None => {}
        }
    }
}

/// `#+CALL: name[inside](arguments)[end]`.
fn call(document: &Document, value: &Range<usize>, findings: &mut Findings) {
    let text = document.slice(value);
    let open = text.find('(');
    let name = text.split(['(', '[']).next().unwrap_or("").trim();
    let ok = open.is_some_and(|open| text[open..].contains(')')) && !name.is_empty() && !name.contains(' ');
    if ok {
        let end = text.rfind(')').map_or("", |i| text[i + 1..].trim());
        if end.starts_with('[') && end.ends_with(']') && end.len() > 1 {
            let start = value.start + text.rfind(end).unwrap_or(0);
            findings
                .warning("WB610", start..start + end.len(), "the arguments behind a call stand without brackets")
                .help("remove the brackets")
                .fix(start..start + 1, "")
                .fix(start + end.len() - 1..start + end.len(), "");
        }
        return;
    }
    findings.warning("WB610", value.clone(), "this is no call of a block").help("write `#+CALL: name(argument=value)`");
}
