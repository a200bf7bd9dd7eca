//! A picture without loss, as VP8L: one that is held, or one whose rows come several times.

use super::{
    container::{self, Chunks},
    vp8l::image::{self, Ended, RowCoder},
};
use crate::{
    codec::Coding,
    error::Result,
    pixel::{Layout, Metadata, Raster, Size},
};

/// Encodes a picture without loss.
///
/// # Errors
/// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when it takes more than `coding.max_bytes`;
/// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
pub(super) fn encode(mut raster: Raster, coding: &Coding) -> Result<Chunks> {
    raster.clear_hidden();
    let has_alpha = raster.layout().has_alpha();
    let picture = image::encode(raster, coding, image::AROUND)?;
    Ok(Chunks { alpha: None, name: *b"VP8L", picture, has_alpha })
}

/// A WebP without loss that is written by rows, which must come several times.
pub(crate) struct LosslessRows {
    size: Size,
    coding: Coding,
    coder: Box<RowCoder>,
}

/// What comes after all rows.
pub(crate) enum LosslessEnded {
    /// They must come once more.
    Again(LosslessRows),
    File(Vec<u8>),
}

impl LosslessRows {
    /// For rows of a layout, of which samples that say nothing may be left out.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(crate) fn new(size: Size, coding: &Coding, layout: Layout, reduces: bool) -> Result<Self> {
        let coder = Box::new(RowCoder::new(size, coding, layout, reduces)?);
        Ok(Self { size, coding: *coding, coder })
    }

    /// True if no more rows are needed this time.
    pub(crate) fn is_settled(&self) -> bool {
        self.coder.is_settled()
    }

    /// Takes whole rows.
    ///
    /// # Errors
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(crate) fn push_rows(&mut self, rows: &[u8]) -> Result<()> {
        self.coder.push_rows(rows)
    }

    /// Ends the rows of this time.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) when the file is longer than it may be;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(crate) fn end(self, metadata: &Metadata) -> Result<LosslessEnded> {
        let Self { size, coding, coder } = self;
        Ok(match coder.end()? {
            Ended::Again(coder) => LosslessEnded::Again(Self { size, coding, coder }),
            Ended::Done(picture, has_alpha) => {
                let chunks = Chunks { alpha: None, name: *b"VP8L", picture, has_alpha };
                let file = container::file(size, chunks, metadata)?;
                coding.check_length(&file)?;
                LosslessEnded::File(file)
            }
        })
    }
}
