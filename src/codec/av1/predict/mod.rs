//! Prediction of intra blocks (section 7.11 of the AV1 specification): pure functions from the samples around a block
//! to the samples of it. Both directions use them.
//!
//! A block of prediction is a block of a transform: 4 to 64 samples a side. Samples are `u16` at every bit depth, rows
//! of a block are `stride` samples apart.
//!
//! - [`Edges`] gathers `AboveRow` and `LeftCol` from what is decoded around a block.
//! - [`intra`] predicts from them by an [`Intra`] mode. It leaves the edges alone, so several modes can be tried.
//! - [`cfl`] and [`LumaAc`] add luma's structure to chroma's DC; [`palette`] looks colours up.

mod cfl;
mod directional;
mod edges;
mod filter_intra;
mod intra;
mod smooth;
#[cfg(test)]
mod tests;

pub use self::{
    cfl::{LumaAc, cfl},
    edges::{Around, Edges},
    intra::{Intra, intra},
};

/// Writes a block of `width` x `height` samples by its palette (section 7.11.4): `colors[map[..]]`, rows of `map`
/// being `map_stride` apart. Indices beyond the palette take its first colour.
pub fn palette(
    out: &mut [u16],
    stride: usize,
    (width, height): (usize, usize),
    colors: &[u16],
    map: &[u8],
    map_stride: usize,
) {
    let first = colors.first().copied().unwrap_or_default();
    for (row, indices) in out.chunks_mut(stride).zip(map.chunks(map_stride)).take(height) {
        for (sample, &index) in row[..width].iter_mut().zip(indices) {
            *sample = colors.get(usize::from(index)).copied().unwrap_or(first);
        }
    }
}
