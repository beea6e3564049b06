//! The part of SQLite's C interface that is used, as in `sqlite3.h` of 3.51. Nothing is decided here.

use std::ffi::{c_char, c_int, c_void};

/// A connection.
#[repr(C)]
pub struct Sqlite3(u8);
/// A prepared statement.
#[repr(C)]
pub struct Stmt(u8);

/// What the authorizer is.
pub type Authorizer =
    extern "C" fn(*mut c_void, c_int, *const c_char, *const c_char, *const c_char, *const c_char) -> c_int;

/// The operating system as SQLite sees it.
#[repr(C)]
pub struct Vfs {
    pub version: c_int,
    pub file_size: c_int,
    pub max_path: c_int,
    pub next: *mut Vfs,
    pub name: *const c_char,
    pub data: *mut c_void,
    pub open: extern "C" fn(*mut Vfs, *const c_char, *mut c_void, c_int, *mut c_int) -> c_int,
    pub delete: extern "C" fn(*mut Vfs, *const c_char, c_int) -> c_int,
    pub access: extern "C" fn(*mut Vfs, *const c_char, c_int, *mut c_int) -> c_int,
    pub full_path: extern "C" fn(*mut Vfs, *const c_char, c_int, *mut c_char) -> c_int,
    pub dl_open: Option<extern "C" fn()>,
    pub dl_error: Option<extern "C" fn()>,
    pub dl_sym: Option<extern "C" fn()>,
    pub dl_close: Option<extern "C" fn()>,
    pub randomness: extern "C" fn(*mut Vfs, c_int, *mut c_char) -> c_int,
    pub sleep: extern "C" fn(*mut Vfs, c_int) -> c_int,
    pub current_time: extern "C" fn(*mut Vfs, *mut f64) -> c_int,
    pub last_error: extern "C" fn(*mut Vfs, c_int, *mut c_char) -> c_int,
    pub current_time_64: extern "C" fn(*mut Vfs, *mut i64) -> c_int,
}

pub const OK: c_int = 0;
pub const ERROR: c_int = 1;
pub const NOMEM: c_int = 7;
pub const CANTOPEN: c_int = 14;
pub const ROW: c_int = 100;
pub const DONE: c_int = 101;
/// The authorizer's refusal.
pub const DENY: c_int = 1;

pub const INTEGER: c_int = 1;
pub const FLOAT: c_int = 2;
pub const TEXT: c_int = 3;
pub const BLOB: c_int = 4;

pub const ACTION_PRAGMA: c_int = 19;
pub const ACTION_ATTACH: c_int = 24;
pub const ACTION_DETACH: c_int = 25;
pub const ACTION_FUNCTION: c_int = 31;

pub const LIMIT_EXPR_DEPTH: c_int = 3;
pub const DBCONFIG_DEFENSIVE: c_int = 1010;

unsafe extern "C" {
    pub fn sqlite3_vfs_register(vfs: *mut Vfs, default: c_int) -> c_int;
    pub fn sqlite3_open(name: *const c_char, db: *mut *mut Sqlite3) -> c_int;
    pub fn sqlite3_limit(db: *mut Sqlite3, id: c_int, value: c_int) -> c_int;
    pub fn sqlite3_set_authorizer(db: *mut Sqlite3, check: Option<Authorizer>, data: *mut c_void) -> c_int;
    pub fn sqlite3_prepare_v2(
        db: *mut Sqlite3,
        sql: *const c_char,
        bytes: c_int,
        stmt: *mut *mut Stmt,
        tail: *mut *const c_char,
    ) -> c_int;
    pub fn sqlite3_finalize(stmt: *mut Stmt) -> c_int;
    pub fn sqlite3_reset(stmt: *mut Stmt) -> c_int;
    pub fn sqlite3_step(stmt: *mut Stmt) -> c_int;
    pub fn sqlite3_errmsg(db: *mut Sqlite3) -> *const c_char;
    pub fn sqlite3_error_offset(db: *mut Sqlite3) -> c_int;
    pub fn sqlite3_bind_parameter_count(stmt: *mut Stmt) -> c_int;
    pub fn sqlite3_bind_parameter_name(stmt: *mut Stmt, index: c_int) -> *const c_char;
    pub fn sqlite3_bind_null(stmt: *mut Stmt, index: c_int) -> c_int;
    pub fn sqlite3_bind_int64(stmt: *mut Stmt, index: c_int, value: i64) -> c_int;
    pub fn sqlite3_bind_double(stmt: *mut Stmt, index: c_int, value: f64) -> c_int;
    pub fn sqlite3_bind_text(stmt: *mut Stmt, index: c_int, text: *const u8, bytes: c_int, free: isize) -> c_int;
    pub fn sqlite3_bind_blob(stmt: *mut Stmt, index: c_int, blob: *const u8, bytes: c_int, free: isize) -> c_int;
    pub fn sqlite3_column_count(stmt: *mut Stmt) -> c_int;
    pub fn sqlite3_column_name(stmt: *mut Stmt, index: c_int) -> *const c_char;
    pub fn sqlite3_column_type(stmt: *mut Stmt, index: c_int) -> c_int;
    pub fn sqlite3_column_int64(stmt: *mut Stmt, index: c_int) -> i64;
    pub fn sqlite3_column_double(stmt: *mut Stmt, index: c_int) -> f64;
    pub fn sqlite3_column_text(stmt: *mut Stmt, index: c_int) -> *const u8;
    pub fn sqlite3_column_blob(stmt: *mut Stmt, index: c_int) -> *const u8;
    pub fn sqlite3_column_bytes(stmt: *mut Stmt, index: c_int) -> c_int;
    pub fn sqlite3_db_config(db: *mut Sqlite3, option: c_int, ...) -> c_int;
}
