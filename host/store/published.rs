//! Published sites: immutable snapshots, of which one is active.
//!
//! A snapshot is made whole and becomes active in one transaction; who reads has [`View`], which names one snapshot and
//! can write nothing. Rolling back makes an earlier snapshot active. How pages are made is not known here.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::blobs::Blobs;
use super::database::{Database, Row, Transaction, params, transaction};
use super::digest::Digest;
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::workbooks::lost;
use super::{Global, Scope, check_id, page};

/// Blobs that are written at a time.
const AT_ONCE: usize = 16;

/// Most files of a snapshot.
pub const FILES: usize = 20_000;

/// A tenant's sites.
#[derive(Clone, Debug)]
pub struct Published(pub(super) Scope);

/// A file to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path, beginning with `/`.
    pub path: String,
    /// Its media type.
    pub media: String,
    /// How the bytes are coded: empty, `br` or `gzip`. Each coding of a path is a file of its own.
    pub coding: String,
    /// The digests of a page's styles, as sources of a content security policy; empty where there are none.
    pub styles: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number in the site, from 1.
    pub number: i64,
    /// The digest of all its files with their paths: the same content has the same.
    pub digest: Digest,
    /// How many files.
    pub files: i64,
    /// Their bytes together.
    pub size: i64,
    /// What was said about it.
    pub note: String,
    /// When it was made.
    pub made: i64,
    /// Whether it is the one that is seen.
    pub active: bool,
}

/// A file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// How the bytes are coded; empty for not at all.
    pub coding: String,
    /// Its media type.
    pub media: String,
    /// The digest of the bytes, and a strong entity tag.
    pub digest: Digest,
    /// How many bytes.
    pub size: i64,
    /// The digests of its styles, as in [`File`].
    pub styles: String,
}

/// A site and the snapshot that is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// The active snapshot.
    pub active: Option<i64>,
    /// The latest.
    pub latest: i64,
}

impl Published {
    /// Makes a snapshot of these files and activates it, all at once.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a wrong id, path, coding or media type, twice the same file, or more than [`FILES`].
    pub async fn publish(&self, site: &str, files: &[File], note: &str) -> Result<Snapshot> {
        check_id("site", site)?;
        check_files(files)?;
        let mut entries = Vec::new();
        for some in files.chunks(AT_ONCE) {
            entries.extend(self.keep(some).await?);
        }
        entries.sort_by(|one, other| (&one.path, &one.coding).cmp(&(&other.path, &other.coding)));
        // The styles follow from the bytes.
        let line = |entry: &Entry| format!("{} {} {} {}\n", entry.digest, entry.coding, entry.media, entry.path);
        let digest = Digest::of(entries.iter().map(line).collect::<String>().as_bytes());
        let size = entries.iter().map(|entry| entry.size).sum();
        let (tenant, now) = (&self.0.tenant, self.0.store.clock.now());
        transaction!(self.0.store.database, tx => {
            let row = tx
                .first(
                    "INSERT INTO sites (tenant, site, active, latest) VALUES ($1, $2, 1, 1)
                     ON CONFLICT (tenant, site) DO UPDATE SET latest = sites.latest + 1, active = sites.latest + 1
                     RETURNING latest",
                    params![tenant, site],
                )
                .await?;
            let number = row.ok_or_else(|| missing(site))?.int(0)?;
            let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
            tx.execute(
                "INSERT INTO snapshots (tenant, site, number, digest, files, size, note, made)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![tenant, site, number, digest, count, size, note, now],
            )
            .await?;
            for entry in &entries {
                insert(tx, tenant, site, number, entry).await?;
            }
            Ok(Snapshot { number, digest, files: count, size, note: note.to_owned(), made: now, active: true })
        })
        .inspect(|_| self.0.store.shows_other())
    }

    /// Keeps the bytes of some files, all at once: a disk and a server have more than one hand.
    async fn keep(&self, files: &[File]) -> Result<Vec<Entry>> {
        let mut tasks = Vec::new();
        for file in files {
            let (blobs, bytes) = (self.0.blobs(), file.bytes.clone());
            tasks.push(tokio::spawn(async move { blobs.put(bytes).await }));
        }
        let mut entries = Vec::new();
        for (file, task) in files.iter().zip(tasks) {
            let lost = |_| Error::Unavailable("a task of the blob store ended early".to_owned());
            let digest = task.await.map_err(lost)??;
            let size = i64::try_from(file.bytes.len()).unwrap_or(i64::MAX);
            let (path, coding, media) = (file.path.clone(), file.coding.clone(), file.media.clone());
            entries.push(Entry { path, coding, media, digest, size, styles: file.styles.clone() });
        }
        Ok(entries)
    }

    /// Makes a snapshot the active one: the given, or the one before the active one.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such snapshot.
    pub async fn rollback(&self, site: &str, to: Option<i64>) -> Result<i64> {
        let tenant = &self.0.tenant;
        transaction!(self.0.store.database, tx => {
            let sql = "SELECT MAX(n.number) FROM snapshots n JOIN sites s ON s.tenant = n.tenant AND s.site = n.site
                 WHERE n.tenant = $1 AND n.site = $2 AND (n.number = $3 OR ($3 = 0 AND n.number < s.active))";
            let row = tx.first(sql, params![tenant, site, to.unwrap_or(0)]).await?;
            let number = row.and_then(|row| row.maybe_int(0).transpose()).transpose()?;
            let number = number.ok_or_else(|| Error::NotFound(format!("`{site}` has no such snapshot")))?;
            let sql = "UPDATE sites SET active = $3 WHERE tenant = $1 AND site = $2";
            tx.execute(sql, params![tenant, site, number]).await?;
            Ok(number)
        })
        .inspect(|_| self.0.store.shows_other())
    }

    /// Takes a site off the public plane. Its snapshots stay.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn withdraw(&self, site: &str) -> Result<()> {
        transaction!(self.0.store.database, tx => {
            let sql = "UPDATE sites SET active = NULL WHERE tenant = $1 AND site = $2";
            match tx.execute(sql, params![&self.0.tenant, site]).await? {
                0 => Err(missing(site)),
                _ => Ok(()),
            }
        })
        .inspect(|()| self.0.store.shows_other())
    }

    /// Sites after an id, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn sites(&self, after: &str, limit: usize) -> Result<Vec<Site>> {
        let sql = "SELECT site, active, latest FROM sites WHERE tenant = $1 AND site > $2 ORDER BY site LIMIT $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, after, page(limit)]).await?;
        rows.iter().map(|row| Ok(Site { id: row.text(0)?, active: row.maybe_int(1)?, latest: row.int(2)? })).collect()
    }

    /// Snapshots before a number, the latest first: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn snapshots(&self, site: &str, before: Option<i64>, limit: usize) -> Result<Vec<Snapshot>> {
        let sql = "SELECT n.number, n.digest, n.files, n.size, n.note, n.made,
             CASE WHEN s.active = n.number THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
             FROM snapshots n JOIN sites s ON s.tenant = n.tenant AND s.site = n.site
             WHERE n.tenant = $1 AND n.site = $2 AND n.number < $3 ORDER BY n.number DESC LIMIT $4";
        let before = before.unwrap_or(i64::MAX);
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, site, before, page(limit)]).await?;
        let snapshot = |row: &Row| {
            Ok(Snapshot {
                number: row.int(0)?,
                digest: row.digest(1)?,
                files: row.int(2)?,
                size: row.int(3)?,
                note: row.text(4)?,
                made: row.int(5)?,
                active: row.int(6)? != 0,
            })
        };
        rows.iter().map(snapshot).collect()
    }

    /// The active snapshot of a site, to be read.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no site, or nothing of it is active.
    pub async fn view(&self, site: &str) -> Result<View> {
        let sql = "SELECT active FROM sites WHERE tenant = $1 AND site = $2";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, site]).await?;
        let active = rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten();
        let number = active.ok_or_else(|| missing(site))?;
        let database = self.0.store.database.clone();
        Ok(View { tenant: self.0.tenant.clone(), site: site.to_owned(), number, database, blobs: self.0.blobs() })
    }
}

impl Global {
    /// The site that a host shows, as [`Global::resolve`] finds it. The public plane needs no more than this.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when nobody has shown that the host is theirs, or nothing is active.
    pub async fn view(&self, host: &str) -> Result<View> {
        let (tenant, site) = self.resolve(host).await?;
        self.store.of(&tenant).published().view(&site).await
    }
}

async fn insert(tx: &mut Transaction, tenant: &Tenant, site: &str, number: i64, entry: &Entry) -> Result<()> {
    let sql = "INSERT INTO snapshot_files (tenant, site, number, path, coding, digest, media, size, styles)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Entry { path, coding, media, digest, size, styles } = entry;
    tx.execute(sql, params![tenant, site, number, path, coding, *digest, media, *size, styles]).await.map(drop)
}

fn missing(site: &str) -> Error {
    Error::NotFound(format!("nothing of a site `{site}` is published"))
}

fn check_files(files: &[File]) -> Result<()> {
    if files.len() > FILES {
        return Err(Error::Invalid(format!("a snapshot has at most {FILES} files")));
    }
    let mut seen = BTreeSet::new();
    for file in files {
        let path = &file.path;
        let is_path =
            path.len() <= 1024 && path.starts_with('/') && !path.contains(|c: char| c.is_control() || c == '\\');
        if !is_path || path.split('/').any(|part| matches!(part, "." | "..")) || path.contains("//") {
            return Err(Error::Invalid(format!("`{}` is no path of a page", path.escape_debug())));
        }
        if !matches!(file.coding.as_str(), "" | "br" | "gzip") {
            return Err(Error::Invalid(format!("`{path}`: a coding is `br`, `gzip` or none")));
        }
        let is_media = file.media.contains('/') && file.media.chars().all(|c| matches!(c, ' '..='~'));
        if !is_media || file.media.len() > 200 {
            return Err(Error::Invalid(format!("`{path}`: this is no media type")));
        }
        let is_source = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '\'' | '-' | '+' | '/' | '=');
        if file.styles.len() > 4000 || !file.styles.chars().all(is_source) {
            return Err(Error::Invalid(format!("`{path}`: these are no digests of styles")));
        }
        if !seen.insert((path, &file.coding)) {
            return Err(Error::Invalid(format!("`{path}` is there twice")));
        }
    }
    Ok(())
}

/// One snapshot of one site, to be read. It stays the same whatever is published meanwhile.
#[derive(Clone, Debug)]
pub struct View {
    tenant: Tenant,
    site: String,
    number: i64,
    database: Database,
    blobs: Blobs,
}

impl View {
    /// Whose it is.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The site's id.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The snapshot's number.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// What there is at a path: one entry for each coding, the uncoded first. Nothing where there is nothing.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn find(&self, path: &str) -> Result<Vec<Entry>> {
        if path.contains('\0') {
            return Ok(Vec::new());
        }
        let sql = "SELECT path, coding, media, digest, size, styles FROM snapshot_files
             WHERE tenant = $1 AND site = $2 AND number = $3 AND path = $4 ORDER BY coding";
        let rows = self.database.rows(sql, params![&self.tenant, &self.site, self.number, path]).await?;
        rows.iter().map(entry).collect()
    }

    /// All entries, in the order of paths and codings.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn all(&self) -> Result<Vec<Entry>> {
        let sql = "SELECT path, coding, media, digest, size, styles FROM snapshot_files
             WHERE tenant = $1 AND site = $2 AND number = $3 ORDER BY path, coding";
        let rows = self.database.rows(sql, params![&self.tenant, &self.site, self.number]).await?;
        rows.iter().map(entry).collect()
    }

    /// Entries after a path, in order: at most `limit`, uncoded ones only.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Entry>> {
        let sql = "SELECT path, coding, media, digest, size, styles FROM snapshot_files
             WHERE tenant = $1 AND site = $2 AND number = $3 AND path > $4 AND coding = '' ORDER BY path LIMIT $5";
        let values = params![&self.tenant, &self.site, self.number, after, page(limit)];
        self.database.rows(sql, values).await?.iter().map(entry).collect()
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn read(&self, entry: &Entry) -> Result<Bytes> {
        self.blobs.get(&entry.digest).await.map_err(lost)
    }
}

fn entry(row: &Row) -> Result<Entry> {
    Ok(Entry {
        path: row.text(0)?,
        coding: row.text(1)?,
        media: row.text(2)?,
        digest: row.digest(3)?,
        size: row.int(4)?,
        styles: row.text(5)?,
    })
}
