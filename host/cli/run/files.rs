//! The files of `:file`: what a run writes beside the workbook, inside of its folder and nowhere else.
//!
//! All paths are looked at before the first file is written. Hidden files and folders are no place for results: a
//! workbook must not reach what other programs are configured with.

use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

use super::super::book::Book;
use super::super::{Context, Failure};
use super::write;
use crate::disk::{Within, absolute};
use crate::execute::run::Status;
use crate::exit::Exit;
use crate::kernel::types::ResultFile;
use crate::report::printable;

/// The files of the results that there are: paths in the workbook's folder, and what is to be in them.
pub(in crate::cli) fn made(
    book: &Book,
    state: &[Status],
    context: &Context,
) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let files = context.kernel()?.result_files(&book.source.text, &write::fresh(book, state))?;
    files.into_iter().map(|file| Ok((good(&file, book)?, file.content))).collect()
}

/// Writes the files of the results that there are, and says which. A file that has its content already is left alone.
pub(super) fn write(book: &Book, state: &[Status], context: &Context) -> anyhow::Result<Vec<String>> {
    let files = context.kernel()?.result_files(&book.source.text, &write::fresh(book, state))?;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let folder = if book.root.as_os_str().is_empty() { Path::new(".") } else { book.root.as_path() };
    let within = Within::open(folder, false).with_context(|| format!("cannot open `{}`", folder.display()))?;
    let own = book.source.path.as_deref().and_then(absolute);
    let mut changed = Vec::new();
    for file in &files {
        let path = good(file, book)?;
        let refused = |why: &str| refused(file, book, why);
        if own.is_some() && absolute(&folder.join(&path)) == own {
            return Err(refused("is the workbook itself").into());
        }
        let before = within.read(&path).map_err(|error| refused(&format!("cannot be read: {error}")))?;
        if before.is_none_or(|before| before != file.content) {
            changed.push((file, path));
        }
    }
    for (file, path) in &changed {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let made = parent.map_or(Ok(()), |parent| within.make_directory(parent));
        made.and_then(|()| within.write(path, &file.content, None))
            .map_err(|error| refused(file, book, &format!("cannot be written: {error}")))?;
    }
    Ok(changed.into_iter().map(|(file, _)| file.path.clone()).collect())
}

/// The path below the folder, or why it is none.
fn good(file: &ResultFile, book: &Book) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(&file.path);
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let mut inside = PathBuf::new();
    for part in parts {
        let Component::Normal(name) = part else { return Err(refused(file, book, "leaves the workbook's folder")) };
        if name.as_encoded_bytes().starts_with(b".") {
            return Err(refused(file, book, "is hidden, and results are not"));
        }
        inside.push(name);
    }
    if file.path.starts_with('~') || file.path.contains('\0') || inside.as_os_str().is_empty() {
        return Err(refused(file, book, "leaves the workbook's folder"));
    }
    Ok(inside)
}

fn refused(file: &ResultFile, book: &Book, why: &str) -> Failure {
    let message = format!("{}:{}: `:file {}` {why}", book.source.name, file.span.line, printable(&file.path));
    Failure::new(Exit::Denied, message).hint("write a path below the workbook's folder")
}
