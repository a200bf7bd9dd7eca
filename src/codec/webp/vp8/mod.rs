//! VP8 key frames (RFC 6386), the coded picture of a lossy WebP: [`encoder`] and [`decoder`], and what both build on.
//!
//! Shared are the constants of the specification ([`tables`]) and of the colours ([`yuv`]), a macroblock's modes,
//! levels and contexts ([`macroblock`]), sixteen 4x4 blocks side by side ([`lanes`]), and the intra prediction and the
//! transforms over them ([`predict`], [`transform`]).

#![allow(clippy::needless_range_loop, reason = "loops over blocks and lanes index several arrays")]

pub mod decoder;
pub mod encoder;
mod lanes;
mod macroblock;
mod predict;
mod tables;
mod transform;
mod yuv;
