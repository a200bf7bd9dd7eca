#![no_main]

#[path = "../targets/animation.rs"]
#[allow(dead_code, clippy::expect_used, clippy::panic, reason = "the seeds are for the test")]
mod animation;
#[path = "../../it/support/heap.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod heap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| animation::target(data));
