//! `printf`: its formats, also for `printf -v` and `seq -f`.

use super::Cx;
use crate::numbers::{general, leading_number, scientific};
use crate::text::{Escapes, backslashed, unescape};
use crate::{Done, Stop, usage};

/// Characters a field may be padded to, and digits after a point. The standard library's formats have 16 bits for it.
const MAX_WIDTH: usize = 60_000;

pub(crate) async fn printf(cx: &mut Cx<'_>) -> Done {
    let args: Vec<String> =
        if cx.args.first().is_some_and(|arg| arg == "--") { cx.args[1..].to_vec() } else { cx.args.clone() };
    let Some((format, values)) = args.split_first() else { return usage("needs a format") };
    let (bytes, errors) = self::format(format, values, cx.shell.common.now)?;
    cx.out.write(&bytes).await?;
    for error in errors {
        cx.complain(&error).await;
    }
    Ok(cx.status)
}

/// One `%…` of a format.
pub(crate) struct Spec {
    pub(crate) flags: String,
    pub(crate) width: usize,
    pub(crate) precision: Option<usize>,
}

impl Spec {
    /// Pads a text to the width.
    pub(crate) fn pad(&self, text: &str, zeros: bool) -> String {
        let length = text.chars().count();
        let missing = self.width.saturating_sub(length);
        if missing == 0 {
            return text.to_owned();
        }
        if self.flags.contains('-') {
            return format!("{text}{}", " ".repeat(missing));
        }
        if zeros && self.flags.contains('0') {
            let sign = text.len() - text.trim_start_matches(['-', '+', ' ']).len();
            let sign = sign + if text[sign..].starts_with("0x") || text[sign..].starts_with("0X") { 2 } else { 0 };
            return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
        }
        format!("{}{text}", " ".repeat(missing))
    }

    fn sign(&self, text: String) -> String {
        if text.starts_with('-') {
            text
        } else if self.flags.contains('+') {
            format!("+{text}")
        } else if self.flags.contains(' ') {
            format!(" {text}")
        } else {
            text
        }
    }

    /// A whole number by a conversion of C.
    pub(crate) fn integer(&self, conversion: char, value: i64) -> String {
        let unsigned = value as u64;
        let (mut digits, negative) = match conversion {
            'd' | 'i' => (value.unsigned_abs().to_string(), value < 0),
            'o' => (format!("{unsigned:o}"), false),
            'x' => (format!("{unsigned:x}"), false),
            'X' => (format!("{unsigned:X}"), false),
            _ => (unsigned.to_string(), false),
        };
        if let Some(precision) = self.precision {
            digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
        }
        if self.flags.contains('#') && value != 0 {
            digits = match conversion {
                'o' => format!("0{digits}"),
                'x' => format!("0x{digits}"),
                'X' => format!("0X{digits}"),
                _ => digits,
            };
        }
        let text = if negative { format!("-{digits}") } else { digits };
        let text = if matches!(conversion, 'd' | 'i') { self.sign(text) } else { text };
        self.pad(&text, self.precision.is_none())
    }

    /// A number by a conversion of C.
    pub(crate) fn float(&self, conversion: char, value: f64) -> String {
        let precision = self.precision.unwrap_or(6);
        let text = match conversion.to_ascii_lowercase() {
            _ if !value.is_finite() => crate::numbers::special(value),
            'e' => scientific(value, precision),
            'g' => general(value, precision, self.flags.contains('#')),
            _ => format!("{value:.precision$}"),
        };
        let text = if conversion.is_ascii_uppercase() { text.to_uppercase() } else { text };
        self.pad(&self.sign(text), value.is_finite())
    }
}

/// Reads what stands between `%` and its letter; `star` gives the number for a `*`.
pub(crate) fn spec(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, mut star: impl FnMut() -> i64) -> Spec {
    let mut spec = Spec { flags: String::new(), width: 0, precision: None };
    while let Some(flag) = chars.next_if(|c| "-+ #0'".contains(*c)) {
        spec.flags.push(flag);
    }
    let mut number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        if chars.next_if_eq(&'*').is_some() {
            return star();
        }
        let mut value = 0i64;
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(i64::from(digit as u8 - b'0'));
        }
        value
    };
    let width = number(chars);
    if width < 0 {
        spec.flags.push('-');
    }
    spec.width = (width.unsigned_abs() as usize).min(MAX_WIDTH);
    if chars.next_if_eq(&'.').is_some() {
        let precision = number(chars);
        spec.precision = (precision >= 0).then_some((precision as usize).min(MAX_WIDTH));
    }
    while chars.next_if(|c| "hlLjzt".contains(*c)).is_some() {}
    spec
}

/// Formats values, the format as often as there are values for it; and what was wrong with them.
pub(crate) fn format(format: &str, values: &[String], now: Option<f64>) -> Result<(Vec<u8>, Vec<String>), Stop> {
    let mut out = Vec::new();
    let mut errors = Vec::new();
    let mut rest = values.iter();
    loop {
        let before = rest.len();
        if once(format, &mut rest, &mut out, &mut errors, now)? || rest.len() == 0 || rest.len() == before {
            return Ok((out, errors));
        }
        if out.len() > crate::run::CAPTURE_BYTES {
            return Err(Stop::Limit("`printf` makes more than 64 MiB".to_owned()));
        }
    }
}

type Values<'a> = std::slice::Iter<'a, String>;

/// The format once. True where `\c` ended everything.
fn once(
    format: &str,
    values: &mut Values<'_>,
    out: &mut Vec<u8>,
    errors: &mut Vec<String>,
    now: Option<f64>,
) -> Result<bool, Stop> {
    let mut plain = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            plain.push(c);
            plain.extend(chars.next());
            continue;
        }
        if c != '%' {
            plain.push(c);
            continue;
        }
        let (bytes, ended) = unescape(&std::mem::take(&mut plain), Escapes::Format);
        out.extend(bytes);
        if ended {
            return Ok(true);
        }
        if chars.next_if_eq(&'%').is_some() {
            out.push(b'%');
            continue;
        }
        let spec = spec(&mut chars, || values.next().map_or(0, |text| integer(text, &mut Vec::new())));
        if chars.peek() == Some(&'(') {
            let form: String = chars.by_ref().skip(1).take_while(|c| *c != ')').collect();
            chars.next();
            let time = values.next().and_then(|text| text.parse::<i64>().ok()).filter(|time| *time >= 0);
            let time = time.or(now.map(|now| (now / 1000.0) as i64));
            let time = time
                .ok_or_else(|| Stop::Fatal("the clock was not granted; add `:caps: clock` to the drawer".to_owned()))?;
            out.extend(spec.pad(&super::date::strftime(&form, time as f64, 0), false).bytes());
            continue;
        }
        let Some(conversion) = chars.next() else { return Err(Stop::Error(1, "the format ends after `%`".to_owned())) };
        let value = values.next();
        let text = value.map_or("", String::as_str);
        let cut = |text: &str| match spec.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        match conversion {
            's' => out.extend(spec.pad(&cut(text), false).bytes()),
            'c' => out.extend(spec.pad(&text.chars().take(1).collect::<String>(), false).bytes()),
            'b' => {
                let (bytes, ended) = unescape(text, Escapes::Echo);
                match String::from_utf8(bytes) {
                    Ok(text) => out.extend(spec.pad(&cut(&text), false).bytes()),
                    Err(bytes) => out.extend(bytes.into_bytes()),
                }
                if ended {
                    return Ok(true);
                }
            }
            'q' => out.extend(spec.pad(&backslashed(text), false).bytes()),
            'd' | 'i' | 'o' | 'u' | 'x' | 'X' => out.extend(spec.integer(conversion, integer(text, errors)).bytes()),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => out.extend(spec.float(conversion, float(text, errors)).bytes()),
            other => return Err(Stop::Error(1, format!("%{other}: there is no such conversion"))),
        }
    }
    let (bytes, ended) = unescape(&plain, Escapes::Format);
    out.extend(bytes);
    Ok(ended)
}

fn character(text: &str) -> Option<i64> {
    text.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next()).map(|c| i64::from(u32::from(c)))
}

fn integer(text: &str, errors: &mut Vec<String>) -> i64 {
    if let Some(code) = character(text) {
        return code;
    }
    let trimmed = text.trim();
    let (negative, digits) =
        trimmed.strip_prefix('-').map_or((false, trimmed.trim_start_matches('+')), |rest| (true, rest));
    let parsed = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        u64::from_str_radix(hex, 16).ok()
    } else if digits.len() > 1 && digits.starts_with('0') {
        u64::from_str_radix(digits, 8).ok()
    } else {
        digits.parse().ok()
    };
    let value = parsed.unwrap_or_else(|| {
        if !text.is_empty() {
            errors.push(format!("{text}: invalid number"));
        }
        leading_number(trimmed).0.abs() as u64
    });
    if negative { (value as i64).wrapping_neg() } else { value as i64 }
}

fn float(text: &str, errors: &mut Vec<String>) -> f64 {
    if let Some(code) = character(text) {
        return code as f64;
    }
    let trimmed = text.trim();
    if let Some(hex) = trimmed.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).unwrap_or(0) as f64;
    }
    trimmed.parse().unwrap_or_else(|_| {
        if !text.is_empty() {
            errors.push(format!("{text}: invalid number"));
        }
        leading_number(trimmed).0
    })
}
