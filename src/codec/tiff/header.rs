//! What a TIFF's directory says of its picture.

use super::{
    directory::Directory,
    parts, rows,
    unpack::{JPEG, NONE},
};
use crate::{
    codec::{Demands, Format, Probe, icc, view::View},
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// Tags of the directory.
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const PLANAR: u16 = 284;
const GROUP3_OPTIONS: u16 = 292;
const PREDICTOR: u16 = 317;
const INK_SET: u16 = 332;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const SUBSAMPLING: u16 = 530;
pub(super) const XMP: u16 = 700;
pub(super) const PROFILE: u16 = 34_675;

/// The most samples of a pixel: pictures of satellites have a dozen.
const MOST_SAMPLES: u32 = 16;

/// What samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    Gray,
    /// Grey, 0 being white.
    InvertedGray,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
    /// CIE L*a*b*, a and b being signed, or 128 more.
    Lab {
        is_signed: bool,
    },
}

impl Colors {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Gray | Self::InvertedGray | Self::Palette => 1,
            Self::Rgb | Self::YCbCr | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }
}

/// How a sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    Unsigned,
    Signed,
    Float,
}

/// What follows the colours of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// The colours are multiplied with it.
    Associated,
    Straight,
    /// It isn't said. Taken for alpha, as libvips and so sharp do, unless it hides all.
    Unspecified,
}

/// What the directory says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) size: Size,
    /// Bits a sample.
    pub(super) depth: u32,
    pub(super) numbers: Numbers,
    /// Samples a pixel.
    pub(super) samples: usize,
    /// The photometric interpretation.
    photometric: u32,
    /// The colours of print other than the four.
    has_other_inks: bool,
    pub(super) alpha: Option<Alpha>,
    /// Each sample has strips or tiles of its own.
    pub(super) is_planar: bool,
    pub(super) compression: u16,
    pub(super) predictor: u32,
    pub(super) is_reversed: bool,
    pub(super) is_two_dimensional: bool,
    /// How many pixels share a sample of chroma, across and down.
    pub(super) subsampling: (u32, u32),
    pub(super) is_little: bool,
    pub(super) orientation: Orientation,
    pub(super) has_profile: bool,
}

impl Header {
    /// # Errors
    /// `Malformed` when it says no size, `Unsupported` for samples that are no colours.
    pub(super) fn read(directory: &Directory<'_>) -> Result<Self> {
        let number = |tag, missing| directory.number(tag).unwrap_or(missing);
        let side = |tag| directory.number(tag).ok_or_else(|| Error::malformed("the TIFF says no size"));
        let size = Size::new(side(WIDTH)?, side(HEIGHT)?);
        let (depth, given) = depth(directory)?;
        let samples = number(SAMPLES, given);
        if samples == 0 || samples > MOST_SAMPLES {
            return Err(Error::unsupported(format!("a TIFF of {samples} samples a pixel")));
        }
        let compression = number(COMPRESSION, NONE.into());
        // Old ones leave it out.
        let usual = if samples > 2 { 2 } else { u32::from(!matches!(compression, 2..=4)) };
        let mut header = Self {
            size,
            depth,
            numbers: numbers(number(SAMPLE_FORMAT, 1))?,
            samples: samples as usize,
            photometric: number(PHOTOMETRIC, usual),
            has_other_inks: number(INK_SET, 1) == 2,
            alpha: None,
            is_planar: samples > 1 && number(PLANAR, 1) == 2,
            compression: u16::try_from(compression).unwrap_or(0),
            predictor: number(PREDICTOR, 1),
            is_reversed: number(FILL_ORDER, 1) == 2,
            is_two_dimensional: number(GROUP3_OPTIONS, 0) & 1 == 1,
            subsampling: (1, 1),
            is_little: directory.is_little(),
            orientation: directory.number(ORIENTATION).map_or(Orientation::Upright, Orientation::from_exif),
            has_profile: directory.place_of_field(PROFILE).is_some_and(|(_, length)| length > 0),
        };
        if let Ok(colors) = header.colors() {
            header.alpha = (header.samples > colors.count()).then(|| match number(EXTRA_SAMPLES, 0) {
                1 => Alpha::Associated,
                2 => Alpha::Straight,
                _ => Alpha::Unspecified,
            });
            if colors == Colors::YCbCr && header.compression != JPEG {
                let values = directory.values(SUBSAMPLING);
                let factor = |index| values.and_then(|values| values.number(index)).unwrap_or(2);
                header.subsampling = (factor(0), factor(1));
            }
        }
        Ok(header)
    }

    /// What the samples are.
    ///
    /// # Errors
    /// `Unsupported` for what is no colour here, by its name.
    pub(super) fn colors(&self) -> Result<Colors> {
        let colors = match self.photometric {
            0 => Colors::InvertedGray,
            1 | 4 => Colors::Gray,
            2 => Colors::Rgb,
            3 => Colors::Palette,
            5 if self.has_other_inks => return Err(Error::unsupported("a TIFF of other inks than CMYK")),
            5 => Colors::Cmyk,
            6 => Colors::YCbCr,
            8 => Colors::Lab { is_signed: true },
            9 => Colors::Lab { is_signed: false },
            10 => return Err(Error::unsupported("a TIFF of ITU L*a*b* colours")),
            32_803 | 34_892 => return Err(Error::unsupported("a TIFF of a camera's raw samples")),
            32_844 | 32_845 => return Err(Error::unsupported("a TIFF of LogLuv colours")),
            other => {
                return Err(Error::unsupported(format!("a TIFF of an unknown kind of colours ({other})")));
            }
        };
        if self.samples < colors.count() {
            return Err(Error::malformed(format!(
                "the TIFF has {} samples a pixel, too few for its colours",
                self.samples
            )));
        }
        Ok(colors)
    }

    /// Samples of a pixel that matter: its colours and alpha.
    pub(super) fn used(&self, colors: Colors) -> usize {
        colors.count() + usize::from(self.alpha.is_some())
    }
}

/// Reads what a TIFF's directory says. It may stand anywhere.
pub(in crate::codec) fn probe(view: View<'_>) -> Result<Probe> {
    let directory = Directory::of(view).ok_or_else(no_directory)?;
    let header = Header::read(&directory)?;
    let colors = header.colors();
    Ok(Probe {
        depth: u8::try_from(header.depth).unwrap_or(u8::MAX),
        alpha: header.alpha.is_some(),
        color: !matches!(colors, Ok(Colors::Gray | Colors::InvertedGray)),
        orientation: header.orientation,
        icc: header.has_profile,
        demands: Demands {
            icc_bytes: directory.place_of_field(PROFILE).map_or(0, |(start, length)| {
                icc::held_bytes(&|at, bytes| view.get(start.checked_add(at)?, bytes), length)
            }),
            metadata_bytes: directory.place_of_field(XMP).map_or(0, |(_, length)| length),
            part_bytes: colors.map_or(0, |colors| {
                rows::held_bytes(&header, parts::size_of_part(&directory, header.size), header.used(colors))
            }),
            ..Demands::default()
        },
        ..Probe::new(Format::Tiff, header.size)
    })
}

pub(super) fn no_directory() -> Error {
    Error::malformed("the TIFF has no directory")
}

/// Bits a sample, which must be as many for all, and of how many samples they are given.
fn depth(directory: &Directory<'_>) -> Result<(u32, u32)> {
    let Some(bits) = directory.values(BITS) else { return Ok((1, 1)) };
    let depth = bits.number(0).unwrap_or(1);
    if (1..bits.len()).any(|sample| bits.number(sample) != Some(depth)) {
        return Err(Error::unsupported("a TIFF whose samples differ in their bits"));
    }
    Ok((depth, u32::try_from(bits.len()).unwrap_or(u32::MAX)))
}

fn numbers(format: u32) -> Result<Numbers> {
    match format {
        2 => Ok(Numbers::Signed),
        3 => Ok(Numbers::Float),
        5 | 6 => Err(Error::unsupported("a TIFF of complex numbers")),
        _ => Ok(Numbers::Unsigned),
    }
}
