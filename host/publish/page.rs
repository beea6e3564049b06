//! Org sources as pages: one file each, with everything in it.

use super::{Page, PublishError, Settings};
use crate::kernel::Kernel;
use crate::kernel::types::{File, Page as Rendered, RawHtml, RenderOptions};
use crate::page;

/// An Org source as the page at a path. `name` stands in for a title that it does not have; `files` are those it includes. No
/// raw HTML is let through, so the page asks nobody for anything.
///
/// # Errors
///
/// When the kernel breaks.
pub fn page_of(kernel: &Kernel, org: &str, path: &str, name: &str, files: Vec<File>) -> Result<Page, PublishError> {
    let options =
        RenderOptions { raw_html: RawHtml::Drop, plain: false, results: Vec::new(), failures: Vec::new(), files };
    Ok(shown(&kernel.render(org, &options)?, path, name))
}

/// The page for what is not there, of a site that has none of its own.
#[must_use]
pub fn missing(settings: &Settings) -> Page {
    // It is shown at every address, so its links begin at the root of the site, which may lie below that of the host.
    let base = settings.base.as_deref().and_then(|base| base.split_once("://")).map_or("", |(_, rest)| rest);
    let root = base.find('/').map_or("", |at| &base[at..]);
    let fits = |c: char| c.is_ascii_alphanumeric() || "/-._~%".contains(c);
    let root = if root.chars().all(fits) { root } else { "" };
    let rendered = Rendered {
        title: "Not found".to_owned(),
        description: None,
        language: settings.language.clone(),
        author: None,
        date: None,
        fragment: format!(
            "<p>There is nothing at this address. <a href=\"{root}/\">The first page</a> may lead to it.</p>"
        ),
    };
    Page { listed: false, ..shown(&rendered, "/404", "Not found") }
}

fn shown(rendered: &Rendered, path: &str, name: &str) -> Page {
    let title = rendered.title.trim();
    Page {
        path: path.to_owned(),
        html: page::page(rendered, name),
        title: if title.is_empty() { name } else { title }.to_owned(),
        description: rendered.description.clone(),
        published: rendered.date.clone(),
        updated: None,
        listed: true,
    }
}
