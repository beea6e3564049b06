//! The files that a page shows or leads to, also by what it includes.

use super::super::{Context, references};
use crate::disk::Source;
use crate::kernel::types::{ReferenceKind, Span};

/// A file that a page mentions.
pub(super) struct Mention {
    /// As it is written.
    pub(super) written: String,
    /// From the folder of the page; none where it is outside of `root`.
    pub(super) path: Option<String>,
    /// Whether it is shown, and not linked to.
    pub(super) shown: bool,
    /// Where; of what is included, where that is.
    pub(super) span: Span,
}

/// Every file that is shown or linked to, in the order of the text. `folder` is where the page is, from the folder that paths may not
/// lead out of; the paths begin there.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn mentions(source: &Source, folder: &str, context: &Context) -> anyhow::Result<Vec<Mention>> {
    let kernel = context.kernel()?;
    let own = kernel.references(&source.text)?;
    let mut found = Vec::new();
    let mut add = |directory: &str, written: &str, kind: ReferenceKind, span: Span| {
        if matches!(kind, ReferenceKind::Image | ReferenceKind::Link) {
            let path = references::inside(&format!("{folder}{directory}"), written);
            found.push(Mention { written: written.to_owned(), path, shown: kind == ReferenceKind::Image, span });
        }
    };
    let included: Vec<(&str, Span)> = own
        .iter()
        .filter(|reference| reference.kind == ReferenceKind::Include)
        .map(|reference| (reference.path.as_str(), reference.span))
        .collect();
    for reference in &own {
        add("", &reference.path, reference.kind, reference.span);
    }
    let Some((_, first)) = included.first() else { return Ok(found) };
    for file in references::files(source, context)? {
        let named = included.iter().find(|(path, _)| references::inside("", path).as_deref() == Some(&file.path));
        let span = named.map_or(*first, |(_, span)| *span);
        let directory = file.path.rfind('/').map_or("", |at| &file.path[..=at]).to_owned();
        for reference in kernel.references(&file.text)? {
            add(&directory, &reference.path, reference.kind, span);
        }
    }
    Ok(found)
}
