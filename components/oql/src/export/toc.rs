//! Tables of contents: where the file asks for one, and where `#+TOC:` stands.

use std::ops::Range;

use super::html::{attribute, escape_into};
use super::settings::Tags;
use super::{Export, heading, inline, language, paragraph};
use crate::object::Place;
use crate::syntax::{BlockKind, Kind};

/// Entries of all tables but the first.
const MAX_ENTRIES: usize = 20_000;

/// A table of the headings down to a depth; below one heading, or of the whole file.
pub(crate) fn contents(x: &mut Export, depth: usize, below: Option<usize>) {
    let document = x.document;
    let (range, base): (Range<usize>, usize) = match below {
        Some(h) => (h + 1..document.headings.get(h).map_or(h + 1, |h| h.next), heading::level(x, h)),
        None => (0..document.headings.len(), 0),
    };
    let depth = depth.saturating_add(base);
    let wanted = |x: &Export, h: usize| x.shows(h) && heading::level(x, h) <= depth && heading::is_in_contents(x, h);
    let entries: Vec<usize> = range.filter(|h| wanted(x, *h)).collect();
    if entries.is_empty() || !allowed(x, entries.len()) {
        return;
    }
    if below.is_none() {
        let title = language::word(&x.settings.language, language::Word::Contents);
        x.out.push_str("<nav id=\"table-of-contents\" role=\"doc-toc\">\n<h2>");
        x.out.push_str(title);
        x.out.push_str("</h2>\n");
    }
    x.out.push_str("<div class=\"toc\">");
    let start = below.map_or(0, |_| entries.first().map_or(0, |h| heading::level(x, *h).saturating_sub(1)));
    let mut open = 0usize;
    for h in &entries {
        let level = heading::level(x, *h).saturating_sub(start).clamp(1, 64);
        if open >= level {
            while open > level {
                x.out.push_str("</li>\n</ul>\n");
                open -= 1;
            }
            x.out.push_str("</li>\n<li>");
        }
        while open < level {
            x.out.push_str("\n<ul>\n<li>");
            open += 1;
        }
        entry(x, *h);
    }
    (0..open).for_each(|_| x.out.push_str("</li>\n</ul>\n"));
    x.out.push_str("</div>\n");
    x.out.push_str(if below.is_none() { "</nav>\n" } else { "" });
}

/// Any number of tables may be asked for; a page stays linear in its file all the same.
fn allowed(x: &mut Export, entries: usize) -> bool {
    let first = x.listed == 0;
    x.listed += entries;
    first || x.listed < MAX_ENTRIES
}

fn entry(x: &mut Export, h: usize) {
    x.out.push_str("<a href=\"#");
    escape_into(&mut x.out, x.ids.heading(h));
    x.out.push_str("\">");
    if let Some(number) = x.levels.number(h) {
        x.out.push_str(number);
        x.out.push_str(". ");
    }
    heading::marks(x, h);
    heading::contents_text(x, h);
    if x.settings.tags == Tags::Yes {
        heading::tags(x, h);
    }
    x.out.push_str("</a>");
}

/// `#+TOC: headlines 2 local`, `#+TOC: tables`, `#+TOC: listings`.
pub(crate) fn keyword(x: &mut Export, value: &str, heading: Option<usize>) {
    let document = x.document;
    let words: Vec<String> = value.split_whitespace().map(str::to_ascii_lowercase).collect();
    let has = |w: &str| words.iter().any(|v| v == w);
    if has("headlines") {
        let depth = words.iter().find_map(|w| w.parse::<usize>().ok()).unwrap_or(usize::MAX);
        let target = value.split_once(":target").map(|(_, t)| t.trim().trim_matches('"'));
        let below = match target {
            Some(target) => {
                let title = x.index.title(document, &x.pruned, target.trim_start_matches('*'));
                title.or_else(|| x.index.id(target.trim_start_matches('#')))
            }
            None if has("local") => heading,
            None => None,
        };
        if (target.is_some() || has("local")) && below.is_none() {
            return;
        }
        contents(x, depth, below);
    } else if value == "tables" {
        captions(x, language::Word::Table, language::Word::ListOfTables);
    } else if value == "listings" {
        captions(x, language::Word::Listing, language::Word::ListOfListings);
    }
}

/// A list of captioned tables or listings.
fn captions(x: &mut Export, word: language::Word, title: language::Word) {
    let document = x.document;
    let wanted = |kind: &Kind| match word {
        language::Word::Table => *kind == Kind::Table,
        _ => matches!(kind, Kind::Block(b) if b.kind == BlockKind::Src),
    };
    if !allowed(x, x.index.numbers.len()) {
        return;
    }
    let mut n = 0;
    for (e, element) in document.elements.iter().enumerate() {
        if !wanted(&element.kind) || !x.index.numbers.contains_key(&e) {
            continue;
        }
        let Some(caption) = paragraph::caption(document, element) else { continue };
        n += 1;
        if n == 1 {
            x.out.push_str("<div class=\"list-of-captions\">\n<h2>");
            x.out.push_str(language::word(&x.settings.language, title));
            x.out.push_str("</h2>\n<div>\n<ul>\n");
        }
        x.out.push_str("<li>");
        let id = x.ids.elements.get(&e).cloned();
        if let Some(id) = &id {
            x.out.push_str("<a");
            attribute(&mut x.out, "href", &format!("#{id}"));
            x.out.push('>');
        }
        x.out.push_str("<span class=\"number\">");
        escape_into(&mut x.out, &language::numbered(&x.settings.language, word, n));
        x.out.push_str("</span> ");
        inline::text(x, &caption, Place::Keyword);
        x.out.push_str(if id.is_some() { "</a></li>\n" } else { "</li>\n" });
    }
    x.out.push_str(if n > 0 { "</ul>\n</div>\n</div>\n" } else { "" });
}
