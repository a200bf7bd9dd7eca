//! A WebP encoder for own pixels: whole pictures, or rows as they come.
//!
//! ```
//! # fn main() -> slimpix::error::Result<()> {
//! let (width, height) = (64, 48);
//! let pixels = vec![200; 64 * 48 * 3];
//! let file = slimpix::webp::Encoder::new(80).encode(&pixels, width, height)?;
//! assert!(file.starts_with(b"RIFF"));
//! # Ok(())
//! # }
//! ```
//!
//! Owns what a caller says and what is checked of it. The coding itself is in [`codec`](crate::codec).

use crate::{
    codec::{Coding, Format, RowWriter, encode},
    error::{Error, Kind, Result},
    limits::area_bytes,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Encodes still WebPs, with loss or without. See the [module](self) for an example.
///
/// Pixels are bytes in rows from top to bottom, without padding: grey, grey and alpha, RGB or RGBA, in sRGB, alpha
/// not multiplied in. The bytes that come out are the same on every machine, and for any number of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    coding: Coding,
    metadata: Metadata,
}

impl Encoder {
    /// A lossy encoder, with libwebp's meaning of quality: 0 (smallest) to 100 (best). 80 suits most photos.
    #[must_use]
    pub const fn new(quality: u8) -> Self {
        Self::of(Coding::new(Format::WebP).with_quality(quality))
    }

    /// An encoder that keeps every pixel; the colour under full transparency excepted.
    ///
    /// ```
    /// # fn main() -> slimpix::error::Result<()> {
    /// let logo = [[0, 90, 200, 255]; 32 * 32].concat();
    /// let file = slimpix::webp::Encoder::lossless().encode(&logo, 32, 32)?;
    /// assert!(file.len() < 100);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn lossless() -> Self {
        Self::of(Coding::new(Format::WebP).with_lossless(true))
    }

    const fn of(coding: Coding) -> Self {
        Self { coding, metadata: Metadata { icc: None, colors: None, exif: None, xmp: None } }
    }

    /// Sets the effort, from 0 (fastest) to 6 (smallest). Default 4.
    #[must_use]
    pub const fn with_effort(mut self, effort: u8) -> Self {
        self.coding = self.coding.with_effort(effort);
        self
    }

    /// Sets how many levels of alpha a lossy picture keeps, 0 to 100, as libwebp's `alpha_q` has it. Default 100:
    /// all.
    #[must_use]
    pub const fn with_alpha_quality(mut self, alpha_quality: u8) -> Self {
        self.coding = self.coding.with_alpha_quality(alpha_quality);
        self
    }

    /// Sets whether chroma is made with care for thin coloured edges, as libwebp's `use_sharp_yuv` has it. Default:
    /// from quality 90 on.
    #[must_use]
    pub const fn with_sharp_yuv(mut self, sharp_yuv: bool) -> Self {
        self.coding = self.coding.with_full_chroma(sharp_yuv);
        self
    }

    /// Sets the number of threads that a lossy picture is coded by, the caller's among them. Default 1. Each one
    /// takes memory. Where there are no threads, as on wasm, it must be 1.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.coding = self.coding.with_threads(threads);
        self
    }

    /// Sets the most bytes that the file may have. Default: as long as it gets. Coding ends with an error as soon
    /// as the file is sure to be longer.
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.coding = self.coding.with_max_bytes(max_bytes);
        self
    }

    /// Sets the ICC profile, EXIF and XMP that the file carries. Default none.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Encodes a picture of `width` by `height` pixels of 1 to 4 bytes: grey, grey and alpha, RGB or RGBA,
    /// whichever the length of `pixels` says.
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) when `pixels` has another length, a side is zero, or a setting is
    /// out of its range; [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when a side is longer than 16,383;
    /// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is longer than it may be;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn encode(&self, pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
        let layout = Layout::of_length(pixels.len(), Size::new(width, height))?;
        let mut rows = self.rows(width, height, layout)?;
        rows.push_rows(pixels)?;
        rows.finish()
    }

    /// Begins a picture whose rows come one after another. A lossy one is never held as a whole: 12 megapixels of RGB
    /// become a file in 8 MB of memory, the file included. A lossless one is gathered first.
    ///
    /// ```
    /// use slimpix::{Layout, webp::Encoder};
    ///
    /// # fn main() -> slimpix::error::Result<()> {
    /// let mut rows = Encoder::new(75).rows(256, 100, Layout::Rgb)?;
    /// for y in 0..100 {
    ///     let row: Vec<u8> = (0..=255).flat_map(|x| [x, y, 128]).collect();
    ///     rows.push_rows(&row)?;
    /// }
    /// let file = rows.finish()?;
    /// # assert_eq!(slimpix::probe(&file)?.size, slimpix::Size::new(256, 100));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Parameter`](crate::ErrorKind::Parameter) when a side is zero or a setting is out of its range,
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when a side is longer than 16,383,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn rows(&self, width: u32, height: u32, layout: Layout) -> Result<RowEncoder> {
        let size = Size::new(width, height);
        let row_bytes = layout.row_bytes(size)?;
        self.coding.check()?;
        Format::WebP.info().check_side(size)?;
        let target = if self.coding.lossless {
            let mut pixels = Vec::new();
            pixels.try_reserve_exact(area_bytes(size, layout.channels())?)?;
            Target::Whole(pixels)
        } else {
            Target::Lossy(Box::new(RowWriter::new(size, &self.coding)?))
        };
        Ok(RowEncoder { encoder: self.clone(), size, layout, row_bytes, rows_left: height, target })
    }
}

/// Takes a picture's rows from top to bottom, and gives its file. See [`Encoder::rows`].
///
/// The file is given at the end, and not written as it grows: what stands at its beginning (its length, the
/// probabilities of its tokens, alpha) is known last.
#[must_use]
pub struct RowEncoder {
    encoder: Encoder,
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
        let Encoder { coding, metadata } = &self.encoder;
        match self.target {
            Target::Lossy(writer) => writer.finish(metadata),
            Target::Whole(pixels) => {
                encode(Picture::Raster(Raster::new(self.size, self.layout, pixels)?), coding, metadata)
            }
        }
    }
}

impl std::fmt::Debug for RowEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowEncoder")
            .field("encoder", &self.encoder)
            .field("size", &self.size)
            .field("layout", &self.layout)
            .field("rows_left", &self.rows_left)
            .finish_non_exhaustive()
    }
}
