//! JPEG XL (ISO 18181-1, annex D): size, orientation and whether it moves, from the first bits of the codestream.

use super::{Format, FormatInfo, Probe, view::View};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// What is fixed about JPEG XL.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "jxl",
    media_type: "image/jxl",
    subtypes: &["jxl"],
    extensions: &["jxl"],
    max_side: 1 << 30,
    has_gray: true,
    is_web_safe: false,
    decodes: false,
    is_vector: false,
    encodes: None,
};

/// The bytes of the codestream that are read: more than SizeHeader and the fields of ImageMetadata take.
const HEADER_BYTES: usize = 64;

/// Reads the header of a bare codestream or of a container. Depth, alpha and colour stand past the first bits, and
/// are stated as what is possible.
pub(super) fn probe(view: View<'_>) -> Result<Probe> {
    let short = || Error::malformed("the JPEG XL ends in its header");
    let start = codestream(view).ok_or_else(short)?;
    let mut bits = Bits { bytes: view.up_to(start, HEADER_BYTES), at: 16 };
    let size = read_size(&mut bits).ok_or_else(short)?;
    let (orientation, animated) = read_metadata(&mut bits).unwrap_or((Orientation::Upright, None));
    Ok(Probe { alpha: true, animated, orientation, ..Probe::new(Format::Jxl, size) })
}

/// Where the codestream begins in a file, with its `ff 0a` (ISO 18181-2: box `jxlc`, or the first part, `jxlp`).
fn codestream(view: View<'_>) -> Option<u64> {
    if view.array(0)? == [0xff, 0x0a] {
        return Some(0);
    }
    let mut at: u64 = 0;
    loop {
        let name: [u8; 4] = view.array(at + 4)?;
        let (header, length) = match view.be32(at)? {
            1 => (16, view.array(at + 8).map(u64::from_be_bytes)?),
            length => (8, length.into()),
        };
        match &name {
            b"jxlc" => return Some(at + header),
            b"jxlp" => return Some(at + header + 4),
            _ => {}
        }
        // 0 is a box to the end.
        at = at.checked_add(length).filter(|_| length >= header)?;
    }
}

/// SizeHeader (D.2).
fn read_size(bits: &mut Bits<'_>) -> Option<Size> {
    let is_small = bits.take(1)? == 1;
    let side = |bits: &mut Bits<'_>| {
        if is_small {
            return Some(8 * (1 + bits.take(5)?));
        }
        let width = [9, 13, 18, 30][bits.take(2)? as usize];
        Some(1 + bits.take(width)?)
    };
    let height = side(bits)?;
    let ratio = bits.take(3)?;
    let (times, over) = match ratio {
        0 => return Some(Size::new(side(bits)?, height)),
        1 => (1, 1),
        2 => (12, 10),
        3 => (4, 3),
        4 => (3, 2),
        5 => (16, 9),
        6 => (5, 4),
        _ => (2, 1),
    };
    u32::try_from(u64::from(height) * times / over).ok().map(|width| Size::new(width, height))
}

/// The beginning of ImageMetadata (D.3): the orientation, and whether there is an animation.
fn read_metadata(bits: &mut Bits<'_>) -> Option<(Orientation, Option<bool>)> {
    let is_default = bits.take(1)? == 1;
    if is_default || bits.take(1)? == 0 {
        return Some((Orientation::Upright, Some(false)));
    }
    let orientation = Orientation::from_exif(1 + bits.take(3)?);
    if bits.take(1)? == 1 {
        read_size(bits)?;
    }
    // The header of a preview would follow, whose length is not read.
    let has_preview = bits.take(1)? == 1;
    let animated = if has_preview { None } else { Some(bits.take(1)? == 1) };
    Some((orientation, animated))
}

/// Bits from the least significant up.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for place in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Some(value)
    }
}
