//! Scans of progressive files (T.81 G.1.2): first looks at coefficients, and corrections that add a bit.

use super::{
    bits::BitReader,
    coefficients::{CoefficientBuffer, for_each_block},
    entropy::{McuStart, Restarts, check_not_cut_short},
    huffman::{EOB, Table},
    layout::{CoefficientLayout, Geometry, LANES},
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
    layout: &CoefficientLayout,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let mut bits = BitReader::new(data);
    let interval = tables.restart_interval;
    let is_refinement = scan.approximation().0 > 0;
    match (scan.spectral_selection().0, is_refinement) {
        (0, false) => read_dc_first(&mut bits, scan, tables, geometry, layout, buffers),
        (0, true) => refine_dc(&mut bits, scan, interval, geometry, layout, buffers),
        _ => {
            let component = scan.components()[0];
            let table = tables.ac_table(component.ac_table())?;
            let ac_scan = AcScan {
                table: &table,
                start: scan.spectral_selection().0,
                end: scan.spectral_selection().1,
                al: scan.approximation().1,
            };
            let buffer = &mut buffers[component.index()];
            if is_refinement {
                ac_scan.read::<true>(bits, interval, layout, buffer)
            } else {
                ac_scan.read::<false>(bits, interval, layout, buffer)
            }
        }
    }
}

/// The first look at the DC coefficients.
#[inline(always)]
fn read_dc_first(
    bits: &mut BitReader<'_>,
    scan: &Scan,
    tables: &Tables,
    geometry: &Geometry,
    layout: &CoefficientLayout,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    let dc_tables: Vec<_> = scan
        .components()
        .iter()
        .map(|component| tables.dc_table(component.dc_table()))
        .collect::<Result<_>>()?;
    let mut predictions = [0_i32; 4];
    for_each_block(bits, scan, tables.restart_interval, geometry, |bits, component, position, is_new| {
        if is_new {
            predictions = [0; 4];
        }
        bits.refill_below_32();
        let prediction = &mut predictions[component];
        *prediction = prediction.wrapping_add(dc_tables[component].next(bits).value);
        if let Some(dc) = buffers[scan.components()[component].index()].dc(position, layout) {
            *dc = (*prediction << scan.approximation().1) as i16;
        }
    })
}

/// A further bit of the DC coefficients.
#[inline(always)]
fn refine_dc(
    bits: &mut BitReader<'_>,
    scan: &Scan,
    interval: u32,
    geometry: &Geometry,
    layout: &CoefficientLayout,
    buffers: &mut [CoefficientBuffer],
) -> Result<()> {
    for_each_block(bits, scan, interval, geometry, |bits, component, position, _| {
        bits.refill_below_32();
        let bit = bits.receive(1) << scan.approximation().1;
        if let Some(dc) = buffers[scan.components()[component].index()].dc(position, layout) {
            *dc |= bit as i16;
        }
    })
}

impl CoefficientBuffer {
    /// The DC coefficient of the block in a row and column.
    #[inline(always)]
    fn dc(&mut self, [row, column]: [usize; 2], layout: &CoefficientLayout) -> Option<&mut i16> {
        let group = row * self.groups + column / LANES;
        self.coefficients.get_mut(group * layout.group() + layout.lane(column % LANES))
    }
}

/// A scan of some AC coefficients of one component.
struct AcScan<'a> {
    table: &'a Table,
    start: u32,
    end: u32,
    /// Lower bits that are left out.
    al: u32,
}

/// A block's coefficients that are kept, and which there are of all.
struct Block<'a> {
    layout: &'a CoefficientLayout,
    /// From the block's lane on.
    coefficients: &'a mut [i16],
    nonzero: u64,
}

impl Block<'_> {
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
        let [across, down] = buffer.blocks;
        let mut restarts = Restarts::new(interval);
        // Blocks to come that have nothing new.
        let mut eob_run = 0_u32;
        for row in 0..down {
            let (coefficients, nonzero) = buffer.row(row, layout);
            let mut column = 0;
            while column < across {
                let begin = restarts.begin_mcu(&mut bits)?;
                if begin == McuStart::Restart {
                    eob_run = 0;
                }
                let is_empty = begin == McuStart::NoData;
                if is_empty || !REFINES && eob_run > 0 {
                    let most = if is_empty { u32::MAX } else { eob_run };
                    let passed = most.min((across - column) as u32).min(restarts.mcus_to_go());
                    column += passed as usize;
                    eob_run = eob_run.saturating_sub(passed);
                    restarts.count(passed);
                    continue;
                }
                let start = column / LANES * layout.group() + layout.lane(column % LANES);
                let mut block = Block {
                    layout,
                    coefficients: coefficients.get_mut(start..).unwrap_or_default(),
                    nonzero: nonzero.get(column).copied().unwrap_or_default(),
                };
                eob_run = if REFINES {
                    self.refine(&mut bits, &mut block, eob_run)
                } else {
                    self.decode_first(&mut bits, &mut block)
                };
                if let Some(nonzero) = nonzero.get_mut(column) {
                    *nonzero = block.nonzero;
                }
                column += 1;
                restarts.count(1);
            }
            check_not_cut_short(&bits)?;
        }
        Ok(())
    }

    /// The length of a run of ended blocks, this one included, whose symbol was just read.
    #[inline(always)]
    fn read_eob_run(bits: &mut BitReader<'_>, size: i32) -> u32 {
        bits.refill_below_32();
        (1 << size) + bits.receive(size as u32)
    }

    /// The first look at a block. Returns how many blocks after it have nothing.
    #[inline(always)]
    fn decode_first(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>) -> u32 {
        let mut k = self.start - 1;
        while k < self.end {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.advance == EOB {
                return Self::read_eob_run(bits, symbol.value) - 1;
            }
            k += symbol.advance;
            if symbol.value != 0 {
                // Damage: past the band there are the mask behind it, past the block its last.
                k = k.min(63);
                block.nonzero |= 1 << k;
                if let Some(coefficient) = block.at(k) {
                    *coefficient = (symbol.value << self.al) as i16;
                }
            }
        }
        0
    }

    /// Corrects a block, of which nothing new comes when `ended` is not 0. Returns how many blocks after it have
    /// nothing new.
    #[inline(always)]
    fn refine(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>, mut eob_run: u32) -> u32 {
        let band = (u64::MAX << self.start) & (u64::MAX >> (63 - self.end));
        let nonzero = block.nonzero & band;
        // Places not yet passed.
        let mut rest = band;
        while eob_run == 0 && rest != 0 {
            bits.refill_below_32();
            let symbol = self.table.next(bits);
            if symbol.advance == EOB {
                eob_run = Self::read_eob_run(bits, symbol.value);
                break;
            }
            // The symbol counts mask that are still 0; those that are not are corrected on the way.
            let mut zeros = rest & !nonzero;
            for _ in 1..symbol.advance {
                zeros &= zeros.wrapping_sub(1);
            }
            let target = zeros & zeros.wrapping_neg();
            // All up to the target, or to the end when there is none.
            let passed = rest & (target | target.wrapping_sub(1));
            self.refine_nonzero(bits, block, nonzero & passed);
            rest &= !passed;
            if symbol.value != 0 {
                // Damage: the k behind the band.
                let target = if target == 0 { 1 << (self.end + 1).min(63) } else { target };
                block.nonzero |= target;
                if let Some(coefficient) = block.at(target.trailing_zeros()) {
                    *coefficient = (symbol.value << self.al) as i16;
                }
            }
        }
        if eob_run > 0 {
            self.refine_nonzero(bits, block, nonzero & rest);
            eob_run -= 1;
        }
        eob_run
    }

    /// Reads a correction bit for each of the `mask`, and applies those to what is kept.
    #[inline(always)]
    fn refine_nonzero(&self, bits: &mut BitReader<'_>, block: &mut Block<'_>, mut mask: u64) {
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
