//! WB602 and WB603: footnotes that are referred to and not defined, or the other way round.

use std::collections::HashSet;

use super::Objects;
use crate::findings::Findings;
use crate::object::Kind;
use crate::syntax::{Document, Kind as Element};

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    let mut defined: HashSet<&str> = HashSet::new();
    let mut referred: HashSet<&str> = HashSet::new();
    let mut definitions = Vec::new();
    for element in super::shown(document) {
        if let Element::Footnote { label } = &element.kind {
            defined.insert(document.slice(label));
            definitions.push(label);
        }
    }
    let mut references = Vec::new();
    for object in &objects.list {
        if let Kind::FootnoteReference { label: Some(label), inline } = &object.kind {
            let name = document.slice(label);
            referred.insert(name);
            if *inline {
                defined.insert(name);
            } else {
                references.push(label);
            }
        }
    }
    for label in references {
        let name = document.slice(label);
        if defined.contains(name) {
            continue;
        }
        let meant = findings.suggest(name, defined.iter().copied().take(1024)).map(str::to_owned);
        let draft = findings.warning("WB602", label.clone(), format!("the footnote `{name}` has no definition"));
        match meant {
            Some(meant) => draft.help(format!("did you mean `[fn:{meant}]`?")),
            None => draft.help(format!("define it at the beginning of a line: `[fn:{name}] …`")),
        };
    }
    for label in definitions {
        let name = document.slice(label);
        if !referred.contains(name) {
            findings
                .warning("WB603", label.clone(), format!("nothing refers to the footnote `{name}`"))
                .help(format!("it is not shown; refer to it by `[fn:{name}]`, or remove it"));
        }
    }
}
