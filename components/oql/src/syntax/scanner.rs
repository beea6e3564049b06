//! The elements of one section, line by line, with an explicit stack of what is open.
//!
//! Rules are Org's own, and so is the order in which they are tried: what contains others has its extent settled before
//! anything inside is looked at (a block or drawer is one only if its end stands in the same container; `list` says how
//! far lists go), and everything that is nothing else is a paragraph. Extents come from tables made once per file, so the
//! whole scan is linear (times a logarithm). What one line is by itself is said in `line`.

use std::ops::Range;

use super::element::{Block, BlockKind, Element, Kind, Unclosed};
use super::ends::{Closing, Ends};
use super::list::{self, ItemExtent};
use super::{drawer, line};
use crate::source::Source;

/// Containers nested deeper than this are read as plain text; nobody writes them, and everything behind the scanner may
/// then rely on a bound.
const MAX_DEPTH: usize = 128;

/// What else may stand at this place, beside the elements that may stand anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    /// At the beginning of the file: a comment or a property drawer.
    Top,
    /// On the line below a heading: planning or a property drawer.
    Planning,
    /// Behind one of these: a property drawer.
    Drawer,
    /// Items of the list that is open.
    Items,
}

/// A container whose inside is being read.
#[derive(Debug)]
struct Frame {
    element: Option<usize>,
    /// The line behind its contents.
    limit: usize,
    /// The line to go on with behind it.
    resume: usize,
    mode: Mode,
    /// The extents that hold for the lists inside.
    list: Option<usize>,
    /// How many lists had extents before it.
    lists: usize,
}

/// A place to go on from: the line, and where in it.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    offset: usize,
}

/// How far an element reaches: one past its last line, and one past the blank lines behind that.
#[derive(Debug, Clone, Copy)]
struct Reach {
    after: usize,
    end: usize,
}

/// The scan of one section.
pub(crate) struct Scanner<'s, 'a> {
    source: &'s Source<'a>,
    ends: &'s Ends<'a>,
    out: &'s mut Vec<Element>,
    unclosed: &'s mut Vec<Unclosed>,
    heading: Option<usize>,
    frames: Vec<Frame>,
    lists: Vec<Vec<ItemExtent>>,
    /// First of the affiliated keywords of the element that is about to be added, and where it begins.
    pending: Option<(usize, usize)>,
    /// Affiliated keywords before this line belong to nothing, and whether that is because their container ends.
    orphans: (usize, bool),
    /// Within a limit, lines like those of a drawn table up to here, and whether they make one.
    grid: (usize, usize, bool),
}

impl<'s, 'a> Scanner<'s, 'a> {
    pub(crate) fn new(
        source: &'s Source<'a>,
        ends: &'s Ends<'a>,
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
            frames: Vec::new(),
            lists: Vec::new(),
            pending: None,
            orphans: (0, false),
            grid: (0, 0, false),
        }
    }

    /// Scans the given lines.
    pub(crate) fn scan(mut self, lines: Range<usize>, mode: Mode) {
        let first = self.skip_blank(lines.start, lines.end);
        let mode = if first == lines.start || mode == Mode::Top { mode } else { Mode::Plain };
        self.enter(None, Reach { after: lines.end, end: lines.end }, mode, None);
        let mut at = self.begin(first);
        while let Some(frame) = self.frames.last() {
            at = if at.line >= frame.limit {
                self.leave()
            } else if frame.mode == Mode::Items {
                self.item(at.line)
            } else {
                self.element(at)
            };
        }
    }

    fn enter(&mut self, element: Option<usize>, reach: Reach, mode: Mode, list: Option<usize>) {
        let lists = self.lists.len();
        self.frames.push(Frame { element, limit: reach.after, resume: reach.end, mode, list, lists });
    }

    fn leave(&mut self) -> Place {
        let Some(frame) = self.frames.pop() else { return self.begin(self.source.lines.len()) };
        let next = self.out.len();
        if let Some(element) = frame.element.and_then(|i| self.out.get_mut(i)) {
            element.next = next;
        }
        self.lists.truncate(frame.lists);
        self.begin(frame.resume)
    }

    fn line(&self, i: usize) -> &'a str {
        self.source.lines.get(i).map_or("", |l| &self.source.text[l.start..l.end])
    }

    /// Where a line begins; the end of the file behind the last one.
    fn at(&self, i: usize) -> usize {
        self.source.lines.get(i).map_or(self.source.text.len(), |l| l.start)
    }

    fn begin(&self, line: usize) -> Place {
        Place { line, offset: self.at(line) }
    }

    /// The first line from here that is not blank.
    fn skip_blank(&self, from: usize, limit: usize) -> usize {
        (from..limit).find(|i| !line::is_blank(self.line(*i))).unwrap_or(limit.max(from))
    }

    /// The line behind the last one before `to` that is not blank.
    fn trim_blank(&self, from: usize, to: usize) -> usize {
        (from..to).rev().find(|i| !line::is_blank(self.line(*i))).map_or(from, |i| i + 1)
    }

    /// One past the last line of an element, with the blank lines behind it.
    fn reach(&self, after: usize, limit: usize) -> Reach {
        Reach { after, end: self.skip_blank(after, limit) }
    }

    fn find(&self, closing: Closing<'_>, i: usize) -> Result<usize, Option<usize>> {
        self.ends.find(closing, i, self.limit())
    }

    fn limit(&self) -> usize {
        self.frames.last().map_or(0, |f| f.limit)
    }

    /// Adds the element whose text begins at `from`, with the affiliated keywords that wait for it.
    fn push(&mut self, kind: Kind, from: usize, reach: Reach, contents: Range<usize>) -> usize {
        let index = self.out.len();
        let last = reach.after.checked_sub(1).and_then(|n| self.source.lines.get(n)).map_or(from, |l| l.end);
        let text = self.source.text.get(from..last).unwrap_or("");
        let start = from + (text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len());
        let (first, begin) = self.pending.take().unwrap_or((index, from));
        self.out.push(Element {
            kind,
            span: start..last.max(start),
            outer: begin..self.at(reach.end),
            contents,
            next: index + 1,
            affiliated: first..index,
            attached: false,
            heading: self.heading,
        });
        index
    }

    /// Adds an element without anything inside that begins at line `i`.
    fn leaf(&mut self, kind: Kind, i: usize, after: usize) -> Place {
        let reach = self.reach(after, self.limit());
        let from = self.at(i);
        self.push(kind, from, reach, from..from);
        self.begin(reach.end)
    }

    /// Adds an element that elements stand in.
    fn container(&mut self, kind: Kind, from: usize, reach: Reach, inside: (Place, usize)) -> Place {
        let (first, to) = inside;
        let contents = if first.line < to { first.offset..self.at(to) } else { from..from };
        let index = self.push(kind, from, reach, contents);
        if first.line >= to {
            return self.begin(reach.end);
        }
        self.enter(Some(index), Reach { after: to, end: reach.end }, Mode::Plain, None);
        first
    }

    /// Takes the element that begins here; the place to go on from.
    fn element(&mut self, at: Place) -> Place {
        let i = at.line;
        let text = self.line(i);
        let limit = self.limit();
        let Some(frame) = self.frames.last_mut() else { return at };
        let mode = std::mem::replace(&mut frame.mode, Mode::Plain);
        if at.offset != self.at(i) {
            // Behind a bullet or a footnote's label there is always a paragraph.
            return self.paragraph(i, at.offset);
        }
        if line::is_comment(text) {
            self.expect_drawer(mode == Mode::Top);
            return self.run(i, Kind::Comment, line::is_comment);
        }
        if mode == Mode::Planning && line::is_planning(text) {
            self.expect_drawer(true);
            return self.leaf(Kind::Planning, i, i + 1);
        }
        if mode != Mode::Plain
            && let Some((_, after)) = drawer::parse(self.source, i, limit)
        {
            return self.leaf(Kind::PropertyDrawer, i, after);
        }
        if line::is_clock(text) {
            return self.leaf(Kind::Clock, i, i + 1);
        }
        let i = self.affiliated(i, limit);
        if self.orphans.1 && i < self.orphans.0 {
            return self.orphan(i);
        }
        self.dispatch(i).unwrap_or_else(|| self.paragraph(i, self.at(i)))
    }

    fn expect_drawer(&mut self, expected: bool) {
        if let Some(frame) = self.frames.last_mut().filter(|_| expected) {
            frame.mode = Mode::Drawer;
        }
    }

    /// Adds the affiliated keywords at line `i`, unless nothing follows that they can belong to; the line behind them.
    fn affiliated(&mut self, i: usize, limit: usize) -> usize {
        if i < self.orphans.0 || line::affiliated(self.line(i)).is_none() {
            return i;
        }
        let mut after = i;
        while after < limit && line::affiliated(self.line(after)).is_some() {
            after += 1;
        }
        let below = self.line(after);
        let clock = line::strip_ascii_prefix(line::unindented(below), "clock:").is_some();
        let nothing = line::is_blank(below) || line::is_comment(below) || clock || line::stars(below).is_some();
        if after >= limit || nothing {
            self.orphans = (after, !nothing);
            return i;
        }
        let first = self.out.len();
        for n in i..after {
            let Some(parts) = line::affiliated(self.line(n)) else { continue };
            let base = self.at(n);
            let key = base + parts.key.start..base + parts.key.end;
            let value = base + parts.value.start..base + parts.value.end;
            let index = self.push(Kind::Keyword { key, value }, base, Reach { after: n + 1, end: n + 1 }, base..base);
            if let Some(keyword) = self.out.get_mut(index) {
                keyword.attached = true;
            }
        }
        self.pending = Some((first, self.at(i)));
        after
    }

    /// An affiliated keyword at the end of its container is a keyword, whatever it looks like.
    fn orphan(&mut self, i: usize) -> Place {
        let (text, base) = (self.line(i), self.at(i));
        let parts = line::keyword(text).or_else(|| line::affiliated(text).map(|a| (a.key, a.value)));
        let (key, value) = parts.unwrap_or_default();
        let kind = Kind::Keyword { key: base + key.start..base + key.end, value: base + value.start..base + value.end };
        self.leaf(kind, i, i + 1)
    }

    /// The element at line `i`, if it is more than a paragraph.
    fn dispatch(&mut self, i: usize) -> Option<Place> {
        let text = self.line(i);
        match line::unindented(text).as_bytes().first()? {
            b'#' => self.hash(i),
            b':' if line::is_fixed_width(text) => Some(self.run(i, Kind::FixedWidth, line::is_fixed_width)),
            b':' => self.drawer(i),
            b'|' => Some(self.table(i)),
            b'-' if line::is_rule(text) => Some(self.leaf(Kind::Rule, i, i + 1)),
            b'+' if self.is_grid(i) => Some(self.grid(i)),
            b'-' | b'+' | b'*' | b'0'..=b'9' => self.list(i),
            b'[' => self.footnote(i),
            b'\\' => self.latex(i),
            b'%' if line::is_diary_sexp(text) => Some(self.leaf(Kind::DiarySexp, i, i + 1)),
            _ => None,
        }
    }

    fn hash(&mut self, i: usize) -> Option<Place> {
        let text = self.line(i);
        let base = self.at(i);
        let shift = |r: Range<usize>| base + r.start..base + r.end;
        if let Some((name, args)) = line::dynamic_begin(text) {
            let block = Block { kind: BlockKind::Dynamic, name: shift(name), args: shift(args), body: base..base };
            return self.block(i, Closing::Dynamic, block);
        }
        if let Some((name, args)) = line::block_begin(text) {
            let kind = BlockKind::of(&text[name.clone()]);
            let closing = Closing::Block(&text[name.clone()]);
            let block = Block { kind, name: shift(name), args: shift(args), body: base..base };
            return self.block(i, closing, block);
        }
        if let Some(value) = line::babel_call(text) {
            // Org looks for the arguments; where the line has none, it takes the next line as well.
            let alone = !text[value.clone()].contains(['(', ')', '[', ']']);
            let after = (i + 1 + usize::from(alone)).min(self.limit());
            return Some(self.leaf(Kind::BabelCall { value: shift(value) }, i, after));
        }
        let (key, value) = line::keyword(text)?;
        Some(self.leaf(Kind::Keyword { key: shift(key), value: shift(value) }, i, i + 1))
    }

    fn block(&mut self, i: usize, closing: Closing<'_>, mut block: Block) -> Option<Place> {
        let end = self.closing(i, closing)?;
        let opaque = block.kind.is_opaque();
        if !opaque && self.frames.len() >= MAX_DEPTH {
            return None;
        }
        block.body = self.at(i + 1)..self.at(end);
        if opaque {
            return Some(self.leaf(Kind::Block(block), i, end + 1));
        }
        let reach = self.reach(end + 1, self.limit());
        Some(self.container(Kind::Block(block), self.at(i), reach, (self.begin(i + 1), end)))
    }

    fn drawer(&mut self, i: usize) -> Option<Place> {
        let name = line::drawer(self.line(i))?;
        let end = self.closing(i, Closing::Drawer)?;
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        let base = self.at(i);
        let kind = Kind::Drawer { name: base + name.start..base + name.end };
        let reach = self.reach(end + 1, self.limit());
        let first = self.skip_blank(i + 1, end);
        Some(self.container(kind, base, reach, (self.begin(first), end)))
    }

    /// The line that ends what line `i` opens; what never ends is remembered.
    fn closing(&mut self, i: usize, closing: Closing<'_>) -> Option<usize> {
        let too_late = match self.find(closing, i + 1) {
            Ok(end) => return Some(end),
            Err(too_late) => too_late,
        };
        let wants = match closing {
            Closing::Block(name) => format!("#+end_{name}"),
            Closing::Dynamic | Closing::DynamicColon => "#+end:".to_owned(),
            Closing::Drawer => {
                // `:word:` alone on a line may be prose; the names Org itself gives to drawers are not.
                let own = ["properties", "logbook", "results"];
                let name = line::drawer(self.line(i)).map(|n| &self.line(i)[n])?;
                own.iter().any(|o| o.eq_ignore_ascii_case(name)).then(|| ":END:".to_owned())?
            }
            Closing::Latex(_) => return None,
        };
        let base = self.at(i);
        let text = self.line(i);
        self.unclosed.push(Unclosed { line: base + line::indent(text).1..base + text.len(), wants, too_late });
        None
    }

    /// Consecutive lines of one kind.
    fn run(&mut self, i: usize, kind: Kind, belongs: fn(&str) -> bool) -> Place {
        let limit = self.limit();
        let after = (i + 1..limit).find(|n| !belongs(self.line(*n))).unwrap_or(limit);
        self.leaf(kind, i, after)
    }

    fn table(&mut self, i: usize) -> Place {
        let limit = self.limit();
        let rows = (i + 1..limit).find(|n| !line::is_table(self.line(*n))).unwrap_or(limit);
        let after = (rows..limit).find(|n| !line::is_table_formula(self.line(*n))).unwrap_or(limit);
        let reach = self.reach(after, limit);
        let contents = self.at(i)..self.at(rows);
        self.push(Kind::Table, contents.start, reach, contents);
        self.begin(reach.end)
    }

    /// Whether a drawn table begins here: lines that begin with `+` or `|`, from one rule to another.
    fn is_grid(&mut self, i: usize) -> bool {
        if !line::is_grid_rule(self.line(i)) {
            return false;
        }
        let limit = self.limit();
        if i >= self.grid.1 || limit != self.grid.0 {
            let end = (i..limit).find(|n| !belongs_to_grid(self.line(*n))).unwrap_or(limit);
            self.grid = (limit, end, line::is_grid_rule(self.line(end.saturating_sub(1))));
        }
        self.grid.2 && i + 1 < self.grid.1
    }

    fn grid(&mut self, i: usize) -> Place {
        let after = self.grid.1;
        let formulas = (after..self.limit()).find(|n| !line::is_table_formula(self.line(*n))).unwrap_or(self.limit());
        self.leaf(Kind::TableEl, i, formulas)
    }

    fn list(&mut self, i: usize) -> Option<Place> {
        if !line::is_item(self.line(i)) || self.frames.len() + 2 > MAX_DEPTH {
            return None;
        }
        let limit = self.limit();
        let lists = self.lists.len();
        let known = self.frames.last().and_then(|f| f.list).filter(|l| self.extent(*l, i).is_some());
        let list = known.unwrap_or_else(|| {
            self.lists.push(list::extents(self.source, self.ends, i, limit));
            lists
        });
        let column = self.extent(list, i).map(|e| e.column)?;
        let mut after = i;
        while let Some(item) = self.extent(list, after).filter(|e| e.column == column && e.end > after) {
            after = item.end;
        }
        let after = self.trim_blank(i, after.min(limit)).max(i + 1);
        let reach = self.reach(after, limit);
        let contents = self.at(i)..self.at(after);
        let index = self.push(Kind::List, contents.start, reach, contents);
        self.frames.push(Frame {
            element: Some(index),
            limit: after,
            resume: reach.end,
            mode: Mode::Items,
            list: Some(list),
            lists,
        });
        Some(self.begin(i))
    }

    /// The item of a list that begins at a line.
    fn extent(&self, list: usize, line: usize) -> Option<ItemExtent> {
        let items = self.lists.get(list)?;
        items.binary_search_by_key(&line, |e| e.line).ok().and_then(|n| items.get(n)).copied()
    }

    fn item(&mut self, i: usize) -> Place {
        let Some(frame) = self.frames.last() else { return self.begin(i + 1) };
        let (limit, list) = (frame.limit, frame.list);
        let end = list.and_then(|l| self.extent(l, i)).map_or(limit, |e| e.end.min(limit)).max(i + 1);
        let base = self.at(i);
        let Some(parts) = line::item(self.line(i)) else { return self.paragraph(i, base) };
        let reach = Reach { after: self.trim_blank(i, end).max(i + 1), end };
        let first = self.text_behind(i, base + parts.text, end);
        let kind = Kind::Item { line: parts, start: base };
        let place = self.container(kind, base, reach, (first, reach.after));
        if let Some(frame) = self.frames.last_mut().filter(|f| f.mode != Mode::Items) {
            frame.list = list;
        }
        place
    }

    /// Where the contents behind a bullet or a label begin: on the same line, or on the next that is not blank.
    fn text_behind(&self, i: usize, offset: usize, end: usize) -> Place {
        let rest = self.source.lines.get(i).and_then(|l| self.source.text.get(offset..l.end)).unwrap_or("");
        let text = line::unindented(rest);
        if text.is_empty() {
            return self.begin(self.skip_blank(i + 1, end));
        }
        Place { line: i, offset: offset + rest.len() - text.len() }
    }

    fn footnote(&mut self, i: usize) -> Option<Place> {
        let (label, text) = line::footnote(self.line(i))?;
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        let limit = self.limit();
        let mut end = limit;
        for n in i + 1..limit {
            if line::footnote(self.line(n)).is_some() {
                // The keywords above the next definition are its own.
                end = (i + 1..n).rev().find(|k| line::affiliated(self.line(*k)).is_none()).map_or(i + 1, |k| k + 1);
                break;
            }
            let terminated = self.source.lines.get(n + 1).is_some_and(|l| l.next > l.end);
            if line::is_blank(self.line(n)) && terminated && line::is_blank(self.line(n + 1)) {
                end = self.skip_blank(n, limit);
                break;
            }
        }
        let base = self.at(i);
        let kind = Kind::Footnote { label: base + label.start..base + label.end };
        let reach = Reach { after: self.trim_blank(i, end).max(i + 1), end };
        let first = self.text_behind(i, base + text, end);
        Some(self.container(kind, base, reach, (first, reach.after)))
    }

    fn latex(&mut self, i: usize) -> Option<Place> {
        let name = line::latex_begin(self.line(i))?;
        let end = self.find(Closing::Latex(name), i).ok()?;
        Some(self.leaf(Kind::Latex, i, end + 1))
    }

    /// Everything up to the next line that begins something else.
    fn paragraph(&mut self, i: usize, from: usize) -> Place {
        let limit = self.limit();
        let mut after = i + 1;
        // An empty line at the beginning of a block is a paragraph by itself.
        let empty = self.line(i).is_empty();
        while after < limit && !empty && !self.separates(after) {
            after += 1;
        }
        let reach = self.reach(after, limit);
        self.push(Kind::Paragraph, from, reach, from..self.at(after));
        self.begin(reach.end)
    }

    /// Whether a line ends the paragraph above it.
    fn separates(&mut self, i: usize) -> bool {
        let text = self.line(i);
        let rest = line::unindented(text);
        match rest.as_bytes().first() {
            None | Some(b'|') => true,
            Some(b'#') => self.hash_separates(i, rest),
            Some(b':') => match line::drawer(text) {
                Some(_) => self.closing(i, Closing::Drawer).is_some(),
                None => line::is_fixed_width(text),
            },
            Some(b'[') => line::footnote(text).is_some(),
            Some(b'%') => line::is_diary_sexp(text),
            Some(b'\\') => line::latex_begin(text).is_some_and(|name| self.find(Closing::Latex(name), i).is_ok()),
            Some(b'-' | b'+' | b'*' | b'0'..=b'9') => {
                // A star in the first column ends the paragraph even where no heading may stand.
                line::is_item(text) || line::is_rule(text) || line::is_grid_rule(text) || line::is_star(text)
            }
            Some(b'C' | b'c') => line::is_clock(text),
            _ => false,
        }
    }

    fn hash_separates(&mut self, i: usize, rest: &'a str) -> bool {
        if line::is_comment(rest) {
            return true;
        }
        if let Some((name, _)) = line::block_begin(rest) {
            return self.closing(i, Closing::Block(&rest[name])).is_some();
        }
        match second_value(rest) {
            // Only captions and results have a second value; others with brackets are text to a paragraph.
            Some(key) => key.eq_ignore_ascii_case("caption") || key.eq_ignore_ascii_case("results"),
            None => line::keyword(rest).is_some(),
        }
    }
}

/// A line of a drawn table.
fn belongs_to_grid(text: &str) -> bool {
    line::unindented(text).starts_with(['+', '|'])
}

/// The key of `#+key[second value]: value`.
fn second_value(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("#+")?;
    let run = line::first_run(rest);
    let last = rest.rfind("]:")?;
    run[..last.min(run.len())].rfind('[').filter(|open| *open > 0).map(|open| &run[..open])
}
