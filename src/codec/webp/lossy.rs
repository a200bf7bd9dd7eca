//! A lossy picture's chunks: [`vp8`] for the colour, `ALPH` without loss for alpha.
//!
//! The planes go in as they come from a JPEG, without a turn through RGB.

use super::{
    encode::{Chunks, file},
    lossless,
    vp8::{Config, Encoder},
};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Layout, Metadata, Picture, Size, Subsampling},
};

/// A lossy WebP without alpha that is written by rows.
pub(crate) struct RowWriter {
    size: Size,
    encoder: Encoder,
}

impl RowWriter {
    /// # Errors
    /// `Limit` for a side of zero or past 16383.
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        Ok(Self { size, encoder: Encoder::new(size, config(coding))? })
    }

    /// Takes whole rows of planes: a multiple of two of luma, but at the end.
    ///
    /// # Errors
    /// `Internal` for broken rows or too many, `Memory`.
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        self.encoder.push_planes(subsampling, planes)
    }

    /// Takes whole rows of interleaved samples.
    ///
    /// # Errors
    /// `Internal` for broken rows or too many, `Memory`.
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        self.encoder.push_rows(layout, rows)
    }

    /// The file.
    ///
    /// # Errors
    /// `Internal` when rows are missing, `Limit` when the frame doesn't fit its format, `Memory`.
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        let picture = self.encoder.finish()?;
        file(self.size, Chunks { alpha: None, name: *b"VP8 ", picture, has_alpha: false }, metadata)
    }
}

/// WebP can't keep chroma's full size; what it has is made with care instead.
const fn config(coding: &Coding) -> Config {
    let Coding { quality, effort, full_chroma, threads, .. } = *coding;
    Config { quality, effort, sharp: full_chroma, threads }
}

/// Encodes a picture with loss.
pub(super) fn encode(picture: Picture, coding: &Coding) -> Result<Chunks> {
    let size = picture.size();
    let mut encoder = Encoder::new(size, config(coding))?;
    let alpha = match picture {
        Picture::Planes(planes) => {
            let [y, cb, cr] = planes.planes();
            encoder.push_planes(planes.subsampling(), [y, cb, cr])?;
            None
        }
        Picture::Raster(mut raster) => {
            raster.continue_hidden();
            encoder.push_rows(raster.layout(), raster.data())?;
            raster.alpha()?.map(|plane| lossless::encode_alpha(&plane, size)).transpose()?
        }
    };
    let has_alpha = alpha.is_some();
    Ok(Chunks { alpha, name: *b"VP8 ", picture: encoder.finish()?, has_alpha })
}
