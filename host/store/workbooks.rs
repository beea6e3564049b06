//! Workbooks: sources by digest, conditional writes, and a history that nothing is lost from.
//!
//! The digest of the source is its entity tag. Each change is a revision; deleting is one as well, so what was deleted can
//! be restored. Org is not read here.

use bytes::Bytes;

use super::database::{Row, Transaction, params, transaction};
use super::digest::Digest;
use super::error::{Error, Result};
use super::{Scope, check_id, page};

/// A tenant's workbooks.
#[derive(Clone, Debug)]
pub struct Workbooks(pub(super) Scope);

/// What is known of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workbook {
    /// Its id.
    pub id: String,
    /// The source, and the entity tag.
    pub digest: Digest,
    /// The source's size in bytes.
    pub size: i64,
    /// The number of its last change, from 1.
    pub revision: i64,
    /// When there was first one of this id.
    pub created: i64,
    /// When it was changed last.
    pub changed: i64,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub number: i64,
    /// The source after it; none when it was deleted.
    pub digest: Option<Digest>,
    /// The source's size in bytes.
    pub size: i64,
    /// When.
    pub made: i64,
    /// By whom, as the caller says.
    pub author: String,
}

/// What must hold for a write to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    Always,
    /// There is none: `If-None-Match: *`.
    Absent,
    /// There is one: `If-Match: *`.
    Present,
    /// Its source is one of these: `If-Match`.
    Matches(Vec<Digest>),
}

impl Condition {
    fn check(&self, now: Option<Digest>) -> Result<()> {
        let holds = match self {
            Self::Always => true,
            Self::Absent => now.is_none(),
            Self::Present => now.is_some(),
            Self::Matches(digests) => now.is_some_and(|now| digests.contains(&now)),
        };
        if holds {
            return Ok(());
        }
        Err(Error::Conflict(match now {
            Some(now) => format!("the workbook is at {now} now"),
            None => "there is no such workbook now".to_owned(),
        }))
    }
}

const COLUMNS: &str = "id, digest, size, revision, created, changed";

fn workbook(row: &Row) -> Result<Workbook> {
    Ok(Workbook {
        id: row.text(0)?,
        digest: row.digest(1)?,
        size: row.int(2)?,
        revision: row.int(3)?,
        created: row.int(4)?,
        changed: row.int(5)?,
    })
}

fn missing(id: &str) -> Error {
    Error::NotFound(format!("there is no workbook `{id}`"))
}

impl Workbooks {
    /// Writes a source. The same source as before is no change.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the condition does not hold; [`Error::Invalid`] for an id that is none.
    pub async fn put(
        &self,
        id: &str,
        source: impl Into<Bytes>,
        condition: &Condition,
        author: &str,
    ) -> Result<Workbook> {
        check_id("workbook", id)?;
        let source = source.into();
        let size = i64::try_from(source.len()).unwrap_or(i64::MAX);
        // First the bytes, then the row: a row never refers to what is not there.
        let digest = self.0.blobs().put(source).await?;
        self.change(id, Some((digest, size)), condition, author).await?.ok_or_else(|| missing(id))
    }

    /// Deletes a workbook; its history stays.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when the condition does not hold.
    pub async fn delete(&self, id: &str, condition: &Condition, author: &str) -> Result<()> {
        check_id("workbook", id)?;
        self.change(id, None, condition, author).await.map(drop)
    }

    /// Makes the source of an earlier revision the current one, which is a new revision.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such revision, or the workbook was deleted in it.
    pub async fn restore(&self, id: &str, revision: i64, condition: &Condition, author: &str) -> Result<Workbook> {
        let earlier = self.revision(id, revision).await?;
        let digest = earlier.digest.ok_or_else(|| Error::NotFound(format!("revision {revision} deleted `{id}`")))?;
        self.change(id, Some((digest, earlier.size)), condition, author).await?.ok_or_else(|| missing(id))
    }

    async fn change(
        &self,
        id: &str,
        to: Option<(Digest, i64)>,
        condition: &Condition,
        author: &str,
    ) -> Result<Option<Workbook>> {
        let (tenant, now) = (&self.0.tenant, self.0.store.clock.now());
        transaction!(self.0.store.database, tx => {
            let before = tx
                .first(
                    "SELECT digest, revision, created, deleted FROM workbooks WHERE tenant = $1 AND id = $2",
                    params![tenant, id],
                )
                .await?;
            let live = match &before {
                Some(row) if row.int(3)? == 0 => Some(row.digest(0)?),
                _ => None,
            };
            if to.is_none() && live.is_none() {
                return Err(missing(id));
            }
            condition.check(live)?;
            let (revision, created) = match &before {
                Some(row) => (row.int(1)?, row.int(2)?),
                None => (0, now),
            };
            if live.is_some() && live == to.map(|(digest, _)| digest) {
                return find(tx, tenant.as_str(), id).await.map(Some);
            }
            let revision = revision + 1;
            let (digest, size) = to.map_or((None, 0), |(digest, size)| (Some(digest), size));
            tx.execute(
                "INSERT INTO revisions (tenant, id, revision, digest, size, made, author) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![tenant, id, revision, digest, size, now, author],
            )
            .await?;
            let kept = digest.map_or_else(String::new, |digest| digest.to_string());
            tx.execute(
                "INSERT INTO workbooks (tenant, id, digest, size, revision, created, changed, deleted)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (tenant, id) DO UPDATE SET digest = excluded.digest, size = excluded.size,
                 revision = excluded.revision, changed = excluded.changed, deleted = excluded.deleted",
                params![tenant, id, kept, size, revision, created, now, to.is_none()],
            )
            .await?;
            Ok(digest.map(|digest| Workbook { id: id.to_owned(), digest, size, revision, created, changed: now }))
        })
    }

    /// What is known of a workbook.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn head(&self, id: &str) -> Result<Workbook> {
        let mut tx = self.0.store.database.read().await?;
        let found = find(&mut tx, self.0.tenant.as_str(), id).await;
        tx.rollback().await;
        found.map_err(Error::settled)
    }

    /// A workbook with its source.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn get(&self, id: &str) -> Result<(Workbook, Bytes)> {
        let workbook = self.head(id).await?;
        let source = self.0.blobs().get(&workbook.digest).await.map_err(lost)?;
        Ok((workbook, source))
    }

    /// The source as it was after a revision.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such revision, or the workbook was deleted in it.
    pub async fn source(&self, id: &str, revision: i64) -> Result<Bytes> {
        let digest = self.revision(id, revision).await?.digest;
        let digest = digest.ok_or_else(|| Error::NotFound(format!("revision {revision} deleted `{id}`")))?;
        self.0.blobs().get(&digest).await.map_err(lost)
    }

    async fn revision(&self, id: &str, number: i64) -> Result<Revision> {
        let sql = "SELECT revision, digest, size, made, author FROM revisions
             WHERE tenant = $1 AND id = $2 AND revision = $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, id, number]).await?;
        let missing = || Error::NotFound(format!("there is no revision {number} of a workbook `{id}`"));
        revision(rows.first().ok_or_else(missing)?)
    }

    /// Workbooks after an id, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Workbook>> {
        let sql = "SELECT id, digest, size, revision, created, changed FROM workbooks
             WHERE tenant = $1 AND id > $2 AND deleted = 0 ORDER BY id LIMIT $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, after, page(limit)]).await?;
        rows.iter().map(workbook).collect()
    }

    /// Changes before a revision, the latest first: at most `limit`. Of one that was deleted as well.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there never was such a workbook.
    pub async fn history(&self, id: &str, before: Option<i64>, limit: usize) -> Result<Vec<Revision>> {
        let sql = "SELECT revision, digest, size, made, author FROM revisions
             WHERE tenant = $1 AND id = $2 AND revision < $3 ORDER BY revision DESC LIMIT $4";
        let before = before.unwrap_or(i64::MAX);
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, id, before, page(limit)]).await?;
        if rows.is_empty() && before == i64::MAX {
            return Err(missing(id));
        }
        rows.iter().map(revision).collect()
    }
}

async fn find(tx: &mut Transaction, tenant: &str, id: &str) -> Result<Workbook> {
    let sql = format!("SELECT {COLUMNS} FROM workbooks WHERE tenant = $1 AND id = $2 AND deleted = 0");
    let rows = tx.query_text(&sql, params![tenant, id]).await?;
    workbook(rows.first().ok_or_else(|| missing(id))?)
}

fn revision(row: &Row) -> Result<Revision> {
    Ok(Revision {
        number: row.int(0)?,
        digest: row.maybe_digest(1)?,
        size: row.int(2)?,
        made: row.int(3)?,
        author: row.text(4)?,
    })
}

/// A row that refers to a blob which is not there is damage, and not a wrong id.
pub(super) fn lost(error: Error) -> Error {
    match error {
        Error::NotFound(what) => Error::Corrupt(what),
        other => other,
    }
}
