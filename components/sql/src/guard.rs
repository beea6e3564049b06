//! What a block may not ask of SQLite: other databases, settings that mean nothing here, and randomness that was not
//! granted. Refused while a statement is prepared, with a message that says why.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_void};

use crate::ffi;
use crate::text::Problem;

/// What may be asked or set with `PRAGMA`: the shape of tables, and checks. FTS5 asks for `data_version` itself.
const PRAGMAS: &[&str] = &[
    "application_id",
    "case_sensitive_like",
    "collation_list",
    "compile_options",
    "data_version",
    "defer_foreign_keys",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "optimize",
    "pragma_list",
    "quick_check",
    "recursive_triggers",
    "reverse_unordered_selects",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Functions that need randomness.
const RANDOM: &[&str] = &["random", "randomblob"];

thread_local! {
    static RANDOM_GRANTED: Cell<bool> = const { Cell::new(false) };
    static REFUSED: RefCell<Option<Problem>> = const { RefCell::new(None) };
}

/// Says whether randomness is granted.
pub fn grant_random(granted: bool) {
    RANDOM_GRANTED.set(granted);
}

/// Why the last statement was refused, once.
pub fn refusal() -> Option<Problem> {
    REFUSED.take()
}

/// The clock was asked for in vain.
pub fn no_clock() -> Problem {
    not_granted("the clock", "clock")
}

fn not_granted(what: &str, right: &str) -> Problem {
    Problem::new(format!(
        "{what} was not granted to this block; add `:caps: {right}` to its drawer, or take the value as an input"
    ))
}

/// The authorizer.
pub extern "C" fn check(
    _: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    let text = |text: *const c_char| match text.is_null() {
        true => String::new(),
        // SAFETY: SQLite's texts end with a zero byte and live during the call.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().to_lowercase(),
    };
    let problem = match action {
        ffi::ACTION_ATTACH | ffi::ACTION_DETACH => Some(
            Problem::new("a block has one database, in memory; there are no files to attach or to pack")
                .help("take what you need as an input"),
        ),
        ffi::ACTION_PRAGMA if !PRAGMAS.contains(&text(first).as_str()) => Some(
            Problem::new(format!("`PRAGMA {}` means nothing in a workbook", text(first)))
                .help("leave it out: the database is in memory and lives as long as the block runs"),
        ),
        ffi::ACTION_FUNCTION if RANDOM.contains(&text(second).as_str()) && !RANDOM_GRANTED.get() => {
            Some(not_granted("randomness", "random"))
        }
        _ => None,
    };
    match problem {
        Some(problem) => {
            REFUSED.replace(Some(problem));
            ffi::DENY
        }
        None => ffi::OK,
    }
}
