//! An AVIF encoder for own pixels: whole pictures, or rows as they come.
//!
//! ```
//! # fn main() -> slimpix::error::Result<()> {
//! let pixels = vec![200; 32 * 24 * 3];
//! let file = slimpix::avif::Encoder::new(60).with_effort(2).encode(&pixels, 32, 24)?;
//! assert_eq!(slimpix::probe(&file)?.format, slimpix::Format::Avif);
//! # Ok(())
//! # }
//! ```
//!
//! Owns what a caller says and what is checked of it. The coding itself is in [`codec`](crate::codec).

use crate::{
    codec::{Coding, Format},
    error::Result,
    pixel::{Layout, Metadata, Size},
};

pub use crate::row_encoder::RowEncoder;

/// Encodes still AVIFs of 8 bits. See the [module](self) for an example.
///
/// Pixels are bytes in rows from top to bottom, without padding: grey, grey and alpha, RGB or RGBA, in sRGB, alpha
/// not multiplied in. Coding takes some megabytes beside them and the file, whatever the picture's height. The bytes
/// that come out are the same on every machine, and for any number of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    coding: Coding,
    metadata: Metadata,
}

impl Encoder {
    /// An encoder of a quality from 0 (smallest) to 100 (best). From 90 on, chroma keeps its full size.
    #[must_use]
    pub const fn new(quality: u8) -> Self {
        let metadata = Metadata { icc: None, colors: None, exif: None, xmp: None };
        Self { coding: Coding::new(Format::Avif).with_quality(quality), metadata }
    }

    /// Sets the effort, from 0 (fastest) to 6 (smallest). Default 4.
    #[must_use]
    pub const fn with_effort(mut self, effort: u8) -> Self {
        self.coding = self.coding.with_effort(effort);
        self
    }

    /// Sets whether chroma keeps its full size (4:4:4), as graphics want it. Default: from quality 90 on.
    #[must_use]
    pub const fn with_full_chroma(mut self, full_chroma: bool) -> Self {
        self.coding = self.coding.with_full_chroma(full_chroma);
        self
    }

    /// Sets whether the picture is drawn, as screens, diagrams and icons are: palettes and copies of what stood before
    /// are tried, which such pictures get much smaller by. They want [full chroma](Self::with_full_chroma) as well.
    /// Default: it is a photo.
    #[must_use]
    pub const fn with_graphic(mut self, is_graphic: bool) -> Self {
        self.coding = self.coding.with_graphic(is_graphic);
        self
    }

    /// Sets the number of threads that code a picture of several tiles, the caller's among them. Default 1. Each one
    /// takes memory. Where there are no threads, as on wasm, it must be 1.
    #[must_use]
    pub const fn with_threads(mut self, threads: usize) -> Self {
        self.coding = self.coding.with_threads(threads);
        self
    }

    /// Sets the most bytes that the file may have. Default: as long as it gets.
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
    /// out of its range; [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when a side is longer than 65,535;
    /// [`OutputTooLarge`](crate::ErrorKind::OutputTooLarge) when the file is longer than it may be;
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn encode(&self, pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
        let layout = Layout::of_length(pixels.len(), Size::new(width, height))?;
        let mut rows = self.rows(width, height, layout)?;
        rows.push_rows(pixels)?;
        rows.finish()
    }

    /// Begins a picture whose rows come one after another. It is never held as a whole: beside the file, coding takes
    /// 3 MB and some rows, whatever the picture's height.
    ///
    /// ```
    /// use slimpix::{Layout, avif::Encoder};
    ///
    /// # fn main() -> slimpix::error::Result<()> {
    /// let mut rows = Encoder::new(60).with_effort(0).rows(256, 100, Layout::Rgb)?;
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
    /// [`LimitExceeded`](crate::ErrorKind::LimitExceeded) when a side is longer than 65,535,
    /// [`OutOfMemory`](crate::ErrorKind::OutOfMemory) when there is no room.
    pub fn rows(&self, width: u32, height: u32, layout: Layout) -> Result<RowEncoder> {
        RowEncoder::new(self.coding, self.metadata.clone(), Size::new(width, height), layout)
    }
}
