//! POSIX regular expressions, basic and extended, over bytes.
//!
//! A pattern is translated and run by `regex-automata`, so matching takes linear time; of several matches at one place
//! the longest wins, as POSIX says. Patterns with back-references go to a small backtracking matcher with a budget.

mod backtrack;
mod translate;

use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// Bytes a compiled pattern may have.
const SIZE: usize = 4 << 20;

/// A group's place; the whole match is the first.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(crate) struct Regex {
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    Plain(meta::Regex),
    /// Where alternatives make the first match differ from the longest: also the pattern that finds the longest end, and
    /// one that matches exactly a text.
    Longest {
        first: meta::Regex,
        all: meta::Regex,
    },
    Back(backtrack::Matcher),
}

/// How a pattern is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flavour {
    pub(crate) basic: bool,
    pub(crate) ignore_case: bool,
    /// `^` and `$` also match at lines.
    pub(crate) lines: bool,
    /// A backslash means something inside of brackets, as in awk.
    pub(crate) escapes_in_sets: bool,
}

impl Regex {
    /// A pattern of `grep -E`, `[[ =~ ]]`.
    pub(crate) fn extended(pattern: &str, ignore_case: bool) -> Result<Self, String> {
        Self::new(pattern, Flavour { ignore_case, ..Flavour::default() })
    }

    /// Compiles a pattern.
    pub(crate) fn new(pattern: &str, flavour: Flavour) -> Result<Self, String> {
        let translated = translate::translate(pattern, flavour)?;
        if translated.back_references {
            return Ok(Self { engine: Engine::Back(backtrack::Matcher::new(&translated.text, flavour)?) });
        }
        let first = build(&translated.text, flavour, MatchKind::LeftmostFirst)?;
        if !translated.alternatives {
            return Ok(Self { engine: Engine::Plain(first) });
        }
        let all = build(&translated.text, flavour, MatchKind::All)?;
        Ok(Self { engine: Engine::Longest { first, all } })
    }

    /// A text that means itself.
    pub(crate) fn literal(text: &str, ignore_case: bool) -> Result<Self, String> {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii_punctuation() {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        let flavour = Flavour { ignore_case, ..Flavour::default() };
        Ok(Self { engine: Engine::Plain(build(&escaped, flavour, MatchKind::LeftmostFirst)?) })
    }

    /// Whether there is a match.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match &self.engine {
            Engine::Plain(regex) | Engine::Longest { first: regex, .. } => regex.is_match(text),
            Engine::Back(matcher) => matcher.captures(text, 0).is_some(),
        }
    }

    /// The first match at or after a place.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        match &self.engine {
            Engine::Plain(regex) => {
                regex.search(&Input::new(text).range(from..)).map(|found| (found.start(), found.end()))
            }
            Engine::Longest { first, all } => {
                let found = first.search(&Input::new(text).range(from..))?;
                let input = Input::new(text).range(found.start()..).anchored(Anchored::Yes);
                let longest = all.search(&input).map_or(found.end(), |longest| longest.end());
                Some((found.start(), longest.max(found.end())))
            }
            Engine::Back(matcher) => matcher.captures(text, from).and_then(|groups| groups.first().copied().flatten()),
        }
    }

    /// The first match at or after a place, with its groups.
    pub(crate) fn captures(&self, text: &[u8], from: usize) -> Option<Groups> {
        let regex = match &self.engine {
            Engine::Plain(regex) => regex,
            Engine::Longest { first, .. } => first,
            Engine::Back(matcher) => return matcher.captures(text, from),
        };
        let groups = |captures: &Captures| -> Groups {
            (0..captures.group_len()).map(|i| captures.get_group(i).map(|span| (span.start, span.end))).collect()
        };
        let mut captures = regex.create_captures();
        regex.search_captures(&Input::new(text).range(from..), &mut captures);
        let first = captures.get_match()?;
        let (start, end) = self.find(text, from)?;
        if end != first.end() {
            // The groups of the longer match: the text is cut there, so that it must go on to the end.
            let cut = Input::new(&text[..end]).range(start..).anchored(Anchored::Yes);
            let mut longer = regex.create_captures();
            regex.search_captures(&cut, &mut longer);
            if longer.get_match().is_some_and(|found| found.end() == end) {
                return Some(groups(&longer));
            }
            let mut all = groups(&captures);
            all[0] = Some((start, end));
            return Some(all);
        }
        Some(groups(&captures))
    }
}

fn build(pattern: &str, flavour: Flavour, kind: MatchKind) -> Result<meta::Regex, String> {
    let syntax = syntax::Config::new()
        .utf8(false)
        .dot_matches_new_line(true)
        .multi_line(flavour.lines)
        .case_insensitive(flavour.ignore_case)
        .nest_limit(100);
    let config =
        meta::Config::new().match_kind(kind).utf8_empty(false).nfa_size_limit(Some(SIZE)).hybrid_cache_capacity(SIZE);
    meta::Builder::new().syntax(syntax).configure(config).build(pattern).map_err(|error| {
        let reason = match error.syntax_error() {
            Some(error) => error.to_string().lines().last().unwrap_or("").trim_start_matches("error: ").to_owned(),
            None => "it is too large".to_owned(),
        };
        format!("the regular expression is not understood: {reason}")
    })
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Regex};

    fn check(basic: bool, pattern: &str, text: &str, expect: &str) {
        let regex = Regex::new(pattern, Flavour { basic, ..Flavour::default() }).unwrap();
        let groups = regex.captures(text.as_bytes(), 0);
        let shown: Vec<String> = groups
            .iter()
            .flatten()
            .map(|group| group.map_or("-".to_owned(), |(start, end)| text[start..end].to_owned()))
            .collect();
        assert_eq!(shown.join(","), expect, "{pattern} on {text}");
    }

    #[test]
    fn basic_and_extended() {
        check(true, "a\\(b*\\)c", "xabbc", "abbc,bb");
        check(true, "a+", "aa a+", "a+");
        check(true, "a\\+", "aa", "aa");
        check(true, "*x", "a*x", "*x");
        check(true, "a\\{2\\}", "aaa", "aa");
        check(true, "x$y^z", "x$y^z", "x$y^z");
        check(false, "foo|foobar", "foobar", "foobar");
        check(false, "(a|ab)(c|bcd)", "abcd", "abcd,a,bcd");
        check(false, "[]x]+", "a]x", "]x");
        check(false, "[[:digit:]]{2,}", "a123", "123");
        check(false, "[a\\]", "b\\", "\\");
        check(false, "{", "{", "{");
        check(false, "a{,2}", "aaa", "aa");
        check(false, "\\<b\\w+\\>", "a bc", "bc");
        check(true, "\\(.\\)\\1", "abccd", "cc,c");
        check(false, "(a*)\\1b", "aaaab", "aaaab,aa");
    }
}
