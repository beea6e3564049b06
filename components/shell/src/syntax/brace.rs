//! Brace expansion: `a{b,c}d` and `{1..9}`, before anything else is expanded.

use super::{Part, Word};

/// Words that one word may become.
const MAX_WORDS: usize = 100_000;

/// The words a word with braces stands for.
///
/// # Errors
///
/// When they are too many.
pub(crate) fn expand(word: &Word) -> Result<Option<Vec<Word>>, String> {
    let candidate = word.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('{')));
    if !candidate {
        return Ok(None);
    }
    let mut left = MAX_WORDS;
    let words = alternatives(&word.parts, &mut left, 0)?;
    Ok(Some(words.into_iter().map(|parts| Word { parts }).collect()))
}

/// A place in the parts: part and byte.
type Place = (usize, usize);

struct Braces {
    open: Place,
    close: Place,
    commas: Vec<Place>,
}

fn alternatives(parts: &[Part], left: &mut usize, depth: usize) -> Result<Vec<Vec<Part>>, String> {
    let too_many = || format!("a brace expansion makes more than {MAX_WORDS} words");
    if depth > 50 {
        return Err("braces stand too deeply within each other".to_owned());
    }
    let mut from = (0, 0);
    loop {
        let Some(open) = find_open(parts, from) else { return Ok(vec![parts.to_vec()]) };
        from = (open.0, open.1 + 1);
        let Some(braces) = matching(parts, open) else { continue };
        let inner = slice(parts, (braces.open.0, braces.open.1 + 1), braces.close);
        let choices: Vec<Vec<Part>> = if braces.commas.is_empty() {
            match inner.as_slice() {
                [Part::Text(text)] => match range(text, *left) {
                    Some(items) => items?.into_iter().map(|item| vec![Part::Text(item)]).collect(),
                    None => continue,
                },
                _ => continue,
            }
        } else {
            let mut starts = vec![(braces.open.0, braces.open.1 + 1)];
            starts.extend(braces.commas.iter().map(|comma| (comma.0, comma.1 + 1)));
            let ends = braces.commas.iter().copied().chain([braces.close]);
            let mut choices = Vec::new();
            for (start, end) in starts.into_iter().zip(ends) {
                choices.extend(alternatives(&slice(parts, start, end), left, depth + 1)?);
            }
            choices
        };
        let before = slice(parts, (0, 0), braces.open);
        let last = parts.len().saturating_sub(1);
        let length = match parts.last() {
            Some(Part::Text(text)) => text.len(),
            _ => 1,
        };
        let after = alternatives(&slice(parts, (braces.close.0, braces.close.1 + 1), (last, length)), left, depth + 1)?;
        let count = choices.len().saturating_mul(after.len());
        *left = left.checked_sub(count).ok_or_else(too_many)?;
        let mut out = Vec::with_capacity(count);
        for choice in &choices {
            for rest in &after {
                out.push([before.as_slice(), choice, rest].concat());
            }
        }
        return Ok(out);
    }
}

fn find_open(parts: &[Part], from: Place) -> Option<Place> {
    for (index, part) in parts.iter().enumerate().skip(from.0) {
        if let Part::Text(text) = part {
            let start = if index == from.0 { from.1 } else { 0 };
            if let Some(at) = text.get(start..).and_then(|rest| rest.find('{')) {
                return Some((index, start + at));
            }
        }
    }
    None
}

fn matching(parts: &[Part], open: Place) -> Option<Braces> {
    let mut depth = 0usize;
    let mut commas = Vec::new();
    for (index, part) in parts.iter().enumerate().skip(open.0) {
        let Part::Text(text) = part else { continue };
        let start = if index == open.0 { open.1 } else { 0 };
        for (at, byte) in text.bytes().enumerate().skip(start) {
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(Braces { open, close: (index, at), commas });
                    }
                }
                b',' if depth == 1 => commas.push((index, at)),
                _ => {}
            }
        }
    }
    None
}

/// The parts between two places.
fn slice(parts: &[Part], from: Place, to: Place) -> Vec<Part> {
    let mut out = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index < from.0 || index > to.0 {
            continue;
        }
        match part {
            Part::Text(text) => {
                let start = if index == from.0 { from.1 } else { 0 };
                let end = if index == to.0 { to.1 } else { text.len() };
                if let Some(piece) = text.get(start..end.max(start)).filter(|piece| !piece.is_empty()) {
                    out.push(Part::Text(piece.to_owned()));
                }
            }
            other if (index > from.0 || from.1 == 0) && (index < to.0 || to.1 > 0) => out.push(other.clone()),
            _ => {}
        }
    }
    out
}

/// Digits that zeros before a number can make of it.
const MAX_DIGITS: usize = 1_000;

/// `1..9`, `a..e`, `1..9..2`.
fn range(text: &str, left: usize) -> Option<Result<Vec<String>, String>> {
    let pieces: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match pieces.as_slice() {
        [from, to] => (*from, *to, 1),
        [from, to, step] => (*from, *to, step.parse::<i64>().ok()?.saturating_abs().max(1)),
        _ => return None,
    };
    let letter = |text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii_alphabetic() => Some(i64::from(*byte)),
        _ => None,
    };
    let numbers = from.parse::<i64>().ok().zip(to.parse::<i64>().ok());
    let (start, end) = numbers.or_else(|| letter(from).zip(letter(to)))?;
    let padded = |text: &str| text.trim_start_matches('-').starts_with('0') && text.trim_start_matches('-').len() > 1;
    let width =
        if numbers.is_some() && (padded(from) || padded(to)) { from.len().max(to.len()).min(MAX_DIGITS) } else { 0 };
    let count = start.abs_diff(end) / step.unsigned_abs();
    if count as usize >= left {
        return Some(Err(format!("a brace expansion makes more than {MAX_WORDS} words")));
    }
    let item = |index: u64| {
        let way = (index as i64).wrapping_mul(step);
        let value = if start <= end { start.wrapping_add(way) } else { start.wrapping_sub(way) };
        if numbers.is_some() { format!("{value:0width$}") } else { char::from(value as u8).to_string() }
    };
    Some(Ok((0..=count).map(item).collect()))
}
