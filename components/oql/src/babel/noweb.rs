//! `<<name>>` in the bodies of blocks, as `org-babel-expand-noweb-references` fills it in.
//!
//! The only place that knows these rules: `source_blocks` asks for what Emacs would answer, `plan::noweb` asks for what
//! is run, tangled or shown and turns troubles into places in the file. Nothing is run: a reference with brackets
//! stands for what a block gives, and so for nothing here. Expansion is bounded in size and depth, so that a few lines
//! cannot describe gigabytes.

use std::collections::HashMap;
use std::rc::Rc;

use super::Source;

/// The largest source a block may expand to.
pub(crate) const MAX_SIZE: usize = 1 << 19;
/// The largest sum over all blocks of a file.
const MAX_TOTAL: usize = 1 << 22;
const MAX_DEPTH: usize = 32;
const MAX_ISSUES: usize = 256;

/// What blocks are expanded for; `:noweb` says for what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be planned: whatever `:noweb` says but `no`.
    Planning,
    /// To be run by Babel.
    Running,
    /// To be written into files.
    Tangling,
    /// To be shown on a page.
    Exporting,
}

/// What went wrong with one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No block has this name.
    Unknown(String),
    /// The names of the ring, the first one again at the end.
    Cycle(Vec<String>),
    TooLarge,
}

/// A reference that could not be expanded, and the block that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) block: usize,
    pub(crate) name: String,
    pub(crate) trouble: Trouble,
}

/// What to make of a text that replaces a reference; gets the block that refers and the one referred to.
pub(crate) type Wrap<'w> = Box<dyn Fn(usize, usize, String) -> String + 'w>;

/// The blocks of a file by their names, and the expansion budget that is left.
pub(crate) struct Noweb<'w> {
    blocks: Vec<Source>,
    purpose: Purpose,
    /// The first block of each name.
    named: HashMap<String, Rc<[usize]>>,
    /// All blocks of each `:noweb-ref`.
    referred: HashMap<String, Rc<[usize]>>,
    left: usize,
    /// A block that Babel refuses stands in the way of looking at all of them.
    broken: bool,
    /// Emacs has read all blocks by now.
    looked_for_all: bool,
    /// The block in work has no expansion in Emacs.
    failed: bool,
    pub(crate) wrap: Option<Wrap<'w>>,
    pub(crate) issues: Vec<Issue>,
}

impl<'w> Noweb<'w> {
    pub(crate) fn new(blocks: Vec<Source>, purpose: Purpose) -> Self {
        let mut named: HashMap<String, Rc<[usize]>> = HashMap::new();
        let mut referred: HashMap<String, Vec<usize>> = HashMap::new();
        for (i, block) in blocks.iter().enumerate() {
            if let Some(name) = &block.name {
                named.entry(name.clone()).or_insert_with(|| Rc::new([i]));
            }
            if let Some(name) = block.argument(":noweb-ref").filter(|_| !block.hidden) {
                referred.entry(name.to_owned()).or_default().push(i);
            }
        }
        named.retain(|_, list| list.first().and_then(|b| blocks.get(*b)).is_some_and(|b| !b.hidden));
        let referred = referred.into_iter().map(|(name, list)| (name, list.into())).collect();
        let broken = blocks.iter().any(|b| !b.hidden && b.refused);
        let (left, looked_for_all, failed) = (MAX_TOTAL, false, false);
        let (wrap, issues) = (None, Vec::new());
        Noweb { blocks, purpose, named, referred, left, broken, looked_for_all, failed, wrap, issues }
    }

    /// Whether the `:noweb` of a block asks for expansion.
    pub(crate) fn expands(&self, block: usize) -> bool {
        let purpose = self.purpose;
        let values = self.blocks.get(block).and_then(|b| b.argument(":noweb")).unwrap_or("");
        values.split_whitespace().any(|w| match w {
            "yes" => true,
            "tangle" => matches!(purpose, Purpose::Planning | Purpose::Tangling),
            "no-export" | "strip-export" => purpose != Purpose::Exporting,
            "eval" => matches!(purpose, Purpose::Planning | Purpose::Running),
            "strip-tangle" => purpose != Purpose::Planning,
            _ => false,
        })
    }

    /// Whether the references of a block are left out of it.
    pub(crate) fn strips(&self, block: usize) -> bool {
        let word = if self.purpose == Purpose::Exporting { "strip-export" } else { "strip-tangle" };
        self.blocks.get(block).and_then(|b| b.argument(":noweb")) == Some(word)
    }

    /// What a name stands for: the block of that name, or else all with that `:noweb-ref`.
    pub(crate) fn targets(&self, name: &str) -> Rc<[usize]> {
        self.named.get(name).or_else(|| self.referred.get(name)).cloned().unwrap_or_default()
    }

    /// The same as Emacs has it: once a name was none of a block, those of `:noweb-ref` come first.
    fn looked_up(&mut self, name: &str) -> Rc<[usize]> {
        if self.purpose == Purpose::Planning {
            return self.targets(name);
        }
        let known = if self.looked_for_all { self.referred.get(name).cloned() } else { None };
        self.looked_for_all |= !self.named.contains_key(name);
        known.unwrap_or_else(|| self.targets(name))
    }

    /// The body of a block with its references expanded, whatever its `:noweb` says; and whether Emacs has an answer.
    pub(crate) fn expand(&mut self, block: usize) -> (String, bool) {
        self.failed = false;
        let text = self.text(block, &mut vec![block]);
        (text, !self.failed)
    }

    fn text(&mut self, index: usize, path: &mut Vec<usize>) -> String {
        let Some(block) = self.blocks.get(index) else { return String::new() };
        let body = Rc::clone(&block.body);
        let repeat = block.given(":noweb-prefix").is_none_or(|v| !matches!(v, None | Some("no" | "nil")));
        let mut out = String::with_capacity(body.len());
        for (n, line) in body.split('\n').enumerate() {
            if n > 0 {
                out.push('\n');
            }
            let mut at = 0;
            for (start, end) in references(line) {
                let prefix = &line[at..start];
                out.push_str(prefix);
                let name = &line[start + 2..end - 2];
                let text = self.reference(index, name, path, out.len());
                for (k, part) in text.split(['\n', '\r']).enumerate() {
                    if k > 0 {
                        out.push('\n');
                        out.push_str(if repeat { prefix } else { "" });
                    }
                    out.push_str(part);
                    if out.len() > MAX_SIZE {
                        self.report(index, name, Trouble::TooLarge);
                        return out;
                    }
                }
                at = end;
            }
            out.push_str(&line[at..]);
        }
        // Every expansion spends the budget, kept or not, so that work is bounded and not only the result.
        self.left = self.left.saturating_sub(out.len() + 256);
        out
    }

    /// What one reference stands for.
    fn reference(&mut self, index: usize, name: &str, path: &mut Vec<usize>, size: usize) -> String {
        let runs = name.find('(').is_some_and(|i| name[i..].contains(')'));
        let targets = if runs { Rc::default() } else { self.looked_up(name) };
        self.failed |= runs || (self.broken && !self.named.contains_key(name));
        if targets.is_empty() {
            self.report(index, name, Trouble::Unknown(name.to_owned()));
        }
        let mut out = String::new();
        for (k, target) in targets.iter().copied().enumerate() {
            let Some(block) = self.blocks.get(target) else { continue };
            if let Some(from) = path.iter().position(|p| *p == target) {
                let ring = path[from..].iter().chain([&target]).map(|p| self.name(*p)).collect();
                self.report(index, name, Trouble::Cycle(ring));
                continue;
            }
            let body = Rc::clone(&block.body);
            if path.len() >= MAX_DEPTH || size + out.len() + body.len() > MAX_SIZE.min(self.left) {
                self.report(index, name, Trouble::TooLarge);
                break;
            }
            let text = if self.expands(target) {
                path.push(target);
                let text = self.text(target, path);
                path.pop();
                text
            } else {
                self.left = self.left.saturating_sub(body.len() + 256);
                (*body).to_owned()
            };
            out.push_str(&match &self.wrap {
                Some(wrap) => wrap(index, target, text),
                None => text,
            });
            if k + 1 < targets.len() {
                let separator = self.blocks.get(target).and_then(|b| b.argument(":noweb-sep"));
                out.push_str(separator.unwrap_or("\n"));
            }
        }
        out
    }

    fn name(&self, index: usize) -> String {
        let block = self.blocks.get(index);
        let name = block.and_then(|b| b.name.as_deref().or_else(|| b.argument(":noweb-ref")));
        name.unwrap_or("this block").to_owned()
    }

    /// Remembers an issue once.
    fn report(&mut self, block: usize, name: &str, trouble: Trouble) {
        // In Emacs a reference to nothing is empty; the others are errors there.
        self.failed |= !matches!(trouble, Trouble::Unknown(_));
        let known =
            self.issues.len() >= MAX_ISSUES || self.issues.iter().any(|i| i.block == block && i.trouble == trouble);
        if !known {
            self.issues.push(Issue { block, name: name.to_owned(), trouble });
        }
    }

    /// The body of a block without its references.
    pub(crate) fn stripped(&self, block: usize) -> String {
        let body = self.blocks.get(block).map_or("", |b| &b.body);
        let mut out = String::with_capacity(body.len());
        for line in body.split_inclusive('\n') {
            let mut at = 0;
            for (start, end) in references(line) {
                out.push_str(&line[at..start]);
                at = end;
            }
            out.push_str(&line[at..]);
        }
        out
    }
}

/// The `<<name>>`s of a line: where they begin and end.
pub(crate) fn references(line: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (start, end) = reference(line, at)?;
        at = end;
        Some((start, end))
    })
}

fn reference(line: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let blank = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'\t'));
    let mut at = from;
    while let Some(start) = line.get(at..)?.find("<<").map(|i| at + i) {
        if blank(bytes.get(start + 2)) {
            at = start + 1;
            continue;
        }
        // A name of one character is the last that Org thinks of: `<<a>> <<bc>>` is one reference. What ends no
        // reference that begins here ends none that begins later, so that no line is read twice.
        let behind = start + 2 + line.get(start + 2..)?.chars().next().map_or(1, char::len_utf8);
        let mut close = behind;
        while let Some(i) = line.get(close..)?.find(">>") {
            close += i;
            if close > behind && !blank(bytes.get(close - 1)) {
                return Some((start, close + 2));
            }
            close += 1;
        }
        return line.get(behind..)?.starts_with(">>").then_some((start, behind + 2));
    }
    None
}
