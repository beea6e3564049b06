//! Texts that become commands or values: `eval`, `.`, `trap`, `read`, `mapfile`, `getopts`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{MAX_DEPTH, Shell, Value};
use crate::io::{Boxed, In};
use crate::syntax::Parser;
use crate::vfs::Open;
use crate::{Done, Stop, fail, usage};

impl Shell {
    /// Runs a text in this shell.
    pub(super) fn evaluate<'a>(&'a mut self, text: &'a str) -> Boxed<'a, Done> {
        Box::pin(async move {
            if self.depth >= MAX_DEPTH {
                return Err(self.too_deep());
            }
            let list = Parser::new(text, self.line).script();
            let list = list.map_err(|error| Stop::Fatal(format!("syntax error: {}", error.message)))?;
            self.depth += 1;
            let result = self.list(&list).await;
            self.depth -= 1;
            result
        })
    }

    /// Runs a text as a script of its own, to its end.
    pub(crate) async fn evaluate_text(&mut self, text: &str) -> Done {
        let result = self.evaluate(text).await;
        self.ended(result).await
    }

    pub(super) async fn source(&mut self, args: &[String]) -> Done {
        let Some(path) = args.first() else { return usage("which file?") };
        let handle = self.common.files.open(&self.path(path), Open::Read);
        let handle = handle.map_err(|error| Stop::Error(1, format!("{path}: {error}")))?;
        let bytes = In::file(&self.common.files, handle).all().await?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let parameters = (args.len() > 1).then(|| std::mem::replace(&mut self.parameters, Rc::new(args[1..].to_vec())));
        let result = self.evaluate(&text).await;
        if let Some(parameters) = parameters {
            self.parameters = parameters;
        }
        match result {
            Err(Stop::Return(status)) => Ok(status),
            other => other,
        }
    }

    pub(super) async fn trap(&mut self, args: &[String]) -> Done {
        let args: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--").collect();
        match args.as_slice() {
            [] | ["-p", ..] => match &self.on_exit {
                Some(action) => {
                    let line = format!("trap -- {} EXIT\n", crate::text::quote(action));
                    self.say(&line).await
                }
                None => Ok(0),
            },
            [action, signals @ ..] => {
                for signal in signals {
                    match signal.trim_start_matches("SIG") {
                        "EXIT" | "0" => {
                            self.on_exit =
                                if *action == "-" || action.is_empty() { None } else { Some((*action).into()) };
                        }
                        // Nothing sends signals here.
                        "INT" | "TERM" | "HUP" | "QUIT" | "PIPE" | "1" | "2" | "3" | "13" | "15" => {}
                        other => return fail(format!("{other}: only EXIT can be trapped here")),
                    }
                }
                Ok(0)
            }
        }
    }

    pub(super) async fn read(&mut self, args: &[String]) -> Done {
        let mut raw = false;
        let mut end = b'\n';
        let mut array = None;
        let mut most = usize::MAX;
        let mut fd = 0;
        let mut index = 0;
        while let Some(arg) = args.get(index).filter(|arg| arg.starts_with('-') && arg.len() > 1) {
            index += 1;
            if arg == "--" {
                break;
            }
            for (at, letter) in arg[1..].char_indices() {
                let mut value = || {
                    let rest = &arg[1 + at + letter.len_utf8()..];
                    if rest.is_empty() {
                        index += 1;
                        args.get(index - 1).cloned().unwrap_or_default()
                    } else {
                        rest.to_owned()
                    }
                };
                let number = |text: String| text.parse().map_err(|_| Stop::Error(2, format!("{text}: is no number")));
                match letter {
                    'r' => raw = true,
                    's' | 'e' => {}
                    'd' => end = value().bytes().next().unwrap_or(0),
                    'a' => array = Some(value()),
                    'n' | 'N' => most = number(value())?,
                    'u' => fd = number(value())?,
                    'p' | 't' | 'i' => drop(value()),
                    _ => return usage(format!("-{letter}: there is no such option")),
                }
                if !matches!(letter, 'r' | 's' | 'e') {
                    break;
                }
            }
        }
        let Some(input) = self.input(fd) else { return fail(format!("{fd}: Bad file descriptor")) };
        let (line, complete) = read_line(&input, end, raw, most).await?;
        let names = args.get(index..).unwrap_or_default();
        if let Some(array) = array {
            let words = self.split_words(&line, usize::MAX);
            let list: BTreeMap<i64, String> = (0..).zip(words).collect();
            self.variables.remove(&array);
            self.assign(&array, Value::List(Rc::new(list)))?;
        } else if names.is_empty() {
            let text: String = line.iter().map(|(c, _)| *c).collect();
            self.set("REPLY", text)?;
        } else {
            let mut words = self.split_words(&line, names.len()).into_iter();
            for name in names {
                self.set(name, words.next().unwrap_or_default())?;
            }
        }
        Ok(i32::from(!complete))
    }

    /// Splits what `read` read; the last name gets the rest. Escaped characters separate nothing.
    fn split_words(&self, line: &[(char, bool)], most: usize) -> Vec<String> {
        let separators = self.get("IFS").unwrap_or_else(|| " \t\n".to_owned());
        let separates = |(c, escaped): &(char, bool)| !escaped && separators.contains(*c);
        let space = |item: &(char, bool)| separates(item) && item.0.is_ascii_whitespace();
        let mut words = Vec::new();
        let mut at = 0;
        let skip = |at: &mut usize| {
            while line.get(*at).is_some_and(space) {
                *at += 1;
            }
        };
        skip(&mut at);
        while at < line.len() {
            if words.len() + 1 == most {
                let mut end = line.len();
                while end > at && space(&line[end - 1]) {
                    end -= 1;
                }
                // One separator at the very end belongs to the last word's end.
                if end > at && separates(&line[end - 1]) && line[at..end - 1].iter().all(|item| !separates(item)) {
                    end -= 1;
                }
                words.push(line[at..end].iter().map(|(c, _)| *c).collect());
                return words;
            }
            let end = (at..line.len()).find(|index| separates(&line[*index])).unwrap_or(line.len());
            words.push(line[at..end].iter().map(|(c, _)| *c).collect());
            at = end;
            skip(&mut at);
            if line.get(at).is_some_and(|item| separates(item) && !space(item)) {
                at += 1;
                skip(&mut at);
            }
        }
        words
    }

    pub(super) async fn mapfile(&mut self, args: &[String]) -> Done {
        let trim = args.iter().any(|arg| arg.starts_with('-') && arg.contains('t'));
        let name = args.iter().find(|arg| !arg.starts_with('-')).map_or("MAPFILE", String::as_str).to_owned();
        let input = self.stdin();
        let mut list = BTreeMap::new();
        let mut line = Vec::new();
        while input.line(b'\n', &mut line).await? {
            if trim && line.last() == Some(&b'\n') {
                line.pop();
            }
            list.insert(list.len() as i64, String::from_utf8_lossy(&line).into_owned());
        }
        self.variables.remove(&name);
        self.assign(&name, Value::List(Rc::new(list)))?;
        Ok(0)
    }

    pub(super) fn getopts(&mut self, args: &[String]) -> Done {
        let [letters, name, words @ ..] = args else { return usage("needs letters and the name of a variable") };
        let words = if words.is_empty() { self.parameters.to_vec() } else { words.to_vec() };
        let mut index: usize = self.get("OPTIND").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        let silent = letters.starts_with(':');
        let word = words.get(index - 1).cloned().unwrap_or_default();
        if !word.starts_with('-') || word == "-" || word == "--" {
            if word == "--" {
                index += 1;
            }
            self.options_at = 0;
            self.set("OPTIND", index.to_string())?;
            self.set(name, "?")?;
            return Ok(1);
        }
        let chars: Vec<char> = word.chars().collect();
        let at = self.options_at.max(1);
        let letter = chars.get(at).copied().unwrap_or('?');
        let known = letter != ':' && letters.contains(letter);
        let wants = known && letters.split(letter).nth(1).is_some_and(|rest| rest.starts_with(':'));
        let mut value = None;
        let mut missing = false;
        self.options_at = at + 1;
        if wants {
            let rest: String = chars[at + 1..].iter().collect();
            index += 1;
            self.options_at = 0;
            if rest.is_empty() {
                value = words.get(index - 1).cloned();
                missing = value.is_none();
                index += 1;
            } else {
                value = Some(rest);
            }
        } else if self.options_at >= chars.len() {
            index += 1;
            self.options_at = 0;
        }
        self.set("OPTIND", index.to_string())?;
        let (shown, value) = match (known && !missing, silent) {
            (true, _) => (letter.to_string(), value),
            (false, true) => ((if missing { ":" } else { "?" }).to_owned(), Some(letter.to_string())),
            (false, false) => ("?".to_owned(), None),
        };
        self.set(name, shown)?;
        match value {
            Some(value) => self.set("OPTARG", value)?,
            None => self.unset("OPTARG")?,
        }
        Ok(0)
    }
}

/// Reads characters up to an end, each with whether a backslash stood before it; and whether the end was there.
async fn read_line(input: &In, end: u8, raw: bool, most: usize) -> Result<(Vec<(char, bool)>, bool), Stop> {
    let mut out: Vec<(char, bool)> = Vec::new();
    let mut bytes = Vec::new();
    loop {
        if !input.line(end, &mut bytes).await? {
            return Ok((out, false));
        }
        let complete = bytes.last() == Some(&end);
        if complete {
            bytes.pop();
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut chars = text.char_indices();
        let mut joined = false;
        while let Some((at, c)) = chars.next() {
            if out.len() >= most {
                let mut rest = text.as_bytes()[at..].to_vec();
                rest.extend(complete.then_some(end));
                input.unread(&rest);
                return Ok((out, true));
            }
            if c != '\\' || raw {
                out.push((c, false));
                continue;
            }
            match chars.next() {
                Some((_, escaped)) => out.push((escaped, true)),
                None => joined = complete,
            }
        }
        if !joined {
            return Ok((out, complete));
        }
    }
}
