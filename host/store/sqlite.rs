//! SQLite: one file, one writer, several readers.
//!
//! Write-ahead log with `synchronous=FULL`: a commit that returned is on the medium. Statements run on threads that may
//! wait, so that no request waits for another's disk. A transaction that is dropped is rolled back on the spot.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::database::{Mode, Row, Value};
use super::error::{Error, Result};
use crate::disk;

/// Most transactions that read at a time.
const READERS: usize = 8;
/// Statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 256;
/// Longest wait for another process that writes, such as `wb backup`.
const BUSY: Duration = Duration::from_secs(10);

/// An open file.
#[derive(Clone, Debug)]
pub struct Sqlite(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writer: Arc<Turn<Option<Connection>>>,
    turns: Arc<Semaphore>,
    readers: Mutex<Vec<Connection>>,
}

impl Sqlite {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is no database.
    pub async fn open(path: &Path) -> Result<Self> {
        let inner = Inner {
            path: path.to_owned(),
            writer: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            readers: Mutex::default(),
        };
        let sqlite = Self(Arc::new(inner));
        let file = path.to_owned();
        let writer = blocking(move || connect(&file, false)).await.map_err(|error| refused(path, error))?;
        *sqlite.0.writer.lock().await = Some(writer);
        Ok(sqlite)
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Begins a transaction; it takes its place in the file with its first statement.
    pub(super) async fn begin(&self, mode: Mode) -> Result<Open> {
        let (connection, home) = if mode == Mode::Read {
            let closed = |_| Error::Unavailable("the database is closed".to_owned());
            let turn = Arc::clone(&self.0.turns).acquire_owned().await.map_err(closed)?;
            let idle = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            (idle, Home::Reader { of: self.clone(), _turn: turn })
        } else {
            let mut turn = Arc::clone(&self.0.writer).lock_owned().await;
            (turn.take(), Home::Writer(turn))
        };
        let connection = match connection {
            Some(connection) => connection,
            // It went down with a request that was given up.
            None => {
                let (path, reads) = (self.0.path.clone(), mode == Mode::Read);
                blocking(move || connect(&path, reads)).await?
            }
        };
        Ok(Open { connection: Some(connection), home })
    }

    /// Copies a consistent state into a new file, while others read and write.
    ///
    /// # Errors
    ///
    /// When either file fails.
    pub async fn copy(&self, to: &Path) -> Result<()> {
        let (from, to) = (self.0.path.clone(), to.to_owned());
        blocking(move || {
            let source = connect(&from, true)?;
            let mut target = Connection::open(&to)?;
            // All pages in one step are one read transaction, which in WAL mode keeps nobody from writing.
            rusqlite::backup::Backup::new(&source, &mut target)?.step(-1)?;
            target.pragma_update(None, "journal_mode", "DELETE")
        })
        .await
    }

    /// Whether a file is a whole database.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] with what is wrong with it.
    pub async fn check(path: &Path) -> Result<()> {
        let path = path.to_owned();
        let verdict: String = blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let file = Connection::open_with_flags(path, flags)?;
            file.query_row("PRAGMA integrity_check", [], |row| row.get(0))
        })
        .await?;
        if verdict == "ok" { Ok(()) } else { Err(Error::Corrupt(verdict)) }
    }
}

/// SQLite does not say why it cannot open a file; the system does when it is asked for another beside it.
fn refused(path: &Path, error: Error) -> Error {
    let Error::Unavailable(_) = error else { return error };
    let probe = path.with_extension("probe");
    let made = disk::create_private_file(&probe, b"");
    drop(disk::remove(&probe));
    match made {
        Err(reason) => Error::of_file(&format!("`{}`", path.display()), &reason),
        Ok(()) => error,
    }
}

fn connect(path: &Path, reads: bool) -> rusqlite::Result<Connection> {
    let how = if reads {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let connection = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    if !reads {
        let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode != "wal" {
            // As on network file systems, where a commit that returned could still be lost.
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
            let text = "this file system allows no write-ahead log".to_owned();
            return Err(rusqlite::Error::SqliteFailure(code, Some(text)));
        }
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        // The log is cut back after it had to grow for one large transaction.
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    }
    Ok(connection)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> rusqlite::Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| lost())?.map_err(|error| failure(&error))
}

fn lost() -> Error {
    Error::Unavailable("a thread of the database ended early".to_owned())
}

/// A transaction under way.
#[derive(Debug)]
pub(super) struct Open {
    connection: Option<Connection>,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Writer(OwnedMutexGuard<Option<Connection>>),
    Reader { of: Sqlite, _turn: OwnedSemaphorePermit },
}

impl Open {
    /// Lends the connection to a thread. Where the request is given up meanwhile the connection ends with the work, and
    /// with it the transaction.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = self.connection.take().ok_or_else(lost)?;
        let begin = if matches!(self.home, Home::Writer(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let worked = tokio::task::spawn_blocking(move || {
            let begun = if connection.is_autocommit() { connection.execute_batch(begin) } else { Ok(()) };
            let done = begun.and_then(|()| work(&connection));
            (connection, done)
        });
        let (connection, done) = worked.await.map_err(|_| lost())?;
        self.connection = Some(connection);
        done.map_err(|error| failure(&error))
    }

    /// The rows a statement gives.
    pub(super) async fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>> {
        let (sql, params) = (sql.replace('$', "?"), params.to_vec());
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query(params_from_iter(&params))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let fields = (0..columns).map(|index| row.get_ref(index).map(value));
                found.push(Row(fields.collect::<rusqlite::Result<_>>()?));
            }
            Ok(found)
        })
        .await
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) async fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64> {
        let (sql, params) = (sql.replace('$', "?"), params.to_vec());
        let work = move |connection: &Connection| connection.prepare_cached(&sql)?.execute(params_from_iter(&params));
        let changed = self.run(work).await?;
        Ok(changed as u64)
    }

    /// Runs a statement once for each list of parameters, on one thread's turn.
    pub(super) async fn execute_all(&mut self, sql: &str, all: Vec<Vec<Value>>) -> Result<()> {
        let sql = sql.replace('$', "?");
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            all.iter().try_for_each(|params| statement.execute(params_from_iter(params)).map(drop))
        })
        .await
    }

    /// Runs several statements.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<()> {
        let sql = sql.to_owned();
        self.run(move |connection| connection.execute_batch(&sql)).await
    }

    /// Ends it; what was written is on the medium then.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.run(|connection| connection.execute_batch("COMMIT")).await
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Nothing of it has reached the file, so this waits for no disk. A connection that cannot is not used again.
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            return;
        }
        match &mut self.home {
            Home::Writer(writer) => **writer = Some(connection),
            Home::Reader { of, .. } => {
                of.0.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            }
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        // No column is one; it is here for completeness.
        ValueRef::Real(value) => Value::Text(value.to_string()),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Bytes(value.to_vec()),
    }
}

fn failure(error: &rusqlite::Error) -> Error {
    let text = format!("SQLite: {error}");
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::Full(text),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::ReadOnly(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(text),
        Some(ErrorCode::ConstraintViolation) => Error::Conflict(text),
        Some(_) => Error::Unavailable(text),
        None => Error::Invalid(text),
    }
}
