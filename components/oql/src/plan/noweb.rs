//! `<<name>>` references in source blocks: which of them are to be filled in, and where one stands that cannot be.
//!
//! How they are filled in is `babel::noweb`'s part.

use std::collections::HashSet;
use std::ops::Range;

use super::blocks::SourceBlock;
pub(crate) use crate::babel::noweb::{Purpose, Trouble};
use crate::babel::{self, noweb};
use crate::syntax::{Document, body};

/// A reference that could not be expanded, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NowebIssue {
    pub(crate) block: usize,
    pub(crate) at: Range<usize>,
    pub(crate) trouble: Trouble,
}

/// The references of a file's blocks.
pub(crate) struct Noweb<'d, 'a> {
    document: &'d Document<'a>,
    blocks: &'d [SourceBlock],
    babel: noweb::Noweb<'d>,
    /// Babel also counts the blocks of commented trees: its number of each block here, and the other way round.
    number: Vec<usize>,
    block: Vec<Option<usize>>,
}

impl<'d, 'a> Noweb<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>, blocks: &'d [SourceBlock], purpose: Purpose) -> Self {
        let sources = babel::sources(document);
        let mut number = Vec::with_capacity(blocks.len());
        let mut block = Vec::with_capacity(sources.len());
        for (i, source) in sources.iter().enumerate() {
            let ours = blocks.get(number.len()).is_some_and(|b| b.element == source.element);
            block.push(ours.then_some(number.len()));
            if ours {
                number.push(i);
            }
        }
        Noweb { document, blocks, babel: noweb::Noweb::new(sources, purpose), number, block }
    }

    /// What to make of a text that replaces a reference; gets the block that refers and the one referred to.
    pub(crate) fn wrap(&mut self, wrap: impl Fn(usize, usize, String) -> String + 'd) {
        let block = self.block.clone();
        let ours = move |i: usize| block.get(i).copied().flatten();
        self.babel.wrap = Some(Box::new(move |outer, inner, text| match (ours(outer), ours(inner)) {
            (Some(outer), Some(inner)) => wrap(outer, inner, text),
            _ => text,
        }));
    }

    /// The blocks that are pulled into others.
    pub(crate) fn fragments(&self) -> Vec<bool> {
        let mut names: HashSet<&str> = HashSet::new();
        for (block, _) in self.blocks.iter().zip(&self.number).filter(|(_, n)| self.babel.expands(**n)) {
            for line in self.document.slice(&block.body).split('\n') {
                names.extend(noweb::references(line).map(|(start, end)| &line[start + 2..end - 2]));
            }
        }
        let mut used = vec![false; self.blocks.len()];
        for name in names {
            for target in self.babel.targets(name).iter().filter_map(|t| self.block.get(*t).copied().flatten()) {
                used[target] = true;
            }
        }
        used
    }

    /// The source of a block as its compiler sees it.
    pub(crate) fn source(&mut self, index: usize) -> String {
        let (Some(block), Some(number)) = (self.blocks.get(index), self.number.get(index).copied()) else {
            return String::new();
        };
        let plain = body::code(self.document.slice(&block.body), block.keep_indentation);
        let mut text = if self.babel.strips(number) {
            self.babel.stripped(number)
        } else if self.babel.expands(number) {
            self.babel.expand(number).0
        } else {
            return plain;
        };
        if plain.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// What could not be expanded so far.
    pub(crate) fn issues(&self) -> Vec<NowebIssue> {
        self.babel.issues.iter().filter_map(|issue| self.placed(issue)).collect()
    }

    fn placed(&self, issue: &noweb::Issue) -> Option<NowebIssue> {
        let block = self.block.get(issue.block).copied().flatten()?;
        let body = self.blocks.get(block)?.body.clone();
        let text = self.document.slice(&body);
        let at = text.find(&format!("<<{}>>", issue.name)).map_or(body.clone(), |i| {
            let start = body.start + i;
            start..start + issue.name.len() + 4
        });
        Some(NowebIssue { block, at, trouble: issue.trouble.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::blocks;

    fn check(text: &str, expect: &str, issues: usize) {
        let document = Document::parse(text);
        let blocks = blocks::collect(&document);
        let mut filled = Noweb::new(&document, &blocks, Purpose::Planning);
        let last = blocks.len() - 1;
        assert_eq!(filled.source(last), expect);
        assert_eq!(filled.issues().len(), issues, "{:?}", filled.issues());
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
        let mut filled = Noweb::new(&document, &blocks, Purpose::Planning);
        for i in 0..blocks.len() {
            assert!(filled.source(i).len() <= 2 * noweb::MAX_SIZE);
        }
        assert!(!filled.issues().is_empty());
    }
}
