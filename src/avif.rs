//! An AVIF encoder for own pixels.
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
    codec::{Coding, Format, encode},
    convert::guarded,
    error::Result,
    limits::try_copy,
    pixel::{Layout, Metadata, Picture, Raster, Size},
};

/// Encodes still AVIFs of 8 bits. See the [module](self) for an example.
///
/// Pixels are bytes in rows from top to bottom, without padding: grey, grey and alpha, RGB or RGBA, in sRGB, alpha
/// not multiplied in. Coding takes some megabytes beside them and the file, whatever the picture's height.
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
        let size = Size::new(width, height);
        let layout = Layout::of_length(pixels.len(), size)?;
        self.coding.check()?;
        let raster = Raster::new(size, layout, try_copy(pixels)?)?;
        guarded(|| encode(Picture::Raster(raster), &self.coding, &self.metadata))
    }
}
