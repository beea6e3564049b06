//! Headings and the sections below them.

use std::fmt::Write as _;

use super::html::{attribute, class, escape_into, scrolls};
use super::prune::Shown;
use super::settings::{Depth, Properties, Tags};
use super::{Export, failures, footnote, inline, timestamp, walk};
use crate::object::{Kind as Object, Place};

/// Org's limit for headings that stay headings, where the file says nothing.
const LEVELS: usize = 3;

/// The numbers of all headings of a file, from its first level.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    /// What is taken off every level, so that the highest heading is the first.
    offset: usize,
    numbers: Vec<Option<String>>,
    unnumbered: Vec<bool>,
}

impl Levels {
    /// A heading's section number.
    pub(crate) fn number(&self, h: usize) -> Option<&str> {
        self.numbers.get(h)?.as_deref()
    }
}

/// Counts headings.
pub(crate) fn levels(x: &Export) -> Levels {
    let document = x.document;
    let shown = |h: usize| x.shows(h);
    let top = document.headings.iter().enumerate().filter(|(h, heading)| heading.parent.is_none() && shown(*h));
    let offset = top.map(|(_, heading)| reduced(x, heading.level)).min().unwrap_or(1).saturating_sub(1);
    let mut levels = Levels { offset, numbers: Vec::new(), unnumbered: Vec::new() };
    let depth = match x.settings.numbers {
        Depth::All => usize::MAX,
        Depth::Levels(n) => n,
        Depth::No => 0,
    };
    let mut counts: Vec<usize> = Vec::new();
    for (h, heading) in document.headings.iter().enumerate() {
        let own = document.property(h, "UNNUMBERED").map(|v| !matches!(v.as_str(), "" | "nil"));
        let inherited = || heading.parent.and_then(|p| levels.unnumbered.get(p).copied()).unwrap_or(false);
        let unnumbered = own.unwrap_or_else(inherited);
        levels.unnumbered.push(unnumbered);
        let level = reduced(x, heading.level).saturating_sub(offset).max(1);
        if unnumbered || level > depth || !shown(h) {
            levels.numbers.push(None);
            continue;
        }
        counts.resize(level, 0);
        if let Some(n) = counts.last_mut() {
            *n += 1;
        }
        let mut number = String::new();
        for (n, count) in counts.iter().enumerate() {
            let _ = write!(number, "{}{count}", if n > 0 { "." } else { "" });
        }
        levels.numbers.push(Some(number));
    }
    levels
}

/// With `#+STARTUP: odd` every second number of stars is a level.
fn reduced(x: &Export, stars: usize) -> usize {
    if x.document.odd { 1 + stars / 2 } else { stars }
}

/// A heading's level from the file's first one.
pub(crate) fn level(x: &Export, h: usize) -> usize {
    x.document.headings.get(h).map_or(1, |heading| reduced(x, heading.level).saturating_sub(x.levels.offset).max(1))
}

/// How deep headings stay headings.
fn limit(x: &Export) -> usize {
    x.settings.headline_levels.unwrap_or(if x.plain { LEVELS } else { usize::MAX })
}

/// Whether it is listed in a table of contents.
pub(crate) fn is_in_contents(x: &Export, h: usize) -> bool {
    level(x, h) <= limit(x) && x.document.property(h, "UNNUMBERED").as_deref() != Some("notoc")
}

/// What ends when the headings below one are done.
struct Close {
    end: usize,
    html: &'static str,
    list: bool,
}

/// All headings with their sections, nested by a stack of open levels.
pub(crate) fn all(x: &mut Export) {
    let document = x.document;
    let mut open: Vec<Close> = Vec::new();
    let mut i = 0;
    while let Some(heading) = document.headings.get(i) {
        while let Some(close) = open.pop_if(|c| c.end <= i) {
            x.out.push_str(close.html);
        }
        let next = heading.next.max(i + 1);
        if !x.shows(i) {
            // What the section of footnotes refers to counts, although it is not shown.
            if document.title(i) == "Footnotes" && !heading.hidden && heading.tags.is_empty() {
                footnote::unseen(x, heading.elements.clone());
            }
            i = next;
            continue;
        }
        if level(x, i) > limit(x) {
            if !open.last().is_some_and(|c| c.list) {
                let end =
                    heading.parent.and_then(|p| document.headings.get(p)).map_or(document.headings.len(), |p| p.next);
                let (begin, html) =
                    if x.levels.number(i).is_some() { ("<ol>\n", "</ol>\n") } else { ("<ul>\n", "</ul>\n") };
                x.out.push_str(begin);
                open.push(Close { end, html, list: true });
            }
            x.out.push_str("<li>");
            x.out.push_str("<a");
            attribute(&mut x.out, "id", x.ids.heading(i));
            x.out.push_str("></a>");
            text(x, i);
            x.out.push_str("<br />\n");
            open.push(Close { end: next, html: "</li>\n", list: false });
        } else {
            while let Some(close) = open.pop_if(|c| c.list) {
                x.out.push_str(close.html);
            }
            section(x, i);
            open.push(Close { end: next, html: "</section>\n", list: false });
        }
        failures::summary(x, Some(i));
        failures::under(x, i);
        if x.pruned.headings.get(i) == Some(&Shown::TitleOnly) {
            i = next;
            continue;
        }
        walk::elements(x, heading.elements.clone());
        i += 1;
    }
    while let Some(close) = open.pop() {
        x.out.push_str(close.html);
    }
}

/// Opens a section: its heading is one deeper than its level, since the page's title is its `h1`.
fn section(x: &mut Export, i: usize) {
    let document = x.document;
    let depth = if x.plain { level(x, i) + 1 } else { (level(x, i) + 1).min(6) };
    x.out.push_str("<section");
    let extra = document.property(i, "HTML_CONTAINER_CLASS").map(|c| classes(&c)).unwrap_or_default();
    if !extra.is_empty() {
        attribute(&mut x.out, "class", &extra);
    }
    let _ = write!(x.out, ">\n<h{depth}");
    attribute(&mut x.out, "id", x.ids.heading(i));
    if let Some(own) = document.property(i, "HTML_HEADLINE_CLASS").map(|c| classes(&c)).filter(|c| !c.is_empty()) {
        attribute(&mut x.out, "class", &own);
    }
    x.out.push('>');
    if let Some(number) = x.levels.number(i) {
        for part in ["<span class=\"section-number\">", number, ".</span> "] {
            x.out.push_str(part);
        }
    }
    text(x, i);
    if !x.plain {
        x.out.push_str(" <a class=\"anchor\" href=\"#");
        escape_into(&mut x.out, x.ids.heading(i));
        x.out.push_str("\" aria-label=\"Link to this section\"></a>");
    }
    let _ = writeln!(x.out, "</h{depth}>");
}

fn classes(text: &str) -> String {
    text.split_whitespace().map(class).collect::<Vec<_>>().join(" ")
}

/// State, priority, title, tags.
fn text(x: &mut Export, i: usize) {
    marks(x, i);
    let title = x.document.headings.get(i).map(|h| h.title.clone()).unwrap_or_default();
    inline::range(x, title, Place::Title);
    if x.settings.tags != Tags::No {
        tags(x, i);
    }
}

/// State and priority.
pub(crate) fn marks(x: &mut Export, i: usize) {
    let document = x.document;
    let Some(heading) = document.headings.get(i) else { return };
    if let Some(state) = heading.state.as_ref().filter(|_| x.settings.todo) {
        let word = document.slice(state);
        let kind = if document.todo.is_done(word) { "done" } else { "todo" };
        x.out.push_str("<span");
        attribute(&mut x.out, "class", format!("{kind} {}", class(word)).trim());
        x.out.push('>');
        escape_into(&mut x.out, word);
        x.out.push_str("</span> ");
    }
    if let Some(priority) = heading.priority.as_ref().filter(|_| x.settings.priority) {
        x.out.push_str("<span class=\"priority\">[");
        escape_into(&mut x.out, document.slice(priority));
        x.out.push_str("]</span> ");
    }
}

/// Tags, behind the title.
pub(crate) fn tags(x: &mut Export, i: usize) {
    let document = x.document;
    let Some(heading) = document.headings.get(i).filter(|h| !h.tags.is_empty()) else { return };
    x.out.push_str("\u{a0}\u{a0}\u{a0}<span class=\"tags\">");
    for (n, tag) in heading.tags.iter().enumerate() {
        x.out.push_str(if n > 0 { "\u{a0}<span class=\"tag\">" } else { "<span class=\"tag\">" });
        escape_into(&mut x.out, document.slice(tag));
        x.out.push_str("</span>");
    }
    x.out.push_str("</span>");
}

/// The title, where a link without description shows it.
pub(crate) fn title_text(x: &mut Export, i: usize) {
    let title = x.document.headings.get(i).map(|h| h.title.clone()).unwrap_or_default();
    let text = x.document.text();
    let inline = inline::Inline::parse(x, text, title, Place::LinkDescription);
    let end = inline.objects.len();
    inline::write(x, &inline, 0..end);
}

/// The title in a table of contents: `:ALT_TITLE:` if there is one; no links, targets or footnotes.
pub(crate) fn contents_text(x: &mut Export, i: usize) {
    let document = x.document;
    let alternative = document.property(i, "ALT_TITLE");
    let (text, range) = match &alternative {
        Some(text) => (text.as_str(), 0..text.len()),
        None => (document.text(), document.headings.get(i).map(|h| h.title.clone()).unwrap_or_default()),
    };
    let mut inline = inline::Inline::parse(x, text, range, Place::Title);
    let mut n = 0;
    while let Some(object) = inline.objects.get(n).cloned() {
        let hidden = matches!(object.kind, Object::FootnoteReference { .. } | Object::Target { .. });
        let link = matches!(object.kind, Object::Link(_) | Object::RadioTarget);
        if hidden || (link && object.next == n + 1) {
            let shown = if hidden { object.span.end..object.span.end } else { object.contents.clone() };
            let shown = if link && shown.is_empty() { object.span.clone() } else { shown };
            for o in inline.objects.get_mut(n..object.next).into_iter().flatten() {
                o.kind = Object::Text;
                o.span = object.span.end..object.span.end;
                o.next = 0;
            }
            if let Some(o) = inline.objects.get_mut(n) {
                o.span = shown;
            }
            for (k, o) in inline.objects.iter_mut().enumerate().take(object.next).skip(n) {
                o.next = k + 1;
            }
            n = object.next;
        } else {
            if link && let Some(o) = inline.objects.get_mut(n) {
                // Its description is shown without the link around it.
                o.kind = Object::Text;
                o.span = object.span.end..object.span.end;
                o.next = n + 1;
            }
            n += 1;
        }
    }
    let end = inline.objects.len();
    inline::write(x, &inline, 0..end);
}

/// `SCHEDULED:` and the like, where the options ask for them.
pub(crate) fn planning(x: &mut Export, heading: Option<usize>) {
    let document = x.document;
    let planning = heading.and_then(|h| document.headings.get(h)).and_then(|h| h.planning.as_ref());
    let Some(planning) = planning.filter(|_| x.settings.planning) else { return };
    let parts = [("CLOSED:", &planning.closed), ("DEADLINE:", &planning.deadline), ("SCHEDULED:", &planning.scheduled)];
    x.out.push_str("<p><span class=\"timestamp-wrapper\">");
    for (word, stamp) in parts {
        if let Some(stamp) = stamp {
            let _ = write!(x.out, "<span class=\"timestamp-kwd\">{word}</span> ");
            timestamp::write(&mut x.out, &stamp.raw, x.plain);
            x.out.push(' ');
        }
    }
    x.out.push_str("</span></p>\n");
}

/// Properties, where the options ask for them.
pub(crate) fn properties(x: &mut Export, heading: Option<usize>) {
    let document = x.document;
    let wanted = |key: &str| match &x.settings.properties {
        Properties::No => false,
        Properties::All => true,
        Properties::Only(names) => names.iter().any(|n| n.eq_ignore_ascii_case(key)),
    };
    let drawer = match heading {
        Some(h) => document.headings.get(h).and_then(|h| h.drawer.as_ref()),
        None => document.drawer.as_ref(),
    };
    let mut lines = String::new();
    for entry in drawer.iter().flat_map(|d| &d.entries) {
        let key = document.slice(&entry.key);
        if wanted(key) {
            lines.push_str(key);
            lines.push_str(": ");
            lines.push_str(document.slice(&entry.value));
            lines.push('\n');
        }
    }
    if !lines.is_empty() {
        x.out.push_str("<pre class=\"example\"");
        scrolls(x);
        x.out.push_str(">\n");
        escape_into(&mut x.out, &lines);
        x.out.push_str("</pre>\n");
    }
}
