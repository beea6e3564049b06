//! Sizes and times as people write them: `500MiB`, `12h`. Only reading; how they are shown is the reporter's business.

use std::time::Duration;

/// Bytes. Units are binary, whatever they are called; without one the number counts bytes.
///
/// # Errors
///
/// In words, when this is no size.
pub fn size(text: &str) -> Result<u64, String> {
    let units = [("", 0), ("b", 0), ("k", 10), ("kib", 10), ("m", 20), ("mib", 20), ("g", 30), ("gib", 30)];
    let (number, unit) = split(text)?;
    let shift = units.iter().find(|(name, _)| *name == unit).map(|(_, shift)| *shift);
    let shift = shift.ok_or_else(|| format!("`{unit}` is no unit of size; write `KiB`, `MiB` or `GiB`"))?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

/// A time with a unit.
///
/// # Errors
///
/// In words, when this is no time.
pub fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];
    let (number, unit) = split(text)?;
    let factor = units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let factor = factor.ok_or_else(|| format!("`{unit}` is no unit of time; write `s`, `m`, `h`, `d` or `w`"))?;
    number.checked_mul(factor).map(Duration::from_millis).ok_or_else(|| "too large".to_owned())
}

/// `500 MiB` as a number and a unit in lower case.
fn split(text: &str) -> Result<(u64, String), String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse().map_err(|_| "begin with a whole number".to_owned())?;
    Ok((number, text[digits..].trim().to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        assert_eq!(size("500MiB"), Ok(500 << 20));
        assert_eq!(size("12"), Ok(12));
        assert!(size("12 apples").is_err() && size("").is_err() && size("99999999999GiB").is_err());
        assert_eq!(time("2d"), Ok(Duration::from_secs(172_800)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert!(time("2").is_err());
    }
}
