//! VP8L (RFC 9649 section 3), by two encoders: [`image`] codes whole pictures, [`alpha`] in little memory one channel.
//!
//! Both write [`bits`] by [`prefix_code`]s, cut what they code into literals and backward references ([`lz77`]), and weigh
//! these by [`entropy`].

pub mod alpha;
mod bits;
mod entropy;
pub mod image;
mod lz77;
mod prefix_code;

/// Symbols of green: samples, then lengths of copies; and of distances.
const GREENS: usize = 256 + 24;
const DISTANCES: usize = 40;
