//! The pixels of a picture that comes by rows which may still be copied from, and those that wait to be cut into tokens.

use super::{
    match_finder::MAX_WINDOW,
    parse::AHEAD,
    pixels::{Pixels, samples},
};
use crate::error::Result;

/// Pixels that are held of a larger picture, beside a row: half of them move each time that there is no more room.
const HELD: usize = 2 * MAX_WINDOW + AHEAD;

/// Pixels of `C` samples.
pub struct Window<const C: usize> {
    samples: Vec<u8>,
    /// How many samples there may be.
    most: usize,
    /// The number of the first pixel that is held.
    first: usize,
    width: usize,
    rest: u32,
}

/// The most bytes that are held of so many pixels in rows of `width`.
pub fn heap_bytes(pixels: u64, width: u64, channels: u64) -> u64 {
    channels * pixels.min(HELD as u64 + width)
}

impl<const C: usize> Window<C> {
    /// For so many pixels in rows of `width`; `rest` as of [`Pixels`].
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub fn new(pixels: usize, width: usize, rest: u32) -> Result<Self> {
        let mut samples = Vec::new();
        let most = C * pixels.min(HELD + width);
        samples.try_reserve_exact(most)?;
        Ok(Self { samples, most, first: 0, width, rest })
    }

    /// What is held.
    pub fn pixels(&self) -> Pixels<'_, C> {
        Pixels { samples: &self.samples, first: self.first, width: self.width, rest: self.rest }
    }

    /// The same as if it were a picture of its own.
    pub fn as_picture(&self) -> Pixels<'_, C> {
        Pixels { first: 0, ..self.pixels() }
    }

    /// True if there is room for so many pixels.
    pub fn has_room(&self, pixels: usize) -> bool {
        self.samples.len() + C * pixels <= self.most
    }

    /// Takes the next row.
    pub fn push(&mut self, row: &[u8]) {
        self.samples.extend_from_slice(row);
    }

    /// Takes the next pixel.
    #[inline(always)]
    pub fn push_pixel(&mut self, argb: u32) {
        self.samples.extend_from_slice(&samples::<C>(argb));
    }

    /// Takes pixels that stood before, so far back.
    pub fn push_copy(&mut self, length: usize, distance: usize) {
        let mut left = length * C;
        while left > 0 {
            // What has been taken already may be copied, too.
            let from = self.samples.len() - distance * C;
            let run = left.min(distance * C);
            self.samples.extend_from_within(from..from + run);
            left -= run;
        }
    }

    /// Lets go of what no pixel from `at` on can copy.
    pub fn keep_for(&mut self, at: usize) {
        let first = at.saturating_sub(MAX_WINDOW).max(self.first);
        self.samples.drain(..(first - self.first) * C);
        self.first = first;
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.first = 0;
    }
}
