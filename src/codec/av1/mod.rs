//! AV1 still pictures (the AV1 bitstream and decoding process specification, version 1.0.0 with errata 1): what both
//! directions share, and each of them.

pub mod cdf;
pub mod decoder;
#[allow(
    clippy::expect_used,
    clippy::needless_range_loop,
    clippy::precedence,
    clippy::wrong_self_convention,
    reason = "each is proven by the line above"
)]
pub mod encoder;
pub mod filter;
pub mod header;
pub mod predict;
pub mod quantizer;
pub mod sizes;
#[allow(clippy::needless_range_loop, reason = "loops of a fixed count, unrolled")]
pub mod symbols;
pub mod syntax;
pub mod tables;
pub mod transform;
pub mod window;
