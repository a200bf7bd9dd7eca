//! Decodes an entropy-coded image (RFC 9649 section 3.6): literals, backward references, and indices of the colour
//! cache. Of its pixels as many are held as a reference reaches back.

use super::{
    super::{
        NUM_GREEN, NUM_LITERALS,
        color_cache::ColorCache,
        lz77::{self, Lz77Prefix},
    },
    bits::{BitReader, FILLED},
    groups::{Codes, Groups},
    tiles::Tiled,
};
use crate::{
    error::{Error, Result},
    limits::try_filled,
};

/// How far a reference reaches back at the most: the last distance code's, which is larger than those nearby.
const MAX_DISTANCE: u64 = 1 << 20;

/// How many pixels are held of an image of so many.
pub const fn window_pixels(pixels: u64) -> u64 {
    if pixels < MAX_DISTANCE { pixels } else { MAX_DISTANCE }
}

/// An image that is being decoded.
pub struct Pixels {
    width: usize,
    total: usize,
    groups: Groups,
    /// Which group a tile has.
    entropy_image: Option<Tiled<u16>>,
    cache: ColorCache,
    /// The last pixels as ARGB: the one with number `n` stands at `n % window.len()`.
    window: Vec<u32>,
    /// Where the next one will stand.
    at: usize,
    /// How many there are until now.
    count: usize,
}

impl Pixels {
    /// An image whose groups have been read.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(
        width: usize,
        height: usize,
        groups: Groups,
        entropy_image: Option<Tiled<u16>>,
        cache: ColorCache,
    ) -> Result<Self> {
        let total = width * height;
        let window = try_filled(window_pixels(total as u64) as usize, 0)?;
        Ok(Self { width, total, groups, entropy_image, cache, window, at: 0, count: 0 })
    }

    /// Decodes all of a small image, which has no entropy image.
    ///
    /// # Errors
    /// As [`decode_row`](Self::decode_row).
    pub fn decode_all(mut self, bits: &mut BitReader<'_>, mut row: impl FnMut(&[u32])) -> Result<()> {
        let mut line = try_filled(self.width, 0)?;
        for y in 0..self.total / self.width {
            self.decode_row(bits, y, &mut line)?;
            row(&line);
        }
        Ok(())
    }

    /// Decodes a row, the one behind the last.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a stream that ends early or copies from or to where no
    /// pixel is.
    pub fn decode_row(&mut self, bits: &mut BitReader<'_>, y: usize, row: &mut [u32]) -> Result<()> {
        let end = (y + 1) * self.width;
        while self.count < end {
            self.decode_tile(bits, end)?;
        }
        bits.check()?;
        let start = y * self.width % self.window.len();
        let (first, rest) = row.split_at_mut(self.width.min(self.window.len() - start));
        first.copy_from_slice(&self.window[start..start + first.len()]);
        rest.copy_from_slice(&self.window[..rest.len()]);
        Ok(())
    }

    /// Decodes what is coded by one group: up to the end of a tile's row, or of the image's, or past it by a copy.
    fn decode_tile(&mut self, bits: &mut BitReader<'_>, row_end: usize) -> Result<()> {
        let (mut group, mut end) = (0, row_end);
        if let Some(image) = &self.entropy_image {
            let x = self.count % self.width;
            let tile = x >> image.bits;
            group = image.row(self.count / self.width)[tile].into();
            end = row_end.min(self.count - x + ((tile + 1) << image.bits));
        }
        let Self { groups, cache, window, at, count, total, width, .. } = self;
        let codes = groups.codes(group);
        let mut writer = Writer { window, at: *at, count: *count, total: *total, cache };
        let mut own = bits.clone();
        let result = match codes.constant_rest {
            Some(rest) => writer.decode(&mut own, &codes, end, *width, |_| rest),
            None => writer.decode(&mut own, &codes, end, *width, |bits| read_rest(&codes, bits)),
        };
        (*at, *count, *bits) = (writer.at, writer.count, own);
        result
    }
}

/// Reads what is with a pixel's green.
#[inline(always)]
fn read_rest(codes: &Codes<'_>, bits: &mut BitReader<'_>) -> u32 {
    let [red, blue] = [codes.red.symbol(bits), codes.blue.symbol(bits)].map(u32::from);
    let alpha = match codes.constant_alpha {
        Some(alpha) => alpha,
        None => {
            if bits.count() < 15 {
                bits.fill();
            }
            u32::from(codes.alpha.symbol(bits)) << 24
        }
    };
    alpha | red << 16 | blue
}

/// Where pixels go.
struct Writer<'a> {
    window: &'a mut [u32],
    at: usize,
    count: usize,
    total: usize,
    cache: &'a mut ColorCache,
}

impl Writer<'_> {
    /// Decodes by one group until there are `end` pixels.
    #[inline(always)]
    fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        codes: &Codes<'_>,
        end: usize,
        width: usize,
        rest: impl Fn(&mut BitReader<'_>) -> u32,
    ) -> Result<()> {
        while self.count < end {
            bits.fill();
            let symbol = usize::from(codes.green.symbol(bits));
            if symbol < NUM_LITERALS {
                let argb = rest(bits) | (symbol as u32) << 8;
                self.cache.insert(argb);
                self.push(argb);
            } else if symbol < NUM_GREEN {
                let length = read_value(symbol - NUM_LITERALS, bits);
                bits.fill();
                let code = read_value(codes.distance.symbol(bits).into(), bits);
                self.copy(lz77::distance(code, width), length)?;
            } else {
                let argb = self.cache.get(symbol - NUM_GREEN);
                // It may be one that was never inserted.
                self.cache.insert(argb);
                self.push(argb);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn push(&mut self, argb: u32) {
        self.window[self.at] = argb;
        self.count += 1;
        self.at += 1;
        if self.at == self.window.len() {
            self.at = 0;
        }
    }

    fn copy(&mut self, distance: usize, length: usize) -> Result<()> {
        if distance > self.count || length > self.total - self.count {
            return Err(Error::malformed("the lossless WebP copies pixels that are not there"));
        }
        let size = self.window.len();
        let (at, until) = (self.at, self.at + length);
        if distance <= at && until < size {
            let from = at - distance;
            match distance {
                1 => {
                    let pixel = self.window[from];
                    self.window[at..until].fill(pixel);
                }
                _ if distance >= length => self.window.copy_within(from..from + length, at),
                _ => (0..length).for_each(|i| self.window[at + i] = self.window[from + i]),
            }
            if !self.cache.is_none() {
                // Of what repeats the last pixel the cache has it already.
                let copied = if distance == 1 { &[] } else { &self.window[at..until] };
                copied.iter().for_each(|&argb| self.cache.insert(argb));
            }
            (self.at, self.count) = (until, self.count + length);
            return Ok(());
        }
        let mut from = if distance <= at { at - distance } else { at + size - distance };
        for _ in 0..length {
            let argb = self.window[from];
            from = if from + 1 == size { 0 } else { from + 1 };
            self.cache.insert(argb);
            self.push(argb);
        }
        Ok(())
    }
}

/// Reads the extra bits of a length or a distance code, and makes it of them.
#[inline(always)]
fn read_value(symbol: usize, bits: &mut BitReader<'_>) -> usize {
    let (first, extra_bit_count) = Lz77Prefix::first(symbol);
    first + bits.take(extra_bit_count) as usize
}

// What is read after bits have been filled in is pending: of a literal but for alpha, of a length, of a distance.
const _: () = assert!(3 * 15 <= FILLED && 15 + 10 <= FILLED && 15 + 18 <= FILLED);
