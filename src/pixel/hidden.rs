//! The colour of pixels that nobody sees because they are fully transparent.
//!
//! Editors leave anything there: white, noise, the whole picture before it was cut out. An encoder would spend
//! bits on it, and chroma at half size would let it bleed into the visible edge.

use super::{Layout, Raster};

impl Raster {
    /// Continues the visible colour under fully transparent pixels: along the row, and from the row above where a
    /// row has nothing visible. Best for lossy coding, which likes no edges.
    pub fn continue_hidden(&mut self) {
        self.each_row(continue_row);
    }

    /// Makes fully transparent pixels black. Best for lossless coding, which likes repetition.
    pub fn clear_hidden(&mut self) {
        self.each_row(|row, _, channels| {
            for pixel in row.chunks_exact_mut(channels) {
                if pixel[channels - 1] == 0 {
                    pixel.fill(0);
                }
            }
        });
    }

    /// Calls with each row, the row above (empty at the top) and the bytes of a pixel, if there is alpha.
    fn each_row(&mut self, mut change: impl FnMut(&mut [u8], &[u8], usize)) {
        let channels = match self.layout() {
            Layout::Gray | Layout::Rgb => return,
            layout => layout.channels() as usize,
        };
        let bytes = self.size().width as usize * channels;
        let data = self.data_mut();
        for start in (0..data.len()).step_by(bytes) {
            let (above, rest) = data.split_at_mut(start);
            change(&mut rest[..bytes], &above[start.saturating_sub(bytes)..], channels);
        }
    }
}

/// Continues one row, below one of which that was done, or which is empty. The last of a pixel's `channels` is alpha.
pub(crate) fn continue_row(row: &mut [u8], above: &[u8], channels: usize) {
    let is_visible = |pixel: &[u8]| pixel[channels - 1] > 0;
    let Some(first) = row.chunks_exact(channels).position(is_visible) else {
        copy_color(row, above, channels);
        return;
    };
    let mut last: [u8; 4] = [0; 4];
    last[..channels].copy_from_slice(&row[first * channels..(first + 1) * channels]);
    for pixel in row.chunks_exact_mut(channels) {
        if is_visible(pixel) {
            last[..channels].copy_from_slice(pixel);
        } else {
            pixel[..channels - 1].copy_from_slice(&last[..channels - 1]);
        }
    }
}

fn copy_color(row: &mut [u8], above: &[u8], channels: usize) {
    for (pixel, above) in row.chunks_exact_mut(channels).zip(above.chunks_exact(channels)) {
        pixel[..channels - 1].copy_from_slice(&above[..channels - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Size;

    #[test]
    fn hidden_colour_is_continued_or_cleared_and_visible_colour_kept() {
        let data = vec![9, 0, 5, 255, 9, 0, 7, 1, /* second row */ 1, 0, 2, 0, 3, 0, 4, 0];
        let raster = Raster::new(Size::new(4, 2), Layout::GrayAlpha, data).unwrap();
        let mut continued = raster.clone();
        continued.continue_hidden();
        assert_eq!(continued.data(), [5, 0, 5, 255, 5, 0, 7, 1, 5, 0, 5, 0, 5, 0, 7, 0]);
        let mut cleared = raster;
        cleared.clear_hidden();
        assert_eq!(cleared.data(), [0, 0, 5, 255, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
