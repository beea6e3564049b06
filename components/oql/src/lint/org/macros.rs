//! WB609: macros that are not defined, or get other arguments than their text asks for.

use std::collections::HashMap;
use std::ops::Range;

use super::Objects;
use crate::findings::Findings;
use crate::object::Kind;
use crate::syntax::{Document, Kind as Element};

/// Macros Org brings, with the least and the most arguments they take.
const BUILT_IN: &[(&str, usize, usize)] = &[
    ("author", 0, 0),
    ("date", 0, 1),
    ("email", 0, 0),
    ("title", 0, 0),
    ("input-file", 0, 0),
    ("results", 1, 1),
    ("keyword", 1, 1),
    ("modification-time", 1, 2),
    ("n", 0, 2),
    ("property", 1, 2),
    ("time", 1, 1),
];

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    let mut known: HashMap<String, (usize, usize)> =
        BUILT_IN.iter().map(|(name, least, most)| ((*name).to_owned(), (*least, *most))).collect();
    // A setup file may define more.
    let elsewhere = document.keywords("setupfile").next().is_some() || document.keywords("include").next().is_some();
    for element in super::shown(document) {
        if let Element::Keyword { key, value } = &element.kind
            && document.slice(key).eq_ignore_ascii_case("macro")
        {
            define(document, key, value, &mut known, findings);
        }
    }
    for object in &objects.list {
        if let Kind::Macro { name, arguments } = &object.kind {
            used(document, name, arguments.as_ref(), &known, elsewhere, findings);
        }
    }
}

fn define(
    document: &Document,
    key: &Range<usize>,
    value: &Range<usize>,
    known: &mut HashMap<String, (usize, usize)>,
    findings: &mut Findings,
) {
    let text = document.slice(value);
    let (name, template) = text.split_once([' ', '\t']).map_or((text, ""), |(name, rest)| (name, rest.trim()));
    if name.is_empty() {
        findings.warning("WB609", key.clone(), "this macro has no name").help("write `#+MACRO: name text with $1`");
        return;
    }
    if template.is_empty() {
        findings
            .warning("WB609", value.clone(), format!("the macro `{name}` has no text"))
            .help("write it behind the name");
    }
    let mut highest = 0;
    for (i, _) in template.match_indices('$') {
        let digits: String = template[i + 1..].chars().take_while(char::is_ascii_digit).take(2).collect();
        highest = highest.max(digits.parse().unwrap_or(0));
    }
    // `(eval …)` takes what it likes.
    let most = if template.starts_with("(eval") { usize::MAX } else { highest };
    known.insert(name.to_lowercase(), (if most == usize::MAX { 0 } else { highest }, most));
}

fn used(
    document: &Document,
    name: &Range<usize>,
    arguments: Option<&Range<usize>>,
    known: &HashMap<String, (usize, usize)>,
    elsewhere: bool,
    findings: &mut Findings,
) {
    let text = document.slice(name);
    let Some((least, most)) = known.get(&text.to_lowercase()).copied() else {
        if !elsewhere {
            let meant = findings.suggest(text, known.keys().map(String::as_str).take(1024)).map(str::to_owned);
            let draft = findings.warning("WB609", name.clone(), format!("the macro `{text}` is not defined"));
            match meant {
                Some(meant) => draft.help(format!("did you mean `{meant}`?")),
                None => draft.help(format!("define it: `#+MACRO: {text} …`")),
            };
        }
        return;
    };
    let given = arguments.map_or("", |a| document.slice(a));
    let count = if given.trim().is_empty() { 0 } else { 1 + commas(given) };
    if count < least {
        findings
            .info("WB609", name.clone(), format!("the macro `{text}` takes {least} arguments and gets {count}"))
            .help("what is missing is empty");
    } else if count > most {
        findings
            .info("WB609", name.clone(), format!("the macro `{text}` takes {most} arguments and gets {count}"))
            .help("write a comma that is part of an argument as `\\,`");
    }
}

/// Commas without a backslash.
fn commas(text: &str) -> usize {
    text.match_indices(',').filter(|(i, _)| !text[..*i].ends_with('\\')).count()
}
