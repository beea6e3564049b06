//! Babel header arguments: `:key value :key value`, where a value may hold anything but ` :key`.

use std::ops::Range;

/// One argument, as ranges of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arg {
    /// Without the colon.
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// The arguments in `text[range]`. White space and a colon begin the next one, unless inside quotes or brackets.
pub(crate) fn parse(text: &str, range: &Range<usize>) -> Vec<Arg> {
    let mut out: Vec<Arg> = Vec::new();
    for start in starts(text.get(range.clone()).unwrap_or("")) {
        let start = range.start + start;
        if let Some(last) = out.last_mut() {
            last.value = crate::text::trim(text, last.value.start..start);
        }
        let rest = &text[start + 1..range.end];
        let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let key = start + 1..start + 1 + len;
        let value = crate::text::trim(text, key.end..range.end);
        // The value of the last argument reaches to the end; that of the others is cut above.
        let value = if value.is_empty() { key.end..key.end } else { value };
        out.push(Arg { key, value });
    }
    out
}

/// Offsets of the colons that begin an argument.
fn starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut depth = 0usize;
    let mut quoted = false;
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'"' if quoted => quoted = bytes[i - 1] == b'\\',
            // A quote that never closes is a plain character.
            b'"' => quoted = bytes[i + 1..].contains(&b'"'),
            _ if quoted => {}
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0
                && (i == 0 || bytes[i - 1].is_ascii_whitespace())
                && bytes.get(i + 1).is_some_and(|n| !n.is_ascii_whitespace() && *n != b':') =>
            {
                out.push(i);
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[(&str, &str)]) {
        let args = parse(text, &(0..text.len()));
        let got: Vec<(&str, &str)> = args.iter().map(|a| (&text[a.key.clone()], &text[a.value.clone()])).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn arguments() {
        check(":in events:list :out x:string", &[("in", "events:list"), ("out", "x:string")]);
        check("-n :var a=\"x :y\" :persist :dir ./a b", &[("var", "a=\"x :y\""), ("persist", ""), ("dir", "./a b")]);
        check(":a (1 :b 2) :c", &[("a", "(1 :b 2)"), ("c", "")]);
        check(": x", &[]);
    }
}
