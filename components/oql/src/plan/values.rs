//! Settings that are quantities: `5s`, `64MiB`, cron lines.

/// `500ms`, `5s`, `2m`, `1h`; a bare number is seconds.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "ms" => 1.0,
        "" | "s" | "sec" => 1e3,
        "m" | "min" => 60e3,
        "h" => 3_600e3,
        _ => return None,
    };
    scaled(number, factor)
}

/// `64MiB`, `64M`, `1GB`, `4096`; units without `i` are decimal.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: f64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" | "ki" => 1024.0,
        "mib" | "mi" => 1024.0 * 1024.0,
        "gib" | "gi" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    scaled(number, factor)
}

fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let len = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    Some((text[..len].parse().ok()?, text[len..].trim()))
}

/// Positive, and within what fits a 64-bit count exactly.
fn scaled(number: f64, factor: f64) -> Option<u64> {
    let value = (number * factor).round();
    // The cast is exact: the value is a whole number below 2^53.
    (1.0..9e15).contains(&value).then_some(value as u64)
}

/// Five or six fields of cron characters, or one of the `@daily` names.
pub(crate) fn is_cron(text: &str) -> bool {
    let named = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    let fields: Vec<&str> = text.split_whitespace().collect();
    named.contains(&text.trim())
        || (matches!(fields.len(), 5 | 6)
            && fields.iter().all(|f| {
                let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | '?' | '#');
                // Names of months and days have three letters; longer words are prose.
                f.chars().all(ok) && f.split(|c: char| !c.is_ascii_alphabetic()).all(|w| w.len() <= 3)
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(milliseconds("1.5s"), Some(1500));
        assert_eq!(milliseconds("2 m"), Some(120_000));
        assert_eq!(milliseconds("0s"), None);
        assert_eq!(bytes("64MiB"), Some(64 << 20));
        assert_eq!(bytes("1k"), Some(1000));
        assert_eq!(bytes("many"), None);
        assert!(is_cron("*/5 0 * * MON-FRI"));
        assert!(!is_cron("every day at twelve noon"));
    }
}
