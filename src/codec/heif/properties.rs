//! The properties of an item (ISO 23008-12, 6.5), as far as a conversion has to know them.

use super::boxes::IsoBox;
use crate::{
    codec::{
        bytes::{be16, be32, u8_at},
        span::Span,
        view::View,
    },
    pixel::{Orientation, Size, Subsampling},
};

/// The most bytes of a property that are read; of a profile and a decoder's configuration only the place is noted.
const MOST_VALUE: u64 = 256;

/// What is said of an item.
#[derive(Debug, Default)]
pub struct Properties {
    pub size: Option<Size>,
    pub depth: Option<u8>,
    pub gray: bool,
    pub subsampling: Option<Subsampling>,
    /// The ICC profile.
    pub icc: Option<Span>,
    /// What its numbers mean as colours.
    pub nclx: Option<Nclx>,
    /// The operating point of AV1 that is shown (AVIF, 2.3.2.1.1).
    pub operating_point: u8,
    /// The layer that is shown, where it isn't the last (HEIF, 6.5.11).
    pub layer: Option<u16>,
    /// The part that is shown.
    pub aperture: Option<Aperture>,
    /// True if it is another picture's alpha.
    pub is_alpha: bool,
    /// Quarter turns anticlockwise.
    turns: u8,
    /// What is mirrored after that: 0 top and bottom, 1 left and right.
    mirror: Option<u8>,
}

/// Code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nclx {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    pub full_range: bool,
}

/// A clean aperture (ISO 14496-12, 12.1.4): width, height, and how far the middle lies to the right and below that of
/// the picture, each a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aperture([u32; 8]);

impl Properties {
    pub(super) fn note(&mut self, property: IsoBox, view: View<'_>) {
        let payload = property.bytes(view, MOST_VALUE);
        match &property.name {
            b"ispe" => {
                self.size =
                    be32(payload, 4).zip(be32(payload, 8)).map(|(width, height)| Size::new(width, height));
            }
            b"pixi" => {
                self.gray = u8_at(payload, 4) == Some(1);
                self.depth = u8_at(payload, 5);
            }
            b"av1C" => self.note_av1(payload),
            b"a1op" => self.operating_point = u8_at(payload, 0).unwrap_or_default(),
            // 0xffff is all of them.
            b"lsel" => self.layer = be16(payload, 0).filter(|layer| *layer != 0xffff),
            b"colr" => match payload.get(..4) {
                Some(b"prof" | b"rICC") => self.icc = Some(property.past(4).span()),
                Some(b"nclx") => self.nclx = Nclx::read(payload),
                _ => {}
            },
            b"auxC" => self.is_alpha = contains(payload, b":alpha") || contains(payload, b"auxid:1"),
            b"clap" => {
                let fields = [0, 4, 8, 12, 16, 20, 24, 28].map(|at| be32(payload, at));
                let all = fields.iter().all(Option::is_some);
                self.aperture = all.then(|| Aperture(fields.map(Option::unwrap_or_default)));
            }
            b"irot" => self.turns = u8_at(payload, 0).unwrap_or(0) & 3,
            b"imir" => self.mirror = u8_at(payload, 0).map(|mode| mode & 1),
            _ => {}
        }
    }

    /// The flags of an AV1 configuration (AV1 ISOBMFF binding, 2.3.3).
    fn note_av1(&mut self, payload: &[u8]) {
        let Some(flags) = u8_at(payload, 2) else { return };
        self.gray = flags & 0x10 != 0;
        self.depth = Some(match (flags & 0x40 != 0, flags & 0x20 != 0) {
            (false, _) => 8,
            (true, false) => 10,
            (true, true) => 12,
        });
        self.subsampling = match (self.gray, flags >> 2 & 3) {
            (false, 0) => Some(Subsampling::Yuv444),
            (false, 2) => Some(Subsampling::Yuv422),
            (false, 3) => Some(Subsampling::Yuv420),
            _ => None,
        };
    }

    /// How it must be turned.
    pub fn orientation(&self) -> Orientation {
        orientation(self.turns, self.mirror)
    }
}

impl Nclx {
    fn read(payload: &[u8]) -> Option<Self> {
        Some(Self {
            primaries: be16(payload, 4)?,
            transfer: be16(payload, 6)?,
            matrix: be16(payload, 8)?,
            full_range: u8_at(payload, 10)? & 0x80 != 0,
        })
    }
}

impl Aperture {
    /// Where the part begins in a picture of a size, and its own size. `None` where it isn't inside the picture.
    pub fn within(&self, size: Size) -> Option<((u32, u32), Size)> {
        let [width, of_width, height, of_height, x, of_x, y, of_y] = self.0;
        let (left, width) = axis(size.width, (width, of_width), (x as i32, of_x))?;
        let (top, height) = axis(size.height, (height, of_height), (y as i32, of_y))?;
        Some(((left, top), Size::new(width, height)))
    }
}

/// Where the part begins on an axis, in whole pixels, and its length.
fn axis(whole: u32, (length, of_length): (u32, u32), (offset, of_offset): (i32, u32)) -> Option<(u32, u32)> {
    let length = length.checked_div(of_length).filter(|length| (1..=whole).contains(length))?;
    // Twice the beginning: (whole - length) / 2 + offset.
    let margin = i64::from(whole - length);
    let moved = (2 * i64::from(offset)).checked_div(i64::from(of_offset))?;
    let begins = u32::try_from((margin + moved).div_euclid(2)).ok()?;
    (begins <= whole - length).then_some((begins, length))
}

/// The orientation that quarter turns anticlockwise (`irot`) and mirroring after them (`imir`) make.
fn orientation(turns: u8, mirror: Option<u8>) -> Orientation {
    match (turns, mirror) {
        (0, None) => Orientation::Upright,
        (1, None) => Orientation::Rotate270,
        (2, None) => Orientation::Rotate180,
        (_, None) => Orientation::Rotate90,
        (0, Some(1)) | (2, Some(0)) => Orientation::MirrorHorizontal,
        (0 | 2, _) => Orientation::MirrorVertical,
        (1, Some(1)) | (3, Some(0)) => Orientation::Transverse,
        _ => Orientation::Transpose,
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_mirrors_make_the_eight_orientations() {
        let all: Vec<Orientation> = [None, Some(0), Some(1)]
            .into_iter()
            .flat_map(|mirror| (0..4).map(move |turns| orientation(turns, mirror)))
            .collect();
        use Orientation::*;
        assert_eq!(all[..4], [Upright, Rotate270, Rotate180, Rotate90]);
        assert_eq!(all[4..8], [MirrorVertical, Transpose, MirrorHorizontal, Transverse]);
        assert_eq!(all[8..], [MirrorHorizontal, Transverse, MirrorVertical, Transpose]);
    }

    #[test]
    fn an_aperture_is_whole_pixels_inside_the_picture() {
        let of = |fields, width, height| Aperture(fields).within(Size::new(width, height));
        let minus = |value: i32| value as u32;
        assert_eq!(of([60, 1, 40, 1, 0, 1, 0, 1], 100, 80), Some(((20, 20), Size::new(60, 40))));
        assert_eq!(
            of([60, 1, 41, 1, minus(-20), 1, minus(-39), 2], 100, 80),
            Some(((0, 0), Size::new(60, 41)))
        );
        assert_eq!(of([60, 1, 40, 1, minus(-21), 1, 0, 1], 100, 80), None);
        assert_eq!(of([101, 1, 40, 1, 0, 1, 0, 1], 100, 80), None);
        for zero in [1, 3, 5, 7] {
            let mut fields = [60, 1, 40, 1, 0, 1, 0, 1];
            fields[zero] = 0;
            assert_eq!(of(fields, 100, 80), None);
        }
        assert_eq!(of([u32::MAX; 8], u32::MAX, u32::MAX).map(|(_, size)| size.width), Some(1));
    }
}
