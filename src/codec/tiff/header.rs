//! What a TIFF's directory says of its picture.

use super::{compression, directory::Directory, tags};
use crate::{
    error::{Error, Result},
    pixel::{Orientation, Size},
};

/// The most samples of a pixel: pictures of satellites have a dozen.
const MAX_SAMPLES: u32 = 16;

/// The photometric interpretation: what samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    BlackIsZero,
    /// Grey, 0 being white.
    WhiteIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
    /// CIE L*a*b*, a and b being signed, or stored with an offset of 128.
    Lab {
        is_signed: bool,
    },
}

impl Photometric {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::BlackIsZero | Self::WhiteIsZero | Self::Palette => 1,
            Self::Rgb | Self::YCbCr | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }
}

/// The SampleFormat tag: how a sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SampleFormat {
    Unsigned,
    Signed,
    Float,
}

/// The ExtraSamples tag: what follows the colours of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// The colours are multiplied by it.
    Associated,
    Unassociated,
    /// Unspecified data: taken for alpha, as in libvips and so in sharp, unless it would hide the whole picture.
    Unspecified,
}

/// The YCbCrSubSampling tag: how many pixels share a sample of chroma, across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChromaSubsampling {
    pub(super) across: u32,
    pub(super) down: u32,
}

impl ChromaSubsampling {
    pub(super) const NONE: Self = Self { across: 1, down: 1 };
}

/// What the directory says of the picture.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) size: Size,
    /// Bits a sample.
    pub(super) depth: u32,
    pub(super) sample_format: SampleFormat,
    /// Samples a pixel.
    pub(super) samples: usize,
    /// The value of the PhotometricInterpretation tag.
    photometric_value: u32,
    /// Inks other than CMYK (InkSet).
    has_other_inks: bool,
    pub(super) alpha: Option<Alpha>,
    /// Planar configuration 2: each sample has strips or tiles of its own.
    pub(super) is_planar: bool,
    pub(super) compression: u16,
    pub(super) predictor: u32,
    /// Fill order 2: the first pixel is in the lowest bits of a byte.
    pub(super) is_lsb_first: bool,
    /// Group 3 of two dimensions (T4Options).
    pub(super) is_two_dimensional: bool,
    pub(super) subsampling: ChromaSubsampling,
    pub(super) is_little: bool,
    pub(super) orientation: Orientation,
    pub(super) has_profile: bool,
}

impl Header {
    /// # Errors
    /// [`Kind::Malformed`](crate::error::Kind::Malformed) when it says no size,
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for samples that are no colours.
    pub(super) fn read(directory: &Directory<'_>) -> Result<Self> {
        let number = |tag, missing| directory.number(tag).unwrap_or(missing);
        let side = |tag| directory.number(tag).ok_or_else(|| Error::malformed("the TIFF says no size"));
        let size = Size::new(side(tags::IMAGE_WIDTH)?, side(tags::IMAGE_LENGTH)?);
        let (depth, given) = depth(directory)?;
        let samples = number(tags::SAMPLES_PER_PIXEL, given);
        if samples == 0 || samples > MAX_SAMPLES {
            return Err(Error::unsupported(format!("a TIFF of {samples} samples a pixel")));
        }
        let compression = number(tags::COMPRESSION, compression::NONE.into());
        // Old files leave the photometric interpretation out.
        let usual = if samples > 2 { 2 } else { u32::from(!matches!(compression, 2..=4)) };
        let mut header = Self {
            size,
            depth,
            sample_format: sample_format(number(tags::SAMPLE_FORMAT, 1))?,
            samples: samples as usize,
            photometric_value: number(tags::PHOTOMETRIC_INTERPRETATION, usual),
            has_other_inks: number(tags::INK_SET, 1) == 2,
            alpha: None,
            is_planar: samples > 1 && number(tags::PLANAR_CONFIGURATION, 1) == 2,
            compression: u16::try_from(compression).unwrap_or(0),
            predictor: number(tags::PREDICTOR, 1),
            is_lsb_first: number(tags::FILL_ORDER, 1) == 2,
            is_two_dimensional: number(tags::T4_OPTIONS, 0) & 1 == 1,
            subsampling: ChromaSubsampling::NONE,
            is_little: directory.is_little(),
            orientation: directory
                .number(tags::ORIENTATION)
                .map_or(Orientation::Upright, Orientation::from_exif),
            has_profile: directory.span_of_field(tags::ICC_PROFILE).is_some_and(|profile| profile.length > 0),
        };
        if let Ok(photometric) = header.photometric() {
            header.alpha = match number(tags::EXTRA_SAMPLES, 0) {
                _ if header.samples <= photometric.count() => None,
                1 => Some(Alpha::Associated),
                2 => Some(Alpha::Unassociated),
                // Beside indices nobody takes it for alpha.
                _ => (photometric != Photometric::Palette).then_some(Alpha::Unspecified),
            };
            if photometric == Photometric::YCbCr && header.compression != compression::JPEG {
                let values = directory.values(tags::YCBCR_SUBSAMPLING);
                let factor = |index| values.and_then(|values| values.number(index)).unwrap_or(2);
                header.subsampling = ChromaSubsampling { across: factor(0), down: factor(1) };
            }
        }
        Ok(header)
    }

    /// The photometric interpretation.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for one that is not read here, by its name.
    pub(super) fn photometric(&self) -> Result<Photometric> {
        let photometric = match self.photometric_value {
            0 => Photometric::WhiteIsZero,
            1 | 4 => Photometric::BlackIsZero,
            2 => Photometric::Rgb,
            3 => Photometric::Palette,
            5 if self.has_other_inks => return Err(Error::unsupported("a TIFF of other inks than CMYK")),
            5 => Photometric::Cmyk,
            6 => Photometric::YCbCr,
            8 => Photometric::Lab { is_signed: true },
            9 => Photometric::Lab { is_signed: false },
            10 => return Err(Error::unsupported("a TIFF of ITU L*a*b* colours")),
            32_803 | 34_892 => return Err(Error::unsupported("a TIFF of a camera's raw samples")),
            32_844 | 32_845 => return Err(Error::unsupported("a TIFF of LogLuv colours")),
            other => {
                return Err(Error::unsupported(format!("a TIFF of an unknown kind of colours ({other})")));
            }
        };
        if self.samples < photometric.count() {
            return Err(Error::malformed(format!(
                "the TIFF has {} samples a pixel, too few for its colours",
                self.samples
            )));
        }
        Ok(photometric)
    }

    /// Samples of a pixel that are used: its colours and alpha.
    pub(super) fn used(&self, photometric: Photometric) -> usize {
        photometric.count() + usize::from(self.alpha.is_some())
    }
}

pub(super) fn no_directory() -> Error {
    Error::malformed("the TIFF has no directory")
}

/// The bits of a sample, which must be equal for all, and the number of samples that they are given for.
fn depth(directory: &Directory<'_>) -> Result<(u32, u32)> {
    let Some(bits) = directory.values(tags::BITS_PER_SAMPLE) else { return Ok((1, 1)) };
    let depth = bits.number(0).unwrap_or(1);
    if (1..bits.len()).any(|sample| bits.number(sample) != Some(depth)) {
        return Err(Error::unsupported("a TIFF whose samples differ in their bits"));
    }
    Ok((depth, u32::try_from(bits.len()).unwrap_or(u32::MAX)))
}

fn sample_format(format: u32) -> Result<SampleFormat> {
    match format {
        2 => Ok(SampleFormat::Signed),
        3 => Ok(SampleFormat::Float),
        5 | 6 => Err(Error::unsupported("a TIFF of complex numbers")),
        _ => Ok(SampleFormat::Unsigned),
    }
}
