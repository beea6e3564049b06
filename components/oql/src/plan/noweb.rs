//! `<<name>>` references in source blocks.
//!
//! As in Org the text before a reference on its line is repeated before every line of what it stands for. Expansion is
//! bounded in size and depth, so that a few lines cannot describe gigabytes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::blocks::SourceBlock;
use crate::syntax::{Document, body};

/// The largest source a block may expand to.
const MAX_SIZE: usize = 1 << 19;
/// The largest sum over all blocks of a file.
const MAX_TOTAL: usize = 1 << 22;
const MAX_DEPTH: usize = 32;
const MAX_NAME: usize = 256;

/// What went wrong with one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No block has this name.
    Unknown(String),
    /// The names of the ring, the first one again at the end.
    Cycle(Vec<String>),
    TooLarge,
}

/// A reference that could not be expanded, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NowebIssue {
    pub(crate) block: usize,
    pub(crate) at: Range<usize>,
    pub(crate) trouble: Trouble,
}

/// The names of a file's blocks, and the expansion budget that is left.
pub(crate) struct Noweb<'d, 'a> {
    document: &'d Document<'a>,
    blocks: &'d [SourceBlock],
    by_name: HashMap<&'a str, Rc<[usize]>>,
    left: usize,
    purpose: Purpose,
    /// What to make of a text that replaces a reference; gets the block that refers and the one referred to.
    pub(crate) wrap: Option<Wrap<'d>>,
    pub(crate) issues: Vec<NowebIssue>,
}

/// See [`Noweb::wrap`].
pub(crate) type Wrap<'d> = Box<dyn Fn(usize, usize, String) -> String + 'd>;

/// What blocks are expanded for; `:noweb` says for what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be planned and run: whatever `:noweb` says but `no`.
    Running,
    /// To be written into files.
    Tangling,
    /// To be shown on a page.
    Exporting,
}

/// Whether `:noweb` asks for expansion.
pub(crate) fn expands(document: &Document, block: &SourceBlock, purpose: Purpose) -> bool {
    let value = block.value(document, "noweb").unwrap_or("");
    value.split_whitespace().any(|w| match w {
        "yes" => true,
        "tangle" | "no-export" | "strip-export" => purpose != Purpose::Exporting,
        "eval" => purpose == Purpose::Running,
        "strip-tangle" => purpose != Purpose::Running,
        _ => false,
    })
}

/// `<<name>>` on one line: offsets of the whole reference and of the name.
pub(crate) fn references(line: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(open) = line[from..].find("<<").map(|i| from + i) {
        // Names are short; an end that is further away is not looked for, which keeps hostile lines linear.
        let window = &line.as_bytes()[open + 2..line.len().min(open + 2 + MAX_NAME)];
        let stop = window.iter().position(|b| matches!(b, b'<' | b'>')).unwrap_or(window.len());
        let close = open + 2 + stop;
        let name = open + 2..close;
        let blank = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'\t'));
        let ok = line.as_bytes()[close..].starts_with(b">>")
            && !blank(line.as_bytes()[name.clone()].first())
            && !blank(line.as_bytes()[name.clone()].last());
        if ok {
            out.push((open..close + 2, name));
            from = close + 2;
        } else {
            from = open + 1;
        }
    }
    out
}

impl<'d, 'a> Noweb<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>, blocks: &'d [SourceBlock]) -> Self {
        let mut by_name: HashMap<&'a str, Vec<usize>> = HashMap::new();
        for (i, block) in blocks.iter().enumerate() {
            if let Some(name) = &block.name {
                by_name.entry(document.slice(name)).or_default().push(i);
            }
        }
        for (i, block) in blocks.iter().enumerate() {
            let own = block.name.as_ref().map(|n| document.slice(n));
            if let Some(name) = block.value(document, "noweb-ref").filter(|n| own != Some(n)) {
                by_name.entry(name).or_default().push(i);
            }
        }
        let by_name = by_name.into_iter().map(|(name, list)| (name, list.into())).collect();
        Noweb { document, blocks, by_name, left: MAX_TOTAL, purpose: Purpose::Running, wrap: None, issues: Vec::new() }
    }

    /// The same for tangling.
    pub(crate) fn tangling(self) -> Self {
        Noweb { purpose: Purpose::Tangling, ..self }
    }

    /// The same for showing.
    pub(crate) fn exporting(self) -> Self {
        Noweb { purpose: Purpose::Exporting, ..self }
    }

    /// Names the blocks that are pulled into others.
    pub(crate) fn fragments(&self) -> Vec<bool> {
        let mut names: HashSet<&str> = HashSet::new();
        for block in self.blocks.iter().filter(|b| expands(self.document, b, self.purpose)) {
            for line in self.document.slice(&block.body).split('\n') {
                names.extend(references(line).into_iter().map(|(_, name)| &line[name]));
            }
        }
        let mut used = vec![false; self.blocks.len()];
        for target in names.iter().filter_map(|n| self.by_name.get(n)).flat_map(|list| list.iter()) {
            used[*target] = true;
        }
        used
    }

    /// The source of a block as its compiler sees it.
    pub(crate) fn source(&mut self, index: usize) -> String {
        let block = &self.blocks[index];
        let plain = body::code(self.document.slice(&block.body), block.keep_indentation);
        let stripped = if self.purpose == Purpose::Exporting { "strip-export" } else { "strip-tangle" };
        let text = if block.value(self.document, "noweb").is_some_and(|v| v == stripped) {
            strip(&plain)
        } else if expands(self.document, block, self.purpose) {
            let mut path = vec![index];
            self.expand(index, &plain, &mut path)
        } else {
            return plain;
        };
        self.left = self.left.saturating_sub(text.len());
        text
    }

    fn expand(&mut self, index: usize, text: &str, path: &mut Vec<usize>) -> String {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let found = references(line);
            let Some((_, last)) = found.last().cloned() else {
                out.push_str(line);
                continue;
            };
            let mut at = 0;
            for (whole, name) in found {
                out.push_str(&line[at..whole.start]);
                let inner = self.reference(index, &line[name], path, out.len());
                for (i, part) in inner.split('\n').enumerate() {
                    if i > 0 {
                        out.push('\n');
                        out.push_str(&line[..whole.start]);
                    }
                    out.push_str(part);
                    if out.len() > MAX_SIZE {
                        return out;
                    }
                }
                at = whole.end;
            }
            out.push_str(&line[at.max(last.end)..]);
        }
        out
    }

    /// What one reference stands for, without the final line break.
    fn reference(&mut self, index: usize, name: &str, path: &mut Vec<usize>, size: usize) -> String {
        let Some(targets) = self.by_name.get(name).cloned() else {
            // `<<name()>>` runs a block in Org; nothing runs while planning.
            self.report(index, name, Trouble::Unknown(name.to_owned()));
            return String::new();
        };
        let mut parts = Vec::new();
        let mut total = size;
        for target in targets.iter().copied() {
            if let Some(from) = path.iter().position(|p| *p == target) {
                let mut ring: Vec<String> = path[from..].iter().map(|p| self.name(*p)).collect();
                ring.push(self.name(target));
                self.report(index, name, Trouble::Cycle(ring));
                continue;
            }
            let block = &self.blocks[target];
            if path.len() >= MAX_DEPTH || total + block.body.len() > MAX_SIZE.min(self.left) {
                self.report(index, name, Trouble::TooLarge);
                break;
            }
            let mut text = body::code(self.document.slice(&block.body), block.keep_indentation);
            if expands(self.document, block, self.purpose) {
                path.push(target);
                text = self.expand(target, &text, path);
                path.pop();
            }
            total += text.len();
            // Every expansion spends the budget, kept or not, so that work is bounded and not only the result.
            self.left = self.left.saturating_sub(text.len() + 256);
            let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
            parts.push(match &self.wrap {
                Some(wrap) => wrap(index, target, text),
                None => text,
            });
        }
        parts.join("\n")
    }

    fn name(&self, index: usize) -> String {
        let block = &self.blocks[index];
        let name = block.name.as_ref().map(|n| self.document.slice(n));
        name.or_else(|| block.value(self.document, "noweb-ref")).unwrap_or("this block").to_owned()
    }

    /// Remembers an issue once, with the place of the reference in the block that holds it.
    fn report(&mut self, block: usize, name: &str, trouble: Trouble) {
        if self.issues.len() >= 256 || self.issues.iter().any(|i| i.block == block && i.trouble == trouble) {
            return;
        }
        let body = self.blocks[block].body.clone();
        let text = self.document.slice(&body);
        let at = text.find(&format!("<<{name}>>")).map_or(body.clone(), |i| {
            let start = body.start + i;
            start..start + name.len() + 4
        });
        self.issues.push(NowebIssue { block, at, trouble });
    }
}

fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        for (whole, _) in references(line) {
            out.push_str(&line[at..whole.start]);
            at = whole.end;
        }
        out.push_str(&line[at..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::blocks;

    fn check(text: &str, expect: &str, issues: usize) {
        let document = Document::parse(text);
        let blocks = blocks::collect(&document);
        let mut noweb = Noweb::new(&document, &blocks);
        let last = blocks.len() - 1;
        assert_eq!(noweb.source(last), expect);
        assert_eq!(noweb.issues.len(), issues, "{:?}", noweb.issues);
    }

    #[test]
    fn prefix_is_repeated() {
        let text =
            "#+name: a\n#+begin_src js\nx\ny\n#+end_src\n#+begin_src js :noweb yes\nf(\n  // <<a>>;\n)\n#+end_src\n";
        check(text, "f(\n  // x\n  // y;\n)\n", 0);
    }

    #[test]
    fn troubles() {
        check("#+begin_src js :noweb yes\n<<a>> 1 << 2 >> 3\n#+end_src\n", " 1 << 2 >> 3\n", 1);
        let ring = "#+name: a\n#+begin_src js :noweb yes\n<<b>>\n#+end_src\n#+name: b\n#+begin_src js :noweb yes\n<<a>>\n#+end_src\n";
        check(ring, "\n", 1);
    }

    #[test]
    fn laughs_are_bounded() {
        let mut text = "#+name: a0\n#+begin_src js\nha\n#+end_src\n".to_owned();
        for i in 1..30 {
            let refs = format!("<<a{}>>\n", i - 1).repeat(10);
            text.push_str(&format!("#+name: a{i}\n#+begin_src js :noweb yes\n{refs}#+end_src\n"));
        }
        let document = Document::parse(&text);
        let blocks = blocks::collect(&document);
        let mut noweb = Noweb::new(&document, &blocks);
        for i in 0..blocks.len() {
            assert!(noweb.source(i).len() <= 2 * MAX_SIZE);
        }
        assert!(!noweb.issues.is_empty());
    }
}
