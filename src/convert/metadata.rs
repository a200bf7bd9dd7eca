//! Metadata that goes with the result, made to fit what was done to the pixels.

use super::color;
use crate::{
    codec::{Format, exif},
    pixel::Metadata,
};

/// The parts that are kept. The orientation, applied to the pixels, becomes 1 wherever it is written. The profile
/// is kept only where the pixels stay in its colours and the target has a place for it.
pub(super) fn kept(mut metadata: Metadata, is_gray: bool, target: Format) -> Metadata {
    if let Some(block) = &mut metadata.exif {
        exif::set_upright(block);
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
    let has_place = target.info().has_gray || !is_gray;
    has_place && icc.is_some_and(|icc| color::suits(icc, is_gray))
}

/// Writes 1 where XMP states an orientation, as an attribute or as an element: `tiff:Orientation="6"`,
/// `<tiff:Orientation>6<`.
fn set_upright_xmp(xmp: &mut [u8]) {
    const NAME: &[u8] = b"tiff:Orientation";
    let mut at = 0;
    while let Some(found) = xmp[at..].windows(NAME.len()).position(|window| window == NAME) {
        at += found + NAME.len();
        // Between the name and the value there is no markup but this.
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"=>\"'".contains(byte);
        let value = at + xmp[at..].iter().take_while(|byte| is_between(byte)).count();
        if let Some(digit) = xmp.get_mut(value).filter(|byte| byte.is_ascii_digit()) {
            *digit = b'1';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xmp_is_rewritten_in_both_forms() {
        let xmp = |value: char| {
            let forms = [
                "<a tiff:Orientation=\"V\"/>",
                "<tiff:Orientation>V</tiff:Orientation>",
                "<a tiff:Orientation = 'V' b=\"7\"/>",
                "<tiff:Orientation >\n      V\n</tiff:Orientation><b>8</b>",
                "tiff:Orientation",
            ];
            forms.concat().replace('V', &value.to_string()).into_bytes()
        };
        for value in ['6', '8', '1'] {
            let mut turned = xmp(value);
            set_upright_xmp(&mut turned);
            assert_eq!(turned, xmp('1'));
        }
    }
}
