//! Paragraphs: most are one, some are a line of an item, some are an image with its caption.

use std::ops::Range;

use super::inline::{self, Inline};
use super::settings::{Settings, Timestamps};
use super::{Export, attributes, html, language, link, walk};
use crate::object::{Kind as ObjectKind, Object, Place};
use crate::syntax::{Document, Element, Kind};

/// Writes the paragraph at an index.
pub(crate) fn write(x: &mut Export, i: usize, element: &Element, first: usize) {
    let document = x.document;
    let inline = Inline::parse(x, document.text(), element.span.clone(), Place::Paragraph);
    let place = place(x, i, first);
    if place == Spot::Bare {
        inline::paragraph(x, inline);
        if x.plain && x.settings.preserve_breaks && element.span.end < document.text().len() {
            x.out.push_str("<br />");
        }
        return;
    }
    if !element.affiliated.is_empty() {
        x.link_attributes = attributes::read(document, element);
    }
    if stands_alone(&inline, &x.settings).is_some() {
        image(x, i, element, inline);
        x.link_attributes.clear();
        return;
    }
    if only_hidden_timestamps(x, &inline) {
        // The reference keeps the paragraph.
        x.out.push_str(if x.plain { "<p></p>\n" } else { "" });
        return;
    }
    x.out.push_str("<p");
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        html::attribute(&mut x.out, "id", &id);
    }
    let attributes = x.link_attributes.clone();
    attributes::write(&mut x.out, &attributes, &["href", "src", "alt"]);
    if place == Spot::Footnote && !attributes.iter().any(|(key, _)| key == "class") {
        x.out.push_str(" class=\"footpara\"");
    }
    x.out.push_str(">\n");
    inline::paragraph(x, inline);
    if x.plain && x.settings.preserve_breaks && element.span.end < document.text().len() {
        x.out.push_str("<br />");
    }
    x.out.push_str("</p>\n");
    x.link_attributes.clear();
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// First in an item, alone or before one list: no tag of its own.
    Bare,
    Footnote,
    Usual,
}

fn place(x: &Export, i: usize, first: usize) -> Spot {
    let elements = &x.document.elements;
    let Some(paragraph) = elements.get(i) else { return Spot::Usual };
    // The parent is the nearest element before that reaches as far; only one directly before it matters here.
    let mut k = if paragraph.affiliated.is_empty() { i } else { paragraph.affiliated.start.min(i) };
    loop {
        let Some(before) = k.checked_sub(1).and_then(|b| elements.get(b)) else { return Spot::Usual };
        match &before.kind {
            Kind::Item { .. } if before.next > i => break,
            Kind::Footnote { .. } if before.next > i => return Spot::Footnote,
            Kind::Comment if k > first => k -= 1,
            _ => return Spot::Usual,
        }
    }
    let Some(item) = elements.get(k - 1) else { return Spot::Usual };
    if k <= first {
        return Spot::Usual;
    }
    let mut next = paragraph.next;
    let mut followers = 0;
    while next < item.next {
        let Some(element) = elements.get(next) else { break };
        if !walk::is_gone(x, element) {
            followers += 1;
            if followers > 1 || element.kind != Kind::List {
                return Spot::Usual;
            }
        }
        next = element.next.max(next + 1);
    }
    Spot::Bare
}

/// The only image of a paragraph that holds nothing else.
fn stands_alone<'i>(inline: &'i Inline, settings: &Settings) -> Option<&'i Object> {
    let mut found = None;
    let mut i = 0;
    while let Some(object) = inline.objects.get(i) {
        match &object.kind {
            ObjectKind::Text if inline.slice(&object.span).trim().is_empty() => {}
            ObjectKind::Link(link)
                if found.is_none() && link::is_image(inline, object, link, &settings.abbreviations) =>
            {
                found = Some(object);
            }
            _ => return None,
        }
        i = object.next.max(i + 1);
    }
    found
}

/// The same for a range of a file.
pub(crate) fn is_image(document: &Document, settings: &Settings, range: &Range<usize>) -> bool {
    let text = document.slice(range).trim_start();
    if !text.starts_with(['[', '<', 'h', 'f']) {
        return false;
    }
    let inline = Inline::bare(document.text(), range.clone(), settings);
    stands_alone(&inline, settings).is_some()
}

fn only_hidden_timestamps(x: &Export, inline: &Inline) -> bool {
    let shown = x.settings.timestamps;
    if shown == Timestamps::All {
        return false;
    }
    let mut any = false;
    for object in &inline.objects {
        match &object.kind {
            ObjectKind::Text if inline.slice(&object.span).trim().is_empty() => {}
            ObjectKind::Timestamp(t) => {
                let hidden = match shown {
                    Timestamps::Active => !t.active,
                    Timestamps::Inactive => t.active,
                    _ => true,
                };
                if !hidden {
                    return false;
                }
                any = true;
            }
            _ => return false,
        }
    }
    any
}

/// The caption of an element: all its lines, as text to be parsed.
pub(crate) fn caption(document: &Document, element: &Element) -> Option<String> {
    let keywords = document.elements.get(element.affiliated.clone()).unwrap_or(&[]);
    let mut out: Option<String> = None;
    for keyword in keywords {
        let Kind::Keyword { key, value } = &keyword.kind else { continue };
        let name = document.slice(key).split('[').next().unwrap_or("");
        if name.eq_ignore_ascii_case("caption") {
            let text = document.slice(value);
            match &mut out {
                Some(all) => {
                    all.push(' ');
                    all.push_str(text);
                }
                None => out = Some(text.to_owned()),
            }
        }
    }
    out
}

fn image(x: &mut Export, i: usize, element: &Element, inline: Inline) {
    let caption = caption(x.document, element).filter(|c| !c.trim().is_empty());
    if let Some(caption) = caption.as_ref().filter(|_| !x.plain) {
        let length = x.out.len();
        inline::text(x, caption, Place::Keyword);
        x.alt = Some(html::plain(x.out.get(length..).unwrap_or("")));
        x.out.truncate(length);
    }
    x.out.push_str(if x.plain { "<div" } else { "<figure" });
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        html::attribute(&mut x.out, "id", &id);
    }
    x.out.push_str(if x.plain { " class=\"figure\">\n<p>" } else { ">\n<p>" });
    inline::paragraph(x, inline);
    x.out.push_str("</p>");
    if let Some(caption) = caption {
        let number = x.index.numbers.get(&i).copied().unwrap_or(1);
        let label = language::numbered(&x.settings.language, language::Word::Figure, number);
        x.out.push_str(if x.plain { "\n<p>" } else { "\n<figcaption>" });
        x.out.push_str(&format!("<span class=\"figure-number\">{label} </span>"));
        inline::text(x, &caption, Place::Keyword);
        x.out.push_str(if x.plain { "</p>" } else { "</figcaption>" });
    }
    x.out.push_str(if x.plain { "\n</div>\n" } else { "\n</figure>\n" });
}
