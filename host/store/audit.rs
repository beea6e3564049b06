//! What was refused, to whom, and by which rule. Never what was sent.

use super::database::{Database, Row, params, transaction};
use super::digest::{hex, random};
use super::error::Result;
use super::{Global, Scope, page};

/// Whom a refusal is kept for where no tenant was known; no tenant is called that.
const NOBODY: &str = "-";
/// The longest text that is kept, in characters.
const LONGEST: usize = 500;

/// What a tenant's callers were refused.
#[derive(Clone, Debug)]
pub struct Audit(pub(super) Scope);

/// A refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// When; set when it is kept.
    pub made: i64,
    /// Who asked: an address, the id of a key.
    pub client: String,
    /// The method of the request.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The rule that refused, by its name.
    pub rule: String,
    /// What else there is to say.
    pub detail: String,
}

impl Audit {
    /// Keeps a refusal.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn refuse(&self, refusal: &Refusal) -> Result<()> {
        keep(&self.0.store.database, self.0.tenant.as_str(), refusal, self.0.store.clock.now()).await
    }

    /// Refusals before a time, the latest first: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, before: Option<i64>, limit: usize) -> Result<Vec<Refusal>> {
        list(&self.0.store.database, self.0.tenant.as_str(), before, limit).await
    }
}

impl Global {
    /// Keeps a refusal of a request of which no tenant is known.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn refuse(&self, refusal: &Refusal) -> Result<()> {
        keep(&self.store.database, NOBODY, refusal, self.store.clock.now()).await
    }

    /// Those refusals before a time, the latest first: at most `limit`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn refusals(&self, before: Option<i64>, limit: usize) -> Result<Vec<Refusal>> {
        list(&self.store.database, NOBODY, before, limit).await
    }

    /// Removes refusals of all tenants from before a time, and says how many.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn forget_refusals(&self, before: i64) -> Result<u64> {
        transaction!(self.store.database, tx => {
            tx.execute("DELETE FROM refusals WHERE made < $1", params![before]).await
        })
    }
}

async fn keep(database: &Database, tenant: &str, refusal: &Refusal, now: i64) -> Result<()> {
    // A hostile request may have anything in its path, and as much of it as the listener lets through.
    let short = |text: &str| text.replace('\0', "\u{fffd}").chars().take(LONGEST).collect::<String>();
    let Refusal { client, method, path, rule, detail, .. } = refusal;
    let id = hex(&random::<8>()?);
    transaction!(database, tx => {
        tx.execute(
            "INSERT INTO refusals (tenant, made, id, client, method, path, rule, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![tenant, now, &id, short(client), short(method), short(path), short(rule), short(detail)],
        )
        .await
        .map(drop)
    })
}

async fn list(database: &Database, tenant: &str, before: Option<i64>, limit: usize) -> Result<Vec<Refusal>> {
    let sql = "SELECT made, client, method, path, rule, detail FROM refusals WHERE tenant = $1 AND made < $2
         ORDER BY made DESC, id DESC LIMIT $3";
    let rows = database.rows(sql, params![tenant, before.unwrap_or(i64::MAX), page(limit)]).await?;
    let refusal = |row: &Row| {
        Ok(Refusal {
            made: row.int(0)?,
            client: row.text(1)?,
            method: row.text(2)?,
            path: row.text(3)?,
            rule: row.text(4)?,
            detail: row.text(5)?,
        })
    };
    rows.iter().map(refusal).collect()
}
