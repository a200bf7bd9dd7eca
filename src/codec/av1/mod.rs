//! AV1 still pictures (the AV1 bitstream and decoding process specification, version 1.0.0 with errata 1): what both
//! directions share, and each of them.

pub mod cdf;
pub mod decoder;
pub mod encoder;
pub mod filter;
pub mod header;
pub mod predict;
pub mod quantizer;
pub mod sizes;
pub mod symbols;
pub mod syntax;
pub mod tables;
pub mod transform;
pub mod window;
