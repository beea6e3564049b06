//! WB607 and WB608: header arguments, wherever they stand: behind a block's language, in `#+HEADER:`, in calls, in inline
//! source, and in the property `header-args`.

use std::ops::Range;

use super::keywords::OLD_PROPERTIES;
use super::objects::Objects;
use crate::findings::Findings;
use crate::object;
use crate::syntax::{Document, Kind, header_args, line_words};

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

/// The arguments of inline source and calls, and of properties; those of blocks come with the block.
pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    for object in &objects.list {
        let ranges = match &object.kind {
            object::Kind::InlineSource { parameters, .. } => [parameters.as_ref(), None],
            object::Kind::InlineCall { inside, end, .. } => [inside.as_ref(), end.as_ref()],
            _ => continue,
        };
        ranges.into_iter().flatten().for_each(|range| all(document, range, findings));
    }
    for element in super::shown(document) {
        if let Kind::Keyword { key, value } = &element.kind
            && document.slice(key).eq_ignore_ascii_case("property")
            && let Some(length) = document.slice(value).find(char::is_whitespace)
            && is_for_arguments(document.slice(value).get(..length).unwrap_or(""))
        {
            all(document, &(value.start + length..value.end), findings);
        }
    }
    let drawers = document.headings.iter().filter(|h| !h.hidden).filter_map(|h| h.drawer.as_ref());
    for entry in drawers.chain(&document.drawer).flat_map(|d| &d.entries) {
        if is_for_arguments(document.slice(&entry.key)) {
            all(document, &entry.value, findings);
        }
    }
}

/// `header-args`, `header-args:python`, each also with `+`.
fn is_for_arguments(property: &str) -> bool {
    let rest = property.get(.."header-args".len()).filter(|p| p.eq_ignore_ascii_case("header-args"));
    rest.is_some_and(|p| matches!(property.as_bytes().get(p.len()), None | Some(b':' | b'+')))
}

/// Checks the arguments in a range.
pub(super) fn all(document: &Document, range: &Range<usize>, findings: &mut Findings) {
    header_args::parse(document.text(), range).iter().for_each(|arg| argument(document, arg, findings));
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
