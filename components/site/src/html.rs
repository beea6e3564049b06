//! Tags and texts of pages. Pages come from our own exporter; what does not look like it is passed over, and never fails.

/// Elements whose content is no HTML.
const RAW: [&str; 3] = ["script", "style", "textarea"];

/// A tag, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Lower case as the exporter writes it; an end tag begins with `/`.
    pub name: &'a str,
    /// From `<` to behind `>`.
    pub start: usize,
    /// One past `>`.
    pub end: usize,
    text: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of an attribute, unescaped.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.text;
        while let Some(at) = rest.find(name) {
            let (before, after) = (rest[..at].chars().next_back(), &rest[at + name.len()..]);
            rest = after;
            if !before.is_some_and(char::is_whitespace) {
                continue;
            }
            let Some(value) = after.strip_prefix('=') else { continue };
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return value[1..].split(quote).next().map(unescaped);
        }
        None
    }
}

/// All tags in their order.
#[must_use]
pub fn tags(html: &str) -> Vec<Tag<'_>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = html[from..].find('<').map(|at| from + at) {
        if html[start..].starts_with("<!--") {
            from = html[start..].find("-->").map_or(html.len(), |at| start + at + 3);
            continue;
        }
        let Some(end) = end_of(html, start) else { break };
        let text = &html[start..end];
        let inner = text.trim_start_matches('<');
        let length = inner
            .bytes()
            .enumerate()
            .take_while(|(at, b)| b.is_ascii_alphanumeric() || (*at == 0 && *b == b'/'))
            .count();
        let name = &inner[..length];
        from = end;
        if name.trim_start_matches('/').is_empty() {
            continue;
        }
        found.push(Tag { name, start, end, text });
        if RAW.contains(&name) {
            let close = format!("</{name}");
            from = html[end..].find(&close).map_or(html.len(), |at| end + at);
        }
    }
    found
}

/// One past the `>` of the tag that begins at `start`.
fn end_of(html: &str, start: usize) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in html.as_bytes()[start..].iter().enumerate() {
        match quote {
            Some(open) if open == *byte => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
            None if *byte == b'>' => return Some(start + at + 1),
            None => {}
        }
    }
    None
}

/// The words between two places, with single blanks; what is no text to read is left out.
#[must_use]
pub fn text(html: &str, tags: &[Tag<'_>], from: usize, to: usize) -> String {
    let (mut out, mut at, mut hidden) = (String::new(), from, 0usize);
    let mut add = |part: &str| {
        for word in unescaped(part).split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    };
    for tag in tags.iter().filter(|tag| tag.start >= from && tag.end <= to) {
        if hidden == 0 && tag.start > at {
            add(&html[at..tag.start]);
        }
        at = tag.end;
        let is_hidden = |name: &str| matches!(name, "svg" | "nav" | "style" | "script" | "math");
        match tag.name.strip_prefix('/') {
            Some(name) if is_hidden(name) => hidden = hidden.saturating_sub(1),
            None if is_hidden(tag.name) => hidden += 1,
            _ => {}
        }
    }
    if hidden == 0 && to > at {
        add(&html[at..to]);
    }
    out
}

/// Text as it was before it was escaped.
#[must_use]
pub fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found() {
        let html = "<p a='>'>x &lt; y<!-- <b> --><style>a<b{}</style><img src=\"a&amp;b\" alt='q'/></p> 1 < 2";
        let names: Vec<&str> = tags(html).iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["p", "style", "/style", "img", "/p"]);
        let all = tags(html);
        assert_eq!(all[3].attribute("src").as_deref(), Some("a&b"));
        assert_eq!((all[3].attribute("alt").as_deref(), all[3].attribute("rc")), (Some("q"), None));
    }

    #[test]
    fn words_are_read() {
        let html = "<p>a  <b>b</b>\n&amp; c<nav>no</nav><svg><text>no</text></svg></p>";
        assert_eq!(text(html, &tags(html), 0, html.len()), "a b & c");
    }
}
