//! A lossy picture's chunks: [`vp8`](super::vp8) for the colour, `ALPH` for alpha.
//!
//! The planes go in as they come from a JPEG, without a turn through RGB.

use std::mem;

use super::{
    alpha::Alpha,
    encode::{Chunks, file},
    vp8::{Config, Encoder},
};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Layout, Metadata, Picture, Size, Subsampling, continue_row},
};

/// A lossy WebP that is written by rows.
pub(crate) struct RowWriter {
    size: Size,
    encoder: Encoder,
    alpha: Alpha,
    alpha_quality: u8,
    /// Where there is alpha: a row in work, and the one above.
    row: Vec<u8>,
    above: Vec<u8>,
}

impl RowWriter {
    /// # Errors
    /// `Limit` for a side of zero or past 16383.
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        let encoder = Encoder::new(size, config(coding))?;
        let (alpha, alpha_quality) = (Alpha::new(size), coding.alpha_quality);
        Ok(Self { size, encoder, alpha, alpha_quality, row: Vec::new(), above: Vec::new() })
    }

    /// Takes whole rows of planes: a multiple of two of luma, but at the end.
    ///
    /// # Errors
    /// `Internal` for broken rows or too many, `Memory`.
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        self.encoder.push_planes(subsampling, planes)
    }

    /// Takes whole rows of interleaved samples, all of the same layout. Colour under full transparency is replaced by
    /// what goes on best.
    ///
    /// # Errors
    /// `Internal` for broken rows or too many, `Memory`.
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        if !layout.has_alpha() {
            return self.encoder.push_rows(layout, rows);
        }
        let channels = layout.channels() as usize;
        for row in rows.chunks(self.size.width as usize * channels) {
            self.row.clear();
            self.row.try_reserve_exact(row.len())?;
            self.row.extend_from_slice(row);
            continue_row(&mut self.row, &self.above, channels);
            self.encoder.push_rows(layout, &self.row)?;
            self.alpha.push(layout, row)?;
            mem::swap(&mut self.row, &mut self.above);
        }
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// `Internal` when rows are missing, `Limit` when the frame doesn't fit its format, `Memory`.
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        let size = self.size;
        file(size, self.chunks()?, metadata)
    }

    fn chunks(self) -> Result<Chunks> {
        let picture = self.encoder.finish()?;
        let alpha = self.alpha.encode(self.alpha_quality)?;
        Ok(Chunks { has_alpha: alpha.is_some(), alpha, name: *b"VP8 ", picture })
    }
}

/// WebP can't keep chroma's full size; what it has is made with care instead.
const fn config(coding: &Coding) -> Config {
    let Coding { quality, effort, full_chroma, threads, .. } = *coding;
    Config { quality, effort, sharp: full_chroma, threads }
}

/// Encodes a picture with loss.
pub(super) fn encode(picture: Picture, coding: &Coding) -> Result<Chunks> {
    let mut writer = RowWriter::new(picture.size(), coding)?;
    match picture {
        Picture::Planes(planes) => {
            let [y, cb, cr] = planes.planes();
            writer.push_planes(planes.subsampling(), [y, cb, cr])?;
        }
        Picture::Raster(raster) => writer.push_rows(raster.layout(), raster.data())?,
    }
    writer.chunks()
}
