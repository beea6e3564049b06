//! Answers to requests that may come twice: a client names its request, and who sends it again gets the first answer.

use super::Scope;
use super::database::{params, transaction};
use super::digest::{Digest, hex, random};
use super::error::{Error, Result};

/// A tenant's named requests.
#[derive(Clone, Debug)]
pub struct Idempotency(pub(super) Scope);

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: i64,
    /// Headers to give again, as text the caller made.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Do it, then say how it ended, with this ticket.
    Fresh(String),
    /// It was done; this was the answer.
    Replay(Response),
}

impl Idempotency {
    /// Begins a request under a name. `held` is how long, in milliseconds, it may take until somebody else may begin it
    /// again, who then cannot know whether it took effect; `kept` is how long the answer is given again.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] while the same request is under way; [`Error::Invalid`] when the name was used for another
    /// request, or is none.
    pub async fn begin(&self, name: &str, request: &Digest, held: i64, kept: i64) -> Result<Begun> {
        if name.is_empty() || name.len() > 255 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Invalid("an idempotency key is 1 to 255 visible ASCII characters".to_owned()));
        }
        let (tenant, now, ticket) = (&self.0.tenant, self.0.store.clock.now(), hex(&random::<16>()?));
        transaction!(self.0.store.database, tx => {
            let sql = "SELECT request, held, status, headers, body, expires FROM idempotency WHERE tenant = $1 AND name = $2";
            if let Some(row) = tx.first(sql, params![tenant, name]).await?
                && row.int(5)? > now
            {
                if row.digest(0)? != *request {
                    return Err(Error::Invalid("this idempotency key was used for another request".to_owned()));
                }
                if let Some(status) = row.maybe_int(2)? {
                    let headers = row.maybe_text(3)?.unwrap_or_default();
                    return Ok(Begun::Replay(Response { status, headers, body: row.bytes(4)? }));
                }
                if row.int(1)? > now {
                    return Err(Error::Conflict("the same request is under way".to_owned()));
                }
            }
            tx.execute(
                "INSERT INTO idempotency (tenant, name, request, holder, held, expires) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (tenant, name) DO UPDATE SET request = excluded.request, holder = excluded.holder,
                 held = excluded.held, expires = excluded.expires, status = NULL, headers = NULL, body = NULL",
                params![tenant, name, *request, &ticket, now + held, now + held.max(kept)],
            )
            .await?;
            Ok(Begun::Fresh(ticket.clone()))
        })
    }

    /// Keeps the answer of a request that was begun.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when somebody else began it again meanwhile.
    pub async fn finish(&self, name: &str, ticket: &str, response: &Response) -> Result<()> {
        let Response { status, headers, body } = response;
        transaction!(self.0.store.database, tx => {
            let sql = "UPDATE idempotency SET status = $4, headers = $5, body = $6
                 WHERE tenant = $1 AND name = $2 AND holder = $3 AND status IS NULL";
            let values = params![&self.0.tenant, name, ticket, *status, headers, body.as_slice()];
            one(tx.execute(sql, values).await?)
        })
    }

    /// Forgets a request that had no effect, so that it can be made again.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when somebody else began it again meanwhile.
    pub async fn abandon(&self, name: &str, ticket: &str) -> Result<()> {
        transaction!(self.0.store.database, tx => {
            let sql = "DELETE FROM idempotency WHERE tenant = $1 AND name = $2 AND holder = $3 AND status IS NULL";
            one(tx.execute(sql, params![&self.0.tenant, name, ticket]).await?)
        })
    }
}

fn one(changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(Error::Conflict("the request is no longer this caller's".to_owned())) }
}

impl super::Global {
    /// Removes answers that are no longer given again, and says how many.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn forget_requests(&self) -> Result<u64> {
        let now = self.store.clock.now();
        transaction!(self.store.database, tx => {
            tx.execute("DELETE FROM idempotency WHERE expires <= $1", params![now]).await
        })
    }
}
