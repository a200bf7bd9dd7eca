//! A JPEG decoder by rows of MCUs: baseline and extended sequential files row by row from the file, files of
//! several scans from their stored coefficients, at any number of eighths of their size, and oriented if need be.
//!
//! [`tables`] and [`survey`] read what stands between the scans, [`bits`], [`huffman`] and [`entropy`] the
//! entropy-coded data; [`sequential`], or [`stored`] with [`progressive`], put coefficients into groups of blocks
//! ([`layout`]), of which [`idct`], [`full`] and [`reduced`] make samples. What was tried is in `NOTES.md`.
//!
//! A oriented picture comes by rows as well: MCU rows are then columns, or begin at the bottom. [`index`] finds
//! where in the file they are, and [`plane`] puts their samples. With several threads [`portions`] decodes MCU rows
//! ahead of those that are given, side by side where restart markers or the index allow it.

mod bits;
mod coefficients;
mod entropy;
mod full;
mod huffman;
mod idct;
mod layout;
mod mcu_index;
mod parallel;
mod plane;
mod progressive;
mod reduced;
mod scan_index;
mod sequential;
mod standard;
mod tables;
#[cfg(test)]
mod tests;

pub(in crate::codec) use self::parallel::further_bytes;
use self::{
    coefficients::CoefficientBuffer,
    layout::{CoefficientLayout, GROUP, Geometry, Orient},
    parallel::{Partition, ScanDecode},
    plane::Plane,
    scan_index::ScanIndex,
    sequential::{Reader, Sequential},
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
    /// Oriented.
    geometry: Geometry,
    orient: Orient,
    layout: CoefficientLayout,
    source: Source<'a>,
    partition: Option<Partition>,
    planes: Vec<Plane>,
    /// MCU rows that are done.
    done: usize,
    level: Level,
}

/// Where coefficients come from.
enum Source<'a> {
    File { scan: Box<Sequential<'a>>, reader: Reader<'a> },
    Memory(Vec<CoefficientBuffer>),
}

impl<'a> Decoder<'a> {
    /// Begins to decode at a scale of `eighths`, 1 to 8, to a picture that is oriented as `orientation` says. Files of
    /// several scans are read whole; of others that are wanted in another order all MCUs are found first.
    ///
    /// # Errors
    /// `Unsupported` for lossless, arithmetic and 12-bit files; `Malformed` when the file is damaged or cut short;
    /// `LimitExceeded` when it needs more memory than `limits` allow; `OutOfMemory` when there is none.
    pub(super) fn new(
        header: &Header<'a>,
        scale_num: u32,
        orientation: Orientation,
        limits: &Limits,
    ) -> Result<Self> {
        Self::check(header, limits)?;
        limits.check_memory(Self::peak_bytes(header, scale_num, orientation, 1))?;
        Self::with_level(header, scale_num, orientation, Level::new())
    }

    fn with_level(
        header: &Header<'a>,
        scale_num: u32,
        orientation: Orientation,
        level: Level,
    ) -> Result<Self> {
        let frame = &header.frame;
        let scale_num = scale_num.clamp(1, 8) as usize;
        let (coded, layout, orient) =
            (Geometry::new(frame, scale_num), CoefficientLayout::new(scale_num), Orient::new(orientation));
        let geometry = coded.clone().oriented(orient);
        let planes = plane::planes(&geometry, scale_num, orient)?;
        let partition = Partition::of(header, &geometry, orient);
        let mut tables = Tables::default();
        tables.read_to(&header.tables, 0, header.tables.len())?;
        let source = if header.is_in_one_scan() {
            let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
            let (Next::Scan(scan, start), _) = Tables::find_scan(header.scans, 0, &ids)? else {
                return Err(Error::malformed("the JPEG ends before its first scan"));
            };
            geometry.check_mcu(scan.components())?;
            let data = header.scans.get(start..).unwrap_or_default();
            let scan = Box::new(Sequential::new(data, &scan, &tables, &geometry, (scale_num, orient))?);
            Source::File { reader: scan.reader(), scan }
        } else {
            let scan_index = ScanIndex::new(header.scans, &coded, &layout, frame.process == 2)?;
            let buffers = dispatch!(level, simd => {
                coefficients::read(simd, header.scans, &mut tables, &coded, &layout, &scan_index)
            })?;
            Source::Memory(buffers)
        };
        Ok(Self { geometry, orient, layout, source, partition, planes, done: 0, level })
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
        scale_num: u32,
        orientation: Orientation,
        threads: usize,
    ) -> u64 {
        let (scale_num, orient) = (scale_num.clamp(1, 8) as usize, Orient::new(orientation));
        let coded = Geometry::new(&header.frame, scale_num);
        let geometry = coded.clone().oriented(orient);
        let components = geometry.components.iter();
        let rows = plane::heap_bytes(&geometry, scale_num, orient);
        let blocks: usize = components.map(|component| component.across * component.down).sum();
        // Eight Huffman tables, and the small lists.
        let tables = 8 * huffman::TABLE_BYTES + (64 << 10);
        rows as u64
            + tables
            + if header.is_in_one_scan() {
                let partition = Partition::of(header, &geometry, orient);
                mcu_index::heap_bytes(&geometry, orient)
                    + (blocks * 2 * GROUP) as u64
                    + partition
                        .map_or(0, |partition| partition.heap_bytes(&geometry, (scale_num, orient), threads))
            } else {
                // At an eighth corrections of AC coefficients are passed over.
                coefficients::heap_bytes(
                    &coded,
                    &CoefficientLayout::new(scale_num),
                    [scale_num > 1 && header.frame.process == 2; 4],
                )
            }
    }

    /// The size of each component's plane, scaled and oriented: that of luma is the picture's.
    pub(super) fn plane_sizes(&self) -> impl Iterator<Item = Size> {
        self.geometry.components.iter().map(|component| component.size)
    }

    /// Decodes all MCU rows, as [`Decoder::next_rows`] does, and gives their rows. With several threads MCU rows are
    /// decoded ahead of those that are given, side by side where they can be found without decoding those before.
    ///
    /// # Errors
    /// As [`Decoder::next_rows`], and those of the taker.
    pub(super) fn give_all(
        mut self,
        threads: usize,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let Self { source, geometry, orient, layout, partition, level, done, .. } = &mut self;
        if let (Source::File { scan, reader }, Some(partition), 2..) = (source, *partition, threads) {
            let work = ScanDecode { scan, geometry, orient: *orient, layout, level: *level, partition };
            *done = work.decode(threads, reader, take)?;
        }
        while let Some(rows) = self.next_rows()? {
            take(rows)?;
        }
        Ok(())
    }

    /// Decodes the next MCU row: the next rows of each component's plane, without padding. They are of the same
    /// part of the picture. `None` after the last.
    ///
    /// # Errors
    /// `Malformed` when the file is damaged or cut short.
    pub(super) fn next_rows(&mut self) -> Result<Option<Vec<&[u8]>>> {
        let mcu_rows = self.geometry.mcus[1];
        if self.done == mcu_rows {
            return Ok(None);
        }
        let mcu_row = if self.orient.flips_y { mcu_rows - 1 - self.done } else { self.done };
        self.done += 1;
        let Self { geometry, orient, layout, source, planes, level, .. } = self;
        plane::begin_mcu_row(planes, geometry, layout.scale_num, mcu_row);
        dispatch!(*level, simd => match source {
            Source::File { scan, reader } => scan.read_mcu_row(simd, reader, (geometry, layout), mcu_row, planes),
            Source::Memory(buffers) => {
                coefficients::transform_mcu_row(simd, buffers, geometry, (layout, *orient), mcu_row, planes);
                Ok(())
            }
        })?;
        Ok(Some(self.give()))
    }

    /// The rows that are ready. Where the picture begins with an MCU row that is not whole, the row of luma that has
    /// only a part of a row of chroma waits for the next MCU row.
    fn give(&mut self) -> Vec<&[u8]> {
        let is_end = self.done == self.geometry.mcus[1];
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
