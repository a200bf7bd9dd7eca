//! Entry points into a scan: where each unit begins, so that units can be decoded in another order than that of the
//! file. A first pass over the data finds them, and reads no coefficient.

use super::{
    bits::Bits,
    entropy::{Begin, Place, Restarts, check},
    layout::{Geometry, Turn},
    sequential::Block,
};
use crate::error::Result;

/// Where a unit begins, before a restart marker that is due, and what its differences count from.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// In bits; the topmost bit says that there are no data for it.
    position: u32,
    /// The lower halves: no more of a coefficient is ever used.
    predictions: [i16; 4],
}

const EMPTY: u32 = 1 << 31;

/// The entry points that a turned picture needs.
#[derive(Debug)]
pub(super) struct Index<'a> {
    data: &'a [u8],
    restart_interval: u32,
    /// Units from one entry to the next: one, or a row of them.
    step: usize,
    /// Entries along the file for a line of the turned picture, and for a unit in it.
    strides: [usize; 2],
    entries: Vec<Entry>,
}

impl<'a> Index<'a> {
    /// Looks through the whole scan. `blocks` are those of a unit, in coded order; the geometry is turned.
    ///
    /// # Errors
    /// `Malformed` when the file ends before, `OutOfMemory`, `LimitExceeded` for a file past a quarter of a gigabyte.
    pub(super) fn new(
        data: &'a [u8],
        blocks: &[Block],
        restart_interval: u32,
        geometry: &Geometry,
        turn: Turn,
    ) -> Result<Self> {
        let [across, down] = turn.pair(geometry.units);
        let step = step(across, turn);
        let strides = if turn.transposes { [1, across] } else { [across, 1] };
        let mut entries = Vec::new();
        entries.try_reserve_exact(across * down / step)?;
        let mut bits = Bits::new(data);
        let mut restarts = Restarts::new(restart_interval);
        let mut predictions = [0_i32; 4];
        for unit in 0..across * down {
            if unit % step == 0 {
                check(&bits)?;
                let predictions = predictions.map(|prediction| prediction as i16);
                let empty = if bits.is_past_end() { EMPTY } else { 0 };
                entries.push(Entry { position: bits.position()? | empty, predictions });
            }
            let begin = restarts.begin_unit(&mut bits)?;
            restarts.pass(1);
            match begin {
                Begin::On => (),
                Begin::Anew => predictions = [0; 4],
                Begin::Empty => continue,
            }
            for block in blocks {
                bits.refill_below_32();
                let [differences, coefficients] = &block.tables;
                let prediction = &mut predictions[block.component];
                *prediction = prediction.wrapping_add(differences.next(&mut bits).value);
                coefficients.skip_block(&mut bits, 0);
            }
        }
        check(&bits)?;
        Ok(Self { data, restart_interval, step, strides, entries })
    }

    /// Where to go on for a unit of a line of the turned picture; `None` where that is behind the unit before.
    #[inline(always)]
    pub(super) fn start(&self, line: usize, unit: usize) -> Option<Place<'a>> {
        let unit = line * self.strides[0] + unit * self.strides[1];
        if !unit.is_multiple_of(self.step) {
            return None;
        }
        let entry = self.entries.get(unit / self.step)?;
        let bits = Bits::at(self.data, entry.position & !EMPTY);
        Some(Place {
            bits: if entry.position & EMPTY == 0 { bits } else { bits.without_data() },
            restarts: Restarts::before(self.restart_interval, unit as u32),
            predictions: entry.predictions.map(i32::from),
        })
    }
}

/// Units from one entry to the next.
const fn step(across: usize, turn: Turn) -> usize {
    if turn.transposes { 1 } else { across }
}

/// The heap that the index of a turned picture takes, in bytes.
pub(super) fn heap_bytes(geometry: &Geometry, turn: Turn) -> u64 {
    if !turn.reorders() {
        return 0;
    }
    let [across, down] = turn.pair(geometry.units);
    (across * down / step(across, turn) * size_of::<Entry>()) as u64
}
