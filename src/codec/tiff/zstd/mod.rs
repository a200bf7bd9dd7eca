//! Zstandard (RFC 8878) of a strip or tile, whose length is known beforehand: one frame, read in order, without a
//! dictionary. What is held is bounded by that length, whatever the frame states. Checksums are passed over.
//!
//! A block's literals ([`literals`], [`huffman`]) and sequences ([`sequences`], [`fse`]) are read from their bits
//! ([`bits`]) and become bytes ([`output`]).

mod bits;
mod fse;
mod huffman;
mod literals;
mod output;
mod sequences;
#[cfg(test)]
mod tests;

use self::{
    literals::Literals,
    output::{Output, SLACK},
    sequences::Sequences,
};
use super::packed::Packed;
use crate::error::{Error, Result};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The most that a block regenerates, and the longest that is one itself.
const BLOCK: u64 = 128 << 10;

/// A frame on its way.
pub(super) struct Zstd<'a> {
    packed: Packed<'a>,
    /// A block, if its bits had to be turned.
    turned: Vec<u8>,
    /// The most that a block regenerates (`Block_Maximum_Size`).
    most: usize,
    /// Bytes to come that are wanted.
    wanted: u64,
    /// Bytes to come, where the frame states them.
    content: Option<u64>,
    is_over: bool,
    literals: Literals,
    sequences: Sequences,
    output: Output,
}

impl<'a> Zstd<'a> {
    /// The memory that a strip or tile of `bytes` takes beside what it is compressed to, in bytes.
    pub(super) fn heap_bytes(bytes: u64, is_lsb_first: bool) -> u64 {
        let turned = if is_lsb_first { BLOCK } else { 0 };
        let fixed = size_of::<Self>() + 2 * SLACK;
        bytes.saturating_add(bytes.min(BLOCK) + turned + fixed as u64)
    }

    /// Begins a frame, of which the first `bytes` are wanted.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for what is no frame,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for one that needs a dictionary.
    pub(super) fn new(mut packed: Packed<'a>, bytes: u64) -> Result<Self> {
        let Frame { window, content } = Frame::read(&mut packed)?;
        let most = window.min(BLOCK) as usize;
        Ok(Self {
            packed,
            turned: Vec::new(),
            most,
            wanted: bytes,
            content,
            is_over: false,
            literals: Literals::new(bytes.min(most as u64) as usize)?,
            sequences: Sequences::new(),
            output: Output::new(bytes, window, most)?,
        })
    }

    /// Fills a row with the next bytes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when there are fewer bytes, or they can't be decompressed.
    pub(super) fn fill(&mut self, mut row: &mut [u8]) -> Result<()> {
        while !row.is_empty() {
            if self.output.ready() == 0 {
                self.block()?;
            }
            let count = self.output.take(row);
            row = &mut row[count..];
        }
        Ok(())
    }

    /// Decodes the next block (RFC 8878, 3.1.1.2).
    fn block(&mut self) -> Result<()> {
        if self.is_over || self.wanted == 0 {
            return Err(cut_short());
        }
        let [low, middle, high] = read(&mut self.packed)?;
        let header = u32::from_le_bytes([low, middle, high, 0]);
        self.is_over = header & 1 == 1;
        let size = (header >> 3) as usize;
        if size > self.most {
            return Err(damaged("is longer than it may be"));
        }
        // A frame that is longer than what is wanted is cut there; one that is longer than it states is an error.
        let most = self.content.map_or(self.most, |content| content.min(self.most as u64) as usize);
        self.output.begin(most, self.wanted);
        match header >> 1 & 3 {
            0 => {
                let block = self.packed.take(size, &mut self.turned)?.ok_or_else(cut_short)?;
                let out = self.output.next(size)?;
                out.copy_from_slice(&block[..out.len()]);
            }
            1 => {
                let [byte] = read(&mut self.packed)?;
                self.output.next(size)?.fill(byte);
            }
            2 => {
                let block = self.packed.take(size, &mut self.turned)?.ok_or_else(cut_short)?;
                let block = self.literals.read(block, &self.output)?;
                self.sequences.execute(block, &self.literals, &mut self.output)?;
            }
            _ => return Err(damaged("is of an unknown kind")),
        }
        let made = self.output.ready() as u64;
        self.wanted -= made;
        self.content = self.content.map(|content| content - made);
        Ok(())
    }
}

/// What the header of a frame states (RFC 8878, 3.1.1.1).
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    /// How far back matches reach, in bytes.
    window: u64,
    /// Bytes of the content, if it is stated.
    content: Option<u64>,
}

impl Frame {
    fn read(packed: &mut Packed<'_>) -> Result<Self> {
        if read(packed)? != MAGIC {
            return Err(Error::malformed("a part of the TIFF is no Zstandard frame"));
        }
        let [descriptor] = read(packed)?;
        let is_single_segment = descriptor & 0x20 != 0;
        if descriptor & 0x08 != 0 {
            return Err(Error::unsupported("a TIFF of a later Zstandard"));
        }
        let stated = match is_single_segment {
            true => 0,
            false => {
                let [byte] = read(packed)?;
                let base = 1_u64 << (10 + (byte >> 3));
                base + base / 8 * u64::from(byte & 7)
            }
        };
        if number(packed, [0, 1, 2, 4][usize::from(descriptor & 3)])? != 0 {
            return Err(Error::unsupported("a TIFF of Zstandard with a dictionary"));
        }
        let content = match descriptor >> 6 {
            0 if !is_single_segment => None,
            0 => Some(number(packed, 1)?),
            1 => Some(number(packed, 2)? + 256),
            2 => Some(number(packed, 4)?),
            _ => Some(number(packed, 8)?),
        };
        Ok(Self { window: if is_single_segment { content.unwrap_or(0) } else { stated }, content })
    }
}

/// A number of so many bytes, up to 8.
fn number(packed: &mut Packed<'_>, length: u32) -> Result<u64> {
    (0..length).try_fold(0, |number, at| read(packed).map(|[byte]| number | u64::from(byte) << (8 * at)))
}

/// Takes the next bytes.
fn read<const N: usize>(packed: &mut Packed<'_>) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    std::io::Read::read_exact(packed, &mut bytes).map_err(|_| cut_short())?;
    Ok(bytes)
}

fn cut_short() -> Error {
    Error::malformed("a part of the TIFF is cut short")
}

/// A block that can't be decoded.
#[cold]
fn damaged(what: &str) -> Error {
    Error::malformed(format!("a block of Zstandard in the TIFF {what}"))
}
