#![no_main]

#[path = "../targets/config.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::target(data));
