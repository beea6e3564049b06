//! Memory for one request: given out in order, never taken back, gone with the instance.
//!
//! It begins in memory that every instance has, so that an ordinary request does not make the instance grow: growing, and
//! shrinking again for the next one, are calls to the system and cost more than the request itself.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};

/// What an ordinary request needs, several times over.
const FIRST: usize = 64 << 10;

/// A page of memory.
const PAGE: usize = 64 << 10;

struct Bump {
    first: UnsafeCell<[u8; FIRST]>,
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: an instance has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { first: UnsafeCell::new([0; FIRST]), next: Cell::new(0), end: Cell::new(0) };

// SAFETY: parts that are given out lie one after the other in memory that is the allocator's alone (its own array, and pages
// that it made the instance grow by), are aligned by `start`, and none is given out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.get() == 0 {
            let first = self.first.get().addr();
            self.next.set(first);
            self.end.set(first + FIRST);
        }
        let start = |from: usize| from.checked_add(layout.align() - 1).map(|from| from & !(layout.align() - 1));
        let fits = |from: usize| {
            let start = start(from)?;
            let end = start.checked_add(layout.size())?;
            (end <= self.end.get()).then_some((start, end))
        };
        let found = fits(self.next.get()).or_else(|| {
            let pages = layout.size().checked_add(layout.align())?.div_ceil(PAGE);
            let grown = core::arch::wasm32::memory_grow(0, pages);
            if grown == usize::MAX {
                return None;
            }
            let from = grown * PAGE;
            // What follows on what there was adds to it; else the rest of that is given up.
            if from != self.end.get() {
                self.next.set(from);
            }
            self.end.set(from + pages * PAGE);
            fits(self.next.get())
        });
        let Some((start, end)) = found else { return std::ptr::null_mut() };
        self.next.set(end);
        std::ptr::with_exposed_provenance_mut(start)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
