//! What links inside the file can lead to, and the numbers of captioned things.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;

use super::paragraph;
use super::prune::{Pruned, Shown};
use super::settings::Settings;
use crate::hash::Map;
use crate::syntax::{BlockKind, Document, Kind};

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Heading(usize),
    Element(usize),
    /// A target in an element, or in a title where there is none.
    Target(Option<usize>),
}

/// Names of a file.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Folded once a link asks.
    titles: OnceCell<Map<String, usize>>,
    ids: Map<String, usize>,
    names: Map<String, usize>,
    targets: Map<String, Option<usize>>,
    /// Numbers of captioned tables, listings, images.
    pub(crate) numbers: HashMap<usize, usize>,
    /// Per element with a target in it, the number of the item it stands in: `2.1`.
    pub(crate) containers: HashMap<usize, String>,
}

/// Names compare without case and with single blanks; statistics cookies do not count.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut cleaned = String::new();
    if text.contains('[') {
        while let Some(i) = rest.find('[') {
            let inner = rest.get(i + 1..).unwrap_or("");
            let digits = inner.bytes().take_while(|b| b.is_ascii_digit() || *b == b'/' || *b == b'%').count();
            let cookie = inner.as_bytes().get(digits) == Some(&b']') && inner.get(..digits).is_some_and(is_cookie);
            cleaned.push_str(rest.get(..i).unwrap_or(""));
            cleaned.push(if cookie { ' ' } else { '[' });
            rest = rest.get(i + 1 + if cookie { digits + 1 } else { 0 }..).unwrap_or("");
        }
        cleaned.push_str(rest);
        rest = &cleaned;
    }
    for word in rest.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_ascii() {
            let from = out.len();
            out.push_str(word);
            out.get_mut(from..).unwrap_or_default().make_ascii_uppercase();
        } else {
            out.extend(word.chars().flat_map(char::to_uppercase));
        }
    }
    out
}

/// `3/4`, `/`, `50%`, `%`.
fn is_cookie(inner: &str) -> bool {
    match inner.strip_suffix('%') {
        Some(n) => n.bytes().all(|b| b.is_ascii_digit()),
        None => inner.matches('/').count() == 1,
    }
}

impl Index {
    pub(crate) fn of(document: &Document, pruned: &Pruned, settings: &Settings) -> Self {
        let mut index = Index::default();
        for h in (0..document.headings.len()).filter(|h| pruned.headings.get(*h) != Some(&Shown::No)) {
            for key in ["ID", "CUSTOM_ID"] {
                if let Some(id) = document.property(h, key) {
                    index.ids.entry(id).or_insert(h);
                }
            }
        }
        let mut counts: HashMap<&'static str, usize> = HashMap::new();
        for (e, element) in document.elements.iter().enumerate() {
            if element.affiliated.is_empty()
                || element.heading.is_some_and(|h| pruned.headings.get(h) == Some(&Shown::No))
            {
                continue;
            }
            let name = document.name_of(element).or_else(|| document.affiliated(element, "results"));
            if let Some(name) = name {
                let words: Vec<&str> = document.slice(&name).split_whitespace().collect();
                index.names.entry(words.join(" ")).or_insert(e);
            }
            if document.affiliated(element, "caption").is_none() {
                continue;
            }
            let class = match &element.kind {
                Kind::Table => "table",
                Kind::Block(block) => match block.kind {
                    BlockKind::Src => "src",
                    BlockKind::Example => "example",
                    _ => "block",
                },
                Kind::Paragraph if paragraph::is_image(document, settings, &element.span) => "image",
                Kind::Paragraph => "paragraph",
                _ => "other",
            };
            let count = counts.entry(class).or_insert(0);
            *count += 1;
            index.numbers.insert(e, *count);
        }
        index.find_targets(document);
        index
    }

    /// `<<targets>>` in paragraphs, tables, titles.
    fn find_targets(&mut self, document: &Document) {
        if !crate::search::holds(document.text(), "<<", b'<') {
            return;
        }
        for heading in &document.headings {
            for name in targets(document.slice(&heading.title)) {
                self.targets.entry(fold(name)).or_insert(None);
            }
        }
        // The open lists: where each ends, and the number of its item.
        let mut lists: Vec<(usize, u32)> = Vec::new();
        for (e, element) in document.elements.iter().enumerate() {
            while lists.pop_if(|(end, _)| *end <= e).is_some() {}
            match &element.kind {
                Kind::List => lists.push((element.next, 0)),
                Kind::Item { line, .. } => {
                    if let Some((_, n)) = lists.last_mut() {
                        *n = line.counter.unwrap_or(n.saturating_add(1));
                    }
                }
                _ => {}
            }
            let inside: Range<usize> = match &element.kind {
                Kind::Paragraph | Kind::Table => element.span.clone(),
                Kind::Block(block) if block.kind == BlockKind::Verse => block.body.clone(),
                _ => continue,
            };
            for name in targets(document.slice(&inside)) {
                self.targets.entry(fold(name)).or_insert(Some(e));
                if !lists.is_empty() {
                    let numbers: Vec<String> = lists.iter().map(|(_, n)| n.to_string()).collect();
                    self.containers.insert(e, numbers.join("."));
                }
            }
        }
    }

    /// `#id` and `id:…`.
    pub(crate) fn id(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// `*Heading`.
    pub(crate) fn title(&self, document: &Document, pruned: &Pruned, title: &str) -> Option<usize> {
        self.titles(document, pruned).get(&fold_path(title)).copied()
    }

    /// The shown headings by their titles; of equal ones the last.
    fn titles(&self, document: &Document, pruned: &Pruned) -> &Map<String, usize> {
        self.titles.get_or_init(|| {
            let shown = (0..document.headings.len()).filter(|h| pruned.headings.get(*h) != Some(&Shown::No));
            shown.map(|h| (fold(document.title(h)), h)).collect()
        })
    }

    /// A name, a target or a heading.
    pub(crate) fn fuzzy(&self, document: &Document, pruned: &Pruned, path: &str) -> Option<Place> {
        if let Some(title) = path.strip_prefix('*') {
            return self.title(document, pruned, title).map(Place::Heading);
        }
        let folded = fold_path(path);
        if let Some(element) = self.targets.get(&folded) {
            return Some(Place::Target(*element));
        }
        let words = path.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(element) = self.names.get(&words).or_else(|| self.names.get(&folded)) {
            return Some(Place::Element(*element));
        }
        self.titles(document, pruned).get(&folded).map(|h| Place::Heading(*h))
    }
}

/// As `fold`, but cookies count: a link is no title.
fn fold_path(path: &str) -> String {
    let words: Vec<String> = path.split_whitespace().map(str::to_uppercase).collect();
    words.join(" ")
}

/// The names of the targets in a text, radio targets left out.
fn targets(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    // Looking for one byte is several times as fast as looking for two.
    while let Some(open) = text.get(from..).and_then(|rest| rest.find('<')).map(|i| from + i) {
        let Some(rest) = text.get(open + 1..).and_then(|rest| rest.strip_prefix('<')) else {
            from = open + 1;
            continue;
        };
        from = open + 2;
        if rest.starts_with('<') || text.get(..open).is_some_and(|t| t.ends_with('<')) {
            continue;
        }
        let len = rest.bytes().take(256).position(|b| matches!(b, b'>' | b'<' | b'\n'));
        if let Some(len) = len.filter(|n| *n > 0 && rest.get(*n..*n + 2) == Some(">>")) {
            out.extend(rest.get(..len).filter(|n| n.trim() == *n));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(fold("Two  Words [1/2] [%] [a]"), "TWO WORDS [A]");
        assert_eq!(targets("<<a b>> <<<c>>> << d>> <<e\n>> <<f>>"), ["a b", "f"]);
    }
}
