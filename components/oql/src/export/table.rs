//! Tables.
//!
//! A first column that holds only marks, rows that start with one, and rows of alignment cookies are instructions, not
//! data. A table has a head if a rule and another line follow its first group of rows.

use std::ops::Range;

use super::html::attribute;
use super::inline;
use super::{Export, attributes, language, paragraph};
use crate::object::Place;
use crate::syntax::Element;
use crate::syntax::table::{Row, rows};

/// A table as its rows say it is laid out.
struct Layout {
    /// The first column is one of marks.
    marked: bool,
    /// Per row whether it is data.
    data: Vec<bool>,
    head: bool,
    /// Per column (the marks not counted) whether its text stands to the right, or in the middle.
    alignment: Vec<Option<&'static str>>,
    /// Columns that begin and end a group.
    groups: Vec<(bool, bool)>,
}

const MARKS: [&str; 7] = ["/", "#", "!", "$", "*", "_", "^"];

impl Layout {
    fn of(text: &str, rows: &[Row]) -> Self {
        // They come trimmed.
        let cell = |r: &Range<usize>| text.get(r.clone()).unwrap_or("");
        let firsts =
            || rows.iter().filter_map(|r| if let Row::Cells(c) = r { Some(c.first().map_or("", cell)) } else { None });
        let marked = firsts().all(|f| f.is_empty() || MARKS.contains(&f)) && firsts().any(|f| !f.is_empty());
        let mut layout = Layout {
            marked,
            data: Vec::with_capacity(rows.len()),
            head: false,
            alignment: Vec::new(),
            groups: Vec::new(),
        };
        let mut fixed: Vec<Option<&'static str>> = Vec::new();
        for row in rows {
            let Row::Cells(cells) = row else {
                layout.data.push(false);
                continue;
            };
            let first = cells.first().map_or("", cell);
            let cookies = cells.iter().map(cell).filter(|c| !c.is_empty());
            let only_cookies = cookies.clone().all(|c| cookie(c).is_some()) && cookies.clone().next().is_some();
            let special = first == "/" || (marked && ["^", "_", "$", "!"].contains(&first)) || only_cookies;
            layout.data.push(!special);
            if special {
                for (column, text) in cells.iter().map(cell).enumerate().skip(usize::from(marked)) {
                    let column = column - usize::from(marked);
                    if let Some(Some(side)) = cookie(text) {
                        fixed.resize(fixed.len().max(column + 1), None);
                        fixed[column] = Some(side);
                    }
                    if first == "/" {
                        layout.groups.resize(layout.groups.len().max(column + 1), (false, false));
                        layout.groups[column] = (text.contains('<') && !text.starts_with("<l"), text.contains('>'));
                    }
                }
            }
        }
        layout.head = has_head(rows, &layout.data);
        layout.align(text, rows, fixed);
        layout
    }

    fn align(&mut self, text: &str, rows: &[Row], fixed: Vec<Option<&'static str>>) {
        // Per column: cells, numbers, whether the cell above was one.
        let mut counts: Vec<(usize, usize, bool)> = Vec::new();
        for (row, data) in rows.iter().zip(&self.data) {
            let (Row::Cells(cells), true) = (row, data) else { continue };
            for (column, cell) in cells.iter().skip(usize::from(self.marked)).enumerate() {
                if column >= counts.len() {
                    counts.resize(column + 1, (0, 0, false));
                }
                let cell = text.get(cell.clone()).unwrap_or("");
                let (all, numbers, above) = &mut counts[column];
                *all += 1;
                *above = is_number(cell) || (cell.is_empty() && *above);
                *numbers += usize::from(*above);
            }
        }
        self.alignment = counts.iter().map(|(all, numbers, _)| (numbers * 2 >= *all).then_some("org-right")).collect();
        for (slot, side) in self.alignment.iter_mut().zip(fixed) {
            if let Some(side) = side {
                *slot = Some(side).filter(|s| *s != "org-left");
            }
        }
    }
}

/// `<r10>`; the side it asks for.
fn cookie(text: &str) -> Option<Option<&'static str>> {
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    let (side, digits) = match inner.as_bytes().first() {
        Some(b'l') => (Some("org-left"), inner.get(1..)?),
        Some(b'r') => (Some("org-right"), inner.get(1..)?),
        Some(b'c') => (Some("org-center"), inner.get(1..)?),
        _ => (None, inner),
    };
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(side)
}

fn is_number(text: &str) -> bool {
    // Most cells are words: one look is enough for those.
    if !matches!(
        text.as_bytes().first(),
        Some(b'0'..=b'9' | b'-' | b'+' | b'^' | b'.' | b'<' | b'>' | b'n' | b'i' | b'u')
    ) {
        return false;
    }
    let body = text.strip_prefix(['<', '>']).unwrap_or(text);
    if matches!(body, "nan" | "inf" | "-inf" | "+inf" | "uinf") {
        return true;
    }
    let digit = body.bytes().position(|b| b.is_ascii_digit());
    digit.is_some_and(|i| {
        body.bytes().take(i).all(|b| matches!(b, b'-' | b'+' | b'^' | b'.'))
            && body.bytes().skip(i).all(|b| {
                b.is_ascii_digit()
                    || matches!(
                        b,
                        b'-' | b'+' | b'^' | b'.' | b'e' | b'E' | b'd' | b'D' | b'x' | b'(' | b')' | b'%' | b':'
                    )
            })
    })
}

/// A rule behind the first rows, and something behind that rule.
fn has_head(rows: &[Row], data: &[bool]) -> bool {
    let mut seen = false;
    let mut ruled = false;
    for (row, data) in rows.iter().zip(data) {
        match row {
            _ if *row != Row::Rule && !data => {}
            _ if ruled => return true,
            Row::Rule => ruled = seen,
            Row::Cells(_) => seen = true,
        }
    }
    false
}

/// Writes the table at an element.
pub(crate) fn write(x: &mut Export, i: usize, element: &Element) {
    let document = x.document;
    let rows = rows(document.text(), &element.span);
    let layout = Layout::of(document.text(), &rows);
    if !x.plain {
        open(&mut x.out, &x.settings.language);
    }
    x.out.push_str("<table");
    if let Some(id) = x.ids.elements.get(&i).cloned() {
        attribute(&mut x.out, "id", &id);
    }
    if !element.affiliated.is_empty() {
        let attributes = attributes::read(document, element);
        attributes::write(&mut x.out, &attributes, &["href", "src"]);
    }
    x.out.push_str(">\n");
    if let Some(caption) = paragraph::caption(document, element) {
        let number = x.index.numbers.get(&i).copied().unwrap_or(1);
        let label = language::numbered(&x.settings.language, language::Word::Table, number);
        x.out.push_str(&format!("<caption><span class=\"table-number\">{label}</span> "));
        inline::text(x, &caption, Place::Keyword);
        x.out.push_str("</caption>\n");
    }
    columns(x, &layout);
    let tags = [Tags::of(&layout, false), Tags::of(&layout, true)];
    let mut group = 0;
    let mut open = false;
    for (row, data) in rows.iter().zip(&layout.data) {
        match row {
            Row::Rule if open => {
                x.out.push_str(if group == 1 && layout.head { "</thead>\n" } else { "</tbody>\n" });
                open = false;
            }
            Row::Cells(cells) if *data => {
                if !open {
                    group += 1;
                    x.out.push_str(if group == 1 && layout.head { "<thead>\n" } else { "<tbody>\n" });
                    open = true;
                }
                write_row(x, cells, layout.marked, &tags[usize::from(group == 1 && layout.head)]);
            }
            _ => {}
        }
    }
    if open {
        x.out.push_str(if group == 1 && layout.head { "</thead>\n" } else { "</tbody>\n" });
    }
    x.out.push_str("</table>\n");
    x.out.push_str(if x.plain { "" } else { CLOSE });
}

/// What ends the box of a table.
pub(super) const CLOSE: &str = "</div>\n";

/// Opens the box around a table, in which it scrolls where the page is too narrow for it.
pub(super) fn open(out: &mut String, language: &str) {
    let label = language::word(language, language::Word::Table).replace("%d", "");
    out.push_str("<div class=\"table\" role=\"group\"");
    attribute(out, "aria-label", label.trim_end_matches([':', '.', ' ', '\u{a0}']));
    out.push_str(" tabindex=\"0\">\n");
}

/// Groups of columns, if the author drew any.
fn columns(x: &mut Export, layout: &Layout) {
    if !layout.groups.iter().any(|(begins, ends)| *begins || *ends) {
        return;
    }
    let mut open = false;
    let count = layout.alignment.len().max(layout.groups.len());
    for column in 0..count {
        let (begins, ends) = layout.groups.get(column).copied().unwrap_or_default();
        if begins && open {
            x.out.push_str("</colgroup>\n");
            open = false;
        }
        if !open {
            x.out.push_str("<colgroup>");
            open = true;
        }
        x.out.push_str("<col>");
        if ends {
            x.out.push_str("</colgroup>\n");
            open = false;
        }
    }
    x.out.push_str(if open { "</colgroup>\n" } else { "" });
}

/// The tags around the cells of a row, together what stands between two cells: a cell is written with two copies, not three.
struct Tags {
    /// Per column what ends the cell before it, or begins the row, and begins its own.
    before: Vec<String>,
    /// The same of columns no other row has.
    beyond: &'static str,
    close: &'static str,
}

impl Tags {
    fn of(layout: &Layout, head: bool) -> Self {
        let (tag, beyond, close) = match head {
            true => ("<th scope=\"col\"", "</th><th scope=\"col\">", "</th>"),
            false => ("<td", "</td><td>", "</td>"),
        };
        let before = layout.alignment.iter().enumerate().map(|(column, side)| {
            let mut out = if column == 0 { "<tr>" } else { close }.to_owned();
            out.push_str(tag);
            if let Some(side) = side {
                attribute(&mut out, "class", side);
            }
            out.push('>');
            out
        });
        Tags { before: before.collect(), beyond, close }
    }
}

fn write_row(x: &mut Export, cells: &[Range<usize>], marked: bool, tags: &Tags) {
    // A lone bar is a row without cells.
    let after = |cell: &Range<usize>| x.document.text().get(cell.end..).unwrap_or("").trim_start_matches([' ', '\t']);
    let bare = matches!(cells, [cell] if cell.is_empty() && !after(cell).starts_with('|'));
    let cells = cells.get(usize::from(marked || bare)..).unwrap_or_default();
    if cells.is_empty() {
        x.out.push_str("<tr></tr>\n");
        return;
    }
    for (column, cell) in cells.iter().enumerate() {
        x.out.push_str(tags.before.get(column).map_or(tags.beyond, String::as_str));
        if cell.is_empty() {
            x.out.push_str(if x.plain { "\u{a0}" } else { "" });
        } else {
            inline::range(x, cell.clone(), Place::Cell);
        }
    }
    x.out.push_str(tags.close);
    x.out.push_str("</tr>\n");
}
