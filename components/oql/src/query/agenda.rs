//! What stands in the calendar: scheduled, deadline and plain active timestamps by day, as Org's agenda lists them.
//!
//! Past repeats of a planning date are not shown, future ones are; what is late or about to be due shows on the current
//! day. COMMENT and ARCHIVE subtrees are left out.

use super::entry::Entries;
use super::time::{self, DAY, Stamp};
use super::{error, eval};
use crate::model::{AgendaItem, AgendaKind, Calendar, QueryError, QueryOptions, Timestamp};
use crate::syntax::Document;

/// Longer spans are refused.
const MAX_DAYS: i64 = 3660;
/// So are longer lists.
const MAX_ITEMS: usize = 100_000;

struct Lister<'e, 'd, 'a> {
    entries: &'e Entries<'d, 'a>,
    from: i64,
    to: i64,
    today: Option<i64>,
    /// Headings that have an item, and their place in the answer.
    used: Vec<Option<u32>>,
    agenda: Calendar,
}

/// The items between two days, both included, of the headings an expression selects.
pub(crate) fn agenda(
    document: &Document,
    from: &str,
    to: &str,
    expr: &str,
    options: &QueryOptions,
) -> Result<Calendar, QueryError> {
    let day = |text: &str| {
        let found = time::moment(text).map(|(minutes, _)| minutes.div_euclid(DAY));
        found.ok_or_else(|| error(0, format!("`{}` is no date such as 2026-01-31", crate::text::clip(text, 40))))
    };
    let (from, to) = (day(from)?, day(to)?);
    if to - from >= MAX_DAYS {
        return Err(error(0, format!("an agenda of more than {MAX_DAYS} days")));
    }
    let expression = super::parse(document, expr, options)?;
    let entries = Entries::new(document, options);
    let chosen = eval::select(&entries, &expression);
    let today = options.now.as_deref().and_then(time::moment).map(|(minutes, _)| minutes.div_euclid(DAY));
    let used = vec![None; entries.len()];
    let mut lister = Lister { entries: &entries, from, to, today, used, agenda: Calendar::default() };
    for h in (0..entries.len()).filter(|h| chosen[*h] && !archived(&entries, *h)) {
        lister.entry(h);
        if lister.agenda.items.len() > MAX_ITEMS {
            return Err(error(0, "the agenda has too many items; ask for fewer days"));
        }
    }
    let mut agenda = lister.agenda;
    agenda.items.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(agenda)
}

/// By day; timed ones first; then what is due before what is planned.
fn order(item: &AgendaItem) -> (&str, bool, Option<&str>, AgendaKind, i32, u32) {
    (&item.date, item.time.is_none(), item.time.as_deref(), item.kind, -item.days, item.headline)
}

fn archived(entries: &Entries, h: usize) -> bool {
    let headline = &entries.headlines[h];
    entries.heading(h).hidden || headline.tags.iter().chain(&headline.inherited_tags).any(|t| t == "ARCHIVE")
}

impl Lister<'_, '_, '_> {
    fn entry(&mut self, h: usize) {
        let headline = &self.entries.headlines[h];
        let done = headline.state.as_ref().is_some_and(|s| self.entries.document.todo.is_done(s));
        let stamp = |t: &Option<Timestamp>| {
            t.as_ref().filter(|t| t.active).and_then(|t| time::stamp(&t.raw)).map(|(stamp, _)| stamp)
        };
        let (deadline, scheduled) = (stamp(&headline.deadline), stamp(&headline.scheduled));
        if let Some(stamp) = deadline {
            self.planned(h, AgendaKind::Deadline, &stamp, done);
        }
        if let Some(stamp) = scheduled {
            self.planned(h, AgendaKind::Scheduled, &stamp, done);
        }
        let mut plain = Vec::new();
        let (from, to) = (self.from, self.to);
        self.entries.each_stamp(h, &mut |stamp, _| {
            if stamp.active && stamp.day() <= to && (stamp.repeat.is_some() || stamp.last_day() >= from) {
                plain.push(stamp);
            }
            plain.len() <= MAX_ITEMS
        });
        for stamp in plain {
            self.plain(h, &stamp);
        }
    }

    /// A planning date: on its day, on the repeats after today, and on today what is late or near.
    fn planned(&mut self, h: usize, kind: AgendaKind, stamp: &Stamp, done: bool) {
        let day = stamp.day();
        let today = self.today;
        // `SCHEDULED: <… -2d>` is a delay.
        let delay = if kind == AgendaKind::Scheduled { stamp.warning.unwrap_or(0) } else { 0 };
        if delay == 0 && (self.from..=self.to).contains(&day) {
            self.push(h, kind, stamp, day, 0, (1, 1));
        }
        let after = today.map_or(day, |t| t.max(day)) + 1;
        if stamp.repeat.is_some() {
            for repeat in stamp.occurrences(after.max(self.from)) {
                if repeat > self.to || self.agenda.items.len() > MAX_ITEMS {
                    break;
                }
                self.push(h, kind, stamp, repeat, 0, (1, 1));
            }
        }
        let Some(today) = today.filter(|t| !done && (self.from..=self.to).contains(t)) else { return };
        let late = today - day;
        let ahead = if kind == AgendaKind::Deadline { stamp.warning.unwrap_or(eval::WARNING_DAYS) } else { 0 };
        if late > 0 && late >= delay || late < 0 && -late <= ahead {
            self.push(h, kind, stamp, today, late, (1, 1));
        }
    }

    /// A timestamp in title or text: on all its days.
    fn plain(&mut self, h: usize, stamp: &Stamp) {
        let (first, last) = (stamp.day(), stamp.last_day());
        if last > first {
            let parts = last - first + 1;
            for day in first.max(self.from)..=last.min(self.to) {
                self.push(h, AgendaKind::Timestamp, stamp, day, 0, (day - first + 1, parts));
            }
            return;
        }
        for day in stamp.occurrences(self.from) {
            if day > self.to || self.agenda.items.len() > MAX_ITEMS {
                break;
            }
            self.push(h, AgendaKind::Timestamp, stamp, day, 0, (1, 1));
        }
    }

    fn push(&mut self, h: usize, kind: AgendaKind, stamp: &Stamp, day: i64, days: i64, (part, parts): (i64, i64)) {
        let next = u32::try_from(self.agenda.headlines.len()).unwrap_or(u32::MAX);
        let headline = *self.used[h].get_or_insert(next);
        if headline == next && self.agenda.headlines.len() == next as usize {
            self.agenda.headlines.push(self.entries.headlines[h].clone());
        }
        let clock = |minutes: i64| {
            let of_day = minutes.rem_euclid(DAY);
            format!("{:02}:{:02}", of_day / 60, of_day % 60)
        };
        // A time belongs to the day itself: what is late has lost it.
        let timed = stamp.timed && days == 0 && part == 1;
        let same_day = stamp.end.filter(|end| timed && end.div_euclid(DAY) == stamp.day());
        self.agenda.items.push(AgendaItem {
            headline,
            date: time::date_text(day),
            time: timed.then(|| clock(stamp.start)),
            until: same_day.map(clock),
            kind,
            days: i32::try_from(days).unwrap_or(i32::MAX),
            part: u32::try_from(part).unwrap_or(u32::MAX),
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "* TODO Late\nSCHEDULED: <2026-01-05 Mon>\n* TODO Due\nDEADLINE: <2026-01-20 Tue -14d>\n\
        * DONE Over\nDEADLINE: <2026-01-02 Fri>\n* TODO Weekly\nSCHEDULED: <2026-01-01 Thu 09:00 +1w>\n\
        * Trip <2026-01-09 Fri>--<2026-01-11 Sun>\n* Meeting\n<2026-01-03 Sat 10:00-11:30 +1w> and =<2026-01-10 Sat>=\n\
        * COMMENT Hidden\n<2026-01-10 Sat>\n* Old :ARCHIVE:\n<2026-01-10 Sat>\n";

    fn check(from: &str, to: &str, now: &str, expr: &str, expect: &str) {
        let options = QueryOptions { now: Some(now.to_owned()), file: None };
        let got = match agenda(&Document::parse(TEXT), from, to, expr, &options) {
            Ok(agenda) => agenda
                .items
                .iter()
                .map(|i| {
                    let title = agenda.headlines[i.headline as usize].title.split(' ').next().unwrap_or("");
                    let time = i.time.as_deref().map_or(String::new(), |t| format!("@{t}"));
                    let until = i.until.as_deref().map_or(String::new(), |t| format!("-{t}"));
                    let part = if i.parts > 1 { format!(" {}/{}", i.part, i.parts) } else { String::new() };
                    let days = if i.days == 0 { String::new() } else { format!("{:+}", i.days) };
                    format!("{} {title}{time}{until}{part}{days}", &i.date[8..])
                })
                .collect::<Vec<_>>()
                .join(", "),
            Err(e) => e.message,
        };
        assert_eq!(got, expect);
    }

    #[test]
    fn a_week() {
        check(
            "2026-01-08",
            "2026-01-11",
            "2026-01-10T12:00",
            "",
            "09 Trip 1/3, 10 Meeting@10:00-11:30, 10 Due-10, 10 Weekly+9, 10 Late+5, 10 Trip 2/3, 11 Trip 3/3",
        );
        check("2026-01-12", "2026-01-22", "2026-01-10", "(todo)", "15 Weekly@09:00, 20 Due, 22 Weekly@09:00");
        check("2026-01-01", "2026-01-02", "2026-01-10", "", "01 Weekly@09:00, 02 Over");
        check("2026-01-01", "2126-01-02", "2026-01-10", "", "an agenda of more than 3660 days");
    }
}
