//! `find`.

use super::Cx;
use super::output::last_part;
use crate::pattern::Pattern;
use crate::regex::{Flavour, Regex};
use crate::vfs::Stat;
use crate::{Done, Stop, usage};

/// A test or an action.
enum Test {
    Name(Pattern, bool),
    Path(Pattern),
    Regex(Regex),
    Kind(String),
    Empty,
    Newer(f64),
    Size(char, u64),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    Constant(bool),
    Print(char),
    Printf(String),
    Prune,
    Delete,
    Exec(Vec<String>, bool),
}

struct Limits {
    least: usize,
    most: usize,
    acts: bool,
}

struct Reader<'a> {
    words: &'a [String],
    at: usize,
    limits: Limits,
    depth: u32,
}

pub(crate) async fn find(cx: &mut Cx<'_>) -> Done {
    let args = cx.args.clone();
    let count = args.iter().take_while(|arg| !arg.starts_with(['-', '(', '!'])).count();
    let mut roots = args[..count].to_vec();
    if roots.is_empty() {
        roots.push(".".to_owned());
    }
    let limits = Limits { least: 0, most: usize::MAX, acts: false };
    let mut reader = Reader { words: &args[count..], at: 0, limits, depth: 0 };
    let test = reader.any(cx)?;
    if reader.at < reader.words.len() {
        return usage(format!("`{}` is not expected", reader.words[reader.at]));
    }
    let limits = reader.limits;
    let test = if limits.acts { test } else { Test::All(vec![test, Test::Print('\n')]) };
    let mut batch = Vec::new();
    for root in roots {
        if let Err(error) = cx.stat(&root, true) {
            cx.complain(&format!("{root}: {error}")).await;
            continue;
        }
        let mut todo = vec![(root.clone(), 0usize)];
        let mut doomed: Vec<String> = Vec::new();
        while let Some((path, depth)) = todo.pop() {
            let stat = cx.stat(&path, false).unwrap_or_default();
            let mut prune = depth >= limits.most;
            if depth >= limits.least {
                let mut found = Found {
                    path: &path,
                    root: &root,
                    depth,
                    stat,
                    prune: &mut prune,
                    doomed: &mut doomed,
                    batch: &mut batch,
                };
                holds(cx, &test, &mut found).await?;
            }
            if stat.folder && !stat.link && !prune {
                let names = cx.files().list(&cx.shell.path(&path)).unwrap_or_default();
                todo.extend(
                    names.iter().rev().map(|name| (format!("{}/{name}", path.trim_end_matches('/')), depth + 1)),
                );
            }
            if todo.len() > 100_000 {
                return Err(Stop::Limit("`find` looks at more than 100000 files".to_owned()));
            }
        }
        for path in doomed.iter().rev() {
            if let Err(error) = cx.files().remove(&cx.shell.path(path)) {
                cx.complain(&format!("cannot delete `{path}`: {error}")).await;
            }
        }
    }
    if let Some(command) = batched(&test).filter(|_| !batch.is_empty()) {
        let words: Vec<String> =
            command.iter().flat_map(|word| if word == "{}" { batch.clone() } else { vec![word.clone()] }).collect();
        let name = words[0].clone();
        if cx.shell.invoke(&name, words).await? != 0 {
            cx.status = 1;
        }
    }
    Ok(cx.status)
}

/// The command of `-exec … +`.
fn batched(test: &Test) -> Option<&Vec<String>> {
    match test {
        Test::Exec(command, true) => Some(command),
        Test::All(tests) | Test::Any(tests) => tests.iter().find_map(batched),
        _ => None,
    }
}

struct Found<'a> {
    path: &'a str,
    /// The path it was found below.
    root: &'a str,
    depth: usize,
    stat: Stat,
    prune: &'a mut bool,
    doomed: &'a mut Vec<String>,
    batch: &'a mut Vec<String>,
}

impl Found<'_> {
    fn kind(&self) -> char {
        match (self.stat.link, self.stat.folder) {
            (true, _) => 'l',
            (false, true) => 'd',
            (false, false) => 'f',
        }
    }

    /// What `-printf` writes.
    fn printed(&self, format: &str) -> Vec<u8> {
        let mut text = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next() {
                    Some('p') => text.push_str(self.path),
                    Some('f') => text.push_str(last_part(self.path)),
                    Some('h') => text.push_str(self.path.rsplit_once('/').map_or(".", |(folder, _)| folder)),
                    Some('P') => {
                        let below = self.path.strip_prefix(self.root).unwrap_or(self.path);
                        text.push_str(below.trim_start_matches('/'));
                    }
                    Some('s') => text.push_str(&self.stat.size.to_string()),
                    Some('d') => text.push_str(&self.depth.to_string()),
                    Some('y') => text.push(self.kind()),
                    Some('%') => text.push('%'),
                    other => text.extend(std::iter::once('%').chain(other)),
                },
                // A backslash that belongs to an escape must reach `unescape` as it is.
                '\\' => text.extend(std::iter::once('\\').chain(chars.next())),
                c => text.push(c),
            }
        }
        crate::text::unescape(&text, crate::text::Escapes::Format).0
    }
}

fn holds<'a>(cx: &'a mut Cx<'_>, test: &'a Test, found: &'a mut Found<'_>) -> crate::io::Boxed<'a, Result<bool, Stop>> {
    Box::pin(async move {
        Ok(match test {
            Test::Constant(value) => *value,
            Test::Name(pattern, fold) => {
                let name = last_part(found.path);
                if *fold { pattern.matches_any_case(name) } else { pattern.matches(name) }
            }
            Test::Path(pattern) => pattern.matches(found.path),
            Test::Regex(regex) => regex.is_match(found.path.as_bytes()),
            Test::Kind(kinds) => kinds.contains(found.kind()),
            Test::Empty if found.stat.folder => {
                cx.files().list(&cx.shell.path(found.path)).is_ok_and(|names| names.is_empty())
            }
            Test::Empty => found.stat.size == 0,
            Test::Newer(time) => found.stat.modified > *time,
            Test::Size('+', size) => found.stat.size > *size,
            Test::Size('-', size) => found.stat.size < *size,
            Test::Size(_, size) => found.stat.size == *size,
            Test::Not(inner) => !holds(cx, inner, found).await?,
            Test::All(tests) => {
                for test in tests {
                    if !holds(cx, test, found).await? {
                        return Ok(false);
                    }
                }
                true
            }
            Test::Any(tests) => {
                for test in tests {
                    if holds(cx, test, found).await? {
                        return Ok(true);
                    }
                }
                false
            }
            Test::Print(end) => {
                cx.out.write(format!("{}{end}", found.path).as_bytes()).await?;
                true
            }
            Test::Printf(format) => {
                cx.out.write(&found.printed(format)).await?;
                true
            }
            Test::Prune => {
                *found.prune = true;
                true
            }
            Test::Delete => {
                found.doomed.push(found.path.to_owned());
                true
            }
            Test::Exec(_, true) => {
                found.batch.push(found.path.to_owned());
                true
            }
            Test::Exec(command, false) => {
                let words: Vec<String> = command.iter().map(|word| word.replace("{}", found.path)).collect();
                let name = words[0].clone();
                cx.shell.invoke(&name, words).await? == 0
            }
        })
    })
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self, option: &str) -> Result<String, Stop> {
        self.at += 1;
        self.words.get(self.at - 1).cloned().ok_or_else(|| Stop::Error(1, format!("`{option}` needs a value")))
    }

    fn any(&mut self, cx: &Cx<'_>) -> Result<Test, Stop> {
        let mut tests = vec![self.all(cx)?];
        while matches!(self.peek(), Some("-o" | "-or")) {
            self.at += 1;
            tests.push(self.all(cx)?);
        }
        Ok(Test::Any(tests))
    }

    fn all(&mut self, cx: &Cx<'_>) -> Result<Test, Stop> {
        let mut tests = Vec::new();
        while let Some(word) = self.peek() {
            match word {
                "-o" | "-or" | ")" => break,
                "-a" | "-and" => self.at += 1,
                _ => tests.push(self.one(cx)?),
            }
        }
        Ok(Test::All(tests))
    }

    fn one(&mut self, cx: &Cx<'_>) -> Result<Test, Stop> {
        let word = self.next("")?;
        let number = |text: String| crate::options::number(&text);
        Ok(match word.as_str() {
            "!" | "-not" => {
                self.deeper()?;
                Test::Not(Box::new(self.one(cx)?))
            }
            "(" => {
                self.deeper()?;
                let test = self.any(cx)?;
                if self.next("(")? != ")" {
                    return usage("`(` has no `)`");
                }
                test
            }
            "-name" | "-iname" => Test::Name(Pattern::new(&self.next(&word)?), word == "-iname"),
            "-path" | "-wholename" => Test::Path(Pattern::new(&self.next(&word)?)),
            "-regex" | "-iregex" => {
                let text = format!("^\\({}\\)$", self.next(&word)?);
                let flavour = Flavour { basic: true, ignore_case: word == "-iregex", ..Flavour::default() };
                Test::Regex(Regex::new(&text, flavour).map_err(|error| Stop::Error(1, error))?)
            }
            "-type" => {
                let kinds = self.next(&word)?;
                if kinds.is_empty() || !kinds.chars().all(|c| "fdl,".contains(c)) {
                    return usage(format!("`-type {kinds}` does not exist here"));
                }
                Test::Kind(kinds)
            }
            "-empty" => Test::Empty,
            "-newer" => Test::Newer(cx.stat(&self.next(&word)?, true).map_or(0.0, |stat| stat.modified)),
            "-size" => {
                let text = self.next(&word)?;
                let sign = text.chars().next().filter(|c| "+-".contains(*c)).unwrap_or('=');
                let plain = text.trim_start_matches(['+', '-']).trim_end_matches('c');
                Test::Size(sign, number(plain.to_owned())? as u64)
            }
            "-maxdepth" => {
                self.limits.most = number(self.next(&word)?)?;
                Test::Constant(true)
            }
            "-mindepth" => {
                self.limits.least = number(self.next(&word)?)?;
                Test::Constant(true)
            }
            "-true" | "-depth" | "-follow" | "-xdev" => Test::Constant(true),
            "-false" => Test::Constant(false),
            "-prune" => Test::Prune,
            "-print" | "-print0" | "-printf" | "-delete" | "-exec" => {
                self.limits.acts = true;
                match word.as_str() {
                    "-print" => Test::Print('\n'),
                    "-print0" => Test::Print('\0'),
                    "-printf" => Test::Printf(self.next(&word)?),
                    "-delete" => Test::Delete,
                    _ => self.exec()?,
                }
            }
            other => return usage(format!("`{other}` does not exist here")),
        })
    }

    fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > 100 { usage("too many brackets within each other") } else { Ok(()) }
    }

    fn exec(&mut self) -> Result<Test, Stop> {
        let mut command = Vec::new();
        loop {
            let word = self.next("-exec")?;
            match word.as_str() {
                ";" => break,
                "+" if command.last().is_some_and(|last| last == "{}") => return Ok(Test::Exec(command, true)),
                _ => command.push(word),
            }
        }
        if command.is_empty() { usage("`-exec` needs a command") } else { Ok(Test::Exec(command, false)) }
    }
}
