//! Whether a condition holds for a heading.

use super::expr::{Comparison, Expr, Value};
use crate::model::Headline;
use crate::syntax::Document;

pub(super) fn holds(expr: &Expr, headline: &Headline, document: &Document) -> bool {
    let tags = || headline.tags.iter().chain(&headline.inherited_tags);
    match expr {
        Expr::And(list) => list.iter().all(|e| holds(e, headline, document)),
        Expr::Or(list) => list.iter().any(|e| holds(e, headline, document)),
        Expr::Not(inner) => !holds(inner, headline, document),
        Expr::Tag(tag) => tags().any(|t| t == tag),
        Expr::TagLike(regex) => tags().any(|t| regex.is_match(t)),
        Expr::Property(name, None) => property(headline, name).is_some(),
        Expr::Property(name, Some((comparison, value))) => compare(property(headline, name), *comparison, value),
        Expr::Todo(states) if states.is_empty() => headline.state.as_ref().is_some_and(|s| !document.todo.is_done(s)),
        Expr::Todo(states) => headline.state.as_ref().is_some_and(|s| states.contains(s)),
        Expr::Done => headline.state.as_ref().is_some_and(|s| document.todo.is_done(s)),
        Expr::Heading(regex) => regex.is_match(&headline.title),
    }
}

/// Org's special properties, then the drawer.
fn property(headline: &Headline, name: &str) -> Option<String> {
    let stamp = |s: &Option<crate::model::Timestamp>| s.as_ref().map(|t| t.at.clone());
    let joined = |tags: Vec<&String>| {
        let tags: Vec<&str> = tags.into_iter().map(String::as_str).collect();
        (!tags.is_empty()).then(|| format!(":{}:", tags.join(":")))
    };
    match name.to_ascii_uppercase().as_str() {
        "TODO" => headline.state.clone(),
        "LEVEL" => Some(headline.level.to_string()),
        "PRIORITY" => headline.priority.clone(),
        "ITEM" => Some(headline.title.clone()),
        "SCHEDULED" => stamp(&headline.scheduled),
        "DEADLINE" => stamp(&headline.deadline),
        "CLOSED" => stamp(&headline.closed),
        "TAGS" => joined(headline.tags.iter().collect()),
        "ALLTAGS" => joined(headline.inherited_tags.iter().chain(&headline.tags).collect()),
        _ => headline.properties.iter().find(|p| p.key.eq_ignore_ascii_case(name)).map(|p| p.value.clone()),
    }
}

/// A missing property compares like an empty text, as in Org.
fn compare(found: Option<String>, comparison: Comparison, value: &Value) -> bool {
    let text = found.unwrap_or_default();
    match value {
        Value::Number(n) => comparison.holds(text.trim().parse::<f64>().unwrap_or(0.0).partial_cmp(n)),
        Value::Text(t) => comparison.holds(Some(text.as_str().cmp(t))),
        Value::Like(regex) => regex.is_match(&text) == (comparison == Comparison::Equal),
        Value::Date(date) => {
            let own = text.trim_start_matches(['<', '[']);
            let len = date.len().min(own.len());
            // A date without a time compares with the day alone.
            own.len() >= 10 && comparison.holds(own.get(..len).map(|o| o.cmp(&date[..len])))
        }
    }
}
