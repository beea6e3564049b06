//! Walks a text from left to right and asks, wherever a character may begin an object, the family it belongs to. Knows no
//! object's syntax; keeps the region, the memory of searches and the nesting (a stack of its own: no recursion).

use std::ops::Range;

use super::find::Memo;
use super::radio::Radio;
use super::restrict::Set;
use super::{Kind, Object, Settings};
use super::{babel, chars, citation, emphasis, footnote, latex, link, script, target, timestamp};

/// Deeper contents stay plain text.
const MAX_DEPTH: usize = 64;

/// An object that was recognised.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    pub(super) contents: Range<usize>,
}

impl Found {
    /// An object that holds no other.
    pub(super) fn leaf(kind: Kind, span: Range<usize>) -> Self {
        let end = span.end;
        Found { kind, span, contents: end..end }
    }
}

/// The text, and the region in which objects are being looked for.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) settings: &'a Settings,
    /// The innermost contents; nothing outside counts.
    pub(super) region: Range<usize>,
    /// What has been given out up to here: no object begins before it.
    pub(super) done: usize,
    pub(super) memo: &'a mut Memo,
    pub(super) allowed: Set,
}

impl Reader<'_> {
    /// The byte at a place of the region.
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        if at < self.region.end { self.bytes.get(at).copied() } else { None }
    }

    /// Whether the region goes on with `prefix` at a place.
    pub(super) fn starts(&self, at: usize, prefix: &str) -> bool {
        self.bytes.get(at..self.region.end).is_some_and(|b| b.starts_with(prefix.as_bytes()))
    }

    /// The character before a place; none at the beginning of the region.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        if at > self.region.start { chars::before(self.text, at) } else { None }
    }

    /// The character at a place of the region.
    pub(super) fn char(&self, at: usize) -> Option<char> {
        if at < self.region.end { chars::at(self.text, at) } else { None }
    }

    /// Whether a line begins at a place, or the region.
    pub(super) fn line_begins(&self, at: usize) -> bool {
        at <= self.region.start || self.bytes.get(at.wrapping_sub(1)) == Some(&b'\n')
    }

    /// The end of the run of characters that `test` accepts.
    pub(super) fn run(&self, from: usize, test: impl Fn(char) -> bool) -> usize {
        let rest = self.text.get(from..self.region.end).unwrap_or("");
        rest.char_indices().find(|(_, c)| !test(*c)).map_or(from + rest.len(), |(i, _)| from + i)
    }

    /// The end of the run of bytes that `test` accepts; for sets of ASCII only.
    pub(super) fn run_bytes(&self, from: usize, test: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..self.region.end).unwrap_or_default();
        from + rest.iter().position(|b| !test(*b)).unwrap_or(rest.len())
    }

    /// Whether a word begins at a place.
    pub(super) fn word_begins(&self, at: usize) -> bool {
        self.char(at).is_some_and(|c| chars::word_start(self.before(at), c))
    }

    /// The object that the character at `at` gives away, which may begin a few characters before it.
    fn object(&mut self, at: usize) -> Option<Found> {
        match self.bytes.get(at)? {
            b'*' | b'/' | b'+' | b'=' | b'~' => emphasis::parse(self, at),
            b'_' => babel::parse(self, at).or_else(|| emphasis::parse(self, at)).or_else(|| script::parse(self, at)),
            b'^' => script::parse(self, at),
            b':' => link::plain(self, at),
            b'\\' => latex::backslash(self, at),
            b'$' => latex::dollar(self, at),
            b'{' => babel::macro_call(self, at),
            b'@' => babel::snippet(self, at),
            b'<' => match self.byte(at + 1)? {
                b'<' => target::parse(self, at),
                _ => timestamp::parse(self, at).or_else(|| link::angle(self, at)),
            },
            b'[' => match self.byte(at + 1)? {
                b'[' => link::bracket(self, at),
                b'f' => footnote::parse(self, at),
                b'c' => citation::parse(self, at),
                _ => timestamp::parse(self, at).or_else(|| target::cookie(self, at)),
            },
            _ => None,
        }
    }

    /// The next object at or after `from`.
    fn next(&mut self, from: usize, radio: &Radio) -> Option<Found> {
        if self.allowed == Set::REFERENCE {
            return citation::reference(self, from);
        }
        let mut at = from;
        let fence = if self.allowed.has(Set::LINK) { radio.next(self, from) } else { None };
        let stop = fence.as_ref().map_or(self.region.end, |f| f.span.start + 1).min(self.region.end);
        loop {
            let rest = self.bytes.get(at..stop).unwrap_or_default();
            let Some(step) = rest.iter().position(|b| BEGINS[*b as usize]) else { return fence };
            at += step;
            if let Some(found) = self.object(at) {
                match &fence {
                    // At the same place the radio link wins, except over a fragment that one character begins.
                    Some(f) if found.span.start >= f.span.start && self.bytes.get(at) != Some(&b'$') => {}
                    _ => return Some(found),
                }
            }
            at += 1;
        }
    }
}

/// The characters at which something may be recognised.
static BEGINS: [bool; 256] = {
    let mut table = [false; 256];
    let set = b"*/+=~_^:\\$@{<[";
    let mut i = 0;
    while i < set.len() {
        table[set[i] as usize] = true;
        i += 1;
    }
    table
};

/// Whether nothing can be recognised in a text without radio links.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    !bytes.iter().any(|b| BEGINS[*b as usize])
}

/// A region that is being read: where it ends, whose contents it is.
#[derive(Debug)]
struct Frame {
    region: Range<usize>,
    allowed: Set,
    object: usize,
}

/// What reading a text needs beside its result; kept from one to the next, since most texts are short and there are many.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    memo: Memo,
    stack: Vec<Frame>,
}

/// The objects of a region, and the text between them, behind those that are in the vector.
pub(super) fn read(
    mut objects: Vec<Object>,
    scratch: &mut Scratch,
    text: &str,
    range: Range<usize>,
    allowed: Set,
    settings: &Settings,
) -> Vec<Object> {
    let radio = Radio::new(&settings.radio_targets);
    let Scratch { memo, stack } = scratch;
    memo.begin(range.start, range.end);
    stack.clear();
    let mut reader = Reader { text, bytes: text.as_bytes(), settings, done: range.start, memo, region: range, allowed };
    loop {
        let found = if stack.len() < MAX_DEPTH { reader.next(reader.done, &radio) } else { None };
        let Some(found) = found else {
            push_text(&mut objects, reader.done..reader.region.end);
            let Some(frame) = stack.pop() else { return objects };
            let next = objects.len();
            if let Some(object) = objects.get_mut(frame.object) {
                object.next = next;
                reader.done = object.span.end;
            }
            reader.region = frame.region;
            reader.allowed = frame.allowed;
            continue;
        };
        push_text(&mut objects, reader.done..found.span.start);
        let index = objects.len();
        let Found { kind, span, contents } = found;
        let inner = Set::of_kind(&kind);
        reader.done = if contents.is_empty() { span.end } else { contents.start };
        objects.push(Object { kind, span, contents: contents.clone(), next: index + 1 });
        if !contents.is_empty() {
            let region = std::mem::replace(&mut reader.region, contents);
            let allowed = std::mem::replace(&mut reader.allowed, inner);
            stack.push(Frame { region, allowed, object: index });
        }
    }
}

fn push_text(objects: &mut Vec<Object>, span: Range<usize>) {
    if !span.is_empty() {
        let (end, next) = (span.end, objects.len() + 1);
        objects.push(Object { kind: Kind::Text, span, contents: end..end, next });
    }
}
