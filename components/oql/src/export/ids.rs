//! The ids of a page: one per heading, named element and target, stable and unique.

use std::collections::{HashMap, HashSet};

use super::prune::{Pruned, Shown};
use crate::syntax::{Document, Kind};
use crate::text::{Names, slug};

/// Ids given out.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// Per heading.
    pub(crate) headings: Vec<String>,
    /// Named elements.
    pub(crate) elements: HashMap<usize, String>,
    /// By the folded name of a `<<target>>`; empty once it is on the page.
    targets: HashMap<String, (String, bool)>,
    names: Names,
}

impl Ids {
    pub(crate) fn of(document: &Document, pruned: &Pruned) -> Self {
        let mut ids = Ids::default();
        // Ids the author chose come first, so that no slug takes them away.
        let custom: Vec<Option<String>> = (0..document.headings.len())
            .map(|h| document.property(h, "CUSTOM_ID").map(|v| clean(&v)).filter(|v| !v.is_empty()))
            .collect();
        for own in custom.iter().flatten() {
            ids.names.take(own);
        }
        let mut taken: HashSet<&str> = HashSet::new();
        for (h, heading) in document.headings.iter().enumerate() {
            let id = match custom.get(h).and_then(Option::as_deref) {
                Some(own) if taken.insert(own) => own.to_owned(),
                _ if pruned.headings.get(h) == Some(&Shown::No) => String::new(),
                _ => {
                    let slug = slug(document.slice(&heading.title));
                    ids.names.unique(if slug.is_empty() { "section".to_owned() } else { slug })
                }
            };
            ids.headings.push(id);
        }
        for (e, element) in document.elements.iter().enumerate() {
            if element.affiliated.is_empty() || matches!(element.kind, Kind::Keyword { .. }) {
                continue;
            }
            if let Some(name) = document.name_of(element) {
                let short = slug(document.slice(&name));
                let id = ids.names.unique(if short.is_empty() { "element".to_owned() } else { short });
                ids.elements.insert(e, id);
            }
        }
        ids
    }

    /// The id of a heading; nothing for one that is not on the page.
    pub(crate) fn heading(&self, h: usize) -> &str {
        self.headings.get(h).map_or("", String::as_str)
    }

    /// The id of a target that is written now: nothing if one of the same name was written before.
    pub(crate) fn target(&mut self, name: &str) -> String {
        let entry = self.entry(name);
        if std::mem::replace(&mut entry.1, true) { String::new() } else { entry.0.clone() }
    }

    /// The id a link to a target leads to.
    pub(crate) fn target_id(&mut self, name: &str) -> String {
        self.entry(name).0.clone()
    }

    fn entry(&mut self, name: &str) -> &mut (String, bool) {
        let Ids { targets, names, .. } = self;
        targets.entry(super::index::fold(name)).or_insert_with(|| {
            let short = slug(name);
            (names.unique(if short.is_empty() { "target".to_owned() } else { short }), false)
        })
    }
}

/// An id must not hold white space; anything else is escaped where it is written.
fn clean(id: &str) -> String {
    id.split_whitespace().collect::<Vec<_>>().join("-")
}
