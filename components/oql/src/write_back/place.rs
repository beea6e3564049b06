//! Where a block's result stands, and where it ends.

use std::collections::HashMap;
use std::ops::Range;

use crate::plan::blocks::SourceBlock;
use crate::syntax::{BlockKind, Document, Kind, line};

/// A result that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Where the line with `#+RESULTS:` begins.
    pub(super) line_start: usize,
    /// Its indentation.
    pub(super) column: usize,
    /// `#+RESULTS[hash]:`.
    pub(super) hash: Option<&'a str>,
    /// Whole lines below it; empty where Babel sees no result.
    pub(super) content: Range<usize>,
    pub(super) is_table: bool,
    /// The element under the keyword, a result or not: what goes when the hash is another one.
    pub(super) element: Range<usize>,
}

/// The results of a file.
pub(super) struct Places<'d, 'a> {
    document: &'d Document<'a>,
    /// The first `#+RESULTS: name` of each name.
    named: HashMap<String, usize>,
    /// Line numbers of elements, to find what begins on a line; the outermost one of each.
    by_line: HashMap<usize, usize>,
}

/// The hash and the name of a `#+RESULTS[hash]: name` line.
fn results_keyword(text: &str) -> Option<(Option<&str>, &str)> {
    let text = text.trim_matches([' ', '\t']);
    let rest = text.get(9..).filter(|_| text[..9].eq_ignore_ascii_case("#+results"))?;
    let (hash, rest) = match rest.strip_prefix('[') {
        Some(inner) => {
            let (inside, rest) = inner.split_once(']')?;
            (Some(inside.rsplit(' ').next().unwrap_or(inside)), rest)
        }
        None => (None, rest),
    };
    Some((hash, rest.strip_prefix(':')?.trim_matches([' ', '\t'])))
}

impl<'d, 'a> Places<'d, 'a> {
    pub(super) fn new(document: &'d Document<'a>) -> Self {
        let mut named = HashMap::new();
        let mut by_line = HashMap::new();
        for (i, element) in document.elements.iter().enumerate() {
            let number = document.source.line_at(element.span.start);
            by_line.entry(number).or_insert(i);
            if matches!(element.kind, Kind::Keyword { .. })
                && let Some((_, name)) = results_keyword(document.slice(&element.span))
                && !name.is_empty()
            {
                named.entry(name.to_ascii_lowercase()).or_insert(i);
            }
        }
        Places { document, named, by_line }
    }

    /// The result of a block.
    pub(super) fn find(&self, block: &SourceBlock) -> Option<Place<'a>> {
        match &block.name {
            Some(name) => {
                let keyword = self.named.get(&self.document.slice(name).to_ascii_lowercase())?;
                self.place(*keyword)
            }
            None => self.place(self.below(block.element)?),
        }
    }

    /// The `#+RESULTS:` without a name among the keywords of the element below a block.
    fn below(&self, block: usize) -> Option<usize> {
        let elements = &self.document.elements;
        let own = elements.get(block)?;
        let next = own.next;
        let below = elements.get(next).filter(|below| below.heading == own.heading)?;
        // What holds the block must hold the result as well.
        let around = self.parents(self.first_of(own.heading), block).into_iter().next_back();
        if around.and_then(|around| elements.get(around)).is_some_and(|around| around.next <= next) {
            return None;
        }
        let is_anonymous = |index: &usize| {
            let element = elements.get(*index);
            let element = element.filter(|element| matches!(element.kind, Kind::Keyword { .. }));
            element.and_then(|e| results_keyword(self.document.slice(&e.span))).is_some_and(|(_, name)| name.is_empty())
        };
        if !below.attached {
            return Some(next).filter(is_anonymous);
        }
        (next..elements.len()).take_while(|i| elements.get(*i).is_some_and(|e| e.attached)).find(is_anonymous)
    }

    fn first_of(&self, heading: Option<usize>) -> usize {
        let section = match heading {
            Some(heading) => self.document.headings.get(heading).map(|h| h.elements.clone()),
            None => Some(self.document.preamble.clone()),
        };
        section.map_or(0, |section| section.start)
    }

    /// The elements around an element, from the outermost.
    fn parents(&self, from: usize, index: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut at = from;
        while let Some(element) = self.document.elements.get(at).filter(|_| at < index) {
            if element.next > index {
                out.push(at);
                at += 1;
            } else {
                at = element.next.max(at + 1);
            }
        }
        out
    }

    /// The result under a keyword.
    fn place(&self, keyword: usize) -> Option<Place<'a>> {
        let source = &self.document.source;
        let element = self.document.elements.get(keyword)?;
        let number = source.line_at(element.span.start);
        let own = source.lines.get(number)?;
        let (hash, _) = results_keyword(self.document.slice(&element.span))?;
        let (end, is_table) = self.end(number + 1);
        Some(Place {
            line_start: own.start,
            column: column(self.document, element.span.start),
            hash,
            content: own.next..end.max(own.next),
            is_table,
            element: if element.attached { self.owner(keyword) } else { own.next..own.next },
        })
    }

    /// The lines of the element that a keyword belongs to, without its keywords.
    fn owner(&self, keyword: usize) -> Range<usize> {
        let source = &self.document.source;
        let elements = self.document.elements.get(keyword..).unwrap_or(&[]);
        let Some(element) = elements.iter().find(|element| !element.attached) else { return 0..0 };
        let line = |offset: usize| source.lines.get(source.line_at(offset));
        let start = line(element.span.start).map_or(0, |line| line.start);
        start..line(element.span.end.saturating_sub(1)).map_or(source.text.len(), |line| line.next)
    }

    /// Where the result that begins at a line ends, and whether it is a table.
    fn end(&self, number: usize) -> (usize, bool) {
        let source = &self.document.source;
        let Some(first) = source.lines.get(number) else { return (source.text.len(), false) };
        let text = source.slice(&(first.start..first.end));
        if line::is_blank(text) {
            return (first.start, false);
        }
        if is_lone_link(text) {
            return (first.next, false);
        }
        let mut element = self.by_line.get(&number).and_then(|i| self.document.elements.get(*i));
        if let Some(index) = self.by_line.get(&number).filter(|_| element.is_some_and(|e| e.attached)) {
            let elements = self.document.elements.get(*index..).unwrap_or(&[]);
            element = elements.iter().find(|e| !e.attached);
        }
        let Some(element) = element else { return (first.start, false) };
        let is_result = match &element.kind {
            Kind::Block(block) => {
                matches!(block.kind, BlockKind::Src | BlockKind::Example | BlockKind::Export | BlockKind::Special)
            }
            Kind::Drawer { .. } | Kind::Table | Kind::FixedWidth | Kind::List | Kind::Item { .. } | Kind::Latex => true,
            _ => false,
        };
        if !is_result {
            return (first.start, false);
        }
        let last = source.line_at(element.span.end.saturating_sub(1).max(element.span.start));
        (source.lines.get(last).map_or(source.text.len(), |l| l.next), element.kind == Kind::Table)
    }
}

/// Whether a line holds nothing but one link in brackets.
fn is_lone_link(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let Some(inner) = text.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) else { return false };
    !inner.is_empty() && !inner.contains("[[") && !inner.contains("]]")
}

/// The first byte below a block.
pub(super) fn below(document: &Document, block: &SourceBlock) -> usize {
    let number = document.source.line_at(block.span.end.saturating_sub(1).max(block.span.start));
    document.source.lines.get(number).map_or(document.text().len(), |line| line.next)
}

/// Whether the line that begins here is blank; so is the end of the file.
pub(super) fn is_blank_at(document: &Document, at: usize) -> bool {
    let rest = document.text().get(at..).unwrap_or("");
    line::is_blank(rest.split('\n').next().unwrap_or("").trim_end_matches('\r'))
}

/// Whether a result would run into what stands below it, and be taken for one with it the next time.
pub(super) fn merges(document: &Document, result: &str, at: usize) -> bool {
    let first = |line: Option<&str>| {
        let text = line?.trim_start_matches([' ', '\t']);
        let drawer = text.starts_with(':') && !text.starts_with(": ") && text != ":";
        text.chars().next().map(|c| if drawer { 'd' } else { c })
    };
    let below = document.text().get(at..).unwrap_or("").split('\n').next();
    let heading = below.is_some_and(|line| line::stars(line).is_some());
    match (first(result.lines().next_back()), first(below.filter(|_| !is_blank_at(document, at) && !heading))) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(last), Some(next)) => last == next && matches!(last, ':' | '|' | '-'),
    }
}

/// The indentation of the line that holds an offset.
pub(super) fn column(document: &Document, offset: usize) -> usize {
    let number = document.source.line_at(offset);
    let text = document.source.lines.get(number).map_or("", |l| document.slice(&(l.start..l.end)));
    line::indent(text).0
}

/// The width of white space.
pub(super) fn columns(space: &str) -> usize {
    line::indent(space).0
}

/// White space of so many columns, as Emacs writes it.
pub(super) fn indentation(column: usize) -> String {
    format!("{}{}", "\t".repeat(column / 8), " ".repeat(column % 8))
}
