//! `date`, and times as text. The clock is a right; a time that is given is not.

use super::Cx;
use crate::numbers::leading_number;
use crate::options::Options;
use crate::{Done, Stop};

/// Months, as `sort -M` and `date` know them.
pub(crate) const MONTHS: [&str; 12] = [
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
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day since 1970.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Formats a time, in seconds since 1970, in UTC.
pub(crate) fn strftime(format: &str, time: f64, depth: u32) -> String {
    let seconds = time.floor() as i64;
    let (day, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, month_day) = civil(day);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let weekday = (day + 4).rem_euclid(7);
    let year_day = day - days(year, 1, 1) + 1;
    let month_name = MONTHS[(month - 1).clamp(0, 11) as usize];
    let day_name = DAYS[weekday as usize];
    let again = |format: &str| if depth < 3 { strftime(format, time, depth + 1) } else { String::new() };
    let mut out = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let flag = chars.next_if(|c| "-_0^#".contains(*c));
        let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).collect();
        let number = |value: i64, width: usize, pad: char| match flag.unwrap_or(pad) {
            '-' => value.to_string(),
            '_' | ' ' => format!("{value:>width$}"),
            _ => format!("{value:0width$}"),
        };
        let text = match chars.next() {
            Some('Y') => number(year, 1, '0'),
            Some('C') => number(year / 100, 2, '0'),
            Some('y') => number(year.rem_euclid(100), 2, '0'),
            Some('m') => number(month, 2, '0'),
            Some('d') => number(month_day, 2, '0'),
            Some('e') => number(month_day, 2, ' '),
            Some('H') => number(hour, 2, '0'),
            Some('k') => number(hour, 2, ' '),
            Some('I') => number((hour + 11) % 12 + 1, 2, '0'),
            Some('l') => number((hour + 11) % 12 + 1, 2, ' '),
            Some('M') => number(minute, 2, '0'),
            Some('S') => number(second, 2, '0'),
            Some('N') => {
                let nanos = format!("{:09}", ((time - time.floor()) * 1e9) as i64);
                nanos[..digits.parse().unwrap_or(9).clamp(1, 9)].to_owned()
            }
            Some('s') => seconds.to_string(),
            Some('j') => number(year_day, 3, '0'),
            Some('u') => (if weekday == 0 { 7 } else { weekday }).to_string(),
            Some('w') => weekday.to_string(),
            Some('U') => number((year_day + 6 - weekday) / 7, 2, '0'),
            Some('W') => number((year_day + 6 - (weekday + 6) % 7) / 7, 2, '0'),
            Some('V') => number(iso_week(year, year_day, weekday).1, 2, '0'),
            Some('G') => number(iso_week(year, year_day, weekday).0, 1, '0'),
            Some('a') => day_name[..3].to_owned(),
            Some('A') => day_name.to_owned(),
            Some('b' | 'h') => month_name[..3].to_owned(),
            Some('B') => month_name.to_owned(),
            Some('p') => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
            Some('P') => (if hour < 12 { "am" } else { "pm" }).to_owned(),
            Some('Z') => "UTC".to_owned(),
            Some('z') => "+0000".to_owned(),
            Some(':') => {
                chars.next_if_eq(&'z');
                "+00:00".to_owned()
            }
            Some('F') => again("%Y-%m-%d"),
            Some('T' | 'X') => again("%H:%M:%S"),
            Some('R') => again("%H:%M"),
            Some('D' | 'x') => again("%m/%d/%y"),
            Some('r') => again("%I:%M:%S %p"),
            Some('c') => again("%a %b %e %H:%M:%S %Y"),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        out.push_str(&if flag == Some('^') { text.to_uppercase() } else { text });
    }
    out
}

/// Year and week of ISO 8601.
fn iso_week(year: i64, year_day: i64, weekday: i64) -> (i64, i64) {
    let weekday = if weekday == 0 { 7 } else { weekday };
    let week = (year_day - weekday + 10) / 7;
    let last = |year: i64| {
        let first = (days(year, 1, 1) + 3).rem_euclid(7);
        let leap = days(year + 1, 1, 1) - days(year, 1, 1) == 366;
        if first == 3 || (first == 2 && leap) { 53 } else { 52 }
    };
    if week < 1 {
        (year - 1, last(year - 1))
    } else if week > last(year) {
        (year + 1, 1)
    } else {
        (year, week)
    }
}

/// What the words of a date come to.
#[derive(Default)]
struct Said {
    /// Seconds since 1970 of the day.
    day: Option<f64>,
    /// Seconds of the day, with its zone taken off.
    clock: Option<f64>,
    shift: f64,
    months: i64,
}

/// The time a text stands for; `now` only where it is needed and granted.
fn read(text: &str, now: impl Fn() -> Result<f64, Stop>) -> Result<f64, Stop> {
    let wrong = || Stop::Error(1, format!("invalid date `{}`", crate::numbers::clip(text, 60)));
    if let Some(seconds) = text.trim().strip_prefix('@') {
        return seconds.parse().map_err(|_| wrong());
    }
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split([' ', ',', '\t']).filter(|word| !word.is_empty()).collect();
    let mut said = Said::default();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        rest = said.take(rest).ok_or_else(wrong)?;
    }
    let time = match (said.day, said.clock) {
        (Some(day), clock) => day + clock.unwrap_or(0.0),
        (None, Some(clock)) => (now()? / 86_400.0).floor() * 86_400.0 + clock,
        (None, None) => now()?,
    };
    let (year, month, day) = civil((time / 86_400.0).floor() as i64);
    let moved = (year * 12 + month - 1).saturating_add(said.months).clamp(-1_000_000, 1_000_000);
    let date = days(moved.div_euclid(12), moved.rem_euclid(12) + 1, day) as f64 * 86_400.0;
    Ok(date + time.rem_euclid(86_400.0) + said.shift)
}

impl Said {
    /// Reads what begins the words; the others are left. None where it is no part of a date.
    fn take<'a>(&mut self, words: &'a [&'a str]) -> Option<&'a [&'a str]> {
        let (word, rest) = words.split_first()?;
        match *word {
            "utc" | "gmt" | "z" | "now" | "today" | "+" => {}
            "yesterday" => self.shift -= 86_400.0,
            "tomorrow" => self.shift += 86_400.0,
            "ago" => (self.shift, self.months) = (-self.shift, self.months.saturating_neg()),
            "midnight" => self.clock = Some(0.0),
            "noon" => self.clock = Some(43_200.0),
            "next" => {
                self.add(1.0, rest.first()?)?;
                return rest.get(1..);
            }
            "last" => {
                self.add(-1.0, rest.first()?)?;
                return rest.get(1..);
            }
            "-" => {
                let (count, length) = leading_number(rest.first()?);
                return self.counted(-count, length, rest);
            }
            word if self.date(word) || self.time(word) || self.zone(word) => {}
            word => {
                if let Some(month) = month(word) {
                    return self.named(month, rest);
                }
                let day = word.parse::<i64>().ok().filter(|day| (1..=31).contains(day));
                if let (Some(day), Some(month)) = (day, rest.first().and_then(|word| month(word))) {
                    let year = rest.get(1)?.parse().ok()?;
                    self.day = Some(seconds(year, month, day));
                    return rest.get(2..);
                }
                let (count, length) = leading_number(word);
                return self.counted(count, length, words);
            }
        }
        Some(rest)
    }

    /// `Jan 5 2024`, the month already read.
    fn named<'a>(&mut self, month: i64, rest: &'a [&'a str]) -> Option<&'a [&'a str]> {
        let day = rest.first()?.parse().ok().filter(|day| (1..=31).contains(day))?;
        self.day = Some(seconds(rest.get(1)?.parse().ok()?, month, day));
        rest.get(2..)
    }

    /// `2 days`, `2days`, the number already read from the first of the words.
    fn counted<'a>(&mut self, count: f64, length: usize, words: &'a [&'a str]) -> Option<&'a [&'a str]> {
        let (word, rest) = words.split_first().filter(|_| length > 0)?;
        match word.get(length..)? {
            "" => {
                self.add(count, rest.first()?)?;
                rest.get(1..)
            }
            unit => {
                self.add(count, unit)?;
                Some(rest)
            }
        }
    }

    fn add(&mut self, count: f64, unit: &str) -> Option<()> {
        match unit.trim_end_matches('s') {
            "second" | "sec" => self.shift += count,
            "minute" | "min" => self.shift += count * 60.0,
            "hour" => self.shift += count * 3_600.0,
            "day" => self.shift += count * 86_400.0,
            "week" => self.shift += count * 604_800.0,
            "fortnight" => self.shift += count * 1_209_600.0,
            "month" => self.months = self.months.saturating_add(count as i64),
            "year" => self.months = self.months.saturating_add((count as i64).saturating_mul(12)),
            _ => return None,
        }
        Some(())
    }

    /// `2024-03-10`, `2024-03-10t15:04:05z`, `20240310`, `3/10/2024`.
    fn date(&mut self, word: &str) -> bool {
        let (date, time) = word.split_once('t').map_or((word, None), |(date, time)| (date, Some(time)));
        let numbers = |mark| date.split(mark).map(|part| part.parse::<i64>().ok()).collect::<Option<Vec<i64>>>();
        let whole = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month, day) = match (numbers('-').as_deref(), numbers('/').as_deref()) {
            (Some([year, month, day]), _) => (*year, *month, *day),
            (_, Some([month, day, year])) => (*year, *month, *day),
            (Some([number]), _) if whole => (number / 10_000, number / 100 % 100, number % 100),
            _ => return false,
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(-9_999..=9_999).contains(&year) {
            return false;
        }
        self.day = Some(seconds(year, month, day));
        time.is_none_or(|time| self.time(time))
    }

    /// `15:04`, `15:04:05.5`, `15:04z`, `15:04+02:00`.
    fn time(&mut self, word: &str) -> bool {
        let (clock, zone) = match word.find(['+', '-', 'z']) {
            Some(at) if at > 0 => word.split_at(at),
            _ => (word, ""),
        };
        let parts = clock.split(':').map(|part| part.parse::<f64>().ok().filter(|number| *number >= 0.0));
        let total = match parts.collect::<Option<Vec<f64>>>().as_deref() {
            Some([hours, minutes]) => hours * 3_600.0 + minutes * 60.0,
            Some([hours, minutes, seconds]) => hours * 3_600.0 + minutes * 60.0 + seconds,
            _ => return false,
        };
        self.clock = Some(total);
        zone.is_empty() || zone == "z" || self.zone(zone)
    }

    /// `+0200`, `+02:00`, `-05`, behind a time.
    fn zone(&mut self, word: &str) -> bool {
        let Some(clock) = self.clock else { return false };
        let digits: String = word.chars().skip(1).filter(|c| *c != ':').collect();
        let sign = match word.chars().next() {
            Some('+') => 1.0,
            Some('-') => -1.0,
            _ => return false,
        };
        let minutes = match (digits.len(), digits.parse::<i64>()) {
            (2, Ok(hours)) => hours * 60,
            (4, Ok(number)) => number / 100 * 60 + number % 100,
            _ => return false,
        };
        self.clock = Some(clock - sign * minutes as f64 * 60.0);
        true
    }
}

/// Seconds since 1970 of a day.
fn seconds(year: i64, month: i64, day: i64) -> f64 {
    days(year.clamp(-9_999, 9_999), month, day) as f64 * 86_400.0
}

/// The number of a month by its name, or by the first three letters of it.
fn month(word: &str) -> Option<i64> {
    let index = MONTHS.iter().position(|name| {
        let name = name.to_ascii_lowercase();
        name == word || name.get(..3) == Some(word.trim_end_matches('.'))
    })?;
    Some(index as i64 + 1)
}

pub(crate) async fn date(cx: &mut Cx<'_>) -> Done {
    // The form of `-I` stands right behind it.
    let args: Vec<String> = cx
        .args
        .iter()
        .map(|arg| match arg.strip_prefix("-I") {
            Some(form) if !form.is_empty() => format!("--iso-8601={form}"),
            _ => arg.clone(),
        })
        .collect();
    let options = Options::parse(
        &args,
        "ud:r:IR\u{1}:",
        &[
            ("utc", 'u'),
            ("date", 'd'),
            ("reference", 'r'),
            ("iso-8601", 'I'),
            ("rfc-email", 'R'),
            ("rfc-3339", '\u{1}'),
        ],
    )?;
    let granted = cx.shell.common.now;
    let now = || {
        granted.map(|now| now / 1_000.0).ok_or_else(|| {
            Stop::Error(
                1,
                "the clock was not granted; add `:caps: clock` to the drawer, or give a time with `-d`".to_owned(),
            )
        })
    };
    let time = match (options.value('d'), options.value('r')) {
        (Some(text), _) => read(text, now)?,
        (None, Some(path)) => cx.stat(path, true).map_err(|error| super::context::named(path, &error))?.modified,
        (None, None) => now()?,
    };
    let format = options.rest.iter().find_map(|word| word.strip_prefix('+'));
    let default = if options.has('I') {
        match options.value('I') {
            Some("seconds" | "s") => "%Y-%m-%dT%H:%M:%S+00:00",
            _ => "%Y-%m-%d",
        }
    } else if options.has('R') {
        "%a, %d %b %Y %H:%M:%S +0000"
    } else {
        "%a %b %e %H:%M:%S UTC %Y"
    };
    cx.out.write(format!("{}\n", strftime(format.unwrap_or(default), time, 0)).as_bytes()).await?;
    Ok(0)
}
