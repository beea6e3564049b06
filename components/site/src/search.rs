//! The search index, and a page to read it on.
//!
//! The index is data (`search.json`), and where scripts may run a small one of our own looks things up in it. Where none may, the page
//! is an index as books have one: every heading of the site by its first letter.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::html::{Tag, tags, text};
use crate::markup::escaped;
use crate::path::{file_of, relative};
use crate::{File, Page};

/// The page's address.
pub const PATH: &str = "/search";

/// The index and the script.
pub const INDEX: &str = "/search.json";
/// The script.
pub const SCRIPT: &str = "/search.js";

/// Words of a page that go into the index, in bytes.
const MOST: usize = 20_000;

const CODE: &str = include_str!("search.js");

/// What is found of a page.
pub struct Found {
    title: String,
    page: String,
    /// With their ids.
    headings: Vec<(String, String)>,
    text: String,
}

/// Reads a page.
#[must_use]
pub fn read(page: &Page, title: &str) -> Found {
    let html = &page.html;
    let tags = tags(html);
    let start = tags.iter().find(|tag| tag.name == "main").map_or(0, |tag| tag.end);
    let end = tags.iter().rev().find(|tag| tag.name == "/main").map_or(html.len(), |tag| tag.start);
    let mut words = text(html, &tags, start, end.max(start));
    if words.len() > MOST {
        let cut = (0..=MOST).rev().find(|at| words.is_char_boundary(*at)).unwrap_or(0);
        words.truncate(cut);
    }
    Found { title: title.to_owned(), page: page.path.clone(), headings: headings(html, &tags), text: words }
}

fn headings(html: &str, tags: &[Tag<'_>]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, tag) in tags.iter().enumerate().filter(|(_, tag)| matches!(tag.name, "h2" | "h3" | "h4" | "h5" | "h6")) {
        let Some(id) = tag.attribute("id") else { continue };
        let close = tags[at..].iter().find(|other| other.name.strip_prefix('/') == Some(tag.name));
        // The link to the heading itself has no text.
        let title = close.map(|close| text(html, tags, tag.end, close.start)).unwrap_or_default();
        if !title.is_empty() {
            found.push((title, id));
        }
    }
    found
}

/// The files that searching needs.
#[must_use]
pub fn files(found: &[Found], script: bool) -> Vec<File> {
    let mut json = String::from("[");
    for (at, page) in found.iter().enumerate() {
        json.push_str(if at == 0 { "\n" } else { ",\n" });
        let url = relative(PATH, &file_of(&page.page));
        let _ = write!(json, "{{\"title\":{},\"url\":{},\"headings\":[", quoted(&page.title), quoted(&url));
        for (at, (title, id)) in page.headings.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(json, "{comma}[{},{}]", quoted(title), quoted(id));
        }
        let _ = write!(json, "],\"text\":{}}}", quoted(&page.text));
    }
    json.push_str("\n]\n");
    let file = |path: &str, media: &str, text: String| File {
        path: path.to_owned(),
        media: media.to_owned(),
        bytes: text.into_bytes(),
    };
    let mut files = vec![file(INDEX, "application/json", json)];
    if script {
        files.push(file(SCRIPT, "text/javascript; charset=utf-8", CODE.to_owned()));
    }
    files
}

/// What stands on the page.
#[must_use]
pub fn content(found: &[Found], script: bool) -> String {
    let mut html = String::new();
    if script {
        html.push_str(
            "<form id=\"find\" role=\"search\" hidden><input type=\"search\" name=\"q\" aria-label=\"Words to find\" autocomplete=\"off\"><button>Find</button></form>\n\
             <p id=\"said\" role=\"status\"></p>\n<ol id=\"found\"></ol>\n",
        );
    } else {
        html.push_str(
            "<p>Pages here run no scripts, so this is an index as books have one. The browser finds words in it.</p>\n",
        );
    }
    let mut letters: BTreeMap<String, Vec<(String, String, &str)>> = BTreeMap::new();
    for page in found {
        let file = relative(PATH, &file_of(&page.page));
        let titles = [(page.title.as_str(), file.clone())];
        let below = page.headings.iter().filter(|(title, _)| *title != page.title);
        let below = below.map(|(title, id)| (title.as_str(), format!("{file}#{id}")));
        for (title, address) in titles.into_iter().chain(below) {
            let first = title.chars().find(|c| c.is_alphanumeric());
            let letter = first.filter(|c| c.is_alphabetic()).map_or("0–9".to_owned(), |c| c.to_uppercase().collect());
            letters.entry(letter).or_default().push((title.to_owned(), address, &page.title));
        }
    }
    html.push_str("<div class=\"letters\">\n");
    for (letter, mut entries) in letters {
        entries.sort_by_cached_key(|(title, address, _)| (title.to_lowercase(), address.clone()));
        let _ = writeln!(html, "<h2>{}</h2>\n<ul>", escaped(&letter));
        for (title, address, page) in entries {
            let of = if title == page { String::new() } else { format!(" <small>{}</small>", escaped(page)) };
            let _ = writeln!(html, "<li><a href=\"{}\">{}</a>{of}</li>", escaped(&address), escaped(&title));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</div>\n");
    html
}

/// A text in JSON (RFC 8259).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_headings_and_words() {
        let html = "<body><main id=\"main\"><nav>no</nav><h2 id=\"a\">Ä <b>\"b\"</b> <a class=\"anchor\" href=\"#a\"></a></h2><p>some &amp; words</p></main></body>";
        let page = Page { path: "/d/x".to_owned(), html: html.to_owned(), ..Page::default() };
        let found = [read(&page, "Title")];
        let files = files(&found, true);
        let json = std::str::from_utf8(&files[0].bytes).unwrap();
        assert_eq!(
            json,
            "[\n{\"title\":\"Title\",\"url\":\"d/x.html\",\"headings\":[[\"Ä \\\"b\\\"\",\"a\"]],\"text\":\"Ä \\\"b\\\" some & words\"}\n]\n"
        );
        assert_eq!(files.len(), 2);
        let page = content(&found, false);
        assert!(
            page.contains("<h2>T</h2>")
                && page.contains("<a href=\"d/x.html#a\">Ä &quot;b&quot;</a> <small>Title</small>")
        );
        assert!(!page.contains("<form") && content(&found, true).contains("<form"));
    }
}
