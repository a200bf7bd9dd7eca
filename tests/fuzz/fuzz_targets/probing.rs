#![no_main]

#[path = "../targets/probing.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod probing;

libfuzzer_sys::fuzz_target!(|data: &[u8]| probing::target(data));
