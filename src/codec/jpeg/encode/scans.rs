//! Coefficients to the symbols of scans (T.81 F.1.2, G.1.2): of a progressive file one scan for the DC coefficients of each
//! component, and some for bands of the others; of a sequential one all in a single scan.

use super::{
    huffman::Counts,
    stream::{Class, PIECE, Stream},
    transform::{Quantizer, Samples},
};
use crate::{error::Result, pixel::Size};

/// How the coefficients of a file are spread over scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progression {
    /// All are in a single scan.
    Sequential,
    /// DC coefficients come first, by themselves.
    Coarse,
    /// Then those of luma that are coarse.
    Fine,
}

impl Progression {
    /// That of a picture of so many pixels: below some the headers of more scans cost more than these save.
    pub(super) const fn of(pixels: u64) -> Self {
        match pixels {
            0..10_000 => Self::Sequential,
            10_000..65_536 => Self::Coarse,
            _ => Self::Fine,
        }
    }
}

/// Bands of AC coefficients: first and last in zigzag order.
const LUMA_BANDS: &[[u8; 2]] = &[[1, 5], [6, 63]];
const WHOLE_BAND: &[[u8; 2]] = &[[1, 63]];

/// The most blocks that an end of band counts.
const MOST_BLOCKS: u32 = 0x7fff;

/// Zero coefficients that ZRL stands for.
const ZRL: u8 = 0xf0;

/// A band of coefficients, and its symbols.
pub(super) struct Band {
    /// The first and the last in zigzag order.
    pub(super) range: [u8; 2],
    /// Blocks that end here, of which nothing is written yet.
    ended: u32,
    most_ended: u32,
    pub(super) stream: Stream,
}

impl Band {
    fn new(range: [u8; 2], most_ended: u32) -> Self {
        Self { range, ended: 0, most_ended, stream: Stream::new(Class::Ac) }
    }

    #[inline(always)]
    fn put(&mut self, levels: &[i16; 64], nonzero: u64) -> Result<()> {
        let [first, last] = self.range;
        let mut rest = nonzero & (u64::MAX << first) & (u64::MAX >> (63 - last));
        let mut next = u32::from(first);
        if rest != 0 && self.ended > 0 {
            self.end()?;
        }
        while rest != 0 {
            let at = rest.trailing_zeros();
            rest &= rest - 1;
            let mut run = at - next;
            while run > 15 {
                self.stream.put(ZRL, 0)?;
                run -= 16;
            }
            let (size, extra) = sized(levels[at as usize].into());
            self.stream.put((run << 4 | size) as u8, extra)?;
            next = at + 1;
        }
        if next <= u32::from(last) {
            self.ended += 1;
            if self.ended == self.most_ended {
                self.end()?;
            }
        }
        Ok(())
    }

    /// Says that blocks have ended.
    fn end(&mut self) -> Result<()> {
        let Some(bits) = self.ended.checked_ilog2() else { return Ok(()) };
        let extra = self.ended - (1 << bits);
        self.ended = 0;
        self.stream.put((bits << 4) as u8, extra)
    }
}

/// The size category of a value, and the bits that tell it within that (T.81 F.1.2.1).
#[inline(always)]
const fn sized(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let below = if value < 0 { value - 1 } else { value };
    (size, below as u32 & ((1 << size) - 1))
}

/// A component, and the symbols of its scans.
pub(super) struct Component {
    /// Sampling factors, across and down.
    pub(super) factors: [u32; 2],
    pub(super) is_chroma: bool,
    pub(super) dc: Stream,
    pub(super) bands: Vec<Band>,
    before: i32,
}

impl Component {
    pub(super) fn new(factors: [u32; 2], is_chroma: bool, progression: Progression) -> Self {
        let (ranges, most): (&[[u8; 2]], _) = match (progression, is_chroma) {
            (Progression::Fine, false) => (LUMA_BANDS, MOST_BLOCKS),
            (Progression::Fine | Progression::Coarse, _) => (WHOLE_BAND, MOST_BLOCKS),
            (Progression::Sequential, _) => (WHOLE_BAND, 1),
        };
        Self {
            factors,
            is_chroma,
            dc: Stream::new(Class::Dc),
            bands: ranges.iter().map(|range| Band::new(*range, most)).collect(),
            before: 0,
        }
    }

    /// Takes the next block.
    #[inline(always)]
    pub(super) fn put(&mut self, quantizer: &Quantizer, samples: &Samples) -> Result<()> {
        let (levels, nonzero) = quantizer.code(samples);
        let dc = i32::from(levels[0]);
        let (size, extra) = sized(dc - self.before);
        self.before = dc;
        self.dc.put(size as u8, extra)?;
        for band in &mut self.bands {
            band.put(&levels, nonzero)?;
        }
        Ok(())
    }

    /// Says that there are no more blocks.
    pub(super) fn end(&mut self) -> Result<()> {
        self.bands.iter_mut().try_for_each(Band::end)
    }

    /// How often there is each symbol of AC coefficients, in the only band.
    pub(super) fn ac_counts(&self) -> &Counts {
        const NONE: &Counts = &[0; 256];
        self.bands.first().map_or(NONE, |band| &band.stream.counts)
    }

    pub(super) fn bytes(&self) -> usize {
        self.dc.bytes() + self.bands.iter().map(|band| band.stream.bytes()).sum::<usize>()
    }

    /// True if all of its coefficients are surely 0.
    pub(super) fn is_flat(&self) -> bool {
        self.dc.has_only(|symbol| symbol == 0)
            && self.bands.iter().all(|band| band.stream.has_only(|symbol| symbol & 15 == 0 && symbol != ZRL))
    }

    /// See [`Stream::code_so_far`].
    pub(super) fn code_so_far(&mut self) -> Result<()> {
        self.dc.code_so_far()?;
        self.bands.iter_mut().try_for_each(|band| band.stream.code_so_far())
    }
}

/// The most bytes of symbols, beside those of a band of rows, that are held until all of them are counted: photos of 12
/// megapixels have 0.3 bytes a pixel at quality 80, 0.6 at 92.
pub(in crate::codec::jpeg) const fn symbol_bytes(size: Size, quality: u8) -> u64 {
    size.pixels() / 32 * (24 + quality.saturating_sub(80) as u64) + SYMBOLS
}

/// The symbols that are held of the smallest picture.
const SYMBOLS: u64 = 64 << 10;

/// The most bytes of symbols of so many samples: a size and 10 bits for each.
pub(in crate::codec::jpeg) const fn most_symbol_bytes(samples: u64) -> u64 {
    samples * 18 / 8
}

/// What pieces are begun and not full.
pub(in crate::codec::jpeg) const BEGUN: u64 =
    (2 + 2 * LUMA_BANDS.len() + 4 * WHOLE_BAND.len()) as u64 * PIECE as u64;
