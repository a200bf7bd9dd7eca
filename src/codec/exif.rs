//! The orientation of an EXIF block: the one thing that a conversion must know of it.
//!
//! It is read as browsers read it: the first that is one SHORT from 1 to 8, in the first IFD or in the Exif IFD
//! that it points to. A number of another type is ignored by all of them. Once the picture is upright every
//! orientation is written over, since other programs are less strict.

use std::ops::ControlFlow;

use super::{bytes::array_at, view::View};
use crate::pixel::Orientation;

/// Tags of an IFD (EXIF 2.32, 4.6.3 and 4.6.4).
const ORIENTATION: u16 = 0x0112;
const EXIF_IFD: u16 = 0x8769;

/// Types of values (TIFF 6.0, section 2): numbers of 16 and of 32 bits.
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// Orientations of a block that are written over: programs write one, or two by mistake.
const MOST: usize = 64;

/// Bytes of an IFD entry, and where in it type, count and value stand.
const ENTRY: usize = 12;
const TYPE: usize = 2;
const COUNT: usize = 4;
const VALUE: usize = 8;

/// The orientation that a TIFF-structured EXIF block states. A damaged block is no reason to refuse a picture:
/// what can be read of it counts, else the picture is upright.
pub(super) fn orientation(block: View<'_>) -> Orientation {
    let Some(order) = ByteOrder::of(block) else { return Orientation::Upright };
    let found = each(block, order, &mut |_, entry| {
        let is_sound = order.short(entry, TYPE) == Some(SHORT) && order.long(entry, COUNT) == Some(1);
        match order.short(entry, VALUE) {
            Some(value @ 1..=8) if is_sound => ControlFlow::Break(Orientation::from_exif(value.into())),
            _ => ControlFlow::Continue(()),
        }
    });
    found.break_value().unwrap_or_default()
}

/// Makes every orientation of a block upright, whatever its type was. A structure that can't be followed is left
/// alone: nobody could read an orientation from it either.
pub(crate) fn set_upright(block: &mut [u8]) {
    let Some(order) = ByteOrder::of(View::whole(block)) else { return };
    let mut found = Vec::new();
    let _ = each(View::whole(block), order, &mut |at, _| {
        found.push(at as usize);
        if found.len() == MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    for at in found {
        let Some(entry) = block.get_mut(at..at + ENTRY) else { continue };
        // A number of 16 bits leaves two bytes, which mean nothing.
        if order.short(entry, TYPE) != Some(SHORT) {
            entry[VALUE..].fill(0);
        }
        entry[TYPE..COUNT].copy_from_slice(&order.short_bytes(SHORT));
        entry[COUNT..VALUE].copy_from_slice(&order.long_bytes(1));
        entry[VALUE..VALUE + 2].copy_from_slice(&order.short_bytes(1));
    }
}

/// Calls `found` with the place and the bytes of each orientation entry, in the order in which they are met: the Exif
/// IFD comes where the first entry points to it.
fn each<T>(
    block: View<'_>,
    order: ByteOrder,
    found: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<T>,
) -> ControlFlow<T> {
    let mut has_exif_ifd = false;
    for (at, entry) in entries(block, order, block.get(4, 4)) {
        match order.short(entry, 0) {
            Some(ORIENTATION) => found(at, entry)?,
            Some(EXIF_IFD) if !has_exif_ifd && order.short(entry, TYPE) == Some(LONG) => {
                has_exif_ifd = true;
                for (at, entry) in entries(block, order, entry.get(VALUE..)) {
                    if order.short(entry, 0) == Some(ORIENTATION) {
                        found(at, entry)?;
                    }
                }
            }
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

/// The entries of the IFD that a pointer of four bytes leads to, as far as they are there.
fn entries<'a>(
    block: View<'a>,
    order: ByteOrder,
    pointer: Option<&[u8]>,
) -> impl Iterator<Item = (u64, &'a [u8])> + use<'a> {
    let directory = pointer.and_then(|bytes| order.long(bytes, 0)).map(u64::from);
    let count = directory.and_then(|at| order.short(block.get(at, 2)?, 0)).unwrap_or(0);
    let first = directory.unwrap_or(0) + 2;
    (0..u64::from(count)).map_while(move |entry| {
        let at = first + ENTRY as u64 * entry;
        Some((at, block.get(at, ENTRY)?))
    })
}

/// The byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// By the first four bytes.
    fn of(block: View<'_>) -> Option<Self> {
        match block.get(0, 4)? {
            b"II*\0" => Some(Self::Little),
            b"MM\0*" => Some(Self::Big),
            _ => None,
        }
    }

    fn short(self, bytes: &[u8], at: usize) -> Option<u16> {
        let pair = array_at(bytes, at)?;
        Some(if self == Self::Big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    }

    fn long(self, bytes: &[u8], at: usize) -> Option<u32> {
        let four = array_at(bytes, at)?;
        Some(if self == Self::Big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    const fn short_bytes(self, value: u16) -> [u8; 2] {
        if matches!(self, Self::Big) { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    const fn long_bytes(self, value: u32) -> [u8; 4] {
        if matches!(self, Self::Big) { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block whose first directory has these entries: tag, type, count and value.
    fn block(order: ByteOrder, entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
        let mut block = if order == ByteOrder::Big { b"MM\0*" } else { b"II*\0" }.to_vec();
        block.extend(order.long_bytes(8));
        block.extend(directory(order, entries));
        block
    }

    fn stated(block: &[u8]) -> Orientation {
        orientation(View::whole(block))
    }

    fn directory(order: ByteOrder, entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
        let mut bytes = order.short_bytes(entries.len() as u16).to_vec();
        for &(tag, kind, count, value) in entries {
            bytes.extend([order.short_bytes(tag), order.short_bytes(kind)].concat());
            bytes.extend(order.long_bytes(count));
            match kind {
                1 => bytes.extend([value as u8, 0, 0, 0]),
                3 => bytes.extend([order.short_bytes(value as u16), [0; 2]].concat()),
                _ => bytes.extend(order.long_bytes(value)),
            }
        }
        bytes.extend([0; 4]);
        bytes
    }

    /// What Chromium 156 shows of such blocks.
    #[test]
    fn the_first_sound_orientation_counts() {
        let turned = |entries: &[(u16, u16, u32, u32)]| {
            let [little, big] =
                [ByteOrder::Little, ByteOrder::Big].map(|order| stated(&block(order, entries)));
            assert_eq!(little, big, "{entries:?}");
            little
        };
        let [upright, six, three] = [1, 6, 3].map(Orientation::from_exif);
        for (entries, expected) in [
            (&[(0x0112, 3, 1, 6)][..], six),
            (&[(0x010f, 2, 4, 0), (0x0112, 3, 1, 6), (0x0112, 3, 1, 3)], six),
            (&[(0x0112, 3, 1, 1), (0x0112, 3, 1, 6)], upright),
            (&[(0x0112, 3, 1, 9), (0x0112, 3, 1, 3)], three),
            (&[(0x0112, 3, 1, 0), (0x0112, 3, 1, 3)], three),
            (&[(0x0112, 4, 1, 6)], upright),
            (&[(0x0112, 1, 1, 6)], upright),
            (&[(0x0112, 4, 1, 6), (0x0112, 3, 1, 3)], three),
            (&[(0x0112, 3, 2, 6)], upright),
            (&[(0x0112, 3, 0, 6)], upright),
            (&[(0x0113, 3, 1, 6)], upright),
            (&[], upright),
        ] {
            assert_eq!(turned(entries), expected, "{entries:?}");
        }
    }

    #[test]
    fn the_exif_directory_comes_where_it_is_pointed_to() {
        let below = directory(ByteOrder::Little, &[(0x0112, 3, 1, 6)]);
        let six = Orientation::Rotate90;
        for (entries, expected) in [
            (&[(0x8769, 4, 1, 26)][..], six),
            (&[(0x8769, 4, 1, 38), (0x0112, 3, 1, 3)], six),
            (&[(0x0112, 3, 1, 3), (0x8769, 4, 1, 38)], Orientation::Rotate180),
            (&[(0x8769, 3, 1, 26)], Orientation::Upright),
            (&[(0x8769, 4, 1, u32::MAX)], Orientation::Upright),
        ] {
            let mut block = block(ByteOrder::Little, entries);
            block.extend(&below);
            assert_eq!(stated(&block), expected, "{entries:?}");
            set_upright(&mut block);
            assert_eq!(stated(&block), Orientation::Upright, "{entries:?}");
        }
    }

    #[test]
    fn every_orientation_becomes_upright_whatever_its_type() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for kind in [1, 2, 3, 4, 5, 7, 9] {
                let mut other = block(
                    order,
                    &[(0x010f, 2, 9, 0x0112), (0x0112, kind, 1, 6), (0x0112, 3, 1, 8), (0x0113, 4, 1, 6)],
                );
                set_upright(&mut other);
                let one = (0x0112, 3, 1, 1);
                assert_eq!(other, block(order, &[(0x010f, 2, 9, 0x0112), one, one, (0x0113, 4, 1, 6)]));
            }
        }
    }

    #[test]
    fn a_broken_structure_is_left_alone() {
        let whole = block(ByteOrder::Big, &[(0x0112, 3, 1, 6)]);
        for end in 0..whole.len() - 5 {
            let mut cut = whole[..end].to_vec();
            assert_eq!(stated(&cut), Orientation::Upright);
            set_upright(&mut cut);
            assert_eq!(cut, whole[..end]);
        }
        for broken in [
            &b"II*\0\xff\xff\xff\xff"[..],
            b"II*\0\x08\0\0\0\xff\xff",
            b"XX*\0\x08\0\0\0",
            b"II+\0\x08\0\0\0",
        ] {
            let mut block = broken.to_vec();
            assert_eq!(stated(&block), Orientation::Upright);
            set_upright(&mut block);
            assert_eq!(block, broken);
        }
    }
}
