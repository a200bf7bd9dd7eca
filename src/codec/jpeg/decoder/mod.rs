//! A JPEG decoder by rows of units: baseline and extended sequential files row by row from the file, files of
//! several scans from their stored coefficients, at any number of eighths of their size, and turned if need be.
//!
//! [`tables`] and [`survey`] read what stands between the scans, [`bits`], [`huffman`] and [`entropy`] the
//! entropy-coded data; [`sequential`], or [`stored`] with [`progressive`], put coefficients into groups of blocks
//! ([`layout`]), of which [`idct`], [`full`] and [`reduced`] make samples. What was tried is in `NOTES.md`.
//!
//! A turned picture comes by rows as well: lines of units are then columns, or begin at the bottom. [`index`] finds
//! where in the file they are, and [`plane`] puts their samples. With several threads [`portions`] decodes lines ahead
//! of those that are given, side by side where restart markers or the index allow it.

mod bits;
mod entropy;
mod full;
mod huffman;
mod idct;
mod index;
mod layout;
mod plane;
mod portions;
mod progressive;
mod reduced;
mod sequential;
mod standard;
mod stored;
mod survey;
mod tables;
#[cfg(test)]
mod tests;

pub(in crate::codec) use self::portions::further_bytes;
use self::{
    layout::{GROUP, Geometry, Plan, Turn},
    plane::Plane,
    portions::{Portions, Work},
    sequential::{Reader, Sequential},
    stored::Stored,
    survey::Survey,
    tables::{Next, Tables},
};
use super::header::Header;
use crate::{
    error::{Error, Result},
    limits::Limits,
    pixel::{Orientation, Size},
    simd::{Level, dispatch},
};

/// A JPEG being decoded.
pub(super) struct Decoder<'a> {
    /// Turned.
    geometry: Geometry,
    turn: Turn,
    plan: Plan,
    source: Source<'a>,
    portions: Option<Portions>,
    planes: Vec<Plane>,
    /// Lines of units that are done.
    done: usize,
    level: Level,
}

/// Where coefficients come from.
enum Source<'a> {
    File { scan: Box<Sequential<'a>>, reader: Reader<'a> },
    Memory(Vec<Stored>),
}

impl<'a> Decoder<'a> {
    /// Begins to decode at a scale of `eighths`, 1 to 8, to a picture that is turned as `orientation` says. Files of
    /// several scans are read whole; of others that are wanted in another order all units are found first.
    ///
    /// # Errors
    /// `Unsupported` for lossless, arithmetic and 12-bit files; `Malformed` when the file is damaged or cut short;
    /// `LimitExceeded` when it needs more memory than `limits` allow; `OutOfMemory` when there is none.
    pub(super) fn new(
        header: &Header<'a>,
        eighths: u32,
        orientation: Orientation,
        limits: &Limits,
    ) -> Result<Self> {
        Self::check(header, limits)?;
        limits.check_memory(Self::peak_bytes(header, eighths, orientation, 1))?;
        Self::with_level(header, eighths, orientation, Level::new())
    }

    fn with_level(header: &Header<'a>, eighths: u32, orientation: Orientation, level: Level) -> Result<Self> {
        let frame = &header.frame;
        let side = eighths.clamp(1, 8) as usize;
        let (stored, plan, turn) = (Geometry::new(frame, side), Plan::new(side), Turn::new(orientation));
        let geometry = stored.clone().turned(turn);
        let planes = plane::planes(&geometry, side, turn)?;
        let portions = Portions::of(header, &geometry, turn);
        let mut tables = Tables::default();
        tables.read_to(&header.tables, 0, header.tables.len())?;
        let source = if header.is_in_one_scan() {
            let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
            let (Next::Scan(scan, start), _) = Tables::find_scan(header.scans, 0, &ids)? else {
                return Err(Error::malformed("the JPEG ends before its first scan"));
            };
            geometry.check_unit(scan.parts())?;
            let data = header.scans.get(start..).unwrap_or_default();
            let scan = Box::new(Sequential::new(data, &scan, &tables, &geometry, (side, turn))?);
            Source::File { reader: scan.reader(), scan }
        } else {
            let survey = Survey::new(header.scans, &stored, &plan, frame.process == 2)?;
            let stored = dispatch!(level, simd => {
                stored::read(simd, header.scans, &mut tables, &stored, &plan, &survey)
            })?;
            Source::Memory(stored)
        };
        Ok(Self { geometry, turn, plan, source, portions, planes, done: 0, level })
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
    pub(super) fn peak_bytes(
        header: &Header<'_>,
        eighths: u32,
        orientation: Orientation,
        threads: usize,
    ) -> u64 {
        let (side, turn) = (eighths.clamp(1, 8) as usize, Turn::new(orientation));
        let stored = Geometry::new(&header.frame, side);
        let geometry = stored.clone().turned(turn);
        let components = geometry.components.iter();
        let rows = plane::heap_bytes(&geometry, side, turn);
        let blocks: usize = components.map(|component| component.across * component.down).sum();
        // Eight Huffman tables, and the small lists.
        let tables = 8 * huffman::TABLE_BYTES + (64 << 10);
        rows as u64
            + tables
            + if header.is_in_one_scan() {
                let portions = Portions::of(header, &geometry, turn);
                index::heap_bytes(&geometry, turn)
                    + (blocks * 2 * GROUP) as u64
                    + portions.map_or(0, |portions| portions.heap_bytes(&geometry, (side, turn), threads))
            } else {
                // At an eighth corrections of AC coefficients are passed over.
                stored::heap_bytes(&stored, &Plan::new(side), [side > 1 && header.frame.process == 2; 4])
            }
    }

    /// The size of each component's plane, scaled and turned: that of luma is the picture's.
    pub(super) fn plane_sizes(&self) -> impl Iterator<Item = Size> {
        self.geometry.components.iter().map(|component| component.size)
    }

    /// Decodes all lines of units, as [`Decoder::next_rows`] does, and gives their rows. With several threads lines are
    /// decoded ahead of those that are given, side by side where they can be found without decoding those before.
    ///
    /// # Errors
    /// As [`Decoder::next_rows`], and those of the taker.
    pub(super) fn give_all(
        mut self,
        threads: usize,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let Self { source, geometry, turn, plan, portions, level, done, .. } = &mut self;
        if let (Source::File { scan, reader }, Some(portions), 2..) = (source, *portions, threads) {
            let work = Work { scan, geometry, turn: *turn, plan, level: *level, portions };
            *done = work.decode(threads, reader, take)?;
        }
        while let Some(rows) = self.next_rows()? {
            take(rows)?;
        }
        Ok(())
    }

    /// Decodes the next line of units: the next rows of each component's plane, without padding. They are of the same
    /// part of the picture. `None` after the last.
    ///
    /// # Errors
    /// `Malformed` when the file is damaged or cut short.
    pub(super) fn next_rows(&mut self) -> Result<Option<Vec<&[u8]>>> {
        let lines = self.geometry.units[1];
        if self.done == lines {
            return Ok(None);
        }
        let line = if self.turn.is_backwards { lines - 1 - self.done } else { self.done };
        self.done += 1;
        let Self { geometry, turn, plan, source, planes, level, .. } = self;
        plane::begin_line(planes, geometry, plan.side, line);
        dispatch!(*level, simd => match source {
            Source::File { scan, reader } => scan.read_line(simd, reader, (geometry, plan), line, planes),
            Source::Memory(stored) => {
                stored::transform_line(simd, stored, geometry, (plan, *turn), line, planes);
                Ok(())
            }
        })?;
        Ok(Some(self.give()))
    }

    /// The rows that are ready. Where the picture begins with a line that is not whole, the row of luma that has only
    /// a part of a row of chroma waits for the next line.
    fn give(&mut self) -> Vec<&[u8]> {
        let is_end = self.done == self.geometry.units[1];
        let components = &self.geometry.components;
        let most = components.iter().map(|component| component.down).max().unwrap_or(1);
        let ready = self.planes.iter().zip(components).filter(|(_, component)| component.down == most);
        let ready = ready.map(|(plane, _)| plane.ready()).min().unwrap_or(0) / most;
        let rows = self.planes.iter_mut().zip(components);
        rows.map(|(plane, component)| {
            let rows = if is_end { plane.ready() } else { ready * component.down };
            plane.give(rows)
        })
        .collect()
    }
}
