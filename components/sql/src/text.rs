//! The text of a block: what stands before a statement, where a byte is, and what a misspelt name most likely meant.

use codec::json::quote;

/// What is wrong, for the lane to show at its place in the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the block.
    pub at: Option<usize>,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None, help: None }
    }

    /// The same with a place.
    #[must_use]
    pub fn at(self, offset: usize) -> Self {
        Self { at: Some(offset), ..self }
    }

    /// The same with a cure.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// As JSON, which the lane reads: `message`, `line` and `column` from 1 (0: unknown), `help` (may be empty).
    pub fn to_json(&self, block: &str) -> String {
        let (line, column) = self.at.map_or((0, 0), |at| place(block, at));
        let mut out = b"{\"message\":".to_vec();
        quote(&self.message, &mut out);
        out.extend_from_slice(format!(",\"line\":{line},\"column\":{column},\"help\":").as_bytes());
        quote(self.help.as_deref().unwrap_or_default(), &mut out);
        out.push(b'}');
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Line and column of a byte, from 1; columns count characters.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// What stands before a statement.
#[derive(Debug, PartialEq)]
pub struct Lead {
    /// Bytes of white space and comments.
    pub bytes: usize,
    /// The output that a comment `-- out: name` gives the statement's rows to.
    pub output: Option<String>,
}

/// Reads over white space, comments and empty statements.
pub fn lead(sql: &str) -> Lead {
    let mut lead = Lead { bytes: 0, output: None };
    loop {
        let rest = &sql[lead.bytes..];
        let space = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';').len();
        let rest = &rest[space..];
        let comment = if rest.starts_with("--") {
            let line = rest.find('\n').unwrap_or(rest.len());
            if let Some(name) = rest[2..line].trim().strip_prefix("out:") {
                lead.output = Some(name.trim().to_owned());
            }
            line
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            0
        };
        if space + comment == 0 {
            return lead;
        }
        lead.bytes += space + comment;
    }
}

/// A name as SQL can be written with it: words joined by `_`.
pub fn column_name(name: &str) -> String {
    name.replace('-', "_")
}

/// An identifier in quotes.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether two names are the same up to case and word separators, as everywhere in a workbook.
pub fn same_name(a: &str, b: &str) -> bool {
    let letters =
        |s: &str| -> Vec<char> { s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    a == b || letters(a) == letters(b)
}

/// The candidate that a misspelt word most likely meant: at most a third of its letters away.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = |text: &str| -> String { text.chars().take(64).flat_map(char::to_lowercase).collect() };
    let word = lower(word);
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let near = candidates.into_iter().map(|candidate| (strsim::osa_distance(&word, &lower(candidate)), candidate));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{Problem, lead, place, same_name, suggest};

    #[test]
    fn comments_before_a_statement_are_read_over_and_may_name_an_output() {
        let check = |sql: &str, bytes: usize, output: Option<&str>| {
            let lead = lead(sql);
            assert_eq!((lead.bytes, lead.output.as_deref()), (bytes, output), "{sql:?}");
        };
        check("select 1", 0, None);
        check(" \n;; select 1", 5, None);
        check("-- a\n--out:  rows \nselect 1", 19, Some("rows"));
        check("/* -- out: no */select 1", 16, None);
        check("-- out: ü", 10, Some("ü"));
        check("/* open", 7, None);
        check("-", 0, None);
        check("", 0, None);
    }

    #[test]
    fn places_count_characters_from_one() {
        assert_eq!(place("select\n ü x", 11), (2, 4));
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("a", 99), (1, 2));
        let json = Problem::new("a \"b\"").at(0).to_json("x");
        assert_eq!(json, r#"{"message":"a \"b\"","line":1,"column":1,"help":""}"#);
    }

    #[test]
    fn names_are_compared_by_their_letters() {
        assert!(same_name("unit-price", "Unit price") && same_name("a_b", "aB") && !same_name("a", "b"));
        assert_eq!(suggest("custmer", ["customers", "customer", "costs"]), Some("customer"));
        assert_eq!(suggest("x", ["abc"]), None);
    }
}
