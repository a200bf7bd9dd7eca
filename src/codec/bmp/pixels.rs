//! Rows of a bitmap as RGB or RGBA.

use super::header::Header;
use crate::{codec::view::View, pixel::Layout};

/// Converts rows as they are stored.
pub(super) enum Painter {
    /// Indices into a colour table, and their bits.
    Palette(Box<[[u8; 3]; 256]>, u32),
    /// Bytes: blue, green, red.
    Bytes,
    /// Bit fields of a number: their masks, its bytes, and what alpha is.
    Masks([Mask; 4], usize, Alpha),
}

/// What the alpha of a picture is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    None,
    /// Alpha is 0 in all pixels: it doesn't count.
    Unused,
    Used,
}

/// A bit field of a number.
#[derive(Clone, Copy)]
pub(super) struct Mask {
    mask: u32,
    shift: u32,
    bits: u32,
}

impl Mask {
    fn new(mask: u32) -> Self {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        Self { mask, shift, bits: 32 - (mask >> shift).leading_zeros() }
    }

    /// The sample in a number, at 8 bits.
    fn sample(self, number: u32) -> u8 {
        let value = (number & self.mask) >> self.shift;
        match self.bits {
            0 => 0,
            8 => value as u8,
            bits => {
                let most = u64::from(u32::MAX >> (32 - bits));
                ((u64::from(value) * 255 + most / 2) / most) as u8
            }
        }
    }
}

impl Painter {
    pub(super) fn new(header: &Header, view: View<'_>, alpha: Alpha) -> Self {
        if header.has_palette() {
            return Self::Palette(header.read_palette(view), header.bits);
        }
        if header.bits == 24 {
            return Self::Bytes;
        }
        Self::Masks(header.masks.map(Mask::new), header.bits as usize / 8, alpha)
    }

    pub(super) const fn layout(&self) -> Layout {
        match self {
            Self::Masks(_, _, Alpha::Unused | Alpha::Used) => Layout::Rgba,
            _ => Layout::Rgb,
        }
    }

    /// Converts a row.
    pub(super) fn paint(&self, stored: &[u8], row: &mut [u8]) {
        match self {
            Self::Palette(palette, bits) => {
                let most = (1_u16 << bits) - 1;
                for (x, pixel) in row.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                    let bit = x * *bits as usize;
                    let shift = 8 - bits - (bit as u32 % 8);
                    *pixel = palette[usize::from(u16::from(stored[bit / 8]) >> shift & most)];
                }
            }
            Self::Bytes => {
                for (pixel, bytes) in row.as_chunks_mut::<3>().0.iter_mut().zip(stored.as_chunks::<3>().0) {
                    *pixel = [bytes[2], bytes[1], bytes[0]];
                }
            }
            Self::Masks(masks, bytes, alpha) => {
                let channels = self.layout().channels() as usize;
                for (pixel, bytes) in row.chunks_exact_mut(channels).zip(stored.chunks_exact(*bytes)) {
                    let number = number(bytes);
                    for (sample, mask) in pixel.iter_mut().zip(masks) {
                        *sample = mask.sample(number);
                    }
                    if *alpha == Alpha::Unused {
                        pixel[3] = 255;
                    }
                }
            }
        }
    }
}

/// What alpha is, by all of a picture's rows.
pub(super) fn alpha<'a>(header: &Header, mut rows: impl Iterator<Item = &'a [u8]>) -> Alpha {
    let (mask, bytes) = (header.masks[3], header.bits as usize / 8);
    if header.has_palette() || mask == 0 {
        return Alpha::None;
    }
    let is_used = |row: &[u8]| row.chunks_exact(bytes).any(|pixel| number(pixel) & mask != 0);
    if rows.any(is_used) { Alpha::Used } else { Alpha::Unused }
}

/// A number of two or four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_any_width_fill_eight_bits() {
        let sample = |mask, number| Mask::new(mask).sample(number);
        assert_eq!([0, 1, 3, 31].map(|value| sample(0x7c00, value << 10)), [0, 8, 25, 255]);
        assert_eq!([0, 1, 63].map(|value| sample(0x7e0, value << 5 | 0x1f)), [0, 4, 255]);
        assert_eq!(sample(0x3ff0_0000, 0x3ff0_0000), 255);
        assert_eq!(sample(0x8000, 0x8000), 255);
        assert_eq!(sample(0, 0xffff_ffff), 0);
        assert_eq!(sample(0xffff_ffff, 0x8000_0000), 128);
    }
}
