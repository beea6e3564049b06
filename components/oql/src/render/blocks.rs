//! The elements of a section: a flat walk with a stack of closing tags, so that depth costs no stack.

use std::ops::Range;

use super::html::{attribute, class, escape_into};
use super::{PageCtx, inline, link, table, values};
use crate::syntax::{Block, BlockKind, Document, Element, Kind, body};

/// What a container leaves to write when it ends.
struct Close {
    end: usize,
    html: &'static str,
}

/// The kinds of lists, which say how their items are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListKind {
    Ordered,
    Plain,
    Description,
}

/// Writes the elements of a range.
pub(crate) fn elements(ctx: &mut PageCtx, range: Range<usize>) {
    let mut open: Vec<Close> = Vec::new();
    let mut lists: Vec<(usize, ListKind)> = Vec::new();
    let mut source: Option<usize> = None;
    let mut i = range.start;
    while i < range.end {
        close(ctx, &mut open, i);
        lists.retain(|(end, _)| *end > i);
        let document = ctx.document;
        let element = &document.elements[i];
        if document.affiliated(element, "results").is_some() && !shows_results(ctx, source) {
            i = element.next.max(i + 1);
            continue;
        }
        let end = element.next;
        let enter = |open: &mut Vec<Close>, html: &'static str| open.push(Close { end, html });
        match &element.kind {
            Kind::Item { line, start } => {
                let kind = lists.last().map_or(ListKind::Plain, |(_, k)| *k);
                item(ctx, line, *start, kind);
                enter(&mut open, if kind == ListKind::Description { "</dd>\n" } else { "</li>\n" });
            }
            Kind::List => {
                let kind = list_kind(document, i);
                lists.push((end, kind));
                let (tag, html) = match kind {
                    ListKind::Ordered => ("<ol>\n", "</ol>\n"),
                    ListKind::Plain => ("<ul>\n", "</ul>\n"),
                    ListKind::Description => ("<dl>\n", "</dl>\n"),
                };
                ctx.out.push_str(tag);
                enter(&mut open, html);
            }
            Kind::Block(block) if !block.kind.is_opaque() => {
                let html = container(ctx, i, block);
                enter(&mut open, html);
            }
            // A drawer is kept from readers, except the one results are wrapped in.
            Kind::Drawer { name } if document.slice(name).eq_ignore_ascii_case("results") => enter(&mut open, ""),
            Kind::Drawer { .. } | Kind::Footnote { .. } => {
                i = end.max(i + 1);
                continue;
            }
            Kind::Paragraph => {
                let bare = is_bare(document, i, range.start);
                paragraph(ctx, i, element, bare);
            }
            _ => {
                leaf(ctx, i, element);
                if super::super::plan::nodes::is_source(document, i) {
                    source = Some(i);
                }
            }
        }
        i += 1;
    }
    close(ctx, &mut open, usize::MAX);
}

fn close(ctx: &mut PageCtx, open: &mut Vec<Close>, at: usize) {
    while open.last().is_some_and(|c| c.end <= at) {
        if let Some(close) = open.pop() {
            ctx.out.push_str(close.html);
        }
    }
}

fn list_kind(document: &Document, list: usize) -> ListKind {
    match document.elements.get(list + 1).map(|e| &e.kind) {
        Some(Kind::Item { line, .. }) if line.ordered => ListKind::Ordered,
        Some(Kind::Item { line, .. }) if line.tag.is_some() => ListKind::Description,
        _ => ListKind::Plain,
    }
}

fn item(ctx: &mut PageCtx, line: &crate::syntax::line::ItemLine, start: usize, kind: ListKind) {
    let mark = |ctx: &mut PageCtx| {
        if let Some(mark) = line.checkbox {
            ctx.out.push_str(match mark {
                b'X' => "<code>[X]</code> ",
                b'-' => "<code>[-]</code> ",
                _ => "<code>[ ]</code> ",
            });
        }
    };
    if kind == ListKind::Description {
        ctx.out.push_str("<dt>");
        mark(ctx);
        let tag = line.tag.as_ref().map(|t| ctx.document.slice(&(start + t.start..start + t.end)));
        inline::inline(ctx, tag.unwrap_or("(no term)"));
        ctx.out.push_str("</dt><dd>");
        return;
    }
    ctx.out.push_str("<li");
    if let Some(n) = line.counter.filter(|_| kind == ListKind::Ordered) {
        attribute(&mut ctx.out, "value", &n.to_string());
    }
    if let Some(mark) = line.checkbox {
        let state = if mark == b'X' {
            "on"
        } else if mark == b'-' {
            "trans"
        } else {
            "off"
        };
        attribute(&mut ctx.out, "class", state);
    }
    ctx.out.push('>');
    mark(ctx);
    if let Some(tag) = &line.tag {
        inline::inline(ctx, ctx.document.slice(&(start + tag.start..start + tag.end)));
        ctx.out.push_str(" :: ");
    }
}

/// The first paragraph of an item stands without `<p>` if nothing but one list follows it, as in Org's own export.
fn is_bare(document: &Document, i: usize, first: usize) -> bool {
    let Some(item) = i.checked_sub(1).filter(|p| *p >= first).and_then(|p| document.elements.get(p)) else {
        return false;
    };
    if !matches!(item.kind, Kind::Item { .. }) {
        return false;
    }
    let next = document.elements[i].next;
    next >= item.next || document.elements.get(next).is_some_and(|e| e.kind == Kind::List && e.next >= item.next)
}

fn paragraph(ctx: &mut PageCtx, i: usize, element: &Element, bare: bool) {
    let document = ctx.document;
    let text = document.slice(&element.span);
    let id = ctx.ids.elements.get(&i).cloned();
    if bare {
        inline::inline(ctx, text);
        return;
    }
    if link::is_lone_image(text) {
        let caption = caption(document, element);
        ctx.alt = caption.as_ref().map(|c| super::html::plain(&super::html::escape(c)));
        ctx.image = image_attributes(document, element);
        ctx.out.push_str("<figure");
        if let Some(id) = &id {
            attribute(&mut ctx.out, "id", id);
        }
        ctx.out.push('>');
        inline::inline(ctx, text);
        ctx.alt = None;
        ctx.image.clear();
        if let Some(caption) = caption {
            ctx.out.push_str("<figcaption>");
            inline::inline(ctx, &caption);
            ctx.out.push_str("</figcaption>");
        }
        ctx.out.push_str("</figure>\n");
        return;
    }
    ctx.out.push_str("<p");
    if let Some(id) = &id {
        attribute(&mut ctx.out, "id", id);
    }
    ctx.out.push_str(">\n");
    inline::inline(ctx, text);
    ctx.out.push_str("</p>\n");
}

fn caption(document: &Document, element: &Element) -> Option<String> {
    document.affiliated(element, "caption").map(|c| document.slice(&c).to_owned()).filter(|c| !c.is_empty())
}

/// `:alt`, `:width` and `:height` of `#+attr_html:`; nothing else an author writes becomes an attribute.
fn image_attributes(document: &Document, element: &Element) -> Vec<(String, String)> {
    let Some(range) = document.affiliated(element, "attr_html") else { return Vec::new() };
    let args = crate::syntax::header_args::parse(document.text(), &range);
    let wanted = |k: &str| matches!(k, "width" | "height" | "title");
    let pair = |a: &crate::syntax::header_args::Arg| {
        (document.slice(&a.key).to_ascii_lowercase(), document.slice(&a.value).to_owned())
    };
    let mut seen = std::collections::HashSet::new();
    args.iter().map(pair).filter(|(k, _)| wanted(k) && seen.insert(k.clone())).collect()
}

/// Opens a block that holds elements; what closes it.
fn container(ctx: &mut PageCtx, i: usize, block: &Block) -> &'static str {
    let (tag, close, name) = match block.kind {
        BlockKind::Quote => ("blockquote", "</blockquote>\n", None),
        BlockKind::Center => ("div", "</div>\n", Some("center".to_owned())),
        BlockKind::Dynamic => return "",
        _ => ("div", "</div>\n", Some(class(ctx.document.slice(&block.name)))),
    };
    ctx.out.push('<');
    ctx.out.push_str(tag);
    if let Some(id) = ctx.ids.elements.get(&i).cloned() {
        attribute(&mut ctx.out, "id", &id);
    }
    if let Some(name) = name.filter(|n| !n.is_empty()) {
        attribute(&mut ctx.out, "class", &name);
    }
    ctx.out.push_str(">\n");
    close
}

/// Elements without elements inside.
fn leaf(ctx: &mut PageCtx, i: usize, element: &Element) {
    let document = ctx.document;
    let id = ctx.ids.elements.get(&i).cloned();
    match &element.kind {
        Kind::Table => table::table(ctx, &element.span, id.as_deref(), caption(document, element).as_deref()),
        Kind::Rule => ctx.out.push_str("<hr>\n"),
        Kind::FixedWidth => {
            let lines = document.slice(&element.span).split('\n').map(|l| {
                let l = l.trim_start().trim_end_matches('\r');
                let l = l.strip_prefix(':').unwrap_or(l);
                l.strip_prefix(' ').unwrap_or(l)
            });
            let text = lines.collect::<Vec<_>>().join("\n");
            pre(ctx, id.as_deref(), "example", &format!("{text}\n"));
        }
        Kind::Latex => {
            ctx.out.push_str("<div class=\"math\">");
            escape_into(&mut ctx.out, document.slice(&element.span));
            ctx.out.push_str("</div>\n");
        }
        Kind::Keyword { key, value } if ctx.raw_html && document.slice(key).eq_ignore_ascii_case("html") => {
            ctx.out.push_str(document.slice(value));
            ctx.out.push('\n');
        }
        Kind::Block(block) => opaque(ctx, i, element, block, id.as_deref()),
        _ => {}
    }
}

fn opaque(ctx: &mut PageCtx, i: usize, element: &Element, block: &Block, id: Option<&str>) {
    let document = ctx.document;
    let text = document.slice(&block.body);
    match block.kind {
        BlockKind::Src => source(ctx, i, element, block, id),
        BlockKind::Example => pre(ctx, id, "example", &body::code(text, false)),
        BlockKind::Export if ctx.raw_html && document.slice(&block.args).eq_ignore_ascii_case("html") => {
            ctx.out.push_str(text);
        }
        BlockKind::Verse => {
            ctx.out.push_str("<p class=\"verse\">\n");
            let mut lines = body::unescaped_lines(text);
            body::dedent(&mut lines);
            for line in &lines {
                // Indentation is part of a verse; the inline writer would drop it.
                let blanks = line.len() - line.trim_start().len();
                (0..blanks).for_each(|_| ctx.out.push_str("&#xa0;"));
                inline::inline(ctx, line);
                ctx.out.push_str("<br>\n");
            }
            ctx.out.push_str("</p>\n");
        }
        _ => {}
    }
}

fn pre(ctx: &mut PageCtx, id: Option<&str>, class: &str, text: &str) {
    ctx.out.push_str("<pre");
    if let Some(id) = id {
        attribute(&mut ctx.out, "id", id);
    }
    attribute(&mut ctx.out, "class", class);
    ctx.out.push_str(">\n");
    escape_into(&mut ctx.out, text);
    ctx.out.push_str("</pre>\n");
}

/// A source block and the fresh results of its component.
fn source(ctx: &mut PageCtx, i: usize, element: &Element, block: &Block, id: Option<&str>) {
    let document = ctx.document;
    let (code, results) = ctx.exports.get(&i).copied().unwrap_or((true, true));
    if code {
        let caption = caption(document, element);
        if let Some(caption) = &caption {
            ctx.out.push_str("<figure>\n<figcaption>");
            inline::inline(ctx, caption);
            ctx.out.push_str("</figcaption>\n");
        }
        ctx.out.push_str("<pre");
        if let Some(id) = id {
            attribute(&mut ctx.out, "id", id);
        }
        let lang = document.slice(&block.args).split_whitespace().next().filter(|w| !w.starts_with([':', '-']));
        ctx.out.push_str("><code");
        if let Some(lang) = lang.map(class).filter(|l| !l.is_empty()) {
            attribute(&mut ctx.out, "class", &format!("language-{lang}"));
        }
        ctx.out.push('>');
        escape_into(&mut ctx.out, &body::code(document.slice(&block.body), false));
        ctx.out.push_str("</code></pre>\n");
        if caption.is_some() {
            ctx.out.push_str("</figure>\n");
        }
    }
    for (port, value) in ctx.results.get(&i).cloned().filter(|_| results).into_iter().flatten() {
        ctx.out.push_str("<div class=\"result\"");
        attribute(&mut ctx.out, "data-port", &port);
        ctx.out.push_str(">\n");
        values::json(&mut ctx.out, &value);
        ctx.out.push_str("</div>\n");
    }
}

/// Whether the `#+RESULTS:` behind a block are shown: not if the block says so, nor if there are fresh ones.
fn shows_results(ctx: &PageCtx, source: Option<usize>) -> bool {
    let Some(source) = source else { return true };
    ctx.exports.get(&source).is_none_or(|(_, results)| *results) && !ctx.results.contains_key(&source)
}
