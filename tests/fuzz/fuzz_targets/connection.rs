#![no_main]

#[path = "../targets/connection.rs"]
#[allow(dead_code, reason = "the seeds are for the test")]
mod connection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| connection::target(data));
