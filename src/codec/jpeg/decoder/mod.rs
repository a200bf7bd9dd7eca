//! A JPEG decoder by MCU rows: sequential files of one scan row by row from the file, files of several scans from
//! coefficient buffers, at any number of eighths of their size, and oriented as the picture is meant.
//!
//! [`tables`] and [`scan_header`] read what stands between the scans, [`bits`], [`huffman`] and [`entropy`] the
//! entropy-coded data. [`sequential`], or [`multi_scan`] with [`progressive`] into [`coefficients`], puts coefficients
//! into groups of blocks ([`layout`]), of which [`idct`] makes samples. What was tried is in `NOTES.md`.
//!
//! A reoriented picture comes by rows as well: its MCU rows are then columns of the coded picture, or begin at the
//! bottom. [`mcu_index`] finds where in the file they are, and [`plane`] puts their samples. With several threads
//! [`parallel`] decodes MCU rows ahead of those that are given, side by side where restart markers or the index allow
//! it.

mod bits;
mod coefficients;
mod entropy;
mod geometry;
mod huffman;
mod idct;
mod layout;
mod mcu;
mod mcu_index;
mod multi_scan;
mod parallel;
mod plane;
mod progressive;
mod scan_header;
mod scan_index;
mod sequential;
mod standard;
mod tables;
#[cfg(test)]
mod tests;

pub(in crate::codec) use self::parallel::decode_ahead_bytes;
use self::{
    coefficients::CoefficientBuffer,
    geometry::{Geometry, Orient},
    layout::GROUP,
    parallel::{ParallelDecode, Partition},
    plane::Plane,
    scan_header::{Next, find_scan},
    scan_index::ScanIndex,
    sequential::{ScanReader, SequentialScan},
    tables::Tables,
};
pub(super) use self::{layout::ZIGZAG, mcu_index::INDEX_ENTRY_BYTES};
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
    source: Source<'a>,
    partition: Option<Partition>,
    planes: Vec<Plane>,
    /// MCU rows that are done.
    done: usize,
    level: Level,
}

/// Where coefficients come from.
enum Source<'a> {
    /// A single scan.
    File { scan: Box<SequentialScan<'a>>, reader: ScanReader<'a> },
    /// Several scans, already read.
    Buffers(Vec<CoefficientBuffer>),
}

impl<'a> Decoder<'a> {
    /// Begins to decode at a scale of `scale_num` eighths, 1 to 8, to a picture oriented by `orientation`. Reads all
    /// scans of a file that has several; of another whose MCUs are decoded out of order, makes the index.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] for lossless, arithmetic and 12-bit files; [`Kind::Malformed`] when the file is damaged or
    /// cut short; [`Kind::LimitExceeded`] when it needs more memory than `limits` allow; [`Kind::OutOfMemory`] when
    /// there is none.
    ///
    /// [`Kind::Unsupported`]: crate::error::Kind::Unsupported
    /// [`Kind::Malformed`]: crate::error::Kind::Malformed
    /// [`Kind::LimitExceeded`]: crate::error::Kind::LimitExceeded
    /// [`Kind::OutOfMemory`]: crate::error::Kind::OutOfMemory
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
        let coded = Geometry::new(&header.frame, scale_num.clamp(1, 8) as usize);
        let geometry = coded.clone().oriented(Orient::new(orientation));
        let planes = plane::planes(&geometry)?;
        let partition = Partition::of(header, &geometry);
        let mut tables = Tables::default();
        tables.read_to(&header.segments.tables, 0, header.segments.tables.len())?;
        let source = if header.is_in_one_scan() {
            let ids: Vec<u8> = geometry.components.iter().map(|component| component.id).collect();
            let (Next::Scan(scan, start), _) = find_scan(header.scans, 0, &ids)? else {
                return Err(Error::malformed("the JPEG ends before its first scan"));
            };
            geometry.check_mcu(scan.components())?;
            let data = header.scans.get(start..).unwrap_or_default();
            let scan = Box::new(SequentialScan::new(data, &scan, &tables, &geometry)?);
            Source::File { reader: scan.reader(), scan }
        } else {
            let scan_index = ScanIndex::new(header.scans, &coded, header.frame.is_progressive())?;
            Source::Buffers(dispatch!(level, simd => {
                multi_scan::read(simd, header.scans, &mut tables, &coded, &scan_index)
            })?)
        };
        Ok(Self { geometry, source, partition, planes, done: 0, level })
    }

    /// Refuses what is too large, and the kinds of JPEG that can't be decoded, by the header alone.
    ///
    /// # Errors
    /// As [`Decoder::new`].
    pub(super) fn check(header: &Header<'_>, limits: &Limits) -> Result<()> {
        let frame = &header.frame;
        limits.check_size(frame.size)?;
        if !matches!(frame.process, 0..=2) {
            return Err(Error::unsupported(format!("a JPEG of the kind SOF{}", frame.process)));
        }
        if frame.precision != 8 {
            return Err(Error::unsupported(format!("a JPEG of {} bits a sample", frame.precision)));
        }
        if header.segments.scan_components == 0 {
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
        let coded = Geometry::new(&header.frame, scale_num.clamp(1, 8) as usize);
        let geometry = coded.clone().oriented(Orient::new(orientation));
        // Eight Huffman tables, and the small lists.
        let tables = 8 * huffman::TABLE_BYTES + (64 << 10);
        let coefficients = if header.is_in_one_scan() {
            let partition = Partition::of(header, &geometry);
            mcu_index::heap_bytes(&geometry)
                + (geometry.blocks_per_mcu() * 2 * GROUP) as u64
                + partition.map_or(0, |partition| partition.heap_bytes(&geometry, threads))
        } else {
            // At an eighth refinements of AC coefficients are passed over.
            let is_refined = scale_num > 1 && header.frame.is_progressive();
            coefficients::heap_bytes(&coded, [is_refined; 4])
        };
        plane::heap_bytes(&geometry) as u64 + tables + coefficients
    }

    /// The size of each component's plane, scaled and oriented: that of luma is the picture's.
    pub(super) fn plane_sizes(&self) -> impl Iterator<Item = Size> {
        self.geometry.components.iter().map(|component| component.size)
    }

    /// Decodes all MCU rows and gives their rows of samples, as [`Decoder::next_rows`] does. With several threads MCU
    /// rows are decoded ahead of those that are given, side by side where they can be found without decoding those
    /// before.
    ///
    /// # Errors
    /// As [`Decoder::next_rows`], and those of the taker.
    pub(super) fn give_all(
        mut self,
        threads: usize,
        take: &mut dyn FnMut(Vec<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let Self { source, geometry, partition, level, done, .. } = &mut self;
        if let (Source::File { scan, reader }, Some(partition), 2..) = (source, *partition, threads) {
            let parallel = ParallelDecode { scan, geometry, level: *level, partition };
            *done = parallel.decode(threads, reader, take)?;
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
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when the file is damaged or cut short.
    pub(super) fn next_rows(&mut self) -> Result<Option<Vec<&[u8]>>> {
        let Self { geometry, source, planes, level, done, .. } = self;
        if *done == geometry.mcu_rows {
            return Ok(None);
        }
        let mcu_row = if geometry.orient.flips_y { geometry.mcu_rows - 1 - *done } else { *done };
        *done += 1;
        plane::begin_mcu_row(planes, geometry, mcu_row);
        dispatch!(*level, simd => match source {
            Source::File { scan, reader } => scan.read_mcu_row(simd, reader, geometry, mcu_row, planes),
            Source::Buffers(buffers) => {
                coefficients::transform_mcu_row(simd, buffers, geometry, mcu_row, planes);
                Ok(())
            }
        })?;
        Ok(Some(self.give()))
    }

    /// The rows that are ready. Where the picture begins with an MCU row that is not whole, a row of luma that has only
    /// a part of its row of chroma waits for the next MCU row.
    fn give(&mut self) -> Vec<&[u8]> {
        let is_end = self.done == self.geometry.mcu_rows;
        let components = &self.geometry.components;
        let max_v = components.iter().map(|component| component.mcu_height).max().unwrap_or(1);
        let ready = self.planes.iter().zip(components).filter(|(_, component)| component.mcu_height == max_v);
        let ready = ready.map(|(plane, _)| plane.ready()).min().unwrap_or(0) / max_v;
        let rows = self.planes.iter_mut().zip(components);
        rows.map(|(plane, component)| {
            let rows = if is_end { plane.ready() } else { ready * component.mcu_height };
            plane.give(rows)
        })
        .collect()
    }
}
