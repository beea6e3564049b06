//! The ids of a page: one per heading and per named element, stable and unique.

use std::collections::{HashMap, HashSet};

use crate::links::fold;
use crate::syntax::{Document, Kind};
use crate::text::{Names, slug};

/// Where links inside the page lead.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// Per heading.
    pub(crate) headings: Vec<String>,
    /// Named elements.
    pub(crate) elements: HashMap<usize, String>,
    /// Every heading's id.
    all: HashSet<String>,
    custom: HashMap<String, String>,
    ids: HashMap<String, String>,
    titles: HashMap<String, String>,
    names: HashMap<String, String>,
    targets: HashMap<String, String>,
}

impl Ids {
    pub(crate) fn of(document: &Document) -> Self {
        let mut ids = Ids::default();
        let mut seen = Names::default();
        // Ids the author chose come first, so that no slug takes them away.
        let custom: Vec<Option<String>> = (0..document.headings.len())
            .map(|h| document.property(h, "CUSTOM_ID").filter(|v| !v.is_empty() && !v.contains(char::is_whitespace)))
            .collect();
        for own in custom.iter().flatten() {
            seen.take(own);
        }
        let mut taken: HashSet<&str> = HashSet::new();
        for (h, heading) in document.headings.iter().enumerate() {
            let id = match &custom[h] {
                Some(own) if taken.insert(own) => own.clone(),
                _ => {
                    let slug = slug(document.slice(&heading.title));
                    seen.unique(if slug.is_empty() { "section".to_owned() } else { slug })
                }
            };
            if let Some(own) = &custom[h] {
                ids.custom.entry(own.clone()).or_insert_with(|| id.clone());
            }
            if let Some(own) = document.property(h, "ID") {
                ids.ids.entry(own).or_insert_with(|| id.clone());
            }
            ids.titles.entry(fold(document.slice(&heading.title))).or_insert_with(|| id.clone());
            ids.all.insert(id.clone());
            ids.headings.push(id);
        }
        for (e, element) in document.elements.iter().enumerate() {
            let Some(name) = document.name_of(element).filter(|_| !matches!(element.kind, Kind::Keyword { .. })) else {
                continue;
            };
            let name = document.slice(&name);
            let short = slug(name);
            let id = seen.unique(if short.is_empty() { "element".to_owned() } else { short });
            ids.names.entry(fold(name)).or_insert_with(|| id.clone());
            ids.elements.insert(e, id);
        }
        ids.find_targets(document, &mut seen);
        ids
    }

    /// `<<target>>`s in paragraphs.
    fn find_targets(&mut self, document: &Document, seen: &mut Names) {
        for element in document.elements.iter().filter(|e| matches!(e.kind, Kind::Paragraph | Kind::Table)) {
            let text = document.slice(&element.span);
            for (open, _) in text.match_indices("<<") {
                let rest = &text.as_bytes()[open + 2..text.len().min(open + 258)];
                let Some(len) = rest.iter().position(|b| matches!(b, b'>' | b'<' | b'\n')) else { continue };
                if rest[len] != b'>' || len == 0 {
                    continue;
                }
                let Some(name) = text.get(open + 2..open + 2 + len) else { continue };
                self.targets.entry(fold(name)).or_insert_with(|| {
                    let short = slug(name);
                    seen.unique(if short.is_empty() { "target".to_owned() } else { short })
                });
            }
        }
    }

    pub(crate) fn custom(&self, id: &str) -> Option<&str> {
        self.custom.get(id).or_else(|| self.all.get(id)).map(String::as_str)
    }

    pub(crate) fn id(&self, id: &str) -> Option<&str> {
        self.ids.get(id).map(String::as_str)
    }

    pub(crate) fn heading(&self, title: &str) -> Option<&str> {
        self.titles.get(&fold(title)).map(String::as_str)
    }

    /// A target, a name, or a heading: Org's order.
    pub(crate) fn fuzzy(&self, word: &str) -> Option<&str> {
        let key = fold(word);
        self.targets.get(&key).or_else(|| self.names.get(&key)).or_else(|| self.titles.get(&key)).map(String::as_str)
    }

    pub(crate) fn target(&self, name: &str) -> Option<&str> {
        self.targets.get(&fold(name)).map(String::as_str)
    }
}
