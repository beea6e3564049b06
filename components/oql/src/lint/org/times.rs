//! WB611: planning lines and timestamps that do not say what they seem to.

use super::Objects;
use crate::findings::Findings;
use crate::object::Kind;
use crate::syntax::{Document, Kind as Element, line};

const DAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

pub(super) fn check(document: &Document, objects: &Objects, findings: &mut Findings) {
    for heading in document.headings.iter().filter(|h| !h.hidden) {
        let Some(planning) = &heading.planning else { continue };
        for (stamp, name) in [(&planning.scheduled, "SCHEDULED"), (&planning.deadline, "DEADLINE")] {
            if stamp.as_ref().is_some_and(|s| !s.active) {
                findings
                    .warning("WB611", planning.span.clone(), format!("an inactive `{name}:` is not in the agenda"))
                    .help("write the date in `<…>`");
            }
        }
        let repeat = |s: &Option<crate::model::Timestamp>| s.as_ref().and_then(|s| s.repeat.clone());
        if let (Some(one), Some(other)) = (repeat(&planning.scheduled), repeat(&planning.deadline))
            && one != other
            && !one.starts_with('.')
            && !other.starts_with('.')
        {
            findings
                .info("WB611", planning.span.clone(), format!("repeated every `{one}` and due every `{other}`"))
                .help("give both dates the same repeater");
        }
        weekdays(document, &planning.span, findings);
    }
    for element in super::shown(document).filter(|e| e.kind == Element::Paragraph) {
        for (at, text) in super::lines(document.text(), &element.span) {
            // The first line of an item's text has its bullet before it.
            let whole = at.start == 0 || document.slice(&(0..at.start)).trim_end_matches([' ', '\t']).ends_with('\n');
            if line::is_planning(text) && whole {
                findings
                    .warning("WB611", at, "a planning line that Org does not read here")
                    .help("move it directly below the heading");
            }
        }
    }
    for object in &objects.list {
        if matches!(&object.kind, Kind::Timestamp(stamp) if !stamp.diary) {
            weekdays(document, &object.span, findings);
        }
    }
}

/// Dates whose day of the week is another, and dates that are not in the calendar.
fn weekdays(document: &Document, range: &std::ops::Range<usize>, findings: &mut Findings) {
    let text = document.slice(range);
    for (i, _) in text.match_indices(['<', '[']) {
        let inner = text.get(i + 1..).unwrap_or("");
        let Some(date) = inner.get(..10).filter(|d| d.as_bytes().get(4) == Some(&b'-')) else { continue };
        let number = |r: std::ops::Range<usize>| date.get(r).and_then(|d| d.parse::<i64>().ok());
        let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { continue };
        if !(1..=12).contains(&month) {
            continue;
        }
        let at = range.start + i + 1;
        let days = crate::query::days(year, month, day);
        if day < 1 || crate::query::civil(days) != (year, month, day) {
            findings
                .warning("WB611", at..at + 10, format!("there is no {date} in the calendar"))
                .help("Org takes it for a day of the next month");
            continue;
        }
        let is = DAYS[usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0) % 7];
        let rest = inner.get(10..).unwrap_or("");
        let name = rest.trim_start_matches(' ');
        let start = at + 10 + (rest.len() - name.len());
        if let Some(written) = name.get(..3).filter(|n| DAYS.contains(n) && *n != is)
            && !name.get(3..4).is_some_and(|c| c.chars().all(char::is_alphanumeric))
        {
            findings
                .warning("WB611", start..start + 3, format!("{date} is a {is}, not a {written}"))
                .help(format!("write `{date} {is}`, or correct the date"));
        }
    }
}
