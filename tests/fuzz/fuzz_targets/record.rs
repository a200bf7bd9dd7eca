#![no_main]

#[path = "../targets/record.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod record;

libfuzzer_sys::fuzz_target!(|data: &[u8]| record::target(data));
