//! VP8L (RFC 9649 section 3), by two encoders: [`image`] codes whole pictures, [`alpha`] in little memory one channel.
//!
//! Both write [`bits`] by prefix codes ([`prefix_code`]), cut what they code into literals and backward references
//! ([`lz77`]), and weigh these by [`entropy`]. [`decoder`] reads what a stream holds before its pixels.

pub mod alpha;
mod bits;
mod color_cache;
pub mod decoder;
mod entropy;
pub mod image;
mod lz77;
mod prefix_code;

/// Literal symbols of a channel.
const NUM_LITERALS: usize = 256;

/// Prefix symbols of lengths.
const NUM_LENGTH_CODES: usize = 24;

/// Symbols of green without a colour cache: literals, then lengths.
const NUM_GREEN: usize = NUM_LITERALS + NUM_LENGTH_CODES;

/// Prefix symbols of distances.
const NUM_DISTANCE_CODES: usize = 40;
