//! Regular expressions in Emacs' dialect, matched in linear time.
//!
//! `\(`, `\|` and `\{` group, choose and count; the bare characters are themselves. `\d`, which Emacs has not, is a
//! digit. Back-references are refused: they are what makes matching slow. Case is folded, `^` and `$` match at lines.

use regex_lite::{Regex, RegexBuilder};

/// Beyond ASCII everything counts as a letter: the engine knows no Unicode classes.
const LETTERS: &str = r"\x{80}-\x{10FFFF}";

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern in Emacs' dialect.
    pub(super) fn new(text: &str) -> Result<Pattern, String> {
        Self::build(&translate(text)?)
    }

    fn build(text: &str) -> Result<Pattern, String> {
        let built = RegexBuilder::new(text).case_insensitive(true).multi_line(true).size_limit(1 << 18).build();
        built.map(Pattern).map_err(|e| e.to_string())
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.0.is_match(text);
        }
        let folded: String = text.chars().map(fold).collect();
        self.0.is_match(&folded)
    }
}

/// Lower case of letters the engine does not fold by itself.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// From Emacs' dialect to the engine's.
fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    // Where `^` is an anchor and `*` is a star.
    let mut fresh = true;
    while let Some(c) = chars.next() {
        let begins = std::mem::replace(&mut fresh, false);
        match c {
            '\\' => match chars.next() {
                None => return Err("nothing stands behind the last backslash".to_owned()),
                Some('{') => interval(&mut chars, &mut out)?,
                Some(escaped) => fresh = escape(escaped, &mut chars, &mut out)?,
            },
            '[' => bracket(&mut chars, &mut out)?,
            '(' | ')' | '|' | '{' | '}' => out.extend(['\\', c]),
            '^' if !begins => out.push_str("\\^"),
            '^' => {
                fresh = true;
                out.push('^');
            }
            '*' | '+' | '?' if begins => out.extend(['\\', c]),
            '$' => {
                // An anchor only where something can end.
                let mut rest = chars.clone();
                let end = match rest.next() {
                    None => true,
                    Some('\\') => matches!(rest.next(), Some(')' | '|')),
                    _ => false,
                };
                out.push_str(if end { "$" } else { "\\$" });
            }
            '#' | '&' | '~' | '-' | ']' => out.extend(['\\', c]),
            _ => out.push(fold(c)),
        }
    }
    Ok(out)
}

/// What stands behind a backslash; true where an alternative begins.
fn escape(c: char, chars: &mut impl Iterator<Item = char>, out: &mut String) -> Result<bool, String> {
    match c {
        '(' | '|' => {
            out.push(c);
            return Ok(true);
        }
        ')' => out.push(c),
        'w' => out.push_str(&format!("[0-9A-Za-z_@#%{LETTERS}]")),
        'W' => out.push_str(&format!("[^0-9A-Za-z_@#%{LETTERS}]")),
        'd' => out.push_str("[0-9]"),
        'b' => out.push_str("\\b"),
        'B' => out.push_str("\\B"),
        '<' => out.push_str("\\b{start}"),
        '>' => out.push_str("\\b{end}"),
        '`' => out.push_str("\\A"),
        '\'' => out.push_str("\\z"),
        '_' => match chars.next() {
            Some('<') => out.push_str("\\b{start}"),
            Some('>') => out.push_str("\\b{end}"),
            _ => return Err("`\\_` wants `<` or `>`".to_owned()),
        },
        's' | 'S' => {
            let class = match chars.next() {
                Some('-' | ' ') => "\\s".to_owned(),
                Some('w' | '_') => format!("[0-9A-Za-z_@#%{LETTERS}]"),
                Some('.') => "[[:punct:]]".to_owned(),
                _ => return Err("of the syntax classes only `\\s-`, `\\sw`, `\\s_` and `\\s.` are known".to_owned()),
            };
            match (c, class.strip_prefix('[')) {
                ('s', _) => out.push_str(&class),
                (_, Some(inner)) => out.push_str(&format!("[^{inner}")),
                _ => out.push_str("\\S"),
            }
        }
        '1'..='9' => return Err("back-references are not supported".to_owned()),
        'n' => out.push('\n'),
        't' => out.push('\t'),
        c if c.is_ascii_punctuation() => out.extend(['\\', c]),
        c => out.push(fold(c)),
    }
    Ok(false)
}

/// `\{2,3\}`.
fn interval(chars: &mut impl Iterator<Item = char>, out: &mut String) -> Result<(), String> {
    let mut count = String::new();
    loop {
        match chars.next() {
            Some('\\') => break,
            Some(c) if (c.is_ascii_digit() || c == ',') && count.len() < 9 => count.push(c),
            _ => return Err("`\\{` wants a count and `\\}`".to_owned()),
        }
    }
    if chars.next() != Some('}') {
        return Err("`\\{` wants a count and `\\}`".to_owned());
    }
    // `\{,3\}` is from zero on.
    let zero = if count.starts_with(',') { "0" } else { "" };
    out.push_str(&format!("{{{zero}{count}}}"));
    Ok(())
}

/// `[…]`, where a backslash is itself.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if chars.peek() == Some(&'^') {
        chars.next();
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '[' if chars.peek() == Some(&':') => {
                let name: String = chars.by_ref().skip(1).take_while(|c| *c != ':').take(12).collect();
                if chars.next() != Some(']') {
                    return Err(format!("the class `[:{name}` never ends"));
                }
                match name.as_str() {
                    "alpha" | "alnum" | "word" => out.push_str(&format!("[:{name}:]{LETTERS}")),
                    "lower" | "upper" => out.push_str(&format!("[:alpha:]{LETTERS}")),
                    "multibyte" | "nonascii" => out.push_str(LETTERS),
                    _ => out.push_str(&format!("[:{name}:]")),
                }
            }
            '-' => out.push('-'),
            '\\' | '[' | ']' | '^' | '&' | '~' => out.extend(['\\', c]),
            c => out.push(fold(c)),
        }
        first = false;
    }
    Err("`[` is never closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expect: bool) {
        let got = Pattern::new(pattern).map(|p| p.is_match(text));
        assert_eq!(got, Ok(expect), "{pattern} on {text}: {:?}", translate(pattern));
    }

    #[test]
    fn dialect() {
        check("a|b", "a", false);
        check("a|b", "a|b", true);
        check(r"^\(foo\|bar\)$", "BAR", true);
        check(r"(x)", "(x)", true);
        check(r"a\{2,3\}", "caat", true);
        check(r"a\{,1\}b", "b", true);
        check(r"a{2}", "aa", false);
        check(r"\<wo", "a word", true);
        check(r"rd\>", "a word", true);
        check(r"\_<wo", "aword", false);
        check(r"[[:alpha:]]+", "é", true);
        check(r"[]a]", "]", true);
        check(r"[\w]", "\\", true);
        check(r"[^]a]", "]", false);
        check("É", "é", true);
        check("*a", "*a", true);
        check(r"a\|^b", "x\nb", true);
        check("a^b", "a^b", true);
        check("a$b", "a$b", true);
        check(r"\w+", "@", true);
        check(r"\s-", "a b", true);
        check(r"\Sw", "abc", false);
        check(r"a.c", "a\nc", false);
        check(r"x\?y", "x?y", true);
        check("x?y", "y", true);
        check(r"\d", "7", true);
        check("a+?", "a", true);
    }

    #[test]
    fn refusals() {
        for bad in [r"\(a\)\1", r"a\", "[a", r"\(a", r"\{x", r"\s"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }
}
