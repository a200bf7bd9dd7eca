//! Pixels as VP8L has them: four samples, of which a layout keeps those that can differ.
//!
//! Of one sample a pixel it is green, of two green and alpha, of three red, green and blue, of four all.

/// Pixels of `C` samples in rows.
#[derive(Clone, Copy)]
pub struct Pixels<'a, const C: usize> {
    pub samples: &'a [u8],
    /// Pixels in a row.
    pub width: usize,
    /// The samples that are not kept, as they stand in ARGB.
    pub rest: u32,
}

impl<const C: usize> Pixels<'_, C> {
    /// How many there are.
    pub const fn count(&self) -> usize {
        self.samples.len() / C
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.count() / self.width
    }

    /// A pixel as ARGB.
    #[inline(always)]
    pub fn argb(&self, at: usize) -> u32 {
        let samples = &self.samples[at * C..at * C + C];
        self.rest | argb(samples)
    }
}

/// `C` samples as ARGB, others zero.
#[inline(always)]
pub fn argb(samples: &[u8]) -> u32 {
    match *samples {
        [green] => u32::from(green) << 8,
        [green, alpha] => u32::from_be_bytes([alpha, 0, green, 0]),
        [red, green, blue] => u32::from_be_bytes([0, red, green, blue]),
        [red, green, blue, alpha] => u32::from_be_bytes([alpha, red, green, blue]),
        _ => 0,
    }
}

/// Takes green from red and blue.
pub fn subtract_green(samples: &mut [u8], channels: usize) {
    for pixel in samples.chunks_exact_mut(channels) {
        pixel[0] = pixel[0].wrapping_sub(pixel[1]);
        pixel[2] = pixel[2].wrapping_sub(pixel[1]);
    }
}
