//! One function that runs everything on a text and checks what must hold for every text.
//!
//! Called by the golden tests, by the corpus test and by the fuzz target; a broken promise is a panic, which is what
//! those three look for. Nothing else calls it.

use std::collections::{HashMap, HashSet};

use crate::model::{Diagnostic, Plan, QueryOptions, RenderOptions, ResultValue, Span};
use crate::syntax::Document;

/// Runs every export on `text`.
///
/// # Panics
///
/// If a span leaves the text or cuts a character, if the parts of the document do not add up to the text, if the order
/// of the plan breaks an edge, or if a page is not well-formed.
pub fn exercise(text: &str) {
    let rebuilt = Document::parse(text).to_text();
    assert!(rebuilt.as_deref() == Some(text), "the tree is not the text");
    for headline in crate::parse_headlines(text) {
        span(text, headline.span);
    }
    let plan = crate::tangle_plan(text);
    check_plan(text, &plan);
    check_diagnostics(text, &crate::lint(text, &[]));
    assert!(crate::validate(text).iter().all(|d| crate::lint(text, &[]).contains(d)), "validate says more than lint");
    assert!(crate::check_upgrade(text, text).is_empty(), "no change breaks something");
    for expression in ["+a-b+TODO=\"x\"|LEVEL<3", "(and (heading \"a\") (not (tags \"b\")))", text] {
        let _ = crate::query(text, expression, &QueryOptions::default());
    }
    let results = plan.components.iter().flat_map(|c| {
        c.out_ports.iter().map(|p| ResultValue {
            component: c.id.clone(),
            port: p.name.clone(),
            value: "[{\"a\":[null,{\"<b>\":true}]}]".to_owned(),
        })
    });
    let options = RenderOptions { results: results.collect(), ..RenderOptions::default() };
    well_formed(&crate::render(text, &options).fragment);
}

fn span(text: &str, span: Span) {
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && text.get(start..end).is_some(), "span {start}..{end} is no part of the text");
    assert!(span.line >= 1 && span.column >= 1, "lines and columns count from 1");
}

fn check_diagnostics(text: &str, list: &[Diagnostic]) {
    for diagnostic in list {
        span(text, diagnostic.span);
        diagnostic.labels.iter().for_each(|l| span(text, l.span));
        assert!(!diagnostic.message.is_empty(), "{} says nothing", diagnostic.code);
    }
    assert!(list.is_sorted_by_key(|d| d.span.start), "findings are not in the order of the text");
}

fn check_plan(text: &str, plan: &Plan) {
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

/// Every tag that is opened is closed, in order, and nothing but known harmless tags is there.
fn well_formed(html: &str) {
    const VOID: &[&str] = &["br", "hr", "img", "input"];
    const REFUSED: &[&str] = &["script", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "svg"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap_or(rest.len());
        let tag = &rest[..end];
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or("");
        assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()), "`<{tag}>` is no tag");
        assert!(!REFUSED.contains(&name), "`<{name}>` in a page");
        let lower = tag.to_ascii_lowercase();
        assert!(!lower.contains(" on") || !lower.contains("=\"javascript"), "a script in an attribute");
        assert!(!lower.contains("href=\"javascript") && !lower.contains("src=\"javascript"), "a script in a link");
        if tag.starts_with('/') {
            let opened = open.pop();
            assert!(opened == Some(name), "`</{name}>` closes {opened:?}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end..];
    }
    assert!(open.is_empty(), "{open:?} never closed");
}
