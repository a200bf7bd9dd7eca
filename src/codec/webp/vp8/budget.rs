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

/// Counts the bits of modes, segments and skip flags.
#[derive(Debug, Clone)]
pub struct Budget {
    total: u64,
    done: u64,
    /// In 1/256 bits.
    used: u64,
}

impl Budget {
    /// For a picture of so many macroblocks.
    pub const fn new(macroblocks: u32) -> Self {
        Self { total: macroblocks as u64, done: 0, used: 0 }
    }

    /// True if there is room for segments and skip flags.
    pub const fn has_flags(&self) -> bool {
        self.total <= MANY
    }

    /// What there is room for in the next macroblock, if the room is spread evenly.
    pub const fn room(&self) -> Room {
        let all = MAX_FIRST_PARTITION as u64 * 8 - HEADER_BITS;
        // A head start, so that a busy top needn't wait.
        let share = all / 32 + (all - all / 32) * (self.done + 1) / self.total;
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

    /// Spends the most that is allowed all along; gives the bits at the end, and the least room.
    fn exhaust(macroblocks: u32) -> (u64, Room) {
        let mut budget = Budget::new(macroblocks);
        let mut least = Room::Blocks;
        for _ in 0..macroblocks {
            let room = budget.room();
            least = least.min(room);
            budget.spend(match room {
                Room::Blocks => 120 << 8,
                Room::Whole => 8 << 8,
                Room::Least => 873,
            });
        }
        (budget.used >> 8, least)
    }

    #[test]
    fn the_first_partition_is_never_too_long() {
        let limit = (MAX_FIRST_PARTITION * 8) as u64;
        for macroblocks in [1, 100, 30_000, 100_000, 390_625, 1 << 20] {
            let (bits, _) = exhaust(macroblocks);
            assert!(bits < limit, "{macroblocks}: {bits}");
        }
        assert_eq!(exhaust(30_000).1, Room::Blocks);
    }
}
