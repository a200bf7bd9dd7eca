//! What a picture takes without loss, told from a part of its rows in a small part of the time that coding takes.
//!
//! Pixels are cut into tokens by one look at each: a run of the pixel before, of those above, a copy of where the same
//! three pixels stood last, or the pixel itself. Tokens are counted three times, with pixels as they are and a colour cache,
//! and with what is left of them by two predictions; the least counts. No pixels are kept but those of two rows: of
//! copies from afar is only known where they come from.

use std::mem;

use super::{
    super::lz77::LONGEST,
    color_cache::Cache,
    histogram::Counts,
    pixels::{self, difference, less_green, mean},
    token::Token,
};
use crate::{
    error::Result,
    limits::try_filled,
    pixel::{Layout, Size},
};

/// Rows that are looked at together, behind one that is only kept.
const BAND: u32 = 16;

/// Of larger pictures than this not all bands are looked at, but at least one of so many.
const PIXELS: u64 = 1 << 18;
const MOST_STEP: u64 = 4;

/// Of the first rows bands are looked at whether that is wanted or not.
const FIRST: u32 = 128;

/// Slots for three pixels of a hash, how far back they may lie, and the bits of the colour cache.
const SLOTS: usize = 1 << 13;
const WINDOW: u32 = 1 << 17;
const CACHE: u32 = 10;

/// The bytes of counts and the colour cache.
const COUNTS: u64 = 24 << 10;

/// The distance codes of the pixels above and of those before, and the first of other distances.
const ABOVE: u32 = 1;
const BEFORE: u32 = 2;
const FAR: u32 = 121;

/// Where three pixels stood last, and what tells them from others of the same slot.
#[derive(Clone, Copy, Default)]
struct Place {
    check: u32,
    at: u32,
}

/// Counts of a picture's tokens, as its rows come.
pub struct Sketch {
    size: Size,
    /// Of so many bands of rows one is looked at.
    step: u32,
    /// The next row, whether its band is looked at, and how many rows were.
    y: u32,
    is_looked_at: bool,
    seen: u32,
    row: Vec<u32>,
    above: Vec<u32>,
    places: Vec<Place>,
    cache: Cache,
    /// With pixels less their green, and with what two predictions leave of that: by the mean of the pixels to the left
    /// and above, and by the plane through three.
    plain: Counts,
    of_mean: Counts,
    of_plane: Counts,
    /// A copy that may go on.
    copy: Option<(u32, usize)>,
}

impl Sketch {
    /// The bytes that are held of rows of such a width.
    pub fn held_bytes(width: u32) -> u64 {
        8 * u64::from(width) + (size_of::<Place>() * SLOTS) as u64 + COUNTS
    }

    /// Of nothing yet.
    ///
    /// # Errors
    /// `OutOfMemory`.
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
            places: try_filled(SLOTS, Place::default())?,
            cache: Cache::new(CACHE)?,
            plain: Counts::new(CACHE)?,
            of_mean: Counts::new(0)?,
            of_plane: Counts::new(0)?,
            copy: None,
        })
    }

    /// Looks at the next row, if it is of a band that is looked at: where one begins that may be so, it is if that is
    /// wanted.
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

    /// About what the rows that were looked at take in bytes.
    pub fn seen_bytes(&self) -> u64 {
        self.bits() / 8
    }

    fn bits(&self) -> u64 {
        // A part of the descriptions of codes.
        let parts = (u64::from(self.size.height) / u64::from(self.seen.max(1))).max(1);
        let counts = [&self.plain, &self.of_mean, &self.of_plane];
        counts.map(|counts| counts.estimate(parts)).into_iter().fold(u64::MAX, u64::min)
    }

    /// About what the whole picture takes in bytes, if the rest is like what was looked at: mostly more than it does.
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

    /// How far before the same three pixels stood; remembers these.
    #[inline(always)]
    fn far(&mut self, row: &[u32], at: u32) -> Option<u32> {
        let [a, b, c] = *row.first_chunk::<3>()?;
        let mixed = (u64::from(a) | u64::from(b) << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ u64::from(c).wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        let mixed = mixed ^ mixed >> 29;
        let place = &mut self.places[(mixed as usize) % SLOTS];
        let (check, before) = ((mixed >> 32) as u32, *place);
        *place = Place { check, at };
        let distance = at.wrapping_sub(before.at);
        (before.check == check && distance < WINDOW).then_some(distance)
    }

    #[inline(always)]
    fn copied(&mut self, code: u32, length: usize) {
        match &mut self.copy {
            Some((open, so_far)) if *open == code && *so_far + length <= LONGEST => *so_far += length,
            _ => {
                self.close();
                self.copy = Some((code, length.min(LONGEST)));
            }
        }
    }

    fn close(&mut self) {
        if let Some((code, length)) = self.copy.take() {
            let token = Token::Copy { length: length as u16, code };
            self.plain.add(token);
            self.of_mean.add(token);
            self.of_plane.add(token);
        }
    }

    #[inline(always)]
    fn literal(&mut self, argb: u32, left: u32, [above, corner]: [u32; 2]) {
        self.close();
        let place = self.cache.find(argb);
        self.plain.add(place.map_or(Token::Literal(less_green(argb)), |place| Token::Cached(place as u16)));
        self.cache.insert(argb);
        self.of_mean.add(Token::Literal(less_green(difference(argb, mean(left, above)))));
        let plane = difference(sum(left, above), corner);
        self.of_plane.add(Token::Literal(less_green(difference(argb, plane))));
    }
}

/// Pixels as ARGB; those that can't be seen are black.
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
