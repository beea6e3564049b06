//! A page with its images in it, so that it is one file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes as an address that holds them (RFC 2397).
#[must_use]
pub fn data_address(media: &str, bytes: &[u8]) -> String {
    format!("data:{media};base64,{}", STANDARD.encode(bytes))
}

/// The page with the addresses of its images replaced. `find` is asked with each as the source had it. An image of somebody else's
/// would be asked of them whenever the page is read: it becomes a link.
#[must_use]
pub fn inlined(html: &str, find: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<img ") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let Some(end) = end_of(tag) else { break };
        let (tag, after) = tag.split_at(end);
        rest = after;
        let source = attribute(tag, "src").map(unescaped);
        match source.as_deref().and_then(&find) {
            Some(address) => {
                let written = attribute(tag, "src").unwrap_or_default();
                out.push_str(&tag.replacen(&format!("src=\"{written}\""), &format!("src=\"{address}\""), 1));
            }
            None if source.as_deref().is_some_and(is_remote) => {
                let address = attribute(tag, "src").unwrap_or_default();
                let words = attribute(tag, "alt").filter(|words| !words.is_empty()).unwrap_or(address);
                out.push_str(&format!("<a href=\"{address}\">{words}</a>"));
            }
            None => out.push_str(tag),
        }
    }
    out.push_str(rest);
    out
}

/// Addresses of images that a page would still have to ask for.
#[must_use]
pub fn asked(html: &str) -> Vec<String> {
    let tags = html.match_indices("<img ").map(|(at, _)| &html[at..]);
    let tags = tags.filter_map(|tag| end_of(tag).map(|end| &tag[..end]));
    tags.filter_map(|tag| attribute(tag, "src")).filter(|source| !source.starts_with("data:")).map(unescaped).collect()
}

fn is_remote(address: &str) -> bool {
    let lower = address.trim_start().to_ascii_lowercase();
    lower.starts_with("http:") || lower.starts_with("https:") || lower.starts_with("//")
}

/// One past the `>` of the tag that the text begins with.
fn end_of(tag: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The value of an attribute, as the exporter writes it: in double quotes, escaped.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag.get(start..)?;
    value.find('"').and_then(|end| value.get(..end))
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_into_the_page() {
        let find = |path: &str| (path == "a&b.png").then(|| data_address("image/png", b"x"));
        let shown = inlined("<p><img src=\"a&amp;b.png\" alt=\"> a\"><img src=\"no.png\">", find);
        assert_eq!(shown, "<p><img src=\"data:image/png;base64,eA==\" alt=\"> a\"><img src=\"no.png\">");
        assert_eq!(asked(&shown), ["no.png"]);
        let remote = inlined("<img src=\"https://e.org/i.png\" alt=\"i\">.", find);
        assert_eq!(remote, "<a href=\"https://e.org/i.png\">i</a>.");
        assert_eq!(inlined("<img src=\"", find), "<img src=\"");
    }
}
