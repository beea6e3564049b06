//! Dates as a query needs them: timestamps taken apart, relative dates, repeaters. No clock: "now" is given.
//!
//! Times are minutes of the proleptic Gregorian calendar without a time zone, as Org's are.

/// Minutes of a day.
pub(super) const DAY: i64 = 24 * 60;

/// Days since 1970-01-01.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// `2026-01-02`.
pub(super) fn date_text(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A unit of repeaters and warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    fn of(letter: char) -> Option<Unit> {
        Some(match letter {
            'h' => Unit::Hour,
            'd' => Unit::Day,
            'w' => Unit::Week,
            'm' => Unit::Month,
            'y' => Unit::Year,
            _ => return None,
        })
    }

    /// How long Org's warnings take it to be.
    fn warning_days(self, n: i64) -> i64 {
        match self {
            Unit::Hour => n / 24,
            Unit::Day => n,
            Unit::Week => 7 * n,
            Unit::Month => n * 304 / 10,
            Unit::Year => n * 36_525 / 100,
        }
    }
}

/// One timestamp, perhaps a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) active: bool,
    /// Minutes.
    pub(super) start: i64,
    /// Whether a time of day is written.
    pub(super) timed: bool,
    /// `<…>--<…>` or `10:00-11:00`.
    pub(super) end: Option<i64>,
    /// `+1w`, `++1w`, `.+1w`.
    pub(super) repeat: Option<(i64, Unit)>,
    /// Days of `-3d`.
    pub(super) warning: Option<i64>,
}

impl Stamp {
    pub(super) fn day(&self) -> i64 {
        self.start.div_euclid(DAY)
    }

    pub(super) fn last_day(&self) -> i64 {
        self.end.unwrap_or(self.start).div_euclid(DAY).max(self.day())
    }

    /// The days it stands for from one on, in order: the first and, with a repeater, those after it.
    pub(super) fn occurrences(&self, from: i64) -> impl Iterator<Item = i64> {
        let stamp = *self;
        let first = stamp.day();
        let (n, unit) = stamp.repeat.filter(|(n, _)| *n > 0).unwrap_or((0, Unit::Day));
        // Start close below `from`: a daily repeater may be decades old.
        let length = match unit {
            Unit::Hour | Unit::Day => n,
            Unit::Week => 7 * n,
            Unit::Month => 31 * n,
            Unit::Year => 366 * n,
        };
        let skipped = match unit {
            Unit::Hour => (from * DAY - stamp.start) / (60 * length.max(1)),
            _ => (from - first) / length.max(1),
        };
        let begin = if n == 0 { 0 } else { skipped.max(0) };
        let days = (begin..).take(if n == 0 { 1 } else { usize::MAX }).map(move |i| match unit {
            Unit::Hour => (stamp.start + i * n * 60).div_euclid(DAY),
            Unit::Day => first + i * n,
            Unit::Week => first + 7 * i * n,
            Unit::Month => month_later(first, i * n),
            Unit::Year => month_later(first, 12 * i * n),
        });
        let mut last = None;
        days.filter(move |day| *day >= from && last.replace(*day) != Some(*day))
    }
}

/// The same day some months later; a 31st that is not there runs over into the next month, as in Org.
fn month_later(day: i64, months: i64) -> i64 {
    let (year, month, of_month) = civil(day);
    let index = year * 12 + month - 1 + months;
    days(index.div_euclid(12), index.rem_euclid(12) + 1, 1) + of_month - 1
}

/// The first date anywhere in a text, as `org-parse-time-string` finds it.
pub(super) fn first_date(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let at = (0..bytes.len().saturating_sub(9)).find(|i| date_at(&bytes[*i..]).is_some())?;
    let day = date_at(&bytes[at..])?;
    let rest = text.get(at + 10..)?;
    Some(day * DAY + time_after(rest).unwrap_or(0))
}

/// `2026-01-02` at the beginning; days. Overflowing days run over, as Emacs lets them.
fn date_at(b: &[u8]) -> Option<i64> {
    let number = |r: std::ops::Range<usize>| {
        b.get(r)?.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
    };
    if b.get(4) != Some(&b'-') || b.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let index = year * 12 + month - 1;
    Some(days(index.div_euclid(12), index.rem_euclid(12) + 1, 1) + day - 1)
}

/// The time of day behind a date and perhaps the name of a day.
fn time_after(rest: &str) -> Option<i64> {
    let trimmed = rest.trim_start_matches(' ');
    if trimmed.len() == rest.len() {
        return None;
    }
    let name = trimmed
        .find(|c: char| c.is_ascii_digit() || matches!(c, ']' | '+' | '>' | '\r' | '\n' | ' ' | '-'))
        .unwrap_or(trimmed.len());
    let after = &trimmed[name..];
    let clock = after.trim_start_matches(' ');
    if name > 0 && clock.len() == after.len() {
        return None;
    }
    minutes(clock.split(|c: char| !(c.is_ascii_digit() || c == ':')).next()?)
}

/// `9:05`.
fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let ok = matches!(hour.len(), 1 | 2) && minute.len() >= 2;
    let hour: i64 = hour.parse().ok()?;
    let minute: i64 = minute.get(..2)?.parse().ok()?;
    ok.then_some(hour * 60 + minute)
}

/// The timestamp at the beginning of a text, and its length; a range is one.
pub(super) fn stamp(text: &str) -> Option<(Stamp, usize)> {
    let (mut first, len) = single(text)?;
    if let Some(rest) = text.get(len..).and_then(|r| r.strip_prefix("--"))
        && let Some((second, more)) = single(rest)
        && second.active == first.active
    {
        first.end = Some(second.end.unwrap_or(second.start));
        return Some((first, len + 2 + more));
    }
    Some((first, len))
}

fn single(text: &str) -> Option<(Stamp, usize)> {
    let close = match text.as_bytes().first()? {
        b'<' => '>',
        b'[' => ']',
        _ => return None,
    };
    let day = date_at(text.as_bytes().get(1..)?)?;
    let end = text.find([close, '\n']).filter(|e| text[*e..].starts_with(close))?;
    let inner = text.get(11..end)?;
    if inner.starts_with(|c: char| !c.is_whitespace()) {
        return None;
    }
    let mut out =
        Stamp { active: close == '>', start: day * DAY, timed: false, end: None, repeat: None, warning: None };
    for word in inner.split_whitespace() {
        let mut times = word.splitn(2, '-');
        if let Some(time) = times.next().and_then(minutes).filter(|_| !out.timed) {
            out.timed = true;
            out.start += time;
            out.end = times.next().and_then(minutes).map(|t| day * DAY + t);
        } else if let Some(rest) = word.strip_prefix('.').unwrap_or(word).strip_prefix('+') {
            out.repeat = interval(rest.strip_prefix('+').unwrap_or(rest)).or(out.repeat);
        } else if let Some(rest) = word.strip_prefix('-') {
            let found = interval(rest.strip_prefix('-').unwrap_or(rest));
            out.warning = found.map(|(n, unit)| unit.warning_days(n)).or(out.warning);
        }
    }
    Some((out, end + 1))
}

/// `2w`, and what may follow it (`/3w`).
fn interval(text: &str) -> Option<(i64, Unit)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let n = text.get(..len)?.parse::<i64>().ok().filter(|n| *n < 100_000)?;
    Some((n, Unit::of(text[len..].chars().next()?)?))
}

/// `YYYY-MM-DD`, perhaps with `THH:MM` or ` HH:MM`; minutes, and whether a time is written.
pub(super) fn moment(text: &str) -> Option<(i64, bool)> {
    let day = date_at(text.as_bytes())?;
    match text.get(10..)? {
        "" => Some((day * DAY, false)),
        rest => {
            let time = rest.strip_prefix(['T', ' ']).and_then(|t| minutes(t.get(..5.min(t.len()))?))?;
            Some((day * DAY + time, true))
        }
    }
}

/// What a matcher's `"<…>"` means, or nothing where it is no date; `Err` where it needs a clock and there is none.
pub(super) fn matcher_time(text: &str, now: Option<i64>) -> Option<Result<i64, ()>> {
    let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    if let Some(inner) = inner {
        let need = |offset: fn(i64, i64) -> i64, by: i64| Some(now.map(|n| offset(n, by)).ok_or(()));
        let midnight = |n: i64, by: i64| n.div_euclid(DAY) * DAY + by;
        match inner {
            "now" => return need(|n, _| n, 0),
            "today" => return need(midnight, 0),
            "tomorrow" => return need(midnight, DAY),
            "yesterday" => return need(midnight, -DAY),
            _ => {}
        }
        if inner.starts_with(['+', '-']) && inner.is_char_boundary(inner.len() - 1) {
            let (count, unit) = inner.split_at(inner.len() - 1);
            let length = match unit {
                "h" => 60,
                "d" => DAY,
                "w" => 7 * DAY,
                "m" => 31 * DAY,
                "y" => 525_960,
                _ => 0,
            };
            let count: i64 =
                count.strip_prefix('+').unwrap_or(count).parse().ok().filter(|n: &i64| n.abs() < 1 << 24)?;
            return match length {
                0 => None,
                60 => need(|n, by| n + by, count * 60),
                _ => need(midnight, count * length),
            };
        }
    }
    first_date(text).map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        for day in [-1, 0, 59, 60, 11_016, 20_000, 20_454, 100_000] {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), day);
        }
        assert_eq!((days(1970, 1, 1), date_text(20_454)), (0, "2026-01-01".to_owned()));
    }

    #[test]
    fn stamps() {
        let got = |t: &str| stamp(t).map(|(s, n)| (date_text(s.day()), s.timed, s.repeat, s.warning, n));
        assert_eq!(
            got("<2026-01-02 Fri 9:05-10:00 .+1w/2w -3d> x"),
            Some(("2026-01-02".into(), true, Some((1, Unit::Week)), Some(3), 39))
        );
        assert_eq!(got("[2026-01-02]--[2026-01-04]").map(|g| g.4), Some(26));
        assert_eq!(got("<2026-01-02x>"), None);
        assert_eq!(first_date("on 2026-01-02 Fri 10:30").map(|m| m % DAY), Some(630));
    }

    #[test]
    fn repeaters() {
        let check = |t: &str, expect: &str| {
            let (from, to) = (days(2026, 3, 1), days(2026, 3, 31));
            let (stamp, _) = stamp(t).unwrap_or_else(|| panic!("{t} is no timestamp"));
            let days = stamp.occurrences(from).take_while(|d| *d <= to);
            let list: Vec<String> = days.map(|d| civil(d).2.to_string()).collect();
            assert_eq!(list.join(" "), expect, "{t}");
        };
        check("<2026-01-05 +2w>", "2 16 30");
        check("<2026-01-31 +1m>", "3 31");
        check("<1990-03-08 ++1y>", "8");
        check("<2026-03-28 +1d>", "28 29 30 31");
        check("<2026-03-28>", "28");
        check("<2026-03-30 23:00 +12h>", "30 31");
        check("<2026-04-28 +1d>", "");
        check("<2026-01-05 +0d>", "");
    }

    #[test]
    fn relative() {
        let now = Some(days(2026, 1, 10) * DAY + 600);
        let day = |t: &str| {
            matcher_time(t, now).and_then(Result::ok).map(|m| (civil(m.div_euclid(DAY)).2, m.rem_euclid(DAY)))
        };
        assert_eq!(day("<today>"), Some((10, 0)));
        assert_eq!(day("<now>"), Some((10, 600)));
        assert_eq!(day("<+1w>"), Some((17, 0)));
        assert_eq!(day("<-2d>"), Some((8, 0)));
        assert_eq!(day("<+2h>"), Some((10, 720)));
        assert_eq!(day("[2026-01-03 Sat 10:00]"), Some((3, 600)));
        assert_eq!(matcher_time("<today>", None), Some(Err(())));
        assert_eq!(matcher_time("<soon>", now), None);
    }
}
