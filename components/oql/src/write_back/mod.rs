//! Puts results under their blocks as Babel would (`wb run --write`).
//!
//! Only bytes of results change: the `#+RESULTS:` line and what stands under it. Where a result stands there already
//! nothing is edited, so that a second run of the same values gives no edits at all.

mod content;
pub(crate) mod files;
mod hash;
mod place;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;

use crate::findings::Findings;
use crate::model::{Edit, ResultValue, Span};
use crate::plan::Analysis;
use crate::plan::blocks::SourceBlock;
use crate::plan::nodes::Code;
use crate::syntax::Document;
use content::Content;
use place::{Place, Places};
use serde_json::Value;

/// How new results meet old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handling {
    Replace,
    Append,
    Prepend,
}

/// What the header arguments of one block say about its result.
struct Wishes<'a> {
    /// The words of `:results`.
    words: Vec<&'a str>,
    /// The block's language, as written.
    lang: &'a str,
    /// `:wrap`; an empty text where it says nothing more.
    wrap: Option<&'a str>,
    /// Where the result goes, where it goes to a file.
    file: Option<String>,
    file_desc: Option<&'a str>,
    handling: Handling,
}

impl<'a> Wishes<'a> {
    fn of(document: &Document<'a>, block: &SourceBlock) -> Self {
        let words: Vec<&str> = block.value(document, "results").unwrap_or("").split_whitespace().collect();
        // The later of two that exclude each other counts.
        let handling = words.iter().rev().find_map(|word| match *word {
            "append" => Some(Handling::Append),
            "prepend" => Some(Handling::Prepend),
            "replace" => Some(Handling::Replace),
            _ => None,
        });
        Wishes {
            lang: document.slice(&block.lang_at),
            wrap: block.value(document, "wrap"),
            file: files::path(document, block),
            file_desc: block.value(document, "file-desc"),
            handling: handling.unwrap_or(Handling::Replace),
            words,
        }
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn is_silent(&self) -> bool {
        self.has("silent") || self.has("none") || self.has("discard")
    }
}

/// The edits, sorted and apart from each other.
pub(crate) fn write_results(document: &Document, results: &[ResultValue]) -> Vec<Edit> {
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    let pending = pending(&analysis, results);
    let places = Places::new(document);
    let edits = pending.iter().filter_map(|pending| of_block(document, &places, pending)).collect();
    apart(document, edits)
}

/// The values with their blocks, in document order.
fn pending<'p>(analysis: &'p Analysis, results: &'p [ResultValue]) -> Vec<Pending<'p>> {
    let document = analysis.document;
    let mut by_component: HashMap<&str, Vec<(&str, Value)>> = HashMap::new();
    for result in results {
        // What is no JSON is a text.
        let value = serde_json::from_str(&result.value).unwrap_or_else(|_| Value::String(result.value.clone()));
        by_component.entry(&result.component).or_default().push((&result.port, value));
    }
    let mut pending: Vec<Pending> = Vec::new();
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for node in &analysis.nodes.list {
        let (Some(values), Code::Block(index)) = (by_component.remove(node.id.as_str()), &node.code) else { continue };
        let Some(block) = analysis.blocks.get(*index) else { continue };
        let world = analysis.world_of.get(index).and_then(|world| analysis.worlds.get(*world));
        let source = world.map_or("", |world| world.src.as_str());
        let mut new = Pending {
            component: &node.id,
            place: block,
            block,
            source,
            value: value::of_ports(values, node.outputs.len()),
        };
        let name = block.name.as_ref().map(|name| document.slice(name));
        match name.and_then(|name| by_name.get(name)).and_then(|at| pending.get_mut(*at)) {
            // Blocks of one name share one result: the last one's, below the first one.
            Some(earlier) => {
                new.place = earlier.place;
                *earlier = new;
            }
            None => {
                by_name.extend(name.map(|name| (name, pending.len())));
                pending.push(new);
            }
        }
    }
    pending
}

/// The cached blocks whose result has a hash that is not theirs.
pub(crate) fn stale(document: &Document) -> Vec<Span> {
    let mut findings = Findings::new(document);
    let analysis = Analysis::new(document, &mut findings);
    let places = Places::new(document);
    let mut out = Vec::new();
    for node in &analysis.nodes.list {
        let Code::Block(index) = &node.code else { continue };
        let Some(block) = analysis.blocks.get(*index) else { continue };
        let world = analysis.world_of.get(index).and_then(|world| analysis.worlds.get(*world));
        let now = || hash::of_block(document, block, world.map_or("", |world| world.src.as_str()));
        let old = places.find(block).and_then(|place| place.hash);
        if cached(document, block, &Wishes::of(document, block)) && old.is_some_and(|old| old != now()) {
            out.push(document.span(block.span.clone()));
        }
    }
    out
}

/// A value on its way into the file.
struct Pending<'p> {
    component: &'p str,
    /// The block below which it goes if it has no place yet.
    place: &'p SourceBlock,
    block: &'p SourceBlock,
    /// The block's text as it is run.
    source: &'p str,
    value: Value,
}

/// The edit for one value.
fn of_block(document: &Document, places: &Places, pending: &Pending) -> Option<Edit> {
    let wishes = Wishes::of(document, pending.block);
    if wishes.is_silent() {
        return None;
    }
    let content = content::make(&wishes, &pending.value);
    let hash =
        cached(document, pending.block, &wishes).then(|| hash::of_block(document, pending.block, pending.source));
    edit(document, pending.place, &wishes, &content, places.find(pending.place), hash.as_deref())
}

fn cached(document: &Document, block: &SourceBlock, wishes: &Wishes) -> bool {
    block.value(document, "cache") == Some("yes") && wishes.handling == Handling::Replace
}

/// The edit that brings one result to its place.
fn edit(
    document: &Document,
    block: &SourceBlock,
    wishes: &Wishes,
    content: &Content,
    place: Option<Place>,
    hash: Option<&str>,
) -> Option<Edit> {
    let text = document.text();
    let name = block.name.as_ref().map(|name| document.slice(name));
    let Some(place) = place else {
        let at = place::below(document, block);
        let column = place::column(document, block.span.start);
        let indent = place::indentation(column);
        let keyword = format!("{indent}{}\n", keyword(name, hash));
        let before = if at > 0 && !text[..at].ends_with('\n') { "\n\n" } else { "\n" };
        // An example block takes the blank line below for its own end.
        let behind = if place::is_blank_at(document, at) || content.is_example { "" } else { "\n" };
        let mut new = format!("{before}{keyword}{}{behind}", content.indented(column));
        if content.is_example && place::is_blank_at(document, at) && at < text.len() {
            new.pop();
        }
        return Some(replacement(document, at, at, new));
    };
    let column = place.column;
    let mut new = match (wishes.handling, &content.table) {
        // Babel aligns the rows it adds with those that are there.
        (Handling::Append, Some(rows)) if place.is_table => {
            let old: Vec<&str> = text[place.content.clone()].lines().collect();
            let rows: Vec<String> = rows.iter().map(|row| format!("{}{row}", place::indentation(column))).collect();
            content::aligned(old.into_iter().chain(rows.iter().map(String::as_str)))
        }
        _ => content.indented(column),
    };
    let stale = hash.is_some_and(|hash| place.hash.is_none_or(|old| old != hash));
    let old = match wishes.handling {
        Handling::Append if place.is_table && content.table.is_some() => place.content.clone(),
        Handling::Append => place.content.end..place.content.end,
        Handling::Prepend => place.content.start..place.content.start,
        Handling::Replace if stale => place.content.start..place.element.end.max(place.content.end),
        Handling::Replace => place.content.clone(),
    };
    let mut start = old.start;
    if stale {
        let behind = if place::is_blank_at(document, old.end) { "" } else { "\n" };
        // Other keywords between stay, above the new one.
        let kept = text.get(place.content.start..place.element.start).unwrap_or("").replace("\r\n", "\n");
        new = format!("{kept}{}{}\n{new}{behind}", place::indentation(column), keyword(name, hash));
        start = place.line_start;
    } else if start > 0 && !text[..start].ends_with('\n') {
        new.insert(0, '\n');
    }
    if !stale && wishes.handling == Handling::Replace && place::merges(document, &new, old.end) {
        new.push('\n');
    }
    let edit = replacement(document, start, old.end, new);
    let stands = text.get(start..).is_some_and(|rest| rest.starts_with(&edit.text));
    let same = text.get(start..old.end) == Some(edit.text.as_str());
    // What Babel does not know for a result, such as a paragraph, it leaves; it must not pile up.
    let piles = wishes.handling == Handling::Replace && start == old.end && stands;
    (!same && !piles).then_some(edit)
}

/// `#+RESULTS[hash]: name`.
fn keyword(name: Option<&str>, hash: Option<&str>) -> String {
    let hash = hash.map(|hash| format!("[{hash}]")).unwrap_or_default();
    let name = name.map(|name| format!(" {name}")).unwrap_or_default();
    format!("#+RESULTS{hash}:{name}")
}

/// An edit whose line breaks are those of the file.
fn replacement(document: &Document, start: usize, end: usize, text: String) -> Edit {
    let first = document.text().find('\n').unwrap_or(0);
    let crlf = document.text()[..first].ends_with('\r');
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let text = if crlf { text.replace('\n', "\r\n") } else { text };
    Edit { start: narrow(start), end: narrow(end), text }
}

/// Sorted by position; of two that touch the same bytes the first one stays.
fn apart(document: &Document, mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut end = 0;
    let mut first = true;
    let length = u32::try_from(document.text().len()).unwrap_or(u32::MAX);
    edits.retain(|edit| {
        let keep = (first || edit.start > end || (edit.start == end && edit.end > edit.start)) && edit.end <= length;
        if keep {
            end = edit.end;
            first = false;
        }
        keep
    });
    edits
}
