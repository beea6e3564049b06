//! The elements of one section, line by line, with an explicit stack of what is open.
//!
//! Rules are Org's: a block or drawer opens only if its end stands in the same section and container; a list ends at a
//! line indented no further than its bullet, or after two blank lines. Looking for an end is one binary search in a
//! table made once per file, so the whole scan is linear (times a logarithm).

use std::collections::HashMap;
use std::ops::Range;

use super::element::{Block, BlockKind, Element, Kind, Unclosed, is_affiliated};
use super::line;
use crate::source::Source;

/// Containers nested deeper than this are read as plain text; nobody writes them, and everything behind the scanner may
/// then rely on a bound.
const MAX_DEPTH: usize = 64;

/// Lines that close something, by what they close.
pub(crate) type Ends = HashMap<String, Vec<usize>>;

/// Collects the closing lines of a file.
pub(crate) fn closing_lines(source: &Source) -> Ends {
    let mut ends = Ends::new();
    for (i, l) in source.lines.iter().enumerate() {
        let text = &source.text[l.start..l.end];
        if text.bytes().any(|b| matches!(b, b'#' | b':' | b'\\'))
            && let Some(key) = line::closes(text)
        {
            ends.entry(key).or_default().push(i);
        }
    }
    ends
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A block or drawer that ends at this line.
    Until(usize),
    /// A list whose bullets stand in this column.
    List(usize),
    Item(usize),
    Footnote,
}

/// The scan of one section.
pub(crate) struct Scanner<'s, 'a> {
    source: &'s Source<'a>,
    ends: &'s Ends,
    out: &'s mut Vec<Element>,
    unclosed: &'s mut Vec<Unclosed>,
    heading: Option<usize>,
    /// One past the section's last line.
    last: usize,
    open: Vec<(Open, usize)>,
    paragraph: Option<usize>,
    /// First of the keywords that wait for the element they belong to.
    pending: Option<usize>,
    /// End of the text seen last, for closing containers.
    seen: usize,
}

impl<'s, 'a> Scanner<'s, 'a> {
    pub(crate) fn new(
        source: &'s Source<'a>,
        ends: &'s Ends,
        out: &'s mut Vec<Element>,
        unclosed: &'s mut Vec<Unclosed>,
        heading: Option<usize>,
    ) -> Self {
        Scanner {
            source,
            ends,
            out,
            unclosed,
            heading,
            last: 0,
            open: Vec::new(),
            paragraph: None,
            pending: None,
            seen: 0,
        }
    }

    /// Scans the given lines.
    pub(crate) fn scan(mut self, lines: Range<usize>) {
        self.last = lines.end;
        let mut i = lines.start;
        let mut blanks = 0;
        while i < lines.end {
            if i == self.limit() {
                i = self.close_block(i);
                blanks = 0;
                continue;
            }
            let text = self.line(i);
            if line::is_blank(text) {
                self.paragraph = None;
                self.pending = None;
                blanks += 1;
                if blanks == 2 {
                    self.close_lists();
                }
                i += 1;
                continue;
            }
            blanks = 0;
            self.leave_items(text);
            i = self.element(i);
        }
        self.close_down_to(0);
    }

    fn line(&self, i: usize) -> &'a str {
        self.source.lines.get(i).map_or("", |l| &self.source.text[l.start..l.end])
    }

    fn at(&self, i: usize) -> usize {
        self.source.lines.get(i).map_or(self.source.text.len(), |l| l.start)
    }

    /// The line where the innermost block ends, else the end of the section.
    fn limit(&self) -> usize {
        self.open
            .iter()
            .rev()
            .find_map(|(o, _)| if let Open::Until(n) = o { Some(*n) } else { None })
            .unwrap_or(self.last)
    }

    /// The closing line for `key` after line `i`, if it stands inside the innermost container.
    fn end_of(&self, key: &str, i: usize) -> Result<usize, Option<usize>> {
        let Some(lines) = self.ends.get(key) else { return Err(None) };
        match lines.get(lines.partition_point(|n| *n <= i)) {
            Some(n) if *n < self.limit() => Ok(*n),
            other => Err(other.copied()),
        }
    }

    fn push(&mut self, kind: Kind, span: Range<usize>) -> usize {
        let index = self.out.len();
        let affiliated = match self.pending.take() {
            Some(first) if !matches!(kind, Kind::Comment) => {
                for keyword in &mut self.out[first..index] {
                    keyword.attached = true;
                }
                first..index
            }
            _ => index..index,
        };
        self.paragraph = None;
        self.seen = span.end;
        let heading = self.heading;
        self.out.push(Element { kind, span, next: index + 1, affiliated, attached: false, heading });
        index
    }

    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some((_, index)) = self.open.pop() {
                let end = self.seen;
                let next = self.out.len();
                if let Some(element) = self.out.get_mut(index) {
                    element.span.end = element.span.end.max(end);
                    element.next = next;
                }
            }
        }
        self.paragraph = None;
    }

    /// Closes the block that ends at line `i`, and whatever is open inside it.
    fn close_block(&mut self, i: usize) -> usize {
        let depth = self.open.iter().rposition(|(o, _)| *o == Open::Until(i)).unwrap_or(0);
        self.close_down_to(depth + 1);
        self.seen = self.source.lines.get(i).map_or(self.seen, |l| l.end);
        self.close_down_to(depth);
        self.pending = None;
        i + 1
    }

    /// Two blank lines end every list and footnote of the innermost block.
    fn close_lists(&mut self) {
        let depth = self.open.iter().rposition(|(o, _)| matches!(o, Open::Until(_))).map_or(0, |n| n + 1);
        self.close_down_to(depth);
    }

    /// Ends the items this line does not belong to.
    fn leave_items(&mut self, text: &str) {
        let (column, _) = line::indent(text);
        while let Some((Open::Item(bullet) | Open::List(bullet), _)) = self.open.last().copied() {
            let depth = self.open.len();
            let is_item = matches!(self.open.last(), Some((Open::Item(_), _)));
            if is_item && column > bullet {
                break;
            }
            if !is_item && column == bullet && line::item(text).is_some() {
                break;
            }
            self.close_down_to(depth - 1);
        }
        if line::footnote(text).is_some()
            && let Some(depth) = self.open.iter().rposition(|(o, _)| matches!(o, Open::Footnote | Open::Until(_)))
            && self.open[depth].0 == Open::Footnote
        {
            self.close_down_to(depth);
        }
    }

    /// Takes the element that begins at line `i`; the line to go on with.
    fn element(&mut self, i: usize) -> usize {
        let text = self.line(i);
        let rest = &text[line::indent(text).1..];
        let taken = match rest.as_bytes().first() {
            Some(b'#') => self.hash(i),
            Some(b':') => self.colon(i),
            Some(b'|') => Some(self.run(i, Kind::Table, line::is_table)),
            Some(b'-') if line::is_rule(text) => Some(self.single(i, Kind::Rule)),
            Some(b'-' | b'+' | b'*' | b'0'..=b'9') => self.item(i),
            Some(b'[') => self.footnote(i),
            Some(b'\\') => self.latex(i),
            Some(b'C') if line::is_clock(text) => Some(self.single(i, Kind::Clock)),
            _ => None,
        };
        taken.unwrap_or_else(|| self.text(i))
    }

    fn hash(&mut self, i: usize) -> Option<usize> {
        let text = self.line(i);
        if line::is_comment(text) {
            return Some(self.run(i, Kind::Comment, line::is_comment));
        }
        if let Some((name, args)) = line::block_begin(text) {
            let key = text[name.clone()].to_ascii_lowercase();
            let kind = BlockKind::of(&key);
            return self.block(i, &key, format!("#+end_{}", &text[name.clone()]), kind, name, args);
        }
        if let Some((name, args)) = line::dynamic_begin(text) {
            return self.block(i, ":", "#+end:".to_owned(), BlockKind::Dynamic, name, args);
        }
        let (key, value) = line::keyword(text)?;
        let base = self.at(i);
        let belongs_below = is_affiliated(&text[key.clone()]);
        let waiting = self.pending;
        if belongs_below {
            self.pending = None;
        }
        let kind = Kind::Keyword { key: base + key.start..base + key.end, value: base + value.start..base + value.end };
        let index = self.push(kind, base + line::indent(text).1..base + text.len());
        if belongs_below {
            self.pending = waiting.or(Some(index));
        }
        Some(i + 1)
    }

    fn block(
        &mut self,
        i: usize,
        key: &str,
        wants: String,
        kind: BlockKind,
        name: Range<usize>,
        args: Range<usize>,
    ) -> Option<usize> {
        let text = self.line(i);
        let base = self.at(i);
        let begin = base + line::indent(text).1;
        let end = match self.end_of(key, i) {
            Ok(end) => end,
            Err(too_late) => {
                self.unclosed.push(Unclosed { line: begin..base + text.len(), wants, too_late });
                return None;
            }
        };
        if !kind.is_opaque() && self.open.len() >= MAX_DEPTH {
            return None;
        }
        let body = self.at(i + 1)..self.at(end);
        let block =
            Block { kind, name: base + name.start..base + name.end, args: base + args.start..base + args.end, body };
        if kind.is_opaque() {
            let close = self.source.lines.get(end).map_or(begin, |l| l.end);
            self.push(Kind::Block(block), begin..close);
            return Some(end + 1);
        }
        let index = self.push(Kind::Block(block), begin..base + text.len());
        self.open.push((Open::Until(end), index));
        Some(i + 1)
    }

    fn colon(&mut self, i: usize) -> Option<usize> {
        let text = self.line(i);
        if line::is_fixed_width(text) {
            return Some(self.run(i, Kind::FixedWidth, line::is_fixed_width));
        }
        let name = line::drawer(text)?;
        let base = self.at(i);
        let begin = base + line::indent(text).1;
        let end = match self.end_of(":end:", i) {
            Ok(end) => end,
            Err(too_late) => {
                // `:word:` alone on a line may be prose; the names Org itself gives to drawers are not.
                if matches!(text[name.clone()].to_ascii_uppercase().as_str(), "PROPERTIES" | "LOGBOOK" | "RESULTS") {
                    let unclosed = Unclosed { line: begin..base + text.len(), wants: ":END:".to_owned(), too_late };
                    self.unclosed.push(unclosed);
                }
                return None;
            }
        };
        if self.open.len() >= MAX_DEPTH {
            return None;
        }
        let kind = Kind::Drawer { name: base + name.start..base + name.end };
        let index = self.push(kind, begin..base + text.len());
        self.open.push((Open::Until(end), index));
        Some(i + 1)
    }

    /// Consecutive lines of one kind.
    fn run(&mut self, i: usize, kind: Kind, belongs: fn(&str) -> bool) -> usize {
        let limit = self.limit();
        let mut next = i + 1;
        while next < limit && belongs(self.line(next)) && !self.leaves(self.line(next)) {
            next += 1;
        }
        let begin = self.at(i) + line::indent(self.line(i)).1;
        let end = self.at(next - 1) + self.line(next - 1).len();
        self.push(kind, begin..end);
        next
    }

    /// Whether a line stands outside the item that is open.
    fn leaves(&self, text: &str) -> bool {
        matches!(self.open.last(), Some((Open::Item(bullet), _)) if line::indent(text).0 <= *bullet)
    }

    fn single(&mut self, i: usize, kind: Kind) -> usize {
        let text = self.line(i);
        let base = self.at(i);
        self.push(kind, base + line::indent(text).1..base + text.len());
        i + 1
    }

    fn item(&mut self, i: usize) -> Option<usize> {
        let text = self.line(i);
        let item = line::item(text)?;
        let (column, start) = line::indent(text);
        if self.open.len() + 2 > MAX_DEPTH {
            return None;
        }
        let base = self.at(i);
        let begin = base + start;
        if !matches!(self.open.last(), Some((Open::List(c), _)) if *c == column) {
            let list = self.push(Kind::List, begin..begin);
            self.open.push((Open::List(column), list));
        }
        let text_at = base + item.text;
        let index = self.push(Kind::Item { line: item, start: base }, begin..base + text.len());
        self.open.push((Open::Item(column), index));
        self.rest_of_line(i, text_at);
        Some(i + 1)
    }

    fn footnote(&mut self, i: usize) -> Option<usize> {
        let text = self.line(i);
        let (label, at) = line::footnote(text)?;
        if self.open.len() >= MAX_DEPTH {
            return None;
        }
        let base = self.at(i);
        let label = base + label.start..base + label.end;
        let index = self.push(Kind::Footnote { label }, base..base + text.len());
        self.open.push((Open::Footnote, index));
        self.rest_of_line(i, base + at);
        Some(i + 1)
    }

    /// The text behind a bullet or a footnote's label is the first line of a paragraph.
    fn rest_of_line(&mut self, i: usize, from: usize) {
        let end = self.at(i) + self.line(i).len();
        let range = crate::text::trim(self.source.text, from..end);
        if !range.is_empty() {
            self.paragraph = Some(self.push(Kind::Paragraph, range.start..end));
            self.paragraph = Some(self.out.len() - 1);
        }
        self.seen = end;
    }

    fn latex(&mut self, i: usize) -> Option<usize> {
        let key = line::latex_begin(self.line(i))?;
        let lone = line::closes(self.line(i)).is_some_and(|k| k == key);
        let end = if lone { i } else { self.end_of(&key, i).ok()? };
        let begin = self.at(i) + line::indent(self.line(i)).1;
        let close = self.at(end) + self.line(end).len();
        self.push(Kind::Latex, begin..close);
        Some(end + 1)
    }

    /// A line of prose: goes on with the paragraph, or begins one.
    fn text(&mut self, i: usize) -> usize {
        let text = self.line(i);
        let base = self.at(i);
        let end = base + text.len();
        if let Some(index) = self.paragraph
            && let Some(paragraph) = self.out.get_mut(index)
        {
            paragraph.span.end = end;
            self.seen = end;
        } else {
            let index = self.push(Kind::Paragraph, base + line::indent(text).1..end);
            self.paragraph = Some(index);
        }
        i + 1
    }
}
