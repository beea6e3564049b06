//! Runs: what was asked, how it went, and its events in order, so that who listens can come back and miss none.
//!
//! A run is queued, running, then done, failed or cancelled; interrupted, where who ran it is gone, and then it can be
//! queued again. Who may run it is decided in [`super::queue`]. What a run does is not known here.

use super::database::{Row, Transaction, params, transaction};
use super::digest::{Digest, hex, random};
use super::error::{Error, Result};
use super::tenant::Tenant;
use super::{Global, Scope, check_id, page};

/// A tenant's runs.
#[derive(Clone, Debug)]
pub struct Runs(pub(super) Scope);

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for an executor.
    Queued,
    /// An executor has it.
    Running,
    /// It ended well.
    Done,
    /// It ended badly.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// Its executor is gone. It can be queued again.
    Interrupted,
}

impl State {
    const ALL: [(Self, &str); 6] = [
        (Self::Queued, "queued"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Interrupted, "interrupted"),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(state, _)| *state).ok_or_else(|| Error::Corrupt(format!("`{name}` is no state of a run")))
    }

    /// Whether nothing more happens to it by itself.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The workbook's id.
    pub workbook: String,
    /// The source that runs, whatever becomes of the workbook.
    pub source: Digest,
    /// Where it stands.
    pub state: State,
    /// What goes in.
    pub inputs: Option<Digest>,
    /// What came out.
    pub outputs: Option<Digest>,
    /// What was recorded of its steps.
    pub record: Option<Digest>,
    /// Why it failed, for people.
    pub problem: Option<String>,
    /// How often it was begun.
    pub attempt: i64,
    /// Whether somebody wants it stopped.
    pub cancel: bool,
    /// The number of its last event.
    pub events: i64,
    /// When it was asked for.
    pub queued: i64,
    /// When it was begun last.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number in the run, from 1, without gaps.
    pub number: i64,
    /// What kind.
    pub kind: String,
    /// What it says.
    pub body: Vec<u8>,
    /// When.
    pub made: i64,
}

/// A run that is over before it is kept: somebody waited for it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Whose it is.
    pub tenant: Tenant,
    /// The workbook's id.
    pub workbook: String,
    /// The source that ran.
    pub source: Digest,
    /// What went in.
    pub inputs: Option<Digest>,
    /// What came out.
    pub outputs: Digest,
    /// One that is over.
    pub state: State,
    /// Why it failed, for people.
    pub problem: Option<String>,
    /// When it was begun.
    pub begun: i64,
    /// What happened in it: kinds and bodies.
    pub events: Vec<(&'static str, String)>,
}

/// The columns of a run in the order of [`run`].
const BY_ID: &str =
    "SELECT id, workbook, source, state, inputs, outputs, record, problem, attempt, cancel, events, queued,
     started, ended FROM runs WHERE tenant = $1 AND id = $2";

pub(super) fn run(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.text(0)?,
        workbook: row.text(1)?,
        source: row.digest(2)?,
        state: State::parse(&row.text(3)?)?,
        inputs: row.maybe_digest(4)?,
        outputs: row.maybe_digest(5)?,
        record: row.maybe_digest(6)?,
        problem: row.maybe_text(7)?,
        attempt: row.int(8)?,
        cancel: row.int(9)? != 0,
        events: row.int(10)?,
        queued: row.int(11)?,
        started: row.maybe_int(12)?,
        ended: row.maybe_int(13)?,
    })
}

fn missing(id: &str) -> Error {
    Error::NotFound(format!("there is no run `{id}`"))
}

/// The run of an id, in a transaction.
pub(super) async fn find(tx: &mut Transaction, tenant: &str, id: &str) -> Result<Run> {
    run(&tx.first(BY_ID, params![tenant, id]).await?.ok_or_else(|| missing(id))?)
}

/// Adds an event, in the transaction of what it tells.
pub(super) async fn tell(
    tx: &mut Transaction,
    tenant: &str,
    id: &str,
    kind: &str,
    body: &[u8],
    now: i64,
) -> Result<i64> {
    let sql = "UPDATE runs SET events = events + 1 WHERE tenant = $1 AND id = $2 RETURNING events";
    let row = tx.first(sql, params![tenant, id]).await?.ok_or_else(|| missing(id))?;
    let number = row.int(0)?;
    let sql = "INSERT INTO run_events (tenant, run, number, kind, body, made) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, params![tenant, id, number, kind, body, now]).await?;
    Ok(number)
}

/// Changes the state, with an event that tells it.
pub(super) async fn turn(tx: &mut Transaction, tenant: &str, id: &str, to: State, now: i64) -> Result<()> {
    let ended = to.is_over().then_some(now);
    let sql = "UPDATE runs SET state = $3, executor = NULL, lease = NULL, ended = $4 WHERE tenant = $1 AND id = $2";
    tx.execute(sql, params![tenant, id, to.name(), ended]).await?;
    tell(tx, tenant, id, "state", to.name().as_bytes(), now).await.map(drop)
}

impl Runs {
    /// Queues a run of a source.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the source or the inputs are not this tenant's blobs.
    pub async fn enqueue(&self, workbook: &str, source: &Digest, inputs: Option<&Digest>) -> Result<Run> {
        check_id("workbook", workbook)?;
        for digest in [Some(source), inputs].into_iter().flatten() {
            if !self.0.blobs().has(digest).await? {
                return Err(Error::NotFound(format!("there is no blob {digest}")));
            }
        }
        let (tenant, now) = (&self.0.tenant, self.0.store.clock.now());
        // In the order of time, so that lists are as well.
        let id = format!("{now:012x}-{}", hex(&random::<8>()?));
        transaction!(self.0.store.database, tx => {
            tx.execute(
                "INSERT INTO runs (tenant, id, workbook, source, state, inputs, attempt, cancel, events, queued)
                 VALUES ($1, $2, $3, $4, 'queued', $5, 0, 0, 0, $6)",
                params![tenant, &id, workbook, *source, inputs.copied(), now],
            )
            .await?;
            tell(tx, tenant.as_str(), &id, "state", b"queued", now).await?;
            find(tx, tenant.as_str(), &id).await
        })
    }

    /// A run.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none.
    pub async fn get(&self, id: &str) -> Result<Run> {
        let rows = self.0.store.database.rows(BY_ID, params![&self.0.tenant, id]).await?;
        run(rows.first().ok_or_else(|| missing(id))?)
    }

    /// Runs before one, the latest first: at most `limit`. Of one workbook, or of all.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn list(&self, workbook: Option<&str>, before: Option<&str>, limit: usize) -> Result<Vec<Run>> {
        let sql =
            "SELECT id, workbook, source, state, inputs, outputs, record, problem, attempt, cancel, events, queued,
             started, ended FROM runs WHERE tenant = $1 AND id < $2 AND (workbook = $3 OR $3 = '')
             ORDER BY id DESC LIMIT $4";
        // Above all ids, which begin with a digit or `a` to `f`.
        let (workbook, before) = (workbook.unwrap_or(""), before.unwrap_or("z"));
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, before, workbook, page(limit)]).await?;
        rows.iter().map(run).collect()
    }

    /// Events after a number, in order: at most `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is no such run.
    pub async fn events(&self, id: &str, after: i64, limit: usize) -> Result<Vec<Event>> {
        let sql = "SELECT number, kind, body, made FROM run_events WHERE tenant = $1 AND run = $2 AND number > $3
             ORDER BY number LIMIT $4";
        let rows = self.0.store.database.rows(sql, params![&self.0.tenant, id, after, page(limit)]).await?;
        if rows.is_empty() {
            self.get(id).await?;
        }
        let event =
            |row: &Row| Ok(Event { number: row.int(0)?, kind: row.text(1)?, body: row.bytes(2)?, made: row.int(3)? });
        rows.iter().map(event).collect()
    }

    /// Stops a run: one that waits at once; of one that runs the executor is told when it renews its lease.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when it is over.
    pub async fn cancel(&self, id: &str) -> Result<Run> {
        let (tenant, now) = (self.0.tenant.as_str(), self.0.store.clock.now());
        transaction!(self.0.store.database, tx => {
            let run = find(tx, tenant, id).await?;
            match run.state {
                State::Queued | State::Interrupted => turn(tx, tenant, id, State::Cancelled, now).await?,
                State::Running => {
                    let sql = "UPDATE runs SET cancel = 1 WHERE tenant = $1 AND id = $2";
                    tx.execute(sql, params![tenant, id]).await?;
                }
                over => return Err(Error::Conflict(format!("the run is {} already", over.name()))),
            }
            find(tx, tenant, id).await
        })
    }

    /// Queues an interrupted run again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when it is not interrupted.
    pub async fn resume(&self, id: &str) -> Result<Run> {
        let (tenant, now) = (self.0.tenant.as_str(), self.0.store.clock.now());
        transaction!(self.0.store.database, tx => {
            let run = find(tx, tenant, id).await?;
            if run.state != State::Interrupted {
                return Err(Error::Conflict(format!("the run is {} and not interrupted", run.state.name())));
            }
            turn(tx, tenant, id, State::Queued, now).await?;
            find(tx, tenant, id).await
        })
    }
}

impl Finished {
    /// The run as it is kept, under an id of its own.
    fn run(&self, now: i64) -> Result<Run> {
        check_id("workbook", &self.workbook)?;
        if !self.state.is_over() {
            return Err(Error::Invalid(format!("a run does not end as {}", self.state.name())));
        }
        Ok(Run {
            id: format!("{:012x}-{}", self.begun, hex(&random::<8>()?)),
            workbook: self.workbook.clone(),
            source: self.source,
            state: self.state,
            inputs: self.inputs,
            outputs: Some(self.outputs),
            record: None,
            problem: self.problem.clone(),
            attempt: 1,
            cancel: false,
            // One more tells the state.
            events: i64::try_from(self.events.len()).unwrap_or(i64::MAX - 1) + 1,
            queued: self.begun,
            started: Some(self.begun),
            ended: Some(now),
        })
    }
}

impl Global {
    /// Keeps runs that are over, with their events, all of them or none: many that come at a time share the wait for the medium.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when one is not over, or its workbook has no id; what fails in the store.
    pub async fn keep(&self, finished: &[Finished]) -> Result<Vec<Run>> {
        let now = self.store.clock.now();
        let runs = finished.iter().map(|of| of.run(now)).collect::<Result<Vec<_>>>()?;
        let (mut rows, mut events) = (Vec::new(), Vec::new());
        for (of, run) in finished.iter().zip(&runs) {
            rows.push(
                params![
                    &of.tenant,
                    &run.id,
                    &run.workbook,
                    run.source,
                    run.state.name(),
                    run.inputs,
                    run.outputs,
                    run.problem.clone(),
                    run.events,
                    run.queued,
                    now
                ]
                .to_vec(),
            );
            let bodies = of.events.iter().map(|(kind, body)| (*kind, body.as_bytes()));
            let bodies = bodies.chain([("state", run.state.name().as_bytes())]);
            for (number, (kind, body)) in (1_i64..).zip(bodies) {
                events.push(params![&of.tenant, &run.id, number, kind, body, now].to_vec());
            }
        }
        transaction!(self.store.database, tx => {
            let sql = "INSERT INTO runs (tenant, id, workbook, source, state, inputs, outputs, problem, attempt, cancel, events,
                 queued, started, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, $9, $10, $10, $11)";
            tx.execute_all(sql, rows.clone()).await?;
            let sql = "INSERT INTO run_events (tenant, run, number, kind, body, made) VALUES ($1, $2, $3, $4, $5, $6)";
            tx.execute_all(sql, events.clone()).await?;
            Ok(runs.clone())
        })
    }
}
