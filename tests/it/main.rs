//! The promises of slimpix, one module each, against the real library and the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

mod conformance;
mod convert_command;
mod corpus;
mod encoding_is_faithful;
mod golden;
mod memory_is_stated;
mod pictures;
mod sizes_are_as_asked;
mod support;
