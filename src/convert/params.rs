//! What a caller asks of a conversion.

mod color;
mod place;
mod trim;
mod watermark;

pub use self::{
    color::parse_color,
    place::{Fit, Focus, Interest, Resize},
    trim::Trim,
    watermark::{Mark, Placement, Watermark},
};

use super::blur;
use crate::{
    codec::{Format, Probe},
    pixel::Orientation,
};

/// A conversion's parameters.
///
/// ```
/// use slimpix::{Fit, Format, Mode, Params, Resize};
///
/// let params = Params::default()
///     .with_format(Format::WebP)
///     .with_quality(70)
///     .with_mode(Mode::Lossy)
///     .with_resize(Resize::new(400, 300).with_fit(Fit::Cover))
///     .with_keep_metadata(true);
/// assert_eq!(params.effort, 4);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Params {
    /// The target format. Default WebP.
    pub format: Format,
    /// 0 to 100. Default 80. Ignored where the result is lossless, which a WebP is at 100, unless `mode` is `Lossy`
    /// or `target_size` is set.
    pub quality: u8,
    /// 0 to 100: how many levels of alpha a lossy WebP keeps, 2 to 248 for 0 to 99. Default 100: all.
    pub alpha_quality: u8,
    /// 0 (fastest) to 6 (smallest). Default 4.
    pub effort: u8,
    /// Lossy, lossless, or whichever suits the picture. Default `Auto`.
    pub mode: Mode,
    /// The wanted size. Default: as the source.
    pub resize: Option<Resize>,
    /// How the picture is turned beside what its file says, and after that. Sizes, crops and rims are those of what is
    /// turned. Default: not at all.
    pub turn: Orientation,
    /// The border that is cut off what is turned; sizes are those of what is left, and of an animation what no frame shows
    /// anything in goes. The source is decoded twice, some sources that are turned three times. Default: none.
    pub trim: Option<Trim>,
    /// The colour, red, green and blue, behind what is transparent, and of the rims of [`Fit::Pad`]: the result has no
    /// alpha. Default: none, what is transparent stays so, and rims are. In the picture's own colours where
    /// `keep_metadata` keeps its profile.
    pub background: Option<[u8; 3]>,
    /// Blurs the result by a Gaussian of so many tenths of a pixel as its standard deviation, 3 to 1000. Default 0: not at
    /// all. Rims stay as they are.
    pub blur: u16,
    /// Sharpens the result: what a blur of so many tenths of a pixel takes from it is added once more, 3 to 100. Default 0:
    /// not at all.
    pub sharpen: u16,
    /// A mark on the result, rims included, which is neither blurred nor sharpened. Default: none. In the picture's own colours
    /// where `keep_metadata` keeps its profile.
    pub watermark: Option<Watermark>,
    /// An animation becomes a still picture: its first frame. Default false: it stays an animation, as a WebP, and is
    /// kept as it is where another format is asked for.
    pub still: bool,
    /// Keep EXIF, XMP and the ICC profile. Default false: the pixels are turned and converted to sRGB, and all
    /// metadata goes. When true the orientation is still applied, and the kept EXIF says so.
    pub keep_metadata: bool,
    /// The most bytes that the result may have: the quality is the highest up to `quality` with which it has no more,
    /// found by coding again and again. An error when none has. Default: as long as it gets.
    pub target_size: Option<u64>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            format: Format::WebP,
            quality: 80,
            alpha_quality: 100,
            effort: 4,
            mode: Mode::Auto,
            resize: None,
            turn: Orientation::Upright,
            trim: None,
            background: None,
            blur: 0,
            sharpen: 0,
            watermark: None,
            still: false,
            keep_metadata: false,
            target_size: None,
        }
    }
}

impl Params {
    /// Sets the target format.
    #[must_use]
    pub const fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Sets the quality, 0 to 100.
    #[must_use]
    pub const fn with_quality(mut self, quality: u8) -> Self {
        self.quality = quality;
        self
    }

    /// Sets how many levels of alpha a lossy WebP keeps, 0 to 100.
    #[must_use]
    pub const fn with_alpha_quality(mut self, alpha_quality: u8) -> Self {
        self.alpha_quality = alpha_quality;
        self
    }

    /// Sets the effort, from 0 (fastest) to 6 (smallest).
    #[must_use]
    pub const fn with_effort(mut self, effort: u8) -> Self {
        self.effort = effort;
        self
    }

    /// Sets whether detail may be lost.
    #[must_use]
    pub const fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the wanted size; `None` is that of the source.
    #[must_use]
    pub fn with_resize(mut self, resize: impl Into<Option<Resize>>) -> Self {
        self.resize = resize.into();
        self
    }

    /// Sets how the picture is turned beside what its file says.
    #[must_use]
    pub const fn with_turn(mut self, turn: Orientation) -> Self {
        self.turn = turn;
        self
    }

    /// Sets which border is cut off; `None` for none.
    #[must_use]
    pub fn with_trim(mut self, trim: impl Into<Option<Trim>>) -> Self {
        self.trim = trim.into();
        self
    }

    /// Sets the colour behind what is transparent; `None` for none.
    #[must_use]
    pub fn with_background(mut self, background: impl Into<Option<[u8; 3]>>) -> Self {
        self.background = background.into();
        self
    }

    /// Sets by how many tenths of a pixel the result is blurred.
    #[must_use]
    pub const fn with_blur(mut self, blur: u16) -> Self {
        self.blur = blur;
        self
    }

    /// Sets at how many tenths of a pixel the result is sharpened.
    #[must_use]
    pub const fn with_sharpen(mut self, sharpen: u16) -> Self {
        self.sharpen = sharpen;
        self
    }

    /// Sets the mark on the result; `None` for none.
    #[must_use]
    pub fn with_watermark(mut self, watermark: impl Into<Option<Watermark>>) -> Self {
        self.watermark = watermark.into();
        self
    }

    /// Sets whether only the first frame of an animation is wanted.
    #[must_use]
    pub const fn with_still(mut self, still: bool) -> Self {
        self.still = still;
        self
    }

    /// Sets whether EXIF, XMP and the ICC profile are kept.
    #[must_use]
    pub const fn with_keep_metadata(mut self, keep_metadata: bool) -> Self {
        self.keep_metadata = keep_metadata;
        self
    }

    /// Sets the most bytes that the result may have; `None` is as long as it gets.
    #[must_use]
    pub fn with_target_size(mut self, target_size: impl Into<Option<u64>>) -> Self {
        self.target_size = target_size.into();
        self
    }

    /// True if a source that moves becomes an animation.
    pub(super) fn moves(&self, probe: &Probe) -> bool {
        !self.still
            && self.format == Format::WebP
            && probe.format.info().moves
            && probe.animated != Some(false)
    }

    /// The mode that holds: quality 100 is lossless where the format has such a mode, unless that is said to be
    /// lossy or must have a length.
    pub(super) fn settled_mode(&self) -> Mode {
        match self.mode {
            Mode::Auto
                if self.quality == 100 && self.format == Format::WebP && self.target_size.is_none() =>
            {
                Mode::Lossless
            }
            mode => mode,
        }
    }
}

/// Whether detail may be lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Lossless for graphics where that is smaller, lossy for photos.
    #[default]
    Auto,
    /// Always lossy.
    Lossy,
    /// Always lossless. An error for a format that has no such mode here.
    Lossless,
}

impl Mode {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] =
        &[("auto", Self::Auto), ("lossy", Self::Lossy), ("lossless", Self::Lossless)];
}

/// What is asked by `rotate` and `flip`: a turn clockwise in degrees, then a mirroring.
///
/// # Errors
/// Which of them is not allowed, and what is, to be read after "it is".
pub fn parse_turn(
    rotate: Option<&str>,
    flip: Option<&str>,
) -> Result<Orientation, (&'static str, &'static str)> {
    let rotated = match rotate {
        None | Some("0") => Orientation::Upright,
        Some("90") => Orientation::Rotate90,
        Some("180") => Orientation::Rotate180,
        Some("270") => Orientation::Rotate270,
        Some(_) => return Err(("rotate", "0, 90, 180 or 270 degrees, clockwise")),
    };
    Ok(rotated.then(match flip {
        None => Orientation::Upright,
        Some("h") => Orientation::MirrorHorizontal,
        Some("v") => Orientation::MirrorVertical,
        Some("both") => Orientation::Rotate180,
        Some(_) => return Err(("flip", "h, v or both")),
    }))
}

/// Reads pixels, 0.3 to 100, as the tenths of [`Params::blur`].
///
/// # Errors
/// What is allowed, to be read after "it is".
pub fn parse_blur(text: &str) -> Result<u16, String> {
    blur::parse(text, &blur::BLURS)
}

/// Reads pixels, 0.3 to 10, as the tenths of [`Params::sharpen`].
///
/// # Errors
/// What is allowed, to be read after "it is".
pub fn parse_sharpen(text: &str) -> Result<u16, String> {
    blur::parse(text, &blur::SHARPENS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_read_in_tenths() {
        for (text, tenths) in [("0", 0), ("0.3", 3), ("2", 20), ("1.25", 13), ("10.0", 100)] {
            assert_eq!((parse_blur(text), parse_sharpen(text)), (Ok(tenths), Ok(tenths)), "{text}");
        }
        assert_eq!(parse_blur("100"), Ok(1000));
        for wrong in ["", "0.2", "100.1", "-1", "1e1", "nan", "inf", "99999999", "+2", "."] {
            assert!(parse_blur(wrong).is_err() && parse_sharpen(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_sharpen("11"), Err("0, or pixels from 0.3 to 10, in tenths".to_owned()));
    }
}
