//! The files of a site, made from its pages: clean addresses, sitemap, feed, `robots.txt`, compressed forms.
//!
//! It deliberately knows no Org, no store and no clock, and imports nothing: the same pages give the same bytes.
//!
//! - `assemble`: pages to files, and what is made of all of them. - `path`: addresses and the names of files.
//! - `feed`: Atom. - `date`: dates as people and Org write them. - `markup`: what is looked for and put into HTML.
//! - `frame`: sidebar, breadcrumb and neighbours of many pages. - `search`: the index, and a page to read it on. - `check`: links that
//!   lead nowhere. - `html`: tags and texts of pages.
//! - `finish`: compressed forms, and the digests of styles.

pub mod assemble;
pub mod check;
pub mod date;
pub mod feed;
pub mod finish;
pub mod frame;
pub mod html;
pub mod markup;
pub mod path;
pub mod search;

#[cfg(target_family = "wasm")]
mod component;

/// What a site is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its title.
    pub title: String,
    /// Where it will be, without a slash at the end.
    pub base: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Who stands for it.
    pub author: Option<String>,
    /// A language tag.
    pub language: String,
    /// Whether search engines may list it.
    pub listed: bool,
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Its address.
    pub path: String,
    /// A whole document.
    pub html: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// When it came out.
    pub published: Option<String>,
    /// When it changed.
    pub updated: Option<String>,
    /// Whether it is in the sitemap and the feed.
    pub listed: bool,
}

/// A page in the sidebar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its index among the pages.
    pub page: usize,
    /// What it is called there.
    pub title: String,
}

/// The pages under one heading of the sidebar, or without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chapter {
    /// The heading.
    pub title: Option<String>,
    /// The pages.
    pub entries: Vec<Entry>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, beginning with `/`.
    pub path: String,
    /// Its media type.
    pub media: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What stands in the way of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The page or file.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
