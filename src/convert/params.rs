//! What a caller asks of a conversion.

use super::Filter;
use crate::codec::{Format, Probe};

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

/// A wanted size, in pixels of the picture as it is looked at.
///
/// ```
/// use slimpix::{Filter, Fit, Resize};
///
/// let narrow = Resize::to_width(800);
/// let square = Resize::new(200, 200).with_fit(Fit::Cover);
/// let icon = Resize::new(32, 32).with_enlarge(true).with_filter(Filter::Nearest);
/// assert_eq!((narrow.height, square.enlarge, icon.linear), (None, false, false));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Resize {
    /// The box's width; `None`: as the height and the picture's shape have it.
    pub width: Option<u32>,
    /// The box's height.
    pub height: Option<u32>,
    /// How the picture meets the box.
    pub fit: Fit,
    /// May the result be larger than the source? Default no.
    pub enlarge: bool,
    /// Which part survives a crop (`Fit::Cover` only). By the detail, it takes the whole picture into memory; all others
    /// go by rows, and take nothing.
    pub interest: Interest,
    /// How samples are made of those of the source. Default `Lanczos3`.
    pub filter: Filter,
    /// Scale amounts of light instead of samples, with 14 bits each: right for stars and grids of pixels, slower,
    /// and a JPEG's colour is not kept as it is. The curve is that of sRGB, whatever a profile says. Default no.
    pub linear: bool,
}

impl Resize {
    /// A box of `width` by `height` pixels.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        Self { width: Some(width), height: Some(height), ..Self::default() }
    }

    /// A width; the height follows from the picture's shape.
    #[must_use]
    pub fn to_width(width: u32) -> Self {
        Self { width: Some(width), ..Self::default() }
    }

    /// A height; the width follows from the picture's shape.
    #[must_use]
    pub fn to_height(height: u32) -> Self {
        Self { height: Some(height), ..Self::default() }
    }

    /// Sets how the picture meets the box.
    #[must_use]
    pub const fn with_fit(mut self, fit: Fit) -> Self {
        self.fit = fit;
        self
    }

    /// Sets whether the result may be larger than the source.
    #[must_use]
    pub const fn with_enlarge(mut self, enlarge: bool) -> Self {
        self.enlarge = enlarge;
        self
    }

    /// Sets which part survives a crop.
    #[must_use]
    pub const fn with_interest(mut self, interest: Interest) -> Self {
        self.interest = interest;
        self
    }

    /// Sets how samples are made of those of the source.
    #[must_use]
    pub const fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets whether amounts of light are scaled instead of samples.
    #[must_use]
    pub const fn with_linear(mut self, linear: bool) -> Self {
        self.linear = linear;
        self
    }
}

/// How a picture meets its box. The words are those of CSS `object-fit`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fit {
    /// The largest size of its own shape inside the box.
    #[default]
    Contain,
    /// The whole box is filled, what stands over is cropped.
    Cover,
    /// Exactly the box, the shape is not kept.
    Fill,
    /// [`Fit::Contain`], but never enlarged, whatever `enlarge` says.
    ScaleDown,
}

impl Fit {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] = &[
        ("contain", Self::Contain),
        ("cover", Self::Cover),
        ("fill", Self::Fill),
        ("scale-down", Self::ScaleDown),
    ];
}

/// Which part of the picture a crop keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interest {
    /// The middle.
    #[default]
    Centre,
    /// The part with the most detail (Shannon entropy of the luma histogram).
    Entropy,
    /// The top or left part.
    Low,
    /// The bottom or right part.
    High,
    /// What is around a point: it comes to stand in the middle as far as the picture goes.
    Around(Focus),
}

/// A point of a picture as it is looked at, in hundredths of its width and height from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Focus {
    x: u8,
    y: u8,
}

impl Focus {
    /// From 0 to 100 each; more counts as 100.
    #[must_use]
    pub const fn new(x: u8, y: u8) -> Self {
        Self { x: if x > 100 { 100 } else { x }, y: if y > 100 { 100 } else { y } }
    }

    /// In hundredths of the width.
    #[must_use]
    pub const fn x(self) -> u8 {
        self.x
    }

    /// In hundredths of the height.
    #[must_use]
    pub const fn y(self) -> u8 {
        self.y
    }

    /// Reads two shares from 0 to 1, as `0.25x1`.
    fn parse(text: &str) -> Option<Self> {
        let share = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let share: f32 = text.parse().ok().filter(|_| is_number)?;
            (0.0..=1.0).contains(&share).then(|| (share * 100.0).round() as u8)
        };
        let (x, y) = text.split_once('x')?;
        Some(Self::new(share(x)?, share(y)?))
    }
}

impl Interest {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] = &[
        ("centre", Self::Centre),
        ("entropy", Self::Entropy),
        ("low", Self::Low),
        ("high", Self::High),
        ("left", Self::Around(Focus::new(0, 50))),
        ("right", Self::Around(Focus::new(100, 50))),
        ("top", Self::Around(Focus::new(50, 0))),
        ("bottom", Self::Around(Focus::new(50, 100))),
        ("top-left", Self::Around(Focus::new(0, 0))),
        ("top-right", Self::Around(Focus::new(100, 0))),
        ("bottom-left", Self::Around(Focus::new(0, 100))),
        ("bottom-right", Self::Around(Focus::new(100, 100))),
    ];

    /// Reads one of the words, or a point as two shares of width and height: `0.25x1`.
    ///
    /// # Errors
    /// What is allowed, to be read after "it is".
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = Self::NAMES.iter().find(|(name, _)| *name == text).map(|&(_, interest)| interest);
        named.or_else(|| Focus::parse(text).map(Self::Around)).ok_or_else(|| {
            let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            format!("one of {}, or two shares from 0 to 1, as 0.5x0.25", names.join(", "))
        })
    }

    /// As [`Interest::parse`] reads it.
    #[must_use]
    pub fn name(self) -> String {
        let named =
            Self::NAMES.iter().find(|(_, interest)| *interest == self).map(|(name, _)| (*name).to_owned());
        named.unwrap_or_else(|| match self {
            Self::Around(Focus { x, y }) => format!("{}x{}", f32::from(x) / 100.0, f32::from(y) / 100.0),
            _ => String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_a_word_or_a_point() {
        let all = (0..=100).flat_map(|x| [0, 7, 50, 100].map(|y| Interest::Around(Focus::new(x, y))));
        for interest in Interest::NAMES.iter().map(|(_, interest)| *interest).chain(all) {
            assert_eq!(Interest::parse(&interest.name()), Ok(interest), "{}", interest.name());
        }
        assert_eq!(Interest::parse("0.5x0"), Interest::parse("top"));
        assert_eq!(Interest::parse("0.254x1.0"), Ok(Interest::Around(Focus::new(25, 100))));
        for wrong in
            ["", "middle", "x", "0.5", "0.5x", "1.01x0", "-0.1x0", "nanx0", "1e0x1", "0.5x0.5x0.5", "+0x0"]
        {
            let told = Interest::parse(wrong).expect_err("no part");
            assert!(told.contains("top-left") && told.contains("0 to 1"), "{told}");
        }
    }
}
