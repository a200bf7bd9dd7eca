//! A file that is coded as its rows come: which formats can, and one face for them.

use super::{Coding, Format, avif, jpeg, png, webp};
use crate::{
    error::{Error, Kind, Result},
    pixel::{Layout, Metadata, Picture, Size, Subsampling},
};

/// A lossy AVIF or WebP, a JPEG or PNG that is written by rows.
pub(crate) enum RowWriter {
    Avif(Box<avif::RowWriter>),
    Jpeg(Box<jpeg::RowWriter>),
    Png(Box<png::RowWriter>),
    WebP(Box<webp::RowWriter>),
}

impl Coding {
    /// True if a file of such a size can be coded as its rows come.
    pub(crate) const fn is_by_rows(&self, size: Size) -> bool {
        match self.format {
            Format::WebP if self.lossless => size.pixels() > webp::HELD_PIXELS,
            Format::Avif | Format::WebP => !self.lossless,
            Format::Jpeg | Format::Png => true,
            _ => false,
        }
    }

    /// True if rows have to be looked at before the first is coded, see [`RowWriter::of_surveyed`].
    pub(crate) const fn is_surveyed(&self) -> bool {
        matches!(self.format, Format::Png)
    }
}

impl RowWriter {
    /// # Errors
    /// [`Kind::LimitExceeded`] for a side of zero or one that the format can't say;
    /// [`Kind::OutOfMemory`].
    pub(crate) fn new(size: Size, coding: &Coding) -> Result<Self> {
        Ok(match coding.format {
            Format::Avif => Self::Avif(Box::new(avif::RowWriter::new(size, coding)?)),
            Format::Jpeg => Self::Jpeg(Box::new(jpeg::RowWriter::new(size, coding)?)),
            Format::WebP => Self::WebP(Box::new(webp::RowWriter::new(size, coding)?)),
            format => return Err(Error::new(Kind::Internal, format!("no {format} is coded by rows so"))),
        })
    }

    /// Writes a PNG, of whose pixels is known what must be, with what goes along.
    ///
    /// # Errors
    /// [`Kind::OutputTooLarge`] when that is too long already;
    /// [`Kind::OutOfMemory`].
    pub(crate) fn of_surveyed(
        size: Size,
        facts: png::Facts,
        coding: &Coding,
        metadata: &Metadata,
    ) -> Result<Self> {
        Ok(Self::Png(Box::new(png::RowWriter::new(size, facts, coding, metadata)?)))
    }

    /// What must be known instead where rows weren't taken; `None` where nothing else helps.
    pub(crate) fn instead(&self, error: &Error) -> Option<png::Facts> {
        if let Self::Png(writer) = self { writer.instead(error) } else { None }
    }

    /// Takes a whole picture.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`].
    pub(crate) fn push(&mut self, picture: Picture) -> Result<()> {
        match picture {
            Picture::Planes(planes) => {
                let [y, cb, cr] = planes.planes();
                self.push_planes(planes.subsampling(), [y, cb, cr])
            }
            other => {
                let raster = other.into_raster()?;
                self.push_rows(raster.layout(), raster.data())
            }
        }
    }

    /// Takes whole rows of planes: a multiple of two of luma, but at the end.
    ///
    /// # Errors
    /// [`Kind::Internal`] for broken rows or too many;
    /// [`Kind::OutputTooLarge`] as soon as that is sure;
    /// [`Kind::OutOfMemory`].
    pub(crate) fn push_planes(&mut self, subsampling: Subsampling, planes: [&[u8]; 3]) -> Result<()> {
        match self {
            Self::Avif(writer) => writer.push_planes(subsampling, planes),
            Self::Jpeg(writer) => writer.push_planes(subsampling, planes),
            Self::Png(_) => Err(Error::new(Kind::Internal, "planes for a PNG")),
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
            Self::Jpeg(writer) => writer.push_rows(layout, rows),
            Self::Png(writer) => writer.push_rows(layout, rows),
            Self::WebP(writer) => writer.push_rows(layout, rows),
        }
    }

    /// Ends the picture, and returns the file. What goes along with a PNG is in it already.
    ///
    /// # Errors
    /// Those of [`RowWriter::push_planes`]; [`Kind::Internal`] when rows are missing. With each what must be known instead,
    /// see [`RowWriter::instead`].
    pub(crate) fn finish_surveyed(self, metadata: &Metadata) -> Result<Vec<u8>, (Error, Option<png::Facts>)> {
        match self {
            Self::Avif(writer) => writer.finish(metadata),
            Self::Jpeg(writer) => writer.finish(metadata),
            Self::Png(writer) => return writer.finish(),
            Self::WebP(writer) => writer.finish(metadata),
        }
        .map_err(|error| (error, None))
    }

    /// Ends the picture, and returns the file.
    ///
    /// # Errors
    /// Those of [`RowWriter::finish_surveyed`].
    pub(crate) fn finish(self, metadata: &Metadata) -> Result<Vec<u8>> {
        self.finish_surveyed(metadata).map_err(|(error, _)| error)
    }
}
