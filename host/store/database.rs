//! A database as the repositories see it: begin, query and execute, commit. SQLite or PostgreSQL.
//!
//! Statements are one text for both, with `$1` for parameters, and `&'static str`, so that nothing a user said can be
//! part of one. Types are text, 64-bit integers and bytes; a time is milliseconds since 1970. A write is serializable in
//! both. It knows no table.

use std::time::Duration;

use super::error::{Error, Result};
use super::postgres::{self, Postgres};
use super::sqlite::{self, Sqlite};

/// A parameter, or a field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Null,
    /// A number, a time, or 0 and 1.
    Int(i64),
    /// Text without NUL, which PostgreSQL cannot store.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($kind:ty, $value:ident => $made:expr;)*) => {
        $(impl From<$kind> for Value { fn from($value: $kind) -> Self { $made } })*
    };
}

from! {
    i64, value => Self::Int(value);
    bool, value => Self::Int(i64::from(value));
    &str, value => Self::Text(value.to_owned());
    &String, value => Self::Text(value.clone());
    String, value => Self::Text(value);
    &[u8], value => Self::Bytes(value.to_vec());
    Vec<u8>, value => Self::Bytes(value);
    &super::tenant::Tenant, value => Self::Text(value.as_str().to_owned());
    super::digest::Digest, value => Self::Text(value.to_string());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::database::Value::from($value)),*] };
}
pub(super) use params;

/// A row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(super) Vec<Value>);

impl Row {
    fn wrong<T>(&self, index: usize, kind: &str) -> Result<T> {
        let found = match self.0.get(index) {
            None => "nothing",
            Some(Value::Null) => "null",
            Some(Value::Int(_)) => "a number",
            Some(Value::Text(_)) => "text",
            Some(Value::Bytes(_)) => "bytes",
        };
        Err(Error::Corrupt(format!("field {index} of a row is {found} and not {kind}")))
    }

    /// A number.
    pub(super) fn int(&self, index: usize) -> Result<i64> {
        if let Some(Value::Int(value)) = self.0.get(index) { Ok(*value) } else { self.wrong(index, "a number") }
    }

    /// A number, or none.
    pub(super) fn maybe_int(&self, index: usize) -> Result<Option<i64>> {
        if self.is_null(index) { Ok(None) } else { self.int(index).map(Some) }
    }

    /// A text.
    pub(super) fn text(&self, index: usize) -> Result<String> {
        if let Some(Value::Text(value)) = self.0.get(index) { Ok(value.clone()) } else { self.wrong(index, "text") }
    }

    /// A text, or none.
    pub(super) fn maybe_text(&self, index: usize) -> Result<Option<String>> {
        if self.is_null(index) { Ok(None) } else { self.text(index).map(Some) }
    }

    /// Bytes.
    pub(super) fn bytes(&self, index: usize) -> Result<Vec<u8>> {
        if let Some(Value::Bytes(value)) = self.0.get(index) { Ok(value.clone()) } else { self.wrong(index, "bytes") }
    }

    /// A digest.
    pub(super) fn digest(&self, index: usize) -> Result<super::digest::Digest> {
        super::digest::Digest::parse(&self.text(index)?).map_err(|error| Error::Corrupt(error.to_string()))
    }

    /// A digest, or none.
    pub(super) fn maybe_digest(&self, index: usize) -> Result<Option<super::digest::Digest>> {
        if self.is_null(index) { Ok(None) } else { self.digest(index).map(Some) }
    }

    fn is_null(&self, index: usize) -> bool {
        matches!(self.0.get(index), Some(Value::Null))
    }
}

/// Which database, and how it is reached.
#[derive(Clone, Debug)]
pub enum Config {
    /// A file.
    Sqlite(std::path::PathBuf),
    /// A server.
    Postgres(postgres::Config),
}

/// An open database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

impl Database {
    /// Opens it. A server that is not there is found out by the first transaction.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    pub async fn open(config: &Config) -> Result<Self> {
        Ok(match config {
            Config::Sqlite(path) => Self::Sqlite(Sqlite::open(path).await?),
            Config::Postgres(config) => Self::Postgres(Postgres::new(config.clone())),
        })
    }

    /// Begins to read from one consistent state.
    pub(super) async fn read(&self) -> Result<Transaction> {
        self.begin(Mode::Read).await
    }

    /// Begins to write. See [`transaction!`] for the usual way.
    pub(super) async fn write(&self) -> Result<Transaction> {
        self.begin(Mode::Write).await
    }

    /// Begins to change the schema, alone among all who do.
    pub(super) async fn exclusive(&self) -> Result<Transaction> {
        self.begin(Mode::Schema).await
    }

    async fn begin(&self, mode: Mode) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite(database) => Transaction::Sqlite(database.begin(mode).await?),
            Self::Postgres(database) => Transaction::Postgres(database.begin(mode).await?),
        })
    }

    /// The rows that a single statement finds.
    pub(super) async fn rows(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>> {
        let mut open = self.read().await?;
        let rows = open.query(sql, params).await.map_err(Error::settled);
        open.rollback().await;
        rows
    }

    /// Whether it answers.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.rows("SELECT 1", &[]).await.map(drop)
    }
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Changing the schema.
    Schema,
}

/// A transaction under way. Dropped, it is rolled back.
#[derive(Debug)]
pub(super) enum Transaction {
    /// In a file.
    Sqlite(sqlite::Open),
    /// On a server.
    Postgres(postgres::Open),
}

impl Transaction {
    /// The rows a statement gives.
    pub(super) async fn query(&mut self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>> {
        self.query_text(sql, params).await
    }

    /// As [`Self::query`], for a text put together from names this program knows.
    pub(super) async fn query_text(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        check(params)?;
        match self {
            Self::Sqlite(open) => open.query(sql, params).await,
            Self::Postgres(open) => open.run(sql, params).await.map(|(rows, _)| rows),
        }
    }

    /// The first row a statement gives.
    pub(super) async fn first(&mut self, sql: &'static str, params: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &'static str, params: &[Value]) -> Result<u64> {
        self.execute_text(sql, params).await
    }

    /// As [`Self::execute`], for a text put together from names this program knows.
    pub(super) async fn execute_text(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        check(params)?;
        match self {
            Self::Sqlite(open) => open.execute(sql, params).await,
            Self::Postgres(open) => open.run(sql, params).await.map(|(_, changed)| changed),
        }
    }

    /// Runs a statement once for each of some lists of parameters, in one go where that can be.
    pub(super) async fn execute_all(&mut self, sql: &'static str, all: Vec<Vec<Value>>) -> Result<()> {
        all.iter().try_for_each(|params| check(params))?;
        match self {
            Self::Sqlite(open) => open.execute_all(sql, all).await,
            Self::Postgres(open) => {
                for params in &all {
                    open.run(sql, params).await?;
                }
                Ok(())
            }
        }
    }

    /// Runs statements that define tables.
    pub(super) async fn define(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(open) => open.batch(sql).await,
            Self::Postgres(open) => open.batch(sql).await,
        }
    }

    /// Ends it. Once this returned, what was written survives a crash.
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(open) => open.commit().await,
            Self::Postgres(open) => open.commit().await,
        }
    }

    /// Undoes it.
    pub(super) async fn rollback(self) {
        match self {
            Self::Sqlite(open) => drop(open),
            Self::Postgres(open) => open.rollback().await,
        }
    }
}

fn check(params: &[Value]) -> Result<()> {
    let nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if params.iter().any(nul) { Err(Error::Invalid("a NUL cannot be stored in text".to_owned())) } else { Ok(()) }
}

/// How often a transaction is tried that another one was in the way of.
pub(super) const TRIES: u32 = 20;

/// Waits a little before trying again, longer each time and never twice the same.
pub(super) async fn pause(attempt: u32) {
    let random = super::digest::random::<1>().map_or(0, |[byte]| u64::from(byte));
    let longest = 1_u64 << attempt.min(7);
    tokio::time::sleep(Duration::from_millis(longest * random / 255 + 1)).await;
}

/// Runs a block in a transaction: commits when it gives `Ok`, undoes it else, and begins again when another transaction
/// was in the way, so the block must have no effect but on the database.
macro_rules! transaction {
    ($database:expr, $tx:ident => $body:block) => {{
        let mut attempt = 0;
        loop {
            let mut open = $database.write().await?;
            let outcome: $crate::store::error::Result<_> = async {
                let $tx = &mut open;
                $body
            }
            .await;
            let outcome = match outcome {
                Ok(value) => open.commit().await.map(|()| value),
                Err(error) => {
                    open.rollback().await;
                    Err(error)
                }
            };
            match outcome {
                Err($crate::store::error::Error::Serialization(_)) if attempt < $crate::store::database::TRIES => {
                    attempt += 1;
                    $crate::store::database::pause(attempt).await;
                }
                other => break other.map_err($crate::store::error::Error::settled),
            }
        }
    }};
}
pub(super) use transaction;
