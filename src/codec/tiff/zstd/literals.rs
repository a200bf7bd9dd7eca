//! The literals of a compressed block (RFC 8878, 3.1.1.3.1).

use super::{
    damaged,
    huffman::Codes,
    output::{Output, SLACK},
};
use crate::{error::Result, limits::try_zeroed};

/// The literals of a block, and the codes that the next block may use again.
pub(super) struct Literals {
    /// [`SLACK`] longer than the literals ever are.
    bytes: Vec<u8>,
    /// How many there are, of those that can be used.
    count: usize,
    codes: Codes,
}

/// How literals are stored.
#[derive(Clone, Copy)]
enum Kind {
    Raw,
    /// One byte, repeated.
    Rle,
    Compressed,
    /// With the codes of the block before.
    Treeless,
}

/// The header of the section.
struct Header {
    kind: Kind,
    has_four_streams: bool,
    /// How many literals there are.
    count: usize,
    /// The bytes of the codes and streams.
    packed: usize,
    /// Its own bytes.
    length: usize,
}

impl Literals {
    /// Room for so many literals.
    pub(super) fn new(most: usize) -> Result<Self> {
        Ok(Self { bytes: try_zeroed(most.saturating_add(SLACK))?, count: 0, codes: Codes::none() })
    }

    /// Reads the section with which a block begins: no more literals than the output has room for. Tells
    /// what follows it.
    pub(super) fn read<'a>(&mut self, block: &'a [u8], output: &Output) -> Result<&'a [u8]> {
        let cut = || damaged("has literals that are cut short");
        let header = Header::of(block).ok_or_else(cut)?;
        self.count = output.room_for(header.count)?;
        let out = self.bytes.get_mut(..self.count).ok_or_else(|| damaged("has too many literals"))?;
        let (packed, rest) = block[header.length..].split_at_checked(header.packed).ok_or_else(cut)?;
        match header.kind {
            Kind::Raw => out.copy_from_slice(&packed[..out.len()]),
            Kind::Rle => out.fill(packed[0]),
            Kind::Treeless if self.codes.is_none() => {
                return Err(damaged("has literals without Huffman codes"));
            }
            Kind::Compressed | Kind::Treeless => {
                let described = match header.kind {
                    Kind::Compressed => self.codes.read(packed)?,
                    _ => 0,
                };
                let streams = packed.get(described..).ok_or_else(cut)?;
                match header.has_four_streams {
                    true => self.codes.decode_four(streams, header.count, out)?,
                    false => self.codes.decode_one(streams, header.count, out)?,
                }
            }
        }
        Ok(rest)
    }

    #[cfg(test)]
    pub(super) const fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// How many literals there are.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// The literals, with [`SLACK`] of any bytes after them.
    pub(super) fn with_slack(&self) -> &[u8] {
        &self.bytes
    }
}

impl Header {
    /// The header at the begin of a block; none when it is cut short.
    fn of(block: &[u8]) -> Option<Self> {
        let head = *block.first()?;
        let (kind, format) = (head & 3, head >> 2 & 3);
        let length = match (kind, format) {
            (0 | 1, 0 | 2) => 1,
            (0 | 1, 1) => 2,
            (_, 0 | 1) | (0 | 1, _) => 3,
            (_, 2) => 4,
            _ => 5,
        };
        let bytes = block.get(..length)?;
        let word = bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        // Sizes begin behind the kind and the format, which for the shortest header has one bit.
        let (count, packed) = match (kind, length) {
            (0 | 1, 1) => (word >> 3, 0),
            (0 | 1, _) => (word >> 4, 0),
            (_, 3) => (word >> 4 & 0x3ff, word >> 14),
            (_, 4) => (word >> 4 & 0x3fff, word >> 18),
            _ => (word >> 4 & 0x3_ffff, word >> 22),
        };
        let (kind, packed) = match kind {
            0 => (Kind::Raw, count),
            1 => (Kind::Rle, 1),
            2 => (Kind::Compressed, packed),
            _ => (Kind::Treeless, packed),
        };
        let [count, packed] = [count, packed].map(|size| size as usize);
        Some(Self { kind, has_four_streams: format != 0, count, packed, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_length_are_read() {
        let sizes = |block: &[u8]| {
            Header::of(block).map(|head| (head.count, head.packed, head.length, head.has_four_streams))
        };
        assert_eq!(sizes(&[31 << 3]).map(|(count, packed, ..)| (count, packed)), Some((31, 31)));
        assert_eq!(sizes(&[1 | 31 << 3]).map(|(count, packed, ..)| (count, packed)), Some((31, 1)));
        assert_eq!(sizes(&[0b0101 | 0xf0, 0xff]).map(|head| head.0), Some(4095));
        assert_eq!(sizes(&[0b1100 | 0x10, 0, 0x80]).map(|head| head.0), Some(0x8_0001));
        assert_eq!(sizes(&[0b0010, 0x40, 0x10]), Some((0, 65, 3, false)));
        assert_eq!(sizes(&[0b0110 | 0xf0, 0x3f, 0x10]), Some((1023, 64, 3, true)));
        assert_eq!(sizes(&[0b1011 | 0xf0, 0xff, 3, 1]), Some((16_383, 64, 4, true)));
        assert_eq!(sizes(&[0b1110 | 0xf0, 0xff, 0x3f, 0, 1]), Some((0x3_ffff, 1024, 5, true)));
        assert_eq!(sizes(&[0b1110, 0, 0, 0]), None);
        assert_eq!(sizes(&[]), None);
    }
}
