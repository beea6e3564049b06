//! Small text helpers that more than one module needs: slugs, suggestions, splitting.

use std::ops::Range;

use crate::hash::Map;

/// Lower case, every run of other characters than `a-z0-9` becomes one `-`, trimmed.
pub(crate) fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    for c in title.chars() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    if out.ends_with('-') {
        out.pop();
    }
    out
}

/// Names handed out so far, so that each is given once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Per name the number to try next; without it a thousand equal headings would cost a million tries.
    next: Map<String, usize>,
}

impl Names {
    /// Takes a name; false if it is taken already.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        match self.next.contains_key(name) {
            true => false,
            false => self.next.insert(name.to_owned(), 2).is_none(),
        }
    }

    /// The name, or the name with the first free number behind it.
    pub(crate) fn unique(&mut self, name: String) -> String {
        let Some(mut number) = self.next.get(&name).copied() else {
            self.next.insert(name.clone(), 2);
            return name;
        };
        let given = loop {
            let candidate = format!("{name}-{number}");
            number += 1;
            if !self.next.contains_key(&candidate) {
                break candidate;
            }
        };
        self.next.insert(given.clone(), 2);
        self.next.insert(name, number);
        given
    }
}

/// The candidate a misspelt word most likely meant: at most a third of its letters away.
pub(crate) fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = |text: &str| -> String { text.chars().take(64).flat_map(char::to_lowercase).collect() };
    let word = lower(word);
    let length = word.chars().count();
    let limit = (length / 3).clamp(1, 3);
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        // Files may have thousands of names: most are told apart by their length.
        if candidate.chars().take(64).count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::osa_distance(&word, &lower(candidate));
        if distance <= limit && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The words of `text[range]` that are separated by white space or commas, as ranges of `text`.
pub(crate) fn words(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let slice = text.get(range.clone()).unwrap_or("");
    let mut start = None;
    for (i, c) in slice.char_indices() {
        let separates = c.is_whitespace() || c == ',';
        match (separates, start) {
            (true, Some(s)) => {
                out.push(range.start + s..range.start + i);
                start = None;
            }
            (false, None) => start = Some(i),
            _ => {}
        }
    }
    if let Some(s) = start {
        out.push(range.start + s..range.end);
    }
    out
}

/// The range without the white space at both ends.
pub(crate) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let (mut from, mut to) = (range.start, range.end);
    let bytes = text.as_bytes();
    let blank = |i: usize| matches!(bytes.get(i), Some(b' ' | b'\t'));
    while from < to && blank(from) {
        from += 1;
    }
    while from < to && blank(to - 1) {
        to -= 1;
    }
    let ends = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_graphic);
    if from < to && ends(from) && ends(to - 1) {
        return from..to;
    }
    let slice = text.get(range.clone()).unwrap_or("");
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = range.start + slice.trim_end().len();
    if start >= end { range.start..range.start } else { start..end }
}

/// Whether a switch is on: present and not denied.
pub(crate) fn truthy(value: &str) -> bool {
    !matches!(value.trim().to_ascii_lowercase().as_str(), "nil" | "no" | "false" | "0" | "never" | "off")
}

/// Shortens text that goes into a message, on a character boundary.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(limit).collect();
    out.push('…');
    out
}

/// `a`, `a` and `b`, or `a`, `b` and `c`, each in backticks.
pub(crate) fn listing<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert_eq!(slug("  Parse -- the Input! "), "parse-the-input");
        assert_eq!(slug("Žluť 2"), "lu-2");
        assert_eq!(slug("!!"), "");
    }

    #[test]
    fn suggestions() {
        assert_eq!(suggest("javascrpt", ["java", "javascript"]), Some("javascript"));
        assert_eq!(suggest("sttring", ["string", "s64"]), Some("string"));
        assert_eq!(suggest("apple", ["zebra"]), None);
    }

    #[test]
    fn word_ranges() {
        assert_eq!(words("x a, b  c", &(1..9)), vec![2..3, 5..6, 8..9]);
    }
}
