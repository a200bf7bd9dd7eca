//! The promises of slimpix, one module each, against the real library and the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

mod admission;
mod bad_input;
mod cache_heals;
mod cache_survives_restart;
mod config_is_read_whole;
mod conformance;
mod convert_command;
mod converts_once;
mod corpus;
mod doctor;
mod encoding_is_faithful;
mod full_disk;
mod golden;
mod graceful_stop;
mod memory_is_stated;
mod old_flags;
mod pictures;
mod remote_origin;
mod serve_converts;
mod sizes_are_as_asked;
mod support;
