//! Converts samples to a picture of 8 bits: grey, RGB or inks, with straight alpha if there is some.

use super::{
    compression,
    directory::Directory,
    header::{Alpha, Header, Photometric},
    lab::Lab,
    tags,
    ycbcr::YCbCr,
};
use crate::{
    error::{Error, Result},
    pixel::{Inks, Layout, Picture, Raster, Size, straight},
};

/// How samples are converted.
enum Paint {
    Gray,
    InvertedGray,
    Rgb,
    Palette(Box<[[u8; 3]; 256]>),
    Cmyk,
    YCbCr(YCbCr),
    Lab(Box<Lab>),
}

/// Converts rows of samples to rows of a picture.
pub(super) struct Painter {
    paint: Paint,
    /// Samples of a pixel that are used, alpha included.
    used: usize,
    alpha: Option<Alpha>,
}

impl Painter {
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for what is no colour here,
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) for a palette that isn't there.
    pub(super) fn new(header: &Header, directory: &Directory<'_>) -> Result<Self> {
        let photometric = header.photometric()?;
        let paint = match photometric {
            Photometric::BlackIsZero => Paint::Gray,
            Photometric::WhiteIsZero => Paint::InvertedGray,
            // The JPEG decoder has converted it to RGB, where the samples stand together.
            Photometric::YCbCr if header.compression == compression::JPEG && !header.is_planar => Paint::Rgb,
            Photometric::YCbCr => Paint::YCbCr(YCbCr::of(directory)),
            Photometric::Rgb => Paint::Rgb,
            Photometric::Palette => Paint::Palette(read_palette(directory, header.depth)?),
            Photometric::Cmyk => Paint::Cmyk,
            Photometric::Lab { is_signed } => Paint::Lab(Box::new(Lab::new(is_signed, header.depth))),
        };
        Ok(Self { paint, used: header.used(photometric), alpha: header.alpha })
    }

    /// Samples of a pixel of the picture.
    pub(super) const fn channels(&self) -> u32 {
        match self.paint {
            Paint::Cmyk => self.used as u32,
            _ => self.layout().channels(),
        }
    }

    /// The layout of what is no picture of inks.
    pub(super) const fn layout(&self) -> Layout {
        match (&self.paint, self.alpha.is_some()) {
            (Paint::Gray | Paint::InvertedGray, false) => Layout::Gray,
            (Paint::Gray | Paint::InvertedGray, true) => Layout::GrayAlpha,
            (_, false) => Layout::Rgb,
            (_, true) => Layout::Rgba,
        }
    }

    /// Samples of a pixel of the rows that it converts.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// True if bytes need no conversion.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.paint, Paint::Gray | Paint::Rgb | Paint::Cmyk) && self.alpha != Some(Alpha::Associated)
    }

    /// Converts a row.
    pub(super) fn paint(&self, samples: &[u16], row: &mut [u8]) {
        let channels = self.channels() as usize;
        let alpha = (self.alpha == Some(Alpha::Associated)).then_some(self.used - 1);
        for (samples, pixel) in samples.chunks_exact(self.used).zip(row.chunks_exact_mut(channels)) {
            let level = |at: usize| straight(samples[at], alpha.map_or(u16::MAX, |alpha| samples[alpha]));
            match &self.paint {
                Paint::Gray => pixel[0] = level(0),
                Paint::InvertedGray => pixel[0] = 255 - level(0),
                Paint::Rgb => pixel[..3].copy_from_slice(&[0, 1, 2].map(level)),
                Paint::Palette(palette) => {
                    pixel[..3].copy_from_slice(&palette[usize::from(samples[0] as u8)])
                }
                Paint::Cmyk => pixel[..4].copy_from_slice(&[0, 1, 2, 3].map(level)),
                Paint::YCbCr(ycbcr) => pixel[..3].copy_from_slice(&ycbcr.rgb([0, 1, 2].map(level))),
                Paint::Lab(lab) => pixel[..3].copy_from_slice(&lab.rgb([samples[0], samples[1], samples[2]])),
            }
            if self.alpha.is_some() {
                pixel[channels - 1] = straight(samples[self.used - 1], u16::MAX);
            }
        }
    }

    /// Makes a picture of all rows.
    ///
    /// # Errors
    /// [`Kind::Internal`](crate::error::Kind::Internal) when they are not as many as its size says.
    pub(super) fn finish(&self, size: Size, mut rows: Vec<u8>) -> Result<Picture> {
        let channels = self.channels() as usize;
        // Unspecified extra samples that are all 0 are no alpha: the picture is opaque.
        if self.alpha == Some(Alpha::Unspecified)
            && rows.iter().skip(channels - 1).step_by(channels).all(|&alpha| alpha == 0)
        {
            rows.iter_mut().skip(channels - 1).step_by(channels).for_each(|alpha| *alpha = 255);
        }
        match self.paint {
            Paint::Cmyk => Inks::new(size, self.alpha.is_some(), rows).map(Picture::Inks),
            _ => Raster::new(size, self.layout(), rows).map(Picture::Raster),
        }
    }
}

/// The colours of a palette: all reds, then all greens, then all blues, of 16 bits (TIFF 6.0, section 5).
fn read_palette(directory: &Directory<'_>, depth: u32) -> Result<Box<[[u8; 3]; 256]>> {
    let map = directory.values(tags::COLOR_MAP).ok_or_else(|| Error::malformed("the TIFF has no palette"))?;
    let entries = (map.len() / 3).min(1 << depth.min(8));
    // Some writers store 8 bits instead of 16.
    let is_short = (0..map.len()).all(|index| map.number(index).is_none_or(|value| value < 256));
    let shift = if is_short { 0 } else { 8 };
    let mut palette = Box::new([[0; 3]; 256]);
    for (index, color) in palette.iter_mut().enumerate().take(entries) {
        *color = [0, 1, 2]
            .map(|channel| (map.number(channel * (map.len() / 3) + index).unwrap_or(0) >> shift) as u8);
    }
    Ok(palette)
}
