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
    let rendered = Rendered {
        title: "Not found".to_owned(),
        description: None,
        language: settings.language.clone(),
        author: None,
        date: None,
        fragment: "<p>There is nothing at this address. <a href=\"/\">The first page</a> may lead to it.</p>"
            .to_owned(),
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
