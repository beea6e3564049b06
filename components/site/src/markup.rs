//! What is looked for in HTML and put into it. Pages come from our own exporter, or from whoever owns the site: this finds
//! what is there and need not withstand them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Text for XML and HTML, also in attributes. What neither may contain is replaced.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A document with lines more in its head. One without a head is left alone.
#[must_use]
pub fn with_head(html: String, lines: &str) -> String {
    match find(&html, 0, "</head") {
        Some(at) if !lines.is_empty() => [&html[..at], lines, &html[at..]].concat(),
        _ => html,
    }
}

/// The digests of all style elements, as sources of a content security policy (CSP 3, section 8.4).
#[must_use]
pub fn styles(html: &str) -> String {
    let mut sources: Vec<String> = Vec::new();
    let mut from = 0;
    while let Some(at) = find(html, from, "<style") {
        let after = at + "<style".len();
        from = after;
        if !html[after..].starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace()) {
            continue;
        }
        let Some(start) = html[after..].find('>').map(|end| after + end + 1) else { break };
        let Some(end) = find(html, start, "</style") else { break };
        let source = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(&html[start..end])));
        if !sources.contains(&source) {
            sources.push(source);
        }
        from = end;
    }
    sources.join(" ")
}

/// Where an ASCII word is, in any case.
fn find(text: &str, from: usize, word: &str) -> Option<usize> {
    let (bytes, word) = (text.as_bytes(), word.as_bytes());
    let places = bytes.get(from..)?.windows(word.len()).position(|part| part.eq_ignore_ascii_case(word));
    places.map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_found_by_their_digests() {
        // `printf %s 'a{}' | openssl dgst -sha256 -binary | base64`
        let one = "'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='";
        let html = "<html><STYLE media=x>a{}</STYLE ><styled>b{}</styled><style>a{}</style><style>";
        assert_eq!(styles(html), one);
        assert_eq!(styles("<style>a{}</style><style>b{}</style>").split(' ').count(), 2);
        assert_eq!(styles("<p>"), "");
    }

    #[test]
    fn lines_go_to_the_end_of_the_head() {
        assert_eq!(with_head("<head></HEAD ><body>".to_owned(), "<x>\n"), "<head><x>\n</HEAD ><body>");
        assert_eq!(with_head("<p>".to_owned(), "<x>"), "<p>");
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<a b='\"&\0"), "&lt;a b=&#39;&quot;&amp;\u{fffd}");
    }
}
