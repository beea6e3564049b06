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
        for value in values {
            let words: Vec<&str> = value.split_whitespace().collect();
            let bar = words.iter().position(|w| *w == "|");
            let split = bar.unwrap_or_else(|| words.len().saturating_sub(1));
            for (i, word) in words.iter().enumerate().filter(|(_, w)| **w != "|") {
                // `WAIT(w@/!)` carries a key and logging marks.
                let word = word.split('(').next().unwrap_or("");
                if !word.is_empty() {
                    let list = if i < split { &mut keywords.open } else { &mut keywords.done };
                    list.push(word.to_owned());
                }
            }
        }
        if keywords.open.is_empty() && keywords.done.is_empty() { Self::default() } else { keywords }
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
    let (end, tags) = tags(line, stars);
    out.tags = tags;
    let mut rest = crate::text::trim(line, stars..end);
    if let Some(word) = first_word(line, &rest)
        && todo.contains(&line[word.clone()])
    {
        rest = crate::text::trim(line, word.end..end);
        out.state = Some(word);
    }
    if let Some(len) = priority(&line[rest.clone()]) {
        out.priority = Some(rest.start + 2..rest.start + len - 1);
        rest = crate::text::trim(line, rest.start + len..end);
    }
    if let Some(word) = first_word(line, &rest)
        && &line[word.clone()] == "COMMENT"
    {
        out.comment = true;
        rest = crate::text::trim(line, word.end..end);
    }
    out.title = rest;
    out
}

fn first_word(line: &str, rest: &Range<usize>) -> Option<Range<usize>> {
    let text = &line[rest.clone()];
    let len = text.find([' ', '\t']).unwrap_or(text.len());
    (len > 0).then_some(rest.start..rest.start + len)
}

/// Length of `[#A]` at the beginning.
fn priority(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("[#")?;
    let close = inner.find(']')?;
    let name = &inner[..close];
    let letter = name.len() == 1 && name.bytes().all(|b| b.is_ascii_uppercase());
    let number = matches!(name.len(), 1 | 2) && name.bytes().all(|b| b.is_ascii_digit());
    (letter || number).then_some(close + 3)
}

/// Where the title ends, and the tags behind it.
fn tags(line: &str, stars: usize) -> (usize, Vec<Range<usize>>) {
    let trimmed = line.trim_end_matches([' ', '\t']).len();
    let start = line[..trimmed].rfind([' ', '\t']).map_or(trimmed, |i| i + 1);
    let word = &line[start..trimmed];
    let ok = start > stars
        && word.len() > 2
        && word.starts_with(':')
        && word.ends_with(':')
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '%' | ':'));
    if !ok {
        return (trimmed, Vec::new());
    }
    let mut out = Vec::new();
    let mut at = start;
    for tag in word.split(':') {
        if !tag.is_empty() {
            out.push(at..at + tag.len());
        }
        at += tag.len() + 1;
    }
    (start, out)
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
    }
}
