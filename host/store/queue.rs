//! Who runs what: executors claim queued runs, of all tenants in turn, and keep them by renewing a lease.
//!
//! The next run is of the tenant with the fewest that run, then of the one whose turn was longest ago, then the oldest. An
//! executor that lost its lease can write nothing more: every write asks for the claim.

use super::Global;
use super::database::{params, transaction};
use super::digest::Digest;
use super::error::{Error, Result};
use super::runs::{Run, State, find, tell, turn};
use super::tenant::Tenant;

/// A run that is ours to execute, for as long as the lease lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose run it is.
    pub tenant: Tenant,
    /// The run, as it was claimed.
    pub run: Run,
    /// Who executes it.
    pub executor: String,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What came out, where it ended well.
    pub outputs: Option<Digest>,
    /// What was recorded of its steps.
    pub record: Option<Digest>,
    /// Why it failed.
    pub problem: Option<String>,
}

fn lost(id: &str) -> Error {
    Error::Conflict(format!("the run `{id}` is no longer this executor's"))
}

impl Global {
    /// Takes the next run, for `lease` milliseconds.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn claim(&self, executor: &str, lease: i64) -> Result<Option<Claim>> {
        let now = self.store.clock.now();
        transaction!(self.store.database, tx => {
            let next = tx
                .first(
                    "SELECT q.tenant, q.id FROM runs q
                     LEFT JOIN (SELECT tenant, COUNT(*) AS busy FROM runs WHERE state = 'running' GROUP BY tenant) b
                     ON b.tenant = q.tenant
                     LEFT JOIN turns t ON t.tenant = q.tenant
                     WHERE q.state = 'queued'
                     ORDER BY COALESCE(b.busy, 0), COALESCE(t.served, 0), q.queued, q.id LIMIT 1",
                    &[],
                )
                .await?;
            let Some(next) = next else { return Ok(None) };
            let (tenant, id) = (next.text(0)?, next.text(1)?);
            tx.execute(
                "UPDATE runs SET state = 'running', executor = $3, lease = $4, started = $5, ended = NULL,
                 attempt = attempt + 1, cancel = 0 WHERE tenant = $1 AND id = $2",
                params![&tenant, &id, executor, now + lease, now],
            )
            .await?;
            tx.execute(
                "INSERT INTO turns (tenant, served) SELECT $1, COALESCE(MAX(served), 0) + 1 FROM turns WHERE 1 = 1
                 ON CONFLICT (tenant) DO UPDATE SET served = excluded.served",
                params![&tenant],
            )
            .await?;
            tell(tx, &tenant, &id, "state", b"running", now).await?;
            let run = find(tx, &tenant, &id).await?;
            let tenant = Tenant::new(&tenant).map_err(|error| Error::Corrupt(error.to_string()))?;
            Ok(Some(Claim { tenant, run, executor: executor.to_owned() }))
        })
    }

    /// Keeps a claim for `lease` milliseconds more. `true` says that somebody wants the run stopped.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the claim was lost.
    pub async fn renew(&self, claim: &Claim, lease: i64) -> Result<bool> {
        let until = self.store.clock.now() + lease;
        transaction!(self.store.database, tx => {
            let row = tx
                .first(
                    "UPDATE runs SET lease = $5 WHERE tenant = $1 AND id = $2 AND executor = $3 AND attempt = $4
                     AND state = 'running' RETURNING cancel",
                    params![&claim.tenant, &claim.run.id, &claim.executor, claim.run.attempt, until],
                )
                .await?;
            Ok(row.ok_or_else(|| lost(&claim.run.id))?.int(0)? != 0)
        })
    }

    /// Adds an event to a run that is ours, and says its number.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the claim was lost.
    pub async fn tell(&self, claim: &Claim, kind: &str, body: &[u8]) -> Result<i64> {
        let now = self.store.clock.now();
        transaction!(self.store.database, tx => {
            held(tx, claim).await?;
            tell(tx, claim.tenant.as_str(), &claim.run.id, kind, body, now).await
        })
    }

    /// Ends a run that is ours. `state` is one that is over.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when the claim was lost; [`Error::Invalid`] for a state that is not over.
    pub async fn finish(&self, claim: &Claim, state: State, outcome: &Outcome) -> Result<()> {
        if !state.is_over() {
            return Err(Error::Invalid(format!("a run does not end as {}", state.name())));
        }
        let (tenant, id, now) = (claim.tenant.as_str(), claim.run.id.as_str(), self.store.clock.now());
        transaction!(self.store.database, tx => {
            held(tx, claim).await?;
            tx.execute(
                "UPDATE runs SET outputs = $3, record = $4, problem = $5 WHERE tenant = $1 AND id = $2",
                params![tenant, id, outcome.outputs, outcome.record, outcome.problem.as_deref()],
            )
            .await?;
            turn(tx, tenant, id, state, now).await
        })
    }

    /// Marks as interrupted what nobody executes any more: runs whose lease is over, and all of `restarted`, an executor
    /// that has just begun anew. Says how many.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn interrupt(&self, restarted: Option<&str>) -> Result<u64> {
        let (now, restarted) = (self.store.clock.now(), restarted.unwrap_or(""));
        transaction!(self.store.database, tx => {
            let sql = "SELECT tenant, id FROM runs WHERE state = 'running' AND (lease < $1 OR executor = $2)";
            let rows = tx.query(sql, params![now, restarted]).await?;
            for row in &rows {
                turn(tx, &row.text(0)?, &row.text(1)?, State::Interrupted, now).await?;
            }
            Ok(rows.len() as u64)
        })
    }
}

async fn held(tx: &mut super::database::Transaction, claim: &Claim) -> Result<()> {
    let sql =
        "SELECT 1 FROM runs WHERE tenant = $1 AND id = $2 AND executor = $3 AND attempt = $4 AND state = 'running'";
    let values = params![&claim.tenant, &claim.run.id, &claim.executor, claim.run.attempt];
    tx.first(sql, values).await?.map(drop).ok_or_else(|| lost(&claim.run.id))
}
