//! Entropy decoding that all scans share: blocks of a sequential scan, restart markers, data that end too early.
//!
//! Damaged files decode as in libjpeg-turbo, and so as in every browser. Where the data end before a marker, the
//! current MCU is read from zeros, and the MCUs up to the next restart marker keep no coefficients. Where a restart
//! marker has the wrong number, the number decides whether to go on behind it, to look for a later one, or to wait
//! until it is due. Only a file that ends where data are due is refused: it is cut short.

use super::{
    super::marker::RST0,
    bits::BitReader,
    geometry::{BlockPos, Geometry},
    huffman::{EOB, Table},
    layout::CoefficientLayout,
    scan_header::ScanHeader,
};
use crate::error::{Error, Result};

/// Decodes a block of a sequential scan (T.81 F.2.2) into a lane of a group of zeros. Returns the last coefficient, in
/// zigzag order, that may not be 0.
#[inline(always)]
pub(super) fn read_block(
    bits: &mut BitReader<'_>,
    [dc_table, ac_table]: [&Table; 2],
    layout: &CoefficientLayout,
    group: &mut [i16],
    prediction: &mut i32,
) -> u32 {
    bits.refill_below_32();
    *prediction = prediction.wrapping_add(dc_table.next(bits).value);
    put(group, layout.offsets[0], *prediction);
    let (mut k, mut last) = (0, 0);
    while k < layout.last {
        bits.refill_below_32();
        let symbol = ac_table.next(bits);
        k += symbol.advance;
        let Some(&offset) = layout.offsets.get(k as usize) else {
            if symbol.advance < EOB {
                // Damage: a coefficient past the block is taken for its last.
                put(group, layout.offsets[63], symbol.value);
                last = 63;
            }
            return last;
        };
        put(group, offset, symbol.value);
        last = k;
    }
    if layout.last < 63 {
        ac_table.skip_block(bits, k);
    }
    last
}

#[inline(always)]
fn put(group: &mut [i16], offset: u16, value: i32) {
    if let Some(coefficient) = group.get_mut(usize::from(offset)) {
        *coefficient = value as i16;
    }
}

/// A position in a sequential scan: the entropy decoder's whole state there.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanPosition<'a> {
    pub(super) bits: BitReader<'a>,
    pub(super) restarts: Restarts,
    /// The DC prediction (PRED) of each component.
    pub(super) predictions: [i32; 4],
}

impl<'a> ScanPosition<'a> {
    /// The beginning of a scan.
    pub(super) const fn first(data: &'a [u8], interval: u32) -> Self {
        Self { bits: BitReader::new(data), restarts: Restarts::new(interval), predictions: [0; 4] }
    }

    /// Moves behind the next restart marker; `None` where it has the wrong number, or the data end.
    pub(super) fn restart(&mut self) -> Option<()> {
        let (marker, _, behind) = self.bits.next_marker()?;
        if marker != RST0 | self.restarts.next_num {
            return None;
        }
        self.bits = behind;
        self.restarts.begin_interval();
        self.predictions = [0; 4];
        Some(())
    }
}

/// How an MCU begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum McuStart {
    /// The MCU follows the one before.
    Continue,
    /// A restart interval begins: the DC predictions are 0.
    Restart,
    /// The data have ended: the coefficients stay as they are.
    NoData,
}

/// Counts the MCUs of restart intervals (T.81 F.2.1.3.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Restarts {
    interval: u32,
    /// MCUs up to the next restart marker.
    to_go: u32,
    /// The number of that marker, 0 to 7.
    next_num: u8,
}

impl Restarts {
    pub(super) const fn new(interval: u32) -> Self {
        Self { interval, to_go: interval, next_num: 0 }
    }

    /// The state before the MCU of a number.
    #[inline(always)]
    pub(super) const fn before(interval: u32, mcu: u32) -> Self {
        if interval == 0 || mcu == 0 {
            return Self::new(interval);
        }
        let over = mcu % interval;
        let to_go = if over == 0 { 0 } else { interval - over };
        Self { interval, to_go, next_num: ((mcu - 1) / interval % 8) as u8 }
    }

    /// MCUs up to the next restart marker, or [`u32::MAX`] without restart intervals.
    #[inline(always)]
    pub(super) const fn mcus_to_go(&self) -> u32 {
        if self.interval == 0 { u32::MAX } else { self.to_go }
    }

    /// Counts decoded MCUs, at most as many as were to go.
    #[inline(always)]
    pub(super) const fn count(&mut self, mcus: u32) {
        self.to_go = self.to_go.wrapping_sub(mcus);
    }

    /// Begins an MCU: passes over the restart marker that is due before it.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the file ends there.
    #[inline(always)]
    pub(super) fn begin_mcu(&mut self, bits: &mut BitReader<'_>) -> Result<McuStart> {
        if self.interval > 0 && self.to_go == 0 {
            *bits = self.resync(*bits)?;
            return Ok(if bits.is_past_end() { McuStart::NoData } else { McuStart::Restart });
        }
        Ok(if bits.is_past_end() { McuStart::NoData } else { McuStart::Continue })
    }

    const fn begin_interval(&mut self) {
        (self.to_go, self.next_num) = (self.interval, (self.next_num + 1) & 7);
    }

    /// Passes over the next restart marker, by the rules of libjpeg's `jpeg_resync_to_restart` where it has the wrong
    /// number.
    #[cold]
    #[inline(never)]
    fn resync<'a>(&mut self, bits: BitReader<'a>) -> Result<BitReader<'a>> {
        let mut from = bits;
        loop {
            let Some((marker, at, behind)) = from.next_marker() else { return Err(cut_short()) };
            // How far the marker's number is ahead of the right one, 0 to 7.
            let ahead = marker.wrapping_sub(self.next_num) & 7;
            from = match (marker, ahead) {
                // A reserved marker, or one of the last two: the data behind it are passed over.
                (..=0xbf, _) | (0xd0..=0xd7, 6 | 7) => behind,
                // One of the next two, or no restart marker: it waits until it is due.
                (0xd0..=0xd7, 1 | 2) | (..=0xcf | 0xd8.., _) => {
                    self.begin_interval();
                    return Ok(if bits.is_past_end() { at.without_data() } else { at });
                }
                // The right one, or one that is as far behind as ahead.
                _ => {
                    self.begin_interval();
                    return Ok(behind);
                }
            };
        }
    }
}

/// A block of a scan, as [`for_each_block`] comes to it.
pub(super) struct ScanBlock {
    /// Which of the scan's components it belongs to.
    pub(super) component: usize,
    pub(super) pos: BlockPos,
    /// True for the first block after a restart marker.
    pub(super) is_restart: bool,
}

/// Calls `read` for each block of a scan that has data, in coded order.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when the file ends early.
#[inline(always)]
pub(super) fn for_each_block<'a>(
    bits: &mut BitReader<'a>,
    scan: &ScanHeader,
    restart_interval: u32,
    geometry: &Geometry,
    mut read: impl FnMut(&mut BitReader<'a>, ScanBlock),
) -> Result<()> {
    let mut restarts = Restarts::new(restart_interval);
    if let [component] = scan.components() {
        let component = &geometry.components[component.index()];
        for y in 0..component.height_in_blocks {
            for x in 0..component.width_in_blocks {
                let start = restarts.begin_mcu(bits)?;
                restarts.count(1);
                if start != McuStart::NoData {
                    let is_restart = start == McuStart::Restart;
                    read(bits, ScanBlock { component: 0, pos: BlockPos { x, y }, is_restart });
                }
            }
            check_not_cut_short(bits)?;
        }
        return Ok(());
    }
    for mcu_row in 0..geometry.mcu_rows {
        for mcu in 0..geometry.mcus_per_row {
            let start = restarts.begin_mcu(bits)?;
            restarts.count(1);
            if start == McuStart::NoData {
                continue;
            }
            let mut is_restart = start == McuStart::Restart;
            for (index, component) in scan.components().iter().enumerate() {
                let component = &geometry.components[component.index()];
                let (width, height) = (component.mcu_width, component.mcu_height);
                for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                    let pos = BlockPos { x: mcu * width + x, y: mcu_row * height + y };
                    read(bits, ScanBlock { component: index, pos, is_restart });
                    is_restart = false;
                }
            }
        }
        check_not_cut_short(bits)?;
    }
    Ok(())
}

/// Checks that the file does not end where data are due. A scan whose data end before a marker is only damaged.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when it does.
pub(super) fn check_not_cut_short(bits: &BitReader<'_>) -> Result<()> {
    if bits.is_past_end() && bits.next_marker().is_none() { Err(cut_short()) } else { Ok(()) }
}

fn cut_short() -> Error {
    Error::malformed("the JPEG is cut short: it ends before its scan does")
}
