//! What `${…}` does with a value: lengths, stripping, replacing, slices, case.

use super::Shell;
use super::expand::{Expanded, Memo};
use crate::Stop;
use crate::pattern::Pattern;
use crate::syntax::{Op, Parameter, Word};

impl Op {
    pub(super) fn is_names(&self) -> bool {
        matches!(self, Self::Names)
    }
}

impl Shell {
    pub(super) fn operate(
        &mut self,
        parameter: &Parameter,
        value: Expanded,
        memo: &mut Memo,
    ) -> Result<Expanded, Stop> {
        match &parameter.op {
            Op::None | Op::Keys | Op::Default { .. } => Ok(value),
            Op::Length => Ok(Expanded::Text(match value {
                Expanded::Unset => "0".to_owned(),
                Expanded::Text(text) => text.chars().count().to_string(),
                Expanded::List(items, _) => items.len().to_string(),
            })),
            Op::Names => {
                let mut names: Vec<String> =
                    self.variables.keys().filter(|name| name.starts_with(&parameter.name)).cloned().collect();
                names.sort();
                Ok(Expanded::List(names, '@'))
            }
            Op::Indirect => match value {
                Expanded::Text(name) => self.indirect(&name),
                other => Ok(other),
            },
            Op::Slice { offset, length } => self.slice(parameter, value, offset, length.as_ref(), memo),
            Op::Strip { suffix, longest, pattern } => {
                let pattern = self.inner_pattern(pattern, memo)?;
                Ok(value.map(|text| {
                    let found = if *suffix { pattern.suffix(&text, *longest) } else { pattern.prefix(&text, *longest) };
                    match (found, suffix) {
                        (Some(at), true) => text[..at].to_owned(),
                        (Some(at), false) => text[at..].to_owned(),
                        (None, _) => text,
                    }
                }))
            }
            Op::Replace { kind, pattern, with } => {
                let source = self.inner_text(pattern, memo)?;
                let with = self.inner_text(with, memo)?.0;
                Ok(value.map(|text| replace(&text, *kind, &source, &with)))
            }
            Op::Case { upper, all, pattern } => {
                let any = pattern.parts.is_empty();
                let pattern = self.inner_pattern(pattern, memo)?;
                Ok(value.map(|text| change_case(&text, *upper, *all, |c| any || pattern.matches_chars(&[c], false))))
            }
            Op::Transform(kind) => Ok(value.map(|text| match kind {
                'Q' => crate::text::quote(&text),
                'U' => text.to_uppercase(),
                'L' => text.to_lowercase(),
                _ => change_case(&text, true, false, |_| true),
            })),
        }
    }

    fn indirect(&mut self, name: &str) -> Result<Expanded, Stop> {
        if let Some((array, key)) = name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            if key == "@" || key == "*" {
                let items = self.elements(array).into_iter().map(|(_, value)| value).collect();
                return Ok(Expanded::List(items, '@'));
            }
            return Ok(self.element(array, key)?.map_or(Expanded::Unset, Expanded::Text));
        }
        Ok(self.lookup(name)?.map_or(Expanded::Unset, Expanded::Text))
    }

    fn slice(
        &mut self,
        parameter: &Parameter,
        value: Expanded,
        offset: &Word,
        length: Option<&Word>,
        memo: &mut Memo,
    ) -> Result<Expanded, Stop> {
        let expression = self.inner_text(offset, memo)?.0;
        let offset = self.arithmetic(&expression)?;
        let length = match length {
            Some(word) => {
                let expression = self.inner_text(word, memo)?.0;
                Some(self.arithmetic(&expression)?)
            }
            None => None,
        };
        let range = |count: usize| {
            let count = count as i64;
            let start = if offset < 0 { count + offset } else { offset.min(count) };
            let end = match length {
                None => count,
                Some(length) if length < 0 => count + length,
                Some(length) => start.saturating_add(length).min(count),
            };
            if start < 0 || end < start { None } else { Some(start as usize..end as usize) }
        };
        Ok(match value {
            Expanded::Unset => Expanded::Unset,
            Expanded::Text(text) => {
                let chars: Vec<char> = text.chars().collect();
                let slice = range(chars.len()).map(|range| chars[range].iter().collect());
                Expanded::Text(slice.unwrap_or_default())
            }
            Expanded::List(mut items, kind) => {
                if matches!(parameter.name.as_str(), "@" | "*") {
                    items.insert(0, "sh".to_owned());
                }
                let slice = range(items.len()).map(|range| items[range].to_vec());
                Expanded::List(slice.unwrap_or_default(), kind)
            }
        })
    }
}

impl Expanded {
    /// Does something with every text.
    fn map(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Unset => Self::Unset,
            Self::Text(text) => Self::Text(change(text)),
            Self::List(items, kind) => Self::List(items.into_iter().map(change).collect(), kind),
        }
    }
}

fn change_case(text: &str, upper: bool, all: bool, chosen: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        if (all || index == 0) && chosen(c) {
            if upper { out.extend(c.to_uppercase()) } else { out.extend(c.to_lowercase()) }
        } else {
            out.push(c);
        }
    }
    out
}

/// `source` is the pattern, and its text where it is nothing but text.
fn replace(text: &str, kind: char, source: &(String, Option<String>), with: &str) -> String {
    if let Some(plain) = &source.1 {
        if plain.is_empty() && !matches!(kind, '#' | '%') {
            return text.to_owned();
        }
        return match kind {
            '/' => text.replace(plain.as_str(), with),
            '#' => text.strip_prefix(plain.as_str()).map_or(text.to_owned(), |rest| format!("{with}{rest}")),
            '%' => text.strip_suffix(plain.as_str()).map_or(text.to_owned(), |rest| format!("{rest}{with}")),
            _ => text.replacen(plain.as_str(), with, 1),
        };
    }
    let pattern = Pattern::new(&source.0);
    match kind {
        '#' => pattern.prefix(text, true).map_or(text.to_owned(), |at| format!("{with}{}", &text[at..])),
        '%' => pattern.suffix(text, true).map_or(text.to_owned(), |at| format!("{}{with}", &text[..at])),
        _ => {
            let chars: Vec<char> = text.chars().collect();
            let mut out = String::with_capacity(text.len());
            let mut at = 0;
            while at < chars.len() {
                match pattern.prefix_chars(&chars[at..], true).filter(|length| *length > 0) {
                    Some(length) => {
                        out.push_str(with);
                        at += length;
                        if kind != '/' {
                            break;
                        }
                    }
                    None => {
                        out.push(chars[at]);
                        at += 1;
                    }
                }
            }
            out.extend(&chars[at.min(chars.len())..]);
            out
        }
    }
}
