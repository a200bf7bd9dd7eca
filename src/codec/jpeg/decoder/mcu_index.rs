//! IndexEntry points into a scan: where each MCU begins, so that MCUs can be decoded in another order than that of the
//! file. A first pass over the data finds them, and reads no coefficient.

use super::{
    bits::BitReader,
    entropy::{McuStart, Restarts, ScanPosition, check_not_cut_short},
    layout::{Geometry, Orient},
    sequential::Block,
};
use crate::error::Result;

/// Where an MCU begins, before a restart marker that is due, and what its differences count from.
#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    /// In bits; the topmost bit says that there are no data for it.
    position: u32,
    /// The lower halves: no more of a coefficient is ever used.
    predictions: [i16; 4],
}

const NO_DATA: u32 = 1 << 31;

/// The entry points that an oriented picture needs.
#[derive(Debug)]
pub(super) struct McuIndex<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// MCUs from one entry to the next: one, or a row of them.
    step: usize,
    /// Entries along the file for an MCU row of the oriented picture, and for an MCU in it.
    strides: [usize; 2],
    entries: Vec<IndexEntry>,
}

impl<'a> McuIndex<'a> {
    /// Looks through the whole scan. `blocks` are those of an MCU, in coded order; the geometry is oriented.
    ///
    /// # Errors
    /// `Malformed` when the file ends before, `OutOfMemory`, `LimitExceeded` for a file past a quarter of a gigabyte.
    pub(super) fn new(
        data: &'a [u8],
        blocks: &[Block],
        restart_interval: u32,
        geometry: &Geometry,
        orient: Orient,
    ) -> Result<Self> {
        let [across, down] = orient.axes(geometry.mcus);
        let step = step(across, orient);
        let strides = if orient.transposes { [1, across] } else { [across, 1] };
        let mut entries = Vec::new();
        entries.try_reserve_exact(across * down / step)?;
        let mut bits = BitReader::new(data);
        let mut restarts = Restarts::new(restart_interval);
        let mut predictions = [0_i32; 4];
        for mcu in 0..across * down {
            if mcu % step == 0 {
                check_not_cut_short(&bits)?;
                let predictions = predictions.map(|prediction| prediction as i16);
                let empty = if bits.is_past_end() { NO_DATA } else { 0 };
                entries.push(IndexEntry { position: bits.position()? | empty, predictions });
            }
            let begin = restarts.begin_mcu(&mut bits)?;
            restarts.count(1);
            match begin {
                McuStart::Continue => (),
                McuStart::Restart => predictions = [0; 4],
                McuStart::NoData => continue,
            }
            for block in blocks {
                bits.refill_below_32();
                let [dc_table, ac_table] = &block.tables;
                let prediction = &mut predictions[block.component];
                *prediction = prediction.wrapping_add(dc_table.next(&mut bits).value);
                ac_table.skip_block(&mut bits, 0);
            }
        }
        check_not_cut_short(&bits)?;
        Ok(Self { data, restart_interval, step, strides, entries })
    }

    /// Where to go on for an MCU of an MCU row of the oriented picture; `None` where that is behind the MCU before.
    #[inline(always)]
    pub(super) fn seek(&self, mcu_row: usize, mcu: usize) -> Option<ScanPosition<'a>> {
        let mcu = mcu_row * self.strides[0] + mcu * self.strides[1];
        if !mcu.is_multiple_of(self.step) {
            return None;
        }
        let entry = self.entries.get(mcu / self.step)?;
        let bits = BitReader::at(self.data, entry.position & !NO_DATA);
        Some(ScanPosition {
            bits: if entry.position & NO_DATA == 0 { bits } else { bits.without_data() },
            restarts: Restarts::before(self.restart_interval, mcu as u32),
            predictions: entry.predictions.map(i32::from),
        })
    }
}

/// MCUs from one entry to the next.
const fn step(across: usize, orient: Orient) -> usize {
    if orient.transposes { 1 } else { across }
}

/// The heap that the index of an oriented picture takes, in bytes.
pub(super) fn heap_bytes(geometry: &Geometry, orient: Orient) -> u64 {
    if !orient.reorders() {
        return 0;
    }
    let [across, down] = orient.axes(geometry.mcus);
    (across * down / step(across, orient) * size_of::<IndexEntry>()) as u64
}
