//! Estimates what a picture takes without loss, from a part of its rows in a small part of the time that coding takes.
//!
//! Pixels are cut into tokens by one look at each: a run of the pixel before, a copy of the row above or of where the
//! same three pixels stood last, or a literal. There are three histograms: of plain pixels with a colour cache, and of
//! the residuals of two predictions; the least estimate counts. Only the pixels of two rows are kept: of copies from
//! afar only the distance is known.

use std::mem;

use super::{
    super::{color_cache::ColorCache, lz77::MAX_LENGTH},
    histogram::Histogram,
    pixels::{self, difference, less_green, mean},
    token::PixelToken,
};
use crate::{
    error::Result,
    limits::try_filled,
    pixel::{Layout, Size},
};

/// Rows that are analysed together, behind one that is only kept.
const BAND: u32 = 16;

/// Of pictures with more pixels not all bands are analysed, but at least one of [`MOST_STEP`].
const PIXELS: u64 = 1 << 18;
const MOST_STEP: u64 = 4;

/// Bands of the first rows are analysed whether that is wanted or not.
const FIRST: u32 = 128;

/// Slots of the hash table of three pixels, how far back a match may lie, and the bits of the colour cache.
const SLOTS: usize = 1 << 13;
const WINDOW: u32 = 1 << 17;
const CACHE: u32 = 10;

/// The bytes of histograms and the colour cache.
const COUNTS: u64 = 24 << 10;

/// The distance codes of the pixels above and of those before, and the first of other distances.
const ABOVE: u32 = 1;
const BEFORE: u32 = 2;
const FAR: u32 = 121;

/// Where three pixels stood last, and bits of their hash that differ from others of the same slot.
#[derive(Clone, Copy, Default)]
struct HashSlot {
    check: u32,
    at: u32,
}

/// Histograms of a picture's tokens, as its rows come.
pub struct Sketch {
    size: Size,
    /// Every `step`th band of rows is analysed.
    step: u32,
    /// The next row, whether its band is analysed, and how many rows have been.
    y: u32,
    is_looked_at: bool,
    seen: u32,
    row: Vec<u32>,
    above: Vec<u32>,
    places: Vec<HashSlot>,
    cache: ColorCache,
    /// Of pixels less green; of their residuals by the mean of left and above; and by left plus above less the corner.
    plain: Histogram,
    of_mean: Histogram,
    of_plane: Histogram,
    /// A copy that may go on: its distance code, and its length until now.
    copy: Option<(u32, usize)>,
}

impl Sketch {
    /// The bytes that are held for rows of a width.
    pub fn heap_bytes(width: u32) -> u64 {
        8 * u64::from(width) + (size_of::<HashSlot>() * SLOTS) as u64 + COUNTS
    }

    /// A sketch without rows.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(size: Size) -> Result<Self> {
        let width = size.width as usize;
        let step = (size.pixels() / PIXELS).clamp(1, MOST_STEP) as u32;
        Ok(Self {
            size,
            step,
            y: 0,
            is_looked_at: false,
            seen: 0,
            row: try_filled(width, 0)?,
            above: try_filled(width, 0)?,
            places: try_filled(SLOTS, HashSlot::default())?,
            cache: ColorCache::new(CACHE)?,
            plain: Histogram::new(CACHE)?,
            of_mean: Histogram::new(0)?,
            of_plane: Histogram::new(0)?,
            copy: None,
        })
    }

    /// Takes the next row. Where a band begins that may be analysed, `is_wanted` says whether it is.
    pub fn push(&mut self, layout: Layout, row: &[u8], is_wanted: bool) {
        let of_band = self.y % (BAND * self.step);
        if of_band == 0 {
            self.is_looked_at = is_wanted || self.y < FIRST;
        }
        let is_kept = of_band == 0 && self.y > 0 && self.step > 1;
        self.y += 1;
        if of_band > BAND || !self.is_looked_at {
            return;
        }
        mem::swap(&mut self.row, &mut self.above);
        match layout {
            Layout::Gray => fill::<1>(&mut self.row, row),
            Layout::GrayAlpha => fill::<2>(&mut self.row, row),
            Layout::Rgb => fill::<3>(&mut self.row, row),
            Layout::Rgba => fill::<4>(&mut self.row, row),
        }
        if !is_kept {
            self.count_row();
            self.seen += 1;
        }
    }

    /// About how many bytes the analysed rows take.
    pub fn seen_bytes(&self) -> u64 {
        self.bits() / 8
    }

    fn bits(&self) -> u64 {
        // The analysed rows take their part of the prefix codes.
        let parts = (u64::from(self.size.height) / u64::from(self.seen.max(1))).max(1);
        let counts = [&self.plain, &self.of_mean, &self.of_plane];
        counts.map(|counts| counts.estimate(parts)).into_iter().fold(u64::MAX, u64::min)
    }

    /// About how many bytes the whole picture takes, if the rest is like the analysed rows: mostly more than it does.
    pub fn bytes(&self) -> u64 {
        self.bits() * u64::from(self.size.height) / u64::from(self.seen.max(1)) / 8
    }

    fn count_row(&mut self) {
        let (row, above) = (mem::take(&mut self.row), mem::take(&mut self.above));
        let base = self.seen.wrapping_mul(self.size.width);
        let mut x = 0;
        while x < row.len() {
            let up = same(&row[x..], &above[x..]);
            let left = if x > 0 && up < row.len() - x { same(&row[x..], &row[x - 1..]) } else { 0 };
            if up.max(left) > 1 {
                let (code, length) = if up >= left { (ABOVE, up) } else { (BEFORE, left) };
                self.copied(code, length);
                x += length;
                continue;
            }
            match self.far(&row[x..], base.wrapping_add(x as u32)) {
                Some(distance) => self.copied(FAR + distance, 1),
                None if x > 0 => self.literal(row[x], row[x - 1], [above[x], above[x - 1]]),
                None => self.literal(row[x], above[x], [above[x]; 2]),
            }
            x += 1;
        }
        (self.row, self.above) = (row, above);
    }

    /// How far back the same three pixels stood; remembers these.
    #[inline(always)]
    fn far(&mut self, row: &[u32], at: u32) -> Option<u32> {
        let [a, b, c] = *row.first_chunk::<3>()?;
        let mixed = (u64::from(a) | u64::from(b) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ u64::from(c).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        let mixed = mixed ^ mixed >> 29;
        let place = &mut self.places[(mixed as usize) % SLOTS];
        let (check, before) = ((mixed >> 32) as u32, *place);
        *place = HashSlot { check, at };
        let distance = at.wrapping_sub(before.at);
        (before.check == check && distance < WINDOW).then_some(distance)
    }

    #[inline(always)]
    fn copied(&mut self, code: u32, length: usize) {
        match &mut self.copy {
            Some((open, so_far)) if *open == code && *so_far + length <= MAX_LENGTH => *so_far += length,
            _ => {
                self.close();
                self.copy = Some((code, length.min(MAX_LENGTH)));
            }
        }
    }

    fn close(&mut self) {
        if let Some((code, length)) = self.copy.take() {
            let token = PixelToken::Copy { length: length as u16, code };
            self.plain.add(token);
            self.of_mean.add(token);
            self.of_plane.add(token);
        }
    }

    #[inline(always)]
    fn literal(&mut self, argb: u32, left: u32, [above, corner]: [u32; 2]) {
        self.close();
        let place = self.cache.find(argb);
        self.plain.add(
            place.map_or(PixelToken::Literal(less_green(argb)), |place| PixelToken::Cached(place as u16)),
        );
        self.cache.insert(argb);
        self.of_mean.add(PixelToken::Literal(less_green(difference(argb, mean(left, above)))));
        let plane = difference(sum(left, above), corner);
        self.of_plane.add(PixelToken::Literal(less_green(difference(argb, plane))));
    }
}

/// Fills a row with pixels as ARGB; hidden ones are black.
fn fill<const C: usize>(row: &mut [u32], samples: &[u8]) {
    for (pixel, samples) in row.iter_mut().zip(samples.as_chunks::<C>().0) {
        let is_hidden = C.is_multiple_of(2) && samples[C - 1] == 0;
        *pixel = if is_hidden { 0 } else { pixels::argb(samples) };
    }
}

/// The sum of two pixels, sample by sample.
const fn sum(a: u32, b: u32) -> u32 {
    let low = (a & 0x00FF_00FF) + (b & 0x00FF_00FF);
    let high = ((a >> 8) & 0x00FF_00FF) + ((b >> 8) & 0x00FF_00FF);
    low & 0x00FF_00FF | (high & 0x00FF_00FF) << 8
}

/// How many pixels are the same.
fn same(a: &[u32], b: &[u32]) -> usize {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let mut at = 0;
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        if a != b {
            break;
        }
        at += 8;
    }
    at + a[at..].iter().zip(&b[at..]).take_while(|(a, b)| a == b).count()
}
