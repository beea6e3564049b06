//! Takes named files out of archives whose digest was checked: gzipped tar as npm has it, zip as PyPI has it, tar in either.
//!
//! Only regular files are written; links, devices and paths that lead elsewhere are not what a package is pinned for.

use std::io::{self, Read};
use std::path::{Component, Path};

use super::{Package, Registry, Take};
use crate::disk::Staging;

/// The most that one archive may unpack to.
const LARGEST: u64 = 2 << 30;

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is no archive of its kind.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// It lacks something.
    #[error("the archive has no `{0}`")]
    Missing(&'static str),
    /// A path that leads out of the folder.
    #[error("the archive has the path `{0}`, which leads elsewhere")]
    Path(String),
    /// More than an archive may hold.
    #[error("the archive unpacks to more than {} GiB", LARGEST >> 30)]
    TooLarge,
    /// A file cannot be written.
    #[error("{0}")]
    Write(io::Error),
}

/// The files written, with their sizes.
pub(super) type List = Vec<(String, u64)>;

/// Writes what is to be taken of a package's archive.
pub(super) fn unpack(package: &Package, archive: &[u8], staging: &Staging) -> Result<List, UnpackError> {
    let mut taking = Taking { staging, list: Vec::new(), bytes: 0 };
    match package.registry {
        Registry::Npm => taking.tar(flate2::read::GzDecoder::new(archive), package.take)?,
        Registry::PyPi { file, .. } if file.ends_with(".tar.gz") => {
            taking.tar(flate2::read::GzDecoder::new(archive), package.take)?;
        }
        Registry::PyPi { .. } => taking.zip(archive, package.take)?,
    }
    Ok(taking.list)
}

struct Taking<'a> {
    staging: &'a Staging,
    list: List,
    bytes: u64,
}

impl Taking<'_> {
    fn tar(&mut self, reader: impl Read, take: &'static [Take]) -> Result<(), UnpackError> {
        let unreadable = |error: io::Error| UnpackError::Archive(error.to_string());
        let mut seen = vec![false; take.len()];
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries().map_err(unreadable)? {
            let mut entry = entry.map_err(unreadable)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            self.member(path.trim_start_matches("./"), &mut entry, take, &mut seen)?;
        }
        all_seen(take, &seen)
    }

    fn zip(&mut self, archive: &[u8], take: &'static [Take]) -> Result<(), UnpackError> {
        let mut seen = vec![false; take.len()];
        let unreadable = |error: rawzip::Error| UnpackError::Archive(error.to_string());
        let zip = rawzip::ZipArchive::from_slice(archive).map_err(unreadable)?;
        let mut entries = zip.entries();
        while let Some(entry) = entries.next_entry().map_err(unreadable)? {
            if entry.is_dir() {
                continue;
            }
            let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            let data = zip.get_entry(entry.wayfinder()).map_err(unreadable)?;
            match entry.compression_method() {
                rawzip::CompressionMethod::STORE => {
                    self.member(&path, &mut data.verifying_reader(data.data()), take, &mut seen)?;
                }
                rawzip::CompressionMethod::DEFLATE => {
                    let inflated = flate2::read::DeflateDecoder::new(data.data());
                    self.member(&path, &mut data.verifying_reader(inflated), take, &mut seen)?;
                }
                other => return Err(UnpackError::Archive(format!("`{path}` is compressed by {other:?}"))),
            }
        }
        all_seen(take, &seen)
    }

    /// Writes a member where the first part that names it says.
    fn member(
        &mut self,
        path: &str,
        content: &mut dyn Read,
        take: &'static [Take],
        seen: &mut [bool],
    ) -> Result<(), UnpackError> {
        for (take, seen) in take.iter().zip(seen) {
            let to = match take {
                Take::File { from, to } | Take::Program { from, to } if path == *from => (*to).to_owned(),
                Take::Folder { from, to } => match below(path, from) {
                    Some(rest) => [to, rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
                    None => continue,
                },
                Take::Tar { from, take } if path == *from => {
                    *seen = true;
                    return self.tar(content, take);
                }
                _ => continue,
            };
            *seen = true;
            self.write(&to, content)?;
            if matches!(take, Take::Program { .. }) {
                self.staging.make_executable(Path::new(&to)).map_err(UnpackError::Write)?;
            }
            return Ok(());
        }
        Ok(())
    }

    fn write(&mut self, path: &str, content: &mut dyn Read) -> Result<(), UnpackError> {
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || path.is_empty() || path.contains(['\n', '\\']) {
            return Err(UnpackError::Path(path.to_owned()));
        }
        let left = LARGEST - self.bytes;
        let written = self.staging.write(Path::new(path), &mut content.take(left + 1)).map_err(UnpackError::Write)?;
        if written > left {
            return Err(UnpackError::TooLarge);
        }
        self.bytes += written;
        self.list.push((path.to_owned(), written));
        Ok(())
    }
}

/// What stands behind a folder's path.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn all_seen(take: &'static [Take], seen: &[bool]) -> Result<(), UnpackError> {
    let missing = take.iter().zip(seen).find(|(_, seen)| !**seen);
    match missing.map(|(take, _)| take) {
        Some(
            Take::File { from, .. } | Take::Program { from, .. } | Take::Folder { from, .. } | Take::Tar { from, .. },
        ) => Err(UnpackError::Missing(from)),
        None => Ok(()),
    }
}
