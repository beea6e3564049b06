//! Tag groups: `#+TAGS: [ Work : Lab Conf ]` makes `Work` match `Lab` and `Conf` as well.

use std::collections::HashMap;

use super::expr::TagTest;
use super::pattern::Pattern;
use crate::syntax::Document;

/// More members than this in one expansion are left out; nobody writes them.
const MAX_MEMBERS: usize = 1024;

/// The groups of a file: each tag that heads one, with its members.
#[derive(Debug, Default)]
pub(super) struct Groups {
    members: HashMap<String, Vec<String>>,
}

impl Groups {
    pub(super) fn of(document: &Document) -> Groups {
        let mut groups = Groups::default();
        for value in document.keywords("tags") {
            groups.read(document.slice(&value));
        }
        groups
    }

    fn read(&mut self, line: &str) {
        let mut head: Option<String> = None;
        let mut previous: Option<String> = None;
        for word in tokens(line) {
            match word {
                "{" | "[" | "}" | "]" => (head, previous) = (None, None),
                ":" => head = previous.take(),
                _ => {
                    let tag = if word.starts_with('{') { word } else { word.split('(').next().unwrap_or("") };
                    match &head {
                        Some(head) => self.members.entry(head.clone()).or_default().push(tag.to_owned()),
                        None => previous = Some(tag.to_owned()),
                    }
                }
            }
        }
    }

    /// What a tag of an expression stands for.
    pub(super) fn test(&self, tag: &str) -> TagTest {
        let is_group = self.members.keys().any(|k| k.eq_ignore_ascii_case(tag));
        if !is_group {
            return TagTest::Is(tag.to_owned());
        }
        let mut words: Vec<String> = Vec::new();
        let mut patterns = Vec::new();
        let mut open = vec![tag.to_owned()];
        while let Some(tag) = open.pop() {
            if words.contains(&tag) || words.len() + patterns.len() > MAX_MEMBERS {
                continue;
            }
            match tag.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
                Some(pattern) => patterns.extend(Pattern::new(pattern)),
                None => {
                    open.extend(self.members.get(&tag).into_iter().flatten().take(MAX_MEMBERS).cloned());
                    words.push(tag);
                }
            }
        }
        TagTest::Group(words, patterns)
    }
}

/// Words, where a `{pattern}` is one word.
fn tokens(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_groups() {
        let document =
            Document::parse("#+TAGS: a(a) { Work : Lab(l) Conf }\n#+TAGS: [ Lab : {P@.+} Bench ] \\n Other\n");
        let groups = Groups::of(&document);
        let TagTest::Group(mut words, patterns) = groups.test("Work") else { panic!("no group") };
        words.sort();
        assert_eq!((words.join(" "), patterns.len()), ("Bench Conf Lab Work".to_owned(), 1));
        assert!(matches!(groups.test("Other"), TagTest::Is(_)));
    }
}
