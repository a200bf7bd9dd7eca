//! What `image-webp` 0.2.4 holds for a stream beside its pixels, counted from the stream before it is called.

use super::{alphabets, prefix_code::Shape};
use crate::error::{Error, Result};

/// The bits by which it looks up symbols at most, at four bytes each; symbols of longer codes have a tree.
const TABLE_BITS: usize = 10;
const ENTRY_BYTES: u64 = 4;

/// What a tree has for each of its symbols: two nodes.
const TREE_BYTES: u64 = 32;

/// The places of a group's five codes.
const GROUP_BYTES: u64 = 280;

/// What it holds now, at the most until now, and may hold.
pub struct Tables {
    held: u64,
    peak: u64,
    room: u64,
}

impl Tables {
    pub const fn within(room: u64) -> Self {
        Self { held: 0, peak: 0, room }
    }

    pub const fn held(&self) -> u64 {
        self.held
    }

    pub const fn peak(&self) -> u64 {
        self.peak
    }

    /// Counts bytes that are held from now on.
    ///
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there is no room for them.
    pub fn hold(&mut self, bytes: u64) -> Result<()> {
        self.held += bytes;
        self.peak = self.peak.max(self.held);
        if self.held > self.room {
            return Err(Error::limit(format!(
                "the prefix codes of a lossless WebP need more than {} bytes of memory, which is too much for a picture \
                 of its size",
                self.room
            )));
        }
        Ok(())
    }

    pub const fn release(&mut self, bytes: u64) {
        self.held -= bytes;
    }

    /// Counts the places of groups, in a vector that grows by doubling: the old one and the new one are held at once.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub fn hold_groups(&mut self, groups: u32) -> Result<()> {
        let places = u64::from(groups.max(4).next_power_of_two());
        self.hold(places * GROUP_BYTES * 3 / 2)
    }

    /// True if any codes of so many groups fit, so that they needn't be read.
    pub fn have_room_for(&mut self, groups: u32, cache_bits: u32) -> bool {
        let codes: u64 = alphabets(cache_bits)
            .map(|alphabet| (ENTRY_BYTES << TABLE_BITS) + TREE_BYTES * alphabet as u64)
            .iter()
            .sum();
        let all = self.held + u64::from(groups) * codes;
        let has_room = all <= self.room;
        if has_room {
            self.peak = self.peak.max(all);
        }
        has_room
    }
}

/// What a code's tables take.
pub fn code_bytes(shape: &Shape) -> u64 {
    match shape {
        Shape::Single(_) => 0,
        Shape::Pair(..) => 2 * ENTRY_BYTES + 2 * TREE_BYTES,
        Shape::Canonical(counts) => {
            let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
            let in_tree: u64 = counts.iter().skip(TABLE_BITS + 1).map(|&count| u64::from(count)).sum();
            (ENTRY_BYTES << longest.min(TABLE_BITS)) + TREE_BYTES * in_tree
        }
    }
}
