//! Drops samples that say nothing: alpha where all is opaque, colour where all is grey.

use super::{Layout, Raster};
use crate::error::Result;

impl Raster {
    /// Keeps the picture with as few samples a pixel as show it exactly, moved together within its own memory.
    ///
    /// # Errors
    /// None that a sound picture can have.
    pub fn reduced(self) -> Result<Self> {
        let layout = self.layout();
        let channels = layout.channels() as usize;
        let is_opaque =
            !layout.has_alpha() || self.data().iter().skip(channels - 1).step_by(channels).all(|&a| a == 255);
        let is_gray = channels < 3
            || self.data().chunks_exact(channels).all(|pixel| pixel[0] == pixel[1] && pixel[0] == pixel[2]);
        let reduced = match (is_gray, is_opaque) {
            (true, true) => Layout::Gray,
            (true, false) => Layout::GrayAlpha,
            (false, true) => Layout::Rgb,
            (false, false) => Layout::Rgba,
        };
        if reduced == layout {
            return Ok(self);
        }
        let colors = if is_gray { 1 } else { 3 };
        let size = self.size();
        let mut data = self.into_data();
        let (pixels, to) = (data.len() / channels, reduced.channels() as usize);
        for i in 0..pixels {
            let from = i * channels;
            let alpha = data[from + channels - 1];
            data.copy_within(from..from + colors, i * to);
            if !is_opaque {
                data[i * to + colors] = alpha;
            }
        }
        data.truncate(pixels * to);
        Self::new(size, reduced, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Size;

    #[test]
    fn only_what_says_nothing_goes() {
        let cases = [
            (vec![1, 1, 1, 255, 2, 2, 2, 255], Layout::Gray, vec![1, 2]),
            (vec![1, 1, 1, 255, 2, 2, 2, 7], Layout::GrayAlpha, vec![1, 255, 2, 7]),
            (vec![1, 1, 1, 255, 2, 2, 3, 255], Layout::Rgb, vec![1, 1, 1, 2, 2, 3]),
            (vec![1, 1, 1, 9, 2, 2, 3, 255], Layout::Rgba, vec![1, 1, 1, 9, 2, 2, 3, 255]),
        ];
        for (data, layout, expected) in cases {
            let raster = Raster::new(Size::new(2, 1), Layout::Rgba, data).unwrap().reduced().unwrap();
            assert_eq!((raster.layout(), raster.data()), (layout, expected.as_slice()));
        }
    }
}
