//! What is held on the heap.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};

use crate::{Options, corpus::large_photo, encode};

/// Counts bytes, of all threads.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static HELD: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

fn count(bytes: i64) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

// SAFETY: all work is left to the system's allocator; beside it only numbers are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old block and the new one may both be held while bytes are moved.
        count(size as i64);
        count(-(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Prints the peak of the large photo, by one thread and by two.
pub fn print(options: &Options) {
    println!("\nheap for 12 megapixels beside pixels and file, in MB");
    let source = large_photo();
    for threads in [1, 2] {
        for quality in [80, 95] {
            let own = source.clone();
            let before = HELD.load(Relaxed);
            PEAK.store(before, Relaxed);
            let file = encode(own, quality, options.effort, threads);
            let peak = PEAK.load(Relaxed) - before - file.len() as i64;
            let name = format!("{threads} threads, quality {quality}");
            println!("{name:48} {:.1}  file {:.1}", peak as f64 / 1e6, file.len() as f64 / 1e6);
        }
    }
}
