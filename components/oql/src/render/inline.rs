//! The objects inside a paragraph, a cell or a title.
//!
//! `orgize` finds them; what becomes of each is decided here. Its parser recurses on nesting and is not linear, so a text
//! goes to it only if a bound on both holds; any other is written as plain escaped text.

use std::fmt::Write as _;

use orgize::config::UseSubSuperscript;
use orgize::{ParseConfig, SyntaxElement, SyntaxKind, SyntaxNode};

use super::html::{attribute, class, escape_into};
use super::urls::{Masked, Piece, mask};
use super::{PageCtx, link};

/// Brackets nested deeper are not looked into.
const MAX_NESTING: usize = 12;
/// Steps one text may cost, and all texts of a page together.
const MAX_WORK: usize = 100_000_000;
pub(crate) const PAGE_WORK: usize = 1_000_000_000;

/// Bytes that may begin an object.
fn is_marker(b: u8) -> bool {
    matches!(b, b'*' | b'/' | b'_' | b'=' | b'~' | b'+' | b'@' | b'<' | b'[' | b'\\' | b'$' | b'{' | b'^')
}

/// Writes a text with its markup.
pub(crate) fn inline(ctx: &mut PageCtx, text: &str) {
    let masked = mask(text);
    let has_markup = text.bytes().any(is_marker) || text.contains("call_") || text.contains("src_");
    if !has_markup || !affordable(ctx, &masked.text) {
        plain(ctx, &masked, &masked.text, true);
        return;
    }
    let tree = ctx.config.clone().parse(&masked.text);
    let root = SyntaxNode::new_root(tree.green().clone());
    children(ctx, &masked, &root, true);
}

/// The configuration for a page: nothing but objects matters.
pub(crate) fn config(subscripts: Option<&str>) -> ParseConfig {
    ParseConfig {
        todo_keywords: (Vec::new(), Vec::new()),
        dual_keywords: Vec::new(),
        parsed_keywords: Vec::new(),
        affiliated_keywords: Vec::new(),
        use_sub_superscript: match subscripts {
            Some("nil") => UseSubSuperscript::Nil,
            Some("{}") => UseSubSuperscript::Brace,
            _ => UseSubSuperscript::True,
        },
    }
}

/// Whether a text may go to the parser. Its cost is bounded by the markers that can pair up within three lines, times
/// what lies between them; the page has a budget of its own.
fn affordable(ctx: &mut PageCtx, text: &str) -> bool {
    let mut depth = 0usize;
    let mut deepest = 0usize;
    let (mut markers, mut window, mut length) = (0usize, [0usize; 3], [0usize; 3]);
    let (mut most, mut longest) = (1usize, 1usize);
    for line in text.split('\n') {
        window = [window[1], window[2], line.bytes().filter(|b| is_marker(*b)).count()];
        length = [length[1], length[2], line.len()];
        markers += window[2];
        most = most.max(window.iter().sum());
        longest = longest.max(length.iter().sum());
        for b in line.bytes() {
            match b {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
    }
    let pairs = markers.saturating_mul(most).saturating_mul(longest / 16 + 1);
    let scans = markers.saturating_mul(text.len() / 8 + 1);
    let work = pairs.saturating_add(scans);
    if deepest > MAX_NESTING || work > MAX_WORK || work > ctx.work_left {
        return false;
    }
    ctx.work_left -= work;
    true
}

fn children(ctx: &mut PageCtx, masked: &Masked, node: &SyntaxNode, links: bool) {
    for child in node.children_with_tokens() {
        element(ctx, masked, child, links);
    }
}

fn element(ctx: &mut PageCtx, masked: &Masked, element: SyntaxElement, links: bool) {
    match element {
        SyntaxElement::Token(token) => plain(ctx, masked, token.text(), links),
        SyntaxElement::Node(node) => object(ctx, masked, &node, links),
    }
}

fn object(ctx: &mut PageCtx, masked: &Masked, node: &SyntaxNode, links: bool) {
    use SyntaxKind as K;
    match node.kind() {
        K::BOLD => marked(ctx, masked, node, "<strong>", "</strong>", links),
        K::ITALIC => marked(ctx, masked, node, "<em>", "</em>", links),
        K::STRIKE => marked(ctx, masked, node, "<del>", "</del>", links),
        K::UNDERLINE => marked(ctx, masked, node, "<span class=\"underline\">", "</span>", links),
        K::SUPERSCRIPT => script(ctx, masked, node, "sup", links),
        K::SUBSCRIPT => script(ctx, masked, node, "sub", links),
        K::CODE | K::VERBATIM => {
            let text = inner(&masked.restore(&node.to_string()), 1);
            ctx.out.push_str(if node.kind() == K::CODE { "<code>" } else { "<code class=\"verbatim\">" });
            escape_into(&mut ctx.out, &text);
            ctx.out.push_str("</code>");
        }
        K::LINK => link_node(ctx, masked, node, links),
        K::FN_REF => super::footnotes::reference(ctx, masked, &node.to_string()),
        K::LATEX_FRAGMENT => latex(ctx, &masked.restore(&node.to_string())),
        K::ENTITY => entity(ctx, node),
        K::LINE_BREAK => ctx.out.push_str("<br>\n"),
        K::COOKIE => code(ctx, &node.to_string(), ""),
        K::TARGET => target(ctx, &inner(&masked.restore(&node.to_string()), 2), false),
        K::RADIO_TARGET => target(ctx, &inner(&masked.restore(&node.to_string()), 3), true),
        K::SNIPPET => snippet(ctx, &masked.restore(&node.to_string())),
        K::MACROS => macro_call(ctx, &masked.restore(&node.to_string())),
        K::INLINE_SRC => inline_source(ctx, &masked.restore(&node.to_string())),
        K::INLINE_CALL => code(ctx, &masked.restore(&node.to_string()), ""),
        K::TIMESTAMP_ACTIVE | K::TIMESTAMP_INACTIVE | K::TIMESTAMP_DIARY => {
            timestamp(ctx, &masked.restore(&node.to_string()))
        }
        // Whatever else it may have seen is prose to us: the scanner decided what the elements are.
        _ => children(ctx, masked, node, links),
    }
}

/// The text between markers of `n` characters; all markers are ASCII.
fn inner(text: &str, n: usize) -> String {
    text.get(n..text.len().saturating_sub(n)).unwrap_or("").to_owned()
}

fn marked(ctx: &mut PageCtx, masked: &Masked, node: &SyntaxNode, open: &str, close: &str, links: bool) {
    ctx.out.push_str(open);
    let count = node.children_with_tokens().count();
    for (i, child) in node.children_with_tokens().enumerate() {
        if i > 0 && i + 1 < count {
            element(ctx, masked, child, links);
        }
    }
    ctx.out.push_str(close);
}

/// `^{x}` and `_x`: the mark itself and the braces do not show.
fn script(ctx: &mut PageCtx, masked: &Masked, node: &SyntaxNode, tag: &str, links: bool) {
    let _ = write!(ctx.out, "<{tag}>");
    for child in node.children_with_tokens().skip(1) {
        let brace = matches!(child.kind(), SyntaxKind::L_CURLY | SyntaxKind::R_CURLY);
        if !brace {
            element(ctx, masked, child, links);
        }
    }
    let _ = write!(ctx.out, "</{tag}>");
}

/// Text outside of objects: typographic signs, and plain links.
fn plain(ctx: &mut PageCtx, masked: &Masked, text: &str, links: bool) {
    for piece in masked.pieces(text) {
        match piece {
            Piece::Text(text) => {
                let text = text.replace("\u{1} ", "");
                let text = text.replace("---", "—").replace("--", "–").replace("...", "…").replace("\\-", "\u{ad}");
                escape_into(&mut ctx.out, &text);
            }
            Piece::Url { url, .. } if links => link::write(ctx, url, None),
            Piece::Url { url, .. } => escape_into(&mut ctx.out, url),
        }
    }
}

fn link_node(ctx: &mut PageCtx, masked: &Masked, node: &SyntaxNode, links: bool) {
    let path = node
        .children_with_tokens()
        .find(|c| c.kind() == SyntaxKind::LINK_PATH)
        .map(|c| masked.restore(&c.to_string()))
        .unwrap_or_default();
    let mut description = Vec::new();
    let mut behind = false;
    for child in node.children_with_tokens() {
        match child.kind() {
            SyntaxKind::L_BRACKET => behind = true,
            SyntaxKind::R_BRACKET2 => behind = false,
            _ if behind => description.push(child),
            _ => {}
        }
    }
    if description.is_empty() {
        if links {
            link::write(ctx, &path, None);
        } else {
            escape_into(&mut ctx.out, &path);
        }
        return;
    }
    // The description is written aside, so that the link decides what goes around it.
    let outer = std::mem::take(&mut ctx.out);
    let raw: String = description.iter().map(|c| masked.restore(&c.to_string())).collect();
    for child in description {
        element(ctx, masked, child, false);
    }
    let text = std::mem::replace(&mut ctx.out, outer);
    if links {
        link::write(ctx, &path, Some((&raw, &text)));
    } else {
        ctx.out.push_str(&text);
    }
}

fn code(ctx: &mut PageCtx, text: &str, class: &str) {
    ctx.out.push_str("<code");
    if !class.is_empty() {
        attribute(&mut ctx.out, "class", class);
    }
    ctx.out.push('>');
    escape_into(&mut ctx.out, text);
    ctx.out.push_str("</code>");
}

/// `$x$` and `$$x$$` become the unambiguous `\(x\)` and `\[x\]`.
fn latex(ctx: &mut PageCtx, text: &str) {
    let text = if text.len() > 4 && text.starts_with("$$") && text.ends_with("$$") {
        format!("\\[{}\\]", inner(text, 2))
    } else if text.len() > 2 && text.starts_with('$') && text.ends_with('$') {
        format!("\\({}\\)", inner(text, 1))
    } else {
        text.to_owned()
    };
    ctx.out.push_str("<span class=\"math\">");
    escape_into(&mut ctx.out, &text);
    ctx.out.push_str("</span>");
}

fn entity(ctx: &mut PageCtx, node: &SyntaxNode) {
    use orgize::rowan::ast::AstNode;
    let text = node.to_string();
    if let Some(blanks) = text.strip_prefix("\\_") {
        blanks.chars().for_each(|_| ctx.out.push_str("&ensp;"));
        return;
    }
    // The table of entities is orgize's own, fixed HTML.
    match orgize::ast::Entity::cast(node.clone()) {
        Some(entity) => ctx.out.push_str(entity.html()),
        None => escape_into(&mut ctx.out, &text),
    }
}

fn target(ctx: &mut PageCtx, name: &str, shown: bool) {
    let id = ctx.ids.target(name).map(str::to_owned);
    ctx.out.push_str("<a");
    // Only the first of several targets with one name has the id.
    if let Some(id) = id.filter(|id| ctx.written.insert(id.clone())) {
        attribute(&mut ctx.out, "id", &id);
    }
    ctx.out.push('>');
    if shown {
        escape_into(&mut ctx.out, name);
    }
    ctx.out.push_str("</a>");
}

/// `@@html:<b>@@`: dropped unless the file and the caller both want raw HTML.
fn snippet(ctx: &mut PageCtx, text: &str) {
    let body = inner(text, 2);
    if let Some((backend, value)) = body.split_once(':')
        && backend.eq_ignore_ascii_case("html")
        && ctx.raw_html
    {
        ctx.out.push_str(value);
    }
}

/// `{{{title}}}` and its like; what is unknown stays as it is written.
fn macro_call(ctx: &mut PageCtx, text: &str) {
    let body = inner(text, 3);
    let name = body.split('(').next().unwrap_or("");
    let value = match name {
        "title" | "author" | "date" | "email" | "description" | "language" => ctx.document.keyword(name).unwrap_or(""),
        _ => text,
    };
    escape_into(&mut ctx.out, value);
}

/// `src_js[:x]{code}`.
fn inline_source(ctx: &mut PageCtx, text: &str) {
    let body = text.strip_prefix("src_").unwrap_or(text);
    let lang = &body[..body.find(['[', '{']).unwrap_or(body.len())];
    let source = body.find('{').map_or("", |i| &body[i + 1..]);
    let source = source.strip_suffix('}').unwrap_or(source);
    code(ctx, source, &format!("language-{}", class(lang)));
}

/// `<2026-01-02 Fri 10:00>` in `<time>`; a range is one element with the first date.
fn timestamp(ctx: &mut PageCtx, text: &str) {
    let shown = text.replace("--", "–");
    match crate::syntax::timestamp::parse(text) {
        Some((stamp, _)) => {
            ctx.out.push_str("<time");
            attribute(&mut ctx.out, "datetime", &stamp.at);
            ctx.out.push('>');
            escape_into(&mut ctx.out, &shown);
            ctx.out.push_str("</time>");
        }
        None => {
            ctx.out.push_str("<span class=\"timestamp\">");
            escape_into(&mut ctx.out, &shown);
            ctx.out.push_str("</span>");
        }
    }
}
