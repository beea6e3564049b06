//! Tools that pass text through: `cat`, `head`, `tail`, `wc`, `cut`, `tee`.

use std::collections::VecDeque;

use super::Cx;
use super::context::trimmed;
use crate::options::{Options, number};
use crate::{Done, Stop, usage};

pub(crate) async fn cat(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(
        &cx.args,
        "nbsAETuv",
        &[("number", 'n'), ("number-nonblank", 'b'), ("squeeze-blank", 's'), ("show-all", 'A')],
    )?;
    let plain = options.given.iter().all(|(letter, _)| *letter == 'u');
    let ends = options.has('E') || options.has('A');
    let tabs = options.has('T') || options.has('A');
    let mut count = 0;
    let mut blank = false;
    let mut names = Cx::inputs(options.rest.clone());
    while let Some((_, input)) = cx.next_input(&mut names).await {
        if plain {
            while let Some(chunk) = input.chunk().await? {
                cx.out.write(&chunk).await?;
            }
            continue;
        }
        let mut line = Vec::new();
        while input.line(b'\n', &mut line).await? {
            let empty = line == b"\n";
            if options.has('s') && empty && blank {
                continue;
            }
            blank = empty;
            let mut text = Vec::new();
            if options.has('b') && !empty || options.has('n') && !options.has('b') {
                count += 1;
                text.extend(format!("{count:>6}\t").bytes());
            }
            for byte in &line {
                match byte {
                    b'\t' if tabs => text.extend(b"^I"),
                    b'\n' if ends => text.extend(b"$\n"),
                    byte => text.push(*byte),
                }
            }
            cx.out.write(&text).await?;
        }
    }
    Ok(cx.status)
}

/// `-5` as `-n 5`, and `+5` as `-n +5`, where they are no values of options.
fn old_counts(args: &[String]) -> Vec<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut out: Vec<String> = Vec::new();
    for arg in args {
        let value = matches!(out.last().map(String::as_str), Some("-n" | "-c"));
        match (arg.strip_prefix('-'), arg.strip_prefix('+')) {
            (Some(count), _) if !value && digits(count) => out.extend(["-n".to_owned(), count.to_owned()]),
            (_, Some(count)) if !value && digits(count) => out.extend(["-n".to_owned(), arg.clone()]),
            _ => out.push(arg.clone()),
        }
    }
    out
}

const COUNTS: &[(&str, char)] =
    &[("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v'), ("zero-terminated", 'z')];

pub(crate) async fn head(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&old_counts(&cx.args), "n:c:qvz", COUNTS)?;
    let end = if options.has('z') { 0 } else { b'\n' };
    let bytes = options.has('c');
    let text = options.value('c').or(options.value('n')).unwrap_or("10");
    // A minus: all but so many at the end.
    let but = text.strip_prefix('-');
    let count = number(but.unwrap_or(text))?;
    let titles = options.has('v') || (options.rest.len() > 1 && !options.has('q'));
    let mut names = Cx::inputs(options.rest.clone());
    let mut first = true;
    while let Some((name, input)) = cx.next_input(&mut names).await {
        title(cx, titles, &mut first, &name).await?;
        if but.is_some() {
            let all = input.all().await?;
            let cut = if bytes { all.len().saturating_sub(count) } else { tail_start(&all, count, end) };
            cx.out.write(&all[..cut]).await?;
        } else if bytes {
            let mut left = count;
            while left > 0 {
                let Some(chunk) = input.chunk().await? else { break };
                let taken = left.min(chunk.len());
                input.unread(&chunk[taken..]);
                cx.out.write(&chunk[..taken]).await?;
                left -= taken;
            }
        } else {
            let mut line = Vec::new();
            for _ in 0..count {
                if !input.line(end, &mut line).await? {
                    break;
                }
                cx.out.write(&line).await?;
            }
        }
    }
    Ok(cx.status)
}

async fn title(cx: &Cx<'_>, shown: bool, first: &mut bool, name: &str) -> Result<(), Stop> {
    if shown {
        let gap = if *first { "" } else { "\n" };
        let name = if name == "-" { "standard input" } else { name };
        cx.out.write(format!("{gap}==> {name} <==\n").as_bytes()).await?;
        *first = false;
    }
    Ok(())
}

/// Where the last so many lines begin.
fn tail_start(bytes: &[u8], lines: usize, end: u8) -> usize {
    if lines == 0 {
        return bytes.len();
    }
    let body = bytes.strip_suffix(&[end]).unwrap_or(bytes);
    let mut ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == end);
    ends.nth(lines - 1).map_or(0, |(index, _)| index + 1)
}

pub(crate) async fn tail(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&old_counts(&cx.args), "n:c:qvzf", COUNTS)?;
    let end = if options.has('z') { 0 } else { b'\n' };
    let bytes = options.has('c');
    let text = options.value('c').or(options.value('n')).unwrap_or("10");
    let from_start = text.strip_prefix('+');
    let count = number(from_start.unwrap_or(text.trim_start_matches('-')))?;
    let titles = options.has('v') || (options.rest.len() > 1 && !options.has('q'));
    let mut names = Cx::inputs(options.rest.clone());
    let mut first = true;
    while let Some((name, input)) = cx.next_input(&mut names).await {
        title(cx, titles, &mut first, &name).await?;
        if from_start.is_some() {
            let mut skip = count.saturating_sub(1);
            let mut line = Vec::new();
            while skip > 0 && !bytes && input.line(end, &mut line).await? {
                skip -= 1;
            }
            while let Some(chunk) = input.chunk().await? {
                let cut = if bytes { skip.min(chunk.len()) } else { 0 };
                skip = if bytes { skip - cut } else { 0 };
                cx.out.write(&chunk[cut..]).await?;
            }
        } else if bytes {
            let all = input.all().await?;
            cx.out.write(&all[all.len().saturating_sub(count)..]).await?;
        } else {
            let mut kept = VecDeque::new();
            let mut line = Vec::new();
            while input.line(end, &mut line).await? {
                kept.push_back(std::mem::take(&mut line));
                if kept.len() > count {
                    kept.pop_front();
                }
            }
            for line in kept {
                cx.out.write(&line).await?;
            }
        }
    }
    Ok(cx.status)
}

pub(crate) async fn tee(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "aip", &[("append", 'a')])?;
    let mut outs = vec![cx.out.clone()];
    for path in &options.rest {
        match cx.create(path, options.has('a')) {
            Ok(out) => outs.push(out),
            Err(Stop::Error(_, message)) => cx.complain(&message).await,
            Err(other) => return Err(other),
        }
    }
    while let Some(chunk) = cx.input.chunk().await? {
        for out in &outs {
            out.write(&chunk).await?;
        }
    }
    Ok(cx.status)
}

/// Lines, words, characters, bytes, the longest line.
type Counts = [usize; 5];

pub(crate) async fn wc(cx: &mut Cx<'_>) -> Done {
    let long = [("lines", 'l'), ("words", 'w'), ("chars", 'm'), ("bytes", 'c'), ("max-line-length", 'L')];
    let options = Options::parse(&cx.args, "lwmcL", &long)?;
    let letters = ['l', 'w', 'm', 'c', 'L'];
    let mut shown = letters.map(|letter| options.has(letter));
    if shown == [false; 5] {
        shown = [true, true, false, true, false];
    }
    let named = !options.rest.is_empty();
    let mut rows: Vec<(Counts, String)> = Vec::new();
    let mut names = Cx::inputs(options.rest.clone());
    while let Some((name, input)) = cx.next_input(&mut names).await {
        let mut counts = [0; 5];
        let (mut in_word, mut width) = (false, 0);
        while let Some(chunk) = input.chunk().await? {
            count(&chunk, &mut counts, &mut in_word, &mut width);
        }
        counts[4] = counts[4].max(width);
        rows.push((counts, name));
    }
    if options.rest.len() > 1 {
        let mut total = [0; 5];
        for (counts, _) in &rows {
            for (sum, count) in total.iter_mut().zip(counts).take(4) {
                *sum += count;
            }
            total[4] = total[4].max(counts[4]);
        }
        rows.push((total, "total".to_owned()));
    }
    let columns = shown.iter().filter(|shown| **shown).count();
    let bytes: usize = rows.iter().map(|(counts, _)| counts[3]).max().unwrap_or(0);
    let single = columns == 1 && rows.len() == 1;
    let width = if single {
        1
    } else if named {
        bytes.to_string().len()
    } else {
        7
    };
    for (counts, name) in rows {
        let numbers = counts.iter().zip(shown).filter(|(_, shown)| *shown).map(|(count, _)| format!("{count:>width$}"));
        let mut line = numbers.collect::<Vec<_>>().join(" ");
        if named {
            line.push(' ');
            line.push_str(&name);
        }
        line.push('\n');
        cx.out.write(line.as_bytes()).await?;
    }
    Ok(cx.status)
}

fn count(chunk: &[u8], counts: &mut Counts, in_word: &mut bool, width: &mut usize) {
    counts[3] += chunk.len();
    for byte in chunk {
        let starts = byte & 0xc0 != 0x80;
        counts[2] += usize::from(starts);
        if byte.is_ascii_whitespace() || *byte == 11 {
            *in_word = false;
            if *byte == b'\n' {
                counts[0] += 1;
                counts[4] = counts[4].max(*width);
                *width = 0;
            } else {
                *width = if *byte == b'\t' { *width / 8 * 8 + 8 } else { *width + 1 };
            }
        } else {
            *width += usize::from(starts);
            if !*in_word {
                *in_word = true;
                counts[1] += 1;
            }
        }
    }
}

/// Ranges such as `1,3-5,7-`: from and to, from 1.
fn ranges(text: &str) -> Result<Vec<(usize, usize)>, Stop> {
    let wrong = || Stop::Error(1, format!("`{}` is no list of positions", crate::numbers::clip(text, 60)));
    let mut list = Vec::new();
    for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
        let position = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(wrong);
        list.push(match part.split_once('-') {
            None => (position(part)?, position(part)?),
            Some(("", "")) => return Err(wrong()),
            Some((from, to)) => {
                let from = if from.is_empty() { 1 } else { position(from)? };
                let to = if to.is_empty() { usize::MAX } else { position(to)? };
                if to < from {
                    return Err(wrong());
                }
                (from, to)
            }
        });
    }
    if list.is_empty() { Err(wrong()) } else { Ok(list) }
}

pub(crate) async fn cut(cx: &mut Cx<'_>) -> Done {
    let long = [
        ("fields", 'f'),
        ("delimiter", 'd'),
        ("characters", 'c'),
        ("bytes", 'b'),
        ("only-delimited", 's'),
        ("complement", 'C'),
        ("output-delimiter", 'O'),
    ];
    let options = Options::parse(&cx.args, "f:d:c:b:snCO:", &long)?;
    let kinds = ['f', 'c', 'b'].into_iter().filter_map(|kind| Some((kind, options.value(kind)?))).collect::<Vec<_>>();
    let [(kind, list)] = kinds.as_slice() else { return usage("give one of `-f`, `-c`, `-b`") };
    let ranges = ranges(list)?;
    let delimiter = options.value('d').unwrap_or("\t").to_owned();
    if delimiter.chars().count() != 1 {
        return Err(Stop::Error(1, "the delimiter must be a single character".to_owned()));
    }
    let joiner = options.value('O').unwrap_or(if *kind == 'f' { &delimiter } else { "" }).as_bytes().to_vec();
    let chosen = |index: usize| ranges.iter().any(|(from, to)| (*from..=*to).contains(&index)) != options.has('C');
    let mut names = Cx::inputs(options.rest.clone());
    let (mut line, mut out) = (Vec::new(), Vec::new());
    while let Some((_, input)) = cx.next_input(&mut names).await {
        while input.line(b'\n', &mut line).await? {
            let text = trimmed(&line);
            out.clear();
            if *kind == 'f' {
                let fields = split(text, delimiter.as_bytes());
                if fields.len() == 1 {
                    if options.has('s') {
                        continue;
                    }
                    out.extend_from_slice(text);
                } else {
                    join(&mut out, fields.iter().enumerate().filter(|(i, _)| chosen(i + 1)).map(|(_, f)| *f), &joiner);
                }
            } else {
                // Characters that are not next to each other are joined by the output delimiter, if there is one.
                let mut last = None;
                let starts = |index: usize, byte: u8| index == 0 || *kind == 'b' || byte & 0xc0 != 0x80;
                let mut position = 0;
                for (index, byte) in text.iter().enumerate() {
                    position += usize::from(starts(index, *byte));
                    if chosen(position) {
                        if last.is_some_and(|last| position > last + 1) {
                            out.extend_from_slice(&joiner);
                        }
                        out.push(*byte);
                        last = Some(position);
                    }
                }
            }
            out.push(b'\n');
            cx.out.write(&out).await?;
        }
    }
    Ok(cx.status)
}

fn split<'a>(text: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    if let [byte] = delimiter {
        return text.split(|own| own == byte).collect();
    }
    let mut fields = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with(delimiter) {
            fields.push(&text[start..at]);
            at += delimiter.len();
            start = at;
        } else {
            at += 1;
        }
    }
    fields.push(&text[start..]);
    fields
}

fn join<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = &'a [u8]>, joiner: &[u8]) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.extend_from_slice(joiner);
        }
        out.extend_from_slice(field);
    }
}
