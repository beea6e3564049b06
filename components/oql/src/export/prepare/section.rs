//! The part of a file that an include asks for: a heading, a named element, some lines.

use std::ops::Range;

use super::include_value::Request;
use crate::links::fold;
use crate::source::Line;
use crate::syntax::Document;

/// The range of whole lines; `None` where the file has no such place.
pub(super) fn find(document: &Document, request: &Request) -> Option<Range<usize>> {
    let whole = 0..document.text().len();
    let range = match &request.location {
        Some(location) if !request.literal && request.block.is_none() => {
            element(document, location, request.only_contents)?
        }
        _ => whole,
    };
    let range = match request.lines {
        Some(lines) => cut(document, &range, lines, request.location.is_some()),
        None => range,
    };
    Some(trim(document, &range))
}

/// The element a link to this place would lead to.
fn element(document: &Document, location: &str, only_contents: bool) -> Option<Range<usize>> {
    let heading = |h: usize| {
        let heading = document.headings.get(h)?;
        if !only_contents {
            return Some(heading.line.start..heading.end);
        }
        let drawer = heading.drawer.as_ref().map(|d| d.span.end);
        let planning = heading.planning.as_ref().map(|p| p.span.end);
        let head = drawer.or(planning).unwrap_or(heading.line.end);
        Some(next_line(document.text(), head)..heading.end)
    };
    if let Some(id) = location.strip_prefix('#') {
        let has_id = |h: &usize| document.property(*h, "CUSTOM_ID").is_some_and(|v| v == id);
        return heading((0..document.headings.len()).find(has_id)?);
    }
    let wanted = fold(location.strip_prefix('*').unwrap_or(location));
    if !location.starts_with('*') {
        let target = format!("<<{location}>>");
        let named = document.elements.iter().enumerate().find(|(i, e)| {
            document.name_of(e).is_some_and(|n| fold(document.slice(&n)) == wanted)
                || (e.next == i + 1 && document.slice(&e.span).contains(&target))
        });
        if let Some((_, element)) = named {
            let inside = only_contents && !element.contents.is_empty();
            return Some(if inside { element.contents.clone() } else { element.outer.clone() });
        }
    }
    heading((0..document.headings.len()).find(|h| fold(document.title(*h)) == wanted)?)
}

fn next_line(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |i| at + i + 1)
}

/// Lines `from` up to before `to` of a range, counted from 1; within a place they are counted from its first text.
fn cut(document: &Document, range: &Range<usize>, (from, to): (usize, usize), placed: bool) -> Range<usize> {
    let lines = &document.source.lines;
    let mut first = lines.partition_point(|l| l.start < range.start);
    let end = lines.partition_point(|l| l.start < range.end);
    if placed {
        let blank = |l: &Line| document.slice(&(l.start..l.end)).trim().is_empty();
        first += lines.get(first..end).unwrap_or_default().iter().take_while(|l| blank(l)).count();
    }
    let start = first + from.saturating_sub(1);
    // Org counts the end of a place from where the lines begin.
    let stop = if to == 0 { end } else { (if placed { start } else { first }) + to - 1 };
    let at = |n: usize| lines.get(n).filter(|_| n < end).map_or(range.end, |l| l.start);
    let (start, stop) = (at(start), at(stop));
    start.min(stop)..stop
}

/// Without the blank lines at both ends.
fn trim(document: &Document, range: &Range<usize>) -> Range<usize> {
    let text = document.slice(range);
    let head = text.len() - text.trim_start().len();
    let start = text.get(..head).and_then(|h| h.rfind('\n')).map_or(0, |i| i + 1);
    let tail = text.trim_end().len();
    let end = text.get(tail..).and_then(|t| t.find('\n')).map_or(text.len(), |i| tail + i + 1);
    if text.trim().is_empty() { range.end..range.end } else { range.start + start..range.start + end }
}
