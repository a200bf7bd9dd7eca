//! A mark that is put on pictures, and where.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{Focus, Interest};
use crate::pixel::Raster;

/// A mark on a result.
///
/// ```
/// use slimpix::{Layout, Mark, Params, Placement, Size, Watermark, pixel::Raster};
///
/// # fn main() -> slimpix::Result<()> {
/// let logo = Mark::new(Raster::new(Size::new(1, 1), Layout::Rgba, vec![255, 0, 0, 128])?);
/// let place = Placement::parse("0.5:bottom-right:10:10:0.2").expect("what is allowed");
/// let params = Params::default().with_watermark(Watermark::new(logo, place));
/// # assert!(params.watermark.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Watermark {
    /// What is put there.
    pub mark: Mark,
    /// Where, how large and how faint.
    pub placement: Placement,
}

impl Watermark {
    /// A mark in a place.
    #[must_use]
    pub const fn new(mark: Mark, placement: Placement) -> Self {
        Self { mark, placement }
    }
}

/// The pixels of a mark, in sRGB. Copies share them.
#[derive(Clone, PartialEq, Eq)]
pub struct Mark {
    pixels: Arc<Raster>,
    /// True if it isn't grey where it is seen.
    is_colored: bool,
}

impl Mark {
    /// The longest side of a mark that [`read_mark`](crate::read_mark) gives: larger ones are scaled to it.
    pub const LONGEST_SIDE: u32 = 1024;

    /// A mark of these pixels.
    #[must_use]
    pub fn new(pixels: Raster) -> Self {
        let layout = pixels.layout();
        let is_gray = |pixel: &[u8]| {
            let [r, g, b, a] = layout.rgba(pixel);
            a == 0 || (r == g && g == b)
        };
        let is_colored = !pixels.data().chunks_exact(layout.channels() as usize).all(is_gray);
        Self { pixels: Arc::new(pixels), is_colored }
    }

    /// Its pixels.
    #[must_use]
    pub fn pixels(&self) -> &Raster {
        &self.pixels
    }

    /// True if grey pictures get colour.
    pub(crate) const fn colors(&self) -> bool {
        self.is_colored
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its samples may be millions.
        f.debug_struct("Mark").field("size", &self.pixels.size()).finish_non_exhaustive()
    }
}

impl Hash for Mark {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal ones have that in common, and few others.
        (self.pixels.size(), self.is_colored).hash(state);
    }
}

/// Where a mark is on a result, rims included, how large and how faint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Placement {
    /// Hundredths of the mark's own opacity, 1 to 100. Default 100.
    pub opacity: u8,
    /// The point of the result at which the same point of the mark lies. Default the middle of both.
    pub position: Focus,
    /// Pixels from there: away from the side at which it lies, or to the right and down from the middle. The mark stays on
    /// the result.
    pub offset: [i16; 2],
    /// Hundredths of the result's width that the mark is wide, 1 to 100; 0 is as it is. It is never larger than the result.
    pub scale: u8,
}

impl Default for Placement {
    fn default() -> Self {
        Self { opacity: 100, position: Focus::new(50, 50), offset: [0; 2], scale: 0 }
    }
}

/// Pixels that an offset may have.
const OFFSETS: std::ops::RangeInclusive<i16> = -10_000..=10_000;

impl Placement {
    /// Reads an opacity from 0 to 1, a position, two offsets in pixels and the share of the width from 0 to 1, each of which
    /// may be left out: `0.5:bottom-right:10:10:0.2`, `0.5`, `:top`.
    ///
    /// # Errors
    /// What is allowed, to be read after "it is".
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| {
            "an opacity from 0.01 to 1, a side, a corner or a point, two offsets from -10000 to 10000 pixels, and a share of \
             the width from 0.01 to 1, or 0: 0.5:bottom-right:10:10:0.2"
                .to_owned()
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut placement = Self::default();
        let mut parts = text.split(':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        if let Some(opacity) = next() {
            placement.opacity = hundredths(opacity).filter(|opacity| *opacity > 0)?;
        }
        if let Some(position) = next() {
            placement.position = match Interest::parse(position).ok()? {
                Interest::Around(focus) => focus,
                Interest::Centre => Focus::new(50, 50),
                _ => return None,
            };
        }
        for offset in &mut placement.offset {
            if let Some(pixels) = next() {
                *offset = pixels
                    .parse()
                    .ok()
                    .filter(|offset| !pixels.starts_with('+') && OFFSETS.contains(offset))?;
            }
        }
        if let Some(scale) = next() {
            placement.scale = hundredths(scale)?;
        }
        parts.next().is_none().then_some(placement)
    }

    /// As [`Placement::parse`] reads it.
    #[must_use]
    pub fn name(self) -> String {
        let Self { opacity, position, offset: [x, y], scale } = self;
        let [opacity, scale] = [opacity, scale].map(|share| f32::from(share) / 100.0);
        format!("{opacity}:{}:{x}:{y}:{scale}", Interest::Around(position).name())
    }
}

/// A share from 0 to 1.
fn hundredths(text: &str) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let share: f32 = text.parse().ok().filter(|_| is_number)?;
    (0.0..=1.0).contains(&share).then(|| (share * 100.0).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::{Layout, Size};

    #[test]
    fn a_placement_is_read_as_it_is_written() {
        let corner = Placement { opacity: 50, position: Focus::new(100, 100), offset: [10, -7], scale: 20 };
        for (text, placement) in [
            ("", Placement::default()),
            ("1:centre:0:0:0", Placement::default()),
            ("0.5:bottom-right:10:-7:0.2", corner),
            ("0.5:1x1:10:-7:.20", corner),
            (":top", Placement { position: Focus::new(50, 0), ..Placement::default() }),
            ("::::1", Placement { scale: 100, ..Placement::default() }),
        ] {
            assert_eq!(Placement::parse(text), Ok(placement), "{text}");
            assert_eq!(Placement::parse(&placement.name()), Ok(placement), "{text}");
        }
        for wrong in [
            "0",
            "1.1",
            "-1",
            "nan",
            "1:re",
            "1:entropy",
            "1:low",
            "::10001",
            ":::x",
            "::+1",
            "::::2",
            "1:top:0:0:0:0",
            "x",
        ] {
            let told = Placement::parse(wrong).expect_err(wrong);
            assert!(told.contains("0.01 to 1") && told.contains("-10000 to 10000"), "{told}");
        }
    }

    #[test]
    fn marks_are_told_apart_by_their_pixels() {
        let mark = |layout: Layout, data: &[u8]| {
            let width = data.len() as u32 / layout.channels();
            Mark::new(Raster::new(Size::new(width, 1), layout, data.to_vec()).unwrap())
        };
        assert_eq!(mark(Layout::Gray, &[1, 2]), mark(Layout::Gray, &[1, 2]));
        assert_ne!(mark(Layout::Gray, &[1, 2]), mark(Layout::GrayAlpha, &[1, 2]));
        assert!(!mark(Layout::Rgba, &[9, 9, 9, 1, 1, 2, 3, 0]).colors());
        assert!(mark(Layout::Rgb, &[9, 9, 9, 1, 2, 3]).colors());
    }
}
