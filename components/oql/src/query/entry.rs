//! The headings of a file as a query sees them: special properties, inheritance, timestamps, own text.

use std::ops::Range;

use super::time::{self, Stamp};
use crate::headlines;
use crate::model::{Headline, QueryOptions};
use crate::syntax::document::Heading;
use crate::syntax::{BlockKind, Document, Kind};

/// All headings of a file.
pub(super) struct Entries<'d, 'a> {
    pub(super) document: &'d Document<'a>,
    pub(super) headlines: Vec<Headline>,
    pub(super) file: Option<&'d str>,
    /// `#+CATEGORY:`, else the file's name.
    category: String,
}

impl<'d, 'a> Entries<'d, 'a> {
    pub(super) fn new(document: &'d Document<'a>, options: &'d QueryOptions) -> Self {
        let file = options.file.as_deref();
        let name = file.and_then(|f| f.rsplit(['/', '\\']).next()).filter(|n| !n.is_empty());
        let stem = name.map(|n| n.rsplit_once('.').map_or(n, |(stem, _)| if stem.is_empty() { n } else { stem }));
        let keyword = document.keywords("category").map(|v| document.slice(&v)).filter(|v| !v.is_empty()).last();
        let category = keyword.or(stem).unwrap_or("???").to_owned();
        Entries { document, headlines: headlines::headlines(document), file, category }
    }

    pub(super) fn len(&self) -> usize {
        self.headlines.len().min(self.document.headings.len())
    }

    pub(super) fn heading(&self, h: usize) -> &Heading {
        &self.document.headings[h]
    }

    pub(super) fn parent(&self, h: usize) -> Option<usize> {
        self.document.headings.get(h).and_then(|heading| heading.parent)
    }

    /// Heading line to next heading.
    pub(super) fn own_text(&self, h: usize) -> &'a str {
        let start = self.heading(h).line.start;
        let end = self.document.headings.get(h + 1).map_or(self.document.text().len(), |next| next.line.start);
        self.document.slice(&(start..end))
    }

    /// A property of the heading itself; `nil` is as good as none.
    pub(super) fn own(&self, h: usize, name: &str) -> Option<&str> {
        let found = self.headlines.get(h)?.properties.iter().find(|p| p.key.eq_ignore_ascii_case(name));
        found.map(|p| p.value.as_str()).filter(|v| *v != "nil")
    }

    /// The same, from the headings above and the top of the file.
    pub(super) fn inherited(&self, h: usize, name: &str) -> Option<String> {
        let mut at = Some(h);
        while let Some(h) = at {
            if let Some(property) = self.headlines.get(h)?.properties.iter().find(|p| p.key.eq_ignore_ascii_case(name))
            {
                return Some(property.value.clone()).filter(|v| v != "nil");
            }
            at = self.parent(h);
        }
        let document = self.document;
        let top = document.drawer.as_ref().and_then(|d| d.value(document.text(), name));
        top.or_else(|| {
            document.keywords("property").map(|v| document.slice(&v)).find_map(|line| {
                let (key, value) = line.split_once([' ', '\t'])?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        })
    }

    pub(super) fn category(&self, h: usize) -> String {
        self.inherited(h, "CATEGORY").unwrap_or_else(|| self.category.clone())
    }

    /// Org's special properties, then the drawer.
    pub(super) fn property(&self, h: usize, name: &str, inherit: bool) -> Option<String> {
        let headline = self.headlines.get(h)?;
        let stamp = |s: &Option<crate::model::Timestamp>| s.as_ref().map(|t| t.raw.clone());
        let joined = |tags: Vec<&String>| {
            let tags: Vec<&str> = tags.into_iter().map(String::as_str).collect();
            (!tags.is_empty()).then(|| format!(":{}:", tags.join(":")))
        };
        match name.to_uppercase().as_str() {
            "TODO" => headline.state.clone(),
            "LEVEL" => Some(headline.level.to_string()),
            "PRIORITY" => Some(self.priority(h).unwrap_or("B").to_owned()),
            "ITEM" => Some(self.item(h).to_owned()),
            "SCHEDULED" => stamp(&headline.scheduled),
            "DEADLINE" => stamp(&headline.deadline),
            "CLOSED" => stamp(&headline.closed),
            "TAGS" => joined(headline.tags.iter().collect()),
            "ALLTAGS" => joined(headline.inherited_tags.iter().chain(&headline.tags).collect()),
            "CATEGORY" => Some(self.category(h)),
            "FILE" => self.file.map(str::to_owned),
            // Nothing blocks an entry unless Emacs is told to look.
            "BLOCKED" => Some(String::new()),
            "TIMESTAMP" => self.first_stamp(h, true),
            "TIMESTAMP_IA" => self.first_stamp(h, false),
            // Sums that Emacs has only after it was asked to clock.
            "CLOCKSUM" | "CLOCKSUM_T" => None,
            _ if inherit => self.inherited(h, name),
            _ => self.own(h, name).map(str::to_owned),
        }
    }

    /// The cookie, wherever in the line it stands.
    pub(super) fn priority(&self, h: usize) -> Option<&str> {
        if let Some(found) = self.headlines.get(h)?.priority.as_deref() {
            return Some(found);
        }
        let line = self.document.slice(&self.heading(h).line);
        line.match_indices("[#").find_map(|(i, _)| {
            let name = line[i + 2..].split_once(']')?.0;
            let letter = name.len() == 1 && name.bytes().all(|b| b.is_ascii_uppercase());
            let number = matches!(name.len(), 1 | 2) && name.bytes().all(|b| b.is_ascii_digit());
            (letter || number).then_some(name)
        })
    }

    /// The title as Org's `ITEM` has it: `COMMENT` is part of it.
    fn item(&self, h: usize) -> &'a str {
        let heading = self.heading(h);
        if !heading.comment {
            return self.document.slice(&heading.title);
        }
        let before = self.document.slice(&(heading.line.start..heading.title.start));
        let start = before.rfind("COMMENT").map_or(heading.title.start, |i| heading.line.start + i);
        self.document.slice(&(start..heading.title.end.max(start))).trim()
    }

    fn first_stamp(&self, h: usize, active: bool) -> Option<String> {
        let mut found = None;
        self.each_stamp(h, &mut |stamp, raw| {
            if stamp.active == active {
                found = Some(raw.to_owned());
            }
            found.is_none()
        });
        found
    }

    /// The timestamps in title and text, in order, without planning line, drawer and clocks; until `visit` says false.
    pub(super) fn each_stamp(&self, h: usize, visit: &mut dyn FnMut(Stamp, &str) -> bool) {
        let heading = self.heading(h);
        let document = self.document;
        if !in_text(document, &heading.title, visit) {
            return;
        }
        for element in document.elements.get(heading.elements.clone()).unwrap_or_default() {
            let ranges: Vec<Range<usize>> = match &element.kind {
                Kind::Paragraph | Kind::Table => vec![element.span.clone()],
                Kind::Block(block) if block.kind == BlockKind::Verse => vec![block.body.clone()],
                Kind::Item { line, start } => line.tag.iter().map(|t| start + t.start..start + t.end).collect(),
                _ => continue,
            };
            if !ranges.iter().all(|range| in_text(document, range, visit)) {
                return;
            }
        }
    }

    /// What stands on `CLOCK:` lines.
    pub(super) fn clocks(&self, h: usize) -> Vec<Stamp> {
        let elements = self.document.elements.get(self.heading(h).elements.clone()).unwrap_or_default();
        let clocks = elements.iter().filter(|e| e.kind == Kind::Clock).map(|e| self.document.slice(&e.span));
        clocks.filter_map(|text| time::stamp(&text[text.find('[')?..])).map(|(stamp, _)| stamp).collect()
    }
}

/// The timestamps of a piece of text, verbatim ones left out; false if `visit` has seen enough.
fn in_text(document: &Document, range: &Range<usize>, visit: &mut dyn FnMut(Stamp, &str) -> bool) -> bool {
    let text = document.slice(range);
    let mut at = 0;
    while let Some(i) = text.get(at..).and_then(|rest| rest.find(['<', '['])).map(|i| at + i) {
        at = i + 1;
        if text[..i].ends_with(['=', '~']) {
            continue;
        }
        if let Some((stamp, len)) = time::stamp(&text[i..]) {
            at = i + len;
            if !visit(stamp, &text[i..at]) {
                return false;
            }
        }
    }
    true
}
