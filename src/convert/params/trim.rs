//! Which border is cut off around a picture.

use super::color::parse_color;

/// The border of one colour around a picture that is cut off before anything else is done to it.
///
/// What is transparent is border, too. A picture that is nothing but border stays as it is.
///
/// ```
/// use slimpix::{Params, Trim};
///
/// let product = Params::default().with_trim(Trim::default().with_color([255, 255, 255]));
/// assert_eq!(product.trim.map(|trim| trim.threshold), Some(10));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Trim {
    /// By how much each sample of a pixel, of 0 to 255, may differ from the border's colour; alpha is multiplied in. Default
    /// 10, which noise of a JPEG doesn't pass.
    pub threshold: u8,
    /// The border's colour, red, green and blue, in sRGB. Default: that of the pixel at the top left.
    pub color: Option<[u8; 3]>,
}

impl Default for Trim {
    fn default() -> Self {
        Self { threshold: 10, color: None }
    }
}

impl Trim {
    /// Sets by how much a sample may differ from the border's.
    #[must_use]
    pub const fn with_threshold(mut self, threshold: u8) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets the border's colour; `None` is that of the pixel at the top left.
    #[must_use]
    pub fn with_color(mut self, color: impl Into<Option<[u8; 3]>>) -> Self {
        self.color = color.into();
        self
    }

    /// Reads a threshold from 0 to 255 and a colour, both of which may be left out: `10:ffffff`, `20`, `:fff`.
    ///
    /// # Errors
    /// What is allowed, to be read after "it is".
    pub fn parse(text: &str) -> Result<Self, String> {
        let (threshold, color) = text.split_once(':').unwrap_or((text, ""));
        let is_number = threshold.bytes().all(|digit| digit.is_ascii_digit());
        let threshold = match threshold {
            "" => Some(Self::default().threshold),
            digits => digits.parse().ok().filter(|_| is_number),
        };
        let color = if color.is_empty() { Ok(None) } else { parse_color(color).map(Some) };
        match (threshold, color) {
            (Some(threshold), Ok(color)) => Ok(Self { threshold, color }),
            _ => {
                Err("a threshold from 0 to 255, and the border's colour in hexadecimal: 10:ffffff".to_owned())
            }
        }
    }

    /// As [`Trim::parse`] reads it.
    #[must_use]
    pub fn name(self) -> String {
        let Self { threshold, color } = self;
        let color = color.map(|[r, g, b]| format!(":{r:02x}{g:02x}{b:02x}"));
        format!("{threshold}{}", color.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_and_a_colour_are_read() {
        let white = Trim::default().with_color([255; 3]);
        for (text, trim) in [
            ("", Trim::default()),
            ("10", Trim::default()),
            ("0", Trim::default().with_threshold(0)),
            ("255:", Trim::default().with_threshold(255)),
            (":fff", white),
            ("10:#FFFFFF", white),
        ] {
            assert_eq!(Trim::parse(text), Ok(trim), "{text}");
            assert_eq!(Trim::parse(&trim.name()), Ok(trim), "{text}");
        }
        for wrong in ["256", "-1", "+1", "1.5", "x", "10:white", "10:fff:1", "10:ff", " 1", "10,fff"] {
            assert!(Trim::parse(wrong).unwrap_err().contains("0 to 255"), "{wrong}");
        }
    }
}
