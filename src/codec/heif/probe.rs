//! What the boxes of a HEIF file say about its primary picture, wherever they stand.

use super::{
    boxes::IsoBox,
    coding::{Chroma, Coding},
    items::Items,
    picture::Still,
};
use crate::{
    codec::{Demands, Format, Probe, icc, view::View},
    error::{Error, Result},
};

/// The most bytes of a list of brands that are read.
const MOST_BRANDS: u64 = 4 * 64;

/// Reads what is said of the primary picture.
pub fn probe(view: View<'_>, format: Format) -> Result<Probe> {
    let brands = IsoBox::FILE.child(view, b"ftyp").ok_or_else(|| Error::malformed("no ftyp box"))?;
    // A still HEIC may name the brand of sequences among those it is compatible with; an AVIF that does moves.
    let brands = brands.bytes(view, MOST_BRANDS);
    let (major, all) = (brands.get(..4), brands.as_chunks::<4>().0);
    let animated = all.contains(b"avis") || matches!(major, Some(b"msf1" | b"hevc" | b"hevx"));
    let items = Items::find(view);
    let properties = items.map(|items| items.properties_of_primary()).unwrap_or_default();
    let size = properties.size.ok_or_else(|| Error::malformed("no box states the picture's size"))?;
    Ok(Probe {
        depth: properties.depth.unwrap_or(8),
        alpha: items.is_some_and(|items| items.has_alpha()),
        color: !properties.gray,
        animated: Some(animated),
        orientation: properties.orientation(),
        subsampling: properties.subsampling,
        icc: properties.icc.is_some(),
        ..Probe::new(format, size)
    })
}

/// Reads the header with what the coded pictures say; of what can't be decoded the boxes alone tell.
pub fn probe_coded<C: Coding>(view: View<'_>, format: Format) -> Result<Probe> {
    let probe = probe(view, format)?;
    let Ok(still) = Still::<C>::read(view) else { return Ok(probe) };
    let icc_bytes = still.icc.map_or(0, |profile| {
        icc::peak_bytes(&|at, length| profile.get(view, at, length), profile.length_in(view))
    });
    let metadata_bytes = [still.exif, still.xmp].into_iter().flatten().map(|part| part.length_in(view)).sum();
    let facts = still.picture.facts();
    Ok(Probe {
        size: still.shown,
        depth: facts.depths[0] as u8,
        alpha: still.alpha.is_some(),
        color: facts.chroma != Chroma::Mono,
        described: still.colors().is_some(),
        demands: Demands { icc_bytes, metadata_bytes, part_bytes: still.heap_bytes, ..Demands::default() },
        ..probe
    })
}
