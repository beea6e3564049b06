//! Tools that make text from their words: `echo`, `seq`, `yes`, `basename`, `dirname`, `expr`, `realpath`.

use super::Cx;
use crate::options::Options;
use crate::text::{Escapes, unescape};
use crate::{Done, Stop, usage};

pub(crate) async fn yes_status(_: &mut Cx<'_>) -> Done {
    Ok(0)
}

pub(crate) async fn no(_: &mut Cx<'_>) -> Done {
    Ok(1)
}

pub(crate) async fn echo(cx: &mut Cx<'_>) -> Done {
    let (mut newline, mut escapes) = (true, false);
    let mut args = cx.args.as_slice();
    while let Some((first, rest)) = args.split_first() {
        let letters = first.strip_prefix('-').unwrap_or("");
        if letters.is_empty() || !letters.chars().all(|c| "neE".contains(c)) {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                letter => escapes = letter == 'e',
            }
        }
        args = rest;
    }
    let text = args.join(" ");
    let (mut bytes, ended) = if escapes { unescape(&text, Escapes::Echo) } else { (text.into_bytes(), false) };
    if newline && !ended {
        bytes.push(b'\n');
    }
    cx.out.write(&bytes).await?;
    Ok(0)
}

pub(crate) async fn yes(cx: &mut Cx<'_>) -> Done {
    let text = if cx.args.is_empty() { "y".to_owned() } else { cx.args.join(" ") };
    let line = format!("{text}\n");
    let many = line.repeat((8 << 10) / line.len() + 1);
    loop {
        cx.out.write(many.as_bytes()).await?;
    }
}

pub(crate) async fn seq(cx: &mut Cx<'_>) -> Done {
    // A negative number is no option.
    let mut words: Vec<String> = Vec::new();
    let (mut separator, mut wide, mut format) = ("\n".to_owned(), false, None);
    let mut args = cx.args.iter();
    while let Some(arg) = args.next() {
        let mut value =
            |text: &str| if text.is_empty() { args.next().cloned().unwrap_or_default() } else { text.to_owned() };
        match arg.as_str() {
            "-w" => wide = true,
            text if text.starts_with("-s") => separator = value(&text[2..]),
            text if text.starts_with("-f") => format = Some(value(&text[2..])),
            text => words.push(text.to_owned()),
        }
    }
    let number = |text: &String| text.parse::<f64>().map_err(|_| Stop::Error(1, format!("`{text}` is no number")));
    let numbers = words.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let (from, step, to) = match numbers.as_slice() {
        [to] => (1.0, 1.0, *to),
        [from, to] => (*from, 1.0, *to),
        [from, step, to] => (*from, *step, *to),
        _ => return usage("give one, two or three numbers"),
    };
    if step == 0.0 || !step.is_finite() {
        return Err(Stop::Error(1, "the step must not be zero".to_owned()));
    }
    let decimals = |text: &String| text.split_once('.').map_or(0, |(_, rest)| rest.len());
    let places = words.iter().take(words.len().max(2) - 1).map(decimals).max().unwrap_or(0).min(1_000);
    let shown = |value: f64| format!("{value:.places$}");
    let width = if wide { shown(from).len().max(shown(to).len()) } else { 0 };
    let mut out = Vec::new();
    let mut index = 0u64;
    loop {
        let value = from + step * index as f64;
        if (step > 0.0 && value > to + step * 1e-10) || (step < 0.0 && value < to + step * 1e-10) {
            break;
        }
        if index > 0 {
            out.extend(separator.bytes());
        }
        match &format {
            Some(format) => out.extend(super::format(format, &[value.to_string()], None)?.0),
            None => out.extend(format!("{value:0width$.places$}").bytes()),
        }
        index += 1;
        if out.len() > 8 << 10 {
            cx.out.write(&out).await?;
            out.clear();
        }
    }
    if index > 0 {
        out.push(b'\n');
    }
    cx.out.write(&out).await?;
    Ok(0)
}

/// The last part of a path.
pub(crate) fn last_part(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        if path.is_empty() { "" } else { "/" }
    } else {
        trimmed.rsplit('/').next().unwrap_or(trimmed)
    }
}

pub(crate) async fn basename(cx: &mut Cx<'_>) -> Done {
    let options = Options::leading(&cx.args, "as:z", &[("multiple", 'a'), ("suffix", 's')])?;
    let many = options.has('a') || options.has('s');
    let suffix = options.value('s').or(if many { None } else { options.rest.get(1).map(String::as_str) }).unwrap_or("");
    if options.rest.is_empty() {
        return usage("needs a path");
    }
    let paths = if many { options.rest.as_slice() } else { &options.rest[..1] };
    for path in paths {
        let name = last_part(path);
        let name = name.strip_suffix(suffix).filter(|rest| !rest.is_empty()).unwrap_or(name);
        cx.out.write(format!("{name}\n").as_bytes()).await?;
    }
    Ok(0)
}

pub(crate) async fn dirname(cx: &mut Cx<'_>) -> Done {
    if cx.args.is_empty() {
        return usage("needs a path");
    }
    for path in &cx.args {
        let trimmed = path.trim_end_matches('/');
        let folder = match trimmed.rfind('/') {
            Some(at) => trimmed[..at].trim_end_matches('/'),
            None if trimmed.is_empty() && !path.is_empty() => "",
            None => ".",
        };
        let folder = if folder.is_empty() { "/" } else { folder };
        cx.out.write(format!("{folder}\n").as_bytes()).await?;
    }
    Ok(0)
}

pub(crate) async fn realpath(cx: &mut Cx<'_>) -> Done {
    for path in cx.args.clone().iter().filter(|path| !path.starts_with('-')) {
        let line = format!("{}\n", cx.shell.path(path));
        cx.out.write(line.as_bytes()).await?;
    }
    Ok(0)
}

pub(crate) async fn expr(cx: &mut Cx<'_>) -> Done {
    let mut reader = Expression { words: &cx.args, at: 0, depth: 0 };
    let value = reader.level(0)?;
    if reader.at < cx.args.len() {
        return usage(format!("`{}` is not expected", cx.args[reader.at]));
    }
    cx.out.write(format!("{value}\n").as_bytes()).await?;
    Ok(i32::from(value.is_empty() || value == "0"))
}

struct Expression<'a> {
    words: &'a [String],
    at: usize,
    depth: u32,
}

const LEVELS: &[&[&str]] =
    &[&["|"], &["&"], &["<", "<=", "=", "==", "!=", ">=", ">"], &["+", "-"], &["*", "/", "%"], &[":"]];

impl Expression<'_> {
    fn level(&mut self, level: usize) -> Result<String, Stop> {
        let Some(operators) = LEVELS.get(level) else { return self.primary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.words.get(self.at).filter(|word| operators.contains(&word.as_str())) {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<String, Stop> {
        let Some(word) = self.words.get(self.at) else { return usage("an argument is missing") };
        self.at += 1;
        let mut next = || {
            self.at += 1;
            self.words.get(self.at - 1).cloned().ok_or_else(|| Stop::Error(2, "an argument is missing".to_owned()))
        };
        match word.as_str() {
            "(" => {
                self.depth += 1;
                if self.depth > 100 {
                    return usage("too many brackets within each other");
                }
                let value = self.level(0)?;
                self.at += 1;
                if self.words.get(self.at - 1).is_none_or(|word| word != ")") {
                    return usage("missing `)`");
                }
                Ok(value)
            }
            "length" => Ok(next()?.chars().count().to_string()),
            "substr" => {
                let (text, from, length) = (next()?, next()?, next()?);
                let (from, length) = (integer(&from)?.max(0) as usize, integer(&length)?.max(0) as usize);
                Ok(if from == 0 { String::new() } else { text.chars().skip(from - 1).take(length).collect() })
            }
            "index" => {
                let (text, set) = (next()?, next()?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |at| at + 1).to_string())
            }
            "match" => {
                let (text, pattern) = (next()?, next()?);
                apply(":", text, pattern)
            }
            word => Ok(word.to_owned()),
        }
    }
}

fn integer(text: &str) -> Result<i64, Stop> {
    text.parse().map_err(|_| Stop::Error(2, "non-integer argument".to_owned()))
}

fn apply(operator: &str, left: String, right: String) -> Result<String, Stop> {
    let is_null = |text: &str| text.is_empty() || text == "0";
    let flag = |holds: bool| i32::from(holds).to_string();
    Ok(match operator {
        "|" => {
            if is_null(&left) {
                if is_null(&right) { "0".to_owned() } else { right }
            } else {
                left
            }
        }
        "&" => {
            if is_null(&left) || is_null(&right) {
                "0".to_owned()
            } else {
                left
            }
        }
        ":" => {
            let flavour = crate::regex::Flavour { basic: true, ..Default::default() };
            let pattern = format!("^{}", right.trim_start_matches('^'));
            let regex = crate::regex::Regex::new(&pattern, flavour).map_err(|error| Stop::Error(2, error))?;
            let groups = regex.captures(left.as_bytes(), 0);
            match groups {
                Some(groups) if groups.len() > 1 => {
                    groups[1].map_or(String::new(), |(from, to)| left[from..to].to_owned())
                }
                Some(groups) => groups[0].map_or(0, |(from, to)| left[from..to].chars().count()).to_string(),
                None if right.contains("\\(") => String::new(),
                None => "0".to_owned(),
            }
        }
        "<" | "<=" | "=" | "==" | "!=" | ">=" | ">" => {
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                _ => left.cmp(&right),
            };
            flag(match operator {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "=" | "==" => order.is_eq(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                _ => order.is_gt(),
            })
        }
        _ => {
            let (left, right) = (integer(&left)?, integer(&right)?);
            let value = match operator {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                _ if right == 0 => return usage("division by zero"),
                "/" => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            value.ok_or_else(|| Stop::Error(2, "the number is too large".to_owned()))?.to_string()
        }
    })
}
