//! Dates as people and Org write them, as RFC 3339 has them. A time without a zone is taken as UTC: nobody asks a clock.

/// A point in time as RFC 3339, or nothing when the text does not begin with a date.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['<', '[']).trim_end_matches(['>', ']']);
    let date = text.get(..10)?;
    let mut numbers = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let shaped = date
        .bytes()
        .enumerate()
        .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    if !shaped || numbers.next().is_some() || !(1..=12).contains(&month) || day == 0 || day > days(year, month) {
        return None;
    }
    let rest = text.get(10..).unwrap_or_default();
    Some(format!("{date}T{}", time(rest).unwrap_or_else(|| "00:00:00Z".to_owned())))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// What follows a date: `T10:00:00Z`, ` 10:00`, ` Mon 10:00`, ` Mon 10:00-11:00`.
fn time(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    let rest = rest.trim_start_matches(|c: char| c.is_alphabetic() || c == '.').trim_start();
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<u32>().ok()).flatten();
    let hours = two(rest.get(..2)?)?;
    let minutes = two(rest.get(2..5)?.strip_prefix(':')?)?;
    let mut after = rest.get(5..)?;
    let mut seconds = 0;
    if let Some(given) = after.get(..3).and_then(|part| part.strip_prefix(':')).and_then(two) {
        seconds = given;
        after = after.get(3..)?;
    }
    if let Some(fraction) = after.strip_prefix('.') {
        after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let zone = zone(after).unwrap_or("Z");
    Some(format!("{hours:02}:{minutes:02}:{seconds:02}{zone}"))
}

/// An offset such as `+01:00`. In Org a `-11:00` after a time is the end of a span, and has no sign of a zone.
fn zone(text: &str) -> Option<&str> {
    let offset = text.get(..6)?;
    let bytes = offset.as_bytes();
    let digits = [1, 2, 4, 5].iter().all(|at| bytes.get(*at).is_some_and(u8::is_ascii_digit));
    let is_offset = digits && bytes.first() == Some(&b'+') && bytes.get(3) == Some(&b':');
    (is_offset && offset.get(1..3)? <= "14" && offset.get(4..6)? <= "59").then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (text, date) in [
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("<2026-11-23 Mon>", "2026-11-23T00:00:00Z"),
            ("[2026-11-23 Mon 09:30]", "2026-11-23T09:30:00Z"),
            ("<2026-11-23 Mo. 09:30-10:00>", "2026-11-23T09:30:00Z"),
            ("2026-11-23T09:30:05+01:00", "2026-11-23T09:30:05+01:00"),
            ("2024-02-29 09:30:05.5Z", "2024-02-29T09:30:05Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(date), "{text}");
        }
        for text in
            ["", "spring", "2026-13-01", "2026-02-29", "2026-1-1", "26-11-23", "+026-11-23", "2026-11-00", "ä026-11-23"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("2026-11-23 29:00").as_deref(), Some("2026-11-23T00:00:00Z"));
    }
}
