//! The allocator of the tests: counts what a thread holds, or all of them.

#![allow(unsafe_code, reason = "an allocator can't be written without")]

use std::{
    alloc::{GlobalAlloc, Layout as Block, System},
    cell::Cell,
    ptr,
    sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed},
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    /// How many more buffers this thread is granted, where one is to be refused.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The same of all threads together, while `ALL` is set.
static ALL: AtomicBool = AtomicBool::new(false);
static ALL_HELD: AtomicI64 = AtomicI64::new(0);
static ALL_PEAK: AtomicI64 = AtomicI64::new(0);

fn count(bytes: i64) {
    if ALL.load(Relaxed) {
        ALL_PEAK.fetch_max(ALL_HELD.fetch_add(bytes, Relaxed) + bytes, Relaxed);
    }
    // A thread that ends may free after its counters are gone.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: all work is left to the system's allocator; beside it only numbers are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, block: Block) -> *mut u8 {
        if is_refused(block.size()) {
            return ptr::null_mut();
        }
        count(block.size() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(block) }
    }

    unsafe fn alloc_zeroed(&self, block: Block) -> *mut u8 {
        if is_refused(block.size()) {
            return ptr::null_mut();
        }
        count(block.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(block) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, block: Block) {
        count(-(block.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, block) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, block: Block, size: usize) -> *mut u8 {
        if size > block.size() && is_refused(size) {
            return ptr::null_mut();
        }
        // While bytes are moved the old block and the new one are held; one that shrinks stays where it is.
        if size > block.size() {
            count(size as i64);
            count(-(block.size() as i64));
        } else {
            count(size as i64 - block.size() as i64);
        }
        // SAFETY: as above.
        unsafe { System.realloc(pointer, block, size) }
    }
}

/// Buffers, the sizes of which come from a picture: what is smaller is small whatever the picture.
const BUFFER: usize = 16 << 10;

/// True for the one buffer that this thread is to be refused.
fn is_refused(size: usize) -> bool {
    if size < BUFFER {
        return false;
    }
    LEFT.try_with(|left| {
        let Some(more) = left.get() else { return false };
        left.set(more.checked_sub(1));
        more == 0
    })
    .unwrap_or(false)
}

/// Does `work`, with a refusal of the buffer after `granted` others; true if there was such a one.
pub fn without_room_for<T>(granted: u64, work: impl FnOnce() -> T) -> (bool, T) {
    LEFT.set(Some(granted));
    let result = work();
    (LEFT.replace(None).is_none(), result)
}

/// The most bytes that `work` held beyond what was held before.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let before = HELD.get();
    PEAK.set(before);
    let result = work();
    ((PEAK.get() - before) as u64, result)
}

/// The most bytes that all threads held beyond what was held before. Nothing else may run in the process.
pub fn peak_of_all_threads<T>(work: impl FnOnce() -> T) -> (u64, T) {
    ALL_HELD.store(0, Relaxed);
    ALL_PEAK.store(0, Relaxed);
    ALL.store(true, Relaxed);
    let result = work();
    ALL.store(false, Relaxed);
    (ALL_PEAK.load(Relaxed) as u64, result)
}
