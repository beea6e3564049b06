//! The dates of an s-expression: `(scheduled :on today)`, `(ts :from -30 :to 2026-01-31)`.

use super::expr::{Times, Which};
use super::sexp::Node;
use super::time::{self, DAY};
use super::{Clock, error};
use crate::model::QueryError;

/// `(NAME)`, `(NAME N)`, `(NAME :on D)`, `(NAME :from D :to D :with-time t)`.
pub(super) fn times(name: &str, at: usize, args: &[Node], clock: Clock) -> Result<Times, QueryError> {
    let which = match name {
        "scheduled" => Which::Scheduled,
        "deadline" => Which::Deadline,
        "closed" => Which::Closed,
        "planning" => Which::Planning,
        "clocked" => Which::Clock,
        "ts-active" | "ts-a" => Which::Active,
        "ts-inactive" | "ts-i" => Which::Inactive,
        _ => Which::Any,
    };
    let mut out = Times { which, from: None, to: None, timed: None, auto: false, literal: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (word, word_at) = match arg {
            Node::Word(word, at) | Node::Text(word, at) => (word.as_str(), *at),
            Node::Form(form) => return Err(error(form.at, "expected a date, not a form")),
        };
        if !word.starts_with(':') {
            bare(&mut out, word, word_at, clock)?;
            continue;
        }
        let value = match args.next() {
            Some(Node::Word(value, at) | Node::Text(value, at)) => Some((value.as_str(), *at)),
            _ => None,
        };
        let (value, value_at) = value.ok_or_else(|| error(word_at, format!("`{word}` wants a value")))?;
        match word {
            ":from" => out.from = Some(date(value, value_at, clock)?.0),
            ":to" => out.to = Some(date(value, value_at, clock)?.1),
            ":on" => {
                let (from, to) = date(value, value_at, clock)?;
                (out.from, out.to) = (Some(from), Some(to));
            }
            ":with-time" => out.timed = Some(value != "nil"),
            ":repeat" => out.literal = value == "nil",
            _ => {
                let known = [":from", ":to", ":on", ":with-time", ":repeat"];
                let meant = crate::text::suggest(word, known);
                let hint = meant.map_or("known are :from, :to, :on, :with-time, :repeat".to_owned(), |m| {
                    format!("did you mean `{m}`?")
                });
                return Err(error(word_at, format!("unknown keyword `{}`; {hint}", crate::text::clip(word, 40))));
            }
        }
    }
    if let (Some(from), Some(to)) = (out.from, out.to)
        && from > to
    {
        return Err(error(at, "`:from` is later than `:to`"));
    }
    Ok(out)
}

/// An argument without a keyword: `auto`, a number of days, or a date, which then is `:on`.
fn bare(out: &mut Times, word: &str, at: usize, clock: Clock) -> Result<(), QueryError> {
    if word == "auto" && out.which == Which::Deadline {
        out.auto = true;
        out.to = Some(date("today", at, clock)?.1);
        return Ok(());
    }
    match word.parse::<i64>() {
        // Looking back for what is over, ahead for what is planned.
        Ok(_) if matches!(out.which, Which::Closed | Which::Clock) => {
            let days = word.trim_start_matches(['+', '-']);
            out.from = Some(date(&format!("-{days}"), at, clock)?.0);
            out.to = Some(date("today", at, clock)?.1);
        }
        Ok(days) if days < 0 => out.from = Some(date(word, at, clock)?.0),
        Ok(_) => out.to = Some(date(word, at, clock)?.1),
        Err(_) => {
            let (from, to) = date(word, at, clock)?;
            (out.from, out.to) = (Some(from), Some(to));
        }
    }
    Ok(())
}

/// The first and the last minute of what a word names.
fn date(word: &str, at: usize, clock: Clock) -> Result<(i64, i64), QueryError> {
    let now = || clock.now.ok_or_else(|| error(at, format!("`{word}` needs to know what time it is, and nobody said")));
    let day = |offset: i64| now().map(|n| (n.div_euclid(DAY) + offset) * DAY).map(|d| (d, d + DAY - 1));
    match word {
        "now" => return now().map(|n| (n, n)),
        "today" => return day(0),
        "tomorrow" => return day(1),
        "yesterday" => return day(-1),
        _ => {}
    }
    if let Ok(days) = word.parse::<i64>()
        && days.abs() < 1 << 24
    {
        return day(days);
    }
    let trimmed = word.trim_matches(['<', '>', '[', ']']);
    if let Some((minutes, timed)) = time::moment(trimmed) {
        return Ok((minutes, if timed { minutes } else { minutes + DAY - 1 }));
    }
    if trimmed.starts_with(['+', '-'])
        && let Some(found) = time::matcher_time(&format!("<{trimmed}>"), clock.now)
    {
        let minutes =
            found.map_err(|()| error(at, format!("`{word}` needs to know what time it is, and nobody said")))?;
        return Ok((minutes, if trimmed.ends_with('h') { minutes } else { minutes + DAY - 1 }));
    }
    let meant = crate::text::suggest(word, ["today", "tomorrow", "yesterday", "now"]);
    let hint = meant.map_or(String::new(), |m| format!("; did you mean `{m}`?"));
    let known = "a date is `2026-01-31`, `today`, a number of days or `+1w`";
    Err(error(at, format!("`{}` is no date: {known}{hint}", crate::text::clip(word, 40))))
}
