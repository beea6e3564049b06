//! The feed (Atom, RFC 4287): the pages that have a date, the newest first.

use crate::date;
use crate::markup::escaped;
use crate::path::encoded;
use crate::{Page, Settings};

/// The most entries of a feed. Readers keep what they have seen.
const MOST: usize = 50;

/// Its path.
pub const PATH: &str = "/feed.xml";

/// Its media type.
pub const MEDIA: &str = "application/atom+xml; charset=utf-8";

/// Pages that belong into the feed, with the date of their last change: the newest first.
#[must_use]
pub fn entries<'a>(pages: &[&'a Page]) -> Vec<(String, &'a Page)> {
    let dated = |page: &&'a Page| {
        let when = [&page.updated, &page.published].into_iter().flatten().find_map(|text| date::read(text))?;
        Some((when, *page))
    };
    let mut entries: Vec<_> = pages.iter().filter_map(dated).collect();
    entries.sort_by(|(one, first), (other, second)| other.cmp(one).then_with(|| first.path.cmp(&second.path)));
    entries.truncate(MOST);
    entries
}

/// The feed of at least one entry.
#[must_use]
pub fn feed(settings: &Settings, base: &str, entries: &[(String, &Page)]) -> Option<String> {
    let (newest, _) = entries.first()?;
    let author = settings.author.as_deref().filter(|author| !author.trim().is_empty()).unwrap_or(&settings.title);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let mut line = |text: String| {
        xml.push_str(&text);
        xml.push('\n');
    };
    let base = escaped(base);
    line(format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">", escaped(&settings.language)));
    line(format!("<id>{base}/</id>\n<title>{}</title>", escaped(&settings.title)));
    if let Some(description) = &settings.description {
        line(format!("<subtitle>{}</subtitle>", escaped(description)));
    }
    line(format!("<updated>{newest}</updated>\n<author><name>{}</name></author>", escaped(author)));
    line(format!("<link rel=\"self\" type=\"application/atom+xml\" href=\"{base}{PATH}\"/>"));
    line(format!("<link rel=\"alternate\" type=\"text/html\" href=\"{base}/\"/>"));
    for (when, page) in entries {
        let address = format!("{base}{}", escaped(&encoded(&page.path)));
        line(format!("<entry>\n<id>{address}</id>\n<title>{}</title>", escaped(&page.title)));
        line(format!("<link rel=\"alternate\" type=\"text/html\" href=\"{address}\"/>"));
        if let Some(published) = page.published.as_deref().and_then(date::read) {
            line(format!("<published>{published}</published>"));
        }
        line(format!("<updated>{when}</updated>"));
        if let Some(description) = &page.description {
            line(format!("<summary>{}</summary>", escaped(description)));
        }
        line("</entry>".to_owned());
    }
    line("</feed>".to_owned());
    Some(xml)
}
