//! What a HEIC's header says: the boxes, and the parameter sets of the tiles.

use super::{hevc::Chroma, picture::Still};
use crate::{
    codec::{Demands, Format, Probe, heif, icc, view::View},
    error::Result,
};

/// Reads the header. Of what can't be decoded the boxes alone tell.
pub fn probe(view: View<'_>) -> Result<Probe> {
    let probe = heif::probe(view, Format::Heic)?;
    let Ok(still) = Still::read(view) else { return Ok(probe) };
    let icc_bytes = still.icc.map_or(0, |profile| {
        icc::peak_bytes(&|at, length| profile.get(view, at, length), profile.length_in(view))
    });
    let metadata_bytes = [still.exif, still.xmp].into_iter().flatten().map(|part| part.length_in(view)).sum();
    let facts = &still.picture.facts;
    Ok(Probe {
        size: still.shown,
        depth: facts.depths[0] as u8,
        alpha: still.alpha.is_some(),
        color: facts.chroma != Chroma::Mono,
        described: still.colors().is_some(),
        demands: Demands { icc_bytes, metadata_bytes, part_bytes: still.heap_bytes(), ..Demands::default() },
        ..probe
    })
}
