//! The pages of a site: read, and rendered.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::outline::Outline;
use super::{Findings, TOP, wrong};
use crate::cli::{Context, references};
use crate::disk::{self, LARGEST_DOCUMENT, Source, Within};
use crate::kernel::types::{Page as Rendered, RawHtml, RenderOptions, Severity, Span, Survey};
use crate::kernel::{Kernel, KernelError};
use crate::page;
use crate::publish::{Chapter, Entry, Page, Settings as About};

/// A page, and what it says of itself.
pub(super) struct One {
    /// From the folder of the list.
    pub(super) path: String,
    /// `/`, `/a/b`, `/a/`.
    pub(super) address: String,
    pub(super) source: Source,
    /// The text with links to pages in place of links to files.
    pub(super) text: String,
    pub(super) survey: Survey,
    /// As the list calls it, else as it calls itself.
    pub(super) title: String,
    /// Where it is listed.
    pub(super) listed: Span,
    /// Its section; none for a page that is made of the list itself.
    part: Option<usize>,
}

impl One {
    /// Whether it is made of the list of pages.
    pub(super) fn is_list(&self) -> bool {
        self.part.is_none()
    }
}

/// All of them.
pub(super) struct Site {
    pub(super) title: String,
    pub(super) description: Option<String>,
    pub(super) author: Option<String>,
    pub(super) language: String,
    pub(super) pages: Vec<One>,
    parts: Vec<Option<String>>,
}

/// Where a source is seen: its path without the ending; `index` is the page of its folder.
fn address(path: &str) -> String {
    let stem = path.get(..path.len().saturating_sub(4)).unwrap_or(path);
    match stem.strip_suffix("index") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{stem}"),
    }
}

fn options(files: Vec<crate::kernel::types::File>) -> RenderOptions {
    RenderOptions { raw_html: RawHtml::Drop, plain: false, results: Vec::new(), failures: Vec::new(), files }
}

/// Reads every page that is listed. Where none is the first of the site, the list itself is.
pub(super) fn load(
    list: &Source,
    outline: Outline,
    context: &Context,
    findings: &mut Findings,
) -> anyhow::Result<Site> {
    let kernel = context.kernel()?;
    let folder = list.path.as_deref().and_then(Path::parent).filter(|path| !path.as_os_str().is_empty());
    let root = folder.unwrap_or(Path::new("."));
    let within = Within::open(root, false)?;
    let about = kernel.render(&list.text, &options(Vec::new()))?;
    let mut pages = Vec::new();
    for listed in outline.listed {
        let text = match read(&within, &listed.path) {
            Ok(text) => text,
            Err((message, help)) => {
                findings.push((0, wrong(Severity::Error, listed.span, format!("`{}` {message}", listed.path), help)));
                continue;
            }
        };
        let path = folder.map_or_else(|| Path::new(&listed.path).to_owned(), |folder| folder.join(&listed.path));
        let source = Source { name: path.to_string_lossy().into_owned(), path: Some(path), text };
        let survey = kernel.survey(&source.text)?;
        let title = listed.title.unwrap_or_else(|| titled(&source, &survey, &listed.path));
        let title = words(title, kernel)?;
        let (address, text) = (address(&listed.path), source.text.clone());
        pages.push(One {
            path: listed.path,
            address,
            text,
            source,
            survey,
            title,
            listed: listed.span,
            part: Some(listed.part),
        });
    }
    let mut parts = Vec::with_capacity(outline.parts.len());
    for part in outline.parts {
        parts.push(part.map(|part| words(part, kernel)).transpose()?);
    }
    let name = |text: &str| if text.trim().is_empty() { "Pages".to_owned() } else { text.trim().to_owned() };
    let title = name(&about.title);
    if !pages.iter().any(|page| page.address == "/") {
        let path = list
            .path
            .as_deref()
            .and_then(Path::file_name)
            .map_or(String::new(), |name| name.to_string_lossy().into_owned());
        let survey = kernel.survey(&list.text)?;
        let (source, text, title) = (list.clone(), list.text.clone(), title.clone());
        pages.push(One { path, address: "/".to_owned(), text, source, survey, title, listed: TOP, part: None });
    }
    unlisted(root, list, &pages, findings);
    let Rendered { description, author, language, .. } = about;
    Ok(Site { title, description, author, language, pages, parts })
}

/// A title as people read it: without the marks of Org.
fn words(title: String, kernel: &Kernel) -> Result<String, KernelError> {
    if !title.contains(['*', '/', '_', '=', '~', '+', '\\', '@', '[', '{', '<', '$', '^', '-', '.']) {
        return Ok(title);
    }
    let plain = kernel.render(&format!("#+title: {title}\n"), &options(Vec::new()))?.title;
    Ok(if plain.trim().is_empty() { title } else { plain })
}

/// The text of a page, or why there is none.
fn read(within: &Within, path: &str) -> Result<String, (String, &'static str)> {
    let limit = usize::try_from(LARGEST_DOCUMENT).unwrap_or(usize::MAX);
    match within.read_at_most(Path::new(path), limit) {
        Ok(Some(bytes)) => String::from_utf8(bytes).map_err(|_| ("is not UTF-8".to_owned(), "save the file as UTF-8")),
        Ok(None) => Err(("is not there".to_owned(), "write the page, or take it out of the list")),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err((
            "leads out of the folder of the list, or is not ours to read".to_owned(),
            "pages lie in its folder and below; links that lead out are not followed",
        )),
        Err(error) => {
            Err((format!("cannot be read: {error}"), "pages are Org files in the folder of the list and below"))
        }
    }
}

/// What a page calls itself: its title, its first heading, its file.
fn titled(source: &Source, survey: &Survey, path: &str) -> String {
    let keyword = survey
        .settings
        .iter()
        .find(|it| it.headline.is_none() && it.key.eq_ignore_ascii_case("title") && !it.value.is_empty());
    let heading = || survey.anchors.first().map(|anchor| anchor.name.clone()).filter(|name| !name.is_empty());
    let stem = || source.path.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    keyword.map(|it| it.value.clone()).or_else(heading).or_else(stem).unwrap_or_else(|| path.to_owned())
}

/// How many forgotten files are named.
const NAMED: usize = 8;

/// A note about Org files beside the pages that no list has: perhaps forgotten, perhaps not.
fn unlisted(root: &Path, list: &Source, pages: &[One], findings: &mut Findings) {
    let own = list.path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let found = disk::documents(root).unwrap_or_default();
    let paths = found.iter().map(|path| path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/"));
    let is_page = |path: &String| {
        Some(path) == own.as_ref() || path == super::CONFIG || pages.iter().any(|page| page.path == *path)
    };
    let paths: Vec<String> = paths.filter(|path| !is_page(path)).collect();
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| format!("`{}`", path.escape_debug())).collect();
    let message = match paths.len() {
        0 => return,
        1 => format!("{} is not listed, and is no page of the site", named[0]),
        count if count <= NAMED => format!("{} are not listed, and are no pages of the site", named.join(", ")),
        count => {
            format!("{} and {} more are not listed, and are no pages of the site", named.join(", "), count - NAMED)
        }
    };
    findings.push((0, wrong(Severity::Info, TOP, message, "list what is meant to be one")));
}

impl Site {
    /// The sidebar.
    pub(super) fn chapters(&self) -> Vec<Chapter> {
        let entries = |part: usize| {
            let of = self.pages.iter().enumerate().filter(move |(_, page)| page.part == Some(part));
            of.map(|(index, page)| Entry { page: u32::try_from(index).unwrap_or(u32::MAX), title: page.title.clone() })
                .collect()
        };
        self.parts
            .iter()
            .enumerate()
            .map(|(part, title)| Chapter { title: title.clone(), entries: entries(part) })
            .collect()
    }
}

/// Every page as a document, on as many threads as there are cores, and the page to search on.
pub(super) fn render(site: &Site, about: &About, context: &Context) -> anyhow::Result<Vec<Page>> {
    let count = site.pages.len();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count).max(1);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count + 1)));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = site.pages.get(index) else { return };
                    let made = document(one, context);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let mut pages = done.into_iter().map(|(_, page)| page).collect::<anyhow::Result<Vec<Page>>>()?;
    if !pages.iter().any(|page| page.path == "/search") {
        let rendered = Rendered {
            title: "Search".to_owned(),
            description: None,
            language: about.language.clone(),
            author: None,
            date: None,
            fragment: String::new(),
        };
        pages.push(Page { listed: false, ..whole(&rendered, "/search", "Search") });
    }
    Ok(pages)
}

fn document(one: &One, context: &Context) -> anyhow::Result<Page> {
    let source = Source { text: one.text.clone(), ..one.source.clone() };
    let files = references::files(&source, context)?;
    let mut rendered = context.kernel()?.render(&source.text, &options(files))?;
    if one.part.is_none() || rendered.title.trim().is_empty() {
        rendered.title.clone_from(&one.title);
    }
    Ok(whole(&rendered, &one.address, &one.title))
}

/// A document without a policy: it is written when all styles are there.
fn whole(rendered: &Rendered, address: &str, name: &str) -> Page {
    let (before, after) = page::cut(rendered, name);
    let title = rendered.title.trim();
    Page {
        path: address.to_owned(),
        html: before + &after,
        title: if title.is_empty() { name } else { title }.to_owned(),
        description: rendered.description.clone(),
        published: rendered.date.clone(),
        updated: None,
        listed: true,
    }
}
