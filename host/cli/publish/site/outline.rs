//! `site.org` as a list of pages: sections by headings, pages by links to Org files.

use std::collections::HashMap;

use super::super::super::references::inside;
use super::{Findings, wrong};
use crate::disk::Source;
use crate::kernel::types::{Label, LinkPlace, Severity, Span};
use crate::kernel::{Kernel, KernelError};

/// A page that is listed.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// From the folder of the list, without `.` and `..`.
    pub(super) path: String,
    /// As the list calls it.
    pub(super) title: Option<String>,
    /// Where it is listed.
    pub(super) span: Span,
    /// The section's number.
    pub(super) part: usize,
}

/// What the list says.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) listed: Vec<Listed>,
    /// Titles of sections; none for pages by themselves.
    pub(super) parts: Vec<Option<String>>,
}

/// Reads it.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn read(source: &Source, kernel: &Kernel, findings: &mut Findings) -> Result<Outline, KernelError> {
    let survey = kernel.survey(&source.text)?;
    let headlines = kernel.headlines(&source.text)?;
    let mut outline = Outline::default();
    let mut seen: HashMap<String, Span> = HashMap::new();
    // The heading of the section that is open, if it is one.
    let mut open: Option<Option<u32>> = None;
    for link in survey.links.iter().filter(|link| link.place != LinkPlace::Text) {
        let mut refuse = |severity, message: String, help: &str| {
            findings.push((0, wrong(severity, link.target_span, message, help)))
        };
        let path = match path(&link.target) {
            Ok(path) => path,
            Err((severity, message, help)) => {
                refuse(severity, message, help);
                continue;
            }
        };
        if let Some(first) = seen.get(&path) {
            let mut found = wrong(
                Severity::Error,
                link.target_span,
                format!("`{path}` is listed twice"),
                "take one of them out: a page has one place",
            );
            found.labels.push(Label { span: *first, message: "the first is here".to_owned() });
            findings.push((0, found));
            continue;
        }
        seen.insert(path.clone(), link.target_span);
        let title = Some(link.description.trim().to_owned()).filter(|title| !title.is_empty());
        if link.place == LinkPlace::Title {
            outline.parts.push(None);
            open = None;
        } else if open != Some(link.headline) {
            let heading = link.headline.and_then(|index| headlines.get(index as usize));
            outline.parts.push(heading.map(|heading| words(&heading.title)));
            open = Some(link.headline);
        }
        let part = outline.parts.len().saturating_sub(1);
        outline.listed.push(Listed { path, title, span: link.target_span, part });
    }
    if outline.listed.is_empty() && findings.is_empty() {
        let help = "write a heading for a section and items below it: `- [[file:page.org][Title]]`";
        findings.push((0, wrong(Severity::Error, super::TOP, format!("`{}` lists no pages", source.name), help)));
    }
    Ok(outline)
}

/// A title of a heading without the marks of a link in it.
fn words(title: &str) -> String {
    let title = title.replace("]]", "");
    match title.split_once("[[") {
        Some((before, link)) => format!("{before}{}", link.rsplit("][").next().unwrap_or(link)),
        None => title,
    }
}

/// The Org file that a link of the list names.
fn path(target: &str) -> Result<String, (Severity, String, &'static str)> {
    const CURE: &str = "write `- [[file:page.org][Title]]`";
    let (path, file) = match target.strip_prefix("file:") {
        Some(path) => (path, true),
        None => (target, target.starts_with(['.', '/', '~'])),
    };
    let is_org = |path: &str| path.len() > 4 && path.to_ascii_lowercase().ends_with(".org");
    if !file && path.contains(':') {
        let help = "the sidebar has the pages of the site; put other links onto a page";
        return Err((
            Severity::Info,
            format!("`{path}` is no page of this site, and is left out of the sidebar"),
            help,
        ));
    }
    if path.contains("::") {
        return Err((Severity::Error, format!("`{path}` is a place in a page"), "list the whole page, without `::`"));
    }
    if !is_org(path) {
        return Err((Severity::Error, format!("`{path}` is no Org file"), CURE));
    }
    // Prior lists have `[[page.org][Title]]`, which Org reads as the name of a heading.
    inside("", path).ok_or_else(|| {
        (Severity::Error, format!("`{path}` is outside of the folder of the list"), "pages lie in its folder and below")
    })
}
