//! The promises of slimpix, one module each, against the real library and the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there")]

mod conformance;
mod convert_command;
mod corpus;
mod support;
