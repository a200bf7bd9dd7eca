//! One conversion, pure: bytes, parameters and limits in, bytes out. No IO, clock, environment or globals.
//!
//! [`convert`] reads like the pipeline: probe, plan, decode, turn, colour, scale, encode. [`plan`] is what can be
//! said of it from the header alone, and `codec::cost` states its memory from that.

mod params;

pub use self::params::{Fit, Interest, Mode, Params, Resize};
