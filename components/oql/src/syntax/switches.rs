//! What stands behind `#+begin_src` and `#+begin_example`: language, switches, parameters.

use std::ops::Range;

/// The rest of a `#+begin_src` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SourceLine {
    pub(crate) lang: Option<Range<usize>>,
    pub(crate) switches: Option<Range<usize>>,
    pub(crate) parameters: Option<Range<usize>>,
}

/// What the switches of a block ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switches {
    /// `-n` and `+n`: whether the count goes on, and the lines counted before the first one.
    pub(crate) number: Option<(bool, u64)>,
    /// `-i`
    pub(crate) preserve_indent: bool,
    /// Whether references to lines stay visible.
    pub(crate) retain_labels: bool,
    /// Whether links show the label rather than the number of the line.
    pub(crate) use_labels: bool,
    /// `-l "(ref:%s)"`
    pub(crate) label_format: Option<Range<usize>>,
}

/// Takes the arguments of a `src` block apart; `args` is a range of `text`.
pub(crate) fn source_line(text: &str, args: &Range<usize>) -> SourceLine {
    let line = text.get(args.clone()).unwrap_or("");
    let mut at = super::line::first_run(line).len();
    let range = |from: usize, to: usize| (to > from).then_some(args.start + from..args.start + to);
    let lang = range(0, at);
    let begin = at;
    while let Some(len) = switch(&line[at..]) {
        at += len;
    }
    let trimmed = |from: usize, to: usize| {
        let r = crate::text::trim(text, args.start + from..args.start + to);
        (!r.is_empty()).then_some(r)
    };
    SourceLine { lang, switches: trimmed(begin, at), parameters: trimmed(at, line.len()) }
}

/// Length of the switch at the beginning, with the spaces before it.
fn switch(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(' ');
    let spaces = text.len() - rest.len();
    if spaces == 0 {
        return None;
    }
    let len = match rest.as_bytes() {
        [b'-', b'l' | b'L', b' ', b'"', behind @ ..] => {
            behind.iter().rposition(|b| *b == b'"').filter(|i| *i > 0).map(|i| i + 5)?
        }
        [b'-', b'i' | b'k' | b'r' | b'I' | b'K' | b'R', ..] => 2,
        [b'-' | b'+', b'n' | b'N', behind @ ..] => {
            let spaces = behind.iter().take_while(|b| **b == b' ').count();
            let digits = behind[spaces..].iter().take_while(|b| b.is_ascii_digit()).count();
            2 + if digits > 0 { spaces + digits } else { 0 }
        }
        _ => return None,
    };
    Some(spaces + len)
}

/// Whether `-i` is among the switches.
pub(crate) fn preserves(switches: &str) -> bool {
    has(switches, 'i')
}

/// What the switches in a range of `text` mean.
#[allow(dead_code, reason = "for the exporter")]
pub(crate) fn switches(text: &str, range: &Range<usize>) -> Switches {
    let line = text.get(range.clone()).unwrap_or("");
    let number = numbering(line);
    let retain_labels = !has(line, 'r') || (number.is_some() && has(line, 'k'));
    let label_format = line.find("-l ").and_then(|i| {
        let rest = line[i + 3..].trim_start_matches(' ');
        let inner = rest.strip_prefix('"')?;
        let len = inner.find('"').filter(|n| *n > 0)?;
        let start = range.start + line.len() - inner.len();
        Some(start..start + len)
    });
    Switches {
        number,
        preserve_indent: has(line, 'i'),
        retain_labels,
        use_labels: retain_labels && !has(line, 'k'),
        label_format,
    }
}

/// `-x` with no letter or digit behind.
fn has(switches: &str, letter: char) -> bool {
    switches.match_indices('-').any(|(i, _)| {
        let mut chars = switches[i + 1..].chars();
        chars.next().is_some_and(|c| c.eq_ignore_ascii_case(&letter))
            && chars.next().is_none_or(|c| !c.is_alphanumeric())
    })
}

fn numbering(switches: &str) -> Option<(bool, u64)> {
    switches.match_indices(['-', '+']).find_map(|(i, sign)| {
        let rest = switches[i + 1..].strip_prefix(['n', 'N'])?;
        let value = rest.trim_start_matches(' ');
        let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 && rest.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        let first: u64 = value[..digits].parse().unwrap_or(1);
        Some((sign == "+", first.saturating_sub(1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: (&str, &str, &str)) {
        let parts = source_line(line, &(0..line.len()));
        let part = |r: Option<Range<usize>>| r.map_or("", |r| &line[r]);
        assert_eq!((part(parts.lang), part(parts.switches), part(parts.parameters)), expect);
    }

    #[test]
    fn parts() {
        check("js -n 10 -r -l \"(%s)\" :x y", ("js", "-n 10 -r -l \"(%s)\"", ":x y"));
        check(":x y", (":x", "", "y"));
        check("c\t-n", ("c", "", "-n"));
        check("", ("", "", ""));
        let line = "+n 5 -k -l \"[%s]\"";
        let s = switches(line, &(0..line.len()));
        assert_eq!((s.number, s.use_labels, s.label_format.map(|r| &line[r])), (Some((true, 4)), false, Some("[%s]")));
    }
}
