//! What all scans share: blocks of a sequential scan, restarts, and the fault of data that end too early.

use super::{bits::Bits, huffman::Table, layout::Plan};
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
        let Some(&offset) = plan.offsets.get(place as usize) else { return last };
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

    /// Goes on to behind the next restart marker, which must be the right one.
    ///
    /// # Errors
    /// `Malformed` when it is not there.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.bits = self.restarts.restart(self.bits)?;
        self.predictions = [0; 4];
        Ok(())
    }
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

    /// To be asked before each unit: passes over the marker if one is due, and returns true.
    ///
    /// # Errors
    /// `Malformed` when it isn't there.
    #[inline(always)]
    pub(super) fn is_due(&mut self, bits: &mut Bits<'_>) -> Result<bool> {
        if self.interval == 0 || self.left > 0 {
            return Ok(false);
        }
        *bits = self.restart(*bits)?;
        Ok(true)
    }

    #[cold]
    #[inline(never)]
    fn restart<'a>(&mut self, mut bits: Bits<'a>) -> Result<Bits<'a>> {
        check(&bits)?;
        if bits.next_marker() != Some(0xd0 | self.next) {
            return Err(Error::malformed("a restart marker of the JPEG is missing"));
        }
        (self.left, self.next) = (self.interval, (self.next + 1) & 7);
        Ok(bits)
    }
}

/// Checks that the data went as far as they were read.
///
/// # Errors
/// `Malformed` when they did not.
pub(super) fn check(bits: &Bits<'_>) -> Result<()> {
    if bits.is_past_end() {
        return Err(Error::malformed("the JPEG is cut short or damaged: a scan ends too early"));
    }
    Ok(())
}
