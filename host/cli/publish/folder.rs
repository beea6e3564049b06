//! What is published as a folder: compared with what is there, and put in its place whole.
//!
//! A folder that we made has a list of its files in it, [`MARK`]. A folder without one, or with other files in it, is
//! somebody else's, and is left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::super::Failure;
use crate::disk::{self, Staging};
use crate::exit::Exit;

/// The list of files in a folder that we made.
pub(super) const MARK: &str = ".wb-published";

/// Its first line.
const TITLE: &str = "# These files were put here by `wb publish`, which replaces and removes them.";

/// Files by their paths, without a slash at the beginning.
pub(super) type Files = BTreeMap<String, Bytes>;

/// What publishing does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// It was not there.
    Added,
    /// It has other bytes.
    Changed,
    /// It is not there any more.
    Removed,
}

impl What {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Its path.
    pub(super) path: String,
    /// How.
    pub(super) what: What,
    /// Its size; of one that is removed, what it was.
    pub(super) bytes: u64,
}

/// The list of files, as a file.
pub(super) fn mark(files: &Files) -> Bytes {
    let mut text = format!("{TITLE}\n");
    for path in files.keys() {
        text.push_str(path);
        text.push('\n');
    }
    Bytes::from(text)
}

/// The paths in such a list.
pub(super) fn marked(text: &str) -> BTreeSet<String> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Where a folder's predecessor is kept.
fn previous(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".previous");
    folder.with_file_name(name)
}

/// The folder, with links resolved, and the folder it is in.
fn place(folder: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let folder = disk::absolute(folder).unwrap_or_else(|| folder.to_owned());
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk::make_directory(above).map_err(|error| cannot(above, &error))?;
    Ok((folder.clone(), above.to_owned()))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", path.display()))
}

/// What would change in a folder.
///
/// # Errors
///
/// When it is no folder of ours.
pub(super) fn compare(folder: &Path, files: &Files) -> Result<Vec<Change>, Failure> {
    let refused = |why: String| {
        let message = format!("`{}` {why}", folder.display());
        Failure::new(Exit::Conflict, message).hint("the folder is replaced whole: give `PUBLISH_OUTPUT` one of its own")
    };
    if disk::is_link(folder) && !disk::exists(folder) {
        return Err(refused("is a link that leads nowhere".to_owned()));
    }
    if !disk::exists(folder) {
        return Ok(changes(&BTreeMap::new(), files, |_| None));
    }
    if !disk::is_directory(&folder.to_string_lossy()) {
        return Err(refused("is no folder".to_owned()));
    }
    let there = there(folder);
    let ours = match disk::read(&folder.join(MARK)) {
        Ok(text) => marked(&String::from_utf8_lossy(&text)),
        Err(_) if there.is_empty() => BTreeSet::new(),
        Err(_) => {
            let first = there.keys().next().map_or("", String::as_str);
            return Err(refused(format!(
                "has files that `wb publish` did not put there, such as `{}`",
                first.escape_debug()
            )));
        }
    };
    if let Some(foreign) = there.keys().find(|path| !ours.contains(*path)) {
        return Err(refused(format!("has `{}` in it, which `wb publish` did not put there", foreign.escape_debug())));
    }
    Ok(changes(&there, files, |path| disk::read(&folder.join(path)).ok()))
}

/// The files of a folder but the list, with their sizes.
fn there(folder: &Path) -> BTreeMap<String, u64> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let found = disk::walk(folder).into_iter().map(|found| (name(&found.path), found.bytes));
    found.filter(|(path, _)| path != MARK).collect()
}

fn changes(there: &BTreeMap<String, u64>, files: &Files, read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (path, bytes) in files {
        let size = bytes.len() as u64;
        let what = match there.get(path) {
            None => What::Added,
            Some(before) if *before == size && read(path).is_some_and(|before| before == *bytes) => continue,
            Some(_) => What::Changed,
        };
        changes.push(Change { path: path.clone(), what, bytes: size });
    }
    let gone = there.iter().filter(|(path, _)| !files.contains_key(*path));
    changes.extend(gone.map(|(path, bytes)| Change { path: path.clone(), what: What::Removed, bytes: *bytes }));
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// Puts the files there, as one. `keep`: what was there is kept beside it.
///
/// # Errors
///
/// When the system says no. The folder is then as before.
pub(super) fn write(folder: &Path, files: &Files, keep: bool) -> Result<(), Failure> {
    let (folder, above) = place(folder)?;
    let staging = Staging::new(&above).map_err(|error| cannot(&above, &error))?;
    for (path, bytes) in files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).chain([(MARK, mark(files))]) {
        staging.write(Path::new(path), &mut bytes.as_ref()).map_err(|error| cannot(&folder.join(path), &error))?;
    }
    let before = previous(&folder);
    staging.swap(&folder, keep.then_some(before.as_path())).map_err(|error| cannot(&folder, &error))
}

/// Exchanges a folder with the one before; what then differs from before.
///
/// # Errors
///
/// When there is none, or the system says no.
pub(super) fn roll_back(folder: &Path, dry: bool) -> Result<Vec<Change>, Failure> {
    let (folder, _) = place(folder)?;
    let before = previous(&folder);
    if !disk::exists(&before.join(MARK)) || !disk::exists(&folder.join(MARK)) {
        let message = format!("there is nothing before what is in `{}`", folder.display());
        return Err(Failure::new(Exit::NotFound, message)
            .hint("`wb publish apply` keeps what it replaces; it replaced nothing yet"));
    }
    let mut files = Files::new();
    for path in there(&before).into_keys() {
        let bytes = disk::read(&before.join(&path)).map_err(|error| cannot(&before, &error))?;
        files.insert(path, Bytes::from(bytes));
    }
    let changes = compare(&folder, &files)?;
    if !dry {
        disk::exchange_folders(&folder, &before).map_err(|error| cannot(&folder, &error))?;
    }
    Ok(changes)
}
