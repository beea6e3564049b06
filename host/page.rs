//! The page shell around a rendered workbook: the same bytes wherever a page leaves wb.
//!
//! One `h1`, and everything that is to be read inside of `main`, to which the first link leads. It can be read without scripts, and asks nobody for anything: the style is in the page, and the policy in its head
//! allows that style and images of the page's own origin, nothing else.

use sha2::{Digest, Sha256};

use crate::kernel::types::Page;

/// The page's only style. Light and dark by what the reader prefers, and sober on paper.
const STYLE: &str = include_str!("page.css");

/// A whole page. `name` stands in for a title that the document does not have.
#[must_use]
pub fn page(page: &Page, name: &str) -> String {
    let (before, after) = shell(page, name, Some(&policy()));
    before + &after
}

/// A page in two parts, between which a server may put something: below the heading that is seen first. Its policy is left to the
/// server, whose header could not allow what a policy in the page forbids.
#[must_use]
pub fn cut(page: &Page, name: &str) -> (String, String) {
    let (mut before, after) = shell(page, name, None);
    let title = if page.title.trim().is_empty() { name } else { page.title.trim() };
    match after.split_once("</h2>\n") {
        Some((heading, rest)) if repeats(&page.fragment, title) && !page.fragment.contains("<h1") => {
            before.push_str(heading);
            before.push_str("</h2>\n");
            (before, rest.to_owned())
        }
        _ => (before, after),
    }
}

fn shell(page: &Page, name: &str, policy: Option<&str>) -> (String, String) {
    let title = if page.title.trim().is_empty() { name } else { page.title.trim() };
    let language = if is_language(&page.language) { &page.language } else { "en" };
    let mut html = format!("<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n");
    let mut head = |line: String| {
        html.push_str(&line);
        html.push('\n');
    };
    if let Some(policy) = policy {
        head(format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">"));
    }
    head("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">".to_owned());
    head("<meta name=\"color-scheme\" content=\"light dark\">".to_owned());
    // Without a referrer a browser does not say where a form comes from either, and a server could not tell it from others'.
    let referrer = if policy.is_some() { "no-referrer" } else { "same-origin" };
    head(format!("<meta name=\"referrer\" content=\"{referrer}\">"));
    head(format!("<title>{}</title>", escaped(title)));
    for (meta, content) in [("description", &page.description), ("author", &page.author), ("date", &page.date)] {
        if let Some(content) = content {
            head(format!("<meta name=\"{meta}\" content=\"{}\">", escaped(content)));
        }
    }
    head(format!("<style>{STYLE}</style>"));
    let start = start(&page.fragment);
    head(format!("</head>\n<body>\n<a class=\"skip\" href=\"#{start}\">Skip to content</a>"));
    head(format!("<main id=\"{start}\" tabindex=\"-1\">"));
    // A page has one main heading. A document whose own first heading is one keeps it.
    if !page.fragment.contains("<h1") {
        // Where the title is only what the first heading says below it, it is for those who do not see the page.
        let class = if repeats(&page.fragment, title) { "title repeated" } else { "title" };
        head(format!("<header>\n<h1 class=\"{class}\">{}</h1>{}\n</header>", escaped(title), byline(page)));
    }
    (html, format!("{}\n</main>\n</body>\n</html>\n", page.fragment.trim_end()))
}

/// The content security policy, also for the header when a server sends the page.
#[must_use]
pub fn policy() -> String {
    format!(
        "default-src 'none'; style-src {}; img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'",
        styles()
    )
}

/// The digest of the page's style, as a source of a policy.
#[must_use]
pub fn styles() -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(STYLE)))
}

/// An id for `main` that nothing in the document has: `main`, with more dashes than any of its ids of that kind.
fn start(fragment: &str) -> String {
    let dashes = |rest: &str| {
        let count = rest.bytes().take_while(|b| *b == b'-').count();
        (rest.as_bytes().get(count) == Some(&b'"')).then_some(count + 1)
    };
    let most =
        fragment.match_indices(" id=\"main").filter_map(|(at, found)| dashes(&fragment[at + found.len()..])).max();
    format!("main{}", "-".repeat(most.unwrap_or(0)))
}

/// Whether a document begins with a heading that says the same as its title.
fn repeats(fragment: &str, title: &str) -> bool {
    let first = fragment
        .strip_prefix("<section")
        .and_then(|rest| rest.split_once(">\n<h2"))
        .filter(|(tag, _)| !tag.contains('<'));
    let text = first.and_then(|(_, rest)| rest.split_once('>')).and_then(|(_, rest)| rest.split_once("</h2>"));
    let text = text.map(|(heading, _)| heading.split_once(" <a class=\"anchor\"").map_or(heading, |(text, _)| text));
    text.is_some_and(|text| text.trim() == escaped(title))
}

/// Who wrote it and when, where the document says so.
fn byline(page: &Page) -> String {
    let said: Vec<String> = [&page.author, &page.date].into_iter().flatten().map(|text| escaped(text)).collect();
    if said.is_empty() { String::new() } else { format!("\n<p class=\"byline\">{}</p>", said.join(" · ")) }
}

/// A language tag: what else stands in `#+LANGUAGE:` does not belong into an attribute that browsers obey.
fn is_language(tag: &str) -> bool {
    !tag.is_empty() && tag.len() <= 35 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Text for content and for attributes in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Not allowed in HTML, not even as references.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Standard base64 with padding, as the policy wants it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= chunk.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(fragment: &str) -> Page {
        Page {
            title: "A <b> & \"c\"".to_owned(),
            description: None,
            language: "de\" onload=x".to_owned(),
            author: Some("Ada".to_owned()),
            date: None,
            fragment: fragment.to_owned(),
        }
    }

    #[test]
    fn what_the_document_says_of_itself_stays_text() {
        let html = page(&document("<p>x</p>"), "file");
        assert!(html.contains("<title>A &lt;b&gt; &amp; &quot;c&quot;</title>"));
        assert!(html.contains("<html lang=\"en\">"));
        assert!(html.contains("<p class=\"byline\">Ada</p>"));
    }

    #[test]
    fn there_is_one_main_heading() {
        assert_eq!(page(&document("<p>x</p>"), "file").matches("<h1").count(), 1);
        assert_eq!(page(&document("<h1>x</h1>"), "file").matches("<h1").count(), 1);
    }

    #[test]
    fn a_heading_is_not_shown_twice() {
        let says = |fragment: &str, title: &str| {
            let page_of = Page { title: title.to_owned(), ..document(fragment) };
            page(&page_of, "file").contains("<h1 class=\"title repeated\">")
        };
        let section = "<section>\n<h2 id=\"a\">A &amp; b <a class=\"anchor\" href=\"#a\"></a></h2>\n</section>\n";
        assert!(says(section, "A & b"));
        assert!(!says(section, "A"));
        assert!(!says(&format!("<p>x</p>{section}"), "A & b"));
        assert!(!says("<section>", "A"));
    }

    #[test]
    fn a_page_is_cut_below_the_heading_that_is_seen() {
        let after = |fragment: &str| cut(&Page { title: "A".to_owned(), ..document(fragment) }, "file").1;
        let section = "<section>\n<h2 id=\"a\">A</h2>\n<p>x</p>\n</section>\n";
        assert!(after(section).starts_with("<p>x</p>"));
        assert!(after("<p>x</p>\n<h2>B</h2>\n").starts_with("<p>x</p>"));
        let (before, rest) = cut(&document(section), "file");
        assert!(!before.contains("Content-Security-Policy") && rest.ends_with("</html>\n"));
    }

    #[test]
    fn the_first_link_leads_to_what_is_to_be_read() {
        assert_eq!(start("<p id=\"mainland\">"), "main");
        assert_eq!(start("<p id=\"main\"><p id=\"main--\"><p id=\"main-2\">"), "main---");
        let html = page(&document("<p>x</p>"), "file");
        assert!(html.contains("<body>\n<a class=\"skip\" href=\"#main\">") && html.contains("<main id=\"main\""));
    }

    #[test]
    fn nothing_is_asked_of_anyone() {
        let html = page(&document(""), "file");
        assert!(
            !html.contains("http:") && !html.contains("https:") && !html.contains("url(") && !html.contains("<script")
        );
    }

    #[test]
    fn base64_pads() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
    }
}
