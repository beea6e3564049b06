//! `wb query --agenda`: days, and what is on them.

use serde_json::Value;

use super::{Asked, Question, is_moment, title};
use crate::cli::{Context, Failure};
use crate::disk::Source;
use crate::exit::Exit;
use crate::json;
use crate::kernel::types::{AgendaItem, AgendaKind, Headline};
use crate::report::{Reporter, count, printable, table};

/// Prints the days from one to another.
pub(super) fn run(span: &str, question: &Question, asked: &Asked, context: &Context) -> anyhow::Result<Exit> {
    let report = context.report;
    let (from, to) = days(span, &question.now)?;
    let answers = asked.each(context.kernel()?, |kernel, source| {
        let expression = question.expression.unwrap_or("");
        kernel.agenda(&source.text, (&from, &to), expression, &question.options(source))
    })?;
    let mut items: Vec<(&Source, Headline, AgendaItem)> = Vec::new();
    for (source, answer) in asked.sources.iter().zip(answers) {
        let agenda = match answer {
            Ok(agenda) => agenda,
            Err(error) => return question.refuse(&error, report),
        };
        for item in agenda.items {
            if let Some(headline) = agenda.headlines.get(item.headline as usize) {
                items.push((source, headline.clone(), item));
            }
        }
    }
    // Each file is in order by itself; items of one day and time keep the order of the files.
    items.sort_by(|(_, _, one), (_, _, other)| {
        (&one.date, one.time.is_none(), &one.time).cmp(&(&other.date, other.time.is_none(), &other.time))
    });
    if report.is_json() {
        let rows = items.iter().map(|(source, headline, item)| json::agenda_item(item, headline, asked.label(source)));
        report.value(&rows.collect::<Value>())?;
    } else {
        report.out(&listing(&items, asked, &question.now, report))?;
    }
    Ok(asked.exit())
}

/// `7`, or `2026-01-01..2026-01-31`.
fn days(span: &str, now: &str) -> Result<(String, String), Failure> {
    let today = now.get(..10).unwrap_or(now);
    let wrong = || {
        let failure = Failure::new(Exit::Usage, format!("`{span}` is neither a number of days nor two dates"));
        failure.hint("write `--agenda=14` or `--agenda=2026-01-01..2026-01-31`")
    };
    if let Some((from, to)) = span.split_once("..") {
        let from = if from.is_empty() { today } else { from };
        if !(is_moment(from) && is_moment(to)) || from > to {
            return Err(wrong());
        }
        return Ok((from.to_owned(), to.to_owned()));
    }
    match span.parse::<u32>() {
        Ok(days) if days > 0 => Ok((today.to_owned(), later(today, days - 1).ok_or_else(wrong)?)),
        _ => Err(wrong()),
    }
}

/// The date so many days after another.
fn later(date: &str, days: u32) -> Option<String> {
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (mut year, mut month, mut day) = (parts.next()??, parts.next()??, parts.next()??);
    day += days;
    let length = |year: u32, month: u32| match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    while day > length(year, month) {
        day -= length(year, month);
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
        // A calendar that long is refused by the kernel anyway.
        if year > 9999 {
            return None;
        }
    }
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// `Mon` for a date (Zeller's congruence, in Sakamoto's form).
fn weekday(date: &str) -> &'static str {
    let part = |range: std::ops::Range<usize>| date.get(range).and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
    let (mut year, month, day) = (part(0..4), part(5..7), part(8..10));
    let shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4].get(month.saturating_sub(1)).copied().unwrap_or(0);
    if month < 3 {
        year = year.saturating_sub(1);
    }
    let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    names[(year + year / 4 - year / 100 + year / 400 + shift + day) % 7]
}

fn listing(items: &[(&Source, Headline, AgendaItem)], asked: &Asked, now: &str, report: Reporter) -> String {
    let mut text = String::new();
    for day in items.chunk_by(|(_, _, one), (_, _, other)| one.date == other.date) {
        let Some((_, _, first)) = day.first() else { continue };
        let today = if now.starts_with(&first.date) { "  today" } else { "" };
        text.push_str(&format!("{}\n", report.bold(&format!("{} {}{today}", first.date, weekday(&first.date)))));
        let rows = day.iter().map(|(source, headline, item)| {
            let place = match asked.label(source) {
                Some(name) => format!("{name}:{}", headline.span.line),
                None => headline.span.line.to_string(),
            };
            let time = match (&item.time, &item.until) {
                (Some(time), Some(until)) => format!("{time}-{until}"),
                (Some(time), None) => time.clone(),
                _ => String::new(),
            };
            vec![printable(&place), time, why(item), printable(title(headline).trim_start())]
        });
        text.push_str(&table(&rows.collect::<Vec<_>>()));
    }
    text
}

/// Why it is on this day.
fn why(item: &AgendaItem) -> String {
    let days = count(item.days.unsigned_abs() as usize, "day");
    match (item.kind, item.days) {
        (AgendaKind::Timestamp, _) if item.parts > 1 => format!("day {} of {}", item.part, item.parts),
        (AgendaKind::Timestamp, _) => String::new(),
        (AgendaKind::Deadline, 0) => "deadline".to_owned(),
        (AgendaKind::Deadline, 1..) => format!("{days} overdue"),
        (AgendaKind::Deadline, _) => format!("due in {days}"),
        (AgendaKind::Scheduled, 0) => "scheduled".to_owned(),
        (AgendaKind::Scheduled, _) => format!("{days} late"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let got = |span: &str| days(span, "2026-12-30T10:00").map_err(|failure| failure.message);
        let pair = |from: &str, to: &str| Ok((from.to_owned(), to.to_owned()));
        assert_eq!(got("7"), pair("2026-12-30", "2027-01-05"));
        assert_eq!(got("1"), pair("2026-12-30", "2026-12-30"));
        assert_eq!(got("..2027-03-01"), pair("2026-12-30", "2027-03-01"));
        assert!(got("0").is_err() && got("x").is_err() && got("2026-02-01..2026-01-01").is_err());
        assert_eq!(later("2028-02-28", 2).as_deref(), Some("2028-03-01"));
        assert_eq!([weekday("2026-01-01"), weekday("2024-02-29"), weekday("2000-03-05")], ["Thu", "Thu", "Sun"]);
    }
}
