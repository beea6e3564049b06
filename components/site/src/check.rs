//! Links that lead nowhere: every address of every page, looked up among the pages and files of the site.
//!
//! Addresses elsewhere are not asked: that would take a network, and what answers today may not tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use crate::assemble::root;
use crate::html::{Tag, tags};
use crate::path::{decoded, file_of, resolved};
use crate::{Page, Settings};

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// There is no such page or file.
    Absent,
    /// The page has no such anchor.
    NoAnchor,
    /// It leads out of the site.
    Outside,
}

/// A link that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The page's index.
    pub page: usize,
    /// As it stands in the page.
    pub address: String,
    /// Why.
    pub why: Breach,
}

/// Every broken link and image, each once a page. `taken` are the paths of files.
#[must_use]
pub fn check(settings: &Settings, pages: &[Page], taken: &[String]) -> Vec<Broken> {
    let read: Vec<Vec<Tag<'_>>> = pages.iter().map(|page| tags(&page.html)).collect();
    let ids: Vec<BTreeSet<String>> =
        read.iter().map(|tags| tags.iter().filter_map(|tag| tag.attribute("id")).collect()).collect();
    let mut places: BTreeMap<String, Option<usize>> = taken.iter().map(|path| (path.clone(), None)).collect();
    for (index, page) in pages.iter().enumerate() {
        places.insert(file_of(&page.path), Some(index));
        places.insert(page.path.clone(), Some(index));
    }
    for made in ["/feed.xml", "/sitemap.xml", "/robots.txt"] {
        places.entry(made.to_owned()).or_insert(None);
    }
    let mut found: Vec<Broken> = Vec::new();
    for (page, tags) in read.iter().enumerate() {
        let mut seen = BTreeSet::new();
        for address in tags.iter().filter_map(address) {
            let why = breach(&address, settings, page, pages, &ids, &places);
            if let Some(why) = why.filter(|_| seen.insert(address.clone())) {
                found.push(Broken { page, address, why });
            }
        }
    }
    found
}

/// What a tag leads to or shows.
fn address(tag: &Tag<'_>) -> Option<String> {
    match tag.name {
        "a" | "area" | "link" => tag.attribute("href"),
        "img" | "audio" | "video" | "source" | "script" | "iframe" => tag.attribute("src"),
        _ => None,
    }
}

fn breach(
    address: &str,
    settings: &Settings,
    page: usize,
    pages: &[Page],
    ids: &[BTreeSet<String>],
    places: &BTreeMap<String, Option<usize>>,
) -> Option<Breach> {
    let (path, anchor) = address.split_once('#').map_or((address, None), |(path, anchor)| (path, Some(anchor)));
    let path = path.split('?').next().unwrap_or(path);
    if is_elsewhere(path) {
        return None;
    }
    let target = if path.is_empty() {
        Some(page)
    } else {
        // An address from the root of the host is one of the site where the site lies there.
        let local = match path.strip_prefix(root(settings)).filter(|_| path.starts_with('/')) {
            Some(rest) => rest,
            None if path.starts_with('/') => return Some(Breach::Outside),
            None => path,
        };
        let Some(place) = resolved(&pages[page].path, local) else { return Some(Breach::Outside) };
        match places.get(&place).or_else(|| places.get(&format!("{place}/"))) {
            None => return Some(Breach::Absent),
            Some(target) => *target,
        }
    };
    let anchor = anchor.filter(|anchor| !anchor.is_empty() && *anchor != "top")?;
    let known = target.and_then(|target| ids.get(target)).is_none_or(|ids| ids.contains(&decoded(anchor)));
    (!known).then_some(Breach::NoAnchor)
}

/// Whether an address has a scheme, or a host.
fn is_elsewhere(path: &str) -> bool {
    let scheme = path.split_once(':').map_or("", |(scheme, _)| scheme);
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    named || path.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, html: &str) -> Page {
        Page { path: path.to_owned(), html: html.to_owned(), ..Page::default() }
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        let links = "<a href=\"b.html\"><a href=\"b.html#x\"><a href=\"b#y\"><a href=\"../c.html\"><a href=\"../../c\"><a href=\"#z\"><a href=\"#\">\
            <a href=\"#z\"><img src=\"i.png\"><img src=\"no%20i.png\"><a href=\"https://e.org/no\"><a href=\"mailto:a@b\"><a href=\"//e.org\"><img src=\"data:x\">\
            <a href=\"../feed.xml?x\"><p id=\"q\"><a href=\"?s=1#q\"><a href=\"/d/b\">";
        let pages = [
            page("/d/a", links),
            page("/d/b", "<h2 id='x'>"),
            page("/", "<a href=\"d\"><a href=\"d/\"><a href=\"e\">"),
            page("/e/", ""),
        ];
        let found = check(&Settings::default(), &pages, &["/d/i.png".to_owned()]);
        let shown: Vec<String> = found.iter().map(|it| format!("{} {} {:?}", it.page, it.address, it.why)).collect();
        assert_eq!(
            shown,
            [
                "0 b#y NoAnchor",
                "0 ../c.html Absent",
                "0 ../../c Outside",
                "0 #z NoAnchor",
                "0 no%20i.png Absent",
                "2 d Absent",
                "2 d/ Absent"
            ]
        );
        let below = Settings { base: Some("https://e.org/sub".to_owned()), ..Settings::default() };
        let pages = [page("/", "<a href=\"/sub/a\"><a href=\"/a\"><a href=\"/sub\">"), page("/a", "")];
        let found = check(&below, &pages, &[]);
        assert_eq!(found, [Broken { page: 0, address: "/a".to_owned(), why: Breach::Outside }]);
    }
}
