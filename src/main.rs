//! The `slimpix` program: the library's, with the C library's allocator told to give back what is freed.

use std::process::ExitCode;

fn main() -> ExitCode {
    allocator::set();
    slimpix::native::run(std::env::args_os(), allocator::give_back)
}

/// glibc's allocator. Left to itself it keeps 150 MB after a burst of twenty photos: in an arena for each thread, and
/// below thresholds that rise with what was freed. Every Rust program links it, so this adds no C.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "it is set by calls of C alone")]
mod allocator {
    /// From this size on, in bytes, a block is the system's own, and goes back to it at once.
    const LARGE: i32 = 128 << 10;

    /// One arena for all threads, and thresholds that stay.
    pub fn set() {
        for (parameter, value) in
            [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, LARGE)]
        {
            // SAFETY: two numbers go in, and nothing but the allocator's settings changes; no other thread runs yet.
            // What is refused stays as it was.
            unsafe { libc::mallopt(parameter, value) };
        }
    }

    /// Gives back the pages between blocks in use.
    pub fn give_back() {
        // SAFETY: nothing that is in use is touched, and other threads may allocate meanwhile.
        unsafe { libc::malloc_trim(0) };
    }
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod allocator {
    pub fn set() {}

    pub fn give_back() {}
}
