//! What a frame regenerates: the window, and the block after it.

use super::damaged;
use crate::{error::Result, limits::try_zeroed};

/// Bytes past an end that are read and written with it, so that short pieces are copied in one step.
pub(super) const SLACK: usize = 32;
/// Bytes that are copied in one step.
const STEP: usize = 16;

/// The bytes that were regenerated and are still of use.
pub(super) struct Output {
    /// The window, a block and [`SLACK`].
    bytes: Vec<u8>,
    /// How far matches reach back.
    window: usize,
    /// Bytes that were read out.
    taken: usize,
    /// Bytes that were regenerated.
    made: usize,
    /// Where the block has to end.
    end: usize,
    /// The block may be longer, but nobody wants what follows.
    is_cut: bool,
}

impl Output {
    /// For a strip or tile of `bytes`, whose matches reach back no further than `window` and whose blocks are no longer
    /// than `block`.
    pub(super) fn new(bytes: u64, window: u64, block: usize) -> Result<Self> {
        let window = window.min(bytes);
        // If the window is to be moved, it is moved rarely.
        let length = window.saturating_add((block as u64).max(window / 2)).min(bytes);
        let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(SLACK);
        let window = usize::try_from(window).unwrap_or(usize::MAX);
        Ok(Self { bytes: try_zeroed(length)?, window, taken: 0, made: 0, end: 0, is_cut: false })
    }

    #[cfg(test)]
    pub(super) const fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Begins a block of at most `most` bytes, of which `wanted` are wanted. All bytes before it have been taken.
    pub(super) fn begin(&mut self, most: usize, wanted: u64) {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let length = most.min(wanted);
        if self.made + length > self.bytes.len() - SLACK {
            let kept = self.window.min(self.made);
            self.bytes.copy_within(self.made - kept..self.made, 0);
            (self.made, self.taken) = (kept, kept);
        }
        (self.end, self.is_cut) = (self.made + length, wanted < most);
    }

    /// Bytes that were regenerated and not taken.
    pub(super) const fn ready(&self) -> usize {
        self.made - self.taken
    }

    /// Takes the next bytes. Tells how many.
    pub(super) fn take(&mut self, out: &mut [u8]) -> usize {
        let count = self.ready().min(out.len());
        out[..count].copy_from_slice(&self.bytes[self.taken..self.taken + count]);
        self.taken += count;
        count
    }

    /// How many of `count` bytes the block has room for: all, unless the others are not wanted.
    ///
    /// # Errors
    /// When the block is longer than it may be.
    pub(super) fn room_for(&self, count: usize) -> Result<usize> {
        match self.end - self.made {
            room if count <= room => Ok(count),
            room if self.is_cut => Ok(room),
            _ => Err(damaged("regenerates more than it may")),
        }
    }

    /// The next `count` bytes, or as many as there is room for.
    pub(super) fn next(&mut self, count: usize) -> Result<&mut [u8]> {
        let count = self.room_for(count)?;
        let begin = self.made;
        self.made += count;
        Ok(&mut self.bytes[begin..begin + count])
    }

    /// Room for so many bytes.
    #[inline(always)]
    pub(super) const fn has_room(&self, count: usize) -> bool {
        count <= self.end - self.made
    }

    /// Adds the first of the literals, for which there is room. There are [`SLACK`] more of them than are added.
    #[inline(always)]
    pub(super) fn add(&mut self, literals: &[u8], count: usize) {
        let out = &mut self.bytes[self.made..];
        match (out.first_chunk_mut::<STEP>(), literals.first_chunk::<STEP>()) {
            (Some(out), Some(literals)) if count <= STEP => *out = *literals,
            _ => out[..count].copy_from_slice(&literals[..count]),
        }
        self.made += count;
    }

    /// Repeats bytes from so far back, for which there is room.
    ///
    /// # Errors
    /// When there are not so many bytes.
    #[inline(always)]
    pub(super) fn repeat(&mut self, offset: usize, count: usize) -> Result<()> {
        let from = match self.made.checked_sub(offset) {
            Some(from) if offset > 0 => from,
            _ => return Err(damaged("repeats what lies before its window")),
        };
        let (begin, mut done) = (self.made, 0);
        self.made += count;
        if offset < STEP {
            return self.repeat_near(from, offset, count);
        }
        if count > 4 * STEP && offset >= count {
            self.bytes.copy_within(from..from + count, begin);
            return Ok(());
        }
        while done < count {
            self.bytes.copy_within(from + done..from + done + STEP, begin + done);
            done += STEP;
        }
        Ok(())
    }

    /// Repeats fewer bytes than are copied in one step.
    fn repeat_near(&mut self, from: usize, offset: usize, count: usize) -> Result<()> {
        let begin = from + offset;
        if offset == 1 {
            let byte = self.bytes[from];
            self.bytes[begin..begin + count].fill(byte);
            return Ok(());
        }
        // After several of them a multiple of the offset is as long as a step.
        let multiple = offset * STEP.div_ceil(offset);
        let mut done = multiple - offset;
        for at in 0..done {
            self.bytes[begin + at] = self.bytes[from + at];
        }
        while done < count {
            let at = begin + done;
            self.bytes.copy_within(at - multiple..at - multiple + STEP, at);
            done += STEP;
        }
        Ok(())
    }
}
