//! The elements of a section: a flat walk with a stack of closing tags, so that depth costs no stack.

use std::ops::Range;

use super::html::{attribute, escape_into};
use super::list::{self, ListKind};
use super::settings::{Drawers, Latex, Properties};
use super::{Export, attributes, block, code, heading, html, inline, paragraph, results, table, timestamp, toc};
use crate::syntax::{Block, BlockKind, Element, Kind};

/// What a container leaves to write when it ends.
struct Close {
    end: usize,
    html: &'static str,
}

/// Writes the elements of a range.
pub(crate) fn elements(x: &mut Export, range: Range<usize>) {
    let document = x.document;
    let mut open: Vec<Close> = Vec::new();
    let mut lists: Vec<(usize, ListKind)> = Vec::new();
    let mut source: Option<usize> = None;
    let mut i = range.start;
    while i < range.end {
        while let Some(close) = open.pop_if(|c| c.end <= i) {
            x.out.push_str(close.html);
        }
        while lists.pop_if(|(end, _)| *end <= i).is_some() {}
        let Some(element) = document.elements.get(i) else { break };
        let end = element.next.max(i + 1);
        if is_gone(x, element)
            || (source.is_some() && document.affiliated(element, "results").is_some() && !results::are_shown(x, source))
        {
            i = end;
            continue;
        }
        match &element.kind {
            Kind::List => {
                let kind = list::kind(document, i);
                lists.push((end, kind));
                list::open(x, element, kind);
                open.push(Close { end, html: kind.closes().0 });
            }
            Kind::Item { line, start } => {
                let kind = lists.last().map_or(ListKind::Plain, |(_, k)| *k);
                list::item(x, line, *start, kind);
                open.push(Close { end, html: kind.closes().1 });
            }
            Kind::Block(block) if !block.kind.is_opaque() => {
                let html = container(x, i, element, block);
                if x.plain && end == i + 1 && matches!(block.kind, BlockKind::Quote | BlockKind::Center) {
                    // What Emacs Lisp writes where there is nothing.
                    x.out.push_str("nil");
                }
                open.push(Close { end, html });
            }
            Kind::Drawer { .. } => {}
            // Footnotes are written where the page ends.
            Kind::Footnote { .. } => {
                i = end;
                continue;
            }
            Kind::Paragraph => paragraph::write(x, i, element, range.start),
            Kind::Block(block) if block.kind == BlockKind::Src => {
                source = Some(i);
                code::source(x, i, element, block);
            }
            _ => leaf(x, i, element),
        }
        i += 1;
    }
    while let Some(close) = open.pop() {
        x.out.push_str(close.html);
    }
}

/// Whether an element is not exported at all, so that it does not even count as a neighbour.
pub(crate) fn is_gone(x: &Export, element: &Element) -> bool {
    match &element.kind {
        Kind::Comment => true,
        Kind::Planning => !x.settings.planning,
        Kind::PropertyDrawer => x.settings.properties == Properties::No,
        Kind::Keyword { .. } => element.attached,
        Kind::Block(block) => block.kind == BlockKind::Comment,
        Kind::Clock => !x.settings.clocks,
        Kind::FixedWidth => !x.settings.fixed_width,
        Kind::Table | Kind::TableEl => !x.settings.tables,
        Kind::Latex => x.settings.latex == Latex::No,
        Kind::Drawer { name } => {
            let name = x.document.slice(name);
            let among = |names: &[String]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
            match &x.settings.drawers {
                Drawers::All => false,
                Drawers::No => true,
                Drawers::Only(names) => !among(names),
                Drawers::Except(names) => among(names),
            }
        }
        _ => false,
    }
}

/// Opens a block that holds elements; what closes it.
fn container(x: &mut Export, i: usize, element: &Element, block: &Block) -> &'static str {
    let (tag, close, class) = match block.kind {
        BlockKind::Dynamic => return "",
        BlockKind::Quote => ("<blockquote", "</blockquote>\n", String::new()),
        BlockKind::Center => ("<div", "</div>\n", "org-center".to_owned()),
        _ => ("<div", "</div>\n", html::class(x.document.slice(&block.name))),
    };
    x.out.push_str(tag);
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        attribute(&mut x.out, "id", &id);
    }
    let attributes = if element.affiliated.is_empty() { Vec::new() } else { attributes::read(x.document, element) };
    let own = attributes::value(&attributes, "class").map(|c| {
        let names: Vec<String> = c.split_whitespace().map(html::class).collect();
        names.join(" ")
    });
    let classes = [own.unwrap_or_default(), class].join(" ");
    if !classes.trim().is_empty() {
        attribute(&mut x.out, "class", classes.trim());
    }
    attributes::write(&mut x.out, &attributes, &["class", "href", "src"]);
    x.out.push_str(">\n");
    close
}

/// Elements without elements inside.
fn leaf(x: &mut Export, i: usize, element: &Element) {
    let document = x.document;
    match &element.kind {
        Kind::Table => table::write(x, i, element),
        Kind::Rule => x.out.push_str("<hr />\n"),
        Kind::FixedWidth => code::fixed_width(x, i, element),
        Kind::Latex => latex(x, i, element),
        Kind::Clock => clock(x, element),
        Kind::Planning => heading::planning(x, element.heading),
        Kind::PropertyDrawer => heading::properties(x, element.heading),
        Kind::Keyword { key, value } => {
            let key = document.slice(key);
            if key.eq_ignore_ascii_case("html") && x.raw_html {
                x.out.push_str(document.slice(value));
                x.out.push('\n');
            } else if key.eq_ignore_ascii_case("toc") {
                toc::keyword(x, document.slice(value), element.heading);
            }
        }
        Kind::Block(block) => block::opaque(x, i, element, block),
        _ => {}
    }
}

fn latex(x: &mut Export, i: usize, element: &Element) {
    let source = x.document.slice(&element.span);
    if x.settings.latex == Latex::Verbatim {
        inline::text(x, source, crate::object::Place::CitationAffix);
        return;
    }
    if x.plain {
        escape_into(&mut x.out, source);
        x.out.push('\n');
        return;
    }
    x.out.push_str("<div class=\"equation\"");
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        attribute(&mut x.out, "id", &id);
    }
    x.out.push_str(">\n");
    inline::math(x, source, true, ["", ""]);
    x.out.push_str("\n</div>\n");
}

/// `CLOCK: [from]--[to] =>  1:00`.
fn clock(x: &mut Export, element: &Element) {
    let text = x.document.slice(&element.span).trim();
    let rest = text.get("CLOCK:".len()..).unwrap_or("").trim();
    let (stamp, duration) = rest.split_once("=>").map_or((rest, None), |(s, d)| (s.trim(), Some(d.trim())));
    x.out.push_str("<p>\n<span class=\"timestamp-wrapper\"><span class=\"timestamp-kwd\">CLOCK:</span> ");
    if !stamp.is_empty() {
        timestamp::write(&mut x.out, stamp, x.plain);
    }
    if let Some(duration) = duration {
        x.out.push_str(" <span class=\"timestamp\">(");
        escape_into(&mut x.out, duration);
        x.out.push_str(")</span>");
    } else if x.plain {
        x.out.push_str("nil");
    }
    x.out.push_str("</span>\n</p>\n");
}
