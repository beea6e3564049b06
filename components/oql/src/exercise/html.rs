//! HTML as a browser cuts it up, for checks of what the exporter writes: tags with decoded attributes, text, comments.
//!
//! Follows the tokenizer of the HTML standard where that decides what is code and what is text. It builds no tree and
//! makes no HTML.

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// `<name key="value">`; the name is lower case.
    Start {
        /// `a`.
        name: String,
        /// In order, names in lower case, values decoded.
        attributes: Vec<(String, String)>,
        /// `<br/>`.
        closed: bool,
    },
    /// `</name>`.
    End(String),
    /// Undecoded text; see [`decode`].
    Text(&'a str),
    /// A comment, a declaration, an instruction, or a tag that never ends.
    Other(&'a str),
}

/// Cuts a page up. Every byte is part of one token.
#[must_use]
pub fn tokens(html: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let (mut at, mut text) = (0, 0);
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let behind = &html[open + 1..];
        let next = behind.bytes().next().unwrap_or(b' ');
        let named = next == b'/' && behind[1..].starts_with(|c: char| c.is_ascii_alphabetic());
        if !(next.is_ascii_alphabetic() || named || matches!(next, b'!' | b'?' | b'/')) {
            at = open + 1;
            continue;
        }
        if open > text {
            out.push(Token::Text(&html[text..open]));
        }
        let (token, length) = if next.is_ascii_alphabetic() || named { tag(behind) } else { other(behind) };
        out.push(token);
        at = open + 1 + length;
        text = at;
    }
    if text < html.len() {
        out.push(Token::Text(&html[text..]));
    }
    out
}

/// `!--…-->`, `!…>`, `?…>`, and how long it is.
fn other(text: &str) -> (Token<'_>, usize) {
    let end = if text.starts_with("!--") { text.find("-->").map(|i| i + 3) } else { text.find('>').map(|i| i + 1) };
    let end = end.unwrap_or(text.len());
    (Token::Other(&text[..end]), end)
}

const BLANK: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];

/// The tag behind a `<`, and how long it is.
fn tag(text: &str) -> (Token<'_>, usize) {
    let start = usize::from(text.starts_with('/'));
    let till = |from: usize, stop: &[char]| text[from..].find(stop).map_or(text.len(), |i| from + i);
    let mut at = till(start, &[' ', '\t', '\n', '\r', '\u{c}', '/', '>']);
    let name = text[start..at].to_ascii_lowercase();
    let mut attributes = Vec::new();
    let mut closed = false;
    loop {
        let rest = text[at..].trim_start_matches(BLANK);
        at = text.len() - rest.len();
        if rest.is_empty() {
            return (Token::Other(text), text.len());
        }
        if rest.starts_with('>') {
            break;
        }
        closed = rest.starts_with('/');
        if closed {
            at += 1;
            continue;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = till(at + first, &[' ', '\t', '\n', '\r', '\u{c}', '/', '>', '=']);
        let key = text[at..end].to_lowercase();
        let behind = text[end..].trim_start_matches(BLANK);
        let Some(value) = behind.strip_prefix('=') else {
            attributes.push((key, String::new()));
            at = end;
            continue;
        };
        let value = value.trim_start_matches(BLANK);
        let from = text.len() - value.len();
        let (value, next) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let end = till(from + 1, &[quote]);
                (&text[from + 1..end], (end + 1).min(text.len()))
            }
            _ => {
                let end = till(from, &[' ', '\t', '\n', '\r', '\u{c}', '>']);
                (&text[from..end], end)
            }
        };
        attributes.push((key, decode(value, &|_| None)));
        at = next;
    }
    let token = if start == 1 { Token::End(name) } else { Token::Start { name, attributes, closed } };
    (token, at + 1)
}

/// The references that are written most, and those that hide a scheme.
const NAMES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("colon", ":"),
    ("Tab", "\t"),
    ("NewLine", "\n"),
    ("lpar", "("),
    ("rpar", ")"),
    ("sol", "/"),
];

/// Text with its character references resolved: numbers, a few names, and the names that `more` knows.
#[must_use]
pub fn decode(text: &str, more: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(i) = rest.find('&') {
        out.push_str(&rest[..i]);
        let name = &rest[i + 1..];
        let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(name.len());
        let found = reference(&name[..length], more);
        let semicolon = usize::from(name[length..].starts_with(';'));
        match found {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[i..i + 1 + length + semicolon]),
        }
        rest = &name[length + semicolon..];
    }
    out.push_str(rest);
    out
}

fn reference(name: &str, more: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return Some(char::from_u32(code.ok()?).unwrap_or('\u{fffd}').to_string());
    }
    let named = NAMES.iter().find(|(n, _)| *n == name).map(|(_, text)| (*text).to_owned());
    named.or_else(|| more(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(html: &str) -> String {
        tokens(html).iter().fold(String::new(), |out, token| match token {
            Token::Start { name, attributes, .. } => out + &format!("<{name} {attributes:?}>"),
            Token::End(name) => out + &format!("</{name}>"),
            Token::Text(text) => out + &format!("[{}]", decode(text, &|_| None)),
            Token::Other(text) => out + &format!("?{text}?"),
        })
    }

    #[test]
    fn tags_are_cut_as_a_browser_cuts_them() {
        assert_eq!(show("a < b<i>x</i >&lt;"), "[a < b]<i []>[x]</i>[<]");
        assert_eq!(show("<a\nHREF='&#106;ava&colon;x'/b=1 c>"), r#"<a [("href", "java:x"), ("b", "1"), ("c", "")]>"#);
        assert_eq!(show("<!-- <b> --><!x></ x><u"), "?!-- <b> -->??!x>??/ x>??u?");
        assert_eq!(show("<p title=\">\" =x>"), r#"<p [("title", ">"), ("=x", "")]>"#);
    }
}
