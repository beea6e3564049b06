//! The lines that close something, found once per file.
//!
//! A block, drawer or LaTeX environment is one only if its end follows in time. With this table the question is one
//! binary search, so a file full of openings that nothing closes costs no more than another. What is open, and where,
//! is the scanner's business.

use std::borrow::Cow;
use std::collections::HashMap;

use super::line;
use crate::search;
use crate::source::Source;

/// Closing lines, ascending, by what they close.
#[derive(Debug, Default)]
pub(crate) struct Ends<'a> {
    /// `#+end_NAME`, by lower case name.
    blocks: HashMap<Cow<'a, str>, Vec<usize>>,
    /// `#+end:` and `#+end`.
    dynamic: Vec<usize>,
    /// The `#+end:` among them: the only ones that the extent of a list respects.
    dynamic_colon: Vec<usize>,
    /// `:END:`.
    drawers: Vec<usize>,
    /// Lines that end in `\end{NAME}`, by lower case name.
    latex: HashMap<Cow<'a, str>, Vec<usize>>,
}

/// What an opening line waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing<'t> {
    Block(&'t str),
    Dynamic,
    DynamicColon,
    Drawer,
    Latex(&'t str),
}

impl<'a> Ends<'a> {
    /// Collects the closing lines of a file.
    pub(crate) fn new(source: &Source<'a>) -> Self {
        let mut ends = Ends::default();
        for (i, l) in source.lines.iter().enumerate() {
            let text = &source.text[l.start..l.end];
            let rest = &text[line::indent(text).1..];
            match rest.as_bytes().first() {
                Some(b'#') => ends.hash(i, rest),
                Some(b':') if rest.trim_end_matches([' ', '\t']).eq_ignore_ascii_case(":end:") => ends.drawers.push(i),
                _ => {}
            }
        }
        for offset in search::every(source.text, b'\\') {
            if !source.text.as_bytes().get(offset + 1..).is_some_and(|rest| rest.starts_with(b"end{")) {
                continue;
            }
            let at = source.line_at(offset);
            let Some(l) = source.lines.get(at) else { break };
            let rest = source.text.get(offset + 5..l.end).unwrap_or("").trim_end_matches([' ', '\t']);
            if let Some(name) = rest.strip_suffix('}').filter(|n| line::is_latex_name(n)) {
                ends.latex.entry(lower(name)).or_default().push(at);
            }
        }
        ends
    }

    fn hash(&mut self, i: usize, rest: &'a str) {
        let rest = rest.trim_end_matches([' ', '\t']);
        if let Some(name) = line::strip_ascii_prefix(rest, "#+end_") {
            if !name.is_empty() && !name.contains([' ', '\t']) {
                self.blocks.entry(lower(name)).or_default().push(i);
            }
        } else if rest.eq_ignore_ascii_case("#+end:") {
            self.dynamic.push(i);
            self.dynamic_colon.push(i);
        } else if rest.eq_ignore_ascii_case("#+end") {
            self.dynamic.push(i);
        }
    }

    /// The first closing line at or after line `from`, and before `limit`; else where the next one is, if there is one.
    pub(crate) fn find(&self, closing: Closing<'_>, from: usize, limit: usize) -> Result<usize, Option<usize>> {
        let lines: &[usize] = match closing {
            Closing::Block(name) => self.blocks.get(lower(name).as_ref()).map_or(&[], Vec::as_slice),
            Closing::Dynamic => &self.dynamic,
            Closing::DynamicColon => &self.dynamic_colon,
            Closing::Drawer => &self.drawers,
            Closing::Latex(name) => self.latex.get(lower(name).as_ref()).map_or(&[], Vec::as_slice),
        };
        match lines.get(lines.partition_point(|n| *n < from)) {
            Some(n) if *n < limit => Ok(*n),
            other => Err(other.copied()),
        }
    }
}

/// Lower case; the same text where it is that already.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
