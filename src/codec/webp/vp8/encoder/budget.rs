//! The room in the first partition, whose length has only 19 bits.
//!
//! A picture of ordinary size never comes near. In one of a hundred megapixels 4x4 modes alone would take twice
//! the room, so they must be spread over the picture; in the largest there is only room for one mode.

use super::frame::MAX_FIRST_PARTITION;

/// Bits for the header with all its token probabilities, and for what the encoder rounds.
const HEADER_BITS: u64 = 16 << 10;

/// The most bits that the modes of a macroblock are likely to take: all 4x4, and whole.
const BLOCKS_BITS: u64 = 128;
const WHOLE_BITS: u64 = 8;

/// The same of DC prediction, which is always allowed, in half bits.
const LEAST_HALF_BITS: u64 = 7;

/// Macroblocks beyond which a segment or a flag for each would crowd out the modes.
const MANY: u64 = 400_000;

/// The modes that there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// DC prediction.
    Least,
    /// 16x16 modes.
    Whole,
    /// All.
    Blocks,
}

/// Counts the bits of modes, segments and skip flags: of a picture, or of one of its rows.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Macroblocks of the picture.
    picture: u64,
    /// Macroblocks that share the room.
    total: u64,
    done: u64,
    /// Bits in all.
    room: u64,
    /// In 1/256 bits.
    used: u64,
}

impl Budget {
    /// For a picture of so many macroblocks.
    pub const fn new(macroblocks: u32) -> Self {
        let room = MAX_FIRST_PARTITION as u64 * 8 - HEADER_BITS;
        Self { picture: macroblocks as u64, total: macroblocks as u64, done: 0, room, used: 0 }
    }

    /// The share of a row of what is left.
    pub const fn of_a_row(&self, macroblocks: u32) -> Self {
        let left = if self.total > self.done { self.total - self.done } else { 1 };
        let room = self.room.saturating_sub(self.used >> 8) * macroblocks as u64 / left;
        Self { picture: self.picture, total: macroblocks as u64, done: 0, room, used: 0 }
    }

    /// Counts a row.
    pub const fn add(&mut self, row: &Self) {
        self.done += row.done;
        self.used += row.used;
    }

    /// True if there is room for segments and skip flags.
    pub const fn has_flags(&self) -> bool {
        self.picture <= MANY
    }

    /// What there is room for in the next macroblock, if the room is spread evenly.
    pub const fn room(&self) -> Room {
        let least = self.total * (LEAST_HALF_BITS + if self.has_flags() { 6 } else { 0 }) / 2;
        let more = self.room.saturating_sub(least);
        // A head start, so that a busy beginning needn't wait.
        let share = more / 4 + (least + more - more / 4) * (self.done + 1) / self.total;
        let used = self.used >> 8;
        if used + BLOCKS_BITS <= share {
            Room::Blocks
        } else if used + WHOLE_BITS <= share {
            Room::Whole
        } else {
            Room::Least
        }
    }

    /// Counts a macroblock whose modes cost so much, in 1/256 bits.
    pub const fn spend(&mut self, mode_cost: u32) {
        // Flags of about the entropy of four segments, and of skipping.
        let flags = if self.has_flags() { 3 << 8 } else { 0 };
        self.used += mode_cost as u64 + flags;
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spends the most that is allowed all along, in rows; gives the bits at the end, and the least room.
    fn exhaust(rows: u32, columns: u32) -> (u64, Room) {
        let mut budget = Budget::new(rows * columns);
        let mut least = Room::Blocks;
        let mut row = 0;
        while row < rows {
            // Rows that are coded side by side all see the same share.
            let share = budget.of_a_row(columns);
            for _ in row..(row + 8).min(rows) {
                let mut one = share.clone();
                for _ in 0..columns {
                    let room = one.room();
                    least = least.min(room);
                    one.spend(match room {
                        Room::Blocks => 120 << 8,
                        Room::Whole => 8 << 8,
                        Room::Least => 873,
                    });
                }
                budget.add(&one);
            }
            row += 8;
        }
        (budget.used >> 8, least)
    }

    #[test]
    fn the_first_partition_is_never_too_long() {
        let limit = (MAX_FIRST_PARTITION * 8) as u64;
        for (rows, columns) in [(1, 1), (10, 10), (150, 200), (400, 250), (625, 625), (1024, 1024), (1024, 3)]
        {
            let (bits, _) = exhaust(rows, columns);
            assert!(bits < limit, "{rows}x{columns}: {bits}");
        }
        assert_eq!(exhaust(150, 200).1, Room::Blocks);
    }
}
