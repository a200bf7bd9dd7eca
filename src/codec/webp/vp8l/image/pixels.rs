//! Pixels as VP8L has them, ARGB, of which a layout keeps the samples that can differ: green; green and alpha; red,
//! green and blue; or all.

/// Alpha of an opaque pixel, as it stands in ARGB.
pub const OPAQUE: u32 = 0xFF00_0000;

/// Pixels of `C` samples in rows: all of a picture, or those from one on that are held.
#[derive(Clone, Copy)]
pub struct Pixels<'a, const C: usize> {
    pub samples: &'a [u8],
    /// The number of the first pixel that is held.
    pub first: usize,
    /// Pixels in a row.
    pub width: usize,
    /// The samples that are not kept, at their places in ARGB.
    pub rest: u32,
}

impl<'a, const C: usize> Pixels<'a, C> {
    /// All of a picture.
    pub const fn new(samples: &'a [u8], width: usize, rest: u32) -> Self {
        Self { samples, first: 0, width, rest }
    }

    /// How many pixels there are, those before the first included.
    pub const fn count(&self) -> usize {
        self.first + self.samples.len() / C
    }

    /// The samples from a pixel on.
    #[inline(always)]
    pub fn from(&self, at: usize) -> &[u8] {
        &self.samples[(at - self.first) * C..]
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.count() / self.width
    }

    /// A pixel as ARGB.
    #[inline(always)]
    pub fn argb(&self, at: usize) -> u32 {
        self.rest | argb(&self.from(at)[..C])
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

/// The `C` samples of a pixel that are kept, of which [`argb`] makes it.
#[inline(always)]
pub fn samples<const C: usize>(argb: u32) -> [u8; C] {
    let [alpha, red, green, blue] = argb.to_be_bytes();
    let of_pixel = match C {
        1 => [green, 0, 0, 0],
        2 => [green, alpha, 0, 0],
        _ => [red, green, blue, alpha],
    };
    std::array::from_fn(|at| of_pixel[at])
}

/// Subtracts green from red and blue (RFC 9649 section 3.5.3).
pub fn subtract_green(samples: &mut [u8], channels: usize) {
    for pixel in samples.chunks_exact_mut(channels) {
        pixel[0] = pixel[0].wrapping_sub(pixel[1]);
        pixel[2] = pixel[2].wrapping_sub(pixel[1]);
    }
}

/// A pixel less another, sample by sample.
pub const fn difference(a: u32, b: u32) -> u32 {
    let low = alternate_difference(a & 0x00FF_00FF, b & 0x00FF_00FF);
    let high = alternate_difference((a >> 8) & 0x00FF_00FF, (b >> 8) & 0x00FF_00FF);
    low | high << 8
}

const fn alternate_difference(a: u32, b: u32) -> u32 {
    (a | 0x0100_0100).wrapping_sub(b) & 0x00FF_00FF
}

/// A pixel with red and blue less green.
pub const fn less_green(argb: u32) -> u32 {
    let green = (argb >> 8) & 0xFF;
    (argb & 0xFF00_FF00) | alternate_difference(argb & 0x00FF_00FF, green << 16 | green)
}

/// The mean of two pixels, sample by sample.
pub const fn mean(a: u32, b: u32) -> u32 {
    (a & b) + (((a ^ b) & 0xFEFE_FEFE) >> 1)
}
