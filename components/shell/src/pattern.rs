//! Shell patterns: `*`, `?`, `[…]`, with a backslash before what means itself.

/// One step of a compiled pattern.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Char(char),
    Any,
    Many,
    Set { negated: bool, items: Vec<Item> },
}

#[derive(Debug, Clone, PartialEq)]
enum Item {
    Range(char, char),
    Class(String),
}

/// A pattern to match with.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    steps: Vec<Step>,
}

/// Puts a backslash before everything that means something in a pattern.
pub(crate) fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '-' | '!' | '^') {
            into.push('\\');
        }
        into.push(c);
    }
}

/// Whether unquoted text is more than itself.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut steps = Vec::with_capacity(chars.len());
        let mut at = 0;
        while let Some(c) = chars.get(at) {
            at += 1;
            match c {
                '*' => {
                    if steps.last() != Some(&Step::Many) {
                        steps.push(Step::Many);
                    }
                }
                '?' => steps.push(Step::Any),
                '\\' if at < chars.len() => {
                    steps.push(Step::Char(chars[at]));
                    at += 1;
                }
                '[' => match set(&chars, at) {
                    Some((step, next)) => {
                        steps.push(step);
                        at = next;
                    }
                    None => steps.push(Step::Char('[')),
                },
                c => steps.push(Step::Char(*c)),
            }
        }
        Self { steps }
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.matches_chars(&chars, false)
    }

    /// Whether the whole text matches, where case does not count.
    pub(crate) fn matches_any_case(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        self.matches_chars(&chars, true)
    }

    /// One way back is kept, to the last `*`: that is enough, and the time is bounded by the product of the lengths.
    pub(crate) fn matches_chars(&self, text: &[char], fold: bool) -> bool {
        let (mut at, mut step) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            match self.steps.get(step) {
                None if at == text.len() => return true,
                Some(Step::Many) => {
                    back = Some((at, step));
                    step += 1;
                    continue;
                }
                Some(one) if at < text.len() && one.takes(text[at], fold) => {
                    at += 1;
                    step += 1;
                    continue;
                }
                _ => {}
            }
            let Some((from, many)) = back else { return false };
            if from >= text.len() {
                return false;
            }
            back = Some((from + 1, many));
            at = from + 1;
            step = many + 1;
        }
    }

    /// Bytes of the prefix of `text` that matches.
    pub(crate) fn prefix(&self, text: &str, longest: bool) -> Option<usize> {
        let chars: Vec<char> = text.chars().collect();
        let length = self.prefix_chars(&chars, longest)?;
        Some(chars[..length].iter().map(|c| c.len_utf8()).sum())
    }

    /// Characters of the prefix that matches: all states at once, so that the time is bounded.
    pub(crate) fn prefix_chars(&self, text: &[char], longest: bool) -> Option<usize> {
        let mut found = None;
        let mut states = vec![false; self.steps.len() + 1];
        states[0] = true;
        self.close(&mut states);
        for at in 0..=text.len() {
            if states[self.steps.len()] {
                found = Some(at);
                if !longest {
                    return found;
                }
            }
            let Some(c) = text.get(at) else { break };
            let mut next = vec![false; states.len()];
            let mut any = false;
            for (index, step) in self.steps.iter().enumerate().filter(|(index, _)| states[*index]) {
                let target = if *step == Step::Many { index } else { index + 1 };
                if *step == Step::Many || step.takes(*c, false) {
                    next[target] = true;
                    any = true;
                }
            }
            if !any {
                break;
            }
            self.close(&mut next);
            states = next;
        }
        found
    }

    /// A `*` may also match nothing.
    fn close(&self, states: &mut [bool]) {
        for (index, step) in self.steps.iter().enumerate() {
            if states[index] && *step == Step::Many {
                states[index + 1] = true;
            }
        }
    }

    /// Bytes at which the suffix of `text` that matches begins.
    pub(crate) fn suffix(&self, text: &str, longest: bool) -> Option<usize> {
        let chars: Vec<char> = text.chars().rev().collect();
        let reversed = Self { steps: self.steps.iter().rev().cloned().collect() };
        let length = reversed.prefix_chars(&chars, longest)?;
        Some(text.len() - chars[..length].iter().map(|c| c.len_utf8()).sum::<usize>())
    }
}

impl Step {
    fn takes(&self, c: char, fold: bool) -> bool {
        let one = |c: char| match self {
            Self::Char(own) => *own == c,
            Self::Any => true,
            Self::Many => false,
            Self::Set { negated, items } => *negated != items.iter().any(|item| item.has(c)),
        };
        one(c) || (fold && (c.to_lowercase().any(one) || c.to_uppercase().any(one)))
    }
}

impl Item {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Range(from, to) => (*from..=*to).contains(&c),
            Self::Class(name) => class(name, c),
        }
    }
}

/// A character class such as `alpha`.
pub(crate) fn class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && !c.is_whitespace(),
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

/// A set from after its bracket, and where it ends.
fn set(chars: &[char], mut at: usize) -> Option<(Step, usize)> {
    let negated = matches!(chars.get(at), Some('!' | '^'));
    if negated {
        at += 1;
    }
    let mut items = Vec::new();
    let first = at;
    loop {
        let c = *chars.get(at)?;
        if c == ']' && at > first {
            return Some((Step::Set { negated, items }, at + 1));
        }
        if c == '[' && chars.get(at + 1) == Some(&':') {
            let end = (at + 2..chars.len()).find(|i| chars[*i] == ':' && chars.get(i + 1) == Some(&']'));
            if let Some(end) = end {
                items.push(Item::Class(chars[at + 2..end].iter().collect()));
                at = end + 2;
                continue;
            }
        }
        let mut take = || {
            let c = *chars.get(at)?;
            at += 1;
            if c != '\\' {
                return Some(c);
            }
            at += 1;
            chars.get(at - 1).copied()
        };
        let from = take()?;
        if chars.get(at) == Some(&'-') && chars.get(at + 1).is_some_and(|c| *c != ']') {
            at += 1;
            let mut take = || {
                let c = *chars.get(at)?;
                at += 1;
                if c != '\\' {
                    return Some(c);
                }
                at += 1;
                chars.get(at - 1).copied()
            };
            items.push(Item::Range(from, take()?));
        } else {
            items.push(Item::Range(from, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        let cases = [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("?", "é", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[[:digit:]]*", "7up", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("[", "[", true),
            ("a[", "a[", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaa", false),
        ];
        for (pattern, text, expect) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), expect, "{pattern} {text}");
        }
        assert_eq!(Pattern::new("*.").prefix("a.b.c", false), Some(2));
        assert_eq!(Pattern::new("*.").prefix("a.b.c", true), Some(4));
        assert_eq!(Pattern::new(".*").suffix("a.b.c", false), Some(3));
        assert_eq!(Pattern::new(".*").suffix("a.b.c", true), Some(1));
    }
}
