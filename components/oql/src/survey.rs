//! What a text says of itself and of other pages: its settings, its links, and what links may lead to.
//!
//! For whoever makes a site of many texts. Ids are those the exporter gives, so an address made of them is one of the page.

use std::ops::Range;

use crate::export::ids::Ids;
use crate::export::places::places;
use crate::export::prune::{self, Pruned, Shown};
use crate::export::settings::Settings;
use crate::model::{Anchor, AnchorKind, Link, LinkPlace, Setting, Survey};
use crate::object::{self, LinkForm, Place};
use crate::syntax::{Document, Kind};
use crate::write_back;

/// Everything, each kind in document order.
pub(crate) fn survey(document: &Document) -> Survey {
    let pruned = prune::prune(document, &Settings::of(document));
    let mut ids = Ids::of(document, &pruned);
    let mut survey = Survey {
        settings: settings(document),
        links: Vec::new(),
        stale: stale(document),
        anchors: anchors(document, &pruned, &ids),
    };
    objects(document, &pruned, &mut ids, &mut survey);
    survey.anchors.sort_by_key(|anchor| anchor.span.start);
    survey
}

/// Only what has a hash can be told from what has none.
fn stale(document: &Document) -> Vec<crate::model::Span> {
    let hashed =
        |at: usize| document.text().get(at..at + 10).is_some_and(|text| text.eq_ignore_ascii_case("#+results["));
    let any = document.text().match_indices("#+").any(|(at, _)| hashed(at));
    if any { write_back::stale(document) } else { Vec::new() }
}

fn settings(document: &Document) -> Vec<Setting> {
    let make = |key: &Range<usize>, value: &Range<usize>, headline: Option<usize>| Setting {
        key: document.slice(key).to_owned(),
        value: document.slice(value).trim().to_owned(),
        headline: headline.and_then(|h| u32::try_from(h).ok()),
        key_span: document.span(key.clone()),
        value_span: document.span(value.clone()),
    };
    let mut found = Vec::new();
    for element in &document.elements {
        if let Kind::Keyword { key, value } = &element.kind {
            found.push(make(key, value, None));
        }
    }
    for (h, heading) in document.headings.iter().enumerate() {
        let entries = heading.drawer.iter().flat_map(|drawer| &drawer.entries);
        found.extend(entries.map(|entry| make(&entry.key, &entry.value, Some(h))));
    }
    found.sort_by_key(|setting| setting.key_span.start);
    found
}

/// Headings and named elements.
fn anchors(document: &Document, pruned: &Pruned, ids: &Ids) -> Vec<Anchor> {
    let mut found = Vec::new();
    for (h, heading) in document.headings.iter().enumerate().filter(|(h, _)| shown(pruned, *h)) {
        let (id, span) = (ids.heading(h), document.span(heading.title.clone()));
        let mut add = |kind, name: String| found.push(Anchor { kind, name, id: id.to_owned(), span });
        add(AnchorKind::Heading, document.title(h).to_owned());
        for (kind, key) in [(AnchorKind::CustomId, "CUSTOM_ID"), (AnchorKind::Id, "ID")] {
            if let Some(name) = document.property(h, key).filter(|name| !name.is_empty()) {
                add(kind, name);
            }
        }
    }
    for (e, id) in &ids.elements {
        let Some(element) = document.elements.get(*e) else { continue };
        if element.heading.is_some_and(|h| !shown(pruned, h)) {
            continue;
        }
        if let Some(name) = document.name_of(element) {
            let (text, span) = (document.slice(&name).to_owned(), document.span(name));
            found.push(Anchor { kind: AnchorKind::Name, name: text, id: id.clone(), span });
        }
    }
    found
}

/// Links, and `<<targets>>`.
fn objects(document: &Document, pruned: &Pruned, ids: &mut Ids, survey: &mut Survey) {
    let items = items(document);
    let settings = object::Settings::default();
    let text = document.text();
    for (range, place) in places(document) {
        let part = document.slice(&range);
        if !part.contains("[[") && !part.contains(':') && !part.contains("<<") {
            continue;
        }
        let headline = document.headings.partition_point(|h| h.line.start <= range.start).checked_sub(1);
        if headline
            .map_or(!pruned.preamble, |h| !on_page(pruned, h, place == Place::Title && in_title(document, h, &range)))
        {
            continue;
        }
        let within = match (headline, place) {
            (Some(h), Place::Title) if in_title(document, h, &range) => LinkPlace::Title,
            _ if is_inside(&items, range.start) => LinkPlace::Item,
            _ => LinkPlace::Text,
        };
        for found in object::parse(text, range, place, &settings) {
            match &found.kind {
                object::Kind::Link(link) if link.form != LinkForm::Radio => survey.links.push(Link {
                    target: document.slice(&link.raw).to_owned(),
                    description: document.slice(&found.contents).to_owned(),
                    place: within,
                    headline: headline.and_then(|h| u32::try_from(h).ok()),
                    span: document.span(found.span.clone()),
                    target_span: document.span(link.raw.clone()),
                }),
                object::Kind::Target { .. } => {
                    let name = document.slice(&found.span).trim_matches(['<', '>']).to_owned();
                    let id = ids.target_id(&name);
                    let span = document.span(found.span.clone());
                    survey.anchors.push(Anchor { kind: AnchorKind::Target, name, id, span });
                }
                _ => {}
            }
        }
    }
}

fn in_title(document: &Document, heading: usize, range: &Range<usize>) -> bool {
    document.headings.get(heading).is_some_and(|h| h.title == *range)
}

fn shown(pruned: &Pruned, heading: usize) -> bool {
    pruned.headings.get(heading).is_some_and(|shown| *shown != Shown::No)
}

fn on_page(pruned: &Pruned, heading: usize, title: bool) -> bool {
    match pruned.headings.get(heading) {
        Some(Shown::Whole) => true,
        Some(Shown::TitleOnly) => title,
        Some(Shown::No) | None => false,
    }
}

/// The outermost items of lists, in document order.
fn items(document: &Document) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for element in &document.elements {
        if matches!(element.kind, Kind::Item { .. }) && out.last().is_none_or(|last| last.end <= element.span.start) {
            out.push(element.span.clone());
        }
    }
    out
}

fn is_inside(items: &[Range<usize>], at: usize) -> bool {
    let before = items.partition_point(|item| item.start <= at).checked_sub(1);
    before.and_then(|i| items.get(i)).is_some_and(|item| at < item.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Survey {
        survey(&Document::parse(text))
    }

    #[test]
    fn settings_have_their_places() {
        let text = "#+TITLE: A b\n* H :publish:\n:PROPERTIES:\n:PUBLISH_TARGET: gh-pages\n:K+: x\n:END:\n#+begin_example\n#+no: x\n#+end_example\n";
        let shown: Vec<String> = of(text)
            .settings
            .iter()
            .map(|s| format!("{}={}@{}:{} {:?}", s.key, s.value, s.value_span.line, s.value_span.column, s.headline))
            .collect();
        assert_eq!(shown, ["TITLE=A b@1:10 None", "PUBLISH_TARGET=gh-pages@4:18 Some(0)", "K=x@5:6 Some(0)"]);
    }

    #[test]
    fn results_of_blocks_that_changed_are_found() {
        let text = |hash: &str| {
            format!(
                "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:out: a:s32\n:END:\n#+begin_src js :cache yes\nexport const a = () => 1;\n#+end_src\n\n#+RESULTS{hash}:\n: 1\n"
            )
        };
        let result =
            crate::model::ResultValue { component: "w/a".to_owned(), port: "a".to_owned(), value: "1".to_owned() };
        let edits = crate::write_results(&text(""), &[result]);
        let hash = edits[0].text.split(['[', ']']).nth(1).unwrap().to_owned();
        assert!(of(&text(&format!("[{hash}]"))).stale.is_empty());
        assert_eq!(of(&text("[0123456789]")).stale.first().map(|span| span.line), Some(9));
        assert!(of(&text("")).stale.is_empty());
    }

    #[test]
    fn links_have_their_places() {
        let text = "* [[file:a.org][A]]\n- [[file:b.org][B]]\n\n  more\n** x\nsee [[*x]] and <https://e.org> id:qrs =[[no]]=\n* COMMENT\n[[no]]\n* n :noexport:\n[[no]]\n";
        let shown: Vec<String> = of(text)
            .links
            .iter()
            .map(|l| format!("{} {} {:?} {:?}", l.target, l.description, l.place, l.headline))
            .collect();
        assert_eq!(
            shown,
            [
                "file:a.org A Title Some(0)",
                "file:b.org B Item Some(0)",
                "*x  Text Some(1)",
                "https://e.org  Text Some(1)",
                "id:qrs  Text Some(1)"
            ]
        );
    }

    #[test]
    fn anchors_are_the_ids_of_the_page() {
        let text = "* A b\n:PROPERTIES:\n:ID: 1-2\n:CUSTOM_ID: own\n:END:\n* A b\n<<there>>\n#+name: t 1\n| x |\n* A b\n* no :noexport:\n";
        let shown: Vec<String> = of(text).anchors.iter().map(|a| format!("{:?} {} {}", a.kind, a.name, a.id)).collect();
        assert_eq!(
            shown,
            [
                "Heading A b own",
                "CustomId own own",
                "Id 1-2 own",
                "Heading A b a-b",
                "Target there there",
                "Name t 1 t-1",
                "Heading A b a-b-2"
            ]
        );
    }
}
