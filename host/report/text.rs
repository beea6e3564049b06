//! Small pieces of human text: tables, counts, sizes, and text from a file made safe for a terminal.

/// Text from a document or a component as it may go to a terminal: control characters, which could move the cursor or
/// change colours, become pictures of themselves.
#[must_use]
pub fn printable(text: &str) -> String {
    let safe = |c: char| match c {
        '\n' | '\t' => c,
        // U+2400 and on are pictures of the control characters, in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(' '),
        '\u{7f}'..='\u{9f}' => '\u{fffd}',
        // Marks that reorder text would let a file show something else than it holds.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ => c,
    };
    text.chars().map(safe).collect()
}

/// Lines with aligned columns, each indented by two spaces. The last column is as long as it likes.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(&widths) {
            // Padding counts characters, not bytes.
            line.push_str(&format!(" {cell:width$} "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn count(number: usize, word: &str) -> String {
    let plural = if number == 1 {
        ""
    } else if word.ends_with('y') && !word.ends_with("ay") {
        "ies"
    } else {
        "s"
    };
    let stem = if plural == "ies" { word.trim_end_matches('y') } else { word };
    format!("{number} {stem}{plural}")
}

/// `12 B`, `3.4 KiB`, `5.6 MiB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = number as f64;
    let mut unit = None;
    for each in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(each);
    }
    unit.map_or_else(|| format!("{number} B"), |unit| format!("{value:.1} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_a_terminal_are_shown_and_not_obeyed() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\td"), "a\u{241b}[31mb\u{fffd}c\td");
    }

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [["é", "x"], ["long", "y"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "  é     x\n  long  y\n");
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!([bytes(12), bytes(1536), bytes(5 << 20)], ["12 B", "1.5 KiB", "5.0 MiB"]);
        assert_eq!([count(1, "error"), count(2, "entry")], ["1 error", "2 entries"]);
    }
}
