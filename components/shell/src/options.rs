//! Options of tools, in the forms that GNU tools take: `-n3`, `-n 3`, `-abc`, `--lines=3`, in any order.

use crate::Stop;

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Letters in order, each with its value.
    pub(crate) given: Vec<(char, String)>,
    /// Everything that is no option.
    pub(crate) rest: Vec<String>,
}

impl Options {
    /// Reads options. `letters` has a colon after those with a value; `long` gives each name its letter.
    ///
    /// # Errors
    ///
    /// With a message for the user.
    pub(crate) fn parse(args: &[String], letters: &str, long: &[(&str, char)]) -> Result<Self, Stop> {
        Self::read(args, letters, long, true)
    }

    /// As [`Self::parse`], but the first word that is no option ends them.
    pub(crate) fn leading(args: &[String], letters: &str, long: &[(&str, char)]) -> Result<Self, Stop> {
        Self::read(args, letters, long, false)
    }

    fn read(args: &[String], letters: &str, long: &[(&str, char)], mixed: bool) -> Result<Self, Stop> {
        let mut options = Self::default();
        let has_value = |letter: char| letters.split(letter).nth(1).is_some_and(|rest| rest.starts_with(':'));
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--" {
                options.rest.extend(args.cloned());
                break;
            }
            if let Some(name) = arg.strip_prefix("--") {
                let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
                let exact = long.iter().find(|(own, _)| *own == name);
                let mut similar = long.iter().filter(|(own, _)| own.starts_with(name));
                let found = exact.or_else(|| similar.next().filter(|_| similar.next().is_none()));
                let Some((_, letter)) = found else { return unknown(arg) };
                let value = match (has_value(*letter), value) {
                    (true, None) => args.next().cloned().ok_or_else(|| missing(arg))?,
                    (_, value) => value.unwrap_or_default().to_owned(),
                };
                options.given.push((*letter, value));
                continue;
            }
            let Some(cluster) = arg.strip_prefix('-').filter(|cluster| !cluster.is_empty()) else {
                options.rest.push(arg.clone());
                if !mixed {
                    options.rest.extend(args.cloned());
                    break;
                }
                continue;
            };
            for (at, letter) in cluster.char_indices() {
                if letter == ':' || !letters.contains(letter) {
                    return unknown(&format!("-{letter}"));
                }
                if !has_value(letter) {
                    options.given.push((letter, String::new()));
                    continue;
                }
                let rest = &cluster[at + letter.len_utf8()..];
                let value = if rest.is_empty() { args.next().cloned() } else { Some(rest.to_owned()) };
                options.given.push((letter, value.ok_or_else(|| missing(&format!("-{letter}")))?));
                break;
            }
        }
        Ok(options)
    }

    /// Whether an option was given.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.given.iter().any(|(own, _)| *own == letter)
    }

    /// The last value given for an option.
    pub(crate) fn value(&self, letter: char) -> Option<&str> {
        self.given.iter().rev().find(|(own, _)| *own == letter).map(|(_, value)| value.as_str())
    }

    /// All values given for an option.
    pub(crate) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(own, _)| *own == letter).map(|(_, value)| value.as_str())
    }

    /// The last value given for an option as a number.
    pub(crate) fn number(&self, letter: char) -> Result<Option<usize>, Stop> {
        self.value(letter).map(number).transpose()
    }
}

/// A count such as `10`, `4k`, `1M`.
pub(crate) fn number(text: &str) -> Result<usize, Stop> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => Some(1),
        "b" => Some(512),
        "k" | "K" | "KiB" => Some(1 << 10),
        "m" | "M" | "MiB" => Some(1 << 20),
        "G" | "GiB" => Some(1 << 30),
        "kB" | "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        _ => None,
    };
    let value = digits.parse::<usize>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    value.ok_or_else(|| Stop::Error(1, format!("`{}` is no number", crate::numbers::clip(text, 60))))
}

fn unknown<T>(option: &str) -> Result<T, Stop> {
    Err(Stop::Error(2, format!("unknown option `{}`", crate::numbers::clip(option, 60))))
}

fn missing(option: &str) -> Stop {
    Stop::Error(2, format!("`{option}` needs a value"))
}
