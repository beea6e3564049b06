//! Numbers as text, and texts cut for messages.

/// A text cut to a length for a message.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= most && line.len() == text.len() {
        return text.to_owned();
    }
    let kept: String = line.chars().take(most).collect();
    format!("{kept}…")
}

/// A number as C's `%.{precision}g` writes it.
pub(crate) fn general(value: f64, precision: usize, keep_zeros: bool) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let precision = precision.max(1);
    if value == 0.0 {
        let zero = if value.is_sign_negative() { "-0" } else { "0" };
        return if keep_zeros && precision > 1 {
            format!("{zero}.{}", "0".repeat(precision - 1))
        } else {
            zero.to_owned()
        };
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    if exponent < -4 || exponent >= precision as i32 {
        let (mantissa, _) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let mantissa = if keep_zeros { mantissa.to_owned() } else { trim_zeros(mantissa) };
        return format!("{mantissa}{}", exponent_text(exponent));
    }
    let fixed = format!("{value:.*}", (precision as i32 - 1 - exponent).max(0) as usize);
    if keep_zeros { fixed } else { trim_zeros(&fixed) }
}

/// A number as C's `%e` writes it.
pub(crate) fn scientific(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}{}", exponent_text(exponent.parse().unwrap_or(0)))
}

fn exponent_text(exponent: i32) -> String {
    format!("e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

pub(crate) fn special(value: f64) -> String {
    match (value.is_nan(), value < 0.0) {
        (true, _) => "nan",
        (false, true) => "-inf",
        (false, false) => "inf",
    }
    .to_owned()
}

fn trim_zeros(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

/// The number a text begins with, as `strtod` reads it, and how many bytes that are.
pub(crate) fn leading_number(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut at = start;
    if matches!(bytes.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(at);
    at += whole;
    let mut any = whole > 0;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        any |= fraction > 0;
        if any {
            at += 1 + fraction;
        }
    }
    if !any {
        return (0.0, 0);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    (text[start..at].parse().unwrap_or(0.0), at)
}

#[cfg(test)]
mod tests {
    use super::{general, leading_number, scientific};

    #[test]
    fn numbers() {
        assert_eq!(general(0.1 + 0.2, 6, false), "0.3");
        assert_eq!(general(1e10, 6, false), "1e+10");
        assert_eq!(general(100_000.0, 6, false), "100000");
        assert_eq!(general(0.0001, 6, false), "0.0001");
        assert_eq!(scientific(12345.678, 2), "1.23e+04");
        assert_eq!(leading_number(" 12.5e3x"), (12500.0, 7));
        assert_eq!(leading_number("abc"), (0.0, 0));
        assert_eq!(leading_number("."), (0.0, 0));
    }
}
