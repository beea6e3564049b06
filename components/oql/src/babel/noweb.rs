//! `<<name>>` in the body of any block, as `org-babel-expand-noweb-references` expands it.
//!
//! What a plan runs and what is tangled is expanded by `plan::noweb`, which also says what is wrong; this is the plain
//! answer for comparison with Org. References that run a block stay as they are written.

use std::collections::HashMap;

use super::Source;

/// The largest text a block may expand to, and all of a file together.
const MAX_SIZE: usize = 1 << 19;
const MAX_TOTAL: usize = 1 << 22;
const MAX_DEPTH: usize = 32;

pub(super) struct Noweb<'s> {
    blocks: &'s [Source],
    /// The first block of each name.
    named: HashMap<&'s str, usize>,
    /// All blocks of each `:noweb-ref`.
    referred: HashMap<&'s str, Vec<usize>>,
    left: usize,
    /// A block that Babel refuses stands in the way of looking at all of them.
    broken: bool,
}

impl<'s> Noweb<'s> {
    pub(super) fn new(blocks: &'s [Source]) -> Self {
        let mut named = HashMap::new();
        let mut referred: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, block) in blocks.iter().enumerate() {
            if let Some(name) = &block.name {
                named.entry(name.as_str()).or_insert(i);
            }
            if block.hidden {
                continue;
            }
            if let Some(name) = block.argument(":noweb-ref") {
                referred.entry(name).or_default().push(i);
            }
        }
        let broken = blocks.iter().any(|b| !b.hidden && b.args.is_none());
        Noweb { blocks, named, referred, left: MAX_TOTAL, broken }
    }

    /// The body of a block with its references expanded, whatever its `:noweb` says. `None` where it has no end.
    pub(super) fn expand(&mut self, block: usize) -> Option<String> {
        self.text(block, 0)
    }

    fn text(&mut self, index: usize, depth: usize) -> Option<String> {
        let block = self.blocks.get(index)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let repeat = block.given(":noweb-prefix").is_none_or(|v| !matches!(v, None | Some("no" | "nil")));
        let mut out = String::with_capacity(block.body.len());
        for (n, line) in block.body.split('\n').enumerate() {
            if n > 0 {
                out.push('\n');
            }
            let mut at = 0;
            while let Some((start, end)) = reference(line, at) {
                let prefix = &line[at..start];
                out.push_str(prefix);
                let name = &line[start + 2..end - 2];
                let text = match name.find('(').is_some_and(|i| name[i..].contains(')')) {
                    true => line[start..end].to_owned(),
                    false => self.target(name, depth)?,
                };
                for (k, part) in text.split(['\n', '\r']).enumerate() {
                    if k > 0 {
                        out.push('\n');
                        out.push_str(if repeat { prefix } else { "" });
                    }
                    out.push_str(part);
                }
                at = end;
                if out.len() > MAX_SIZE {
                    return None;
                }
            }
            out.push_str(&line[at..]);
        }
        self.left = self.left.checked_sub(out.len() + 256)?;
        Some(out)
    }

    /// What a name stands for: the block of that name, or else all with that `:noweb-ref`.
    fn target(&mut self, name: &str, depth: usize) -> Option<String> {
        let found = match self.named.get(name).filter(|b| self.blocks.get(**b).is_some_and(|b| !b.hidden)) {
            Some(block) => vec![*block],
            None if self.broken => return None,
            None => self.referred.get(name).cloned().unwrap_or_default(),
        };
        let mut out = String::new();
        for (k, index) in found.iter().enumerate() {
            let block = self.blocks.get(*index)?;
            let values = block.argument(":noweb").unwrap_or("");
            let expands = |w| matches!(w, "yes" | "no-export" | "strip-export" | "eval" | "strip-tangle");
            match values.split_whitespace().any(expands) {
                true => out.push_str(&self.text(*index, depth + 1)?),
                false => out.push_str(&block.body),
            }
            if k + 1 < found.len() {
                out.push_str(block.argument(":noweb-sep").unwrap_or("\n"));
            }
            self.left = self.left.checked_sub(block.body.len() + 256)?;
        }
        Some(out)
    }
}

/// The next `<<name>>` of a line: where it begins and ends.
fn reference(line: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let blank = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'\t'));
    let mut at = from;
    while let Some(start) = line.get(at..)?.find("<<").map(|i| at + i) {
        let mut close = line.get(start + 3..).and_then(|rest| rest.find(">>")).map(|i| start + 3 + i)?;
        while blank(bytes.get(close - 1)) {
            close = line.get(close + 1..)?.find(">>").map(|i| close + 1 + i)?;
        }
        if !blank(bytes.get(start + 2)) {
            return Some((start, close + 2));
        }
        at = start + 1;
    }
    None
}
