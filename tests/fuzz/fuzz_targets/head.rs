#![no_main]

#[path = "../targets/head.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod head;
#[path = "../../it/support/scenario.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "a part of it is used here")]
mod scenario;

libfuzzer_sys::fuzz_target!(|data: &[u8]| head::target(data));
