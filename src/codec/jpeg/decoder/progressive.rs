//! Scans of progressive files (T.81 G.1.2): first looks at coefficients, and corrections that add a bit.

use super::{
    bits::Bits,
    entropy::{Begin, Restarts, check},
    huffman::{END, Table},
    layout::{Geometry, LANES, Plan},
    stored::{Stored, for_each_block},
    tables::{Scan, Tables},
};
use crate::error::Result;

/// Decodes a scan into what is stored.
///
/// # Errors
/// `Malformed` when a table is missing or the data end early.
#[inline(always)]
pub(super) fn read_scan(
    data: &[u8],
    scan: &Scan,
    tables: &Tables,
    geometry: &Geometry,
    plan: &Plan,
    stored: &mut [Stored],
) -> Result<()> {
    let mut bits = Bits::new(data);
    let interval = tables.restart_interval;
    let is_correction = scan.approximation().0 > 0;
    match (scan.band().0, is_correction) {
        (0, false) => read_means(&mut bits, scan, tables, geometry, plan, stored),
        (0, true) => correct_means(&mut bits, scan, interval, geometry, plan, stored),
        _ => {
            let part = scan.parts()[0];
            let table = tables.coefficients(part.ac_table())?;
            let band = Band {
                table: &table,
                first: scan.band().0,
                last: scan.band().1,
                low: scan.approximation().1,
            };
            let stored = &mut stored[part.component()];
            if is_correction {
                band.read::<true>(bits, interval, plan, stored)
            } else {
                band.read::<false>(bits, interval, plan, stored)
            }
        }
    }
}

/// The first look at the DC coefficients.
#[inline(always)]
fn read_means(
    bits: &mut Bits<'_>,
    scan: &Scan,
    tables: &Tables,
    geometry: &Geometry,
    plan: &Plan,
    stored: &mut [Stored],
) -> Result<()> {
    let chosen: Vec<_> =
        scan.parts().iter().map(|part| tables.differences(part.dc_table())).collect::<Result<_>>()?;
    let mut predictions = [0_i32; 4];
    for_each_block(bits, scan, tables.restart_interval, geometry, |bits, part, place, is_new| {
        if is_new {
            predictions = [0; 4];
        }
        bits.refill_below_32();
        let prediction = &mut predictions[part];
        *prediction = prediction.wrapping_add(chosen[part].next(bits).value);
        if let Some(mean) = stored[scan.parts()[part].component()].mean(place, plan) {
            *mean = (*prediction << scan.approximation().1) as i16;
        }
    })
}

/// A further bit of the DC coefficients.
#[inline(always)]
fn correct_means(
    bits: &mut Bits<'_>,
    scan: &Scan,
    interval: u32,
    geometry: &Geometry,
    plan: &Plan,
    stored: &mut [Stored],
) -> Result<()> {
    for_each_block(bits, scan, interval, geometry, |bits, part, place, _| {
        bits.refill_below_32();
        let bit = bits.take(1) << scan.approximation().1;
        if let Some(mean) = stored[scan.parts()[part].component()].mean(place, plan) {
            *mean |= bit as i16;
        }
    })
}

impl Stored {
    /// The DC coefficient of the block in a row and column.
    #[inline(always)]
    fn mean(&mut self, [row, column]: [usize; 2], plan: &Plan) -> Option<&mut i16> {
        let group = row * self.groups + column / LANES;
        self.coefficients.get_mut(group * plan.group() + plan.lane(column % LANES))
    }
}

/// A scan of some AC coefficients of one component.
struct Band<'a> {
    table: &'a Table,
    first: u32,
    last: u32,
    /// Lower bits that are left out.
    low: u32,
}

/// A block's coefficients that are kept, and which there are of all.
struct Block<'a> {
    plan: &'a Plan,
    /// From the block's lane on.
    coefficients: &'a mut [i16],
    known: u64,
}

impl Block<'_> {
    #[inline(always)]
    fn at(&mut self, place: u32) -> Option<&mut i16> {
        if self.plan.kept >> (place & 63) & 1 == 0 {
            return None;
        }
        self.coefficients.get_mut(usize::from(self.plan.offsets[place as usize & 63]))
    }
}

impl Band<'_> {
    /// Reads the scan, block after block.
    #[inline(always)]
    fn read<const CORRECTS: bool>(
        &self,
        mut bits: Bits<'_>,
        interval: u32,
        plan: &Plan,
        stored: &mut Stored,
    ) -> Result<()> {
        let [across, down] = stored.blocks;
        let mut restarts = Restarts::new(interval);
        // Blocks to come that have nothing new.
        let mut ended = 0_u32;
        for row in 0..down {
            let (coefficients, known) = stored.row(row, plan);
            let mut column = 0;
            while column < across {
                let begin = restarts.begin_unit(&mut bits)?;
                if begin == Begin::Anew {
                    ended = 0;
                }
                let is_empty = begin == Begin::Empty;
                if is_empty || !CORRECTS && ended > 0 {
                    let most = if is_empty { u32::MAX } else { ended };
                    let passed = most.min((across - column) as u32).min(restarts.left());
                    column += passed as usize;
                    ended = ended.saturating_sub(passed);
                    restarts.pass(passed);
                    continue;
                }
                let start = column / LANES * plan.group() + plan.lane(column % LANES);
                let mut block = Block {
                    plan,
                    coefficients: coefficients.get_mut(start..).unwrap_or_default(),
                    known: known.get(column).copied().unwrap_or_default(),
                };
                ended = if CORRECTS {
                    self.correct(&mut bits, &mut block, ended)
                } else {
                    self.look(&mut bits, &mut block)
                };
                if let Some(known) = known.get_mut(column) {
                    *known = block.known;
                }
                column += 1;
                restarts.pass(1);
            }
            check(&bits)?;
        }
        Ok(())
    }

    /// The length of a run of ended blocks, this one included, whose symbol was just read.
    #[inline(always)]
    fn run(bits: &mut Bits<'_>, size: i32) -> u32 {
        bits.refill_below_32();
        (1 << size) + bits.take(size as u32)
    }

    /// The first look at a block. Returns how many blocks after it have nothing.
    #[inline(always)]
    fn look(&self, bits: &mut Bits<'_>, block: &mut Block<'_>) -> u32 {
        let mut place = self.first - 1;
        while place < self.last {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.places == END {
                return Self::run(bits, symbol.value) - 1;
            }
            place += symbol.places;
            if symbol.value != 0 {
                // Damage: past the band there are the places behind it, past the block its last.
                place = place.min(63);
                block.known |= 1 << place;
                if let Some(coefficient) = block.at(place) {
                    *coefficient = (symbol.value << self.low) as i16;
                }
            }
        }
        0
    }

    /// Corrects a block, of which nothing new comes when `ended` is not 0. Returns how many blocks after it have
    /// nothing new.
    #[inline(always)]
    fn correct(&self, bits: &mut Bits<'_>, block: &mut Block<'_>, mut ended: u32) -> u32 {
        let band = (u64::MAX << self.first) & (u64::MAX >> (63 - self.last));
        let known = block.known & band;
        // Places not yet passed.
        let mut rest = band;
        while ended == 0 && rest != 0 {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.places == END {
                ended = Self::run(bits, symbol.value);
                break;
            }
            // The symbol counts places that are still 0; those that are not are corrected on the way.
            let mut zeros = rest & !known;
            for _ in 1..symbol.places {
                zeros &= zeros.wrapping_sub(1);
            }
            let target = zeros & zeros.wrapping_neg();
            // All up to the target, or to the end when there is none.
            let passed = rest & (target | target.wrapping_sub(1));
            self.correct_known(bits, block, known & passed);
            rest &= !passed;
            if symbol.value != 0 {
                // Damage: the place behind the band.
                let target = if target == 0 { 1 << (self.last + 1).min(63) } else { target };
                block.known |= target;
                if let Some(coefficient) = block.at(target.trailing_zeros()) {
                    *coefficient = (symbol.value << self.low) as i16;
                }
            }
        }
        if ended > 0 {
            self.correct_known(bits, block, known & rest);
            ended -= 1;
        }
        ended
    }

    /// Reads a correction bit for each of the `places`, and applies those to what is kept.
    #[inline(always)]
    fn correct_known(&self, bits: &mut Bits<'_>, block: &mut Block<'_>, mut places: u64) {
        while places != 0 {
            bits.refill_below_32();
            let all = places.count_ones();
            let count = all.min(32);
            let mut corrections = bits.peek(count) << (32 - count);
            bits.skip(count);
            for _ in 0..count {
                if corrections == 0 && all <= 32 {
                    return;
                }
                let place = places.trailing_zeros();
                places &= places - 1;
                if corrections >> 31 == 1
                    && let Some(coefficient) = block.at(place)
                {
                    let step = 1_i16 << self.low;
                    *coefficient = coefficient.wrapping_add(if *coefficient < 0 { -step } else { step });
                }
                corrections <<= 1;
            }
        }
    }
}
