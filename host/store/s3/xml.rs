//! The little XML that S3 answers with. No parser: the text between a name's tags, wherever they stand. What a server
//! says is no more than a name or a token to us, and a wrong one is refused further on.

/// The text of the first element of this name.
pub(super) fn text(xml: &str, name: &str) -> Option<String> {
    elements(xml, name).next().map(unescape)
}

/// What is between the tags of each element of this name; they are not nested in each other.
pub(super) fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find('<')?;
            let after = &rest[start + 1..];
            rest = after;
            let Some(tail) = after.strip_prefix(name) else { continue };
            // `<Key>` or `<Key xmlns="…">`, and not `<KeyCount>` or `<Key/>`.
            let Some(open) = tail.find('>') else { continue };
            if !(open == 0 || tail.starts_with(|c: char| c.is_ascii_whitespace())) || tail[..open].ends_with('/') {
                continue;
            }
            let inside = &tail[open + 1..];
            let close = format!("</{name}>");
            let end = inside.find(&close)?;
            rest = &inside[end + close.len()..];
            return Some(&inside[..end]);
        }
    })
}

/// Text as it stands in XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(';').unwrap_or(0);
        let name = rest.get(1..end).unwrap_or_default();
        let number = name.strip_prefix("#x").map(|hex| u32::from_str_radix(hex, 16).ok());
        let number = number.or_else(|| name.strip_prefix('#').map(|text| text.parse().ok())).flatten();
        let c = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => number.and_then(char::from_u32),
        };
        out.push(c.unwrap_or('&'));
        rest = &rest[if c.is_some() { end + 1 } else { 1 }..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found() {
        let xml =
            "<?xml?><R xmlns=\"x\"><KeyCount>2</KeyCount><C><Key>a&amp;b&#x3e;</Key></C><C><Key>c</Key></C><T/></R>";
        assert_eq!(text(xml, "Key").as_deref(), Some("a&b>"));
        assert_eq!(elements(xml, "C").map(|c| text(c, "Key").unwrap()).collect::<Vec<_>>(), ["a&b>", "c"]);
        assert_eq!(
            (text(xml, "T"), text(xml, "Nothing"), text("<Key>", "Key"), text("<Key", "Key")),
            (None, None, None, None)
        );
        assert_eq!(unescape("&;&#zz;&amp &lt;"), "&;&#zz;&amp <");
        assert_eq!(unescape(&escape("<\"&\">")), "<\"&\">");
    }
}
