//! What one line is, looked at alone.
//!
//! Every function takes the text of a line without its break and answers with ranges relative to that text, so the
//! caller decides where in the file they are.

use std::ops::Range;

/// Width of the indentation in columns (a tab reaches the next multiple of eight) and in bytes.
pub(crate) fn indent(line: &str) -> (usize, usize) {
    let mut column = 0;
    for (i, b) in line.bytes().enumerate() {
        match b {
            b' ' => column += 1,
            b'\t' => column = (column / 8 + 1) * 8,
            _ => return (column, i),
        }
    }
    (column, line.len())
}

/// Only spaces and tabs (and the odd control character editors leave behind).
pub(crate) fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c))
}

/// Number of stars of a heading line.
pub(crate) fn stars(line: &str) -> Option<usize> {
    let n = line.bytes().take_while(|b| *b == b'*').count();
    (n > 0 && line.as_bytes().get(n) == Some(&b' ')).then_some(n)
}

/// `#+key: value`; the ranges of key and value.
pub(crate) fn keyword(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let rest = line[start..].strip_prefix("#+")?;
    let key_start = start + 2;
    let word_end = rest.find([' ', '\t']).unwrap_or(rest.len());
    // `#+attr_html: :width 3` and `#+PROPERTY: header-args:js x` both end their key at the first colon; a bracket
    // (`#+CAPTION[a:b]:`) may hold colons of its own.
    let mut depth = 0usize;
    let mut colon = None;
    for (i, b) in rest[..word_end].bytes().enumerate() {
        match b {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                colon = Some(i);
                break;
            }
            _ => {}
        }
    }
    let colon = colon.filter(|i| *i > 0)?;
    let value = crate::text::trim(line, key_start + colon + 1..line.len());
    Some((key_start..key_start + colon, value))
}

/// `#+begin_name args`: the ranges of name and arguments.
pub(crate) fn block_begin(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let rest = strip_ascii_prefix(&line[start..], "#+begin_")?;
    let name_start = line.len() - rest.len();
    let name_len = rest.find([' ', '\t']).unwrap_or(rest.len());
    (name_len > 0).then(|| {
        let name = name_start..name_start + name_len;
        let args = crate::text::trim(line, name.end..line.len());
        (name, args)
    })
}

/// `#+begin: name args`.
pub(crate) fn dynamic_begin(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let rest = strip_ascii_prefix(&line[start..], "#+begin:")?;
    let at = line.len() - rest.len();
    let all = crate::text::trim(line, at..line.len());
    let len = line[all.clone()].find([' ', '\t']).unwrap_or(all.len());
    (len > 0).then(|| (all.start..all.start + len, crate::text::trim(line, all.start + len..all.end)))
}

/// What a line closes, as a key of the scanner's table: `src`, `:` (dynamic), `:end:`, `\align`.
pub(crate) fn closes(line: &str) -> Option<String> {
    let rest = line.trim();
    if rest.len() > 200 {
        return None;
    }
    if let Some(name) = strip_ascii_prefix(rest, "#+end_") {
        return (!name.is_empty() && !name.contains([' ', '\t'])).then(|| name.to_ascii_lowercase());
    }
    if rest.eq_ignore_ascii_case("#+end:") || rest.eq_ignore_ascii_case("#+end") {
        return Some(":".to_owned());
    }
    if rest.eq_ignore_ascii_case(":end:") {
        return Some(":end:".to_owned());
    }
    let at = rest.rfind("\\end{")?;
    let name = rest[at + 5..].strip_suffix('}')?;
    Some(format!("\\{name}"))
}

/// `:NAME:` alone on its line.
pub(crate) fn drawer(line: &str) -> Option<Range<usize>> {
    let trimmed = line.trim();
    let name = trimmed.strip_prefix(':')?.strip_suffix(':')?;
    let ok = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let (_, start) = indent(line);
    (ok && !name.eq_ignore_ascii_case("end")).then(|| start + 1..start + 1 + name.len())
}

/// `:key: value` or `:key+: value` of a property drawer.
pub(crate) fn property(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let rest = line[start..].strip_prefix(':')?;
    let key_start = start + 1;
    let word = rest.find([' ', '\t']).unwrap_or(rest.len());
    let key = rest[..word].strip_suffix(':')?;
    (!key.is_empty()).then(|| {
        let range = key_start..key_start + key.len();
        let value = crate::text::trim(line, range.end + 1..line.len());
        (range, value)
    })
}

/// `# comment`.
pub(crate) fn is_comment(line: &str) -> bool {
    let (_, start) = indent(line);
    line[start..].strip_prefix('#').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// `: fixed width`.
pub(crate) fn is_fixed_width(line: &str) -> bool {
    let (_, start) = indent(line);
    line[start..].strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// A row of a table.
pub(crate) fn is_table(line: &str) -> bool {
    line[indent(line).1..].starts_with('|')
}

/// Five dashes or more.
pub(crate) fn is_rule(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.len() >= 5 && trimmed.bytes().all(|b| b == b'-')
}

/// `\begin{name}`: the scanner's closing key.
pub(crate) fn latex_begin(line: &str) -> Option<String> {
    let rest = line[indent(line).1..].strip_prefix("\\begin{")?;
    let name = &rest[..rest.find('}')?];
    let ok = !name.is_empty() && name.len() < 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*');
    ok.then(|| format!("\\{name}"))
}

/// `[fn:label]` at the beginning of a line: the label, and where the text begins.
pub(crate) fn footnote(line: &str) -> Option<(Range<usize>, usize)> {
    let rest = line.strip_prefix("[fn:")?;
    let len = rest.find(']')?;
    let ok = len > 0 && rest[..len].chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    ok.then(|| (4..4 + len, 4 + len + 1))
}

/// `CLOCK: …`.
pub(crate) fn is_clock(line: &str) -> bool {
    line[indent(line).1..].strip_prefix("CLOCK:").is_some_and(|rest| rest.trim_start().starts_with(['[', '=', '<']))
}

/// The parts of a list item's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemLine {
    pub(crate) ordered: bool,
    pub(crate) counter: Option<u32>,
    /// `' '`, `'X'` or `'-'`.
    pub(crate) checkbox: Option<u8>,
    pub(crate) tag: Option<Range<usize>>,
    /// Where the item's text begins.
    pub(crate) text: usize,
}

/// `- text`, `1. text`, `+ [X] term :: text`.
pub(crate) fn item(line: &str) -> Option<ItemLine> {
    let (_, start) = indent(line);
    let bytes = line.as_bytes();
    let (ordered, mut at) = bullet(bytes, start)?;
    at = skip_spaces(bytes, at);
    let mut counter = None;
    if let Some(rest) = line[at..].strip_prefix("[@")
        && let Some(close) = rest.find(']')
        && let Ok(n) = rest[..close].parse()
    {
        counter = Some(n);
        at = skip_spaces(bytes, at + 2 + close + 1);
    }
    let mut checkbox = None;
    if let [b'[', mark @ (b' ' | b'X' | b'-'), b']', ..] = &bytes[at..]
        && bytes.get(at + 3).is_none_or(|b| matches!(b, b' ' | b'\t'))
    {
        checkbox = Some(*mark);
        at = skip_spaces(bytes, at + 3);
    }
    let mut tag = None;
    if !ordered && let Some((term, text)) = description(line, at) {
        tag = Some(term);
        at = text;
    }
    Some(ItemLine { ordered, counter, checkbox, tag, text: at })
}

/// Whether the bullet counts, and where it ends.
fn bullet(bytes: &[u8], start: usize) -> Option<(bool, usize)> {
    let first = *bytes.get(start)?;
    let (ordered, end) = match first {
        b'-' | b'+' => (false, start + 1),
        b'*' if start > 0 => (false, start + 1),
        b'0'..=b'9' => {
            let digits = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
            matches!(bytes.get(start + digits), Some(b'.' | b')')).then_some((true, start + digits + 1))?
        }
        _ => return None,
    };
    bytes.get(end).is_none_or(|b| matches!(b, b' ' | b'\t')).then_some((ordered, end))
}

fn skip_spaces(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// `term :: text`.
fn description(line: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let rest = &line[at..];
    let mut from = 0;
    while let Some(i) = rest[from..].find("::") {
        let i = from + i;
        let before = i == 0 || rest[..i].ends_with([' ', '\t']);
        let after = rest[i + 2..].is_empty() || rest[i + 2..].starts_with([' ', '\t']);
        if before && after && i > 0 {
            let text = skip_spaces(line.as_bytes(), at + i + 2);
            return Some((crate::text::trim(line, at..at + i), text));
        }
        from = i + 2;
    }
    None
}

/// `strip_prefix` that does not mind the case of ASCII letters.
pub(crate) fn strip_ascii_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords() {
        let line = "  #+PROPERTY: header-args:js :x 1";
        let (key, value) = keyword(line).unwrap_or_default();
        assert_eq!((&line[key], &line[value]), ("PROPERTY", "header-args:js :x 1"));
        assert_eq!(keyword("#+begin_src js :x"), None);
        assert_eq!(keyword("#+:"), None);
    }

    #[test]
    fn items() {
        let item = |l: &str| item(l).map(|i| l[i.text..].to_owned());
        assert_eq!(item("- [X] a"), Some("a".to_owned()));
        assert_eq!(item("-"), Some(String::new()));
        assert_eq!(item("-x"), None);
        assert_eq!(item("* x"), None);
        assert_eq!(item("12) [@3] x"), Some("x".to_owned()));
        assert_eq!(item("- term :: x"), Some("x".to_owned()));
    }

    #[test]
    fn properties() {
        let line = "  :header-args:js+:  :a b ";
        let (key, value) = property(line).unwrap_or_default();
        assert_eq!((&line[key], &line[value]), ("header-args:js+", ":a b"));
        assert_eq!(property(":a b:"), None);
    }
}
