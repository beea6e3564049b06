//! `#+INCLUDE:` and the files it names.
//!
//! Files come from the caller, by their path from the text's own directory; nothing is opened here. Where Org stops
//! with an error (no such file, no such place in it, a file that includes itself) nothing is put in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::files::{self, Files};
use super::include_value::{self, Request};
use super::macros::apply;
use super::{mentions, rebase, section};
use crate::syntax::{Document, Kind};

/// Files in files.
const MAX_DEPTH: usize = 16;
/// What all includes of a text may add.
const MAX_SIZE: usize = 16 << 20;

/// Puts the included files in.
pub(super) fn expand<'a>(text: Cow<'a, str>, given: &Files) -> Cow<'a, str> {
    if given.is_empty() || !mentions(&text, "include:") {
        return text;
    }
    let mut includes = Includes { files: given, ids: HashMap::new(), footnotes: Vec::new(), left: MAX_SIZE };
    let mut out = includes.expand(&text, "", &mut Vec::new());
    for (label, definition) in &includes.footnotes {
        out.push_str(&format!("\n[fn:{label}] {definition}\n"));
    }
    Cow::Owned(out)
}

pub(super) struct Includes<'f> {
    files: &'f Files<'f>,
    /// A number for each file, for its footnotes.
    ids: HashMap<String, usize>,
    /// Definitions that stand outside the included lines.
    footnotes: Vec<(String, String)>,
    left: usize,
}

/// A file and the lines of it that are being read.
type Open = (String, Option<(usize, usize)>);

impl Includes<'_> {
    /// A text of this directory with its includes put in.
    fn expand(&mut self, text: &str, directory: &str, open: &mut Vec<Open>) -> String {
        let document = Document::parse(text);
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for element in &document.elements {
            let Kind::Keyword { key, value } = &element.kind else { continue };
            let level = match element.heading.and_then(|h| document.headings.get(h)) {
                Some(heading) if heading.hidden => continue,
                Some(heading) => heading.level,
                None => 0,
            };
            if !document.slice(key).eq_ignore_ascii_case("include") {
                continue;
            }
            let line = document.source.lines.get(document.source.line_at(element.span.start));
            let Some(line) = line else { continue };
            let indent = crate::syntax::line::indent(document.slice(&(line.start..line.end))).0;
            let new = include_value::parse(document.slice(value))
                .and_then(|request| self.include(&request, Place { directory, indent, level: level + 1 }, open));
            edits.push((line.start..line.next, new.unwrap_or_default()));
        }
        if edits.is_empty() { text.to_owned() } else { apply(text, &edits) }
    }

    fn include(&mut self, request: &Request, place: Place, open: &mut Vec<Open>) -> Option<String> {
        let path = files::normal(place.directory, &request.file)?;
        let text = self.files.get(&path)?;
        let key = (path.clone(), request.lines);
        if open.len() >= MAX_DEPTH || open.contains(&key) || self.left < text.len() {
            return None;
        }
        self.left -= text.len();
        let document = Document::parse(text);
        let range = section::find(&document, request)?;
        let indent = " ".repeat(place.indent);
        if let Some(block) = &request.block {
            let body = document.slice(&range);
            let body = if request.literal { escaped(body) } else { body.to_owned() };
            let body = ended(body);
            let arguments = request.arguments.as_ref().map(|a| format!(" {a}")).unwrap_or_default();
            let arguments = if request.literal { arguments } else { String::new() };
            return Some(format!("{indent}#+BEGIN_{block}{arguments}\n{body}{indent}#+END_{block}\n"));
        }
        let count = self.ids.len();
        let id = *self.ids.entry(path.clone()).or_insert(count);
        let part = rebase::part(&document, &range, id, files::directory(&path), &mut self.footnotes);
        let part = ended(indented(&leveled(part, request.minlevel.unwrap_or(place.level)), &indent));
        open.push(key);
        let out = self.expand(&part, files::directory(&path), open);
        open.pop();
        Some(out)
    }
}

/// Where an include stands.
struct Place<'p> {
    directory: &'p str,
    indent: usize,
    /// The level its top headings get.
    level: usize,
}

/// One line break at the end, unless it is empty.
fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// A comma before what would be read as Org: `* x` → `,* x`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let start = crate::syntax::line::indent(line).1;
        let (blank, rest) = line.split_at_checked(start).unwrap_or(("", line));
        let behind = rest.trim_start_matches(',');
        out.push_str(blank);
        if behind.starts_with('*') || behind.starts_with("#+") {
            out.push(',');
        }
        out.push_str(rest);
    }
    out
}

/// Indents all lines up to the first heading, except those that begin a footnote.
fn indented(text: &str, indent: &str) -> String {
    if indent.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut above = true;
    for line in text.split_inclusive('\n') {
        above = above && crate::syntax::line::stars(line).is_none();
        if above && !line.starts_with("[fn:") {
            out.push_str(indent);
        }
        out.push_str(line);
    }
    out
}

/// Gives the highest headings this level, and the others as much more or less.
fn leveled(text: String, level: usize) -> String {
    let stars = |line: &str| crate::syntax::line::stars(line);
    let Some(least) = text.lines().filter_map(stars).min() else { return text };
    if least == level {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive('\n') {
        match stars(line) {
            Some(n) => {
                out.push_str(&"*".repeat((n + level).saturating_sub(least)));
                out.push_str(line.get(n..).unwrap_or(""));
            }
            None => out.push_str(line),
        }
    }
    out
}
