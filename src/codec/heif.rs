//! AVIF, HEIC and other HEIF files (ISO 23008-12, ISO 14496-12): what their boxes say, without decoding anything.

use super::{
    Format, Probe,
    bytes::{array_at, be16, be32, be64, u8_at},
};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size, Subsampling},
};

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

/// Reads what the boxes at the head of a HEIF file say about its primary picture.
pub(super) fn probe(head: &[u8], format: Format) -> Result<Probe> {
    let (brands, rest) = next_box(head).ok_or_else(|| Error::malformed("no ftyp box"))?;
    // A still HEIC may name the brand of sequences among those it is compatible with; an AVIF that does moves.
    let (major, all) = (brands.payload.get(..4), brands.payload.as_chunks::<4>().0);
    let animated = all.contains(b"avis") || matches!(major, Some(b"msf1" | b"hevc" | b"hevx"));
    // A full box: four bytes of version and flags come first.
    let meta = find(rest, b"meta").and_then(|meta| meta.get(4..));
    let properties = meta.map(read_properties).unwrap_or_default();
    let alpha = meta.and_then(property_list).is_some_and(|list| {
        let is_alpha = |urn: &[u8]| contains(urn, b":alpha") || contains(urn, b"auxid:1");
        children(list).any(|child| &child.name == b"auxC" && is_alpha(child.payload))
    });
    Ok(Probe {
        format,
        size: properties.size.ok_or_else(|| Error::malformed("no box states the picture's size"))?,
        depth: properties.depth.unwrap_or(8),
        alpha,
        color: !properties.gray,
        animated: Some(animated),
        orientation: orientation(properties.turns, properties.mirror),
        subsampling: properties.subsampling,
        progressive: false,
        icc: properties.icc,
        icc_bytes: 0,
        restart_interval: 0,
    })
}

/// The properties that belong to the primary item (`pitm`, `ipma`, `ipco`).
fn read_properties(meta: &[u8]) -> Properties {
    let mut found = Properties::default();
    let Some(list) = property_list(meta) else { return found };
    let primary = find(meta, b"pitm").and_then(|pitm| match u8_at(pitm, 0)? {
        0 => be16(pitm, 4).map(u32::from),
        _ => be32(pitm, 4),
    });
    let association = find(meta, b"iprp").and_then(|iprp| find(iprp, b"ipma"));
    let wanted = primary.zip(association).and_then(|(item, ipma)| indices_of(item, ipma));
    for index in wanted.unwrap_or_default() {
        // Counted from 1; 0 is none.
        let property = usize::from(index).checked_sub(1).and_then(|at| children(list).nth(at));
        if let Some(property) = property {
            found.note(&property);
        }
    }
    found
}

fn property_list(meta: &[u8]) -> Option<&[u8]> {
    find(find(meta, b"iprp")?, b"ipco")
}

/// The indices into the property list that `ipma` gives an item.
fn indices_of(item: u32, ipma: &[u8]) -> Option<Vec<u16>> {
    let (version, is_wide) = (u8_at(ipma, 0)?, u8_at(ipma, 3)? & 1 != 0);
    let mut at = 8;
    for _ in 0..be32(ipma, 4)? {
        let id = if version == 0 { be16(ipma, at).map(u32::from) } else { be32(ipma, at) }?;
        at += if version == 0 { 2 } else { 4 };
        let count = usize::from(u8_at(ipma, at)?);
        at += 1;
        let width = if is_wide { 2 } else { 1 };
        if id == item {
            let index = |number: usize| match is_wide {
                true => be16(ipma, at + 2 * number).map(|index| index & 0x7fff),
                false => u8_at(ipma, at + number).map(|index| u16::from(index & 0x7f)),
            };
            return (0..count).map(index).collect();
        }
        at += count * width;
    }
    None
}

impl Properties {
    fn note(&mut self, property: &Child<'_>) {
        let payload = property.payload;
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

/// Quarter turns anticlockwise, then mirroring, as the one of the eight orientations that they make.
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

/// A box (ISO 14496-12, 4.2).
struct Child<'a> {
    name: [u8; 4],
    /// As far as it is there.
    payload: &'a [u8],
}

/// The first box and what follows it.
fn next_box(bytes: &[u8]) -> Option<(Child<'_>, &[u8])> {
    let name = array_at(bytes, 4)?;
    let (header, length) = match be32(bytes, 0)? {
        0 => (8, bytes.len()),
        1 => (16, usize::try_from(be64(bytes, 8)?).ok()?),
        length => (8, length as usize),
    };
    let end = length.min(bytes.len());
    let payload = bytes.get(header..end)?;
    Some((Child { name, payload }, &bytes[end..]))
}

/// All boxes in a payload.
fn children(mut bytes: &[u8]) -> impl Iterator<Item = Child<'_>> {
    std::iter::from_fn(move || {
        let (child, rest) = next_box(bytes)?;
        bytes = rest;
        Some(child)
    })
}

fn find<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    children(bytes).find(|child| &child.name == name).map(|child| child.payload)
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
