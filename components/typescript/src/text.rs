//! The source, what of it becomes blank, and places in it. Offsets are bytes.

use std::collections::BTreeMap;

/// A source that is being blanked.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    source: &'a str,
    blank: Vec<bool>,
    /// Characters that take the place of others.
    instead: BTreeMap<usize, char>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source, blank: vec![false; source.len()], instead: BTreeMap::new() }
    }

    pub(crate) fn blank(&mut self, from: usize, to: usize) {
        let to = to.min(self.blank.len());
        if let Some(part) = self.blank.get_mut(from..to) {
            part.fill(true);
        }
    }

    /// Puts a character in the place of another.
    pub(crate) fn put(&mut self, at: usize, char: char) {
        self.instead.insert(at, char);
    }

    /// Blanks a statement or a member. What is left is an empty one: without it, the lines around it could become one
    /// statement.
    pub(crate) fn statement(&mut self, from: usize, to: usize) {
        self.blank(from, to);
        self.put(from, ';');
    }

    /// What is left. Line ends and tabs stay, every other character that goes becomes as many spaces as it has bytes: that
    /// is what engines count columns in.
    pub(crate) fn finish(self) -> String {
        let mut out = String::with_capacity(self.source.len());
        for (at, char) in self.source.char_indices() {
            match self.instead.get(&at) {
                Some(instead) => out.push(*instead),
                None if self.blank[at] && !matches!(char, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') => {
                    out.push(' ')
                }
                None => {
                    out.push(char);
                    continue;
                }
            }
            out.extend(std::iter::repeat_n(' ', char.len_utf8() - 1));
        }
        out
    }

    /// Where the last character before `to` begins.
    pub(crate) fn last(&self, to: usize) -> usize {
        self.slice(0, to).char_indices().next_back().map_or(0, |(at, _)| at)
    }

    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.source.get(from..to).unwrap_or_default()
    }

    pub(crate) fn has_line_end(&self, from: usize, to: usize) -> bool {
        self.slice(from, to).contains(['\n', '\r', '\u{2028}', '\u{2029}'])
    }

    /// The first place from `from` that is neither space nor comment.
    pub(crate) fn next(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let rest = self.slice(at, self.source.len());
            let space = rest.len() - rest.trim_start().len();
            let rest = &rest[space..];
            at += space;
            at += match rest.as_bytes() {
                [b'/', b'/', ..] => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                _ => return at,
            };
        }
    }

    /// Where `mark` is, if it stands between two places outside comments.
    pub(crate) fn find(&self, mark: u8, from: usize, to: usize) -> Option<usize> {
        let mut at = self.next(from);
        while at < to {
            if self.source.as_bytes()[at] == mark {
                return Some(at);
            }
            at += self.slice(at, to).chars().next().map_or(1, char::len_utf8);
            at = self.next(at);
        }
        None
    }

    /// The words between two places outside comments, each with its place.
    pub(crate) fn words(&self, from: usize, to: usize) -> Vec<(usize, &'a str)> {
        let mut words = Vec::new();
        let mut at = self.next(from);
        while at < to {
            let rest = self.slice(at, to);
            let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len());
            if len > 0 {
                words.push((at, &rest[..len]));
            }
            at += len.max(rest.chars().next().map_or(1, char::len_utf8));
            at = self.next(at);
        }
        words
    }

    /// The end of a list's element with the comma after it, if there is one.
    pub(crate) fn with_comma(&self, end: usize) -> usize {
        let next = self.next(end);
        if self.source.as_bytes().get(next) == Some(&b',') { next + 1 } else { end }
    }

    /// Line and column, both from 1.
    pub(crate) fn place(&self, at: usize) -> (u32, u32) {
        let before = self.slice(0, at.min(self.source.len()));
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (line as u32, before[start..].chars().count() as u32 + 1)
    }
}
