//! `wb tangle --out`: the files that `:tangle` asks for, written below one directory.
//!
//! Nothing is written before every path is known to be good, so that a refusal leaves the directory as it was.

use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::super::{Context, Failure};
use crate::disk::{Source, Within};
use crate::exit::Exit;
use crate::kernel::types::TangledFile;
use crate::report::{bytes, printable, table};

/// What becomes of one file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Written,
    Unchanged,
}

/// Writes the files, or says what would be written.
pub(super) fn run(source: &Source, folder: &Path, dry: bool, context: &Context) -> anyhow::Result<Exit> {
    let own = source.path.as_deref().and_then(crate::disk::absolute);
    let name = own.as_deref().unwrap_or(Path::new("workbook.org")).to_string_lossy().into_owned();
    let files = context.kernel()?.tangle_files(&source.text, &name)?;
    let within = match Within::open(folder, !dry && !files.is_empty()) {
        Ok(within) => Some(within),
        // A directory that is not there yet is no reason not to say what would go into it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot open `{}`", folder.display())),
    };
    let mut fates = Vec::new();
    for file in &files {
        let path = good(file, &source.name, folder)?;
        let fate = match &within {
            Some(within) => fate(within, &path, file, own.as_deref(), folder)?,
            None => Fate::Written,
        };
        fates.push((file, path, fate));
    }
    if let Some(within) = within.filter(|_| !dry) {
        for (file, path, _) in fates.iter().filter(|(_, _, fate)| *fate == Fate::Written) {
            write(&within, path, file).with_context(|| format!("cannot write `{}`", folder.join(path).display()))?;
        }
    }
    show(&fates, folder, dry, context)?;
    Ok(Exit::Ok)
}

/// The path below the directory, or why it is none.
fn good(file: &TangledFile, name: &str, folder: &Path) -> Result<PathBuf, Failure> {
    let line = file.span.line;
    let refused = |what: &str, hint: &str| {
        let message = format!("{name}:{line}: `:tangle {}` {what}", printable(&file.path));
        Failure::new(Exit::Denied, message).hint(hint)
    };
    if file.path.starts_with('(') {
        return Err(refused("is an expression of Emacs Lisp, and nothing is evaluated here", "write the path itself"));
    }
    let path = PathBuf::from(&file.path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || file.path.starts_with('~') || file.path.is_empty() || file.path.contains('\0') {
        let hint =
            format!("write a path below `{}`, without `..`; or give `--out` a directory above", folder.display());
        return Err(refused("leaves the directory", &hint));
    }
    Ok(path)
}

/// Whether a file is to be written, or why it cannot be.
fn fate(within: &Within, path: &Path, file: &TangledFile, own: Option<&Path>, folder: &Path) -> anyhow::Result<Fate> {
    let shown = folder.join(path);
    let real = crate::disk::absolute(&shown);
    if real.is_some() && real.as_deref() == own {
        let message = format!("`{}` is the workbook itself", shown.display());
        return Err(Failure::new(Exit::Denied, message).hint("give `:tangle` another name").into());
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    if !file.mkdirp && !within.has_directory(parent) {
        let message = format!("there is no directory `{}` for `{}`", folder.join(parent).display(), file.path);
        return Err(Failure::new(Exit::NotFound, message).hint("say `:mkdirp yes` on the block, or make it").into());
    }
    let before = within.read(path).map_err(|reason| {
        let message = format!("cannot read `{}`: {reason}", shown.display());
        Failure::new(Exit::Denied, message).hint("a link that leads out of the directory is not followed; remove it")
    })?;
    Ok(if before.is_some_and(|before| before == file.text.as_bytes()) { Fate::Unchanged } else { Fate::Written })
}

fn write(within: &Within, path: &Path, file: &TangledFile) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| file.mkdirp && !parent.as_os_str().is_empty()) {
        within.make_directory(parent)?;
    }
    within.write(path, file.text.as_bytes(), file.mode)
}

fn show(fates: &[(&TangledFile, PathBuf, Fate)], folder: &Path, dry: bool, context: &Context) -> anyhow::Result<()> {
    let report = context.report;
    let word = |fate: &Fate| match fate {
        Fate::Written if dry => "would write",
        Fate::Written => "written",
        Fate::Unchanged => "unchanged",
    };
    if report.is_json() {
        let file = |(file, path, fate): &(&TangledFile, PathBuf, Fate)| {
            json!({
                "path": path.to_string_lossy(),
                "status": word(fate),
                "bytes": file.text.len(),
                "mode": file.mode.map(|mode| format!("{mode:03o}")),
                "line": file.span.line,
            })
        };
        let files: Value = fates.iter().map(file).collect();
        report.value(&json!({ "directory": folder.to_string_lossy(), "files": files }))?;
        return Ok(());
    }
    let rows: Vec<Vec<String>> = fates
        .iter()
        .map(|(file, path, fate)| {
            let mode = file.mode.map(|mode| format!("{mode:03o}")).unwrap_or_default();
            vec![word(fate).to_owned(), printable(&path.to_string_lossy()), bytes(file.text.len() as u64), mode]
        })
        .collect();
    report.out(&table(&rows))?;
    if rows.is_empty() {
        report.say("no block has `:tangle`");
    }
    Ok(())
}
