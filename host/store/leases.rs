//! Who may do what only one may do: leases with a fence, and firings of schedules, one for each slot.

use super::database::{params, transaction};
use super::error::{Error, Result};
use super::{Global, Scope, check_id};

/// A lease that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// When it ends unless it is renewed.
    pub until: i64,
    /// Higher with each new holder: what an earlier holder still says can be told from it.
    pub fence: i64,
}

impl Global {
    /// Takes a lease for `length` milliseconds, or renews one's own. `None` while another holds it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn lease(&self, name: &str, holder: &str, length: i64) -> Result<Option<Lease>> {
        check_id("lease", name)?;
        let now = self.store.clock.now();
        let until = now + length;
        transaction!(self.store.database, tx => {
            // One's own that ran out is a new one: another may have held it meanwhile, and given it back.
            let row = tx
                .first(
                    "INSERT INTO leases (name, holder, until, fence) VALUES ($1, $2, $3, 1)
                     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
                     fence = leases.fence + CASE WHEN leases.holder = excluded.holder AND leases.until > $4 THEN 0 ELSE 1 END
                     WHERE leases.holder = excluded.holder OR leases.until <= $4 RETURNING fence",
                    params![name, holder, until, now],
                )
                .await?;
            let Some(row) = row else { return Ok(None) };
            Ok(Some(Lease { name: name.to_owned(), holder: holder.to_owned(), until, fence: row.int(0)? }))
        })
    }

    /// Gives a lease back.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when it is another's by now.
    pub async fn release(&self, lease: &Lease) -> Result<()> {
        transaction!(self.store.database, tx => {
            let sql = "UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2 AND fence = $3";
            match tx.execute(sql, params![&lease.name, &lease.holder, lease.fence]).await? {
                0 => Err(Error::Conflict(format!("the lease `{}` is another's", lease.name))),
                _ => Ok(()),
            }
        })
    }
}

/// A tenant's firings.
#[derive(Clone, Debug)]
pub struct Firings(pub(super) Scope);

impl Firings {
    /// Takes a slot of a schedule. `true` for the first who asks, among all replicas; never again for that slot or one
    /// before it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn take(&self, schedule: &str, slot: i64, holder: &str) -> Result<bool> {
        check_id("schedule", schedule)?;
        let (tenant, now) = (&self.0.tenant, self.0.store.clock.now());
        transaction!(self.0.store.database, tx => {
            let sql = "SELECT MAX(slot) FROM firings WHERE tenant = $1 AND schedule = $2";
            let last = tx.first(sql, params![tenant, schedule]).await?.map(|row| row.maybe_int(0)).transpose()?.flatten();
            if last.is_some_and(|last| last >= slot) {
                return Ok(false);
            }
            let sql = "INSERT INTO firings (tenant, schedule, slot, holder, made) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (tenant, schedule, slot) DO NOTHING";
            Ok(tx.execute(sql, params![tenant, schedule, slot, holder, now]).await? == 1)
        })
    }

    /// The last slot that was taken.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn last(&self, schedule: &str) -> Result<Option<i64>> {
        let sql = "SELECT MAX(slot) FROM firings WHERE tenant = $1 AND schedule = $2";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, schedule]).await?;
        rows.first().map(|row| row.maybe_int(0)).transpose().map(Option::flatten)
    }
}
