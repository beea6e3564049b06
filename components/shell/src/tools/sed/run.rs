//! Running a `sed` script over lines.

use std::collections::HashMap;

use super::super::Cx;
use super::script::{Action, Address, Command, Flags, Piece, Script};
use crate::io::{In, Out};
use crate::regex::{Groups, Regex};
use crate::{Done, Stop};

#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) quiet: bool,
    pub(super) end: u8,
}

/// What goes on after a command.
enum Next {
    Command(usize),
    /// The cycle ends; whether the line is printed.
    Cycle(bool),
    /// The next cycle begins without reading a line.
    Again,
    Quit(i32, bool),
}

struct Machine<'a> {
    script: &'a Script,
    setting: Setting,
    out: Out,
    names: std::vec::IntoIter<String>,
    input: Option<In>,
    /// The line after the current one, and whether it ends.
    ahead: Option<Vec<u8>>,
    number: usize,
    space: Vec<u8>,
    /// Whether the line in `space` had an end.
    ended: bool,
    hold: Vec<u8>,
    /// Per command: the line in which its range ends, while it is in it.
    ranges: HashMap<usize, Option<usize>>,
    appended: Vec<Vec<u8>>,
    substituted: bool,
    last: Option<Regex>,
    files: HashMap<String, Out>,
}

pub(super) async fn run(cx: &mut Cx<'_>, script: &Script, setting: Setting, names: Vec<String>, out: Out) -> Done {
    let mut machine = Machine {
        script,
        setting,
        out,
        names: Cx::inputs(names),
        input: None,
        ahead: None,
        number: 0,
        space: Vec::new(),
        ended: true,
        hold: Vec::new(),
        ranges: HashMap::new(),
        appended: Vec::new(),
        substituted: false,
        last: None,
        files: HashMap::new(),
    };
    machine.ahead = machine.fetch(cx).await?;
    let mut again = false;
    while again || machine.next_line(cx).await? {
        again = false;
        let mut at = 0;
        let end = loop {
            match machine.step(cx, at).await? {
                Next::Command(next) => at = next,
                end => break end,
            }
        };
        match end {
            Next::Cycle(print) => machine.finish(cx, print).await?,
            Next::Again => {
                machine.finish(cx, false).await?;
                again = true;
            }
            Next::Quit(status, print) => {
                machine.finish(cx, print).await?;
                return Ok(status);
            }
            Next::Command(_) => {}
        }
    }
    Ok(if cx.status != 0 { 2 } else { 0 })
}

impl Machine<'_> {
    /// Reads a raw line from the files.
    async fn fetch(&mut self, cx: &mut Cx<'_>) -> Result<Option<Vec<u8>>, Stop> {
        loop {
            if let Some(input) = &self.input {
                let mut line = Vec::new();
                if input.line(self.setting.end, &mut line).await? {
                    return Ok(Some(line));
                }
            }
            match cx.next_input(&mut self.names).await {
                Some((_, input)) => self.input = Some(input),
                None => return Ok(None),
            }
        }
    }

    async fn next_line(&mut self, cx: &mut Cx<'_>) -> Result<bool, Stop> {
        let Some(line) = self.ahead.take() else { return Ok(false) };
        self.space.clear();
        self.take(line);
        self.ahead = self.fetch(cx).await?;
        Ok(true)
    }

    fn take(&mut self, line: Vec<u8>) {
        let text = line.strip_suffix(&[self.setting.end]);
        self.ended = text.is_some();
        self.space.extend_from_slice(text.unwrap_or(&line));
        self.number += 1;
        self.substituted = false;
    }

    async fn print(&self, text: &[u8], ended: bool) -> Result<(), Stop> {
        let end: &[u8] = if ended { &[self.setting.end] } else { &[] };
        self.out.write(&[text, end].concat()).await
    }

    async fn finish(&mut self, _: &Cx<'_>, print: bool) -> Result<(), Stop> {
        if print && !self.setting.quiet {
            // Only the very last line may be without an end.
            let ended = self.ended || self.ahead.is_some() || !self.appended.is_empty();
            self.print(&self.space, ended).await?;
        }
        for text in std::mem::take(&mut self.appended) {
            self.out.write(&text).await?;
        }
        Ok(())
    }

    fn matches(&mut self, pattern: &Option<Regex>) -> Result<bool, Stop> {
        if let Some(pattern) = pattern {
            self.last = Some(pattern.clone());
        }
        let Some(regex) = &self.last else {
            return Err(Stop::Error(1, "there is no pattern before this one".to_owned()));
        };
        Ok(regex.is_match(&self.space))
    }

    fn at(&mut self, address: &Address) -> Result<bool, Stop> {
        Ok(match address {
            Address::Line(line) => self.number == *line,
            Address::Last => self.ahead.is_none(),
            Address::Pattern(pattern) => self.matches(pattern)?,
            Address::Step(first, 0) => self.number == *first,
            Address::Step(first, step) => self.number >= *first && (self.number - first).is_multiple_of(*step),
            Address::More(_) => false,
        })
    }

    fn selects(&mut self, index: usize, command: &Command) -> Result<bool, Stop> {
        let Some(from) = &command.from else { return Ok(true) };
        let Some(to) = &command.to else { return self.at(from) };
        if let Some(end) = self.ranges.get(&index).copied() {
            let over = match (to, end) {
                (_, Some(line)) if self.number > line => {
                    self.ranges.remove(&index);
                    return self.begins(index, from, to);
                }
                (_, Some(line)) => self.number == line,
                (to, None) => self.at(to)?,
            };
            if over {
                self.ranges.remove(&index);
            }
            return Ok(true);
        }
        self.begins(index, from, to)
    }

    fn begins(&mut self, index: usize, from: &Address, to: &Address) -> Result<bool, Stop> {
        let zero = matches!(from, Address::Line(0)) && self.number == 1;
        if zero {
            if !self.at(to)? {
                self.ranges.insert(index, None);
            }
            return Ok(true);
        }
        if !self.at(from)? {
            return Ok(false);
        }
        let end = match to {
            Address::Line(line) => Some(*line),
            Address::More(more) => Some(self.number + more),
            _ => None,
        };
        if end.is_none_or(|end| end > self.number) {
            self.ranges.insert(index, end);
        }
        Ok(true)
    }

    async fn step(&mut self, cx: &mut Cx<'_>, index: usize) -> Result<Next, Stop> {
        let script = self.script;
        let Some(command) = script.commands.get(index) else { return Ok(Next::Cycle(true)) };
        if self.selects(index, command)? == command.negated {
            return Ok(Next::Command(match command.action {
                Action::Block(end) => end + 1,
                _ => index + 1,
            }));
        }
        match &command.action {
            Action::Block(_) | Action::End | Action::Label => {}
            Action::Substitute { pattern, with, flags } => self.substitute(cx, pattern, with, flags).await?,
            Action::Translate(pairs) => {
                let text = String::from_utf8_lossy(&self.space);
                let find = |c: char| pairs.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to);
                self.space = text.chars().map(find).collect::<String>().into_bytes();
            }
            Action::Text('a', text) => self.appended.push(text.clone().into_bytes()),
            Action::Text('i', text) => self.out.write(text.as_bytes()).await?,
            Action::Text(_, text) => {
                if !self.ranges.contains_key(&index) || command.negated {
                    self.out.write(text.as_bytes()).await?;
                }
                return Ok(Next::Cycle(false));
            }
            Action::Branch(kind, _, target) => {
                let go = match kind {
                    'b' => true,
                    't' => std::mem::take(&mut self.substituted),
                    _ => !std::mem::take(&mut self.substituted),
                };
                if go {
                    return Ok(Next::Command(*target));
                }
            }
            Action::Quit(kind, status) => return Ok(Next::Quit(*status, *kind == 'q')),
            Action::File('r', path) => {
                if let Ok(input) = cx.open(path) {
                    self.appended.push(input.all().await?);
                }
            }
            Action::File('w', path) => {
                let line = [self.space.as_slice(), &[self.setting.end]].concat();
                self.file(cx, path)?.write(&line).await?;
            }
            Action::File(..) => {}
            Action::Plain(letter) => return self.plain(cx, *letter, index).await,
        }
        Ok(Next::Command(index + 1))
    }

    fn file(&mut self, cx: &Cx<'_>, path: &str) -> Result<Out, Stop> {
        if let Some(out) = self.files.get(path) {
            return Ok(out.clone());
        }
        let out = if path == "/dev/stdout" { self.out.clone() } else { cx.create(path, false)? };
        self.files.insert(path.to_owned(), out.clone());
        Ok(out)
    }

    async fn plain(&mut self, cx: &mut Cx<'_>, letter: char, index: usize) -> Result<Next, Stop> {
        match letter {
            'd' => return Ok(Next::Cycle(false)),
            'D' => match self.space.iter().position(|byte| *byte == b'\n') {
                Some(at) => {
                    self.space.drain(..=at);
                    return Ok(Next::Again);
                }
                None => return Ok(Next::Cycle(false)),
            },
            'p' => self.print(&self.space, true).await?,
            'P' => {
                let end = self.space.iter().position(|byte| *byte == b'\n').unwrap_or(self.space.len());
                self.print(&self.space[..end], true).await?;
            }
            'n' => {
                let Some(line) = self.ahead.take() else { return Ok(Next::Quit(0, true)) };
                self.finish(cx, true).await?;
                self.space.clear();
                self.take(line);
                self.ahead = self.fetch(cx).await?;
            }
            'N' => {
                let Some(line) = self.ahead.take() else { return Ok(Next::Quit(0, true)) };
                for text in std::mem::take(&mut self.appended) {
                    self.out.write(&text).await?;
                }
                self.space.push(b'\n');
                let kept = self.substituted;
                self.take(line);
                self.substituted = kept;
                if self.space.len() > crate::run::CAPTURE_BYTES {
                    return Err(Stop::Limit("`sed` holds more than 64 MiB".to_owned()));
                }
                self.ahead = self.fetch(cx).await?;
            }
            'g' => self.space.clone_from(&self.hold),
            'G' => {
                self.space.push(b'\n');
                self.space.extend_from_slice(&self.hold);
            }
            'h' => self.hold.clone_from(&self.space),
            'H' => {
                self.hold.push(b'\n');
                self.hold.extend_from_slice(&self.space);
            }
            'x' => std::mem::swap(&mut self.space, &mut self.hold),
            '=' => self.out.write(format!("{}\n", self.number).as_bytes()).await?,
            'z' => self.space.clear(),
            _ => {
                let mut text = String::new();
                for byte in &self.space {
                    match byte {
                        b'\\' => text.push_str("\\\\"),
                        b'\n' => text.push_str("\\n"),
                        b'\t' => text.push_str("\\t"),
                        32..=126 => text.push(char::from(*byte)),
                        byte => text.push_str(&format!("\\{byte:03o}")),
                    }
                }
                self.out.write(format!("{text}$\n").as_bytes()).await?;
            }
        }
        Ok(Next::Command(index + 1))
    }

    async fn substitute(
        &mut self,
        cx: &Cx<'_>,
        pattern: &Option<Regex>,
        with: &[Piece],
        flags: &Flags,
    ) -> Result<(), Stop> {
        if let Some(pattern) = pattern {
            self.last = Some(pattern.clone());
        }
        let Some(regex) = &self.last else {
            return Err(Stop::Error(1, "there is no pattern before this one".to_owned()));
        };
        let Some(changed) = replace(regex, &self.space, with, flags.number, flags.all) else { return Ok(()) };
        self.space = changed;
        self.substituted = true;
        if flags.print {
            self.print(&self.space, true).await?;
        }
        if let Some(path) = &flags.file {
            let line = [self.space.as_slice(), &[self.setting.end]].concat();
            self.file(cx, path)?.write(&line).await?;
        }
        Ok(())
    }
}

/// The text with matches replaced, from the `number`th on; none where there is no such match.
fn replace(regex: &Regex, text: &[u8], with: &[Piece], number: usize, all: bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    let mut any = false;
    let mut last_end = None;
    while at <= text.len() {
        let Some(groups) = regex.captures(text, at) else { break };
        let Some((start, end)) = groups[0] else { break };
        // An empty match right after a match is none.
        if start == end && last_end == Some(start) {
            at = start + 1;
            continue;
        }
        last_end = Some(end);
        count += 1;
        if count >= number {
            out.extend_from_slice(&text[copied..start]);
            put(&mut out, text, &groups, with);
            copied = end;
            any = true;
            if !all {
                break;
            }
        }
        at = if end > start { end } else { end + 1 };
    }
    if !any {
        return None;
    }
    out.extend_from_slice(&text[copied..]);
    Some(out)
}

fn put(out: &mut Vec<u8>, text: &[u8], groups: &Groups, with: &[Piece]) {
    let (mut mode, mut once) = ('E', None);
    let mut add = |bytes: &[u8], mode: char, once: &mut Option<char>| {
        if mode == 'E' && once.is_none() {
            out.extend_from_slice(bytes);
            return;
        }
        for c in String::from_utf8_lossy(bytes).chars() {
            let case = once.take().unwrap_or(mode).to_ascii_uppercase();
            let mut buffer = [0; 4];
            match case {
                'U' => c.to_uppercase().for_each(|c| out.extend(c.encode_utf8(&mut buffer).bytes())),
                'L' => c.to_lowercase().for_each(|c| out.extend(c.encode_utf8(&mut buffer).bytes())),
                _ => out.extend(c.encode_utf8(&mut buffer).bytes()),
            }
        }
    };
    for piece in with {
        match piece {
            Piece::Text(plain) => add(plain.as_bytes(), mode, &mut once),
            Piece::Group(index) => {
                if let Some((start, end)) = groups.get(*index).copied().flatten() {
                    add(&text[start..end], mode, &mut once);
                }
            }
            Piece::Case(case @ ('u' | 'l')) => once = Some(*case),
            Piece::Case(case) => mode = *case,
        }
    }
}
