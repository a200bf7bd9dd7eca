//! An AVIF's pictures as their rows come: colour and alpha are coded side by side, each by [`av1`](crate::codec::av1).
//!
//! Planes go in as they come from a JPEG, without a detour through RGB. Grey has no chroma planes at all.

use std::mem;

use super::container::Still;
use crate::{
    codec::{
        Coding,
        av1::encoder::Encoder,
        avif::memory::{BAND, alpha_config, capacity, config},
    },
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Planes, Raster, Size, Subsampling, continue_row},
};

/// An AVIF that is written by rows.
pub(crate) struct RowWriter {
    size: Size,
    coding: Coding,
    /// Since there were rows, and it is known how they come.
    work: Option<Work>,
}

struct Work {
    color: Encoder,
    alpha: Option<Encoder>,
    /// The chroma of the colour picture; `None` for grey.
    subsampling: Option<Subsampling>,
    /// Interleaved rows that wait until there are [`BAND`] of them, without what can't be seen.
    band: Vec<u8>,
    /// The same of planes whose chroma is another one than is coded, and how it is subsampled.
    waiting: [Vec<u8>; 3],
    waits_as: Subsampling,
    /// If there is alpha: the row that came last, and the alpha of one.
    above: Vec<u8>,
    alpha_row: Vec<u8>,
}

impl RowWriter {
    /// # Errors
    /// [`Kind::LimitExceeded`] for a side of zero or past 65,535.
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        if size.pixels() == 0 {
            return Err(Error::limit("a side of the picture is zero"));
        }
        coding.format.info().check_side(size)?;
        Ok(Self { size, coding: *coding, work: None })
    }

    /// The encoders, which are made for the first rows.
    fn work(&mut self, subsampling: Option<Subsampling>, has_alpha: bool) -> Result<&mut Work> {
        let work = match self.work.take() {
            Some(work) if work.subsampling == subsampling && work.alpha.is_some() == has_alpha => work,
            Some(_) => return Err(Error::new(Kind::Internal, "rows of another kind than the first")),
            None => Work::new(self.size, subsampling, has_alpha, &self.coding)?,
        };
        Ok(self.work.insert(work))
    }

    /// See [`RowWriter`](crate::codec::RowWriter::push_planes).
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        let width = self.size.width;
        let wanted = match (self.coding.full_chroma, subsampling) {
            (true, Subsampling::Yuv444) => Subsampling::Yuv444,
            _ => Subsampling::Yuv420,
        };
        let work = self.work(Some(wanted), false)?;
        if subsampling == wanted {
            return work.color.push(planes, planes[0].len() / width as usize);
        }
        work.take_planes(width, subsampling, planes)
    }

    /// See [`RowWriter`](crate::codec::RowWriter::push_rows).
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        let subsampling = match (layout.channels(), self.coding.full_chroma) {
            (..3, _) => None,
            (_, true) => Some(Subsampling::Yuv444),
            (_, false) => Some(Subsampling::Yuv420),
        };
        let (width, channels) = (self.size.width as usize, layout.channels() as usize);
        let work = self.work(subsampling, layout.has_alpha())?;
        for row in rows.chunks(width * channels) {
            work.take_row(row)?;
            if work.band.len() == BAND as usize * width * channels {
                work.code_band(width as u32)?;
            }
        }
        Ok(())
    }

    /// See [`RowWriter`](crate::codec::RowWriter::finish).
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        let mut work = self.work.ok_or_else(|| Error::new(Kind::Internal, "a picture without rows"))?;
        work.code_band(self.size.width)?;
        work.code_waiting(self.size.width)?;
        let Work { color, alpha, subsampling, .. } = work;
        let still = Still {
            size: self.size,
            subsampling,
            color: color.finish()?,
            alpha: alpha.map(Encoder::finish).transpose()?,
            metadata,
        };
        let file = still.into_file()?;
        self.coding.check_length(&file)?;
        Ok(file)
    }
}

impl Work {
    fn new(size: Size, subsampling: Option<Subsampling>, has_alpha: bool, coding: &Coding) -> Result<Self> {
        let encoder = |config| Encoder::new(config, capacity(&config, coding), coding.threads);
        let color = encoder(config(size, subsampling, coding))?;
        let alpha = has_alpha.then(|| encoder(alpha_config(size, coding))).transpose()?;
        Ok(Self {
            color,
            alpha,
            subsampling,
            band: vec![],
            waiting: Default::default(),
            waits_as: Subsampling::Yuv444,
            above: vec![],
            alpha_row: vec![],
        })
    }

    /// How rows are interleaved.
    const fn layout(&self) -> Layout {
        Layout::of(self.subsampling.is_some(), self.alpha.is_some())
    }

    /// Takes planes whose chroma is to be halved, any number of rows, and codes whole bands of them: the rows of two
    /// pushes can share chroma.
    fn take_planes(&mut self, width: u32, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        self.waits_as = subsampling;
        let chroma_width = subsampling.chroma_size(Size::new(width, 1)).width as usize;
        let (width, down) = (width as usize, subsampling.factors().1 as usize);
        let [luma, cb, cr] = planes;
        let mut chroma = cb.chunks(chroma_width).zip(cr.chunks(chroma_width));
        for luma in luma.chunks(width) {
            let rows = self.waiting[0].len() / width;
            let (cb, cr) = if rows.is_multiple_of(down) {
                chroma.next().unwrap_or_default()
            } else {
                Default::default()
            };
            for (waiting, row) in self.waiting.iter_mut().zip([luma, cb, cr]) {
                if waiting.is_empty() {
                    waiting.try_reserve_exact(row.len() * BAND as usize)?;
                }
                waiting.extend_from_slice(row);
            }
            if rows + 1 == BAND as usize {
                self.code_waiting(width as u32)?;
            }
        }
        Ok(())
    }

    /// Codes the planes that wait.
    fn code_waiting(&mut self, width: u32) -> Result<()> {
        let rows = self.waiting[0].len() as u32 / width;
        if rows == 0 {
            return Ok(());
        }
        let planes = Planes::new(Size::new(width, rows), self.waits_as, mem::take(&mut self.waiting))?;
        let [y, cb, cr] = planes.into_yuv420()?.into_planes();
        self.color.push([&y, &cb, &cr], rows as usize)
    }

    /// Codes a row's alpha, and puts its colour into the band.
    fn take_row(&mut self, row: &[u8]) -> Result<()> {
        let channels = self.layout().channels() as usize;
        let at = self.band.len();
        self.band.try_reserve(row.len())?;
        self.band.extend_from_slice(row);
        let Some(alpha) = &mut self.alpha else { return Ok(()) };
        self.alpha_row.clear();
        self.alpha_row.try_reserve(row.len() / channels)?;
        self.alpha_row.extend(row.chunks_exact(channels).map(|pixel| pixel[channels - 1]));
        alpha.push([&self.alpha_row, &[], &[]], 1)?;
        let seen = &mut self.band[at..];
        continue_row(seen, &self.above, channels);
        self.above.clear();
        self.above.try_reserve(seen.len())?;
        self.above.extend_from_slice(seen);
        Ok(())
    }

    /// Codes the rows that wait.
    fn code_band(&mut self, width: u32) -> Result<()> {
        if self.band.is_empty() {
            return Ok(());
        }
        let layout = self.layout();
        let band = mem::take(&mut self.band);
        let rows = (band.len() / layout.channels() as usize) as u32 / width;
        let raster = Raster::new(Size::new(width, rows), layout, band)?;
        match self.subsampling {
            None if layout == Layout::Gray => self.color.push([raster.data(), &[], &[]], rows as usize)?,
            // Grey beside alpha is brought together in the room of the row's alpha.
            None => {
                for row in raster.data().chunks_exact(2 * width as usize) {
                    self.alpha_row.clear();
                    self.alpha_row.extend(row.chunks_exact(2).map(|pixel| pixel[0]));
                    self.color.push([&self.alpha_row, &[], &[]], 1)?;
                }
            }
            Some(subsampling) => {
                let planes = raster.to_planes(subsampling)?;
                let [y, cb, cr] = planes.planes();
                self.color.push([y, cb, cr], rows as usize)?;
            }
        }
        self.band = raster.into_data();
        self.band.clear();
        Ok(())
    }
}
