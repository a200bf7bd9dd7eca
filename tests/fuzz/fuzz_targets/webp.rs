#![no_main]

#[path = "../targets/decode.rs"]
#[allow(dead_code, clippy::expect_used, reason = "a part of it is used here")]
mod decode;
#[path = "../../it/support/heap.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod heap;
#[path = "../targets/webp.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod webp;

libfuzzer_sys::fuzz_target!(|data: &[u8]| webp::target(data));
