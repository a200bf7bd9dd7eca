//! Scans of progressive files (T.81 G.1.2): DC and AC coefficients, each by a first scan and by refinement scans, which
//! add a bit.

use super::{
    bits::BitReader,
    coefficients::CoefficientBuffer,
    entropy::{McuStart, Restarts, ScanBlock, check_not_cut_short, for_each_block},
    geometry::Geometry,
    huffman::{EOB, Table},
    layout::{CoefficientLayout, LANES},
    scan_header::ScanHeader,
    tables::Tables,
};
use crate::error::Result;

/// Decodes a scan into the coefficient buffers.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when a table is missing or the data end early.
#[inline(always)]
pub(super) fn read_scan(
    data: &[u8],
    scan: &ScanHeader,
    tables: &Tables,
    geometry: &Geometry,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let mut bits = BitReader::new(data);
    let interval = tables.restart_interval;
    match (scan.ss(), scan.is_refinement()) {
        (0, false) => read_dc_first(&mut bits, scan, tables, geometry, buffers),
        (0, true) => refine_dc(&mut bits, scan, interval, geometry, buffers),
        (ss, is_refinement) => {
            let component = scan.components()[0];
            let table = tables.ac_table(component.ac_table())?;
            let ac_scan = AcScan { table: &table, ss, se: scan.se(), al: scan.al() };
            let buffer = &mut buffers[component.index()];
            if is_refinement {
                ac_scan.read::<true>(bits, interval, &geometry.layout, buffer)
            } else {
                ac_scan.read::<false>(bits, interval, &geometry.layout, buffer)
            }
        }
    }
}

/// The first scan of DC coefficients (T.81 G.1.2.1).
#[inline(always)]
fn read_dc_first(
    bits: &mut BitReader<'_>,
    scan: &ScanHeader,
    tables: &Tables,
    geometry: &Geometry,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let dc_tables = scan.components().iter();
    let dc_tables: Vec<_> =
        dc_tables.map(|component| tables.dc_table(component.dc_table())).collect::<Result<_>>()?;
    let mut predictions = [0_i32; 4];
    for_each_block(bits, scan, tables.restart_interval, geometry, |bits, block| {
        let ScanBlock { component, pos, is_restart } = block;
        if is_restart {
            predictions = [0; 4];
        }
        bits.refill_below_32();
        let prediction = &mut predictions[component];
        *prediction = prediction.wrapping_add(dc_tables[component].next(bits).value);
        if let Some(dc) = buffers[scan.components()[component].index()].dc(pos, &geometry.layout) {
            *dc = (*prediction << scan.al()) as i16;
        }
    })
}

/// A refinement scan of DC coefficients (T.81 G.1.2.1): a bit each.
#[inline(always)]
fn refine_dc(
    bits: &mut BitReader<'_>,
    scan: &ScanHeader,
    interval: u32,
    geometry: &Geometry,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    for_each_block(bits, scan, interval, geometry, |bits, ScanBlock { component, pos, .. }| {
        bits.refill_below_32();
        let bit = bits.receive(1) << scan.al();
        if let Some(dc) = buffers[scan.components()[component].index()].dc(pos, &geometry.layout) {
            *dc |= bit as i16;
        }
    })
}

/// A scan of a band of AC coefficients of one component.
struct AcScan<'a> {
    table: &'a Table,
    ss: u32,
    se: u32,
    al: u32,
}

/// A block: its coefficients that are kept, and the mask of all that are not 0.
struct Block<'a> {
    layout: &'a CoefficientLayout,
    /// From the block's lane on.
    coefficients: &'a mut [i16],
    nonzero: u64,
}

impl Block<'_> {
    /// The coefficient `k` in zigzag order, if it is kept.
    #[inline(always)]
    fn at(&mut self, k: u32) -> Option<&mut i16> {
        if self.layout.kept >> (k & 63) & 1 == 0 {
            return None;
        }
        self.coefficients.get_mut(usize::from(self.layout.offsets[k as usize & 63]))
    }
}

impl AcScan<'_> {
    /// Reads the scan, block after block.
    #[inline(always)]
    fn read<const REFINES: bool>(
        &self,
        mut bits: BitReader<'_>,
        interval: u32,
        layout: &CoefficientLayout,
        buffer: &mut CoefficientBuffer,
    ) -> Result<()> {
        let [width, height] = [buffer.width_in_blocks, buffer.height_in_blocks];
        let mut restarts = Restarts::new(interval);
        // Blocks to come in which the band has ended.
        let mut eob_run = 0_u32;
        for y in 0..height {
            let (coefficients, nonzero) = buffer.row(y, layout);
            let mut x = 0;
            while x < width {
                let start = restarts.begin_mcu(&mut bits)?;
                if start == McuStart::Restart {
                    eob_run = 0;
                }
                let has_no_data = start == McuStart::NoData;
                if has_no_data || !REFINES && eob_run > 0 {
                    let most = if has_no_data { u32::MAX } else { eob_run };
                    let passed = most.min((width - x) as u32).min(restarts.mcus_to_go());
                    x += passed as usize;
                    eob_run = eob_run.saturating_sub(passed);
                    restarts.count(passed);
                    continue;
                }
                let start = x / LANES * layout.group() + layout.lane(x % LANES);
                let mut block = Block {
                    layout,
                    coefficients: coefficients.get_mut(start..).unwrap_or_default(),
                    nonzero: nonzero.get(x).copied().unwrap_or_default(),
                };
                eob_run = if REFINES {
                    self.refine(&mut bits, &mut block, eob_run)
                } else {
                    self.read_first(&mut bits, &mut block)
                };
                if let Some(nonzero) = nonzero.get_mut(x) {
                    *nonzero = block.nonzero;
                }
                x += 1;
                restarts.count(1);
            }
            check_not_cut_short(&bits)?;
        }
        Ok(())
    }

    /// Reads the rest of an EOBn symbol: the length of the EOB run, this block included.
    #[inline(always)]
    fn read_eob_run(bits: &mut BitReader<'_>, n: i32) -> u32 {
        bits.refill_below_32();
        (1 << n) + bits.receive(n as u32)
    }

    /// Reads a block of a first scan (T.81 G.1.2.2). Returns the EOB run that follows it.
    #[inline(always)]
    fn read_first(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>) -> u32 {
        let mut k = self.ss - 1;
        while k < self.se {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.advance == EOB {
                return Self::read_eob_run(bits, symbol.value) - 1;
            }
            k += symbol.advance;
            if symbol.value != 0 {
                // Damage: a coefficient past the band counts, one past the block is taken for its last.
                k = k.min(63);
                block.nonzero |= 1 << k;
                if let Some(coefficient) = block.at(k) {
                    *coefficient = (symbol.value << self.al) as i16;
                }
            }
        }
        0
    }

    /// Reads a block of a refinement scan (T.81 G.1.2.3); where it is in an EOB run, only correction bits. Returns the
    /// EOB run that follows it.
    #[inline(always)]
    fn refine(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>, mut eob_run: u32) -> u32 {
        let band = (u64::MAX << self.ss) & (u64::MAX >> (63 - self.se));
        let nonzero = block.nonzero & band;
        // Coefficients not yet passed.
        let mut rest = band;
        while eob_run == 0 && rest != 0 {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.advance == EOB {
                eob_run = Self::read_eob_run(bits, symbol.value);
                break;
            }
            // The run counts coefficients that are still 0; those that are not are corrected on the way.
            let mut zeros = rest & !nonzero;
            for _ in 1..symbol.advance {
                zeros &= zeros.wrapping_sub(1);
            }
            let target = zeros & zeros.wrapping_neg();
            // All up to the target, or to the end when there is none.
            let passed = rest & (target | target.wrapping_sub(1));
            self.correct(bits, block, nonzero & passed);
            rest &= !passed;
            if symbol.value != 0 {
                // Damage: the coefficient behind the band.
                let target = if target == 0 { 1 << (self.se + 1).min(63) } else { target };
                block.nonzero |= target;
                if let Some(coefficient) = block.at(target.trailing_zeros()) {
                    *coefficient = (symbol.value << self.al) as i16;
                }
            }
        }
        if eob_run > 0 {
            self.correct(bits, block, nonzero & rest);
            eob_run -= 1;
        }
        eob_run
    }

    /// Reads a correction bit for each coefficient of `mask`, and applies it where the coefficient is kept.
    #[inline(always)]
    fn correct(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>, mut mask: u64) {
        while mask != 0 {
            bits.refill_below_32();
            let all = mask.count_ones();
            let count = all.min(32);
            let mut correction_bits = bits.peek(count) << (32 - count);
            bits.skip(count);
            for _ in 0..count {
                if correction_bits == 0 && all <= 32 {
                    return;
                }
                let k = mask.trailing_zeros();
                mask &= mask - 1;
                if correction_bits >> 31 == 1
                    && let Some(coefficient) = block.at(k)
                {
                    let step = 1_i16 << self.al;
                    *coefficient = coefficient.wrapping_add(if *coefficient < 0 { -step } else { step });
                }
                correction_bits <<= 1;
            }
        }
    }
}
