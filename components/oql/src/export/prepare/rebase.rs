//! What an included text has to change to stand in another file: its relative links and its footnotes' labels.

use std::collections::HashSet;
use std::ops::Range;

use super::files;
use super::macros::apply;
use crate::export::places::places;
use crate::object::{self, LinkForm};
use crate::syntax::{Document, Kind};

/// The text of a range of an included file. Footnote labels get the file's number; a definition that stands outside the
/// range goes to `footnotes`.
pub(super) fn part(
    document: &Document,
    range: &Range<usize>,
    id: usize,
    directory: &str,
    footnotes: &mut Vec<(String, String)>,
) -> String {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut labels: HashSet<&str> = HashSet::new();
    let mut defined: HashSet<&str> = HashSet::new();
    let within = |r: &Range<usize>| r.start >= range.start && r.end <= range.end;
    for element in &document.elements {
        if let Kind::Footnote { label } = &element.kind
            && within(&element.span)
        {
            edits.push((label.clone(), renamed(document.slice(label), id)));
            defined.insert(document.slice(label));
        }
    }
    let settings = object::Settings::default();
    for (text, place) in places(document) {
        if !within(&text) {
            continue;
        }
        for o in object::parse(document.text(), text, place, &settings) {
            match o.kind {
                object::Kind::FootnoteReference { label: Some(label), .. } => {
                    labels.insert(document.slice(&label));
                    let new = renamed(document.slice(&label), id);
                    edits.push((label, new));
                }
                object::Kind::Link(link) if !directory.is_empty() => {
                    edits.extend(relinked(document, &link, directory));
                    edits.extend(described(document, &o.contents, directory));
                }
                _ => {}
            }
        }
    }
    let mut known: HashSet<String> = footnotes.iter().map(|(label, _)| label.clone()).collect();
    for element in &document.elements {
        if let Kind::Footnote { label } = &element.kind {
            let name = document.slice(label);
            let new = renamed(name, id);
            if labels.contains(name) && !defined.contains(name) && known.insert(new.clone()) {
                let text = document.slice(&(label.end + 1..element.span.end)).trim();
                footnotes.push((new, text.to_owned()));
            }
        }
    }
    edits.sort_by_key(|(r, _)| r.start);
    let moved = edits.into_iter().map(|(r, new)| (r.start - range.start..r.end - range.start, new));
    apply(document.slice(range), &moved.collect::<Vec<_>>())
}

fn renamed(label: &str, id: usize) -> String {
    format!("-{id}-{label}")
}

/// A description that is the path of an image.
fn described(document: &Document, contents: &Range<usize>, directory: &str) -> Option<(Range<usize>, String)> {
    let path = document.slice(contents).strip_prefix("file:")?;
    if path.starts_with(['/', '~']) || path.contains(char::is_whitespace) {
        return None;
    }
    Some((contents.end - path.len()..contents.end, files::normal(directory, path)?))
}

/// The path of a link to a file that is written relative to this directory, from the root of all.
fn relinked(document: &Document, link: &object::Link, directory: &str) -> Option<(Range<usize>, String)> {
    let raw = document.slice(&link.raw);
    let scheme = link.scheme.as_ref().map(|s| document.slice(s));
    let path = match scheme {
        Some("file") => raw.split_once(':')?.1,
        None if matches!(link.form, LinkForm::Bracket) && (raw.starts_with("./") || raw.starts_with("../")) => raw,
        _ => return None,
    };
    if path.starts_with(['/', '~']) || path.is_empty() {
        return None;
    }
    let (file, place) = match path.find("::") {
        Some(i) => path.split_at(i),
        None => (path, ""),
    };
    let new = files::normal(directory, file)?;
    // A bare path would be a link to a heading of that name.
    let head = if scheme.is_some() { raw.get(..raw.len() - path.len())? } else { "./" };
    Some((link.raw.clone(), format!("{head}{new}{place}")))
}
