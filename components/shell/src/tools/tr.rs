//! `tr`.

use super::Cx;
use crate::options::Options;
use crate::pattern::class;
use crate::text::{Escapes, unescape};
use crate::{Done, Stop, usage};

/// The characters a set stands for; `most` is how long a repetition without a count may be.
fn set(text: &str, most: usize) -> Result<Vec<char>, Stop> {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<char> = Vec::new();
    let mut at = 0;
    let single = |at: &mut usize| -> Option<char> {
        let c = *chars.get(*at)?;
        *at += 1;
        if c != '\\' {
            return Some(c);
        }
        let digits = chars[*at..].iter().take(3).take_while(|c| c.is_digit(8)).count();
        let length = digits.max(1).min(chars.len() - *at);
        let escaped: String = chars[*at..*at + length].iter().collect();
        *at += length;
        let (bytes, _) = unescape(&format!("\\{escaped}"), Escapes::Quoted);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.strip_prefix('\\').unwrap_or(&text).chars().next().or(Some('\\'))
    };
    while at < chars.len() {
        if chars[at..].starts_with(&['[', ':']) {
            let end = (at + 2..chars.len()).find(|index| chars[*index..].starts_with(&[':', ']']));
            if let Some(end) = end {
                let name: String = chars[at + 2..end].iter().collect();
                let before = out.len();
                out.extend((0..256u32).filter_map(char::from_u32).filter(|c| c.is_ascii() && class(&name, *c)));
                if out.len() == before {
                    return Err(Stop::Error(1, format!("there is no character class `{name}`")));
                }
                at = end + 2;
                continue;
            }
        }
        if chars[at] == '[' && chars.get(at + 2) == Some(&'*') {
            let end = (at + 3..chars.len()).find(|index| chars[*index] == ']');
            if let Some(end) = end {
                let count: String = chars[at + 3..end].iter().collect();
                let count = count.parse().ok().filter(|count| *count > 0).unwrap_or(most.saturating_sub(out.len()));
                out.extend(std::iter::repeat_n(chars[at + 1], count.min(65_536)));
                at = end + 1;
                continue;
            }
        }
        let Some(from) = single(&mut at) else { break };
        if chars.get(at) == Some(&'-') && at + 1 < chars.len() {
            at += 1;
            let Some(to) = single(&mut at) else { break };
            if to < from {
                return Err(Stop::Error(1, format!("the range `{from}-{to}` goes backwards")));
            }
            out.extend((from..=to).take(65_536));
        } else {
            out.push(from);
        }
    }
    Ok(out)
}

pub(crate) async fn tr(cx: &mut Cx<'_>) -> Done {
    let long = [("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c'), ("truncate-set1", 't')];
    let options = Options::leading(&cx.args, "dscCt", &long)?;
    let (delete, squeeze) = (options.has('d'), options.has('s'));
    let complement = options.has('c') || options.has('C');
    let Some(first) = options.rest.first() else { return usage("needs a set of characters") };
    let first = set(first, 0)?;
    let second = options.rest.get(1).map(|text| set(text, first.len())).transpose()?;
    if second.is_none() && !delete && !squeeze {
        return usage("needs a second set of characters");
    }
    let in_first = |c: char| first.contains(&c) != complement;
    let last = second.as_ref().and_then(|second| second.last().copied());
    let change = |c: char| -> char {
        let Some(second) = second.as_ref().filter(|_| !delete) else { return c };
        if complement {
            return if first.contains(&c) { c } else { last.unwrap_or(c) };
        }
        // The last of equal characters counts.
        match first.iter().rposition(|own| *own == c) {
            Some(index) => second.get(index).copied().or(last.filter(|_| !options.has('t'))).unwrap_or(c),
            None => c,
        }
    };
    let table: Vec<(bool, char)> = (0..128u8).map(|byte| (in_first(byte.into()), change(byte.into()))).collect();
    let mut previous = None;
    let mut rest: Vec<u8> = Vec::new();
    while let Some(chunk) = cx.input.chunk().await? {
        rest.extend(chunk);
        let valid = match std::str::from_utf8(&rest) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => rest.len(),
        };
        let tail = rest.split_off(valid);
        let text = String::from_utf8_lossy(&rest);
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            let (found, changed) = if c.is_ascii() { table[c as usize] } else { (in_first(c), change(c)) };
            if delete && found {
                continue;
            }
            let squeezes = squeeze
                && match &second {
                    Some(second) => second.contains(&changed),
                    None => found,
                };
            if squeezes && previous == Some(changed) {
                continue;
            }
            previous = Some(changed);
            out.push(changed);
        }
        cx.out.write(out.as_bytes()).await?;
        rest = tail;
    }
    cx.out.write(&rest).await?;
    Ok(0)
}
