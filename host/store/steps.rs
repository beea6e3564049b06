//! What happened in the runs of a tenant, whichever run it was: the latest first.

use super::Scope;
use super::database::params;
use super::error::{Error, Result};
use super::page;

/// A tenant's steps.
#[derive(Clone, Debug)]
pub struct Steps(pub(super) Scope);

/// A step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The run's id.
    pub run: String,
    /// The number of its event in the run.
    pub number: i64,
    /// What it says.
    pub body: Vec<u8>,
    /// When it was told.
    pub made: i64,
}

impl Step {
    /// Where it stands among all, for who wants those before it.
    #[must_use]
    pub fn cursor(&self) -> String {
        format!("{}.{}.{}", self.made, self.run, self.number)
    }
}

impl Steps {
    /// Steps before a cursor, the latest first: at most `limit`. Of one run, or of all.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the cursor is none; when the store fails.
    pub async fn list(&self, run: Option<&str>, before: Option<&str>, limit: usize) -> Result<Vec<Step>> {
        let none = (i64::MAX, String::new(), 0);
        let (made, of, number) = before.map_or(Ok(none), read)?;
        let sql = "SELECT run, number, body, made FROM run_events
             WHERE tenant = $1 AND kind = 'step' AND (run = $2 OR $2 = '') AND (made < $3 OR (made = $3 AND
             (run < $4 OR (run = $4 AND number < $5)))) ORDER BY made DESC, run DESC, number DESC LIMIT $6";
        let values = params![&self.0.tenant, run.unwrap_or(""), made, of, number, page(limit)];
        let rows = self.0.store.database.rows(sql, values).await?;
        let step = |row: &super::database::Row| {
            Ok(Step { run: row.text(0)?, number: row.int(1)?, body: row.bytes(2)?, made: row.int(3)? })
        };
        rows.iter().map(step).collect()
    }
}

/// A cursor: time, run, number.
fn read(cursor: &str) -> Result<(i64, String, i64)> {
    let parts: Vec<&str> = cursor.splitn(3, '.').collect();
    let invalid = || Error::Invalid("this is no `next` of a page of steps".to_owned());
    let [made, run, number] = parts.as_slice() else { return Err(invalid()) };
    let whole = |text: &str| text.parse::<i64>().map_err(|_| invalid());
    Ok((whole(made)?, (*run).to_owned(), whole(number)?))
}
