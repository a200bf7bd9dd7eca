//! The header of a JPEG XL codestream (ISO 18181-1, annex D): SizeHeader, ImageMetadata and what follows them before
//! the first frame; and the frames' headers up to the first one that is shown, which is decoded.

use super::{
    bits::{Bits, Parts},
    frame::{Frame, Image},
    memory::{Held, profile_bytes},
    metadata::{MOST_EXTRA, Metadata, read_metadata, read_size},
    profile::{MOST_PROFILE, skip_profile},
};
use crate::{
    codec::{Demands, Format, Probe, icc, probing, view::View},
    error::{Error, Result},
    pixel::Size,
};

/// What stands before the frames.
#[derive(Debug, Clone)]
struct Header {
    size: Size,
    metadata: Metadata,
}

/// Reads headers as a file's bytes come, each from where it stopped.
#[derive(Debug, Default)]
pub(in crate::codec) struct Walk {
    parts: Option<Parts>,
    header: Option<Header>,
    /// What reading the profile takes.
    profile_bytes: u64,
    /// Where the next frame begins in the codestream; `None` where that can't be told.
    next: Option<u64>,
    /// A preview comes first.
    is_preview: bool,
    held: Option<Held>,
    /// True when the first frame that is shown was met.
    pub(super) is_done: bool,
}

impl probing::Walk for Walk {
    /// What stands past the bytes that are to be had is stated as what is possible.
    fn probe(&mut self, view: View<'_>) -> Result<Probe> {
        let short = || Error::malformed("the JPEG XL ends in its header");
        let parts = match &mut self.parts {
            Some(parts) => parts,
            parts => parts.insert(Parts::begin(view).ok_or_else(short)?),
        };
        let header = match &mut self.header {
            Some(header) => header,
            header => {
                let mut bits = Bits::new(parts, view, 0);
                let read = Header::read(&mut bits).ok_or_else(short)?;
                let rest = read.skip_rest(&mut bits);
                if view.is_waiting() {
                    return Err(short());
                }
                let unknown = profile_bytes(read.metadata.icc.then_some(MOST_PROFILE));
                (self.next, self.profile_bytes) =
                    rest.map_or((None, unknown), |(next, profile)| (Some(next), profile_bytes(profile)));
                self.is_preview = read.metadata.preview.is_some();
                self.held = Some(Held::new(&read.image(false), read.metadata.is_wide));
                header.insert(read)
            }
        };
        let (Some(held), false) = (&mut self.held, self.is_done) else { return self.known() };
        while let Some(at) = self.next {
            let mut bits = Bits::new(parts, view, at);
            let frame = Frame::read(&mut bits, &header.image(self.is_preview));
            if view.is_waiting() {
                break;
            }
            self.next = frame.as_ref().and_then(|frame| bits.align().checked_add(frame.bytes));
            let Some(frame) = frame else { break };
            // Of a preview nothing is decoded.
            if !std::mem::take(&mut self.is_preview) {
                held.add(&frame);
                if frame.is_visible {
                    self.is_done = true;
                    break;
                }
            }
        }
        self.known()
    }
}

impl Walk {
    /// What is known now.
    fn known(&self) -> Result<Probe> {
        let Some(Header { size, metadata }) = &self.header else {
            return Err(Error::malformed("the JPEG XL ends in its header"));
        };
        // Colours in XYB become sRGB where a profile says what they were.
        let icc = metadata.icc && !metadata.is_xyb;
        let held = self.held.as_ref().map_or(u64::MAX, |held| held.bytes(self.is_done));
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
                part_bytes: held.saturating_add(self.profile_bytes),
                ..Demands::default()
            },
            ..Probe::new(Format::Jxl, *size)
        })
    }
}

impl Header {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        if bits.take(16)? != 0x0aff {
            return None;
        }
        Some(Self { size: read_size(bits)?, metadata: read_metadata(bits)? })
    }

    /// What frames, or the preview, depend on.
    fn image(&self, is_preview: bool) -> Image {
        let Metadata { is_xyb, animated, has_timecodes, extra, preview, gray, .. } = self.metadata;
        Image {
            size: preview.filter(|_| is_preview).unwrap_or(self.size),
            is_xyb,
            is_animated: animated,
            has_timecodes,
            extra,
            is_gray: gray,
        }
    }

    /// Passes over what follows: the transform's own numbers (D.3.7, L.2) and the ICC profile. Where the first frame
    /// begins, and the profile's lengths.
    fn skip_rest(&self, bits: &mut Bits<'_>) -> Option<(u64, Option<[u64; 2]>)> {
        if self.metadata.extra > MOST_EXTRA {
            return None;
        }
        if !bits.flag()? {
            if self.metadata.is_xyb && !bits.flag()? {
                bits.skip(16 * 16)?;
            }
            let weights = bits.take(3)?;
            for (bit, count) in [(1, 15), (2, 55), (4, 210)] {
                bits.skip(if weights & bit == 0 { 0 } else { 16 * count })?;
            }
        }
        let profile = if self.metadata.icc { Some(skip_profile(bits)?) } else { None };
        Some((bits.align(), profile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::probing::Walk as _, pixel::Orientation};

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
        bytes.extend([0; 40]);
        bytes
    }

    /// 16 pixels high, twice as wide.
    const SMALL: [(u32, usize); 3] = [(1, 1), (1, 5), (7, 3)];

    fn probed(fields: &[(u32, usize)]) -> Probe {
        Walk::default().probe(View::whole(&file(&[&SMALL, fields].concat()))).unwrap()
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
