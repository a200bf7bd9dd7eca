//! The symbols of a scan, each with the bits that follow it: kept as they are until all are counted and have a Huffman
//! code, in pieces that are free as soon as they have been read.

use super::huffman::{Codes, Counts};
use crate::{error::Result, limits::try_filled};

/// Bytes of a piece.
pub(super) const PIECE: usize = 4 << 10;

/// What follows a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Bits of a DC difference: as many as the symbol says.
    Dc,
    /// Bits of a coefficient as the lower half says, or the end of blocks with those of their number.
    Ac,
}

impl Class {
    /// How many bits follow a symbol.
    #[inline(always)]
    pub(super) const fn extra_bits(self, symbol: u8) -> u32 {
        match (self, symbol & 15) {
            (Self::Dc, _) => symbol as u32,
            // ZRL says no more.
            (Self::Ac, 0) if symbol == 0xf0 => 0,
            (Self::Ac, 0) => (symbol >> 4) as u32,
            (Self::Ac, size) => size as u32,
        }
    }

    /// True for what a picture of 8 bits may have.
    const fn may_have(self, symbol: u8) -> bool {
        match self {
            Self::Dc => symbol <= 11,
            Self::Ac => symbol & 15 <= 10,
        }
    }
}

/// Bits in pieces, the first one in the highest bit.
#[derive(Default)]
struct Bits {
    pieces: Vec<Vec<u8>>,
    /// The last bits, fewer than 32.
    last: u64,
    count: u32,
}

impl Bits {
    #[inline(always)]
    fn put(&mut self, value: u32, bits: u32) -> Result<()> {
        self.last = self.last << bits | u64::from(value);
        self.count += bits;
        if self.count >= 32 {
            self.count -= 32;
            self.keep((self.last >> self.count) as u32)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn keep(&mut self, word: u32) -> Result<()> {
        match self.pieces.last_mut().filter(|piece| piece.len() < PIECE) {
            Some(piece) => piece.extend_from_slice(&word.to_be_bytes()),
            None => self.begin_piece(word)?,
        }
        Ok(())
    }

    #[cold]
    fn begin_piece(&mut self, word: u32) -> Result<()> {
        let mut piece = Vec::new();
        piece.try_reserve_exact(PIECE)?;
        piece.extend_from_slice(&word.to_be_bytes());
        self.pieces.try_reserve(1)?;
        self.pieces.push(piece);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.pieces.len() * PIECE
    }

    fn read(self) -> Reader {
        let Self { pieces, last, count } = self;
        Reader { pieces: pieces.into_iter(), piece: vec![], at: 0, end: (last, count), word: 0, count: 0 }
    }
}

/// Reads [`Bits`], and frees them.
pub(super) struct Reader {
    pieces: std::vec::IntoIter<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    /// The bits after all pieces.
    end: (u64, u32),
    word: u64,
    count: u32,
}

impl Reader {
    /// The next bits, at most 32; 0 after the end.
    #[inline(always)]
    fn take(&mut self, bits: u32) -> u32 {
        if self.count < bits {
            self.fill();
        }
        self.count = self.count.saturating_sub(bits);
        ((self.word >> self.count) & ((1 << bits) - 1)) as u32
    }

    fn fill(&mut self) {
        if self.at == self.piece.len() {
            (self.piece, self.at) = (self.pieces.next().unwrap_or_default(), 0);
        }
        let (value, bits) = match self.piece[self.at..].first_chunk() {
            Some(bytes) => (u64::from(u32::from_be_bytes(*bytes)), 32),
            None => std::mem::take(&mut self.end),
        };
        self.at = (self.at + 4).min(self.piece.len());
        self.word = self.word << bits | (value & ((1 << bits) - 1));
        self.count += bits;
    }

    /// The next symbol, with the bits that follow it.
    #[inline(always)]
    pub(super) fn symbol(&mut self, class: Class) -> (u8, u32) {
        let symbol = self.take(8) as u8;
        (symbol, self.take(class.extra_bits(symbol)))
    }
}

/// The symbols of a scan of a component.
pub(super) struct Stream {
    class: Class,
    pub(super) counts: Counts,
    symbols: u64,
    bits: Bits,
    /// The codes in which symbols are kept, since they have any.
    codes: Option<Codes>,
}

impl Stream {
    pub(super) fn new(class: Class) -> Self {
        Self { class, counts: [0; 256], symbols: 0, bits: Bits::default(), codes: None }
    }

    /// Puts a symbol, and the bits that follow it.
    #[inline(always)]
    pub(super) fn put(&mut self, symbol: u8, extra: u32) -> Result<()> {
        let bits = self.class.extra_bits(symbol);
        match &self.codes {
            None => {
                self.counts[usize::from(symbol)] += 1;
                self.symbols += 1;
                self.bits.put(u32::from(symbol) << bits | extra, 8 + bits)
            }
            Some(codes) => {
                let (code, length) = codes.of(symbol);
                self.bits.put(code << bits | extra, length + bits)
            }
        }
    }

    /// The bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bits.bytes()
    }

    pub(super) const fn is_coded(&self) -> bool {
        self.codes.is_some()
    }

    /// True if all symbols are known, and are such.
    pub(super) fn has_only(&self, is_such: fn(u8) -> bool) -> bool {
        let mut used = (0..=255).zip(&self.counts).filter(|(_, count)| **count > 0);
        !self.is_coded() && used.all(|(symbol, _)| is_such(symbol))
    }

    /// Codes what there is, by codes that every symbol has which may follow.
    pub(super) fn code_so_far(&mut self) -> Result<()> {
        let mut counts = self.counts;
        for (symbol, count) in (0..=255).zip(&mut counts) {
            *count = count.saturating_add(self.class.may_have(symbol).into());
        }
        self.code(Codes::new(&counts))
    }

    fn code(&mut self, codes: Codes) -> Result<()> {
        let mut reader = std::mem::take(&mut self.bits).read();
        for _ in 0..self.symbols {
            let (symbol, extra) = reader.symbol(self.class);
            let bits = self.class.extra_bits(symbol);
            let (code, length) = codes.of(symbol);
            self.bits.put(code << bits | extra, length + bits)?;
        }
        self.codes = Some(codes);
        Ok(())
    }

    /// Ends it: all is coded, and filled up to a byte.
    pub(super) fn coded(mut self) -> Result<CodedScan> {
        if self.codes.is_none() {
            self.code(Codes::new(&self.counts))?;
        }
        let fill = (8 - self.bits.count % 8) % 8;
        self.bits.put((1 << fill) - 1, fill)?;
        let Bits { pieces, last, count } = self.bits;
        let end = (last << (32 - count)) as u32;
        let end = try_bytes(&end.to_be_bytes()[..count as usize / 8])?;
        Ok(CodedScan { class: self.class, codes: self.codes, pieces, end })
    }

    /// Reads the symbols as they were put.
    pub(super) fn read(self) -> Reader {
        self.bits.read()
    }
}

fn try_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut copy = try_filled(bytes.len(), 0)?;
    copy.copy_from_slice(bytes);
    Ok(copy)
}

/// A scan of a component, coded.
pub(super) struct CodedScan {
    pub(super) class: Class,
    pub(super) codes: Option<Codes>,
    pieces: Vec<Vec<u8>>,
    end: Vec<u8>,
}

impl CodedScan {
    /// How long it is in a file, where a 0 stands behind each 255.
    pub(super) fn length(&self) -> usize {
        let pieces = self.pieces.iter().chain([&self.end]);
        pieces.map(|piece| piece.len() + piece.iter().filter(|byte| **byte == 255).count()).sum()
    }

    /// Writes it to a file that has room for it.
    pub(super) fn write(self, file: &mut Vec<u8>) {
        for piece in self.pieces.into_iter().chain([self.end]) {
            for run in piece.split_inclusive(|byte| *byte == 255) {
                file.extend_from_slice(run);
                if run.last() == Some(&255) {
                    file.push(0);
                }
            }
        }
    }
}
