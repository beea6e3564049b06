//! A whole file: its headings, what stands under each, and the elements between.

use std::ops::Range;

use super::drawer::{self, Drawer};
use super::element::{Element, Kind, Unclosed};
use super::ends::Ends;
use super::headline::{self, TodoKeywords};
use super::scanner::{Mode, Scanner};
use super::{line, timestamp};
use crate::model::{Span, Timestamp};
use crate::source::{MARK, Source};

/// SCHEDULED, DEADLINE and CLOSED of one heading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planning {
    pub(crate) span: Range<usize>,
    pub(crate) scheduled: Option<Timestamp>,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) closed: Option<Timestamp>,
}

/// One heading; all ranges are byte ranges of the file.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) level: usize,
    /// The heading line, without its break.
    pub(crate) line: Range<usize>,
    /// One past its subtree.
    pub(crate) end: usize,
    pub(crate) state: Option<Range<usize>>,
    pub(crate) priority: Option<Range<usize>>,
    pub(crate) title: Range<usize>,
    pub(crate) tags: Vec<Range<usize>>,
    pub(crate) comment: bool,
    pub(crate) parent: Option<usize>,
    /// Index of the first heading that is not below this one.
    pub(crate) next: usize,
    pub(crate) planning: Option<Planning>,
    pub(crate) drawer: Option<Drawer>,
    /// Its own elements, as indices of `Document::elements`.
    pub(crate) elements: Range<usize>,
    /// Under (or itself) a COMMENT heading.
    pub(crate) hidden: bool,
}

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) headings: Vec<Heading>,
    pub(crate) elements: Vec<Element>,
    /// Elements before the first heading.
    pub(crate) preamble: Range<usize>,
    /// The drawer at the top of the file.
    pub(crate) drawer: Option<Drawer>,
    pub(crate) todo: TodoKeywords,
    pub(crate) filetags: Vec<String>,
    pub(crate) unclosed: Vec<Unclosed>,
    /// `#+STARTUP: odd`: every second number of stars is a level.
    pub(crate) odd: bool,
    /// The elements that are keywords, so that asking for one need not look at all the others.
    keywords: Vec<usize>,
}

impl<'a> Document<'a> {
    /// Parses a text; never fails.
    pub(crate) fn parse(text: &'a str) -> Self {
        let source = Source::new(text);
        let mut document = Document {
            source,
            headings: Vec::new(),
            elements: Vec::new(),
            preamble: 0..0,
            drawer: None,
            todo: TodoKeywords::default(),
            filetags: Vec::new(),
            unclosed: Vec::new(),
            odd: false,
            keywords: Vec::new(),
        };
        let heading_lines: Vec<(usize, usize)> = heading_lines(&document.source);
        document.scan(&heading_lines);
        document.read_settings();
        document.read_titles(&heading_lines);
        document
    }

    pub(crate) fn text(&self) -> &'a str {
        self.source.text
    }

    pub(crate) fn slice(&self, range: &Range<usize>) -> &'a str {
        self.source.slice(range)
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        self.source.span(range)
    }

    /// The value of a property of a heading's own drawer.
    pub(crate) fn property(&self, heading: usize, key: &str) -> Option<String> {
        self.headings.get(heading)?.drawer.as_ref()?.value(self.text(), key)
    }

    /// The title of a heading, as written.
    pub(crate) fn title(&self, heading: usize) -> &'a str {
        self.headings.get(heading).map_or("", |h| self.slice(&h.title))
    }

    /// The level a number of stars means.
    pub(crate) fn level(&self, stars: usize) -> usize {
        if self.odd { stars / 2 + 1 } else { stars }
    }

    pub(crate) fn has_tag(&self, heading: usize, tag: &str) -> bool {
        self.headings.get(heading).is_some_and(|h| h.tags.iter().any(|t| self.slice(t) == tag))
    }

    /// The values of a `#+KEY:`, in document order.
    pub(crate) fn keywords(&self, key: &str) -> impl Iterator<Item = Range<usize>> {
        self.keywords.iter().filter_map(|i| self.elements.get(*i)).filter_map(move |element| match &element.kind {
            Kind::Keyword { key: k, value } if self.slice(k).eq_ignore_ascii_case(key) => Some(value.clone()),
            _ => None,
        })
    }

    /// The first non-empty value of a `#+KEY:`.
    pub(crate) fn keyword(&self, key: &str) -> Option<&'a str> {
        self.keywords(key).map(|v| self.slice(&v)).find(|v| !v.is_empty())
    }

    /// The value of an affiliated keyword of an element; the last one wins.
    pub(crate) fn affiliated(&self, element: &Element, key: &str) -> Option<Range<usize>> {
        self.elements[element.affiliated.clone()].iter().rev().find_map(|e| match &e.kind {
            Kind::Keyword { key: k, value } => self.slice(k).eq_ignore_ascii_case(key).then(|| value.clone()),
            _ => None,
        })
    }

    /// All values of an affiliated keyword of an element, in document order, each with its second value
    /// (`#+CAPTION[second]: value`).
    #[allow(dead_code, reason = "for the exporter")]
    pub(crate) fn affiliated_all(&self, element: &Element, key: &str) -> Vec<(Range<usize>, Option<Range<usize>>)> {
        let keywords = self.elements.get(element.affiliated.clone()).unwrap_or(&[]);
        let values = keywords.iter().filter_map(|e| match &e.kind {
            Kind::Keyword { key: k, value } if self.slice(k).eq_ignore_ascii_case(key) => {
                let between = self.slice(&(k.end..value.start));
                let second = between.strip_prefix('[').and_then(|rest| rest.rfind("]:"));
                Some((value.clone(), second.map(|len| k.end + 1..k.end + 1 + len)))
            }
            _ => None,
        });
        values.collect()
    }

    /// The `#+name:` of an element.
    pub(crate) fn name_of(&self, element: &Element) -> Option<Range<usize>> {
        ["name", "tblname", "srcname"].iter().find_map(|k| self.affiliated(element, k)).filter(|r| !r.is_empty())
    }

    /// Whether an option of `#+OPTIONS: name:value` is on.
    pub(crate) fn option(&self, name: &str) -> Option<&'a str> {
        let words = self.keywords("options").flat_map(|v| self.slice(&v).split_whitespace());
        words.filter_map(|w| w.strip_prefix(name)?.strip_prefix(':')).last()
    }

    /// Whether the author opted in to raw HTML.
    pub(crate) fn allows_html(&self) -> bool {
        self.option("raw-html").is_some_and(|v| v == "t" || v == "yes")
    }

    fn scan(&mut self, heading_lines: &[(usize, usize)]) {
        let source = &self.source;
        let ends = Ends::new(source);
        let first = heading_lines.first().map_or(source.lines.len(), |(n, _)| *n);
        Scanner::new(source, &ends, &mut self.elements, &mut self.unclosed, None).scan(0..first, Mode::Top);
        self.preamble = 0..self.elements.len();
        self.drawer = top_drawer(source, first);
        self.headings.reserve(heading_lines.len());
        for (k, (n, level)) in heading_lines.iter().enumerate() {
            let last = heading_lines.get(k + 1).map_or(source.lines.len(), |(next, _)| *next);
            let planning = (n + 1 < last).then(|| planning(source, n + 1)).flatten();
            let body = n + 1 + usize::from(planning.is_some());
            let drawer = drawer::parse(source, body, last).map(|(drawer, _)| drawer);
            let from = self.elements.len();
            Scanner::new(source, &ends, &mut self.elements, &mut self.unclosed, Some(k))
                .scan(n + 1..last, Mode::Planning);
            self.headings.push(Heading {
                level: *level,
                line: source.lines[*n].start..source.lines[*n].end,
                end: source.text.len(),
                state: None,
                priority: None,
                title: 0..0,
                tags: Vec::new(),
                comment: false,
                parent: None,
                next: heading_lines.len(),
                planning,
                drawer,
                elements: from..self.elements.len(),
                hidden: false,
            });
        }
        self.keywords = (0..self.elements.len())
            .filter(|i| self.elements.get(*i).is_some_and(|e| matches!(e.kind, Kind::Keyword { .. })))
            .collect();
        self.nest();
    }

    /// Parents and subtree ends, with a stack of the open headings.
    fn nest(&mut self) {
        let mut open: Vec<usize> = Vec::new();
        for i in 0..self.headings.len() {
            let (level, start) = (self.headings[i].level, self.headings[i].line.start);
            while let Some(top) = open.last().copied() {
                if self.headings[top].level < level {
                    break;
                }
                self.headings[top].end = start;
                self.headings[top].next = i;
                open.pop();
            }
            self.headings[i].parent = open.last().copied();
            open.push(i);
        }
    }

    fn read_settings(&mut self) {
        let mut odd = false;
        let mut values: Vec<&str> = Vec::new();
        for key in ["todo", "seq_todo", "typ_todo"] {
            values.extend(self.keywords(key).map(|v| self.slice(&v)));
        }
        self.todo = TodoKeywords::from_lines(values);
        let mut tags: Vec<String> = Vec::new();
        for value in self.keywords("filetags") {
            for tag in self.slice(&value).split([':', ' ', '\t']).filter(|t| !t.is_empty()) {
                if !tags.iter().any(|t| t == tag) {
                    tags.push(tag.to_owned());
                }
            }
        }
        self.filetags = tags;
        for value in self.keywords("startup").map(|v| self.slice(&v)) {
            for word in value.split_whitespace() {
                odd = match word.to_ascii_lowercase().as_str() {
                    "odd" => true,
                    "oddeven" => false,
                    _ => odd,
                };
            }
        }
        self.odd = odd;
    }

    fn read_titles(&mut self, heading_lines: &[(usize, usize)]) {
        for (i, (_, level)) in heading_lines.iter().enumerate() {
            let range = self.headings[i].line.clone();
            let title = headline::parse(self.source.slice(&range), *level, &self.todo);
            let shift = |r: Range<usize>| range.start + r.start..range.start + r.end;
            let hidden = title.comment || self.headings[i].parent.is_some_and(|p| self.headings[p].hidden);
            let heading = &mut self.headings[i];
            heading.state = title.state.map(shift);
            heading.priority = title.priority.map(shift);
            heading.title = shift(title.title);
            heading.tags = title.tags.into_iter().map(shift).collect();
            heading.comment = title.comment;
            heading.hidden = hidden;
        }
    }

    /// The file again, put together from its parts. What lies between two parts must be blank; the parts must not
    /// overlap. `None` where that does not hold, which would be a bug of the scanner.
    pub(crate) fn to_text(&self) -> Option<String> {
        let mut parts: Vec<Range<usize>> = self.headings.iter().map(|h| h.line.clone()).collect();
        let mut i = 0;
        while let Some(element) = self.elements.get(i) {
            parts.push(element.span.clone());
            let inside = self.elements.get(i + 1..element.next)?;
            if inside.iter().any(|e| e.outer.start < element.contents.start || e.outer.end > element.contents.end) {
                return None;
            }
            i = element.next.max(i + 1);
        }
        parts.sort_by_key(|p| (p.start, p.end));
        let mut out = String::with_capacity(self.text().len());
        let mark = if self.text().starts_with(MARK) { MARK } else { "" };
        out.push_str(mark);
        let mut at = mark.len();
        for part in parts {
            let gap = self.text().get(at..part.start)?;
            if !is_gap(gap) {
                return None;
            }
            out.push_str(gap);
            out.push_str(self.text().get(part.clone())?);
            at = part.end;
        }
        let tail = self.text().get(at..)?;
        out.push_str(tail);
        is_gap(tail).then_some(out)
    }
}

/// The lines that begin with stars and a space, with their number of stars.
fn heading_lines(source: &Source) -> Vec<(usize, usize)> {
    let text = |l: &crate::source::Line| &source.text[l.start..l.end];
    source.lines.iter().enumerate().filter_map(|(n, l)| line::stars(text(l)).map(|s| (n, s))).collect()
}

/// What may stand between two elements.
fn is_gap(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The drawer at the top of the file: comments may stand above it.
fn top_drawer(source: &Source, last: usize) -> Option<Drawer> {
    let text = |n: usize| source.lines.get(n).map_or("", |l| &source.text[l.start..l.end]);
    let first = (0..last).find(|n| !line::is_blank(text(*n)))?;
    let first = (first..last).find(|n| !line::is_comment(text(*n)))?;
    drawer::parse(source, first, last).map(|(drawer, _)| drawer)
}

/// The planning line `n`, if it is one.
fn planning(source: &Source, n: usize) -> Option<Planning> {
    let l = source.lines.get(n)?;
    let text = &source.text[l.start..l.end];
    let start = line::indent(text).1;
    if !line::is_planning(text) {
        return None;
    }
    let mut planning = Planning { span: l.start + start..l.end, ..Planning::default() };
    for (key, slot) in [
        ("SCHEDULED:", &mut planning.scheduled),
        ("DEADLINE:", &mut planning.deadline),
        ("CLOSED:", &mut planning.closed),
    ] {
        if let Some(i) = text.find(key) {
            *slot = timestamp::parse(text[i + key.len()..].trim_start()).map(|(t, _)| t);
        }
    }
    Some(planning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Vec<String> {
        let document = Document::parse(text);
        assert_eq!(document.to_text().as_deref(), Some(text));
        document
            .elements
            .iter()
            .map(|e| {
                let kind = format!("{:?}", e.kind);
                let kind = kind.split([' ', '(']).next().unwrap_or("");
                format!("{kind} {:?}", document.slice(&e.span))
            })
            .collect()
    }

    #[test]
    fn elements_of_a_section() {
        let text = "#+name: x\n#+begin_src js :in a\n  1\n#+end_src\n\ntext\n- a\n  b\n  - c\n\n  d\n- e\nend\n";
        assert_eq!(
            outline(text),
            [
                r##"Keyword "#+name: x""##,
                r##"Block "#+begin_src js :in a\n  1\n#+end_src""##,
                r#"Paragraph "text""#,
                r#"List "- a\n  b\n  - c\n\n  d\n- e""#,
                r#"Item "- a\n  b\n  - c\n\n  d""#,
                r#"Paragraph "a\n  b""#,
                r#"List "- c""#,
                r#"Item "- c""#,
                r#"Paragraph "c""#,
                r#"Paragraph "d""#,
                r#"Item "- e""#,
                r#"Paragraph "e""#,
                r#"Paragraph "end""#,
            ]
        );
    }

    #[test]
    fn containers_and_unclosed() {
        let text =
            "#+begin_quote\n:D:\nx\n:END:\n#+end_quote\n#+begin_src js\n* H\n:PROPERTIES:\n:a: b\n:END:\n#+end_src";
        let document = Document::parse(text);
        assert_eq!(document.unclosed.len(), 1);
        assert_eq!(document.unclosed[0].too_late, Some(10));
        assert_eq!(document.property(0, "A").as_deref(), Some("b"));
        assert_eq!(
            outline(text)[..3].iter().map(|s| s.split(' ').next()).collect::<Vec<_>>(),
            [Some("Block"), Some("Drawer"), Some("Paragraph")]
        );
    }

    #[test]
    fn odd_texts_are_kept() {
        for text in ["", "\u{feff}* a\r\n\r\n", "\0\n*\n* \n** x", "a\r\rb\n\n\n\t- x\n", "[fn:1] x\n\ny\n\n\nz"] {
            outline(text);
        }
    }
}
