//! The schema and how it came about: numbered steps that only go forward.
//!
//! All steps that are missing run in one transaction, under a lock, when a store is opened: a store has the whole new
//! schema or the old one. A step that ran is never changed; its digest is kept and compared.

use super::database::{Database, Transaction, params};
use super::digest::Digest;
use super::error::{Error, Result};

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// What it does, in a word.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// All steps, in order.
pub const ALL: &[Migration] = &[
    Migration { version: 1, name: "first", sql: include_str!("schema/0001-first.sql") },
    Migration { version: 2, name: "styles", sql: include_str!("schema/0002-styles.sql") },
    Migration { version: 3, name: "steps", sql: include_str!("schema/0003-steps.sql") },
    Migration { version: 4, name: "sessions", sql: include_str!("schema/0004-sessions.sql") },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL, applied BIGINT NOT NULL)";

/// What [`apply`] would do, without doing it.
///
/// # Errors
///
/// As [`apply`].
pub async fn pending(database: &Database) -> Result<Vec<Migration>> {
    let mut open = database.exclusive().await?;
    // The table is made and unmade again: asking whether there is one is different in each database.
    let pending = missing(&mut open, ALL).await;
    open.rollback().await;
    pending
}

/// Brings the schema up to date and says which steps that took.
///
/// # Errors
///
/// When the database fails, was made by a newer version, or a step that ran is not the one known here.
pub async fn apply(database: &Database, now: i64) -> Result<Vec<Migration>> {
    apply_all(database, now, ALL).await
}

async fn apply_all(database: &Database, now: i64, all: &[Migration]) -> Result<Vec<Migration>> {
    let mut open = database.exclusive().await?;
    let pending = missing(&mut open, all).await?;
    for step in &pending {
        open.define(step.sql).await?;
        let digest = Digest::of(step.sql.as_bytes());
        let sql = "INSERT INTO migrations (version, name, digest, applied) VALUES ($1, $2, $3, $4)";
        open.execute(sql, params![step.version, step.name, digest, now]).await?;
    }
    open.commit().await?;
    Ok(pending)
}

async fn missing(open: &mut Transaction, all: &[Migration]) -> Result<Vec<Migration>> {
    open.define(TABLE).await?;
    let mut done = 0;
    for row in open.query("SELECT version, digest FROM migrations ORDER BY version", &[]).await? {
        let (version, digest) = (row.int(0)?, row.digest(1)?);
        let Some(step) = all.iter().find(|step| step.version == version) else {
            let text = format!(
                "the database has version {version} of the schema, which is newer than this wb; use a newer one"
            );
            return Err(Error::Invalid(text));
        };
        if digest != Digest::of(step.sql.as_bytes()) {
            return Err(Error::Corrupt(format!("step {version} of the schema is not the one this wb knows")));
        }
        done = version;
    }
    Ok(all.iter().filter(|step| step.version > done).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failing_step_leaves_nothing_and_a_newer_database_is_refused() {
        let folder = std::env::temp_dir().join(format!("wb-migrations-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = Database::open(&super::super::database::Config::Sqlite(folder.join("db"))).await.unwrap();
        let good = Migration { version: 1, name: "one", sql: "CREATE TABLE one (a TEXT)" };
        let bad = Migration { version: 2, name: "two", sql: "CREATE TABLE two (a TEXT); CREATE TABLE one (a TEXT)" };
        assert!(apply_all(&database, 0, &[good, bad]).await.is_err());
        assert_eq!(apply_all(&database, 0, &[good]).await.unwrap(), [good]);
        assert_eq!(apply_all(&database, 0, &[good]).await.unwrap(), []);
        let changed = Migration { sql: "CREATE TABLE other (a TEXT)", ..good };
        assert!(matches!(apply_all(&database, 0, &[changed]).await, Err(Error::Corrupt(_))));
        assert!(matches!(apply_all(&database, 0, &[]).await, Err(Error::Invalid(_))));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
