#![no_main]

#[path = "../targets/decode.rs"]
#[allow(dead_code, clippy::expect_used, reason = "a part of it is used here")]
mod decode;
#[path = "../../it/support/heap.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod heap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| decode::target(data));
