//! What both syntaxes mean.

use super::pattern::Pattern;

/// A condition on a heading.
#[derive(Debug)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Tag(Tags, TagTest),
    /// A property or one of Org's special ones is there.
    Has {
        name: String,
        inherit: bool,
    },
    Property(PropertyTest),
    /// One of these states; any open one if the list is empty.
    Todo(Vec<String>),
    TodoLike(Pattern),
    Done,
    /// The title.
    Heading(Pattern),
    /// The entry's own text, heading to next heading.
    Text(Pattern),
    Priority(PriorityTest),
    Times(Times),
    /// Some heading in this relation holds; any heading at all where nothing is asked of it.
    Related(Relation, Option<Box<Expr>>),
    /// The file's path.
    Path(Pattern),
    /// Titles from the top down: each pattern on one of them; in a row and at the end if `segment`.
    Outline {
        patterns: Vec<Pattern>,
        segment: bool,
    },
    Category(Vec<String>),
    Source {
        lang: Option<String>,
        patterns: Vec<Pattern>,
    },
    Link(Option<Pattern>),
    /// `:Effort:` in minutes.
    Effort(Comparison, f64),
}

/// Whose tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    All,
    Own,
    Inherited,
}

#[derive(Debug)]
pub(super) enum TagTest {
    Any,
    Is(String),
    Like(Pattern),
    /// A group of `#+TAGS:`: letter case does not count.
    Group(Vec<String>, Vec<Pattern>),
}

/// A property compared with a value.
#[derive(Debug)]
pub(super) struct PropertyTest {
    pub(super) name: String,
    pub(super) comparison: Comparison,
    pub(super) value: Value,
    /// `=*`: a missing property is no match; without the star it compares like an empty text.
    pub(super) present: bool,
    pub(super) inherit: bool,
}

#[derive(Debug)]
pub(super) enum PriorityTest {
    Any,
    OneOf(Vec<String>),
    Compare(Comparison, i64),
}

/// Which timestamps of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Scheduled,
    Deadline,
    Closed,
    Planning,
    Active,
    Inactive,
    Any,
    Clock,
}

/// Timestamps between two moments (minutes, both included).
#[derive(Debug)]
pub(super) struct Times {
    pub(super) which: Which,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    pub(super) timed: Option<bool>,
    /// `(deadline auto)`: each deadline's own warning.
    pub(super) auto: bool,
    /// Only what is written, not what a repeater makes of it.
    pub(super) literal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Parent,
    Ancestors,
    Children,
    Descendants,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// What it is compared with.
#[derive(Debug)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    /// Minutes.
    Time(i64),
    Like(Pattern),
}

impl Comparison {
    /// The comparison a text begins with, and its length.
    pub(super) fn at(text: &str) -> Option<(Comparison, usize)> {
        let all = [
            ("<=", Comparison::LessEqual),
            (">=", Comparison::GreaterEqual),
            ("<>", Comparison::Unequal),
            ("!=", Comparison::Unequal),
            ("/=", Comparison::Unequal),
            ("==", Comparison::Equal),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        all.into_iter().find(|(sign, _)| text.starts_with(sign)).map(|(sign, c)| (c, sign.len()))
    }

    pub(super) fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        match self {
            Comparison::Equal => order == Some(Equal),
            Comparison::Unequal => order != Some(Equal),
            Comparison::Less => order == Some(Less),
            Comparison::LessEqual => matches!(order, Some(Less | Equal)),
            Comparison::Greater => order == Some(Greater),
            Comparison::GreaterEqual => matches!(order, Some(Greater | Equal)),
        }
    }
}

/// Emacs' `string-to-number`: the number a text begins with, else 0.
pub(super) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start_matches([' ', '\t']);
    let b = text.as_bytes();
    let digits = |from: usize| b.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let sign = usize::from(matches!(b.first(), Some(b'-' | b'+')));
    let mut end = sign + digits(sign);
    let mut any = end > sign;
    if b.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        end += 1 + fraction;
    }
    if !any {
        return 0.0;
    }
    if matches!(b.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(b.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    text.get(..end).and_then(|t| t.trim_end_matches('.').parse().ok()).unwrap_or(0.0)
}

/// An Org duration in minutes: `1:30`, `2h`, `1d 3h 5min`, `45`.
pub(crate) fn duration(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Ok(minutes) = text.parse::<f64>() {
        return Some(minutes);
    }
    // `1h 20min`, `1d3h`, perhaps with an `h:mm` at the end.
    let mut rest = text;
    while !rest.is_empty() {
        let len = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'.').count();
        let number: f64 = rest.get(..len)?.parse().ok()?;
        rest = &rest[len..];
        if let Some(clock) = rest.strip_prefix(':') {
            let mut parts = clock.split(':');
            let minutes = parts.next().filter(|m| m.len() == 2)?.parse::<u32>().ok()?;
            let seconds = match parts.next() {
                Some(s) => f64::from(s.parse::<u32>().ok().filter(|_| s.len() == 2)?),
                None => 0.0,
            };
            return parts.next().is_none().then_some(total + number * 60.0 + f64::from(minutes) + seconds / 60.0);
        }
        rest = rest.trim_start();
        let len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        total += number
            * match rest.get(..len)? {
                "min" => 1.0,
                "h" => 60.0,
                "d" => 1440.0,
                "w" => 10_080.0,
                "m" => 43_200.0,
                "y" => 525_960.0,
                _ => return None,
            };
        rest = rest[len..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let got: Vec<f64> = ["12abc", " -1.5e2x", "x", ".5", "1.", "+3", "1e", ""].map(leading_number).to_vec();
        assert_eq!(got, [12.0, -150.0, 0.0, 0.5, 1.0, 3.0, 1.0, 0.0]);
    }

    #[test]
    fn durations() {
        let got: Vec<Option<f64>> = ["1:30", "2h", "1d 3h 5min", "45", "x", "1h 0:10", "1:3"].map(duration).to_vec();
        assert_eq!(got, [Some(90.0), Some(120.0), Some(1625.0), Some(45.0), None, Some(70.0), None]);
    }
}
