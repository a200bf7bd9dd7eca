//! The one thing that a conversion must know of an EXIF block: how the camera was held.

use exif::{In, Reader, Tag};

use crate::pixel::Orientation;

/// The first directory, which holds the orientation, stands at the front: the rest (thumbnails, maker notes)
/// is never looked at, whatever its size.
const LOOKED_AT: usize = 64 << 10;

/// The orientation that a TIFF-structured EXIF block states. A damaged block is no reason to refuse a picture:
/// what can be read of it counts, else the picture is upright.
pub(super) fn orientation(block: &[u8]) -> Orientation {
    let head = &block[..block.len().min(LOOKED_AT)];
    let parsed = Reader::new().continue_on_error(true).read_raw(head.to_vec());
    let parsed = parsed.or_else(|error| error.distill_partial_result(|_| {}));
    parsed
        .ok()
        .and_then(|exif| exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0))
        .map_or(Orientation::Upright, Orientation::from_exif)
}
