//! A lossy file that is coded as its rows come: which formats can, and one face for them.

use super::{Coding, Format, avif, webp};
use crate::{
    error::Result,
    pixel::{Layout, Metadata, Size, Subsampling},
};

/// A lossy AVIF or WebP that is written by rows.
pub(crate) enum RowWriter {
    Avif(Box<avif::RowWriter>),
    WebP(Box<webp::RowWriter>),
}

impl Coding {
    /// True if a file can be coded as its rows come.
    pub(crate) const fn is_by_rows(&self) -> bool {
        matches!(self.format, Format::Avif | Format::WebP) && !self.lossless
    }
}

impl RowWriter {
    /// # Errors
    /// [`Kind::LimitExceeded`](crate::error::Kind::LimitExceeded) for a side of zero or one that the format can't say;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        Ok(match coding.format {
            Format::Avif => Self::Avif(Box::new(avif::RowWriter::new(size, coding)?)),
            _ => Self::WebP(Box::new(webp::RowWriter::new(size, coding)?)),
        })
    }

    /// Takes whole rows of planes: a multiple of two of luma, but at the end.
    ///
    /// # Errors
    /// [`Kind::Internal`](crate::error::Kind::Internal) for broken rows or too many;
    /// [`Kind::OutputTooLarge`](crate::error::Kind::OutputTooLarge) as soon as that is sure;
    /// [`Kind::OutOfMemory`](crate::error::Kind::OutOfMemory).
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        match self {
            Self::Avif(writer) => writer.push_planes(subsampling, planes),
            Self::WebP(writer) => writer.push_planes(subsampling, planes),
        }
    }

    /// Takes whole rows of interleaved samples, all of the same layout. Colour under full transparency is replaced by
    /// what goes on best.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`].
    pub(crate) fn push_rows(&mut self, layout: Layout, rows: &[u8]) -> Result<()> {
        match self {
            Self::Avif(writer) => writer.push_rows(layout, rows),
            Self::WebP(writer) => writer.push_rows(layout, rows),
        }
    }

    /// Ends the picture, and returns the file.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`]; [`Kind::Internal`](crate::error::Kind::Internal) when rows are missing.
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        match self {
            Self::Avif(writer) => writer.finish(metadata),
            Self::WebP(writer) => writer.finish(metadata),
        }
    }
}
