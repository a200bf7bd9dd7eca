//! What decoding a picture's tiles holds, told from the parameter sets of one of them.

use super::hevc::Facts;
use crate::codec::heif::Chroma;

/// What small things take: parameter sets, lists of factors, the decoder's own state.
const SMALL: u64 = 64 << 10;

/// Tables that are made once.
pub const TABLES: u64 = 80 << 10;

/// What is kept of each tile, of its place and its configuration.
const TILE: u64 = 96;

/// The most bytes that decoding so many tiles holds, of which so many lie side by side, and the longest has so many
/// bytes.
pub fn heap_bytes(facts: &Facts, columns: u32, count: usize, longest: u64) -> u64 {
    // Samples of chroma beside 4 of luma.
    let chroma = match facts.samples.chroma {
        Chroma::Mono => 0,
        Chroma::Yuv420 => 2,
        Chroma::Yuv422 => 4,
        Chroma::Yuv444 => 8,
    };
    // A sample and whether it is decoded, and a copy of luma's before its edges are filtered; what is noted of blocks
    // of 4x4 pixels and of coding blocks.
    let decoder = facts.coded.pixels() * (5 * (4 + chroma) + 4 * 4) / 4 + facts.coded.pixels() * 9 / 4;
    // A row of tiles, of 16 bits a sample.
    let width = u64::from(columns) * u64::from(facts.samples.visible.width);
    let band = (width + 2) * u64::from(facts.samples.visible.height + 2) * 2 * (4 + chroma) / 4;
    // The tile's bytes: of the file, as units, and without their emulation prevention.
    let data = longest.saturating_mul(4);
    decoder.saturating_add(band).saturating_add(data).saturating_add(TILE * count as u64 + SMALL)
}
