//! Scan headers (T.81 B.2.3), and the search for the next one.

use super::super::marker::{EOI, SOS, next_segment_of};
use crate::error::{Error, Result};

/// A component of a scan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScanComponent {
    index: u8,
    dc_table: u8,
    ac_table: u8,
}

impl ScanComponent {
    /// Which component of the frame it is (Csj).
    #[inline(always)]
    pub(super) const fn index(&self) -> usize {
        self.index as usize
    }

    /// The number of its DC table (Tdj).
    pub(super) const fn dc_table(&self) -> usize {
        self.dc_table as usize
    }

    /// The number of its AC table (Taj).
    pub(super) const fn ac_table(&self) -> usize {
        self.ac_table as usize
    }
}

/// A scan header. Small: a file may have a thousand.
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    components: [ScanComponent; 4],
    count: u8,
    ss: u8,
    se: u8,
    ah: u8,
    al: u8,
}

impl ScanHeader {
    #[inline(always)]
    pub(super) fn components(&self) -> &[ScanComponent] {
        self.components.get(..self.count.into()).unwrap_or_default()
    }

    /// The start of spectral selection (Ss): the first coefficient in zigzag order.
    pub(super) const fn ss(&self) -> u32 {
        self.ss as u32
    }

    /// The end of spectral selection (Se): the last coefficient in zigzag order.
    pub(super) const fn se(&self) -> u32 {
        self.se as u32
    }

    /// The successive approximation bit position high (Ah): the lower bits that the scans before left out; 0 if this is
    /// the first scan of its coefficients.
    pub(super) const fn ah(&self) -> u32 {
        self.ah as u32
    }

    /// The successive approximation bit position low (Al): the lower bits that this scan leaves out.
    pub(super) const fn al(&self) -> u32 {
        self.al as u32
    }

    /// True for a scan that adds a bit to coefficients of earlier scans.
    pub(super) const fn is_refinement(&self) -> bool {
        self.ah > 0
    }

    /// Reads a header's payload, of a frame whose components have the identifiers `ids`.
    fn read(payload: &[u8], ids: &[u8]) -> Result<Self> {
        let bad = || Error::malformed("a scan header that makes no sense");
        let (&count, rest) = payload.split_first().ok_or_else(bad)?;
        let (specs, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(bad)?;
        let &[ss, se, approximation, ..] = rest else { return Err(bad()) };
        let (ah, al) = (approximation >> 4, approximation & 15);
        let mut scan = Self { components: [ScanComponent::default(); 4], count, ss, se, ah, al };
        if !(1..=scan.components.len()).contains(&count.into()) {
            return Err(bad());
        }
        for (slot, spec) in specs.chunks_exact(2).enumerate() {
            let index = ids.iter().position(|&id| id == spec[0]).ok_or_else(bad)?;
            if scan.components[..slot].iter().any(|other| other.index() == index) {
                return Err(bad());
            }
            let (dc_table, ac_table) = (spec[1] >> 4, spec[1] & 15);
            scan.components[slot] = ScanComponent { index: index as u8, dc_table, ac_table };
        }
        Ok(scan)
    }
}

/// What stands after entropy-coded data.
#[derive(Debug)]
pub(super) enum Next {
    /// A scan, with the place of its data.
    Scan(ScanHeader, usize),
    /// The end marker.
    End,
    /// The file ends.
    Nothing,
}

/// Finds the next scan header at or after `at`, of a frame whose components have the identifiers `ids`. Returns also
/// where the first segment stands that is found.
///
/// # Errors
/// [`Kind::Malformed`](crate::error::Kind::Malformed) when the scan header makes no sense.
pub(super) fn find_scan(bytes: &[u8], mut at: usize, ids: &[u8]) -> Result<(Next, usize)> {
    let mut from = None;
    loop {
        let Some((marker, body)) = next_segment_of(bytes, at) else {
            return Ok((Next::Nothing, from.unwrap_or(bytes.len())));
        };
        let begin = body.start - if marker == EOI { 2 } else { 4 };
        let from = *from.get_or_insert(begin);
        if marker == EOI {
            return Ok((Next::End, from));
        }
        let Some(payload) = bytes.get(body.clone()) else { return Ok((Next::Nothing, from)) };
        if marker == SOS {
            return Ok((Next::Scan(ScanHeader::read(payload, ids)?, body.end), from));
        }
        at = body.end;
    }
}
