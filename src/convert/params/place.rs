//! The size that is wanted of a picture, and what of it goes there.

use crate::convert::Filter;

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
    /// Which part survives a crop (`Fit::Cover`), or where the picture is in its box (`Fit::Pad`). By the detail, it takes the whole picture into memory; all others
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
    /// [`Fit::Contain`] with rims, to exactly the box: of `Params::background`, else transparent, and white in a JPEG. The
    /// picture is placed in it as `interest` says.
    Pad,
}

impl Fit {
    /// The words by which every host names it.
    pub const NAMES: &[(&str, Self)] = &[
        ("contain", Self::Contain),
        ("cover", Self::Cover),
        ("fill", Self::Fill),
        ("scale-down", Self::ScaleDown),
        ("pad", Self::Pad),
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
    pub(in crate::convert) x: u8,
    pub(in crate::convert) y: u8,
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

    /// Reads one of the words, `center` for `centre`, or a point as two shares of width and height: `0.25x1`.
    ///
    /// # Errors
    /// What is allowed, to be read after "it is".
    pub fn parse(text: &str) -> Result<Self, String> {
        let word = if text == "center" { "centre" } else { text };
        let named = Self::NAMES.iter().find(|(name, _)| *name == word).map(|&(_, interest)| interest);
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
        assert_eq!(Interest::parse("center"), Ok(Interest::Centre));
        assert_eq!(Interest::parse("0.254x1.0"), Ok(Interest::Around(Focus::new(25, 100))));
        for wrong in
            ["", "middle", "x", "0.5", "0.5x", "1.01x0", "-0.1x0", "nanx0", "1e0x1", "0.5x0.5x0.5", "+0x0"]
        {
            let told = Interest::parse(wrong).expect_err("no part");
            assert!(told.contains("top-left") && told.contains("0 to 1"), "{told}");
        }
    }
}
