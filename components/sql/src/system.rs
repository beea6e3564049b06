//! What SQLite would ask of a C library and an operating system: memory from our allocator, the granted clock and seed,
//! and a refusal of everything else. There are no files.

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

use crate::ffi::{self, Vfs};

thread_local! {
    /// Milliseconds since 1970, where the clock is granted.
    static NOW: Cell<Option<i64>> = const { Cell::new(None) };
    /// Whether the clock was asked for in vain since the last look.
    static ASKED: Cell<bool> = const { Cell::new(false) };
    /// What the numbers come from.
    static SEED: Cell<u64> = const { Cell::new(0) };
}

/// Says what is granted.
pub fn grant(now: Option<i64>, seed: Option<u32>) {
    NOW.set(now);
    SEED.set(u64::from(seed.unwrap_or_default()));
}

/// Whether the clock was asked for in vain since the last call.
pub fn clock_was_asked() -> bool {
    ASKED.replace(false)
}

/// Bytes in front of each block that hold its size; also the alignment SQLite counts on.
const HEAD: usize = 8;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEAD)?, HEAD).ok()
}

/// Puts the size in front of a fresh block.
fn headed(block: *mut u8, size: usize) -> *mut c_void {
    if block.is_null() {
        return null_mut();
    }
    // SAFETY: `layout` made room for the head.
    unsafe {
        block.cast::<usize>().write(size);
        block.add(HEAD).cast()
    }
}

/// `malloc`. Null when the memory cap is reached, which SQLite reports as an error.
#[unsafe(no_mangle)]
extern "C" fn rust_sqlite_wasm_malloc(size: usize) -> *mut c_void {
    // SAFETY: the layout is never empty.
    layout(size).map_or(null_mut(), |layout| headed(unsafe { alloc(layout) }, size))
}

/// `free`.
///
/// # Safety
/// `block` is null or from here.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_free(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: the caller's promise; the head says how large the block is.
    unsafe {
        let start = block.cast::<u8>().sub(HEAD);
        if let Some(layout) = layout(start.cast::<usize>().read()) {
            dealloc(start, layout);
        }
    }
}

/// `realloc`.
///
/// # Safety
/// `block` is null or from here.
#[unsafe(no_mangle)]
unsafe extern "C" fn rust_sqlite_wasm_realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return rust_sqlite_wasm_malloc(size);
    }
    // SAFETY: the caller's promise; the head says how large the block is.
    unsafe {
        let start = block.cast::<u8>().sub(HEAD);
        match (layout(start.cast::<usize>().read()), layout(size)) {
            (Some(old), Some(new)) => headed(realloc(start, old, new.size()), size),
            _ => null_mut(),
        }
    }
}

/// `localtime`: there is no time zone; SQLite says so when it is asked for local time.
#[unsafe(no_mangle)]
extern "C" fn rust_sqlite_wasm_localtime(_: *const i64) -> *mut c_void {
    null_mut()
}

/// Called by `sqlite3_initialize`: registers the one "file system".
#[unsafe(no_mangle)]
extern "C" fn sqlite3_os_init() -> c_int {
    let vfs = Box::new(Vfs {
        version: 2,
        file_size: 8,
        max_path: 256,
        next: null_mut(),
        name: c"none".as_ptr(),
        data: null_mut(),
        open,
        delete,
        access,
        full_path,
        dl_open: None,
        dl_error: None,
        dl_sym: None,
        dl_close: None,
        randomness,
        sleep,
        current_time,
        last_error,
        current_time_64,
    });
    // SAFETY: SQLite keeps the pointer for ever, and it is never freed.
    unsafe { ffi::sqlite3_vfs_register(Box::into_raw(vfs), 1) }
}

/// Called by `sqlite3_shutdown`, which nobody calls.
#[unsafe(no_mangle)]
extern "C" fn sqlite3_os_end() -> c_int {
    ffi::OK
}

extern "C" fn open(_: *mut Vfs, _: *const c_char, _: *mut c_void, _: c_int, _: *mut c_int) -> c_int {
    ffi::CANTOPEN
}

extern "C" fn delete(_: *mut Vfs, _: *const c_char, _: c_int) -> c_int {
    ffi::ERROR
}

extern "C" fn access(_: *mut Vfs, _: *const c_char, _: c_int, exists: *mut c_int) -> c_int {
    // SAFETY: SQLite passes a place for the answer.
    unsafe { exists.write(0) };
    ffi::OK
}

extern "C" fn full_path(_: *mut Vfs, _: *const c_char, _: c_int, _: *mut c_char) -> c_int {
    ffi::CANTOPEN
}

/// SplitMix64: SQLite only takes the seed of its own generator from here.
extern "C" fn randomness(_: *mut Vfs, bytes: c_int, out: *mut c_char) -> c_int {
    let len = usize::try_from(bytes).unwrap_or_default();
    // SAFETY: SQLite passes room for that many bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), len) };
    for chunk in out.chunks_mut(8) {
        let state = SEED.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        SEED.set(state);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
    bytes
}

extern "C" fn sleep(_: *mut Vfs, _: c_int) -> c_int {
    0
}

extern "C" fn current_time(_: *mut Vfs, days: *mut f64) -> c_int {
    let mut millis = 0;
    let code = current_time_64(null_mut(), &raw mut millis);
    // SAFETY: SQLite passes a place for the answer.
    unsafe { days.write(millis as f64 / 86_400_000.0) };
    code
}

/// The Julian day of 1970 in milliseconds.
const EPOCH: i64 = 210_866_760_000_000;

extern "C" fn current_time_64(_: *mut Vfs, millis: *mut i64) -> c_int {
    let now = NOW.get();
    ASKED.set(ASKED.get() || now.is_none());
    // SAFETY: SQLite passes a place for the answer.
    unsafe { millis.write(now.map_or(0, |now| now + EPOCH)) };
    if now.is_some() { ffi::OK } else { ffi::ERROR }
}

extern "C" fn last_error(_: *mut Vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}
