//! `sort`, `uniq`, `shuf`.

use std::cmp::Ordering;

use super::Cx;
use super::context::{lines, trimmed};
use crate::numbers::leading_number;
use crate::options::{Options, number};
use crate::{Done, Stop};

/// How a key is compared.
#[derive(Debug, Clone, Default)]
struct Key {
    /// Field and character, from 1, where it begins.
    from: (usize, usize),
    /// Where it ends; character 0 is the end of the field.
    to: Option<(usize, usize)>,
    order: String,
}

fn key(text: &str) -> Result<Key, Stop> {
    let wrong = || Stop::Error(2, format!("`{text}` is no key; write `-k 2` or `-k 2,2n`"));
    let mut order = String::new();
    let mut place = |text: &str| -> Result<(usize, usize), Stop> {
        let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        order.push_str(&text[end..]);
        let (field, character) = text[..end].split_once('.').unwrap_or((&text[..end], "0"));
        Ok((field.parse().map_err(|_| wrong())?, character.parse().map_err(|_| wrong())?))
    };
    let (from, to) = match text.split_once(',') {
        Some((from, to)) => (place(from)?, Some(place(to)?)),
        None => (place(text)?, None),
    };
    if from.0 == 0 {
        return Err(wrong());
    }
    Ok(Key { from, to, order })
}

/// Bytes where fields begin and end.
fn fields(line: &[u8], separator: Option<u8>) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = 0;
    match separator {
        Some(separator) => {
            for (index, byte) in line.iter().enumerate() {
                if *byte == separator {
                    out.push((start, index));
                    start = index + 1;
                }
            }
            out.push((start, line.len()));
        }
        None => {
            // White space before a field belongs to it.
            let mut at = 0;
            while at < line.len() {
                let start = at;
                while at < line.len() && matches!(line[at], b' ' | b'\t') {
                    at += 1;
                }
                while at < line.len() && !matches!(line[at], b' ' | b'\t') {
                    at += 1;
                }
                out.push((start, at));
            }
        }
    }
    out
}

fn part<'a>(line: &'a [u8], key: &Key, separator: Option<u8>) -> &'a [u8] {
    let fields = fields(line, separator);
    let blanks = |at: usize| line[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let Some((start, _)) = fields.get(key.from.0 - 1) else { return &[] };
    let skip = if key.order.contains('b') { blanks(*start) } else { 0 };
    let start = start + skip + key.from.1.saturating_sub(1);
    let end = match key.to {
        None => line.len(),
        Some((field, character)) => match fields.get(field.max(1) - 1) {
            None => line.len(),
            Some((_, end)) if character == 0 => *end,
            Some((begin, _)) => begin + character,
        },
    };
    line.get(start.min(line.len())..end.min(line.len())).unwrap_or(&[])
}

fn human(text: &str) -> f64 {
    let (value, length) = leading_number(text);
    let power =
        text.as_bytes().get(length).and_then(|c| "KMGTPE".find(c.to_ascii_uppercase() as char)).map_or(0, |p| p + 1);
    value * 1024f64.powi(power as i32)
}

fn version(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (left, right) = (digits(a), digits(b));
        if left > 0 && right > 0 {
            let (x, y) = (a[..left].trim_start_matches('0'), b[..right].trim_start_matches('0'));
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[left..], &b[right..]);
        } else {
            let (x, y) = (a.chars().next(), b.chars().next());
            if x != y {
                return x.cmp(&y);
            }
            let length = x.map_or(1, char::len_utf8);
            (a, b) = (&a[length..], &b[length..]);
        }
    }
    a.len().cmp(&b.len())
}

fn compare(a: &[u8], b: &[u8], order: &str) -> Ordering {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let result = if order.contains('n') {
        leading_plain(a).total_cmp(&leading_plain(b))
    } else if order.contains('g') {
        let number = |bytes: &[u8]| leading_number(&text(bytes)).0;
        number(a).total_cmp(&number(b))
    } else if order.contains('h') {
        human(&text(a)).total_cmp(&human(&text(b)))
    } else if order.contains('V') {
        version(&text(a), &text(b))
    } else if order.contains('M') {
        let month = |bytes: &[u8]| {
            super::date::MONTHS
                .iter()
                .position(|name| text(bytes).trim().to_lowercase().starts_with(&name[..3].to_lowercase()))
        };
        month(a).cmp(&month(b))
    } else if order.contains(['f', 'd', 'i']) {
        let fold = |bytes: &[u8]| -> Vec<u8> {
            let kept = bytes
                .iter()
                .filter(|byte| !order.contains('d') || byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace());
            kept.map(|byte| if order.contains('f') { byte.to_ascii_uppercase() } else { *byte }).collect()
        };
        fold(a).cmp(&fold(b))
    } else {
        a.cmp(b)
    };
    if order.contains('r') { result.reverse() } else { result }
}

/// The number that `-n` sees: no exponents.
fn leading_plain(bytes: &[u8]) -> f64 {
    let start = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let sign = usize::from(bytes.get(start) == Some(&b'-'));
    let length = bytes[start + sign..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let text = std::str::from_utf8(&bytes[start..start + sign + length]).unwrap_or("");
    let value = leading_number(text).0;
    // Minus zero is zero.
    if value == 0.0 { 0.0 } else { value }
}

const LONG: &[(&str, char)] = &[
    ("reverse", 'r'),
    ("numeric-sort", 'n'),
    ("unique", 'u'),
    ("key", 'k'),
    ("field-separator", 't'),
    ("ignore-case", 'f'),
    ("stable", 's'),
    ("check", 'c'),
    ("output", 'o'),
    ("human-numeric-sort", 'h'),
    ("version-sort", 'V'),
    ("zero-terminated", 'z'),
    ("general-numeric-sort", 'g'),
    ("ignore-leading-blanks", 'b'),
    ("dictionary-order", 'd'),
    ("month-sort", 'M'),
    ("merge", 'm'),
];

pub(crate) async fn sort(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "rnuk:t:fscCo:hVzgbdMmiT:S:", LONG)?;
    let separator = match options.value('t') {
        None => None,
        Some("\\t") => Some(b'\t'),
        Some("\\0") => Some(0),
        Some(text) if text.len() == 1 => text.bytes().next(),
        Some(text) => return Err(Stop::Error(2, format!("`{text}`: the separator is one character"))),
    };
    let global: String = "rnfhVgbdMi".chars().filter(|letter| options.has(*letter)).collect();
    let mut keys = options.values('k').map(key).collect::<Result<Vec<_>, _>>()?;
    for key in &mut keys {
        if key.order.is_empty() {
            key.order.clone_from(&global);
        }
    }
    let end = if options.has('z') { 0 } else { b'\n' };
    let bytes = cx.read_all(options.rest.clone()).await?;
    let mut rows = lines(&bytes, end);
    let by_keys = |a: &&[u8], b: &&[u8]| {
        if keys.is_empty() {
            let text = |line: &&[u8]| {
                let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                if global.contains('b') { blanks } else { 0 }
            };
            return compare(&a[text(a)..], &b[text(b)..], &global);
        }
        let orders = keys.iter().map(|key| compare(part(a, key, separator), part(b, key, separator), &key.order));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    let last = |a: &&[u8], b: &&[u8]| if global.contains('r') { b.cmp(a) } else { a.cmp(b) };
    let unique = options.has('u');
    let whole = |a: &&[u8], b: &&[u8]| {
        let order = by_keys(a, b);
        if options.has('s') || unique { order } else { order.then_with(|| last(a, b)) }
    };
    if options.has('c') || options.has('C') {
        let bad = rows
            .windows(2)
            .position(|pair| whole(&pair[0], &pair[1]).is_gt() || (unique && whole(&pair[0], &pair[1]).is_eq()));
        let Some(bad) = bad else { return Ok(0) };
        if options.has('c') {
            cx.complain(&format!("line {} is not in order: {}", bad + 2, String::from_utf8_lossy(rows[bad + 1]))).await;
        }
        return Ok(1);
    }
    rows.sort_by(whole);
    if unique {
        rows.dedup_by(|a, b| by_keys(a, b).is_eq());
    }
    let out = match options.value('o') {
        Some(path) => cx.create(path, false)?,
        None => cx.out.clone(),
    };
    write_lines(&out, &rows, end).await?;
    Ok(cx.status)
}

pub(super) async fn write_lines(out: &crate::io::Out, rows: &[&[u8]], end: u8) -> Result<(), Stop> {
    let mut buffer = Vec::new();
    for row in rows {
        buffer.extend_from_slice(row);
        buffer.push(end);
        if buffer.len() > 32 << 10 {
            out.write(&buffer).await?;
            buffer.clear();
        }
    }
    out.write(&buffer).await
}

pub(crate) async fn shuf(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "n:ei:z", &[("head-count", 'n'), ("echo", 'e'), ("input-range", 'i')])?;
    let mut rows: Vec<Vec<u8>> = if options.has('e') {
        options.rest.iter().map(|word| word.clone().into_bytes()).collect()
    } else if let Some((from, to)) = options.value('i').and_then(|range| range.split_once('-')) {
        (number(from)?..=number(to)?).take(1_000_000).map(|value| value.to_string().into_bytes()).collect()
    } else {
        let bytes = cx.read_all(options.rest.clone()).await?;
        lines(&bytes, b'\n').into_iter().map(<[u8]>::to_vec).collect()
    };
    for index in (1..rows.len()).rev() {
        let random = (cx.shell.random()? as usize) << 15 | cx.shell.random()? as usize;
        rows.swap(index, random % (index + 1));
    }
    rows.truncate(options.number('n')?.unwrap_or(usize::MAX));
    let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
    write_lines(&cx.out, &rows, b'\n').await?;
    Ok(0)
}

pub(crate) async fn uniq(cx: &mut Cx<'_>) -> Done {
    let long = [
        ("count", 'c'),
        ("repeated", 'd'),
        ("unique", 'u'),
        ("ignore-case", 'i'),
        ("skip-fields", 'f'),
        ("skip-chars", 's'),
        ("check-chars", 'w'),
    ];
    let options = Options::parse(&cx.args, "cduif:s:w:D", &long)?;
    let (skip_fields, skip_chars, most) =
        (options.number('f')?.unwrap_or(0), options.number('s')?.unwrap_or(0), options.number('w')?);
    let compared = |line: &[u8]| -> Vec<u8> {
        let mut rest = trimmed(line);
        for _ in 0..skip_fields {
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let word = rest[blank..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
            rest = &rest[blank + word..];
        }
        let rest = &rest[skip_chars.min(rest.len())..];
        let rest = &rest[..most.unwrap_or(rest.len()).min(rest.len())];
        if options.has('i') { rest.to_ascii_lowercase() } else { rest.to_vec() }
    };
    let input = cx.open(options.rest.first().map_or("-", String::as_str))?;
    let out = match options.rest.get(1) {
        Some(path) => cx.create(path, false)?,
        None => cx.out.clone(),
    };
    let mut line = Vec::new();
    let mut group: Option<(Vec<u8>, Vec<u8>, usize)> = None;
    loop {
        let more = input.line(b'\n', &mut line).await?;
        let same = more && group.as_ref().is_some_and(|(_, key, _)| *key == compared(&line));
        if same {
            if let Some((first, _, count)) = &mut group {
                *count += 1;
                if options.has('D') {
                    if *count == 2 {
                        out.write(first).await?;
                    }
                    out.write(&line).await?;
                }
            }
            continue;
        }
        if let Some((first, _, count)) = group.take() {
            let unwanted = options.has(if count == 1 { 'd' } else { 'u' });
            if !unwanted && !options.has('D') {
                let number = if options.has('c') { format!("{count:>7} ") } else { String::new() };
                out.write(&[number.as_bytes(), trimmed(&first), b"\n"].concat()).await?;
            }
        }
        if !more {
            return Ok(cx.status);
        }
        group = Some((line.clone(), compared(&line), 1));
    }
}
