//! PostgreSQL: a small pool of connections over a client of our own for the part of the protocol that is needed.
//!
//! Why our own: the published client brings a second family of hash crates, which changes the features of the first and
//! so rebuilds the compiler of WebAssembly (docs/decisions on the stores). It speaks protocol 3, binary values of three
//! types, TLS, SCRAM-SHA-256. It has no COPY, no notifications, no cursors.
//!
//! Writes are `SERIALIZABLE`, reads one snapshot. Every exchange has a deadline; a connection that misses it, or is left
//! in the middle of one, is closed and never used again, so a server that was away is found again by the next request.

mod client;
mod config;
mod frame;
mod scram;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use self::client::Client;
pub use self::config::{Config, Tls};
use super::database::{Mode, Row, Value};
use super::error::{Error, Result};

/// The lock of those who change the schema; any number that is nobody else's.
const SCHEMA_LOCK: &str = "SELECT pg_advisory_xact_lock(7235419283)";

/// A server.
#[derive(Clone, Debug)]
pub struct Postgres(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Client>>,
}

impl Postgres {
    /// A pool for a server. Nothing is connected yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let turns = Arc::new(Semaphore::new(config.connections.max(1)));
        Self(Arc::new(Inner { config, turns, idle: Mutex::default() }))
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self, mode: Mode) -> Result<Open> {
        let patience = self.0.config.timeout;
        let turn = timeout(patience, Arc::clone(&self.0.turns).acquire_owned()).await;
        let busy = || Error::Unavailable("all connections to the database are in use".to_owned());
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let begin = match mode {
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Mode::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            // Its first look must come after the wait for the lock.
            Mode::Schema => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let mut open = self.begun(begin, turn).await?;
        if mode == Mode::Schema {
            open.run(SCHEMA_LOCK, &[]).await?;
        }
        Ok(open)
    }

    /// Begins on a connection that is idle, or on a new one where the idle ones have died.
    async fn begun(&self, begin: &str, turn: OwnedSemaphorePermit) -> Result<Open> {
        let config = &self.0.config;
        loop {
            let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let is_new = idle.is_none();
            let mut client = match idle {
                Some(client) => client,
                None => match timeout(config.timeout, Client::connect(config)).await {
                    Ok(client) => client?,
                    Err(_) => return Err(Error::Unavailable(format!("`{}` does not answer", config.place()))),
                },
            };
            match timeout(config.timeout, client.batch(begin)).await {
                Ok(Ok(())) => return Ok(Open { client: Some(client), of: self.clone(), _turn: turn }),
                Ok(Err(Error::Unavailable(_))) | Err(_) if !is_new => {}
                // A server that only follows another has no such transactions. Who is asked may be another one next time.
                Ok(Err(Error::Invalid(reason))) => return Err(Error::ReadOnly(reason)),
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(Error::Unavailable(format!("`{}` does not answer", config.place()))),
            }
        }
    }
}

/// A transaction under way.
#[derive(Debug)]
pub(super) struct Open {
    client: Option<Client>,
    of: Postgres,
    _turn: OwnedSemaphorePermit,
}

impl Open {
    /// Runs a statement: its rows, and how many it changed.
    pub(super) async fn run(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<Row>, u64)> {
        let patience = self.of.0.config.timeout;
        let client = self.client.as_mut().ok_or_else(gone)?;
        let done = timeout(patience, client.run(sql, params)).await.unwrap_or_else(|_| Err(self.of.silent()));
        self.judged(done)
    }

    /// Runs statements that define tables. Text is compared by its bytes, as SQLite does.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<()> {
        let sql = sql.replace(" TEXT", " TEXT COLLATE \"C\"");
        let patience = self.of.0.config.timeout;
        let client = self.client.as_mut().ok_or_else(gone)?;
        let done = timeout(patience, client.batch(&sql)).await.unwrap_or_else(|_| Err(self.of.silent()));
        self.judged(done)
    }

    /// A connection to what is read-only would stay so: it is given up, and the next one may lead to what is not.
    fn judged<T>(&mut self, done: Result<T>) -> Result<T> {
        if matches!(done, Err(Error::ReadOnly(_))) {
            self.client = None;
        }
        done
    }

    /// Ends it. An error other than [`Error::Serialization`] leaves open whether it took effect.
    pub(super) async fn commit(mut self) -> Result<()> {
        let mut client = self.client.take().ok_or_else(gone)?;
        let outcome = timeout(self.of.0.config.timeout, client.commit()).await;
        let outcome = outcome.unwrap_or_else(|_| Err(self.of.silent()));
        self.of.put_back(client);
        outcome
    }

    /// Undoes it. Where that fails the connection ends, and the server undoes it.
    pub(super) async fn rollback(mut self) {
        let Some(mut client) = self.client.take() else { return };
        if client.is_usable() && matches!(timeout(self.of.0.config.timeout, client.batch("ROLLBACK")).await, Ok(Ok(())))
        {
            self.of.put_back(client);
        }
    }
}

impl Postgres {
    fn silent(&self) -> Error {
        Error::Unavailable(format!("`{}` does not answer", self.0.config.place()))
    }

    fn put_back(&self, client: Client) {
        if client.is_usable() && client.is_idle() {
            self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
    }
}

fn gone() -> Error {
    Error::Unavailable("the connection to the database has ended".to_owned())
}
