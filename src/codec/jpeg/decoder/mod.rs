//! A JPEG decoder by rows of units: baseline and extended sequential files row by row from the file, files of
//! several scans from their stored coefficients, at any number of eighths of their size.
//!
//! [`tables`] and [`survey`] read what stands between the scans, [`bits`], [`huffman`] and [`entropy`] the
//! entropy-coded data; [`sequential`], or [`stored`] with [`progressive`], put coefficients into groups of blocks
//! ([`layout`]), of which [`idct`], [`full`] and [`reduced`] make samples. What was tried is in `NOTES.md`.

mod bits;
mod entropy;
mod full;
mod huffman;
mod idct;
mod layout;
mod plane;
mod progressive;
mod reduced;
mod sequential;
mod standard;
mod stored;
mod survey;
mod tables;
#[cfg(test)]
mod tests;

use self::{
    layout::{GROUP, Geometry, Plan},
    plane::Plane,
    sequential::Sequential,
    stored::Stored,
    survey::Survey,
    tables::{Next, Tables},
};
use super::header::Header;
use crate::{
    error::{Error, Result},
    limits::Limits,
    pixel::Size,
    simd::{Level, dispatch},
};

/// A JPEG being decoded.
pub(super) struct Decoder<'a> {
    geometry: Geometry,
    plan: Plan,
    source: Source<'a>,
    planes: Vec<Plane>,
    /// The next row of units.
    row: usize,
    level: Level,
}

/// Where coefficients come from.
enum Source<'a> {
    File(Sequential<'a>),
    Memory(Vec<Stored>),
}

impl<'a> Decoder<'a> {
    /// Begins to decode at a scale of `eighths`, 1 to 8. Files of several scans are read whole.
    ///
    /// # Errors
    /// `Unsupported` for lossless, arithmetic and 12-bit files; `Malformed` when the file is damaged or cut short;
    /// `Limit` when it needs more memory than `limits` allow; `Memory` when there is none.
    pub(super) fn new(header: &Header<'a>, eighths: u32, limits: &Limits) -> Result<Self> {
        Self::with_level(header, eighths, limits, Level::new())
    }

    fn with_level(header: &Header<'a>, eighths: u32, limits: &Limits, level: Level) -> Result<Self> {
        let frame = &header.frame;
        Self::check(header, limits)?;
        limits.check_memory(Self::peak_bytes(header, eighths))?;
        let side = eighths.clamp(1, 8) as usize;
        let (geometry, plan) = (Geometry::new(frame, side)?, Plan::new(side));
        let planes = geometry.components.iter().map(|component| Plane::new(component, side));
        let planes = planes.collect::<Result<_>>()?;
        let mut tables = Tables::default();
        tables.read_to(&header.tables, 0, header.tables.len())?;
        let source = if header.is_in_one_scan() {
            let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
            let (Next::Scan(scan, start), _) = Tables::find_scan(header.scans, 0, &ids)? else {
                return Err(Error::malformed("the JPEG ends before its first scan"));
            };
            let data = header.scans.get(start..).unwrap_or_default();
            Source::File(Sequential::new(data, &scan, &tables, &geometry, side)?)
        } else {
            let survey = Survey::new(header.scans, &geometry, &plan, frame.process == 2)?;
            let stored = dispatch!(level, simd => {
                stored::read(simd, header.scans, &mut tables, &geometry, &plan, &survey)
            })?;
            Source::Memory(stored)
        };
        Ok(Self { geometry, plan, source, planes, row: 0, level })
    }

    /// Refuses what is too large, and the kinds that can't be decoded.
    ///
    /// # Errors
    /// As [`Decoder::new`], by the header alone.
    pub(super) fn check(header: &Header<'_>, limits: &Limits) -> Result<()> {
        let frame = &header.frame;
        limits.check_size(frame.size)?;
        if !matches!(frame.process, 0..=2) {
            return Err(Error::unsupported(format!("a JPEG of the kind SOF{}", frame.process)));
        }
        if frame.precision != 8 {
            return Err(Error::unsupported(format!("a JPEG of {} bits a sample", frame.precision)));
        }
        if header.scan_components == 0 {
            return Err(Error::malformed("the JPEG ends before its first scan"));
        }
        Ok(())
    }

    /// The most heap that decoding takes beside the file, in bytes.
    pub(super) fn peak_bytes(header: &Header<'_>, eighths: u32) -> u64 {
        let side = eighths.clamp(1, 8) as usize;
        let Ok(geometry) = Geometry::new(&header.frame, side) else { return 0 };
        let components = geometry.components.iter();
        let rows: u64 = components
            .clone()
            .map(|component| u64::from(component.size.width) * (component.down * side) as u64)
            .sum();
        let blocks: u64 = components.map(|component| (component.across * component.down) as u64).sum();
        // Eight Huffman tables, and the small lists.
        let tables = 8 * huffman::TABLE_BYTES + (64 << 10);
        rows + tables
            + if header.is_in_one_scan() {
                blocks * 2 * GROUP as u64
            } else {
                // At an eighth corrections of AC coefficients are passed over.
                stored::heap_bytes(&geometry, &Plan::new(side), [side > 1 && header.frame.process == 2; 4])
            }
    }

    /// The size of each component's plane, scaled: that of luma is the picture's.
    pub(super) fn plane_sizes(&self) -> impl Iterator<Item = Size> {
        self.geometry.components.iter().map(|component| component.size)
    }

    /// Decodes the next row of units: the rows of each component's plane, without padding. `None` after the last.
    ///
    /// # Errors
    /// `Malformed` when the file is damaged or cut short.
    pub(super) fn next_rows(&mut self) -> Result<Option<Vec<&[u8]>>> {
        if self.row == self.geometry.units[1] {
            return Ok(None);
        }
        let Self { geometry, plan, source, planes, row, level } = self;
        dispatch!(*level, simd => match source {
            Source::File(scan) => scan.read_row(simd, geometry, plan, planes),
            Source::Memory(stored) => {
                stored::transform_row(simd, stored, geometry, plan, *row, planes);
                Ok(())
            }
        })?;
        let before = *row;
        *row += 1;
        let rows = planes.iter().zip(&geometry.components).map(|(plane, component)| {
            let all = component.down * plan.side;
            plane.rows(all.min((component.size.height as usize).saturating_sub(before * all)))
        });
        Ok(Some(rows.collect()))
    }
}
