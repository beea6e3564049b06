//! `{{{date(%Y)}}}`: a date in the words of a format string.

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

struct Date {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
}

/// A lone timestamp in a format; `None` if it is none.
pub(super) fn format(timestamp: &str, format: &str) -> Option<String> {
    let date = parse(timestamp)?;
    let mut out = String::with_capacity(format.len() * 2);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => directive(&date, chars.next()?, &mut out),
            c => out.push(c),
        }
    }
    Some(out)
}

fn parse(timestamp: &str) -> Option<Date> {
    let inner = timestamp.trim();
    let inner = inner
        .strip_prefix('<')
        .and_then(|t| t.strip_suffix('>'))
        .or_else(|| inner.strip_prefix('[').and_then(|t| t.strip_suffix(']')))?;
    if inner.contains(['<', '>', '[', ']']) {
        return None;
    }
    let mut words = inner.split_whitespace();
    let mut numbers = words.next()?.splitn(3, '-').map(|n| n.parse::<u32>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let time = words.find_map(|w| {
        let (hour, minute) = w.split('-').next()?.split_once(':')?;
        Some((hour.parse().ok()?, minute.parse().ok()?))
    });
    let (hour, minute) = time.unwrap_or((0, 0));
    ((1..=12).contains(&month) && (1..=31).contains(&day) && year < 10_000).then_some(Date {
        year,
        month,
        day,
        hour,
        minute,
    })
}

impl Date {
    /// Day of the year, from 1.
    fn ordinal(&self) -> u32 {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let days = before.get(self.month as usize - 1).copied().unwrap_or(0);
        days + self.day + u32::from(leap && self.month > 2)
    }

    /// Day of the week, Sunday is 0.
    fn weekday(&self) -> usize {
        let year = self.year.saturating_sub(1);
        let day = year * 365 + year / 4 - year / 100 + year / 400 + self.ordinal();
        (day % 7) as usize
    }
}

fn directive(date: &Date, letter: char, out: &mut String) {
    let day = DAYS.get(date.weekday()).copied().unwrap_or("");
    let month = MONTHS.get(date.month as usize - 1).copied().unwrap_or("");
    let half = if date.hour.is_multiple_of(12) { 12 } else { date.hour % 12 };
    let text = match letter {
        'Y' => date.year.to_string(),
        'y' => format!("{:02}", date.year % 100),
        'C' => format!("{:02}", date.year / 100),
        'm' => format!("{:02}", date.month),
        'd' => format!("{:02}", date.day),
        'e' => format!("{:2}", date.day),
        'j' => format!("{:03}", date.ordinal()),
        'H' => format!("{:02}", date.hour),
        'k' => format!("{:2}", date.hour),
        'I' => format!("{half:02}"),
        'l' => format!("{half:2}"),
        'M' => format!("{:02}", date.minute),
        'S' => "00".to_owned(),
        'p' => if date.hour < 12 { "AM" } else { "PM" }.to_owned(),
        'A' => day.to_owned(),
        'a' => day.chars().take(3).collect(),
        'B' => month.to_owned(),
        'b' | 'h' => month.chars().take(3).collect(),
        'u' => (if date.weekday() == 0 { 7 } else { date.weekday() }).to_string(),
        'w' => date.weekday().to_string(),
        'F' => format!("{}-{:02}-{:02}", date.year, date.month, date.day),
        'D' => format!("{:02}/{:02}/{:02}", date.month, date.day, date.year % 100),
        'R' => format!("{:02}:{:02}", date.hour, date.minute),
        'T' => format!("{:02}:{:02}:00", date.hour, date.minute),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        '%' => "%".to_owned(),
        other => format!("%{other}"),
    };
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let f = |fmt: &str| format("<2024-03-05 Tue 10:30>", fmt).unwrap_or_default();
        assert_eq!(f("%Y/%m/%d %H:%M %a %A %e %j %y %B"), "2024/03/05 10:30 Tue Tuesday  5 065 24 March");
        assert_eq!(format("[2023-12-31]", "%F %a %I %p"), Some("2023-12-31 Sun 12 AM".to_owned()));
        assert_eq!(format("yesterday", "%Y"), None);
        assert_eq!(format("<2024-13-05>", "%Y"), None);
    }
}
