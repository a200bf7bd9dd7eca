#![no_main]

#[path = "../targets/accept.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod accept;

libfuzzer_sys::fuzz_target!(|data: &[u8]| accept::target(data));
