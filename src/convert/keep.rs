//! Metadata that goes with the result, made to fit what was done to the pixels.

use super::color;
use crate::{codec::Format, pixel::Metadata};

/// EXIF's tag of the orientation, and its type and count when sound: one 16-bit number.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The parts that are kept. The orientation, applied to the pixels, becomes 1 wherever it is written. The profile
/// is kept only where the pixels stay in its colours and the target has a place for it.
pub(super) fn kept(mut metadata: Metadata, is_gray: bool, target: Format) -> Metadata {
    if let Some(exif) = &mut metadata.exif {
        set_upright(exif);
    }
    if let Some(xmp) = &mut metadata.xmp {
        set_upright_xmp(xmp);
    }
    // What is not a profile has been applied.
    metadata.colors = None;
    if !keeps_profile(metadata.icc.as_deref(), is_gray, target) {
        metadata.icc = None;
    }
    metadata
}

/// True if pixels may stay in the colours of their profile. WebP has no grey pixels that a grey profile could
/// describe.
pub(super) fn keeps_profile(icc: Option<&[u8]>, is_gray: bool, target: Format) -> bool {
    let has_place = match target {
        Format::Jpeg | Format::Png | Format::Avif => true,
        Format::WebP => !is_gray,
        _ => false,
    };
    has_place && icc.is_some_and(|icc| color::suits(icc, is_gray))
}

/// Writes 1 into the orientation of the first directory of a TIFF structure, in its own byte order. A structure
/// that can't be followed is left alone: nobody could read an orientation from it either.
fn set_upright(exif: &mut [u8]) -> Option<()> {
    let is_big = match exif.get(..2)? {
        b"II" => false,
        b"MM" => true,
        _ => return None,
    };
    let short = |bytes: &[u8], at: usize| {
        let pair = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let offset: [u8; 4] = exif.get(4..8)?.try_into().ok()?;
    let directory = if is_big { u32::from_be_bytes(offset) } else { u32::from_le_bytes(offset) } as usize;
    let entries = short(exif, directory)?;
    for entry in 0..usize::from(entries) {
        let at = directory.checked_add(2 + 12 * entry)?;
        if short(exif, at)? == ORIENTATION && short(exif, at + 2)? == SHORT {
            let one = if is_big { [0, 1] } else { [1, 0] };
            exif.get_mut(at + 8..at + 10)?.copy_from_slice(&one);
        }
    }
    Some(())
}

/// The same in XMP, where it is an attribute or an element: `tiff:Orientation="6"`, `<tiff:Orientation>6<`.
fn set_upright_xmp(xmp: &mut [u8]) {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut at = 0;
    while let Some(found) = xmp[at..].windows(NAME.len()).position(|window| window == NAME) {
        at += found + NAME.len();
        let value = xmp[at..].iter().take(4).position(u8::is_ascii_digit);
        if let Some(value) = value {
            xmp[at + value] = b'1';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orientation_is_rewritten_in_both_byte_orders() {
        let little = b"II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x01\0\0\0\0\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        let (mut a, mut b) = (little.to_vec(), big.to_vec());
        set_upright(&mut a);
        set_upright(&mut b);
        assert_eq!((a[30], b[19]), (1, 1));
        assert_eq!(a.iter().zip(little).filter(|(a, b)| a != b).count(), 1);
        assert_eq!(b.iter().zip(big).filter(|(a, b)| a != b).count(), 1);
    }

    #[test]
    fn a_broken_structure_is_left_alone() {
        for broken in
            [&b""[..], b"II", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"XX*\0\x08\0\0\0"]
        {
            let mut exif = broken.to_vec();
            set_upright(&mut exif);
            assert_eq!(exif, broken);
        }
    }

    #[test]
    fn xmp_is_rewritten_in_both_forms() {
        let mut xmp = br#"<a tiff:Orientation="6"/><tiff:Orientation>8</tiff:Orientation>"#.to_vec();
        set_upright_xmp(&mut xmp);
        assert_eq!(xmp, br#"<a tiff:Orientation="1"/><tiff:Orientation>1</tiff:Orientation>"#);
    }
}
