//! The files of a site, made from its pages: clean addresses, sitemap, feed, `robots.txt`, compressed forms.
//!
//! It deliberately knows no Org, no store and no clock, and imports nothing: the same pages give the same bytes.
//!
//! - `assemble`: pages to files, and what is made of all of them. - `path`: addresses and the names of files.
//! - `feed`: Atom. - `date`: dates as people and Org write them. - `markup`: what is looked for and put into HTML.
//! - `finish`: compressed forms, and the digests of styles.

pub mod assemble;
pub mod date;
pub mod feed;
pub mod finish;
pub mod markup;
pub mod path;

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
