//! One row per heading, for `wb query`.

use std::ops::Range;

use crate::model::{Headline, Property};
use crate::syntax::Document;

/// A heading passes on at most this many tags; chains of thousands of tagged levels would otherwise be quadratic.
const MAX_INHERITED: usize = 256;

/// All headings, document order.
pub(crate) fn headlines(document: &Document) -> Vec<Headline> {
    let text = |r: &Range<usize>| document.slice(r).to_owned();
    let mut out: Vec<Headline> = Vec::with_capacity(document.headings.len());
    for heading in &document.headings {
        let tags: Vec<String> = heading.tags.iter().map(text).collect();
        let inherited_tags = match heading.parent.and_then(|p| out.get(p)) {
            Some(parent) => inherit(&parent.inherited_tags, &parent.tags, &tags),
            None => inherit(&document.filetags, &[], &tags),
        };
        let all = heading.drawer.as_ref().map(|d| d.all(document.text())).unwrap_or_default();
        let find =
            |key: &str| all.iter().find(|(k, v)| k.eq_ignore_ascii_case(key) && !v.is_empty()).map(|(_, v)| v.clone());
        let id = find("ID").or_else(|| find("CUSTOM_ID"));
        let planning = heading.planning.clone().unwrap_or_default();
        out.push(Headline {
            level: u32::try_from(document.level(heading.level)).unwrap_or(u32::MAX),
            title: text(&heading.title),
            state: heading.state.as_ref().map(text),
            priority: heading.priority.as_ref().map(text),
            tags,
            inherited_tags,
            properties: all.into_iter().map(|(key, value)| Property { key, value }).collect(),
            id,
            scheduled: planning.scheduled,
            deadline: planning.deadline,
            closed: planning.closed,
            span: document.span(heading.line.start..heading.end),
        });
    }
    out
}

/// What comes from above, each tag once and without the heading's own.
fn inherit(above: &[String], parent: &[String], own: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for tag in above.iter().chain(parent).take(MAX_INHERITED) {
        if !own.contains(tag) && !out.contains(tag) {
            out.push(tag.clone());
        }
    }
    out
}
