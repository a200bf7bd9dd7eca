//! AVIF, HEIC and other HEIF files (ISO 23008-12, ISO 14496-12): what their boxes say, without decoding anything.

use super::{
    Format, FormatInfo, Probe,
    bytes::{be32, u8_at},
    view::View,
};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size, Subsampling},
};

/// What is fixed about HEIC.
pub(super) const INFO: FormatInfo = FormatInfo {
    name: "heic",
    media_type: "image/heic",
    subtypes: &["heic", "heif"],
    extensions: &["heic", "heif"],
    max_side: u32::MAX,
    has_gray: true,
    is_web_safe: false,
    decodes: false,
    encodes: None,
};

/// The most bytes of a list of brands, and of a property, that are read.
const MOST_BRANDS: u64 = 4 * 64;
const MOST_VALUE: u64 = 256;

/// The properties of the primary picture.
#[derive(Default)]
struct Properties {
    size: Option<Size>,
    depth: Option<u8>,
    gray: bool,
    subsampling: Option<Subsampling>,
    icc: bool,
    /// Quarter turns anticlockwise.
    turns: u8,
    /// What is mirrored after that: 0 top and bottom, 1 left and right.
    mirror: Option<u8>,
}

/// Reads what the boxes of a HEIF file say about its primary picture, wherever they stand.
pub(super) fn probe(view: View<'_>, format: Format) -> Result<Probe> {
    let file = IsoBox { name: [0; 4], start: 0, end: u64::MAX };
    let brands = file.child(view, b"ftyp").ok_or_else(|| Error::malformed("no ftyp box"))?;
    // A still HEIC may name the brand of sequences among those it is compatible with; an AVIF that does moves.
    let brands = brands.bytes(view, MOST_BRANDS);
    let (major, all) = (brands.get(..4), brands.as_chunks::<4>().0);
    let animated = all.contains(b"avis") || matches!(major, Some(b"msf1" | b"hevc" | b"hevx"));
    // A full box: four bytes of version and flags come first.
    let meta = file.child(view, b"meta").map(|meta| meta.past(4));
    let properties = meta.map(|meta| read_properties(meta, view)).unwrap_or_default();
    let alpha = meta.and_then(|meta| property_list(meta, view)).is_some_and(|list| {
        let is_alpha = |urn: &[u8]| contains(urn, b":alpha") || contains(urn, b"auxid:1");
        list.children(view).any(|child| &child.name == b"auxC" && is_alpha(child.bytes(view, MOST_VALUE)))
    });
    let size = properties.size.ok_or_else(|| Error::malformed("no box states the picture's size"))?;
    Ok(Probe {
        depth: properties.depth.unwrap_or(8),
        alpha,
        color: !properties.gray,
        animated: Some(animated),
        orientation: orientation(properties.turns, properties.mirror),
        subsampling: properties.subsampling,
        icc: properties.icc,
        ..Probe::new(format, size)
    })
}

/// The properties that belong to the primary item (`pitm`, `ipma`, `ipco`).
fn read_properties(meta: IsoBox, view: View<'_>) -> Properties {
    let mut found = Properties::default();
    let Some(list) = property_list(meta, view) else { return found };
    let primary = meta.child(view, b"pitm").and_then(|pitm| match view.u8(pitm.start)? {
        0 => view.be16(pitm.start + 4).map(u32::from),
        _ => view.be32(pitm.start + 4),
    });
    let association = meta.child(view, b"iprp").and_then(|iprp| iprp.child(view, b"ipma"));
    let wanted = primary.zip(association).and_then(|(item, ipma)| indices_of(item, ipma, view));
    let properties: Vec<IsoBox> = list.children(view).collect();
    for index in wanted.unwrap_or_default() {
        // Indices count from 1; 0 is no property.
        if let Some(property) = usize::from(index).checked_sub(1).and_then(|at| properties.get(at)) {
            found.note(&property.name, property.bytes(view, MOST_VALUE));
        }
    }
    found
}

fn property_list(meta: IsoBox, view: View<'_>) -> Option<IsoBox> {
    meta.child(view, b"iprp")?.child(view, b"ipco")
}

/// The indices into the property list that `ipma` gives an item.
fn indices_of(item: u32, ipma: IsoBox, view: View<'_>) -> Option<Vec<u16>> {
    let start = ipma.start;
    let (version, is_wide) = (view.u8(start)?, view.u8(start + 3)? & 1 != 0);
    let mut at = start + 8;
    for _ in 0..view.be32(start + 4)? {
        let id = if version == 0 { view.be16(at).map(u32::from) } else { view.be32(at) }?;
        at += if version == 0 { 2 } else { 4 };
        let count = u64::from(view.u8(at)?);
        at += 1;
        let width = if is_wide { 2 } else { 1 };
        if id == item {
            let index = |number: u64| match is_wide {
                true => view.be16(at + 2 * number).map(|index| index & 0x7fff),
                false => view.u8(at + number).map(|index| u16::from(index & 0x7f)),
            };
            return (0..count).map(index).collect();
        }
        at += count * width;
        if at >= ipma.end {
            break;
        }
    }
    None
}

impl Properties {
    fn note(&mut self, name: &[u8; 4], payload: &[u8]) {
        match name {
            b"ispe" => {
                self.size =
                    be32(payload, 4).zip(be32(payload, 8)).map(|(width, height)| Size::new(width, height));
            }
            b"pixi" => {
                self.gray = u8_at(payload, 4) == Some(1);
                self.depth = u8_at(payload, 5);
            }
            b"av1C" => self.note_av1(payload),
            b"colr" => self.icc = matches!(payload.get(..4), Some(b"prof" | b"rICC")),
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

/// A box (ISO 14496-12, 4.2): its name, and where its payload stands in the file.
#[derive(Debug, Clone, Copy)]
struct IsoBox {
    name: [u8; 4],
    start: u64,
    end: u64,
}

impl IsoBox {
    /// All boxes in the payload, as far as their headers are there.
    fn children(self, view: View<'_>) -> impl Iterator<Item = Self> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            if at >= self.end {
                return None;
            }
            let name = view.array(at + 4)?;
            let (header, length) = match view.be32(at)? {
                0 => (8, self.end - at),
                1 => (16, view.array(at + 8).map(u64::from_be_bytes)?),
                length => (8, length.into()),
            };
            let start = at + header;
            at = at.saturating_add(length).min(self.end);
            (at >= start).then_some(Self { name, start, end: at })
        })
    }

    fn child(self, view: View<'_>, name: &[u8; 4]) -> Option<Self> {
        self.children(view).find(|child| &child.name == name)
    }

    /// The box without the first bytes of its payload.
    const fn past(self, bytes: u64) -> Self {
        Self { start: self.start + bytes, ..self }
    }

    /// The first bytes of the payload.
    fn bytes<'a>(&self, view: View<'a>, most: u64) -> &'a [u8] {
        view.up_to(self.start, (self.end - self.start).min(most) as usize)
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
}
