//! `grep`, `egrep`, `fgrep`.

use std::collections::VecDeque;

use super::Cx;
use super::context::{lines, trimmed};
use crate::io::In;
use crate::options::Options;
use crate::pattern::Pattern;
use crate::regex::{Flavour, Regex};
use crate::{Done, Stop, usage};

const LONG: &[(&str, char)] = &[
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("basic-regexp", 'G'),
    ("perl-regexp", 'P'),
    ("invert-match", 'v'),
    ("ignore-case", 'i'),
    ("line-number", 'n'),
    ("count", 'c'),
    ("only-matching", 'o'),
    ("recursive", 'r'),
    ("quiet", 'q'),
    ("silent", 'q'),
    ("word-regexp", 'w'),
    ("line-regexp", 'x'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("no-filename", 'h'),
    ("with-filename", 'H'),
    ("regexp", 'e'),
    ("file", 'f'),
    ("max-count", 'm'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("no-messages", 's'),
    ("byte-offset", 'b'),
    ("include", '\u{1}'),
    ("exclude", '\u{2}'),
    ("color", '\u{3}'),
    ("colour", '\u{3}'),
];
const LETTERS: &str = "EFGPvincorqwxlLhHRsbe:f:m:A:B:C:a\u{1}:\u{2}:\u{3}";

pub(crate) async fn egrep(cx: &mut Cx<'_>) -> Done {
    cx.args.insert(0, "-E".to_owned());
    grep(cx).await
}

pub(crate) async fn fgrep(cx: &mut Cx<'_>) -> Done {
    cx.args.insert(0, "-F".to_owned());
    grep(cx).await
}

/// Where a line stands in its file: its number, from 1, and the bytes before it.
#[derive(Clone, Copy)]
struct Place {
    number: usize,
    offset: usize,
}

struct Search {
    patterns: Vec<Regex>,
    options: Options,
    named: bool,
    most: usize,
    before: usize,
    after: usize,
}

pub(crate) async fn grep(cx: &mut Cx<'_>) -> Done {
    let args: Vec<String> = cx
        .args
        .iter()
        .map(|arg| {
            let digits =
                arg.strip_prefix('-').filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
            digits.map_or(arg.clone(), |count| format!("-C{count}"))
        })
        .collect();
    let mut options = Options::parse(&args, LETTERS, LONG)?;
    let mut texts: Vec<String> = options.values('e').map(str::to_owned).collect();
    if let Some(path) = options.value('f') {
        let bytes = cx.open(path)?.all().await?;
        texts.extend(lines(&bytes, b'\n').iter().map(|line| String::from_utf8_lossy(line).into_owned()));
    } else if texts.is_empty() {
        if options.rest.is_empty() {
            return usage("needs a pattern");
        }
        texts.push(options.rest.remove(0));
    }
    let patterns =
        texts.iter().flat_map(|text| text.split('\n')).map(|text| compile(text, &options)).collect::<Result<_, _>>()?;
    let recursive = options.has('r') || options.has('R');
    let mut files = std::mem::take(&mut options.rest);
    if recursive {
        files = walk(cx, if files.is_empty() { vec![".".to_owned()] } else { files }, &options)?;
    }
    let named = (options.has('H') || files.len() > 1 || recursive) && !options.has('h');
    let context = options.number('C')?.unwrap_or(0);
    let search = Search {
        patterns,
        named,
        most: options.number('m')?.unwrap_or(usize::MAX),
        before: options.number('B')?.unwrap_or(context),
        after: options.number('A')?.unwrap_or(context),
        options,
    };
    let mut found = false;
    let mut failed = false;
    let files = if files.is_empty() && !recursive { vec!["-".to_owned()] } else { files };
    for name in files {
        let folder = cx.stat(&name, true).is_ok_and(|stat| stat.folder) && name != "-";
        let input = if folder { Err(Stop::Error(2, format!("{name}: Is a directory"))) } else { cx.open(&name) };
        match input {
            Ok(input) => {
                found |= search.run(cx, &name, &input).await?;
                if found && search.options.has('q') {
                    return Ok(0);
                }
            }
            Err(Stop::Error(_, message)) => {
                failed = true;
                if !search.options.has('s') {
                    cx.complain(&message).await;
                }
            }
            Err(other) => return Err(other),
        }
    }
    Ok(if failed { 2 } else { i32::from(!found) })
}

fn compile(text: &str, options: &Options) -> Result<Regex, Stop> {
    let ignore_case = options.has('i');
    let kind = options.given.iter().rev().map(|(letter, _)| *letter).find(|letter| "EFGP".contains(*letter));
    let wrap = |text: &str, basic: bool| {
        let (open, close) = if basic { ("\\(", "\\)") } else { ("(", ")") };
        match (options.has('x'), options.has('w')) {
            (true, _) => format!("^{open}{text}{close}$"),
            (_, true) => format!("\\<{open}{text}{close}\\>"),
            _ => text.to_owned(),
        }
    };
    let regex = match kind {
        Some('F') if !options.has('x') && !options.has('w') => Regex::literal(text, ignore_case),
        Some('F') => {
            let escaped: String = text
                .chars()
                .map(|c| if c.is_ascii_punctuation() && c != '_' { format!("[{c}]") } else { c.to_string() })
                .collect();
            let escaped =
                escaped.replace("[^]", "\\^").replace("[\\]", "\\\\").replace("[[]", "\\[").replace("[]]", "\\]");
            Regex::extended(&wrap(&escaped, false), ignore_case)
        }
        // Perl's own classes are the ones people use; look-around does not exist here.
        Some('P') => Regex::extended(&wrap(&text.replace("\\d", "[0-9]").replace("(?:", "("), false), ignore_case),
        Some('E') => Regex::extended(&wrap(text, false), ignore_case),
        _ => Regex::new(&wrap(text, true), Flavour { basic: true, ignore_case, ..Flavour::default() }),
    };
    regex.map_err(|error| Stop::Error(2, error))
}

/// Files below folders, in order.
fn walk(cx: &Cx<'_>, roots: Vec<String>, options: &Options) -> Result<Vec<String>, Stop> {
    let include: Vec<Pattern> = options.values('\u{1}').map(Pattern::new).collect();
    let exclude: Vec<Pattern> = options.values('\u{2}').map(Pattern::new).collect();
    let mut out = Vec::new();
    let mut todo: Vec<(String, bool)> = roots.into_iter().rev().map(|root| (root, true)).collect();
    while let Some((path, given)) = todo.pop() {
        let folder = cx.stat(&path, true).is_ok_and(|stat| stat.folder);
        if folder {
            let names = cx.files().list(&cx.shell.path(&path)).unwrap_or_default();
            let join = |name: &String| {
                if path == "." && !given { name.clone() } else { format!("{}/{name}", path.trim_end_matches('/')) }
            };
            todo.extend(names.iter().rev().map(|name| (join(name), false)));
        } else {
            let name = super::output::last_part(&path);
            let wanted = include.is_empty() || include.iter().any(|pattern| pattern.matches(name));
            if given || (wanted && !exclude.iter().any(|pattern| pattern.matches(name))) {
                out.push(path);
            }
        }
        if out.len() > 100_000 {
            return Err(Stop::Limit("`grep -r` finds more than 100000 files".to_owned()));
        }
    }
    Ok(out)
}

impl Search {
    fn matches(&self, line: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(line)) != self.options.has('v')
    }

    async fn run(&self, cx: &Cx<'_>, name: &str, input: &In) -> Result<bool, Stop> {
        let has = |letter| self.options.has(letter);
        let quiet = has('q') || has('l') || has('L') || has('c');
        let shown = if name == "-" { "(standard input)" } else { name };
        let mut count = 0;
        let mut earlier: VecDeque<(Place, Vec<u8>)> = VecDeque::new();
        let (mut left, mut last) = (0, 0);
        let mut line = Vec::new();
        let mut number = 0;
        let mut next = 0;
        while input.line(b'\n', &mut line).await? {
            number += 1;
            let offset = next;
            next += line.len();
            let text = trimmed(&line);
            let hit = count < self.most && self.matches(text);
            count += usize::from(hit);
            if hit && (has('q') || has('l') || has('L')) {
                break;
            }
            if quiet {
                continue;
            }
            if hit {
                let context = self.before > 0 || self.after > 0;
                if context && last > 0 && number - earlier.len() > last + 1 && !has('o') {
                    cx.out.write(b"--\n").await?;
                }
                for (place, text) in earlier.drain(..) {
                    self.show(cx, shown, place, &text, '-').await?;
                }
                if has('o') && !has('v') {
                    self.show_parts(cx, shown, Place { number, offset }, text).await?
                } else {
                    self.show(cx, shown, Place { number, offset }, text, ':').await?
                }
                last = number;
                left = self.after;
            } else if left > 0 {
                self.show(cx, shown, Place { number, offset }, text, '-').await?;
                last = number;
                left -= 1;
            } else if self.before > 0 {
                earlier.push_back((Place { number, offset }, text.to_vec()));
                if earlier.len() > self.before {
                    earlier.pop_front();
                }
            }
            if count >= self.most && left == 0 {
                break;
            }
        }
        if has('c') && !has('q') && !has('l') && !has('L') {
            let prefix = if self.named { format!("{shown}:") } else { String::new() };
            cx.out.write(format!("{prefix}{count}\n").as_bytes()).await?;
        }
        if !has('q') && ((has('l') && count > 0) || (has('L') && count == 0)) {
            cx.out.write(format!("{shown}\n").as_bytes()).await?;
        }
        Ok(count > 0)
    }

    fn prefix(&self, name: &str, place: Place, mark: char) -> Vec<u8> {
        let mut prefix = String::new();
        if self.named {
            prefix = format!("{name}{mark}");
        }
        if self.options.has('n') {
            prefix.push_str(&format!("{}{mark}", place.number));
        }
        if self.options.has('b') {
            prefix.push_str(&format!("{}{mark}", place.offset));
        }
        prefix.into_bytes()
    }

    async fn show(&self, cx: &Cx<'_>, name: &str, place: Place, text: &[u8], mark: char) -> Result<(), Stop> {
        if self.options.has('o') {
            return Ok(());
        }
        let mut out = self.prefix(name, place, mark);
        out.extend_from_slice(text);
        out.push(b'\n');
        cx.out.write(&out).await
    }

    async fn show_parts(&self, cx: &Cx<'_>, name: &str, place: Place, text: &[u8]) -> Result<(), Stop> {
        let mut at = 0;
        while at <= text.len() {
            let first = self.patterns.iter().filter_map(|pattern| pattern.find(text, at));
            let Some((start, end)) = first.min_by_key(|(start, end)| (*start, usize::MAX - end)) else { return Ok(()) };
            if end > start {
                let mut out = self.prefix(name, Place { offset: place.offset + start, ..place }, ':');
                out.extend_from_slice(&text[start..end]);
                out.push(b'\n');
                cx.out.write(&out).await?;
            }
            at = if end > start { end } else { start + 1 };
        }
        Ok(())
    }
}
