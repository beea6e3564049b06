//! One database in memory, behind safe calls. Which statements may run is decided in `guard`.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{null, null_mut};

use crate::ffi::{self, Sqlite3, Stmt};
use crate::guard;
use crate::system;
use crate::text::Problem;

/// Levels of an expression: SQLite's own limit, said here because the stack must suffice for it.
const EXPRESSION_DEPTH: c_int = 1000;

/// `SQLITE_TRANSIENT`: SQLite copies what is bound.
const COPY: isize = -1;

/// A database in memory.
pub struct Database(*mut Sqlite3);

/// A value of a result.
#[derive(Debug)]
pub enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    /// Not necessarily UTF-8.
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// A value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A statement that can be run. Never outlives its database.
pub struct Statement<'d> {
    raw: *mut Stmt,
    database: &'d Database,
}

/// What preparing found.
pub struct Prepared<'d> {
    /// Nothing where the text is empty.
    pub statement: Option<Statement<'d>>,
    /// Where the next statement begins, from the start of the text given.
    pub next: usize,
}

impl Database {
    /// Opens an empty database.
    pub fn open() -> Result<Self, Problem> {
        let mut raw = null_mut();
        // SAFETY: the name ends with a zero byte, and the place for the handle is ours.
        let code = unsafe { ffi::sqlite3_open(c":memory:".as_ptr(), &raw mut raw) };
        if code != ffi::OK || raw.is_null() {
            return Err(Problem::new("there is not enough memory for a database"));
        }
        // SAFETY: the handle was just opened.
        unsafe {
            ffi::sqlite3_limit(raw, ffi::LIMIT_EXPR_DEPTH, EXPRESSION_DEPTH);
            ffi::sqlite3_db_config(raw, ffi::DBCONFIG_DEFENSIVE, 1 as c_int, null_mut::<c_int>());
        }
        Ok(Self(raw))
    }

    /// From now on statements are checked.
    pub fn guard(&self) {
        // SAFETY: the handle is open; the function needs no data.
        unsafe { ffi::sqlite3_set_authorizer(self.0, Some(guard::check), null_mut()) };
    }

    /// SQLite's message for the last error.
    pub fn message(&self) -> String {
        // SAFETY: SQLite's messages end with a zero byte and live until the next call.
        unsafe { text(ffi::sqlite3_errmsg(self.0)) }
    }

    /// Byte offset of the last error in the statement's text.
    pub fn error_offset(&self) -> Option<usize> {
        // SAFETY: the handle is open.
        usize::try_from(unsafe { ffi::sqlite3_error_offset(self.0) }).ok()
    }

    /// Prepares the first statement of `sql`. On failure [`Database::message`] says why.
    pub fn prepare<'d>(&'d self, sql: &CStr) -> Result<Prepared<'d>, ()> {
        let (mut raw, mut tail) = (null_mut(), null());
        // SAFETY: the text ends with a zero byte; the places for the answers are ours.
        let code = unsafe { ffi::sqlite3_prepare_v2(self.0, sql.as_ptr(), -1, &raw mut raw, &raw mut tail) };
        if code != ffi::OK {
            return Err(());
        }
        let next = if tail.is_null() { sql.count_bytes() } else { tail as usize - sql.as_ptr() as usize };
        Ok(Prepared { statement: (!raw.is_null()).then_some(Statement { raw, database: self }), next })
    }

    /// Runs one statement of our own.
    pub fn execute(&self, sql: &str) -> Result<(), Problem> {
        let statement = self.own(sql)?;
        statement.step().map(drop)
    }

    /// Prepares one statement of our own.
    pub fn own(&self, sql: &str) -> Result<Statement<'_>, Problem> {
        let failed = || Problem::new(self.message());
        let sql = CString::new(sql).map_err(|_| Problem::new("a name has a zero byte in it"))?;
        self.prepare(&sql).map_err(|()| failed())?.statement.ok_or_else(failed)
    }

    /// The first column of all rows of a query of our own; empty when it fails.
    pub fn names(&self, sql: &str) -> Vec<String> {
        // SAFETY: the handle is open. Our own queries are not checked.
        unsafe { ffi::sqlite3_set_authorizer(self.0, None, null_mut()) };
        let mut names = Vec::new();
        if let Ok(statement) = self.own(sql) {
            while let Ok(true) = statement.step() {
                if let Cell::Text(name) = statement.cell(0) {
                    names.push(String::from_utf8_lossy(name).into_owned());
                }
            }
        }
        self.guard();
        names
    }
}

impl Statement<'_> {
    /// How many parameters it has, and the name of each; none for `?`.
    pub fn parameters(&self) -> Vec<Option<String>> {
        // SAFETY: the statement is prepared; names end with a zero byte.
        unsafe {
            let count = ffi::sqlite3_bind_parameter_count(self.raw);
            let name = |index| ffi::sqlite3_bind_parameter_name(self.raw, index);
            (1..=count).map(|index| (!name(index).is_null()).then(|| text(name(index)))).collect()
        }
    }

    /// Gives a parameter its value. `index` counts from 0.
    pub fn bind(&self, index: usize, value: &Value) -> Result<(), Problem> {
        match value {
            Value::Null => self.bind_null(index),
            Value::Integer(value) => self.bind_integer(index, *value),
            Value::Real(value) => self.bind_real(index, *value),
            Value::Text(value) => self.bind_text(index, value),
            Value::Blob(value) => self.bind_blob(index, value),
        }
    }

    /// See [`Statement::bind`].
    pub fn bind_null(&self, index: usize) -> Result<(), Problem> {
        // SAFETY: the statement is prepared.
        self.bound(unsafe { ffi::sqlite3_bind_null(self.raw, at(index)) })
    }

    /// See [`Statement::bind`].
    pub fn bind_integer(&self, index: usize, value: i64) -> Result<(), Problem> {
        // SAFETY: the statement is prepared.
        self.bound(unsafe { ffi::sqlite3_bind_int64(self.raw, at(index), value) })
    }

    /// See [`Statement::bind`].
    pub fn bind_real(&self, index: usize, value: f64) -> Result<(), Problem> {
        // SAFETY: the statement is prepared.
        self.bound(unsafe { ffi::sqlite3_bind_double(self.raw, at(index), value) })
    }

    /// See [`Statement::bind`].
    pub fn bind_text(&self, index: usize, value: &str) -> Result<(), Problem> {
        // SAFETY: the statement is prepared, and SQLite copies the bytes.
        self.bound(unsafe { ffi::sqlite3_bind_text(self.raw, at(index), value.as_ptr(), length(value.len()), COPY) })
    }

    /// See [`Statement::bind`].
    pub fn bind_blob(&self, index: usize, value: &[u8]) -> Result<(), Problem> {
        // SAFETY: the statement is prepared, and SQLite copies the bytes.
        self.bound(unsafe { ffi::sqlite3_bind_blob(self.raw, at(index), value.as_ptr(), length(value.len()), COPY) })
    }

    fn bound(&self, code: c_int) -> Result<(), Problem> {
        if code == ffi::OK { Ok(()) } else { Err(Problem::new(self.database.message())) }
    }

    /// Takes a step: whether there is a row.
    pub fn step(&self) -> Result<bool, Problem> {
        // SAFETY: the statement is prepared.
        let code = unsafe { ffi::sqlite3_step(self.raw) };
        if system::clock_was_asked() {
            return Err(guard::no_clock());
        }
        match code {
            ffi::ROW => Ok(true),
            ffi::DONE => Ok(false),
            _ => Err(Problem::new(self.database.message())),
        }
    }

    /// Makes the statement ready to run again.
    pub fn reset(&self) {
        // SAFETY: the statement is prepared. The code repeats the last step's.
        unsafe { ffi::sqlite3_reset(self.raw) };
    }

    /// The names of its columns; none where it returns no rows.
    pub fn columns(&self) -> Vec<String> {
        // SAFETY: the statement is prepared; names end with a zero byte.
        unsafe {
            let count = ffi::sqlite3_column_count(self.raw);
            (0..count).map(|index| text(ffi::sqlite3_column_name(self.raw, index))).collect()
        }
    }

    /// A value of the row, valid until the next step.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        let index = at(column) - 1;
        // SAFETY: there is a row; text and BLOB live until the next step, and the borrow of `self` is no longer. The
        // pointer is asked for before the length, as the documentation wants.
        unsafe {
            let bytes = |start: *const u8| {
                let len = usize::try_from(ffi::sqlite3_column_bytes(self.raw, index)).unwrap_or_default();
                if start.is_null() || len == 0 { &[] } else { std::slice::from_raw_parts(start, len) }
            };
            match ffi::sqlite3_column_type(self.raw, index) {
                ffi::INTEGER => Cell::Integer(ffi::sqlite3_column_int64(self.raw, index)),
                ffi::FLOAT => Cell::Real(ffi::sqlite3_column_double(self.raw, index)),
                ffi::TEXT => Cell::Text(bytes(ffi::sqlite3_column_text(self.raw, index))),
                ffi::BLOB => Cell::Blob(bytes(ffi::sqlite3_column_blob(self.raw, index))),
                _ => Cell::Null,
            }
        }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is prepared, and nothing uses it after this.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}

/// Parameters count from 1.
fn at(index: usize) -> c_int {
    c_int::try_from(index + 1).unwrap_or(c_int::MAX)
}

/// A length beyond SQLite's own limit is refused by SQLite.
fn length(bytes: usize) -> c_int {
    c_int::try_from(bytes).unwrap_or(c_int::MAX)
}

/// # Safety
/// `text` is null or ends with a zero byte.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
