//! Decoding of still pictures by rows of superblocks.
//!
//! [`Tiles`] reconstructs: it reads blocks, predicts them and adds their residuals, all tiles of a row of superblocks
//! together, and notes for the filters what they need to know. [`Decoder`] takes its rows through the filters and hands
//! them out.

mod block;
mod copy;
mod frame;
mod tiles;
mod transform;

pub use self::frame::Decoder;
#[cfg(test)]
pub use self::tiles::Tiles;

#[cfg(test)]
mod tests;
