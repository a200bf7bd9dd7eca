//! A lossy picture's chunks: [`vp8`](super::vp8::encoder) for the colour, `ALPH` for alpha.
//!
//! Planes go in as they come from a JPEG, without a detour through RGB.

use std::mem;

use super::{
    alpha::Alpha,
    container::{Chunks, file},
    memory::most_frame_bytes,
    vp8::encoder::{Config, Encoder},
};
use crate::{
    codec::Coding,
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Size, Subsampling, continue_row},
};

/// A lossy WebP that is written by rows.
pub(crate) struct RowWriter {
    size: Size,
    coding: Coding,
    encoder: Encoder,
    alpha: Alpha,
    /// If there is alpha: the row that is being coded, and the one above.
    row: Vec<u8>,
    above: Vec<u8>,
}

impl RowWriter {
    /// # Errors
    /// [`Kind::LimitExceeded`] for a side of zero or past 16383.
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        let encoder = Encoder::within(size, config(coding), coding.max_bytes)?;
        Ok(Self {
            size,
            coding: *coding,
            encoder,
            alpha: Alpha::new(size, most_frame_bytes(size, coding)),
            row: Vec::new(),
            above: Vec::new(),
        })
    }

    /// Takes whole rows of planes: a multiple of two of luma, but at the end.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows or too many; [`Kind::OutOfMemory`].
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        self.encoder.push_planes(subsampling, planes)
    }

    /// Takes whole rows of interleaved samples, all of the same layout. Colour under full transparency is replaced by
    /// what goes on best.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows or too many; [`Kind::OutOfMemory`].
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

    /// Ends the picture, and returns the file.
    ///
    /// # Errors
    /// [`Kind::Internal`] when rows are missing; [`Kind::LimitExceeded`] when the frame doesn't fit its format;
    /// [`Kind::OutputTooLarge`]; [`Kind::OutOfMemory`].
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        let (size, coding) = (self.size, self.coding);
        let file = file(size, self.chunks()?, metadata)?;
        coding.check_length(&file)?;
        Ok(file)
    }

    pub(super) fn chunks(self) -> Result<Chunks> {
        let picture = self.encoder.finish()?;
        let alpha = self.alpha.encode(self.coding.alpha_quality, self.coding.effort)?;
        // No buffer is made for a file that would be refused.
        let bytes = picture.len() + alpha.as_ref().map_or(0, Vec::len);
        if bytes as u64 > self.coding.max_bytes {
            return Err(Error::new(Kind::OutputTooLarge, format!("{bytes} bytes and more")));
        }
        Ok(Chunks { has_alpha: alpha.is_some(), alpha, name: *b"VP8 ", picture })
    }
}

/// WebP can't keep chroma's full size; sharp YUV stands in for it.
const fn config(coding: &Coding) -> Config {
    let Coding { quality, effort, full_chroma, threads, .. } = *coding;
    Config { quality, effort, sharp: full_chroma, threads }
}
