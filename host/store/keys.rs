//! API keys: shown once, kept as a digest. A digest without a salt is enough for 256 random bits.

use subtle::ConstantTimeEq as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::database::{Row, params, transaction};
use super::digest::{hex, random, sha256};
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::{Global, Scope, page};

/// What every key begins with, so that it is recognised where it should not be.
pub const PREFIX: &str = "wbk_";

/// A tenant's keys.
#[derive(Clone, Debug)]
pub struct Keys(pub(super) Scope);

/// What is told about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is part of it and no secret.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it was made.
    pub made: i64,
    /// When it ends.
    pub expires: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

fn api_key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.text(0)?,
        name: row.text(1)?,
        scopes: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        made: row.int(3)?,
        expires: row.maybe_int(4)?,
        revoked: row.maybe_int(5)?,
    })
}

impl Keys {
    /// Makes a key. The text is given here and never again.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a wrong name or scope.
    pub async fn create(&self, name: &str, scopes: &[&str], expires: Option<i64>) -> Result<(ApiKey, String)> {
        if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
            return Err(Error::Invalid("the name of a key is 1 to 128 bytes of text".to_owned()));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, ':' | '-' | '_' | '.' | '*');
        let is_scope = |scope: &&str| (1..=64).contains(&scope.len()) && scope.chars().all(fits);
        if scopes.len() > 64 || !scopes.iter().all(is_scope) {
            return Err(Error::Invalid("a scope is 1 to 64 of `a-z`, `0-9`, `:`, `-`, `_`, `.` and `*`".to_owned()));
        }
        let (id, secret) = (hex(&random::<12>()?), URL_SAFE_NO_PAD.encode(random::<32>()?));
        let (tenant, now, joined) = (&self.0.tenant, self.0.store.clock.now(), scopes.join(" "));
        let hash = sha256(secret.as_bytes());
        transaction!(self.0.store.database, tx => {
            tx.execute(
                "INSERT INTO api_keys (id, tenant, name, hash, scopes, made, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                params![&id, tenant, name, hash.as_slice(), &joined, now, expires],
            )
            .await
        })?;
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let text = format!("{PREFIX}{id}_{secret}");
        Ok((ApiKey { id, name: name.to_owned(), scopes, made: now, expires, revoked: None }, text))
    }

    /// Ends a key now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn revoke(&self, id: &str) -> Result<()> {
        let now = self.0.store.clock.now();
        transaction!(self.0.store.database, tx => {
            let sql = "UPDATE api_keys SET revoked = COALESCE(revoked, $3) WHERE tenant = $1 AND id = $2";
            match tx.execute(sql, params![&self.0.tenant, id, now]).await? {
                0 => Err(Error::NotFound(format!("there is no key `{id}`"))),
                _ => Ok(()),
            }
        })
    }

    /// Keys after an id, in order: at most `limit`. Those that ended as well.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, after: &str, limit: usize) -> Result<Vec<ApiKey>> {
        let sql = "SELECT id, name, scopes, made, expires, revoked FROM api_keys
             WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, after, page(limit)]).await?;
        rows.iter().map(api_key).collect()
    }
}

impl Global {
    /// Whose a key is, where it is valid now. Why one is not valid is not told.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when it is none, ended or was revoked.
    pub async fn authenticate(&self, text: &str) -> Result<(Tenant, ApiKey)> {
        let refused = || Error::NotFound("this key is not valid".to_owned());
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
        let (id, secret) = parts.filter(|(id, _)| id.len() == 24 && !id.contains('\0')).ok_or_else(refused)?;
        let sql = "SELECT id, name, scopes, made, expires, revoked, tenant, hash FROM api_keys WHERE id = $1";
        let rows = self.store.database.rows(sql, params![id]).await?;
        let row = rows.first().ok_or_else(refused)?;
        let (key, now) = (api_key(row)?, self.store.clock.now());
        let is_right = bool::from(row.bytes(7)?.ct_eq(&sha256(secret.as_bytes())));
        if !is_right || key.revoked.is_some() || key.expires.is_some_and(|expires| expires <= now) {
            return Err(refused());
        }
        let tenant = Tenant::new(&row.text(6)?).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok((tenant, key))
    }
}
