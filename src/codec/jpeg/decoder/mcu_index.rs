//! The index of a scan's MCUs: where each begins, so that they can be decoded in another order than that of the file.
//! A first pass over the scan makes it, which decodes DC differences and passes over AC coefficients.

use super::{
    bits::BitReader,
    entropy::{McuStart, Restarts, ScanPosition, check_not_cut_short},
    geometry::{CodedMcus, Geometry},
    mcu::McuBlock,
};
use crate::error::Result;

/// Where an MCU begins, before a restart marker that is due, and the DC predictions there.
#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    /// In bits; [`NO_DATA`] is set where the data have ended.
    position: u32,
    /// The lower halves: no more of a coefficient is ever used.
    predictions: [i16; 4],
}

const NO_DATA: u32 = 1 << 31;

/// The index that a reoriented picture needs: of all MCUs, or of those that begin an MCU row.
#[derive(Debug)]
pub(super) struct McuIndex<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// MCUs from one entry to the next: one, or a row of them.
    step: usize,
    /// MCUs of the file from one MCU row of the oriented picture to the next, and from one MCU of it to the next.
    row_stride: usize,
    mcu_stride: usize,
    entries: Vec<IndexEntry>,
}

impl<'a> McuIndex<'a> {
    /// Passes over the whole scan. `blocks` are those of an MCU, in coded order.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the file ends early,
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for a file past a quarter of a gigabyte,
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory) when there is no memory for the index.
    pub(super) fn new(
        data: &'a [u8],
        blocks: &[McuBlock],
        restart_interval: u32,
        geometry: &Geometry,
    ) -> Result<Self> {
        let mcus = geometry.coded_mcus();
        let step = step(geometry);
        let (row_stride, mcu_stride) =
            if geometry.orient.transposes { (1, mcus.per_row) } else { (mcus.per_row, 1) };
        let mut entries = Vec::new();
        entries.try_reserve_exact(mcus.all / step)?;
        let mut bits = BitReader::new(data);
        let mut restarts = Restarts::new(restart_interval);
        let mut predictions = [0_i32; 4];
        for mcu in 0..mcus.all {
            if mcu % step == 0 {
                check_not_cut_short(&bits)?;
                let predictions = predictions.map(|prediction| prediction as i16);
                let no_data = if bits.is_past_end() { NO_DATA } else { 0 };
                entries.push(IndexEntry { position: bits.position()? | no_data, predictions });
            }
            let start = restarts.begin_mcu(&mut bits)?;
            restarts.count(1);
            match start {
                McuStart::Continue => (),
                McuStart::Restart => predictions = [0; 4],
                McuStart::NoData => continue,
            }
            for block in blocks {
                bits.refill_below_32();
                let prediction = &mut predictions[block.component];
                *prediction = prediction.wrapping_add(block.dc_table.next(&mut bits).value);
                block.ac_table.skip_block(&mut bits, 0);
            }
        }
        check_not_cut_short(&bits)?;
        Ok(Self { data, restart_interval, step, row_stride, mcu_stride, entries })
    }

    /// The position of an MCU of an MCU row of the oriented picture; `None` where it follows the MCU before.
    #[inline(always)]
    pub(super) fn seek(&self, mcu_row: usize, mcu: usize) -> Option<ScanPosition<'a>> {
        let mcu = mcu_row * self.row_stride + mcu * self.mcu_stride;
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
const fn step(geometry: &Geometry) -> usize {
    if geometry.orient.transposes { 1 } else { geometry.mcus_per_row }
}

/// What an entry takes.
pub(in crate::codec::jpeg) const INDEX_ENTRY_BYTES: u64 = size_of::<IndexEntry>() as u64;

/// The heap that the index takes, if the picture needs one, in bytes.
pub(super) fn heap_bytes(geometry: &Geometry) -> u64 {
    if !geometry.orient.reorders() {
        return 0;
    }
    let CodedMcus { all, .. } = geometry.coded_mcus();
    (all / step(geometry) * size_of::<IndexEntry>()) as u64
}
