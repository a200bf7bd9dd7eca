//! A JPEG that is written as its rows come: 16 of them are brought to planes, cut into blocks, and these into symbols of
//! scans. Of the picture no more is held than these.

use std::mem;

use super::{
    file::{self, Frame},
    scans::{BEGUN, Component, Progression, symbol_bytes},
    transform::{Quantizer, Samples},
};
use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Planes, Raster, Size, Subsampling, over_opaque},
    simd::{Level, Simd, dispatch},
};

/// Rows of a band: those of an MCU of 4:2:0.
pub(in crate::codec::jpeg) const BAND: usize = 16;

/// A JPEG that is written by rows.
pub(crate) struct RowWriter {
    size: Size,
    coding: Coding,
    /// Since there were rows, and it is known how they come.
    work: Option<Work>,
    rows: u32,
}

/// How rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Planes(Subsampling),
    Rows(Layout),
}

struct Work {
    from: Source,
    /// Rows that wait until there are [`BAND`]: interleaved samples in the first, or planes.
    waiting: [Vec<u8>; 3],
    subsampling: Option<Subsampling>,
    is_progressive: bool,
    quantizers: [Quantizer; 2],
    components: Vec<Component>,
    level: Level,
}

impl RowWriter {
    /// # Errors
    /// [`Kind::LimitExceeded`] for a side of zero or past 65,535.
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        if size.pixels() == 0 {
            return Err(Error::limit("a side of the picture is zero"));
        }
        coding.format.info().check_side(size)?;
        Ok(Self { size, coding: *coding, work: None, rows: 0 })
    }

    fn work(&mut self, from: Source) -> Result<Work> {
        match self.work.take() {
            Some(work) if work.from == from => Ok(work),
            Some(_) => Err(Error::new(Kind::Internal, "rows of another kind than the first")),
            None => Ok(Work::new(from, self.size, &self.coding)),
        }
    }

    /// See [`RowWriter`](crate::codec::RowWriter::push_planes).
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        let mut work = self.work(Source::Planes(subsampling))?;
        let width = self.size.width as usize;
        let chroma_width = subsampling.chroma_size(self.size).width as usize;
        let down = subsampling.factors().1 as usize;
        let mut chroma = planes[1].chunks(chroma_width).zip(planes[2].chunks(chroma_width));
        for luma in planes[0].chunks(width) {
            let held = work.waiting[0].len() / width;
            let (cb, cr) = if held.is_multiple_of(down) {
                chroma.next().unwrap_or_default()
            } else {
                Default::default()
            };
            for (waiting, row) in work.waiting.iter_mut().zip([luma, cb, cr]) {
                put_row(waiting, row)?;
            }
            self.count_row(&mut work, held + 1)?;
        }
        self.work = Some(work);
        Ok(())
    }

    /// See [`RowWriter`](crate::codec::RowWriter::push_rows). JPEG has no alpha: what is transparent is shown over white.
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let mut work = self.work(Source::Rows(layout))?;
        let opaque = Layout::of(layout.channels() >= 3, false);
        let stride = self.size.width as usize * opaque.channels() as usize;
        for row in rows.chunks(self.size.width as usize * layout.channels() as usize) {
            let held = work.waiting[0].len() / stride;
            if layout.has_alpha() {
                over_white(&mut work.waiting[0], row, layout.channels() as usize)?;
            } else {
                put_row(&mut work.waiting[0], row)?;
            }
            self.count_row(&mut work, held + 1)?;
        }
        self.work = Some(work);
        Ok(())
    }

    /// Counts a row, the last of so many that wait.
    fn count_row(&mut self, work: &mut Work, held: usize) -> Result<()> {
        if self.rows == self.size.height {
            return Err(Error::new(Kind::Internal, "more rows than the picture has"));
        }
        self.rows += 1;
        if held == BAND || self.rows == self.size.height {
            work.code_band(self.size.width, held as u32)?;
            work.keep_small(symbol_bytes(self.size, self.coding.quality), self.coding.max_bytes)?;
        }
        Ok(())
    }

    /// See [`RowWriter`](crate::codec::RowWriter::finish). EXIF or XMP too long for a segment is left out.
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        let Some(work) = self.work.filter(|_| self.rows == self.size.height) else {
            return Err(Error::new(Kind::Internal, "rows are missing"));
        };
        let Work { is_progressive, quantizers, components, .. } = work;
        let frame = Frame { size: self.size, is_progressive, quantizers, metadata };
        file::write(&frame, components, self.coding.max_bytes)
    }
}

/// Puts a row where a band of them has room.
fn put_row(waiting: &mut Vec<u8>, row: &[u8]) -> Result<()> {
    if waiting.is_empty() {
        waiting.try_reserve_exact(row.len() * BAND)?;
    }
    waiting.extend_from_slice(row);
    Ok(())
}

/// Puts a row's colour over white, as a page shows it.
fn over_white(waiting: &mut Vec<u8>, row: &[u8], channels: usize) -> Result<()> {
    if waiting.is_empty() {
        waiting.try_reserve_exact(row.len() / channels * (channels - 1) * BAND)?;
    }
    for pixel in row.chunks_exact(channels) {
        let (color, alpha) = pixel.split_at(channels - 1);
        waiting.extend(color.iter().map(|sample| over_opaque(*sample, alpha[0], 255)));
    }
    Ok(())
}

impl Work {
    fn new(from: Source, size: Size, coding: &Coding) -> Self {
        let subsampling = match (from, coding.full_chroma) {
            (Source::Rows(Layout::Gray | Layout::GrayAlpha), _) => None,
            (Source::Planes(own), true) => Some(own),
            (Source::Rows(_), true) => Some(Subsampling::Yuv444),
            (_, false) => Some(Subsampling::Yuv420),
        };
        let progression = Progression::of(size.pixels());
        let factors = subsampling.map_or((1, 1), Subsampling::factors);
        let mut components = vec![Component::new([factors.0, factors.1], false, progression)];
        if subsampling.is_some() {
            components.extend([(); 2].map(|()| Component::new([1, 1], true, progression)));
        }
        Self {
            from,
            waiting: Default::default(),
            subsampling,
            is_progressive: progression != Progression::Sequential,
            quantizers: [false, true].map(|is_chroma| Quantizer::new(is_chroma, coding.quality)),
            components,
            level: Level::new(),
        }
    }

    /// Codes the rows that wait.
    fn code_band(&mut self, width: u32, rows: u32) -> Result<()> {
        let size = Size::new(width, rows);
        let [first, cb, cr] = mem::take(&mut self.waiting);
        match (self.from, self.subsampling) {
            (Source::Planes(own), Some(coded)) if own == coded => {
                self.code_planes(size, [&first, &cb, &cr])?;
                self.waiting = [first, cb, cr];
            }
            (Source::Planes(own), _) => {
                let planes = Planes::new(size, own, [first, cb, cr])?.into_yuv420()?;
                self.code_planes(size, planes.planes().each_ref().map(Vec::as_slice))?;
            }
            (Source::Rows(_), None) => {
                self.code_planes(size, [&first, &[], &[]])?;
                self.waiting[0] = first;
            }
            (Source::Rows(_), Some(coded)) => {
                let raster = Raster::new(size, Layout::Rgb, first)?;
                let planes = raster.to_planes(coded)?;
                self.code_planes(size, planes.planes().each_ref().map(Vec::as_slice))?;
                self.waiting[0] = raster.into_data();
            }
        }
        self.waiting.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn code_planes(&mut self, size: Size, planes: [&[u8]; 3]) -> Result<()> {
        let chroma = self.subsampling.map_or(size, |subsampling| subsampling.chroma_size(size));
        let planes = [(planes[0], size), (planes[1], chroma), (planes[2], chroma)];
        let planes = planes.map(|(samples, size)| Plane { samples, size });
        let Self { components, quantizers, is_progressive, level, .. } = self;
        dispatch!(*level, simd => simd.vectorize(
            #[inline(always)]
            || match *is_progressive {
                true => code_components(components, &planes, quantizers),
                false => code_mcus(components, &planes, quantizers),
            }
        ))
    }

    /// Codes the symbols as soon as they take more than `most` bytes.
    fn keep_small(&mut self, most: u64, max_bytes: u64) -> Result<()> {
        let held: usize = self.components.iter().map(Component::bytes).sum();
        if held as u64 <= most || !self.is_progressive {
            return Ok(());
        }
        if self.components.iter().any(|component| component.dc.is_coded()) {
            if held as u64 > max_bytes.saturating_add(BEGUN) {
                return Err(file::too_long(max_bytes));
            }
            return Ok(());
        }
        self.components.iter_mut().try_for_each(Component::code_so_far)
    }
}

/// A band of a plane.
struct Plane<'a> {
    samples: &'a [u8],
    size: Size,
}

impl Plane<'_> {
    /// A block, whose last samples are repeated where the plane ends.
    #[inline(always)]
    fn block(&self, across: usize, down: usize) -> Samples {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (x, y) = (8 * across, 8 * down);
        let mut block = Samples::default();
        if x + 8 <= width && y + 8 <= height {
            for (row, samples) in block.iter_mut().zip(self.samples[y * width..].chunks(width)) {
                row.copy_from_slice(&samples[x..x + 8]);
            }
            return block;
        }
        for (at, row) in block.iter_mut().enumerate() {
            let samples = &self.samples[(y + at).min(height - 1) * width..][..width];
            for (at, sample) in row.iter_mut().enumerate() {
                *sample = samples[(x + at).min(width - 1)];
            }
        }
        block
    }
}

/// Each component by itself, block after block.
#[inline(always)]
fn code_components(
    components: &mut [Component],
    planes: &[Plane<'_>],
    quantizers: &[Quantizer; 2],
) -> Result<()> {
    for (component, plane) in components.iter_mut().zip(planes) {
        let quantizer = &quantizers[usize::from(component.is_chroma)];
        for down in 0..plane.size.height.div_ceil(8) as usize {
            for across in 0..plane.size.width.div_ceil(8) as usize {
                component.put(quantizer, &plane.block(across, down))?;
            }
        }
    }
    Ok(())
}

/// MCU after MCU (T.81 A.2.3), which at the picture's edges are filled up.
#[inline(always)]
fn code_mcus(components: &mut [Component], planes: &[Plane<'_>], quantizers: &[Quantizer; 2]) -> Result<()> {
    let size = planes[0].size;
    let [wide, high] = components[0].factors.map(|factor| 8 * factor);
    for mcu_y in 0..size.height.div_ceil(high) {
        for mcu_x in 0..size.width.div_ceil(wide) {
            for (component, plane) in components.iter_mut().zip(planes) {
                let quantizer = &quantizers[usize::from(component.is_chroma)];
                let [across, down] = component.factors;
                for y in mcu_y * down..(mcu_y + 1) * down {
                    for x in mcu_x * across..(mcu_x + 1) * across {
                        component.put(quantizer, &plane.block(x as usize, y as usize))?;
                    }
                }
            }
        }
    }
    Ok(())
}
