//! `#+ATTR_HTML:` — what an author may say about an element, and what of it a page takes.

use std::ops::Range;

use super::html::attribute;
use crate::syntax::{Document, Element, Kind};

/// Attributes that change how something looks or reads, never what a page does.
const ALLOWED: &[&str] = &[
    "class",
    "width",
    "height",
    "alt",
    "title",
    "lang",
    "dir",
    "align",
    "border",
    "rules",
    "frame",
    "cellspacing",
    "cellpadding",
    "summary",
    "start",
    "type",
    "reversed",
    "value",
    "target",
    "rel",
    "hreflang",
    "download",
    "loading",
    "cite",
    "datetime",
    "role",
    "id",
];

/// The pairs of all `#+ATTR_HTML:` lines of an element; a later one wins.
pub(crate) fn read(document: &Document, element: &Element) -> Vec<(String, Option<String>)> {
    let mut all = String::new();
    for value in lines(document, element) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(document.slice(&value));
    }
    let mut out: Vec<(String, Option<String>)> = Vec::new();
    for (key, value) in pairs(&all) {
        let value = match value {
            "" | "nil" => None,
            v if v.len() >= 2 && v.bytes().all(|b| b == b'"') => Some(v.get(1..v.len() - 1).unwrap_or("").to_owned()),
            v => Some(v.to_owned()),
        };
        match out.iter().position(|(k, _)| *k == key) {
            Some(at) => out[at].1 = value,
            None if out.len() < 32 => out.push((key.to_owned(), value)),
            None => {}
        }
    }
    out
}

fn lines(document: &Document, element: &Element) -> Vec<Range<usize>> {
    let keywords = document.elements.get(element.affiliated.clone()).unwrap_or(&[]);
    let value = |e: &Element| match &e.kind {
        Kind::Keyword { key, value } if document.slice(key).eq_ignore_ascii_case("attr_html") => Some(value.clone()),
        _ => None,
    };
    keywords.iter().filter_map(value).collect()
}

/// `:key value :key value`.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let mut out: Vec<(&str, &str)> = Vec::new();
    let mut value_at = None;
    let mut at = 0;
    for word in text.split_inclusive([' ', '\t']) {
        let start = at;
        at += word.len();
        let name = word.trim().strip_prefix(':').unwrap_or("");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            continue;
        }
        if let (Some(from), Some(last)) = (value_at, out.last_mut()) {
            last.1 = text.get(from..start).unwrap_or("").trim();
        }
        out.push((name, ""));
        value_at = Some(at);
    }
    if let (Some(from), Some(last)) = (value_at, out.last_mut()) {
        last.1 = text.get(from..).unwrap_or("").trim();
    }
    out
}

/// Writes the attributes a page takes, without those named in `except`.
pub(crate) fn write(out: &mut String, attributes: &[(String, Option<String>)], except: &[&str]) {
    for (key, value) in attributes {
        let key = key.to_ascii_lowercase();
        if !ALLOWED.contains(&key.as_str()) || except.contains(&key.as_str()) {
            continue;
        }
        match value.as_deref() {
            Some(value) if key == "class" => {
                let names: Vec<String> = value.split_whitespace().map(super::html::class).collect();
                attribute(out, &key, names.join(" ").trim());
            }
            // A page keeps its ids to itself; a link may open a new window, but never without `noopener`.
            Some(_) if key == "id" || key == "role" => {}
            Some(value) if key == "cite" && !value.starts_with("http") => {}
            Some("_blank") if key == "target" => out.push_str(" target=\"_blank\""),
            Some(_) if key == "target" => {}
            Some(value) => attribute(out, &key, value),
            None => {}
        }
    }
}

/// The value of one of them.
pub(crate) fn value<'v>(attributes: &'v [(String, Option<String>)], key: &str) -> Option<&'v str> {
    attributes.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).and_then(|(_, v)| v.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_value_pairs() {
        assert_eq!(pairs("x :a b c :d \"\" :e"), [("a", "b c"), ("d", "\"\""), ("e", "")]);
        assert_eq!(pairs(":: : a:b"), []);
    }
}
