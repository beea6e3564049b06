//! Header arguments as Babel reads and merges them: text in, values out.
//!
//! Nothing is evaluated: an expression of Emacs Lisp stays the text it is. The plan reads header arguments as places in
//! the file instead (`plan::blocks`), because its findings point at them.

/// One header argument; the key has its colon. No value is Org's `nil`.
pub(crate) type Argument = (String, Option<String>);

/// Failed attempts to find a closing bracket before all others are taken for plain characters.
const MAX_UNBALANCED: usize = 64;

/// The results that exclude each other; of a group the last one counts.
const RESULTS: &[&[&str]] = &[
    &["file", "list", "vector", "table", "scalar", "verbatim"],
    &["raw", "html", "latex", "org", "code", "pp", "drawer", "link", "graphics"],
    &["replace", "silent", "none", "discard", "append", "prepend"],
    &["output", "value"],
];
const EXPORTS: &[&[&str]] = &[&["code", "results", "both", "none"]];

/// The arguments in a text.
pub(super) fn parse(text: &str) -> Vec<Argument> {
    let mut out = Vec::new();
    if text.trim().is_empty() {
        return out;
    }
    for (i, part) in split(text, |past, next| matches!(past, Some(' ' | '\t')) && next == ':', true).iter().enumerate()
    {
        let part = if i == 0 { part.clone() } else { format!(":{part}") };
        let trimmed = part.trim();
        let (key, value) = match trimmed.split_once(is_blank) {
            Some((key, value)) => (key.to_owned(), Some(read(value.trim()))),
            None => (trimmed.to_owned(), None),
        };
        if key == ":var" {
            variables(value.as_deref().unwrap_or(""), &mut out);
        } else {
            out.push((key, value));
        }
    }
    out
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\x0c' | '\t' | '\n' | '\r' | '\x0b')
}

/// Several assignments may stand behind one `:var`.
fn variables(value: &str, out: &mut Vec<Argument>) {
    let mut joined: Vec<String> = Vec::new();
    for part in split(value, |_, next| next == ' ', false) {
        match joined.last_mut() {
            Some(last) if last.ends_with('=') || part.starts_with('=') => last.push_str(&part),
            _ => joined.push(part),
        }
    }
    if joined.is_empty() {
        out.push((":var".to_owned(), None));
    }
    out.extend(joined.into_iter().map(|v| (":var".to_owned(), Some(v.trim().to_owned()))));
}

/// Splits a text where `at` says so of two neighbours, but not within brackets or quotes. With `two`, both characters
/// are left out, else the second one.
fn split(text: &str, at: impl Fn(Option<char>, char) -> bool, two: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut part = String::new();
    let mut past: Option<char> = None;
    let mut unbalanced = 0;
    let mut i = 0;
    while let Some(c) = text[i..].chars().next() {
        let mut len = c.len_utf8();
        if at(past, c) {
            if two {
                part.pop();
            }
            if !part.is_empty() {
                out.push(std::mem::take(&mut part));
            }
            past = Some(c);
            i += len;
            continue;
        }
        if matches!(c, '(' | '[') && unbalanced < MAX_UNBALANCED {
            match balanced(&text[i..]) {
                Some(to) => len = to,
                None => unbalanced += 1,
            }
        } else if c == '"' && past != Some('\\') {
            len = quoted(&text[i..]).unwrap_or(len);
        }
        let whole = &text[i..i + len];
        part.push_str(whole);
        past = whole.chars().next_back();
        i += len;
    }
    if !part.is_empty() {
        out.push(part);
    }
    out
}

/// Length of the bracket at the beginning with what it holds. Square brackets do not nest, as in Org.
fn balanced(text: &str) -> Option<usize> {
    let mut open: Vec<u8> = Vec::new();
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'[' if i == 0 => open.push(b),
            b'(' => open.push(b),
            b']' if open.last() == Some(&b'[') => drop(open.pop()),
            b')' if open.last() == Some(&b'(') => drop(open.pop()),
            _ => {}
        }
        if open.is_empty() {
            return Some(i + 1);
        }
    }
    None
}

/// Length of the string at the beginning.
fn quoted(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).position(|w| w[0] != b'\\' && w[1] == b'"').map(|i| i + 2)
}

/// A value: a number as Lisp writes it, the contents of a string, or the text.
fn read(text: &str) -> String {
    number(text).or_else(|| string(text)).unwrap_or_else(|| text.to_owned())
}

fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let whole = digits.strip_suffix('.').unwrap_or(digits);
    if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) {
        let whole = whole.trim_start_matches('0');
        return Some(if whole.is_empty() { "0".to_owned() } else { format!("{sign}{whole}") });
    }
    let shaped = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'))
        && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.ends_with(|c: char| c.is_ascii_digit());
    let value: f64 = shaped.then(|| digits.parse().ok()).flatten()?;
    Some(format!("{sign}{value:?}"))
}

/// The contents of a text that is one string of Lisp.
fn string(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'f' => out.push('\x0c'),
                'v' => out.push('\x0b'),
                'a' => out.push('\x07'),
                'b' => out.push('\x08'),
                'e' => out.push('\x1b'),
                's' => out.push(' '),
                'd' => out.push('\x7f'),
                ' ' | '\n' => {}
                other => out.push(other),
            },
            c => out.push(c),
        }
    }
    Some(out)
}

/// Merges lists of arguments, later ones over earlier ones; sorted by key. `None` where Babel would give up.
pub(super) fn merge<'l>(lists: impl IntoIterator<Item = &'l Argument>) -> Option<Vec<Argument>> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut position = 0;
    let (mut results, mut exports) = (Vec::new(), Vec::new());
    let mut rest: Vec<Argument> = Vec::new();
    for (key, value) in lists {
        match (key.as_str(), value.as_deref()) {
            (":var", value) => variable(&mut variables, &mut position, value)?,
            (":results", value) => exclusive(&mut results, RESULTS, value?),
            (":exports", value) => exclusive(&mut exports, EXPORTS, value.unwrap_or("")),
            // The folder of attachments is nothing the text says.
            (":dir", Some("attach" | "'attach")) => return None,
            _ => {
                rest.retain(|(k, _)| k != key);
                rest.insert(0, (key.clone(), value.clone()));
            }
        }
    }
    rest.insert(0, (":results".to_owned(), Some(results.join(" "))));
    rest.insert(0, (":exports".to_owned(), Some(exports.join(" "))));
    rest.extend(variables.into_iter().map(|(_, value)| (":var".to_owned(), Some(value))));
    rest.sort_by(|a, b| a.0.cmp(&b.0));
    Some(rest)
}

/// `name=value` replaces the variable of that name; a value alone is given to the variables in turn.
fn variable(variables: &mut Vec<(String, String)>, position: &mut usize, value: Option<&str>) -> Option<()> {
    let text = value.unwrap_or("");
    let len = text.find(|c: char| c == '=' || is_blank(c)).unwrap_or(text.len());
    let name = &text[..len];
    if !name.is_empty() && text[len..].trim_start_matches([' ', '\t']).starts_with('=') {
        variables.retain(|(n, _)| n != name);
        variables.push((name.to_owned(), text.to_owned()));
        return Some(());
    }
    if let Some((name, slot)) = variables.get_mut(*position) {
        *slot = format!("{name}={text}");
        *position += 1;
        return Some(());
    }
    value.is_none().then_some(())
}

/// Adds words; each takes those of its group away. As in Org, every merge turns the order round.
fn exclusive(words: &mut Vec<String>, groups: &[&[&str]], value: &str) {
    let mut out: Vec<String> = Vec::new();
    for word in words.iter().map(String::as_str).chain(value.split_whitespace()) {
        for group in groups.iter().filter(|g| g.contains(&word)) {
            out.retain(|w| !group.contains(&w.as_str()));
        }
        out.retain(|w| w != word);
        out.push(word.to_owned());
    }
    out.reverse();
    *words = out;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], expect: &[(&str, &str)]) {
        let all: Vec<Argument> = texts.iter().flat_map(|t| parse(t)).collect();
        let got = merge(&all).unwrap_or_default();
        let got: Vec<(&str, &str)> = got.iter().map(|(k, v)| (k.as_str(), v.as_deref().unwrap_or("nil"))).collect();
        let got: Vec<_> = got.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn merged() {
        check(&[":results replace", ":results output silent"], &[(":results", "silent output")]);
        check(&[":var a=1 b = 2", ":var a=3"], &[(":var", "b=2"), (":var", "a=3")]);
        check(&[":tangle no", ":tangle \"a b\" :x"], &[(":tangle", "a b"), (":x", "nil")]);
        check(&[":a (1 :b 2) :c 007 :d +1.50"], &[(":a", "(1 :b 2)"), (":c", "7"), (":d", "1.5")]);
        check(&["x :y \"a :b\" c"], &[(":y", "\"a :b\" c"), ("x", "nil")]);
    }

    #[test]
    fn given_up() {
        assert_eq!(merge(&parse(":var 5")), None);
        assert_eq!(merge(&parse(":results")), None);
    }
}
