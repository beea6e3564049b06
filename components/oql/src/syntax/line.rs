//! What one line is, looked at alone.
//!
//! Every function takes the text of a line without its break and answers with ranges relative to that text, so the
//! caller decides where in the file they are.

use std::ops::Range;

/// White space as Emacs has it (`\s-`): what ends a word that holds anything else.
pub(crate) fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\r' | '\x0c' | ' ' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// A character of a drawer's name or a footnote's label (`[-_[:word:]]`), as Emacs has words.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '%' | '\'');
    }
    // Emacs takes everything for a letter but white space, punctuation and signs.
    !matches!(c, '\u{a0}'..='\u{a4}' | '\u{a6}'..='\u{b1}' | '\u{b4}' | '\u{b6}' | '\u{b8}' | '\u{ba}'..='\u{bf}' | '×' | '÷'
        | '\u{2000}'..='\u{2026}' | '\u{202f}'..='\u{205f}' | '\u{2190}'..='\u{244f}' | '\u{2500}'..='\u{254b}'
        | '\u{2a00}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{301c}' | '\u{30fb}'
        | '\u{ff01}'..='\u{ff0f}' | '\u{ff1b}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}')
}

/// The characters before the first white space.
pub(crate) fn first_run(text: &str) -> &str {
    &text[..text.find(is_space).unwrap_or(text.len())]
}

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

/// The column a bullet stands in, for lists: a tab counts eight wherever it stands.
pub(crate) fn list_column(line: &str) -> (usize, usize) {
    let len = line.len() - unindented(line).len();
    (line[..len].bytes().map(|b| if b == b'\t' { 8 } else { 1 }).sum(), len)
}

/// The line without its indentation.
pub(crate) fn unindented(line: &str) -> &str {
    line.trim_start_matches([' ', '\t'])
}

/// Only spaces and tabs.
pub(crate) fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| matches!(b, b' ' | b'\t'))
}

/// Number of stars of a heading line.
pub(crate) fn stars(line: &str) -> Option<usize> {
    if !line.starts_with('*') {
        return None;
    }
    let n = line.bytes().take_while(|b| *b == b'*').count();
    (line.as_bytes().get(n) == Some(&b' ')).then_some(n)
}

/// `#+key: value`; the ranges of key and value. The key reaches to the last colon before a blank.
pub(crate) fn keyword(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let run = first_run(line[start..].strip_prefix("#+")?);
    let colon = run.rfind(':').filter(|i| *i > 0)?;
    let key = start + 2..start + 2 + colon;
    let value = crate::text::trim(line, key.end + 1..line.len());
    Some((key, value))
}

/// The keywords that belong to the element below, beside `ATTR_…`.
const AFFILIATED: &[&str] = &[
    "name", "caption", "header", "headers", "results", "result", "plot", "data", "label", "resname", "source",
    "srcname", "tblname",
];

/// The parts of a keyword that may belong to the element below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Affiliated {
    /// Without the short form in brackets.
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// `#+name: x`, `#+caption[short]: long`, `#+attr_html: …`.
pub(crate) fn affiliated(line: &str) -> Option<Affiliated> {
    let (_, start) = indent(line);
    let rest = line[start..].strip_prefix("#+")?;
    let len = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
    let (name, behind) = rest.split_at(len);
    let attribute = len > 5 && strip_ascii_prefix(name, "attr_").is_some();
    if !attribute && !AFFILIATED.iter().any(|k| k.eq_ignore_ascii_case(name)) {
        return None;
    }
    let dual = name.eq_ignore_ascii_case("caption") || name.eq_ignore_ascii_case("results");
    let colon = match behind.as_bytes().first()? {
        b':' => 0,
        b'[' if dual => behind.rfind("]:")? + 1,
        _ => return None,
    };
    let key = start + 2..start + 2 + len;
    let value = crate::text::trim(line, key.end + colon + 1..line.len());
    Some(Affiliated { key, value })
}

/// `#+begin_name args`: the ranges of name and arguments.
pub(crate) fn block_begin(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let rest = strip_ascii_prefix(unindented(line), "#+begin_")?;
    let name_start = line.len() - rest.len();
    let name_len = first_run(rest).len();
    (name_len > 0).then(|| {
        let name = name_start..name_start + name_len;
        let args = crate::text::trim(line, name.end..line.len());
        (name, args)
    })
}

/// `#+begin: name args`.
pub(crate) fn dynamic_begin(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let rest = strip_ascii_prefix(unindented(line), "#+begin:")?;
    let start = line.len() - unindented(rest).len();
    let len = first_run(&line[start..]).len();
    (len > 0).then(|| (start..start + len, crate::text::trim(line, start + len..line.len())))
}

/// `#+call: value`; the range of the value.
pub(crate) fn babel_call(line: &str) -> Option<Range<usize>> {
    let rest = strip_ascii_prefix(unindented(line), "#+call:")?;
    Some(crate::text::trim(line, line.len() - rest.len()..line.len()))
}

/// `:NAME:` alone on its line. `:END:` is one too: what follows it may end with another.
pub(crate) fn drawer(line: &str) -> Option<Range<usize>> {
    let rest = unindented(line);
    let start = line.len() - rest.len() + 1;
    let name = rest.trim_end_matches([' ', '\t']).strip_prefix(':')?.strip_suffix(':')?;
    (!name.is_empty() && name.chars().all(is_word)).then(|| start..start + name.len())
}

/// `:key: value` or `:key+: value` of a property drawer.
pub(crate) fn property(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let (_, start) = indent(line);
    let rest = line[start..].strip_prefix(':')?;
    let word = first_run(rest);
    let key = word.strip_suffix(':')?;
    let blank_behind = rest[word.len()..].is_empty() || rest[word.len()..].starts_with([' ', '\t']);
    (!key.is_empty() && blank_behind).then(|| {
        let range = start + 1..start + 1 + key.len();
        let value = crate::text::trim(line, range.end + 1..line.len());
        (range, value)
    })
}

/// `# comment`.
pub(crate) fn is_comment(line: &str) -> bool {
    matches!(unindented(line).as_bytes(), [b'#'] | [b'#', b' ', ..])
}

/// `: fixed width`.
pub(crate) fn is_fixed_width(line: &str) -> bool {
    matches!(unindented(line).as_bytes(), [b':'] | [b':', b' ', ..])
}

/// A row of a table.
pub(crate) fn is_table(line: &str) -> bool {
    unindented(line).starts_with('|')
}

/// `#+TBLFM: formula`; without a formula it is an ordinary keyword.
pub(crate) fn is_table_formula(line: &str) -> bool {
    strip_ascii_prefix(unindented(line), "#+tblfm:").is_some_and(|rest| rest.starts_with(' '))
}

/// `+---+--+`, the rule of a drawn table.
pub(crate) fn is_grid_rule(line: &str) -> bool {
    let rest = line.trim_matches([' ', '\t']).as_bytes();
    rest.len() > 2
        && rest.first() == Some(&b'+')
        && rest.last() == Some(&b'+')
        && rest.windows(2).all(|w| matches!(w, b"+-" | b"--" | b"-+"))
}

/// Five dashes or more.
pub(crate) fn is_rule(line: &str) -> bool {
    let trimmed = line.trim_matches([' ', '\t']);
    trimmed.len() >= 5 && trimmed.bytes().all(|b| b == b'-')
}

/// The name of an environment.
pub(crate) fn is_latex_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
}

/// `\begin{name}`: the name.
pub(crate) fn latex_begin(line: &str) -> Option<&str> {
    let rest = strip_ascii_prefix(unindented(line), "\\begin{")?;
    let name = &rest[..rest.find('}')?];
    is_latex_name(name).then_some(name)
}

/// `[fn:label]` at the beginning of a line: the label, and where the text begins.
pub(crate) fn footnote(line: &str) -> Option<(Range<usize>, usize)> {
    let rest = strip_ascii_prefix(line, "[fn:")?;
    let len = rest.find(|c| !is_word(c))?;
    (len > 0 && rest[len..].starts_with(']')).then_some((4..4 + len, 4 + len + 1))
}

/// `CLOCK: [timestamp]--[timestamp] => 1:00` and its shorter forms; nothing else may stand on the line.
pub(crate) fn is_clock(line: &str) -> bool {
    let Some(rest) = strip_ascii_prefix(unindented(line), "clock:") else { return false };
    let rest = rest.trim_end_matches([' ', '\t']);
    let behind = unindented(rest);
    if behind.len() == rest.len() {
        return false;
    }
    let duration = |text: &str| {
        let word = unindented(text);
        let value = word.strip_prefix("=>").map(unindented).unwrap_or("");
        let spaced = word.len() < text.len() && value.len() + 2 < word.len();
        spaced
            && value.split_once(':').is_some_and(|(h, m)| {
                !h.is_empty() && m.len() == 2 && h.bytes().chain(m.bytes()).all(|b| b.is_ascii_digit())
            })
    };
    if duration(rest) || is_stamp(behind) {
        return true;
    }
    let Some((stamps, time)) = behind.rfind(']').map(|i| behind.split_at(i + 1)) else { return false };
    duration(time) && stamps.match_indices("]--[").any(|(i, _)| is_stamp(&stamps[..=i]) && is_stamp(&stamps[i + 3..]))
}

/// `[2026-01-02 …]`; as in Org, what follows the date may hold brackets of its own.
fn is_stamp(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) else { return false };
    let Some((date, rest)) = inner.as_bytes().split_at_checked(10) else { return false };
    date.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
        && matches!(rest, [] | [b' ', ..])
}

/// The line that begins with `SCHEDULED:` or the like; only directly below a heading does it mean anything.
pub(crate) fn is_planning(line: &str) -> bool {
    let rest = unindented(line);
    ["scheduled:", "deadline:", "closed:"].iter().any(|k| strip_ascii_prefix(rest, k).is_some())
}

/// `%%(sexp)` at the beginning of a line.
pub(crate) fn is_diary_sexp(line: &str) -> bool {
    line.starts_with("%%(")
}

/// The parts of a list item's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemLine {
    pub(crate) ordered: bool,
    /// `[@5]`; letters count from 1.
    pub(crate) counter: Option<u32>,
    /// `' '`, `'X'` or `'-'`.
    pub(crate) checkbox: Option<u8>,
    pub(crate) tag: Option<Range<usize>>,
    /// Where the item's text begins.
    pub(crate) text: usize,
}

/// `*` at the very beginning, with a tab or nothing behind it: neither heading nor item.
pub(crate) fn is_star(line: &str) -> bool {
    matches!(line.as_bytes(), [b'*'] | [b'*', b'\t', ..])
}

/// Whether a line begins an item.
pub(crate) fn is_item(line: &str) -> bool {
    let (_, start) = indent(line);
    bullet(line.as_bytes(), start).is_some()
}

/// `- text`, `1. text`, `+ [X] term :: text`.
pub(crate) fn item(line: &str) -> Option<ItemLine> {
    let (_, start) = indent(line);
    let bytes = line.as_bytes();
    let (ordered, at) = bullet(bytes, start)?;
    let mut at = skip_spaces(bytes, at);
    let mut counter = None;
    if let Some((value, len)) = cookie(&line[at..]) {
        counter = Some(value);
        at = skip_spaces(bytes, at + len);
    }
    let mut checkbox = None;
    if let [b'[', mark @ (b' ' | b'X' | b'x' | b'-'), b']', ..] = &bytes[at..]
        && bytes.get(at + 3).is_none_or(|b| matches!(b, b' ' | b'\t'))
    {
        // Org takes a small `[x]` away as well, but it is no state of a box.
        checkbox = (*mark != b'x').then_some(*mark);
        at = skip_spaces(bytes, at + 3);
    }
    let mut tag = None;
    if !ordered && let Some((term, text)) = description(line, at) {
        tag = Some(term);
        at = text;
    }
    Some(ItemLine { ordered, counter, checkbox, tag, text: at })
}

/// `[@5]`, `[@start:5]` or `[@c]`: the number and the length.
fn cookie(text: &str) -> Option<(u32, usize)> {
    let rest = text.strip_prefix("[@")?;
    let rest = strip_ascii_prefix(rest, "start:").unwrap_or(rest);
    let close = rest.find(']')?;
    let value = &rest[..close];
    let number = match value.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => u32::from(letter.to_ascii_uppercase() - b'A') + 1,
        digits if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => value.parse().unwrap_or(u32::MAX),
        _ => return None,
    };
    Some((number, text.len() - rest.len() + close + 1))
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

/// `term :: text`; of several `::` the last one counts.
fn description(line: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let rest = &line[at..];
    let mut to = rest.len();
    while let Some(i) = rest[..to].rfind("::") {
        let after = rest[i + 2..].is_empty() || rest[i + 2..].starts_with([' ', '\t']);
        if after && rest[..i].ends_with([' ', '\t']) {
            let text = skip_spaces(line.as_bytes(), at + i + 2);
            return Some((crate::text::trim(line, at..at + i), text));
        }
        to = i + 1;
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
        let check = |line: &str, expect: Option<(&str, &str)>| {
            let got = keyword(line);
            assert_eq!(
                got.map(|(k, v)| (line[k].to_owned(), line[v].to_owned())),
                expect.map(|(k, v)| (k.into(), v.into()))
            );
        };
        check("  #+PROPERTY: header-args:js :x 1", Some(("PROPERTY", "header-args:js :x 1")));
        check("#+a:b:c d", Some(("a:b", "c d")));
        check("#+begin_src js :x", None);
        check("#+:", None);
        check("#+results[a b]: x", None);
    }

    #[test]
    fn affiliated_keywords() {
        let check = |line: &str, expect: Option<(&str, &str)>| {
            let got = affiliated(line).map(|a| (line[a.key].to_owned(), line[a.value].to_owned()));
            assert_eq!(got, expect.map(|(k, v)| (k.into(), v.into())), "{line}");
        };
        check("#+CAPTION[a: b]: c ]: d", Some(("CAPTION", "d")));
        check("  #+attr_html: :width 3", Some(("attr_html", ":width 3")));
        check("#+name[x]: y", None);
        check("#+attr_: y", None);
        check("#+title: y", None);
    }

    #[test]
    fn items() {
        let item = |l: &str| item(l).map(|i| l[i.text..].to_owned());
        assert_eq!(item("- [X] a"), Some("a".to_owned()));
        assert_eq!(item("- [x] a"), Some("a".to_owned()));
        assert_eq!(item("-"), Some(String::new()));
        assert_eq!(item("-x"), None);
        assert_eq!(item("* x"), None);
        assert_eq!(item("12) [@3] x"), Some("x".to_owned()));
        assert_eq!(item("- a :: b :: x"), Some("x".to_owned()));
        assert_eq!(item("- :: x"), Some(":: x".to_owned()));
    }

    #[test]
    fn properties() {
        let line = "  :header-args:js+:  :a b ";
        let (key, value) = property(line).unwrap_or_default();
        assert_eq!((&line[key], &line[value]), ("header-args:js+", ":a b"));
        assert_eq!(property(":a b:"), None);
    }

    #[test]
    fn clocks() {
        for good in [
            "CLOCK: [2026-01-02 Fri 10:00]",
            "  clock: [2026-01-02]--[2026-01-02 12:00] =>  2:00 ",
            "CLOCK: => 12:30",
            "CLOCK: [2026-01-02 Fri]--[2026-01-02 Fri]",
        ] {
            assert!(is_clock(good), "{good}");
        }
        for bad in ["CLOCK:", "CLOCK: <2026-01-02>", "CLOCK: [2026-01-02] x", "CLOCK: => 1:3", "CLOCK:=> 1:30"] {
            assert!(!is_clock(bad), "{bad}");
        }
    }

    #[test]
    fn grid_rules() {
        assert!(is_grid_rule(" +--+-+ "));
        assert!(!is_grid_rule("+-"));
        assert!(!is_grid_rule("++"));
        assert!(!is_grid_rule("+-++"));
    }
}
