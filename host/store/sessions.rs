//! Sessions: people who logged in once and are known by a cookie since. Kept as a digest, like keys.
//!
//! A session is worth what opened it: it ends with the API key, or the operator's token, that it was opened with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::database::{Row, params, transaction};
use super::digest::{hex, random, sha256};
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::{Global, Scope, page};

/// What every session's token begins with.
pub const PREFIX: &str = "wbs_";

/// How long a session lives at most, in milliseconds: a week.
pub const LONGEST: i64 = 7 * 24 * 60 * 60 * 1000;

/// How long it lives without being used: twelve hours.
pub const IDLE: i64 = 12 * 60 * 60 * 1000;

/// How exactly it is known when it was used last: five minutes.
const GRAIN: i64 = 5 * 60 * 1000;

/// A tenant's sessions.
#[derive(Clone, Debug)]
pub struct Sessions(pub(super) Scope);

/// What is told about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, which is part of its token and no secret.
    pub id: String,
    /// Whom the credential named that opened it.
    pub subject: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// When it was opened.
    pub made: i64,
    /// When it was used last, to five minutes.
    pub used: i64,
    /// When it ends at the latest.
    pub expires: i64,
}

/// What a session is opened with.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Whom the credential names.
    pub subject: &'a str,
    /// What it is good for.
    pub scopes: &'a [String],
    /// The digest of a credential of the operator; empty for others.
    pub bound: &'a str,
    /// The id of an API key; empty for others.
    pub key: &'a str,
}

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.text(0)?,
        subject: row.text(1)?,
        scopes: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        made: row.int(3)?,
        used: row.int(4)?,
        expires: row.int(5)?,
    })
}

impl Sessions {
    /// Opens a session. Its token is given here and never again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn open(&self, opening: Opening<'_>) -> Result<(Session, String)> {
        let (id, secret) = (hex(&random::<12>()?), URL_SAFE_NO_PAD.encode(random::<32>()?));
        let (tenant, now, joined) = (&self.0.tenant, self.0.store.clock.now(), opening.scopes.join(" "));
        let (hash, expires) = (sha256(secret.as_bytes()), now.saturating_add(LONGEST));
        let Opening { subject, bound, key, .. } = opening;
        transaction!(self.0.store.database, tx => {
            // Those that are over go when somebody comes.
            tx.execute("DELETE FROM sessions WHERE expires <= $1", params![now]).await?;
            tx.execute(
                "INSERT INTO sessions (id, tenant, hash, subject, scopes, bound, key, made, used, expires)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
                params![&id, tenant, hash.as_slice(), subject, &joined, bound, key, now, expires],
            )
            .await
        })?;
        let text = format!("{PREFIX}{id}_{secret}");
        let scopes = opening.scopes.to_vec();
        Ok((Session { id, subject: subject.to_owned(), scopes, made: now, used: now, expires }, text))
    }

    /// Ends a session now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn end(&self, id: &str) -> Result<()> {
        transaction!(self.0.store.database, tx => {
            let sql = "DELETE FROM sessions WHERE tenant = $1 AND id = $2";
            match tx.execute(sql, params![&self.0.tenant, id]).await? {
                0 => Err(Error::NotFound(format!("there is no session `{id}`"))),
                _ => Ok(()),
            }
        })
    }

    /// Sessions after an id, in order: at most `limit`, and none that is over.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<Session>> {
        let now = self.0.store.clock.now();
        let sql = "SELECT id, subject, scopes, made, used, expires FROM sessions
             WHERE tenant = $1 AND id > $2 AND expires > $3 AND used > $4 ORDER BY id LIMIT $5";
        let parameters = params![&self.0.tenant, after, now, now.saturating_sub(IDLE), page(limit)];
        self.0.store.database.rows(sql, parameters).await?.iter().map(session).collect()
    }
}

impl Global {
    /// Whose session a token is of, where that is good now. `bound` are the digests of the operator's credentials. Why one is not good
    /// is not told.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it is none, is over, or what it was opened with is not good any more.
    pub async fn recognise(&self, text: &str, bound: &[&str]) -> Result<(Tenant, Session)> {
        let refused = || Error::NotFound("this session is over".to_owned());
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.filter(|(id, _)| id.len() == 24 && !id.contains('\0')).ok_or_else(refused)?;
        let sql = "SELECT s.id, s.subject, s.scopes, s.made, s.used, s.expires, s.tenant, s.hash, s.bound, s.key,
                 k.id, k.expires, k.revoked
             FROM sessions s LEFT JOIN api_keys k ON k.id = s.key AND k.tenant = s.tenant WHERE s.id = $1";
        let rows = self.store.database.rows(sql, params![id]).await?;
        let row = rows.first().ok_or_else(refused)?;
        let (session, now) = (session(row)?, self.store.clock.now());
        let is_right = bool::from(row.bytes(7)?.ct_eq(&sha256(secret.as_bytes())));
        let is_over = session.expires <= now || session.used.saturating_add(IDLE) <= now;
        let is_bound = Some(row.text(8)?).filter(|known| !known.is_empty());
        let key_is_gone = !row.text(9)?.is_empty()
            && (row.maybe_text(10)?.is_none()
                || row.maybe_int(11)?.is_some_and(|expires| expires <= now)
                || row.maybe_int(12)?.is_some());
        if !is_right || is_over || key_is_gone || is_bound.is_some_and(|known| !bound.contains(&known.as_str())) {
            return Err(refused());
        }
        let tenant = Tenant::new(&row.text(6)?).map_err(|error| Error::Corrupt(error.to_string()))?;
        if session.used.saturating_add(GRAIN) <= now {
            transaction!(self.store.database, tx => {
                tx.execute("UPDATE sessions SET used = $2 WHERE id = $1", params![id, now]).await
            })?;
        }
        Ok((tenant, session))
    }
}
