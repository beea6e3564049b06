//! Property drawers.

use std::ops::Range;

use super::line;
use crate::source::Source;

/// One line of a drawer, as ranges of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Without the colons and without the `+`.
    pub(crate) key: Range<usize>,
    /// `:KEY+:`.
    pub(crate) append: bool,
    pub(crate) value: Range<usize>,
}

/// A property drawer: where it stands, and its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Drawer {
    pub(crate) span: Range<usize>,
    pub(crate) entries: Vec<Entry>,
}

/// The property drawer whose first line is `i`, and the line behind it. As in Org, one line that is no property makes
/// it an ordinary drawer.
pub(crate) fn parse(source: &Source, i: usize, last: usize) -> Option<(Drawer, usize)> {
    let text = |n: usize| source.lines.get(n).map(|l| (&source.text[l.start..l.end], l.start));
    let (first, base) = text(i).filter(|(l, _)| l.trim().eq_ignore_ascii_case(":properties:"))?;
    let start = base + line::indent(first).1;
    let mut entries = Vec::new();
    for n in i + 1..last {
        let (line, base) = text(n)?;
        if line.trim().eq_ignore_ascii_case(":end:") {
            return Some((Drawer { span: start..base + line.len(), entries }, n + 1));
        }
        let (key, value) = line::property(line)?;
        let append = line[key.clone()].ends_with('+') && key.len() > 1;
        let key = base + key.start..base + key.end - usize::from(append);
        entries.push(Entry { key, append, value: base + value.start..base + value.end });
    }
    None
}

impl Drawer {
    /// The entries of a key, whatever its case, that make up its value: the last plain one and all `+` ones.
    pub(crate) fn find<'d>(&'d self, text: &str, key: &str) -> Vec<&'d Entry> {
        let of_key = |e: &&Entry| text.get(e.key.clone()).is_some_and(|k| k.eq_ignore_ascii_case(key));
        let plain = self.entries.iter().rev().filter(of_key).find(|e| !e.append);
        plain.into_iter().chain(self.entries.iter().filter(of_key).filter(|e| e.append)).collect()
    }

    /// The value of a key, appended parts joined by one space.
    pub(crate) fn value(&self, text: &str, key: &str) -> Option<String> {
        let found = self.find(text, key);
        let parts: Vec<&str> = found.iter().filter_map(|e| text.get(e.value.clone())).collect();
        (!found.is_empty()).then(|| parts.join(" ").trim().to_owned())
    }

    /// All keys as written with their values, those with a plain entry first.
    pub(crate) fn all(&self, text: &str) -> Vec<(String, String)> {
        let mut out: Vec<(String, String)> = Vec::new();
        let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
        for append in [false, true] {
            for entry in self.entries.iter().filter(|e| e.append == append) {
                let key = text.get(entry.key.clone()).unwrap_or("");
                let value = text.get(entry.value.clone()).unwrap_or("");
                match seen.get(&key.to_ascii_lowercase()).copied() {
                    // Of two plain ones the last counts, as for `org-entry-get`.
                    Some(at) if !append => out[at].1 = value.to_owned(),
                    Some(at) => {
                        if !out[at].1.is_empty() && !value.is_empty() {
                            out[at].1.push(' ');
                        }
                        out[at].1.push_str(value);
                    }
                    None => {
                        seen.insert(key.to_ascii_lowercase(), out.len());
                        out.push((key.to_owned(), value.to_owned()));
                    }
                }
            }
        }
        out
    }
}
