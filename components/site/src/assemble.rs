//! Pages to files, and what is made of all of them: sitemap, feed, `robots.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::date;
use crate::feed;
use crate::markup::{escaped, with_head};
use crate::path::{encoded, file_of, wrong};
use crate::{File, Page, Problem, Settings};

/// The page for what is not there.
pub const MISSING: &str = "/404";

const HTML: &str = "text/html; charset=utf-8";

/// The files of a site, in the order of their paths.
///
/// # Errors
///
/// All that stands in the way.
pub fn assemble(settings: &Settings, pages: Vec<Page>, taken: &[String]) -> Result<Vec<File>, Vec<Problem>> {
    let problems = problems(settings, &pages, taken);
    if !problems.is_empty() {
        return Err(problems);
    }
    let taken: BTreeSet<&str> = taken.iter().map(String::as_str).collect();
    let mut made: Vec<(&str, &str, String)> = Vec::new();
    let base = settings.base.as_deref();
    let listed: Vec<&Page> = pages.iter().filter(|page| page.listed && page.path != MISSING).collect();
    let entries = feed::entries(&listed);
    let feed = base.and_then(|base| feed::feed(settings, base, &entries));
    let has_feed = feed.is_some() || taken.contains(feed::PATH);
    if let Some(base) = base {
        made.push(("/sitemap.xml", "application/xml", sitemap(base, &listed)));
    }
    made.extend(feed.map(|feed| (feed::PATH, feed::MEDIA, feed)));
    made.push(("/robots.txt", "text/plain; charset=utf-8", robots(settings)));
    let made = made.into_iter().filter(|(path, ..)| !taken.contains(path));
    let mut files: Vec<File> = made
        .map(|(path, media, text)| File { path: path.to_owned(), media: media.to_owned(), bytes: text.into_bytes() })
        .collect();
    for page in pages {
        let lines = head(settings, &page, has_feed);
        let bytes = with_head(page.html, &lines).into_bytes();
        files.push(File { path: file_of(&page.path), media: HTML.to_owned(), bytes });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn problems(settings: &Settings, pages: &[Page], taken: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |path: &str, message: &str, help: Option<&str>| {
        let (message, help) = (message.to_owned(), help.map(str::to_owned));
        problems.push(Problem { path: path.to_owned(), message, help });
    };
    if let Some(base) = &settings.base
        && !is_base(base)
    {
        let help = Some("write it like `https://example.org`, without a `/` at the end");
        problem("", &format!("`{}` is no address of a site", base.escape_debug()), help);
    }
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for path in taken {
        if let Some(message) =
            wrong(path).or_else(|| path.ends_with('/').then_some("the path of a file does not end with `/`"))
        {
            problem(path, message, None);
        }
        if seen.insert(path.clone(), path).is_some() {
            problem(path, "two files have this path", None);
        }
    }
    for page in pages {
        if let Some(message) = wrong(&page.path) {
            problem(&page.path, message, None);
            continue;
        }
        // An address that ends so would be that of another page's file.
        if page.path.ends_with(".html") || page.path.ends_with("/index") {
            let help = Some("leave out `.html`; the page of a folder ends with `/`");
            problem(&page.path, "the address of a page has no ending", help);
        }
        for path in [file_of(&page.path), page.path.clone()] {
            if let Some(other) = seen.insert(path, &page.path) {
                problem(
                    &page.path,
                    &format!("`{other}` would be at the same address"),
                    Some("give one of them another path"),
                );
                break;
            }
        }
    }
    problems
}

/// The path below the host where the site lies, without a slash at the end.
#[must_use]
pub fn root(settings: &Settings) -> &str {
    let rest = settings.base.as_deref().and_then(|base| base.split_once("://")).map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

/// Whether this is `http://host` or `https://host`, perhaps with a port and a path.
fn is_base(base: &str) -> bool {
    let rest = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '/' | '_' | '~' | '%' | '[' | ']');
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !base.ends_with('/') && rest.chars().all(fits)
    })
}

/// What a page's head says besides what the page itself knows.
fn head(settings: &Settings, page: &Page, has_feed: bool) -> String {
    let mut lines = String::new();
    if page.path == MISSING || !page.listed || !settings.listed {
        lines.push_str("<meta name=\"robots\" content=\"noindex\">\n");
    }
    if let (Some(base), false) = (&settings.base, page.path == MISSING) {
        let address = escaped(&format!("{base}{}", encoded(&page.path)));
        let _ = writeln!(lines, "<link rel=\"canonical\" href=\"{address}\">");
    }
    if has_feed {
        let title = escaped(&settings.title);
        // Where a site lies below a host, its own root is not that of the host.
        let path = format!("{}{}", root(settings), feed::PATH);
        let _ =
            writeln!(lines, "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"{title}\" href=\"{path}\">");
    }
    lines
}

/// The sitemap (sitemaps.org, protocol 0.9). A site has fewer pages than one may list.
fn sitemap(base: &str, pages: &[&Page]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    let mut pages = pages.to_vec();
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    for page in pages {
        let address = escaped(&format!("{base}{}", encoded(&page.path)));
        let changed = [&page.updated, &page.published].into_iter().flatten().find_map(|text| date::read(text));
        let changed = changed.map(|when| format!("<lastmod>{when}</lastmod>")).unwrap_or_default();
        let _ = writeln!(xml, "<url><loc>{address}</loc>{changed}</url>");
    }
    xml.push_str("</urlset>\n");
    xml
}

/// `robots.txt` (RFC 9309).
fn robots(settings: &Settings) -> String {
    if !settings.listed {
        return "User-agent: *\nDisallow: /\n".to_owned();
    }
    let sitemap = settings.base.as_ref().map(|base| format!("\nSitemap: {base}/sitemap.xml\n")).unwrap_or_default();
    format!("User-agent: *\nAllow: /\n{sitemap}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str) -> Page {
        Page {
            path: path.to_owned(),
            html: format!("<html><head><title>{path}</title>\n</head><body></body></html>"),
            title: format!("<{path}>"),
            listed: true,
            ..Page::default()
        }
    }

    fn settings(base: Option<&str>) -> Settings {
        let base = base.map(str::to_owned);
        Settings { title: "A & B".to_owned(), base, language: "en".to_owned(), listed: true, ..Settings::default() }
    }

    fn text<'a>(files: &'a [File], path: &str) -> &'a str {
        let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}"));
        std::str::from_utf8(&file.bytes).unwrap()
    }

    #[test]
    fn a_site_has_its_files() {
        let dated = Page {
            published: Some("<2026-11-01 Sun>".to_owned()),
            description: Some("d".to_owned()),
            ..page("/posts/ä b")
        };
        let newer = Page { updated: Some("2026-11-23".to_owned()), ..page("/posts/") };
        let hidden = Page { listed: false, published: Some("2027-01-01".to_owned()), ..page("/secret") };
        let pages = vec![page("/"), dated, newer, hidden, page("/404")];
        let files = assemble(&settings(Some("https://x.org")), pages, &["/a.css".to_owned()]).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/404.html",
                "/feed.xml",
                "/index.html",
                "/posts/index.html",
                "/posts/ä b.html",
                "/robots.txt",
                "/secret.html",
                "/sitemap.xml"
            ]
        );
        let sitemap = text(&files, "/sitemap.xml");
        assert!(
            sitemap.contains(
                "<url><loc>https://x.org/posts/%C3%A4%20b</loc><lastmod>2026-11-01T00:00:00Z</lastmod></url>"
            )
        );
        assert!(!sitemap.contains("secret") && !sitemap.contains("404"));
        let feed = text(&files, "/feed.xml");
        let (one, other) = (
            feed.find("<id>https://x.org/posts/</id>").unwrap(),
            feed.find("<id>https://x.org/posts/%C3%A4%20b</id>").unwrap(),
        );
        assert!(
            one < other
                && feed.contains("<title>A &amp; B</title>\n<updated>2026-11-23T00:00:00Z</updated>")
                && !feed.contains("secret")
        );
        assert!(
            text(&files, "/index.html")
                .contains("<link rel=\"canonical\" href=\"https://x.org/\">\n<link rel=\"alternate\"")
        );
        assert!(text(&files, "/404.html").contains("noindex") && !text(&files, "/404.html").contains("canonical"));
        assert_eq!(text(&files, "/robots.txt"), "User-agent: *\nAllow: /\n\nSitemap: https://x.org/sitemap.xml\n");
    }

    #[test]
    fn without_an_address_there_is_nothing_that_needs_one() {
        let files = assemble(&settings(None), vec![page("/")], &[]).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["/index.html", "/robots.txt"]);
        let unlisted = Settings { listed: false, ..settings(None) };
        assert!(text(&assemble(&unlisted, vec![page("/")], &[]).unwrap(), "/robots.txt").contains("Disallow: /"));
    }

    #[test]
    fn what_is_there_is_not_made() {
        let taken = ["/robots.txt".to_owned(), "/sitemap.xml".to_owned()];
        let files = assemble(&settings(Some("https://x.org")), vec![page("/")], &taken).unwrap();
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn two_things_have_two_addresses() {
        let wrong = |pages: Vec<Page>, taken: &[&str], base: Option<&str>| {
            let taken: Vec<String> = taken.iter().map(|path| (*path).to_owned()).collect();
            assemble(&settings(base), pages, &taken).unwrap_err().remove(0)
        };
        assert!(wrong(vec![page("/a"), page("/a")], &[], None).message.contains("same address"));
        assert!(wrong(vec![page("/a")], &["/a"], None).message.contains("same address"));
        assert!(wrong(vec![page("/a")], &["/a.html"], None).message.contains("same address"));
        assert!(wrong(vec![page("/a.html")], &[], None).help.is_some());
        assert_eq!(wrong(vec![page("/../a")], &[], None).path, "/../a");
        assert_eq!(wrong(vec![], &["/b", "/b"], None).path, "/b");
        for base in ["x.org", "https://", "https://x.org/", "https:///x", "javascript:x", "https://x.org/\"><script>"] {
            assert!(wrong(vec![], &[], Some(base)).message.contains("no address"), "{base}");
        }
        // The page of a folder and a page of that name are two.
        assert!(assemble(&settings(None), vec![page("/a"), page("/a/")], &[]).is_ok());
    }
}
