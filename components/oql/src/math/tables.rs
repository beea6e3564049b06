//! Environments: matrices, cases, aligned equations, arrays. Their cells are rows like any other.

use super::commands::fence;
use super::reader::{Reader, Token};

/// How the columns of a table stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Columns<'a> {
    Centred,
    Left,
    /// Right and left in turn, without a space inside of a pair.
    Pairs,
    /// First line left, last line right.
    Staggered,
    /// As the letters say.
    Letters(&'a str),
}

impl<'a> Reader<'a> {
    /// `\begin{…} … \end{…}` as one element; `\begin` is read.
    pub(super) fn environment(&mut self) -> Option<String> {
        let name = self.raw_group()?;
        let bare = name.strip_suffix('*').unwrap_or(name);
        let mut columns = Columns::Centred;
        let (mut open, mut close, mut display) = ("", "", false);
        match bare {
            "matrix" | "smallmatrix" => {}
            "pmatrix" => (open, close) = ("(", ")"),
            "bmatrix" => (open, close) = ("[", "]"),
            "Bmatrix" => (open, close) = ("{", "}"),
            "vmatrix" => (open, close) = ("|", "|"),
            "Vmatrix" => (open, close) = ("‖", "‖"),
            "cases" | "dcases" => (open, columns, display) = ("{", Columns::Left, bare == "dcases"),
            "rcases" | "drcases" => (close, columns, display) = ("}", Columns::Left, bare == "drcases"),
            "align" | "aligned" | "split" | "alignat" | "alignedat" | "flalign" | "eqnarray" => {
                (columns, display) = (Columns::Pairs, true);
            }
            "gather" | "gathered" | "equation" | "displaymath" | "math" => display = bare != "math",
            "multline" => (columns, display) = (Columns::Staggered, true),
            "array" | "subarray" => columns = Columns::Letters(""),
            _ => return None,
        }
        if matches!(bare, "array" | "subarray" | "aligned" | "alignedat" | "gathered" | "split") || name.ends_with("x*")
        {
            let option = self.raw_option();
            if let Some(letters) = option.filter(|_| name.ends_with("x*")) {
                columns = Columns::Letters(letters);
            }
        }
        match bare {
            "array" | "subarray" => columns = Columns::Letters(self.raw_group()?),
            "alignat" | "alignedat" => {
                self.raw_group()?;
            }
            "eqnarray" => columns = Columns::Letters("rcl"),
            _ => {}
        }
        let table = self.deeper(|reader| {
            reader.display = display;
            reader.table(columns, display, matches!(bare, "equation" | "displaymath" | "math"))
        })?;
        if !self.take(Token::Command("end")) || self.raw_group()? != name {
            return None;
        }
        let table = match bare {
            "smallmatrix" => format!("<mstyle displaystyle=\"false\" scriptlevel=\"1\">{table}</mstyle>"),
            _ => table,
        };
        Some(if open.is_empty() && close.is_empty() {
            table
        } else {
            format!("<mrow>{}{table}{}</mrow>", fence(open, "prefix"), fence(close, "postfix"))
        })
    }

    /// Lines one below the other.
    pub(super) fn substack(&mut self) -> Option<super::rows::Atom> {
        if !self.take(Token::Open) {
            return None;
        }
        let table = self.deeper(|reader| reader.table(Columns::Centred, false, true))?;
        self.take(Token::Close).then(|| super::rows::Atom::plain(table))
    }

    /// The lines of a whole formula, which is none of a table where it is one line.
    pub(super) fn lines(&mut self) -> Option<String> {
        let display = self.display;
        let html = self.table(Columns::Centred, display, true)?;
        (self.peek() == Token::End).then_some(html)
    }

    /// Rows of cells up to what ends them, which stays. With `plain`, cells are refused and one row is no table.
    fn table(&mut self, columns: Columns<'_>, display: bool, plain: bool) -> Option<String> {
        let mut rows: Vec<(bool, Vec<String>)> = Vec::new();
        let mut line_below = false;
        loop {
            let mut line = false;
            while self.take(Token::Command("hline")) {
                line = true;
            }
            let mut cells = Vec::new();
            loop {
                cells.push(self.row(false)?.html);
                if !self.take(Token::Cell) {
                    break;
                }
                if plain {
                    return None;
                }
            }
            let more = self.take(Token::Row);
            let empty = cells.iter().all(String::is_empty);
            if more || !(empty && (line || !rows.is_empty())) {
                rows.push((line, cells));
            } else {
                line_below = line;
            }
            if !more {
                break;
            }
            if self.raw() == Some('*') {
                self.skip_raw();
            }
            self.raw_option();
        }
        if plain && rows.len() == 1 {
            return rows.pop().and_then(|(_, mut cells)| cells.pop()).map(|cell| format!("<mrow>{cell}</mrow>"));
        }
        Some(written(&rows, columns, display, line_below))
    }
}

/// Rows, each with whether a line is above it, as a table.
fn written(rows: &[(bool, Vec<String>)], columns: Columns<'_>, display: bool, line_below: bool) -> String {
    let sides = Sides::new(columns);
    let mut html = String::from(if display { "<mtable displaystyle=\"true\">" } else { "<mtable>" });
    let count = rows.len();
    for (row, (line, cells)) in rows.iter().enumerate() {
        html.push_str("<mtr>");
        for (column, cell) in cells.iter().enumerate() {
            let mut class = match columns {
                Columns::Staggered if row == 0 => "m-l".to_owned(),
                Columns::Staggered if row + 1 == count => "m-r".to_owned(),
                _ => sides.class(column),
            };
            let below = line_below && row + 1 == count;
            for (wanted, name) in [(*line, "m-ts"), (below, "m-bs")] {
                if wanted {
                    class.push_str(if class.is_empty() { "" } else { " " });
                    class.push_str(name);
                }
            }
            html.push_str("<mtd");
            if !class.is_empty() {
                html.push_str(" class=\"");
                html.push_str(&class);
                html.push('"');
            }
            html.push('>');
            html.push_str(cell);
            html.push_str("</mtd>");
        }
        html.push_str("</mtr>");
    }
    html.push_str("</mtable>");
    html
}

/// The classes of a table's columns.
struct Sides<'a> {
    columns: Columns<'a>,
    letters: Vec<String>,
}

impl Sides<'_> {
    fn new(columns: Columns<'_>) -> Sides<'_> {
        let mut letters: Vec<String> = Vec::new();
        let mut line = false;
        let Columns::Letters(text) = columns else { return Sides { columns, letters } };
        for c in text.chars() {
            let side = match c {
                'c' => "",
                'l' => "m-l",
                'r' => "m-r",
                '|' => {
                    match letters.last_mut() {
                        Some(last) if !last.ends_with("m-rs") => {
                            last.push_str(if last.is_empty() { "m-rs" } else { " m-rs" });
                        }
                        Some(_) => {}
                        None => line = true,
                    }
                    continue;
                }
                _ => continue,
            };
            let left = match (line, side) {
                (false, _) => "",
                (true, "") => "m-ls",
                (true, _) => " m-ls",
            };
            line = false;
            letters.push(format!("{side}{left}"));
        }
        Sides { columns, letters }
    }

    fn class(&self, column: usize) -> String {
        match self.columns {
            Columns::Centred | Columns::Staggered => String::new(),
            Columns::Left => "m-l".to_owned(),
            Columns::Pairs if column.is_multiple_of(2) => "m-r m-pr".to_owned(),
            Columns::Pairs => "m-l m-pl".to_owned(),
            Columns::Letters(_) => self.letters.get(column).cloned().unwrap_or_default(),
        }
    }
}
