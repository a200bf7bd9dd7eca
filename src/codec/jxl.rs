//! JPEG XL (ISO 18181-1, annex D): size, orientation and whether it moves, from the first bits of the codestream.

use super::{
    Format, Probe,
    bytes::{array_at, be32},
};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// Reads the head of a bare codestream or of a container. What the first bits don't say (depth, alpha, colour) is
/// answered by what is possible.
pub(super) fn probe(head: &[u8]) -> Result<Probe> {
    let short = || Error::malformed("the JPEG XL ends in its header");
    let mut bits = Bits { bytes: codestream(head).ok_or_else(short)?, at: 16 };
    let size = read_size(&mut bits).ok_or_else(short)?;
    let (orientation, animated) = read_metadata(&mut bits).unwrap_or((Orientation::Upright, None));
    Ok(Probe {
        format: Format::Jxl,
        size,
        depth: 8,
        alpha: true,
        color: true,
        animated,
        orientation,
        subsampling: None,
        progressive: false,
        icc: false,
        icc_bytes: 0,
        restart_interval: 0,
    })
}

/// The codestream in a file, from its `ff 0a` on (ISO 18181-2: box `jxlc`, or the first part, `jxlp`).
fn codestream(file: &[u8]) -> Option<&[u8]> {
    if file.starts_with(&[0xff, 0x0a]) {
        return Some(file);
    }
    let mut at = 0;
    loop {
        let length = be32(file, at)? as usize;
        let name: [u8; 4] = array_at(file, at + 4)?;
        match &name {
            b"jxlc" => return file.get(at + 8..),
            b"jxlp" => return file.get(at + 12..),
            _ => {}
        }
        // 0 and 1 are boxes to the end and of 64-bit length: neither stands before the codestream in practice.
        at = at.checked_add(length).filter(|_| length >= 8)?;
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

/// The beginning of ImageMetadata (D.3): how it is to be turned, and whether it moves.
fn read_metadata(bits: &mut Bits<'_>) -> Option<(Orientation, Option<bool>)> {
    let is_default = bits.take(1)? == 1;
    if is_default || bits.take(1)? == 0 {
        return Some((Orientation::Upright, Some(false)));
    }
    let orientation = Orientation::from_exif(1 + bits.take(3)?);
    if bits.take(1)? == 1 {
        read_size(bits)?;
    }
    // The header of a preview would follow, of a length that is not worth knowing.
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
