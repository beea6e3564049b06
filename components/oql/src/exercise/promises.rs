//! What holds for spans, plans, findings and edits, whatever the text.
//!
//! Assertions only; `exercise` decides what they are asked about.

use std::collections::{HashMap, HashSet};

use crate::model::{Diagnostic, Edit, Plan, Span};

pub(super) fn span(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && text.get(start..end).is_some(), "span {start}..{end} is no part of the text");
    assert!(span.line >= 1 && span.column >= 1, "lines and columns count from 1");
}

/// The text with its edits, which are in the order of the text and do not overlap.
pub(super) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        assert!(done <= start && start <= end, "edits overlap or are out of order: {edits:?}");
        let (before, old) = (text.get(done..start), text.get(start..end));
        assert!(before.is_some() && old.is_some(), "edit {start}..{end} is no part of the text");
        assert!(old != Some(edit.text.as_str()), "an edit that changes nothing: {edit:?}");
        out.push_str(before.unwrap_or(""));
        out.push_str(&edit.text);
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

pub(super) fn check_diagnostics(text: &str, list: &[Diagnostic]) {
    for diagnostic in list {
        span(text, diagnostic.span);
        diagnostic.labels.iter().for_each(|l| span(text, l.span));
        assert!(!diagnostic.message.is_empty(), "{} says nothing", diagnostic.code);
        apply(text, &diagnostic.fix);
    }
    assert!(list.is_sorted_by_key(|d| d.span.start), "findings are not in the order of the text");
}

pub(super) fn check_plan(text: &str, plan: &Plan) {
    let ids: HashSet<&str> = plan.components.iter().map(|c| c.id.as_str()).collect();
    assert!(ids.len() == plan.components.len(), "component ids are not unique");
    let worlds: HashSet<&str> = plan.worlds.iter().map(|w| w.id.as_str()).collect();
    assert!(worlds.len() == plan.worlds.len(), "world ids are not unique");
    for component in &plan.components {
        span(text, component.span);
        component.in_ports.iter().chain(&component.out_ports).for_each(|p| span(text, p.span));
        assert!(component.world.as_ref().is_none_or(|w| worlds.contains(w.as_str())), "a component without its world");
        assert!((component.workflow as usize) < plan.workflows.len(), "a component without its workflow");
        assert!(component.deps.iter().all(|d| ids.contains(d.as_str())), "a dependency on nothing");
    }
    for world in &plan.worlds {
        span(text, world.span);
        span(text, world.body);
    }
    let spans = plan.data.iter().map(|d| d.span).chain(plan.types.iter().flat_map(|t| [t.span, t.body]));
    spans.chain(plan.workflows.iter().map(|w| w.span)).for_each(|s| span(text, s));
    let place: HashMap<&str, usize> = plan.order.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
    assert!(place.len() == plan.order.len(), "the order names a component twice");
    for edge in &plan.edges {
        assert!(
            ids.contains(edge.from.component.as_str()) && ids.contains(edge.to.component.as_str()),
            "an edge to nothing"
        );
        if let (Some(a), Some(b)) = (place.get(edge.from.component.as_str()), place.get(edge.to.component.as_str())) {
            assert!(a < b, "the order breaks an edge");
        }
    }
}
