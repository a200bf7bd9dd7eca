//! Converts the samples of a row, of any depth and sample format, to 16 bits.

use super::{
    header::{Header, SampleFormat},
    light::Light,
};
use crate::error::{Error, Result};

/// How samples are stored.
pub(super) struct Samples {
    depth: u32,
    sample_format: SampleFormat,
    is_little: bool,
    /// Those that are no alpha are indices into a palette, and are not scaled.
    are_indices: bool,
    /// Samples of a pixel that are colours, not alpha.
    colors: usize,
    /// Floating-point colours are linear light; other samples are sRGB.
    light: Option<Box<Light>>,
}

impl Samples {
    /// # Errors
    /// [`Kind::Unsupported`](crate::error::Kind::Unsupported) for depths that are not read here.
    pub(super) fn new(header: &Header, colors: usize, are_indices: bool) -> Result<Self> {
        let Header { depth, sample_format, .. } = *header;
        let is_read = match sample_format {
            _ if are_indices => depth <= 8 && sample_format == SampleFormat::Unsigned,
            SampleFormat::Unsigned => matches!(depth, 1..=32 | 64),
            SampleFormat::Signed => matches!(depth, 8 | 16 | 32 | 64),
            SampleFormat::Float => matches!(depth, 16 | 24 | 32 | 64),
        };
        if !is_read {
            let kind = match sample_format {
                _ if are_indices => "a palette of ",
                SampleFormat::Unsigned => "",
                SampleFormat::Signed => "signed samples of ",
                SampleFormat::Float => "floating point of ",
            };
            return Err(Error::unsupported(format!("a TIFF of {kind}{depth} bits a sample")));
        }
        // With a profile, samples mean what the profile says.
        let is_light = sample_format == SampleFormat::Float && !header.has_profile && matches!(colors, 1 | 3);
        Ok(Self {
            depth,
            sample_format,
            // The floating-point predictor puts the most significant byte first.
            is_little: header.is_little && header.predictor != 3,
            are_indices,
            colors,
            light: is_light.then(|| Box::new(Light::new())),
        })
    }

    /// True if a sample is a byte that needs no conversion.
    pub(super) fn are_plain_bytes(&self) -> bool {
        self.depth == 8 && self.sample_format != SampleFormat::Float && !self.are_indices
    }

    /// Reads a row of pixels into `out`, which has `used` samples for each: from a row of pixels that have `stored`, or
    /// from one of sample `plane` alone.
    pub(super) fn read(&self, row: &[u8], stored: usize, plane: Option<usize>, used: usize, out: &mut [u16]) {
        let little = self.is_little;
        match (self.sample_format, self.depth) {
            (_, 8) if self.are_indices => {
                let scale = |number| if number < self.colors { 1 } else { 257 };
                spread(stored, plane, used, out, |at, number| u16::from(row[at]) * scale(number));
            }
            (SampleFormat::Unsigned | SampleFormat::Signed, 8) => {
                // Most files that say signed bytes have unsigned ones.
                spread(stored, plane, used, out, |at, _| u16::from(row[at]) * 257);
            }
            (SampleFormat::Unsigned, 16) => {
                spread(stored, plane, used, out, |at, _| bytes(row, at, 2, little) as u16)
            }
            (SampleFormat::Unsigned, 24 | 32 | 64) => {
                let size = self.depth as usize / 8;
                let max = u64::MAX >> (64 - self.depth);
                let scaled = |value| (u128::from(value) * 65_535 + u128::from(max / 2)) / u128::from(max);
                spread(stored, plane, used, out, |at, _| scaled(bytes(row, at, size, little)) as u16);
            }
            (SampleFormat::Signed, depth) => {
                // Negative numbers become 0, and the rest is read as unsigned, as in libvips.
                let size = depth as usize / 8;
                spread(stored, plane, used, out, |at, _| {
                    let value = bytes(row, at, size, little);
                    if value >> (depth - 1) == 0 { (value >> (depth - 16)) as u16 } else { 0 }
                });
            }
            (SampleFormat::Float, depth) => {
                let size = depth as usize / 8;
                spread(stored, plane, used, out, |at, sample| {
                    let value = float(bytes(row, at, size, little), depth);
                    match &self.light {
                        Some(light) if sample < self.colors => light.seen(value),
                        _ => (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16,
                    }
                });
            }
            (SampleFormat::Unsigned, depth) => {
                let max = (1_u32 << depth) - 1;
                let scale = |value: u32, number| match depth {
                    _ if self.are_indices && number < self.colors => value,
                    ..=16 => (value * 65_535 + max / 2) / max,
                    _ => value >> (depth - 16),
                };
                spread(stored, plane, used, out, |at, number| scale(bits(row, at, depth), number) as u16);
            }
        }
    }
}

/// Fills the pixels of `out` by `sample`, which gets a sample's index in the row and in its pixel.
fn spread(
    stored: usize,
    plane: Option<usize>,
    used: usize,
    out: &mut [u16],
    sample: impl Fn(usize, usize) -> u16,
) {
    for (x, pixel) in out.chunks_exact_mut(used).enumerate() {
        match plane {
            Some(plane) => pixel[plane] = sample(x, plane),
            None => {
                for (number, out) in pixel.iter_mut().enumerate() {
                    *out = sample(x * stored + number, number);
                }
            }
        }
    }
}

/// An integer of whole bytes.
fn bytes(row: &[u8], at: usize, size: usize, is_little: bool) -> u64 {
    let bytes = &row[at * size..(at + 1) * size];
    let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if is_little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) }
}

/// An integer of up to 31 bits, the most significant first.
fn bits(row: &[u8], at: usize, depth: u32) -> u32 {
    let bit = at * depth as usize;
    let word =
        (0..5).fold(0_u64, |word, next| word << 8 | u64::from(row.get(bit / 8 + next).copied().unwrap_or(0)));
    (word >> (40 - bit as u32 % 8 - depth)) as u32 & ((1 << depth) - 1)
}

/// A floating-point number of 16, 24, 32 or 64 bits. NaN becomes 0.
fn float(value: u64, depth: u32) -> f32 {
    let value = match depth {
        16 => small_float(value as u32, 5, 10),
        24 => small_float(value as u32, 7, 16),
        32 => f32::from_bits(value as u32),
        _ => f64::from_bits(value) as f32,
    };
    if value.is_nan() { 0.0 } else { value }
}

/// A floating-point number of a sign bit, `exponent` and `fraction` bits.
fn small_float(value: u32, exponent: u32, fraction: u32) -> f32 {
    let sign = value >> (exponent + fraction) & 1;
    let power = value >> fraction & ((1 << exponent) - 1);
    let rest = value & ((1 << fraction) - 1);
    let bias = (1 << (exponent - 1)) - 1;
    let unsigned = if power == (1 << exponent) - 1 {
        f32::from_bits(0xff << 23 | rest << (23 - fraction))
    } else if power == 0 {
        // 2 to the power of 1 - bias - fraction: exact.
        rest as f32 * f32::from_bits((127 + 1 - bias - fraction) << 23)
    } else {
        f32::from_bits((power + 127 - bias) << 23 | rest << (23 - fraction))
    };
    if sign == 1 { -unsigned } else { unsigned }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_floats_are_read() {
        let half = |bits| float(bits, 16);
        assert_eq!([0, 0x3c00, 0x3555, 0xc000, 1].map(half), [0.0, 1.0, 0.333_251_95, -2.0, 5.960_464_5e-8]);
        assert_eq!((half(0x7c00), half(0x7e00)), (f32::INFINITY, 0.0));
        assert_eq!([0x3f_0000, 0x3e_8000].map(|bits| float(bits, 24)), [1.0, 0.75]);
    }

    #[test]
    fn bits_stand_across_bytes() {
        let row = [0xab, 0xcd, 0xef];
        assert_eq!([0, 1].map(|at| bits(&row, at, 12)), [0xabc, 0xdef]);
        assert_eq!([0, 1, 2].map(|at| bits(&row, at, 1)), [1, 0, 1]);
        assert_eq!([0, 1, 7].map(|at| bits(&row, at, 3)), [5, 2, 7]);
        assert_eq!(bits(&[0xff; 4], 0, 31), 0x7fff_ffff);
    }
}
