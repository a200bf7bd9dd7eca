//! The `slimpix` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    give_memory_back();
    slimpix::native::run(std::env::args_os())
}

/// Has the C library's allocator return what is freed: left to itself it keeps 150 MB after a burst of twenty photos,
/// in arenas of its own for each thread and below thresholds that rise with what was freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the allocator that every Rust program links can be set by a C call alone")]
fn give_memory_back() {
    const LARGE: i32 = 128 << 10;
    for (parameter, value) in
        [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, LARGE)]
    {
        // SAFETY: `mallopt` takes two numbers and touches nothing but the allocator's settings; no other thread runs
        // yet. What it refuses leaves the setting as it was.
        unsafe { libc::mallopt(parameter, value) };
    }
}

/// Other allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back() {}
