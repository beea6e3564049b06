//! Expansion of words. It is not async: where the output of commands is needed, it stops and says so, the commands run,
//! and it begins again with what they gave.

use std::rc::Rc;

use super::fields::{Field, Fields};
use super::{CAPTURE_BYTES, Fd, Shell};
use crate::Stop;
use crate::io::Out;
use crate::pattern::Pattern;
use crate::syntax::{Index, List, Op, Parameter, Part, Word, brace};

/// Words that one command may have.
const MAX_WORDS: usize = 1_000_000;

/// Results that an expansion does not compute twice.
#[derive(Default)]
pub(super) struct Memo {
    results: Vec<String>,
    next: usize,
}

impl Memo {
    fn recall(&mut self) -> Option<String> {
        let found = self.results.get(self.next).cloned();
        self.next += usize::from(found.is_some());
        found
    }

    fn keep(&mut self, result: String) {
        self.results.push(result);
        self.next = self.results.len();
    }
}

/// A parameter's value.
pub(super) enum Expanded {
    Unset,
    Text(String),
    /// Several values; `@` keeps them apart, `*` joins.
    List(Vec<String>, char),
}

impl Shell {
    /// Expands until no output of commands is missing.
    async fn until_known<T>(&mut self, expand: impl Fn(&mut Self, &mut Memo) -> Result<T, Stop>) -> Result<T, Stop> {
        let mut memo = Memo::default();
        loop {
            memo.next = 0;
            match expand(self, &mut memo) {
                Err(Stop::Need(list, as_file)) => {
                    let result = self.substitute(&list, as_file).await?;
                    memo.results.push(result);
                }
                result => return result,
            }
        }
    }

    /// The fields that words become: braces, parameters, commands, splitting, file names.
    pub(super) async fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, Stop> {
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            if let [Part::Text(text)] = word.parts.as_slice()
                && !text.contains(['*', '?', '[', '{', '~'])
            {
                out.push(text.clone());
                continue;
            }
            let braces = brace::expand(word).map_err(Stop::Limit)?;
            let expanded = match &braces {
                Some(words) => words.as_slice(),
                None => std::slice::from_ref(word),
            };
            for word in expanded {
                let separators = Some(self.get("IFS").unwrap_or_else(|| " \t\n".to_owned()));
                let fields = self.until_known(|shell, memo| shell.expand(word, separators.clone(), memo)).await?;
                for field in fields.end() {
                    self.names(field, &mut out)?;
                }
            }
            if out.len() > MAX_WORDS {
                return Err(Stop::Limit(format!("a command has more than {MAX_WORDS} words")));
            }
        }
        Ok(out)
    }

    fn names(&self, field: Field, out: &mut Vec<String>) -> Result<(), Stop> {
        if field.is_pattern && !self.options.no_glob {
            let found = self.glob(&field.pattern)?;
            if !found.is_empty() || self.options.null_glob {
                out.extend(found);
                return Ok(());
            }
        }
        out.push(field.text);
        Ok(())
    }

    /// A word as one text.
    pub(super) async fn one(&mut self, word: &Word) -> Result<String, Stop> {
        match word.parts.as_slice() {
            [] => return Ok(String::new()),
            [Part::Quoted(text)] => return Ok(text.clone()),
            [Part::Text(text)] if !text.starts_with('~') => return Ok(text.clone()),
            _ => {}
        }
        Ok(self.until_known(|shell, memo| shell.expand(word, None, memo)).await?.joined().text)
    }

    /// A word as a pattern.
    pub(super) async fn pattern_of(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.until_known(|shell, memo| shell.expand(word, None, memo)).await?.joined().pattern)
    }

    /// A word as an arithmetic value.
    pub(super) async fn number(&mut self, word: &Word) -> Result<i64, Stop> {
        let text = self.one(word).await?;
        self.arithmetic(&text)
    }

    /// Runs commands for their output; trailing line ends do not count.
    async fn substitute(&mut self, list: &Rc<List>, as_file: bool) -> Result<String, Stop> {
        let out = Out::buffer(CAPTURE_BYTES);
        let mut sub = self.subshell();
        sub.set_fd(1, Some(Fd::Out(out.clone())));
        let status = sub.run_subshell(list).await?;
        self.failed_line = sub.failed_line;
        let mut bytes = out.take();
        if as_file {
            self.substitutes += 1;
            let path = format!("/tmp/.substitute-{}-{}", self.depth, self.substitutes);
            self.common.files.provide(&path, bytes);
            return Ok(path);
        }
        self.status = status;
        while bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        bytes.retain(|byte| *byte != 0);
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn expand(&mut self, word: &Word, separators: Option<String>, memo: &mut Memo) -> Result<Fields, Stop> {
        let mut fields = Fields::new(separators);
        let mut parts = word.parts.as_slice();
        if let Some((Part::Text(text), rest)) = parts.split_first()
            && text.starts_with('~')
            && (text.len() == 1 && rest.is_empty() || text.starts_with("~/"))
        {
            fields.quoted(&self.get("HOME").unwrap_or_default());
            fields.literal(&text[1..]);
            parts = rest;
        }
        self.expand_parts(parts, false, &mut fields, memo)?;
        Ok(fields)
    }

    fn expand_parts(&mut self, parts: &[Part], quoted: bool, fields: &mut Fields, memo: &mut Memo) -> Result<(), Stop> {
        for part in parts {
            match part {
                Part::Text(text) if quoted => fields.quoted(text),
                Part::Text(text) => fields.literal(text),
                Part::Quoted(text) => fields.quoted(text),
                Part::Double(inner) => {
                    if inner.is_empty() {
                        fields.quoted("");
                    }
                    self.expand_parts(inner, true, fields, memo)?;
                }
                Part::Parameter(parameter) => self.expand_parameter(parameter, quoted, fields, memo)?,
                Part::Command(list) => match memo.recall() {
                    Some(text) if quoted => fields.quoted(&text),
                    Some(text) => fields.value(&text),
                    None => return Err(Stop::Need(Rc::clone(list), false)),
                },
                Part::Process(list) => match memo.recall() {
                    Some(path) => fields.quoted(&path),
                    None => return Err(Stop::Need(Rc::clone(list), true)),
                },
                Part::Arithmetic(word) => {
                    let expression = self.text_of(word, memo)?;
                    let value = match memo.recall() {
                        Some(value) => value,
                        None => {
                            let value = self.arithmetic(&expression)?.to_string();
                            memo.keep(value.clone());
                            value
                        }
                    };
                    if quoted { fields.quoted(&value) } else { fields.value(&value) }
                }
            }
        }
        Ok(())
    }

    /// A word inside an expansion as one text.
    fn text_of(&mut self, word: &Word, memo: &mut Memo) -> Result<String, Stop> {
        Ok(self.expand(word, None, memo)?.joined().text)
    }

    /// A word as a pattern, and as text if it is nothing but text.
    pub(super) fn inner_text(&mut self, word: &Word, memo: &mut Memo) -> Result<(String, Option<String>), Stop> {
        let field = self.expand(word, None, memo)?.joined();
        Ok(if field.is_pattern { (field.pattern, None) } else { (field.text.clone(), Some(field.text)) })
    }

    pub(super) fn inner_pattern(&mut self, word: &Word, memo: &mut Memo) -> Result<Pattern, Stop> {
        Ok(Pattern::new(&self.expand(word, None, memo)?.joined().pattern))
    }

    fn expand_parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
        memo: &mut Memo,
    ) -> Result<(), Stop> {
        let value = self.parameter_value(parameter, memo)?;
        if let Op::Default { kind, colon, word } = &parameter.op {
            let missing = match &value {
                Expanded::Unset => true,
                Expanded::Text(text) => *colon && text.is_empty(),
                Expanded::List(items, _) => items.is_empty() || (*colon && items.iter().all(String::is_empty)),
            };
            match kind {
                '+' if missing => {
                    self.put(Expanded::Text(String::new()), quoted, fields);
                    return Ok(());
                }
                '+' => return self.expand_parts(&word.parts, quoted, fields, memo),
                '-' if missing => {
                    if word.parts.is_empty() && quoted {
                        fields.quoted("");
                    }
                    return self.expand_parts(&word.parts, quoted, fields, memo);
                }
                '=' if missing => {
                    let text = self.text_of(word, memo)?;
                    self.store_default(parameter, &text, memo)?;
                    self.put(Expanded::Text(text), quoted, fields);
                    return Ok(());
                }
                '?' if missing => {
                    let text = self.text_of(word, memo)?;
                    let text = if text.is_empty() { "parameter not set".to_owned() } else { text };
                    return Err(Stop::Fatal(format!("{}: {text}", parameter.name)));
                }
                _ => {
                    self.put(value, quoted, fields);
                    return Ok(());
                }
            }
        }
        let lenient = matches!(parameter.op, Op::Names | Op::Keys);
        if matches!(value, Expanded::Unset) && self.options.unset_is_error && !lenient {
            return Err(Stop::Fatal(format!("{}: unbound variable", parameter.name)));
        }
        let value = self.operate(parameter, value, memo)?;
        self.put(value, quoted, fields);
        Ok(())
    }

    fn store_default(&mut self, parameter: &Parameter, text: &str, memo: &mut Memo) -> Result<(), Stop> {
        match &parameter.index {
            Some(Index::One(word)) => {
                let key = self.text_of(word, memo)?;
                self.set_element(&parameter.name, &key, text.to_owned())
            }
            _ if crate::syntax::is_name(&parameter.name) => self.set(&parameter.name, text),
            _ => Err(Stop::Fatal(format!("${}: cannot be assigned to", parameter.name))),
        }
    }

    fn put(&self, value: Expanded, quoted: bool, fields: &mut Fields) {
        match value {
            Expanded::Unset if quoted => fields.quoted(""),
            Expanded::Unset => {}
            Expanded::Text(text) if quoted => fields.quoted(&text),
            Expanded::Text(text) => fields.value(&text),
            Expanded::List(items, '*') if quoted => {
                let separators = self.get("IFS");
                let separator = separators.as_deref().map_or(Some(' '), |ifs| ifs.chars().next());
                let separator = separator.map(String::from).unwrap_or_default();
                fields.quoted(&items.join(&separator));
            }
            Expanded::List(items, _) => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        fields.finish();
                    }
                    if quoted { fields.quoted(item) } else { fields.value(item) }
                }
            }
        }
    }

    fn parameter_value(&mut self, parameter: &Parameter, memo: &mut Memo) -> Result<Expanded, Stop> {
        if parameter.op.is_names() {
            return Ok(Expanded::Unset);
        }
        match &parameter.index {
            Some(Index::All(kind)) => {
                let elements = self.elements(&parameter.name);
                let keys = matches!(parameter.op, Op::Keys);
                let items = elements.into_iter().map(|(key, value)| if keys { key } else { value }).collect();
                Ok(Expanded::List(items, *kind))
            }
            Some(Index::One(word)) => {
                let key = self.text_of(word, memo)?;
                Ok(self.element(&parameter.name, &key)?.map_or(Expanded::Unset, Expanded::Text))
            }
            None if matches!(parameter.name.as_str(), "@" | "*") => {
                let kind = if parameter.name == "@" { '@' } else { '*' };
                Ok(Expanded::List(self.parameters.to_vec(), kind))
            }
            None => Ok(self.lookup(&parameter.name)?.map_or(Expanded::Unset, Expanded::Text)),
        }
    }

    /// The value of a parameter that is one text.
    pub(crate) fn lookup(&mut self, name: &str) -> Result<Option<String>, Stop> {
        if let Some(value) = self.get(name) {
            return Ok(Some(value));
        }
        Ok(match name {
            "?" => Some(self.status.to_string()),
            "#" => Some(self.parameters.len().to_string()),
            "$" => Some("1".to_owned()),
            "!" => None,
            "-" => Some(self.option_letters()),
            "0" => Some("sh".to_owned()),
            "RANDOM" => Some(self.random()?.to_string()),
            "EPOCHSECONDS" => {
                return Err(Stop::Fatal("the clock was not granted; add `:caps: clock` to the drawer".to_owned()));
            }
            _ => match name.parse::<usize>() {
                Ok(number) => self.parameters.get(number.wrapping_sub(1)).cloned(),
                Err(_) => None,
            },
        })
    }

    /// The next random number below 32768.
    pub(crate) fn random(&mut self) -> Result<u32, Stop> {
        let Some(seed) = &mut self.seed else {
            return Err(Stop::Fatal("randomness was not granted; add `:caps: random` to the drawer".to_owned()));
        };
        *seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        Ok((*seed >> 16) & 0x7fff)
    }
}
