//! The core-wasm entry points: what a generated port adapter calls.
//!
//! Every pointer comes from an adapter that `wb-composer` generated for exactly these descriptors, so ranges are
//! trusted; a wrong one is a trap inside the sandbox, never more.

use std::alloc::{Layout, alloc, dealloc, realloc};

use crate::descriptor::{self, Type};
use crate::memory::Memory;
use crate::{from_json, pack, to_json};

/// This module's own linear memory.
struct Linear;

impl Memory for Linear {
    fn read(&self, addr: u32, len: u32) -> &[u8] {
        if len == 0 {
            return &[];
        }
        // SAFETY: the adapter passes ranges it obtained from this module's allocator; memory only grows.
        unsafe { core::slice::from_raw_parts(addr as *const u8, len as usize) }
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) {
        // SAFETY: as for `read`; source and destination do not overlap, the source being a Rust value or an input.
        unsafe { core::ptr::copy(bytes.as_ptr(), addr as *mut u8, bytes.len()) }
    }

    fn alloc(&mut self, size: u32, align: u32) -> u32 {
        // SAFETY: nothing is being moved.
        unsafe { cabi_realloc(core::ptr::null_mut(), 0, align as usize, size as usize) as u32 }
    }
}

/// The canonical ABI's allocator.
///
/// # Safety
/// `old` is null or came from here with that size and alignment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    // An engine's bytes become numbers where they lie: no block may begin where a number cannot.
    let align = align.max(8);
    if new_size == 0 {
        return align as *mut u8;
    }
    let Ok(layout) = Layout::from_size_align(if old_size == 0 { new_size } else { old_size }, align) else {
        core::arch::wasm32::unreachable()
    };
    // SAFETY: sizes are not zero; `old` per the contract above.
    let new = unsafe { if old_size == 0 { alloc(layout) } else { realloc(old, layout, new_size) } };
    if new.is_null() {
        core::arch::wasm32::unreachable()
    }
    new
}

/// Frees what [`wb_to_json`] and [`wb_pack`] returned.
///
/// # Safety
/// `addr` and `len` are such a result, and it is freed once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wb_free(addr: *mut u8, len: usize) {
    if len > 0 {
        // SAFETY: per the contract; boxed slices have exactly this layout.
        unsafe { dealloc(addr, Layout::from_size_align_unchecked(len, 1)) }
    }
}

fn read_type(desc: u32, desc_len: u32) -> Type {
    match descriptor::read(Linear.read(desc, desc_len)) {
        Some(ty) => ty,
        None => core::arch::wasm32::unreachable(),
    }
}

/// Leaves `bytes` in memory and their address and length at `ret`.
fn give(bytes: Vec<u8>, ret: u32) {
    let bytes = Box::leak(bytes.into_boxed_slice());
    Linear.set_u32(ret, bytes.as_ptr() as u32);
    Linear.set_u32(ret + 4, bytes.len() as u32);
}

/// The value at `addr` as JSON text; address and length at `ret`.
#[unsafe(no_mangle)]
pub extern "C" fn wb_to_json(desc: u32, desc_len: u32, addr: u32, ret: u32) {
    let mut out = Vec::new();
    to_json::to_json(&Linear, &read_type(desc, desc_len), addr, &mut out);
    give(out, ret);
}

/// JSON text into a value at `addr`. 0, or 1 with a message at `ret`.
#[unsafe(no_mangle)]
pub extern "C" fn wb_from_json(desc: u32, desc_len: u32, text: u32, len: u32, addr: u32, ret: u32) -> u32 {
    let ty = read_type(desc, desc_len);
    match from_json::from_json(&mut Linear, &ty, Linear.read(text, len), addr) {
        Ok(()) => 0,
        Err(message) => {
            give(message.into_bytes(), ret);
            1
        }
    }
}

/// The value at `addr` packed; address and length at `ret`.
#[unsafe(no_mangle)]
pub extern "C" fn wb_pack(desc: u32, desc_len: u32, addr: u32, ret: u32) {
    let mut out = Vec::new();
    pack::pack(&Linear, &read_type(desc, desc_len), addr, &mut out);
    give(out, ret);
}

/// Packed bytes into a value at `addr`. 0, or 1 with a message at `ret`.
#[unsafe(no_mangle)]
pub extern "C" fn wb_unpack(desc: u32, desc_len: u32, bytes: u32, len: u32, addr: u32, ret: u32) -> u32 {
    let ty = read_type(desc, desc_len);
    match pack::unpack(&mut Linear, &ty, Linear.read(bytes, len), addr) {
        Some(()) => 0,
        None => {
            give(b"the stored value is damaged".to_vec(), ret);
            1
        }
    }
}

/// `prefix` and the text at `ret` joined; address and length back at `ret`.
#[unsafe(no_mangle)]
pub extern "C" fn wb_prefix(prefix: u32, prefix_len: u32, ret: u32) {
    let mut out = Linear.read(prefix, prefix_len).to_vec();
    out.extend_from_slice(Linear.read(Linear.u32(ret), Linear.u32(ret + 4)));
    give(out, ret);
}
