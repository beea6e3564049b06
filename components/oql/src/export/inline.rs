//! Objects: a flat walk over what `object::parse` found, with a stack of closing tags.

use std::cell::Cell;
use std::ops::Range;

use super::footnote::Definition;
use super::html::{attribute, escape_into};
use super::settings::{Latex, Scripts, Settings};
use super::text::{self, Style};
use super::{Export, cite, footnote, link, quotes, timestamp};
use crate::object::{self, Kind, Object, Place, entities};

/// A text with its objects.
pub(crate) struct Inline<'t> {
    pub(crate) text: &'t str,
    pub(crate) objects: Vec<Object>,
    quotes: Vec<(usize, &'static str)>,
    style: Style,
}

impl<'t> Inline<'t> {
    pub(crate) fn parse(x: &Export, text: &'t str, range: Range<usize>, place: Place) -> Self {
        let mut scratch = x.spare.scratch.take().unwrap_or_default();
        let objects = object::parse_into(x.spare.objects.take(), &mut scratch, text, range, place, &x.settings.objects);
        x.spare.scratch.set(Some(scratch));
        let quotes = match x.settings.smart_quotes {
            true => quotes::of(text, &objects, &x.settings.language),
            false => Vec::new(),
        };
        Inline { text, objects, quotes, style: style(&x.settings) }
    }

    /// Without what only writing needs.
    pub(crate) fn bare(text: &'t str, range: Range<usize>, settings: &Settings) -> Self {
        let objects = object::parse(text, range, Place::Paragraph, &settings.objects);
        Inline { text, objects, quotes: Vec::new(), style: Style::default() }
    }

    /// The text of a range, never failing.
    pub(crate) fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or("")
    }
}

fn style(settings: &Settings) -> Style {
    Style { special: settings.special_strings, breaks: settings.preserve_breaks, indentation: false, ends_line: false }
}

/// Writes the objects of a range of the file.
pub(crate) fn range(x: &mut Export, range: Range<usize>, place: Place) {
    let text = x.document.text();
    if is_plain(x, text, &range) {
        let style = style(&x.settings);
        text::write(&mut x.out, text.get(range).unwrap_or(""), style, &[]);
        return;
    }
    let inline = Inline::parse(x, text, range, place);
    all(x, inline);
}

/// Writes all objects of a text that is then done with.
fn all(x: &mut Export, inline: Inline) {
    write(x, &inline, 0..inline.objects.len());
    let mut objects = inline.objects;
    objects.clear();
    x.spare.objects.set(objects);
}

/// Whether a text is plain, as most cells and titles are: then nothing needs to be parsed.
fn is_plain(x: &Export, text: &str, range: &Range<usize>) -> bool {
    !x.settings.smart_quotes && object::is_plain(text, range, &x.settings.objects)
}

/// A paragraph: a line break stands behind its last word, unless the file ends without one.
pub(crate) fn paragraph(x: &mut Export, mut inline: Inline) {
    inline.style.ends_line =
        inline.objects.last().is_none_or(|o| o.span.end < inline.text.len() || inline.text.ends_with('\n'));
    all(x, inline);
}

/// A verse: lines and their indentation are kept.
pub(crate) fn verse(x: &mut Export, text: &str) {
    let first = text.len() - text.trim_start_matches([' ', '\t']).len();
    (0..first).for_each(|_| x.out.push('\u{a0}'));
    let mut inline = Inline::parse(x, text, first..text.len(), Place::Paragraph);
    inline.style = Style { breaks: true, indentation: true, ends_line: true, ..inline.style };
    let end = inline.objects.len();
    write(x, &inline, 0..end);
}

/// Writes objects of a text that is not part of the file.
pub(crate) fn text(x: &mut Export, text: &str, place: Place) {
    let inline = Inline::parse(x, text, 0..text.len(), place);
    let end = inline.objects.len();
    write(x, &inline, 0..end);
}

/// Vectors that were used and are empty, so that not every cell and every paragraph needs its own.
#[derive(Default)]
pub(crate) struct Spare {
    scratch: Cell<Option<Box<object::Scratch>>>,
    objects: Cell<Vec<Object>>,
    open: Cell<Vec<Close>>,
}

/// What a container leaves to write when it ends.
struct Close {
    end: usize,
    html: &'static str,
}

/// Writes some of the objects.
pub(crate) fn write(x: &mut Export, inline: &Inline, which: Range<usize>) {
    let mut open: Vec<Close> = x.spare.open.take();
    let mut i = which.start;
    while i < which.end {
        while let Some(close) = open.pop_if(|c| c.end <= i) {
            x.out.push_str(close.html);
        }
        let Some(object) = inline.objects.get(i) else { break };
        if object.kind == Kind::Text {
            plain(x, inline, object, open.is_empty() && object.next >= which.end);
            i += 1;
            continue;
        }
        i = match enter(x, inline, i, object) {
            Step::Skip => object.next.max(i + 1),
            Step::Into(html) => {
                open.push(Close { end: object.next, html });
                i + 1
            }
        };
    }
    while let Some(close) = open.pop() {
        x.out.push_str(close.html);
    }
    x.spare.open.set(open);
}

/// How to go on behind an object's beginning.
pub(crate) enum Step {
    /// It is written; go on behind it.
    Skip,
    /// Its children come next, then this.
    Into(&'static str),
}

fn plain(x: &mut Export, inline: &Inline, object: &Object, last: bool) {
    let style = Style { ends_line: inline.style.ends_line && last, ..inline.style };
    let from = inline.quotes.partition_point(|(at, _)| *at < object.span.start);
    if inline.quotes.is_empty() {
        text::write(&mut x.out, inline.slice(&object.span), style, &[]);
        return;
    }
    let quotes = inline.quotes.get(from..).unwrap_or(&[]).iter().take_while(|(at, _)| *at < object.span.end);
    let quotes: Vec<(usize, &'static str)> = quotes.map(|(at, q)| (at - object.span.start, *q)).collect();
    text::write(&mut x.out, inline.slice(&object.span), style, &quotes);
}

/// Text that counts as plain although the parser took it for an object.
fn as_text(x: &mut Export, inline: &Inline, text: &str) {
    text::write(&mut x.out, text, Style { ends_line: false, ..inline.style }, &[]);
}

fn enter(x: &mut Export, inline: &Inline, i: usize, object: &Object) -> Step {
    match &object.kind {
        Kind::Bold => emphasis(x, "*", "<strong>", "</strong>"),
        Kind::Italic => emphasis(x, "/", "<em>", "</em>"),
        Kind::Underline => emphasis(x, "_", "<span class=\"underline\">", "</span>"),
        Kind::Strike => emphasis(x, "+", "<del>", "</del>"),
        Kind::Subscript { braces } => script(x, *braces, false, object.contents.is_empty()),
        Kind::Superscript { braces } => script(x, *braces, true, object.contents.is_empty()),
        Kind::Link(link) => link::write(x, inline, i, object, link),
        Kind::RadioTarget => {
            let id = x.ids.target(inline.slice(&object.contents));
            anchor(x, &id);
            Step::Into("</a>")
        }
        _ => {
            leaf(x, inline, i, object);
            Step::Skip
        }
    }
}

fn anchor(x: &mut Export, id: &str) {
    x.out.push_str("<a");
    if !id.is_empty() {
        attribute(&mut x.out, "id", id);
    }
    x.out.push('>');
}

fn emphasis(x: &mut Export, marker: &'static str, open: &str, close: &'static str) -> Step {
    let (open, close) = if x.settings.emphasis { (open, close) } else { (marker, marker) };
    x.out.push_str(open);
    Step::Into(close)
}

fn script(x: &mut Export, braces: bool, up: bool, empty: bool) -> Step {
    let on = match x.settings.scripts {
        Scripts::Yes => true,
        Scripts::Braces => braces,
        Scripts::No => false,
    };
    let (open, close) = match (on, up, braces) {
        (true, true, _) => ("<sup>", "</sup>"),
        (true, false, _) => ("<sub>", "</sub>"),
        (false, true, true) => ("^{", "}"),
        (false, true, false) => ("^", ""),
        (false, false, true) => ("_{", "}"),
        (false, false, false) => ("_", ""),
    };
    x.out.push_str(open);
    if empty && on && x.plain {
        // Org's exporter writes the contents it has not: Lisp's empty list.
        x.out.push_str("nil");
    }
    Step::Into(close)
}

fn leaf(x: &mut Export, inline: &Inline, i: usize, object: &Object) {
    match &object.kind {
        Kind::Verbatim { value } | Kind::Code { value } => code(x, inline.slice(value)),
        Kind::Entity { name } => match entities::html(inline.slice(name)).filter(|_| x.settings.entities) {
            Some(html) => x.out.push_str(html),
            None => as_text(x, inline, inline.slice(&object.span)),
        },
        Kind::Latex => latex(x, inline, inline.slice(&object.span)),
        Kind::LineBreak => x.out.push_str("<br />\n"),
        Kind::Target { value } => {
            let id = x.ids.target(inline.slice(value));
            anchor(x, &id);
            x.out.push_str("</a>");
        }
        Kind::Timestamp(_) => timestamp::write(&mut x.out, inline.slice(&object.span), x.plain),
        Kind::FootnoteReference { label, inline: defines } if x.settings.footnotes => {
            if follows_reference(inline, i) {
                x.out.push_str("<sup>, </sup>");
            }
            let contents = inline.slice(&object.contents);
            let definition = if *defines { Definition::Text(contents.to_owned()) } else { Definition::Missing };
            let label = label.as_ref().map(|l| inline.slice(l));
            footnote::reference(x, label, definition);
        }
        Kind::Citation { .. } => cite::write(x, inline, i, object),
        Kind::InlineSource { lang, body, .. } => {
            x.out.push_str("<code");
            let lang = super::html::class(inline.slice(lang));
            attribute(&mut x.out, "class", &format!("src src-{lang}"));
            x.out.push('>');
            super::code::highlighted(x, &lang, inline.slice(body).trim());
            x.out.push_str("</code>");
        }
        Kind::ExportSnippet { backend, value } if x.raw_html && inline.slice(backend).eq_ignore_ascii_case("html") => {
            x.out.push_str(inline.slice(value));
        }
        Kind::StatisticsCookie if x.settings.statistics => code(x, inline.slice(&object.span)),
        _ => {}
    }
}

fn code(x: &mut Export, text: &str) {
    x.out.push_str("<code>");
    escape_into(&mut x.out, text);
    x.out.push_str("</code>");
}

/// Whether a reference stands directly behind another one, save for blanks.
fn follows_reference(inline: &Inline, i: usize) -> bool {
    let (Some(object), Some(before)) = (inline.objects.get(i), i.checked_sub(1)) else { return false };
    let mut before = before;
    // Back over blanks, then over the descendants of the object before them.
    if let Some(text) = inline.objects.get(before).filter(|o| o.kind == Kind::Text && o.next == i) {
        if !inline.slice(&text.span).bytes().all(|b| matches!(b, b' ' | b'\t')) {
            return false;
        }
        match before.checked_sub(1) {
            Some(n) => before = n,
            None => return false,
        }
    }
    let limit = before.saturating_sub(64);
    (limit..=before).rev().any(|k| {
        inline.objects.get(k).is_some_and(|o| {
            matches!(o.kind, Kind::FootnoteReference { .. }) && o.next > before && o.span.end <= object.span.start
        })
    })
}

/// A fragment of LaTeX. Where there is no MathML for it, the source stands as text.
fn latex(x: &mut Export, inline: &Inline, source: &str) {
    match x.settings.latex {
        Latex::No => {}
        Latex::Verbatim => as_text(x, inline, source),
        Latex::Yes => {
            if let Some(inner) = source.strip_prefix("$$").and_then(|s| s.strip_suffix("$$")) {
                math(x, inner, true, ["\\[", "\\]"]);
            } else if let Some(inner) = source.strip_prefix('$').and_then(|s| s.strip_suffix('$')) {
                math(x, inner, false, ["\\(", "\\)"]);
            } else if let Some(inner) = source.strip_prefix("\\(").and_then(|s| s.strip_suffix("\\)")) {
                math(x, inner, false, ["\\(", "\\)"]);
            } else if let Some(inner) = source.strip_prefix("\\[").and_then(|s| s.strip_suffix("\\]")) {
                math(x, inner, true, ["\\[", "\\]"]);
            } else {
                math(x, source, false, ["", ""]);
            }
        }
    }
}

/// Mathematics: MathML, else the source between its delimiters.
pub(crate) fn math(x: &mut Export, source: &str, display: bool, around: [&str; 2]) {
    if let Some(mathml) = super::code::mathml(x, source, display) {
        x.out.push_str(&mathml);
        return;
    }
    x.out.push_str(around[0]);
    escape_into(&mut x.out, source);
    x.out.push_str(around[1]);
}
