//! What the boxes of a HEIF file say about its primary picture, wherever they stand.

use super::{boxes::IsoBox, items::Items};
use crate::{
    codec::{Format, Probe, view::View},
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
