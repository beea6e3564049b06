//! `cmp` and `diff`.

use super::Cx;
use super::context::lines;
use crate::options::Options;
use crate::{Done, Stop, usage};

pub(crate) async fn cmp(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(&cx.args, "sl", &[("silent", 's'), ("quiet", 's')])?;
    let [first, second] = options.rest.as_slice() else { return usage("needs two files") };
    let (a, b) = (read_or_two(cx, first).await?, read_or_two(cx, second).await?);
    let at = a.iter().zip(&b).position(|(left, right)| left != right);
    if at.is_none() && a.len() == b.len() {
        return Ok(0);
    }
    if !options.has('s') {
        let line = |at: usize| a[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let text = match at {
            Some(at) => format!("{first} {second} differ: byte {}, line {}\n", at + 1, line(at)),
            None => {
                let shorter = if a.len() < b.len() { first } else { second };
                format!("cmp: EOF on {shorter} after byte {}\n", a.len().min(b.len()))
            }
        };
        cx.out.write(text.as_bytes()).await?;
    }
    Ok(1)
}

/// Steps the search for the shortest difference may take; beyond, everything in between is one change.
const STEPS: usize = 20_000_000;

/// Pairs of equal lines, by Myers' algorithm.
fn common(a: &[Vec<u8>], b: &[Vec<u8>]) -> Vec<(usize, usize)> {
    let start = a.iter().zip(b).take_while(|(left, right)| left == right).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(left, right)| left == right).count();
    let (x, y) = (&a[start..a.len() - end], &b[start..b.len() - end]);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|index| (index, index)).collect();
    pairs.extend(middle(x, y).into_iter().map(|(i, j)| (i + start, j + start)));
    pairs.extend((0..end).map(|index| (a.len() - end + index, b.len() - end + index)));
    pairs
}

fn middle(a: &[Vec<u8>], b: &[Vec<u8>]) -> Vec<(usize, usize)> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    if n == 0 || m == 0 {
        return Vec::new();
    }
    let offset = (n + m + 1) as usize;
    let mut furthest = vec![0isize; 2 * offset + 1];
    let mut trace: Vec<Vec<isize>> = Vec::new();
    let mut steps = 0;
    let at = |k: isize| (k + offset as isize) as usize;
    'search: for d in 0..=n + m {
        steps += d as usize * 2 + 1;
        if steps > STEPS {
            return Vec::new();
        }
        // Only the diagonals in reach are kept.
        trace.push(furthest[at(-d - 1).min(furthest.len() - 1)..=at(d + 1).min(furthest.len() - 1)].to_vec());
        for k in (-d..=d).step_by(2) {
            let down = k == -d || (k != d && furthest[at(k - 1)] < furthest[at(k + 1)]);
            let mut x = if down { furthest[at(k + 1)] } else { furthest[at(k - 1)] + 1 };
            while x < n && x - k < m && a[x as usize] == b[(x - k) as usize] {
                x += 1;
            }
            furthest[at(k)] = x;
            if x >= n && x - k >= m {
                break 'search;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut x, mut y) = (n, m);
    for (d, reach) in trace.iter().enumerate().rev() {
        let d = d as isize;
        let get = |k: isize| reach.get((k + d + 1) as usize).copied().unwrap_or(0);
        let k = x - y;
        let down = k == -d || (k != d && get(k - 1) < get(k + 1));
        let before = if down { k + 1 } else { k - 1 };
        let (old_x, old_y) = if d == 0 { (0, 0) } else { (get(before), get(before) - before) };
        while x > old_x && y > old_y && x > 0 && y > 0 {
            (x, y) = (x - 1, y - 1);
            pairs.push((x as usize, y as usize));
        }
        (x, y) = (old_x, old_y);
    }
    pairs.reverse();
    pairs
}

/// A change: lines of both sides that differ.
type Change = (std::ops::Range<usize>, std::ops::Range<usize>);

fn changes(a: &[Vec<u8>], b: &[Vec<u8>]) -> Vec<Change> {
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (x, y) in common(a, b).into_iter().chain([(a.len(), b.len())]) {
        if x > i || y > j {
            out.push((i..x, j..y));
        }
        (i, j) = (x + 1, y + 1);
    }
    out
}

/// A file as `diff` shows it.
struct Side<'a> {
    lines: Vec<&'a [u8]>,
    /// Whether the last line has an end.
    ended: bool,
}

impl<'a> Side<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { lines: lines(bytes, b'\n'), ended: bytes.is_empty() || bytes.ends_with(b"\n") }
    }

    /// The lines as they are compared.
    fn compared(&self, options: &Options) -> Vec<Vec<u8>> {
        let last = self.lines.len().saturating_sub(1);
        let change = |(index, line): (usize, &&[u8])| {
            let mut line = if options.has('b') { single_blanks(line) } else { line.to_vec() };
            if options.has('w') {
                line.retain(|byte| !byte.is_ascii_whitespace());
            }
            if options.has('i') {
                line.make_ascii_lowercase();
            }
            if index == last && !self.ended && !options.has('w') && !options.has('b') {
                // No line that has an end is equal to this one.
                line.push(b'\n');
            }
            line
        };
        self.lines.iter().enumerate().map(change).collect()
    }

    fn put(&self, out: &mut Vec<u8>, mark: &str, range: std::ops::Range<usize>) {
        for index in range {
            out.extend(mark.bytes());
            out.extend_from_slice(self.lines[index]);
            out.push(b'\n');
            if index + 1 == self.lines.len() && !self.ended {
                out.extend(b"\\ No newline at end of file\n");
            }
        }
    }
}

/// Every run of blanks as one, none at the end.
fn single_blanks(line: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(line.len());
    for byte in line.trim_ascii_end() {
        let blank = byte.is_ascii_whitespace();
        if !blank || out.last() != Some(&b' ') {
            out.push(if blank { b' ' } else { *byte });
        }
    }
    out
}

/// Files of folders that are looked at together.
const MAX_FILES: usize = 100_000;

pub(crate) async fn diff(cx: &mut Cx<'_>) -> Done {
    let options = Options::parse(
        &cx.args,
        "uU:qbwiBrNsa",
        &[
            ("brief", 'q'),
            ("unified", 'u'),
            ("ignore-all-space", 'w'),
            ("ignore-space-change", 'b'),
            ("ignore-blank-lines", 'B'),
            ("ignore-case", 'i'),
            ("report-identical-files", 's'),
            ("recursive", 'r'),
            ("new-file", 'N'),
        ],
    )?;
    let [first, second] = options.rest.as_slice() else { return usage("needs two files") };
    let folder = |name: &str| cx.stat(name, true).is_ok_and(|stat| stat.folder);
    match (folder(first), folder(second)) {
        (true, true) => folders(cx, &options, first, second).await,
        (true, false) => pair(cx, &options, &format!("{first}/{}", super::output::last_part(second)), second, "").await,
        (false, true) => pair(cx, &options, first, &format!("{second}/{}", super::output::last_part(first)), "").await,
        (false, false) => pair(cx, &options, first, second, "").await,
    }
}

/// Two folders, name by name.
async fn folders(cx: &mut Cx<'_>, options: &Options, first: &str, second: &str) -> Done {
    let words = cx.args.iter().filter(|arg| arg.starts_with('-')).map(String::as_str).collect::<Vec<_>>().join(" ");
    let mut todo = vec![(first.to_owned(), second.to_owned())];
    let (mut status, mut seen) = (0, 0);
    while let Some((left, right)) = todo.pop() {
        let list =
            |name: &str| cx.files().list(&cx.shell.path(name)).map_err(|error| super::context::named(name, &error));
        let (a, b) = (list(&left)?, list(&right)?);
        let mut names: Vec<&String> = a.iter().chain(&b).collect();
        names.sort();
        names.dedup();
        let mut inner = Vec::new();
        for name in names {
            seen += 1;
            if seen > MAX_FILES {
                return Err(Stop::Limit(format!("`diff` looks at more than {MAX_FILES} files")));
            }
            let (x, y) = (format!("{left}/{name}"), format!("{right}/{name}"));
            let kinds = [&x, &y].map(|path| cx.stat(path, true).ok().map(|stat| stat.folder));
            let told = match kinds {
                [Some(true), Some(true)] if options.has('r') => {
                    inner.push((x, y));
                    continue;
                }
                [Some(true), Some(true)] => format!("Common subdirectories: {x} and {y}\n"),
                [Some(_), None] if !options.has('N') => format!("Only in {left}: {name}\n"),
                [None, Some(_)] if !options.has('N') => format!("Only in {right}: {name}\n"),
                _ => {
                    status = status.max(pair(cx, options, &x, &y, &format!("diff {words} {x} {y}\n")).await?);
                    continue;
                }
            };
            status = status.max(i32::from(!told.starts_with("Common")));
            cx.out.write(told.as_bytes()).await?;
        }
        todo.extend(inner.into_iter().rev());
    }
    Ok(status)
}

/// All bytes of a file; that it cannot be read has status 2 here, because 1 says that files differ.
async fn read_or_two(cx: &Cx<'_>, name: &str) -> Result<Vec<u8>, Stop> {
    match cx.open(name) {
        Ok(input) => input.all().await,
        Err(Stop::Error(_, message)) => Err(Stop::Error(2, message)),
        Err(other) => Err(other),
    }
}

/// Two files; `title` stands before a difference.
async fn pair(cx: &mut Cx<'_>, options: &Options, first: &str, second: &str, title: &str) -> Done {
    let missing = |name: &str| options.has('N') && cx.stat(name, true).is_err();
    let a = if missing(first) { Vec::new() } else { read_or_two(cx, first).await? };
    let b = if missing(second) { Vec::new() } else { read_or_two(cx, second).await? };
    let (left, right) = (Side::new(&a), Side::new(&b));
    let mut changes = changes(&left.compared(options), &right.compared(options));
    if options.has('B') {
        let blank = |side: &Side<'_>, range: &std::ops::Range<usize>| {
            side.lines[range.clone()].iter().all(|line| line.is_empty())
        };
        changes.retain(|(x, y)| !blank(&left, x) || !blank(&right, y));
    }
    if changes.is_empty() {
        if options.has('s') {
            cx.out.write(format!("Files {first} and {second} are identical\n").as_bytes()).await?;
        }
        return Ok(0);
    }
    let mut out = Vec::new();
    if options.has('q') {
        out.extend(format!("Files {first} and {second} differ\n").bytes());
    } else {
        out.extend(title.bytes());
        if options.has('u') || options.has('U') {
            let context = options.number('U')?.unwrap_or(3);
            out.extend(format!("--- {first}\n+++ {second}\n").bytes());
            unified(&mut out, &left, &right, &changes, context);
        } else {
            normal(&mut out, &left, &right, &changes);
        }
    }
    cx.out.write(&out).await?;
    Ok(1)
}

fn normal(out: &mut Vec<u8>, a: &Side<'_>, b: &Side<'_>, changes: &[Change]) {
    let span = |range: &std::ops::Range<usize>| match range.len() {
        0 => range.start.to_string(),
        1 => (range.start + 1).to_string(),
        _ => format!("{},{}", range.start + 1, range.end),
    };
    for (left, right) in changes {
        let letter = if left.is_empty() {
            'a'
        } else if right.is_empty() {
            'd'
        } else {
            'c'
        };
        out.extend(format!("{}{letter}{}\n", span(left), span(right)).bytes());
        a.put(out, "< ", left.clone());
        if letter == 'c' {
            out.extend(b"---\n");
        }
        b.put(out, "> ", right.clone());
    }
}

fn unified(out: &mut Vec<u8>, a: &Side<'_>, b: &Side<'_>, changes: &[Change], context: usize) {
    let mut at = 0;
    while at < changes.len() {
        let mut last = at;
        while last + 1 < changes.len() && changes[last + 1].0.start - changes[last].0.end <= context.saturating_mul(2) {
            last += 1;
        }
        let from = changes[at].0.start.saturating_sub(context);
        let to = changes[last].0.end.saturating_add(context).min(a.lines.len());
        let other = changes[at].1.start - (changes[at].0.start - from);
        let other_end = changes[last].1.end + (to - changes[last].0.end);
        let span = |start: usize, end: usize| match end - start {
            0 => format!("{start},0"),
            1 => (start + 1).to_string(),
            count => format!("{},{count}", start + 1),
        };
        out.extend(format!("@@ -{} +{} @@\n", span(from, to), span(other, other_end)).bytes());
        let mut next = from;
        for (left, right) in &changes[at..=last] {
            a.put(out, " ", next..left.start);
            a.put(out, "-", left.clone());
            b.put(out, "+", right.clone());
            next = left.end;
        }
        a.put(out, " ", next..to);
        at = last + 1;
    }
}
