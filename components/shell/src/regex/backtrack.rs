//! Patterns with back-references: no automaton can match them, so this one tries, within a budget of steps.

use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Flavour, Groups};

/// Steps of one search.
const STEPS: u32 = 5_000_000;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    code: Vec<Code>,
    groups: usize,
    ignore_case: bool,
}

#[derive(Debug, Clone)]
enum Code {
    Byte(u8),
    Set(Class),
    Look(Look),
    Back(usize),
    /// Try the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    Done,
}

/// A back-reference stands in the pattern as a character that no pattern has: of a private plane.
const MARK: u32 = 0x0010_F700;

impl Matcher {
    /// Compiles a translated pattern.
    pub(super) fn new(pattern: &str, flavour: Flavour) -> Result<Self, String> {
        let mut text = String::with_capacity(pattern.len());
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek().copied()) {
                ('\\', Some(digit @ '1'..='9')) => {
                    chars.next();
                    text.extend(char::from_u32(MARK + digit.to_digit(10).unwrap_or(0)));
                }
                ('\\', Some(next)) => {
                    chars.next();
                    text.push('\\');
                    text.push(next);
                }
                _ => text.push(c),
            }
        }
        let config = syntax::Config::new()
            .utf8(false)
            .dot_matches_new_line(true)
            .multi_line(flavour.lines)
            .case_insensitive(flavour.ignore_case)
            .nest_limit(100);
        let hir = syntax::parse_with(&text, &config)
            .map_err(|_| "the regular expression with a back-reference is not understood".to_owned())?;
        let groups = hir.properties().explicit_captures_len() + 1;
        let mut matcher = Self { code: Vec::new(), groups, ignore_case: flavour.ignore_case };
        matcher.emit(&hir)?;
        matcher.code.push(Code::Done);
        Ok(matcher)
    }

    fn emit(&mut self, hir: &Hir) -> Result<(), String> {
        if self.code.len() > 50_000 {
            return Err("the regular expression is too large".to_owned());
        }
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => self.literal(&literal.0),
            HirKind::Class(class) => self.code.push(Code::Set(class.clone())),
            HirKind::Look(look) => self.code.push(Code::Look(*look)),
            HirKind::Capture(capture) => {
                let index = capture.index as usize;
                self.code.push(Code::Save(index * 2));
                self.emit(&capture.sub)?;
                self.code.push(Code::Save(index * 2 + 1));
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.emit(part))?,
            HirKind::Alternation(parts) => {
                let mut jumps = Vec::new();
                for (index, part) in parts.iter().enumerate() {
                    if index + 1 == parts.len() {
                        self.emit(part)?;
                        continue;
                    }
                    let split = self.code.len();
                    self.code.push(Code::Done);
                    self.emit(part)?;
                    jumps.push(self.code.len());
                    self.code.push(Code::Done);
                    self.code[split] = Code::Split(split + 1, self.code.len());
                }
                let end = self.code.len();
                jumps.into_iter().for_each(|jump| self.code[jump] = Code::Jump(end));
            }
            HirKind::Repetition(repetition) => {
                for _ in 0..repetition.min {
                    self.emit(&repetition.sub)?;
                }
                match repetition.max {
                    None => {
                        let split = self.code.len();
                        self.code.push(Code::Done);
                        self.emit(&repetition.sub)?;
                        self.code.push(Code::Jump(split));
                        self.code[split] = Code::Split(split + 1, self.code.len());
                    }
                    Some(max) => {
                        let mut splits = Vec::new();
                        for _ in repetition.min..max {
                            splits.push(self.code.len());
                            self.code.push(Code::Done);
                            self.emit(&repetition.sub)?;
                        }
                        let end = self.code.len();
                        splits.into_iter().for_each(|split| self.code[split] = Code::Split(split + 1, end));
                    }
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.code.extend(bytes.iter().map(|byte| Code::Byte(*byte)));
            return;
        };
        for c in text.chars() {
            match (c as u32).checked_sub(MARK) {
                Some(group @ 1..=9) => self.code.push(Code::Back(group as usize)),
                _ => self.code.extend(c.encode_utf8(&mut [0; 4]).bytes().map(Code::Byte)),
            }
        }
    }

    /// The first match at or after a place.
    pub(super) fn captures(&self, text: &[u8], from: usize) -> Option<Groups> {
        let mut steps = STEPS;
        (from..=text.len()).find_map(|start| self.at(text, start, &mut steps))
    }

    /// A match that begins here. Where the budget is used up, there is none.
    fn at(&self, text: &[u8], start: usize, steps: &mut u32) -> Option<Groups> {
        let mut saved = vec![usize::MAX; self.groups * 2];
        saved[0] = start;
        let mut stack: Vec<(usize, usize, Vec<usize>)> = vec![(0, start, saved)];
        while let Some((mut pc, mut at, mut saved)) = stack.pop() {
            // A loop whose body matched nothing would go on for ever.
            let mut last_split = None;
            loop {
                *steps = steps.checked_sub(1)?;
                match self.code.get(pc)? {
                    Code::Done => {
                        saved[1] = at;
                        let group = |pair: &[usize]| match pair {
                            [start, end] if *start != usize::MAX && *end != usize::MAX => Some((*start, *end)),
                            _ => None,
                        };
                        return Some(saved.chunks(2).map(group).collect());
                    }
                    Code::Byte(byte) if text.get(at) == Some(byte) => at += 1,
                    Code::Set(class) => match takes(class, &text[at..]) {
                        Some(length) => at += length,
                        None => break,
                    },
                    Code::Look(look) if looks(*look, text, at) => {}
                    Code::Back(group) => {
                        let (start, end) = (*saved.get(group * 2)?, *saved.get(group * 2 + 1)?);
                        let Some(seen) = text.get(start..end) else { break };
                        match text.get(at..at + seen.len()) {
                            Some(here) if here == seen || (self.ignore_case && here.eq_ignore_ascii_case(seen)) => {
                                at += seen.len();
                            }
                            _ => break,
                        }
                    }
                    Code::Split(first, second) => {
                        if last_split == Some((pc, at)) {
                            pc = *second;
                            continue;
                        }
                        last_split = Some((pc, at));
                        stack.push((*second, at, saved.clone()));
                        pc = *first;
                        continue;
                    }
                    Code::Jump(target) => {
                        pc = *target;
                        continue;
                    }
                    Code::Save(slot) => {
                        if let Some(place) = saved.get_mut(*slot) {
                            *place = at;
                        }
                    }
                    _ => break,
                }
                pc += 1;
            }
        }
        None
    }
}

/// Bytes that a class takes from the front.
fn takes(class: &Class, text: &[u8]) -> Option<usize> {
    match class {
        Class::Bytes(class) => {
            let byte = *text.first()?;
            class.iter().any(|range| (range.start()..=range.end()).contains(&byte)).then_some(1)
        }
        Class::Unicode(class) => {
            let window = &text[..text.len().min(4)];
            let c = match std::str::from_utf8(window) {
                Ok(text) => text.chars().next()?,
                Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).ok()?.chars().next()?,
            };
            class.iter().any(|range| (range.start()..=range.end()).contains(&c)).then_some(c.len_utf8())
        }
    }
}

fn looks(look: Look, text: &[u8], at: usize) -> bool {
    let word = |index: Option<usize>| {
        index
            .and_then(|index| text.get(index))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte > 127)
    };
    let (before, after) = (word(at.checked_sub(1)), word(Some(at)));
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        Look::StartLF | Look::StartCRLF => at == 0 || text[at - 1] == b'\n',
        Look::EndLF | Look::EndCRLF => at == text.len() || text[at] == b'\n',
        Look::WordAscii | Look::WordUnicode => before != after,
        Look::WordAsciiNegate | Look::WordUnicodeNegate => before == after,
        Look::WordStartAscii | Look::WordStartUnicode => !before && after,
        Look::WordEndAscii | Look::WordEndUnicode => before && !after,
        _ => true,
    }
}
