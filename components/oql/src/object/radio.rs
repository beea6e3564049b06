//! Radio links: text that repeats a `<<<radio target>>>` of the file. Finds such places; what the targets are is up to
//! the settings.

use std::collections::HashMap;

use super::find::Slot;
use super::reader::{Found, Reader};
use super::{Kind, Link, LinkForm, chars};

/// How many targets that begin with the same word are tried at one place.
const MAX_TRIES: usize = 64;

/// The radio targets of a file, by the word they begin with.
#[derive(Debug, Clone, Default)]
pub(crate) struct RadioTargets {
    /// Lower case, blanks collapsed; the longest first.
    by_word: HashMap<String, Vec<String>>,
}

impl RadioTargets {
    /// Takes the texts of the targets.
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut targets = RadioTargets::default();
        for value in values {
            let value = normal(value);
            let word = value.get(..word_end(&value, 0)).unwrap_or("").to_owned();
            let list = targets.by_word.entry(word).or_default();
            if !list.contains(&value) && list.len() < MAX_TRIES {
                list.push(value);
            }
        }
        for list in targets.by_word.values_mut() {
            list.sort_by_key(|v| std::cmp::Reverse(v.chars().count()));
        }
        targets
    }
}

impl RadioTargets {
    /// Whether the file has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_word.is_empty()
    }
}

/// Lower case, each run of blanks one blank: how two texts are compared.
fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == ' ' && out.ends_with(' ') {
            continue;
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The end of the letters and digits from `from` on; in scripts without blanks each character is a word of its own.
fn word_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or("");
    let end = rest.char_indices().find(|(_, c)| !chars::is_alnum(*c) || chars::is_breakable(*c));
    end.map_or(text.len(), |(i, _)| from + i)
}

/// What one parse needs of them.
pub(super) struct Radio<'a>(&'a RadioTargets);

impl<'a> Radio<'a> {
    pub(super) fn new(targets: &'a RadioTargets) -> Self {
        Radio(targets)
    }

    /// The first radio link at or after `from`.
    pub(super) fn next(&self, reader: &mut Reader, from: usize) -> Option<Found> {
        if self.0.by_word.is_empty() {
            return None;
        }
        let (text, begin) = (reader.text, reader.region.start);
        let start = reader.memo.find(Slot::Radio, from, |from, limit| self.search(text, begin, from, limit))?;
        let end = self.end(text, start, reader.region.end)?;
        let link = Link { form: LinkForm::Radio, raw: start..end, scheme: None };
        Some(Found { kind: Kind::Link(link), span: start..end, contents: start..end })
    }

    fn search(&self, text: &str, begin: usize, from: usize, limit: usize) -> Option<usize> {
        let mut before = if from > begin { chars::before(text, from) } else { None };
        for (i, c) in text.get(from..limit)?.char_indices() {
            if before.is_none_or(separates) && self.end(text, from + i, limit).is_some() {
                return Some(from + i);
            }
            before = Some(c);
        }
        None
    }

    /// The end of the longest target that the text has at `at`.
    fn end(&self, text: &str, at: usize, limit: usize) -> Option<usize> {
        let text = text.get(..limit)?;
        let word = text.get(at..word_end(text, at).min(at + 256))?.to_lowercase();
        self.0.by_word.get(&word)?.iter().find_map(|target| {
            let end = matches(text, at, target)?;
            chars::at(text, end).is_none_or(separates).then_some(end)
        })
    }
}

fn separates(c: char) -> bool {
    !chars::is_alnum(c) || chars::is_breakable(c)
}

/// Where `target` ends if the text has it at `at`; a blank stands for any white space.
fn matches(text: &str, at: usize, target: &str) -> Option<usize> {
    let mut rest = text.get(at..)?.char_indices().peekable();
    let mut wanted = target.chars().peekable();
    while let Some(want) = wanted.next() {
        let (_, c) = rest.next()?;
        if want == ' ' {
            if !chars::is_space(c) {
                return None;
            }
            while rest.next_if(|(_, c)| chars::is_space(*c)).is_some() {}
            continue;
        }
        let mut lower = c.to_lowercase();
        if lower.next() != Some(want) || lower.any(|l| wanted.next() != Some(l)) {
            return None;
        }
    }
    Some(rest.next().map_or(text.len(), |(i, _)| at + i))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_match_across_lines() {
        let targets = RadioTargets::new(["Two Words", "two", "日本"]);
        let radio = Radio::new(&targets);
        let text = "x two\n  words, twofold 今日本日";
        assert_eq!(radio.search(text, 0, 0, text.len()), Some(2));
        assert_eq!(radio.end(text, 2, text.len()), Some(13));
        assert_eq!(radio.search(text, 0, 3, text.len()), text.find('日'));
    }
}
