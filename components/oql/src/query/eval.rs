//! Whether a condition holds, for all headings at once: each part of an expression is looked at once per heading, so
//! that relations between headings stay linear.

use super::entry::Entries;
use super::expr::{Comparison, Expr, PriorityTest, PropertyTest, Relation, TagTest, Tags, Times, Value, Which};
use super::expr::{duration, leading_number};
use super::time::{self, DAY, Stamp};
use crate::syntax::Kind;

/// What Org warns before a deadline that says nothing itself.
pub(super) const WARNING_DAYS: i64 = 14;

/// Per heading whether it is selected.
pub(super) fn select(entries: &Entries, expr: &Expr) -> Vec<bool> {
    eval(entries, expr, &vec![true; entries.len()])
}

/// `wanted` are the headings whose answer matters.
fn eval(entries: &Entries, expr: &Expr, wanted: &[bool]) -> Vec<bool> {
    match expr {
        Expr::And(list) => {
            let mut holds = wanted.to_vec();
            for part in list {
                holds = eval(entries, part, &holds);
            }
            holds
        }
        Expr::Or(list) => {
            let mut holds = vec![false; wanted.len()];
            let mut open = wanted.to_vec();
            for part in list {
                for (h, yes) in eval(entries, part, &open).into_iter().enumerate() {
                    holds[h] |= yes;
                    open[h] &= !yes;
                }
            }
            holds
        }
        Expr::Not(inner) => eval(entries, inner, wanted).into_iter().zip(wanted).map(|(yes, w)| *w && !yes).collect(),
        Expr::Related(relation, of) => related(entries, *relation, of.as_deref(), wanted),
        _ => wanted.iter().enumerate().map(|(h, wanted)| *wanted && holds(entries, expr, h)).collect(),
    }
}

fn related(entries: &Entries, relation: Relation, of: Option<&Expr>, wanted: &[bool]) -> Vec<bool> {
    let all = vec![true; wanted.len()];
    let holds = of.map_or_else(|| all.clone(), |of| eval(entries, of, &all));
    let mut out = vec![false; wanted.len()];
    match relation {
        Relation::Parent | Relation::Ancestors => {
            for h in 0..out.len() {
                if let Some(p) = entries.parent(h) {
                    out[h] = holds[p] || (relation == Relation::Ancestors && out[p]);
                }
            }
        }
        Relation::Children | Relation::Descendants => {
            for h in (0..out.len()).rev() {
                if let Some(p) = entries.parent(h) {
                    out[p] |= holds[h] || (relation == Relation::Descendants && out[h]);
                }
            }
        }
    }
    out.into_iter().zip(wanted).map(|(yes, wanted)| yes && *wanted).collect()
}

fn holds(entries: &Entries, expr: &Expr, h: usize) -> bool {
    let headline = &entries.headlines[h];
    let state = headline.state.as_ref();
    match expr {
        Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Related(..) => false,
        Expr::Tag(which, test) => {
            let own = headline.tags.iter().filter(|_| *which != Tags::Inherited);
            let above = headline.inherited_tags.iter().filter(|_| *which != Tags::Own);
            own.chain(above).any(|tag| has_tag(test, tag))
        }
        Expr::Has { name, inherit } => entries.property(h, name, *inherit).is_some(),
        Expr::Property(test) => compare(test, entries.property(h, &test.name, test.inherit)),
        Expr::Todo(states) if states.is_empty() => state.is_some_and(|s| !entries.document.todo.is_done(s)),
        Expr::Todo(states) => state.is_some_and(|s| states.contains(s)),
        Expr::TodoLike(pattern) => pattern.is_match(state.map_or("", String::as_str)),
        Expr::Done => state.is_some_and(|s| entries.document.todo.is_done(s)),
        Expr::Heading(pattern) => pattern.is_match(&headline.title),
        Expr::Text(pattern) => pattern.is_match(entries.own_text(h)),
        Expr::Priority(test) => priority(test, headline.priority.as_deref()),
        Expr::Times(times) => on_time(entries, times, h),
        Expr::Path(pattern) => entries.file.is_some_and(|file| pattern.is_match(file)),
        Expr::Outline { patterns, segment } => outline(entries, patterns, *segment, h),
        Expr::Category(names) => {
            let own = entries.category(h);
            names.is_empty() || names.contains(&own)
        }
        Expr::Source { lang, patterns } => source(entries, lang.as_deref(), patterns, h),
        Expr::Link(pattern) => links(entries.own_text(h)).any(|link| pattern.as_ref().is_none_or(|p| p.is_match(link))),
        Expr::Effort(comparison, minutes) => {
            let own = entries.own(h, "EFFORT").and_then(duration);
            own.is_some_and(|own| comparison.holds(own.partial_cmp(minutes)))
        }
    }
}

fn has_tag(test: &TagTest, tag: &str) -> bool {
    match test {
        TagTest::Any => true,
        TagTest::Is(name) => tag == name,
        TagTest::Like(pattern) => pattern.is_match(tag),
        TagTest::Group(names, patterns) => {
            names.iter().any(|n| n.eq_ignore_ascii_case(tag)) || patterns.iter().any(|p| p.is_match(tag))
        }
    }
}

/// A missing property compares like an empty text, as in Org, unless the comparison has a star.
fn compare(test: &PropertyTest, found: Option<String>) -> bool {
    if test.present && found.is_none() {
        return false;
    }
    let text = found.unwrap_or_default();
    match &test.value {
        Value::Number(n) => test.comparison.holds(leading_number(&text).partial_cmp(n)),
        Value::Text(t) => test.comparison.holds(Some(text.as_str().cmp(t))),
        // Only `<>` denies a pattern; any other comparison asks for it.
        Value::Like(pattern) => pattern.is_match(&text) != (test.comparison == Comparison::Unequal),
        Value::Time(minutes) => {
            time::first_date(&text).is_some_and(|own| test.comparison.holds(Some(own.cmp(minutes))))
        }
    }
}

/// The higher the greater: `A` above `B`, `1` above `2`.
pub(super) fn rank(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(-i64::from(letter.to_ascii_uppercase())),
        digits if (1..=2).contains(&digits.len()) => text.parse::<i64>().ok().map(|n| -n),
        _ => None,
    }
}

fn priority(test: &PriorityTest, own: Option<&str>) -> bool {
    let Some(own) = own else { return false };
    match test {
        PriorityTest::Any => true,
        PriorityTest::OneOf(list) => list.iter().any(|p| p.eq_ignore_ascii_case(own)),
        PriorityTest::Compare(comparison, than) => rank(own).is_some_and(|own| comparison.holds(Some(own.cmp(than)))),
    }
}

fn outline(entries: &Entries, patterns: &[super::pattern::Pattern], segment: bool, h: usize) -> bool {
    let mut path = vec![h];
    while let Some(parent) = path.last().and_then(|h| entries.parent(*h)) {
        path.push(parent);
    }
    let title = |h: &usize| entries.headlines[*h].title.as_str();
    if segment {
        // Some run of headings, top down, fits pattern by pattern.
        path.reverse();
        return path
            .windows(patterns.len().max(1))
            .any(|run| run.iter().zip(patterns).all(|(h, p)| p.is_match(title(h))));
    }
    patterns.iter().all(|pattern| path.iter().any(|h| pattern.is_match(title(h))))
}

fn source(entries: &Entries, lang: Option<&str>, patterns: &[super::pattern::Pattern], h: usize) -> bool {
    let document = entries.document;
    let elements = document.elements.get(entries.heading(h).elements.clone()).unwrap_or_default();
    elements.iter().any(|element| {
        let Kind::Block(block) = &element.kind else { return false };
        let own = document.slice(&block.args).split_whitespace().next().unwrap_or("").to_ascii_lowercase();
        block.kind == crate::syntax::BlockKind::Src
            && lang.is_none_or(|lang| lang == own)
            && patterns.iter().all(|pattern| pattern.is_match(document.slice(&block.body)))
    })
}

/// The insides of `[[…]]`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("[[").skip(1).filter_map(|rest| rest.split_once("]]").map(|(inner, _)| inner))
}

fn on_time(entries: &Entries, times: &Times, h: usize) -> bool {
    let headline = &entries.headlines[h];
    let planned = |t: &Option<crate::model::Timestamp>| t.as_ref().and_then(|t| time::stamp(&t.raw)).map(|(s, _)| s);
    let (scheduled, deadline, closed) =
        (planned(&headline.scheduled), planned(&headline.deadline), planned(&headline.closed));
    let any = |list: &[Option<Stamp>]| list.iter().flatten().any(|stamp| within(times, stamp));
    let planning = [scheduled, deadline, closed];
    match times.which {
        Which::Scheduled => any(&[scheduled]),
        Which::Deadline => any(&[deadline]),
        Which::Closed => any(&[closed]),
        Which::Planning => any(&planning),
        Which::Clock => entries.clocks(h).iter().any(|stamp| within(times, stamp)),
        Which::Active | Which::Inactive | Which::Any => {
            let fits = |stamp: &Stamp| match times.which {
                Which::Active => stamp.active,
                Which::Inactive => !stamp.active,
                _ => true,
            };
            let mut found = planning.iter().flatten().any(|s| fits(s) && within(times, s));
            if !found {
                entries.each_stamp(h, &mut |stamp, _| {
                    found = fits(&stamp) && within(times, &stamp);
                    !found
                });
            }
            found || (times.which != Which::Active && entries.clocks(h).iter().any(|s| within(times, s)))
        }
    }
}

/// Whether a timestamp, or what its repeater makes of it, lies between two moments.
fn within(times: &Times, stamp: &Stamp) -> bool {
    if times.timed.is_some_and(|timed| timed != stamp.timed) {
        return false;
    }
    if times.auto {
        let ahead = stamp.warning.unwrap_or(WARNING_DAYS) * DAY;
        return times.to.is_none_or(|to| stamp.start <= to + ahead);
    }
    let last = stamp.end.unwrap_or(stamp.start);
    if times.from.is_none_or(|from| last >= from) && times.to.is_none_or(|to| stamp.start <= to) {
        return true;
    }
    let (Some(from), Some((n, _))) = (times.from, stamp.repeat) else { return false };
    if !stamp.active || times.literal || n == 0 {
        return false;
    }
    match times.to {
        None => true,
        Some(to) => {
            let of_day = stamp.start.rem_euclid(DAY);
            let mut starts = stamp.occurrences(from.div_euclid(DAY)).map(|day| day * DAY + of_day);
            starts.find(|start| *start >= from).is_some_and(|start| start <= to)
        }
    }
}
