//! The records of an `awk` program: from where they come, which rules they meet, where output goes.

use super::super::Cx;
use super::parse::Pattern;
use super::run::{FILENAME, FNR, Flow, Machine, NR, RS, Ran, Sink};
use super::value::{Cell, Value};
use crate::io::In;
use crate::regex::Regex;
use crate::{Done, Stop};

/// Output that is written at once.
const OUT_BYTES: usize = 64 << 10;

impl Machine<'_> {
    /// The whole program.
    pub(super) async fn run(&mut self, cx: &mut Cx<'_>, inputs: Vec<String>) -> Done {
        let program = self.program;
        let mut go = true;
        for (_, body) in program.rules.iter().filter(|(pattern, _)| matches!(pattern, Pattern::Begin)) {
            if go && let Some(body) = body {
                go = !matches!(self.statement(body)?, Flow::Exit);
            }
            self.flush(cx, false).await?;
        }
        let reads = program.rules.iter().any(|(pattern, _)| !matches!(pattern, Pattern::Begin));
        if go && reads {
            self.records(cx, inputs).await?;
        }
        let exits = std::mem::replace(&mut go, true);
        for (_, body) in program.rules.iter().filter(|(pattern, _)| matches!(pattern, Pattern::End)) {
            if (exits || reads)
                && go
                && let Some(body) = body
            {
                go = !matches!(self.statement(body)?, Flow::Exit);
            }
        }
        self.flush(cx, true).await?;
        Ok(if cx.status != 0 && self.status == 0 { 2 } else { self.status })
    }

    async fn records(&mut self, cx: &mut Cx<'_>, inputs: Vec<String>) -> Ran<()> {
        let mut any = false;
        let all: Vec<String> = inputs.clone();
        for name in all.iter().map(String::as_str).chain(["-"]) {
            let last = name == "-" && any;
            if last {
                break;
            }
            if let Some((variable, value)) = name.split_once('=').filter(|(name, _)| crate::syntax::is_name(name)) {
                self.set_text(variable, value.to_owned());
                continue;
            }
            any = true;
            let input = match cx.open(name) {
                Ok(input) => input,
                Err(Stop::Error(_, message)) => {
                    cx.complain(&message).await;
                    continue;
                }
                Err(other) => return Err(other),
            };
            self.globals[FNR] = Cell::Value(Value::Number(0.0));
            let shown = if name == "-" { "" } else { name };
            self.globals[FILENAME] = Cell::Value(Value::text(shown));
            if !self.file(cx, &input).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The records of one file. False where the program ended.
    async fn file(&mut self, cx: &mut Cx<'_>, input: &In) -> Ran<bool> {
        let mut line = Vec::new();
        loop {
            let separator = self.global_text(RS);
            let found = match separator.as_bytes() {
                b"\n" => {
                    let found = input.line(b'\n', &mut line).await?;
                    if line.last() == Some(&b'\n') {
                        line.pop();
                    }
                    found
                }
                b"" => paragraph(input, &mut line).await?,
                [byte] => {
                    let found = input.line(*byte, &mut line).await?;
                    if line.last() == Some(byte) {
                        line.pop();
                    }
                    found && !(line == b"\n" && *byte != b'\n')
                }
                _ => {
                    let pattern = self.pattern(&separator)?;
                    separated(input, &pattern, &mut line).await?
                }
            };
            if !found {
                return Ok(true);
            }
            self.take(String::from_utf8_lossy(&line).as_ref().into());
            for slot in [NR, FNR] {
                self.globals[slot] = Cell::Value(Value::Number(self.global(slot).number() + 1.0));
            }
            let flow = self.rules()?;
            if self.out.len() > OUT_BYTES || !self.sinks.is_empty() {
                self.flush(cx, false).await?;
            }
            if matches!(flow, Flow::Exit) {
                return Ok(false);
            }
        }
    }

    fn rules(&mut self) -> Ran<Flow> {
        let program = self.program;
        for (pattern, body) in &program.rules {
            let selected = match pattern {
                Pattern::Begin | Pattern::End => false,
                Pattern::Always => true,
                Pattern::When(expr) => self.value(expr)?.holds(),
                Pattern::Range(first, second, state) => {
                    let inside = self.in_range[*state] || self.value(first)?.holds();
                    if inside {
                        self.in_range[*state] = !self.value(second)?.holds();
                    }
                    inside
                }
            };
            if !selected {
                continue;
            }
            match body {
                None => {
                    let record = self.record();
                    self.print(&[record], None)?;
                }
                Some(body) => match self.statement(body)? {
                    Flow::Next => break,
                    Flow::Exit => return Ok(Flow::Exit),
                    _ => {}
                },
            }
        }
        Ok(Flow::Go)
    }

    /// Writes what has gathered; at the end it closes everything.
    async fn flush(&mut self, cx: &mut Cx<'_>, end: bool) -> Ran<()> {
        if !self.out.is_empty() {
            let out = std::mem::take(&mut self.out);
            cx.out.write(&out).await?;
        }
        for index in 0..self.sinks.len() {
            let (name, sink, bytes) = &mut self.sinks[index];
            match sink {
                Sink::File(out) => out.write(&std::mem::take(bytes)).await?,
                Sink::Pipe if end => {
                    let (command, bytes) = (name.clone(), std::mem::take(bytes));
                    let saved = cx.shell.fds.clone();
                    cx.shell.set_fd(0, Some(crate::run::Fd::In(In::bytes(bytes))));
                    let result = cx.shell.subshell().evaluate_text(&command).await;
                    cx.shell.fds = saved;
                    result?;
                }
                Sink::Pipe => {}
            }
        }
        Ok(())
    }
}

/// A record of lines up to an empty one.
async fn paragraph(input: &In, record: &mut Vec<u8>) -> Ran<bool> {
    record.clear();
    let mut line = Vec::new();
    while input.line(b'\n', &mut line).await? {
        if line == b"\n" {
            if record.is_empty() {
                continue;
            }
            break;
        }
        record.extend_from_slice(&line);
    }
    if record.last() == Some(&b'\n') {
        record.pop();
    }
    Ok(!record.is_empty())
}

/// A record up to a match of a pattern.
async fn separated(input: &In, pattern: &Regex, record: &mut Vec<u8>) -> Ran<bool> {
    let all = input.all().await?;
    if all.is_empty() {
        return Ok(false);
    }
    record.clear();
    match pattern.find(&all, 0).filter(|(start, end)| end > start) {
        Some((start, end)) => {
            record.extend_from_slice(&all[..start]);
            input.unread(&all[end..]);
        }
        None => record.extend_from_slice(all.strip_suffix(b"\n").unwrap_or(&all)),
    }
    Ok(true)
}
