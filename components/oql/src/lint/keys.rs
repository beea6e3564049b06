//! WB112: drawer keys that are nearly ones a workbook reads. Values are other files' part (`structure`, `wiring`).

use std::collections::BTreeSet;

use crate::findings::Findings;
use crate::plan::Analysis;

/// What the drawer of a component may say.
const KEYS: &[&str] = &[
    "in",
    "out",
    "deps",
    "sig",
    "component",
    "caps",
    "timeout",
    "memory",
    "persist",
    "cache",
    "eval",
    "export",
    "expect",
    "expect-error",
];

/// Words that mean one of these, but are not near it.
const MEANT: &[(&str, &str)] = &[
    ("input", "in"),
    ("inputs", "in"),
    ("output", "out"),
    ("outputs", "out"),
    ("depends", "deps"),
    ("depends_on", "deps"),
    ("dependency", "deps"),
    ("dependencies", "deps"),
    ("signature", "sig"),
    ("capabilities", "caps"),
];

/// Words of their own that are near a key by accident.
const OTHERS: &[&str] = &["import", "report", "sign", "dept", "our"];

pub(super) fn check(analysis: &Analysis, findings: &mut Findings) {
    let document = analysis.document;
    if analysis.nodes.list.is_empty() && !analysis.flows.declared(document) {
        return;
    }
    let code = analysis.blocks.iter().filter(|b| b.is_compilable()).filter_map(|b| b.heading);
    let headings: BTreeSet<usize> = code.chain(analysis.nodes.list.iter().map(|n| n.heading)).collect();
    for drawer in headings.iter().filter_map(|h| document.headings.get(*h)).filter_map(|h| h.drawer.as_ref()) {
        for entry in &drawer.entries {
            let key = document.slice(&entry.key).to_ascii_lowercase();
            if let Some(meant) = meant(&key, findings) {
                let message = format!("`:{}:` is no setting of a component", crate::text::clip(&key, 40));
                findings.warning("WB112", entry.key.clone(), message).help(format!("did you mean `:{meant}:`?"));
            }
        }
    }
}

fn meant(key: &str, findings: &mut Findings) -> Option<&'static str> {
    if let Some((_, meant)) = MEANT.iter().find(|(word, _)| *word == key) {
        return Some(meant);
    }
    // Two letters are near everything; `:ID:` is Org's.
    if key.len() < 3 || KEYS.contains(&key) || OTHERS.contains(&key) {
        return None;
    }
    findings.suggest(key, KEYS.iter().copied())
}
