//! What all scans share: blocks of a sequential scan, restarts, and what becomes of data that end too early.
//!
//! Damage is shown as libjpeg-turbo shows it, and so every browser: where data end before a marker the unit in work is read
//! from zeros, and those up to the next restart have no coefficients; where a restart marker is not the right one,
//! its number says whether to go on behind it, to look for a later one, or to wait for its turn. Only a file that ends
//! where data are due is refused: it is cut short.

use super::{
    bits::Bits,
    huffman::{END, Table},
    layout::Plan,
};
use crate::error::{Error, Result};

/// Decodes a block of a sequential scan (T.81 F.2.2) into a lane of a group of zeros. Returns the last place, in
/// coded order, that may be other than 0.
#[inline(always)]
pub(super) fn read_block(
    bits: &mut Bits<'_>,
    [differences, coefficients]: [&Table; 2],
    plan: &Plan,
    group: &mut [i16],
    prediction: &mut i32,
) -> u32 {
    bits.refill_below_32();
    *prediction = prediction.wrapping_add(differences.next(bits).value);
    put(group, plan.offsets[0], *prediction);
    let (mut place, mut last) = (0, 0);
    while place < plan.last {
        bits.refill_below_32();
        let symbol = coefficients.next(bits);
        place += symbol.places;
        let Some(&offset) = plan.offsets.get(place as usize) else {
            if symbol.places < END {
                // Damage: past the block there is its last place.
                put(group, plan.offsets[63], symbol.value);
                last = 63;
            }
            return last;
        };
        put(group, offset, symbol.value);
        last = place;
    }
    if plan.last < 63 {
        coefficients.skip_block(bits, place);
    }
    last
}

#[inline(always)]
fn put(group: &mut [i16], offset: u16, value: i32) {
    if let Some(coefficient) = group.get_mut(usize::from(offset)) {
        *coefficient = value as i16;
    }
}

/// Where a decoder of a sequential scan stands: all that it needs to go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) bits: Bits<'a>,
    pub(super) restarts: Restarts,
    /// What each component's differences count from.
    pub(super) predictions: [i32; 4],
}

impl<'a> Place<'a> {
    /// The beginning of a scan.
    pub(super) const fn first(data: &'a [u8], interval: u32) -> Self {
        Self { bits: Bits::new(data), restarts: Restarts::new(interval), predictions: [0; 4] }
    }

    /// Goes on to behind the next restart marker; `None` where it is not the right one.
    pub(super) fn restart(&mut self) -> Option<()> {
        let (marker, _, behind) = self.bits.next_marker()?;
        if marker != 0xd0 | self.restarts.next {
            return None;
        }
        self.bits = behind;
        self.restarts.begin();
        self.predictions = [0; 4];
        Some(())
    }
}

/// How a unit begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// Behind the one before.
    On,
    /// Anew: differences count from 0.
    Anew,
    /// There are no data for it: its coefficients stay as they are.
    Empty,
}

/// Restart markers (T.81 F.2.1.3.1): after so many units the decoder begins anew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restarts {
    interval: u32,
    left: u32,
    next: u8,
}

impl Restarts {
    pub(super) const fn new(interval: u32) -> Self {
        Self { interval, left: interval, next: 0 }
    }

    /// The state before so many units were read.
    #[inline(always)]
    pub(super) const fn before(interval: u32, unit: u32) -> Self {
        if interval == 0 || unit == 0 {
            return Self::new(interval);
        }
        let over = unit % interval;
        let left = if over == 0 { 0 } else { interval - over };
        Self { interval, left, next: ((unit - 1) / interval % 8) as u8 }
    }

    /// Units up to the next marker, as far as is known.
    #[inline(always)]
    pub(super) const fn left(&self) -> u32 {
        if self.interval == 0 { u32::MAX } else { self.left }
    }

    /// Takes note of decoded units, not more than were left.
    #[inline(always)]
    pub(super) const fn pass(&mut self, units: u32) {
        self.left = self.left.wrapping_sub(units);
    }

    /// To be asked before each unit: passes over the marker if one is due.
    ///
    /// # Errors
    /// `Malformed` when the file ends there.
    #[inline(always)]
    pub(super) fn begin_unit(&mut self, bits: &mut Bits<'_>) -> Result<Begin> {
        if self.interval > 0 && self.left == 0 {
            *bits = self.resync(*bits)?;
            return Ok(if bits.is_past_end() { Begin::Empty } else { Begin::Anew });
        }
        Ok(if bits.is_past_end() { Begin::Empty } else { Begin::On })
    }

    const fn begin(&mut self) {
        (self.left, self.next) = (self.interval, (self.next + 1) & 7);
    }

    /// Goes on as libjpeg's `jpeg_resync_to_restart` does. Where the next marker is the right one that is behind it.
    #[cold]
    #[inline(never)]
    fn resync<'a>(&mut self, bits: Bits<'a>) -> Result<Bits<'a>> {
        let mut from = bits;
        loop {
            let Some((marker, at, behind)) = from.next_marker() else { return Err(cut_short()) };
            // How far the marker is ahead of the right one, 0 to 7.
            let ahead = marker.wrapping_sub(self.next) & 7;
            from = match (marker, ahead) {
                // Reserved, or one of the last two: what stands behind it is passed over.
                (..=0xbf, _) | (0xd0..=0xd7, 6 | 7) => behind,
                // One of the next two, or no restart marker: it waits for its turn.
                (0xd0..=0xd7, 1 | 2) | (..=0xcf | 0xd8.., _) => {
                    self.begin();
                    return Ok(if bits.is_past_end() { at.without_data() } else { at });
                }
                // The right one, or one that says nothing.
                _ => {
                    self.begin();
                    return Ok(behind);
                }
            };
        }
    }
}

/// Checks that the file does not end where data are due: a scan whose data end before a marker is damaged, and is
/// shown.
///
/// # Errors
/// `Malformed` when it does.
pub(super) fn check(bits: &Bits<'_>) -> Result<()> {
    if bits.is_past_end() && bits.next_marker().is_none() { Err(cut_short()) } else { Ok(()) }
}

fn cut_short() -> Error {
    Error::malformed("the JPEG is cut short: it ends before its scan does")
}
