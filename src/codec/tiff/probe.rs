//! What a TIFF's directory says, as a probe.

use super::{
    decode::band_bytes,
    directory::Directory,
    header::{Header, Photometric, no_directory},
    rows::heap_bytes,
    segments::segment_size,
    tags,
};
use crate::{
    codec::{Demands, Format, Probe, icc, view::View},
    error::Result,
};

/// Reads what a TIFF's directory says. It may stand anywhere.
pub(in crate::codec) fn probe(view: View<'_>) -> Result<Probe> {
    let directory = Directory::of(view).ok_or_else(no_directory)?;
    let header = Header::read(&directory)?;
    let photometric = header.photometric();
    let segment = segment_size(&directory, header.size);
    let band = band_bytes(&header, segment);
    Ok(Probe {
        depth: u8::try_from(header.depth).unwrap_or(u8::MAX),
        alpha: header.alpha.is_some(),
        color: !matches!(photometric, Ok(Photometric::BlackIsZero | Photometric::WhiteIsZero)),
        orientation: header.orientation,
        icc: header.has_profile,
        demands: Demands {
            icc_bytes: directory.span_of_field(tags::ICC_PROFILE).map_or(0, |profile| {
                icc::peak_bytes(&|at, bytes| profile.get(view, at, bytes), profile.length)
            }),
            metadata_bytes: directory.span_of_field(tags::XMP).map_or(0, |xmp| xmp.length),
            part_bytes: photometric.map_or(0, |photometric| {
                heap_bytes(&header, segment, header.used(photometric)).saturating_add(band.unwrap_or(0))
            }),
            is_unordered: band.is_none(),
            ..Demands::default()
        },
        ..Probe::new(Format::Tiff, header.size)
    })
}
