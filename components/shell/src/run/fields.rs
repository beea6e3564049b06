//! What an expansion gives: fields, split where unquoted values have separators, with a pattern where one is written.

use crate::pattern;

/// A word after expansion.
#[derive(Debug, Default, Clone)]
pub(super) struct Field {
    pub(super) text: String,
    /// The text as a pattern: what was quoted is escaped.
    pub(super) pattern: String,
    /// Whether the unquoted parts have characters of patterns.
    pub(super) is_pattern: bool,
}

/// Collects fields.
pub(super) struct Fields {
    done: Vec<Field>,
    current: Field,
    /// Whether `current` is a field even if it is empty.
    started: bool,
    /// Whether white space was seen after `current`: what comes next is another field.
    gap: bool,
    /// Separators; none where nothing is split.
    separators: Option<String>,
}

impl Fields {
    pub(super) fn new(separators: Option<String>) -> Self {
        Self { done: Vec::new(), current: Field::default(), started: false, gap: false, separators }
    }

    fn begin(&mut self) {
        if self.gap {
            self.finish();
        }
        self.started = true;
    }

    /// Ends the field.
    pub(super) fn finish(&mut self) {
        if self.started {
            self.done.push(std::mem::take(&mut self.current));
        }
        self.started = false;
        self.gap = false;
    }

    pub(super) fn quoted(&mut self, text: &str) {
        self.begin();
        self.current.text.push_str(text);
        pattern::escape(text, &mut self.current.pattern);
    }

    /// Unquoted text of the script: not split.
    pub(super) fn literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.begin();
        self.current.text.push_str(text);
        self.current.pattern.push_str(text);
        self.current.is_pattern |= pattern::is_pattern(text);
    }

    /// An unquoted value: split, and its pattern characters mean something.
    pub(super) fn value(&mut self, text: &str) {
        let Some(separators) = self.separators.clone().filter(|s| !s.is_empty()) else {
            self.unsplit(text);
            return;
        };
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| separators.contains(c)).unwrap_or(rest.len());
            self.unsplit(&rest[..end]);
            rest = &rest[end..];
            let Some(separator) = rest.chars().next() else { break };
            rest = &rest[separator.len_utf8()..];
            if separator.is_ascii_whitespace() {
                self.gap |= self.started;
                // One separator may have white space around it.
                let trimmed = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() && separators.contains(c));
                rest = trimmed;
                let next = rest.chars().next();
                if let Some(next) = next.filter(|c| separators.contains(*c) && !c.is_ascii_whitespace())
                    && self.started
                {
                    rest = &rest[next.len_utf8()..];
                    self.finish();
                    rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() && separators.contains(c));
                }
            } else {
                self.started = true;
                self.finish();
            }
        }
    }

    fn unsplit(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.begin();
        self.current.text.push_str(text);
        if pattern::is_pattern(text) || text.contains('\\') {
            // A backslash in a value is a character like others.
            for c in text.chars() {
                if c == '\\' {
                    self.current.pattern.push('\\');
                }
                self.current.pattern.push(c);
            }
            self.current.is_pattern |= pattern::is_pattern(text);
        } else {
            self.current.pattern.push_str(text);
        }
    }

    /// The fields.
    pub(super) fn end(mut self) -> Vec<Field> {
        self.finish();
        self.done
    }

    /// All as one.
    pub(super) fn joined(self) -> Field {
        let mut fields = self.end().into_iter();
        let mut first = fields.next().unwrap_or_default();
        for field in fields {
            first.text.push(' ');
            first.text.push_str(&field.text);
            first.pattern.push(' ');
            first.pattern.push_str(&field.pattern);
        }
        first
    }
}
