//! WB601: two places with one name, of which links reach only the first.

use std::collections::HashMap;
use std::ops::Range;

use super::Objects;
use crate::findings::Findings;
use crate::object::Kind;
use crate::syntax::{Document, Kind as Element};

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    let mut ids = Seen::new("custom id");
    let drawers = document.headings.iter().filter(|h| !h.hidden).flat_map(|h| &h.drawer).chain(&document.drawer);
    for entry in drawers.flat_map(|d| &d.entries) {
        if document.slice(&entry.key).eq_ignore_ascii_case("custom_id") {
            ids.add(document.slice(&entry.value), &entry.value, findings);
        }
    }
    let mut targets = Seen::new("target");
    for object in &objects.list {
        if let Kind::Target { value } = &object.kind {
            targets.add(document.slice(value), value, findings);
        }
    }
    let mut notes = Seen::new("footnote");
    for element in super::shown(document) {
        if let Element::Footnote { label } = &element.kind {
            notes.add(document.slice(label), label, findings);
        }
    }
}

/// The first place of each name.
struct Seen<'a> {
    what: &'static str,
    first: HashMap<&'a str, Range<usize>>,
}

impl<'a> Seen<'a> {
    fn new(what: &'static str) -> Self {
        Seen { what, first: HashMap::new() }
    }

    fn add(&mut self, name: &'a str, at: &Range<usize>, findings: &mut Findings) {
        if name.is_empty() {
            return;
        }
        match self.first.get(name) {
            None => drop(self.first.insert(name, at.clone())),
            Some(first) => {
                let message = format!("the {} `{}` is defined twice", self.what, crate::text::clip(name, 60));
                findings
                    .warning("WB601", at.clone(), message)
                    .help("links reach the first one only; rename one of them")
                    .label(first.clone(), "first defined here");
            }
        }
    }
}
