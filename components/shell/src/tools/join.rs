//! Several files side by side: `paste`, `comm`, `join`.

use std::cmp::Ordering;

use super::Cx;
use super::context::{lines, trimmed};
use crate::options::Options;
use crate::{Done, Stop, usage};

pub(crate) async fn paste(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "d:sz", &[("delimiters", 'd'), ("serial", 's')])?;
    let text = options.value('d').unwrap_or("\t").replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0");
    let delimiters: Vec<char> = text.chars().collect();
    let between = |index: usize| match delimiters.get(index.checked_rem(delimiters.len()).unwrap_or(0)) {
        None | Some('\0') => String::new(),
        Some(c) => c.to_string(),
    };
    let mut names = Cx::inputs(options.rest.clone());
    let mut inputs = Vec::new();
    while let Some((_, input)) = cx.next_input(&mut names).await {
        inputs.push(input);
    }
    let mut line = Vec::new();
    if options.has('s') {
        for input in inputs {
            let mut out = Vec::new();
            let mut index = 0;
            while input.line(b'\n', &mut line).await? {
                if index > 0 {
                    out.extend(between(index - 1).bytes());
                }
                out.extend_from_slice(trimmed(&line));
                index += 1;
            }
            out.push(b'\n');
            cx.out.write(&out).await?;
        }
        return Ok(cx.status);
    }
    loop {
        let mut out = Vec::new();
        let mut any = false;
        for (index, input) in inputs.iter().enumerate() {
            if index > 0 {
                out.extend(between(index - 1).bytes());
            }
            if input.line(b'\n', &mut line).await? {
                any = true;
                out.extend_from_slice(trimmed(&line));
            }
        }
        if !any {
            return Ok(cx.status);
        }
        out.push(b'\n');
        cx.out.write(&out).await?;
    }
}

async fn two(cx: &Cx<'_>, names: &[String]) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    let [first, second] = names else { return usage("needs two files") };
    Ok((cx.open(first)?.all().await?, cx.open(second)?.all().await?))
}

pub(crate) async fn comm(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "123", &[])?;
    let (first, second) = two(cx, &options.rest).await?;
    let (a, b) = (lines(&first, b'\n'), lines(&second, b'\n'));
    let shown = ['1', '2', '3'].map(|column| !options.has(column));
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.len() || j < b.len() {
        let order = match (a.get(i), b.get(j)) {
            (Some(left), Some(right)) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        let (column, line) = match order {
            Ordering::Less => (0, a[i]),
            Ordering::Greater => (1, b[j]),
            Ordering::Equal => (2, a[i]),
        };
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
        if shown[column] {
            let tabs = shown[..column].iter().filter(|shown| **shown).count();
            out.extend(std::iter::repeat_n(b'\t', tabs));
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    cx.out.write(&out).await?;
    Ok(0)
}

pub(crate) async fn join(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "1:2:j:t:a:v:o:e:i", &[])?;
    let (first, second) = two(cx, &options.rest).await?;
    let separator = options.value('t').and_then(|text| text.chars().next());
    let split = |line: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(line).into_owned();
        match separator {
            Some(separator) => text.split(separator).map(str::to_owned).collect(),
            None => text.split_whitespace().map(str::to_owned).collect(),
        }
    };
    let common = options.number('j')?;
    let keys = [options.number('1')?.or(common).unwrap_or(1), options.number('2')?.or(common).unwrap_or(1)];
    let rows = |bytes: &[u8]| -> Vec<Vec<String>> { lines(bytes, b'\n').into_iter().map(split).collect() };
    let (a, b) = (rows(&first), rows(&second));
    let key = |row: &[String], side: usize| row.get(keys[side].saturating_sub(1)).cloned().unwrap_or_default();
    let joiner = separator.unwrap_or(' ').to_string();
    let empty = options.value('e').unwrap_or("");
    let show = |key: &str, left: Option<&[String]>, right: Option<&[String]>| -> String {
        let get = |row: Option<&[String]>, field: usize| {
            row.and_then(|row| row.get(field.saturating_sub(1))).map_or(empty, String::as_str).to_owned()
        };
        if let Some(order) = options.value('o') {
            let parts = order.split([',', ' ']).map(|place| match place.split_once('.') {
                Some(("1", field)) => get(left, field.parse().unwrap_or(0)),
                Some((_, field)) => get(right, field.parse().unwrap_or(0)),
                None => key.to_owned(),
            });
            return parts.collect::<Vec<_>>().join(&joiner);
        }
        let mut parts = vec![key.to_owned()];
        for (side, row) in [left, right].into_iter().enumerate() {
            let rest = row.unwrap_or_default().iter().enumerate().filter(|(index, _)| index + 1 != keys[side]);
            parts.extend(rest.map(|(_, field)| field.clone()));
        }
        parts.join(&joiner)
    };
    let only: Vec<&str> = options.values('v').collect();
    let also = |side: &str| only.contains(&side) || options.values('a').any(|own| own == side);
    let mut out = String::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let order = match (a.get(i), b.get(j)) {
            (Some(left), Some(right)) => key(left, 0).cmp(&key(right, 1)),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => {
                if also("1") {
                    out.push_str(&(show(&key(&a[i], 0), Some(&a[i]), None) + "\n"));
                }
                i += 1;
            }
            Ordering::Greater => {
                if also("2") {
                    out.push_str(&(show(&key(&b[j], 1), None, Some(&b[j])) + "\n"));
                }
                j += 1;
            }
            Ordering::Equal => {
                let same = key(&a[i], 0);
                let end = (j..b.len()).find(|index| key(&b[*index], 1) != same).unwrap_or(b.len());
                while i < a.len() && key(&a[i], 0) == same {
                    for right in b[j..end].iter().filter(|_| only.is_empty()) {
                        out.push_str(&(show(&same, Some(&a[i]), Some(right)) + "\n"));
                    }
                    if out.len() > 32 << 10 {
                        cx.out.write(out.as_bytes()).await?;
                        out.clear();
                    }
                    i += 1;
                }
                j = end;
            }
        }
    }
    cx.out.write(out.as_bytes()).await?;
    Ok(0)
}
