//! Looking ahead in linear time: where the next closer of a kind stands, and which brackets belong together.
//!
//! Objects are looked for from left to right, so what a search found (or that it found nothing) answers every later
//! question up to that place. A text of nothing but openers is read once per kind of closer, not once per opener.

use super::chars;

/// The kinds of things that are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Bold,
    Italic,
    Underline,
    Strike,
    Verbatim,
    Code,
    Dollar,
    Dollars,
    MathInline,
    MathDisplay,
    Snippet,
    Description,
    Macro,
    Timestamp,
    Diary,
    DiaryParen,
    Angle,
    AngleBreak,
    CallName,
    SourceName,
    Semicolon,
    Key,
    Radio,
}

const SLOTS: usize = Slot::Radio as usize + 1;

/// The kinds of brackets that are paired without escapes and without regard to what stands inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

/// What is known about one kind: from `from` on, the first is at `found` (nowhere, if that is the maximum).
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    from: usize,
    found: usize,
}

/// The memory of the searches in one text.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Where the text begins; brackets are paired from here on.
    start: usize,
    /// No search goes past it.
    limit: usize,
    /// One bit per kind that was searched for in this text; what `known` has of others is of an earlier one.
    seen: u32,
    known: [Known; SLOTS],
    pairs: [Option<Vec<(u32, u32)>>; 3],
}

impl Memo {
    /// Forgets everything: another text is looked at.
    pub(super) fn begin(&mut self, start: usize, limit: usize) {
        (self.start, self.limit, self.seen) = (start, limit, 0);
        self.pairs = [None, None, None];
    }

    /// The first position at or after `from` that `search` finds; `search` gets the first position to try and the end.
    pub(super) fn find(
        &mut self,
        slot: Slot,
        from: usize,
        search: impl FnOnce(usize, usize) -> Option<usize>,
    ) -> Option<usize> {
        let limit = self.limit;
        let known = &mut self.known[slot as usize];
        let bit = 1 << slot as u32;
        if self.seen & bit == 0 || from < known.from || from > known.found {
            self.seen |= bit;
            *known = Known { from, found: search(from, limit).unwrap_or(usize::MAX) };
        }
        (known.found != usize::MAX).then_some(known.found)
    }

    /// The first `needle` at or after `from`.
    pub(super) fn needle(&mut self, slot: Slot, text: &str, from: usize, needle: &str) -> Option<usize> {
        self.find(slot, from, |from, limit| {
            let bytes = text.as_bytes().get(from..limit)?;
            let needle = needle.as_bytes();
            let (first, rest) = needle.split_first()?;
            let mut at = 0;
            loop {
                at += bytes.get(at..)?.iter().position(|b| b == first)?;
                if bytes.get(at + 1..)?.starts_with(rest) {
                    return Some(from + at);
                }
                at += 1;
            }
        })
    }

    /// The first byte at or after `from` that is one of `set`.
    pub(super) fn any(&mut self, slot: Slot, text: &str, from: usize, set: &[u8]) -> Option<usize> {
        self.find(slot, from, |from, limit| {
            let bytes = text.as_bytes().get(from..limit)?;
            bytes.iter().position(|b| set.contains(b)).map(|i| from + i)
        })
    }

    /// The bracket that closes the one at `open`.
    pub(super) fn closing(&mut self, text: &str, bracket: Bracket, open: usize) -> Option<usize> {
        let (start, limit) = (self.start, self.limit);
        let pairs = self.pairs[bracket as usize].get_or_insert_with(|| pair(text, bracket, start, limit));
        let key = u32::try_from(open).ok()?;
        let index = pairs.binary_search_by_key(&key, |p| p.0).ok()?;
        pairs.get(index).map(|p| p.1 as usize).filter(|close| *close > open)
    }
}

/// All brackets of a kind from `from` on, in order of the opening ones; 0 for one that nothing closes.
fn pair(text: &str, bracket: Bracket, from: usize, limit: usize) -> Vec<(u32, u32)> {
    let (open, close) = match bracket {
        Bracket::Round => (b'(', b')'),
        Bracket::Square => (b'[', b']'),
        Bracket::Curly => (b'{', b'}'),
    };
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut stack: Vec<u32> = Vec::new();
    let bytes = text.as_bytes().get(from..limit).unwrap_or_default();
    for (i, b) in bytes.iter().enumerate() {
        let Ok(at) = u32::try_from(from + i) else { break };
        if *b == open {
            stack.push(pairs.len() as u32);
            pairs.push((at, 0));
        } else if *b == close
            && let Some(entry) = stack.pop().and_then(|k| pairs.get_mut(k as usize))
        {
            entry.1 = at;
        }
    }
    pairs
}

/// Whether a marker at `at` may close an emphasis: no blank before it, white space or punctuation after it. The end of the
/// text counts as white space.
pub(super) fn closes(text: &str, at: usize, end: usize) -> bool {
    chars::before(text, at).is_some_and(|c| !chars::is_space(c)) && (at + 1 >= end || is_post(text, at + 1))
}

fn is_post(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        Some(b) if b.is_ascii() => {
            matches!(
                b,
                b' ' | b'\t'
                    | b'\n'
                    | b'\r'
                    | b'\x0c'
                    | b'-'
                    | b'.'
                    | b','
                    | b';'
                    | b':'
                    | b'!'
                    | b'?'
                    | b'\''
                    | b'"'
                    | b')'
                    | b'}'
                    | b'\\'
                    | b'['
            )
        }
        Some(_) => chars::at(text, at).is_some_and(chars::is_space),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_nest() {
        let text = "[a [b] c] [d";
        let mut memo = Memo::default();
        memo.begin(0, text.len());
        assert_eq!(memo.closing(text, Bracket::Square, 0), Some(8));
        assert_eq!(memo.closing(text, Bracket::Square, 3), Some(5));
        assert_eq!(memo.closing(text, Bracket::Square, 10), None);
    }

    #[test]
    fn needles_are_remembered() {
        let text = "a $$ b $";
        let mut memo = Memo::default();
        memo.begin(0, text.len());
        assert_eq!(memo.needle(Slot::Dollars, text, 0, "$$"), Some(2));
        assert_eq!(memo.needle(Slot::Dollars, text, 2, "$$"), Some(2));
        assert_eq!(memo.needle(Slot::Dollars, text, 3, "$$"), None);
        assert_eq!(memo.needle(Slot::Dollars, text, 0, "$$"), Some(2));
    }
}
