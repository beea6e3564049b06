//! The parts of a heading line: state, priority, title, tags.

use std::ops::Range;

/// The states of a file: those before the bar are open, those behind it are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TodoKeywords {
    pub(crate) open: Vec<String>,
    pub(crate) done: Vec<String>,
}

impl Default for TodoKeywords {
    fn default() -> Self {
        TodoKeywords { open: vec!["TODO".to_owned()], done: vec!["DONE".to_owned()] }
    }
}

impl TodoKeywords {
    /// The states of all `#+TODO:` lines; Org's default where there is none.
    pub(crate) fn from_lines<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut keywords = TodoKeywords { open: Vec::new(), done: Vec::new() };
        let mut any = false;
        for value in values {
            any = true;
            let words: Vec<&str> = value.split_whitespace().collect();
            let bar = words.iter().position(|w| *w == "|");
            let split = bar.unwrap_or_else(|| words.len().saturating_sub(1));
            for (i, word) in words.iter().enumerate().filter(|(_, w)| **w != "|") {
                // `WAIT(w@/!)` carries a key and logging marks.
                let word =
                    word.split_once('(').filter(|(_, marks)| marks.ends_with(')')).map_or(*word, |(name, _)| name);
                if !word.is_empty() {
                    let list = if i < split { &mut keywords.open } else { &mut keywords.done };
                    list.push(word.to_owned());
                }
            }
        }
        if !any {
            return Self::default();
        }
        // Somewhere work has to end: without a done state the last one is it.
        if keywords.done.is_empty()
            && let Some(last) = keywords.open.pop()
        {
            keywords.done.push(last);
        }
        keywords
    }

    pub(crate) fn is_done(&self, word: &str) -> bool {
        self.done.iter().any(|k| k == word)
    }

    fn contains(&self, word: &str) -> bool {
        self.open.iter().chain(&self.done).any(|k| k == word)
    }
}

/// A heading line taken apart; ranges are relative to the line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Title {
    pub(crate) state: Option<Range<usize>>,
    pub(crate) priority: Option<Range<usize>>,
    pub(crate) comment: bool,
    pub(crate) title: Range<usize>,
    pub(crate) tags: Vec<Range<usize>>,
}

/// Takes a heading line apart.
pub(crate) fn parse(line: &str, stars: usize, todo: &TodoKeywords) -> Title {
    let mut out = Title::default();
    let mut at = skip(line, stars);
    if let Some(len) = state(&line[at..], todo) {
        out.state = Some(at..at + len);
        at = skip(line, at + len);
    }
    if let Some(value) = priority(&line[at..]) {
        let value = at + value.start..at + value.end;
        // Org takes what stands before the priority for part of it.
        at = value.end + 1 + usize::from(line[value.end + 1..].starts_with(' '));
        out.priority = Some(value);
    }
    if let Some(rest) = line[at..].strip_prefix("COMMENT")
        && (rest.is_empty() || rest.starts_with(' '))
    {
        out.comment = true;
        at = skip(line, at + "COMMENT".len());
    }
    let (end, tags) = tags(line, line[..at].trim_end_matches([' ', '\t']).len());
    out.tags = tags;
    let title = line[..end.max(at)].trim_end_matches([' ', '\t', '\r']).len();
    let start = skip(line, at);
    out.title = start..title.max(start);
    out
}

fn skip(line: &str, at: usize) -> usize {
    at + line[at..].bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Length of the state at the beginning; a space or the end of the line has to follow it.
fn state(text: &str, todo: &TodoKeywords) -> Option<usize> {
    let len = text.find(' ').unwrap_or(text.len());
    todo.contains(&text[..len]).then_some(len)
}

/// The value of the first `[#A]`: a letter, or a number up to 64.
fn priority(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(i) = text[from..].find("[#") {
        let start = from + i + 2;
        let len = text[start..].bytes().take(3).take_while(u8::is_ascii_alphanumeric).count();
        let value = &text[start..start + len];
        let letter = len == 1 && value.bytes().all(|b| b.is_ascii_alphabetic());
        let number = value.parse::<u8>().is_ok_and(|n| n <= 64) && (len == 1 || !value.starts_with('0'));
        if (letter || number) && text[start + len..].starts_with(']') {
            return Some(start..start + len);
        }
        from = start;
    }
    None
}

/// Where the title ends, and the tags behind it. Blanks have to stand before them, and nothing but blanks behind.
fn tags(line: &str, from: usize) -> (usize, Vec<Range<usize>>) {
    let trimmed = line.trim_end_matches([' ', '\t']).len().max(from);
    let start = line[..trimmed].rfind([' ', '\t']).map_or(0, |i| i + 1);
    let word = line.get(start..trimmed).filter(|_| start > from).unwrap_or("");
    let inner = word.strip_prefix(':').and_then(|w| w.strip_suffix(':')).unwrap_or("");
    if inner.is_empty() || !inner.chars().all(|c| is_tag(c) || c == ':') {
        return (trimmed, Vec::new());
    }
    let mut out = Vec::new();
    // Between two colons stands a tag without a name, as in Org.
    let mut at = start + 1;
    for tag in inner.split(':') {
        out.push(at..at + tag.len());
        at += tag.len() + 1;
    }
    (start, out)
}

/// Letters, digits and `_@#%`; fractions and numbers in circles are neither.
fn is_tag(c: char) -> bool {
    let sign = matches!(c, '²' | '³' | '¹' | '¼'..='¾' | '\u{2070}'..='\u{2089}' | '\u{2150}'..='\u{218b}' | '\u{2460}'..='\u{24ff}');
    (c.is_alphanumeric() && !sign) || matches!(c, '_' | '@' | '#' | '%' | '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: (&str, &str, &str, &str)) {
        let todo = TodoKeywords::from_lines(["NEXT WAIT(w@) | DONE(d!) KILLED"]);
        let t = parse(line, line.bytes().take_while(|b| *b == b'*').count(), &todo);
        let part = |r: &Option<Range<usize>>| r.clone().map_or("", |r| &line[r]);
        let tags: Vec<&str> = t.tags.iter().map(|r| &line[r.clone()]).collect();
        assert_eq!((part(&t.state), part(&t.priority), &line[t.title], tags.join(" ").as_str()), expect);
    }

    #[test]
    fn parts() {
        check("* NEXT [#A] Do it  :a:b_c: ", ("NEXT", "A", "Do it", "a b_c"));
        check("** WAIT", ("WAIT", "", "", ""));
        check("* TODO x", ("", "", "TODO x", ""));
        check("* COMMENT x :t:", ("", "", "x", "t"));
        check("* :t:", ("", "", "", "t"));
        check("* a :b c:", ("", "", "a :b c:", ""));
        check("* [#10] x [#A]", ("", "10", "x [#A]", ""));
        check("* [#65] x [#b]y :a::b:", ("", "b", "y", "a  b"));
        check("* WAIT\tx", ("", "", "WAIT\tx", ""));
        check("*  :a:", ("", "", "", "a"));
    }
}
