//! The syntax of tile data (sections 5.11 and 8.3 of the AV1 specification), for frames without references: described
//! once over [`Symbols`](super::symbols::Symbols), read by the decoder and written by the encoder.
//!
//! # How a tile is coded, in either direction
//!
//! A [`TileState`] holds the distributions and contexts of a tile. In order of the tile's superblocks:
//!
//! 1. [`TileState::begin_superblock_row`] for each row, [`TileState::begin_superblock`] for each superblock, then
//!    [`TileState::restoration_units`].
//! 2. [`TileState::partition`] down to blocks. [`TileState::block`] makes a [`Block`] at a place.
//! 3. [`TileState::mode_info`], [`TileState::palette_tokens`], [`TileState::block_tx_size`]. A reader gets the block's
//!    fields filled in; a writer fills them in before.
//! 4. [`TileState::for_each_transform`] visits the transform blocks, [`TileState::coefficients`] codes each, unless
//!    `skip` (or the encoder goes its own way through the same order).
//! 5. [`TileState::finish_block`].
//!
//! # Rates
//!
//! What something would cost follows from [`probability`](super::symbols::probability) of a distribution in
//! [`TileState::cdfs`], at the context that the functions named `..._context` give: they are those that coding uses.

mod block;
mod coefficients;
mod frame;
mod levels;
mod mode_info;
mod motion;
mod palette;
mod partition;
mod references;
mod residual;
mod restoration;
mod tile;
mod tx_size;
mod tx_type;
mod vectors;

#[cfg(test)]
mod tests;

pub use self::{
    block::{Block, Mv},
    coefficients::{Coded, TransformBlock, all_zero_between, dc_sign_of, sign_of},
    frame::{Frame, TileArea},
    palette::ColorMaps,
    restoration::RestorationUnit,
    tile::TileState,
    vectors::Cell,
};
