//! What several pages need to be one site: a head, a sidebar, a breadcrumb, the pages before and after.
//!
//! The pages come as whole documents with one `main`. Their policy is written here, because it has the digests of their styles.

use std::fmt::Write as _;

use crate::markup::{escaped, styles};
use crate::path::{file_of, relative};
use crate::search::{self, Found};
use crate::{Chapter, File, Page, Settings};

/// The style of what is added.
const STYLE: &str = include_str!("site.css");

/// Behind this a policy is put.
const CHARSET: &str = "<meta charset=\"utf-8\">\n";

/// A page in the order of reading.
struct Place<'a> {
    page: usize,
    title: &'a str,
    chapter: Option<&'a str>,
}

/// The pages with what is added, and the files that searching needs.
#[must_use]
pub fn arrange(settings: &Settings, chapters: &[Chapter], pages: Vec<Page>, script: bool) -> (Vec<Page>, Vec<File>) {
    let order: Vec<Place<'_>> = chapters
        .iter()
        .flat_map(|chapter| chapter.entries.iter().map(move |entry| (chapter, entry)))
        .filter(|(_, entry)| entry.page < pages.len())
        .map(|(chapter, entry)| Place { page: entry.page, title: &entry.title, chapter: chapter.title.as_deref() })
        .collect();
    let found: Vec<Found> = order.iter().map(|place| search::read(&pages[place.page], place.title)).collect();
    let paths: Vec<String> = pages.iter().map(|page| page.path.clone()).collect();
    let has_search = paths.iter().any(|path| path == search::PATH);
    let frame = Frame { settings, chapters, order: &order, paths: &paths, has_search };
    let framed = pages.into_iter().enumerate().map(|(index, page)| {
        let is_search = page.path == search::PATH;
        let content = if is_search { search::content(&found, script) } else { String::new() };
        let html = frame.page(index, &page.html, &page.title, &content, is_search && script);
        Page { html, ..page }
    });
    let framed = framed.collect();
    (framed, if has_search { search::files(&found, script) } else { Vec::new() })
}

struct Frame<'a> {
    settings: &'a Settings,
    chapters: &'a [Chapter],
    order: &'a [Place<'a>],
    paths: &'a [String],
    has_search: bool,
}

impl Frame<'_> {
    /// An address of a page as an attribute of the page `from`.
    fn to(&self, from: usize, page: usize) -> String {
        escaped(&relative(&self.paths[from], &file_of(&self.paths[page])))
    }

    fn page(&self, index: usize, html: &str, title: &str, content: &str, script: bool) -> String {
        let (Some(main), Some(end)) = (html.find("<main"), html.rfind("</main>")) else { return html.to_owned() };
        let Some(inside) = html[main..end].find('>').map(|at| main + at + 1) else { return html.to_owned() };
        let at = self.order.iter().position(|place| place.page == index);
        let (before, opening, body, after) =
            (&html[..main], &html[main..inside], &html[inside..end], &html[end + "</main>".len()..]);
        let around = at.map(|at| self.around(index, at)).unwrap_or_default();
        let crumbs = self.crumbs(index, at, title);
        let page = [
            before,
            &self.head(index),
            opening,
            &crumbs,
            body,
            content,
            &around,
            "</main>\n",
            &self.sidebar(index),
            after.trim_start_matches('\n'),
        ]
        .concat();
        with_policy(&page, &format!("<style>{STYLE}</style>\n{}", self.links(index, at, script)), script)
    }

    /// The head of the site: its name, and what helps to find something.
    fn head(&self, index: usize) -> String {
        let home = relative(&self.paths[index], "/index.html");
        let mut html = format!(
            "<div class=\"site\" role=\"banner\"><a class=\"home\" href=\"{}\">{}</a>",
            escaped(&home),
            escaped(&self.settings.title)
        );
        html.push_str("<a class=\"to-pages\" href=\"#pages\">Pages</a>");
        if self.has_search {
            let search = relative(&self.paths[index], &file_of(search::PATH));
            let current = if self.paths[index] == search::PATH { " aria-current=\"page\"" } else { "" };
            let _ = write!(html, "<a href=\"{}\"{current}>Search</a>", escaped(&search));
        }
        html.push_str("</div>\n");
        html
    }

    fn sidebar(&self, index: usize) -> String {
        let mut html = String::from("<nav class=\"pages\" id=\"pages\" aria-label=\"Pages\">\n");
        let mut open = false;
        for (number, chapter) in self.chapters.iter().enumerate().filter(|(_, chapter)| !chapter.entries.is_empty()) {
            // Pages by themselves that follow each other are one list.
            let goes_on = chapter.title.is_none() && number > 0 && self.chapters[number - 1].title.is_none();
            if open && !goes_on {
                html.push_str("</ul>\n");
                open = false;
            }
            if let Some(title) = &chapter.title {
                let _ = writeln!(html, "<h2>{}</h2>", escaped(title));
            }
            if !open {
                html.push_str("<ul>\n");
                open = true;
            }
            for entry in chapter.entries.iter().filter(|entry| entry.page < self.paths.len()) {
                let current = if entry.page == index { " aria-current=\"page\"" } else { "" };
                let _ = writeln!(
                    html,
                    "<li><a href=\"{}\"{current}>{}</a></li>",
                    self.to(index, entry.page),
                    escaped(&entry.title)
                );
            }
        }
        if open {
            html.push_str("</ul>\n");
        }
        html.push_str("</nav>\n");
        html
    }

    /// Where the page is: the site, the chapter, the page. The first page is where the site is.
    fn crumbs(&self, index: usize, at: Option<usize>, title: &str) -> String {
        if self.paths[index] == "/" {
            return String::new();
        }
        let home = escaped(&relative(&self.paths[index], "/index.html"));
        let mut html = format!(
            "\n<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"{home}\">{}</a></li>",
            escaped(&self.settings.title)
        );
        let place = at.map(|at| &self.order[at]);
        if let Some(chapter) = place.and_then(|place| place.chapter) {
            let _ = write!(html, "<li>{}</li>", escaped(chapter));
        }
        let title = place.map_or(title, |place| place.title);
        let _ = write!(html, "<li aria-current=\"page\">{}</li></ol></nav>", escaped(title));
        html
    }

    fn neighbours(&self, at: usize) -> [(&'static str, &'static str, Option<&Place<'_>>); 2] {
        let before = at.checked_sub(1).and_then(|before| self.order.get(before));
        [("prev", "Previous", before), ("next", "Next", self.order.get(at + 1))]
    }

    fn around(&self, index: usize, at: usize) -> String {
        let mut html = String::new();
        for (rel, word, place) in self.neighbours(at) {
            let Some(place) = place else { continue };
            let (address, title) = (self.to(index, place.page), escaped(place.title));
            let _ = write!(html, "<a rel=\"{rel}\" href=\"{address}\"><small>{word}</small>{title}</a>");
        }
        if html.is_empty() {
            html
        } else {
            format!("<nav class=\"around\" aria-label=\"Pages before and after\">{html}</nav>\n")
        }
    }

    /// What the head of the document says of other files.
    fn links(&self, index: usize, at: Option<usize>, script: bool) -> String {
        let mut lines = String::new();
        for (rel, _, place) in at.map(|at| self.neighbours(at)).into_iter().flatten() {
            if let Some(place) = place {
                let _ = writeln!(lines, "<link rel=\"{rel}\" href=\"{}\">", self.to(index, place.page));
            }
        }
        if script {
            let _ = writeln!(
                lines,
                "<script src=\"{}\" defer></script>",
                escaped(&relative(&self.paths[index], search::SCRIPT))
            );
        }
        lines
    }
}

/// A document with lines more in its head, and the policy that its styles need.
fn with_policy(html: &str, lines: &str, script: bool) -> String {
    let html = crate::markup::with_head(html.to_owned(), lines);
    let scripts = if script { "; script-src 'self'; connect-src 'self'" } else { "" };
    let policy = format!(
        "default-src 'none'; style-src {}; img-src 'self' data:; media-src 'self'; base-uri 'none'; form-action 'none'{scripts}",
        styles(&html)
    );
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n");
    match html.split_once(CHARSET) {
        Some((before, after)) => [before, CHARSET, &meta, after].concat(),
        None => html,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;

    fn page(path: &str) -> Page {
        let html = format!(
            "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<style>a{{}}</style>\n</head>\n<body>\n<main id=\"main\">\n<p>{path}</p>\n</main>\n</body>\n</html>\n"
        );
        Page { path: path.to_owned(), html, title: format!("T{path}"), listed: true, ..Page::default() }
    }

    fn entry(page: usize, title: &str) -> Entry {
        Entry { page, title: title.to_owned() }
    }

    #[test]
    fn pages_know_their_place() {
        let chapters = [
            Chapter { title: None, entries: vec![entry(0, "Home")] },
            Chapter { title: Some("A & B".to_owned()), entries: vec![entry(1, "One"), entry(2, "Two")] },
            Chapter { title: None, entries: vec![entry(7, "nowhere")] },
        ];
        let settings = Settings { title: "Site".to_owned(), ..Settings::default() };
        let pages = vec![page("/"), page("/d/one"), page("/d/two"), page("/search")];
        let (pages, files) = arrange(&settings, &chapters, pages, true);
        let one = &pages[1].html;
        assert!(one.contains("<li><a href=\"one.html\" aria-current=\"page\">One</a></li>"), "{one}");
        assert!(
            one.contains("<h2>A &amp; B</h2>") && one.contains("<a class=\"home\" href=\"../index.html\">Site</a>")
        );
        assert!(one.contains(
            "<a rel=\"prev\" href=\"../index.html\"><small>Previous</small>Home</a><a rel=\"next\" href=\"two.html\">"
        ));
        assert!(one.contains(
            "<li><a href=\"../index.html\">Site</a></li><li>A &amp; B</li><li aria-current=\"page\">One</li>"
        ));
        assert!(one.contains("<link rel=\"next\" href=\"two.html\">") && !one.contains("<script"));
        assert!(!pages[0].html.contains("crumbs\"") && !pages[0].html.contains("rel=\"prev\""));
        let search = &pages[3].html;
        assert!(
            search.contains("<script src=\"search.js\" defer>") && search.contains("script-src 'self'"),
            "{search}"
        );
        assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["/search.json", "/search.js"]);
        // Every style is in the policy.
        assert_eq!(one.matches("'sha256-").count(), 2);
        assert!(one.find("Content-Security-Policy") < one.find("<style"));
    }
}
