//! The bits of the first partition, whose length is a number of 19 bits (RFC 6386, section 9.1).
//!
//! A picture of ordinary size never comes near the limit. In one of a hundred megapixels 4x4 modes alone would take
//! twice as much, so they are spread evenly over the picture; the largest picture has bits for one mode only.

use super::frame::MAX_FIRST_PARTITION;

/// Bits for the header with all its token probabilities, and for what the encoder rounds.
const HEADER_BITS: u64 = 16 << 10;

/// The most bits that a macroblock's modes are likely to take: in 4x4 modes, and in a 16x16 mode.
const I4X4_BITS: u64 = 128;
const I16X16_BITS: u64 = 8;

/// The most half bits that DC prediction, which is always allowed, is likely to take.
const DC_HALF_BITS: u64 = 7;

/// The most macroblocks with segment numbers and skip flags: in larger pictures these would crowd out the modes.
const MAX_WITH_FLAGS: u64 = 400_000;

/// The modes that the budget allows a macroblock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowedModes {
    /// DC prediction.
    DcOnly,
    /// 16x16 modes.
    I16x16,
    /// 16x16 and 4x4 modes.
    All,
}

/// Counts the bits of modes, segment numbers and skip flags: of a picture, or of one of its rows.
#[derive(Debug, Clone)]
pub struct PartitionBudget {
    /// Macroblocks of the picture.
    picture: u64,
    /// Macroblocks that share the budget, and those that are done.
    total: u64,
    done: u64,
    /// Bits to spend.
    bits: u64,
    /// What is spent, in 1/256 bits.
    used: u64,
}

impl PartitionBudget {
    /// The budget of a picture with a number of macroblocks.
    pub const fn new(macroblocks: u32) -> Self {
        let bits = MAX_FIRST_PARTITION as u64 * 8 - HEADER_BITS;
        Self { picture: macroblocks as u64, total: macroblocks as u64, done: 0, bits, used: 0 }
    }

    /// A row's share of what is left.
    pub const fn of_a_row(&self, macroblocks: u32) -> Self {
        let left = if self.total > self.done { self.total - self.done } else { 1 };
        let bits = self.bits.saturating_sub(self.used >> 8) * macroblocks as u64 / left;
        Self { picture: self.picture, total: macroblocks as u64, done: 0, bits, used: 0 }
    }

    /// Adds what a row has spent.
    pub const fn add(&mut self, row: &Self) {
        self.done += row.done;
        self.used += row.used;
    }

    /// True if macroblocks have segment numbers and skip flags.
    pub const fn has_flags(&self) -> bool {
        self.picture <= MAX_WITH_FLAGS
    }

    /// The modes that the next macroblock may have if the bits are spread evenly.
    pub const fn allowed_modes(&self) -> AllowedModes {
        let least = self.total * (DC_HALF_BITS + if self.has_flags() { 6 } else { 0 }) / 2;
        let more = self.bits.saturating_sub(least);
        // A head start, so that a busy beginning needn't wait.
        let share = more / 4 + (least + more - more / 4) * (self.done + 1) / self.total;
        let used = self.used >> 8;
        if used + I4X4_BITS <= share {
            AllowedModes::All
        } else if used + I16X16_BITS <= share {
            AllowedModes::I16x16
        } else {
            AllowedModes::DcOnly
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

    /// Spends the most that is allowed all along, in rows; returns the bits at the end, and the fewest modes allowed.
    fn exhaust(rows: u32, columns: u32) -> (u64, AllowedModes) {
        let mut budget = PartitionBudget::new(rows * columns);
        let mut fewest = AllowedModes::All;
        let mut row = 0;
        while row < rows {
            // Rows that are coded side by side all see the same share.
            let share = budget.of_a_row(columns);
            for _ in row..(row + 8).min(rows) {
                let mut one = share.clone();
                for _ in 0..columns {
                    let allowed = one.allowed_modes();
                    fewest = fewest.min(allowed);
                    one.spend(match allowed {
                        AllowedModes::All => 120 << 8,
                        AllowedModes::I16x16 => 8 << 8,
                        AllowedModes::DcOnly => 873,
                    });
                }
                budget.add(&one);
            }
            row += 8;
        }
        (budget.used >> 8, fewest)
    }

    #[test]
    fn the_first_partition_is_never_too_long() {
        let limit = (MAX_FIRST_PARTITION * 8) as u64;
        for (rows, columns) in [(1, 1), (10, 10), (150, 200), (400, 250), (625, 625), (1024, 1024), (1024, 3)]
        {
            let (bits, _) = exhaust(rows, columns);
            assert!(bits < limit, "{rows}x{columns}: {bits}");
        }
        assert_eq!(exhaust(150, 200).1, AllowedModes::All);
    }
}
