//! A look over all scans of a file before the first is decoded: where they are, and which of them the scale needs.

use super::{
    layout::{Geometry, Plan},
    tables::{Next, Scan, Tables},
};
use crate::error::{Error, Result};

/// Scans of a file. Encoders write about ten, and none more than a hundred; each costs time over the whole picture,
/// however short its data are. So there may be [`FEW_SCANS`] of any picture, and more as long as they pass over no more than
/// so many blocks together, which takes about a second at the worst.
const MOST_SCANS: usize = 1000;
const FEW_SCANS: usize = 64;
const MOST_BLOCKS: u64 = 1 << 26;

/// A scan, where its data are, and whether anything kept depends on it.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) scan: Scan,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_needed: bool,
}

/// All scans in their order.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) scans: Vec<Pass>,
    pub(super) is_progressive: bool,
    /// For each component whether a needed scan corrects its coefficients.
    pub(super) is_corrected: [bool; 4],
}

impl Survey {
    /// Looks over `data`, the file from its first scan's marker on.
    ///
    /// # Errors
    /// `Malformed` when a scan header makes no sense, or the file ends before its last scan; `LimitExceeded` when there are too
    /// many.
    pub(super) fn new(data: &[u8], geometry: &Geometry, plan: &Plan, is_progressive: bool) -> Result<Self> {
        let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
        let mut survey = Self { scans: Vec::new(), is_progressive, is_corrected: [false; 4] };
        let (mut at, mut blocks) = (0, 0);
        let is_ended = loop {
            let (next, from) = Tables::find_scan(data, at, &ids)?;
            if let Some(last) = survey.scans.last_mut() {
                last.end = from;
            }
            match next {
                Next::Scan(scan, start) => {
                    geometry.check_unit(scan.parts())?;
                    blocks += geometry.blocks(scan.parts());
                    let count = survey.scans.len() + 1;
                    if count > MOST_SCANS || count > FEW_SCANS && blocks > MOST_BLOCKS {
                        return Err(Error::limit(format!("a JPEG of {count} scans, or more")));
                    }
                    if is_progressive {
                        check(&scan)?;
                    }
                    // In a sequential file a component has one scan.
                    let is_needed =
                        !is_progressive && scan.parts().iter().any(|part| !survey.has(part.component()));
                    survey.scans.push(Pass { scan, start, end: data.len(), is_needed });
                    at = start;
                }
                Next::End => break true,
                Next::Nothing => break false,
            }
        };
        if is_progressive {
            survey.choose(plan);
            // Of a file without an end marker only what is decoded is known to be whole.
            let is_whole =
                || survey.scans.last().is_some_and(|last| last.is_needed) && survey.is_complete(ids.len());
            if !(is_ended || is_whole()) {
                return Err(Error::malformed("the JPEG is cut short: it ends before its last scan"));
            }
        }
        Ok(survey)
    }

    /// True if a scan of the component was found.
    fn has(&self, component: usize) -> bool {
        self.scans.iter().any(|pass| pass.scan.parts().iter().any(|part| part.component() == component))
    }

    /// True if every coefficient has all its bits.
    fn is_complete(&self, components: usize) -> bool {
        let mut missing = vec![u64::MAX; components];
        for pass in self.scans.iter().filter(|pass| pass.scan.approximation().1 == 0) {
            for part in pass.scan.parts() {
                missing[part.component()] &= !band(&pass.scan);
            }
        }
        missing.iter().all(|&missing| missing == 0)
    }

    /// Finds what is needed, from the last scan to the first: whatever touches a kept coefficient, and whatever
    /// a needed correction must know of.
    fn choose(&mut self, plan: &Plan) {
        let mut wanted = [plan.kept; 4];
        for pass in self.scans.iter_mut().rev() {
            let band = band(&pass.scan);
            for part in pass.scan.parts() {
                if wanted[part.component()] & band == 0 {
                    continue;
                }
                pass.is_needed = true;
                if pass.scan.approximation().0 > 0 && band != 1 {
                    wanted[part.component()] |= band;
                    self.is_corrected[part.component()] = true;
                }
            }
        }
    }
}

/// A bit for each coefficient of a scan.
const fn band(scan: &Scan) -> u64 {
    (u64::MAX << (scan.band().0 & 63)) & (u64::MAX >> (63 - (scan.band().1 & 63)))
}

/// Checks a progressive scan's header (T.81 G.1.1.1).
fn check(scan: &Scan) -> Result<()> {
    let ((first, last), (before, now)) = (scan.band(), scan.approximation());
    let is_band = if first == 0 { last == 0 } else { first <= last && last < 64 && scan.parts().len() == 1 };
    if is_band && now <= 13 && (before == 0 || now + 1 == before) {
        return Ok(());
    }
    Err(Error::malformed(format!("a progressive scan of {first} to {last}, {before} to {now}")))
}
