//! The lines of one table, aligned as `org-table-align` does it.
//!
//! A column is as wide as its widest cell shows on a screen: a link counts by its description, an ideograph for two.

use super::width;

/// One row as Org reads it.
enum Row<'a> {
    Rule,
    Cells(Vec<Cell<'a>>),
}

struct Cell<'a> {
    text: &'a str,
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Centre,
    Right,
}

/// The largest table that is aligned: a few bytes can describe one with more cells than anyone has memory for.
const MAX_SIZE: usize = 32 << 20;

/// The lines of a table, without their breaks; each begins with a bar behind white space.
pub(crate) fn align(lines: &[&str]) -> Vec<String> {
    let Some(first) = lines.first() else { return Vec::new() };
    let rows: Vec<Row> = lines.iter().map(|line| row(line)).collect();
    let indent = first.split('|').next().unwrap_or("");
    let columns = columns(&rows, first);
    let size: usize = columns.iter().map(|(width, _)| width + 3).sum();
    if size.saturating_mul(rows.len()) > MAX_SIZE {
        return lines.iter().map(|line| (*line).to_owned()).collect();
    }
    let mut rule = String::new();
    for (i, (width, _)) in columns.iter().enumerate() {
        rule.push_str(if i == 0 { "|" } else { "+" });
        rule.push_str(&"-".repeat(width + 2));
    }
    rule.push('|');
    let draw = |row: &Row| match row {
        Row::Rule => format!("{indent}{rule}"),
        Row::Cells(cells) => format!("{indent}|{}", drawn(cells, &columns)),
    };
    rows.iter().map(draw).collect()
}

fn drawn(cells: &[Cell], columns: &[(usize, Align)]) -> String {
    let mut out = String::new();
    for (i, (width, align)) in columns.iter().enumerate() {
        let (text, own) = cells.get(i).map_or(("", 0), |cell| (cell.text, cell.width));
        let spaces = width.saturating_sub(own);
        let before = match align {
            Align::Left => 0,
            Align::Centre => spaces / 2,
            Align::Right => spaces,
        };
        out.push(' ');
        out.push_str(&" ".repeat(before));
        out.push_str(text);
        out.push_str(&" ".repeat(spaces - before));
        out.push_str(" |");
    }
    out
}

/// Width and alignment of each column.
fn columns(rows: &[Row], first: &str) -> Vec<(usize, Align)> {
    let cells = || rows.iter().filter_map(|row| if let Row::Cells(cells) = row { Some(cells) } else { None });
    if cells().next().is_none() {
        return vec![(1, Align::Left); first.matches('+').count() + 1];
    }
    let count = cells().map(Vec::len).max().unwrap_or(0);
    let mut columns = vec![Column::default(); count];
    for (column, cell) in cells().flat_map(|row| row.iter().enumerate()) {
        if let Some(column) = columns.get_mut(column) {
            column.add(cell);
        }
    }
    columns.into_iter().map(|column| (column.width.max(1), column.align())).collect()
}

#[derive(Clone, Default)]
struct Column {
    width: usize,
    fixed: Option<Align>,
    filled: usize,
    numbers: usize,
}

impl Column {
    fn add(&mut self, cell: &Cell) {
        self.width = self.width.max(cell.width);
        if self.fixed.is_some() || cell.text.is_empty() {
            return;
        }
        self.fixed = cookie(cell.text);
        if self.fixed.is_none() {
            self.filled += 1;
            self.numbers += usize::from(is_number(cell.text));
        }
    }

    /// Half of the cells that hold something must be numbers; that is true of an empty column.
    fn align(&self) -> Align {
        let numbers = if self.numbers * 2 >= self.filled { Align::Right } else { Align::Left };
        self.fixed.unwrap_or(numbers)
    }
}

/// `<l>`, `<r10>`: how a column is to be aligned.
fn cookie(text: &str) -> Option<Align> {
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    let align = match inner.chars().next()? {
        'l' => Align::Left,
        'c' => Align::Centre,
        'r' => Align::Right,
        _ => return None,
    };
    inner[1..].bytes().all(|b| b.is_ascii_digit()).then_some(align)
}

/// Whether a cell is a number in the sense of `org-table-number-regexp`.
fn is_number(text: &str) -> bool {
    if text == "nan" || matches!(text, "inf" | "-inf" | "+inf" | "uinf") {
        return true;
    }
    let text = text.strip_prefix(['<', '>']).unwrap_or(text);
    let lead = text.find(|c: char| !(c.is_ascii_digit() || "-+^.".contains(c))).unwrap_or(text.len());
    let begins = text[..lead].bytes().any(|b| b.is_ascii_digit());
    let number = |c: char| c.is_ascii_digit() || "-+^.eEdDx()%:".contains(c);
    if begins && text[lead..].chars().all(number) {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        return !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit() || c == '.');
    }
    let based =
        unsigned.split_once('#').filter(|(base, _)| !base.is_empty() && base.bytes().all(|b| b.is_ascii_digit()));
    based.is_some_and(|(_, rest)| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '.'))
}

fn row(line: &str) -> Row<'_> {
    let bar = line.find('|').map_or(line.len(), |i| i + 1);
    let content = line.get(bar..).unwrap_or("");
    if content.starts_with('-') {
        return Row::Rule;
    }
    let hidden = width::hidden(line);
    let mut cells = Vec::new();
    let blank = [' ', '\t'];
    let mut at = bar;
    loop {
        let rest = line.get(at..).unwrap_or("");
        let start = at + (rest.len() - rest.trim_start_matches(blank).len());
        if start >= line.len() {
            return Row::Cells(cells);
        }
        let end = line[start..].find('|').map_or(line.len(), |i| start + i);
        let text = line[start..end].trim_end_matches(blank);
        cells.push(Cell { text, width: width::shown(text, start, &hidden) });
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let lines: Vec<&str> = text.lines().collect();
        let once = align(&lines);
        assert_eq!(once.join("\n"), expect);
        let again: Vec<&str> = once.iter().map(String::as_str).collect();
        assert_eq!(align(&again), once, "aligned twice");
    }

    #[test]
    fn aligned() {
        check("  |a|1|\n|-\n|long|10", "  | a    |  1 |\n  |------+----|\n  | long | 10 |");
        check("|-\n|-+-|", "|---|\n|---|");
        check("||\n| x", "|   |\n| x |");
        check("|<c>|\n|xxxxx|\n| y|", "|  <c>  |\n| xxxxx |\n|   y   |");
        check("| a | [[x][y]] |\n| [[abc]] | |", "| a   | [[x][y]] |\n| [[abc]] |   |");
    }

    #[test]
    fn numbers() {
        for text in ["1", "-1.5e3", "<5", "0x1F", "5%", "nan", "+inf", "16#ff", "12:30", "1(2)"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["a1", "e5", "x0", "1 2", "-", "1,5"] {
            assert!(!is_number(text), "{text}");
        }
    }
}
