//! The one thing that a conversion must know of an EXIF block: how the camera was held.

use super::view::View;
use crate::pixel::Orientation;

/// The tag of the orientation, and the types that it has in files: BYTE, SHORT, LONG, of so many bytes each.
const ORIENTATION: u16 = 0x0112;
const TYPES: [(u16, u32); 3] = [(1, 1), (3, 2), (4, 4)];

/// Bytes of an entry of a directory.
const ENTRY: u64 = 12;

/// The orientation that a TIFF-structured EXIF block states: the first in its first directory counts, as in browsers.
/// A damaged block is no reason to refuse a picture: what can be read of it counts, else the picture is upright.
pub(super) fn orientation(block: View<'_>) -> Orientation {
    stated(block).map_or(Orientation::Upright, Orientation::from_exif)
}

fn stated(block: View<'_>) -> Option<u32> {
    let is_big = match &block.array(0)? {
        b"II*\0" => false,
        b"MM\0*" => true,
        _ => return None,
    };
    let short = |bytes: &[u8]| {
        let pair: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
        Some(if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let long = |bytes: &[u8]| {
        let four: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
        Some(if is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    };
    let directory = u64::from(long(block.get(4, 4)?)?);
    let count = u64::from(short(block.get(directory, 2)?)?);
    for number in 0..count {
        let entry = block.get(directory + 2 + ENTRY * number, ENTRY as usize)?;
        if short(entry)? != ORIENTATION {
            continue;
        }
        let kind = short(&entry[2..])?;
        let (_, width) = *TYPES.iter().find(|(known, _)| *known == kind)?;
        // More values than fit in the entry stand elsewhere.
        let is_inside = u64::from(long(&entry[4..])?) * u64::from(width) <= 4;
        let value = if is_inside { &entry[8..] } else { block.get(long(&entry[8..])?.into(), 4)? };
        return match width {
            1 => value.first().map(|&byte| byte.into()),
            2 => short(value).map(u32::from),
            _ => long(value),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block whose directory begins at `at`, of entries of a type and a value.
    fn block(is_big: bool, at: u32, entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let short = |value: u16| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
        let long = |value: u32| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut block = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        block.extend(long(at));
        block.resize(at as usize, 0xee);
        block.extend(short(entries.len() as u16));
        for &(tag, kind, value) in entries {
            block.extend([short(tag).as_slice(), &short(kind), &long(1)].concat());
            match kind {
                1 => block.extend([value as u8, 9, 9, 9]),
                3 => block.extend([short(value as u16), short(9)].concat()),
                _ => block.extend(long(value)),
            }
        }
        block
    }

    #[test]
    fn the_first_orientation_counts_of_whatever_type_and_wherever_it_stands() {
        for is_big in [false, true] {
            for (kind, _) in TYPES {
                for at in [8, 9, 100_000] {
                    let block =
                        block(is_big, at, &[(0x010f, 4, 8), (ORIENTATION, kind, 6), (ORIENTATION, 3, 3)]);
                    assert_eq!(
                        orientation(View::whole(&block)),
                        Orientation::Rotate90,
                        "{is_big} {kind} {at}"
                    );
                    let cut = &block[..block.len() - 30];
                    assert_eq!(orientation(View::whole(cut)), Orientation::Upright);
                }
            }
            let of_text = block(is_big, 8, &[(ORIENTATION, 2, 6)]);
            assert_eq!(orientation(View::whole(&of_text)), Orientation::Upright);
        }
    }
}
