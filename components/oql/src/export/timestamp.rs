//! Timestamps as text and as dates for machines.
//!
//! Org writes a timestamp anew when it exports: the day's name is computed, numbers have two digits, and the parts stand
//! in one order.

use std::fmt::Write as _;

use super::html::escape_into;

/// What is between the brackets of one date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    year: u32,
    month: u32,
    day: u32,
    time: Option<(u32, u32)>,
    until: Option<(u32, u32)>,
    repeater: Option<String>,
    warning: Option<String>,
}

/// Reads `2026-01-02 Fri 9:05-10:00 +1w -3d`.
pub(crate) fn parts(inner: &str) -> Option<Parts> {
    let date = inner.get(..10)?;
    let number = |r: std::ops::Range<usize>| date.get(r)?.parse::<u32>().ok();
    let mut parts = Parts { year: number(0..4)?, month: number(5..7)?, day: number(8..10)?, ..Parts::default() };
    if !(date.get(4..5) == Some("-") && date.get(7..8) == Some("-")) {
        return None;
    }
    for word in inner.get(10..)?.split_whitespace() {
        let (first, second) = word.split_once('-').map_or((word, None), |(a, b)| (a, Some(b)));
        if let Some(time) = clock(first)
            && parts.time.is_none()
        {
            parts.time = Some(time);
            parts.until = second.and_then(clock);
        }
    }
    parts.repeater = cookie(inner.get(10..)?, &[".+", "++", "+"], true);
    parts.warning = cookie(inner.get(10..)?, &["--", "-"], false);
    Some(parts)
}

/// The first `+1w`, `.+1d/3d` or `-2d`, wherever it stands.
fn cookie(text: &str, signs: &[&str], limit: bool) -> Option<String> {
    text.char_indices().filter(|(_, c)| matches!(c, '+' | '.' | '-')).find_map(|(i, _)| {
        let rest = text.get(i..)?;
        let sign = signs.iter().find(|s| rest.starts_with(**s))?.len();
        let mut len = sign + span(rest.get(sign..)?)?;
        if let Some(more) = rest.get(len..).filter(|_| limit).and_then(|r| span(r.strip_prefix('/')?)) {
            len += 1 + more;
        }
        rest.get(..len).map(str::to_owned)
    })
}

/// How long the `12w` is that a text begins with.
fn span(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && matches!(text.as_bytes().get(digits)?, b'h' | b'd' | b'w' | b'm' | b'y')).then_some(digits + 1)
}

fn clock(word: &str) -> Option<(u32, u32)> {
    let (hour, minute) = word.split_once(':')?;
    let ok = matches!(hour.len(), 1 | 2) && minute.len() == 2;
    if !ok || !hour.bytes().chain(minute.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((hour.parse().ok()?, minute.parse().ok()?))
}

/// Sunday is 0. Dates beyond a month's end run over into the next, as Emacs' clock does.
fn weekday(year: u32, month: u32, day: u32) -> usize {
    let (y, m) = if month <= 2 { (year.saturating_sub(1), month + 12) } else { (year, month) };
    let zeller = day + 13 * (m + 1) / 5 + y + y / 4 + y / 400 - y / 100;
    ((zeller + 6) % 7) as usize
}

fn length(year: u32, month: u32) -> u32 {
    match month {
        2 if (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Parts {
    /// The same day in the calendar: `2026-02-30` is the second of March.
    fn day(&self) -> (u32, u32, u32) {
        let (mut year, mut month, mut day) = (self.year, self.month.max(1), self.day.max(1));
        while month > 12 {
            (month, year) = (month - 12, year + 1);
        }
        while day > length(year, month) {
            day -= length(year, month);
            month += 1;
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        (year, month, day)
    }

    /// As Org writes it, without brackets.
    fn write(&self, out: &mut String) {
        const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        let (year, month, day) = self.day();
        let name = DAYS.get(weekday(year, month, day)).copied().unwrap_or("");
        let _ = write!(out, "{year:04}-{month:02}-{day:02} {name}");
        if let Some((hour, minute)) = self.time {
            let _ = write!(out, " {hour:02}:{minute:02}");
            if let Some((hour, minute)) = self.until {
                let _ = write!(out, "-{hour:02}:{minute:02}");
            }
        }
        for word in self.repeater.iter().chain(&self.warning) {
            out.push(' ');
            escape_into(out, &word.replacen("--", "–", 1));
        }
    }

    /// For `<time datetime>`.
    pub(crate) fn machine(&self) -> String {
        let (year, month, day) = self.day();
        match self.time {
            Some((hour, minute)) => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"),
            None => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// A timestamp as found in the text, written into an element of its own.
pub(crate) fn write(out: &mut String, raw: &str, plain: bool) {
    let raw = raw.trim();
    // A first-time warning is written with two dashes as well: `<2026-01-02 --2d>`.
    let (first, second) = match raw.find([']', '>']).filter(|_| !raw.starts_with("<%%")) {
        Some(i) => (&raw[..=i], raw.get(i + 1..).and_then(|r| r.strip_prefix("--"))),
        None => (raw, None),
    };
    let inner = |t: &str| {
        let t = t.strip_prefix(['<', '[']).unwrap_or(t);
        t.strip_suffix(['>', ']']).unwrap_or(t).to_owned()
    };
    let start = parts(&inner(first));
    match (&start, plain) {
        (Some(parts), false) => {
            out.push_str("<time class=\"timestamp\" datetime=\"");
            out.push_str(&parts.machine());
            out.push_str("\">");
        }
        _ => out.push_str("<span class=\"timestamp-wrapper\"><span class=\"timestamp\">"),
    }
    let (open, close) = if raw.starts_with('[') { ("[", "]") } else { ("&lt;", "&gt;") };
    let one = |out: &mut String, parts: &Option<Parts>, text: &str| match parts {
        Some(parts) => {
            out.push_str(open);
            parts.write(out);
            out.push_str(close);
        }
        None => escape_into(out, text),
    };
    one(out, &start, first);
    if let Some(second) = second {
        out.push('–');
        one(out, &parts(&inner(second)), second);
    }
    out.push_str(if start.is_some() && !plain { "</time>" } else { "</span></span>" });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expect: &str) {
        let mut out = String::new();
        write(&mut out, raw, true);
        assert_eq!(super::super::html::plain(&out), expect);
    }

    #[test]
    fn stamps() {
        check("<2026-01-02>", "<2026-01-02 Fri>");
        check("[2000-02-29 x 9:05-10:00 +1w -3d]", "[2000-02-29 Tue 09:05-10:00 +1w -3d]");
        check("<2026-01-02 .+1d/3d, --2d x>", "<2026-01-02 Fri .+1d/3d –2d>");
        check("<2026-01-02>--<2026-01-03 Sat 8:00>", "<2026-01-02 Fri>–<2026-01-03 Sat 08:00>");
        check("<2026-02-30>", "<2026-03-02 Mon>");
        check("<2026-14-02>", "<2027-02-02 Tue>");
        check("<%%(diary-float t 4 2)>", "<%%(diary-float t 4 2)>");
    }
}
