//! A look over all scans of a file before the first is decoded: where they are, and which of them the scale needs.

use super::{
    layout::{CoefficientLayout, Geometry},
    tables::{Next, Scan, Tables},
};
use crate::error::{Error, Result};

/// Scans of a file. Encoders write about ten, and none more than a hundred; each costs time over the whole picture,
/// however short its data are. So there may be [`FEW_SCANS`] of any picture, and more as long as they pass over no
/// more than so many blocks together, which takes about a second at the worst.
const MAX_SCANS: usize = 1000;
const FEW_SCANS: usize = 64;
const MAX_BLOCKS: u64 = 1 << 26;

/// A scan, where its data are, and whether anything kept depends on it.
#[derive(Debug)]
pub(super) struct ScanEntry {
    pub(super) scan: Scan,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_needed: bool,
}

/// All scans in their order.
#[derive(Debug)]
pub(super) struct ScanIndex {
    pub(super) scans: Vec<ScanEntry>,
    pub(super) is_progressive: bool,
    /// For each component whether a needed scan corrects its coefficients.
    pub(super) is_refined: [bool; 4],
}

impl ScanIndex {
    /// Looks over `data`, the file from its first scan's marker on.
    ///
    /// # Errors
    /// `Malformed` when a scan header makes no sense, or the file ends before its last scan; `LimitExceeded` when
    /// there are too many.
    pub(super) fn new(
        data: &[u8],
        geometry: &Geometry,
        layout: &CoefficientLayout,
        is_progressive: bool,
    ) -> Result<Self> {
        let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
        let mut scan_index = Self { scans: Vec::new(), is_progressive, is_refined: [false; 4] };
        let (mut at, mut blocks) = (0, 0);
        let is_ended = loop {
            let (next, from) = Tables::find_scan(data, at, &ids)?;
            if let Some(last) = scan_index.scans.last_mut() {
                last.end = from;
            }
            match next {
                Next::Scan(scan, start) => {
                    geometry.check_mcu(scan.components())?;
                    blocks += geometry.blocks(scan.components());
                    let count = scan_index.scans.len() + 1;
                    if count > MAX_SCANS || count > FEW_SCANS && blocks > MAX_BLOCKS {
                        return Err(Error::limit(format!("a JPEG of {count} scans, or more")));
                    }
                    if is_progressive {
                        check(&scan)?;
                    }
                    // In a sequential file a component has one scan.
                    let is_needed = !is_progressive
                        && scan.components().iter().any(|component| !scan_index.has(component.index()));
                    scan_index.scans.push(ScanEntry { scan, start, end: data.len(), is_needed });
                    at = start;
                }
                Next::End => break true,
                Next::Nothing => break false,
            }
        };
        if is_progressive {
            scan_index.mark_needed(layout);
            // Of a file without an end marker only what is decoded is known to be whole.
            let is_whole = || {
                scan_index.scans.last().is_some_and(|last| last.is_needed)
                    && scan_index.is_complete(ids.len())
            };
            if !(is_ended || is_whole()) {
                return Err(Error::malformed("the JPEG is cut short: it ends before its last scan"));
            }
        }
        Ok(scan_index)
    }

    /// True if a scan of the component was found.
    fn has(&self, component: usize) -> bool {
        self.scans.iter().any(|entry| entry.scan.components().iter().any(|other| other.index() == component))
    }

    /// True if every coefficient has all its bits.
    fn is_complete(&self, components: usize) -> bool {
        let mut missing = vec![u64::MAX; components];
        for entry in self.scans.iter().filter(|entry| entry.scan.approximation().1 == 0) {
            for component in entry.scan.components() {
                missing[component.index()] &= !band(&entry.scan);
            }
        }
        missing.iter().all(|&missing| missing == 0)
    }

    /// Finds what is needed, from the last scan to the first: whatever touches a kept coefficient, and whatever
    /// a needed correction must know of.
    fn mark_needed(&mut self, layout: &CoefficientLayout) {
        let mut wanted = [layout.kept; 4];
        for entry in self.scans.iter_mut().rev() {
            let band = band(&entry.scan);
            for component in entry.scan.components() {
                if wanted[component.index()] & band == 0 {
                    continue;
                }
                entry.is_needed = true;
                if entry.scan.approximation().0 > 0 && band != 1 {
                    wanted[component.index()] |= band;
                    self.is_refined[component.index()] = true;
                }
            }
        }
    }
}

/// A bit for each coefficient of a scan.
const fn band(scan: &Scan) -> u64 {
    let (start, end) = scan.spectral_selection();
    (u64::MAX << (start & 63)) & (u64::MAX >> (63 - (end & 63)))
}

/// Checks a progressive scan's header (T.81 G.1.1.1).
fn check(scan: &Scan) -> Result<()> {
    let ((start, end), (high, low)) = (scan.spectral_selection(), scan.approximation());
    let is_band =
        if start == 0 { end == 0 } else { start <= end && end < 64 && scan.components().len() == 1 };
    if is_band && low <= 13 && (high == 0 || low + 1 == high) {
        return Ok(());
    }
    Err(Error::malformed(format!("a progressive scan of {start} to {end}, {high} to {low}")))
}
