//! Where something stands in the text.

use std::fmt;

/// A place in the text of a `deployment.org`, as an editor counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in Unicode scalar values.
    pub column: u32,
}

impl Position {
    /// The place of byte `offset` of the line `text`, which is the line with the index `line` (from 0).
    pub(crate) fn in_line(line: usize, text: &str, offset: usize) -> Self {
        let before = text.char_indices().take_while(|(at, _)| *at < offset).count();
        Self { line: from_one(line), column: from_one(before) }
    }

    /// The place behind `text`, which begins here and has no line end.
    pub(crate) fn after(self, text: &str) -> Self {
        let width = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Self { column: self.column.saturating_add(width), ..self }
    }
}

fn from_one(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(Position::in_line(2, "äö: x", 6), Position { line: 3, column: 5 });
    }
}
