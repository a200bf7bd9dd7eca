//! The index of a file's scans, made before the first is decoded: where they are, and which of them the scale needs.

use super::{
    geometry::Geometry,
    layout::CoefficientLayout,
    scan_header::{Next, ScanHeader, find_scan},
};
use crate::error::{Error, Result};

/// The most scans of a file. Encoders write about ten, and none more than a hundred; each costs time over the whole
/// picture, however short its data are. So any picture may have [`FEW_SCANS`], and more as long as they pass over no
/// more than [`MAX_BLOCKS`] together, which takes about a second at the worst.
const MAX_SCANS: usize = 1000;
const FEW_SCANS: usize = 64;
const MAX_BLOCKS: u64 = 1 << 26;

/// A scan, where its data are, and whether a coefficient that is kept depends on it.
#[derive(Debug)]
pub(super) struct ScanEntry {
    pub(super) scan: ScanHeader,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_needed: bool,
}

/// All scans in their order.
#[derive(Debug)]
pub(super) struct ScanIndex {
    pub(super) scans: Vec<ScanEntry>,
    pub(super) is_progressive: bool,
    /// For each component whether a scan that is needed refines its AC coefficients.
    pub(super) is_refined: [bool; 4],
}

impl ScanIndex {
    /// Finds the scans in `data`, the file from its first scan's marker on.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when a scan header makes no sense, or the file ends before
    /// its last scan; [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) when there are too many.
    pub(super) fn new(data: &[u8], geometry: &Geometry, is_progressive: bool) -> Result<Self> {
        let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
        let mut index = Self { scans: Vec::new(), is_progressive, is_refined: [false; 4] };
        let (mut at, mut blocks) = (0, 0);
        let is_ended = loop {
            let (next, from) = find_scan(data, at, &ids)?;
            if let Some(last) = index.scans.last_mut() {
                last.end = from;
            }
            match next {
                Next::Scan(scan, start) => {
                    geometry.check_mcu(scan.components())?;
                    blocks += geometry.blocks(scan.components());
                    let count = index.scans.len() + 1;
                    if count > MAX_SCANS || count > FEW_SCANS && blocks > MAX_BLOCKS {
                        return Err(Error::limit(format!("a JPEG of {count} scans, or more")));
                    }
                    if is_progressive {
                        check_progressive(&scan)?;
                    }
                    // In a sequential file a component has one scan.
                    let is_needed = !is_progressive
                        && scan.components().iter().any(|component| !index.has(component.index()));
                    index.scans.push(ScanEntry { scan, start, end: data.len(), is_needed });
                    at = start;
                }
                Next::End => break true,
                Next::Nothing => break false,
            }
        };
        if is_progressive {
            index.mark_needed(&geometry.layout);
            // Of a file without an end marker only what is decoded is known to be whole.
            let is_whole =
                || index.scans.last().is_some_and(|last| last.is_needed) && index.is_complete(ids.len());
            if !(is_ended || is_whole()) {
                return Err(Error::malformed("the JPEG is cut short: it ends before its last scan"));
            }
        }
        Ok(index)
    }

    /// True if a scan of the component was found.
    fn has(&self, component: usize) -> bool {
        let mut components = self.scans.iter().flat_map(|entry| entry.scan.components());
        components.any(|of_scan| of_scan.index() == component)
    }

    /// True if every coefficient has all its bits.
    fn is_complete(&self, components: usize) -> bool {
        let mut missing = vec![u64::MAX; components];
        for entry in self.scans.iter().filter(|entry| entry.scan.al() == 0) {
            for component in entry.scan.components() {
                missing[component.index()] &= !band(&entry.scan);
            }
        }
        missing.iter().all(|&missing| missing == 0)
    }

    /// Marks the scans that are needed, from the last to the first: those of a coefficient that is kept, and those that
    /// tell a refinement that is needed which coefficients are not 0.
    fn mark_needed(&mut self, layout: &CoefficientLayout) {
        let mut wanted = [layout.kept; 4];
        for entry in self.scans.iter_mut().rev() {
            let band = band(&entry.scan);
            for component in entry.scan.components() {
                let component = component.index();
                if wanted[component] & band == 0 {
                    continue;
                }
                entry.is_needed = true;
                if entry.scan.is_refinement() && band != 1 {
                    wanted[component] |= band;
                    self.is_refined[component] = true;
                }
            }
        }
    }
}

/// A bit for each coefficient of a scan.
const fn band(scan: &ScanHeader) -> u64 {
    (u64::MAX << (scan.ss() & 63)) & (u64::MAX >> (63 - (scan.se() & 63)))
}

/// Checks a progressive scan's header (T.81 G.1.1.1).
fn check_progressive(scan: &ScanHeader) -> Result<()> {
    let (ss, se, ah, al) = (scan.ss(), scan.se(), scan.ah(), scan.al());
    let is_band = if ss == 0 { se == 0 } else { ss <= se && se < 64 && scan.components().len() == 1 };
    if is_band && al <= 13 && (ah == 0 || al + 1 == ah) {
        return Ok(());
    }
    Err(Error::malformed(format!("a progressive scan of {ss} to {se}, {ah} to {al}")))
}
