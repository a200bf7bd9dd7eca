//! AVIF as HEIF whose pictures AV1 codes.

use super::tile_rows::{Head, TileRows};
use crate::{
    codec::{
        Decoded, Format, Probe,
        heif::{self, Coding, Source, Tile, Tiles},
        rows::Sink,
        view::View,
    },
    error::Result,
    limits::Limits,
    pixel::Size,
};

/// Reads the header. Of what can't be decoded the boxes alone tell.
///
/// # Errors
/// As [`heif::probe_coded`].
pub fn probe(view: View<'_>) -> Result<Probe> {
    heif::probe_coded::<Av1>(view, Format::Avif)
}

/// Decodes an AVIF.
///
/// # Errors
/// As [`heif::decode`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    heif::decode::<Av1>(bytes, limits)
}

/// Gives an AVIF to a sink, row by row. `false` when the sink asked for none.
///
/// # Errors
/// As [`heif::decode_rows`].
pub fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    heif::decode_rows::<Av1>(bytes, limits, sink)
}

/// The coding: headers stand before each picture's tiles.
pub struct Av1;

impl Coding for Av1 {
    type Head = Head;
    type Rows<'a> = TileRows<'a>;

    const CONFIGURATION: [u8; 4] = *b"av1C";
    const TABLES: u64 = 0;
    /// Each coefficient has some symbols at the most, and what follows the last isn't read.
    const IS_BOUNDED_BY_PIXELS: bool = true;

    fn head(source: &Source<'_>, tile: Tile) -> Result<Head> {
        Head::read(source, tile.item)
    }

    fn facts(head: &Head) -> heif::Facts {
        head.facts
    }

    fn coded(head: &Head) -> Size {
        head.facts.visible
    }

    fn heap_bytes(source: &Source<'_>, tiles: &Tiles<Self>) -> Result<u64> {
        Ok(super::tile_rows::heap_bytes(source, tiles))
    }

    fn rows<'a>(source: Source<'a>, tiles: &'a Tiles<Self>) -> Result<TileRows<'a>> {
        TileRows::new(source, tiles)
    }
}

#[cfg(test)]
mod tests;
