//! The first bits of a JPEG XL codestream (ISO 18181-1, annex D): SizeHeader and ImageMetadata.

use crate::{
    codec::{Demands, Format, Probe, icc, view::View},
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// The bytes of the codestream that are read: more than SizeHeader and the fields of ImageMetadata take, but for names
/// of channels.
const HEADER_BYTES: usize = 512;

/// The most extra channels that are looked at (level 5 has four).
const MOST_EXTRA: u32 = 16;

/// What ImageMetadata says.
struct Metadata {
    orientation: Orientation,
    animated: bool,
    depth: u32,
    /// Channels beside the colours, and whether one is alpha.
    extra: u32,
    alpha: bool,
    /// Colours are coded as XYB: what comes out is in a space of the decoder's choice.
    is_xyb: bool,
    gray: bool,
    icc: bool,
    /// The colours are described by numbers, and aren't sRGB.
    described: bool,
}

/// Reads the header of a bare codestream or of a container. What stands past the first bits is stated as what is
/// possible where it isn't there.
pub fn probe(view: View<'_>) -> Result<Probe> {
    let short = || Error::malformed("the JPEG XL ends in its header");
    let start = codestream(view).ok_or_else(short)?;
    let mut bits = Bits { bytes: view.up_to(start, HEADER_BYTES), at: 16 };
    let size = read_size(&mut bits).ok_or_else(short)?;
    let metadata = read_metadata(&mut bits).ok_or_else(short)?;
    let channels = if metadata.gray { 1 } else { 3 } + u64::from(metadata.extra);
    // Colours in XYB become sRGB where a profile says what they were.
    let icc = metadata.icc && !metadata.is_xyb;
    Ok(Probe {
        depth: metadata.depth as u8,
        alpha: metadata.alpha,
        color: !metadata.gray,
        animated: Some(metadata.animated),
        orientation: metadata.orientation,
        icc,
        described: metadata.described,
        demands: Demands {
            icc_bytes: if icc { icc::UNSEEN } else { 0 },
            part_bytes: super::memory::part_bytes(size, channels, metadata.icc),
            ..Demands::default()
        },
        ..Probe::new(Format::Jxl, size)
    })
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

/// ImageMetadata (D.3), up to the colours.
fn read_metadata(bits: &mut Bits<'_>) -> Option<Metadata> {
    let mut metadata = Metadata {
        orientation: Orientation::Upright,
        animated: false,
        depth: 8,
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
    if bits.flag()? {
        metadata.orientation = Orientation::from_exif(1 + bits.take(3)?);
        // The size that is meant on paper, and that of a preview.
        if bits.flag()? {
            read_size(bits)?;
        }
        if bits.flag()? {
            skip_preview(bits)?;
        }
        metadata.animated = bits.flag()?;
        if metadata.animated {
            bits.choose([(100, 0), (1000, 0), (1, 10), (1, 30)])?;
            bits.choose([(1, 0), (1001, 0), (1, 8), (1, 10)])?;
            bits.choose([(0, 0), (0, 3), (0, 16), (0, 32)])?;
            bits.flag()?;
        }
    }
    metadata.depth = read_depth(bits)?;
    // Samples fit 16 bits.
    bits.flag()?;
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
    Some(metadata)
}

/// PreviewHeader (D.3.3).
fn skip_preview(bits: &mut Bits<'_>) -> Option<()> {
    let is_small = bits.flag()?;
    let side = |bits: &mut Bits<'_>| match is_small {
        true => bits.choose([(16, 0), (32, 0), (1, 5), (33, 9)]),
        false => bits.choose([(1, 6), (65, 8), (321, 10), (1345, 12)]),
    };
    side(bits)?;
    if bits.take(3)? == 0 {
        side(bits)?;
    }
    Some(())
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
    bits.at += 8 * name as usize;
    match kind {
        0 => {
            bits.flag()?;
        }
        2 => bits.at += 4 * 16,
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
    if metadata.icc || space == 2 {
        return Some(());
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
    let is_srgb_curve = if bits.flag()? { bits.take(24).map(|_| false)? } else { bits.number()? == 13 };
    metadata.described = white != 1 || primaries != 1 || !is_srgb_curve;
    Some(())
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

    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    /// U32 (B.2.2): one of four ways, each a number to which so many bits are added.
    fn choose(&mut self, ways: [(u32, usize); 4]) -> Option<u32> {
        let (least, count) = ways[self.take(2)? as usize];
        self.take(count).map(|more| least.wrapping_add(more))
    }

    /// Enum (B.2.5).
    fn number(&mut self) -> Option<u32> {
        self.choose([(0, 0), (1, 0), (2, 4), (18, 6)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts numbers of so many bits together.
    fn file(fields: &[(u32, usize)]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0x0a];
        let mut at = 0;
        for &(value, count) in fields {
            for place in 0..count {
                if at % 8 == 0 {
                    bytes.push(0);
                }
                let last = bytes.len() - 1;
                bytes[last] |= ((value >> place & 1) as u8) << (at % 8);
                at += 1;
            }
        }
        bytes.extend([0; 8]);
        bytes
    }

    /// 16 pixels high, twice as wide.
    const SMALL: [(u32, usize); 3] = [(1, 1), (1, 5), (7, 3)];

    fn probed(fields: &[(u32, usize)]) -> Probe {
        probe(View::whole(&file(&[&SMALL, fields].concat()))).unwrap()
    }

    #[test]
    fn fields_are_read_in_their_order() {
        let plain = probed(&[(1, 1)]);
        assert_eq!((plain.size, plain.depth, plain.alpha, plain.color), (Size::new(32, 16), 8, false, true));
        assert!(!plain.icc && !plain.described && plain.animated == Some(false));

        // Turned, with a size on paper and a preview of 16x32, moving; 10 bits, alpha and a named depth of 8 bits;
        // sRGB.
        let extra = [(0, 1), (6, 3), (1, 1), (0, 1), (1, 2), (99, 13), (1, 3)];
        let preview = [(1, 1), (1, 1), (0, 2), (0, 3), (1, 2)];
        let animation = [(1, 1), (0, 2), (0, 2), (0, 2), (0, 1)];
        let depth = [(0, 1), (1, 2), (1, 1), (2, 2), (0, 4), (1, 1), (0, 1), (1, 2), (0, 1), (0, 2), (0, 2)];
        let name = [(1, 2), (3, 4), (0x616263, 24), (0, 1), (1, 1)];
        let fields =
            [&[(0, 1), (1, 1)], &extra[1..2], &[(1, 1)], &extra[3..], &preview, &animation, &depth, &name];
        let full = probed(&fields.concat());
        assert_eq!(full.orientation, Orientation::from_exif(7));
        assert_eq!((full.animated, full.depth, full.alpha, full.color), (Some(true), 10, true, true));
    }

    #[test]
    fn colours_are_told() {
        let with = |fields: &[(u32, usize)]| {
            // No extra fields, 8 bits, no further channels.
            let probe = probed(&[&[(0, 1), (0, 1), (0, 1), (0, 2), (1, 1), (0, 2)], fields].concat());
            (probe.color, probe.icc, probe.described)
        };
        // XYB or not; the default; by profile; space, white, primaries, curve.
        assert_eq!(with(&[(1, 1), (1, 1)]), (true, false, false));
        assert_eq!(with(&[(0, 1), (0, 1), (1, 1), (0, 2)]), (true, true, false));
        assert_eq!(with(&[(1, 1), (0, 1), (1, 1), (1, 2)]), (false, false, false));
        let srgb = [(2, 2), (11, 4)];
        let gray = [(0, 1), (0, 1), (0, 1), (1, 2), (1, 2), (0, 1)];
        assert_eq!(with(&[&gray[..], &srgb].concat()), (false, false, false));
        assert_eq!(with(&[&gray[..], &[(2, 2), (14, 4)]].concat()), (false, false, true));
        let p3 = [(0, 1), (0, 1), (0, 1), (0, 2), (1, 2), (2, 2), (9, 4), (0, 1)];
        assert_eq!(with(&[&p3[..], &srgb].concat()), (true, false, true));
        let gamma = [(0, 1), (0, 1), (0, 1), (0, 2), (1, 2), (1, 2), (1, 1), (4_545_455, 24)];
        assert_eq!(with(&gamma), (true, false, true));
    }
}
