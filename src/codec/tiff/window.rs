//! The window of LZMA. A file states its size, and many writers state megabytes for a strip of some kilobytes. It
//! gets no more memory than the strip or tile has bytes.

use std::io::Read;

use super::packed::Packed;
use crate::error::{Error, Result};

/// The start of an XZ stream, and the length of its head.
const STREAM: &[u8] = b"\xfd7zXZ\0";
const STREAM_HEAD: usize = 12;
/// Filters of LZMA files.
const DELTA: u64 = 3;
const LZMA2: u64 = 0x21;
/// The least window of LZMA.
const LEAST_DICTIONARY: u64 = 4 << 10;

/// The memory of the window for a strip or tile of `bytes`, which doubles while it grows, in bytes.
pub(super) const fn heap_bytes(bytes: u64) -> u64 {
    let window = if bytes < LEAST_DICTIONARY { LEAST_DICTIONARY } else { bytes }.next_power_of_two();
    3 * window / 2
}

/// The header of an XZ block.
pub(super) struct Block {
    /// The dictionary size that it states.
    dictionary: u64,
    /// The distance of the delta filter, if there is one.
    pub(super) distance: Option<usize>,
}

impl Block {
    /// The dictionary size that it gets, for a strip or tile of `bytes`.
    pub(super) fn window(&self, bytes: u64) -> u32 {
        let most = bytes.max(LEAST_DICTIONARY).next_power_of_two();
        u32::try_from(self.dictionary.min(most)).unwrap_or(u32::MAX)
    }
}

/// Reads the headers of an XZ stream and of its first block; in TIFF there is no other.
pub(super) fn xz_block(mut packed: Packed<'_>) -> Result<(Packed<'_>, Block)> {
    let malformed = || Error::malformed("a part of the TIFF is no XZ stream");
    let mut stream = [0; STREAM_HEAD];
    packed.read_exact(&mut stream).map_err(|_| malformed())?;
    let mut length = [0];
    packed.read_exact(&mut length).map_err(|_| malformed())?;
    if !stream.starts_with(STREAM) || length[0] == 0 {
        return Err(malformed());
    }
    let mut head = [0; 4 * 256];
    let head = &mut head[..4 * usize::from(length[0]) + 3];
    packed.read_exact(head).map_err(|_| malformed())?;
    let mut head = &head[..];
    let flags = take(&mut head).ok_or_else(malformed)?;
    for _ in 0..(flags >> 6).count_ones() {
        number(&mut head).ok_or_else(malformed)?;
    }
    let mut block = Block { dictionary: 0, distance: None };
    for _ in 0..=flags & 3 {
        let (id, size) = (number(&mut head), number(&mut head));
        let property = take(&mut head).filter(|_| size == Some(1)).ok_or_else(malformed)?;
        match id {
            Some(DELTA) if block.distance.is_none() => block.distance = Some(usize::from(property) + 1),
            Some(LZMA2) if property <= 40 => {
                let dictionary = u64::from(2 | property & 1) << (property / 2 + 11);
                block.dictionary = dictionary.max(LEAST_DICTIONARY);
            }
            Some(_) => return Err(Error::unsupported("a TIFF of LZMA with filters for programs")),
            None => return Err(malformed()),
        }
    }
    if block.dictionary == 0 { Err(malformed()) } else { Ok((packed, block)) }
}

fn take(head: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = head.split_first()?;
    *head = rest;
    Some(byte)
}

/// A multibyte integer: seven bits a byte, the lowest first.
fn number(head: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = take(head)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_xz_block_says_its_filters() {
        let head = |filters: &[u8]| {
            let mut file = [STREAM, &[0, 1, 9, 9, 9, 9]].concat();
            let mut block = vec![2 + u8::from(filters.len() > 3)];
            block.extend([u8::from(filters.len() > 3)]);
            block.extend(filters);
            block.resize(4 * usize::from(block[0]) + 4, 0);
            file.extend(block);
            xz_block(Packed::new(&file, false)).map(|(_, block)| (block.window(3000), block.distance))
        };
        assert_eq!(head(&[0x21, 1, 22]).unwrap(), (4096, None));
        assert_eq!(head(&[3, 1, 2, 0x21, 1, 22]).unwrap(), (4096, Some(3)));
        assert!(head(&[4, 1, 0]).is_err());
        assert!(head(&[0x21, 2, 0]).is_err());
    }
}
