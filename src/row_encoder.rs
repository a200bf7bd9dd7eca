//! A picture of a caller's own whose rows come one after another, to AVIF or WebP.
//!
//! Owns what is checked of the rows: that they are whole, and as many as the picture has. The coding itself is in
//! [`codec`](crate::codec).

use crate::{
    codec::{Coding, RowWriter, encode},
    error::{Error, Kind, Result},
    limits::area_bytes,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Takes a picture's rows from top to bottom, and gives its file. See
/// [`webp::Encoder::rows`](crate::webp::Encoder::rows).
///
/// The file is given at the end, and not written as it grows: what stands at its beginning (its length, the
/// probabilities of its tokens, alpha) is known last.
#[must_use]
pub struct RowEncoder {
    coding: Coding,
    metadata: Metadata,
    size: Size,
    layout: Layout,
    row_bytes: usize,
    rows_left: u32,
    target: Target,
}

/// Where rows go.
enum Target {
    Lossy(Box<RowWriter>),
    /// Without loss the picture is coded as a whole.
    Whole(Vec<u8>),
}

impl RowEncoder {
    /// # Errors
    /// [`Kind::Parameter`] when a side is zero or a setting is out of its range, [`Kind::LimitExceeded`] when a side is
    /// longer than the format can say, [`Kind::OutOfMemory`].
    pub(crate) fn new(coding: Coding, metadata: Metadata, size: Size, layout: Layout) -> Result<Self> {
        let row_bytes = layout.row_bytes(size)?;
        coding.check()?;
        coding.format.info().check_side(size)?;
        let target = if coding.lossless {
            let mut pixels = Vec::new();
            pixels.try_reserve_exact(area_bytes(size, layout.channels())?)?;
            Target::Whole(pixels)
        } else {
            Target::Lossy(Box::new(RowWriter::new(size, &coding)?))
        };
        Ok(Self { coding, metadata, size, layout, row_bytes, rows_left: size.height, target })
    }

    /// Takes the next row, or several.
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) when these aren't whole rows, or more than the picture has: then
    /// none is taken. [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is sure to be longer than
    /// it may be, [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn push_rows(&mut self, rows: &[u8]) -> Result<()> {
        let (count, rest) = (rows.len() / self.row_bytes, rows.len() % self.row_bytes);
        let rows_left = u32::try_from(count).ok().and_then(|count| self.rows_left.checked_sub(count));
        let Some(rows_left) = rows_left.filter(|_| rest == 0) else {
            return Err(Error::new(
                Kind::Parameter,
                format!(
                    "{} bytes are not up to {} rows of {} bytes",
                    rows.len(),
                    self.rows_left,
                    self.row_bytes
                ),
            ));
        };
        match &mut self.target {
            Target::Lossy(writer) => writer.push_rows(self.layout, rows)?,
            Target::Whole(pixels) => pixels.extend_from_slice(rows),
        }
        self.rows_left = rows_left;
        Ok(())
    }

    /// How many rows are still to come.
    #[must_use]
    pub const fn rows_left(&self) -> u32 {
        self.rows_left
    }

    /// The file.
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) when rows are missing,
    /// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is longer than it may be,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn finish(self) -> Result<Vec<u8>> {
        if self.rows_left > 0 {
            let what = format!("{} of {} rows are missing", self.rows_left, self.size.height);
            return Err(Error::new(Kind::Parameter, what));
        }
        match self.target {
            Target::Lossy(writer) => writer.finish(&self.metadata),
            Target::Whole(pixels) => {
                let raster = Raster::new(self.size, self.layout, pixels)?;
                encode(Picture::Raster(raster), &self.coding, &self.metadata)
            }
        }
    }
}

impl std::fmt::Debug for RowEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowEncoder")
            .field("coding", &self.coding)
            .field("size", &self.size)
            .field("layout", &self.layout)
            .field("rows_left", &self.rows_left)
            .finish_non_exhaustive()
    }
}
