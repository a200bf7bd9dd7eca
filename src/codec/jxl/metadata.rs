//! The first fields of a codestream (ISO 18181-1, annex D): SizeHeader and ImageMetadata, up to the ICC profile.

use super::bits::Bits;
use crate::pixel::{Orientation, Size};

/// The most extra channels that are looked at (level 5 has four).
pub(super) const MOST_EXTRA: u32 = 16;

/// What ImageMetadata says.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub orientation: Orientation,
    pub preview: Option<Size>,
    pub animated: bool,
    pub has_timecodes: bool,
    pub depth: u32,
    /// Samples may need more than 16 bits while they are decoded.
    pub is_wide: bool,
    /// Channels beside the colours, and whether one is alpha.
    pub extra: u32,
    pub alpha: bool,
    /// Colours are coded as XYB: what comes out is in a space of the decoder's choice.
    pub is_xyb: bool,
    pub gray: bool,
    pub icc: bool,
    /// The colours are described by numbers, and aren't sRGB.
    pub described: bool,
}

/// SizeHeader (D.2).
pub(super) fn read_size(bits: &mut Bits<'_>) -> Option<Size> {
    let is_small = bits.flag()?;
    let side = |bits: &mut Bits<'_>| {
        if is_small {
            return Some(8 * (1 + bits.take(5)?));
        }
        let width = [9, 13, 18, 30][bits.take(2)? as usize];
        Some(1 + bits.take(width)?)
    };
    let height = side(bits)?;
    let ratio = bits.take(3)?;
    let width = if ratio == 0 { Some(side(bits)?) } else { by_ratio(height, ratio) };
    width.map(|width| Size::new(width, height))
}

/// The width of a height, by the number of a ratio.
fn by_ratio(height: u32, ratio: u32) -> Option<u32> {
    let (times, over) = [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)][ratio as usize - 1];
    u32::try_from(u64::from(height) * times / over).ok()
}

/// ImageMetadata (D.3).
pub(super) fn read_metadata(bits: &mut Bits<'_>) -> Option<Metadata> {
    let mut metadata = Metadata {
        orientation: Orientation::Upright,
        preview: None,
        animated: false,
        has_timecodes: false,
        depth: 8,
        is_wide: false,
        extra: 0,
        alpha: false,
        is_xyb: true,
        gray: false,
        icc: false,
        described: false,
    };
    if bits.flag()? {
        return Some(metadata);
    }
    let has_more = bits.flag()?;
    if has_more {
        metadata.orientation = Orientation::from_exif(1 + bits.take(3)?);
        // The size that is meant on paper, and that of a preview.
        if bits.flag()? {
            read_size(bits)?;
        }
        if bits.flag()? {
            metadata.preview = Some(read_preview(bits)?);
        }
        metadata.animated = bits.flag()?;
        if metadata.animated {
            bits.choose([(100, 0), (1000, 0), (1, 10), (1, 30)])?;
            bits.choose([(1, 0), (1001, 0), (1, 8), (1, 10)])?;
            bits.choose([(0, 0), (0, 3), (0, 16), (0, 32)])?;
            metadata.has_timecodes = bits.flag()?;
        }
    }
    metadata.depth = read_depth(bits)?;
    metadata.is_wide = !bits.flag()?;
    metadata.extra = bits.choose([(0, 0), (1, 0), (2, 4), (1, 12)])?;
    for _ in 0..metadata.extra.min(MOST_EXTRA) {
        metadata.alpha |= read_extra(bits)?;
    }
    if metadata.extra > MOST_EXTRA {
        // Such is refused when it is decoded.
        return Some(metadata);
    }
    metadata.is_xyb = bits.flag()?;
    read_colors(bits, &mut metadata)?;
    // ToneMapping (D.3.8), and what later versions add.
    if has_more && !bits.flag()? {
        bits.skip(2 * 16)?;
        bits.flag()?;
        bits.skip(16)?;
    }
    bits.skip_extensions()?;
    Some(metadata)
}

/// PreviewHeader (D.3.3).
fn read_preview(bits: &mut Bits<'_>) -> Option<Size> {
    let is_small = bits.flag()?;
    let side = |bits: &mut Bits<'_>| match is_small {
        true => bits.choose([(16, 0), (32, 0), (1, 5), (33, 9)]).map(|eighths| 8 * eighths),
        false => bits.choose([(1, 6), (65, 8), (321, 10), (1345, 12)]),
    };
    let height = side(bits)?;
    let ratio = bits.take(3)?;
    let width = if ratio == 0 { side(bits)? } else { by_ratio(height, ratio)? };
    Some(Size::new(width, height))
}

/// BitDepth (D.3.5).
fn read_depth(bits: &mut Bits<'_>) -> Option<u32> {
    if !bits.flag()? {
        return bits.choose([(8, 0), (10, 0), (12, 0), (1, 6)]);
    }
    let depth = bits.choose([(32, 0), (16, 0), (24, 0), (1, 6)])?;
    bits.take(4)?;
    Some(depth)
}

/// ExtraChannelInfo (D.3.6); true of alpha.
fn read_extra(bits: &mut Bits<'_>) -> Option<bool> {
    if bits.flag()? {
        return Some(true);
    }
    let kind = bits.number()?;
    read_depth(bits)?;
    bits.choose([(0, 0), (3, 0), (4, 0), (1, 3)])?;
    let name = bits.choose([(0, 0), (0, 4), (16, 5), (48, 10)])?;
    bits.skip(8 * u64::from(name))?;
    match kind {
        0 => {
            bits.flag()?;
        }
        2 => bits.skip(4 * 16)?,
        5 => {
            bits.choose([(1, 0), (0, 2), (3, 4), (19, 8)])?;
        }
        _ => {}
    }
    Some(kind == 0)
}

/// ColourEncoding (E.2).
fn read_colors(bits: &mut Bits<'_>, metadata: &mut Metadata) -> Option<()> {
    if bits.flag()? {
        return Some(());
    }
    metadata.icc = bits.flag()?;
    let space = bits.number()?;
    metadata.gray = space == 1;
    if metadata.icc {
        return Some(());
    }
    if space == 2 {
        // XYB itself; how what can't be shown is replaced.
        return bits.number().map(drop);
    }
    let white = bits.number()?;
    let custom =
        |bits: &mut Bits<'_>| bits.choose([(0, 19), (524_288, 19), (1_048_576, 20), (2_097_152, 21)]);
    if white == 2 {
        custom(bits).and_then(|_| custom(bits))?;
    }
    let primaries = if metadata.gray { 1 } else { bits.number()? };
    if primaries == 2 {
        for _ in 0..6 {
            custom(bits)?;
        }
    }
    // BT.709's is taken for it.
    let is_srgb_curve =
        if bits.flag()? { bits.take(24).map(|_| false)? } else { matches!(bits.number()?, 1 | 13) };
    metadata.described = white != 1 || primaries != 1 || !is_srgb_curve;
    // How what can't be shown is replaced.
    bits.number()?;
    Some(())
}
