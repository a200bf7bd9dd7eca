//! The promises of slimpix, one module each, against the real library and the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

mod admission;
mod bad_input;
mod bad_pictures_are_no_500;
mod cache_heals;
mod cache_survives_restart;
mod caching;
mod conditional;
mod config_is_read_whole;
mod conformance;
mod convert_command;
mod converts_once;
mod corpus;
mod demo_is_served;
mod doctor;
mod encoding_is_faithful;
mod full_disk;
mod golden;
mod graceful_stop;
mod hostile_files_are_bounded;
mod layers;
mod lossy_webp_decodes_alike;
mod memory_is_stated;
mod negotiation;
mod never_worse;
mod old_flags;
mod parameters_cannot_flood;
mod pictures;
mod ranges;
mod remote_origin;
mod room_is_counted_in_bytes;
mod serve_converts;
mod single_flight;
mod sizes_are_as_asked;
mod support;
mod traversal;
