//! Decompresses a strip or tile row by row: only the compression's own window is held.

use std::io::{ErrorKind, Read};

use flate2::bufread::ZlibDecoder;
use lzma_rust2::{Lzma2Reader, filter::delta::DeltaReader};
use weezl::{BitOrder, decode::Decoder};

use super::{
    compression,
    fax::{Coding, Fax},
    packed::Packed,
    window,
    zstd::Zstd,
};
use crate::error::{Error, Kind, Result};

/// The memory of Deflate (a window of 32 KB) and of LZW (a table of 4096 codes).
pub(super) const WINDOW: u64 = 48 << 10;
/// The memory of the tables of LZMA, beside a window whose size the file states.
const LZMA_TABLES: u64 = 100 << 10;

/// How a strip or tile is compressed.
#[derive(Clone, Copy)]
pub(super) struct Packing {
    pub(super) compression: u16,
    /// Fill order 2: the first pixel is in the lowest bits of a byte.
    pub(super) is_lsb_first: bool,
    /// Group 3 of two dimensions.
    pub(super) is_two_dimensional: bool,
    /// Samples of a row; pixels, for a fax.
    pub(super) row: u32,
    /// Bytes of all rows.
    pub(super) bytes: u64,
}

impl Packing {
    /// The memory that decompression takes beside rows, in bytes.
    pub(super) fn heap_bytes(&self) -> u64 {
        match self.compression {
            compression::NONE | compression::PACK_BITS => 2 << 10,
            compression::CCITT_RLE
            | compression::CCITT_RLE_WORDS
            | compression::GROUP3
            | compression::GROUP4 => 8 * (u64::from(self.row) + 2),
            compression::LZW | compression::DEFLATE | compression::OLD_DEFLATE => WINDOW,
            compression::LZMA => window::heap_bytes(self.bytes) + LZMA_TABLES,
            _ => Zstd::heap_bytes(self.bytes, self.is_lsb_first),
        }
    }
}

/// A strip or tile being decompressed. Each kind keeps its state on the heap.
pub(super) enum Unpacker<'a> {
    None(Box<Packed<'a>>),
    PackBits(Box<PackBits<'a>>),
    Lzw(Box<Lzw<'a>>),
    Deflate(Box<ZlibDecoder<Packed<'a>>>),
    Zstd(Box<Zstd<'a>>),
    Lzma(Box<Lzma2Reader<Packed<'a>>>),
    LzmaOfDifferences(Box<DeltaReader<Lzma2Reader<Packed<'a>>>>),
    Fax(Box<Fax<'a>>),
}

impl<'a> Unpacker<'a> {
    /// # Errors
    /// [`Kind::Unsupported`] for a compression that is not unpacked here, by its name.
    pub(super) fn new(bytes: &'a [u8], packing: &Packing) -> Result<Self> {
        let fax = |coding| {
            Fax::new(bytes, packing.is_lsb_first, coding, packing.row).map(|fax| Self::Fax(Box::new(fax)))
        };
        let packed = Packed::new(bytes, packing.is_lsb_first);
        match packing.compression {
            compression::NONE => Ok(Self::None(Box::new(packed))),
            compression::CCITT_RLE => fax(Coding::Rle { by_words: false }),
            compression::CCITT_RLE_WORDS => fax(Coding::Rle { by_words: true }),
            compression::GROUP3 => fax(Coding::Group3 { two_dimensional: packing.is_two_dimensional }),
            compression::GROUP4 => fax(Coding::Group4),
            compression::LZW => Ok(Self::Lzw(Box::new(Lzw::new(packed)))),
            compression::DEFLATE | compression::OLD_DEFLATE => {
                Ok(Self::Deflate(Box::new(ZlibDecoder::new(packed))))
            }
            compression::PACK_BITS => {
                Ok(Self::PackBits(Box::new(PackBits { packed, literals: 0, repeats: 0, byte: 0 })))
            }
            compression::ZSTD => Zstd::new(packed, packing.bytes).map(|zstd| Self::Zstd(Box::new(zstd))),
            compression::LZMA => {
                let (packed, block) = window::xz_block(packed)?;
                let reader = Lzma2Reader::new(packed, block.window(packing.bytes), None);
                Ok(match block.distance {
                    None => Self::Lzma(Box::new(reader)),
                    Some(distance) => Self::LzmaOfDifferences(Box::new(DeltaReader::new(reader, distance))),
                })
            }
            other => Err(Error::unsupported(format!("a TIFF compressed {}", compression::name(other)))),
        }
    }

    /// Fills a row with the next bytes.
    ///
    /// # Errors
    /// [`Kind::Malformed`] when there are fewer bytes, or they can't be decompressed.
    pub(super) fn fill(&mut self, row: &mut [u8]) -> Result<()> {
        let read = match self {
            Self::None(packed) => packed.read_exact(row),
            Self::PackBits(packed) => packed.read_exact(row),
            Self::Lzw(packed) => return packed.fill(row),
            Self::Deflate(packed) => packed.read_exact(row),
            Self::Zstd(packed) => return packed.fill(row),
            Self::Lzma(packed) => packed.read_exact(row),
            Self::LzmaOfDifferences(packed) => packed.read_exact(row),
            Self::Fax(packed) => return packed.fill(row),
        };
        read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => cut_short(),
            _ => Error::with_source(Kind::Malformed, "a part of the TIFF can't be unpacked", error),
        })
    }
}

fn cut_short() -> Error {
    Error::malformed("a part of the TIFF is cut short")
}

/// PackBits (TIFF 6.0, section 9): a count, then as many bytes, or one to repeat as often.
pub(super) struct PackBits<'a> {
    packed: Packed<'a>,
    literals: usize,
    repeats: usize,
    byte: u8,
}

impl Read for PackBits<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.literals == 0 && self.repeats == 0 {
            let mut byte = [0];
            let mut next = || self.packed.read_exact(&mut byte).map(|()| byte[0]);
            match next()? {
                count @ 0..128 => self.literals = usize::from(count) + 1,
                // No operation.
                128 => {}
                count => (self.repeats, self.byte) = (257 - usize::from(count), next()?),
            }
        }
        if self.repeats > 0 {
            let count = self.repeats.min(out.len());
            out[..count].fill(self.byte);
            self.repeats -= count;
            return Ok(count);
        }
        let most = self.literals.min(out.len());
        let count = self.packed.read(&mut out[..most])?;
        self.literals -= count;
        Ok(count)
    }
}

/// LZW (TIFF 6.0, section 13), and its predecessor, whose codes begin at the lowest bit and grow a code later.
pub(super) struct Lzw<'a> {
    packed: Packed<'a>,
    decoder: Decoder,
}

impl<'a> Lzw<'a> {
    fn new(mut packed: Packed<'a>) -> Self {
        // Both begin with the code 256, of nine bits.
        let is_old = matches!(packed.next(), [0, second, ..] if second & 1 == 1);
        let decoder = if is_old {
            Decoder::new(BitOrder::Lsb, 8)
        } else {
            Decoder::with_tiff_size_switch(BitOrder::Msb, 8)
        };
        Self { packed, decoder }
    }

    fn fill(&mut self, mut out: &mut [u8]) -> Result<()> {
        while !out.is_empty() {
            let result = self.decoder.decode_bytes(self.packed.next(), out);
            self.packed.skip(result.consumed_in);
            out = &mut out[result.consumed_out..];
            match result.status {
                // Behind a row that is full it says that there is no progress when there is some.
                Ok(_) if result.consumed_in + result.consumed_out > 0 || out.is_empty() => {}
                Ok(_) => return Err(cut_short()),
                Err(error) => {
                    return Err(Error::with_source(
                        Kind::Malformed,
                        "a part of the TIFF can't be unpacked",
                        error,
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_end_in_the_middle_of_runs() {
        let bytes = [2, 7, 8, 9, 0x80, 254, 5, 0, 6];
        for step in 1..=7 {
            let mut packed =
                PackBits { packed: Packed::new(&bytes, false), literals: 0, repeats: 0, byte: 0 };
            let mut out = [0; 7];
            out.chunks_mut(step).for_each(|part| packed.read_exact(part).unwrap());
            assert_eq!(out, [7, 8, 9, 5, 5, 5, 6], "{step}");
            assert!(packed.read_exact(&mut [0]).is_err());
        }
    }

    #[test]
    fn lzw_of_both_kinds_is_unpacked_by_rows() {
        let bytes: Vec<u8> = (0..20_000_u32).map(|at| (at * at / 300) as u8).collect();
        let new = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&bytes).unwrap();
        let old = weezl::encode::Encoder::new(BitOrder::Lsb, 8).encode(&bytes).unwrap();
        let turned: Vec<u8> = new.iter().map(|byte| byte.reverse_bits()).collect();
        for (packed, is_lsb_first) in [(&new, false), (&old, false), (&turned, true)] {
            let packing = Packing {
                compression: compression::LZW,
                is_lsb_first,
                is_two_dimensional: false,
                row: 100,
                bytes: 20_000,
            };
            let mut unpacker = Unpacker::new(packed, &packing).unwrap();
            let mut row = [0; 100];
            for rows in bytes.chunks_exact(100) {
                unpacker.fill(&mut row).unwrap();
                assert_eq!(row, rows);
            }
            assert_eq!(unpacker.fill(&mut row).unwrap_err().kind(), Kind::Malformed);
        }
    }

    #[test]
    fn what_is_refused_has_a_name() {
        let packing =
            Packing { compression: 34_661, is_lsb_first: false, is_two_dimensional: false, row: 1, bytes: 1 };
        let Err(error) = Unpacker::new(&[], &packing) else { panic!("unpacked") };
        assert_eq!(error.to_string(), "a TIFF compressed with JBIG");
        assert_eq!(error.kind(), Kind::Unsupported);
    }
}
