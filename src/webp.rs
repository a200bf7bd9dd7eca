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
    codec::{Coding, Format},
    error::Result,
    pixel::{Layout, Metadata, Size},
};

pub use crate::row_encoder::RowEncoder;

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
        RowEncoder::new(self.coding, self.metadata.clone(), Size::new(width, height), layout)
    }
}
