//! `#+TAGS: { group : a b }`: a tag that stands for others.

use std::collections::{HashMap, HashSet};

/// The groups of a file.
#[derive(Debug, Default)]
pub(crate) struct TagGroups {
    members: HashMap<String, Vec<String>>,
}

impl TagGroups {
    /// Reads one `#+TAGS:` value.
    pub(crate) fn read(&mut self, value: &str) {
        let mut words = value.split_whitespace().peekable();
        let mut group: Option<String> = None;
        while let Some(word) = words.next() {
            match word {
                "{" | "[" => {
                    let name = words.next().unwrap_or("");
                    group = (words.peek() == Some(&":")).then(|| bare(name).to_owned());
                }
                "}" | "]" => group = None,
                ":" | "\\n" => {}
                tag => {
                    if let Some(group) = &group {
                        self.members.entry(group.clone()).or_default().push(bare(tag).to_owned());
                    }
                }
            }
        }
    }

    /// The tags, and those that the groups among them stand for, groups in groups too.
    pub(crate) fn expand(&self, tags: Vec<String>) -> Vec<String> {
        let mut seen: HashSet<String> = HashSet::new();
        let mut open = tags;
        open.reverse();
        let mut out = Vec::new();
        while let Some(tag) = open.pop() {
            if seen.insert(tag.clone()) {
                open.extend(self.members.get(&tag).into_iter().flatten().rev().cloned());
                out.push(tag);
            }
        }
        out
    }
}

/// Without the key: `work(w)`.
fn bare(tag: &str) -> &str {
    tag.split('(').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups() {
        let mut groups = TagGroups::default();
        groups.read("a { g(g) : x y(y) } [ x : deep ] { q w } z");
        let expand = |tag: &str| groups.expand(vec![tag.to_owned()]).join(" ");
        assert_eq!([expand("g"), expand("x"), expand("q"), expand("z")], ["g x deep y", "x deep", "q", "z"]);
    }
}
