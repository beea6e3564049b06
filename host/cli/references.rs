//! The files a workbook includes, read from its own folder and nowhere else.
//!
//! The kernel says which files a text mentions, this reads them and asks again about each, until there are no new ones.
//! What is missing or refused is left out of the page; `wb lint` says so at its place.

use std::collections::{HashSet, VecDeque};
use std::io::ErrorKind;
use std::path::Path;

use super::Context;
use crate::disk::{self, Folder, Source, Within};
use crate::kernel::types::{File, Reference, ReferenceKind};
use crate::kernel::{Kernel, KernelError};

/// The most files that one workbook may draw in, and what they may hold together.
const MOST_FILES: usize = 256;
const MOST_BYTES: u64 = 16 << 20;

/// The largest file that is sent to who looks at the page.
const LARGEST_LINKED: u64 = 64 << 20;

/// The files that the text, and the files in it, include or take settings from. Those that are refused are told on
/// stderr.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn files(source: &Source, context: &Context) -> anyhow::Result<Vec<File>> {
    let mut out: Vec<File> = Vec::new();
    let mut folder: Option<Folder> = None;
    let mut seen: HashSet<String> = HashSet::new();
    let mut left = MOST_BYTES;
    let mut open = VecDeque::from([(String::new(), None)]);
    while let Some((directory, index)) = open.pop_front() {
        let text = index.and_then(|i: usize| out.get(i)).map_or(source.text.as_str(), |file| file.text.as_str());
        if !mentions(text) {
            continue;
        }
        for reference in context.kernel()?.references(text)? {
            if !matches!(reference.kind, ReferenceKind::Include | ReferenceKind::Setup) {
                continue;
            }
            let Some(path) = inside(&directory, &reference.path) else {
                context.report.warn(&refused(source, &reference.path, OUTSIDE));
                continue;
            };
            if !seen.insert(path.clone()) {
                continue;
            }
            if out.len() >= MOST_FILES {
                context.report.warn(&refused(source, &path, "too many files are included"));
                return Ok(out);
            }
            if folder.is_none() {
                folder = Some(Folder::of(source)?);
            }
            let read = folder.as_ref().map(|folder| folder.read(&path, left));
            match read {
                Some(Ok(text)) => {
                    left -= text.len() as u64;
                    let directory = path.rfind('/').map_or("", |at| &path[..=at]).to_owned();
                    open.push_back((directory, Some(out.len())));
                    out.push(File { path, text });
                }
                Some(Err(error)) => context.report.warn(&refused(source, &path, &reason(&error))),
                None => {}
            }
        }
    }
    Ok(out)
}

/// A file of the workbook's folder that its text links to or shows; nothing else, however it is asked for.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn linked(path: &str, source: &Source, context: &Context) -> anyhow::Result<Option<Vec<u8>>> {
    let named = |reference: &Reference| {
        matches!(reference.kind, ReferenceKind::Link | ReferenceKind::Image)
            && inside("", &reference.path).is_some_and(|known| known == path)
    };
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    if hidden || !context.kernel()?.references(&source.text)?.iter().any(named) {
        return Ok(None);
    }
    let folder = source.path.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if disk::size(&folder.join(path)).is_none_or(|size| size > LARGEST_LINKED) {
        return Ok(None);
    }
    // What cannot be read is not there for whoever asks.
    Ok(Within::open(folder, false).and_then(|within| within.read(Path::new(path))).unwrap_or_default())
}

/// The paths a text mentions where nothing is, as it writes them: files that a page would lack, and links that would
/// lead nowhere. What leads out of the folder is not looked at; an include of it counts as missing.
///
/// # Errors
///
/// When the kernel breaks.
pub(super) fn missing(kernel: &Kernel, source: &Source) -> Result<Vec<String>, KernelError> {
    let mut out = Vec::new();
    let mut folder: Option<Folder> = None;
    for reference in kernel.references(&source.text)? {
        let drawn_in = matches!(reference.kind, ReferenceKind::Include | ReferenceKind::Setup);
        let is_there = match inside("", &reference.path) {
            None => !drawn_in,
            // A path that names a machine is somewhere else.
            Some(path) if path.contains(':') && !drawn_in => true,
            Some(path) => {
                // Of a folder that cannot be opened nothing is known.
                folder = folder.or_else(|| Folder::of(source).ok());
                folder.as_ref().is_none_or(|folder| folder.has(&path).unwrap_or(!drawn_in))
            }
        };
        if !is_there && !out.contains(&reference.path) {
            out.push(reference.path);
        }
    }
    Ok(out)
}

/// Whether asking the kernel is worth while.
fn mentions(text: &str) -> bool {
    let words = ["include:", "setupfile:"];
    let at = |i: usize, word: &str| text.get(i..i + word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word));
    text.match_indices("#+").any(|(i, _)| words.iter().any(|word| at(i + 2, word)))
}

const OUTSIDE: &str = "it is outside of the workbook's folder";

/// A path as the kernel looks for it, from the workbook's folder: without `.` and `..`. `None` where it leads out.
pub(super) fn inside(directory: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    let whole = format!("{directory}{path}");
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn refused(source: &Source, path: &str, reason: &str) -> String {
    format!("{}: `{path}` is not included: {reason}", source.name)
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        // What a capability says to a link that leads out.
        ErrorKind::PermissionDenied => format!("{OUTSIDE}, or not ours to read"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |directory: &str, path: &str, expect: Option<&str>| {
            assert_eq!(inside(directory, path).as_deref(), expect, "{directory} {path}");
        };
        check("", "./a/../b.org", Some("b.org"));
        check("a/", "../b.org", Some("b.org"));
        check("a/", "../../b.org", None);
        check("", "/etc/passwd", None);
        check("", "~/x", None);
        check("", "a/..", None);
    }
}
