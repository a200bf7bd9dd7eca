//! HEIC as HEIF whose tiles HEVC codes.

use super::{
    heap,
    hevc::{Facts, read_configuration},
    tile_rows::TileRows,
};
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
    heif::probe_coded::<Hevc>(view, Format::Heic)
}

/// Decodes a HEIC.
///
/// # Errors
/// As [`heif::decode`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    heif::decode::<Hevc>(bytes, limits)
}

/// Gives a HEIC to a sink, row by row. `false` when the sink asked for none.
///
/// # Errors
/// As [`heif::decode_rows`].
pub fn decode_rows(bytes: &[u8], limits: &Limits, sink: &mut dyn Sink) -> Result<bool> {
    heif::decode_rows::<Hevc>(bytes, limits, sink)
}

/// The coding: its parameter sets stand in the configuration.
pub struct Hevc;

impl Coding for Hevc {
    type Head = Facts;
    type Rows<'a> = TileRows<'a>;

    const CONFIGURATION: [u8; 4] = *b"hvcC";
    const TABLES: u64 = heap::TABLES;
    const IS_BOUNDED_BY_PIXELS: bool = false;

    fn head(source: &Source<'_>, tile: Tile) -> Result<Facts> {
        Ok(read_configuration(source.view, tile.configuration)?.facts)
    }

    fn facts(head: &Facts) -> heif::Facts {
        head.samples
    }

    fn coded(head: &Facts) -> Size {
        head.coded
    }

    fn heap_bytes(source: &Source<'_>, tiles: &Tiles<Self>) -> Result<u64> {
        let Source { items, locations, .. } = source;
        let lengths = tiles.tiles.iter().map(|tile| items.length_of(locations, tile.item));
        let longest = lengths.max().unwrap_or(0);
        Ok(heap::heap_bytes(&tiles.head, tiles.columns, tiles.tiles.len(), longest))
    }

    fn rows<'a>(source: Source<'a>, tiles: &'a Tiles<Self>) -> Result<TileRows<'a>> {
        TileRows::new(source, tiles)
    }
}

#[cfg(test)]
mod tests;
